"""What stands on the page of a step, by its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from quart import Response

from banli import sayings
from banli.beginnings import shut
from banli.caseload import Held
from banli.cases import Look, states
from banli.clients import Sent
from banli.definitions.model import Form
from banli.developing import side_of
from banli.engine import Position
from banli.errors import Problem
from banli.expressions import FUNCTIONS
from banli.fields import Raw, Reading
from banli.hours import Closed, Grace, Open
from banli.steps import Agreements, FormStep, Inquiry, Notice, Overview, Photos
from banli.themes import Filling, Sheet, Wording, markdown
from banli.web import answers, read_notes
from banli.web.entrance import business_title, with_notices
from banli.web.login import sent_sentence
from banli.web.paper_list import paper_list
from banli.web.photos import captures, photo_slots
from banli.web.shell import Guest, Shell, note, safe_json, shown_problems, titles_of, wrong


def for_case(shell: Shell, guest: Guest, look: Look) -> Guest:
    """The guest with the words of the case: its edition's texts, its client's name."""
    return with_case(shell, guest, look.held)


def with_case(shell: Shell, guest: Guest, held: Held) -> Guest:
    """As `for_case`, on a page that is no step's."""
    say = guest.translator.say
    derived = {one.name for one in held.edition.record.derived}
    client = {
        name: say(value) if name in derived and isinstance(value, str) else value for name, value in held.case.record.items()
    }
    hours, said = shell.parts.editions.hours(held.issue), held.case.returned
    wording = shell.wording(
        guest.translator, held.edition.company, held.issue, client=client,
        business={"id": held.edition.business.id, "title": business_title(held.issue, say)},
        hours=shell.sign(guest.translator, lambda: hours),
        case={"number": held.case.number, "reasons": say("; ").join(map(say, said.texts if said is not None else ()))},
        **(sayings.answers(held.issue, held.position, shell.parts.plugins.fields, say) if held.issue.named else {}),
    )  # fmt: skip
    return with_notices(replace(guest, wording=wording), hours)


def at_step(shell: Shell, guest: Guest, look: Look) -> Guest:
    """The guest at a step with hours of its own: while only these are over, the page speaks of them."""
    step, business = look.standing.bound.step, guest.wording.names["hours"]
    hours = shell.parts.editions.hours(look.held.issue, step) if step.hours else None
    if hours is None or isinstance(business.state, Closed):
        return guest
    guest, sign = with_notices(guest, hours), shell.sign(guest.translator, lambda: hours)
    if isinstance(sign.state, Open):
        return guest
    wording = guest.wording
    own = {**wording.names, "hours": sign}
    return replace(guest, wording=Wording(wording.translator, wording.texts, own, wording.lexicon))


