"""What stands on the page of a step, by its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from quart import Response

from banli.cases import Look
from banli.clients import Sent
from banli.definitions.model import Field, Form
from banli.engine import Position
from banli.errors import Problem
from banli.fields import Raw
from banli.hours import Closed, Grace
from banli.steps import Agreements, FormStep, Overview, Photos
from banli.themes import Filling, Sheet, markdown
from banli.web import answers
from banli.web.entrance import business_title, closed_sentence
from banli.web.login import sent_sentence
from banli.web.shell import Guest, Shell, note, safe_json, shown_problems, titles_of, wrong


def for_case(shell: Shell, guest: Guest, look: Look) -> Guest:
    """The guest with the words of the case: its edition's texts, its client's name."""
    return with_case(shell, guest, look.held)


def with_case(shell: Shell, guest: Guest, held: Any) -> Guest:
    say = guest.translator.say
    derived = {one.name for one in held.edition.record.derived}
    client = {
        name: say(value) if name in derived and isinstance(value, str) else value for name, value in held.case.record.items()
    }
    wording = shell.wording(
        guest.translator, held.edition.company, client=client,
        business={"id": held.edition.business.id, "title": business_title(held.issue, say)},
        hours=shell.sign(guest.translator, lambda: held.edition.hours),
    )  # fmt: skip
    return replace(guest, wording=wording)


def step_page(shell: Shell, guest: Guest, look: Look, *, sent: tuple[str, Sent] | None = None) -> Response:
    """The page of a step with what was typed, kept or on file."""
    guest = for_case(shell, guest, look)
    kind = look.standing.bound.kind
    own: dict[str, Any]
    if isinstance(kind, FormStep):
        own = form_page(shell, guest, look, sent)
    elif isinstance(kind, Overview):
        own = _overview(shell, guest, look)
    elif isinstance(kind, Agreements):
        own = _agreements(guest, look)
    elif kind.ends:
        own = _confirm(shell, guest, look)
    else:
        own = {}
    template = f"steps/{kind.template}" if kind.template else "steps/_waiting"
    refused = bool(look.warnings) or any(problem.code != "reopened" for problem in look.problems)
    if refused:
        note((*look.problems, *(Problem("", f"warning:{rule.id}") for rule in look.warnings)), step=look.standing.id)
    values = {**_around(shell, guest, look), **own}
    return shell.show(template, guest, values.pop("title"), status=422 if refused else 200, **values)


def address(guest: Guest, look: Look) -> str:
    return f"{guest.home}/cases/{look.case.number}/{look.standing.id}"


def _around(shell: Shell, guest: Guest, look: Look) -> dict[str, Any]:
    """What every step has: where it stands on the way, why it came back, what is wrong."""
    position, case = look.held.position, look.case
    form = look.held.edition.forms.get(look.standing.bound.kind.form(look.standing.bound.step))
    titles = titles_of(form, guest.translator.say)
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
        "closing": _closing(guest, look),
        "unsaved": True,
    }


def _closing(guest: Guest, look: Look) -> str:
    """After hours: until when the case can be finished, or that nothing can be sent now and when it can be again."""
    sign = guest.wording.names["hours"]
    if isinstance(sign.state, Grace):
        said = guest.translator.gettext("Service hours are over. What has been begun can be finished until %(time)s.")
        return guest.wording.text("service_closing", said % {"time": sign.closes_at})
    told = any(problem.code == "service_closed" for problem in look.problems)
    return closed_sentence(guest) if isinstance(sign.state, Closed) and not told else ""


def _way(guest: Guest, look: Look, position: Position) -> list[dict[str, Any]]:
    """The pages that apply. Those of which an answer that is still to come chooses one stand on one line, so that their
    number stays what the menu and the later pages say."""
    way: list[dict[str, Any]] = []
    ahead, choice = False, frozenset[str]()
    for standing in position.steps:
        step, when = standing.bound.step, standing.bound.when
        form = look.held.edition.forms.get(standing.bound.kind.form(step))
        title = guest.wording.render(step.title or (form.title if form is not None else ""))
        now = standing.id == look.standing.id
        if standing.status != "skipped":
            way.append({"title": title, "now": now, "done": standing.status == "done" and not now})
            ahead, choice = ahead or standing.status == "todo", frozenset()
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
    case = look.case
    if case.state != "returned" or case.returned is None:
        return None
    lines = [guest.translator.say(text) for text in case.returned.texts]
    state = guest.translator.say(look.held.edition.flow.states.get("returned", ""))
    return {"state": state, "lines": [line for line in (*lines, case.returned.remark) if line]}


def form_page(shell: Shell, guest: Guest, look: Look, sent: tuple[str, Sent] | None = None) -> dict[str, Any]:
    bound = look.standing.bound
    kind = bound.kind
    assert isinstance(kind, FormStep)
    form = look.held.edition.forms[kind.form(bound.step)]
    sheet = pressed(shell, guest, look, form)
    names = env(look, form)
    say = guest.translator.say
    fields = shell.parts.plugins.fields
    shown = {
        f.name: fields.kind(f.kind).show(f, look.standing.names.get(f.prefill), say) for f in form.fields if f.read_only
    }
    live = {("said", sent[0]): sent_sentence(guest, sent[1])} if sent is not None else {}
    for field in form.fields:
        if field.kind == "photo":
            live |= _photo(guest, look, field, say(field.title))
    business = look.case.business
    filling = Filling(
        raw=look.raw, wrong=wrong(look.problems, guest.wording), hidden=sheet.hidden(names), shown=shown, live=live,
        agreement=lambda name: f"{guest.home}/agreements/{name}?business={business}&case={look.case.number}",
    )  # fmt: skip
    data = sheet.data(names)
    uploads = any(field.kind == "photo" for field in form.fields)
    return {
        "sheet": sheet.fill(filling),
        "data": safe_json(json.dumps(data, ensure_ascii=False, separators=(",", ":"))) if data else "",
        "scripts": (*sheet.scripts, *(("when",) if data else ())),
        "warnings": [
            {"id": rule.id, "text": guest.wording.problem(Problem("", rule.id, {}, rule.text))} for rule in look.warnings
        ],
        "uploads": uploads,
        "starred": any(field.required and not field.read_only for field in form.fields),
        "keeps": True,
        "rules": _rules(guest, look, form) if isinstance(kind, Photos) else None,
    }


def pressed(shell: Shell, guest: Guest, look: Look, form: Form) -> Sheet:
    kind_of, theme = shell.parts.plugins.fields.kind, shell.parts.themes.of(guest.company)
    return shell.parts.themes.sheet(look.held.edition, form.id, guest.translator, kind_of, theme)


def env(look: Look, form: Form) -> dict[str, object]:
    """The names that the page's conditions see: around the form, and what stands in its fields."""
    bound, book = look.standing.bound, look.held.issue.book
    assert isinstance(bound.kind, FormStep)
    around = bound.kind.around(bound.step, book, look.standing.names)
    reader = book.reader(form.id)
    return {**around, **dict.fromkeys(reader.order), **reader.read(look.raw, around).values}


