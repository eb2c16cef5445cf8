"""Administrators manage the people of the desk: links to begin with, roles, accounts that are shut, nobody locked out for good."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from banli.errors import Problem
from banli.invitations import Invitations, Link
from banli.staff import Account, Member, Staff, totp_now
from banli.staffing import Draft, Person, Staffing

PASSWORD, OTHER = "a long enough secret", "another long secret"
HERE = "192.0.2.1"
LI = Draft("样本李", ("reviewer",), ("b01",), "li@example.com", "021-5555 0001")


@dataclass(frozen=True)
class House:
    branches: dict[str, str] = field(default_factory=lambda: {"b01": "一", "b02": "二"})


@dataclass
class Office:
    staff: Staff
    staffing: Staffing
    invitations: Invitations
    clock: Any

    async def admin(self, login: str = "boss", company: str = "8001") -> Member:
        made = await self.staff.add(company, login, "样本王", ("admin",), PASSWORD)
        assert isinstance(made, Account)
        return await self.signs_in(login, PASSWORD, made.totp_secret, company)

    async def signs_in(self, login: str, password: str, secret: str, company: str = "8001") -> Any:
        self.clock.forward(seconds=30)
        return await self.staff.sign_in(company, login, password, totp_now(secret, self.clock()), HERE)

    async def hired(self, by: Member | None, login: str = "li", draft: Draft = LI) -> tuple[Person, Link]:
        made = await self.staffing.invite(by, "8001", login, draft)
        assert not isinstance(made, Problem), made
        return made

    async def begun(self, link: Link, password: str = PASSWORD) -> str:
        """The owner uses the link; the secret of their authenticator."""
        welcome = await self.invitations.welcome(link.token, fresh=True)
        assert welcome is not None
        self.clock.forward(seconds=30)
        code = totp_now(welcome.secret, self.clock())
        assert await self.invitations.begin(link.token, password, code, HERE) is None
        return welcome.secret

    async def kinds(self, by: Member | None, id: str) -> list[tuple[str, str, str]]:
        return [(one.by, one.kind, one.note) for one in reversed(await self.staffing.trail(by, "8001", id))]


@pytest.fixture
async def office(store: Any, clock: Any) -> Office:
    staff = Staff(store, clock)
    return Office(staff, Staffing(staff, lambda: {"8001": House(), "8002": House()}), Invitations(staff), clock)


async def test_somebody_new_chooses_password_and_authenticator_by_a_link_that_is_good_once(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss, " LI ")
    assert (person.login, person.state, person.draft, person.invited_until) == ("li", "invited", LI, link.until)
    assert link.until == office.clock() + timedelta(days=3) and link.token not in repr(link)
    assert isinstance(await office.signs_in("li", "", "JBSWY3DPEHPK3PXP" * 2), Problem)
    secret = await office.begun(link)
    member = await office.signs_in("li", PASSWORD, secret)
    assert (member.roles, member.branches) == (("reviewer",), ("b01",))
    seen = await office.staffing.person(boss, person.id)
    assert seen is not None
    assert (seen.state, seen.signed_in_at, seen.invited_until) == ("active", office.clock(), None)
    assert await office.invitations.welcome(link.token, fresh=True) is None
    assert await office.invitations.begin(link.token, OTHER, "000000", HERE) == Problem("", "link_over")
    assert await office.kinds(boss, person.id) == [
        ("样本王", "added", "reviewer b01"), ("system", "link_opened", ""), ("样本李", "begun", "both"), ("样本李", "signed_in", ""),
    ]  # fmt: skip


async def test_a_link_ends_and_what_somebody_else_was_shown_of_it_is_worth_nothing(office: Office) -> None:
    boss = await office.admin()
    _, link = await office.hired(boss)
    spied = await office.invitations.welcome(link.token, fresh=True)
    shown = await office.invitations.welcome(link.token, fresh=True)
    assert spied is not None and shown is not None and spied.secret != shown.secret
    assert await office.invitations.welcome(link.token, fresh=False) == shown
    assert shown.uri.startswith("otpauth://totp/Banli:li%408001?secret=")
    code = totp_now(spied.secret, office.clock())
    assert await office.invitations.begin(link.token, PASSWORD, code, HERE) == Problem("code", "authenticator_wrong")
    assert await office.invitations.begin(link.token, "short", code, HERE) == Problem("password", "password_short", {"least": 12})
    for token in ("", "x" * 43, "é" * 43, link.token[:-1]):
        assert await office.invitations.welcome(token, fresh=True) is None
    office.clock.forward(days=3, seconds=1)
    assert await office.invitations.welcome(link.token, fresh=True) is None


async def test_who_lost_a_phone_gets_a_link_and_still_needs_the_password(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss)
    secret = await office.begun(link)
    member = await office.signs_in("li", PASSWORD, secret)
    done = await office.staffing.reset(boss, person.id, "code")
    assert isinstance(done, tuple) and done[1].what == "code"
    assert await office.staff.member(member.token) is None
    assert isinstance(await office.signs_in("li", PASSWORD, secret), Problem)
    welcome = await office.invitations.welcome(done[1].token, fresh=True)
    assert welcome is not None
    code = totp_now(welcome.secret, office.clock())
    assert await office.invitations.begin(done[1].token, OTHER, code, HERE) == Problem("password", "own_password_wrong")
    assert await office.invitations.begin(done[1].token, PASSWORD, code, HERE) is None
    assert isinstance(await office.signs_in("li", PASSWORD, welcome.secret), Member)


async def test_who_forgot_the_password_gets_a_link_and_still_needs_the_authenticator(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss)
    secret = await office.begun(link)
    first = await office.staffing.reset(boss, person.id, "password")
    second = await office.staffing.reset(boss, person.id, "password")
    assert isinstance(first, tuple) and isinstance(second, tuple)
    assert await office.invitations.welcome(first[1].token, fresh=True) is None
    welcome = await office.invitations.welcome(second[1].token, fresh=True)
    assert welcome is not None and (welcome.what, welcome.secret, welcome.uri) == ("password", "", "")
    office.clock.forward(seconds=30)
    assert await office.invitations.begin(second[1].token, OTHER, "000000", HERE) == Problem("code", "authenticator_wrong")
    assert await office.invitations.begin(second[1].token, OTHER, totp_now(secret, office.clock()), HERE) is None
    assert isinstance(await office.signs_in("li", OTHER, secret), Member)


async def test_a_link_cannot_be_guessed_through(office: Office) -> None:
    """Five wrong codes lock the account, and the link with it."""
    boss = await office.admin()
    person, link = await office.hired(boss)
    await office.begun(link)
    done = await office.staffing.reset(boss, person.id, "password")
    assert isinstance(done, tuple)
    for _ in range(5):
        await office.invitations.begin(done[1].token, OTHER, "000000", HERE)
    assert await office.invitations.begin(done[1].token, OTHER, "000000", HERE) == Problem("", "link_over")
    seen = await office.staffing.person(boss, person.id)
    assert seen is not None and seen.draft == LI


async def test_shutting_an_account_holds_at_once_and_opening_gives_it_back(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss)
    secret = await office.begun(link)
    member = await office.signs_in("li", PASSWORD, secret)
    shut = await office.staffing.shut(boss, person.id)
    assert isinstance(shut, Person) and shut.state == "shut"
    assert await office.staff.member(member.token) is None
    assert isinstance(await office.signs_in("li", PASSWORD, secret), Problem)
    opened = await office.staffing.open(boss, person.id)
    assert isinstance(opened, Person) and opened.state == "active"
    again = await office.signs_in("li", PASSWORD, secret)
    assert await office.staffing.sign_out(boss, person.id) == await office.staffing.person(boss, person.id)
    assert await office.staff.member(again.token) is None


async def test_an_account_locked_after_wrong_tries_is_seen_and_opened(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss)
    secret = await office.begun(link)
    for _ in range(5):
        await office.staff.sign_in("8001", "li", "wrong", "000000", HERE)
    seen = await office.staffing.person(boss, person.id)
    assert seen is not None and (seen.state, seen.locked_until) == ("locked", office.clock() + timedelta(minutes=15))
    assert (await office.kinds(boss, person.id))[-1] == ("system", "locked", "")
    await office.staffing.open(boss, person.id)
    assert isinstance(await office.signs_in("li", PASSWORD, secret), Member)


async def test_other_roles_hold_from_the_next_page_on_and_are_told(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss)
    member = await office.signs_in("li", PASSWORD, await office.begun(link))
    draft = Draft(" 样本 李 ", ("auditor", "agent"), (), "li@example.com", "")
    changed = await office.staffing.change(boss, person.id, draft)
    assert isinstance(changed, Person)
    assert changed.draft == Draft("样本 李", ("agent", "auditor"), (), "li@example.com", "")
    now = await office.staff.member(member.token)
    assert now is not None and now.roles == ("agent", "auditor")
    told = "roles: reviewer → agent auditor; branches: b01 → *; name; phone"
    assert (await office.kinds(boss, person.id))[-1] == ("样本王", "changed", told)
    length = len(await office.kinds(boss, person.id))
    assert isinstance(await office.staffing.change(boss, person.id, draft), Person)
    assert len(await office.kinds(boss, person.id)) == length


async def test_nobody_gives_themselves_rights_or_shuts_themselves_out(office: Office) -> None:
    boss = await office.admin()
    await office.admin("second")
    more = Draft("样本王", ("admin", "reviewer"))
    assert await office.staffing.change(boss, boss.id, more) == Problem("roles", "own_roles")
    named = await office.staffing.change(boss, boss.id, Draft("样本王二", ("admin",)))
    assert isinstance(named, Person) and named.draft.name == "样本王二"
    own = Problem("", "own_account")
    assert [await office.staffing.shut(boss, boss.id), await office.staffing.open(boss, boss.id)] == [own, own]
    assert await office.staffing.reset(boss, boss.id, "both") == own


async def test_the_last_administrator_who_can_sign_in_stays(office: Office) -> None:
    """Somebody who was only invited does not count; at the command line a new link is the way out."""
    boss = await office.admin()
    await office.hired(boss, "next", Draft("样本赵", ("admin",)))
    last = Problem("", "last_admin")
    assert await office.staffing.shut(None, boss.id) == last
    assert await office.staffing.change(None, boss.id, Draft("样本王", ("reviewer",))) == last
    reset = await office.staffing.reset(None, boss.id, "both")
    assert isinstance(reset, tuple)
    secret = await office.begun(reset[1], OTHER)
    assert isinstance(await office.signs_in("boss", OTHER, secret), Member)
    second = await office.admin("second")
    assert isinstance(await office.staffing.shut(second, boss.id), Person)
    assert await office.staffing.shut(None, second.id) == last
    site = await office.admin("root", "")
    assert isinstance(await office.staffing.shut(site, second.id), Person)
    assert await office.staffing.shut(None, site.id) == last


async def test_two_administrators_who_shut_each_other_leave_one(office: Office) -> None:
    one, other = await office.admin("one"), await office.admin("other")
    done = await asyncio.gather(office.staffing.shut(one, other.id), office.staffing.shut(other, one.id))
    assert sorted(type(result).__name__ for result in done) == ["Person", "Problem"]


async def test_another_companys_staff_are_not_there(office: Office) -> None:
    boss, far = await office.admin(), await office.admin("far", "8002")
    site = await office.admin("root", "")
    person, _ = await office.hired(boss)
    assert await office.staffing.person(far, person.id) is None
    assert await office.staffing.shut(far, person.id) is None
    assert await office.staffing.trail(far, "8001") == []
    assert await office.staffing.invite(boss, "8002", "x1", LI) == Problem("company", "company_unknown")
    assert await office.staffing.invite(boss, "", "x1", LI) == Problem("company", "company_unknown")
    assert [one.login for one in await office.staffing.everybody(far)] == ["far"]
    assert [one.login for one in await office.staffing.everybody(site)] == ["root", "boss", "li", "far"]
    assert office.staffing.managed(site) == ("", "8001", "8002")
    reviewer = await office.signs_in(
        "li", PASSWORD, await office.begun((await office.staffing.reset(None, person.id, "both"))[1])
    )
    assert office.staffing.managed(reviewer) == () and await office.staffing.everybody(reviewer) == []


async def test_an_account_that_cannot_be_is_refused_with_its_place(office: Office) -> None:
    boss = await office.admin()
    await office.hired(boss)
    tries = {
        "login": ("Li Hua", LI), "taken": ("li", LI), "name": ("x1", Draft(" ", ("agent",))), "roles": ("x1", Draft("x", ("boss",))),
        "none": ("x1", Draft("x", ())), "branches": ("x1", Draft("x", ("agent",), ("b99",))),
        "email": ("x1", Draft("x", ("agent",), (), "nobody")), "phone": ("x1", Draft("x", ("agent",), (), "", "call me")),
    }  # fmt: skip
    assert {what: await office.staffing.invite(boss, "8001", *given) for what, given in tries.items()} == {
        "login": Problem("login", "login_format"),
        "taken": Problem("login", "login_taken"),
        "name": Problem("name", "name_missing"),
        "roles": Problem("roles", "role_unknown"),
        "none": Problem("roles", "role_unknown"),
        "branches": Problem("branches", "branch_unknown"),
        "email": Problem("email", "mail_wrong"),
        "phone": Problem("phone", "telephone_wrong"),
    }


async def test_somebody_changes_their_own_password_and_phone_with_what_they_have(office: Office) -> None:
    boss = await office.admin()
    person, link = await office.hired(boss)
    secret = await office.begun(link)
    elsewhere = await office.signs_in("li", PASSWORD, secret)
    member = await office.signs_in("li", PASSWORD, secret)

    def code() -> str:
        office.clock.forward(seconds=30)
        return totp_now(secret, office.clock())

    own = office.invitations
    assert await own.own_password(member, "wrong", OTHER, code()) == Problem("present", "own_password_wrong")
    assert await own.own_password(member, PASSWORD, OTHER, "000000") == Problem("code", "authenticator_wrong")
    assert await own.own_password(member, PASSWORD, "short", code()) == Problem("password", "password_short", {"least": 12})
    assert await own.own_password(member, PASSWORD, OTHER, code()) is None
    assert await office.staff.member(elsewhere.token) is None and await office.staff.member(member.token) is not None
    moved = await own.own_authenticator(member, OTHER, code())
    assert isinstance(moved, Link) and moved.what == "code"
    assert isinstance(await office.signs_in("li", OTHER, secret), Member)
    fresh = await office.begun(moved, OTHER)
    assert isinstance(await office.signs_in("li", OTHER, secret), Problem)
    assert isinstance(await office.signs_in("li", OTHER, fresh), Member)
    assert [kind for _, kind, _ in await office.kinds(boss, person.id)][-6:] == [
        "own_password", "own_code", "signed_in", "link_opened", "begun", "signed_in",
    ]  # fmt: skip
