"""The demo: the embedded default with fictional companies, sample clients and desk accounts, on this machine only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from banli.counters import Colleague
from banli.hours import Open
from banli.numbering import CHINA
from banli.parts import Parts, system_clock
from banli.sites import Site, bundled
from banli.staff import DEMO_PASSWORD, RIGHTS, Account, make_demo_staff, totp_now

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
    return _accounts(accounts, parts.clock())


def _accounts(accounts: Sequence[Account], now: datetime) -> list[str]:
    """One line for each login, with its code of this half minute in each company."""
    codes: dict[str, dict[str, str]] = {}
    for one in accounts:
        codes.setdefault(one.login, {})[one.company] = totp_now(one.totp_secret, now)
    companies = list(dict.fromkeys(one.company for one in accounts))
    width = max((len(company) for company in companies), default=0)
    lines = [f"    {'':<12} " + "  ".join(f"{company:<{max(6, width)}}" for company in companies)]
    for login, of in codes.items():
        lines.append(f"    {login:<12} " + "  ".join(f"{of.get(company, ''):<{max(6, width)}}" for company in companies))
    return [line.rstrip() for line in lines]


async def code_of(parts: Parts, company: str, login: str, ahead: timedelta) -> str | None:
    """The present code of a demo account, by the demo's clock; None for who has none."""
    row = await parts.store.staff_by_login(company, login)
    if row is None or not row.totp_secret:
        return None
    return totp_now(row.totp_secret, parts.clock() + ahead)


_PAGES = {
    "banli_otp": "SMS codes    {url}/plugins/banli_otp/",
    "banli_email": "E-mails      {url}/plugins/banli_email/",
    "banli_directory": "Core system  {url}/plugins/banli_directory/   (sample clients, latency, outage, refusals)",
    "banli_video": "Video desk   {url}/desk/video   (as agent1, in another window; for clients who identify themselves by video)",
}


def welcome(
    site: Site, parts: Parts, url: str, accounts: Sequence[str], ahead: timedelta = timedelta(0), banli: str = "banli"
) -> Iterator[str]:
    """What a newcomer needs to know. The demo's clock is so far `ahead`; `banli` is how this command was called."""
    active = {plugin.name for plugin in parts.plugins.active}
    *others, last = parts.library.company_ids or ("",)
    companies = f"{', '.join(others)} or {last}" if others else last
    yield "Banli demo. Fictional companies, sample clients, synthetic ID numbers: never use it with real data."
    yield ""
    yield f"  Clients      {url}/   (a phone-sized window; company {companies})"
    yield f"  Desk         {url}/desk"
    yield from (f"  {line.format(url=url)}" for name, line in _PAGES.items() if name in active)
    yield ""
    samples = [line for plugin in parts.plugins.active for line in getattr(plugin, "sample_lines", list)()]
    if samples:
        yield "  Sample clients (ID number, company, what is special):"
        yield from (f"    {line}" for line in samples)
        yield ""
    yield f"  Desk accounts: company, login, the password {DEMO_PASSWORD} and the code of this half minute:"
    yield from accounts
    where = "" if site.root == bundled().resolve() else f" --site {site.root}"
    yield f"    A fresh code: {banli} staff code LOGIN --company COMPANY{where}"
    yield ""
    yield from (f"  {line}" for line in parts.left_out())
    if parts.left_out() and (bundled() / "Makefile").is_file():
        yield "  `make demo-full` installs what it lacks and starts this demo with it."
    if ahead > timedelta(minutes=1):
        china = parts.clock().astimezone(CHINA)
        yield f"  The clock of this demo is ahead of yours, so that every company is open: it is {china:%Y-%m-%d %H:%M} in China."
    yield f"  Kept in {site.var}. Stop with Ctrl-C; a second start finds everything as it was."
