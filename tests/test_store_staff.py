"""The people at the desk, and what was published."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from banli.store import Sql, StaffRow, Store, StoreError, Taken, guards
from store_kit import behind_the_back, event, hired, started


async def anna(store: Store, company: str = "8001") -> StaffRow:
    return await hired(store, company, "anna", "安娜", "reviewer", "auditor", totp="JBSWY3DPEHPK3PXP")


async def change(store: Store, row: StaffRow) -> None:
    async with store.transaction() as tx:
        await tx.change_staff(row, "operator", "changed")


async def test_a_member_of_staff_is_found_again(store: Store) -> None:
    row = await anna(store)
    assert await store.staff(row.id) == row
    assert await store.staff_by_login("8001", "anna") == row
    assert await store.staff_by_login("8002", "anna") is None
    assert await store.staff("nobody") is None
    bert = await hired(store, "8001", "bert", "贝特", "agent")
    assert await store.staff_of("8001") == [row, bert]
    assert row.roles == ("reviewer", "auditor") and bert.totp_secret is None
    assert "JBSWY3DPEHPK3PXP" not in repr(row) and "argon2" not in repr(row)


async def test_a_login_is_given_once_in_a_company(store: Store) -> None:
    await anna(store)
    with pytest.raises(Taken, match="the login 'anna' at company 8001"):
        await anna(store)
    assert (await anna(store, "8002")).company == "8002"


async def test_what_changes_about_somebody_is_saved(store: Store, clock) -> None:
    row = await anna(store)
    changed = replace(row, name="Anna", roles=("configurer",), password_hash="$new", totp_secret="OTHER", disabled=True)
    await change(store, changed)
    assert await store.staff(row.id) == changed
    with pytest.raises(StoreError, match="no such member"):
        await change(store, replace(row, id="nobody"))
    with pytest.raises(ValueError, match="one word"):
        await change(store, replace(row, roles=("two words",)))


async def test_totp_secrets_are_sealed(store: Store) -> None:
    await anna(store)
    assert b"JBSWY3DPEHPK3PXP" not in bytes((await store.database.read(Sql("SELECT sealed_totp FROM staff")))[0]["sealed_totp"])


async def test_a_totp_step_is_good_once_and_never_an_earlier_one(store: Store) -> None:
    row = await anna(store)
    assert sorted(await asyncio.gather(*(store.use_totp_step(row.id, 59) for _ in range(3)))) == [False, False, True]
    assert await store.use_totp_step(row.id, 58) is False
    assert await store.use_totp_step(row.id, 60) is True


async def test_failures_are_counted_and_lock(store: Store, clock) -> None:
    row = await anna(store)
    assert sorted(await asyncio.gather(*(store.staff_failed(row.id) for _ in range(3)))) == [1, 2, 3]
    await store.lock_staff(row, clock() + timedelta(minutes=15))
    found = await store.staff(row.id)
    assert found is not None and (found.failures, found.locked_until) == (3, clock() + timedelta(minutes=15))
    await store.staff_signed_in(row)
    assert await store.staff(row.id) == replace(row, signed_in_at=clock())
    assert [(one.actor, one.kind) for one in await store.staff_events(staff=row.id)] == [
        (f"staff:{row.id}", "signed_in"),
        ("system", "locked"),
        ("operator", "added"),
    ]
    assert await store.staff_failed("nobody") == 0


async def test_what_is_changed_about_an_account_leaves_a_line_that_nobody_takes_away(store: Store, clock) -> None:
    row = await anna(store)
    changed = replace(row, branches=("b01", "b02"), email="anna@example.com", phone="13900010001", invite="f" * 64,
                      invite_for="code", invite_until=clock() + timedelta(days=1), invite_secret="JBSWY3DPEHPK3PXQ")  # fmt: skip
    async with store.transaction() as tx:
        assert await tx.roster("8001") == [row]
        await tx.change_staff(changed, "operator", "changed", "b01 b02")
    assert await store.staff_by_invite("f" * 64) == changed == await store.staff(row.id)
    assert await store.staff_by_invite("") is None
    told = await store.staff_events(company="8001")
    assert [(one.staff, one.at, one.actor, one.kind, one.note) for one in told] == [
        (row.id, clock(), "operator", "changed", "b01 b02"),
        (row.id, clock(), "operator", "added", ""),
    ]
    assert await store.staff_events(company="8001", before=told[0].id) == told[1:]
    for statement in ("UPDATE staff_events SET actor = 'x'", "DELETE FROM staff_events"):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match=guards.KEPT):
            await behind_the_back(store, statement)
    whole = repr(await store.database.read(Sql("SELECT * FROM staff")))
    assert "anna@example.com" not in whole and "13900010001" not in whole and "JBSWY3DPEHPK3PXQ" not in whole
    store.vault.rotate()
    assert await store.rewrap() == 3
    assert await store.staff(row.id) == changed


async def test_ending_the_sessions_of_somebody_can_spare_one(store: Store) -> None:
    row = await anna(store)
    one, other = [await store.new_session("staff", "8001", row.id, {}, lasts=timedelta(hours=1)) for _ in "12"]
    async with store.transaction() as tx:
        await tx.sign_out_staff(row, one.id)
    assert await store.session(one.token) is not None and await store.session(other.token) is None
    async with store.transaction() as tx:
        await tx.sign_out_staff(row)
    assert await store.session(one.token) is None


async def test_an_edition_is_put_once_and_kept(store: Store, clock) -> None:
    bundle = {"flow": {"title": "我的基本资料", "steps": [{"n": n} for n in range(200)]}}
    assert await store.put_edition("a" * 64, "8001", "basic_info_change", bundle) is True
    assert await store.put_edition("a" * 64, "8001", "basic_info_change", {"other": 1}) is False
    assert await store.edition("a" * 64) == bundle
    assert await store.edition("b" * 64) is None
    first = clock()
    clock.forward(days=1)
    await store.put_edition("b" * 64, "8001", "basic_info_change", {})
    assert await store.editions_of("8001", "basic_info_change") == [("b" * 64, clock()), ("a" * 64, first)]


async def test_editions_with_open_cases_are_counted(store: Store) -> None:
    case = await started(store, edition="a" * 64)
    await started(store, edition="a" * 64, client="another")
    await started(store, edition="b" * 64, client="a third")
    await started(store, edition="b" * 64, company="8002")
    assert await store.open_cases_by_edition("8001", "basic_info_change") == {"a" * 64: 2, "b" * 64: 1}
    await store.save_case(replace(case, open=False), 1, [event(store, "abandoned")])
    assert await store.open_cases_by_edition("8001", "basic_info_change") == {"a" * 64: 1, "b" * 64: 1}
