"""Answers as they are read back: rows of title and lines, for the overview, the confirmation and the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from banli.caseload import Held
from banli.definitions.model import Field, Form, Group
from banli.engine import Case, Position
from banli.fields import Fields
from banli.fields.choices import Choice, offered
from banli.i18n import Translator

Row = dict[str, Any]


def row(field: Field, value: Any, fields: Fields, translator: Translator) -> Row:
    """One answered question. Options of a question shown as buttons are all there, the chosen ones marked (R-055)."""
    kind = fields.kind(field.kind)
    made: Row = {"title": translator.say(field.title), "lines": kind.show(field, value, translator.say)}
    if isinstance(kind, Choice) and kind.look(field) in ("radio", "checkboxes") and field.options.get("look"):
        chosen = {str(one) for one in (value if isinstance(value, (list, tuple)) else [value])}
        listed = [o for o in field.choices if o in offered(field) or o.code in chosen]
        made["options"] = [{"text": translator.say(o.text), "on": o.code in chosen} for o in listed]
    return made


def groups(
    form: Form, values: Mapping[str, object], edit: Sequence[str], fields: Fields, translator: Translator
) -> list[Row]:
    """The form read-only, group by group; `values` are by the names that the fields are prefilled from."""
    found = []
    for entry in form.layout:
        if isinstance(entry, Group):
            asked = [one for one in entry.entries if isinstance(one, Field)]
            found.append(
                {
                    "id": entry.id,
                    "title": translator.say(entry.title),
                    "hint": translator.say(entry.hint),
                    "edit": entry.id in edit,
                    "rows": [row(field, values.get(field.prefill), fields, translator) for field in asked],
                }
            )
    return found


def everything(held: Held, position: Position, fields: Fields, translator: Translator, files: str) -> list[Row]:
    """All that the client has answered, step by step. `files` is where the case's pictures are."""
    found = []
    for standing in position.applicable:
        result = held.case.results.get(standing.id)
        step, kind = standing.bound.step, standing.bound.kind
        form = held.edition.forms.get(kind.form(step))
        if result is None or form is None or not kind.fields:
            continue
        rows = []
        for field in form.fields:
            value = standing.names.get(field.prefill) if field.read_only else result.data.get(field.name)
            if value is None or not fields.kind(field.kind).keeps or field.kind == "consent":
                continue
            pictures = [f"{files}/{value}"] if field.kind == "photo" else []
            rows.append({**row(field, value, fields, translator), "pictures": pictures})
        found.append({"title": translator.say(step.title or form.title), "rows": rows})
    return found


def changed(held: Held, case: Case, fields: Fields, translator: Translator) -> list[Row]:
    """What the case changes, as the client reads it. Photos are named, not shown."""
    by_source = {f.prefill: f for form in held.edition.forms.values() for f in form.fields if f.prefill and not f.read_only}
    rows = []
    for name, value in case.changes.items():
        field = by_source.get(f"client.{name}")
        if field is not None:
            lines = fields.kind(field.kind).show(field, value, translator.say)
            photo = [translator.gettext("New photo")] if field.kind == "photo" and value else lines
            rows.append({"title": translator.say(field.title), "lines": photo})
    return rows
