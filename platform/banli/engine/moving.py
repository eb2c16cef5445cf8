"""Moves a case onto another edition: its answers to their new places, and each judged whether it still stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from banli.engine.case import CLIENTS_TURN, Case, Result, Returned
from banli.engine.course import Bound, Course, Names, Position, Standing
from banli.engine.routes import Route, split
from banli.engine.standing import Ground, fits, stands

Why = Literal["step_gone", "field_gone", "unfit", "not_asked", "dropped", "taken", "draft"]
Outcome = Literal["safe", "asks_again", "loses", "stays", "breaks"]


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer that has no place any more. `at` is `step.field` by its old names, or a step; never the answer itself."""

    at: str
    why: Why


@dataclass(frozen=True, slots=True)
class Again:
    """A step, by its new name, that was done and has to be done once more."""

    step: str
    why: str


@dataclass(frozen=True, slots=True)
class Moving:
    """What comes of moving a case. `case` is the case after it, with the same revision; `kept` are the new steps whose answer
    stands; `slots` are the places of photos with another name now."""

    case: Case
    kept: tuple[str, ...] = ()
    lost: tuple[Lost, ...] = ()
    again: tuple[Again, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    stays: str = ""
    breaks: str = ""

    @property
    def outcome(self) -> Outcome:
        """`loses`: an answer would be lost that nobody let go on purpose. The field of the same name says why a case `stays`
        where it is, or `breaks`."""
        if self.breaks:
            return "breaks"
        if self.stays:
            return "stays"
        if any(lost.why != "dropped" for lost in self.lost):
            return "loses"
        return "asks_again" if self.again else "safe"


def move(case: Case, old: Course, new: Course, edition: str, route: Route, facts: Names, today: str) -> Moving:
    """The case on the new course. Positions are computed, so moving is giving each answer its place and its digest.

    An answer stands when its question is the same in substance; what no longer fits keeps its data, to be asked again with it.
    A case whose client has nothing more to do stays, unless nothing that they did is touched and the route lets it go.
    """
    why = _stays(case, route)
    if why:
        return Moving(case, stays=why)
    moved = _Mover(case, old, new, route, facts, today).run(edition)
    if case.state not in CLIENTS_TURN and moved.outcome != "stays" and not _untouched(case, moved, old, new, facts, today):
        return Moving(case, lost=moved.lost, again=moved.again, stays="touched")
    return moved


def _stays(case: Case, route: Route) -> str:
    if case.state in CLIENTS_TURN:
        return ""
    if case.state != "submitted" or case.approvals:
        return "in_review" if case.open else "ended"
    return "" if route.submitted else "submitted"


def _untouched(case: Case, moved: Moving, old: Course, new: Course, facts: Names, today: str) -> bool:
    """Is all that the client did as it was, and is nothing asked of them?"""
    after = new.position(moved.case, facts, today)
    return moved.outcome == "safe" and after.current is None and new.changes(after, moved.case) == case.changes


class _Mover:
    def __init__(self, case: Case, old: Course, new: Course, route: Route, facts: Names, today: str) -> None:
        self.case, self.old, self.new, self.route, self.facts, self.today = case, old, new, route, facts, today
        self.before: Position = old.position(case, facts, today)
        self.there: dict[str, Bound] = {bound.step.id: bound for bound in new.steps}
        self.lost: list[Lost] = []
        self.data: dict[str, dict[str, Any]] = {}
        """By new step what it has been given."""
        self.origin: dict[str, Result] = {}
        """By new step the result that it goes on: the old step of that name, else the first that gave it something."""
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.sources: dict[str, list[tuple[str, str]]] = {}
        """By new step the old step and field of each answer."""
        self.why: dict[str, str] = {}

    def run(self, edition: str) -> Moving:
        self.carry()
        results = self.judge()
        after = replace(
            self.case, edition=edition, results=results, drafts=self.drafts(), reopened=self.reopened(self.case.reopened),
            correcting=self.steps(self.case.correcting), returned=self.returned(),
            again={new: count for old, count in self.case.again.items() for new in self.steps((old,))},
        )  # fmt: skip
        return self.told(self.never_stuck(after))

    # Answers to their places

    def carry(self) -> None:
        asked = {standing.id for standing in self.before.applicable}
        # What counts now goes first: of two answers with one new place, the one that applies takes it.
        for result in sorted(self.case.results.values(), key=lambda result: result.step not in asked):
            if self.route.dropped(result.step):
                self.lost += [Lost(f"{result.step}.{name}", "dropped") for name in result.data] or [Lost(result.step, "dropped")]
                continue
            to = self.route.step(result.step)
            if self.alike(to, result.step) and to not in self.origin:
                self.origin[to] = result
                self.data.setdefault(to, {})
            elif not result.data:
                self.lost.append(Lost(result.step, "taken" if to in self.there else "step_gone"))
            for name, step, new, value in self.route.moves(result.data, result.step):
                self.give(result, name, step, new, value)
            for record in result.records:
                if "at" in record:
                    step, new = self.route.place(result.step, str(record["at"]))
                    self.records.setdefault(step, []).append({**record, "at": new})

    def give(self, result: Result, name: str, step: str, new: str, value: Any) -> None:
        at = f"{result.step}.{name}"
        if self.route.dropped(result.step, name):
            self.lost.append(Lost(at, "dropped"))
        elif step not in self.there:
            self.lost.append(Lost(at, "step_gone"))
        elif not self.knows(step, new, result.step):
            self.lost.append(Lost(at, "field_gone"))
        elif new in self.data.get(step, {}):
            self.lost.append(Lost(at, "taken"))
        elif not self.fits(step, new, value):
            self.lost.append(Lost(at, "unfit"))
        else:
            self.origin.setdefault(step, result)
            self.data.setdefault(step, {})[new] = value
            self.sources.setdefault(step, []).append((result.step, name))

    def knows(self, step: str, name: str, came_from: str) -> bool:
        """Has this new step a place for such an answer?"""
        if not self.alike(step, came_from):
            return False
        bound = self.there[step]
        if not bound.kind.fields:
            return True
        form = self.new.book.forms[bound.kind.form(bound.step)]
        return any(one.name == name for one in getattr(form, "shown", form.fields))

    def fits(self, step: str, name: str, value: Any) -> bool:
        """Is it at least the kind of value that the new question could show?"""
        bound = self.there[step]
        return not bound.kind.fields or fits(self.new.book.reader(bound.kind.form(bound.step)), name, value)

    def alike(self, step: str, came_from: str) -> bool:
        """Can this new step take anything from that old one: a page of questions from another, else its own kind?"""
        was = next((bound.kind for bound in self.old.steps if bound.step.id == came_from), None)
        if was is None or step not in self.there:
            return False
        now = self.there[step].kind
        return was.name == now.name or (was.fields and now.fields)

    # Each answer judged

    def judge(self) -> dict[str, Result]:
        """The results in the order of the old ones, so that a case that nothing happens to is the same."""
        found: dict[str, Result] = {}
        names, applied = self.new.around(self.case, self.facts, self.today), tuple[str, ...]()
        for bound in self.new.steps:
            step = bound.step.id
            skipped = bound.when is not None and not bound.when.holds(names)
            standing = Standing(bound, "skipped" if skipped else "todo", names, applied)
            if step in self.origin:
                result = self.result(standing, found)
                found[step] = result
                if skipped:
                    self.no_longer_asked(step)
                else:
                    names = {**names, **bound.kind.names(bound.step, result.data)}
            if not skipped:
                applied = (*applied, step)
        order = {result.step: place for place, result in enumerate(self.case.results.values())}
        return dict(sorted(found.items(), key=lambda one: order[self.origin[one[0]].step]))

    def result(self, standing: Standing, found: dict[str, Result]) -> Result:
        """The answer at its new place with the digest that it has there: the old one where it rests on the same ground, a new
        one where the ground only has other names, and none where it has to be given again."""
        step, origin, data = standing.id, self.origin[standing.id], self.data[standing.id]
        before = self.before.step(origin.step)
        ground = Ground(self.old, self.new, before, standing, origin, self.renamed(before, step))
        same = origin.step == step and data == origin.data
        own = [dict(record) for record in origin.records if "at" not in record]
        records = origin.records if same else (*own, *self.records.get(step, ()))
        verdict = stands(ground, data, records)
        data = verdict.data
        self.lost += [Lost(self.was(step, name), "not_asked") for name in verdict.hidden]
        made = replace(origin, step=step, data=data, records=records)
        if verdict.why:
            self.why[step] = verdict.why
            return replace(made, digest="")
        trial = replace(self.case, results={**found, step: made})
        if before is not None and self.was_done(step, before, standing) and self.same_rests(before, standing, found):
            return replace(made, digest=self.new.digest(standing, trial))
        return made if ground.same else replace(made, digest="")

    def was_done(self, step: str, before: Standing, standing: Standing) -> bool:
        """Did all that this step has been given count until now, and is it asked still?"""
        given = [self.before.step(old) for old, _ in self.sources.get(step, ())]
        done = all(one is not None and one.status == "done" for one in (before, *given))
        return done and standing.status != "skipped"

    def same_rests(self, before: Standing, standing: Standing, found: Mapping[str, Result]) -> bool:
        """Are the answers that this one rests on the same, whatever they are called now?"""
        was: dict[str, Any] = {}
        for step in before.bound.rests_on:
            if step in self.case.results and step in before.after:
                was |= {f"{to}.{new}": value for _, to, new, value in self.route.moves(self.case.results[step].data, step)}
        now = {
            f"{step}.{name}": value
            for step in standing.bound.rests_on
            if step in found and step in standing.after
            for name, value in found[step].data.items()
        }
        return was == now

    def renamed(self, before: Standing | None, step: str) -> bool:
        """Do the names that this step rests on mean other steps now? (Then an old digest says nothing.)"""
        if before is None or before.id != step or self.sources.get(step, []) != [(step, name) for name in self.data[step]]:
            return True
        changed = {*self.route.steps, *(split(name)[0] for name in self.route.fields)}
        rests = {*before.bound.rests_on, *(name.partition(".")[0] for name in before.bound.uses)}
        return bool(changed & rests)

    def no_longer_asked(self, step: str) -> None:
        before = self.before.step(self.origin[step].step)
        if before is not None and before.status not in ("skipped", "todo"):
            self.lost += [Lost(f"{old}.{name}", "not_asked") for old, name in self.sources.get(step, ())]

    def was(self, step: str, name: str) -> str:
        """The old name of an answer."""
        for old, field_name in self.sources.get(step, ()):
            if self.route.place(old, field_name) == (step, name):
                return f"{old}.{field_name}"
        return f"{step}.{name}"

    # What else a case holds

    def steps(self, old: tuple[str, ...]) -> tuple[str, ...]:
        """Old steps by their new names; those that are gone are left out."""
        found = (self.route.step(step) for step in old if not self.route.dropped(step))
        return tuple(dict.fromkeys(step for step in found if step in self.there))

    def reopened(self, old: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """What a reviewer has reopened, at its new places. A step of which every named field is gone is reopened whole."""
        found: dict[str, tuple[str, ...]] = {}
        for step, names in old.items():
            to = self.route.step(step)
            places = [self.route.place(step, name) for name in names if not self.route.dropped(step, name)]
            known = [(s, n) for s, n in places if s in self.there and self.knows(s, n, step)]
            if not known and to in self.there and not self.route.dropped(step):
                found[to] = ()
            for new, name in known:
                if found.get(new) != ():
                    found[new] = (*found.get(new, ()), name)
        return found

    def returned(self) -> Returned | None:
        said = self.case.returned
        if said is None:
            return None
        return replace(said, reopen=self.reopened(said.reopen), step=self.route.step(said.step) if said.step else "")

    def drafts(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for step, raw in self.case.drafts.items():
            to = self.route.step(step)
            if to in self.there and not raw:
                found.setdefault(to, {})
            for name, texts in raw.items():
                head, dot, rest = name.partition(".")
                new, called = self.route.place(step, head)
                if self.route.dropped(step, head):
                    self.lost.append(Lost(f"{step}.{name}", "dropped"))
                elif new in self.there and self.knows(new, called, step):
                    codes = self.route.value(f"{new}.{called}", list(texts))
                    found.setdefault(new, {})[f"{called}{dot}{rest}"] = codes
                else:
                    self.lost.append(Lost(f"{step}.{name}", "draft"))
        return found

    def never_stuck(self, after: Case) -> Case:
        """With everything answered the client is asked at the end once more, as after taking a case back."""
        if after.state not in CLIENTS_TURN or self.before.current is None:
            return after
        if self.new.position(after, self.facts, self.today).current is not None:
            return after
        ends = {bound.step.id for bound in self.new.steps if bound.kind.ends}
        return replace(after, results={step: result for step, result in after.results.items() if step not in ends})

    def told(self, after: Case) -> Moving:
        position = self.new.position(after, self.facts, self.today)
        kept, again = [], []
        for standing in position.applicable:
            origin = self.origin.get(standing.id)
            before = self.before.step(origin.step) if origin is not None else None
            if standing.status == "done":
                kept.append(standing.id)
            elif before is not None and before.status == "done" and not standing.bound.kind.ends:
                again.append(Again(standing.id, self.why.get(standing.id, "rests_on_changed")))
        stuck = after.state in CLIENTS_TURN and position.current is None and self.before.current is not None
        slots = {}
        for step, pairs in self.sources.items():
            for old, name in pairs:
                new = self.route.place(old, name)[1]
                if (old, name) != (step, new):
                    slots[f"{old}.{name}"] = f"{step}.{new}"
        return Moving(
            after, tuple(kept), tuple(dict.fromkeys(self.lost)), tuple(again), slots, breaks="nothing_left" if stuck else ""
        )
