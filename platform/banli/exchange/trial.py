"""Tries a form on a site's definitions without writing it: what the checker would say of it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from banli.definitions.build import Shelf
from banli.definitions.checks import check
from banli.definitions.files import Key
from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.definitions.source import Source, Spot, read
from banli.errors import Mistake

Way = tuple[str | int, ...]


@dataclass
class Trial:
    """`library` was read without a cache, so that it knows places. `company` is whose form it will be, or ""."""

    library: Library
    company: str = ""
    folder: str = "definitions"
    _before: frozenset[Mistake] | None = field(default=None, repr=False)

    @staticmethod
    def of(folder: Path, kinds: Kinds, company: str = "") -> Trial:
        return Trial(Library.read(folder, kinds), company, folder.name)

    @property
    def kinds(self) -> Kinds:
        return self.library.kinds

    @property
    def shelf(self) -> Shelf:
        view = self.library.view(self.company)
        lists = {name: source.data for name, source in view.all("dictionaries")}
        return Shelf(self.kinds, lists, view.data("client", "client"))

    def resolve(self, schema: Mapping[str, Any]) -> Any:
        return self.shelf.resolver().resolve(schema)

    def file(self, name: str) -> str:
        owner = f"companies/{self.company}/" if self.company else ""
        return f"{self.folder}/{owner}forms/{name}.yaml"

    def mistakes(self, name: str, text: str) -> tuple[Source, list[Mistake]]:
        """The form as it is read again, and what is wrong with it or because of it. Missing translations are no mistakes here."""
        source = read(self.file(name), text.encode())
        if source.data is None:
            return source, list(source.mistakes)
        if self._before is None:
            self._before = frozenset(self._check(dict(self.library.sources), {}))
        sources = {**self.library.sources, (self.company, "forms", name): source}
        found = self._check(sources, {source.file: text.split("\n")})
        return source, sorted(found - self._before)

    def _check(self, sources: dict[Key, Source], lines: dict[str, list[str]]) -> set[Mistake]:
        library = Library(self.kinds, sources, (), "", self.library.folder)
        return {mistake for mistake in check(library, lines, {}, self.folder) if mistake.code != "translation"}


def way_of(source: Source, mistake: Mistake) -> Way:
    """The path in the data to the place that a mistake is about: the deepest that begins at or before it."""
    best: tuple[tuple[int, int], int, Way] = ((0, 0), 0, ())
    waiting: list[tuple[Spot, Way]] = [(source.spot, ())] if source.spot is not None else []
    wanted = (mistake.place.line, mistake.place.column)
    while waiting:
        spot, way = waiting.pop()
        for place in ((spot.line, spot.column), (spot.key_line, spot.key_column)):
            if place <= wanted and (place, len(way)) >= best[:2]:
                best = (place, len(way), way)
        waiting += [(inner, (*way, step)) for step, inner in (spot.children or {}).items()]
    return best[2]
