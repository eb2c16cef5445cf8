"""Decides what staff do with a case: claim, release, approve, return, reject; and send back from a step that they attend to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from banli.definitions.model import Reason
from banli.engine.decision import Deciding, Decision
from banli.engine.delivering import deliver


def claim(deciding: Deciding) -> Decision:
    case, now = deciding.case, deciding.moment.now
    if case.state == "in_review" and case.reviewer != deciding.command.actor:
        if datetime.fromisoformat(case.lease_until) > now:
            return deciding.no("claimed_by_other")
        deciding.note("released")
    elif case.state not in ("submitted", "in_review"):
        return deciding.no("not_in_queue")
    if deciding.command.actor in case.approvals:
        return deciding.no("four_eyes")
    deciding.note("claimed", lease_until=deciding.command.lease_until.isoformat())
    return deciding.done()


def _holding(deciding: Deciding) -> str:
    """Why this person cannot decide on the case now, or ""."""
    if deciding.case.state != "in_review":
        return "not_in_review"
    if deciding.case.reviewer != deciding.command.actor:
        return "claimed_by_other"
    return ""


def release(deciding: Deciding) -> Decision:
    if code := _holding(deciding):
        return deciding.no(code)
    deciding.note("released")
    return deciding.done()


def approve(deciding: Deciding) -> Decision:
    if code := _holding(deciding):
        return deciding.no(code)
    if deciding.command.actor in deciding.case.approvals:
        return deciding.no("four_eyes")
    level = len(deciding.case.approvals) + 1
    final = level >= deciding.course.flow.review.levels
    deciding.note("approved", level=level, final=final)
    if final:
        deliver(deciding)
    return deciding.done()


def return_(deciding: Deciding) -> Decision:
    if code := _holding(deciding):
        return deciding.no(code)
    chosen = _chosen(deciding, deciding.course.flow.review.reasons)
    if not chosen:
        return deciding.no("choose_reason")
    reopen, kept = _reopening(deciding, chosen)
    if not reopen:
        return deciding.no("reopens_nothing")
    deciding.note("returned", **_said(deciding, chosen), reopen=_listed(reopen), kept=kept)
    return deciding.done()


def send_back(deciding: Deciding) -> Decision:
    """Without anything to correct the client only has to come again."""
    standing = deciding.open_step()
    if standing is None or not standing.bound.kind.staffed or deciding.position().current is not standing:
        return deciding.no("step_not_open")
    chosen = _chosen(deciding, standing.bound.step.reasons)
    if not chosen:
        return deciding.no("choose_reason")
    reopen, kept = _reopening(deciding, chosen)
    deciding.note("sent_back", step=standing.id, **_said(deciding, chosen), reopen=_listed(reopen), kept=kept)
    return deciding.done()


def _said(deciding: Deciding, chosen: Sequence[Reason]) -> dict[str, Any]:
    """What the client will read of it; the sentences are kept as they are now."""
    return {"reasons": [r.id for r in chosen], "texts": [r.text for r in chosen], "remark": deciding.command.remark}


def _listed(reopen: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {step: list(fields) for step, fields in reopen.items()}


def _chosen(deciding: Deciding, reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons that the command names; none when one of them is not there."""
    known = {reason.id: reason for reason in reasons}
    chosen = [known[reason] for reason in deciding.command.reasons if reason in known]
    return chosen if len(chosen) == len(deciding.command.reasons) else []


def _reopening(deciding: Deciding, chosen: Sequence[Reason]) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """The steps that these reasons reopen, each with the fields meant (none: all of it), and what is kept of their answers."""
    position, reopen = deciding.position(), dict[str, tuple[str, ...]]()
    for reason in chosen:
        for step_id, fields in reason.reopen.items():
            standing = position.step(step_id)
            if standing is None or standing.status == "skipped":
                continue
            before = reopen.get(step_id)
            reopen[step_id] = tuple(dict.fromkeys((*(before or ()), *fields))) if fields and before != () else ()
    kept = {}
    for step_id, fields in reopen.items():
        bound, result = position.step(step_id).bound, deciding.case.results.get(step_id)  # type: ignore[union-attr]
        if result is not None:
            kept[step_id] = bound.kind.clears(bound.step, deciding.course.book, fields, result.data)
    return reopen, kept


def reject(deciding: Deciding) -> Decision:
    if code := _holding(deciding):
        return deciding.no(code)
    known = {reason.id: reason for reason in deciding.course.flow.review.reject}
    chosen = [known[reason] for reason in deciding.command.reasons if reason in known]
    if not chosen:
        return deciding.no("choose_reason")
    deciding.note("rejected", **_said(deciding, chosen))
    return deciding.done()
