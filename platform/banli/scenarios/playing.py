"""A story being played: its case, its clock, the page that the client sees. No database, no web."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from banli.beginnings import shut
from banli.caseload import today
from banli.definitions.edition import open_edition
from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.definitions.model import Rule
from banli.editions import Issue
from banli.engine import Case, Decision, Moment, Position, Standing, apply, commands
from banli.engine.case import CLIENTS_TURN
from banli.errors import Place, Problem
from banli.fields import Raw
from banli.hours import Hours
from banli.limits import Limit
from banli.plugins import Plugins
from banli.scenarios.posting import Posted
from banli.scenarios.story import Deed, Scenario, Tales, record_of

CLIENT, SYSTEM = "client", "system"


@dataclass
class Stage:
    """Where stories are played: the businesses as the companies offer them, each opened once."""

    library: Library
    kinds: Kinds
    plugins: Plugins
    issues: dict[tuple[str, str], Issue] = field(default_factory=dict)

    def issue(self, company: str, business: str) -> Issue:
        """Raises DefinitionError where the company does not offer it."""
        found = self.issues.get((company, business))
        if found is None:
            bundle = self.library.bundle(company, business)
            found = self.issues[company, business] = Issue(open_edition(bundle, self.kinds), self.plugins)
        return found

    def offers(self, company: str) -> tuple[str, ...]:
        return tuple(offer.id for offer in self.library.companies[company].businesses)


class Wrong(Exception):
    """The story cannot go on: what was expected, or cannot be."""

    def __init__(self, place: Place, what: str) -> None:
        super().__init__(what)
        self.place, self.what = place, what


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the last deed was refused for; a story must expect it."""

    deed: Deed
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Rule, ...] = ()

    @property
    def told(self) -> list[str]:
        told = [f"{problem.at or 'the whole page'}: {problem.code}" for problem in self.problems]
        return told + [f"to be confirmed: {rule.id}" for rule in self.warnings]


@dataclass(frozen=True)
class Happened:
    """What a listener hears after each deed that was decided."""

    play: Play
    command: commands.Command
    position: Position | None
    """Where the case stood when a step was answered; None for other commands."""
    decision: Decision


@dataclass(frozen=True)
class Looked:
    """What a listener hears when a page of a flow that keeps nothing is looked at."""

    play: Play
    position: Position
    standing: Standing


Listener = Callable[[Happened | Looked], None]


class Play:
    """One story at one company, with its own clock. What goes another way than told raises `Wrong`."""

    def __init__(self, stage: Stage, scenario: Scenario, tales: Tales, company: str, listen: Listener | None = None) -> None:
        self.scenario, self.company = scenario, company
        self.issue = stage.issue(company, scenario.business)
        self.course, self.book, self.fields = self.issue.course, self.issue.book, stage.plugins.fields
        self.now, self.facts, self.world = scenario.at, dict(scenario.facts), dict[str, Any]()
        self.read: dict[str, Any] = {}  # by photo what is read on it
        self.record = record_of(scenario, tales, company) or {}
        self.listen = listen
        self.case: Case | None = None
        self.page = ""
        self.typed: tuple[str, Raw] | None = None
        self.sent: tuple[commands.Answer, Posted] | None = None
        self.refusal: Refusal | None = None
        self.known = False
        """Whether the story has said that it expects the refusal."""
        self.tried: dict[str, tuple[datetime, int]] = {}
        """By step when it was tried first, and how often since: those that are limited, in all cases of the story."""
        self.notified: list[str] = []
        """The messages about what has happened last."""

    def accepted(self) -> None:
        """Was the last deed refused without the story expecting it?"""
        if self.refusal is not None and not self.known:
            why = ", ".join(self.refusal.told)
            raise Wrong(self.refusal.deed.place, f"This was refused ({why}), and the story does not expect it.")

    def next(self) -> None:
        """Goes on to the next deed."""
        self.accepted()
        self.refusal, self.known, self.notified = None, False, []

    @property
    def moment(self) -> Moment:
        return Moment(self.now, today(self.now), self.facts)

    def begun(self, deed: Deed) -> Case:
        if self.case is None:
            raise Wrong(deed.place, f"'{deed.step or deed.word}' comes before the case has begun.")
        return self.case

    def position(self) -> Position:
        assert self.case is not None
        return self.course.position(self.case, self.facts, self.moment.today)

    def decide(self, deed: Deed, command: commands.Command, position: Position | None = None) -> Decision:
        """Asks the engine; what it refuses must be expected next. `position` is that of the case, where it is known."""
        decision = apply(self.course, self.begun(deed), command, self.moment, position)
        self.known = False
        self.notified += [order.action.id for order in decision.orders if order.moment]
        if decision.problems or decision.warnings:
            self.refusal = Refusal(deed, decision.problems, decision.warnings)
        else:
            self.refusal, self.case = None, decision.case
            self.typed = self.sent = None
            self.page = decision.step if self.case.state in CLIENTS_TURN else ""
        if self.listen is not None:
            self.listen(Happened(self, command, position, decision))
        return decision

    def may_try(self, step: str, limit: Limit) -> bool:
        """Counts one try; may there be another within the limit?"""
        first, times = self.tried.get(step, (self.now, 0))
        if self.now >= first + limit.window:
            first, times = self.now, 0
        self.tried[step] = (first, times + 1)
        return times < limit.times

    def turn(self, deed: Deed, step: str) -> None:
        """To a page of a flow that keeps nothing. Where its hours are over it says only that."""
        position = self.position()
        standing = position.step(step)
        assert standing is not None
        self.page = step
        if self.shut(self.issue.edition.openings.get(standing.bound.step.hours), inside=True):
            self.refuse(deed, "step_closed")
        elif self.listen is not None:
            self.listen(Looked(self, position, standing))

    def refuse(self, deed: Deed, code: str) -> None:
        self.refusal, self.known = Refusal(deed, (Problem("", code),)), False

    def shut(self, hours: Hours | None, *, inside: bool) -> bool:
        """Are these hours over, for somebody who comes or is inside?"""
        return shut(hours, self.now, inside=inside)
