"""The login page: captcha, code, consent; and what a client begins once inside."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup
from quart import Blueprint, Response, abort, jsonify, request

from banli import __version__
from banli.beginnings import Refused, closed
from banli.clients import Sent, Visit
from banli.definitions.model import Form
from banli.doors import login_form, ways_back
from banli.editions import Issue
from banli.errors import Problem
from banli.fields import Raw
from banli.themes import Filling
from banli.web.entrance import at_door, business_title, closed_sentence, materials, whole_way
from banli.web.guard import CLIENT
from banli.web.shell import Guest, Shell, answers_of, away, note, only_known, shown_problems, titles_of, wrong

AFTER_CAPTCHA = frozenset(
    (
        "code_none", "code_wrong", "code_expired", "code_used_up", "code_wait", "code_capped", "code_not_sent",
        "code_undeliverable", "codes_too_often", "no_account", "no_mobile_on_file", "directory_unavailable",
    )
)  # fmt: skip
"""What is only said to somebody who has read the captcha rightly. Whoever hears nothing else need not read another."""


def add_login(blueprint: Blueprint, shell: Shell) -> None:
    parts, guard = shell.parts, shell.guard

    @blueprint.get("/<company>/business/<business>")
    async def login(company: str, business: str) -> Response:
        guest = await shell.guest(company)
        then = request.args.get("then", "")
        issue = await _offered(shell, guest, business, then)
        if then == "my" and guest.inside_as(issue):
            return away(f"{guest.home}/my")
        if guest.fits(issue):
            return _begin(shell, guest, issue)
        guest, new = await _arrived(shell, guest)
        response = await login_page(shell, guest, issue, then=then)
        if new:
            guard.give(response, CLIENT, guest.token, guest.home)
        return response

    @blueprint.post("/<company>/business/<business>")
    async def log_in(company: str, business: str) -> Response:
        guest = await shell.guest(company)
        form = await request.form
        raw, then = answers_of(form), form.get("then", "")
        issue = await _offered(shell, guest, business, then)
        if guest.visit is None or not guard.csrf_ok(guest.token, form.get("_csrf")):
            guest, _ = await _arrived(shell, guest)
            response = await login_page(shell, guest, issue, raw, (Problem("", "form_expired"),), then=then)
            guard.give(response, CLIENT, guest.token, guest.home)
            return response
        if form.get("_lang") in parts.catalogues.translators:
            read = parts.clients.has_read(guest.visit, issue, raw)
            return await login_page(shell, shell.in_language(guest, form["_lang"]), issue, raw, then=then, read=read)
        if form.get("_go") == "refresh":
            return await login_page(shell, guest, issue, raw, then=then)
        if form.get("_code"):
            said = await parts.clients.send_code(guest.visit, business, raw, guard.address(request))
            sent, problems = (said, ()) if isinstance(said, Sent) else (None, said)
            return await login_page(shell, guest, issue, raw, problems, then=then, sent=sent)
        logged = await parts.clients.log_in(guest.visit, business, raw, guard.address(request))
        if not isinstance(logged, Visit):
            return await login_page(shell, guest, issue, raw, logged, then=then)
        response = await _start(shell, replace(guest, visit=logged), logged, business, then)
        guard.give(response, CLIENT, logged.session.token, guest.home)
        return response

    @blueprint.post("/<company>/business/<business>/code")
    async def code(company: str, business: str) -> Response:
        guest = await shell.guest(company)
        form = await shell.posted(guest)
        await _offered(shell, guest, business, form.get("then", ""))
        assert guest.visit is not None  # a page without a session has no forgery token
        said = await parts.clients.send_code(guest.visit, business, answers_of(form), guard.address(request))
        return told(guest, said)

    @blueprint.post("/<company>/start/<business>")
    async def start(company: str, business: str) -> Response:
        guest, visit = await shell.client(company)
        issue = await _offered(shell, guest, business)
        await shell.posted(guest)
        if not guest.fits(issue):
            return away(f"{guest.home}/business/{business}")
        return await _start(shell, guest, visit, business)

    @blueprint.post("/<company>/leave")
    async def leave(company: str) -> Response:
        guest, visit = await shell.client(company)
        await shell.posted(guest)
        await parts.clients.leave(visit)
        response = away(guest.home)
        guard.take(response, CLIENT, guest.home)
        return response

    @blueprint.get("/<company>/captcha.png")
    async def captcha(company: str) -> Response:
        guest = await shell.guest(company)
        visit = guest.visit or abort(404)
        picture = await parts.clients.draw(visit, guard.address(request)) or abort(429)
        return Response(picture, content_type="image/png", headers={"Cache-Control": "no-store"})

    @blueprint.get("/<company>/captcha.wav")
    async def spoken(company: str) -> Response:
        guest = await shell.guest(company)
        sound = await parts.clients.speak(guest.visit, guest.translator.language) if guest.visit is not None else None
        if sound is None:
            abort(404)
        return Response(sound, content_type="audio/wav", headers={"Cache-Control": "no-store"})


async def login_page(
    shell: Shell, guest: Guest, issue: Issue, raw: Raw | None = None, problems: tuple[Problem, ...] = (), *,
    then: str = "", sent: Sent | None = None, read: bool = False,
) -> Response:  # fmt: skip
    """The page, with what was typed and what is wrong with it."""
    guest = at_door(shell, guest, issue)
    form, say = login_form(issue), guest.translator.say
    note(problems)
    read = read or sent is not None or (bool(problems) and all(problem.code in AFTER_CAPTCHA for problem in problems))
    forgotten = set() if read else {field.name for field in form.fields if field.kind == "captcha"}
    kind_of = shell.parts.plugins.fields.kind
    sheet = shell.parts.themes.sheet(
        issue.edition, form.id, guest.translator, kind_of, shell.parts.themes.of(guest.company), guest.wording.lexicon.version,
        lambda: shell.fixed(guest.translator, guest.company, issue),
    )  # fmt: skip
    at = f"{guest.home}/business/{issue.edition.business.id}"
    filling = Filling(
        raw=only_known(raw or {}, {f.name for f in form.fields} - forgotten),
        wrong=wrong(problems, guest.wording),
        hidden=sheet.hidden({}),
        live=_live(form, guest, sent, read),
        agreement=lambda name: f"{guest.home}/agreements/{name}?business={issue.edition.business.id}",
    )
    needs = issue.edition.flow.needs
    shut = closed(issue, shell.parts.clock())
    then = "my" if then == "my" or shut else ""
    return shell.show(
        "login", guest, guest.wording.text("login_title") or say(form.title), status=422 if problems else 200,
        scripts=("device", *sheet.scripts), back=guest.home, action=at, then=then,
        other=await _other_login(shell, guest, issue) if then else None,
        sheet=sheet.fill(filling),
        problems=shown_problems(problems, guest.wording, titles_of(form, say)),
        closed=closed_sentence(guest) if shut else "", devices=" ".join(needs.get("devices", ())),
        materials=materials(issue, say), unsaved=True, version=__version__,
    )  # fmt: skip


def _live(form: Form, guest: Guest, sent: Sent | None, read: bool) -> dict[tuple[str, str], str]:
    """Picture and sound of the captcha. Once it was `read` it is left alone: a fresh one would void the answer."""
    live: dict[tuple[str, str], str] = {}
    text = guest.wording.text
    for field in form.fields:
        if field.kind == "captcha":
            alt = text("captcha_picture")
            image = Markup('<img src="{}/captcha.png" width="120" height="46" alt="{}">').format(guest.home, alt)
            seen = Markup('<span class="unit">&nbsp;✓ <span class="vh">{}</span>&nbsp;</span>').format(text("captcha_read"))
            live["picture", field.name] = seen if read else image
            live["sound", field.name] = f"{guest.home}/captcha.wav"
        elif field.kind == "otp" and sent is not None:
            live["said", field.name] = sent_sentence(guest, sent)
    return live


def sent_sentence(guest: Guest, sent: Sent) -> str:
    return guest.wording.text("code_sent", to=sent.to)


def told(guest: Guest, said: Sent | tuple[Problem, ...]) -> Response:
    """What came of sending a code, for the page's script."""
    if isinstance(said, Sent):
        response: Response = jsonify(to=said.to, again_in=said.again_in, said=sent_sentence(guest, said))
        return response
    note(said)
    problems = [
        {"at": p.at, "code": p.code, "text": guest.wording.problem(p), "wait": p.params.get("seconds")} for p in said
    ]
    response = jsonify(problems=problems)
    response.status_code = 422
    return response


