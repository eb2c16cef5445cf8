"""The two databases behave alike: transactions, cancelled requests, several processes, clear sentences."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from banli import store as store_package
from banli.store import Bus, Busy, Database, Sql, Store, StoreError
from banli.store.models import Case, Task
from banli.store.sql import Do
from store_kit import behind_the_back, blank_case, client_of, event, started

SOURCE = Path(store_package.__file__).parents[2]
COUNT = Sql("SELECT count(*) AS n FROM cases")
ADD_ONE = """
import asyncio, sys
from banli.store import Database, Sql
from banli.store.sql import Do
READ = Sql("SELECT value FROM counters WHERE id = 'c'", "FOR UPDATE")
WRITE = Sql("UPDATE counters SET value = ? WHERE id = 'c'")
async def main():
    database = await Database.open(sys.argv[1])
    for _ in range(40):
        async with database.transaction() as running:
            value = (await running.read(READ))[0]["value"]
            await asyncio.sleep(0)
            await running.run(Do(WRITE, (value + 1,)))
    await database.close()
asyncio.run(main())
"""


async def count(store: Store) -> int:
    return int((await store.database.read(COUNT))[0]["n"])


async def test_a_request_that_is_broken_off_leaves_nothing_behind(store: Store) -> None:
    written, never = asyncio.Event(), asyncio.Event()

    async def request() -> None:
        async with store.transaction() as tx:
            await tx.create_case(blank_case(store))
            written.set()
            await never.wait()

    task = asyncio.create_task(request())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(store) == 0
    await asyncio.wait_for(started(store), 60)  # the lock is free again


async def test_requests_broken_off_at_any_moment_lock_nobody_out(store: Store) -> None:
    case = await started(store)

    async def request() -> None:
        async with store.transaction() as tx:
            found = await tx.load_case(id=case.id)
            assert found is not None
            await tx.save_case(found, found.revision, [event(store)])

    for step in range(30):
        task = asyncio.create_task(request())
        await asyncio.sleep(step * 0.0002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(request(), 60)
    found = await store.case(id=case.id)
    assert found is not None and found.last_seq == found.revision == len(await store.events(case.id))
    assert await store.verify_chain(case.id) == []


async def test_a_transaction_that_does_nothing_locks_nothing(store: Store) -> None:
    async with store.transaction():
        await asyncio.wait_for(started(store), 60)


async def test_after_the_end_of_a_transaction_nothing_can_be_written_with_it(store: Store) -> None:
    async with store.transaction() as tx:
        pass
    with pytest.raises(StoreError, match="has ended"):
        await tx.create_case(blank_case(store))


async def test_several_statements_are_one_or_nothing(store: Store) -> None:
    case = await started(store)
    close = Do(Sql("UPDATE cases SET open = ? WHERE id = ?"), (False, case.id))
    with pytest.raises(StoreError, match="nobody"):
        await store.database.write(close, Do(Sql("DELETE FROM jobs WHERE id = ?"), ("x",), StoreError("nobody")))
    assert await store.case(id=case.id) == case


async def test_models_within_a_transaction_see_what_it_has_written(store: Store) -> None:
    async def fails() -> None:
        async with store.transaction() as tx:
            await tx.create_case(blank_case(store))
            with store.database.models():
                assert await Case.all().count() == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    with store.database.models():
        assert await Case.all().count() == 0


async def test_three_processes_that_read_and_then_write_lose_nothing(database_url: str) -> None:
    database = await Database.open(database_url)
    await database.write(Do(Sql("INSERT INTO counters (id, value) VALUES ('c', 0)")))
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ADD_ONE, database_url),
            env={"PYTHONPATH": str(SOURCE)},
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    assert [(await process.communicate())[1] for process in processes] == [b""] * 3
    assert (await database.read(Sql("SELECT value FROM counters")))[0]["value"] == 120
    await database.close()


async def test_when_the_server_goes_away_in_a_transaction_nobody_is_told_that_it_is_saved(
    postgres_database: str, keys_path: Path, tmp_path: Path
) -> None:
    store = await Store.open(postgres_database, f"file://{tmp_path}", keys_path)

    async def cut_off() -> None:
        async with store.transaction() as tx:
            await tx.create_case(blank_case(store))
            await behind_the_back(
                store,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            await asyncio.sleep(0.05)

    with pytest.raises(Busy):
        await cut_off()
    assert await count(store) == 0
    assert (await started(store)).revision == 1
    await store.close()


async def test_when_the_disk_is_full_nothing_is_saved_and_the_next_one_may_try(sqlite_url: str, keys_path: Path) -> None:
    store = await Store.open(sqlite_url, "file:///tmp", keys_path)
    pages = (await store.database.read(Sql("SELECT page_count AS n FROM pragma_page_count()")))[0]["n"]

    async def limit(most: int) -> None:
        await store.database.client.execute_query(f"PRAGMA max_page_count = {most}")

    await limit(pages + 2)
    with pytest.raises(Exception, match="disk is full"):
        await started(store, document={"a": os.urandom(100_000).hex()})
    await limit(pages + 1000)
    assert (await started(store)).revision == 1
    assert await count(store) == 1
    await store.close()


async def test_both_kinds_of_database_in_one_process(sqlite_url: str, postgres_database: str) -> None:
    small, large = await Database.open(sqlite_url), await Database.open(postgres_database)
    for database in (small, large, small):
        with database.models():
            assert await Task.filter(company__in=["8001"], case__number__contains="x").count() == 0
            assert await Case.filter(company="8001").exists() is False
    await small.close()
    await large.close()


async def test_a_database_answers_until_it_is_closed(store: Store) -> None:
    await store.ping()
    await store.close()
    with pytest.raises(StoreError):
        await store.ping()
    with pytest.raises(StoreError):
        await started(store)


async def test_the_file_of_an_embedded_database_is_for_its_owner_only(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)
    path = Path("/" + sqlite_url.removeprefix("sqlite:///").lstrip("/"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await database.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://host/db", "There is no database kind 'mysql'. Write sqlite:///path or postgresql://host/name."),
        ("sqlite://:memory:", "Write the database as sqlite:///absolute/path.db; it must be a file."),
        ("sqlite:///", "Write the database as sqlite:///absolute/path.db; it must be a file."),
        ("postgresql://h/d?sslmod=x", "The database URL has an unknown option 'sslmod'. Known: host, port, pool."),
    ],
)
async def test_a_wrong_address_is_told(url: str, sentence: str) -> None:
    with pytest.raises(StoreError) as told:
        await Database.open(url)
    assert str(told.value) == sentence


async def test_a_database_that_is_away_is_told() -> None:
    with pytest.raises(Busy, match="The database cannot be reached"):
        await Database.open("postgresql://nobody@127.0.0.1:1/none")


async def test_a_closed_file_is_whole_without_the_log_beside_it(tmp_path: Path, keys_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'new' / 'banli.db'}", "file:///tmp", keys_path)
    case = await started(store)
    await store.close()
    (tmp_path / "copy.db").write_bytes((tmp_path / "new" / "banli.db").read_bytes())
    copy = await Store.open(f"sqlite:///{tmp_path / 'copy.db'}", "file:///tmp", keys_path)
    assert await copy.case(id=case.id) == case
    await copy.close()


async def test_a_wrong_blob_store_is_told(sqlite_url: str, keys_path: Path) -> None:
    with pytest.raises(StoreError) as told:
        await Store.open(sqlite_url, "ftp://x", keys_path)
    assert str(told.value) == "There is no blob store kind 'ftp'. Write file:///folder or s3://bucket/prefix."


async def test_a_folder_that_cannot_be_written_to_is_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    await store.blobs.ping()
    if os.geteuid() != 0:  # root may write everywhere
        (tmp_path / "blobs").chmod(0o500)
        with pytest.raises(StoreError, match="cannot be written to"):
            await store.ping()


async def test_a_slow_listener_loses_the_oldest_messages_and_knows_it() -> None:
    bus = Bus()
    with bus.subscribe("a", room=2) as inbox, bus.subscribe("a", "b") as other:
        for number in range(4):
            bus.publish("a", {"n": number})
        bus.publish("b", {})
        assert [await inbox.get(0) for _ in range(3)] == [("a", {"n": 2}), ("a", {"n": 3}), None]
        assert inbox.missed == 2
        assert len([await other.get(0) for _ in range(5)]) == 5
    bus.publish("a", {})
    assert await inbox.get(0) is None


async def test_a_listener_is_woken_by_a_message() -> None:
    bus = Bus()
    with bus.subscribe("a") as inbox:
        waiting = asyncio.create_task(inbox.get(60))
        await asyncio.sleep(0)
        bus.publish("a", {"n": 1})
        assert await waiting == ("a", {"n": 1})


async def test_a_whole_answer_costs_little(store: Store) -> None:
    """Reading session and case, and saving the answer, stays a small part of a request (figures: README)."""
    case = await started(store, client=client_of(store, "quick"))
    session = await store.new_session("client", lasts=timedelta(hours=1))
    await store.save_case(case, 1, [event(store)])
    begun = time.process_time()
    for _ in range(50):
        assert await store.session(session.token) is not None
        found = await store.case(id=case.id)
        assert found is not None
        await store.save_case(replace(found, document={"a": "x" * 2000}), found.revision, [event(store)])
    assert (time.process_time() - begun) / 50 < 0.01
