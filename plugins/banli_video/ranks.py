"""Which line a client waits in, and where in it: who comes first by the definition, and who has booked."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from banli.hooks import Clock, Ledger, Place

BOOKED = -1000
"""What a booking takes off a rank while its time is there: less comes first."""
BEFORE, AFTER = timedelta(minutes=5), timedelta(minutes=10)
"""How much too early and how much too late a booking still counts."""
SOON = timedelta(minutes=10)
"""What begins earlier than this is not offered: one can just as well wait."""
MOST_SLOTS = 400


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, with how many places are left."""

    start: datetime
    end: datetime
    free: int


class Ranks:
    """Lines, ranks and bookings. A booking is one record of the case and one of the place that it takes."""

    def __init__(
        self, ledger: Callable[[], Ledger], clock: Clock, closed: Callable[[str], Awaitable[datetime | None]]
    ) -> None:
        self._ledger, self._clock, self._closed = ledger, clock, closed

    def queue(self, place: Place) -> str:
        """By the value that the option `queue` names (`client.branch`); "" is the company's one line."""
        found = place.names.get(str(place.options.get("queue", "")))
        return str(found)[:120] if isinstance(found, str | int) else ""

    async def rank(self, place: Place) -> int:
        given = place.options.get("priority", ())
        rank = next((int(one["rank"]) for one in given if place.holds(str(one["when"]))), 0)
        booked = await self.booked(place)
        now = self._clock()
        return rank + BOOKED if booked and booked.start - BEFORE <= now <= booked.end + AFTER else rank

    async def booked(self, place: Place) -> Slot | None:
        """The client's booking, as long as it is of any use."""
        entry = await self._ledger().get("booking", place.case) if "bookings" in place.options else None
        if entry is None:
            return None
        slot = Slot(datetime.fromisoformat(entry.document["start"]), datetime.fromisoformat(entry.document["end"]), 0)
        return slot if slot.end + AFTER > self._clock() else None

    async def slots(self, place: Place) -> list[Slot]:
        """What can be booked, in order; full ones too."""
        told: Mapping[str, Any] = place.options.get("bookings") or {}
        ledger, places = self._ledger(), int(told.get("places", 1))
        found = []
        for start, end in self._times(place, told):
            names = [self._seat(place, start, number) for number in range(places)]
            found.append(Slot(start, end, sum([await self._free(ledger, name) for name in names])))
        return found

    async def book(self, place: Place, said: object) -> Slot | str:
        """A place at this time (ISO), instead of an earlier booking; or the code of a problem."""
        told: Mapping[str, Any] = place.options.get("bookings") or {}
        times = {start.isoformat(): (start, end) for start, end in self._times(place, told)}
        if str(said) not in times:
            return "video_no_such_time"
        (start, end), ledger = times[str(said)], self._ledger()
        before = await self.booked(place)
        if before is not None and before.start == start:
            return Slot(start, end, 0)
        for number in range(int(told.get("places", 1))):
            name = self._seat(place, start, number)
            await self._free(ledger, name)
            if await ledger.add("seat", name, place.case, {"start": start.isoformat()}) is None:
                continue
            await self.unbook(place.case)
            document = {"start": start.isoformat(), "end": end.isoformat(), "seat": name}
            if await ledger.add("booking", place.case, place.case, document) is not None:
                return Slot(start, end, 0)
            # Another page of this client has booked at the same moment; that one holds.
            seat = await ledger.get("seat", name)
            if seat is not None:
                await ledger.drop(seat)
            return await self.booked(place) or "video_no_such_time"
        return "video_time_taken"

    async def unbook(self, case: str) -> None:
        """The client comes at another time, or has been called already: the place is free for others."""
        ledger = self._ledger()
        entry = await ledger.get("booking", case)
        if entry is None or not await ledger.drop(entry):
            return
        seat = await ledger.get("seat", entry.document["seat"])
        if seat is not None and seat.owner == case:
            await ledger.drop(seat)

    async def _free(self, ledger: Ledger, name: str) -> bool:
        """Is this place to be had? It is, too, when the case that had it has come to its end: it was given up."""
        seat = await ledger.get("seat", name)
        if seat is None or await self._closed(seat.owner) is None:
            return seat is None
        await self.unbook(seat.owner)
        left = await ledger.get("seat", name)
        return left is None or (left.owner == seat.owner and await ledger.drop(left))

    def _times(self, place: Place, told: Mapping[str, Any]) -> Iterator[tuple[datetime, datetime]]:
        """The times of the next days on which the step is open, in pieces of so many minutes."""
        if not told or place.hours is None:
            return
        now, length = self._clock(), timedelta(minutes=int(told.get("minutes", 30)))
        days: set[str] = set()
        count = 0
        for opening in place.hours.openings(now):
            start = opening.start.astimezone(UTC)
            while opening.end is None or start + length <= opening.end:
                day = start.astimezone(place.hours.zone).date().isoformat()
                if start > now + SOON:
                    days.add(day)
                    if len(days) > int(told.get("days", 3)) or count >= MOST_SLOTS:
                        return
                    count += 1
                    yield start, start + length
                start += length

    def _seat(self, place: Place, start: datetime, number: int) -> str:
        queue = self.queue(place)
        short = queue if len(queue) <= 40 else hashlib.sha256(queue.encode()).hexdigest()[:16]
        return f"{place.company}|{short}|{start.astimezone(UTC).isoformat()}|{number}"
