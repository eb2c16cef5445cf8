"""Once a day plugins sweep: in one process of several, again soon after a failure, and one that fails stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from banli.hooks import Home, Plugin
from banli.store import Store
from banli.sweeping import swept_by_plugins


class Broom(Plugin):
    name = "broom"

    def __init__(self, home: Home, fails: int = 0) -> None:
        super().__init__({}, home)
        self.times, self.fails = 0, fails

    async def sweep(self) -> Mapping[str, int]:
        self.times += 1
        await asyncio.sleep(0)
        if self.times <= self.fails:
            raise OSError
        return {"dust": self.times}


class Handle(Plugin):
    name = "handle"


class Stuck(Broom):
    async def sweep(self) -> Mapping[str, int]:
        self.times += 1
        await asyncio.Event().wait()
        return {}


class Other(Broom):
    name = "other"


def home(store: Store, folder: Path) -> Home:
    return Home(folder, store.clock, False, folder)


async def test_of_several_processes_one_sweeps_once_a_day(store: Store, clock: Any, tmp_path: Path) -> None:
    processes = [Broom(home(store, tmp_path)) for _ in range(3)]
    told = await asyncio.gather(*(swept_by_plugins(store, [one, Handle({}, one.home)]) for one in processes))
    assert sorted(told, key=len) == [{}, {}, {"broom": {"dust": 1}}]
    clock.forward(hours=22)
    assert await swept_by_plugins(store, processes) == {}
    clock.forward(hours=2)
    assert await swept_by_plugins(store, processes[:1]) != {}
    assert sum(one.times for one in processes) == 2


async def test_a_sweep_that_fails_is_done_with_the_next_round_and_stops_no_other(
    store: Store, clock: Any, tmp_path: Path
) -> None:
    broken, other = Broom(home(store, tmp_path), fails=1), Other(home(store, tmp_path))
    assert await swept_by_plugins(store, [broken, other]) == {"other": {"dust": 1}}
    clock.forward(hours=1)
    assert await swept_by_plugins(store, [broken, other]) == {"broom": {"dust": 2}}


async def test_who_dies_while_sweeping_is_followed_by_another(store: Store, clock: Any, tmp_path: Path) -> None:
    slow, next_ = Stuck(home(store, tmp_path)), Broom(home(store, tmp_path))
    dying = asyncio.create_task(swept_by_plugins(store, [slow]))
    while not slow.times:
        await asyncio.sleep(0)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    clock.forward(hours=1)
    assert await swept_by_plugins(store, [next_]) == {}
    clock.forward(hours=1)
    assert await swept_by_plugins(store, [next_]) == {"broom": {"dust": 1}}
