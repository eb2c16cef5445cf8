"""Releases at the desk: what holds for clients, what waits for a second pair of eyes, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, request

from banli.definitions.differences import Change, Differences
from banli.definitions.differences.telling import sides
from banli.errors import Problem
from banli.i18n import Translator
from banli.moves import CaseVerdict, Classification, Verdict
from banli.noticeboard import Leaf, Trace
from banli.parts import Parts
from banli.sentences import _
from banli.staff import OPERATOR, Member
from banli.web import desk_words as words
from banli.web.desk_frame import PATH, Room, goto, note

_ID = re.compile("[0-9a-f]{32}")
MOST_CASES = 50
"""How many case numbers a page lists."""

SAID = {"approve": "release_approved", "refuse": "release_refused", "withdraw": "release_withdrawn", "again": "release_again"}

STANDINGS = {
    "live": _("In force"),
    "scheduled": _("Scheduled"),
    "proposed": _("Waits for approval"),
    "past": _("Replaced"),
    "refused": _("Not approved"),
    "withdrawn": _("Withdrawn"),
}
VERDICTS = {
    "safe": _("No open case would lose anything"),
    "stays": _("No open case would lose anything"),
    "asks_again": _("Moved cases would be asked something again"),
    "needs_mapping": _("Moved cases would lose answers without a migration"),
    "breaks": _("Some open cases cannot be moved"),
}
FATES: Mapping[Verdict, str] = {
    "breaks": _("Cannot be moved"),
    "needs_mapping": _("Would lose answers without a migration"),
    "asks_again": _("Would be asked something again"),
    "safe": _("Would lose nothing"),
}
WHY = {
    "edition_unopened": _("Its edition cannot be opened with the present plugins"),
    "plugin_unavailable": _("A plugin does not answer"),
    "nothing_left": _("Nothing would be left to ask"),
}
STRICTNESS = {
    "stricter": _("Stricter"),
    "looser": _("Looser"),
    "neither": _("Other"),
    "unknown": _("Cannot be told"),
}
KINDS = {
    "proposed": _("Proposed"),
    "published": _("Published"),
    "approved": _("Approved"),
    "refused": _("Not approved"),
    "withdrawn": _("Withdrawn"),
}
RISKS: tuple[Verdict, ...] = ("breaks", "needs_mapping")
CALM: Mapping[Verdict, Verdict] = {"stays": "safe"}
AT_THE_COMMAND_LINE = _("Command line")


def release_pages(blueprint: Blueprint, room: Room) -> None:
    """The pages below `/desk/releases`."""
    parts = room.parts

    @blueprint.get("/releases")
    async def releases() -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        say = room.words()
        board = await parts.noticeboard.board(member, say.say)
        values = {"board": board, **_named(parts, say), "said": _said(say)}
        return await room.show("releases", _("Releases"), member, values)

    @blueprint.get("/releases/<id>")
    async def release(id: str) -> Response:
        member = await room.member()
        if member is None:
            return await room.sign_in()
        return await _page(room, member, id, {}, None, 200)

    @blueprint.post("/releases/<id>/<action>")
    async def decide(id: str, action: str) -> Response:
        posted = await room.posted()
        if isinstance(posted, Response):
            return posted
        member, form = posted
        leaf = await parts.noticeboard.leaf(member, id) if _ID.fullmatch(id) else None
        if leaf is None or action not in SAID:
            abort(404)
        reason = form.get("reason", "")
        answer = await _decide(parts, member, leaf, action, form)
        if answer is None:
            abort(404)
        if isinstance(answer, Problem):
            note(action=action, problem=answer.code)
            typed = {"action": action, "reason": reason[:500]}
            return await _page(room, member, id, typed, answer, 422 if answer.at else 409)
        note(action=action, release=answer.id)
        return goto(f"{PATH}/releases?{urlencode({'said': SAID[action], 'case': answer.number})}")


async def _decide(parts: Parts, member: Member, leaf: Leaf, action: str, form: Any) -> Any:
    line, reason, seen = leaf.line, form.get("reason", ""), form.get("seen", "")
    sure = bool(form.get("sure"))
    match action:
        case "approve":
            return await parts.releases.approve(member, line.id, seen, sure, reason)
        case "refuse":
            return await parts.releases.refuse(member, line.id, reason)
        case "withdraw":
            return await parts.releases.withdraw(member, line.id, reason)
    return await parts.releases.publish_again(member, line.company, line.business, line.edition, seen, reason, sure)


async def _page(room: Room, member: Member, id: str, typed: dict[str, Any], problem: Problem | None, status: int) -> Response:
    """The release as it stands now, with what was typed before it was refused."""
    say = room.words()
    leaf = await room.parts.noticeboard.leaf(member, id, say.say) if _ID.fullmatch(id) else None
    if leaf is None:
        abort(404)
    told = leaf.classification
    values = {
        "leaf": leaf,
        **_named(room.parts, say),
        "changes": _changes(leaf.differences, say) if leaf.differences is not None else None,
        "fates": list(_fates(told, say)) if told is not None else [],
        "risky": told is not None and told.verdict in RISKS,
        "trail": [(one, say.gettext(KINDS.get(one.kind, one.kind)), _who(one, say)) for one in leaf.trail],
        "blocked": words.sentence(Problem("", leaf.blocked), say) if leaf.blocked else "",
        "typed": typed,
        "problem": words.sentence(problem, say) if problem is not None else "",
        "marked": problem.at if problem is not None else "",
        "said": _said(say),
    }
    return await room.show("release", _("Release"), member, values, status)


def _changes(told: Differences, say: Translator) -> list[tuple[Change, str, list[str]]]:
    """Each change with its sentence, and what was there before and is there now where the sentence does not say it."""
    return [(one, one.told(say.gettext), list(sides(one, say.gettext))) for one in told.changes]


def _fates(told: Classification, say: Translator) -> Iterator[dict[str, Any]]:
    """What would become of the open cases if they were moved, the worst first; those that would lose something by number."""
    for verdict, msgid in FATES.items():
        cases = [case for case in told.cases if (CALM.get(case.verdict, case.verdict)) == verdict]
        if cases:
            rows = [_row(case, say) for case in cases[:MOST_CASES]] if verdict != "safe" else []
            yield {"title": say.gettext(msgid), "all": len(cases), "rows": rows, "more": len(cases) - len(rows) if rows else 0}


def _row(case: CaseVerdict, say: Translator) -> dict[str, Any]:
    """A case with what would be lost or asked again: names of the definitions, never an answer."""
    if case.verdict == "breaks":
        return {"number": case.number, "why": say.gettext(WHY.get(case.why, case.why)), "names": ()}
    lost = case.verdict == "needs_mapping"
    why = say.gettext(_("Would lose:") if lost else _("Would be asked:"))
    return {"number": case.number, "why": why, "names": case.lost if lost else case.again}


def _named(parts: Parts, say: Translator) -> dict[str, Any]:
    texts = {"standings": STANDINGS, "verdicts": VERDICTS, "strictness": STRICTNESS}
    said = {name: {code: say.gettext(msgid) for code, msgid in known.items()} for name, known in texts.items()}
    return {
        **said,
        "companies": {id: company.short_name for id, company in parts.library.companies.items()},
        "tones": {"live": "good", "scheduled": "new", "proposed": "warn", "refused": "bad"},
        "risks": RISKS,
        "operator": (OPERATOR, say.gettext(AT_THE_COMMAND_LINE)),
        "now": parts.clock(),
    }


def _who(one: Trace, say: Translator) -> str:
    return say.gettext(AT_THE_COMMAND_LINE) if one.who == OPERATOR else one.who


def _said(say: Translator) -> str:
    return words.said(request.args.get("said", ""), request.args.get("case", ""), say)
