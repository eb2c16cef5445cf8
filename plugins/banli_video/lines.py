"""The wires of a call: what the client's page and the agent's say to each other, through letters that any process can carry."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from banli.counters import Hung, Said, Wire, Work
from banli_video.calls import AGENT_LOST, BEAT, GONE, KIND, LEASE, Call, Calls

SILENT = 20.0
"""Seconds without a word from the page after which it is away."""
PING = 5.0
TICK = 1.0
SIGNAL_SIZE = 60_000
"""Letters of a description; the platform's own limit is 64 kB."""
MOST_CANDIDATES = 40
"""Ways to reach a page that are told at once. Each letter counts, so they are told together."""

Event = tuple[str, Any]


class Line(ABC):
    """One wire and the boxes that belong to it: what comes on any of them is looked at one after the other."""

    def __init__(self, calls: Calls, wire: Wire) -> None:
        self.calls, self.wire = calls, wire
        self.token = secrets.token_hex(8)
        """Says which of several open pages this is."""
        self._events: asyncio.Queue[Event] = asyncio.Queue(maxsize=200)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @abstractmethod
    async def happened(self, kind: str, what: Any) -> bool:
        """`heard` from the page, `letter:<name>` from a box, or `tick`. False: the line ends."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        self._begin("page", self._hear())
        self._begin("clock", self._tick())
        try:
            yield
        finally:
            left = set(self._tasks.values())
            while left:
                for task in left:
                    task.cancel()
                _, left = await asyncio.wait(left, timeout=1)

    async def run(self) -> None:
        """Until the page is gone, silent, or told that it is over."""
        while True:
            kind, what = await self._events.get()
            if kind == "hung" or not await self.happened(kind, what):
                return

    def read(self, name: str, box: str, after: int) -> None:
        """From now on the letters of this box after that number are events `letter:<name>`."""
        self.unread(name)
        self._begin(name, self._letters(name, box, after))

    def unread(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()

    async def last(self, box: str) -> int:
        """The number of the newest letter there."""
        number = 0
        while letters := await self.calls.post.after(box, number):
            number = letters[-1].number
        return number

    def _begin(self, name: str, doing: Any) -> None:
        self._tasks[name] = asyncio.create_task(doing)

    async def _hear(self) -> None:
        try:
            while True:
                said = await self.wire.hear(SILENT)
                if said is None:
                    break
                await self._events.put(("heard", said))
        except Hung:
            pass
        await self._events.put(("hung", None))

    async def _letters(self, name: str, box: str, after: int) -> None:
        while True:
            for letter in await self.calls.post.wait(box, after, 30):
                after = letter.number
                await self._events.put((f"letter:{name}", letter))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            await self._events.put(("tick", None))


class AgentLine(Line):
    """The agent's wire during a call. `{k: "hello", call, after}` comes first: `after` 0 is a page that is new.

    Each beat keeps the work for twenty seconds more; without them the client goes back to the head of the line.
    """

    def __init__(self, calls: Calls, wire: Wire, actor: str, companies: Collection[str] | None = None) -> None:
        """`companies` are those for which the agent may take calls just now; None: nobody has asked."""
        super().__init__(calls, wire)
        self.actor = actor
        self._companies = companies
        self._client: bool | None = None
        self._left: datetime | None = None
        """When the client's page said goodbye, until it is back."""
        self._over = False
        """The work is done, and nobody has said yet how."""

    async def attend(self) -> None:
        """The whole of it; what a counter's `talk` does."""
        hello = await self.wire.hear(10)
        call = await self.calls.get(str(hello.get("call", ""))) if hello is not None and hello.get("k") == "hello" else None
        if call is not None and self._companies is not None and call.company not in self._companies:
            call = None
        if call is None or call.agent != self.actor or call.ended is not None:
            await self.wire.say({"k": "over", "why": call.why if call is not None and call.agent == self.actor else GONE})
            return
        assert hello is not None
        self.call = call
        if not await self._beat():
            return
        after, fresh = number_of(hello.get("after")), not number_of(hello.get("after"))
        async with self.listening():
            tab = await self.calls.post.send(call.to_agent, {"tab": self.token}) or 0
            self.read("call", call.to_agent, tab if fresh else after)
            if fresh and self._client:
                await self.wire.say({"k": "signal", "n": tab, "said": {"ready": True}})
            await self.run()

    async def happened(self, kind: str, what: Any) -> bool:
        if kind == "heard":
            return await self._heard(what)
        if kind == "letter:call":
            said = what.said
            if "signal" in said:
                await self.wire.say({"k": "signal", "n": what.number, "said": said["signal"]})
            elif "copy" in said:
                await self.wire.say({"k": "copy", "n": what.number, "said": said["copy"]})
            elif "there" in said:
                self._left = None if said["there"] else self.calls.clock()
                await self._tell(bool(said["there"]))
            elif "over" in said:
                await self.wire.say({"k": "over", "why": said["over"]})
                return False
            elif said.get("tab", self.token) != self.token:
                await self.wire.say({"k": "elsewhere"})
                return False
        return True

    async def _heard(self, said: Said) -> bool:
        kind = said.get("k")
        if kind == "beat":
            return await self._beat()
        if kind == "signal" and (signal := signal_of(said.get("said"))) is not None:
            return await self._send(signal)
        if kind == "copy":
            await to_recorder(self.calls, self.call, "agent", said.get("said"))
        if kind == "state":
            await state_told(self.calls, self.call, str(said.get("state", "")), self.actor)
        return True

    async def _send(self, signal: Mapping[str, Any]) -> bool:
        if await self.calls.post.send(self.call.to_client, {"signal": signal}) is not None:
            return True
        await self.wire.say({"k": "over", "why": "too_fast"})
        return False

    async def _beat(self) -> bool:
        """Keeps the work. Who has lost it is told."""
        work = await self.calls.works.get(self.call.work)
        held = await self.calls.works.hold(work, self.actor, LEASE) if work is not None and not work.done else None
        if held is not None and held.holder == self.actor:
            back = self._left is None or held.there > self._left
            await self._tell(back and self.calls.clock() - held.there < BEAT * 4)
            return True
        await self.calls.end(self.call, AGENT_LOST)
        now = await self.calls.get(self.call.id)
        if now is not None and now.ended is None:
            if not self._over:
                self._over = True
                return True  # decided this very moment: the letter that says so is on its way
            now = await self.calls.end(self.call, GONE) or now  # none has come: the client has given the case up
        await self.wire.say({"k": "over", "why": now.why if now is not None else GONE})
        return False

    async def _tell(self, there: bool) -> None:
        if there != self._client:
            self._client = there
            await self.wire.say({"k": "client", "there": there})