async def _start(shell: Shell, guest: Guest, visit: Visit, business: str, then: str = "") -> Response:
    if then == "my":
        return away(f"{guest.home}/my")
    if not shell.parts.editions.now(guest.company.id, business).edition.flow.case:
        return away(f"{guest.home}/business/{business}/pages")
    begun = await shell.parts.cases.start(visit, business)
    if not isinstance(begun, Refused):
        return away(
            f"{guest.home}/cases/{begun.number}/{begun.step}" if begun.step else f"{guest.home}/cases/{begun.number}"
        )
    note(begun.problems)
    code = begun.problems[0].code
    return away(f"{guest.home}/my?said={code}" if code == "open_business_exists" else f"{guest.home}?said={code}")


def _begin(shell: Shell, guest: Guest, issue: Issue) -> Response:
    """For somebody who is logged in already: what the business is, and a button. Where nothing is kept there is nothing to
    begin, so they are there at once."""
    if not issue.edition.flow.case:
        return away(f"{guest.home}/business/{issue.edition.business.id}/pages")
    guest = at_door(shell, guest, issue)
    shut = closed(issue, shell.parts.clock())
    title = business_title(issue, guest.translator.say)
    return shell.show(
        "begin", guest, title, back=guest.home, business=title, summary=guest.wording.render(issue.edition.flow.summary),
        steps=whole_way(shell, guest, issue), materials=materials(issue, guest.translator.say),
        action=f"{guest.home}/start/{issue.edition.business.id}",
        closed=closed_sentence(guest) if shut else "",
    )  # fmt: skip


