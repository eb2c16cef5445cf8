"""A case at the desk: read it, take it, decide; its photos; what is to be delivered."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, request

from banli.errors import Problem
from banli.hooks import Unavailable
from banli.i18n import Translator
from banli.parts import Parts
from banli.reviews import Decided, Dossier, Refused
from banli.sentences import _, fill
from banli.staff import Member
from banli.web import desk_words as words
from banli.web.desk_frame import PATH, Room, goto, note, private

STAYS = frozenset({"claim", "inspect", "retry"})
"""After these the case's page is shown again, after a decision the queue."""

DONE = {"release": "released", "approve": "approved", "return": "returned", "reject": "rejected", "retry": "retried"}


def case_pages(blueprint: Blueprint, room: Room) -> None:
    """The pages below `/desk/cases/<number>`."""
    parts = room.parts

    @blueprint.get("/cases/<number>")
    async def case(number: str) -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        return await _page(room, member, number, {}, Refused(()), 200)

    @blueprint.post("/cases/<number>/<action>")
    async def act(number: str, action: str) -> Response:
        posted = await room.posted()
        if isinstance(posted, Response):
            return posted
        member, form = posted
        answer = await _act(parts, member, number, action, form)
        if answer is None:
            abort(404)
        if isinstance(answer, Decided):
            return _go_on(number, action, form)
        note(action=action, problem=",".join(problem.code for problem in answer.problems))
        status = 422 if any(problem.at or problem.code == "choose_reason" for problem in answer.problems) else 409
        typed = {"action": action, "reasons": form.getlist("reason"), "remark": form.get("remark", "")}
        return await _page(room, member, number, typed, answer, status)

    @blueprint.post("/cases/<number>/renew")
    async def renew(number: str) -> Response:
        """The page's heartbeat while somebody works on it."""
        form = await request.form
        member = await room.member()
        if member is None or not await room.own(form):
            abort(401)
        until = await parts.reviews.renew(member, number)
        if until is None:
            return private(_json({"until": ""}, 409))
        left = int((until - parts.clock()).total_seconds())
        return private(_json({"until": words.clock(until), "left": left}))

    @blueprint.get("/cases/<number>/photos/<file>")
    async def photo(number: str, file: str) -> Response:
        """A photo large, with the reader's name over it."""
        member = await room.member()
        if member is None:
            return await room.sign_in()
        dossier = await parts.reviews.dossier(member, number, room.words().say)
        if dossier is None:
            abort(404)
        shot = next((s for s in dossier.shots if file in (s.before, s.after, s.original, s.last)), None)
        if shot is None or not dossier.full:
            return goto(f"{PATH}/cases/{number}")
        values = {"dossier": dossier, "shot": shot, "file": file, "now": parts.clock()}
        return await room.show("photo", _("Photo"), member, values)

    @blueprint.get("/cases/<number>/papers/<at>")
    async def paper(number: str, at: str) -> Response:
        """An agreement as the client has signed it."""
        member = await room.member()
        if member is None:
            return await room.sign_in()
        found = await parts.reviews.paper(member, number, at)
        if found is None:
            abort(404)
        response = Response(found, content_type="application/pdf")
        name = re.sub("[^0-9A-Za-z-]", "_", f"{number}-{at}")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return private(response)

    @blueprint.get("/cases/<number>/files/<file>")
    async def content(number: str, file: str) -> Response:
        member = await room.member()
        if member is None:
            abort(401)
        if request.headers.get("Sec-Fetch-Dest") == "document":
            # Only as part of a page, where it carries the reader's name.
            return goto(f"{PATH}/cases/{number}/photos/{file}")
        found = await parts.reviews.picture(member, number, file)
        if found is None:
            abort(404)
        response = Response(found[1], content_type=found[0].media_type)
        response.headers["Content-Disposition"] = "inline"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return private(response)


def _json(told: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(told), status, content_type="application/json")


async def _act(parts: Parts, member: Member, number: str, action: str, form: Any) -> Decided | Refused | None:
    reviews = parts.reviews
    given = form.get("seen", "")
    seen = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
    reasons, remark = form.getlist("reason"), form.get("remark", "")
    match action:
        case "claim":
            return await reviews.claim(member, number)
        case "inspect":
            return await reviews.inspect(member, number, form.get("why", ""))
        case "retry":
            return await reviews.retry(member, number, form.get("delivery", ""))
        case "release":
            return await reviews.release(member, number)
    if seen is None:
        return Refused((Problem("", "page_old"),)) if action in DONE else None
    match action:
        case "approve":
            return await reviews.approve(member, number, seen)
        case "return":
            return await reviews.send_back(member, number, seen, reasons, remark)
        case "reject":
            return await reviews.reject(member, number, seen, reasons, remark)
    return None


def _flaws(parts: Parts, dossier: Dossier, say: Translator) -> dict[str, str]:
    """What was found wrong with photos, in a reviewer's words, by code: a plugin's `<code>_short`, else what clients are told."""
    codes = {flaw.code for shot in dossier.shots if shot.view is not None for flaw in shot.view.flaws}
    words = parts.plugins.words
    return {code: say.gettext(words.get(f"{code}_short") or words.get(code) or code) for code in codes}


async def _pointers(parts: Parts, dossier: Dossier, say: Translator) -> list[dict[str, Any]]:
    """What plugins have to show of the case. One that does not answer is left out."""
    found: list[dict[str, Any]] = []
    for plugin in parts.plugins.active:
        with suppress(Unavailable):
            found += [
                {"title": fill(say.gettext(one.title), one.values), "href": one.href, "at": one.at,
                 "note": fill(say.gettext(one.note), one.values) if one.note else ""}
                for one in await plugin.shown_at_desk(dossier.id)
            ]  # fmt: skip
    return found


def _go_on(number: str, action: str, form: Any) -> Response:
    said = {"said": DONE[action], "case": number} if action in DONE else {}
    if action == "retry" and form.get("from") == "deliveries":
        there = f"{PATH}/deliveries"
    else:
        there = f"{PATH}/cases/{number}" if action in STAYS else f"{PATH}/queue"
    return goto(f"{there}?{urlencode(said)}" if said else there)


async def _page(room: Room, member: Member, number: str, typed: dict[str, Any], refused: Refused, status: int) -> Response:
    """The case as it stands now, with what was typed before it was refused."""
    say = room.words()
    dossier = await room.parts.reviews.dossier(member, number, say.say)
    if dossier is None:
        abort(404)
    company = room.parts.library.company(dossier.company)
    values = {
        "dossier": dossier,
        "company": company.short_name if company is not None else dossier.company,
        "typed": typed,
        "problems": [words.sentence(problem, say) for problem in refused.problems],
        "marked": {problem.at for problem in refused.problems},
        "story": [(one, words.told(one, say, room.parts.plugins.words), words.who(one, say)) for one in reversed(dossier.story)],
        "names": {code: say.gettext(msgid) for code, msgid in words.DELIVERIES.items()},
        "pointers": await _pointers(room.parts, dossier, say),
        "flaws": _flaws(room.parts, dossier, say),
        "why": {code: say.gettext(msgid) for code, msgid in words.WHY.items()},
        "blocked": words.sentence(Problem("", dossier.standing.blocked), say) if dossier.standing.blocked else "",
        "said": words.said(request.args.get("said", ""), number, say),
        "now": room.parts.clock(),
    }
    return await room.show("case", _("Case"), member, values, status)
