"""Decides. Reads no database, sends no mail, knows no web, has no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from banli.definitions.edition import NOTIFY
from banli.definitions.model import Action, Reason, Rule
from banli.engine import commands as c
from banli.engine.case import CLIENTS_TURN, ENDED, Case, Event, evolve, movable
from banli.engine.course import Course, Names, Position, Standing
from banli.engine.moving import move
from banli.errors import Problem
from banli.fields import Awaited
from banli.steps import Answered


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


def apply(course: Course, case: Case, command: c.Command, moment: Moment, position: Position | None = None) -> Decision:
    """The one door: what this command does to this case at this moment. `position` saves computing it again."""
    if command.seen is not None and command.seen != case.revision:
        return _no(case, "changed_meanwhile")
    return _DECIDE[type(command)](_Desk(course, case, command, moment, position))


class _Desk:
    """One decision in the making: what it has to go by, and the events so far."""

    def __init__(self, course: Course, case: Case, command: Any, moment: Moment, position: Position | None = None) -> None:
        self.course, self.before, self.case, self.command, self.moment = course, case, case, command, moment
        self.events: list[Event] = []
        self.orders: list[Order] = []
        self._stands = (case, position) if position is not None else None

    def note(self, kind: str, **data: Any) -> None:
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

    def done(self) -> Decision:
        current = self.position().current
        self.case = replace(self.case, revision=self.before.revision + 1)
        return Decision(self.case, tuple(self.events), tuple(self.orders), step=current.id if current else "")

    def no(self, code: str, **params: object) -> Decision:
        return _no(self.before, code, **params)


def _no(case: Case, code: str, **params: object) -> Decision:
    return Decision(case, problems=(Problem("", code, params),))


def _start(desk: _Desk) -> Decision:
    if desk.case.state:
        return desk.no("started_already")
    desk.note("started", record=desk.command.record, consents=list(desk.command.consents))
    return desk.done()


def _open_step(desk: _Desk) -> Standing | None:
    open_ = desk.course.open_to(desk.case, desk.position())
    return next((standing for standing in open_ if standing.id == desk.command.step), None)


def _save_draft(desk: _Desk) -> Decision:
    standing = _open_step(desk)
    if standing is None:
        return desk.no("step_not_open")
    bound, sight = standing.bound, desk.course.sight(desk.case, standing)
    draft = bound.kind.draft(bound.step, desk.course.book, sight, desk.command.raw)
    drafts = {**desk.case.drafts, standing.id: {name: list(texts) for name, texts in draft.items()}}
    return Decision(replace(desk.case, drafts=drafts), drafted=True, step=standing.id)


def _back(desk: _Desk) -> Decision:
    saved = _save_draft(desk)
    if saved.problems:
        return saved
    open_ = [standing.id for standing in desk.course.open_to(desk.case, desk.position())]
    place = open_.index(desk.command.step)
    return replace(saved, step=open_[place - 1] if place else "")


def _answer(desk: _Desk) -> Decision:
    standing = _open_step(desk)
    if standing is None:
        return desk.no("step_not_open")
    bound, command = standing.bound, desk.command
    said = bound.kind.answer(
        bound.step, desk.course.book, desk.course.sight(desk.case, standing), command.raw, command.verdicts, command.confirmed
    )
    warnings = said.warnings
    if not said.problems and _as_before(desk, standing, said):
        if NOTHING_CORRECTED.id in command.confirmed:
            said = replace(said, flags=(*said.flags, NOTHING_CORRECTED.id))
        else:
            warnings = (*warnings, NOTHING_CORRECTED)
    if said.problems or warnings or (said.awaits and command.verdicts is None):
        return Decision(desk.case, problems=said.problems, awaits=said.awaits, warnings=warnings, step=standing.id)
    if said.again:
        desk.note("again", step=standing.id, steps=list(said.again))
        return desk.done()
    _keep(desk, standing, said)
    return _submit_if_last(desk)


NOTHING_CORRECTED = Rule("nothing_corrected", "", "")
"""Asked when somebody sends back what a reviewer has returned just as it was; its sentence stands in the catalogue. It may
be right (nobody answered the phone), so it can be confirmed, and the reviewer sees that it was."""


def _as_before(desk: _Desk, standing: Standing, said: Answered) -> bool:
    """Is every field that a reviewer has reopened answered as it was?"""
    fields, before = desk.case.reopened.get(standing.id, ()), desk.case.results.get(standing.id)
    return bool(fields) and before is not None and all(said.data.get(name) == before.data.get(name) for name in fields)


def _keep(desk: _Desk, standing: Standing, said: Answered) -> None:
    desk.note(
        "answered", step=standing.id, data=said.data, digest=desk.course.digest(standing, desk.case),
        flags=list(said.flags), records=list(said.records),
    )


def _called_back(desk: _Desk) -> Decision:
    standing = _open_step(desk)
    if standing is None or standing.bound.kind.ends:
        return desk.no("step_not_open")
    _keep(desk, standing, Answered(desk.command.data))
    return _submit_if_last(desk)


def _submit_if_last(desk: _Desk) -> Decision:
    """Submits when only the end of the flow is left: with the last answer, or with the answer that confirms."""
    position = desk.position()
    current = position.current
    if current is None:
        return _submitted(desk, position)
    if current.bound.kind.ends and not current.bound.step.options.get("confirm"):
        _keep(desk, current, Answered({}))
        position = desk.position()
        if position.current is None:
            return _submitted(desk, position)
    return desk.done()


def _submit(desk: _Desk) -> Decision:
    if desk.case.state not in CLIENTS_TURN:
        return desk.no("not_now")
    position = desk.position()
    current = position.current
    if current is not None and current.bound.kind.ends:
        _keep(desk, current, Answered({}))
        position = desk.position()
    if position.current is not None:
        return desk.no("not_finished")
    return _submitted(desk, position)


def _submitted(desk: _Desk, position: Position) -> Decision:
    desk.note("submitted", changes=desk.course.changes(position, desk.case))
    if desk.course.flow.review.levels == 0:
        desk.note("approved", level=0, final=True)
        _deliver(desk)
    return desk.done()


def _withdraw(desk: _Desk) -> Decision:
    if desk.case.state in CLIENTS_TURN:
        return desk.no("not_now")
    if desk.case.state != "submitted" or desk.case.approvals:
        return desk.no("taken_by_reviewer")
    correcting = list(desk.case.returned.reopen) if desk.case.returned else []
    # Whoever takes a case back is asked again at its end.
    again = [bound.step.id for bound in desk.course.steps if bound.kind.ends]
    desk.note("withdrawn", correcting=correcting, again=again)
    return desk.done()


def _abandon(desk: _Desk) -> Decision:
    """Until a reviewer has taken it (C-22)."""
    if desk.case.state in ENDED:
        return desk.no("ended_already")
    if desk.case.state not in CLIENTS_TURN | {"submitted"} or desk.case.approvals:
        return desk.no("taken_by_reviewer")
    desk.note("abandoned")
    return desk.done()


def _expire(desk: _Desk) -> Decision:
    if desk.case.state not in CLIENTS_TURN:
        return desk.no("not_now")
    desk.note("expired")
    return desk.done()


def _claim(desk: _Desk) -> Decision:
    case, now = desk.case, desk.moment.now
    if case.state == "in_review" and case.reviewer != desk.command.actor:
        if datetime.fromisoformat(case.lease_until) > now:
            return desk.no("claimed_by_other")
        desk.note("released")
    elif case.state not in ("submitted", "in_review"):
        return desk.no("not_in_queue")
    if desk.command.actor in case.approvals:
        return desk.no("four_eyes")
    desk.note("claimed", lease_until=desk.command.lease_until.isoformat())
    return desk.done()


def _holding(desk: _Desk) -> str:
    """Why this person cannot decide on the case now, or ""."""
    if desk.case.state != "in_review":
        return "not_in_review"
    if desk.case.reviewer != desk.command.actor:
        return "claimed_by_other"
    return ""


def _release(desk: _Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    desk.note("released")
    return desk.done()


def _approve(desk: _Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    if desk.command.actor in desk.case.approvals:
        return desk.no("four_eyes")
    level = len(desk.case.approvals) + 1
    final = level >= desk.course.flow.review.levels
    desk.note("approved", level=level, final=final)
    if final:
        _deliver(desk)
    return desk.done()


def _deliver(desk: _Desk) -> None:
    """Orders the flow's actions; without any the case is done."""
    orders = [
        (action, delivery) for action in desk.course.flow.approved for delivery in _runs(action, desk.position().names)
    ]
    if not orders:
        desk.note("done")
        return
    desk.note("delivering", actions=[delivery for _, delivery in orders])
    desk.orders += [_order(desk, action, delivery) for action, delivery in orders if not action.waits_for]