def step_page(
    shell: Shell, guest: Guest, look: Look, *, sent: tuple[str, Sent] | None = None, own: dict[str, Any] | None = None,
    signer: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    """The page of a step with what was typed, kept or on file. `own` is what a plugin shows on a page of its kind, `signer`
    what one shows that signs agreements."""
    guest = at_step(shell, for_case(shell, guest, look), look)
    kind = look.standing.bound.kind
    if own is not None:
        pass
    elif isinstance(kind, FormStep):
        own = form_page(shell, guest, look, sent)
    elif isinstance(kind, Overview):
        own = overview(shell, guest, look)
    elif isinstance(kind, Agreements):
        own = paper_list(shell, guest, look, address(guest, look), signer)
    elif isinstance(kind, Notice):
        own = notice(guest, look, kind)
    elif isinstance(kind, Inquiry):
        own = _inquiry(guest, look, kind)
    elif kind.ends:
        own = _confirm(shell, guest, look)
    else:
        own = {}
    template = kind.template if "/" in kind.template else f"steps/{kind.template or '_waiting'}"
    refused = bool(look.warnings) or any(problem.code != "reopened" for problem in look.problems)
    if refused:
        note((*look.problems, *(Problem("", f"warning:{rule.id}") for rule in look.warnings)), step=look.standing.id)
    values = {**around(shell, guest, look), **own}
    return shell.show(template, guest, values.pop("title"), status=422 if refused else 200, **values)


def address(guest: Guest, look: Look) -> str:
    return f"{guest.home}/cases/{look.case.number}/{look.standing.id}"


def around(shell: Shell, guest: Guest, look: Look) -> dict[str, Any]:
    """What every step has: where it stands on the way, why it came back, what is wrong."""
    position, case = look.held.position, look.case
    form = look.form
    titles = titles_of(form, guest.translator.say) if look.problems else {}
    steps = _way(guest, look, position)
    return {
        "title": guest.wording.render(form.title if form is not None else look.standing.bound.step.title),
        "step_title": next((one["title"] for one in steps if one["now"]), ""),
        "step_now": next((place for place, one in enumerate(steps, 1) if one["now"]), 1),
        "steps": steps,
        "stages": _stages(guest, look, position),
        "action": address(guest, look),
        "seen": case.revision,
        "problems": shown_problems(look.problems, guest.wording, titles),
        "returned": _returned(guest, look),
        "closing": _closing(shell, guest, look),
        "unsaved": True,
    }


def _closing(shell: Shell, guest: Guest, look: Look) -> str:
    """After hours: until when the case can be finished, or that nothing can be sent now and when it can be again."""
    sign = guest.wording.names["hours"]
    if isinstance(sign.state, Grace):
        return guest.wording.text("service_closing", time=sign.closes_at)
    if not isinstance(sign.state, Closed):
        return ""
    business = shell.parts.editions.hours(look.held.issue)
    code = "service_closed" if business is not None and shut(business, shell.parts.clock(), inside=True) else "step_closed"
    told = any(problem.code == code for problem in look.problems)
    return "" if told else guest.wording.problem(Problem("", code))


def _way(guest: Guest, look: Look, position: Position) -> list[dict[str, Any]]:
    """The pages that apply, and those that were walked in this case but do not apply any more because of what they led to
    (the video call, once there is a certificate), or what they lead to is there (that certificate). Those of which an answer
    that is still to come chooses one stand on one line, so that their number stays what the menu and the later pages say."""
    way: list[dict[str, Any]] = []
    known = position.steps[0].names.keys() if position.steps else frozenset()
    asked = {one.bound.when.names for one in position.steps if one.bound.when is not None and one.id in look.case.results}
    led = {names for names in asked if names <= known}
    ahead, choice = False, frozenset[str]()
    for standing in position.steps:
        when, title = standing.bound.when, guest.wording.render(standing.bound.title(look.held.edition.forms))
        now = standing.id == look.standing.id
        if standing.status != "skipped":
            way.append({"title": title, "now": now, "done": standing.status == "done" and not now})
            ahead, choice = ahead or standing.status == "todo", frozenset()
        elif when is not None and (when.names in led or (standing.bound.kind.lasts and when.names <= known)):
            way.append({"title": title, "now": False, "done": True})
        elif when is not None and ahead and _unknown(when.names, standing.names):
            if choice == when.names:
                way[-1]["title"] += f" / {title}"
            else:
                way.append({"title": title, "now": False, "done": False})
            choice = when.names
    return way


def _unknown(asked: frozenset[str], names: Mapping[str, object]) -> bool:
    """Does a condition ask for answers that are not given yet? What is not on file is known not to be there."""
    return any(name not in names and not name.startswith("client.") for name in asked)


def _stages(guest: Guest, look: Look, position: Position) -> list[dict[str, Any]]:
    present = look.standing.bound.step.stage
    stages = []
    for name, title in look.held.edition.flow.stages.items():
        inside = [s for s in position.applicable if s.bound.step.stage == name]
        if inside:
            done = name != present and all(s.status == "done" for s in inside)
            stages.append({"title": guest.translator.say(title), "now": name == present, "done": done})
    return stages


def _returned(guest: Guest, look: Look) -> dict[str, Any] | None:
    """Why it came back, on each page what was meant of it; where no page was, on the one from which the client was sent back."""
    case, here, flow = look.case, look.standing.id, look.held.edition.flow
    said = case.correction
    if said is None or here not in (said.reopen or (said.step,)):
        return None
    step = flow.step(said.step)
    pages = {reason.id: reason.reopen for reason in (step.reasons if step is not None else flow.review.reasons)}
    meant = [text for id, text in zip(said.reasons, said.texts, strict=False) if here in pages.get(id, ()) or not pages.get(id)]
    state = guest.translator.say(states(look.held.issue, case))
    return {"state": state, "lines": [line for line in (*map(guest.translator.say, meant), said.remark) if line]}


def form_page(shell: Shell, guest: Guest, look: Look, sent: tuple[str, Sent] | None = None) -> dict[str, Any]:
    bound = look.standing.bound
    kind = bound.kind
    assert isinstance(kind, FormStep)
    form = look.held.edition.forms[kind.form(bound.step)]
    sheet = pressed(shell, guest, look, form)
    reading = read(look, form)
    names = reading.names
    say = guest.wording.say
    fields = shell.parts.plugins.fields
    shown = {
        f.name: fields.kind(f.kind).show(f, look.standing.names.get(f.prefill), say) for f in form.fields if f.read_only
    } | answers.fixed_inside(form, reading, look.standing.names, fields, say)
    live = {("said", sent[0]): sent_sentence(guest, sent[1])} if sent is not None else {}
    develops = shell.parts.plugins.imaging is not None
    for field in form.fields:
        if field.kind == "photo":
            live |= photo_slots(shell, guest, look, field, say(field.title), develops and bool(side_of(field)))
    business = look.case.business
    filling = Filling(
        raw=look.raw, wrong=wrong(look.problems, guest.wording), hidden=sheet.hidden(names, reading.inside),
        shown=shown, on_file=reading.on_file, live=live,
        agreement=lambda name: f"{guest.home}/agreements/{name}?business={business}&case={look.case.number}",
    )  # fmt: skip
    data = sheet.data(names)
    said = json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else ""
    uploads = any(field.kind == "photo" for field in form.fields)
    return {
        "sheet": sheet.fill(filling),
        "data": safe_json(said),
        "scripts": (*sheet.scripts, *conditional(said), *(("photo_crop",) if _has_views(live) else ())),
        "warnings": [{"id": rule.id, "text": read_notes.warning(guest, look, form, rule, fields)} for rule in look.warnings],
        "read": read_notes.notes(guest, look, form, reading, fields),
        "uploads": uploads,
        "captures": captures(shell, guest, form),
        "starred": any(field.required and not field.read_only for field in form.fields),
        "keeps": True,
        "rules": _rules(guest, look, form) if isinstance(kind, Photos) else None,
    }


def conditional(said: str) -> tuple[str, ...]:
    """The modules that show and hide questions by what is `said` in JSON of the conditions; functions travel only where a
    condition calls one."""
    if not said:
        return ()
    return ("functions", "when") if any(f'["{name}",' in said for name in FUNCTIONS) else ("when",)


def pressed(shell: Shell, guest: Guest, look: Look, form: Form) -> Sheet:
    kind_of, theme = shell.parts.plugins.fields.kind, shell.parts.themes.of(guest.company)
    version, issue = guest.wording.lexicon.version, look.held.issue
    return shell.parts.themes.sheet(
        look.held.edition, form.id, guest.translator, kind_of, theme, version,
        lambda: shell.fixed(guest.translator, look.held.edition.company, issue),
    )  # fmt: skip


def read(look: Look, form: Form) -> Reading:
    """What stands in the page's fields."""
    bound, book = look.standing.bound, look.held.issue.book
    assert isinstance(bound.kind, FormStep)
    around = bound.kind.around(bound.step, book, look.standing.names)
    return book.reader(form.id).read(look.raw, around)


def _has_views(live: Mapping[tuple[str, str], str]) -> bool:
    return any(what == "views" and block for (what, _), block in live.items())


def _rules(guest: Guest, look: Look, form: Form) -> dict[str, Any] | None:
    """The popup about how to take photos (R-060); it comes up by itself while one of them is missing.

    Over a sentence about a mistake it stays away.
    """
    step = look.standing.bound.step
    rules = step.options.get("rules")
    if not rules:
        return None
    when = rules.get("when")
    if when and not look.held.issue.book.condition(f"step {step.id}", when).holds(look.standing.names):
        return None
    missing = any(field.kind == "photo" and not (look.raw.get(field.name) or ("",))[0] for field in form.fields)
    return {
        "title": guest.wording.render(rules["title"]),
        "text": Markup(markdown(guest.wording.render(rules["text"]))),  # noqa: S704 - raw HTML is off
        "button": guest.wording.render(rules["button"]),
        "open": missing and not look.problems,
    }


def overview(shell: Shell, guest: Guest, look: Look) -> dict[str, Any]:
    """What is on file, group by group; with `goes` it is gone on from: there is nothing to choose, or `several` can be."""
    step = look.standing.bound.step
    form = look.held.edition.forms[str(step.options["form"])]
    return {
        "groups": answers.groups(
            form, look.standing.names, step.options.get("edit", ()), shell.parts.plugins.fields, guest.wording
        ),
        "goes": "edit" not in step.options or bool(step.options.get("several")),
        "several": bool(step.options.get("several")),
        "chosen": tuple(look.raw.get("edit", ())),
    }


def _confirm(shell: Shell, guest: Guest, look: Look) -> dict[str, Any]:
    step = look.standing.bound.step
    files = f"{guest.home}/cases/{look.case.number}/files"
    everything = answers.everything(look.held, look.held.position, shell.parts.plugins.fields, guest.wording, files)
    return {
        "title": guest.wording.render(step.title) or guest.wording.text("check_title"),
        "groups": everything,
        "button": guest.wording.render(str(step.options.get("button", ""))) or guest.wording.text("submit"),
    }


def notice(guest: Guest, look: Look, kind: Notice) -> dict[str, Any]:
    """The text to be read, and what can be done with it."""
    bound, say = look.standing.bound, guest.wording.render
    step = bound.step
    again = step.options.get("again")
    may = kind.may_again(step, look.held.issue.course.sight(look.case, look.standing))
    return {
        "text": Markup(markdown(say(str(step.options["text"])))),  # noqa: S704 - raw HTML is off
        "look": step.options.get("look", "plain"),
        "tick": say(str(step.options.get("tick", ""))),
        "tick_wrong": wrong(look.problems, guest.wording).get("agree", ""),
        "button": say(str(step.options.get("button", ""))) or guest.wording.text("next"),
        "again": say(again["button"]) if again and may else "",
        "stop": f"{guest.home}/cases/{look.case.number}/abandon" if step.options.get("stop") else "",
    }


def _inquiry(guest: Guest, look: Look, kind: Inquiry) -> dict[str, Any]:
    """What must be so; after it was asked, which of it is so and what to do about the rest."""
    step, say = look.standing.bound.step, guest.wording.render
    failed = wrong(look.problems, guest.wording)
    asked = look.standing.status == "done" or any(problem.code == "must" for problem in look.problems)
    text = str(step.options.get("text", ""))
    return {
        "text": Markup(markdown(say(text))) if text else "",  # noqa: S704 - raw HTML is off
        "items": [
            {"code": one["code"], "text": say(one["text"]), "cure": failed.get(one["code"], ""),
             "state": "" if not asked else "no" if one["code"] in failed else "yes"}
            for one in kind.must(step)
        ],
        "button": say(str(step.options.get("button", ""))) or guest.wording.text("check"),
        "again": any(problem.code == "must" for problem in look.problems),
    }  # fmt: skip


def retyped(look: Look, raw: Raw, problems: tuple[Problem, ...] = ()) -> Look:
    """The same page with what was typed just now."""
    return replace(look, raw=raw, problems=problems)
