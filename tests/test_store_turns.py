"""Turns at SQLite's one writer: what waits together is kept by one commit, and what fails takes only itself back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from banli.store import Busy, Database, Sql, StoreError, Taken
from banli.store.sql import Do
from banli.store.sqlite import SqliteDatabase

ADD = Sql("INSERT INTO things (id, what) VALUES (?, ?)")
ALL = Sql("SELECT id FROM things ORDER BY id")
GONE = Do(Sql("DELETE FROM things WHERE id = ?"), (0,), StoreError("There is no such thing."))


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[SqliteDatabase]:
    made = await Database.open(sqlite_url)
    assert isinstance(made, SqliteDatabase)
    await made.write(Do(Sql("CREATE TABLE things (id INTEGER PRIMARY KEY, what TEXT)")))
    yield made
    await made.close()


def add(number: int, what: str = "") -> Do:
    return Do(ADD, (number, what))


async def kept(database: SqliteDatabase) -> list[int]:
    """What is committed: a reader of its own sees nothing else."""
    return [row["id"] for row in await database.read(ALL)]


def commits(database: SqliteDatabase, told: list[str]) -> None:
    database.writer.connection.set_trace_callback(lambda text: told.append(text) if text == "COMMIT" else None)


async def test_writes_that_come_together_share_a_commit(database: SqliteDatabase) -> None:
    told: list[str] = []
    commits(database, told)
    await asyncio.gather(*(database.write(add(number)) for number in range(50)))
    assert await kept(database) == list(range(50))
    assert len(told) < 5


async def test_who_is_told_reads_what_they_wrote(database: SqliteDatabase) -> None:
    async def one(number: int) -> bool:
        await database.write(add(number))
        return number in await kept(database)

    assert all(await asyncio.gather(*(one(number) for number in range(100))))


async def test_nobody_is_told_before_it_is_on_the_disk(database: SqliteDatabase) -> None:
    told: list[str] = []
    commits(database, told)

    async def one(number: int) -> None:
        await database.write(add(number))
        assert told

    await asyncio.gather(*(one(number) for number in range(10)))


async def test_one_that_fails_takes_back_its_own_statements_only(database: SqliteDatabase) -> None:
    found = await asyncio.gather(
        database.write(add(1)),
        database.write(add(2), GONE),
        database.write(add(3), add(1)),
        database.write(add(4)),
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [list, StoreError, Taken, list]
    assert await kept(database) == [1, 4]


async def test_a_transaction_that_fails_spoils_nothing_for_its_neighbours(database: SqliteDatabase) -> None:
    async def fails() -> None:
        async with database.transaction() as running:
            await running.run(add(2))
            await asyncio.sleep(0.01)
            raise RuntimeError

    await asyncio.gather(database.write(add(1)), fails(), database.write(add(3)), return_exceptions=True)
    assert await kept(database) == [1, 3]


async def test_transactions_see_each_others_whole_work_or_nothing(database: SqliteDatabase) -> None:
    """Twenty who read, think, and write one more: no number is given twice."""
    await database.write(add(0))

    async def next_number(pause: float) -> int:
        async with database.transaction() as running:
            number = int((await running.read(Sql("SELECT max(id) AS n FROM things")))[0]["n"]) + 1
            await asyncio.sleep(pause)
            await running.run(add(number))
            return number

    numbers = await asyncio.gather(*(next_number(place % 3 * 0.001) for place in range(20)))
    assert sorted(numbers) == list(range(1, 21))


async def test_a_writer_who_thinks_long_does_not_keep_those_before_waiting_for_newcomers(database: SqliteDatabase) -> None:
    go = asyncio.Event()

    async def thinks() -> None:
        async with database.transaction() as running:
            await running.run(add(2))
            await go.wait()

    first = asyncio.create_task(database.write(add(1)))
    slow = asyncio.create_task(thinks())
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(database.write(add(number))) for number in range(3, 30)]
    await asyncio.sleep(0.01)
    go.set()
    await asyncio.wait_for(asyncio.gather(first, slow, *late), 60)
    assert await kept(database) == list(range(1, 30))


async def test_writers_broken_off_at_any_moment_leave_the_whole_of_their_work_or_nothing(database: SqliteDatabase) -> None:
    async def both(number: int) -> None:
        async with database.transaction() as running:
            await running.run(add(number))
            await asyncio.sleep(0)
            await running.run(add(number + 1000))

    for place in range(60):
        tasks = [asyncio.create_task(both(place * 3 + which)) for which in range(3)]
        for _ in range(place % 12):
            await asyncio.sleep(0)
        tasks[place % 3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await database.write(add(9999))
    found = set(await kept(database))
    assert {number for number in found if number < 1000} == {number - 1000 for number in found if 1000 <= number < 9999}
    assert len(found) > 200


async def test_another_process_that_writes_holds_up_writers_and_not_the_loop(database: SqliteDatabase) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = [asyncio.create_task(database.write(add(number))) for number in range(3)]
    for _ in range(10):
        await asyncio.sleep(0.005)
        assert await kept(database) == []
    # Had the loop been held up, the writers would have given up by now.
    other.execute("COMMIT")
    await asyncio.wait_for(asyncio.gather(*waiting), 60)
    assert await kept(database) == [0, 1, 2]
    other.close()


async def test_a_file_that_stays_locked_is_told_to_all_who_wait(sqlite_url: str) -> None:
    database = await Database.open(f"{sqlite_url}?busy_timeout=50")
    assert isinstance(database, SqliteDatabase)
    await database.write(Do(Sql("CREATE TABLE things (id INTEGER PRIMARY KEY, what TEXT)")))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = await asyncio.gather(*(database.write(add(number)) for number in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [Busy] * 3
    other.execute("ROLLBACK")
    other.close()
    await database.write(add(7))
    assert await kept(database) == [7]
    await database.close()


async def test_what_does_not_fit_on_the_disk_is_nobodys_but_its_own_loss(database: SqliteDatabase) -> None:
    """Whoever is told that it is kept finds it, whoever is not does not; the next one may try."""
    pages = (await database.read(Sql("SELECT page_count AS n FROM pragma_page_count()")))[0]["n"]

    async def limit(most: int) -> None:
        await database.client.execute_query(f"PRAGMA max_page_count = {most}")

    await limit(pages + 2)
    writes = [database.write(add(number, os.urandom(100_000).hex() if number == 2 else "")) for number in range(4)]
    found = await asyncio.gather(*writes, return_exceptions=True)
    assert isinstance(found[2], Exception)
    assert await kept(database) == [number for number, one in enumerate(found) if not isinstance(one, BaseException)]
    await limit(pages + 1000)
    await database.write(add(9))
    assert 9 in await kept(database)


async def test_what_was_written_before_the_end_is_kept_at_the_end(sqlite_url: str, tmp_path: Path) -> None:
    database = await Database.open(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    await database.write(Do(Sql("CREATE TABLE things (id INTEGER PRIMARY KEY, what TEXT)")))
    writes = [asyncio.create_task(database.write(add(number))) for number in range(5)]
    await asyncio.sleep(0)
    await database.close()
    told = await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 60)
    again = await Database.open(sqlite_url)
    assert isinstance(again, SqliteDatabase)
    assert await kept(again) == [number for number, one in enumerate(told) if not isinstance(one, BaseException)]
    await again.close()
    with pytest.raises(StoreError, match="closed"):
        await again.write(add(1))
