"""The way in: the company's number or QR code, and its menu of businesses."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from typing import Any

import segno
from quart import Blueprint, Response, abort, request

from banli.beginnings import closed
from banli.definitions.model import Offer, Step
from banli.editions import Issue
from banli.errors import Problem
from banli.fields.base import Say
from banli.hours import Hours
from banli.web.shell import Guest, Shell, away


def add_entrance(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.get("/")
    async def entrance() -> Response:
        typed = request.args.get("company")
        if typed is None:
            return _entrance(shell)
        number = unicodedata.normalize("NFKC", typed[:40]).strip()
        company = parts.library.company(number)
        if company is not None and company.enabled:
            return away(f"/{company.id}")
        code = "company_code_missing" if not number else "company_unknown" if company is None else "company_disabled"
        return _entrance(shell, typed[:40], code)

    @blueprint.get("/<company>")
    async def menu(company: str) -> Response:
        guest = await shell.guest(company)
        open_ = bool((await parts.cases.mine(guest.visit)).pending) if guest.visit is not None and guest.inside else False
        businesses = [_tile(shell, guest, offer) for offer in guest.company.businesses]
        title = guest.wording.text("choose_business")
        # Each closed business says so itself; once is enough.
        once = request.args.get("said") == "service_closed" and any(tile["closed"] for tile in businesses)
        values: dict[str, Any] = {"said": []} if once else {}
        values["shared"] = told_once(businesses, guest)
        return shell.show("menu", guest, title, back="/", close="", businesses=businesses, open=open_, **values)

    @blueprint.get("/<company>/qr.svg")
    async def qr(company: str) -> Response:
        found = parts.library.company(company)
        if found is None or not found.enabled:
            abort(404)
        base = (parts.site.address or request.host_url).rstrip("/")
        drawn = io.BytesIO()
        code = segno.make(f"{base}/{found.id}", error="m")
        code.save(drawn, kind="svg", scale=4, border=2, xmldecl=False, light="#fff", nl=False)
        return Response(drawn.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "private, max-age=3600"})


def _entrance(shell: Shell, typed: str = "", code: str = "") -> Response:
    site = shell.parts.library.site
    translator = shell.translator()
    listed = (shell.parts.editions.company(str(number)) for number in site.get("entrance", ()))
    companies = [
        {"id": one.id, "short_name": translator.say(one.short_name)} for one in listed if one is not None and one.enabled
    ]
    wording = shell.plain(translator)
    said = wording.problem(Problem("company", code)) if code else ""
    title = translator.say(str(site.get("title", ""))) or wording.text("site_title")
    return shell.show_plain("entrance", title, status=422 if code else 200, companies=companies, typed=typed, wrong=said)


def _tile(shell: Shell, guest: Guest, offer: Offer) -> dict[str, Any]:
    issue = shell.parts.editions.now(guest.company.id, offer.id)
    shut = closed(issue, shell.parts.clock())
    told = guest.notices
    guest = at_door(shell, guest, issue)
    return {
        "id": offer.id,
        "title": business_title(issue, guest.translator.say),
        "summary": guest.wording.render(issue.edition.flow.summary),
        "closed": closed_sentence(guest) if shut else "",
        "notices": shell.announced((one for one in guest.notices if one not in told), guest.wording),
        "steps": whole_way(shell, guest, issue) if issue.edition.flow.case else [],
        "materials": materials(issue, guest.translator.say),
    }


def told_once(tiles: list[dict[str, Any]], guest: Guest) -> list[dict[str, str]]:
    """Takes out of the tiles what several of them say, and tells it once: with the names of those that it is about, where it is
    not about all."""
    shared: list[dict[str, str]] = []
    for tile in tiles:
        for note in (*tile["notices"], *([{"look": "warning", "text": tile["closed"]}] if tile["closed"] else ())):
            said_by = [t for t in tiles if note in t["notices"] or note["text"] == t["closed"]]
            if len(said_by) > 1 and all(note["text"] != known["text"] for known in shared):
                names = "" if len(said_by) == len(tiles) else guest.wording.text("menu_and").join(t["title"] for t in said_by)
                shared.append({**note, "about": names})
    for tile in tiles:
        said = {one["text"] for one in shared}
        tile["notices"] = [one for one in tile["notices"] if one["text"] not in said]
        tile["shut"], tile["closed"] = bool(tile["closed"]), "" if tile["closed"] in said else tile["closed"]
    return shared


def materials(issue: Issue, say: Say) -> list[dict[str, str]]:
    """What a client should have at hand; the id names the picture."""
    listed = issue.edition.flow.needs.get("materials", {})
    return [{"id": name, "title": say(str(title))} for name, title in listed.items()]


def at_door(shell: Shell, guest: Guest, issue: Issue) -> Guest:
    """The guest with the words and notices of this business: its own texts, its hours."""
    hours = shell.parts.editions.hours(issue)
    sign = shell.sign(guest.translator, lambda: hours)
    return with_notices(replace(guest, wording=shell.wording(guest.translator, guest.company, issue, hours=sign)), hours)


def with_notices(guest: Guest, hours: Hours | None) -> Guest:
    """The guest who is also told what these hours announce."""
    if hours is None or not hours.notices:
        return guest
    return replace(guest, notices=(*guest.notices, *(one for one in hours.notices if one not in guest.notices)))


def closed_sentence(guest: Guest) -> str:
    return guest.wording.problem(Problem("", "service_closed"))


def business_title(issue: Issue, say: Say) -> str:
    return say(issue.edition.business.title or issue.edition.flow.title)


def whole_way(shell: Shell, guest: Guest, issue: Issue) -> list[dict[str, str]]:
    """The steps of a business for somebody who has not begun (R-002). Steps of which one will apply stand on one line; a
    step with hours of its own says them."""
    wording = guest.wording
    lines: list[tuple[frozenset[str], list[str]]] = []
    for bound in issue.course.steps:
        title = wording.render(bound.title(issue.edition.forms))
        if not title:
            continue
        if bound.step.hours:
            title = wording.text("step_hours", step=title, hours=_windows(shell, guest, issue, bound.step))
        about = bound.when.names if bound.when is not None else frozenset()
        if about and lines and lines[-1][0] == about:
            lines[-1][1].append(title)
        else:
            lines.append((about, [title]))
    return [{"title": " / ".join(titles)} for _, titles in lines]


def _windows(shell: Shell, guest: Guest, issue: Issue, step: Step) -> str:
    """The hours of a step, in words."""
    hours = shell.parts.editions.hours(issue, step)
    return shell.sign(guest.translator, lambda: hours).windows
