"""What clients are told of what was read on their photos: beside the questions that it fills in, and where it contradicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banli.cases import Look
from banli.definitions.model import Field, Form, Rule
from banli.errors import Problem
from banli.fields import Fields
from banli.fields.base import Say
from banli.fields.reader import Reading
from banli.steps.readings import Differs, alike, as_answer, read_before
from banli.web.shell import Guest


def warning(guest: Guest, look: Look, form: Form, rule: Rule, fields: Fields) -> str:
    """The sentence of a warning: an author's, or ours where a photo says something else."""
    if not isinstance(rule, Differs):
        return guest.wording.problem(Problem("", rule.id, {}, rule.text))
    asked = next((one for one in form.fields if one.prefill == rule.name), None) or _on_file(look, rule.name)
    told = {"title": guest.wording.say(asked.title), "read": words(fields, asked, rule.read, guest)}
    return guest.wording.problem(Problem("", rule.code, told))


def notes(guest: Guest, look: Look, form: Form, reading: Reading, fields: Fields) -> list[str]:
    """What was read on photos of earlier pages, for each question here that asks for it."""
    told, warned = [], {rule.at for rule in look.warnings if isinstance(rule, Differs)}
    for asked in form.fields:
        found = read_before(asked, look.standing.names)
        value = as_answer(asked, found[0]) if found is not None else None
        if found is None or value is None or asked.read_only or asked.name in reading.hidden or asked.name in warned:
            continue
        params = {"title": guest.wording.say(asked.title), "read": words(fields, asked, value, guest)}
        on_file = look.standing.names.get(asked.prefill)
        answer = reading.values.get(asked.name)
        if answer is None or not alike(answer, value):
            told.append(guest.wording.text("read_other", **params))
        elif not found[1]:
            told.append(guest.wording.text("read_doubtful", **params))
        elif on_file is not None and not alike(on_file, value):
            told.append(guest.wording.text("read_filled_over", on_file=words(fields, asked, on_file, guest), **params))
        else:
            told.append(guest.wording.text("read_filled", **params))
    return told


def words(fields: Fields, asked: Field, value: Any, guest: Guest) -> str:
    return ", ".join(lines(fields, asked, value, guest.wording.say, guest.wording.text("long_term")))


def lines(fields: Fields, asked: Field, value: Any, say: Say, endless: str) -> list[str]:
    """The value as a person reads it; `endless` is the word for a validity without an end."""
    if isinstance(value, Mapping) and value.get("long_term") is True and not asked.options.get("long_term_text"):
        return [f"{value.get('from', '')} - {endless}"]
    return fields.kind(asked.kind).show(asked, value, say)


def _on_file(look: Look, name: str) -> Field:
    schema = look.held.edition.record.schema.get("properties", {}).get(name.removeprefix("client."), {})
    kind = "date_range" if schema.get("type") == "object" else "text"
    return Field(name, kind, str(schema.get("title", name)), schema)
