"""The desk for staff: sign in, the queue, the deliveries. A case's own page is in `desk_case`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from banli.errors import Problem
from banli.parts import Parts
from banli.queues import Filters
from banli.sentences import _
from banli.staff import Member
from banli.web import desk_words as words
from banli.web.desk_case import case_pages
from banli.web.desk_counters import counter_pages
from banli.web.desk_frame import PATH, Room, goto, inside, nav, note
from banli.web.desk_own import own_pages
from banli.web.desk_releases import release_pages
from banli.web.desk_staff import staff_pages
from banli.web.guard import DESK, Guard
from banli.web.static import squeeze


def desk(parts: Parts, guard: Guard) -> Blueprint:
    """All pages below `/desk`."""
    blueprint = Blueprint("desk", __name__, url_prefix=PATH)
    room = Room(parts, guard)

    @blueprint.get("")
    async def door() -> Response:
        member = await room.member()
        if member is not None:
            return goto(_first_page(room, member))
        said = request.args.get("said", "")
        problems = [Problem("", said)] if said == "signed_out" else []
        return await _door(room, {"next": request.args.get("next", "")}, problems, welcome=said == "welcome")

    @blueprint.post("")
    async def sign_in() -> Response:
        form = await request.form
        if not await room.own(form):
            return await _door(room, form, [Problem("", "page_old")], 400)
        company, login, password, code = (form.get(name, "") for name in ("company", "login", "password", "code"))
        came = await parts.staff.sign_in(company, login, password, code, guard.address(request))
        if isinstance(came, Problem):
            note(problem=came.code)
            return await _door(room, form, [came], 429 if came.code == "slow_down" else 422)
        there = inside(form["next"]) if form.get("next") else _first_page(room, came)
        note(staff=came.id)
        response = goto(there)
        guard.give(response, DESK, came.token, PATH)
        return response

    @blueprint.post("/leave")
    async def leave() -> Response:
        form = await request.form
        member = await room.member()
        response = goto(PATH)
        if await room.own(form):
            if member is not None:
                await parts.staff.leave(member)
            guard.take(response, DESK, PATH)
        return response

    @blueprint.get("/queue")
    async def queue() -> Response:
        part = "part" in request.args
        member = await room.member(active=not part)
        if member is None:
            return abort(401) if part else await room.sign_in()
        filters = _filters(request.args)
        say = room.words()
        found = await parts.reviews.queue(member, filters, say.say)
        kept = _kept(filters)
        values = {
            "queue": found,
            "filters": filters,
            "states": {code: say.gettext(msgid) for code, msgid in words.STATES.items()},
            "companies": dict(found.companies),
            "filtered": bool(kept),
            "kept": kept,
            "earlier": _address(kept, filters.page - 1) if filters.page > 1 else "",
            "later": _address(kept, filters.page + 1) if found.more else "",
            "part_address": _address({**kept, "part": "1"}, filters.page),
            "now": parts.clock(),
            "said": words.said(request.args.get("said", ""), request.args.get("case", ""), say),
        }
        return await room.show("queue_part" if part else "queue", _("Review queue"), member, values)

    @blueprint.post("/queue/next")
    async def claim_next() -> Response:
        """Takes the next case of those that the list shows, and opens it."""
        posted = await room.posted()
        if isinstance(posted, Response):
            return posted
        member, form = posted
        filters = _filters(form)
        taken = await parts.reviews.claim_next(member, filters)
        note(action="claim_next", problem="" if taken is not None else "nothing_left")
        if taken is not None:
            return goto(f"{PATH}/cases/{taken.number}")
        return goto(f"{PATH}/queue?{urlencode({**_kept(filters), 'said': 'nothing_left'})}")

    @blueprint.get("/deliveries")
    async def deliveries() -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        say = room.words()
        values = {
            "stuck": await parts.reviews.stuck(member, say.say),
            "names": {code: say.gettext(msgid) for code, msgid in words.DELIVERIES.items()},
            "may_deliver": {company: member.may("deliver", company) for company in parts.library.company_ids},
            "companies": {id: company.short_name for id, company in parts.library.companies.items()},
            "now": parts.clock(),
            "said": words.said(request.args.get("said", ""), request.args.get("case", ""), say),
        }
        return await room.show("deliveries", _("Deliveries"), member, values)

    case_pages(blueprint, room)
    release_pages(blueprint, room)
    counter_pages(blueprint, room)
    staff_pages(blueprint, room)
    own_pages(blueprint, room)

    @blueprint.errorhandler(HTTPException)
    async def refused(problem: HTTPException) -> Response:
        status = problem.code or 500
        say = room.words()
        code, title = ("page_old", _("Not done")) if status == 400 else ("not_here", _("Not found"))
        values = {"lead": words.sentence(Problem("", code), say)}
        return await room.show("message", title, await room.member(active=False), values, status)

    @blueprint.after_request
    async def squeezed(response: Response) -> Response:
        return await squeeze(response, request.headers.get("Accept-Encoding", ""))

    return blueprint


async def _door(room: Room, typed: Any, problems: list[Problem], status: int = 200, *, welcome: bool = False) -> Response:
    """The sign-in page, with what was typed but for the password and the code."""
    say = room.words()
    values = {
        "problems": [words.sentence(problem, say) for problem in problems],
        "typed": {name: typed.get(name, "")[:80] for name in ("company", "login", "next")},
        "welcome": welcome,
    }
    return await room.show("door", _("Sign in"), None, values, status)


def _first_page(room: Room, member: Member) -> str:
    parts = room.parts
    sees = member.companies("see", parts.library.company_ids)
    watches = member.companies("watch", parts.library.company_ids)
    if member.companies("releases", parts.library.company_ids) and not (sees or watches):
        return f"{PATH}/releases"
    if not (sees or watches) and (at := nav(room, member)):
        return at[0]["href"]
    return f"{PATH}/deliveries" if watches and not sees else f"{PATH}/queue"


def _filters(given: Any) -> Filters:
    """What the address asks for; anything odd is as if it were not there."""
    state = given.get("state", "")
    page = given.get("page", "1")
    return Filters(
        state=state if state in words.STATES else "",
        company=given.get("company", "")[:40],
        business=given.get("business", "")[:80],
        number=given.get("number", "").strip()[:40],
        mine=bool(given.get("mine")),
        overdue=bool(given.get("overdue")),
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:6]) <= 10_000 else 1,
    )


def _kept(filters: Filters) -> dict[str, str]:
    """The filters as an address has them."""
    return {k: ("1" if v is True else str(v)) for k, v in asdict(filters).items() if v and k != "page"}


def _address(kept: dict[str, Any], page: int) -> str:
    return f"{PATH}/queue?{urlencode({**kept, 'page': page} if page > 1 else kept)}"
