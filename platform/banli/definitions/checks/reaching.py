"""Whom a message reaches: the number or address that an action names (`client.x` or `step.field`) must be one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.edition import settings_at
from banli.definitions.entries import Entry
from banli.definitions.kinds import ActionShape, StepShape
from banli.definitions.source import Source
from banli.errors import Mistake

Steps = Sequence[tuple[Entry, Way, StepShape | None]]


@dataclass(frozen=True, slots=True)
class Sort:
    """What is reached: the formats of the answers that say where, and what an author is told of others."""

    formats: tuple[str, ...]
    code: str
    what: str


SORTS = {
    "phone": Sort(("cn-phone", "cn-mobile"), "not-a-phone", "no telephone number"),
    "email": Sort(("email", "idn-email"), "not-an-email", "no e-mail address"),
}


def receivers(book: Book, source: Source, action: Entry, path: Way, shape: ActionShape, steps: Steps) -> Iterator[Mistake]:
    """All numbers and addresses that an action's settings name."""
    for setting, sort in shape.refers.items():
        if sort in SORTS:
            for way, value in settings_at(action.settings, setting):
                if isinstance(value, str) and "." in value:
                    yield from _receiver(book, source, (*path, *way), value, steps, SORTS[sort])


def _receiver(book: Book, source: Source, path: Way, target: str, steps: Steps, sort: Sort) -> Iterator[Mistake]:
    group, _, name = target.partition(".")
    known: dict[str, Any]
    if group == "client":
        known = dict(book.record.schema.get("properties", {}))
        code, what = "unknown-client-property", f"The record on file has no '{name}'."
    else:
        found = next(((entry, shape) for entry, _, shape in steps if entry.id == group), None)
        if found is None and group in book.unread(source):
            return  # told where the step names its form
        if found is None:
            ids = [entry.id for entry, _, _ in steps]
            yield unknown(source, path, "unknown-step", f"There is no step '{group}'.", group, ids)
            return
        entry, shape = found
        form = shape.form(entry.id, entry.settings) if shape is not None and shape.fields else ""
        asked = book.form(form) if form else None
        if form and asked is None:
            return  # told where the step names its form
        known = {question.name: question.schema for question in asked.form.fields} if asked is not None else {}
        code, what = "unknown-field", f"The step '{group}' asks no '{name}'."
    if name not in known:
        yield unknown(source, path, code, what, name, known)
    elif known[name].get("format") not in sort.formats:
        cure = f"Name one whose format is {' or '.join(sort.formats)}."
        yield source.mistake(path, sort.code, f"'{target}' is {sort.what}.", cure)
