"""The events of a case: in order, unreadable without its key, and whoever changes them is found out."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from banli.store import EventRow, Sql, Store, Tampered
from banli.store.guards import KEPT
from store_kit import behind_the_back, event, started

UNGUARDED = {
    "sqlite": ("DROP TRIGGER events_not_changed", "DROP TRIGGER events_not_deleted"),
    "postgresql": ("DROP TRIGGER events_kept ON events",),
}


async def case_with_events(store: Store, clock: Any, count: int = 5) -> Any:
    case = await started(store)
    for number in range(2, count + 1):
        clock.forward(seconds=1)
        case = await store.save_case(case, case.revision, [event(store, "answered", n=number)])
    return case


async def unguarded(store: Store) -> None:
    """Somebody who owns the database takes the triggers away first."""
    for statement in UNGUARDED[store.database.dialect]:
        await behind_the_back(store, statement)


async def test_events_come_back_in_order_with_what_they_say(store: Store, clock) -> None:
    case = await case_with_events(store, clock, 3)
    begin = clock() - timedelta(seconds=2)
    assert await store.events(case.id) == [
        EventRow(seq=1, at=begin, actor="client", kind="started", data={}),
        EventRow(seq=2, at=begin + timedelta(seconds=1), actor="client", kind="answered", data={"n": 2}),
        EventRow(seq=3, at=begin + timedelta(seconds=2), actor="client", kind="answered", data={"n": 3}),
    ]
    assert await store.verify_chain(case.id) == []


async def test_several_events_of_one_save_follow_each_other(store: Store) -> None:
    case = await started(store)
    case = await store.save_case(case, 1, [event(store, "a"), event(store, "b"), event(store, "c")])
    assert [(e.seq, e.kind) for e in await store.events(case.id)] == [(1, "started"), (2, "a"), (3, "b"), (4, "c")]
    assert case.last_seq == 4
    assert await store.verify_chain(case.id) == []


@pytest.mark.parametrize("statement", ["UPDATE events SET kind = 'approved'", "DELETE FROM events"])
async def test_the_database_refuses_to_change_or_delete_events(store: Store, clock, statement: str) -> None:
    await case_with_events(store, clock)
    import asyncpg

    with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match=KEPT):
        await behind_the_back(store, statement)


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE events SET actor = 'staff:1' WHERE seq = 3", [3]),
        ("UPDATE events SET kind = 'approved' WHERE seq = 3", [3]),
        ("UPDATE events SET at = at + 1 WHERE seq = 3", [3]),
        ("UPDATE events SET hash = replace(hash, substr(hash, 1, 8), '00000000') WHERE seq = 3", [3, 4]),
        ("DELETE FROM events WHERE seq = 3", [3, 4]),
        ("DELETE FROM events WHERE seq = 5", [5]),
        ("DELETE FROM events", [1, 2, 3, 4, 5]),
        ("UPDATE events SET seq = seq + 1 WHERE seq = 5", [5, 6]),
    ],
)
async def test_the_chain_shows_where_somebody_was_at_it(store: Store, clock, tampering: str, broken: list[int]) -> None:
    case = await case_with_events(store, clock)
    await unguarded(store)
    await behind_the_back(store, tampering)
    assert await store.verify_chain(case.id) == broken


async def test_a_changed_byte_of_an_event_is_found_by_chain_and_seal(store: Store, clock) -> None:
    case = await case_with_events(store, clock)
    await unguarded(store)
    rows = await store.database.read(Sql("SELECT sealed_data FROM events WHERE seq = 2"))
    sealed = bytearray(rows[0]["sealed_data"])
    sealed[-1] ^= 1
    await behind_the_back(store, "UPDATE events SET sealed_data = ? WHERE seq = 2", bytes(sealed))
    assert await store.verify_chain(case.id) == [2]
    with pytest.raises(Tampered):
        await store.events(case.id)


async def test_who_rewrites_the_whole_chain_cannot_make_the_case_agree(store: Store, clock) -> None:
    """Without the key ring nobody can seal the document together with another head."""
    from banli.store.events import first_link, link

    case = await case_with_events(store, clock, 2)
    await unguarded(store)
    rows = await store.database.read(Sql("SELECT seq, at, actor, kind, sealed_data FROM events ORDER BY seq"))
    head = first_link(case.id)
    for row in rows:
        head = link(head, row["seq"], row["at"], "staff:9", row["kind"], row["sealed_data"])
        await behind_the_back(store, "UPDATE events SET actor = 'staff:9', hash = ? WHERE seq = ?", head, row["seq"])
    await behind_the_back(store, "UPDATE cases SET head = ?", head)
    assert await store.verify_chain(case.id) == [0]
    with pytest.raises(Tampered):
        await store.case(id=case.id)