async def work_of(calls: Calls, case: str) -> Work | None:
    return await calls.works.of(case, KIND)


async def state_told(calls: Calls, call: Call, state: str, by: str) -> None:
    """A page says how the picture is."""
    if state == "connected" and call.connected is None:
        await calls.connected(call)
    elif state == "failed":
        await calls.cut(call, by)


async def to_recorder(calls: Calls, call: Call, side: str, said: object) -> None:
    """What a page says to the site's recorder. Who says too much is not heard: the call itself goes on."""
    if call.more.get("copy") and (signal := signal_of(said)) is not None:
        await calls.post.send(call.to_recorder, {"side": side, "signal": signal})


def number_of(said: object) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 2**53 else 0


def signal_of(said: object) -> dict[str, Any] | None:
    """What a page says to the other one, without anything that does not belong there; None: nothing is left."""
    if not isinstance(said, Mapping):
        return None
    epoch = number_of(said.get("epoch"))
    if said.get("ready") is True:
        return {"ready": True}
    if said.get("restart") is True:
        return {"restart": True, "epoch": epoch}
    told = said.get("description")
    if isinstance(told, Mapping) and told.get("type") in ("offer", "answer") and _text(told.get("sdp"), SIGNAL_SIZE):
        return {"description": {"type": told["type"], "sdp": told["sdp"]}, "epoch": epoch}
    told = said.get("candidates")
    if isinstance(told, list) and 0 < len(told) <= MOST_CANDIDATES:
        kept = [one for candidate in told if (one := _candidate(candidate)) is not None]
        return {"candidates": kept, "epoch": epoch} if kept else None
    return None


def _candidate(told: object) -> dict[str, Any] | None:
    """A way on which a page can be reached."""
    if not isinstance(told, Mapping) or not _text(told.get("candidate"), 1000):
        return None
    kept: dict[str, Any] = {"candidate": told["candidate"]}
    kept |= {key: told[key] for key in ("sdpMid", "usernameFragment") if _text(told.get(key), 300)}
    if "sdpMLineIndex" in told:
        kept["sdpMLineIndex"] = number_of(told["sdpMLineIndex"])
    return kept


def _text(value: object, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most
