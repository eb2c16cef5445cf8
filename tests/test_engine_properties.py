"""Whatever clients, reviewers, plugins and clocks do to a case, in whatever order, some things stay true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from banli.engine import (
    Case,
    Course,
    Decision,
    Event,
    Moment,
    Position,
    apply,
    commands,
    evolve,
    from_document,
    replay,
    to_document,
)
from banli.engine.case import CLIENTS_TURN, ENDED
from random_flows import CLIENT, ON_FILE, PEOPLE, courses, out_of_place, places, raws, right
from small_flows import NOON, TODAY, new_case

ARROWS = {
    "": {"open"},
    "open": {"open", "submitted", "abandoned", "expired"},
    "submitted": {"in_review", "open", "returned", "abandoned", "approved"},
    "in_review": {"in_review", "submitted", "returned", "rejected", "approved"},
    "returned": {"returned", "submitted", "abandoned", "expired"},
    "approved": {"delivering", "done"},
    "delivering": {"delivering", "done"},
}


people = st.sampled_from(PEOPLE)
fresh = st.sampled_from([True, True, True, True, False])


class Anything(RuleBasedStateMachine):
    """A case to which anything can happen."""

    @initialize(the_course=courses(), valid=st.booleans())
    def begin(self, the_course: Course, valid: bool) -> None:
        self.course, self.facts, self.now = the_course, {"fact.valid": valid}, NOON
        self.case, self.events = new_case(), list[Event]()
        self.remembered: dict[str, Mapping[str, Any]] = {}
        self.signed: dict[str, dict[str, Any]] = {}
        self.send(commands.Start(actor=CLIENT, record=dict(ON_FILE)), True)

    # What the client does

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(place=places, raw=raws, judged=st.booleans(), current=fresh)
    def answer_anything(self, place: int, raw: dict[str, list[str]], judged: bool, current: bool) -> None:
        verdicts = {"pic": "ok", "code": "ok"} if judged else None
        self.send(commands.Answer(actor=CLIENT, step=self.step(place), raw=raw, verdicts=verdicts), current)

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(raw=right, current=fresh)
    def go_on(self, raw: dict[str, list[str]], current: bool) -> None:
        self.answer_rightly(self.position.current, raw, current)

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(raw=right)
    def hurry(self, raw: dict[str, list[str]]) -> None:
        for _ in range(5):
            self.answer_rightly(self.position.current, raw, True)

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(place=places, raw=right)
    def answer_again(self, place: int, raw: dict[str, list[str]]) -> None:
        self.answer_rightly(self.position.step(self.step(place)), raw, True)

    def answer_rightly(self, standing: Any, raw: dict[str, list[str]], current: bool) -> None:
        if standing is None or self.case.state not in CLIENTS_TURN:
            return
        if standing.bound.kind.name == "call":
            self.send(commands.CalledBack(actor="plugin:call", step=standing.id, data={"ok": True}), current)
            return
        if standing.bound.kind.name == "agreements":
            self.send(commands.SaveDraft(actor=CLIENT, step=standing.id, raw={"read": ["first", "second"]}), current)
        verdicts = {"pic": "ok", "code": "ok"}
        self.send(commands.Answer(actor=CLIENT, step=standing.id, raw=raw, verdicts=verdicts), current)

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(place=places, raw=raws, current=fresh)
    def save_draft(self, place: int, raw: dict[str, list[str]], current: bool) -> None:
        self.send(commands.SaveDraft(actor=CLIENT, step=self.step(place), raw=raw), current)

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(place=places, raw=raws, current=fresh)
    def go_back(self, place: int, raw: dict[str, list[str]], current: bool) -> None:
        step = self.step(place)
        decision = self.send(commands.Back(actor=CLIENT, step=step, raw=raw), current)
        if decision.drafted and decision.step:
            order = [standing.id for standing in self.position.steps]
            assert order.index(decision.step) < order.index(step)

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(current=fresh)
    def submit(self, current: bool) -> None:
        self.send(commands.Submit(actor=CLIENT), current)

    @precondition(lambda self: self.case.state == "submitted")
    @rule(current=fresh)
    def withdraw(self, current: bool) -> None:
        self.send(commands.Withdraw(actor=CLIENT), current)

    @precondition(lambda self: self.case.state == "submitted")
    @rule(raw=right, place=places)
    def withdraw_and_answer_again(self, raw: dict[str, list[str]], place: int) -> None:
        self.send(commands.Withdraw(actor=CLIENT), True)
        self.answer_rightly(self.position.step(self.step(place)), raw, True)

    # What staff do

    @precondition(lambda self: self.case.state in ("submitted", "in_review"))
    @rule(who=people, minutes=st.sampled_from([1, 30]), current=fresh)
    def claim(self, who: str, minutes: int, current: bool) -> None:
        self.send(commands.Claim(actor=who, lease_until=self.now + timedelta(minutes=minutes)), current)

    @precondition(lambda self: self.case.state == "in_review")
    @rule(mine=fresh, current=fresh)
    def release(self, mine: bool, current: bool) -> None:
        self.send(commands.Release(actor=self.reviewer(mine)), current)

    @precondition(lambda self: self.case.state == "in_review")
    @rule(mine=fresh, current=fresh)
    def approve(self, mine: bool, current: bool) -> None:
        self.send(commands.Approve(actor=self.reviewer(mine)), current)

    @precondition(lambda self: self.case.state == "in_review")
    @rule(
        chosen=st.lists(st.sampled_from(["r0", "r0", "r1", "r2", "nothing"]), max_size=2, unique=True),
        mine=fresh,
        current=fresh,
    )
    def give_back(self, chosen: list[str], mine: bool, current: bool) -> None:
        command = commands.Return(actor=self.reviewer(mine), reasons=tuple(chosen), remark="Please look again.")
        self.send(command, current)

    @precondition(lambda self: self.case.state == "submitted")
    @rule(who=people, raw=right, place=places)
    def claim_return_and_see_it_again(self, who: str, raw: dict[str, list[str]], place: int) -> None:
        self.send(commands.Claim(actor=who, lease_until=self.now + timedelta(minutes=30)), True)
        self.send(commands.Return(actor=who, reasons=("r0",)), True)
        self.answer_rightly(self.position.step(self.step(place)), raw, True)

    @precondition(lambda self: self.case.state == "in_review" and len(self.events) > 20)
    @rule(mine=fresh, reason=st.sampled_from(["false", "nothing"]), current=fresh)
    def reject(self, mine: bool, reason: str, current: bool) -> None:
        self.send(commands.Reject(actor=self.reviewer(mine), reasons=(reason,)), current)

    def reviewer(self, mine: bool) -> str:
        return self.case.reviewer if mine else PEOPLE[0]

    # What else happens

    @precondition(lambda self: self.case.state in CLIENTS_TURN)
    @rule(place=places, ok=st.booleans(), current=fresh)
    def call_back(self, place: int, ok: bool, current: bool) -> None:
        standing = self.position.step(self.step(place))
        if standing is None or standing.bound.kind.name in ("call", "submit"):
            self.send(commands.CalledBack(actor="plugin:call", step=self.step(place), data={"ok": ok}), current)

    @precondition(lambda self: self.case.state == "delivering")
    @rule(action=st.sampled_from(["a", "b"]), outcome=st.sampled_from(["done", "failed:refused", "waiting"]), current=fresh)
    def deliver(self, action: str, outcome: str, current: bool) -> None:
        self.send(commands.Delivered(actor="system", action=action, outcome=outcome), current)

    @precondition(lambda self: len(self.events) > 20)
    @rule(command=st.sampled_from([commands.Abandon, commands.Expire]), current=fresh)
    def end(self, command: Any, current: bool) -> None:
        self.send(command(actor=CLIENT), current)

    @precondition(lambda self: self.case.state not in ("open", "returned"))
    @rule(command=out_of_place)
    def something_out_of_place(self, command: commands.Command) -> None:
        if isinstance(command, commands.Claim):
            command = replace(command, lease_until=self.now)
        self.send(command, True)

    @rule(minutes=st.sampled_from([1, 20, 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(valid=st.booleans())
    def a_plugin_learns(self, valid: bool) -> None:
        self.facts = {"fact.valid": valid}

    # What stays true

    def send(self, command: commands.Command, current: bool) -> Decision:
        before, revision = self.case, self.case.revision
        shown, was = self.shown(), self.position
        open_before = [s.id for s in self.course.open_to(before, was)]
        stale = not current and revision > 0
        command = replace(command, seen=revision - 1 if stale else revision)
        decision = apply(self.course, before, command, self.moment)
        if stale:
            assert decision == Decision(before, problems=decision.problems)
            assert [problem.code for problem in decision.problems] == ["changed_meanwhile"]
            return decision
        if decision.refused or not (decision.events or decision.drafted):
            assert (decision.case, decision.events, decision.orders) == (before, (), ())
        if before.state in ENDED:
            assert decision.case == before and not decision.events
        assert decision.case.revision == revision + bool(decision.events)
        if decision.events:
            again = apply(self.course, decision.case, command, self.moment)
            assert not again.events and not again.orders, "One look at a page has had two effects."
        if isinstance(command, commands.Answer) and decision.events:
            assert command.step in open_before
        self.follow(before, decision)
        self.case = decision.case
        self.events += decision.events
        self.nothing_is_lost(shown, before, command, decision)
        return decision

    def follow(self, before: Case, decision: Decision) -> None:
        """Event by event: only the arrows of the design, and nothing half done is ever submitted."""
        case = before
        for event in decision.events:
            json.dumps(event.data)
            if event.kind == "submitted":
                position = self.course.position(case, self.facts, TODAY)
                assert {s.status for s in position.steps} <= {"done", "skipped"}
                for standing in position.applicable:
                    if standing.bound.kind.rests_on_all and standing.bound.step.rests_on is None:
                        assert self.signed[standing.id] == self.answers_before(case, standing.id), "Signed over other data."
            if event.kind == "approved" and case.state == "in_review":
                assert event.actor == case.reviewer and event.actor not in case.approvals
                assert event.data["final"] is (len(case.approvals) + 1 == self.course.flow.review.levels)
            if event.kind == "claimed":
                assert event.actor not in case.approvals
            if event.kind == "answered":
                self.signed[event.data["step"]] = self.answers_before(case, event.data["step"])
            after = evolve(case, event)
            assert after.state in ARROWS[case.state], f"{case.state} -> {after.state}"
            case = after
        kinds = [event.kind for event in decision.events]
        assert not decision.orders or "delivering" in kinds or kinds == ["delivery"]
        assert len({order.key for order in decision.orders}) == len(decision.orders)

    def answers_before(self, case: Case, step: str) -> dict[str, Any]:
        """What had been answered before this step and applies: what a signature on it binds."""
        order = [bound.step.id for bound in self.course.steps]
        applies = {standing.id for standing in self.course.position(case, self.facts, TODAY).applicable}
        return {s: r.data for s, r in case.results.items() if s in applies and order.index(s) < order.index(step)}

    def shown(self) -> dict[str, Mapping[str, Any]]:
        """By step what its page shows, without what depends on earlier answers: photos on file, agreements not listed."""
        found: dict[str, Mapping[str, Any]] = {}
        for standing in self.position.applicable:
            bound, sight = standing.bound, self.course.sight(self.case, standing)
            raw = {name: list(texts) for name, texts in bound.kind.fill(bound.step, self.course.book, sight).items()}
            raw = {name: [t for t in texts if t not in ("file-0", "second")] for name, texts in raw.items()}
            found[standing.id] = {name: texts for name, texts in raw.items() if texts}
        return found

    def nothing_is_lost(self, shown: dict[str, Mapping[str, Any]], before: Case, command: Any, decision: Decision) -> None:
        self.remembered |= shown
        if not before.state or self.case.state in ENDED:
            self.remembered = {}
            return
        replaced = set()
        if decision.events or decision.drafted:
            replaced.add(getattr(command, "step", ""))
        for event in decision.events:
            if event.kind == "submitted":  # What was typed over an accepted answer, and never answered, is dropped.
                replaced |= set(before.drafts)
                self.remembered = {s: raw for s, raw in self.remembered.items() if s not in before.drafts}
            if event.kind == "returned":
                replaced |= {s for s, kept in event.data["kept"].items() if kept != before.results[s].data}
        for step, raw in self.shown().items():
            assert step in replaced or step not in self.remembered or raw == self.remembered[step], step

    def step(self, place: int) -> str:
        """A step of this flow, or one that it does not have."""
        return [*(standing.id for standing in self.position.steps), "nowhere"][place % (len(self.course.steps) + 1)]

    @property
    def moment(self) -> Moment:
        return Moment(self.now, TODAY, self.facts)

    @property
    def position(self) -> Position:
        return self.course.position(self.case, self.facts, TODAY)

    @invariant()
    def the_events_tell_the_whole_case(self) -> None:
        told = replay(new_case(), self.events)
        assert replace(told, revision=0, drafts={}) == replace(self.case, revision=0, drafts={})

    @invariant()
    def saving_and_loading_changes_nothing(self) -> None:
        case = self.case
        document, drafts = json.loads(json.dumps([to_document(case), case.drafts]))
        columns = new_case(
            state=case.state, revision=case.revision, updated_at=case.updated_at, submitted_at=case.submitted_at
        )
        assert replace(columns, **from_document(document), drafts=drafts) == case

    @invariant()
    def nobody_skips_ahead(self) -> None:
        position = self.position
        order, open_ = [s.id for s in position.steps], [s.id for s in self.course.open_to(self.case, position)]
        if self.case.state not in CLIENTS_TURN:
            assert open_ == []
            return
        if position.current is not None:
            assert open_[-1] == position.current.id
            assert all(order.index(step) <= order.index(position.current.id) for step in open_)
        if self.case.state == "returned":
            standing = {s.id: s.status for s in position.steps}
            assert all(step in self.case.correcting or standing[step] != "done" for step in open_)

    @invariant()
    def only_an_open_case_has_a_page(self) -> None:
        assert self.case.open is (self.case.state not in ENDED)
        assert (self.case.reviewer != "") is (self.case.state == "in_review")


Anything.TestCase.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnythingCanHappenToACase = Anything.TestCase
