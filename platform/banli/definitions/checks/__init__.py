"""What can be wrong beyond the shape of a file: one room for each group of checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from banli.definitions.checks import (
    companies,
    conditions,
    flows,
    layouts,
    migrations,
    papers,
    schemas,
    texts,
    things,
    translations,
    words,
)
from banli.definitions.checks.book import Book, Shelves
from banli.definitions.checks.translations import Translated
from banli.definitions.composed import OF_FOLDER
from banli.definitions.kinds import Kinds
from banli.definitions.memory import Memory
from banli.definitions.shape import Shapes
from banli.definitions.source import Source
from banli.errors import Mistake


class Checked(Protocol):
    """The library while it is checked."""

    @property
    def kinds(self) -> Kinds: ...
    @property
    def sources(self) -> Mapping[tuple[str, str, str], Source]: ...
    @property
    def company_ids(self) -> tuple[str, ...]: ...
    def view(self, company: str = "") -> Shelves: ...


def check(
    library: Checked, lines: Mapping[str, list[str]], catalogues: Mapping[str, bytes], folder: str,
    memory: Memory | None = None,
) -> Iterator[Mistake]:
    """All mistakes beyond those of YAML. A company is told only what the base was not told already."""
    shapes = Shapes(library.kinds)
    translated = Translated(folder, catalogues, memory or Memory())
    base = Book(library.view(), lines)
    found = {*_look(base, base, shapes, translated), *companies.site(base, library.company_ids, folder)}
    found |= set(companies.homeless(library.sources, library.company_ids))
    yield from found
    books = [base]
    for company in library.company_ids:
        book = Book(library.view(company), lines)
        books.append(book)
        more = {*_look(book, base, shapes, translated), *companies.company(book, catalogues)}
        for mistake in more - found:
            yield _for(company, mistake, folder)
    yield from set(companies.numbers(books))
    yield from migrations.check(books)


def _look(book: Book, base: Book, shapes: Shapes, translated: Translated) -> Iterator[Mistake]:
    yield from _shapes(book, base, shapes)
    if ("client", "client") in book.broken:
        return
    yield from schemas.check(book)
    yield from things.check(book)
    yield from papers.check(book)
    if ("client", "client") in book.broken:
        return  # nearly everything else names what is on file
    yield from layouts.check(book, shapes)
    yield from conditions.of_record(book)
    yield from flows.check(book)
    yield from words.flows(book)
    yield from texts.placeholders(book)
    yield from translations.check(book, translated)


def _shapes(book: Book, base: Book, shapes: Shapes) -> Iterator[Mistake]:
    """The shape of what is new here; remembers what nothing more can be said of."""
    for kind in OF_FOLDER:
        for name in book.view.ids(kind):
            own = book.view.own(kind, name)
            if (kind, name) in base.broken:
                book.broken.add((kind, name))
                continue
            if book is not base and own is None:
                continue
            source = book.view.get(kind, name)
            if source is None or source.data is None or (own is not None and own.data is None):
                book.broken.add((kind, name))
                continue
            yield from source.mistakes
            wrong = shapes.check(kind, source)
            yield from wrong
            if wrong:
                book.broken.add((kind, name))


def _for(company: str, mistake: Mistake, folder: str) -> Mistake:
    """Says for whom it is wrong, where the place does not."""
    if mistake.place.file.startswith(f"{folder}/companies/"):
        return mistake
    return Mistake(mistake.place, mistake.code, f"With what company {company} changes: {mistake.what}", mistake.cure)
