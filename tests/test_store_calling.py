"""Letters between two processes: called out by PostgreSQL, found by looking on SQLite and whenever nothing is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from banli.postman import Postman
from banli.store import Sql, Store
from banli.store import calling as calls_out

NEVER = 3600.0
CUT = Sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'banli hearing' AND datname = current_database()"
)


@pytest.fixture
async def neighbour(store: Store, tmp_path: Path, keys_path: Path) -> AsyncIterator[Store]:
    """Another process on the same database."""
    opened = await Store.open(store.database.url, f"file://{tmp_path / 'blobs'}", keys_path, store.clock)
    yield opened
    await opened.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """PostgreSQL, where a test does not ask for both."""
    return str(request.getfixturevalue(getattr(request, "param", "postgres_database")))


def hears(store: Store) -> bool:
    return store.database.dialect == "postgresql" and bool(store.database.calling.up)  # type: ignore[attr-defined]


async def until_it_hears(store: Store) -> None:
    while not hears(store):
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("database_url", ["sqlite_url", "postgres_database"], indirect=True)
async def test_a_letter_from_another_process_arrives(store: Store, neighbour: Store) -> None:
    """On PostgreSQL nobody has to look for it."""
    called = store.database.dialect == "postgresql"
    post = Postman(store, look=0.1, seldom=NEVER)
    async with asyncio.timeout(60):
        for number in range(3):
            waiting = asyncio.create_task(post.wait("call1.client", number, 60))
            if called:
                await until_it_hears(store)
            assert await neighbour.send_letter("call1.client", {"n": number}) == number + 1
            assert [letter.said for letter in await waiting] == [{"n": number}]


async def test_who_hears_nothing_any_more_looks_until_it_hears_again(
    store: Store, neighbour: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_out, "AGAIN", 0.05)
    post = Postman(store, look=0.1, seldom=NEVER)
    waiting = asyncio.create_task(post.wait("call1.client", 0, 60))
    async with asyncio.timeout(60):
        await until_it_hears(store)
        calling = store.database.calling  # type: ignore[attr-defined]
        connect, calling._connect = calling._connect, nothing_there
        await neighbour.database.read(CUT)
        while hears(store):
            await asyncio.sleep(0.02)
        await neighbour.send_letter("call1.client", {"n": 1})
        assert [letter.said for letter in await waiting] == [{"n": 1}] and not hears(store)
        calling._connect = connect
        await until_it_hears(store)


async def test_a_connection_on_which_nothing_is_heard_is_not_relied_on(
    store: Store, neighbour: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As through a pooler that keeps a connection for the length of a transaction; here it listens to another database."""
    monkeypatch.setattr(calls_out, "BEAT", 0.2)
    tried = asyncio.Event()

    async def elsewhere() -> Any:
        tried.set()
        told = store.database.credentials  # type: ignore[attr-defined]
        return await asyncpg.connect(**{key: told[key] for key in ("user", "password", "host", "port")}, database="postgres")

    store.database.calling._connect = elsewhere  # type: ignore[attr-defined]
    waiting = asyncio.create_task(Postman(store, look=0.1, seldom=NEVER).wait("call1.client", 0, 60))
    async with asyncio.timeout(60):
        await tried.wait()
        await neighbour.send_letter("call1.client", {"n": 1})
        assert [letter.said for letter in await waiting] == [{"n": 1}] and not hears(store)


async def nothing_there() -> Any:
    raise OSError("connection refused")
