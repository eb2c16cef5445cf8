"""Agreements opened to be read: before the login, beside a consent, and one by one before signing."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, abort, request

from banli.definitions.model import Agreement
from banli.web.shell import Guest, Shell, away, html
from banli.web.step_pages import for_case, with_case


def add_papers(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.get("/<company>/agreements/<name>")
    async def consent(company: str, name: str) -> Response:
        """A text that is consented to with a tick: the present one, or with `case` the one of that case's edition."""
        guest = await shell.guest(company)
        business, number = request.args.get("business", ""), request.args.get("case", "")
        if number and guest.visit is not None:
            held = await parts.cases.outcome(guest.visit, number)
            edition = held.edition if held is not None else abort(404)
            guest = with_case(shell, guest, held)
        elif business in {offer.id for offer in guest.company.businesses}:
            edition = parts.editions.now(guest.company.id, business).edition
        else:
            abort(404)
        text = edition.agreements.get(name) or abort(404)
        return _paper(shell, guest, text, back="")

    @blueprint.get("/<company>/cases/<number>/<step>/read/<row>")
    async def read(company: str, number: str, step: str, row: str) -> Response:
        guest, visit = await shell.client(company)
        look, text = await parts.cases.agreement(visit, number, step, row) or abort(404)
        back = f"{guest.home}/cases/{number}/{step}"
        return _paper(shell, for_case(shell, guest, look), text, back=back, action=f"{back}/read/{row}")

    @blueprint.post("/<company>/cases/<number>/<step>/read/<row>")
    async def have_read(company: str, number: str, step: str, row: str) -> Response:
        guest, visit = await shell.client(company)
        await shell.posted(guest)
        if not await parts.cases.mark_read(visit, number, step, row):
            return away(f"{guest.home}/cases/{number}?said=changed_meanwhile")
        return away(f"{guest.home}/cases/{number}/{step}#f-read")


def _paper(shell: Shell, guest: Guest, text: Agreement, back: str, action: str = "") -> Response:
    values: dict[str, Any] = {"text": guest.wording.agreement(text), "number": text.number}
    title = guest.translator.say(text.title)
    if request.args.get("part"):
        page = {"page": values, "text": guest.wording.text}
        theme = shell.parts.themes.of(guest.company)
        return html(shell.parts.themes.render("paper_part.html", guest.translator, page, theme))
    scripts = ("read",) if action else ()
    return shell.show(
        "paper", guest, title, scripts=scripts, back=back, close=back or guest.home, mine="", action=action, **values
    )
