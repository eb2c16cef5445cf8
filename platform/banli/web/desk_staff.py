"""Staff at the desk: who works here and as what, links to begin with, and what was done to whose account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, request

from banli.errors import Problem
from banli.i18n import Translator
from banli.invitations import Link
from banli.parts import Parts
from banli.sentences import _
from banli.staff import OPERATOR, ROLES, Member
from banli.staffing import RESETS, Draft, Line, Person
from banli.web import desk_words as words
from banli.web.desk_frame import PATH, Room, goto, note

_ID = re.compile("[0-9a-f]{32}")
MOST_LINES = 50

HERE = f"{PATH}/staff"
STATES = {
    "active": _("Active"),
    "invited": _("Has not begun yet"),
    "locked": _("Locked after wrong tries"),
    "shut": _("Shut"),
}
TONES = {"active": "good", "invited": "new", "locked": "warn", "shut": "bad"}
KINDS = {
    "added": _("Account made"),
    "changed": _("Account changed"),
    "shut": _("Account shut"),
    "opened": _("Account opened"),
    "signed_out": _("Sessions ended"),
    "reset": _("Sign-in made void, new link"),
    "link_opened": _("Link opened"),
    "begun": _("Link used"),
    "own_password": _("Own password changed"),
    "own_code": _("Began to move to another authenticator"),
    "signed_in": _("Signed in"),
    "locked": _("Locked after wrong tries"),
}
WHAT = {
    "both": _("Password and authenticator"),
    "password": _("Password"),
    "code": _("Authenticator"),
}
BY = {OPERATOR: _("Command line"), "system": _("System")}
SAID = {"save": "staff_changed", "shut": "staff_shut", "open": "staff_opened", "leave": "staff_signed_out"}


def staff_pages(blueprint: Blueprint, room: Room) -> None:
    """The pages below `/desk/staff`, for those who may manage staff; for others there is nothing."""
    parts = room.parts

    @blueprint.get("/staff")
    async def staff() -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        say, companies = room.words(), _managed(parts, member)
        values = {
            "people": await parts.staffing.everybody(member),
            "branches": {id: _branches(parts, id, say) for id in companies},
            "companies": _named(parts, companies, say),
            **_words(say),
            "said": words.said(request.args.get("said", ""), request.args.get("case", ""), say),
        }
        return await room.show("staff", _("Staff"), member, values)

    @blueprint.get("/staff/log")
    async def staff_log() -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        say, companies = room.words(), _managed(parts, member)
        asked, past = request.args.get("company", companies[0]), request.args.get("past", "")
        company = asked if asked in companies else companies[0]
        before = int(past) if past.isascii() and past.isdigit() and len(past) < 18 else 0
        lines = await parts.staffing.trail(member, company, before=before, most=MOST_LINES)
        more = urlencode({"company": company, "past": lines[-1].id}) if len(lines) == MOST_LINES else ""
        values = {
            "lines": [_line(one, say) for one in lines],
            "companies": _named(parts, companies, say),
            "company": company,
            "more": more,
        }
        return await room.show("staff_log", _("What was done to accounts"), member, values)

    @blueprint.get("/staff/new")
    async def staff_new() -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        companies = _managed(parts, member)
        company = request.args.get("company", companies[0])
        return await _form(room, member, company if company in companies else companies[0], "", Draft("", ()), None)

    @blueprint.post("/staff/new")
    async def staff_add() -> Response:
        posted = await room.posted()
        if isinstance(posted, Response):
            return posted
        member, form = posted
        _managed(parts, member)
        company, login, draft = form.get("company", ""), form.get("login", "")[:80], _draft(form)
        made = await parts.staffing.invite(member, company, login, draft)
        if isinstance(made, Problem):
            note(problem=made.code)
            return await _form(room, member, company, login, draft, made)
        note(person=made[0].id)
        return await _link(room, member, *made)

    @blueprint.get("/staff/<id>")
    async def staff_person(id: str) -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        person = await parts.staffing.person(member, id) if _ID.fullmatch(id) else None
        if person is None:
            abort(404)
        return await _person(room, member, person, person.draft, None)

    @blueprint.post("/staff/<id>/<action>")
    async def staff_change(id: str, action: str) -> Response:
        posted = await room.posted()
        if isinstance(posted, Response):
            return posted
        member, form = posted
        person = await parts.staffing.person(member, id) if _ID.fullmatch(id) else None
        if person is None:
            abort(404)
        draft = _draft(form) if action == "save" else person.draft
        done = await _done(parts, member, id, action, draft, form)
        if done is None:
            abort(404)
        if isinstance(done, Problem):
            note(action=action, problem=done.code)
            return await _person(room, member, person, draft, done)
        note(action=action, person=id)
        if isinstance(done, tuple):
            return await _link(room, member, *done)
        return goto(f"{HERE}/{id}?{urlencode({'said': SAID[action], 'case': done.login})}")


async def _done(
    parts: Parts, member: Member, id: str, action: str, draft: Draft, form: Any
) -> Person | tuple[Person, Link] | Problem | None:
    match action:
        case "save":
            return await parts.staffing.change(member, id, draft)
        case "shut":
            return await parts.staffing.shut(member, id)
        case "open":
            return await parts.staffing.open(member, id)
        case "leave":
            return await parts.staffing.sign_out(member, id)
        case "reset" if form.get("what") in RESETS:
            return await parts.staffing.reset(member, id, form["what"])
    return None


async def _person(room: Room, member: Member, person: Person, draft: Draft, problem: Problem | None) -> Response:
    """The account as it stands now, with what was typed before it was refused."""
    say, parts = room.words(), room.parts
    lines = await parts.staffing.trail(member, person.company, person.id)
    values = {
        **_fields(room, say, member, person.company, draft, problem),
        "person": person,
        "own": person.id == member.id,
        "lines": [_line(one, say) for one in lines],
        "said": words.said(request.args.get("said", ""), request.args.get("case", ""), say),
    }
    return await room.show("staff_person", _("Staff"), member, values, 422 if problem is not None else 200)


async def _form(room: Room, member: Member, company: str, login: str, draft: Draft, problem: Problem | None) -> Response:
    values = {**_fields(room, room.words(), member, company, draft, problem), "person": None, "login": login, "own": False}
    return await room.show("staff_person", _("Add somebody"), member, values, 422 if problem is not None else 200)


async def _link(room: Room, member: Member, person: Person, link: Link) -> Response:
    """Shown once, in answer to the post that has made it."""
    say = room.words()
    base = (room.parts.site.address or request.host_url).rstrip("/")
    values = {"person": person, "link": link, "address": f"{base}{link.path}", **_words(say)}
    return await room.show("staff_link", _("Link to begin with"), member, values)


def _fields(room: Room, say: Translator, member: Member, company: str, draft: Draft, problem: Problem | None) -> dict[str, Any]:
    return {
        "company": company,
        "companies": _named(room.parts, room.parts.staffing.managed(member), say),
        "branches": _branches(room.parts, company, say),
        "draft": draft,
        "problem": words.sentence(problem, say) if problem is not None else "",
        "marked": problem.at if problem is not None else "",
        **_words(say),
    }


def _managed(parts: Parts, member: Member) -> tuple[str, ...]:
    companies = parts.staffing.managed(member)
    return companies or abort(404)


def _draft(form: Any) -> Draft:
    given = {name: form.get(name, "")[:300] for name in ("name", "email", "phone")}
    roles, branches = (tuple(form.getlist(name))[:200] for name in ("roles", "branches"))
    return Draft(given["name"], roles, branches, given["email"], given["phone"])


def _words(say: Translator) -> dict[str, Any]:
    known: Mapping[str, Mapping[str, str]] = {
        "states": STATES, "whats": WHAT, "roles": {role: words.ROLES[role] for role in ROLES}
    }  # fmt: skip
    return {"tones": TONES, **{name: {code: say.gettext(msgid) for code, msgid in one.items()} for name, one in known.items()}}


def _named(parts: Parts, companies: tuple[str, ...], say: Translator) -> dict[str, str]:
    known = parts.library.companies
    return {id: say.say(known[id].short_name) if id else say.gettext(_("The site itself: all companies")) for id in companies}


def _branches(parts: Parts, company: str, say: Translator) -> dict[str, str]:
    firm = parts.library.companies.get(company)
    return {code: say.say(title) for code, title in firm.branches.items()} if firm is not None else {}


def _line(one: Line, say: Translator) -> dict[str, Any]:
    told = say.gettext(KINDS.get(one.kind, one.kind))
    extra = say.gettext(WHAT[one.note]) if one.note in WHAT else one.note
    return {
        "at": one.at,
        "by": say.gettext(BY[one.by]) if one.by in BY else one.by,
        "whose": one.whose,
        "text": told,
        "note": extra,
    }
