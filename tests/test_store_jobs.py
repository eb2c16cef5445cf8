"""Jobs: added once, taken by one, never two of a case side by side, and never lost with their worker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from banli.store import JobRow, NewJob, Store
from store_kit import client_of, event, started

LEASE = timedelta(minutes=1)


async def added(store: Store, key: str, case_id: str | None = None, **payload: object) -> bool:
    async with store.transaction() as tx:
        return await tx.add_job("deliver", key, payload, case_id)


async def taken(store: Store, worker: str = "w") -> JobRow:
    job = await store.take_job(worker, LEASE)
    assert job is not None
    return job


async def test_a_job_is_taken_with_what_it_needs_and_finished(store: Store, clock) -> None:
    case = await started(store)
    assert await added(store, "k1", case.id, phone="139")
    job = await taken(store)
    assert job == JobRow(
        id=job.id,
        kind="deliver",
        key="k1",
        case_id=case.id,
        payload={"phone": "139"},
        state="doing",
        run_at=clock(),
        attempts=1,
        lease_until=clock() + LEASE,
        last_error=None,
        created_at=clock(),
    )
    assert await store.take_job("w", LEASE) is None
    assert await store.finish_job(job) is True
    assert await store.finish_job(job) is False
    done = await store.job("k1")
    assert done == replace(job, state="done", payload={}, lease_until=None, done_at=clock())
    assert await store.next_job_at() is None


async def test_the_same_key_is_added_once(store: Store) -> None:
    assert await added(store, "k1", n=1) is True
    assert await added(store, "k1", n=2) is False
    await store.finish_job(await taken(store))
    assert await added(store, "k1", n=3) is False
    assert await store.take_job("w", LEASE) is None


async def test_jobs_of_a_transaction_that_failed_do_not_exist(store: Store) -> None:
    try:
        async with store.transaction() as tx:
            await tx.add_job("deliver", "k1")
            raise RuntimeError
    except RuntimeError:
        pass
    assert await store.job("k1") is None


async def test_each_of_twenty_jobs_goes_to_one_of_four_workers(store: Store) -> None:
    for number in range(20):
        await added(store, f"k{number}")
    got: list[str] = []

    async def work(name: str) -> None:
        while (job := await store.take_job(name, LEASE)) is not None:
            got.append(job.key)
            await asyncio.sleep(0)
            await store.finish_job(job)

    await asyncio.gather(*(work(f"w{number}") for number in range(4)))
    assert sorted(got) == sorted(f"k{number}" for number in range(20))


async def test_two_jobs_of_one_case_never_run_side_by_side(store: Store) -> None:
    case, other = await started(store), await started(store, client=client_of(store, "other"))
    await store.save_case(case, 1, [event(store)], [NewJob("deliver", "first"), NewJob("deliver", "second")])
    await added(store, "of the other", other.id)
    jobs = await asyncio.gather(*(store.take_job(f"w{number}", LEASE) for number in range(6)))
    assert sorted(job.key for job in jobs if job is not None) == ["first", "of the other"]
    first = next(job for job in jobs if job is not None and job.key == "first")
    await store.finish_job(first)
    assert (await taken(store)).key == "second"


async def test_the_job_of_a_dead_worker_is_taken_again_and_the_dead_one_is_fenced_off(store: Store, clock) -> None:
    case = await started(store)
    await added(store, "k1", case.id)
    await added(store, "k2", case.id)
    dead = await taken(store, "dead")
    clock.forward(seconds=59)
    assert await store.take_job("w", LEASE) is None
    assert await store.next_job_at() == clock() - timedelta(seconds=59)  # k2 waits for its case
    clock.forward(seconds=1)
    again = await taken(store)
    assert (again.key, again.attempts) == (dead.key, 2)
    for late in (store.finish_job(dead), store.retry_job(dead, clock(), "x"), store.fail_job(dead, "x")):
        assert await late is False
    assert await store.renew_job(dead, LEASE) is False
    assert await store.finish_job(again) is True


async def test_a_lease_can_be_kept_alive(store: Store, clock) -> None:
    await added(store, "k1")
    job = await taken(store)
    clock.forward(seconds=50)
    assert await store.renew_job(job, LEASE) is True
    clock.forward(seconds=50)
    assert await store.take_job("w", LEASE) is None


async def test_a_job_that_did_not_work_comes_back_when_it_was_told_to(store: Store, clock) -> None:
    await added(store, "k1", phone="139")
    later = clock() + timedelta(minutes=5)
    assert await store.retry_job(await taken(store), later, "timeout") is True
    assert await store.take_job("w", LEASE) is None
    assert await store.next_job_at() == later
    clock.forward(minutes=5)
    job = await taken(store)
    assert (job.attempts, job.last_error, job.payload) == (2, "timeout", {"phone": "139"})


async def test_a_failed_job_waits_for_somebody_at_the_desk(store: Store, clock) -> None:
    await added(store, "k1", phone="139")
    job = await taken(store)
    assert await store.fail_job(job, "refused") is True
    clock.forward(days=1)
    assert await store.take_job("w", LEASE) is None
    async with store.transaction() as tx:
        assert await tx.run_job_again(job.id) is True
    again = await taken(store)
    assert (again.attempts, again.payload) == (2, {"phone": "139"})
    await store.finish_job(again)
    async with store.transaction() as tx:
        assert await tx.run_job_again(job.id) is False


async def test_a_job_is_done_together_with_what_it_has_brought_about(store: Store) -> None:
    case = await started(store)
    await added(store, "k1", case.id)
    job = await taken(store)
    async with store.transaction() as tx:
        assert await tx.finish_job(job) is True
        found = await tx.load_case(id=case.id)
        assert found is not None
        await tx.save_case(replace(found, state="done"), found.revision, [event(store, "delivered")])
    assert (await store.job("k1")).state == "done"  # type: ignore[union-attr]
    assert (await store.case(id=case.id)).state == "done"  # type: ignore[union-attr]


async def test_the_desk_sees_the_jobs_of_its_company(store: Store, clock) -> None:
    mine, theirs = await started(store), await started(store, company="8002")
    await added(store, "mine", mine.id)
    clock.forward(seconds=1)
    await added(store, "theirs", theirs.id)
    clock.forward(seconds=1)
    await added(store, "nobody's")
    job = await taken(store)
    await store.fail_job(job, "refused")

    async def keys(**wanted: object) -> list[str]:
        return [job.key for job in (await store.jobs(**wanted)).rows]  # type: ignore[arg-type]

    assert await keys() == ["nobody's", "theirs", "mine"]
    assert await keys(companies=["8001"]) == ["mine"]
    assert await keys(states=["failed"]) == ["mine"]
    assert await keys(states=["ready"], companies=["8001"]) == []
    assert await keys(kind="other") == []
    page = await store.jobs(size=2, page=2)
    assert ([job.key for job in page.rows], page.count) == (["mine"], 3)
