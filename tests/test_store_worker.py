"""The worker: tries again with growing pauses, gives up when told, wakes up at once, stops without breaking off."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from banli.store import Done, JobRow, Later, Outcome, Refused, Store, Worker
from banli.store.worker import pause_after


async def added(store: Store, key: str = "k1", kind: str = "deliver") -> None:
    async with store.transaction() as tx:
        await tx.add_job(kind, key, {"a": 1})


def worker(store: Store, outcomes: list[Outcome | Exception | None], **options: object) -> Worker:
    """Its handler answers with these, one after the other."""

    async def deliver(job: JobRow) -> Outcome | None:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Worker(store, {"deliver": deliver}, dice=random.Random(7), **options)  # type: ignore[arg-type]


async def job_of(store: Store, key: str = "k1") -> JobRow:
    job = await store.job(key)
    assert job is not None
    return job


@pytest.mark.parametrize("outcome", [None, Done()])
async def test_a_job_that_works_is_done(store: Store, outcome: Outcome | None) -> None:
    await added(store)
    assert await worker(store, [outcome]).run_due() == 1
    assert (await job_of(store)).state == "done"


async def test_what_does_not_work_is_tried_again_after_a_growing_pause(store: Store, clock) -> None:
    await added(store)
    at_work = worker(store, [Later("timeout"), OSError("secret 13800138000"), Later("busy", timedelta(hours=1)), None])
    heard = []
    at_work._report = lambda job, outcome, error: heard.append((job.attempts, outcome))
    assert await at_work.run_due() == 1
    assert 0.5 <= ((await job_of(store)).run_at - clock()).total_seconds() <= 1
    assert await at_work.run_due() == 0
    clock.forward(seconds=1)
    assert await at_work.run_due() == 1
    job = await job_of(store)
    assert (job.last_error, job.state) == ("error.OSError", "ready")
    assert 1 <= (job.run_at - clock()).total_seconds() <= 2
    clock.forward(seconds=2)
    await at_work.run_due()
    assert (await job_of(store)).run_at == clock() + timedelta(hours=1)
    clock.forward(hours=1)
    await at_work.run_due()
    assert (await job_of(store)).state == "done"
    assert heard == [
        (1, Later("timeout")),
        (2, Later("error.OSError")),
        (3, Later("busy", timedelta(hours=1))),
        (4, Done()),
    ]


async def test_what_is_refused_or_unknown_or_tried_too_often_fails(store: Store, clock) -> None:
    await added(store, "refused")
    await added(store, "unknown", kind="other")
    at_work = worker(store, [Refused("no-such-account"), Later("timeout"), Later("timeout")], most_attempts=2)
    assert await at_work.run_due() == 2
    await added(store, "often")
    await at_work.run_due()
    clock.forward(minutes=1)
    await at_work.run_due()
    clock.forward(days=1)
    assert await at_work.run_due() == 0
    jobs = [await job_of(store, key) for key in ("refused", "unknown", "often")]
    assert [(job.state, job.last_error, job.attempts) for job in jobs] == [
        ("failed", "no-such-account", 1),
        ("failed", "unknown-kind", 1),
        ("failed", "timeout", 2),
    ]


def test_pauses_grow_to_ten_minutes_and_differ() -> None:
    dice = random.Random(1)
    pauses = [pause_after(attempts, dice).total_seconds() for attempts in (1, 2, 3, 5, 10, 11, 40)]
    longest = [1, 2, 4, 16, 512, 600, 600]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    assert len({pause_after(40, dice) for _ in range(20)}) > 10


async def test_a_running_worker_wakes_up_at_once_and_stops_after_what_it_has_begun(store: Store) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(job: JobRow) -> None:
        begun.set()
        await may_end.wait()

    running = Worker(store, {"deliver": slowly}, poll=timedelta(minutes=5))
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0.05)
    await added(store)
    await asyncio.wait_for(begun.wait(), 60)
    running.stop()
    await asyncio.sleep(0.05)
    assert not task.done()
    may_end.set()
    await asyncio.wait_for(task, 60)
    assert (await job_of(store)).state == "done"


async def test_a_handler_that_takes_long_keeps_its_lease(store: Store, clock) -> None:
    await added(store)
    others = []

    async def slowly(job: JobRow) -> None:
        for _ in range(10):
            clock.forward(seconds=0.05)
            await asyncio.sleep(0.1)
            others.append(await store.take_job("another", timedelta(seconds=1)))

    await Worker(store, {"deliver": slowly}, lease=timedelta(seconds=0.3)).run_due()
    assert others == [None] * 10
    assert (await job_of(store)).state == "done"
