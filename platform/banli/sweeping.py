"""Sweeps out what is over, while the application runs: sessions, codes, old jobs, uploads that nobody has finished, bookmarks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from banli.bookmarks import Bookmarks
from banli.hooks import Plugin
from banli.store import LedgerRow, Store
from banli.uploads import Uploads

PAUSE = 3600.0
"""Seconds between two rounds. With several processes each sweeps; what is gone is gone."""
FILES = 24
"""Every so many rounds the contents of files without a row go too."""
DAILY, AT_IT = timedelta(hours=23), timedelta(hours=2)
"""After so long plugins sweep again; and so long one process may take before another one tries."""
HOLDER, KIND = "banli", "sweeping"
"""Under which the ledger keeps when a plugin has swept last, and who is at it."""


async def swept(store: Store, uploads: Uploads, *, files: bool = False) -> dict[str, int]:
    """One round. How much of each was swept out."""
    gone = {**await store.sweep(), "uploads": 0, "bookmarks": 0}
    while more := await uploads.sweep():
        gone["uploads"] += more
    while more := await Bookmarks(store).sweep():
        gone["bookmarks"] += more
    if files:
        gone |= {"files": await store.sweep_files(), "parts": await store.sweep_parts()}
    return gone


async def swept_by_plugins(store: Store, plugins: Sequence[Plugin]) -> dict[str, dict[str, int]]:
    """Once a day each plugin sweeps, in one process of several. What the plugins say that have swept now."""
    gone: dict[str, dict[str, int]] = {}
    for plugin in plugins:
        if type(plugin).sweep is Plugin.sweep or (mine := await _begun(store, plugin.name)) is None:
            continue
        try:
            gone[plugin.name] = dict(await plugin.sweep())
        except Exception as problem:  # of this one; the others sweep all the same
            structlog.get_logger("banli.upkeep").warning("not swept", plugin=plugin.name, error=type(problem).__name__)
            await store.change_in_ledger(mine, {**mine.document, "began": ""})
        else:
            await store.change_in_ledger(mine, {"began": "", "done": store.clock().isoformat()})
    return gone


async def _begun(store: Store, name: str) -> LedgerRow | None:
    """This process sweeps now; None: it was done of late, or another one is at it."""
    now = store.clock()
    row = await store.ledger_entry(HOLDER, KIND, name)
    if row is None:
        return await store.add_to_ledger(HOLDER, KIND, name, name, {"began": now.isoformat(), "done": ""})
    began, done = row.document["began"], row.document["done"]
    if (done and datetime.fromisoformat(done) + DAILY > now) or (began and datetime.fromisoformat(began) + AT_IT > now):
        return None
    return await store.change_in_ledger(row, {**row.document, "began": now.isoformat()})


async def keep_swept(store: Store, uploads: Uploads, pause: float = PAUSE, plugins: Sequence[Plugin] = ()) -> None:
    """For ever. A round that fails (the database is away) is left to the next one."""
    log, rounds = structlog.get_logger("banli.upkeep"), 0
    while True:
        await asyncio.sleep(pause)
        rounds += 1
        try:
            log.info("swept", **await swept(store, uploads, files=rounds % FILES == 0))
            for name, gone in (await swept_by_plugins(store, plugins)).items():
                log.info("swept", plugin=name, **gone)
        except Exception as problem:
            log.warning("not swept", error=type(problem).__name__)