def _photo(guest: Guest, look: Look, field: Field, title: str) -> dict[tuple[str, str], str]:
    """The preview of one photo and the words on its buttons. One that is only shown is the one on file."""
    text, _, name = guest.wording.text, guest.translator.gettext, field.name
    file = look.standing.names.get(field.prefill) if field.read_only else (look.raw.get(name) or ("",))[0]
    on_file = bool(file) and file == look.case.record.get(field.prefill.removeprefix("client."))
    shot = Markup('<img class="shot" src="{}" alt="{}">')
    return {
        ("picture", name): shot.format(f"{guest.home}/cases/{look.case.number}/files/{file}", title) if file else "",
        ("note", name): text("photo_on_file", _("Photo on file")) if on_file else "",
        ("take", name): text("photo_retake", _("Upload again")) if file else text("photo_take", _("Take a photo")),
        ("again", name): text("photo_retake", _("Upload again")),
        ("album", name): text("photo_from_album", _("From the album")),
    }


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


def _overview(shell: Shell, guest: Guest, look: Look) -> dict[str, Any]:
    step = look.standing.bound.step
    form = look.held.edition.forms[str(step.options["form"])]
    return {
        "groups": answers.groups(
            form, look.standing.names, step.options["edit"], shell.parts.plugins.fields, guest.translator
        ),
    }


def _agreements(guest: Guest, look: Look) -> dict[str, Any]:
    bound, book = look.standing.bound, look.held.issue.book
    kind, step = bound.kind, bound.step
    assert isinstance(kind, Agreements)
    say, _, at = guest.wording.render, guest.translator.gettext, address(guest, look)
    read = set(look.raw.get("read", ()))
    papers = [
        {
            "title": f"《{say(book.agreements[row.agreement].title)}》" if guest.translator.language.startswith("zh")
            else say(book.agreements[row.agreement].title),
            "href": f"{at}/read/{row_id}",
            "read": row_id in read,
        }
        for row_id, row in kind.rows(step, book, look.standing.names)
    ]  # fmt: skip
    listed = book.lists[str(step.options["list"])]
    return {
        "title": say(step.title) or say(listed.title),
        "heading": say(str(step.options.get("heading", listed.title))),
        "papers": papers,
        "tick": say(str(step.options.get("tick", ""))) or _("I have read and agree to all of these."),
        "button": say(str(step.options.get("button", ""))) or guest.wording.text("next", _("Next")),
        "agreed": (look.raw.get("agree") or ("",))[0] == "true",
        "tick_wrong": wrong(look.problems, guest.wording).get("agree", ""),
    }


def _confirm(shell: Shell, guest: Guest, look: Look) -> dict[str, Any]:
    step, _ = look.standing.bound.step, guest.translator.gettext
    files = f"{guest.home}/cases/{look.case.number}/files"
    everything = answers.everything(look.held, look.held.position, shell.parts.plugins.fields, guest.translator, files)
    return {
        "title": guest.wording.render(step.title) or _("Check and submit"),
        "groups": everything,
        "button": guest.wording.render(str(step.options.get("button", ""))) or _("Submit"),
    }


def retyped(look: Look, raw: Raw, problems: tuple[Problem, ...] = ()) -> Look:
    """The same page with what was typed just now."""
    return replace(look, raw=raw, problems=problems)
