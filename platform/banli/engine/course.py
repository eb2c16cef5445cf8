"""A course: a flow with its kinds, ready to run; and where a case stands on it. The current step is computed, never stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from banli.definitions.model import Flow, Form, Step
from banli.engine.case import CLIENTS_TURN, Case, Result
from banli.fields.reader import Holds
from banli.steps import Sight, StepKind
from banli.steps.base import Book

Status = Literal["done", "todo", "stale", "reopened", "skipped"]
Names = Mapping[str, object]

_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

PASSING = frozenset({"today", "changed"})
"""Names that change by themselves: no answer rests on them."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A step with its kind and its condition. `uses` are the names that an answer rests on."""

    step: Step
    kind: StepKind
    when: Holds | None
    uses: frozenset[str]
    rests_on: tuple[str, ...]

    def form(self, forms: Mapping[str, Form]) -> Form | None:
        """The form that the step asks, if it asks one."""
        return forms.get(self.kind.form(self.step))

    def title(self, forms: Mapping[str, Form]) -> str:
        """The step's own title, else that of the form that it asks."""
        if self.step.title:
            return self.step.title
        form = self.form(forms)
        return form.title if form is not None else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one step stands in one case. `after` are the steps before it that apply."""

    bound: Bound
    status: Status
    names: Names
    after: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.bound.step.id


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands: every step, and the one that is the client's page (None: all done)."""

    steps: tuple[Standing, ...]
    names: Names

    @property
    def current(self) -> Standing | None:
        return next((s for s in self.steps if s.status not in ("done", "skipped")), None)

    @property
    def applicable(self) -> tuple[Standing, ...]:
        return tuple(s for s in self.steps if s.status != "skipped")

    def step(self, step_id: str) -> Standing | None:
        return next((s for s in self.steps if s.id == step_id), None)

    def before(self, step_id: str) -> Standing | None:
        """The applicable step before this one."""
        previous = None
        for standing in self.applicable:
            if standing.id == step_id:
                return previous
            previous = standing
        return None


class Course:
    """One flow of one edition with the kinds of its steps bound. Made once per edition, used for every case of it."""

    def __init__(self, flow: Flow, book: Book, kind_of: Callable[[str], StepKind], fixed: Names) -> None:
        self.flow, self.book, self.fixed = flow, book, dict(fixed)
        self.steps = tuple(self._bind(step, kind_of, flow.steps[:place]) for place, step in enumerate(flow.steps))

    def _bind(self, step: Step, kind_of: Callable[[str], StepKind], earlier: tuple[Step, ...]) -> Bound:
        kind = kind_of(step.kind)
        when = self.book.condition(f"step {step.id}", step.when) if step.when else None
        uses = kind.uses(step, self.book) | (when.names if when is not None else frozenset())
        told = step.rests_on if step.rests_on is not None else tuple(s.id for s in earlier) if kind.rests_on_all else ()
        facts = frozenset(name for name in told if "." in name)
        return Bound(step, kind, when, (uses | facts) - PASSING, tuple(name for name in told if name not in facts))

    def around(self, case: Case, facts: Names, today: str) -> dict[str, object]:
        """The names around all steps: the record on file, what plugins know, company, business, day."""
        record = {f"client.{name}": value for name, value in case.record.items()}
        return {**self.fixed, **record, **facts, "today": today}

    def position(self, case: Case, facts: Names, today: str) -> Position:
        """Every step's standing, in order. A step sees the names of the applicable steps before it."""
        names = self.around(case, facts, today)
        steps: list[Standing] = []
        applied: tuple[str, ...] = ()
        for bound in self.steps:
            step_id = bound.step.id
            if bound.when is not None and not bound.when.holds(names):
                steps.append(Standing(bound, "skipped", names, applied))
                continue
            standing = Standing(bound, "todo", names, applied)
            result = case.results.get(step_id)
            if result is not None:
                standing = Standing(bound, self._status(standing, result, case), names, applied)
                names = {**names, **bound.kind.names(bound.step, result.data), **bound.kind.recorded(bound.step, result.records)}
            steps.append(standing)
            applied = (*applied, step_id)
        return Position(tuple(steps), names)

    def _status(self, standing: Standing, result: Result, case: Case) -> Status:
        if standing.id in case.reopened:
            return "reopened"
        return "done" if result.digest == self.digest(standing, case) else "stale"

    def digest(self, standing: Standing, case: Case) -> str:
        """What an answer to this step would be based on now: names used, answers it rests on, texts that are shown."""
        bound = standing.bound
        rests = {step: case.results[step].data for step in bound.rests_on if step in case.results and step in standing.after}
        used = {name: standing.names.get(name) for name in sorted(bound.uses)}
        return digest([used, rests, bound.kind.basis(bound.step, self.book, standing.names)])

    def sight(self, case: Case, standing: Standing) -> Sight:
        """What the step's kind sees of the case."""
        result = case.results.get(standing.id)
        return Sight(
            standing.names,
            result.data if result is not None else None,
            case.drafts.get(standing.id),
            case.reopened.get(standing.id, ()),
            case.again.get(standing.id, 0),
        )

    def changes(self, position: Position, case: Case) -> dict[str, Any]:
        """What the case changes of the record on file: by name its new value."""
        changed: dict[str, Any] = {}
        for standing in position.applicable:
            result = case.results.get(standing.id)
            if result is not None:
                kind, step = standing.bound.kind, standing.bound.step
                changed |= kind.changes(step, self.book, standing.names, result.data)
        return changed

    def open_to(self, case: Case, position: Position) -> tuple[Standing, ...]:
        """The steps that the client can look at and answer now: no further than the current one, and after a return
        only what was reopened or has become stale by it."""
        if case.state not in CLIENTS_TURN:
            return ()
        current, found = position.current, []
        for standing in position.applicable:
            if case.state == "open" or standing.status != "done" or standing.id in case.correcting:
                found.append(standing)
            if current is not None and standing.id == current.id:
                break
        return tuple(found)


def digest(value: object) -> str:
    """SHA-256 of the value's canonical JSON, in hex."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()
