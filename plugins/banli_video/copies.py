"""The site's own copy of a call: which calls want one, which recorder has it, how much of it is kept, what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from banli.errors import Problem
from banli.hooks import Entry, Home
from banli_video.calls import Call, Calls
from banli_video.pieces import Recording, copy_of, short_of
from banli_video.recording import Recordings

NONE, BESIDE, REQUIRED = "none", "beside", "required"
"""Of a step: nobody but the agent's browser records; the site does too; and no decision without it."""
SIDES = ("client", "agent")
BELL = "recorder.bell"
"""The box in which recorders hear that a call wants one."""
LEASE = timedelta(seconds=20)
"""How long a recorder has a call without saying so again."""
ABANDONED = timedelta(minutes=2)
"""After so long whoever comes by puts together what a recorder has left behind."""
PATIENCE, LOOK = 15.0, 0.5
"""Seconds that a decision waits for what is on its way."""
_COPY, _WANTED = "copy", "wanted"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call of which a copy is made. `seconds` by side are those that are kept so far."""

    call: str
    recorder: str
    until: datetime | None
    seconds: Mapping[str, float]
    since: datetime
    entry: Entry = field(repr=False, compare=False)

    def free(self, now: datetime) -> bool:
        return self.until is None or self.until <= now


class Copies:
    """All of a site. Only who has the lease changes what stands of a call."""

    def __init__(self, home: Home, calls: Calls, recordings: Recordings) -> None:
        self._calls, self._recordings, self._clock = calls, recordings, home.clock
        self.patience = PATIENCE

    async def want(self, call: Call) -> None:
        """From now on a recorder is looked for, when the call wants a copy at all."""
        if not call.more.get("copy"):
            return
        document = {"recorder": "", "until": "", "seconds": dict.fromkeys(SIDES, 0.0)}
        await self._calls.ledger.add(_COPY, call.id, _WANTED, document)
        await self._calls.post.send(BELL, {"call": call.id})

    async def get(self, call: str) -> Wanted | None:
        entry = await self._calls.ledger.get(_COPY, call)
        return _wanted(entry) if entry is not None else None

    async def free(self) -> list[Wanted]:
        """Those that no recorder has, the oldest first."""
        found: list[Entry] = []
        past: Entry | None = None
        while page := await self._calls.ledger.of(_COPY, _WANTED, past):
            found += page
            past = page[-1]
        now = self._clock()
        return [one for entry in reversed(found) if (one := _wanted(entry)).free(now)]

    async def claim(self, wanted: Wanted, recorder: str) -> Wanted | None:
        """None: another one was quicker."""
        if not wanted.free(self._clock()):
            return None
        return await self._change(wanted, recorder=recorder, until=(self._clock() + LEASE).isoformat())

    async def keep(self, wanted: Wanted, more: Mapping[str, float]) -> Wanted | None:
        """Keeps the lease, and says how many seconds have come into the site since. None: another recorder has it now."""
        seconds = {side: round(wanted.seconds.get(side, 0.0) + more.get(side, 0.0), 3) for side in SIDES}
        return await self._change(wanted, seconds=seconds, until=(self._clock() + LEASE).isoformat())

    async def release(self, wanted: Wanted) -> None:
        """Another recorder may have it at once."""
        await self._change(wanted, recorder="", until="")

    async def _change(self, wanted: Wanted, **what: Any) -> Wanted | None:
        made = await self._calls.ledger.change(wanted.entry, {**wanted.entry.document, **what})
        return _wanted(made) if made is not None else None

    # ------------------------------------------------------------------ at the decision, and after the call

    async def lacking(self, call: Call) -> list[str]:
        """The sides of which more is missing than a recording may lack."""
        wanted = await self.get(call.id)
        seconds = wanted.seconds if wanted is not None else {}
        length = call.seconds(self._clock())
        return [side for side in SIDES if _short(length, seconds.get(side, 0.0))]

    async def awaited(self, call: Call) -> Problem | None:
        """Waits for what is on its way; why nothing can be decided, when that is not enough."""
        until = asyncio.get_running_loop().time() + self.patience
        while lacking := await self.lacking(call):
            if asyncio.get_running_loop().time() >= until:
                return Problem("", "video_copy_missing" if len(lacking) > 1 else f"video_copy_missing_{lacking[0]}")
            await asyncio.sleep(LOOK)
        return None

    async def settle(self, wanted: Wanted, actor: str) -> bool:
        """After the call: both sides become files, with their events; what is missing has one too. By whom has the lease.
        False: somebody puts one together just now."""
        call = await self._calls.get(wanted.call)
        if call is not None:
            kept = [await self._recordings.finish(copy_of(call.id, side), actor) for side in SIDES]
            if any(isinstance(one, Problem) and one.code == "video_recording_working" for one in kept):
                return False
            for side, one in zip(SIDES, kept, strict=True):
                if isinstance(one, Problem) and call.connected is not None:
                    await self._calls.works.note(call.case, actor, "video.unkept", {"call": call.id, "side": side})
        await self._calls.ledger.drop(wanted.entry)
        return True

    async def upkeep(self, actor: str) -> int:
        """Calls that are over and that no recorder has finished: one that crashed, or none was there. How many."""
        done, now = 0, self._clock()
        for wanted in await self.free():
            call = await self._calls.get(wanted.call)
            ended = call.ended if call is not None else wanted.since
            if ended is None or ended + ABANDONED > now or (wanted.until or ended) + ABANDONED > now:
                continue
            mine = await self.claim(wanted, actor)
            done += mine is not None and await self.settle(mine, actor)
        return done

    async def of(self, call: str) -> dict[str, Recording]:
        """What there is of the site's own, by side."""
        found = {side: await self._recordings.get(copy_of(call, side)) for side in SIDES}
        return {side: recording for side, recording in found.items() if recording is not None}


def mode_of(options: Mapping[str, Any]) -> str:
    """What a step's options say, "" for nothing; films have no second one."""
    mode = str(options.get("recorder", NONE))
    return "" if mode == NONE or options.get("mode") == "recorded" else mode


def _short(length: float, seconds: float) -> bool:
    return short_of(length, min(seconds / length, 1.0) if length > 0 else 1.0)


def _wanted(entry: Entry) -> Wanted:
    told = entry.document
    until = datetime.fromisoformat(told["until"]) if told["until"] else None
    return Wanted(entry.name, str(told["recorder"]), until, dict(told["seconds"]), entry.created_at, entry)
