"""All definitions of a site: read, laid over, checked, and given out as companies and as bundles to seal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from banli.definitions import bundles, cache
from banli.definitions.build import build_company
from banli.definitions.environments import company_in, site_in
from banli.definitions.files import File, Key, files
from banli.definitions.kinds import Kinds
from banli.definitions.memory import Memory
from banli.definitions.model import Company
from banli.definitions.overlay import merge
from banli.definitions.papers import attach, papers_in
from banli.definitions.parts import spread
from banli.definitions.source import Source, read
from banli.errors import DefinitionError, Mistake, Place, did_you_mean

HARMLESS = frozenset(("translation", "rests-on-nothing"))
"""Mistakes that must be mended but with which a business can still be sealed and walked."""


@dataclass(frozen=True)
class View:
    """What one company gets: the base with the company's difference. The view of "" is the base alone."""

    sources: Mapping[Key, Source]
    company: str = ""
    kinds: Kinds = field(default_factory=Kinds)
    _merged: dict[tuple[str, str], Source | None] = field(default_factory=dict, repr=False, compare=False)

    def get(self, folder: str, name: str) -> Source | None:
        """The merged file, with the mistakes of the merging, or None."""
        key = (folder, name)
        if key not in self._merged:
            base, own = self.sources.get(("", folder, name)), self.own(folder, name)
            readable = [source for source in (base, own) if source is not None and source.data is not None]
            found = (merge(*readable) if len(readable) == 2 else readable[0]) if readable else None
            if found is not None and folder == "flows":
                found = spread(found, lambda part: self.get("parts", part), lambda: self.ids("parts"))
            self._merged[key] = found
        return self._merged[key]

    def own(self, folder: str, name: str) -> Source | None:
        """The company's own file, before merging."""
        return self.sources.get((self.company, folder, name)) if self.company else None

    def data(self, folder: str, name: str) -> Mapping[str, Any]:
        found = self.get(folder, name)
        return found.data if found is not None else {}

    def has(self, folder: str, name: str) -> bool:
        return ("", folder, name) in self.sources or (bool(self.company) and (self.company, folder, name) in self.sources)

    def ids(self, folder: str) -> tuple[str, ...]:
        owners = ("", self.company)
        return tuple(sorted({name for owner, kind, name in self.sources if kind == folder and owner in owners}))

    def all(self, folder: str) -> Iterator[tuple[str, Source]]:
        for name in self.ids(folder):
            found = self.get(folder, name)
            if found is not None:
                yield name, found


@dataclass(frozen=True)
class Library:
    """`mistakes` holds everything that is wrong, in the order of the files. A company or bundle of a library with mistakes
    (but untranslated texts) is not given out."""

    kinds: Kinds
    sources: Mapping[Key, Source]
    mistakes: tuple[Mistake, ...] = ()
    key: str = ""
    folder: Path | None = None

    @staticmethod
    def read(
        folder: Path, kinds: Kinds, kept: Path | None = None, memory: Memory | None = None, *, apart: bool = False
    ) -> Library:
        """Reads the folder `definitions` of a site. What it comes to is looked for in the folder `kept`, and kept there;
        `memory` is for who reads again and again. `apart`: in a process that is gone afterwards (see `cache.apart`)."""
        found, stray = files(folder)
        key = cache.key(found, kinds, stray)
        if kept is not None:
            known = cache.load(kept, key)
            if known is None and apart:
                cache.apart(lambda: Library.read(folder, kinds, kept))
                known = cache.load(kept, key)
            if known is not None:
                return Library(kinds, *known, key, folder)
        library = _checked(folder, kinds, key, found, stray, memory or Memory())
        if kept is not None:  # as it will come from there: the places are told with the mistakes, and take much memory
            sources = {place: replace(source, spot=None, mistakes=()) for place, source in library.sources.items()}
            library = replace(library, sources=sources)
            library.keep(kept)
        return library

    def keep(self, folder: Path) -> None:
        """Writes it down for the next start."""
        cache.store(folder, self.key, self.sources, self.mistakes, _texts_of(self))

    def view(self, company: str = "") -> View:
        if company not in self._views:
            self._views[company] = View(self.sources, company, self.kinds)
        return self._views[company]

    @cached_property
    def _views(self) -> dict[str, View]:
        return {}

    @property
    def company_ids(self) -> tuple[str, ...]:
        return tuple(sorted(name for owner, kind, name in self.sources if kind == "company"))

    @cached_property
    def site(self) -> Mapping[str, Any]:
        """site.yaml as it is in this environment."""
        return site_in(self.view().data("site", "site"), self.kinds.environment)

    @cached_property
    def companies(self) -> Mapping[str, Company]:
        self._need_no_mistakes()
        site, where = self.view().data("site", "site"), self.kinds.environment
        return {
            name: build_company(name, company_in(self.view(name).data("company", name), site, where)) for name in self.company_ids
        }

    def company(self, company_id: str) -> Company | None:
        return self.companies.get(company_id)

    def bundle(self, company: str, business: str) -> dict[str, Any]:
        """Everything that one business of one company needs, as plain data that can be sealed.

        Raises DefinitionError where the company does not offer it, or where the library has mistakes.
        """
        self._need_no_mistakes()
        if company not in self.company_ids:
            raise DefinitionError(
                [
                    Mistake(
                        Place("companies"),
                        "unknown-company",
                        f"There is no company '{company}'.",
                        did_you_mean(company, self.company_ids),
                    )
                ]
            )
        return bundles.collect(self.view(company), company, business)

    def paper(self, digest: str) -> bytes | None:
        """The PDF with this digest, where it lies among the definitions now."""
        path = self._papers.get(digest)
        content = path.read_bytes() if path is not None and path.is_file() else b""
        return content if hashlib.sha256(content).hexdigest() == digest else None

    @cached_property
    def _papers(self) -> Mapping[str, Path]:
        return papers_in(self.folder) if self.folder is not None else {}

    def _need_no_mistakes(self) -> None:
        serious = [mistake for mistake in self.mistakes if mistake.code not in HARMLESS]
        if serious:
            raise DefinitionError(serious)


def _checked(folder: Path, kinds: Kinds, key: str, found: Iterable[File], stray: Sequence[Mistake], memory: Memory) -> Library:
    # Here and not above: a process that finds everything kept needs neither the checker nor the parser of conditions.
    from banli.definitions.checks import check

    sources = {place: memory.of(read, name, raw) for place, name, raw in found if place is not None}
    papers = {name: raw for place, name, raw in found if place is None and name.endswith(".pdf")}
    sources, loose = attach(sources, papers, memory.pages)
    mistakes = [mistake for source in sources.values() for mistake in source.mistakes] + [*stray, *loose]
    catalogues = {name: raw for place, name, raw in found if place is None}
    lines = {name: raw.decode("utf-8", "replace").split("\n") for place, name, raw in found if place is not None}
    library = Library(kinds, sources, (), key, folder)
    mistakes += check(library, lines, catalogues, folder.name, memory)
    return replace(library, mistakes=tuple(sorted(set(mistakes))))


def _texts_of(library: Library) -> Iterator[str]:
    """Conditions among them; flows also as they are once their parts are spread out."""
    for source in library.sources.values():
        yield from _texts(source.data)
    for company in ("", *library.company_ids):
        for _, source in library.view(company).all("flows"):
            yield from _texts(source.data)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for inner in data.values():
            yield from _texts(inner)
    elif isinstance(data, list | tuple):
        for inner in data:
            yield from _texts(inner)
