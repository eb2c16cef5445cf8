"""One call, as the recorder has it: what the pages say to it, the two sides that it takes, the lease, the end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import structlog

from banli_video.calls import GONE, Call, Calls
from banli_video.copies import SIDES, Copies, Wanted
from banli_video.ice import Ice
from banli_video.recorder.inlet import Inlet, Unfit
from banli_video.recorder.reel import Reel
from banli_video.recording import Recordings

SEAL = 2.0
"""Seconds after which what has come is sealed: so much is lost when this process dies."""
KEY_EVERY = 10.0
ASK_KEY = 1.0
LISTEN = 5.0
TRIES = 30
FORSAKEN = 30.0
"""Seconds after which a call ends whose work is done and of which nobody says how: the client has given the case up, the agent's
page is shut."""
MOST_OFFERS = 200
"""Connections of one side in one call; each page that is loaded anew, each network that changes, makes one."""


class Taking:
    """`run` until the call is over; `stop` ends it early, with all that has come."""

    def __init__(
        self, copies: Copies, calls: Calls, recordings: Recordings, ice: Ice, wanted: Wanted, call: Call, name: str
    ) -> None:
        self._copies, self._calls, self._ice = copies, calls, ice
        self.wanted, self._call, self._name = wanted, call, name
        self._reels = {side: Reel(recordings, call.id, side, call.case, call.company, calls.clock, monotonic) for side in SIDES}
        self._inlets: dict[str, tuple[int, Inlet]] = {}
        self._offers = dict.fromkeys(SIDES, 0)
        self._answering: dict[str, asyncio.Task[None]] = {}
        self._session = secrets.randbits(31) + 1
        self._over = asyncio.Event()
        self._mine = True
        self._more = dict.fromkeys(SIDES, 0.0)
        """Seconds that are sealed and not told of yet."""
        self._asked = dict.fromkeys(SIDES, 0.0)
        self._done_since: float | None = None

    @property
    def frames(self) -> dict[str, dict[str, int]]:
        return {side: dict(reel.counted) for side, reel in self._reels.items()}

    async def run(self) -> None:
        letters = asyncio.create_task(self._letters())
        try:
            while not self._over.is_set() and self._mine:
                try:
                    async with asyncio.timeout(SEAL):
                        await self._over.wait()
                except TimeoutError:
                    await self._beat()
        finally:
            letters.cancel()
            await asyncio.gather(letters, return_exceptions=True)
            await self._close()
        for _ in range(TRIES):
            if await self._beat(last=True):
                break
            await asyncio.sleep(1)
        if not self._mine:
            return
        now = await self._calls.get(self._call.id)
        if now is None or now.ended is not None:
            await self._settle()
        else:
            await self._copies.release(self.wanted)

    def stop(self) -> None:
        self._over.set()

    async def _settle(self) -> None:
        for _ in range(60):
            if await self._copies.settle(self.wanted, "system"):
                return
            await asyncio.sleep(2)

    async def _beat(self, *, last: bool = False) -> bool:
        """Seals, says so, and looks whether the call goes on. False: the database is away, and it is tried again."""
        try:
            for side, reel in self._reels.items():
                self._more[side] += await reel.seal(last=last)
            kept = await self._copies.keep(self.wanted, self._more)
            self._mine, self.wanted = kept is not None, kept or self.wanted
            self._more = dict.fromkeys(SIDES, 0.0)
            now = await self._calls.get(self._call.id)
        except Exception as problem:
            _warn(self._call, problem)
            return False
        if now is None or now.ended is not None or await self._forsaken(now):
            self._over.set()
        if not last:
            await self._look_after()
        return True

    async def _forsaken(self, call: Call) -> bool:
        work = await self._calls.works.get(call.work)
        if work is not None and not work.done:
            return False
        self._done_since = self._done_since or monotonic()
        return monotonic() - self._done_since > FORSAKEN and await self._calls.end(call, GONE) is not None

    async def _look_after(self) -> None:
        """Asks for pictures that stand for themselves; lets go of connections that are no more."""
        now = monotonic()
        for side, (_, inlet) in list(self._inlets.items()):
            reel = self._reels[side]
            if inlet.lost or reel.full:
                del self._inlets[side]
                await inlet.close()
            elif now - self._asked[side] > (ASK_KEY if reel.wants_key else KEY_EVERY):
                self._asked[side] = now
                await inlet.ask_key()

    async def _letters(self) -> None:
        """What has been said before belongs to another recorder: both pages are told that there is one now."""
        after, greeted = 0, False
        box = self._call.to_recorder
        while True:
            try:
                while not greeted and (found := await self._calls.post.after(box, after)):
                    after = found[-1].number
                if not greeted:
                    for side in SIDES:
                        await self._ready(side)
                    greeted = True
                for letter in await self._calls.post.wait(box, after, LISTEN):
                    after = letter.number
                    self._heard(letter.said)
            except Exception as problem:  # a database that is away comes back
                _warn(self._call, problem)
                await asyncio.sleep(1)

    def _heard(self, said: Mapping[str, Any]) -> None:
        if "over" in said:
            self._over.set()
        side, signal = said.get("side"), said.get("signal")
        if side not in SIDES or not isinstance(signal, Mapping):
            return
        before = self._answering.get(side)
        self._answering[side] = asyncio.create_task(self._signal(side, signal, before))

    async def _signal(self, side: str, signal: Mapping[str, Any], before: asyncio.Task[None] | None) -> None:
        """One after the other for each side; looking for a way may take seconds, and holds up nobody else."""
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        try:
            if signal.get("ready"):
                await self._ready(side)
            elif "description" in signal and signal["description"]["type"] == "offer":
                await self._offered(side, int(signal["epoch"]), str(signal["description"]["sdp"]))
            elif "candidates" in signal and (there := self._inlets.get(side)) is not None and there[0] == signal["epoch"]:
                for candidate in signal["candidates"]:
                    await there[1].candidate(candidate)
        except Unfit:
            pass
        except Exception as problem:  # anybody may have written it
            _warn(self._call, problem)

    async def _ready(self, side: str) -> None:
        await self._tell(side, {"ready": True, "epoch": self._session})

    async def _offered(self, side: str, epoch: int, sdp: str) -> None:
        if self._offers[side] >= MOST_OFFERS or self._reels[side].full or self._over.is_set():
            return
        self._offers[side] += 1
        inlet = Inlet(self._ice.configuration(self._calls.clock(), self._call.id), self._reels[side].frame)
        try:
            answer = await inlet.answer(sdp)
        except BaseException:
            await inlet.close()
            raise
        old = self._inlets.pop(side, None)
        self._inlets[side] = (epoch, inlet)
        self._reels[side].connected()
        if old is not None:
            await old[1].close()
        await self._tell(side, {"description": {"type": "answer", "sdp": answer}, "epoch": epoch})

    async def _tell(self, side: str, said: Mapping[str, Any]) -> None:
        box = self._call.to_client if side == "client" else self._call.to_agent
        await self._calls.post.send(box, {"copy": said})

    async def _close(self) -> None:
        tasks: Sequence[asyncio.Task[None]] = list(self._answering.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(inlet.close() for _, inlet in self._inlets.values()))
        self._inlets.clear()


def _warn(call: Call, problem: Exception) -> None:
    structlog.get_logger("banli.video").warning("recorder", call=call.id, problem=type(problem).__name__, why=str(problem)[:200])
