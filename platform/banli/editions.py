"""The editions in use: each company's present one of each business, and the sealed ones that cases have kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from banli.definitions.edition import Edition, open_edition, seal
from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.definitions.model import Agreement, AgreementList, Company, Form, Step
from banli.definitions.papers import papers_of
from banli.definitions.placeholders import named_in, texts_in
from banli.engine import Course
from banli.errors import DefinitionError, Mistake, Place
from banli.expressions import Condition
from banli.fields import FormReader
from banli.hours import Hours
from banli.plugins import Plugins
from banli.store import ReleaseRow, Store


class Pages:
    """The book that the steps of one edition look into, with readers made on first use."""

    def __init__(self, edition: Edition, plugins: Plugins) -> None:
        self.edition, self.fields, self._steps = edition, plugins.fields, plugins.steps
        self.readers: dict[str, FormReader] = {}

    @property
    def forms(self) -> Mapping[str, Form]:
        return self.edition.forms

    @property
    def agreements(self) -> Mapping[str, Agreement]:
        return self.edition.agreements

    @property
    def lists(self) -> Mapping[str, AgreementList]:
        return self.edition.lists

    @cached_property
    def asked(self) -> frozenset[str]:
        """What of the record the pages of the flow ask and may change (`client.…`); not what is asked at the login."""
        steps = [(self._steps.kind(step.kind), step) for step in self.edition.flow.steps]
        forms = [self.forms[kind.form(step)] for kind, step in steps if kind.fields and kind.form(step) in self.forms]
        return frozenset(field.prefill for form in forms for field in form.fields if field.prefill and not field.read_only)

    def reader(self, form_id: str) -> FormReader:
        found = self.readers.get(form_id)
        if found is None:
            form = self.edition.forms[form_id]
            owner = f"form {form_id}"
            found = FormReader(form, self.fields.kind, lambda text, at="": self.condition(f"{owner}.{at}" if at else owner, text))
            self.readers[form_id] = found
        return found

    def condition(self, owner: str, text: str) -> Condition:
        return self.edition.condition(owner, text)


class Issue:
    """An edition that is open for use: what it says, the book of its pages, its course."""

    def __init__(self, edition: Edition, plugins: Plugins) -> None:
        self.edition = edition
        self.book = Pages(edition, plugins)
        fixed = {"company.id": edition.company.id, "business.id": edition.business.id}
        self.course = Course(edition.flow, self.book, plugins.steps.kind, fixed)

    @cached_property
    def named(self) -> frozenset[str]:
        """The steps whose answers some text of the edition says (`{{ questionnaire.level }}`)."""
        edition = self.edition
        texts = [text for step in edition.flow.steps for text in texts_in(step.options)]
        texts += [agreement.text for agreement in edition.agreements.values()]
        texts += [text for actions in edition.flow.notify.values() for action in actions for text in texts_in(action.options)]
        steps = {step.id for step in edition.flow.steps}
        return frozenset(name.partition(".")[0] for text in texts for name in named_in(text)) & steps

    def derive(self, record: Mapping[str, Any], today: str) -> dict[str, Any]:
        """The record on file with what `client.yaml` derives from it."""
        names = {f"client.{name}": value for name, value in record.items()} | {"today": today}
        derived = {
            one.name: self.edition.condition("client", one.text).evaluate(names).value for one in self.edition.record.derived
        }
        return {**record, **derived}


class Editions:
    """Finds the issue for a start (the present one) and for a case (the one it began with).

    The present one is the newest release that holds by now; a business that was never released has what the files say.
    What the store knows of releases is kept here, so that a page asks no database: `refresh` looks for news.
    """

    def __init__(self, library: Library, kinds: Kinds, plugins: Plugins, store: Store, *, files_first: bool = False) -> None:
        self.library, self.kinds, self.plugins, self.store = library, kinds, plugins, store
        self.files_first = files_first
        """New cases begin with what the files say, whatever is published."""
        self.written: dict[tuple[str, str], Issue] = {}
        self.by_hash: dict[str, Issue] = {}
        self.kept: set[str] = set()
        self.released: Mapping[tuple[str, str], tuple[ReleaseRow, ...]] = {}
        self.unopened: Mapping[str, str] = {}
        """The hashes of releases that this process cannot open, and why; what held before them holds on."""
        self._age = -1
        self._read_at = store.clock()
        self._born: Mapping[str, datetime] = {}
        """When each edition was first proposed."""
        self._refreshing = asyncio.Lock()
        self._fronts: dict[str, tuple[tuple[ReleaseRow | None, ...], Front]] = {}
        self._texts: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {}
        self._hashes: dict[tuple[str, str], str] = {}

    def now(self, company: str, business: str) -> Issue:
        """The present edition of a company's business. Raises KeyError when the company does not offer it."""
        release = self._held(company, business)
        if release is None:
            return self.of_files(company, business)
        return self.by_hash[release.edition]

    async def last(self, company: str, business: str) -> Issue:
        """The present edition; of a business that is no longer offered the last that was, as clients still come for what they
        have begun there. Raises KeyError for a business that the company never had."""
        try:
            return self.now(company, business)
        except (KeyError, DefinitionError) as missing:
            row = self.in_force(company, business)
            sealed = [row.replaces] if row is not None and row.replaces else []
            for name in (*sealed, *(one for one, _ in await self.store.editions_of(company, business))):
                if not await self._opens(name):
                    return await self.of(name)
            raise KeyError(business) from missing

    def latest(self, issue: Issue) -> Issue:
        """The present edition of this issue's business, for what holds for cases of every edition, such as the hours. Itself
        where the business is no longer offered."""
        try:
            return self.now(issue.edition.company.id, issue.edition.business.id)
        except (KeyError, DefinitionError):
            return issue

    def in_force(self, company: str, business: str) -> ReleaseRow | None:
        """The release that holds now; None: the files hold."""
        held = self.released.get((company, business))
        if held is None:
            return None
        now = self.store.clock()
        return next((row for row in held if row.effective_at is not None and row.effective_at <= now), None)

    def _held(self, company: str, business: str) -> ReleaseRow | None:
        """The release that clients come by; None: what the files say."""
        return None if self.files_first else self.in_force(company, business)

    def of_files(self, company: str, business: str) -> Issue:
        """What the files say, whatever is published."""
        found = self.written.get((company, business))
        if found is None:
            bundle = self.library.bundle(company, business)
            found = self.by_hash.get(seal(bundle)[0]) or self._issue(bundle)  # after an edit most are as they were
            self.written[company, business] = found
        return found

    async def keep(self, company: str, business: str) -> Issue:
        """The present edition, sealed in the store: from now on a case may rest on it."""
        issue = self.now(company, business)
        if self._held(company, business) is None:
            await self.sealed(company, business)
        return issue

    async def sealed(self, company: str, business: str) -> Issue:
        """What the files say, sealed in the store."""
        issue = self.of_files(company, business)
        if issue.edition.hash not in self.kept:
            name, _ = seal(bundle := self.library.bundle(company, business))
            await self.keep_papers(bundle)
            await self.store.put_edition(name, company, business, dict(bundle))
            self.kept.add(name)
        return issue

    async def keep_papers(self, bundle: Mapping[str, Any]) -> None:
        """Keeps the PDFs that a bundle names by their digests, before the bundle itself is kept."""
        for digest in papers_of(bundle):
            if await self.store.paper(digest) is None:
                await self.store.put_paper(await self.paper(digest))

    async def paper(self, digest: str) -> bytes:
        """The PDF with this digest, as it was sealed or lies among the definitions. Raises KeyError."""
        content = await self.store.paper(digest) or await asyncio.to_thread(self.library.paper, digest)
        if content is None:
            raise KeyError(digest)
        return content

    async def of(self, name: str) -> Issue:
        """The edition with this hash. Raises KeyError when it was never sealed here."""
        found = self.by_hash.get(name)
        if found is None:
            bundle = await self.store.edition(name)
            if bundle is None:
                raise KeyError(name)
            found = self._issue(bundle)
        return found

    def company(self, company_id: str) -> Company | None:
        """The company as its clients see it now: name, hotline and offers as published; theme and `enabled` of the files."""
        front = self._front(company_id)
        return front.company if front is not None else None

    def texts(self, company: str) -> Mapping[str, str]:
        """The sentences of the fixed pages as the company says them."""
        front = self._front(company)
        return front.texts if front is not None else self.library.site.get("texts", {})

    def texts_of(self, issue: Issue) -> Mapping[str, str]:
        """The sentences on the pages of a business: those of its edition, of this environment, and the business's own. The
        same object as long as nothing changes."""
        texts, edition = self.texts(issue.edition.company.id), issue.edition
        known = self._texts.get(edition.hash)
        if known is None or known[0] is not texts:
            here = self._here(edition.company.id).get("texts", {})
            known = self._texts[edition.hash] = texts, {**texts, **edition.texts, **here, **edition.flow.texts}
        return known[1]

    def menu_of(self, issue: Issue) -> Mapping[str, str]:
        """The names of the fixed pages, as the pages of a business say them."""
        return {**issue.edition.menu, **self._here(issue.edition.company.id).get("menu", {})}

    def hours(self, issue: Issue, step: Step | None = None) -> Hours | None:
        """When a business is open, or a step that has hours of its own: those of today, for a case of every edition."""
        latest = self.latest(issue).edition
        if step is None:
            return latest.hours
        return latest.openings.get(step.hours) or issue.edition.openings.get(step.hours)

    def menu(self, company: str) -> Mapping[str, str]:
        """The names of the fixed pages."""
        front = self._front(company)
        return front.menu if front is not None else self.library.site.get("menu", {})

    def four_eyes(self, company: str) -> bool:
        """Must a second person approve? Also as long as anything published says so: switching it off needs approval too."""
        found = self.library.company(company)
        if found is None:
            return False
        rows = (self.in_force(*key) for key in self._businesses(found))
        return found.four_eyes or any(
            self.by_hash[row.edition].edition.company.four_eyes for row in rows if row is not None and row.edition
        )

    def written_hash(self, company: str, business: str) -> str:
        """The hash of what the files say; "" where they do not offer this business."""
        found = self._hashes.get((company, business))
        if found is None:
            known = self.library.company(company)
            offered = known is not None and business in {offer.id for offer in known.businesses}
            found = self._hashes[company, business] = seal(self.library.bundle(company, business))[0] if offered else ""
        return found

    def unpublished(self) -> tuple[tuple[str, str], ...]:
        """The released businesses whose files say something that is neither in force nor approved for later. Nothing is said
        where the present edition came after these files were read: they are newer by now."""
        now, found = self.store.clock(), []
        for key, rows in self.released.items():
            row = self.in_force(*key)
            fresh = row is not None and self._born.get(row.edition, row.proposed_at) <= self._read_at
            if row is not None and fresh and self.library.company(key[0]) is not None:
                later = {one.edition for one in rows if one.effective_at is not None and one.effective_at > now}
                if self.written_hash(*key) not in {row.edition, *later}:
                    found.append(key)
        return tuple(sorted(found))

    async def refresh(self, *, strict: bool = False) -> bool:
        """Looks in the store for what was published meanwhile; True when there was something. `strict` raises DefinitionError
        when an edition that holds now cannot be opened; otherwise what held before it holds on."""
        async with self._refreshing:
            age = await self.store.release_age()
            if age == self._age:
                return False
            now, unopened = self.store.clock(), {}
            released: dict[tuple[str, str], list[ReleaseRow]] = {}
            born: dict[str, datetime] = {}
            for row in await self.store.approved_releases():
                born[row.edition] = min(row.proposed_at, born.get(row.edition, row.proposed_at))
                held = released.setdefault((row.company, row.business), [])
                if held and held[-1].effective_at is not None and held[-1].effective_at <= now:
                    continue  # overtaken
                if row.edition and (why := await self._opens(row.edition)):
                    if strict and row.effective_at is not None and row.effective_at <= now:
                        place = Place(f"{row.company}/{row.business} {row.edition[:12]}")
                        raise DefinitionError([Mistake(place, "edition", why)])
                    unopened[row.edition] = why
                    continue
                held.append(row)
                await asyncio.sleep(0)
            self.released = {key: tuple(held) for key, held in released.items() if held}
            self.unopened, self._age, self._born = unopened, age, born
            self._fronts.clear()
            return True

    async def watch(self, tell: Callable[[str], None], every: float = 2.0) -> None:
        """Refreshes for ever: other processes publish too. `tell` hears of what cannot be opened."""
        while True:
            await asyncio.sleep(every)
            try:
                if await self.refresh():
                    for name, why in self.unopened.items():
                        tell(f"edition {name[:12]} cannot be opened: {why}")
            except Exception as problem:
                # A database that does not answer for a while is told by /readyz.
                tell(f"releases could not be read: {type(problem).__name__}")

    def renew(self, library: Library, kinds: Kinds | None = None) -> None:
        """From now on these are the files; open cases and what is published keep theirs."""
        self.library, self._read_at = library, self.store.clock()
        self.kinds = kinds or self.kinds
        for known in (self.written, self._hashes, self._fronts):
            known.clear()

    def _issue(self, bundle: Mapping[str, Any]) -> Issue:
        issue = Issue(open_edition(bundle, self.kinds), self.plugins)
        return self.by_hash.setdefault(issue.edition.hash, issue)

    async def _opens(self, name: str) -> str:
        """Why an edition cannot be opened, or ""."""
        try:
            await self.of(name)
        except KeyError:
            return "it is not in this database"
        except DefinitionError as problem:
            return str(problem)
        return ""

    def _here(self, company_id: str) -> Mapping[str, Mapping[str, str]]:
        """What this environment says differently, whatever is published."""
        company = self.library.company(company_id)
        return company.here if company is not None else {}

    def _front(self, company_id: str) -> Front | None:
        """Made anew when another release has come into force since it was made."""
        company = self.library.company(company_id)
        if company is None:
            return None
        held = {business: self._held(company_id, business) for _, business in self._businesses(company)}
        made = tuple(held.values())
        known = self._fronts.get(company_id)
        if known is None or known[0] != made:
            known = self._fronts[company_id] = made, self._made_front(company, held)
        return known[1]

    def _businesses(self, company: Company) -> list[tuple[str, str]]:
        written = [(company.id, offer.id) for offer in company.businesses]
        return written + [key for key in self.released if key[0] == company.id and key not in written]

    def _made_front(self, company: Company, held: Mapping[str, ReleaseRow | None]) -> Front:
        site = self.library.site
        newest = max((row for row in held.values() if row is not None and row.edition), key=_since, default=None)
        texts: Mapping[str, str] = {**site.get("texts", {}), **company.texts}
        menu: Mapping[str, str] = {**site.get("menu", {}), **company.menu}
        if newest is not None:
            edition = self.by_hash[newest.edition].edition
            texts, menu, told = edition.texts, edition.menu, edition.company
            sealed = (self.by_hash[row.edition].edition.company for row in held.values() if row is not None and row.edition)
            company = replace(
                company, name=told.name, short_name=told.short_name, hotline=told.hotline, branches=told.branches,
                four_eyes=company.four_eyes or any(one.four_eyes for one in sealed),
            )  # fmt: skip
        written = {offer.id: offer for offer in company.businesses}
        offers = (
            self.by_hash[row.edition].edition.business if row is not None and row.edition else None if row else written.get(name)
            for name, row in held.items()
        )
        texts, menu = {**texts, **company.here.get("texts", {})}, {**menu, **company.here.get("menu", {})}
        return Front(replace(company, businesses=tuple(offer for offer in offers if offer is not None)), texts, menu)


@dataclass(frozen=True, slots=True)
class Front:
    """What the pages of a company say outside of any business."""

    company: Company
    texts: Mapping[str, str]
    menu: Mapping[str, str]


def _since(row: ReleaseRow) -> tuple[float, int]:
    assert row.effective_at is not None
    return row.effective_at.timestamp(), row.number
