"""Decides. Reads no database, sends no mail, knows no web, has no clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from banli.definitions.model import Rule
from banli.engine import commands as c
from banli.engine import delivering, reviewing
from banli.engine.case import CLIENTS_TURN, ENDED, Case, movable
from banli.engine.course import Course, Position, Standing
from banli.engine.desk import Decision, Desk, Moment, no
from banli.engine.moving import move
from banli.steps import Answered


def apply(course: Course, case: Case, command: c.Command, moment: Moment, position: Position | None = None) -> Decision:
    """The one door: what this command does to this case at this moment. `position` saves computing it again."""
    if command.seen is not None and command.seen != case.revision:
        return no(case, "changed_meanwhile")
    return _DECIDE[type(command)](Desk(course, case, command, moment, position))


def _start(desk: Desk) -> Decision:
    if desk.case.state:
        return desk.no("started_already")
    desk.note("started", record=desk.command.record, consents=list(desk.command.consents))
    return desk.done()


def _save_draft(desk: Desk) -> Decision:
    standing = desk.open_step()
    if standing is None:
        return desk.no("step_not_open")
    bound, sight = standing.bound, desk.course.sight(desk.case, standing)
    draft = bound.kind.draft(bound.step, desk.course.book, sight, desk.command.raw)
    drafts = {**desk.case.drafts, standing.id: {name: list(texts) for name, texts in draft.items()}}
    return Decision(replace(desk.case, drafts=drafts), drafted=True, step=standing.id)


def _back(desk: Desk) -> Decision:
    saved = _save_draft(desk)
    if saved.problems:
        return saved
    open_ = [standing.id for standing in desk.course.open_to(desk.case, desk.position())]
    place = open_.index(desk.command.step)
    return replace(saved, step=open_[place - 1] if place else "")


def _answer(desk: Desk) -> Decision:
    standing = desk.open_step()
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


def _as_before(desk: Desk, standing: Standing, said: Answered) -> bool:
    """Is every field that a reviewer has reopened answered as it was?"""
    fields, before = desk.case.reopened.get(standing.id, ()), desk.case.results.get(standing.id)
    return bool(fields) and before is not None and all(said.data.get(name) == before.data.get(name) for name in fields)


def _keep(desk: Desk, standing: Standing, said: Answered) -> None:
    desk.note(
        "answered", step=standing.id, data=said.data, digest=desk.course.digest(standing, desk.case),
        flags=list(said.flags), records=list(said.records),
    )


def _called_back(desk: Desk) -> Decision:
    standing = desk.open_step()
    if standing is None or standing.bound.kind.ends:
        return desk.no("step_not_open")
    _keep(desk, standing, Answered(desk.command.data))
    return _submit_if_last(desk)


def _submit_if_last(desk: Desk) -> Decision:
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


def _submit(desk: Desk) -> Decision:
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


def _submitted(desk: Desk, position: Position) -> Decision:
    desk.note("submitted", changes=desk.course.changes(position, desk.case))
    if desk.course.flow.review.levels == 0:
        desk.note("approved", level=0, final=True)
        delivering.deliver(desk)
    return desk.done()


def _withdraw(desk: Desk) -> Decision:
    if desk.case.state in CLIENTS_TURN:
        return desk.no("not_now")
    if desk.case.state != "submitted" or desk.case.approvals:
        return desk.no("taken_by_reviewer")
    correcting = list(desk.case.returned.reopen) if desk.case.returned else []
    # Whoever takes a case back is asked again at its end.
    again = [bound.step.id for bound in desk.course.steps if bound.kind.ends]
    desk.note("withdrawn", correcting=correcting, again=again)
    return desk.done()


def _abandon(desk: Desk) -> Decision:
    """Until a reviewer has taken it (C-22)."""
    if desk.case.state in ENDED:
        return desk.no("ended_already")
    if desk.case.state not in CLIENTS_TURN | {"submitted"} or desk.case.approvals:
        return desk.no("taken_by_reviewer")
    desk.note("abandoned")
    return desk.done()


def _expire(desk: Desk) -> Decision:
    if desk.case.state not in CLIENTS_TURN:
        return desk.no("not_now")
    desk.note("expired")
    return desk.done()


def _move(desk: Desk) -> Decision:
    """On to another edition, where the client loses nothing by it or the migration says that they may."""
    case, command, moment = desk.case, desk.command, desk.moment
    moved = move(case, desk.course, command.to, command.edition, command.route, moment.facts, moment.today)
    if moved.outcome in ("stays", "breaks") or (moved.outcome != "safe" and command.route.unclean == "keep"):
        return desk.no("cannot_move")
    _moved(desk, "moved", movable(moved.case), before=movable(case), slots=dict(moved.slots))
    return desk.done()


def _move_back(desk: Desk) -> Decision:
    _moved(desk, "moved_back", desk.command.before)
    return desk.done()


def _moved(desk: Desk, kind: str, after: dict[str, Any], **more: Any) -> None:
    command = desk.command
    to = {"from": desk.case.edition, "to": command.edition, "migration": command.migration}
    desk.note(kind, **to, after=after, **more)
    desk.course = command.to


_DECIDE: dict[type[c.Command], Callable[[Desk], Decision]] = {
    c.Start: _start,
    c.SaveDraft: _save_draft,
    c.Back: _back,
    c.Answer: _answer,
    c.CalledBack: _called_back,
    c.Submit: _submit,
    c.Withdraw: _withdraw,
    c.Abandon: _abandon,
    c.Expire: _expire,
    c.Claim: reviewing.claim,
    c.Release: reviewing.release,
    c.Approve: reviewing.approve,
    c.Return: reviewing.return_,
    c.SendBack: reviewing.send_back,
    c.Reject: reviewing.reject,
    c.Delivered: delivering.delivered,
    c.Move: _move,
    c.MoveBack: _move_back,
}
