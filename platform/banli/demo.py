"""The demo: the embedded default with two fictional companies, sample clients and desk accounts, on this machine only."""

from __future__ import annotations

from collections.abc import Iterator

from banli.parts import Parts
from banli.sites import Site
from banli.staff import Account, make_demo_staff, totp_now

MARK = "demo"
"""The file in `var` that says: everything here is a demo's."""


async def prepare(parts: Parts) -> list[str]:
    """Makes the desk accounts where there are none; the lines to print."""
    say = parts.catalogues.translator(parts.catalogues.languages[0]).gettext
    accounts = await make_demo_staff(parts.staff, parts.library.company_ids, say)
    return [_line(parts, account) for account in accounts]


def _line(parts: Parts, account: Account) -> str:
    code = totp_now(account.totp_secret, parts.clock())
    return f"    {account.company}  {account.login:<12} {account.password}   {code}   {', '.join(account.roles)}"


async def code_of(parts: Parts, company: str, login: str) -> str:
    """The present code of a demo account."""
    row = await parts.store.staff_by_login(company, login)
    if row is None or not row.totp_secret:
        return f"There is no '{login}' with a code in company '{company}'."
    return totp_now(row.totp_secret, parts.clock())


def welcome(site: Site, parts: Parts, url: str, accounts: list[str]) -> Iterator[str]:
    """What a newcomer needs to know, in one screen."""
    yield "Banli demo. Fictional companies, sample clients, synthetic ID numbers: never use it with real data."
    yield ""
    yield f"  Clients      {url}/          (a phone-sized window; company 8001 or 8002)"
    yield f"  Desk         {url}/desk"
    yield f"  SMS codes    {url}/plugins/banli_otp/"
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
    yield f"  Kept in {site.var}. Stop with Ctrl-C; a second start finds everything as it was."
