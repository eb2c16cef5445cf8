"""Managing the people of the desk: who works here and as what. Nobody gives themselves rights, and somebody can always manage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from banli.errors import Problem
from banli.invitations import Link, invited
from banli.staff import OPERATOR, ROLES, Member, Staff, login_problem
from banli.store import StaffEventRow, StaffRow, Taken, Transaction, new_id

MOST_NAME = 80
RESETS = ("both", "password", "code")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,20}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,28}")


class Firm(Protocol):
    """What is needed of a company."""

    @property
    def branches(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """How somebody's account is to be. `branches` none: all of the company's."""

    name: str
    roles: tuple[str, ...]
    branches: tuple[str, ...] = ()
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """An account as an administrator sees it. `state`: active, invited (has not begun), locked (after wrong tries, until
    `locked_until`), shut."""

    id: str
    company: str
    login: str
    state: str
    draft: Draft
    signed_in_at: datetime | None
    created_at: datetime
    locked_until: datetime | None = None
    invited_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What happened to an account. `by` is a name, or `operator`, `system`; `whose` a login."""

    id: int
    at: datetime
    by: str
    whose: str
    kind: str
    note: str


class Staffing:
    """`by` is the administrator, None at the command line. Who may not manage a company finds nobody there."""

    def __init__(self, staff: Staff, companies: Callable[[], Mapping[str, Firm]]) -> None:
        self.staff, self.store, self.clock, self._companies = staff, staff.store, staff.clock, companies

    def managed(self, by: Member | None) -> tuple[str, ...]:
        """The companies whose staff they manage; "" is the site itself, whose people see every company."""
        known = tuple(self._companies())
        if by is None:
            return ("", *known)
        own = ("",) if by.company == "" and by.may("manage", "") else ()
        return (*own, *by.companies("manage", known))

    async def everybody(self, by: Member | None) -> list[Person]:
        return [self._seen(row) for company in self.managed(by) for row in await self.store.staff_of(company)]

    async def person(self, by: Member | None, id: str) -> Person | None:
        row = await self._row(by, id)
        return self._seen(row) if row is not None else None

    async def trail(self, by: Member | None, company: str, id: str = "", before: int = 0, most: int = 50) -> list[Line]:
        """What happened to the accounts of a company, or to one of them, newest first."""
        if company not in self.managed(by):
            return []
        events = await self.store.staff_events(staff=id, company=company, before=before, most=most)
        known = {row.id: row for row in await self.store.staff_of(company)}
        for actor in {_id(one) for one in events} - set(known):
            if (row := await self.store.staff(actor)) is not None:
                known[actor] = row
        return [self._told(one, known) for one in events]

    async def invite(self, by: Member | None, company: str, login: str, draft: Draft) -> tuple[Person, Link] | Problem:
        """A new account. Its owner chooses a password and an authenticator by the link, which nobody is shown again."""
        login, draft = login.strip().lower(), _tidy(draft)
        if company not in self.managed(by):
            return Problem("company", "company_unknown")
        if problem := login_problem(login) or self._wrong(company, draft):
            return problem
        now = self.clock()
        row = StaffRow(id=new_id(now), company=company, login=login, name=draft.name, roles=(), password_hash="", created_at=now)
        row, link = invited(_drafted(row, draft), "both", now)
        try:
            async with self.store.transaction() as tx:
                await tx.hire(row, _actor(by), _roles(draft))
        except Taken:
            return Problem("login", "login_taken")
        return self._seen(row), link

    async def change(self, by: Member | None, id: str, draft: Draft) -> Person | Problem | None:
        """Another name, roles, branches. Holds from the next page on; None when there is no such person for them."""
        draft = _tidy(draft)

        def decide(row: StaffRow) -> StaffRow | Problem:
            if by is not None and by.id == row.id and set(draft.roles) != set(row.roles):
                return Problem("roles", "own_roles")
            return self._wrong(row.company, draft) or _drafted(row, draft)

        return await self._change(by, id, "changed", decide)

    async def shut(self, by: Member | None, id: str) -> Person | Problem | None:
        """At once and everywhere; a link that waits is void. Nobody is deleted: events name them."""

        def decide(row: StaffRow) -> StaffRow | Problem:
            return _own(by, row) or replace(_unlinked(row), disabled=True)

        return await self._change(by, id, "shut", decide, sign_out=True)

    async def open(self, by: Member | None, id: str) -> Person | Problem | None:
        """Opens what was shut, or locked after wrong tries."""

        def decide(row: StaffRow) -> StaffRow | Problem:
            return _own(by, row) or replace(row, disabled=False, failures=0, locked_until=None)

        return await self._change(by, id, "opened", decide)

    async def sign_out(self, by: Member | None, id: str) -> Person | Problem | None:
        """Ends their sessions."""
        return await self._change(by, id, "signed_out", lambda row: row, sign_out=True)

    async def reset(self, by: Member | None, id: str, what: str) -> tuple[Person, Link] | Problem | None:
        """Password, authenticator or both are void from now on; the link makes new ones."""
        links: list[Link] = []

        def decide(row: StaffRow) -> StaffRow | Problem:
            if problem := _own(by, row):
                return problem
            password = row.password_hash if what == "code" else ""
            secret = row.totp_secret if what == "password" else None
            # Who has neither begun has to begin with both.
            whole = what if password or secret else "both"
            void = replace(row, password_hash=password, totp_secret=secret, failures=0, locked_until=None)
            made, link = invited(void, whole, self.clock())
            links.append(link)
            return made

        done = await self._change(by, id, "reset", decide, note=what, sign_out=True)
        return (done, links[-1]) if isinstance(done, Person) else done

    async def _change(
        self, by: Member | None, id: str, kind: str, decide: Callable[[StaffRow], StaffRow | Problem], *, note: str = "",
        sign_out: bool = False,
    ) -> Person | Problem | None:  # fmt: skip
        """Decides on the row as it is while nobody else can change one."""
        found = await self._row(by, id)
        if found is None:
            return None
        async with self.store.transaction() as tx:
            everybody = await tx.roster(found.company)
            row = next(one for one in everybody if one.id == id)
            decided = decide(row)
            if isinstance(decided, Problem):
                return decided
            lost = _manages(row) and not _manages(decided)
            # At the command line there is the link to begin anew, and another one if that is lost too.
            if lost and not (by is None and kind == "reset") and not await self._others(tx, row, everybody):
                return Problem("", "last_admin")
            if decided != row or kind != "changed":
                await tx.change_staff(decided, _actor(by), kind, note or _difference(row, decided))
            if sign_out:
                await tx.sign_out_staff(row)
        return self._seen(decided)

    async def _others(self, tx: Transaction, row: StaffRow, everybody: Sequence[StaffRow]) -> bool:
        """Is there anybody else who can manage that company?"""
        site = await tx.roster("") if row.company else ()
        return any(_manages(one) for one in (*everybody, *site) if one.id != row.id)

    async def _row(self, by: Member | None, id: str) -> StaffRow | None:
        row = await self.store.staff(id)
        return row if row is not None and row.company in self.managed(by) else None

    def _wrong(self, company: str, draft: Draft) -> Problem | None:
        firm = self._companies().get(company)
        branches: Mapping[str, str] = firm.branches if firm is not None else {}
        if not draft.name or len(draft.name) > MOST_NAME or not draft.name.isprintable():
            return Problem("name", "name_missing")
        if not draft.roles or not set(draft.roles) <= set(ROLES):
            return Problem("roles", "role_unknown")
        if not set(draft.branches) <= set(branches):
            return Problem("branches", "branch_unknown")
        if draft.email and not _MAIL.fullmatch(draft.email):
            return Problem("email", "mail_wrong")
        return Problem("phone", "telephone_wrong") if draft.phone and not _PHONE.fullmatch(draft.phone) else None

    def _seen(self, row: StaffRow) -> Person:
        now = self.clock()
        locked = row.locked_until if row.locked_until is not None and row.locked_until > now else None
        waits = row.invite_until if row.invite else None
        begun = bool(row.password_hash and row.totp_secret)
        state = "shut" if row.disabled else "invited" if not begun else "locked" if locked else "active"
        draft = Draft(row.name, row.roles, row.branches, row.email, row.phone)
        return Person(row.id, row.company, row.login, state, draft, row.signed_in_at, row.created_at, locked, waits)

    def _told(self, one: StaffEventRow, known: Mapping[str, StaffRow]) -> Line:
        actor = known.get(_id(one))
        by = actor.name if actor is not None else one.actor
        return Line(one.id, one.at, by, known[one.staff].login, one.kind, one.note)


