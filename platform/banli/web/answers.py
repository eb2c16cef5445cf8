"""Answers as they are read back: rows of title and lines, for the overview, the confirmation and the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from banli.caseload import Held
from banli.definitions.model import Field, Form, Group
from banli.engine import Case, Position
from banli.fields import Fields, Reading
from banli.fields.base import Say
from banli.fields.choices import Choice, offered
from banli.themes import Wording, without_numbers

Row = dict[str, Any]


def row(field: Field, value: Any, fields: Fields, wording: Wording) -> Row:
    """One answered question. Options of a question shown as buttons are all there, the chosen ones marked (R-055)."""
    kind = fields.kind(field.kind)
    made: Row = {"title": wording.say(field.title), "lines": kind.show(field, value, wording.say)}
    if isinstance(kind, Choice) and kind.look(field) in ("radio", "checkboxes") and field.options.get("look"):
        chosen = {str(one) for one in (value if isinstance(value, (list, tuple)) else [value])}
        listed = [o for o in field.choices if o in offered(field) or o.code in chosen]
        made["options"] = [{"text": wording.say(o.text), "on": o.code in chosen} for o in listed]
    return made


def fixed_inside(
    form: Form, reading: Reading, names: Mapping[str, object], fields: Fields, say: Say
) -> dict[str, list[str]]:
    """The lines of what is only shown inside of objects and of rows that are on file, by where it stands."""
    found: dict[str, list[str]] = {}
    for at in reading.inside:
        asked = _inside(form.fields, without_numbers(at).split("."))
        row = reading.on_file.get(at)
        for item in asked.items if asked is not None else ():
            if item.read_only:
                value = row.get(item.name) if row is not None else names.get(item.prefill)
                found[f"{at}.{item.name}"] = fields.kind(item.kind).show(item, value, say)
    return found


def _inside(fields: Sequence[Field], way: Sequence[str]) -> Field | None:
    found = next((one for one in fields if one.name == way[0]), None)
    return _inside(found.items, way[1:]) if found is not None and len(way) > 1 else found


def groups(
    form: Form, values: Mapping[str, object], edit: Sequence[str], fields: Fields, wording: Wording
) -> list[Row]:
    """The form read-only, group by group; `values` are by the names that the fields are prefilled from."""
    found = []
    for entry in form.layout:
        if isinstance(entry, Group):
            asked = [one for one in entry.entries if isinstance(one, Field)]
            found.append(
                {
                    "id": entry.id,
                    "title": wording.say(entry.title),
                    "hint": wording.say(entry.hint),
                    "edit": entry.id in edit,
                    "rows": [row(field, values.get(field.prefill), fields, wording) for field in asked],
                }
            )
    return found


def everything(held: Held, position: Position, fields: Fields, wording: Wording, files: str) -> list[Row]:
    """All that the client has answered, step by step. `files` is where the case's pictures are."""
    found = []
    for standing in position.applicable:
        result = held.case.results.get(standing.id)
        step, kind = standing.bound.step, standing.bound.kind
        form = standing.bound.form(held.edition.forms)
        if result is None or form is None or not kind.fields:
            continue
        rows = []
        for field in form.fields:
            value = standing.names.get(field.prefill) if field.read_only else result.data.get(field.name)
            if value is None or not fields.kind(field.kind).keeps or field.kind == "consent":
                continue
            pictures = [f"{files}/{value}"] if field.kind == "photo" else []
            rows.append({**row(field, value, fields, wording), "pictures": pictures})
        found.append({"title": wording.say(step.title or form.title), "rows": rows})
    return found


def changed(held: Held, case: Case, fields: Fields, wording: Wording) -> list[Row]:
    """What the case changes, as the client reads it; of a newcomer all that they have said. Photos are named, not shown."""
    forms = held.edition.forms.values()
    by_source = {one.to: one.field for form in forms for one in form.computed if one.to}
    by_source |= {f.prefill: f for form in forms for f in form.fields if f.prefill and not f.read_only}
    rows = []
    told = case.record if held.edition.flow.newcomers else {}
    for name, value in {**told, **case.changes}.items():
        field = by_source.get(f"client.{name}")
        if field is not None:
            lines = fields.kind(field.kind).show(field, value, wording.say)
            photo = [wording.text("photo_new")] if field.kind == "photo" and value else lines
            rows.append({"title": wording.say(field.title), "lines": photo})
    return rows
