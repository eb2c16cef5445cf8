"""Computes the values that a form keeps beside its answers: points, scores, classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from banli.definitions.model import Form

POINTS = "points"
"""The name of the sum of the points of all answers that are asked."""


class Computes(Protocol):
    """A compiled CEL text."""

    @property
    def names(self) -> frozenset[str]: ...

    def evaluate(self, values: Mapping[str, object]) -> Any: ...


class Computing:
    """What one form computes, in order: a later value may rest on an earlier one."""

    def __init__(self, form: Form, condition: Callable[[str], Any]) -> None:
        self.lines: list[tuple[str, Computes]] = [(one.field.name, condition(one.text)) for one in form.computed]
        self.scored = [field for field in form.fields if field.options.get(POINTS)]
        self.to = [(one.field.name, one.to) for one in form.computed if one.to]

    def __call__(self, env: Mapping[str, object]) -> dict[str, Any]:
        """The values by name. What cannot be computed (something it rests on is not answered) is left out."""
        names: dict[str, object] = {**env, POINTS: self.points(env)}
        found: dict[str, Any] = {}
        for name, text in self.lines:
            value = text.evaluate(names).value
            names[name] = value
            if value is not None:
                found[name] = value
        return found

    def points(self, answers: Mapping[str, object]) -> int:
        """The sum over the questions that have points; of several choices each counts, or with `count: max` the best."""
        total = 0
        for field in self.scored:
            worth: Mapping[str, int] = field.options[POINTS]
            answer = answers.get(field.name)
            found = [worth[str(code)] for code in (answer if isinstance(answer, list) else [answer]) if str(code) in worth]
            if found:
                total += max(found) if field.options.get("count") == "max" else sum(found)
        return total
