"""The client's wire: a place in the line, the call when it comes, the place again when the agent is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from banli.counters import Hung, Said, Wire, Work
from banli.hooks import Place, Unavailable
from banli.hours import Closed, Grace, Hours
from banli_video.calls import (
    AGENT_LOST,
    CLIENT_LEFT,
    ENDED,
    GONE,
    KIND,
    PASSED,
    SENT_BACK,
    Call,
    Calls,
    door,
)  # fmt: skip
from banli_video.lines import PING, TICK, Line, number_of, signal_of, state_told, to_recorder, work_of
from banli_video.ranks import Ranks
from banli_video.rooms import CLIENT, PEER, VideoRoom
from banli_video.waiting import Board, held

SEEN_EVERY = 8.0
"""Seconds after which it is written down again that the client is there."""
LOOK_EVERY = 4.0


@dataclass(frozen=True, slots=True)
class Office:
    """What all lines of an application share."""

    calls: Calls
    board: Board
    ranks: Ranks
    room: VideoRoom
    grace: timedelta

    async def close_room(self, call: str) -> None:
        """Nobody can enter any more; a room that does not answer now is closed with the next upkeep, where it records."""
        with suppress(Unavailable):
            await self.room.close(call)


class ClientLine(Line):
    """`{k: "hello", after, call, start, devices}` comes first. `start`: the client has pressed the button; without it a page
    that was loaded anew, or whose network was away, looks for its place. `call` and `after`: what it has heard last."""

    def __init__(self, office: Office, place: Place, wire: Wire) -> None:
        super().__init__(office.calls, wire)
        self.office, self.place = office, place
        self.call: Call | None = None
        self._told: Said = {}
        self._ticks = 0.0
        self._there = 0.0

    async def serve(self) -> None:
        """The whole of it; what the attendant's `talk` does."""
        hello = await self.wire.hear(10)
        if hello is None or hello.get("k") != "hello":
            return
        if self.place.done:
            await self.wire.say({"k": "over", "why": PASSED})
            return
        work = await self._enter(hello)
        if work is None:
            return
        self.work = work
        async with self.listening():
            try:
                tab = await self.calls.post.send(door(work), {"tab": self.token}) or await self.last(door(work))
                self.read("door", door(work), tab)
                call = await self.calls.current(work)
                if call is not None and not held(work, self.calls.clock()):
                    await self.calls.end(call, AGENT_LOST)
                    call = None
                if call is not None:
                    same = str(hello.get("call", "")) == call.id
                    await self._called(call, number_of(hello.get("after")) if same else 0)
                elif hello.get("call"):
                    await self.wire.say({"k": "again"})
                await self._queue()
                await self.run()
            except Hung:
                pass
            finally:
                if self.call is not None:
                    await asyncio.shield(self._tell_agent({"there": False}))

    # ------------------------------------------------------------------ coming

    async def _enter(self, hello: Said) -> Work | None:
        """The client's place, taken or kept; None: there is none, and the page knows why."""
        calls, now = self.calls, self.calls.clock()
        work = await work_of(calls, self.place.case)
        start = hello.get("start") is True
        if work is not None and not held(work, now) and now - work.there > self.office.grace:
            # Away for too long: the place is given up, and whoever still wants one asks for another.
            await calls.works.leave(work)
            work = None
            if not start:
                await self._end_stale()
        if work is not None:
            return await calls.works.there(work) or work
        if not start:
            await self.wire.say({"k": "lost"})
            return None
        if (until := shut_until(self.place.hours, now, inside=False)) is not None:
            await self.wire.say({"k": "queue", "people": 0, "minutes": None, "closed": True, "until": until})
            return None
        if not _tried(hello.get("devices")):
            await self.wire.say({"k": "devices"})
            return None
        if await self._often():
            await self.wire.say({"k": "often"})
            return None
        queue, rank = self.office.ranks.queue(self.place), await self.office.ranks.rank(self.place)
        return await calls.works.put(self.place.company, self.place.case, KIND, queue, rank)

    async def _end_stale(self) -> None:
        for call in await self.calls.of(self.place.case):
            if call.ended is None:
                await self.calls.end(call, GONE)

    async def _often(self) -> bool:
        """Has the client had as many calls today as the step allows?"""
        most = self.place.options.get("daily")
        if not isinstance(most, int):
            return False
        today = self.calls.clock() - timedelta(hours=24)
        had = [one for one in await self.calls.of(self.place.case) if one.connected is not None and one.connected > today]
        return len(had) >= most

    # ------------------------------------------------------------------ what happens

    async def happened(self, kind: str, what: Any) -> bool:
        if kind == "heard":
            return await self._heard(what)
        if kind == "letter:door":
            return await self._door(what.said)
        if kind == "letter:call":
            return await self._letter(what.number, what.said)
        return await self._tick_()

    async def _heard(self, said: Said) -> bool:
        kind = said.get("k")
        if kind == "leave":
            await self._leave()
            return False
        if self.call is not None and kind == "signal" and (signal := signal_of(said.get("said"))) is not None:
            if await self.calls.post.send(self.call.to_agent, {"signal": signal}) is None:
                await self.wire.say({"k": "over", "why": "too_fast"})
                return False
        elif self.call is not None and kind == "copy":
            await to_recorder(self.calls, self.call, "client", said.get("said"))
        elif self.call is not None and kind == "state":
            await state_told(self.calls, self.call, str(said.get("state", "")), "client")
        return True

    async def _leave(self) -> None:
        if self.call is not None:
            await self.calls.end(self.call, CLIENT_LEFT)
            await self.office.close_room(self.call.id)
            self.call = None
        await self.calls.works.leave(self.work)
        await self.wire.say({"k": "over", "why": "left"})

    async def _door(self, said: Mapping[str, Any]) -> bool:
        if "tab" in said and said["tab"] != self.token:
            self.call = None
            await self.wire.say({"k": "elsewhere"})
            return False
        if "called" in said:
            call = await self.calls.get(str(said["called"]))
            if call is not None and call.state != ENDED and (self.call is None or self.call.id != call.id):
                await self._called(call, 0)
        return True

    async def _called(self, call: Call, after: int) -> None:
        """The agent is there. A page that knew of this call goes on after the last letter it has had; another begins anew."""
        try:
            token = await self.office.room.token(call.id, CLIENT, "")
        except Unavailable:
            return  # asked again in a moment, see `_look`
        self.call = call
        number = after or await self.last(call.to_client)
        agent = {"name": call.agent_name, "number": call.number}
        more = {"copy": True} if call.more.get("copy") else {}
        meets = {"ice": token} if self.office.room.kind == PEER else {"frame": token["frame"]}
        await self.wire.say({"k": "called", "call": call.id, "agent": agent, "after": number, **meets, **more})
        self.read("call", call.to_client, number)
        await self._seen()
        await self._tell_agent({"there": True})
        if not after:
            await self._tell_agent({"signal": {"ready": True}})

    async def _letter(self, number: int, said: Mapping[str, Any]) -> bool:
        if "signal" in said:
            await self.wire.say({"k": "signal", "n": number, "said": said["signal"]})
        elif "copy" in said:
            await self.wire.say({"k": "copy", "n": number, "said": said["copy"]})
        elif "over" in said:
            return await self._over(str(said["over"]))
        return True

    async def _over(self, why: str) -> bool:
        """The call is. With a decision the page goes on; without one the client stands in the line again, or is told."""
        self.unread("call")
        if self.call is not None:
            await self.office.close_room(self.call.id)
        self.call = None
        if why in (PASSED, SENT_BACK):
            await self.wire.say({"k": "over", "why": why})
            return False
        if not await self._stands():
            return False
        self._told = {}
        await self.wire.say({"k": "again"})
        await self._queue()
        return True

    async def _stands(self) -> bool:
        """Is the place still there? If not, the page is told."""
        work = await self.calls.works.get(self.work.id)
        if work is None or work.done:
            done = next((one for one in await self.calls.of(self.place.case) if one.work == self.work.id), None)
            await self.wire.say({"k": "over", "why": (done.why if done is not None else "") or GONE})
            return False
        self.work = work
        return True

    # ------------------------------------------------------------------ as time goes by

    async def _tick_(self) -> bool:
        self._ticks += TICK
        if self._ticks % PING < TICK:
            await self.wire.say({"k": "ping"})
        if self._ticks - self._there >= SEEN_EVERY:
            await self._seen()
        if self._ticks % LOOK_EVERY < TICK and not await self._look():
            return False
        if self.call is None:
            await self._queue()
        return True

    async def _seen(self) -> None:
        self._there = self._ticks
        self.work = await self.calls.works.there(self.work) or self.work

    async def _look(self) -> bool:
        """What nobody tells: an agent whose lease is over, a place that somebody has ended, hours that are over."""
        if not await self._stands():
            return False
        now = self.calls.clock()
        if self.call is not None:
            if held(self.work, now) and self.work.holder == self.call.agent:
                return True
            await self.calls.end(self.call, AGENT_LOST)
            return True
        found = await self.calls.current(self.work) if held(self.work, now) else None
        if found is not None:
            await self._called(found, 0)
            return True
        if (until := shut_until(self.place.hours, now, inside=True)) is not None and not held(self.work, now):
            await self.calls.works.leave(self.work)
            await self.wire.say({"k": "queue", "people": 0, "minutes": None, "closed": True, "until": until})
            return False
        rank = await self.office.ranks.rank(self.place)
        if rank != self.work.rank and not held(self.work, now):
            self.work = await self.calls.works.move(self.work, self.work.queue, rank) or self.work
        return True

    async def _queue(self) -> None:
        """Tells the page how the line is, when it has changed."""
        if self.call is not None:
            return
        line = await self.office.board.look(self.work.company, self.work.queue, fresh=not self._told)
        told = {
            "k": "queue", "people": max(line.people, 1), "minutes": line.minutes(self.work.id), "closed": False, "until": None,
        }  # fmt: skip
        if told != self._told:
            await self.wire.say(told)
            self._told = told

    async def _tell_agent(self, said: Mapping[str, Any]) -> None:
        if self.call is not None:
            await self.calls.post.send(self.call.to_agent, said)


def shut_until(hours: Hours | None, now: datetime, *, inside: bool) -> str | None:
    """When the step opens again ("": nobody knows), while it is shut; None: it is open."""
    state = hours.state(now) if hours is not None else None
    if isinstance(state, Closed) or (isinstance(state, Grace) and not inside):
        return state.opens_at.isoformat() if state.opens_at is not None else ""
    return None


def _tried(devices: object) -> bool:
    """Says the page that camera and microphone were tried and work?"""
    return isinstance(devices, Mapping) and devices.get("camera") is True and devices.get("microphone") is True
