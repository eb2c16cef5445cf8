"""The people at the desk sign in: password and code, on both databases."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from banli.counters import Firm
from banli.errors import Problem
from banli.staff import DEMO_PASSWORD, Account, Member, Staff, make_demo_staff, totp_now
from banli.staffing import Person, Staffing

PASSWORD = "a long enough secret"
WRONG = Problem("", "sign_in_wrong")
HERE = "192.0.2.1"


@pytest.fixture
async def staff(store: Any, clock: Any) -> Staff:
    return Staff(store, clock)


async def hire(staff: Staff, login: str = "li", roles: tuple[str, ...] = ("reviewer",), company: str = "8001") -> Account:
    made = await staff.add(company, login, "Li", roles, PASSWORD)
    assert isinstance(made, Account)
    return made


async def shut(staff: Staff, login: str) -> None:
    row = await staff.store.staff_by_login("8001", login)
    assert row is not None
    assert isinstance(await Staffing(staff, lambda: {"8001": Firm("8001", "", {})}).shut(None, row.id), Person)


async def test_a_reviewer_signs_in_with_password_and_code(staff: Staff, clock: Any) -> None:
    account = await hire(staff)
    member = await staff.sign_in("8001", "Li ", PASSWORD, totp_now(account.totp_secret, clock()), HERE)
    assert isinstance(member, Member)
    assert (member.company, member.login, member.name, member.roles) == ("8001", "li", "Li", ("reviewer",))
    assert await staff.member(member.token) == member
    assert account.uri.startswith("otpauth://totp/Banli:li%408001?secret=")
    await staff.leave(member)
    assert await staff.member(member.token) is None


async def test_everything_that_can_be_wrong_gets_the_same_answer(staff: Staff, clock: Any) -> None:
    """Nobody learns whether a login exists, whether it was the password, or whether the account is shut."""
    account = await hire(staff)
    await hire(staff, "wang")
    await shut(staff, "wang")
    code = totp_now(account.totp_secret, clock())
    tries = {
        "another company": ("8002", "li", PASSWORD, code),
        "unknown": ("8001", "nobody", PASSWORD, code),
        "password": ("8001", "li", "not this password", code),
        "code": ("8001", "li", PASSWORD, "000000"),
        "no code": ("8001", "li", PASSWORD, ""),
        "letters": ("8001", "li", PASSWORD, "١٢٣٤٥٦"),
        "disabled": ("8001", "wang", PASSWORD, code),
        "huge": ("8001", "li", "x" * 100_000, code),
        "NUL": ("8001", "li\0", PASSWORD, code),
    }
    assert {what: await staff.sign_in(*given, HERE) for what, given in tries.items()} == dict.fromkeys(tries, WRONG)


async def test_an_unknown_login_costs_the_same_work(staff: Staff) -> None:
    await hire(staff)
    await staff.sign_in("8001", "li", "wrong", "000000", HERE)
    took = {}
    for login in ("li", "nobody"):
        began = time.process_time()
        for _ in range(3):
            await staff.sign_in("8001", login, "wrong", "000000", HERE)
        took[login] = time.process_time() - began
    assert took["nobody"] > took["li"] / 2


async def test_a_code_seen_over_the_shoulder_is_worth_nothing(staff: Staff, clock: Any) -> None:
    account = await hire(staff)
    code = totp_now(account.totp_secret, clock())
    assert isinstance(await staff.sign_in("8001", "li", PASSWORD, code, HERE), Member)
    assert await staff.sign_in("8001", "li", PASSWORD, code, HERE) == WRONG
    clock.forward(seconds=30)
    assert await staff.sign_in("8001", "li", PASSWORD, code, HERE) == WRONG
    assert isinstance(await staff.sign_in("8001", "li", PASSWORD, totp_now(account.totp_secret, clock()), HERE), Member)


async def test_a_phone_whose_clock_is_half_a_minute_off_still_works(staff: Staff, clock: Any) -> None:
    account = await hire(staff)
    late = totp_now(account.totp_secret, clock() - timedelta(seconds=30))
    assert isinstance(await staff.sign_in("8001", "li", PASSWORD, f" {late[:3]} {late[3:]} ", HERE), Member)
    clock.forward(minutes=5)
    old = totp_now(account.totp_secret, clock() - timedelta(minutes=2))
    assert await staff.sign_in("8001", "li", PASSWORD, old, HERE) == WRONG


async def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(staff: Staff, clock: Any) -> None:
    account = await hire(staff)
    for _ in range(5):
        assert await staff.sign_in("8001", "li", "wrong", "000000", HERE) == WRONG
    assert await staff.sign_in("8001", "li", PASSWORD, totp_now(account.totp_secret, clock()), HERE) == WRONG
    clock.forward(minutes=15, seconds=1)
    assert isinstance(await staff.sign_in("8001", "li", PASSWORD, totp_now(account.totp_secret, clock()), HERE), Member)


async def test_guessing_from_one_address_is_slowed_down(staff: Staff) -> None:
    for number in range(30):
        assert await staff.sign_in("8001", f"guess{number}", "x", "1", HERE) == WRONG
    assert await staff.sign_in("8001", "guess", "x", "1", HERE) == Problem("", "slow_down", {"minutes": 10})
    assert await staff.sign_in("8001", "guess", "x", "1", "192.0.2.2") == WRONG


async def test_half_an_hour_without_a_click_signs_out_and_a_page_that_asks_by_itself_is_no_click(
    staff: Staff, clock: Any
) -> None:
    account = await hire(staff)
    member = await staff.sign_in("8001", "li", PASSWORD, totp_now(account.totp_secret, clock()), HERE)
    assert isinstance(member, Member)
    clock.forward(minutes=20)
    assert await staff.member(member.token) is not None
    for _ in range(6):
        clock.forward(minutes=5)
        assert await staff.member(member.token, active=False) is not None
    clock.forward(minutes=1)
    assert await staff.member(member.token, active=False) is None
    assert await staff.member(member.token) is None


async def test_roles_hold_for_the_own_company_only(staff: Staff, clock: Any) -> None:
    account = await hire(staff)
    reviewer = await staff.sign_in("8001", "li", PASSWORD, totp_now(account.totp_secret, clock()), HERE)
    assert isinstance(reviewer, Member)
    auditor = replace(reviewer, roles=("auditor",))
    everywhere = replace(auditor, company="")
    rights = ("see", "review", "inspect", "deliver", "watch", "configure")
    assert {right for right in rights if reviewer.may(right, "8001")} == {"see", "review", "inspect", "deliver", "watch"}
    assert not any(reviewer.may(right, "8002") for right in rights)
    assert {right for right in rights if auditor.may(right, "8001")} == {"see", "inspect", "watch"}
    assert everywhere.companies("see", ("8001", "8002")) == ("8001", "8002")
    assert reviewer.companies("see", ("8001", "8002")) == ("8001",)


async def test_an_account_that_cannot_be_is_refused_with_a_reason(staff: Staff) -> None:
    await hire(staff)
    assert [
        await staff.add("8001", "li", "Li", ("reviewer",), PASSWORD),
        await staff.add("8001", "Li Hua", "Li", ("reviewer",), PASSWORD),
        await staff.add("8001", "hua", "Hua", ("boss",), PASSWORD),
        await staff.add("8001", "hua", "Hua", ("reviewer",), "short"),
        await staff.add("8001", "hua", "Hua", ("reviewer",), "huahuahuahuahua"),
    ] == [
        Problem("login", "login_taken"),
        Problem("login", "login_format"),
        Problem("roles", "role_unknown"),
        Problem("password", "password_short", {"least": 12}),
        Problem("password", "password_weak"),
    ]


async def test_a_demo_has_the_same_accounts_at_every_start(staff: Staff, clock: Any) -> None:
    first = await make_demo_staff(staff, ["8001", "8002"])
    assert await make_demo_staff(staff, ["8001", "8002"]) == first
    assert [(a.company, a.login) for a in first[:5]] == [
        ("8001", "reviewer1"), ("8001", "reviewer2"), ("8001", "auditor"), ("8001", "configurer"), ("8001", "configurer2"),
    ]  # fmt: skip
    code = totp_now(first[0].totp_secret, clock())
    assert isinstance(await staff.sign_in("8001", "reviewer1", DEMO_PASSWORD, code, HERE), Member)


async def test_nothing_secret_stands_in_what_is_printed_of_an_account(staff: Staff) -> None:
    account = await hire(staff)
    row = await staff.store.staff_by_login("8001", "li")
    assert account.totp_secret not in repr(account)
    assert row is not None
    assert PASSWORD not in row.password_hash
    assert row.password_hash.startswith("$argon2id$")
