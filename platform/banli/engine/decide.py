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
from banli.engine.decision import Deciding, Decision, Moment, no
from banli.engine.moving import move
from banli.steps import Answered


def apply(course: Course, case: Case, command: c.Command, moment: Moment, position: Position | None = None) -> Decision:
    """The one door: what this command does to this case at this moment. `position` saves computing it again."""
    if command.seen is not None and command.seen != case.revision:
        return no(case, "changed_meanwhile")
    return _DECIDE[type(command)](Deciding(course, case, command, moment, position))


def _start(deciding: Deciding) -> Decision:
    if deciding.case.state:
        return deciding.no("started_already")
    deciding.note("started", record=deciding.command.record, consents=list(deciding.command.consents))
    return deciding.done()


def _save_draft(deciding: Deciding) -> Decision:
    standing = deciding.open_step()
    if standing is None:
        return deciding.no("step_not_open")
    bound, sight = standing.bound, deciding.course.sight(deciding.case, standing)
    draft = bound.kind.draft(bound.step, deciding.course.book, sight, deciding.command.raw)
    drafts = {**deciding.case.drafts, standing.id: {name: list(texts) for name, texts in draft.items()}}
    return Decision(replace(deciding.case, drafts=drafts), drafted=True, step=standing.id)


def _back(deciding: Deciding) -> Decision:
    saved = _save_draft(deciding)
    if saved.problems:
        return saved
    open_ = [standing.id for standing in deciding.course.open_to(deciding.case, deciding.position())]
    place = open_.index(deciding.command.step)
    return replace(saved, step=open_[place - 1] if place else "")


def _answer(deciding: Deciding) -> Decision:
    standing = deciding.open_step()
    if standing is None:
        return deciding.no("step_not_open")
    bound, command, sight = standing.bound, deciding.command, deciding.course.sight(deciding.case, standing)
    said = bound.kind.answer(bound.step, deciding.course.book, sight, command.raw, command.verdicts, command.confirmed)
    warnings = said.warnings
    if not said.problems and _as_before(deciding, standing, said):
        if NOTHING_CORRECTED.id in command.confirmed:
            said = replace(said, flags=(*said.flags, NOTHING_CORRECTED.id))
        else:
            warnings = (*warnings, NOTHING_CORRECTED)
    if said.problems or warnings or (said.awaits and command.verdicts is None):
        return Decision(deciding.case, problems=said.problems, awaits=said.awaits, warnings=warnings, step=standing.id)
    if said.again:
        deciding.note("again", step=standing.id, steps=list(said.again))
        return deciding.done()
    _keep(deciding, standing, said)
    return _submit_if_last(deciding)


NOTHING_CORRECTED = Rule("nothing_corrected", "", "")
"""Asked when somebody sends back what a reviewer has returned just as it was; its sentence stands in the catalogue. It may
be right (nobody answered the phone), so it can be confirmed, and the reviewer sees that it was."""


def _as_before(deciding: Deciding, standing: Standing, said: Answered) -> bool:
    """Is every field that a reviewer has reopened answered as it was?"""
    fields, before = deciding.case.reopened.get(standing.id, ()), deciding.case.results.get(standing.id)
    return bool(fields) and before is not None and all(said.data.get(name) == before.data.get(name) for name in fields)


def _keep(deciding: Deciding, standing: Standing, said: Answered) -> None:
    deciding.note(
        "answered", step=standing.id, data=said.data, digest=deciding.course.digest(standing, deciding.case),
        flags=list(said.flags), records=list(said.records),
    )


def _called_back(deciding: Deciding) -> Decision:
    standing = deciding.open_step()
    if standing is None or standing.bound.kind.ends:
        return deciding.no("step_not_open")
    _keep(deciding, standing, Answered(deciding.command.data))
    return _submit_if_last(deciding)


def _submit_if_last(deciding: Deciding) -> Decision:
    """Submits when only the end of the flow is left: with the last answer, or with the answer that confirms."""
    position = deciding.position()
    current = position.current
    if current is None:
        return _submitted(deciding, position)
    if current.bound.kind.ends and not current.bound.step.options.get("confirm"):
        _keep(deciding, current, Answered({}))
        position = deciding.position()
        if position.current is None:
            return _submitted(deciding, position)
    return deciding.done()


def _submit(deciding: Deciding) -> Decision:
    if deciding.case.state not in CLIENTS_TURN:
        return deciding.no("not_now")
    position = deciding.position()
    current = position.current
    if current is not None and current.bound.kind.ends:
        _keep(deciding, current, Answered({}))
        position = deciding.position()
    if position.current is not None:
        return deciding.no("not_finished")
    return _submitted(deciding, position)


def _submitted(deciding: Deciding, position: Position) -> Decision:
    deciding.note("submitted", changes=deciding.course.changes(position, deciding.case))
    if deciding.course.flow.review.levels == 0:
        deciding.note("approved", level=0, final=True)
        delivering.deliver(deciding)
    return deciding.done()


def _withdraw(deciding: Deciding) -> Decision:
    if deciding.case.state in CLIENTS_TURN:
        return deciding.no("not_now")
    if deciding.case.state != "submitted" or deciding.case.approvals:
        return deciding.no("taken_by_reviewer")
    correcting = list(deciding.case.returned.reopen) if deciding.case.returned else []
    # Whoever takes a case back is asked again at its end.
    again = [bound.step.id for bound in deciding.course.steps if bound.kind.ends]
    deciding.note("withdrawn", correcting=correcting, again=again)
    return deciding.done()


def _abandon(deciding: Deciding) -> Decision:
    """Until a reviewer has taken it (C-22)."""
    if deciding.case.state in ENDED:
        return deciding.no("ended_already")
    if deciding.case.state not in CLIENTS_TURN | {"submitted"} or deciding.case.approvals:
        return deciding.no("taken_by_reviewer")
    deciding.note("abandoned")
    return deciding.done()


def _expire(deciding: Deciding) -> Decision:
    if deciding.case.state not in CLIENTS_TURN:
        return deciding.no("not_now")
    deciding.note("expired")
    return deciding.done()


def _move(deciding: Deciding) -> Decision:
    """On to another edition, where the client loses nothing by it or the migration says that they may."""
    case, command, moment = deciding.case, deciding.command, deciding.moment
    moved = move(case, deciding.course, command.to, command.edition, command.route, moment.facts, moment.today)
    if moved.outcome in ("stays", "breaks") or (moved.outcome != "safe" and command.route.unclean == "keep"):
        return deciding.no("cannot_move")
    _moved(deciding, "moved", movable(moved.case), before=movable(case), slots=dict(moved.slots))
    return deciding.done()


def _move_back(deciding: Deciding) -> Decision:
    _moved(deciding, "moved_back", deciding.command.before)
    return deciding.done()


def _moved(deciding: Deciding, kind: str, after: dict[str, Any], **more: Any) -> None:
    command = deciding.command
    to = {"from": deciding.case.edition, "to": command.edition, "migration": command.migration}
    deciding.note(kind, **to, after=after, **more)
    deciding.course = command.to


_DECIDE: dict[type[c.Command], Callable[[Deciding], Decision]] = {
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
