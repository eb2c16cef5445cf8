"""The file of the simulated core system: one SQLite database, used by one thread, a whole transaction at a time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from banli.hooks import Unavailable

T = TypeVar("T")
WAIT_SECONDS = 10
"""How long a transaction waits for another process that is writing."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS clients (
    company TEXT, ref TEXT, id_number TEXT, position INTEGER, about TEXT, record TEXT, original TEXT,
    PRIMARY KEY (company, ref), UNIQUE (company, id_number)
);
CREATE TABLE IF NOT EXISTS pictures (
    company TEXT, ref TEXT, name TEXT, media_type TEXT, content BLOB, PRIMARY KEY (company, ref, name)
);
CREATE TABLE IF NOT EXISTS keys (
    company TEXT, key TEXT, ref TEXT, digest TEXT, state TEXT, code TEXT, attempts INTEGER, at TEXT,
    PRIMARY KEY (company, key)
);
CREATE TABLE IF NOT EXISTS effects (
    id INTEGER PRIMARY KEY, at TEXT, company TEXT, ref TEXT, key TEXT, changes TEXT, before TEXT, pictures TEXT,
    UNIQUE (company, key)
);
CREATE TABLE IF NOT EXISTS accounts (company TEXT, ref TEXT, account TEXT, original TEXT, PRIMARY KEY (company, ref));
CREATE TABLE IF NOT EXISTS requests (
    company TEXT, key TEXT, ref TEXT, kind TEXT, item TEXT, state TEXT, code TEXT, at TEXT, decide_at TEXT,
    PRIMARY KEY (company, key)
);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);
"""


class Book:
    """Opened by `open`, closed by `close`; between them `read` and `write` do one transaction each.

    Work runs on the book's own thread and is finished even when the caller gives up waiting: as with a real system, an
    answer can be lost, half of an effect cannot.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="banli_directory")
            await self._on_thread(self._connect)

    async def close(self) -> None:
        if self._thread is not None:
            await self._on_thread(self._disconnect)
            self._thread.shutdown()
            self._thread = None

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._on_thread(lambda: self._whole(work, "BEGIN"))

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """All of `work`, or nothing of it. `Unavailable` when the book is closed or another process keeps it locked.

        It takes the write lock at once, so that a transaction which reads first never fails at its first write.
        """
        return await self._on_thread(lambda: self._whole(work, "BEGIN IMMEDIATE"))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise Unavailable("not_started")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _connect(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        self.path.chmod(0o600)
        _prepare(connection)
        self._connection = connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _whole(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        connection = self._connection
        if connection is None:
            raise Unavailable("not_started")
        try:
            connection.execute(begin)
            try:
                done = work(connection)
                connection.execute("COMMIT")
                return done
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise Unavailable("busy") from None
            raise


def _prepare(connection: sqlite3.Connection) -> None:
    # Two processes may make the file at the same moment, and a change of the journal mode never waits for its turn.
    patience = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(SCHEMA)
            return
        except sqlite3.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.02)


def dump(value: Any) -> str:
    """JSON with sorted keys: the same value is the same text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
