"""The client's side of the step `video`: what its page shows, what it asks, its wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.counters import Wire
from banli.errors import Problem
from banli.hooks import Attendant, Place, Reply
from banli_video.copies import mode_of
from banli_video.lines import work_of
from banli_video.queueing import ClientLine, Office, shut_until
from banli_video.ranks import Slot
from banli_video.recorded import FILM, MOST, Recorded
from banli_video.waiting import held


class Witnessing(Attendant):
    step = "video"
    scripts = ("video_client",)
    after_hours = ("here", "slots", "book", "unbook")
    parcels: ClassVar[Mapping[str, int]] = {FILM: MOST}

    def __init__(self, office: Office, recorded: Recorded) -> None:
        self._office, self._recorded = office, recorded

    async def page(self, place: Place) -> Mapping[str, Any]:
        if place.options.get("mode") == "recorded" and not place.done:
            return await self._recorded.page(place)
        booked = await self._office.ranks.booked(place)
        return {
            "text": place.options.get("text", ""),
            "hints": list(place.options.get("hints", ())),
            "state": await self._state(place),
            "case_id": place.case,
            "shut": shut_until(place.hours, self._office.calls.clock(), inside=False) is not None,
            "bookings": "bookings" in place.options,
            "copied": bool(mode_of(place.options)),
            "booked": told(booked) if booked is not None else None,
            "grace": f"{self._office.grace.total_seconds() / 60:.1f}".removesuffix(".0"),
        }

    async def _state(self, place: Place) -> str:
        """`passed`: it is done; `queue`: the client has a place; `lost`: had one and was away for too long; `start`: has none."""
        if place.done:
            return "passed"
        work, now = await work_of(self._office.calls, place.case), self._office.calls.clock()
        if work is None:
            return "start"
        return "queue" if held(work, now) or now - work.there <= self._office.grace else "lost"

    async def call(self, place: Place, name: str, said: Mapping[str, Any]) -> Reply | None:
        ranks = self._office.ranks
        if name == "here":
            # For a page whose wire is cut. Whoever was sent back is led there, because the step is not open then.
            return Reply({"state": await self._state(place)})
        if place.done:
            return None
        if place.options.get("mode") == "recorded":
            return await self._recorded.call(place, name, said)
        if "bookings" not in place.options:
            return None
        if name == "slots":
            booked = await ranks.booked(place)
            slots = [told(slot) for slot in await ranks.slots(place)]
            return Reply({"slots": slots, "booked": told(booked) if booked is not None else None})
        if name == "book":
            before, made = await ranks.booked(place), await ranks.book(place, said.get("start"))
            if isinstance(made, str):
                return Reply(problem=Problem("", made))
            if before is not None and before.start == made.start:
                return Reply({"booked": told(made)})
            await self._office.calls.works.note(place.case, "client", "video.booked", {"start": made.start.isoformat()})
            return Reply({"booked": told(made)})
        if name == "unbook":
            await ranks.unbook(place.case)
            return Reply({"booked": None})
        return None

    async def take(self, place: Place, name: str, content: bytes) -> Reply | None:
        if place.done or place.options.get("mode") != "recorded":
            return None
        return await self._recorded.take(place, content)

    async def talk(self, place: Place, wire: Wire) -> None:
        if place.options.get("mode") != "recorded":
            await ClientLine(self._office, place, wire).serve()


def told(slot: Slot) -> dict[str, Any]:
    return {"start": slot.start.isoformat(), "end": slot.end.isoformat(), "free": slot.free}
