"""The people at the desk: who they are, how they sign in, what each may do."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from banli.china.typed import plain, without_spaces
from banli.errors import Problem
from banli.hooks import Clock
from banli.sentences import _
from banli.store import Allowed, SessionRow, StaffRow, Store, Taken, new_id

OPERATOR = "operator"
"""Who works at the command line."""
ROLES = ("reviewer", "agent", "configurer", "auditor", "admin")
RIGHTS: Mapping[str, frozenset[str]] = {
    "see": frozenset({"reviewer", "auditor"}),
    "review": frozenset({"reviewer"}),
    "inspect": frozenset({"reviewer", "auditor"}),
    "deliver": frozenset({"reviewer", "admin"}),
    "watch": frozenset({"reviewer", "auditor", "admin"}),
    "video": frozenset({"agent"}),
    "supervise": frozenset({"admin"}),
    "certificates": frozenset({"admin"}),
    "configure": frozenset({"configurer"}),
    "releases": frozenset({"configurer", "auditor"}),
    "manage": frozenset({"admin"}),
}
"""What somebody may do, and the roles that may. `see`: cases, masked; `inspect`: a case in full, for a reason that is
recorded; `deliver`: have a delivery tried again; `watch`: the list of deliveries; `releases`: what is published;
`configure`: publish, approve, withdraw; `video`: identify clients; `supervise`: see and move the work of agents;
`certificates`: see and revoke the certificates of clients."""

LASTS = timedelta(hours=12)
IDLE = timedelta(minutes=30)
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
SHORTEST_PASSWORD = 12
LONGEST = 256
STEP_SECONDS = 30
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_CODE = re.compile(r"[0-9]{6}")

DEMO_PASSWORD = "banli-demo-only"  # noqa: S105 - for sample accounts, on a demo only
DEMO: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("reviewer1", _("Reviewer 1 (sample)"), ("reviewer",)),
    ("reviewer2", _("Reviewer 2 (sample)"), ("reviewer",)),
    ("auditor", _("Auditor (sample)"), ("auditor",)),
    ("configurer", _("Configurer (sample)"), ("configurer",)),
    ("configurer2", _("Configurer 2 (sample)"), ("configurer",)),
    ("agent1", _("Agent 1 (sample)"), ("agent",)),
    ("agent2", _("Agent 2 (sample)"), ("agent",)),
    ("admin", _("Administrator (sample)"), ("admin",)),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody at the desk, signed in. `company` "" is the site itself: its people see every company."""

    id: str
    company: str
    login: str
    name: str
    roles: tuple[str, ...]
    session: SessionRow = field(repr=False)
    branches: tuple[str, ...] = ()
    """Codes of those that they work for; none: all."""

    @property
    def actor(self) -> str:
        """How events name this person: never by name."""
        return f"staff:{self.id}"

    @property
    def token(self) -> str:
        return self.session.token

    def may(self, right: str, company: str) -> bool:
        """May they do this (one of `RIGHTS`) for that company?"""
        return self.company in ("", company) and bool(RIGHTS[right] & set(self.roles))

    def companies(self, right: str, known: Iterable[str]) -> tuple[str, ...]:
        """Those of the known companies for which they may."""
        return tuple(company for company in known if self.may(right, company))


@dataclass(frozen=True, slots=True)
class Account:
    """An account with what its owner must be told once: the secret for their authenticator. `password` only in a demo."""

    company: str
    login: str
    name: str
    roles: tuple[str, ...]
    totp_secret: str = field(repr=False)
    password: str = field(default="", repr=False)

    @property
    def uri(self) -> str:
        """The `otpauth://` address that an authenticator app reads as a QR code."""
        return totp_uri(self.totp_secret, self.login, self.company)


