"""What the texts of a business may say of a case: its answers in words, by step and question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from banli.editions import Issue
from banli.engine import Position
from banli.fields import Fields

Say = Callable[[str], str]


def answers(issue: Issue, position: Position, fields: Fields, say: Say) -> dict[str, dict[str, str]]:
    """`{"questionnaire": {"level": "C3 …"}}`: only of the steps that some text of the edition names; "" for no answer."""
    found: dict[str, dict[str, str]] = {}
    for standing in position.steps:
        if standing.id not in issue.named:
            continue
        form = standing.bound.form(issue.edition.forms) if standing.bound.kind.fields else None
        names = {
            name.partition(".")[2]: _plain(value)
            for name, value in position.names.items()
            if name.startswith(f"{standing.id}.")
        }
        for field in form.shown if form is not None else ():
            value = position.names.get(f"{standing.id}.{field.name}")
            names[field.name] = "、".join(fields.kind(field.kind).show(field, value, say)) if value is not None else ""
        found[standing.id] = names
    return found


def nested(names: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """`client.name` and so on, as texts name them."""
    found: dict[str, dict[str, object]] = {}
    for name, value in names.items():
        group, _, rest = name.partition(".")
        if rest:
            found.setdefault(group, {})[rest] = value
    return found


def _plain(value: object) -> str:
    return "" if value is None else str(value)
