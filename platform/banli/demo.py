"""The demo: the embedded default with two fictional companies, sample clients and desk accounts, on this machine only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from banli.counters import Colleague
from banli.hours import Open
from banli.parts import Parts, system_clock
from banli.sites import Site
from banli.staff import RIGHTS, Account, make_demo_staff, totp_now

MARK = "demo"
"""The file in `var` that says: everything here is a demo's. It holds how many seconds the demo's clock is ahead."""


@dataclass
class AheadClock:
    """The machine's clock, or ahead of it; never back, because sessions and codes would be."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self.ahead


def ahead_of(mark: Path) -> timedelta:
    """How far the clock of the demo that left this mark is ahead."""
    text = mark.read_text() if mark.is_file() else ""
    return timedelta(seconds=int(text)) if text.isdigit() else timedelta(0)


def open_all(parts: Parts, clock: AheadClock) -> None:
    """Puts the clock forward to the next moment at which every company is open: whoever tries the demo on a Sunday wants to
    walk it too. Gives up, and leaves the clock, where there is no such moment soon."""
    companies = (parts.editions.company(company) for company in parts.library.company_ids)
    offers = [(company.id, offer.id) for company in companies if company is not None for offer in company.businesses]
    known = (parts.editions.now(company, business).edition.hours for company, business in offers)
    hours = [found for found in known if found is not None]
    start = moment = clock()
    for _ in range(50):
        shut = next((found for found in hours if not isinstance(found.state(moment), Open)), None)
        if shut is None:
            clock.ahead += moment - start
            return
        opens = shut.next_opening(moment)
        if opens is None:
            return
        moment = opens + timedelta(minutes=1)


async def prepare(parts: Parts) -> list[str]:
    """Makes the desk accounts where there are none; the lines to print."""
    say = parts.catalogues.translator(parts.catalogues.languages[0]).gettext
    accounts = await make_demo_staff(parts.staff, parts.library.company_ids, say)
    rows = [(one, await parts.store.staff_by_login(one.company, one.login)) for one in accounts]
    staff = [
        Colleague(f"staff:{row.id}", one.name, (one.company,), frozenset(r for r in RIGHTS if RIGHTS[r] & set(one.roles)))
        for one, row in rows if row is not None
    ]  # fmt: skip
    for plugin in parts.plugins.active:
        await plugin.rehearse(staff)
    return [_line(parts, account) for account in accounts]


def _line(parts: Parts, account: Account) -> str:
    code = totp_now(account.totp_secret, parts.clock())
    return f"    {account.company}  {account.login:<12} {account.password}   {code}   {', '.join(account.roles)}"


async def code_of(parts: Parts, company: str, login: str, ahead: timedelta) -> str:
    """The present code of a demo account, by the demo's clock."""
    row = await parts.store.staff_by_login(company, login)
    if row is None or not row.totp_secret:
        return f"There is no '{login}' with a code in company '{company}'."
    return totp_now(row.totp_secret, parts.clock() + ahead)


def welcome(site: Site, parts: Parts, url: str, accounts: list[str]) -> Iterator[str]:
    """What a newcomer needs to know, in one screen."""
    yield "Banli demo. Fictional companies, sample clients, synthetic ID numbers: never use it with real data."
    yield ""
    yield f"  Clients      {url}/          (a phone-sized window; company 8001, 8002 or 8003)"
    yield f"  Desk         {url}/desk"
    yield f"  SMS codes    {url}/plugins/banli_otp/"
    if any(plugin.name == "banli_email" for plugin in parts.plugins.active):
        yield f"  E-mails      {url}/plugins/banli_email/"
    yield f"  Core system  {url}/plugins/banli_directory/   (sample clients, latency, outage, refusals)"
    yield ""
    yield "  Sample clients (company, ID number, what is special):"
    for plugin in parts.plugins.active:
        lines = getattr(plugin, "sample_lines", None)
        if lines is not None:
            yield from (f"    {line}" for line in lines())
    yield ""
    yield "  Desk accounts (company, login, password, code of this half minute, roles):"
    yield from accounts
    yield "    A fresh code: .venv/bin/banli staff code LOGIN --company COMPANY"
    yield ""
    yield from (f"  {line}" for line in parts.left_out())
    if parts.clock() - system_clock() > timedelta(minutes=1):
        yield f"  The companies are closed now: the clock of this demo is put forward to {parts.clock():%Y-%m-%d %H:%M} UTC."
    yield f"  Kept in {site.var}. Stop with Ctrl-C; a second start finds everything as it was."
