"""Opens a database by its URL and runs statements on it: SQLite beside the program, or PostgreSQL.

Tortoise opens the connections, migrates, and answers the desk's lists through the models. What every request needs goes
through `read`, `write` and `transaction` as SQL, because a model costs several times the CPU of its statement.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from tortoise import context as tortoise_context
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext

from . import models
from .errors import StoreError
from .sql import Do, Done, Row, Sql

MIGRATIONS = "banli.store.migrations"


class Running(ABC):
    """A transaction. It begins with its first statement, so nothing is locked while the caller still thinks."""

    @abstractmethod
    async def run(self, *todo: Do) -> list[Done]:
        """Runs the statements in order; stops at the first whose `otherwise` is due."""

    async def read(self, sql: Sql, *values: Any) -> Sequence[Row]:
        return (await self.run(Do(sql, values)))[0].rows


class Database(ABC):
    """One database. `dialect` is "sqlite" or "postgresql"."""

    dialect: str

    def __init__(self, url: str, alias: str, migrations: str) -> None:
        self.url = url
        self.alias = alias
        self.migrations = migrations
        self.context = TortoiseContext()

    def __repr__(self) -> str:
        return f"<Database {self.dialect}>"

    @staticmethod
    async def open(url: str, migrations: str = MIGRATIONS) -> Database:
        """`sqlite:///abs/path.db`, or `postgresql://user:password@host/name` (`?host=/dir` for a Unix socket)."""
        scheme = url.partition(":")[0]
        database: Database
        if scheme == "sqlite":
            from .sqlite import SqliteDatabase

            database = SqliteDatabase(url, migrations)
        elif scheme in ("postgresql", "postgres"):
            from .postgresql import PostgresDatabase

            database = PostgresDatabase(url, migrations)
        else:
            raise StoreError(f"There is no database kind '{scheme}'. Write sqlite:///path or postgresql://host/name.")
        await database._start()
        return database

    async def migrate(self) -> list[str]:
        """Brings the tables up to this version. Returns the names of the migrations that were run."""
        from .migrating import migrate

        return await migrate(self)

    async def pending(self) -> list[str]:
        """The migrations that are still to be run; one small query."""
        from .migrating import pending

        return await pending(self)

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        await self.read(Sql("SELECT 1 AS alive"))

    async def close(self) -> None:
        with self._as_current():
            await self.context.close_connections()

    def call(self, word: str) -> None:  # noqa: B027 - SQLite has no such thing
        """Other processes on this database hear the word soon, where the database can do that. A hint only."""

    def hear(self, heard: Callable[[str], None]) -> Callable[[], bool]:
        """From now on `heard` is told what other processes call. What comes back says whether they are heard just now: as long as
        they are not, one has to look."""
        return lambda: False

    @abstractmethod
    async def read(self, sql: Sql, *values: Any) -> Sequence[Row]:
        """Rows as they were last committed, outside of any transaction."""

    @abstractmethod
    async def write(self, *todo: Do) -> list[Done]:
        """The statements as one transaction of their own: the cheapest way to write."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Running]:
        """Several steps with thought between them."""

    @abstractmethod
    def config(self, **changes: Any) -> dict[str, Any]:
        """The configuration for Tortoise, with these changes to the connection."""

    @property
    def client(self) -> BaseDBAsyncClient:
        """Tortoise's connection."""
        return self.context.connections.get(self.alias)

    @contextmanager
    def models(self) -> Iterator[None]:
        """Within, Tortoise's models speak to this database.

        Tortoise keeps the dialect of a query in its model classes; they are turned here when another database of
        another dialect had them last (one process with both: tests, and moving from one to the other).
        """
        with self._as_current():
            if models.Case._meta.default_connection != self.alias:
                apps = self.context.apps
                assert apps is not None
                for app in apps.apps.values():
                    for model in app.values():
                        model._meta.default_connection = self.alias
                apps._build_initial_querysets()
            yield

    @contextmanager
    def _as_current(self) -> Iterator[None]:
        token = tortoise_context._current_context.set(self.context)
        try:
            yield
        finally:
            tortoise_context._current_context.reset(token)

    async def _start(self) -> None:
        with self._as_current():
            await self.context.init(self.config())


def apps(alias: str, migrations: str) -> dict[str, Any]:
    """Our tables, as Tortoise wants to hear of them."""
    return {"banli": {"models": ["banli.store.models"], "default_connection": alias, "migrations": migrations}}
