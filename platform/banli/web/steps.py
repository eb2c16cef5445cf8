"""A case's pages: each step shown, answered, left by `<` or 关闭, without a script as well as with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quart import Blueprint, Response, abort, jsonify, request, websocket

from banli.beginnings import Elsewhere
from banli.cases import Look
from banli.clients import Sent, Visit
from banli.errors import Problem
from banli.fields import Raw
from banli.hooks import Reply, Unavailable
from banli.judging import place_of
from banli.signing import Shows
from banli.steps import Agreements, Notice
from banli.themes import row_numbers, without_numbers
from banli.web.guard import CLIENT
from banli.web.login import told
from banli.web.photos import wish_of
from banli.web.printing import showing_of
from banli.web.shell import Guest, Shell, answers_of, away, note, number_of, only_known
from banli.web.step_pages import for_case, pressed, retyped, step_page
from banli.web.wires import PageWire, hold, ours

MOST_SAID = 256 * 1024
"""Bytes of what a script says at once."""
JUST_LEAVE = {"close": "", "mine": "/my"}
"""Buttons that keep what was typed and lead out of the case."""


def add_steps(blueprint: Blueprint, shell: Shell) -> None:
    parts = shell.parts

    @blueprint.get("/<company>/cases/<number>/<step>")
    async def show(company: str, number: str, step: str) -> Response:
        guest, visit = await shell.client(company)
        look = await parts.cases.look(visit, number, step)
        return await _page(shell, guest, look) if isinstance(look, Look) else go(guest, look)

    @blueprint.post("/<company>/cases/<number>/<step>")
    async def post(company: str, number: str, step: str) -> Response:
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        seen, button = number_of(form.get("seen")), form.get("_go", "")
        look = await parts.cases.look(visit, number, step)
        if not isinstance(look, Look):
            return go(guest, look)
        typed = _kept(look, answers_of(form))
        raw, problems = await _with_photos(shell, visit, look, typed)
        if problems:
            # Beside the picture that was refused another may have been taken.
            now = await parts.cases.look(visit, number, step)
            return step_page(shell, guest, retyped(now if isinstance(now, Look) else look, raw, problems))
        if button == "back":
            return _back(guest, await parts.cases.back(visit, number, step, raw, seen))
        if button in JUST_LEAVE:
            await parts.cases.save_draft(visit, number, step, raw, seen)
            return away(guest.home + JUST_LEAVE[button])
        if form.get("_lang") in parts.catalogues.translators:
            await parts.cases.save_draft(visit, number, step, raw, seen)
            return away(f"{request.path}?lang={form['_lang']}")
        if form.get("_code"):
            return await _send_code(shell, guest, visit, look, form["_code"], raw)
        if form.get("_view"):
            return await _see(shell, guest, visit, look, form["_view"], raw, seen)
        if button == "refresh" or form.get("_add") or form.get("_remove"):
            raw, anchor = _other_rows(raw, form.get("_add", ""), form.get("_remove", ""))
            await parts.cases.save_draft(visit, number, step, raw, seen)
            return away(f"{request.path}{anchor}")
        held = look.held if raw == typed else None  # a picture taken in has changed the case
        confirmed, shows = frozenset(form.getlist("_confirm")), _shows(shell, guest)
        result = await parts.cases.answer(visit, number, step, raw, seen, confirmed, held, shows)
        if isinstance(result, Look):
            await parts.cases.save_draft(visit, number, step, raw, seen, result.held)
            return await _page(shell, guest, result)
        return go(guest, result)

    @blueprint.post("/<company>/cases/<number>/<step>/call/<name>")
    async def call(company: str, number: str, step: str, name: str) -> Response:
        """What the script of a plugin's page asks: a JSON object, from a page of ours."""
        guest, visit = await shell.client(company)
        if not shell.guard.csrf_ok(guest.token, request.headers.get("X-CSRF-Token")):
            abort(400)
        if (request.content_length or 0) > MOST_SAID:
            abort(413)
        said = await request.get_json(silent=True)
        if not isinstance(said, dict):
            abort(400)
        result = await parts.cases.call(visit, number, step, name, said, _shows(shell, guest))
        return answered(guest, result)

    @blueprint.websocket("/<company>/cases/<number>/<step>/wire")
    async def wire(company: str, number: str, step: str) -> Response | None:
        """The wire of a plugin's page."""
        token = shell.guard.token(websocket, CLIENT)
        visit = await parts.clients.visit(token) if ours() else None
        if visit is None or visit.company != company:
            return Response("", 403)
        look = await parts.cases.look(visit, number, step)
        attendant = parts.cases.attendant(look) if isinstance(look, Look) else None
        if not isinstance(look, Look) or attendant is None:
            return Response("", 404)

        async def talk(one: PageWire) -> None:
            await attendant.talk(place_of(look.held, look.standing), one)

        async def still() -> bool:
            return await parts.clients.visit(token) is not None

        await hold(talk, still)
        return None

    @blueprint.post("/<company>/cases/<number>/<step>/draft")
    async def draft(company: str, number: str, step: str) -> Response:
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        look = await parts.cases.look(visit, number, step)
        if not isinstance(look, Look) or isinstance(look.standing.bound.kind, Agreements):
            return Response("", 409)
        kept = await parts.cases.save_draft(visit, number, step, _kept(look, answers_of(form)), number_of(form.get("seen")))
        return Response("", 204 if kept else 409)

    @blueprint.post("/<company>/cases/<number>/<step>/code/<field>")
    async def send(company: str, number: str, step: str, field: str) -> Response:
        guest, visit = await shell.client(company)
        form = await shell.posted(guest)
        said = await parts.cases.send_code(visit, number, step, field, answers_of(form))
        note((), step=step)
        return told(guest, said) if said is not None else abort(404)

    @blueprint.get("/<company>/cases/<number>/<step>/choices/<field>")
    async def choices(company: str, number: str, step: str, field: str) -> Response:
        """The options of a field by the answer above it: fetched once, when that answer first changes."""
        guest, visit = await shell.client(company)
        look = await parts.cases.look(visit, number, step)
        form = look.form if isinstance(look, Look) else None
        if not isinstance(look, Look) or form is None:
            abort(404)
        nested, way = pressed(shell, guest, look, form).nested, without_numbers(field)
        response: Response = jsonify(nested[way] if way in nested else abort(404))
        response.headers["Cache-Control"] = "private, max-age=3600"
        response.headers["Vary"] = "Cookie, Accept-Language"
        return response


