"""Queues: in order of rank and arrival, of those who are still there, each taken once; and letters between two processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from banli.postman import SitePost
from banli.store import Store, TaskRow
from store_kit import client_of, started

LEASE, GRACE = timedelta(seconds=20), timedelta(seconds=60)


async def waits(store: Store, name: str, queue: str = "zz", rank: int = 0) -> TaskRow:
    case = await started(store, client=client_of(store, name))
    return await store.put_task(case.id, "8001", "video", queue, rank)


async def taken(store: Store, who: str, *queues: str) -> TaskRow | None:
    return await store.next_task(who, ["8001"], "video", queues or ["zz"], LEASE, store.clock() - GRACE)


async def test_who_came_first_is_first_and_who_has_a_rank_before_them(store: Store, clock: Any) -> None:
    first = await waits(store, "one")
    clock.forward(seconds=1)
    await waits(store, "two")
    clock.forward(seconds=1)
    hurried = await waits(store, "three", rank=-1)
    since = clock() - GRACE
    assert await store.count_queued(["8001"], "video", ["zz"], since) == 3
    assert [row.id for row in await store.queued_tasks(["8001"], "video", [], since)][:2] == [hurried.id, first.id]
    assert (await taken(store, "staff:a")).id == hurried.id
    assert (await taken(store, "staff:b")).id == first.id
    assert await store.count_queued(["8001"], "video", ["zz"], since) == 1
    assert len(await store.queued_tasks(["8001"], "video", ["zz"], since)) == 3, "those in a call are told as well"


async def test_who_asks_again_keeps_their_place(store: Store, clock: Any) -> None:
    first = await waits(store, "one")
    clock.forward(seconds=1)
    await waits(store, "two")
    clock.forward(seconds=30)
    again = await store.put_task(first.case_id, "8001", "video", "other", 5)
    assert (again.id, again.queue, again.rank, again.seen_at) == (first.id, "zz", 0, clock())
    assert (await taken(store, "staff:a")).id == first.id


async def test_who_has_gone_is_not_called_and_is_again_when_they_come_back(store: Store, clock: Any) -> None:
    gone = await waits(store, "one")
    clock.forward(seconds=61)
    there = await waits(store, "two")
    assert await store.count_queued(["8001"], "video", ["zz"], clock() - GRACE) == 1
    assert (await store.see_task(gone.id)).seen_at == clock()
    assert [(await taken(store, who)).id for who in ("staff:a", "staff:b")] == [gone.id, there.id]
    assert await taken(store, "staff:c") is None


async def test_an_agent_whose_laptop_closes_gives_the_client_back_to_the_head(store: Store, clock: Any) -> None:
    first = await waits(store, "one")
    clock.forward(seconds=1)
    second = await waits(store, "two")
    assert (await taken(store, "staff:a")).id == first.id
    assert await store.hold_task(first.id, "staff:b", LEASE) is None
    clock.forward(seconds=19)
    assert (await store.hold_task(first.id, "staff:a", LEASE)).assignee == "staff:a"
    clock.forward(seconds=21)
    assert [(await taken(store, who)).id for who in ("staff:b", "staff:c")] == [first.id, second.id]
    assert await store.put_back_task(first.id, "staff:a") is None, "it is no longer theirs"


async def test_work_is_moved_only_while_nobody_holds_it_and_ended_whoever_does(store: Store) -> None:
    one = await waits(store, "one")
    assert await taken(store, "staff:a", "nb") is None
    assert (await store.move_task(one.id, "nb", 3)).queue == "nb"
    assert (await taken(store, "staff:a", "nb")).id == one.id
    assert await store.move_task(one.id, "zz", 0) is None
    assert (await store.leave_task(one.id)).state == "done"
    assert await store.leave_task(one.id) is None and await store.see_task(one.id) is None
    assert await store.standing_task(one.case_id, "video") is None


async def test_of_twenty_who_take_at_once_each_gets_another_client(store: Store) -> None:
    there = {(await waits(store, f"c{n}")).id for n in range(12)}
    got = [row.id for row in await asyncio.gather(*(taken(store, f"staff:{n}") for n in range(20))) if row is not None]
    while (left := await taken(store, "staff:late")) is not None:
        got.append(left.id)
    assert len(got) == 12 and set(got) == there


async def test_without_a_company_nothing_is_found(store: Store, clock: Any) -> None:
    await waits(store, "one")
    assert await store.next_task("staff:a", [], "video", ["zz"], LEASE, clock() - GRACE) is None
    assert await store.count_queued([], "video", [], clock() - GRACE) == 0


async def test_letters_come_in_order_and_are_sealed(store: Store, clock: Any) -> None:
    sent = await asyncio.gather(*(store.send_letter("call1.client", {"n": n, "who": "样本甲"}) for n in range(10)))
    assert sorted(sent) == list(range(1, 11))
    assert [row.number for row in await store.letters("call1.client", 4)] == list(range(5, 11))
    assert {row.said["n"] for row in await store.letters("call1.client", 0)} == set(range(10))
    assert await store.letters("call1.agent", 0) == []
    rows = await store.database.read(_all())
    assert len(rows) == 10 and not any("样本甲".encode() in bytes(row["sealed_said"]) for row in rows)
    clock.forward(minutes=61)
    assert (await store.sweep())["letters"] == 10


async def test_a_box_that_nobody_empties_is_full_one_day(store: Store) -> None:
    for _ in range(500):
        assert await store.send_letter("flood", {}) is not None
    assert await store.send_letter("flood", {}) is None
    assert await store.send_letter("other", {}) == 1


async def test_who_waits_for_a_letter_gets_it_at_once(store: Store) -> None:
    post = SitePost()
    post.connect(store)
    waiting = asyncio.create_task(post.wait("call1.client", 0, 60))
    await asyncio.sleep(0.05)
    await post.send("elsewhere", {})
    await post.send("call1.client", {"k": "hello"})
    async with asyncio.timeout(60):
        assert [letter.said for letter in await waiting] == [{"k": "hello"}]
    assert await post.wait("call1.client", 1, 0.05) == []


def _all() -> Any:
    from banli.store import Sql

    return Sql("SELECT sealed_said FROM letters")
