"""The client's pages, put together from their rooms; and the calm page for whatever cannot be shown."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, g, request

from banli.parts import Parts
from banli.web.entrance import add_entrance
from banli.web.files import add_files
from banli.web.guard import Guard
from banli.web.login import add_login
from banli.web.mine import add_mine
from banli.web.papers import add_papers
from banli.web.shell import Shell
from banli.web.static import squeeze
from banli.web.steps import add_steps
from banli.web.uploads import add_uploads
from banli.web.walks import add_walks


def pages(parts: Parts, guard: Guard) -> Blueprint:
    """All pages of clients."""
    blueprint, shell = Blueprint("pages", __name__), Shell(parts, guard)
    for add in (add_entrance, add_login, add_mine, add_files, add_uploads, add_papers, add_walks, add_steps):
        add(blueprint, shell)

    @blueprint.after_request
    async def finish(response: Response) -> Response:
        wanted = g.get("language") or request.args.get("lang")
        if wanted in parts.catalogues.translators:
            response.set_cookie("lang", str(wanted), max_age=31536000, secure=guard.secure, httponly=True, samesite="Lax")
        return await squeeze(response, request.headers.get("Accept-Encoding", ""))

    return blueprint


_TOLD = {
    400: ("too_old_title", "too_old_more"), 403: ("not_open_title", "not_open_more"), 404: ("missing_title", "missing_more"),
    405: ("missing_title", "missing_more"), 413: ("too_large_title", "too_large_more"), 429: ("too_many_title", "too_many_more"),
    503: ("away_title", "away_more"),
}  # fmt: skip
_BROKEN = ("broken_title", "broken_more")
"""Which words tell of it."""


async def message(parts: Parts, code: int) -> Response:
    """A page for what went wrong: one sentence, the way on, and with a failure of ours the number of the request.

    Below a company's address it is the company's page, with its hotline and the way to 我的业务 (R-036). No database is
    asked: perhaps that is what does not answer.
    """
    shell = Shell(parts, Guard(parts.site))
    company = parts.editions.company(request.path.split("/", 2)[1]) if request.path.startswith("/") else None
    guest = shell.stranger(company) if company is not None and company.enabled else None
    text = (guest.wording if guest is not None else shell.plain(shell.translator())).text
    title, more = _TOLD.get(code, _BROKEN)
    lead = text(title)
    links = [{"href": guest.home if guest is not None else "/", "title": text("to_first_page")}]
    if code in (400, 413) or code >= 500:
        path = request.path if request.method == "GET" else request.path.partition("/draft")[0]
        links.insert(0, {"href": path, "title": text("reload")})
    values: dict[str, Any] = {
        "lead": lead,
        "more": text(more),
        "links": links,
        "sort": "bad" if code >= 500 else "",
        "request_id": g.get("request_id", "") if code >= 500 else "",
    }
    if guest is not None:
        return shell.show("message", guest, lead, status=code, **values)
    return shell.show_plain("message", lead, status=code, **values)
