"""What every page of a client has: which company, who visits, in which language, and the frame around the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any, NoReturn
from urllib.parse import urlencode

from babel import Locale
from markupsafe import Markup
from quart import Response, abort, g, redirect, request

from banli.clients import CLIENT_IDLE, Visit
from banli.definitions.model import Company, Field, Form
from banli.doors import ways_back
from banli.editions import Issue
from banli.errors import Problem
from banli.fields import Raw
from banli.hours import Hours, Notice, notices_from
from banli.i18n import Translator
from banli.openings import Sign
from banli.parts import Parts
from banli.sentences import SENTENCES
from banli.themes import Lexicon, Wording, without_numbers
from banli.web.guard import CLIENT, Guard
from banli.web.static import scripts_of

NO_NAMES: Mapping[str, Any] = {"company": {}, "menu": {}, "hours": {}}
"""What texts can name on a page that belongs to no company."""
NUMBER = re.compile("[0-9]{1,12}")
"""What looks like the number of a company."""
_NOT_THERE = {"walk": None, "said": (), "stages": (), "data": "", "uploads": False, "keeps": False, "unsaved": False}
"""What most pages do not have; a template that looks for a name in vain takes ten times as long as for one that is there."""
_MOST_NAMES = 1000
"""Companies, as each edition knows them, whose names are kept at hand."""
_KEPT = ("business", "case", "company", "said", "tab", "then")
"""Names in an address that the switch of language keeps."""
_OURS = frozenset({"seen", "then"})
"""Names in a posted page that are not answers; so are all that begin with `_`."""


@dataclass(frozen=True)
class Guest:
    """A request at a company's pages. `visit` is None while the browser has no session here."""

    company: Company
    visit: Visit | None
    translator: Translator
    wording: Wording
    notices: tuple[Notice, ...] = ()
    """What the company, the environment and, on the pages of a business, its hours announce; each at its time."""

    @property
    def token(self) -> str:
        return self.visit.session.token if self.visit is not None else ""

    @property
    def inside(self) -> bool:
        return self.visit is not None and bool(self.visit.client)

    def inside_as(self, issue: Issue) -> bool:
        """Logged in as one of those whom this business is for: as a client, or as a newcomer."""
        return self.visit is not None and self.inside and self.visit.newcomer == issue.edition.flow.newcomers

    def fits(self, issue: Issue) -> bool:
        """Has the guest logged in as this business asks for?"""
        return self.visit is not None and self.visit.fits(issue.edition.flow)

    @property
    def home(self) -> str:
        return f"/{self.company.id}"


