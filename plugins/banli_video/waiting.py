"""Who waits in a line, as all of them are told: how many, and for about how long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from banli.counters import Work
from banli_video.calls import KIND, Calls

KEPT = 1.0
"""Seconds for which what was counted serves all pages of this process."""
RECENT = timedelta(minutes=45)
FULL = 500
"""So many the platform lists; of longer lines only the length is known."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A line as it was just now. `people` are those whom the page counts; `waiting` the works in the order of their turns."""

    people: int
    waiting: tuple[str, ...]
    every: float | None
    """Seconds from one client called to the next, of late; None: nobody can say."""

    def minutes(self, work: str) -> int | None:
        """About how long this one still waits."""
        if self.every is None:
            return None
        place = self.waiting.index(work) if work in self.waiting else len(self.waiting)
        return max(1, round((place + 1) * self.every / 60))


class Board:
    """Looks at each line once a second at most, for all who wait in it."""

    def __init__(self, calls: Calls, grace: timedelta, *, count_in_call: bool = False) -> None:
        self._calls, self._grace, self._in_call = calls, grace, count_in_call
        self._seen: dict[tuple[str, str], tuple[float, Queue]] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def look(self, company: str, queue: str, *, fresh: bool = False) -> Queue:
        key = (company, queue)
        async with self._locks.setdefault(key, asyncio.Lock()):
            time = asyncio.get_running_loop().time()
            known = self._seen.get(key)
            if known is None or fresh or time - known[0] >= KEPT:
                known = self._seen[key] = time, await self._look(company, queue, self._calls.clock())
            return known[1]

    async def _look(self, company: str, queue: str, now: datetime) -> Queue:
        works, since = self._calls.works, now - self._grace
        listed = await works.queued(company, KIND, (queue,), since=since)
        waiting = tuple(one.id for one in listed if not held(one, now))
        people = len(listed) if self._in_call else len(waiting)
        if len(listed) >= FULL:
            people = await works.count(company, KIND, queue, since=since)
        return Queue(people, waiting, every(await self._calls.pace(company, queue), now))


def held(work: Work, now: datetime) -> bool:
    """Does somebody hold it now?"""
    return bool(work.holder) and work.until is not None and work.until > now


def every(called: list[datetime], now: datetime) -> float | None:
    """Seconds from one call to the next, over the calls of late; a line that has come to a halt is no estimate."""
    late = [moment for moment in called if now - moment < RECENT]
    if len(late) < 3:
        return None
    return max((now - late[0]).total_seconds() / len(late), 1.0)
