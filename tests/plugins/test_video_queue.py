"""Two hundred clients, ten agents: some die, pages are loaded anew, a process is killed; nobody is lost or served twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from video_kit import COMPANY, Page, case_of, hang_up_all, place_of, plugin_on

from banli.counters import Work
from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import AGENT_LOST, KIND, LEASE, PASSED, PRESENT
from banli_video.waiting import held

CLIENTS, AGENTS, BRANCHES = 200, 10, ("zz", "sh", "bj", "")
MORTAL = 3
"""So many agents die in the middle of a call, each once."""


class StandingClock:
    """Goes on only when the test says so: however slow the machine is, no lease ends and no client is away by themselves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        # Who comes later has a later time.
        self.now += timedelta(microseconds=1)
        return self.now


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
async def stores(database_url: str, tmp_path: Path, keys_path: Path, clock: StandingClock) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes' stores on one database."""
    opened = [await Store.open(database_url, f"file://{tmp_path / 'blobs'}", keys_path, clock) for _ in range(2)]
    yield opened[0], opened[1]
    await hang_up_all()
    for one in opened:
        await one.close()


@dataclass
class Hall:
    """What the test knows of everybody."""

    pages: dict[str, Page] = field(default_factory=dict)
    """By case."""
    taken: dict[str, list[str]] = field(default_factory=lambda: {branch: [] for branch in BRANCHES})
    """By branch the works in the order in which they were taken for the first time."""
    served: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    most: int = 60
    """Once so many are served, agents take nobody for a while."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    time: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while time must not go on."""


async def agent(plugin: VideoPlugin, hall: Hall, name: str, dies: bool, dice: random.Random) -> None:
    """Takes one after the other; who `dies` leaves one call without a word, and is somebody else afterwards."""
    works, clock = plugin.calls.works, plugin.calls.clock

    async def take() -> Work | None:
        async with hall.turn:
            # One after the other, so that the order in which they were taken is known.
            work = await works.next(name, [COMPANY], KIND, [], LEASE, since=clock() - PRESENT)
            if work is not None and not any(work.id in taken for taken in hall.taken.values()):
                hall.taken[work.queue].append(work.id)
        return work

    async def serve(work: Work) -> None:
        if await works.hold(work, name, LEASE) is None or await works.leave(work) is None:
            return  # time went on in between: the client is somebody else's now
        hall.served.append(work.id)
        call = await plugin.calls.get(f"{work.id}.{len(await plugin.calls.of(work.case))}")
        assert call is not None and await plugin.calls.end(call, PASSED) is not None

    while len(hall.served) < CLIENTS:
        if len(hall.served) >= hall.most:
            await asyncio.sleep(0.02)
            continue
        # Shielded: the test has to know what the database knows, also of an agent who is cut off.
        work = await asyncio.shield(take())
        if work is None:
            await asyncio.sleep(0.1)
            continue
        call = await plugin.calls.begin(work, "video", name, "样本坐席", "F0000001")
        if call is None:
            continue  # likewise
        await asyncio.sleep(dice.uniform(0.02, 0.1))
        if dies:
            dies, name = False, f"{name}-again"
            hall.lost.add(work.id)
            continue
        await asyncio.shield(serve(work))


async def counted(plugin: VideoPlugin, hall: Hall) -> None:
    """What every page of a branch is told is what the database says at that moment."""
    while len(hall.served) < CLIENTS:
        for branch in BRANCHES:
            async with hall.time:
                before = await waiting(plugin, branch)
                line = await plugin.board.look(COMPANY, branch, fresh=True)
                after = await waiting(plugin, branch)
            assert before & after <= set(line.waiting) <= before | after
            assert line.people == len(line.waiting)
        await asyncio.sleep(0.4)


async def waiting(plugin: VideoPlugin, branch: str) -> set[str]:
    now = plugin.calls.clock()
    listed = await plugin.calls.works.queued(COMPANY, KIND, [branch], since=now - plugin.grace)
    return {work.id for work in listed if not held(work, now)}


