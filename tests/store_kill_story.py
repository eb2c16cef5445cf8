"""Clients who answer, draft, photograph and submit, and jobs that deliver; told by the store alone."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import banli.store.migrating
import banli.store.postgresql
import banli.store.sqlite  # noqa: F401  (all of it before the first child is born)
from banli.store import AlreadyOpen, CaseRow, JobRow, NewJob, Sql, Store, Worker, new_id
from kill_harness import Place
from store_kit import event

CLIENTS = 3
ANSWERS = 6
LEASE = timedelta(seconds=0.4)


async def live(place: Place) -> None:
    """Works until it is killed."""
    store = await opened(place)
    dice = random.Random(place.seed)
    worker = Worker(store, {"deliver": delivering(place)}, name=f"life {place.life}", lease=LEASE, at_once=2)
    clients = (be_client(place, store, number, dice) for number in range(CLIENTS))
    await asyncio.gather(worker.run(), *clients)


async def opened(place: Place) -> Store:
    return await Store.open(place.database, place.blobs, place.keys)


async def be_client(place: Place, store: Store, number: int, dice: random.Random) -> None:
    client = store.vault.lookup_hash("client", f"client {number}")
    while True:
        case = await store.open_case("8001", client) or await start(place, store, client)
        if case is None:
            continue
        answered = len(case.document["answers"])
        if answered < ANSWERS:
            await answer(place, store, case, answered + 1, dice)
        else:
            await submit(place, store, case)


async def start(place: Place, store: Store, client: str) -> CaseRow | None:
    now = store.clock()
    try:
        async with store.transaction() as tx:
            case = await tx.create_case(
                CaseRow(
                    id=new_id(now),
                    number=await tx.new_case_number("8001", now.date()),
                    company="8001",
                    client=client,
                    business="b",
                    edition="e",
                    state="open",
                    open=True,
                    document={"answers": []},
                    created_at=now,
                    updated_at=now,
                ),
                [event(store, "started")],
            )
    except AlreadyOpen:
        return None
    place.acknowledge(what="started", case=case.id)
    return case


async def answer(place: Place, store: Store, case: CaseRow, number: int, dice: random.Random) -> None:
    drafted = await store.save_drafts(case, case.revision, {"n": number})
    if dice.random() < 0.3:
        staged = await store.stage_file(drafted, "photo", "image/png", f"{case.id} {number}".encode() * 200)
        async with store.transaction() as tx:
            await tx.add_file(drafted, staged)
        place.acknowledge(what="photo", case=case.id, file=staged.id, n=number)
    answers = [*case.document["answers"], number]
    job = NewJob("deliver", f"{case.id}:{number}", {"case": case.id, "n": number})
    await store.save_case(
        replace(drafted, document={"answers": answers}, drafts={}),
        drafted.revision,
        [event(store, "answered", n=number)],
        [job],
    )
    place.acknowledge(what="answered", case=case.id, n=number)


async def submit(place: Place, store: Store, case: CaseRow) -> None:
    async with store.transaction() as tx:
        found = await tx.load_case(id=case.id)
        assert found is not None
        await tx.save_case(replace(found, state="done", open=False), found.revision, [event(store, "submitted")])
        await tx.open_task(case.id, "8001", "review")
    place.acknowledge(what="submitted", case=case.id)


def delivering(place: Place):
    """Hands the answer to the world outside, which knows each key once."""

    async def deliver(job: JobRow) -> None:
        with closing(sqlite3.connect(place.receiver, timeout=10)) as receiver, receiver:
            receiver.execute("CREATE TABLE IF NOT EXISTS got (key TEXT PRIMARY KEY, what TEXT, times INTEGER)")
            receiver.execute(
                "INSERT INTO got VALUES (?, ?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1",
                (job.key, f"{job.payload['case']}:{job.payload['n']}"),
            )

    return deliver


def enough(place: Place) -> bool:
    """Something has happened that can have been lost."""
    told = [line["what"] for line in place.acknowledged()]
    return len(told) > 50 and told.count("answered") > 20


async def check(place: Place) -> None:
    """After the last kill: what clients were told is true, everything is whole, and all of it arrives once."""
    store = await opened(place)
    worker = Worker(store, {"deliver": delivering(place)}, name="last", lease=LEASE)
    while await store.next_job_at() is not None:
        if not await worker.run_due():
            await asyncio.sleep(0.05)

    ids = [row["id"] for row in await store.database.read(Sql("SELECT id FROM cases ORDER BY number"))]
    cases = {id: await store.case(id=id) for id in ids}
    expected = set()
    for id, case in cases.items():
        assert case is not None
        events = await store.events(id)
        answered = [e.data["n"] for e in events if e.kind == "answered"]
        assert answered == case.document["answers"] == list(range(1, len(answered) + 1))
        assert await store.verify_chain(id) == []
        assert [e.kind for e in events].count("submitted") == (0 if case.open else 1)
        assert len(await store.tasks_of(id)) == (0 if case.open else 1)
        assert sorted(job.key for job in await store.jobs_of(id)) == sorted(f"{id}:{n}" for n in answered)
        assert all(job.state == "done" for job in await store.jobs_of(id))
        expected |= {f"{id}:{n}" for n in answered}

    told = place.acknowledged()
    for line in told:
        case = cases[line["case"]]
        assert case is not None
        if line["what"] == "answered":
            assert line["n"] in case.document["answers"]
        elif line["what"] == "submitted":
            assert not case.open
        elif line["what"] == "photo":
            found = await store.file(line["case"], line["file"])
            assert found is not None and found[1] == f"{line['case']} {line['n']}".encode() * 200
    days = {case.number.rsplit("-", 1)[0] for case in cases.values() if case}
    for day in days:
        numbers = [int(case.number.rsplit("-", 1)[1]) for case in cases.values() if case and case.number.startswith(day)]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))

    with closing(sqlite3.connect(place.receiver)) as receiver:
        got = receiver.execute("SELECT key, what FROM got").fetchall()
    assert {key for key, _ in got} == expected
    assert sorted(what for _, what in got) == sorted(expected)
    await store.close()
    assert enough(place) and len(expected) > 20, "The story was killed before anything could happen."
