"""Sweeps out what is over, while the application runs: sessions, codes, old jobs, uploads that nobody has finished."""

from __future__ import annotations

import asyncio

import structlog

from banli.store import Store
from banli.uploads import Uploads

PAUSE = 3600.0
"""Seconds between two rounds. With several processes each sweeps; what is gone is gone."""
FILES = 24
"""Every so many rounds the contents of files without a row go too."""


async def swept(store: Store, uploads: Uploads, *, files: bool = False) -> dict[str, int]:
    """One round. How much of each was swept out."""
    gone = {**await store.sweep(), "uploads": 0}
    while more := await uploads.sweep():
        gone["uploads"] += more
    if files:
        gone |= {"files": await store.sweep_files(), "parts": await store.sweep_parts()}
    return gone


async def keep_swept(store: Store, uploads: Uploads, pause: float = PAUSE) -> None:
    """For ever. A round that fails (the database is away) is left to the next one."""
    log, rounds = structlog.get_logger("banli.upkeep"), 0
    while True:
        await asyncio.sleep(pause)
        rounds += 1
        try:
            log.info("swept", **await swept(store, uploads, files=rounds % FILES == 0))
        except Exception as problem:
            log.warning("not swept", error=type(problem).__name__)
