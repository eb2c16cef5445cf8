"""How the answers of an older edition find their places in a newer one: steps, fields and options by their new names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Unclean = Literal["keep", "restart"]


@dataclass(frozen=True, slots=True)
class Route:
    """What a migration says. `steps` are old id -> new id, `fields` old `step.field` -> new `step.field`, `options` new
    `step.field` -> old code -> new code; `drop` are old steps and `step.field` that are let go on purpose. What is not named
    keeps its name. `unclean` says what becomes of a case that would lose an answer or be asked something again: it keeps its
    edition, or it moves. `submitted` lets cases move that wait for the review, where nothing that the client did is touched.
    """

    steps: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    unclean: Unclean = "keep"
    submitted: bool = False

    def step(self, old: str) -> str:
        return self.steps.get(old, old)

    def place(self, step: str, name: str) -> tuple[str, str]:
        """The new step and field of an old one."""
        to = self.fields.get(f"{step}.{name}")
        return split(to) if to else (self.step(step), name)

    def dropped(self, step: str, name: str = "") -> bool:
        return step in self.drop or (bool(name) and f"{step}.{name}" in self.drop)

    def value(self, at: str, value: Any) -> Any:
        """An answer with its codes as they are called now."""
        codes = self.options.get(at)
        if not codes:
            return value
        if isinstance(value, list | tuple):
            return [codes.get(one, one) if isinstance(one, str) else one for one in value]
        return codes.get(value, value) if isinstance(value, str) else value

    def moves(self, data: Mapping[str, Any], step: str) -> Iterator[tuple[str, str, str, Any]]:
        """Each answer of an old step: its old name, its new step and name, and itself in the new words."""
        for name, value in data.items():
            to, new = self.place(step, name)
            yield name, to, new, self.value(f"{to}.{new}", value)


def split(target: str) -> tuple[str, str]:
    """`step.field` in two; the id of a step has no dot."""
    step, _, name = target.partition(".")
    return step, name