async def _page(shell: Shell, guest: Guest, look: Look) -> Response:
    """The page of a step. What a plugin shows on a page of its kind, or of those that it signs, it says itself."""
    attendant = shell.parts.cases.attendant(look)
    try:
        if attendant is not None:
            own = dict(await attendant.page(place_of(look.held, look.standing)))
            return step_page(shell, guest, look, own={"scripts": tuple(attendant.scripts), **own})
        signer = await shell.parts.cases.signing_page(look, _shows(shell, guest))
    except Unavailable as problem:
        look = replace(look, problems=(*look.problems, Problem("", problem.code)))
        return step_page(shell, guest, look, own={} if attendant is not None else None)
    return step_page(shell, guest, look, signer=signer)


def _shows(shell: Shell, guest: Guest) -> Shows:
    """How this client is shown the texts of a case."""

    return lambda held: showing_of(shell, guest, held)


def answered(guest: Guest, result: Reply | Elsewhere | None) -> Response:
    """What came of a call: `said`, or where to go `next`, or the sentence of a `problem`."""
    if result is None:
        abort(404)
    if isinstance(result, Elsewhere):
        response: Response = jsonify(next=go(guest, result).headers["Location"])
    elif result.problem is not None:
        note((result.problem,))
        response = jsonify(problem={"code": result.problem.code, "text": guest.wording.problem(result.problem)})
        response.status_code = 422
    else:
        response = jsonify(said=dict(result.said))
    response.headers["Cache-Control"] = "no-store"
    return response