async def leases_end(plugin: VideoPlugin, hall: Hall, clock: StandingClock) -> None:
    """Time goes on past every lease; whoever waits has been heard of just before."""
    async with hall.turn, hall.time:
        now = clock()
        for work in await plugin.calls.works.queued(COMPANY, KIND, BRANCHES, since=now - plugin.grace):
            if not held(work, now):
                await plugin.calls.works.there(work)
        clock.now += LEASE + timedelta(seconds=1)


async def test_each_client_is_served_once_in_order_whatever_happens(
    stores: tuple[Store, Store], tmp_path: Path, clock: StandingClock
) -> None:
    dice, hall = random.Random(6), Hall()
    first, second = (plugin_on(store, tmp_path) for store in stores)
    came: dict[str, list[str]] = {branch: [] for branch in BRANCHES}
    for number in range(CLIENTS):
        branch = BRANCHES[number % len(BRANCHES)]
        case = await case_of(stores[0], f"client {number}")
        plugin = (first, second)[number % 2]
        page = hall.pages[case.id] = Page(plugin, place_of(case, {"client.branch": branch}))
        await page.open()
        came[branch].append(case.id)
        while await plugin.calls.works.of(case.id, KIND) is None:
            await asyncio.sleep(0.002)
    standing: dict[str, Work] = {
        case: work for case in hall.pages if (work := await first.calls.works.of(case, KIND)) is not None
    }
    assert len(standing) == CLIENTS
    for branch in BRANCHES:
        assert (await first.board.look(COMPANY, branch, fresh=True)).people == CLIENTS // len(BRANCHES)
        assert (await second.board.look(COMPANY, branch, fresh=True)).people == CLIENTS // len(BRANCHES)
    working = [
        asyncio.create_task(agent((first, second)[n % 2], hall, f"staff:{n}", n < MORTAL, random.Random(n)))
        for n in range(AGENTS)
    ]
    watching = asyncio.create_task(counted(first, hall))

    async def until(count: int) -> None:
        while len(hall.served) < count:
            for task in (*working, watching):
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)

    await until(30)
    for case, page in dice.sample(list(hall.pages.items()), 20):
        # Loaded anew. Who has been served meanwhile has nothing to come back to.
        await page.close()
        if standing[case].id not in hall.served:
            await page.open(start=False)
    await until(hall.most)
    await leases_end(first, hall, clock)
    assert len(hall.served) < CLIENTS - AGENTS, "there is somebody left to be lost"
    hall.most = CLIENTS
    # The second process is killed: no last word, no wire, its agents' calls are cut.
    for page in hall.pages.values():
        if page.plugin is second:
            page.kill()
    dead = [task for n, task in enumerate(working) if n % 2]
    for task in dead:
        task.cancel()
    await asyncio.gather(*dead, return_exceptions=True)
    for case, page in hall.pages.items():
        if page.plugin is second:
            page.plugin = first
            if standing[case].id not in hall.served:
                await page.open(start=False)
    working = [task for task in working if task not in dead]
    working += [asyncio.create_task(agent(first, hall, f"staff:new{n}", False, random.Random(n))) for n in range(len(dead))]
    await leases_end(first, hall, clock)
    async with asyncio.timeout(600):
        await until(CLIENTS)
        await asyncio.gather(*working, watching)

    assert len(hall.served) == len(set(hall.served)) == CLIENTS
    assert sorted(hall.served) == sorted(work.id for work in standing.values())
    assert len(hall.lost) == MORTAL
    assert hall.lost <= set(hall.served), "whom a dying agent had, another one has served"
    for branch in BRANCHES:
        assert hall.taken[branch] == [standing[case].id for case in came[branch]], "first come, first called"
        assert (await first.board.look(COMPANY, branch, fresh=True)).people == 0
    for case in hall.pages:
        calls = await first.calls.of(case)
        assert [call.why for call in calls].count(PASSED) == 1
        assert {call.why for call in calls} <= {PASSED, AGENT_LOST}
