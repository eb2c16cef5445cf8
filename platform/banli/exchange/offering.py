"""What is exported, as one company has it and in one language: a form or a code list, in the shape that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from banli.definitions.build import Shelf, build_dictionary, build_form
from banli.definitions.library import Library
from banli.definitions.model import Form
from banli.definitions.source import Source
from banli.errors import DefinitionError, Mistake, did_you_mean
from banli.exchange.exporting import Exporter
from banli.exchange.listing import Lister
from banli.exchange.printing import page
from banli.exchange.tables import as_csv, as_xlsx, dictionary_table, form_tables
from banli.fields import FieldKind
from banli.i18n import Translator


class NotThere(Exception):
    """The site has no such form, list or company; the text says so and what may have been meant."""


@dataclass(frozen=True)
class Offering:
    """`library` was read without a cache, so that it knows places. `company` is "" for the base."""

    library: Library
    translator: Translator
    kind_of: Callable[[str], FieldKind]
    company: str = ""

    def form_schema(self, name: str) -> tuple[str, tuple[Mistake, ...]]:
        """The JSON Schema, and what it could not be made to say."""
        form, source = self._form(name)
        known: dict[str, Any] = {"company.id": self.company} if self.company else {}
        exporter = Exporter(form, source, self.kind_of, self.translator.say, known)
        return json.dumps(exporter.schema(), ensure_ascii=False, indent=2) + "\n", tuple(exporter.told)

    def form_workbook(self, name: str) -> bytes:
        return as_xlsx(form_tables(self._lister(name)))

    def form_page(self, name: str) -> str:
        return page(self._lister(name), f"forms/{name}{f' · {self.company}' if self.company else ''}")

    def dictionary_csv(self, name: str) -> str:
        return as_csv(self._dictionary(name))

    def dictionary_workbook(self, name: str) -> bytes:
        return as_xlsx([self._dictionary(name)])

    # What it is made of

    def _lister(self, name: str) -> Lister:
        form, source = self._form(name)
        properties = self._shelf.client.get("schema", {}).get("properties", {})
        record = {key: str(one["title"]) for key, one in properties.items() if isinstance(one, Mapping) and "title" in one}
        return Lister(form, source, self.translator, record)

    def _dictionary(self, name: str) -> Any:
        return dictionary_table(build_dictionary(name, self._source("dictionaries", name).data), self.translator)

    def _form(self, name: str) -> tuple[Form, Source]:
        source = self._source("forms", name)
        return build_form(name, source.data, self._shelf), source

    @property
    def _shelf(self) -> Shelf:
        view = self.library.view(self.company)
        return Shelf(
            self.library.kinds, {one: source.data for one, source in view.all("dictionaries")}, view.data("client", "client")
        )

    def _source(self, folder: str, name: str) -> Source:
        """The merged file. Raises NotThere, or DefinitionError where the definitions have mistakes."""
        library, view = self.library, self.library.view(self.company)
        if self.company and self.company not in library.company_ids:
            raise NotThere(f"There is no company '{self.company}'. {did_you_mean(self.company, library.company_ids)}".strip())
        source = view.get(folder, name)
        if source is None or source.data is None:
            word = {"forms": "form", "dictionaries": "dictionary"}[folder]
            raise NotThere(f"There is no {word} '{name}'. {did_you_mean(name, view.ids(folder))}".strip())
        serious = [mistake for mistake in library.mistakes if mistake.code != "translation"]
        if serious:
            raise DefinitionError(serious)
        return source
