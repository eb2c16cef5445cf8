"""Wires: WebSockets of our own pages, each with somebody whom the platform knows at one end and a plugin at the other."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from quart import websocket

from banli.counters import Hung, Said

MOST = 64 * 1024
"""Bytes of what is said at once."""
FAST, WITHIN = 60, 10.0
"""So many sayings in so many seconds are too many."""
PATIENCE = 20.0
"""Seconds for a page to take what it is told."""
STILL = 60.0
"""Seconds after which it is looked again whether whoever opened the wire is still logged in."""
GRACE = 5.0
"""Seconds for a plugin to come to an end after the other end has gone."""

TOO_MUCH, GONE, BROKEN = 1008, 4001, 1011
"""Closing codes (RFC 6455): said too much or no JSON object; no longer logged in; a fault of ours."""


def ours() -> bool:
    """Was the wire opened by a page of this site? A WebSocket carries cookies from anywhere, and no forgery token."""
    origin = urlsplit(websocket.headers.get("Origin", ""))
    return bool(origin.netloc) and origin.netloc == websocket.headers.get("Host", "")


class PageWire:
    """The wire as a plugin sees it. What has been said is read ahead, so that a silence can be waited out."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Said | None] = asyncio.Queue(64)
        self._times: deque[float] = deque(maxlen=FAST)
        self.gone = False
        self.code = 1000

    async def hear(self, seconds: float | None = None) -> Said | None:
        if self.gone and self._heard.empty():
            raise Hung
        try:
            async with asyncio.timeout(seconds):
                said = await self._heard.get()
        except TimeoutError:
            return None
        if said is None:
            raise Hung
        return said

    async def say(self, said: Said) -> None:
        if self.gone:
            raise Hung
        try:
            async with asyncio.timeout(PATIENCE):
                await websocket.send(json.dumps(dict(said), ensure_ascii=False, separators=(",", ":")))
        except (TimeoutError, RuntimeError) as late:
            self.hang_up()
            raise Hung from late

    async def listen(self) -> None:
        """Takes in what the page says, until it says too much or nonsense."""
        clock = asyncio.get_running_loop().time
        while not self.gone:
            said = _object(await websocket.receive())
            now = clock()
            self._times.append(now)
            if said is None or (len(self._times) == FAST and now - self._times[0] < WITHIN):
                self.hang_up(TOO_MUCH)
                return
            await self._heard.put(said)

    def hang_up(self, code: int = 1000) -> None:
        if not self.gone:
            self.gone, self.code = True, code
            try:
                self._heard.put_nowait(None)
            except asyncio.QueueFull:
                self._heard.get_nowait()
                self._heard.put_nowait(None)


async def hold(talk: Callable[[PageWire], Awaitable[None]], still: Callable[[], Awaitable[bool]]) -> None:
    """Runs one wire: the plugin talks until either end has had enough. `still` says whether they are still logged in.

    When the page goes, Quart cancels this; the plugin is told by `Hung` and may finish what it writes down.
    """
    wire = PageWire()
    await websocket.accept()
    talking = asyncio.ensure_future(talk(wire))
    beside = [asyncio.create_task(wire.listen()), asyncio.create_task(_watched(wire, still))]
    try:
        await asyncio.wait({talking, *beside}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in beside:
            task.cancel()
        wire.hang_up()
        await asyncio.gather(*beside, return_exceptions=True)
        if not talking.done():
            await asyncio.wait({talking}, timeout=GRACE)
            talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
    failed = None if talking.cancelled() else talking.exception()
    if failed is not None and not isinstance(failed, Hung):
        await websocket.close(BROKEN)
        raise failed
    await websocket.close(wire.code)


async def _watched(wire: PageWire, still: Callable[[], Awaitable[bool]]) -> None:
    while True:
        await asyncio.sleep(STILL)
        if not await still():
            wire.hang_up(GONE)
            return


def _object(text: Any) -> Said | None:
    if not isinstance(text, str) or len(text) > MOST or len(text.encode()) > MOST:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
