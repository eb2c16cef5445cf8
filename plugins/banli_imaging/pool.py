"""Processes in which pictures are decoded and measured: one that falls is replaced, and nothing else is hurt."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from banli_imaging import wire


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said of a job."""

    said: Mapping[str, Any]
    parts: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Fallen:
    """No answer came: "busy" (too many wait), "time" (it took too long), "died" (killed by a limit, or crashed)."""

    why: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one worker may use for one job: bytes of address space, seconds of the processor, seconds by the clock; how
    many jobs it does before a fresh one takes its place, and how many jobs may wait."""

    memory: int = 1_500 * 1024 * 1024
    cpu: float = 8.0
    wall: float = 15.0
    jobs: int = 200
    waiting: int = 16


@dataclass(slots=True, eq=False)
class _Worker:
    process: asyncio.subprocess.Process
    done: int = 0


class Pool:
    """Up to `size` workers, started when they are needed. Use it within one event loop, and `close` it."""

    def __init__(self, size: int = 1, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._places = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._all: list[_Worker] = []
        self._waiting = 0

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers that live."""
        return [worker.process.pid for worker in self._all]

    @property
    def busy(self) -> int:
        """How many of them are at work, or about to be."""
        return len(self._all) - len(self._idle)

    async def run(self, said: Mapping[str, Any], parts: Sequence[bytes] = ()) -> Answer | Fallen:
        """One job, whenever a worker is free."""
        if self._waiting >= self._bounds.waiting:
            return Fallen("busy")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._with_worker(wire.packed(said, parts))
        finally:
            self._places.release()

    async def _with_worker(self, message: bytes) -> Answer | Fallen:
        worker: _Worker | None = None
        try:
            async with asyncio.timeout(self._bounds.wall):
                worker = await self._ready()
                answer = await self._asked(worker, message)
        except TimeoutError:
            await self._end(worker)
            return Fallen("time")
        except (OSError, EOFError, wire.Garbled):
            await self._end(worker)
            return Fallen("died")
        except BaseException:
            # The client went away: nobody knows what this worker is at.
            await self._end(worker)
            raise
        worker.done += 1
        if worker.done >= self._bounds.jobs:
            await self._end(worker)
        else:
            self._idle.append(worker)
        return answer

    async def _ready(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            await self._end(worker)
        paths = os.pathsep.join(path for path in sys.path if path)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "banli_imaging.worker", json.dumps({"memory": self._bounds.memory, "cpu": self._bounds.cpu}),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": paths, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd="/", start_new_session=True,
        )  # fmt: skip
        worker = _Worker(process)
        self._all.append(worker)
        try:
            await self._answer(worker)
        except BaseException:
            await self._end(worker)
            raise
        return worker

    async def _asked(self, worker: _Worker, message: bytes) -> Answer:
        into = worker.process.stdin
        assert into is not None
        into.write(message)
        await into.drain()
        return await self._answer(worker)

    async def _answer(self, worker: _Worker) -> Answer:
        out = worker.process.stdout
        assert out is not None
        text, body = wire.sizes(await out.readexactly(wire.HEAD.size))
        said, parts = wire.unpacked(await out.readexactly(text), await out.readexactly(body))
        return Answer(said, parts)

    async def _end(self, worker: _Worker | None) -> None:
        if worker is None:
            return
        if worker in self._all:
            self._all.remove(worker)
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()

    async def close(self) -> None:
        """Ends all workers, also those at work."""
        for worker in list(self._all):
            await self._end(worker)
        self._idle.clear()
