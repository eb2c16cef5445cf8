"""What the desk and the core system do in a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from banli.engine import commands
from banli.scenarios.playing import SYSTEM, Play
from banli.scenarios.story import Deed


def _by(play: Play, deed: Deed, name: Any) -> str:
    """Who does it: the one named, else who holds the case."""
    return f"staff:{name}" if name else play.begun(deed).reviewer or "staff:nobody"


def claim(play: Play, deed: Deed) -> None:
    until = play.now + timedelta(minutes=play.issue.edition.flow.review.lease_minutes)
    play.decide(deed, commands.Claim(actor=_by(play, deed, deed.value), lease_until=until))


def release(play: Play, deed: Deed) -> None:
    play.decide(deed, commands.Release(actor=_by(play, deed, deed.value)))


def approve(play: Play, deed: Deed) -> None:
    play.decide(deed, commands.Approve(actor=_by(play, deed, deed.value)))


def decide_for_reasons(play: Play, deed: Deed) -> None:
    """退回 and 驳回."""
    told: Mapping[str, Any] = deed.value if isinstance(deed.value, Mapping) else {"reasons": deed.value}
    kind = commands.Return if deed.word == "return" else commands.Reject
    reasons, remark = tuple(told["reasons"]), str(told.get("remark", ""))
    play.decide(deed, kind(actor=_by(play, deed, told.get("by")), reasons=reasons, remark=remark))


def send_back(play: Play, deed: Deed) -> None:
    """From a step at which staff attend to the client, such as a video call."""
    ((step, said),) = deed.value.items()
    told: Mapping[str, Any] = said if isinstance(said, Mapping) else {"reasons": said}
    actor = f"staff:{told.get('by', 'nobody')}"
    reasons, remark = tuple(told["reasons"]), str(told.get("remark", ""))
    play.decide(deed, commands.SendBack(actor=actor, step=step, reasons=reasons, remark=remark))


def deliver(play: Play, deed: Deed) -> None:
    for delivery, told in deed.value.items():
        play.next()
        play.decide(deed, commands.Delivered(actor=SYSTEM, action=delivery, outcome=_outcome(play, delivery, told)))


def _outcome(play: Play, delivery: str, told: str | Mapping[str, str]) -> str:
    if isinstance(told, str):
        return {"again": "waiting"}.get(told, told)
    word, code = next(iter(told.items()))
    return f"refused:{code}" if word == "failed" and _tells(play, delivery) else f"{word}:{code}"


def _tells(play: Play, delivery: str) -> bool:
    """Is a refusal of this action a result that the client is told?"""
    found = next((a for a in play.issue.edition.flow.approved if a.id == delivery.partition("[")[0]), None)
    return found is not None and found.tell


DEEDS: Mapping[str, Callable[[Play, Deed], None]] = {
    "claim": claim,
    "release": release,
    "approve": approve,
    "return": decide_for_reasons,
    "reject": decide_for_reasons,
    "send_back": send_back,
    "deliver": deliver,
}
