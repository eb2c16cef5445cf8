"""One's own account at the desk: the link to begin with, another password, another authenticator."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import segno
from quart import Blueprint, Response, abort, request

from banli.errors import Problem
from banli.invitations import Welcome
from banli.sentences import _
from banli.staff import Member
from banli.web import desk_words as words
from banli.web.desk_frame import PATH, Room, goto, note


def own_pages(blueprint: Blueprint, room: Room) -> None:
    """`/desk/welcome/…` for who has a link, `/desk/own` for who is signed in."""
    parts = room.parts

    @blueprint.get("/welcome/<token>")
    async def welcome(token: str) -> Response:
        found = await parts.invitations.welcome(token, fresh=True)
        return await _welcome(room, found, None)

    @blueprint.post("/welcome/<token>")
    async def begin(token: str) -> Response:
        form = await request.form
        if not await room.own(form):
            abort(400)
        password, again = form.get("password", ""), form.get("again", "")
        found = await parts.invitations.welcome(token, fresh=False)
        if found is None:
            return await _welcome(room, None, None)
        problem = Problem("again", "passwords_differ") if found.what != "code" and password != again else None
        problem = problem or await parts.invitations.begin(token, password, form.get("code", ""), room.guard.address(request))
        if problem is not None:
            note(problem=problem.code)
            return await _welcome(room, found if problem.code != "link_over" else None, problem)
        return goto(f"{PATH}?said=welcome")

    @blueprint.get("/own")
    async def own() -> Response:
        member = await room.member()
        return await _own(room, member, None) if member is not None else await room.sign_in()

    @blueprint.post("/own/<action>")
    async def own_change(action: str) -> Response:
        posted = await room.posted()
        if isinstance(posted, Response):
            return posted
        member, form = posted
        present, code = form.get("present", ""), form.get("code", "")
        if action == "authenticator":
            link = await parts.invitations.own_authenticator(member, present, code)
            return await _own(room, member, link, action) if isinstance(link, Problem) else goto(link.path)
        if action != "password":
            abort(404)
        password = form.get("password", "")
        problem = Problem("again", "passwords_differ") if password != form.get("again", "") else None
        problem = problem or await parts.invitations.own_password(member, present, password, code)
        if problem is not None:
            note(problem=problem.code)
            return await _own(room, member, problem, action)
        return goto(f"{PATH}/own?{urlencode({'said': 'own_password', 'case': member.login})}")


async def _welcome(room: Room, found: Welcome | None, problem: Problem | None) -> Response:
    say = room.words()
    if found is None:
        values: dict[str, Any] = {"lead": words.sentence(Problem("", "link_over"), say)}
        return await room.show("message", _("This link is over"), None, values, 404)
    code = segno.make(found.uri, error="m", micro=False).svg_data_uri(scale=5, border=3, light="#fff") if found.uri else ""
    known = room.parts.library.companies
    values = {
        "welcome": found,
        "firm": say.say(known[found.company].short_name) if found.company in known else "",
        "picture": code,
        "spelled": " ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4)),
        "problem": words.sentence(problem, say) if problem is not None else "",
        "marked": problem.at if problem is not None else "",
    }
    status = 200 if problem is None else 429 if problem.code == "slow_down" else 422
    return await room.show("welcome", _("Welcome to the desk"), None, values, status)


async def _own(room: Room, member: Member, problem: Problem | None, action: str = "") -> Response:
    say = room.words()
    values = {
        "problem": words.sentence(problem, say) if problem is not None else "",
        "marked": problem.at if problem is not None else "",
        "action": action,
        "said": words.said(request.args.get("said", ""), request.args.get("case", ""), say),
    }
    return await room.show("own", _("My account"), member, values, 422 if problem is not None else 200)