def _manages(row: StaffRow) -> bool:
    """Can they sign in and manage staff?"""
    return "admin" in row.roles and not row.disabled and bool(row.password_hash) and bool(row.totp_secret)


def _tidy(draft: Draft) -> Draft:
    roles = tuple(role for role in ROLES if role in draft.roles) + tuple(sorted(set(draft.roles) - set(ROLES)))
    branches = tuple(sorted(set(draft.branches)))
    return Draft(" ".join(draft.name.split()), roles, branches, draft.email.strip(), draft.phone.strip())


def _drafted(row: StaffRow, draft: Draft) -> StaffRow:
    told: dict[str, Any] = {"email": draft.email, "phone": draft.phone}
    return replace(row, name=draft.name, roles=draft.roles, branches=draft.branches, **told)


def _unlinked(row: StaffRow) -> StaffRow:
    return replace(row, invite="", invite_for="", invite_until=None, invite_secret=None)


def _own(by: Member | None, row: StaffRow) -> Problem | None:
    return Problem("", "own_account") if by is not None and by.id == row.id else None


def _actor(by: Member | None) -> str:
    return by.actor if by is not None else OPERATOR


def _id(one: StaffEventRow) -> str:
    return one.actor.removeprefix("staff:")


def _roles(draft: Draft) -> str:
    return " ".join((*draft.roles, *draft.branches))


def _difference(old: StaffRow, new: StaffRow) -> str:
    """What is other now: roles and branches by their codes; that a name or an address is other, not which."""
    told = [f"{name}: {' '.join(was) or '*'} → {' '.join(now) or '*'}" for name, was, now in (
        ("roles", old.roles, new.roles), ("branches", old.branches, new.branches)) if was != now]  # fmt: skip
    told += [name for name in ("name", "email", "phone") if getattr(old, name) != getattr(new, name)]
    return "; ".join(told)
