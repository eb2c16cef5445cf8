"""SQLite: one writer in a thread of its own, and a reader that never waits.

Two facts decide the shape. A hop to the writer's thread costs ten times a read by key, so statements go there in batches.
And with write-ahead logging a reader sees the last commit without taking a lock, so reads by key run on the spot.
`synchronous=FULL` syncs the log on every commit: what a client was told is saved outlives a power cut, not only a
killed process (for that NORMAL would do; set it in the URL, `?synchronous=NORMAL`, where the disk is slow and the
last second may be lost).
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper

from .database import Database, Running, apps
from .errors import Busy, StoreError, Taken
from .sql import Do, Done, Row, Sql

T = TypeVar("T")
FOLD_LOG = "PRAGMA wal_checkpoint(PASSIVE)"
WAIT = 10_000
"""How many milliseconds a writer waits for another process that is writing."""


class ImmediateTransaction(SqliteTransactionWrapper):
    """Takes the write lock at once: a transaction that reads first and writes later would fail, not wait."""

    async def begin(self) -> None:
        await self._connection.commit()
        await self._connection.execute("BEGIN IMMEDIATE")

    async def execute_script(self, query: str) -> None:
        """Statement by statement: sqlite3's own way with scripts would commit first."""
        for statement in query.split(";"):
            if statement.strip():
                await self.execute_query(statement)


class Client(SqliteClient):
    """Tortoise's connection; our own statements run on the same one."""

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)

    async def on_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` on the connection's thread, in one hop. Cancelling the caller does not break it off."""
        connection = self._connection
        if connection is None:
            raise StoreError("The database is closed.")
        return await connection._execute(work, connection._conn)  # type: ignore[no-any-return, no-untyped-call]


client_class = Client


class SqliteDatabase(Database):
    dialect = "sqlite"

    def __init__(self, url: str, migrations: str) -> None:
        super().__init__(url, "banli_sqlite", migrations)
        parts = urlsplit(url)
        self.path = Path("/" + unquote(parts.path).lstrip("/"))
        self.options = dict(parse_qsl(parts.query))
        if parts.netloc or self.path == Path("/") or ":memory:" in url:
            raise StoreError("Write the database as sqlite:///absolute/path.db; it must be a file.")
        self._reader: sqlite3.Connection | None = None

    def config(self, **changes: Any) -> dict[str, Any]:
        pragmas = {
            "busy_timeout": WAIT,
            "journal_mode": "WAL",
            "journal_size_limit": 8_000_000,
            "synchronous": "FULL",
            "foreign_keys": "ON",
        }
        credentials = {"file_path": str(self.path), **pragmas, **self.options, **changes}
        return {
            "connections": {self.alias: {"engine": "banli.store.sqlite", "credentials": credentials}},
            "apps": apps(self.alias, self.migrations),
        }

    @property
    def writer(self) -> Client:
        client = self.client
        assert isinstance(client, Client)
        return client

    async def _start(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        await super()._start()
        self._client = self.writer
        async with self._client.acquire_connection():  # opens it, which also turns the file to WAL
            self.path.chmod(0o600)
        self._reader = sqlite3.connect(self.path, isolation_level=None, timeout=0, cached_statements=256)
        # Not `mode=ro`: such a connection that has seen the file empty keeps a lock on the log even when it is closed.
        self._reader.execute("PRAGMA query_only = ON")
        self._reader.row_factory = sqlite3.Row

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
            # So that the file is whole without the log beside it. It waits for nobody.
            with contextlib.suppress(sqlite3.OperationalError):
                await self._client.on_thread(lambda connection: connection.execute(FOLD_LOG).fetchall())
        await super().close()

    async def read(self, sql: Sql, *values: Any) -> Sequence[Row]:
        if self._reader is None:
            raise StoreError("The database is closed.")
        try:
            return self._reader.execute(sql.sqlite, values).fetchall()
        except sqlite3.OperationalError as error:
            if not _locked(error):
                raise
        # Rare: another process is recovering the log. Wait for it on the thread, not on the loop.
        return (await self.write(Do(sql, values)))[0].rows

    async def write(self, *todo: Do) -> list[Done]:
        client = self._client
        async with client._lock:
            return await client.on_thread(lambda connection: _whole(connection, todo))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Running]:
        running = SqliteTransaction(self)
        try:
            try:
                yield running
            except BaseException:
                await asyncio.shield(running.end("ROLLBACK"))
                raise
            await asyncio.shield(running.end("COMMIT"))
        finally:
            running.leave()


class SqliteTransaction(Running):
    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._client = database._client
        self._token: Any = None
        self._ended = False

    async def run(self, *todo: Do) -> list[Done]:
        if self._ended:
            raise StoreError("The transaction has ended.")
        if self._token is not None:
            return await self._client.on_thread(lambda connection: _steps(connection, todo))
        await self._client._lock.acquire()
        # From here on models used by this task join the transaction.
        self._token = self._database.context.connections.set(self._database.alias, ImmediateTransaction(self._client))
        return await self._client.on_thread(lambda connection: _begun(connection, todo))

    async def end(self, word: str) -> None:
        self._ended = True
        if self._token is None:
            return
        try:
            await self._client.on_thread(lambda connection: _end(connection, word))
        finally:
            self._client._lock.release()

    def leave(self) -> None:
        """In the task that was in the transaction: models speak to the database at large again."""
        self._database.context.connections.reset(self._token)


def _whole(connection: sqlite3.Connection, todo: Sequence[Do]) -> list[Done]:
    try:
        done = _begun(connection, todo)
        _end(connection, "COMMIT")
        return done
    except BaseException:
        _end(connection, "ROLLBACK")
        raise


def _begun(connection: sqlite3.Connection, todo: Sequence[Do]) -> list[Done]:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if _locked(error):
            raise Busy(f"Another process has kept the database locked for {WAIT // 1000} seconds.") from None
        raise
    return _steps(connection, todo)


def _steps(connection: sqlite3.Connection, todo: Sequence[Do]) -> list[Done]:
    done = []
    for step in todo:
        try:
            cursor = connection.execute(step.sql.sqlite, step.values)
            rows = cursor.fetchall() if step.sql.returns else []
        except sqlite3.IntegrityError as error:
            raise Taken(str(error)) from None
        count = len(rows) if step.sql.returns else cursor.rowcount
        if not count and step.otherwise is not None:
            raise step.otherwise
        done.append(Done(rows, count))
    return done


def _end(connection: sqlite3.Connection, word: str) -> None:
    try:
        if connection.in_transaction:
            connection.execute(word)
    except sqlite3.OperationalError:
        # A commit that does not fit on the disk leaves the transaction open for those who come next.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _locked(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error) or "busy" in str(error)
