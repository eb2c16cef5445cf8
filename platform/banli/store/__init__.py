"""Keeps cases, files, tasks, jobs, sessions, codes, staff and releases: sealed, and on SQLite or PostgreSQL alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from .blobs import Blobs
from .bus import Bus
from .cases import CaseReads, CaseWrites
from .codes import Codes
from .database import Database, Running
from .editions import Editions
from .errors import (
    AlreadyOpen,
    Busy,
    Conflict,
    Forgotten,
    KeysLost,
    Missing,
    SchemaBehind,
    StoreError,
    Taken,
    Tampered,
)
from .files import FileReads, FileWrites
from .jobs import JobReads, JobWrites
from .ledger import LedgerBook
from .letters import Letters
from .moments import Clock, system_clock
from .papers import Papers
from .releases import ReleaseEvent, ReleaseReads, ReleaseRow, ReleaseWrites
from .rows import (
    Allowed,
    Capped,
    CaseRow,
    EventRow,
    FileRow,
    JobRow,
    LedgerRow,
    LetterRow,
    NewJob,
    Page,
    SessionRow,
    StaffEventRow,
    StaffRow,
    TaskRow,
    Wait,
    new_id,
)
from .sealing import Key
from .sessions import Sessions
from .sql import Do, Sql
from .staff import StaffBook, StaffWrites
from .tasks import TaskListing, TaskReads, TaskWrites
from .upkeep import Upkeep
from .uploads import PartShelf
from .vault import FOREIGN, LOST, Vault
from .worker import Done, Later, Outcome, Refused, Worker
from .works import Works

__all__ = [
    "Allowed",
    "AlreadyOpen",
    "Bus",
    "Busy",
    "Capped",
    "CaseRow",
    "Clock",
    "Conflict",
    "Database",
    "Done",
    "EventRow",
    "FileRow",
    "Forgotten",
    "JobRow",
    "Key",
    "KeysLost",
    "Later",
    "LedgerRow",
    "LetterRow",
    "Missing",
    "NewJob",
    "Outcome",
    "Page",
    "Refused",
    "ReleaseEvent",
    "ReleaseRow",
    "SchemaBehind",
    "SessionRow",
    "Sql",
    "StaffEventRow",
    "StaffRow",
    "Store",
    "StoreError",
    "Taken",
    "Tampered",
    "TaskListing",
    "TaskRow",
    "Transaction",
    "Vault",
    "Wait",
    "Worker",
    "new_id",
    "system_clock",
]

FINGERPRINT = Sql("SELECT value FROM facts WHERE id = 'key ring'")
SET_FINGERPRINT = Sql("INSERT INTO facts (id, value) VALUES ('key ring', ?) ON CONFLICT (id) DO NOTHING")


class Transaction(CaseWrites, FileWrites, TaskWrites, JobWrites, ReleaseWrites, StaffWrites):
    """What is written together or not at all. On SQLite others wait for it: compute first, then write."""

    def __init__(self, store: Store, running: Running) -> None:
        self.vault = store.vault
        self.clock = store.clock
        self._running = running
        self._news: list[tuple[str, dict[str, Any]]] = []


class Store(
    CaseReads, FileReads, TaskReads, Works, JobReads, Sessions, Codes, StaffBook, Editions, Papers, ReleaseReads, LedgerBook,
    Letters, PartShelf, Upkeep,
):  # fmt: skip
    """The whole memory of an installation."""

    def __init__(self, database: Database, vault: Vault, blobs: Blobs, clock: Clock) -> None:
        self.database = database
        self.vault = vault
        self.blobs = blobs
        self.clock = clock
        self.bus = Bus()

    @classmethod
    async def open(
        cls,
        url: str,
        blobs_url: str,
        keys_path: Path | None,
        clock: Clock = system_clock,
        *,
        migrate: bool = True,
        environ: Mapping[str, str] | None = None,
    ) -> Store:
        """Opens everything; makes the tables and the key ring at the first start.

        With `migrate=False` it raises SchemaBehind instead of migrating. Raises KeysLost when the ring is missing or
        another than the one this database was started with. `environ` (default: the process's) may hold BANLI_KEYS.
        """
        database = await Database.open(url)
        try:
            if migrate:
                await database.migrate()
            elif await database.pending():
                raise SchemaBehind("The database has not been migrated to this version. Run `banli migrate`.")
            vault = await _vault(database, keys_path, environ)
            return cls(database, vault, Blobs(blobs_url), clock)
        except BaseException:
            await database.close()
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end of the block, rolls back when an exception leaves it; then tells the bus."""
        async with self.database.transaction() as running:
            transaction = Transaction(self, running)
            yield transaction
        for topic, message in transaction._news:
            self.bus.publish(topic, message)

    async def ping(self) -> None:
        """Raises when the database or the blob store does not answer."""
        await self.database.ping()
        await self.blobs.ping()

    async def close(self) -> None:
        await self.database.close()


async def _vault(database: Database, path: Path | None, environ: Mapping[str, str] | None) -> Vault:
    """The ring that belongs to this database; a new one only when the database is new too."""
    where = str(path) if path is not None else "in BANLI_KEYS"
    known = await database.read(FINGERPRINT)
    vault = Vault.open(path, environ)
    if vault is None:
        if known:
            raise KeysLost(LOST.format(where=where))
        if path is None:
            raise KeysLost("There is no key ring: set BANLI_KEYS, or name a file for it.")
        vault = Vault.create(path)
    fingerprint = vault.lookup_hash("key ring", "fingerprint")
    if not known:
        await database.write(Do(SET_FINGERPRINT, (fingerprint,)))
        known = await database.read(FINGERPRINT)
    if known[0]["value"] != fingerprint:
        raise KeysLost(FOREIGN.format(where=where))
    return vault
