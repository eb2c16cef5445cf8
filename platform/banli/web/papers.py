"""Agreements opened to be read: before the login, beside a consent, and one by one before signing."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from banli.definitions.model import Agreement
from banli.errors import Problem
from banli.papers import Opened
from banli.pdfs import Unreadable
from banli.web.paper_files import Paper, download
from banli.web.paper_list import titled
from banli.web.shell import Guest, Shell, away, html, note
from banli.web.static import FOR_EVER
from banli.web.step_pages import for_case, with_case

_DIGEST = re.compile("[0-9a-f]{64}")
_DECIMAL = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")


def add_papers(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.get("/<company>/agreements/<name>")
    async def consent(company: str, name: str) -> Response:
        """A text that is consented to with a tick: the present one, or with `case` the one of that case's edition."""
        guest = await shell.guest(company)
        business, number = request.args.get("business", ""), request.args.get("case", "")
        if number and guest.visit is not None:
            held = await parts.cases.outcome(guest.visit, number) or abort(404)
            edition, guest = held.edition, with_case(shell, guest, held)
        else:
            try:
                edition = (await parts.editions.last(guest.company.id, business)).edition
            except KeyError:
                abort(404)
        text = edition.agreements.get(name) or abort(404)
        page = await paper_page(shell, guest, text)
        if request.args.get("part"):
            theme = parts.themes.of(guest.company)
            values = {"page": SimpleNamespace(**page), "text": guest.wording.text}
            return html(parts.themes.render("paper_part.html", guest.translator, values, theme))
        return shell.show("paper", guest, guest.translator.say(text.title), scripts=scripts_of(text), back="", mine="", **page)

    @blueprint.get("/<company>/cases/<number>/<step>/read/<row>")
    async def read(company: str, number: str, step: str, row: str) -> Response:
        guest, visit = await shell.client(company)
        opened = await parts.papers.open(visit, number, step, row) or abort(404)
        return await _reading(shell, guest, opened)

    @blueprint.get("/<company>/cases/<number>/<step>/read/<row>/file")
    async def take_along(company: str, number: str, step: str, row: str) -> Response:
        """The text to take along before it is signed. That counts as no reading."""
        guest, visit = await shell.client(company)
        opened = await parts.papers.open(visit, number, step, row) or abort(404)
        guest, text = for_case(shell, guest, opened.look), opened.text
        said = guest.wording.text
        facts = (
            {"title": said("paper_number"), "text": text.number},
            {"title": said("paper_company"), "text": guest.wording.names["company"]["name"]},
            {"title": said("paper_digest"), "text": text.digest},
        )
        return await download(shell, guest, Paper(text, facts))

    @blueprint.post("/<company>/cases/<number>/<step>/read/<row>")
    async def have_read(company: str, number: str, step: str, row: str) -> Response:
        """「I have read it」; or the page is left by `<` after its end was in sight, which counts too; or the page tells by
        itself that it was read (`seen`)."""
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        button, token, spent = form.get("_go", ""), form.get("token", ""), _number(form.get("spent", ""))
        leaves = button in ("back", "close", "seen")
        end = not leaves or form.get("end") == "1"
        said = await parts.papers.note_read(visit, number, step, row, token, end=end, spent=spent)
        here = f"{guest.home}/cases/{number}"
        if said is None:
            return Response("", 409) if button == "seen" else away(f"{here}?said=changed_meanwhile")
        if button == "seen":
            return Response("", 409 if isinstance(said, Problem) else 204)
        if isinstance(said, Problem) and not leaves:
            note((said,), step=step)
            opened = await parts.papers.open(visit, number, step, row, token) or abort(404)
            return await _reading(shell, guest, opened, said)
        if button == "next" and isinstance(said, Opened) and said.unread:
            return away(f"{here}/{step}/read/{said.unread[0]}")
        return away(f"{here}/{step}#paper-{row}")

    @blueprint.post("/<company>/cases/<number>/<step>/read/<row>/place")
    async def stopped(company: str, number: str, step: str, row: str) -> Response:
        """Where reading stopped. The page that tells is often gone already, so what is too late for anything is no fault."""
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        place, spent = (_number(form.get(name, "")) or 0.0 for name in ("place", "spent"))
        token, end = form.get("token", ""), form.get("end") == "1"
        said = await parts.papers.stopped(visit, number, step, row, token, place=place, spent=spent, end=end)
        return Response("", 429 if isinstance(said, Problem) else 204)

    @blueprint.get("/<company>/papers/<digest>/<int:number>")
    async def leaf(company: str, digest: str, number: int) -> Response:
        """The picture of one page of a PDF. Its address names the content, so browsers keep it for ever."""
        _known(shell, company, digest)
        try:
            content, kind = await parts.papers.picture(digest, number)
        except (KeyError, IndexError, Unreadable):
            abort(404)
        return Response(content, content_type=kind, headers={"Cache-Control": FOR_EVER})

    @blueprint.get("/<company>/papers/<digest>.pdf")
    async def document(company: str, digest: str) -> Response:
        _known(shell, company, digest)
        try:
            content = await parts.papers.paper(digest)
        except KeyError:
            abort(404)
        about = {"Cache-Control": FOR_EVER, "Content-Disposition": f'attachment; filename="{digest[:12]}.pdf"'}
        return Response(content, content_type="application/pdf", headers=about)


