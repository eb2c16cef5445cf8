"""Cases in the store: what clients answered is kept, sealed, and never overwritten unseen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from banli.store import AlreadyOpen, Conflict, Forgotten, NewJob, Sql, Store, Tampered
from banli.store.bus import CASE_CHANGED, JOB_READY
from store_kit import behind_the_back, blank_case, client_of, event, started


async def test_a_case_comes_back_as_it_was_saved(store: Store) -> None:
    case = await started(store, drafts={"id_validity": {"until": "2031-01-01"}})
    assert await store.case(id=case.id) == case
    assert await store.case(number=case.number) == case
    assert await store.open_case("8001", case.client) == case
    assert (case.revision, case.last_seq) == (1, 1)


async def test_nobody_is_found_where_nobody_is(store: Store) -> None:
    assert await store.case(id="nothing") is None
    assert await store.case(number="8001-20261123-000001") is None
    assert await store.open_case("8001", "nobody") is None
    assert await store.cases_of("8001", "nobody") == []
    assert await store.events("nothing") == []


async def test_an_answer_is_saved_with_its_event_and_jobs(store: Store, clock) -> None:
    case = await started(store)
    clock.forward(minutes=1)
    changed = replace(case, document={"answers": {"contact_phone": "0571-88888888"}}, drafts={"other": 1}, state="open")
    saved = await store.save_case(changed, case.revision, [event(store, phone="new")], [NewJob("notify", "k1")])
    assert await store.case(id=case.id) == saved
    assert (saved.revision, saved.last_seq, saved.updated_at) == (2, 2, clock())
    assert [(e.seq, e.kind, e.data) for e in await store.events(case.id)] == [
        (1, "started", {}),
        (2, "answered", {"phone": "new"}),
    ]
    assert [job.key for job in await store.jobs_of(case.id)] == ["k1"]


async def test_a_second_phone_never_overwrites_what_the_first_has_saved(store: Store) -> None:
    """R-106: the later of two writes over the same revision is told, and nothing of it is kept."""
    case = await started(store)
    first, second = replace(case, document={"by": "first"}), replace(case, document={"by": "second"})
    await store.save_case(first, case.revision, [event(store)])
    with pytest.raises(Conflict):
        await store.save_case(second, case.revision, [event(store)], [NewJob("notify", "k1")])
    with pytest.raises(Conflict):
        await store.save_drafts(second, case.revision, {"typed": "late"})
    with pytest.raises(Conflict):
        async with store.transaction() as tx:
            await tx.save_case(second, case.revision, [event(store)])
    now = await store.case(id=case.id)
    assert now is not None and (now.document, now.drafts, now.revision) == ({"by": "first"}, {}, 2)
    assert len(await store.events(case.id)) == 2
    assert await store.jobs_of(case.id) == []


async def test_of_ten_clicks_at_once_exactly_one_counts(store: Store) -> None:
    case = await started(store)

    async def click(number: int) -> bool:
        try:
            await store.save_case(replace(case, document={"n": number}), case.revision, [event(store)])
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(click(number) for number in range(10)))) == 1
    assert len(await store.events(case.id)) == 2
    assert await store.verify_chain(case.id) == []


async def test_drafts_are_kept_without_a_new_revision_or_event(store: Store) -> None:
    case = await started(store)
    drafted = await store.save_drafts(case, case.revision, {"contact_phone": {"contact_phone": "139"}})
    found = await store.case(id=case.id)
    assert found == drafted
    assert (found.revision, found.last_seq) == (1, 1)
    async with store.transaction() as tx:
        await tx.save_drafts(found, found.revision, {})
    found = await store.case(id=case.id)
    assert found is not None and found.drafts == {}


async def test_a_client_has_one_open_case_at_a_company(store: Store, clock) -> None:
    """R-104: the database itself refuses a second one."""
    case = await started(store)
    with pytest.raises(AlreadyOpen):
        await started(store)
    assert (await started(store, company="8002")).company == "8002"
    assert (await started(store, client=client_of(store, "another"))).revision == 1
    await store.save_case(replace(case, open=False, state="abandoned"), case.revision, [event(store, "abandoned")])
    clock.forward(minutes=1)
    again = await started(store)
    assert [c.id for c in await store.cases_of("8001", case.client)] == [again.id, case.id]


async def test_of_two_starts_at_once_one_is_refused(store: Store) -> None:
    results = await asyncio.gather(*(started(store) for _ in range(4)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyOpen"] * 3 + ["CaseRow"]
    assert len(await store.cases_of("8001", client_of(store))) == 1


async def test_numbers_count_up_for_each_company_and_day(store: Store) -> None:
    async def number(company: str, day: date) -> str:
        async with store.transaction() as tx:
            return await tx.new_case_number(company, day)

    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    given = await asyncio.gather(*(number("8001", monday) for _ in range(8)))
    assert sorted(given) == [f"8001-20261123-{n:06d}" for n in range(1, 9)]
    assert await number("8001", tuesday) == "8001-20261124-000001"
    assert await number("8002", monday) == "8002-20261123-000001"


async def test_a_number_of_a_start_that_failed_is_given_again(store: Store) -> None:
    async def fails() -> None:
        async with store.transaction() as tx:
            await tx.new_case_number("8001", date(2026, 11, 23))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    async with store.transaction() as tx:
        assert await tx.new_case_number("8001", date(2026, 11, 23)) == "8001-20261123-000001"


async def test_what_leaves_the_block_with_an_exception_has_not_happened(store: Store) -> None:
    async def fails() -> None:
        async with store.transaction() as tx:
            case = await tx.create_case(blank_case(store))
            await tx.open_task(case.id, "8001", "review")
            assert (await tx.load_case(id=case.id)) is not None
            raise RuntimeError

    with store.bus.subscribe(CASE_CHANGED) as inbox, pytest.raises(RuntimeError):
        await fails()
    assert await store.cases_of("8001", client_of(store)) == []
    assert (await store.tasks(["8001"])).count == 0
    assert await inbox.get(0) is None


async def test_a_locked_case_waits_for_the_transaction_that_has_it(store: Store) -> None:
    case = await started(store)
    order = []

    async def change(name: str) -> None:
        async with store.transaction() as tx:
            found = await tx.load_case(id=case.id)
            assert found is not None
            order.append(f"{name} reads {found.revision}")
            await asyncio.sleep(0.02)
            await tx.save_case(found, found.revision, [event(store)])
            order.append(f"{name} saves")

    await asyncio.gather(change("a"), change("b"))
    assert order == ["a reads 1", "a saves", "b reads 2", "b saves"]


async def test_the_bus_hears_of_a_change_once_it_is_committed(store: Store) -> None:
    with store.bus.subscribe(CASE_CHANGED, JOB_READY) as inbox:
        async with store.transaction() as tx:
            case = await tx.create_case(blank_case(store), [], [NewJob("notify", "k")])
            assert await inbox.get(0) is None
        await store.save_case(case, case.revision)
        heard = [await inbox.get(0) for _ in range(3)]
    assert heard == [
        (CASE_CHANGED, {"case": case.id, "company": "8001", "revision": 1}),
        (JOB_READY, {"kind": "notify"}),
        (CASE_CHANGED, {"case": case.id, "company": "8001", "revision": 2}),
    ]


async def test_personal_data_is_nowhere_to_be_read(store: Store, tmp_path: Path) -> None:
    secrets = ["张三丰", "13912345678", "11010519491231002X"]
    case = await started(
        store,
        client=client_of(store, secrets[2]),
        document={"name": secrets[0], "phone": secrets[1]},
        drafts={"id": secrets[2]},
    )
    case = await store.save_case(case, 1, [event(store, name=secrets[0])], [NewJob("sms", "k", {"to": secrets[1]})])
    staged = await store.stage_file(case, "id_front", "image/png", secrets[0].encode() * 100, f"{secrets[0]}.png")
    async with store.transaction() as tx:
        await tx.add_file(case, staged)
    await store.new_code("login", secrets[1], "s", "246813")
    await store.hit(f"login|{secrets[2]}", 5, timedelta(hours=1))
    assert not any(
        secret in repr(thing) for thing in (case, staged, store, *await store.jobs_of(case.id)) for secret in secrets
    )
    if store.database.dialect == "sqlite":
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    else:
        kept = b""
        for table in ("cases", "events", "files", "jobs", "codes", "code_targets", "limits"):
            kept += repr([dict(row) for row in await store.database.read(Sql(f"SELECT * FROM {table}"))]).encode()
        kept += b"".join(path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    assert len(kept) > 1000
    assert [secret for secret in [*secrets, "246813"] if secret.encode() in kept] == []


@pytest.mark.parametrize("column", ["sealed_document", "sealed_drafts", "sealed_key"])
async def test_a_changed_byte_is_told(store: Store, column: str) -> None:
    case = await started(store, drafts={"a": 1})

    sealed = bytes((await store.database.read(Sql(f"SELECT {column} FROM cases WHERE id = ?"), case.id))[0][column])
    for at in (0, 4, 5, len(sealed) // 2, len(sealed) - 1):
        broken = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        await behind_the_back(store, f"UPDATE cases SET {column} = ? WHERE id = ?", broken, case.id)
        with pytest.raises(Tampered):
            await store.case(id=case.id)
    await behind_the_back(store, f"UPDATE cases SET {column} = ? WHERE id = ?", sealed, case.id)
    assert await store.case(id=case.id) == case


async def test_the_data_of_one_client_cannot_be_put_into_the_case_of_another(store: Store) -> None:
    one, two = await started(store), await started(store, client=client_of(store, "two"))

    row = (await store.database.read(Sql("SELECT sealed_document, sealed_key FROM cases WHERE id = ?"), one.id))[0]
    await behind_the_back(
        store,
        "UPDATE cases SET sealed_document = ?, sealed_key = ? WHERE id = ?",
        bytes(row["sealed_document"]),
        bytes(row["sealed_key"]),
        two.id,
    )
    with pytest.raises(Tampered):
        await store.case(id=two.id)


async def test_a_forgotten_case_is_readable_for_nobody_and_its_chain_still_whole(store: Store, clock) -> None:
    clock.now = datetime.now(UTC)  # files carry the machine's time
    case = await started(store)
    staged = await store.stage_file(case, "id_front", "image/png", b"picture")
    async with store.transaction() as tx:
        await tx.add_file(case, staged)
    with pytest.raises(ValueError, match="Close it first"):
        async with store.transaction() as tx:
            await tx.forget_case(case, case.revision)
    case = await store.save_case(replace(case, open=False, state="done"), case.revision, [event(store, "done")])
    async with store.transaction() as tx:
        await tx.forget_case(case, case.revision, [event(store, "forgotten", why="retention")])
    gone = await store.case(id=case.id)
    assert gone is not None and gone.forgotten and (gone.document, gone.drafts, gone.state) == ({}, {}, "done")
    assert [(e.kind, e.data) for e in await store.events(case.id)] == [("started", {}), ("done", {}), ("forgotten", {})]
    assert await store.verify_chain(case.id) == []
    assert await store.file(case.id, staged.id) is None
    assert await store.files_of(case.id) == []
    with pytest.raises(Forgotten):
        await store.save_case(gone, gone.revision)
    clock.forward(days=2)
    assert await store.sweep_files() == 1