def _runs(action: Action, names: Names) -> list[str]:
    """The runs of an action by name: one, or one for each item of the answer that it names (`codes[shfe]`)."""
    if not action.each:
        return [action.id]
    items = names.get(action.each)
    return [f"{action.id}[{item}]" for item in items] if isinstance(items, list | tuple) else []


def run_of(delivery: str) -> tuple[str, str]:
    """The action's id and the item of a delivery: `codes[shfe]` is of codes, for shfe."""
    action, _, item = delivery.partition("[")
    return action, item.removesuffix("]")


EARLIER_REFUSED = "refused:earlier_refused"
"""What comes of an action that waits for one that was refused."""


def ended(outcome: str) -> bool:
    """Has a delivery come to its end? A refusal that is told to the client is one."""
    return outcome == "done" or outcome.startswith("refused:")


def _order(desk: _Desk, action: Action, delivery: str) -> Order:
    """The key names this order: a job that runs twice has one effect, a person who tries again gets a new one."""
    return Order(action, f"{desk.case.number}:{delivery}:{desk.before.revision}", delivery)


def _return(desk: _Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    chosen = _chosen(desk, desk.course.flow.review.reasons)
    if not chosen:
        return desk.no("choose_reason")
    reopen, kept = _reopening(desk, chosen)
    if not reopen:
        return desk.no("reopens_nothing")
    desk.note(
        "returned", reasons=[r.id for r in chosen], texts=[r.text for r in chosen], remark=desk.command.remark,
        reopen={step: list(fields) for step, fields in reopen.items()}, kept=kept,
    )  # fmt: skip
    return desk.done()


def _send_back(desk: _Desk) -> Decision:
    """Without anything to correct the client only has to come again."""
    standing = _open_step(desk)
    if standing is None or not standing.bound.kind.staffed or desk.position().current is not standing:
        return desk.no("step_not_open")
    chosen = _chosen(desk, standing.bound.step.reasons)
    if not chosen:
        return desk.no("choose_reason")
    reopen, kept = _reopening(desk, chosen)
    desk.note(
        "sent_back", step=standing.id, reasons=[r.id for r in chosen], texts=[r.text for r in chosen],
        remark=desk.command.remark, reopen={step: list(fields) for step, fields in reopen.items()}, kept=kept,
    )  # fmt: skip
    return desk.done()


def _chosen(desk: _Desk, reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons that the command names; none when one of them is not there."""
    known = {reason.id: reason for reason in reasons}
    chosen = [known[reason] for reason in desk.command.reasons if reason in known]
    return chosen if len(chosen) == len(desk.command.reasons) else []


def _reopening(desk: _Desk, chosen: Sequence[Reason]) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """The steps that these reasons reopen, each with the fields meant (none: all of it), and what is kept of their answers."""
    position, reopen = desk.position(), dict[str, tuple[str, ...]]()
    for reason in chosen:
        for step_id, fields in reason.reopen.items():
            standing = position.step(step_id)
            if standing is None or standing.status == "skipped":
                continue
            before = reopen.get(step_id)
            reopen[step_id] = tuple(dict.fromkeys((*(before or ()), *fields))) if fields and before != () else ()
    kept = {}
    for step_id, fields in reopen.items():
        bound, result = position.step(step_id).bound, desk.case.results.get(step_id)  # type: ignore[union-attr]
        if result is not None:
            kept[step_id] = bound.kind.clears(bound.step, desk.course.book, fields, result.data)
    return reopen, kept


def _reject(desk: _Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    known = {reason.id: reason for reason in desk.course.flow.review.reject}
    chosen = [known[reason] for reason in desk.command.reasons if reason in known]
    if not chosen:
        return desk.no("choose_reason")
    desk.note("rejected", reasons=[r.id for r in chosen], texts=[r.text for r in chosen], remark=desk.command.remark)
    return desk.done()


def _delivered(desk: _Desk) -> Decision:
    case, command = desk.case, desk.command
    if case.state != "delivering" or command.action not in case.deliveries:
        return desk.no("not_now")
    before = case.deliveries[command.action]
    if ended(before):
        return Decision(case)
    if command.outcome == "waiting" and not before.startswith("failed:"):
        return desk.no("not_now")
    desk.note("delivery", action=command.action, outcome=command.outcome)
    if command.outcome == "waiting":
        action = next(a for a in desk.course.flow.approved if a.id == run_of(command.action)[0])
        desk.orders.append(_order(desk, action, command.action))
    if ended(command.outcome):
        _go_on(desk)
    if all(ended(outcome) for outcome in desk.case.deliveries.values()):
        desk.note("done")
    return desk.done()


def _go_on(desk: _Desk) -> None:
    """What has waited for the action that has just ended: its time has come, or it is refused as well."""
    came = {run_of(desk.command.action)[0]: desk.command.outcome}
    for action in desk.course.flow.approved:
        if action.waits_for not in came:
            continue
        waiting = [delivery for delivery in desk.case.deliveries if run_of(delivery)[0] == action.id]
        if came[action.waits_for] == "done":
            desk.orders += [_order(desk, action, delivery) for delivery in waiting]
            continue
        came[action.id] = EARLIER_REFUSED
        for delivery in waiting:
            desk.note("delivery", action=delivery, outcome=EARLIER_REFUSED)


def _move(desk: _Desk) -> Decision:
    """On to another edition, where the client loses nothing by it or the migration says that they may."""
    case, command, moment = desk.case, desk.command, desk.moment
    moved = move(case, desk.course, command.to, command.edition, command.route, moment.facts, moment.today)
    if moved.outcome in ("stays", "breaks") or (moved.outcome != "safe" and command.route.unclean == "keep"):
        return desk.no("cannot_move")
    _moved(desk, "moved", movable(moved.case), before=movable(case), slots=dict(moved.slots))
    return desk.done()


def _move_back(desk: _Desk) -> Decision:
    _moved(desk, "moved_back", desk.command.before)
    return desk.done()


def _moved(desk: _Desk, kind: str, after: dict[str, Any], **more: Any) -> None:
    command = desk.command
    to = {"from": desk.case.edition, "to": command.edition, "migration": command.migration}
    desk.note(kind, **to, after=after, **more)
    desk.course = command.to


_DECIDE: dict[type[c.Command], Callable[[_Desk], Decision]] = {
    c.Start: _start,
    c.SaveDraft: _save_draft,
    c.Back: _back,
    c.Answer: _answer,
    c.CalledBack: _called_back,
    c.Submit: _submit,
    c.Withdraw: _withdraw,
    c.Abandon: _abandon,
    c.Expire: _expire,
    c.Claim: _claim,
    c.Release: _release,
    c.Approve: _approve,
    c.Return: _return,
    c.SendBack: _send_back,
    c.Reject: _reject,
    c.Delivered: _delivered,
    c.Move: _move,
    c.MoveBack: _move_back,
}
