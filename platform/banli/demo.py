"""The demo: the embedded default with two fictional companies, sample clients and desk accounts, on this machine only."""

from __future__ import annotations

from collections.abc import Iterator

from banli.parts import Parts
from banli.sites import Site
from banli.staff import make_demo_staff, totp_now


async def prepare(parts: Parts) -> list[str]:
    """Makes the desk accounts where there are none; the lines to print."""
    accounts = await make_demo_staff(parts.staff, parts.library.company_ids)
    return [f"    {a.company}  {a.login:<12} {a.password:<20} {totp_now(a.totp_secret)}  {', '.join(a.roles)}" for a in accounts]


def welcome(site: Site, parts: Parts, url: str, accounts: list[str]) -> Iterator[str]:
    """What a newcomer needs to know, in one screen."""
    yield "Banli demo. Fictional companies, sample clients, synthetic ID numbers: never use it with real data."
    yield ""
    yield f"  Clients      {url}/          (a phone-sized window; company 8001 or 8002)"
    yield f"  Desk         {url}/desk"
    yield f"  SMS codes    {url}/plugins/banli_otp/"
    yield f"  Core system  {url}/plugins/banli_directory/   (sample clients, latency, outage, refusals)"
    yield ""
    yield "  Sample clients (ID number, company, what is special):"
    for plugin in parts.plugins.active:
        if plugin.name == "banli_directory":
            yield from (f"    {line}" for line in getattr(plugin, "sample_lines", lambda: ())())
    yield ""
    yield "  Desk accounts (company, name, password, code of this half minute):"
    yield from accounts
    yield "    A fresh code: banli staff code LOGIN --company COMPANY"
    yield ""
    yield f"  Kept in {site.var}. Stop with Ctrl-C; a second start finds everything as it was."
