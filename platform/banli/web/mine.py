"""我的业务: what is to be finished and what is finished; and what became of one case."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, abort, jsonify, request

from banli.beginnings import Elsewhere
from banli.caseload import CHINA, Held
from banli.cases import Entry, states
from banli.engine import run_of
from banli.errors import Problem
from banli.web.answers import changed
from banli.web.entrance import business_title
from banli.web.shell import Guest, Shell, away, note, number_of
from banli.web.step_pages import with_case
from banli.web.steps import go

TONES = {
    "approved": "good", "delivering": "good", "done": "good", "rejected": "bad", "expired": "bad", "abandoned": "bad",
    "returned": "back",
}  # fmt: skip

ENDED = {"expired": "case_expired", "abandoned": "case_abandoned"}
"""What is said of a case that has ended without a decision."""


def add_mine(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.get("/<company>/my")
    async def mine(company: str) -> Response:
        guest, visit = await shell.client(company)
        listed = await parts.cases.mine(visit)
        text = guest.wording.text
        tab = "completed" if request.args.get("tab") == "completed" else "pending"
        entries = listed.finished if tab == "completed" else listed.pending
        none = text("completed_none") if tab == "completed" else text("pending_none")
        return shell.show(
            "mine", guest, shell.mine_title(guest), back=guest.home, mine="", tab=tab, count=len(listed.pending),
            entries=[_entry(guest, entry) for entry in entries], none=none,
        )  # fmt: skip

    @blueprint.get("/<company>/cases/<number>")
    async def case(company: str, number: str) -> Response:
        """Where the case stands: its page, or what became of it."""
        guest, visit = await shell.client(company)
        look = await parts.cases.look(visit, number)
        if look is None:
            abort(404)
        if isinstance(look, Elsewhere) and look.step:
            said = request.args.get("said", "")
            return away(f"{guest.home}/cases/{number}/{look.step}{'?said=' + said if said.isidentifier() else ''}")
        held = await parts.cases.outcome(visit, number) or abort(404)
        return _outcome(shell, with_case(shell, guest, held), held)

    @blueprint.get("/<company>/cases/<number>/state")
    async def state(company: str, number: str) -> Response:
        """For a page that waits for a decision (C-27)."""
        _, visit = await shell.client(company, active=False)
        held = await parts.cases.outcome(visit, number) or abort(404)
        response: Response = jsonify(revision=held.case.revision, state=held.case.state)
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/<company>/cases/<number>/abandon")
    async def ask(company: str, number: str) -> Response:
        guest, visit = await shell.client(company)
        held = await parts.cases.outcome(visit, number) or abort(404)
        title = guest.wording.text("abandon")
        at = f"{guest.home}/cases/{number}/abandon"
        return shell.show("abandon", guest, title, back=f"{guest.home}/my", action=at, seen=held.case.revision)

    @blueprint.post("/<company>/cases/<number>/abandon")
    async def abandon(company: str, number: str) -> Response:
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        gone = await parts.cases.abandon(visit, number, number_of(form.get("seen")))
        if gone is None:
            abort(404)
        if gone.why:
            note((Problem("", gone.why),))
        return away(f"{guest.home}/my?said={gone.why}" if gone.why else f"{guest.home}/my?tab=completed")

    @blueprint.post("/<company>/cases/<number>/withdraw")
    async def withdraw(company: str, number: str) -> Response:
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        back = await parts.cases.withdraw(visit, number, number_of(form.get("seen")))
        if back is None or back.why or not back.step:
            return go(guest, back)
        return away(f"{guest.home}/cases/{number}/{back.step}?said=taken_back")


def _entry(guest: Guest, entry: Entry) -> dict[str, Any]:
    case = entry.case
    return {
        "number": case.number,
        "title": guest.translator.say(entry.title),
        "state": guest.translator.say(entry.state),
        "tone": TONES.get(case.state, ""),
        "at": case.created_at.isoformat(),
        "begun": case.created_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
        "remark": [guest.translator.say(text) for text in entry.remark],
        "href": f"{guest.home}/cases/{case.number}",
        "seen": case.revision,
        "can_resume": entry.can_resume,
        "can_withdraw": case.state == "submitted" and not case.approvals,
        "can_abandon": entry.can_abandon,
    }


def deliveries(held: Held, guest: Guest) -> list[dict[str, str]]:
    """What came of each thing that is done outside, as far as the client is told (an action with a `title`)."""
    text, say = guest.wording.text, guest.wording.render
    told = []
    for action in held.edition.flow.approved:
        if not action.title:
            continue
        step, _dot, name = action.each.partition(".")
        words = option_texts(held, step, name) if action.each else {}
        for delivery, outcome in held.case.deliveries.items():
            of, item = run_of(delivery)
            if of != action.id:
                continue
            state, _colon, code = outcome.partition(":")
            worded = state == "refused" and code in guest.wording.lexicon.said
            said = guest.wording.problem(Problem("", code)) if worded else ""
            running = {"done": text("delivery_done"), "refused": said or text("delivery_refused")}
            told.append({
                "title": f"{say(action.title)} {say(words.get(item, item))}".strip(),
                "state": {"done": "yes", "refused": "no"}.get(state, ""),
                "said": running.get(state, text("delivery_running")),
            })  # fmt: skip
    return told


def option_texts(held: Held, step_id: str, name: str) -> dict[str, str]:
    """The options of a question by code."""
    standing = held.position.step(step_id)
    form = standing.bound.form(held.edition.forms) if standing is not None else None
    question = next((f for f in form.fields if f.name == name), None) if form is not None else None
    return {option.code: option.text for option in question.choices} if question is not None else {}


def _why(guest: Guest, state: str) -> str:
    """What it means that a case has ended without a decision, and what can be done now."""
    return guest.wording.text(ENDED[state]) if state in ENDED else ""


def _outcome(shell: Shell, guest: Guest, held: Held) -> Response:
    case, say = held.case, guest.translator.say
    end = next((s.bound.step for s in held.position.steps if s.bound.kind.ends), None)
    waiting = case.state in ("submitted", "in_review", "approved", "delivering")
    said = case.rejected if case.state == "rejected" else None
    title = business_title(held.issue, say)
    return shell.show(
        "outcome", guest, (guest.wording.text("submit_title") or title) if case.state == "submitted" else title,
        back=f"{guest.home}/my", mine=f"{guest.home}/my", scripts=("watch",) if waiting else (),
        tone=TONES.get(case.state, "good" if case.state == "submitted" else ""),
        state=say(states(held.issue, case)),
        lead=guest.wording.render(str(end.options.get("text", ""))) if end is not None and case.state == "submitted"
        else _why(guest, case.state),
        business=title, number=case.number, at=case.created_at.isoformat(),
        begun=case.created_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
        remark=[say(text) for text in (*said.texts, said.remark) if text] if said is not None else [],
        changes=changed(held, case, shell.parts.plugins.fields, guest.wording) if waiting or case.state == "done" else [],
        changes_title=guest.wording.text("entered_title" if held.edition.flow.newcomers else "changes_title"),
        deliveries=deliveries(held, guest),
        watch=f"{guest.home}/cases/{case.number}/state" if waiting else "", revision=case.revision,
    )  # fmt: skip
