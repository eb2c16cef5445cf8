"""Links with which somebody begins at the desk, or begins anew: an own password, an own authenticator. Each is good once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyotp

from banli.errors import Problem
from banli.staff import Member, Staff, password_problem, totp_uri
from banli.store import Allowed, StaffRow

LINK_LASTS = timedelta(days=3)
_TOKEN = 43


@dataclass(frozen=True, slots=True)
class Link:
    """What to hand over, by a way that reaches only its owner. It is kept as a hash: nobody can be shown it again."""

    token: str = field(repr=False)
    until: datetime
    what: str

    @property
    def path(self) -> str:
        return f"/desk/welcome/{self.token}"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whose link it is, and what it is for: `password`, `code` (a new authenticator) or `both`. `secret` and `uri` are for the
    authenticator, "" where it stays."""

    company: str
    login: str
    name: str
    what: str
    secret: str = field(default="", repr=False)
    uri: str = field(default="", repr=False)


class Invitations:
    """Whoever has the link and, where only one of the two is new, the other one."""

    def __init__(self, staff: Staff) -> None:
        self.staff, self.store, self.clock = staff, staff.store, staff.clock

    async def welcome(self, token: str, *, fresh: bool) -> Welcome | None:
        """None for a link that is over. With `fresh` another secret is shown: what somebody else was shown before is worth
        nothing then."""
        row = await self._row(token)
        if row is None:
            return None
        if fresh and row.invite_for != "password":
            async with self.store.transaction() as tx:
                row = next((one for one in await tx.roster(row.company) if one.invite == _hash(token)), None)
                if row is None:
                    return None
                row = replace(row, invite_secret=pyotp.random_base32())
                await tx.change_staff(row, "system", "link_opened")
        secret = row.invite_secret or "" if row.invite_for != "password" else ""
        uri = totp_uri(secret, row.login, row.company) if secret else ""
        return Welcome(row.company, row.login, row.name, row.invite_for, secret, uri)

    async def begin(self, token: str, password: str, code: str, address: str) -> Problem | None:
        """Uses the link. What it does not make new has to be right: a link alone opens no account that has both."""
        allowed = await self.store.hit(f"welcome|{address}", 30, timedelta(minutes=10))
        if not isinstance(allowed, Allowed):
            return Problem("", "slow_down", {"minutes": -(-allowed.seconds // 60)})
        row = await self._row(token)
        if row is None or not self.staff.admitted(row):
            return Problem("", "link_over")
        what = row.invite_for
        if what != "code" and (problem := password_problem(password, row.login)):
            return problem
        if what == "code" and not await self.staff.password_right(row, password):
            await self.staff.failed(row)
            return Problem("password", "own_password_wrong")
        secret = (row.totp_secret if what == "password" else row.invite_secret) or ""
        if not await self.staff.code_right(row, secret, code, fresh=what != "password"):
            await self.staff.failed(row)
            return Problem("code", "authenticator_wrong")
        hashed = row.password_hash if what == "code" else await self.staff.hashed(password)
        async with self.store.transaction() as tx:
            now = next((one for one in await tx.roster(row.company) if one.id == row.id), None)
            if now is None or now.invite != row.invite or now.disabled:
                return Problem("", "link_over")
            begun = replace(now, password_hash=hashed, totp_secret=secret, failures=0, locked_until=None,
                            invite="", invite_for="", invite_until=None, invite_secret=None)  # fmt: skip
            await tx.change_staff(begun, f"staff:{row.id}", "begun", what)
            await tx.sign_out_staff(row)
        return None

    async def own_password(self, member: Member, present: str, password: str, code: str) -> Problem | None:
        """Somebody signed in chooses another password; their other sessions end."""
        row = await self._proven(member, present, code)
        if isinstance(row, Problem):
            return row
        if problem := password_problem(password, row.login):
            return problem
        hashed = await self.staff.hashed(password)
        async with self.store.transaction() as tx:
            now = next(one for one in await tx.roster(row.company) if one.id == row.id)
            await tx.change_staff(replace(now, password_hash=hashed), member.actor, "own_password")
            await tx.sign_out_staff(row, member.session.id)
        return None

    async def own_authenticator(self, member: Member, present: str, code: str) -> Link | Problem:
        """Somebody signed in moves to another phone: the old one is good until the new one is confirmed."""
        row = await self._proven(member, present, code)
        if isinstance(row, Problem):
            return row
        async with self.store.transaction() as tx:
            now = next(one for one in await tx.roster(row.company) if one.id == row.id)
            made, link = invited(now, "code", self.clock())
            await tx.change_staff(made, member.actor, "own_code")
        return link

    async def _proven(self, member: Member, present: str, code: str) -> StaffRow | Problem:
        """Password and code once more: a desk that was left open gives nobody the account."""
        row = await self.store.staff(member.id)
        if row is None or not self.staff.admitted(row) or not await self.staff.password_right(row, present):
            await self.staff.failed(row)
            return Problem("present", "own_password_wrong")
        if not await self.staff.code_right(row, row.totp_secret or "", code):
            await self.staff.failed(row)
            return Problem("code", "authenticator_wrong")
        return row

    async def _row(self, token: str) -> StaffRow | None:
        if len(token) != _TOKEN or not token.isascii():
            return None
        row = await self.store.staff_by_invite(_hash(token))
        over = row is None or row.disabled or row.invite_until is None or row.invite_until <= self.clock()
        return None if over else row


def invited(row: StaffRow, what: str, now: datetime) -> tuple[StaffRow, Link]:
    """The account with a link; one that was given before is void."""
    link = Link(secrets.token_urlsafe(32), now + LINK_LASTS, what)
    return replace(row, invite=_hash(link.token), invite_for=what, invite_until=link.until, invite_secret=None), link


def _hash(token: str) -> str:
    return hashlib.sha256(b"banli desk link " + token.encode()).hexdigest()