async def _other_login(shell: Shell, guest: Guest, issue: Issue) -> dict[str, str] | None:
    """Clients and newcomers log in on pages of their own: from the one the way to the other, for who comes for what they have
    begun. None at a company that has only one sort."""
    newcomers = not issue.edition.flow.newcomers
    business = (await ways_back(guest.company, shell.parts.editions)).get(newcomers)
    if business is None:
        return None
    title = business_title(await shell.parts.editions.last(guest.company.id, business), guest.translator.say)
    text = guest.wording.text("login_newcomers", business=title) if newcomers else guest.wording.text("login_clients")
    return {"href": f"{guest.home}/business/{business}?then=my", "text": text}


async def _offered(shell: Shell, guest: Guest, business: str, then: str = "") -> Issue:
    """A business of the company; one that has ended only for those who come for what they have begun."""
    editions, company = shell.parts.editions, guest.company.id
    if business not in {offer.id for offer in guest.company.businesses} and then != "my":
        ended = editions.in_force(company, business) is not None
        abort(away(f"{guest.home}?said=business_ended") if ended else 404)
    try:
        return await editions.last(company, business)
    except KeyError:
        abort(404)


async def _arrived(shell: Shell, guest: Guest) -> tuple[Guest, bool]:
    """The guest with a session, so that captcha and forgery token have something to hold on to."""
    if guest.visit is not None:
        return guest, False
    if await shell.parts.clients.crowded(shell.guard.address(request)):
        abort(429)
    return replace(guest, visit=await shell.parts.clients.arrive(guest.company.id)), True
