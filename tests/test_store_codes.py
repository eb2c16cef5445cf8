"""One-time codes and limits: an attacker gets few tries, whatever they do at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from banli.store import Allowed, Capped, Sql, Store, Wait

PHONE = "13800138000"


async def sent(store: Store, code: str = "246813", target: str = PHONE, **options: Any) -> Allowed | Wait | Capped:
    return await store.new_code("login", target, "session 1", code, **options)


async def check(store: Store, code: str, purpose: str = "login", target: str = PHONE, session: str = "session 1") -> str:
    return await store.check_code(purpose, target, session, code)


async def test_the_right_code_counts_once(store: Store) -> None:
    assert await sent(store) == Allowed()
    assert await check(store, "246813") == "ok"
    assert await check(store, "246813") == "none"


async def test_a_code_is_good_for_its_purpose_number_and_session_only(store: Store) -> None:
    await sent(store)
    assert await check(store, "246813", purpose="change_phone") == "none"
    assert await check(store, "246813", target="13900139000") == "none"
    assert await check(store, "246813", session="session 2") == "none"
    assert await check(store, "246813") == "ok"


async def test_after_five_wrong_tries_the_right_code_is_worth_nothing(store: Store) -> None:
    await sent(store)
    assert [await check(store, f"00000{n}") for n in range(5)] == ["wrong"] * 4 + ["used_up"]
    assert await check(store, "246813") == "used_up"


async def test_fifty_guesses_at_once_are_five_tries(store: Store) -> None:
    await sent(store)
    answers = await asyncio.gather(*(check(store, f"{n:06d}") for n in range(50)))
    assert sorted(answers) == ["used_up"] * 46 + ["wrong"] * 4
    assert await check(store, "246813") == "used_up"


async def test_the_right_code_twice_at_once_counts_once(store: Store) -> None:
    await sent(store)
    assert sorted(await asyncio.gather(check(store, "246813"), check(store, "246813"))) == ["none", "ok"]


async def test_a_code_is_good_for_five_minutes(store: Store, clock) -> None:
    await sent(store)
    clock.forward(minutes=5)
    assert await check(store, "246813") == "expired"
    await sent(store, "135790")
    clock.forward(minutes=4, seconds=59)
    assert await check(store, "135790") == "ok"


async def test_a_number_gets_one_code_a_minute_from_whomever(store: Store, clock) -> None:
    assert await sent(store) == Allowed()
    clock.forward(seconds=20)
    assert await sent(store, "999999") == Wait(40)
    assert await store.new_code("other", PHONE, "session 2", "999999") == Wait(40)
    assert await sent(store, target="13900139000") == Allowed()
    assert await check(store, "246813") == "ok"  # the refused ones have not replaced it
    clock.forward(seconds=40)
    assert await sent(store, "135790") == Allowed()


async def test_a_newer_code_replaces_the_older_one(store: Store, clock) -> None:
    await sent(store)
    await check(store, "000000")
    clock.forward(minutes=1)
    await sent(store, "135790")
    assert await check(store, "246813") == "wrong"
    assert await check(store, "135790") == "ok"


async def test_a_number_gets_so_many_codes_a_day(store: Store, clock) -> None:
    for _ in range(3):
        assert await sent(store, daily=3) == Allowed()
        clock.forward(minutes=1)
    assert await sent(store, daily=3) == Capped(24 * 3600 - 180)
    clock.forward(hours=23, minutes=57)
    assert [await sent(store, daily=3), await sent(store, daily=3)] == [Allowed(), Wait(60)]
    clock.forward(minutes=1)
    assert await sent(store, daily=3) == Allowed()


async def test_of_many_requests_at_once_one_code_is_sent(store: Store) -> None:
    answers = await asyncio.gather(*(sent(store, f"{n:06d}") for n in range(8)))
    assert sorted(answers, key=repr) == [Allowed()] + [Wait(60)] * 7


async def test_neither_code_nor_number_is_in_the_tables(store: Store) -> None:
    await sent(store)
    rows = [
        dict(row) for table in ("codes", "code_targets") for row in await store.database.read(Sql(f"SELECT * FROM {table}"))
    ]
    assert len(rows) == 2 and "246813" not in repr(rows) and PHONE not in repr(rows)


async def test_a_limit_lets_so_many_through_in_its_window(store: Store, clock) -> None:
    window = timedelta(minutes=10)
    assert [await store.hit("login|1.2.3.4", 3, window) for _ in range(3)] == [Allowed()] * 3
    clock.forward(minutes=4)
    assert [await store.hit("login|1.2.3.4", 3, window) for _ in range(2)] == [Wait(360)] * 2
    assert await store.hit("login|5.6.7.8", 3, window) == Allowed()
    clock.forward(minutes=6)
    assert await store.hit("login|1.2.3.4", 3, window) == Allowed()


async def test_a_limit_holds_against_many_at_once(store: Store) -> None:
    answers = await asyncio.gather(*(store.hit("login", 5, timedelta(minutes=1)) for _ in range(20)))
    assert sorted(answers, key=repr) == [Allowed()] * 5 + [Wait(60)] * 15


async def test_a_limit_is_cleared_after_success(store: Store) -> None:
    window = timedelta(minutes=10)
    await store.hit("login", 1, window)
    await store.clear_limit("login")
    assert await store.hit("login", 1, window) == Allowed()


async def test_what_is_over_is_swept(store: Store, clock) -> None:
    await sent(store)
    await store.hit("login", 5, timedelta(minutes=1))
    assert await store.sweep() == {"sessions": 0, "codes": 0, "code_targets": 0, "limits": 0, "letters": 0, "jobs": 0}
    clock.forward(minutes=5)
    assert await store.sweep() == {"sessions": 0, "codes": 1, "code_targets": 0, "limits": 1, "letters": 0, "jobs": 0}
    clock.forward(days=1)
    assert await store.sweep() == {"sessions": 0, "codes": 0, "code_targets": 1, "limits": 0, "letters": 0, "jobs": 0}
