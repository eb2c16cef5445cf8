"""SQLite: one writer whose commits run in a thread of their own, and a reader that never waits.

With write-ahead logging a reader sees the last commit without taking a lock, so reads by key run on the spot. So do the
statements of a write; only its commit goes to the thread, for all writes that wait (see `turns`).
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

import aiosqlite
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper

from .database import Database, Running, apps
from .errors import StoreError, Taken
from .sql import Do, Done, Row, Sql
from .turns import DROPPED, Turns, told

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

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self.patience = int(self.pragmas.get("busy_timeout", WAIT))

    async def create_connection(self, with_db: bool) -> None:
        """As Tortoise does it, but for the event loop's thread too: see `turns`."""
        if self._connection is None:
            made = await aiosqlite.connect(self.filename, isolation_level=None, check_same_thread=False)
            made._conn.row_factory = sqlite3.Row
            for pragma, value in self.pragmas.items():
                await (await made.execute(f"PRAGMA {pragma}={value}")).close()
            self._connection = made
            await self._post_connect()

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None or not self._connection._running:
            raise StoreError("The database is closed.")
        return self._connection._conn

    def writing(self) -> bool:
        return self._connection is not None and self._connection._running and self.connection.in_transaction

    def post(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Runs `work` on the connection's thread, in one hop. Cancelling the future does not break it off."""
        connection = self.connection
        assert self._connection is not None
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._connection._tx.put_nowait((future, lambda: work(connection)))
        return future

    async def take(self) -> None:
        await self._lock.acquire()

    def give_back(self) -> None:
        self._lock.release()


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
        self._turns = Turns(self._client)
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
            self._turns.close()
            with contextlib.suppress(sqlite3.OperationalError):
                await self._client.post(lambda connection: connection.execute(FOLD_LOG).fetchall())
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
        turns = self._turns
        connection = await turns.take()
        try:
            done = _steps(connection, todo)
            kept = turns.keep()
        except BaseException:
            turns.drop()
            raise
        await kept
        return done

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Running]:
        running = SqliteTransaction(self)
        try:
            try:
                yield running
            except BaseException:
                await asyncio.shield(running.end(keep=False))
                raise
            await asyncio.shield(running.end(keep=True))
        finally:
            running.leave()


class SqliteTransaction(Running):
    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._turns = database._turns
        self._connection: sqlite3.Connection | None = None
        self._token: Any = None
        self._ended = False

    async def run(self, *todo: Do) -> list[Done]:
        if self._ended:
            raise StoreError("The transaction has ended.")
        if self._connection is None:
            self._connection = await self._turns.take()
            # From here on models used by this task join the transaction.
            models = ImmediateTransaction(self._database._client)
            self._token = self._database.context.connections.set(self._database.alias, models)
        elif not self._connection.in_transaction:
            raise StoreError(DROPPED)
        return _steps(self._connection, todo)

    async def end(self, *, keep: bool) -> None:
        self._ended = True
        if self._connection is None:
            return
        if keep and self._connection.in_transaction:
            await self._turns.keep()
            return
        await self._turns.drop_later()
        if keep:
            raise StoreError(DROPPED)

    def leave(self) -> None:
        """In the task that was in the transaction: models speak to the database at large again."""
        self._database.context.connections.reset(self._token)


def _steps(connection: sqlite3.Connection, todo: Sequence[Do]) -> list[Done]:
    done = []
    for step in todo:
        try:
            cursor = connection.execute(step.sql.sqlite, step.values)
            rows = cursor.fetchall() if step.sql.returns else []
        except sqlite3.IntegrityError as error:
            raise Taken(str(error)) from None
        except sqlite3.OperationalError as error:
            told(error)
            raise
        count = len(rows) if step.sql.returns else cursor.rowcount
        if not count and step.otherwise is not None:
            raise step.otherwise
        done.append(Done(rows, count))
    return done


def _locked(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error) or "busy" in str(error)