def go(guest: Guest, elsewhere: Elsewhere | None) -> Response:
    """To the page where the case stands; 404 for a case that is not this client's."""
    if elsewhere is None:
        abort(404)
    if elsewhere.why:
        note((Problem("", elsewhere.why),), step=elsewhere.step)
    said = f"?said={elsewhere.why}" if elsewhere.why else ""
    step = f"/{elsewhere.step}" if elsewhere.step else ""
    return away(f"{guest.home}/cases/{elsewhere.number}{step}{said}")


def _back(guest: Guest, elsewhere: Elsewhere | None) -> Response:
    """To the step before; from the first step out to 我的业务, where the case waits."""
    if elsewhere is not None and not elsewhere.step and not elsewhere.why:
        return away(f"{guest.home}/my")
    return go(guest, elsewhere)


def _kept(look: Look, raw: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What of a post belongs to this step. What was read is not for the page to say: it is kept when a text is read. Nor is
    which photo was taken, where one is here: a page posted anew by its browser tells of an older one, or of none."""
    bound = look.standing.bound
    if isinstance(bound.kind, Agreements):
        return {"read": list(look.raw.get("read", ())), **only_known(raw, {"agree"})}
    if isinstance(bound.kind, Notice):
        return only_known(raw, {"agree", "again"})
    form = look.form
    asked = [field for field in form.fields if not field.read_only] if form is not None else []
    kept = only_known(raw, {field.name for field in asked} | ({"edit"} if bound.kind.values else set()))
    photos = {field.name for field in asked if field.kind == "photo" and field.name in kept and look.raw.get(field.name)}
    return {**kept, **{name: list(look.raw[name]) for name in photos}}


async def _with_photos(shell: Shell, visit: Visit, look: Look, raw: Raw) -> tuple[dict[str, list[str]], tuple[Problem, ...]]:
    """Takes in the pictures that a browser without scripts has sent along."""
    found, problems = {name: list(texts) for name, texts in raw.items()}, []
    for name, file in (await request.files).items(multi=True):
        at, _, rest = name.rpartition(".")
        content = file.read() if rest == "file" and file.filename else b""
        if not content:
            continue
        taken = await shell.parts.album.add(visit, look.case.number, look.standing.id, at, content)
        if isinstance(taken, Problem):
            problems.append(taken)
        elif taken is not None:
            found[at] = [taken.id]
    return {name: texts for name, texts in found.items() if not name.endswith(".file")}, tuple(problems)


async def _send_code(shell: Shell, guest: Guest, visit: Visit, look: Look, field: str, raw: Raw) -> Response:
    """The button of a browser without scripts: the page comes again, with what was typed and what came of it."""
    said = await shell.parts.cases.send_code(visit, look.case.number, look.standing.id, field, raw)
    if said is None:
        abort(404)
    if isinstance(said, Sent):
        return step_page(shell, guest, retyped(look, raw), sent=(field, said))
    return step_page(shell, for_case(shell, guest, look), retyped(look, raw, said))


async def _see(shell: Shell, guest: Guest, visit: Visit, look: Look, said: str, raw: Raw, seen: int) -> Response:
    """A button below a photo, pressed in a browser without scripts: the page comes again with the photo shown that way."""
    at, wish = wish_of(said) or abort(400)
    made = await shell.parts.album.show_otherwise(visit, look.case.number, look.standing.id, at, wish, raw)
    if made is None:
        await shell.parts.cases.save_draft(visit, look.case.number, look.standing.id, raw, seen)
    if isinstance(made, Problem):
        return step_page(shell, guest, retyped(look, raw, (made,)))
    return away(f"{request.path}#f-{at}-l")


def _other_rows(raw: Raw, add: str, remove: str) -> tuple[dict[str, Any], str]:
    """The answers with one more row of a list, or one less, and where to look then."""
    changed = {name: list(texts) for name, texts in raw.items() if not (remove and name.startswith(f"{remove}."))}
    if add:
        numbers = row_numbers(add, raw)
        number = numbers[-1] + 1 if numbers else 0
        changed[f"{add}.{number}._"] = [""]
    name = add or remove.rpartition(".")[0]
    return changed, f"#f-{name.replace('.', '-')}-rows" if name else ""