class Shell:
    """The frame around all client pages of one application."""

    def __init__(self, parts: Parts, guard: Guard) -> None:
        self.parts, self.guard, self.scripts = parts, guard, scripts_of(parts)
        self._chooser = parts.catalogues, lru_cache(maxsize=1000)(parts.catalogues.choose)  # browsers say the same few things
        self._lexicons: dict[tuple[str, str, str], Lexicon] = {}
        self._names: dict[tuple[str, int], tuple[Translator, Company, Mapping[str, str], dict[str, Any]]] = {}

    def translator(self) -> Translator:
        wanted = g.get("language") or request.args.get("lang") or request.cookies.get("lang")
        accepted = request.headers.get("Accept-Language", "")[:500]
        catalogues, choose = self._chooser
        if catalogues is not self.parts.catalogues:
            catalogues = self.parts.catalogues
            self._chooser = catalogues, choose = catalogues, lru_cache(maxsize=1000)(catalogues.choose)
        return catalogues.translator(choose(wanted[:20] if wanted else None, accepted))

    def in_language(self, guest: Guest, code: str) -> Guest:
        """The guest from now on in another language of the site."""
        g.language = code
        translator = self.translator()
        return replace(guest, translator=translator, wording=self.wording(translator, guest.company))

    def stranger(self, company: Company, visit: Visit | None = None) -> Guest:
        """Somebody at this company's pages of whom nothing but this is known, and no database asked."""
        translator = self.translator()
        return Guest(company, visit, translator, self.wording(translator, company), company.notices)

    async def guest(self, company_id: str, *, active: bool = True) -> Guest:
        """Who asks for a page of this company. A number that is no company's, or of one that takes no clients, leads to
        the first page, which says so (R-013); `active` as in `Clients.visit`."""
        company = self.parts.editions.company(company_id)
        if company is None or not company.enabled:
            abort(away(f"/?company={company_id}") if NUMBER.fullmatch(company_id) and request.method == "GET" else 404)
        visit = await self.parts.clients.visit(self.guard.token(request, CLIENT), active=active)
        if visit is not None and visit.company != company.id:
            visit = None
        return self.stranger(company, visit)

    async def client(self, company_id: str, *, active: bool = True) -> tuple[Guest, Visit]:
        """As `guest`, for pages behind the login; whoever is not logged in is sent there."""
        guest = await self.guest(company_id, active=active)
        if guest.visit is None or not guest.inside:
            await self.to_login(guest)
        return guest, guest.visit

    async def to_login(self, guest: Guest) -> NoReturn:
        """A login page of the company, and from there to 我的业务: the one for clients; for who was inside as a newcomer and
        has done nothing for too long, that of newcomers."""
        ways, token = await ways_back(guest.company, self.parts.editions), self.guard.token(request, CLIENT)
        was_inside = bool(token) and guest.visit is None
        newcomer = was_inside and await self.parts.clients.was_newcomer(guest.company.id, token)
        business = ways.get(newcomer) or next(iter(ways.values()), "")
        if not business:
            abort(404)
        abort(away(f"{guest.home}/business/{business}?then=my{'&said=logged_out' if was_inside else ''}"))

    async def posted(self, guest: Guest) -> Any:
        """The posted form, when it comes from a page of ours."""
        form = await request.form
        sent = form.get("_csrf") or request.headers.get("X-CSRF-Token")
        if not self.guard.csrf_ok(guest.token, sent):
            abort(400)
        return form

    def wording(self, translator: Translator, company: Company, issue: Issue | None = None, **names: Any) -> Wording:
        """Words of the company as published now; those of a business or a case as its edition has them."""
        lexicon, editions = self.lexicon(translator, company.id, issue), self.parts.editions
        menu = editions.menu_of(issue) if issue is not None else None
        return Wording(translator, lexicon.texts, self.names(translator, company, menu) | names, lexicon)

    def lexicon(self, translator: Translator, company: str, issue: Issue | None = None) -> Lexicon:
        """The words of a company's pages, kept as long as nobody changes them."""
        editions = self.parts.editions
        texts = editions.texts_of(issue) if issue is not None else editions.texts(company)
        return self._lexicon(translator, texts, company, issue.edition.hash if issue is not None else "")

    def _lexicon(self, translator: Translator, texts: Mapping[str, str], company: str, edition: str) -> Lexicon:
        key = (translator.language, company, edition)
        found = self._lexicons.get(key)
        if found is None or found.texts is not texts or found.translator is not translator:
            found = self._lexicons[key] = Lexicon(translator, texts, self.parts.plugins.words)
        return found

    def plain(self, translator: Translator) -> Wording:
        """The words of pages that belong to no company."""
        texts = self.parts.library.site["texts"]
        return Wording(translator, texts, NO_NAMES, self._lexicon(translator, texts, "", ""))

    def fixed(self, translator: Translator, company: Company, issue: Issue) -> Wording:
        """Words for what is drawn once for all clients: they name neither a client nor the time of day."""
        return self.wording(translator, company, issue, hours={})

    def names(self, translator: Translator, company: Company, menu: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What the `{{ … }}` of texts may name, beside the client and the business."""
        menu = self.parts.editions.menu(company.id) if menu is None else menu
        place = (translator.language, id(company))
        known = self._names.get(place)
        if known is None or known[0] is not translator or known[1] is not company or known[2] != menu:
            said = {"name": translator.say(company.name), "short_name": translator.say(company.short_name)}
            told = {
                "company": {"id": company.id, "hotline": company.hotline, **said},
                "menu": {key: translator.say(str(text)) for key, text in menu.items()},
            }
            if len(self._names) > _MOST_NAMES:
                self._names.clear()
            known = self._names[place] = translator, company, menu, told
        return {
            **known[3],
            "client": {},
            "business": {},
            "hours": self.sign(translator, lambda: self._first_hours(company)),
        }

    def sign(self, translator: Translator, find: Callable[[], Hours | None]) -> Sign:
        """What texts may say of these hours now; they are looked for when a text does."""
        return Sign(find, self.parts.clock(), translator)

    def _first_hours(self, company: Company) -> Hours | None:
        """Those of the company's first business, for pages that are about none."""
        offers = company.businesses
        return self.parts.editions.now(company.id, offers[0].id).edition.hours if offers else None

    def mine_title(self, guest: Guest) -> str:
        said = self.parts.editions.menu(guest.company.id).get("my_business")
        return guest.translator.say(str(said)) if said else guest.wording.text("my_business")

    def show(
        self, template: str, guest: Guest, title: str, *, status: int = 200, scripts: tuple[str, ...] = (), **values: Any
    ) -> Response:
        """A page of a company in its frame. `values` stand in `page`."""
        page = {
            **_NOT_THERE,
            "title": title,
            "owner": guest.translator.say(guest.company.short_name),
            "company": guest.company,
            "logo": self.parts.logos.of(guest.company),
            "csrf": self.guard.csrf(guest.token) if guest.token else "",
            "stylesheet": self.parts.themes.stylesheet(self.parts.themes.of(guest.company), guest.company),
            "close": guest.home,
            "mine": f"{guest.home}/my",
            "mine_title": self.mine_title(guest),
            "idle": int(CLIENT_IDLE.total_seconds()),
            **self._always(guest.translator, (*scripts, "mended") if values.get("problems") else scripts),
            **self._said(guest.wording),
            "notices": self.announced(guest.notices, guest.wording),
            **values,
        }
        names = {"page": SimpleNamespace(**page), "text": guest.wording.text}
        theme = self.parts.themes.of(guest.company)
        return html(self.parts.themes.render(f"{template}.html", guest.translator, names, theme), status)

    def show_plain(self, template: str, title: str, *, status: int = 200, **values: Any) -> Response:
        """A page that belongs to no company."""
        translator = self.translator()
        site = self.parts.library.site
        wording = self.plain(translator)
        page = {
            "title": title,
            "owner": translator.say(str(site.get("title", ""))),
            "stylesheet": self.parts.themes.stylesheet(),
            **self._always(translator, ()),
            "notices": self.announced(notices_from(site["notices"]), wording),
            **values,
        }
        return html(
            self.parts.themes.render(f"{template}.html", translator, {"page": SimpleNamespace(**page), "text": wording.text}),
            status,
        )

    def announced(self, notices: Iterable[Notice], wording: Wording) -> list[dict[str, str]]:
        """Those that hold now, in words."""
        now = self.parts.clock()
        return [{"look": one.look, "text": wording.render(one.text)} for one in notices if one.holds(now)]

    def _always(self, translator: Translator, scripts: tuple[str, ...]) -> dict[str, Any]:
        kept = {name: request.args[name] for name in _KEPT if name in request.args}
        others = [code for code in self.parts.catalogues.languages if code != translator.language]
        site = self.parts.site
        return {
            "script": self.scripts.url("page", *scripts),
            "languages": [
                {
                    "code": code,
                    "tag": code.replace("_", "-"),
                    "title": _own_name(code),
                    "href": "?" + urlencode({**kept, "lang": code}),
                }
                for code in others
            ],
            "environment": "" if site.environment == "production" else site.environment,
        }

    def _said(self, wording: Wording) -> dict[str, Any]:
        """What the page before had to say: a code of ours in the address, never a text."""
        code = request.args.get("said", "")
        return {"said": [wording.problem(Problem("", code))], "tone": "warning"} if code in SENTENCES else {}


@cache
def _own_name(language: str) -> str:
    """The language as it calls itself."""
    return Locale.parse(language).language_name or language


def html(text: str, status: int = 200) -> Response:
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def away(address: str) -> Response:
    """On to another page of ours, by GET."""
    response: Response = redirect(address, 303)  # type: ignore[assignment]
    response.headers["Cache-Control"] = "no-store"
    return response


def answers_of(form: Any) -> dict[str, list[str]]:
    """The answers of a posted page, as they are kept."""
    return {name: form.getlist(name) for name in form if not name.startswith("_") and name not in _OURS}


def number_of(text: str | None) -> int:
    """A whole number that a page has sent; -1, which is no revision, for anything else."""
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else -1


def shown_problems(problems: tuple[Problem, ...], wording: Wording, titles: Mapping[str, str]) -> list[dict[str, str]]:
    """Problems for the summary at the top, each with a link to its field. `titles` are those of the fields; an author's own
    sentence names its field already, and so do some of ours."""
    shown = []
    for problem in problems:
        text, title = wording.problem(problem), _titled(problem.at, titles)
        named = bool(problem.text) or title.casefold() in text.casefold()
        href = f"f-{problem.at.replace('.', '-')}" if problem.at else ""
        shown.append({"text": text, "title": "" if named else title, "href": href})
    return shown


def titles_of(form: Form | None, say: Callable[[str], str]) -> dict[str, str]:
    """By name the titles of a form's fields; `cards.number` is a question in the rows of a list, or of an object."""
    return dict(_titles(form.fields, say)) if form is not None else {}


def _titles(fields: Iterable[Field], say: Callable[[str], str], way: str = "") -> Iterator[tuple[str, str]]:
    for field in fields:
        yield way + field.name, say(field.title)
        yield from _titles(field.items, say, f"{way}{field.name}.")


def _titled(at: str, titles: Mapping[str, str]) -> str:
    """The title of the question that is meant, or of what it is a part of."""
    words = without_numbers(at).split(".")
    return next((titles[name] for end in range(len(words), 0, -1) if (name := ".".join(words[:end])) in titles), "")


def wrong(problems: tuple[Problem, ...], wording: Wording) -> dict[str, str]:
    """By field the first sentence about it."""
    found: dict[str, str] = {}
    for problem in problems:
        if problem.at:
            found.setdefault(problem.at, wording.problem(problem))
    return found


def note(problems: Iterable[Problem], **where: str) -> None:
    """Adds to this request's line in the log what was refused: stable codes and the step, never what was typed."""
    codes = sorted({problem.code for problem in problems})
    g.said = {**g.get("said", {}), **where, **({"problems": codes} if codes else {})}


def safe_json(text: str) -> Markup:
    """JSON that can stand inside a script element."""
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))  # noqa: S704 - no tag can end in it


def only_known(raw: Raw, names: set[str]) -> dict[str, list[str]]:
    """What belongs to these fields; the rest of a post is nobody's answer and is not kept."""
    return {name: list(texts) for name, texts in raw.items() if name.partition(".")[0] in names}
