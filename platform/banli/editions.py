"""The editions in use: each company's present one of each business, and the sealed ones that cases have kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banli.definitions.edition import Edition, open_edition, seal
from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.definitions.model import Agreement, AgreementList, Form
from banli.engine import Course
from banli.expressions import Condition
from banli.fields import FormReader
from banli.plugins import Plugins
from banli.store import Store


class Pages:
    """The book that the steps of one edition look into, with readers made on first use."""

    def __init__(self, edition: Edition, plugins: Plugins) -> None:
        self.edition, self.fields = edition, plugins.fields
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

    def reader(self, form_id: str) -> FormReader:
        found = self.readers.get(form_id)
        if found is None:
            form = self.edition.forms[form_id]
            found = FormReader(form, self.fields.kind, lambda text: self.condition(f"form {form_id}", text))
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

    def derive(self, record: Mapping[str, Any], today: str) -> dict[str, Any]:
        """The record on file with what `client.yaml` derives from it."""
        names = {f"client.{name}": value for name, value in record.items()} | {"today": today}
        derived = {
            one.name: self.edition.condition("client", one.text).evaluate(names).value for one in self.edition.record.derived
        }
        return {**record, **derived}


class Editions:
    """Finds the issue for a start (the present one) and for a case (the one it began with)."""

    def __init__(self, library: Library, kinds: Kinds, plugins: Plugins, store: Store) -> None:
        self.library, self.kinds, self.plugins, self.store = library, kinds, plugins, store
        self.present: dict[tuple[str, str], Issue] = {}
        self.by_hash: dict[str, Issue] = {}
        self.kept: set[str] = set()

    def now(self, company: str, business: str) -> Issue:
        """The present edition of a company's business. Raises KeyError when the company does not offer it."""
        found = self.present.get((company, business))
        if found is None:
            found = Issue(open_edition(self.library.bundle(company, business), self.kinds), self.plugins)
            found = self.by_hash.setdefault(found.edition.hash, found)
            self.present[company, business] = found
        return found

    async def keep(self, company: str, business: str) -> Issue:
        """The present edition, sealed in the store: from now on a case may rest on it."""
        issue = self.now(company, business)
        if issue.edition.hash not in self.kept:
            name, _ = seal(bundle := self.library.bundle(company, business))
            await self.store.put_edition(name, company, business, dict(bundle))
            self.kept.add(name)
        return issue

    async def of(self, name: str) -> Issue:
        """The edition with this hash. Raises KeyError when it was never sealed here."""
        found = self.by_hash.get(name)
        if found is None:
            bundle = await self.store.edition(name)
            if bundle is None:
                raise KeyError(name)
            found = self.by_hash.setdefault(name, Issue(open_edition(bundle, self.kinds), self.plugins))
        return found

    def texts(self, company: str) -> Mapping[str, str]:
        """The sentences of the fixed pages as the company says them."""
        found = self.library.company(company)
        return {**self.library.site.get("texts", {}), **(found.texts if found is not None else {})}

    def renew(self, library: Library) -> None:
        """From now on these are the present definitions; open cases keep theirs."""
        self.library = library
        self.present.clear()
