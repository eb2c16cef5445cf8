"""One decision in the making: what it has to go by, what has happened so far, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from banli.definitions.edition import NOTIFY
from banli.definitions.model import Action, Rule
from banli.engine.case import Case, Event, evolve
from banli.engine.course import Course, Names, Position, Standing
from banli.errors import Problem
from banli.fields import Awaited


@dataclass(frozen=True, slots=True)
class Order:
    """Work for a job once this decision is kept: an action of the flow, with a key that makes it safe to repeat.

    `delivery` names it among the case's deliveries (`codes[shfe]`). With a `moment` it is a message about something that has
    happened; nothing waits for it.
    """

    action: Action
    key: str
    delivery: str = ""
    moment: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of a command: the case after it, what happened, what to do outside; or why nothing happened.

    With `problems`, `awaits` or `warnings` and no events nothing has changed. `step` is the page for the client.
    """

    case: Case
    events: tuple[Event, ...] = ()
    orders: tuple[Order, ...] = ()
    problems: tuple[Problem, ...] = ()
    awaits: tuple[Awaited, ...] = ()
    warnings: tuple[Rule, ...] = ()
    drafted: bool = False
    step: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.problems or self.warnings or (self.awaits and not self.events))


@dataclass(frozen=True, slots=True)
class Moment:
    """When a command comes: the instant, the day where the company is, and what plugins know."""

    now: datetime
    today: str
    facts: Names = field(default_factory=dict)


class Deciding:
    """One decision in the making: what it has to go by, and the events so far."""

    def __init__(self, course: Course, case: Case, command: Any, moment: Moment, position: Position | None = None) -> None:
        self.course, self.before, self.case, self.command, self.moment = course, case, case, command, moment
        self.events: list[Event] = []
        self.orders: list[Order] = []
        self._stands = (case, position) if position is not None else None

    def note(self, kind: str, **data: Any) -> None:
        """This happens: the case is what it is after it, and the messages that the flow sends about it are ordered."""
        event = Event(kind, self.moment.now, self.command.actor, data)
        self.events.append(event)
        self.case = evolve(self.case, event)
        if kind != "approved" or data["final"]:
            self.orders += [
                Order(action, f"{self.case.number}:{kind}:{action.id}:{self.before.revision}", moment=kind)
                for action in self.course.flow.notify.get(kind, ())
                if not action.when or self.course.book.condition(NOTIFY, action.when).holds(self.position().names)
            ]

    def position(self) -> Position:
        if self._stands is None or self._stands[0] is not self.case:
            self._stands = self.case, self.course.position(self.case, self.moment.facts, self.moment.today)
        return self._stands[1]

    def open_step(self) -> Standing | None:
        """The step that the command names, where it is open to the client."""
        open_ = self.course.open_to(self.case, self.position())
        return next((standing for standing in open_ if standing.id == self.command.step), None)

    def done(self) -> Decision:
        current = self.position().current
        self.case = replace(self.case, revision=self.before.revision + 1)
        return Decision(self.case, tuple(self.events), tuple(self.orders), step=current.id if current else "")

    def no(self, code: str, **params: object) -> Decision:
        return no(self.before, code, **params)


def no(case: Case, code: str, **params: object) -> Decision:
    return Decision(case, problems=(Problem("", code, params),))