class Staff:
    """Sign-in, sessions and rights. Whether a login exists shows neither in the sentence nor in the time it takes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._at_once = asyncio.Semaphore(2)
        self._nobody = ""

    async def sign_in(self, company: str, login: str, password: str, code: str, address: str) -> Member | Problem:
        """All four together, one answer for everything that can be wrong with them."""
        company, login, code = plain(company).strip(), login.strip().lower(), without_spaces(plain(code))
        if max(len(company), len(login), len(password)) > LONGEST or "\0" in company + login:
            return Problem("", "sign_in_wrong")
        if problem := await self._limited(address, f"{company}|{login}"):
            return problem
        row = await self.store.staff_by_login(company, login)
        right = await self.password_right(row, password)
        if row is None or not right or not self.admitted(row) or not await self.code_right(row, row.totp_secret or "", code):
            await self.failed(row)
            return Problem("", "sign_in_wrong")
        await self.store.staff_signed_in(row)
        await self.store.clear_limit(f"desk|{company}|{login}")
        if self._hasher.check_needs_rehash(row.password_hash):
            await self.store.rehash_staff(row, await self.hashed(password))
        data = {"active": self.clock().isoformat()}
        return _member(row, await self.store.new_session("staff", row.company, row.id, data, lasts=LASTS))

    async def member(self, token: str, *, active: bool = True) -> Member | None:
        """Who holds this token. `active` False for what a page asks by itself: that keeps nobody signed in."""
        session = await self.store.session(token) if token else None
        if session is None or session.kind != "staff":
            return None
        now = self.clock()
        idle = now - datetime.fromisoformat(session.data["active"])
        row = await self.store.staff(session.subject)
        if idle > IDLE or row is None or row.disabled:
            await self.store.drop_session(session)
            return None
        if active and idle >= timedelta(minutes=1):
            session = await self.store.save_session(session, {**session.data, "active": now.isoformat()})
        return _member(row, session)

    async def leave(self, member: Member) -> None:
        await self.store.drop_session(member.session)

    async def add(self, company: str, login: str, name: str, roles: Sequence[str], password: str) -> Account | Problem:
        """A new account with a fresh TOTP secret; or why not. Whether there is such a company is the caller's to know."""
        if problem := login_problem(login):
            return problem
        if not roles or not set(roles) <= set(ROLES):
            return Problem("roles", "role_unknown")
        if problem := password_problem(password, login):
            return problem
        secret, now = pyotp.random_base32(), self.clock()
        row = StaffRow(
            id=new_id(now), company=company, login=login, name=name or login, roles=tuple(roles), created_at=now,
            password_hash=await self.hashed(password), totp_secret=secret,
        )  # fmt: skip
        try:
            async with self.store.transaction() as tx:
                await tx.hire(row, OPERATOR, " ".join(roles))
        except Taken:
            return Problem("login", "login_taken")
        return Account(company, login, name or login, tuple(roles), secret)

    def admitted(self, row: StaffRow) -> bool:
        return not row.disabled and (row.locked_until is None or row.locked_until <= self.clock())

    async def _limited(self, address: str, who: str) -> Problem | None:
        for key, limit in ((f"desk|{address}", 30), (f"desk|{who}", 20)):
            allowed = await self.store.hit(key, limit, timedelta(minutes=10))
            if not isinstance(allowed, Allowed):
                return Problem("", "slow_down", {"minutes": -(-allowed.seconds // 60)})
        return None

    async def failed(self, row: StaffRow | None) -> None:
        """Counts; a locked account stays locked as long as it was going to. For nobody the same work is done in vain."""
        if row is not None and not self.admitted(row):
            return
        failures = await self.store.staff_failed(row.id if row is not None else "")
        if row is not None and failures >= MOST_FAILURES:
            await self.store.lock_staff(row, self.clock() + LOCKED_FOR)

    async def password_right(self, row: StaffRow | None, password: str) -> bool:
        if not self._nobody:
            self._nobody = await self.hashed(pyotp.random_base32())
        # Who was invited has no password yet: they cost the same work too.
        hashed = (row.password_hash if row is not None else "") or self._nobody
        async with self._at_once:
            return await asyncio.to_thread(self._verify, hashed, password) and row is not None and bool(row.password_hash)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def hashed(self, password: str) -> str:
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def code_right(self, row: StaffRow, secret: str, code: str, *, fresh: bool = False) -> bool:
        """Is it a code of now, or of half a minute before or after? Each is good once. A `fresh` secret is another one than the
        account had: its first code may be of the half minute in which the old one's was used."""
        code = without_spaces(plain(code))
        if not secret or not _CODE.fullmatch(code):
            return False
        now = int(self.clock().timestamp()) // STEP_SECONDS
        totp = pyotp.TOTP(secret)
        step = next((s for s in (now, now - 1, now + 1) if hmac.compare_digest(totp.generate_otp(s), code)), None)
        return step is not None and (await self.store.use_totp_step(row.id, step) or fresh)


async def make_demo_staff(staff: Staff, companies: Sequence[str], say: Callable[[str], str] = str) -> list[Account]:
    """Sample accounts for a demo, the same at every start. Their names stand in the catalogue."""
    accounts = []
    for company in companies:
        for login, name, roles in DEMO:
            row = await staff.store.staff_by_login(company, login)
            if row is not None and row.totp_secret:
                accounts.append(Account(company, login, row.name, row.roles, row.totp_secret, DEMO_PASSWORD))
                continue
            made = await staff.add(company, login, say(name), roles, DEMO_PASSWORD)
            if isinstance(made, Account):
                accounts.append(replace(made, password=DEMO_PASSWORD))
    return accounts


def totp_now(secret: str, now: datetime | None = None) -> str:
    """The code that an authenticator app shows at this moment (without `now`: by this machine's clock)."""
    totp = pyotp.TOTP(secret)
    return totp.now() if now is None else totp.generate_otp(int(now.timestamp()) // STEP_SECONDS)


def totp_uri(secret: str, login: str, company: str) -> str:
    """The `otpauth://` address that an authenticator app reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{login}@{company}" if company else login, issuer_name="Banli")


def login_problem(login: str) -> Problem | None:
    return None if _LOGIN.fullmatch(login) else Problem("login", "login_format")


def password_problem(password: str, login: str) -> Problem | None:
    """What is wrong with a password that somebody chooses."""
    if len(password) < SHORTEST_PASSWORD:
        return Problem("password", "password_short", {"least": SHORTEST_PASSWORD})
    if len(password) > LONGEST or len(set(password)) < 5 or login in password.lower():
        return Problem("password", "password_weak")
    return None


def _member(row: StaffRow, session: SessionRow) -> Member:
    return Member(row.id, row.company, row.login, row.name, row.roles, session, row.branches)
