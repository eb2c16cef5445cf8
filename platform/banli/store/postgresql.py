"""PostgreSQL, through the pool of asyncpg that Tortoise opens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper

from .calling import Calling
from .database import Database, Running, apps
from .errors import Busy, StoreError, Taken
from .sql import Do, Done, Row, Sql


class PostgresDatabase(Database):
    """`?pool=10` sets the number of connections of a process, `?host=/dir` the folder of a Unix socket."""

    dialect = "postgresql"

    def __init__(self, url: str, migrations: str) -> None:
        super().__init__(url, "banli_postgresql", migrations)
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        self.credentials: dict[str, Any] = {
            "user": unquote(parts.username or options.pop("user", "postgres")),
            "password": unquote(parts.password or options.pop("password", "")) or None,
            "host": options.pop("host", None) or parts.hostname or "127.0.0.1",
            "port": int(options.pop("port", 0) or parts.port or 5432),
            "database": unquote(parts.path.lstrip("/")) or "postgres",
            "minsize": 1,
            "maxsize": int(options.pop("pool", 10)),
            "application_name": "banli",
            # We leave nothing behind on a connection, so the four clean-up statements of asyncpg are not needed.
            "reset": _nothing_to_reset,
        }
        self.calling = Calling(lambda: self.pool, self._listener)
        if options:
            raise StoreError(f"The database URL has an unknown option '{next(iter(options))}'. Known: host, port, pool.")

    def config(self, **changes: Any) -> dict[str, Any]:
        credentials = {**self.credentials, **changes}
        return {
            "connections": {self.alias: {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
            "apps": apps(self.alias, self.migrations),
        }

    async def _start(self) -> None:
        await super()._start()
        client = self.client
        assert isinstance(client, AsyncpgDBClient)
        self._client = client
        try:
            await client.create_connection(with_db=True)
        except (OSError, asyncpg.PostgresError) as error:
            raise Busy(f"The database cannot be reached: {error}") from None
        assert client._pool is not None
        self.pool: asyncpg.Pool = client._pool

    async def _listener(self) -> asyncpg.Connection:
        """A connection of its own: those of the pool hear nothing while they are in it."""
        where = {key: self.credentials[key] for key in ("user", "password", "host", "port", "database")}
        return await asyncpg.connect(**where, timeout=10, server_settings={"application_name": "banli hearing"})

    def call(self, word: str) -> None:
        self.calling.call(word)

    def hear(self, heard: Callable[[str], None]) -> Callable[[], bool]:
        self.calling.hear(heard)
        return lambda: self.calling.up

    async def close(self) -> None:
        await self.calling.close()
        await super().close()

    async def read(self, sql: Sql, *values: Any) -> Sequence[Row]:
        with _told_when_away():
            return await self.pool.fetch(sql.postgresql, *values)  # type: ignore[no-any-return]

    async def write(self, *todo: Do) -> list[Done]:
        with _told_when_away():
            async with self.pool.acquire() as connection:
                if len(todo) == 1:
                    return await _steps(connection, todo)
                async with connection.transaction():
                    return await _steps(connection, todo)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Running]:
        running = PostgresTransaction(self)
        try:
            try:
                yield running
            except BaseException:
                await asyncio.shield(running.end(commit=False))
                raise
            await asyncio.shield(running.end(commit=True))
        finally:
            running.leave()


class PostgresTransaction(Running):
    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._wrapper: TransactionWrapper | None = None
        self._token: Any = None
        self._ended = False

    async def run(self, *todo: Do) -> list[Done]:
        if self._ended:
            raise StoreError("The transaction has ended.")
        with _told_when_away():
            if self._wrapper is None:
                wrapper = TransactionWrapper(self._database._client)
                wrapper._connection = await self._database.pool.acquire()
                self._wrapper = wrapper
                # From here on models used by this task join the transaction.
                self._token = self._database.context.connections.set(self._database.alias, wrapper)
                await wrapper.begin()
            return await _steps(self._wrapper._connection, todo)

    async def end(self, commit: bool) -> None:
        self._ended = True
        wrapper = self._wrapper
        if wrapper is None:
            return
        try:
            if commit:
                with _told_when_away():
                    await wrapper.commit()
            elif not wrapper._connection.is_closed():
                # Where that does not work either, the pool throws the connection away.
                with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await wrapper.rollback()
        finally:
            await self._database.pool.release(wrapper._connection)

    def leave(self) -> None:
        """In the task that was in the transaction: models speak to the database at large again."""
        self._database.context.connections.reset(self._token)


async def _steps(connection: Any, todo: Sequence[Do]) -> list[Done]:
    done = []
    for step in todo:
        rows: Sequence[Row] = []
        try:
            if step.sql.returns:
                rows = await connection.fetch(step.sql.postgresql, *step.values)
                count = len(rows)
            else:
                status = await connection.execute(step.sql.postgresql, *step.values)
                touched = status.rpartition(" ")[2]  # "UPDATE 1"; nothing is counted in "CREATE TABLE"
                count = int(touched) if touched.isdigit() else 0
        except asyncpg.UniqueViolationError as error:
            raise Taken(error.constraint_name or "") from None
        if not count and step.otherwise is not None:
            raise step.otherwise
        done.append(Done(rows, count))
    return done


@contextlib.contextmanager
def _told_when_away() -> Iterator[None]:
    try:
        yield
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as error:
        raise Busy(f"The database does not answer ({type(error).__name__}).") from error


async def _nothing_to_reset(connection: Any) -> None:
    return None
