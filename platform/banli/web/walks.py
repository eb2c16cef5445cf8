"""The pages of flows that keep nothing: shown one after the other, with links to go on; and the papers that they show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from quart import Blueprint, Response, abort, request

from banli import sayings
from banli.beginnings import Elsewhere, Refused
from banli.caseload import CHINA, Held
from banli.cases import states
from banli.clients import Visit
from banli.signed import Signed
from banli.steps import Notice, Overview, PapersStep
from banli.steps.papers import OPEN
from banli.themes import Wording, markdown
from banli.walks import Page
from banli.web.entrance import business_title
from banli.web.paper_files import Paper, download, named_openly
from banli.web.paper_list import titled
from banli.web.papers import paper_page, scripts_of
from banli.web.shell import Guest, Shell, away, note
from banli.web.step_pages import around, at_step, for_case, notice, overview, with_case

PAGES = "/<company>/business/<business>/pages"


@dataclass(frozen=True)
class Entered:
    """A client at a page of the walk. `home` is the address of its pages."""

    guest: Guest
    visit: Visit
    page: Page
    home: str

    @property
    def here(self) -> str:
        return f"{self.home}/{self.page.look.standing.id}"


def add_walks(blueprint: Blueprint, shell: Shell) -> None:
    @blueprint.get(PAGES)
    async def first(company: str, business: str) -> Response:
        """To the first page."""
        entered = await _enter(shell, company, business, "")
        return entered if isinstance(entered, Response) else away(entered.here)

    @blueprint.get(f"{PAGES}/<step>")
    async def walk(company: str, business: str, step: str) -> Response:
        entered = await _enter(shell, company, business, step)
        return entered if isinstance(entered, Response) else await _shown(shell, entered)

    @blueprint.get(f"{PAGES}/<step>/<sort>/<path:name>")
    async def paper(company: str, business: str, step: str, sort: str, name: str) -> Response:
        """A text that was agreed to (`signed/NUMBER/PLACE`) or holds now (`listed/ID`); with `/file` to take along."""
        entered = await _enter(shell, company, business, step)
        if isinstance(entered, Response):
            return entered
        name, taken = (name.removesuffix("/file"), True) if name.endswith("/file") else (name, False)
        wanted = await _paper(shell, entered, sort, name) or abort(404)
        guest, found = wanted
        if taken:
            pdf = await shell.parts.walks.signed_pdf(entered.visit, entered.page, name) if sort == "signed" else None
            return await download(shell, guest, replace(found, pdf=pdf))
        values = await paper_page(shell, guest, found.text)
        values["file"] = values["file"] and f"{request.path}/file"
        return shell.show(
            "paper", guest, guest.translator.say(found.text.title), scripts=scripts_of(found.text), back=entered.here, mine="",
            facts=found.facts, signed=found.signed, file_of=f"{request.path}/file", **values,
        )  # fmt: skip


async def _enter(shell: Shell, company: str, business: str, step: str) -> Entered | Response:
    """The client at the page, or where else to go: to the login page, out when the service is closed, to a page that applies."""
    guest = await shell.guest(company)
    at = f"{guest.home}/business/{business}"
    offered = business in {offer.id for offer in guest.company.businesses}
    flow = shell.parts.editions.now(guest.company.id, business).edition.flow if offered else abort(404)
    if flow.case:
        abort(404)
    if guest.visit is None or not guest.visit.fits(flow):
        return away(at)
    found = await shell.parts.walks.look(guest.visit, business, step)
    if isinstance(found, Page):
        return Entered(guest, guest.visit, found, f"{at}/pages")
    if isinstance(found, Elsewhere):
        return away(f"{at}/pages/{found.step}{'?said=' + found.why if found.why else ''}")
    return _refused(shell, guest, found)


def _refused(shell: Shell, guest: Guest, refused: Refused) -> Response:
    """Closed hours and a missing account are told on the menu; what passes by itself is told here, with the way to try again."""
    note(refused.problems)
    problem = refused.problems[0]
    if problem.code in ("service_closed", "no_account"):
        return away(f"{guest.home}?said={problem.code}")
    text = guest.wording.text
    links = [{"href": request.path, "title": text("try_again")}, {"href": guest.home, "title": text("walk_end")}]
    status = 503 if problem.code == "directory_unavailable" else 429
    said = guest.wording.problem(problem)
    return shell.show("message", guest, said, status=status, lead=said, more="", links=links, sort="", request_id="")


async def _shown(shell: Shell, entered: Entered) -> Response:
    look = entered.page.look
    guest = at_step(shell, for_case(shell, entered.guest, look), look)
    kind, text = look.standing.bound.kind, guest.wording.text
    own: dict[str, Any] = {}
    if entered.page.shut:
        pass  # what the page says of its hours is all that it says now
    elif isinstance(kind, Overview):
        own = overview(shell, guest, look)
    elif isinstance(kind, Notice):
        own = notice(guest, look, kind)
    elif isinstance(kind, PapersStep):
        own = await _papers(shell, guest, entered)
    before, after = entered.page.before, entered.page.after
    values = {
        **around(shell, guest, look), "close": guest.home, "mine": f"{guest.home}/my", "unsaved": False,
        "walk": {"href": f"{entered.home}/{after}", "title": text("next")} if after
        else {"href": guest.home, "title": text("walk_end"), "plain": True},
        "back": f"{entered.home}/{before}" if before else guest.home,
        **own,
    }  # fmt: skip
    if after and own.get("button"):
        values["walk"]["title"] = own["button"]
    template = "steps/_shut" if entered.page.shut else f"steps/{kind.template}"
    return shell.show(template, guest, values.pop("title"), **values)


async def _papers(shell: Shell, guest: Guest, entered: Entered) -> dict[str, Any]:
    """The lists of the page: by case what was agreed to, and the present texts."""
    look, say = entered.page.look, guest.wording.render
    bound = look.standing.bound
    assert isinstance(bound.kind, PapersStep)
    signed = await shell.parts.walks.signed(entered.visit, entered.page)
    text = str(bound.step.options.get("text", ""))
    cases = None if signed is None else [
        {
            "number": one.held.case.number,
            "title": business_title(one.held.issue, guest.translator.say),
            "state": guest.translator.say(states(one.held.issue, one.held.case)),
            "at": one.held.case.submitted_at.isoformat() if one.held.case.submitted_at else "",
            "when": _when(one.held.case.submitted_at),
            "papers": [
                {**_row(guest, paper.title, paper.number),
                 "href": f"{entered.here}/signed/{one.held.case.number}/{paper.at}" if paper.text is not None else ""}
                for paper in one.papers
            ],
        }
        for one in signed
    ]  # fmt: skip
    listed = bound.kind.listed(bound.step, look.held.issue.book, look.standing.names)
    return {
        "text": Markup(markdown(say(text))) if text else "",  # noqa: S704 - raw HTML is off
        "signed": cases,
        "listed": [
            {**_row(guest, paper.title, paper.number), "href": f"{entered.here}/listed/{name}"} for name, paper in listed.items()
        ],
    }


def _row(guest: Guest, title: str, number: str) -> dict[str, str]:
    return {"title": titled(guest, guest.wording.render(title)), "number": number}


def _when(moment: Any) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if moment is not None else ""


async def _paper(shell: Shell, entered: Entered, sort: str, name: str) -> tuple[Guest, Paper] | None:
    """The paper with this address, and the guest with the words that fill it. None: there is none for this client."""
    look, page = entered.page.look, entered.page
    bound = look.standing.bound
    if sort == "signed":
        number, _, at = name.partition("/")
        found = await shell.parts.walks.signed_paper(entered.visit, page, number, at)
        return _signed(shell, entered.guest, *found) if found is not None else None
    if sort != "listed" or not isinstance(bound.kind, PapersStep) or page.shut:
        return None
    text = bound.kind.listed(bound.step, look.held.issue.book, look.standing.names).get(name)
    if text is None:
        return None
    guest = for_case(shell, entered.guest, look)
    said = guest.wording.text
    facts = [
        {"title": said("paper_number"), "text": text.number},
        {"title": said("paper_company"), "text": guest.wording.names["company"]["name"]},
        {"title": said("paper_digest"), "text": text.digest},
    ]
    return named_openly(as_written(shell, guest, look.held), text, OPEN), Paper(text, tuple(facts))


def _signed(shell: Shell, guest: Guest, held: Held, one: Signed) -> tuple[Guest, Paper] | None:
    if one.text is None:
        return None
    guest = with_case(shell, guest, held)
    said = guest.wording.text
    facts = [
        {"title": said("paper_number"), "text": one.number},
        {"title": said("paper_company"), "text": guest.wording.names["company"]["name"]},
        {"title": said("business_type"), "text": business_title(held.issue, guest.translator.say)},
        {"title": said("case_number"), "text": held.case.number},
        {"title": said("paper_agreed_at"), "text": _when(one.agreed)},
        {"title": said("paper_digest"), "text": one.digest},
    ]
    return replace(as_written(shell, guest, held), notices=()), Paper(one.text, tuple(facts), signed=True)


def as_written(shell: Shell, guest: Guest, held: Held) -> Guest:
    """The guest with the names of the case as their authors wrote them: what is signed is not translated, nor what it says of
    the company and the client."""
    wording, edition = guest.wording, held.edition
    company = {"id": edition.company.id, "name": edition.company.name, "short_name": edition.company.short_name}
    names = {
        **wording.names,
        **sayings.answers(held.issue, held.position, shell.parts.plugins.fields, str),
        "client": dict(held.case.record),
        "company": {**company, "hotline": edition.company.hotline},
        "business": {"id": edition.business.id, "title": business_title(held.issue, str)},
        "menu": dict(edition.menu),
    }
    return replace(guest, wording=Wording(wording.translator, wording.texts, names, wording.lexicon))