def _number(text: str) -> float | None:
    """What a page says of itself; None for anything but a short decimal number."""
    return float(text) if _DECIMAL.fullmatch(text) else None


def _known(shell: Shell, company: str, digest: str) -> None:
    found = shell.parts.editions.company(company)
    if found is None or not found.enabled or not _DIGEST.fullmatch(digest):
        abort(404)


async def _reading(shell: Shell, guest: Guest, opened: Opened, said: Problem | None = None) -> Response:
    """The page on which a text of the list is read."""
    guest, look = for_case(shell, guest, opened.look), opened.look
    back = f"{guest.home}/cases/{look.case.number}/{look.standing.id}"
    values = await paper_page(shell, guest, opened.text)
    values["reading"] = {
        "action": f"{back}/read/{opened.row.id}",
        "back": f"{back}#paper-{opened.row.id}",
        "token": opened.token,
        "digest": opened.text.digest[:16],
        "to_end": opened.row.read.to_end and not opened.mark.end,
        "stopped": round(opened.mark.place, 4),
        "waits": round(opened.waits, 1),
        "read": opened.read,
        "now": opened.place,
        "all": opened.of,
        "next": f"{back}/read/{opened.unread[0]}" if opened.unread else "",
        "problem": guest.wording.problem(said) if said is not None else "",
    }
    values["file_of"] = "" if opened.text.format == "pdf" else f"{back}/read/{opened.row.id}/file"
    title = guest.translator.say(opened.text.title)
    scripts = ("read", *scripts_of(opened.text))
    return shell.show("paper", guest, title, status=422 if said else 200, scripts=scripts, mine="", **values)


def scripts_of(text: Agreement) -> tuple[str, ...]:
    return ("leaves",) if text.format == "pdf" else ()


async def paper_page(shell: Shell, guest: Guest, text: Agreement) -> dict[str, Any]:
    """The text itself: words, or the pages of a PDF as pictures with their words for those who listen."""
    title = titled(guest, guest.translator.say(text.title))
    page: dict[str, Any] = {"text": guest.wording.agreement(text), "number": text.number, "heading": title, "reading": None}
    if text.format != "pdf":
        return {**page, "leaves": (), "file": "", "unreadable": ""}
    try:
        found, content = await shell.parts.papers.leaves(text.digest), await shell.parts.papers.paper(text.digest)
    except (KeyError, Unreadable):
        unreadable = guest.wording.text("paper_unreadable", hotline=guest.company.hotline)
        return {**page, "leaves": (), "file": "", "unreadable": unreadable}
    base = f"{guest.home}/papers/{text.digest}"
    leaves = [
        {
            "src": f"{base}/{place}",
            "width": leaf.pixels[0],
            "height": leaf.pixels[1],
            "title": guest.wording.text("paper_page", now=place, all=len(found)),
            "words": leaf.words,
        }
        for place, leaf in enumerate(found, 1)
    ]
    return {**page, "leaves": leaves, "file": f"{base}.pdf", "size": _size(len(content)), "unreadable": ""}


def _size(length: int) -> Markup:
    """How much a phone has to load."""
    return Markup(f"{max(round(length / 1000), 1)} kB" if length < 1_000_000 else f"{length / 1_000_000:.1f} MB")  # noqa: S704 - numbers
