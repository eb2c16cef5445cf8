"""Decides what staff do with a case: claim, release, approve, return, reject; and send back from a step that they attend to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from banli.definitions.model import Reason
from banli.engine.delivering import deliver
from banli.engine.desk import Decision, Desk


def claim(desk: Desk) -> Decision:
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


def _holding(desk: Desk) -> str:
    """Why this person cannot decide on the case now, or ""."""
    if desk.case.state != "in_review":
        return "not_in_review"
    if desk.case.reviewer != desk.command.actor:
        return "claimed_by_other"
    return ""


def release(desk: Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    desk.note("released")
    return desk.done()


def approve(desk: Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    if desk.command.actor in desk.case.approvals:
        return desk.no("four_eyes")
    level = len(desk.case.approvals) + 1
    final = level >= desk.course.flow.review.levels
    desk.note("approved", level=level, final=final)
    if final:
        deliver(desk)
    return desk.done()


def return_(desk: Desk) -> Decision:
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


def send_back(desk: Desk) -> Decision:
    """Without anything to correct the client only has to come again."""
    standing = desk.open_step()
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


def _chosen(desk: Desk, reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons that the command names; none when one of them is not there."""
    known = {reason.id: reason for reason in reasons}
    chosen = [known[reason] for reason in desk.command.reasons if reason in known]
    return chosen if len(chosen) == len(desk.command.reasons) else []


def _reopening(desk: Desk, chosen: Sequence[Reason]) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
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


def reject(desk: Desk) -> Decision:
    if code := _holding(desk):
        return desk.no(code)
    known = {reason.id: reason for reason in desk.course.flow.review.reject}
    chosen = [known[reason] for reason in desk.command.reasons if reason in known]
    if not chosen:
        return desk.no("choose_reason")
    desk.note("rejected", reasons=[r.id for r in chosen], texts=[r.text for r in chosen], remark=desk.command.remark)
    return desk.done()
