"""The desk's queue: who has which task, for how long, and what a reviewer sees of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from banli.store import Page, Store, TaskListing, TaskRow
from store_kit import client_of, event, started

LEASE = timedelta(minutes=15)


async def waiting(store: Store, name: str = "one", **changes: Any) -> TaskRow:
    """A client has submitted, and a review waits."""
    case = await started(store, client=client_of(store, name), **changes)
    submitted = replace(case, state="submitted", submitted_at=store.clock())
    async with store.transaction() as tx:
        await tx.save_case(submitted, case.revision, [event(store, "submitted")])
        return await tx.open_task(case.id, case.company, "review")


async def claim(store: Store, task_id: str, who: str) -> TaskRow | None:
    async with store.transaction() as tx:
        return await tx.claim_task(task_id, who, LEASE)


async def test_a_reviewer_claims_decides_and_is_done(store: Store, clock) -> None:
    task = await waiting(store)
    assert (task.state, task.assignee, task.level) == ("open", None, 1)
    claimed = await claim(store, task.id, "anna")
    assert claimed == replace(task, state="claimed", assignee="anna", lease_until=clock() + LEASE)
    clock.forward(minutes=5)
    async with store.transaction() as tx:
        done = await tx.finish_task(task.id, "anna")
    assert done == replace(claimed, state="done", lease_until=None, done_at=clock())
    assert await store.task(task.id) == done
    assert await store.tasks_of(task.case_id) == [done]


async def test_of_two_reviewers_one_gets_the_task(store: Store) -> None:
    task = await waiting(store)
    results = await asyncio.gather(*(claim(store, task.id, who) for who in ("anna", "bert", "carl")))
    assert len([result for result in results if result is not None]) == 1


async def test_who_does_not_have_a_task_can_do_nothing_with_it(store: Store) -> None:
    task = await waiting(store)
    await claim(store, task.id, "anna")
    async with store.transaction() as tx:
        assert await tx.finish_task(task.id, "bert") is None
        assert await tx.release_task(task.id, "bert") is None
        assert await tx.renew_lease(task.id, "bert", LEASE) is None
        assert await tx.claim_task("nothing", "bert", LEASE) is None
    assert (await store.task(task.id)).assignee == "anna"  # type: ignore[union-attr]


async def test_when_the_lease_is_over_somebody_else_may_take_the_task(store: Store, clock) -> None:
    task = await waiting(store)
    await claim(store, task.id, "anna")
    clock.forward(minutes=10)
    async with store.transaction() as tx:
        await tx.renew_lease(task.id, "anna", LEASE)
    clock.forward(minutes=14)
    assert await claim(store, task.id, "bert") is None
    clock.forward(minutes=1)
    taken = await claim(store, task.id, "bert")
    assert taken is not None and taken.assignee == "bert"
    async with store.transaction() as tx:
        assert await tx.finish_task(task.id, "anna") is None


async def test_a_released_task_is_back_in_the_queue(store: Store) -> None:
    task = await waiting(store)
    await claim(store, task.id, "anna")
    async with store.transaction() as tx:
        assert await tx.release_task(task.id, "anna") == task
    assert (await claim(store, task.id, "bert")) is not None


async def test_a_case_has_one_open_task_of_a_kind(store: Store) -> None:
    task = await waiting(store)
    async with store.transaction() as tx:
        assert await tx.open_task(task.case_id, "8001", "review", 2) == task
        video = await tx.open_task(task.case_id, "8001", "video")
        assert video.id != task.id
        assert await tx.close_tasks(task.case_id) == 2
        again = await tx.open_task(task.case_id, "8001", "review", 2)
        assert (again.level, again.state) == (2, "open")
    assert await claim(store, task.id, "anna") is None


async def test_the_queue_shows_the_oldest_first_a_page_at_a_time(store: Store, clock) -> None:
    tasks = []
    for number in range(5):
        tasks.append(await waiting(store, f"client {number}"))
        clock.forward(minutes=1)
    await waiting(store, "elsewhere", company="8002")

    first = await store.tasks(["8001"], size=2)
    case = await store.case(id=tasks[0].case_id)
    assert case is not None
    assert first == Page(first.rows, 5, 1, 2)
    assert first.rows[0] == TaskListing(
        task=tasks[0],
        number=case.number,
        business="basic_info_change",
        case_state="submitted",
        submitted_at=case.submitted_at,
    )
    seen = [row.task.id for page in (1, 2, 3) for row in (await store.tasks(["8001"], size=2, page=page)).rows]
    assert seen == [task.id for task in tasks]
    newest = await store.tasks(["8001"], order="newest", size=50)
    assert [row.task.id for row in newest.rows] == seen[::-1]
    assert (await store.tasks(["8001", "8002"])).count == 6
    assert (await store.tasks([])).count == 0


async def test_the_queue_is_filtered_as_the_reviewer_asks(store: Store, clock) -> None:
    one = await waiting(store, "one", number="8001-20261123-000017")
    clock.forward(minutes=1)
    two = await waiting(store, "two", business="account_closing")
    clock.forward(minutes=1)
    three = await waiting(store, "three")
    await claim(store, two.id, "anna")
    async with store.transaction() as tx:
        await tx.claim_task(three.id, "bert", LEASE)
        await tx.finish_task(three.id, "bert")

    async def ids(**wanted: Any) -> list[str]:
        return [row.task.id for row in (await store.tasks(["8001"], **wanted)).rows]

    assert await ids() == [one.id, two.id]
    assert await ids(states=["open"]) == [one.id]
    assert await ids(states=["claimed"]) == [two.id]
    assert await ids(states=["done"]) == [three.id]
    assert await ids(assignee="anna") == [two.id]
    assert await ids(business="account_closing") == [two.id]
    assert await ids(number="000017") == [one.id]
    assert await ids(kinds=["video"]) == []
    clock.forward(minutes=20)  # anna's lease is over: her task is everybody's again, and shown so
    assert await ids(states=["open"]) == [one.id, two.id]
    assert await ids(states=["claimed"]) == []
    listed = (await store.tasks(["8001"], states=["open"])).rows[1].task
    assert (listed.state, listed.assignee) == ("open", None)
