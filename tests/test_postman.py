"""Two hundred boxes in which somebody waits: one look for all of them, and a letter of another process reaches its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from banli.postman import SitePost
from banli.store import Store
from banli.store.letters import AFTER, NEWEST

BOXES = 200


class Counting:
    """Counts what a database is asked, by statement."""

    def __init__(self, read: Any) -> None:
        self._read, self.asked = read, []

    async def __call__(self, sql: Any, *values: Any) -> Any:
        self.asked.append(sql)
        return await self._read(sql, *values)

    def times(self, *sql: Any) -> int:
        return sum(self.asked.count(one) for one in sql)


@pytest.fixture
async def stores(database_url: str, tmp_path: Path, keys_path: Path, clock: Any) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes' stores on one database."""
    opened = [await Store.open(database_url, f"file://{tmp_path / 'blobs'}", keys_path, clock) for _ in range(2)]
    yield opened[0], opened[1]
    for one in opened:
        await one.close()


def post_of(store: Store) -> SitePost:
    made = SitePost()
    made.connect(store)
    return made


async def test_one_look_serves_all_who_wait_and_finds_letters_of_another_process(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = post_of(stores[0]), post_of(stores[1])
    counting = Counting(stores[0].database.read)
    monkeypatch.setattr(stores[0].database, "read", counting)
    async with asyncio.timeout(120):
        waiting = [asyncio.create_task(here.wait(f"box{n}", 0, 100)) for n in range(BOXES)]
        while counting.times(*NEWEST.values()) < 3 or counting.times(AFTER) < BOXES:
            await asyncio.sleep(0.05)
        assert counting.times(AFTER) == BOXES, "each looks once, when it begins to wait"
        await there.send("box7", {"k": "from another process"})
        await here.send("box9", {"k": "from this one"})
        await there.send("elsewhere", {})
        assert [letter.said for letter in await waiting[7]] == [{"k": "from another process"}]
        assert [letter.said for letter in await waiting[9]] == [{"k": "from this one"}]
        assert counting.times(AFTER) == BOXES + 2
        assert sum(task.done() for task in waiting) == 2
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert not any("Postman._look" in repr(task) and not task.cancelling() for task in asyncio.all_tasks()), (
        "nobody waits, nobody looks"
    )


async def test_two_who_wait_at_one_box_both_get_what_is_new_to_them(stores: tuple[Store, Store]) -> None:
    here, there = post_of(stores[0]), post_of(stores[1])
    async with asyncio.timeout(120):
        await there.send("box", {"n": 1})
        early, late = asyncio.create_task(here.wait("box", 0, 100)), asyncio.create_task(here.wait("box", 1, 100))
        assert [letter.said["n"] for letter in await early] == [1]
        await there.send("box", {"n": 2})
        assert [(letter.number, letter.said["n"]) for letter in await late] == [(2, 2)]


async def test_who_waits_while_the_database_is_away_is_told_or_goes_on(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = post_of(stores[0]), post_of(stores[1])
    reading, broken = stores[0].database.read, asyncio.Event()

    async def away(sql: Any, *values: Any) -> Any:
        if sql in NEWEST.values() and not broken.is_set():
            broken.set()
            raise OSError
        return await reading(sql, *values)

    monkeypatch.setattr(stores[0].database, "read", away)
    async with asyncio.timeout(120):
        waiting = asyncio.create_task(here.wait("box", 0, 100))
        await broken.wait()
        await there.send("box", {"n": 1})
        assert [letter.said["n"] for letter in await waiting] == [1]
