"""The recorder's process: takes calls that want a copy, as many as it may, and leaves none half done when it is stopped."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket

import structlog

from banli_video.copies import BELL, Wanted
from banli_video.plugin import VideoPlugin
from banli_video.recorder.taking import Taking

LOOK = 1.0
"""Seconds after which it looks for calls again; the bell is quicker."""
CALLS = 20
"""At once, when nobody says otherwise."""


class Recorder:
    """`run` until `stop`."""

    def __init__(self, plugin: VideoPlugin, most: int = CALLS, name: str = "") -> None:
        self._plugin, self._most = plugin, most
        self.name = name or f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(3)}"
        self.taken: dict[str, Taking] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        log = structlog.get_logger("banli.video")
        log.info("recorder", name=self.name, calls=self._most)
        stopped = asyncio.create_task(self._stopping.wait())
        heard = await self._last()
        while not self._stopping.is_set():
            bell = asyncio.create_task(self._listen(heard))
            try:
                await self._look()
            except Exception as problem:  # a database that is away comes back
                log.warning("recorder", problem=type(problem).__name__, why=str(problem)[:200])
                await asyncio.sleep(LOOK)
            await asyncio.wait({bell, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if bell.done():
                heard = bell.result()
            bell.cancel()
            await asyncio.gather(bell, return_exceptions=True)
        stopped.cancel()
        for taking in self.taken.values():
            taking.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        log.info("recorder", name=self.name, stopped=True)

    async def _last(self) -> int:
        number = 0
        while letters := await self._plugin.calls.post.after(BELL, number):
            number = letters[-1].number
        return number

    async def _listen(self, after: int) -> int:
        try:
            letters = await self._plugin.calls.post.wait(BELL, after, LOOK)
        except Exception:  # it is looked for without the bell
            await asyncio.sleep(LOOK)
            return after
        return letters[-1].number if letters else after

    async def _look(self) -> None:
        for wanted in await self._plugin.copies.free():
            if len(self.taken) >= self._most or self._stopping.is_set():
                return
            if wanted.call in self.taken:
                continue
            if (mine := await self._plugin.copies.claim(wanted, self.name)) is not None:
                await self._take(mine)

    async def _take(self, wanted: Wanted) -> None:
        plugin = self._plugin
        call = await plugin.calls.get(wanted.call)
        if call is None:
            await plugin.copies.settle(wanted, "system")
            return
        taking = Taking(plugin.copies, plugin.calls, plugin.recordings, plugin.ice, wanted, call, self.name)
        self.taken[call.id] = taking
        task = asyncio.create_task(self._run(call.id, taking))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, call: str, taking: Taking) -> None:
        """A call that goes wrong is none of the others' business; its lease ends by itself."""
        try:
            await taking.run()
        except Exception as problem:
            structlog.get_logger("banli.video").warning(
                "recorder", call=call, problem=type(problem).__name__, why=str(problem)[:200]
            )
        finally:
            del self.taken[call]
