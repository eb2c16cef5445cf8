"""Releases in the store: in order, decided once, with a trail that nobody can change; on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from banli.store import Conflict, ReleaseEvent, ReleaseRow, Store, guards, new_id
from store_kit import behind_the_back, started


def release(store: Store, number: int = 1, **changes: Any) -> ReleaseRow:
    now = store.clock()
    return ReleaseRow(
        **{
            "id": new_id(now), "company": "8001", "business": "basic_info_change", "number": number, "edition": "a" * 64,
            "replaces": "", "effective_at": now, "state": "approved", "verdict": "safe", "open_cases": 0, "note": "",
            "proposed_by": "staff:1", "proposed_at": now, **changes,
        }
    )  # fmt: skip


async def added(store: Store, row: ReleaseRow) -> ReleaseRow:
    async with store.transaction() as tx:
        return await tx.add_release(row, ReleaseEvent(store.clock(), row.proposed_by, "proposed", row.note))


async def test_a_release_is_read_as_it_was_written(store: Store, clock: Any) -> None:
    first = await added(store, release(store, note="Neue Stunden 新的时间", effective_at=None, state="proposed"))
    clock.forward(hours=1)
    other = await added(store, release(store, company="8002", edition="", verdict="needs_mapping", open_cases=7))
    assert await store.release(first.id) == first
    assert await store.release("0" * 32) is None
    assert await store.releases_of("8002", "basic_info_change") == [other]
    assert await store.releases_at("8001") == [first]
    assert await store.approved_releases() == [other]


async def test_of_two_who_publish_a_business_at_once_one_comes_first(store: Store) -> None:
    """Both have seen the same releases, so both have the same next number."""
    said = await asyncio.gather(*(added(store, release(store, edition=e * 64)) for e in "ab"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in said) == ["Conflict", "ReleaseRow"]
    assert len(await store.releases_of("8001", "basic_info_change")) == 1
    assert await store.release_age() == 1


async def test_several_releases_are_written_together_or_not_at_all(store: Store) -> None:
    await added(store, release(store))

    async def both() -> None:
        async with store.transaction() as tx:
            for row in (release(store, company="8002"), release(store)):
                await tx.add_release(row, ReleaseEvent(store.clock(), "operator", "published"))

    with pytest.raises(Conflict):
        await both()
    assert await store.releases_of("8002", "basic_info_change") == []
    assert await store.release_age() == 1


async def test_a_release_is_decided_once(store: Store, clock: Any) -> None:
    row = await added(store, release(store, state="proposed", effective_at=None))
    clock.forward(minutes=5)
    decided = {"decided_by": "staff:2", "decided_at": clock()}
    events = {state: ReleaseEvent(clock(), "staff:2", state, "because") for state in ("approved", "refused")}
    todo = [replace(row, state="approved", effective_at=clock(), **decided), replace(row, state="refused", **decided)]

    async def decide(after: ReleaseRow) -> ReleaseRow:
        async with store.transaction() as tx:
            return await tx.decide_release(after, "proposed", events[after.state])

    said = await asyncio.gather(*(decide(after) for after in todo), return_exceptions=True)
    assert sorted(type(one).__name__ for one in said) == ["Conflict", "ReleaseRow"]
    kept = next(one for one in said if isinstance(one, ReleaseRow))
    assert await store.release(row.id) == kept
    trail = await store.release_events(row.id)
    assert trail == [ReleaseEvent(row.proposed_at, "staff:1", "proposed"), events[kept.state]]
    assert await store.release_age() == 2


@pytest.mark.parametrize(
    "sql",
    ["UPDATE release_events SET actor = 'staff:9'", "DELETE FROM release_events", "DELETE FROM releases"],
)
async def test_the_trail_cannot_be_changed_even_with_the_databases_password(store: Store, sql: str) -> None:
    await added(store, release(store))
    with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match=guards.KEPT):
        await behind_the_back(store, sql)
    assert await store.release_age() == 1


async def test_open_cases_are_counted_by_edition_of_a_business(store: Store) -> None:
    await started(store, edition="a" * 64)
    await started(store, edition="a" * 64, company="8002")
    await started(store, edition="b" * 64, client="c" * 32)
    await started(store, edition="b" * 64, client="d" * 32, open=False, state="done")
    await started(store, edition="b" * 64, client="e" * 32, business="other")
    assert await store.open_cases_by_edition("8001", "basic_info_change") == {"a" * 64: 1, "b" * 64: 1}
