"""The client at the door: captcha, code, who they are on file, and the session that follows."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from banli import china, outages
from banli.caseload import today
from banli.definitions.model import Flow, Form
from banli.definitions.placeholders import filled
from banli.doors import Asked, asked_at, consents_in, first, is_mobile, login_form, named
from banli.editions import Editions, Issue
from banli.errors import Problem
from banli.fields import Raw, Reading
from banli.hooks import Clock, Person, Unavailable, Undeliverable
from banli.limits import (
    ARRIVING,
    DOOR_ADDRESS,
    DOOR_SESSION,
    DRAWING,
    DRAWING_ADDRESS,
    SPEAKING,
    TEXTING,
    TYPED_ADDRESS,
    slowed,
)
from banli.plugins import Plugins
from banli.sentences import TEXTS
from banli.store import Allowed, Capped, SessionRow, Store, Wait

VISITOR_LASTS = timedelta(hours=2)
CLIENT_LASTS = timedelta(hours=12)
CLIENT_IDLE = timedelta(minutes=30)
PURPOSE, NEWCOMERS = "login", "newcomer"
"""What codes at the door are for. One that went to a number which somebody typed never opens what a client has on file."""
CODES, TYPED_CODES = 10, 5
"""Codes that a number gets in a day; and how many of these it has got when newcomers can have no more sent to it: whoever
floods a stranger's phone leaves its owner some to log in with."""
CAPTCHA_TRIES = 3
OF_AGE = 18


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a company's pages. `client` is "" until somebody has logged in; then the keyed hash of who.

    A `newcomer` is not the client of the same ID number: all that is known is which number they hold and what they typed.
    """

    session: SessionRow = field(repr=False)
    company: str
    client: str = ""
    newcomer: bool = False

    def fits(self, flow: Flow) -> bool:
        """Is this the login that a business asks for? Of newcomers the very same page, as the case rests on what it asked."""
        if not self.client or self.newcomer != flow.newcomers:
            return False
        return not self.newcomer or self.session.data.get("form") == flow.login

    @property
    def told(self) -> dict[str, Any]:
        """What a newcomer has said when logging in, by the names of the record on file."""
        return dict(self.session.data.get("told", {})) if self.newcomer else {}

    @property
    def counted(self) -> str:
        """By what the uses of what costs others are counted: of a newcomer the phone, as ID numbers can be made up."""
        return f"newcomer|{self.session.data.get('phone', '')}" if self.newcomer else self.client

    @property
    def ref(self) -> str:
        return str(self.session.data.get("ref", ""))

    @property
    def id_number(self) -> str:
        """Of a client. What a newcomer has typed finds nobody on file."""
        return "" if self.newcomer else str(self.session.data.get("id_number", ""))

    @property
    def consents(self) -> tuple[dict[str, Any], ...]:
        return tuple(self.session.data.get("consents", ()))


@dataclass(frozen=True, slots=True)
class Sent:
    """A code is on its way: to which number (masked), and in how many seconds another can be asked for."""

    to: str
    again_in: int


class Clients:
    """Who comes in. Nothing here tells whether a number is known before captcha and limit are passed (R-029)."""

    def __init__(self, store: Store, editions: Editions, plugins: Plugins, clock: Clock) -> None:
        self.store, self.editions, self.plugins, self.clock = store, editions, plugins, clock

    async def visit(self, token: str, *, active: bool = True) -> Visit | None:
        """Whose token this is. What a page asks by itself is not `active`: it keeps nobody logged in."""
        row = await self.store.session(token, CLIENT_IDLE, note=active) if token else None
        if row is None or row.kind not in ("visitor", "client", "newcomer"):
            return None
        return Visit(row, row.company, "" if row.kind == "visitor" else row.subject, row.kind == "newcomer")

    async def was_newcomer(self, company: str, token: str) -> bool:
        """Is this the token of a newcomer who has done nothing for too long?"""
        row = await self.store.session(token, note=False) if token else None
        return row is not None and (row.kind, row.company) == ("newcomer", company)

    async def crowded(self, address: str) -> bool:
        """Have too many new visits come from this address of late?"""
        return await slowed(self.store, ARRIVING, address) is not None

    async def arrive(self, company: str) -> Visit:
        row = await self.store.new_session("visitor", company, lasts=VISITOR_LASTS)
        return Visit(row, company)

    def has_read(self, visit: Visit, issue: Issue, raw: Raw) -> bool:
        """Stands the captcha that was read rightly for this ID number on the page?"""
        form, captcha = login_form(issue), visit.session.data.get("captcha") or {}
        asked, typed = asked_at(issue, self._read(issue, form, raw)), first(raw, named(form, "captcha"))
        known = not asked.missing() and captcha.get("for") == asked.bound
        return known and str(captcha.get("answer", "")).lower() == typed.lower()

    async def leave(self, visit: Visit) -> None:
        await self.store.drop_session(visit.session)

    async def draw(self, visit: Visit, address: str = "") -> bytes | None:
        """A fresh captcha picture; the one before is void. None when too many were asked for."""
        if address and await slowed(self.store, DRAWING_ADDRESS, address):
            return None
        if await slowed(self.store, DRAWING, visit.session.id):
            return None
        answer, picture = await asyncio.to_thread(self.plugins.captcha.draw)
        await self._remember(visit, captcha={"id": secrets.token_hex(8), "answer": answer, "tries": 0})
        return picture

    async def speak(self, visit: Visit, language: str) -> bytes | None:
        """The present captcha spoken, or None when none was drawn, or it was asked for too often."""
        captcha = visit.session.data.get("captcha") or {}
        if not captcha.get("answer") or await slowed(self.store, SPEAKING, visit.session.id):
            return None
        return await asyncio.to_thread(self.plugins.captcha.speak, str(captcha["answer"]), language)

    async def send_code(self, visit: Visit, business: str, raw: Raw, address: str) -> Sent | tuple[Problem, ...]:
        """Sends a login code, after the captcha was read rightly: to the number on file, or to the one that a newcomer typed."""
        issue = await self.editions.last(visit.company, business)
        form = login_form(issue)
        reading = self._read(issue, form, raw)
        asked = asked_at(issue, reading)
        problems = tuple(p for p in reading.problems if p.at in asked.decisive) or asked.missing()
        if problems:
            return problems
        if problem := await self._limited(visit, address):
            return (problem,)
        id_number = asked.id_number
        if problem := self._too_young(asked.number, id_number):
            return (problem,)
        visit, problem = await self._check_captcha(visit, asked.captcha, first(raw, asked.captcha), asked.bound)
        if problem is not None:
            return (problem,)
        if issue.edition.flow.newcomers:
            return await self._send_to_newcomer(visit, issue, asked, address)
        person = await self._find(visit.company, id_number)
        if isinstance(person, Problem):
            return (person,)
        if problem := self._no_account(issue, person, ""):
            return (problem,)
        phone = str(person.record.get("contact_mobile") or "") if person else ""
        if not is_mobile(phone):
            return (Problem(asked.otp, "no_mobile_on_file"),)
        return await self._send(visit, issue, phone, asked.otp, login={"id_number": id_number, "phone": phone, "for": PURPOSE})

    async def _send_to_newcomer(self, visit: Visit, issue: Issue, asked: Asked, address: str) -> Sent | tuple[Problem, ...]:
        """To the number that was typed. The directory is not asked: nobody learns here who is a client (R-029)."""
        if not is_mobile(asked.phone):
            return (Problem(asked.to, "format"),)
        if problem := await slowed(self.store, TYPED_ADDRESS, address):
            return (problem,)
        login = {"id_number": asked.id_number, "phone": asked.phone, "for": NEWCOMERS}
        return await self._send(visit, issue, asked.phone, asked.otp, purpose=NEWCOMERS, login=login, daily=TYPED_CODES)

    async def log_in(self, visit: Visit, business: str, raw: Raw, address: str) -> Visit | tuple[Problem, ...]:
        """Everything together, each thing that is missing or wrong with its own sentence (R-038)."""
        issue = await self.editions.last(visit.company, business)
        form = login_form(issue)
        reading = self._read(issue, form, raw)
        asked = asked_at(issue, reading)
        if problems := reading.problems or asked.missing():
            return problems
        if problem := await self._limited(visit, address):
            return (problem,)
        id_number, newcomers = asked.id_number, issue.edition.flow.newcomers
        if problem := self._too_young(asked.number, id_number):
            return (problem,)
        if asked.captcha or newcomers:
            visit, problem = await self._check_captcha(visit, asked.captcha, first(raw, asked.captcha), asked.bound)
            if problem is not None:
                return (problem,)
        if asked.otp or newcomers:
            purpose, sent = NEWCOMERS if newcomers else PURPOSE, visit.session.data.get("login") or {}
            mine = (sent.get("for"), sent.get("id_number")) == (purpose, id_number)
            if not mine or (newcomers and sent["phone"] != asked.phone):
                return (Problem(asked.otp, "code_none"),)
            said = await self.store.check_code(purpose, sent["phone"], visit.session.id, str(first(raw, asked.otp)))
            if said != "ok":
                return (Problem(asked.otp, f"code_{said}"),)
        consents = consents_in(issue, form, reading)
        if newcomers:
            return await self._let_in_newcomer(visit, issue, asked, reading, consents)
        person = await self._find(visit.company, id_number)
        if isinstance(person, Problem):
            return (person,)
        chosen = str(reading.values.get("account_type") or "")
        if (problem := self._no_account(issue, person, chosen)) or person is None:
            return (problem or Problem("", "no_account"),)
        client = self.client_hash(visit.company, id_number)
        row = await self.store.renew_session(
            visit.session,
            kind="client",
            company=visit.company,
            subject=client,
            data={"ref": person.ref, "id_number": id_number, "consents": consents},
            lasts=CLIENT_LASTS,
        )
        return Visit(row, visit.company, client)

    async def _let_in_newcomer(
        self, visit: Visit, issue: Issue, asked: Asked, reading: Reading, consents: list[dict[str, str]]
    ) -> Visit:
        """With what they have said, by the names of the record on file; nobody is looked for there."""
        form = login_form(issue)
        told = {k: v for k, v in issue.book.reader(form.id).changed(reading.values, {}).items() if v is not None}
        row = await self.store.renew_session(
            visit.session,
            kind="newcomer",
            company=visit.company,
            subject=self.newcomer_hash(visit.company, asked.id_number, asked.phone),
            data={"told": told, "phone": asked.phone, "form": form.id, "consents": consents},
            lasts=CLIENT_LASTS,
        )
        return Visit(row, visit.company, row.subject, True)

    async def send(self, visit: Visit, issue: Issue, at: str, purpose: str, phone: str) -> Sent | tuple[Problem, ...]:
        """Sends a code within a business, to the number that the client has typed (R-089)."""
        if problem := await slowed(self.store, TEXTING, visit.counted):
            return (problem,)
        return await self._send(visit, issue, phone, at, purpose=purpose, daily=TYPED_CODES if visit.newcomer else CODES)

    def client_hash(self, company: str, id_number: str) -> str:
        """The keyed hash by which a client's cases are found."""
        return self.store.vault.lookup_hash("client", f"{company}|{id_number}")

    def newcomer_hash(self, company: str, id_number: str, phone: str) -> str:
        """The same of a newcomer: of nobody else who types the number of this ID card, not even of its holder as a client."""
        return self.store.vault.lookup_hash("newcomer", f"{company}|{id_number}|{phone}")

    async def _send(
        self, visit: Visit, issue: Issue, phone: str, at: str, *, purpose: str = PURPOSE, login: dict[str, str] | None = None,
        daily: int = CODES,
    ) -> Sent | tuple[Problem, ...]:  # fmt: skip
        code = f"{secrets.randbelow(1_000_000):06d}"
        allowed = await self.store.new_code(purpose, phone, visit.session.id, code, daily=daily)
        if isinstance(allowed, Wait):
            return (Problem(at, "code_wait", {"seconds": allowed.seconds}),)
        if isinstance(allowed, Capped):
            return (Problem(at, "code_capped"),)
        if login is not None:
            await self._remember(visit, login=login)
        try:
            await self.plugins.sms.send(phone, self._message(issue, code))
        except Undeliverable as refused:
            outages.log("sms", refused)
            return (Problem(at, "code_undeliverable"),)
        except Unavailable as silent:
            outages.log("sms", silent)
            # An outage costs nobody one of the day's codes; the minute stays, so that a gateway in trouble gets a rest.
            # The code stays good too: perhaps only the gateway's answer was lost.
            await self.store.code_not_sent(phone)
            return (Problem(at, "code_not_sent"),)
        found = china.read_phone(phone)
        return Sent(found.masked() if isinstance(found, china.Phone) else "", 60)

    def _message(self, issue: Issue, code: str) -> str:
        """The business's or the company's words for the message, with `{code}` and `{company}` in them."""
        text = self.editions.texts_of(issue).get("sms_code") or TEXTS["sms_code"]
        company = self.editions.company(issue.edition.company.id) or issue.edition.company
        names = {"id": company.id, "name": company.name, "short_name": company.short_name, "hotline": company.hotline}
        said = filled(text, {"company": names, "menu": self.editions.menu_of(issue)})
        return said.replace("{company}", company.short_name).replace("{code}", code)

    def _read(self, issue: Issue, form: Form, raw: Raw) -> Reading:
        edition = issue.edition
        around = {"today": today(self.clock()), "company.id": edition.company.id, "business.id": edition.business.id}
        return issue.book.reader(form.id).read(raw, around)

    async def _limited(self, visit: Visit, address: str) -> Problem | None:
        slow = await slowed(self.store, DOOR_ADDRESS, address)
        return slow or await slowed(self.store, DOOR_SESSION, visit.session.id)

    def _too_young(self, at: str, id_number: str) -> Problem | None:
        """R-032, from the number alone: it tells nothing of whether the number is known."""
        found = china.parse_id_number(id_number)
        day = date.fromisoformat(today(self.clock()))
        young = isinstance(found, china.IdNumber) and china.age_on(found.birth, day) < OF_AGE
        return Problem(at, "under_age") if young else None

    async def _check_captcha(self, visit: Visit, at: str, typed: str, bound: str) -> tuple[Visit, Problem | None]:
        """Right for one ID number (of a newcomer: and one phone), as often as its login takes; wrong three times makes it void.

        Whoever wants to know which of many numbers have an account, or to have codes sent to many, reads a picture for each
        (R-029).
        """
        captcha = dict(visit.session.data.get("captcha") or {})
        answer = str(captcha.get("answer", ""))
        if not answer:
            return visit, Problem(at, "captcha_expired")
        if not secrets.compare_digest(answer.lower().encode(), typed.strip().lower().encode("utf-8", "replace")):
            captcha["tries"] = int(captcha["tries"]) + 1
            visit = await self._remember(visit, captcha={} if captcha["tries"] >= CAPTCHA_TRIES else captcha)
            return visit, Problem(at, "captcha_wrong")
        if captcha.get("for") == bound:
            return visit, None
        # The count is one statement: of several posts at once with several numbers, one is the first.
        first = "for" not in captcha and await self.store.hit(f"captcha|{captcha['id']}", 1, VISITOR_LASTS)
        if not isinstance(first, Allowed):
            return await self._remember(visit, captcha={}), Problem(at, "captcha_expired")
        return await self._remember(visit, captcha={**captcha, "for": bound}), None

    async def _remember(self, visit: Visit, **what: Any) -> Visit:
        return replace(visit, session=await self.store.save_session(visit.session, {**visit.session.data, **what}))

    async def _find(self, company: str, id_number: str) -> Person | Problem | None:
        try:
            return await self.plugins.directory.find(company, id_number)
        except Unavailable as silent:
            outages.log("directory", silent)
            return Problem("", "directory_unavailable")

    @staticmethod
    def _no_account(issue: Issue, person: Person | None, chosen: str) -> Problem | None:
        """R-029, R-030: the accounts of this company that the business is for, and with `chosen` the one named."""
        held = set(person.accounts) if person is not None else set()
        fit = held & set(issue.edition.flow.accounts) if issue.edition.flow.accounts else held
        if person is None or (issue.edition.flow.accounts and not fit) or (chosen and chosen not in fit):
            return Problem("", "no_account")
        return None
