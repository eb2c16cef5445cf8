"""What has to be done while nobody is there: recordings that nobody has finished are put together."""

from __future__ import annotations

import asyncio

import structlog

from banli_video.copies import Copies
from banli_video.recording import Recordings
from banli_video.roomed import RoomRecordings

EVERY = 120.0
"""Seconds. All processes look; the ledger lets one of them do each recording."""


class Upkeep:
    def __init__(self, recordings: Recordings, copies: Copies, roomed: RoomRecordings) -> None:
        self._recordings, self._copies, self._roomed = recordings, copies, roomed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._copies.upkeep("system")
                await self._recordings.upkeep("system")
                await self._roomed.upkeep("system")
            except Exception as problem:  # it is tried again, and must not end because of one recording
                structlog.get_logger("banli.video").warning("upkeep", problem=type(problem).__name__)
