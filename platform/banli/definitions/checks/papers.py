"""Agreements: one text each, as Markdown, as HTML that nobody has to fear, or as a PDF."""

from __future__ import annotations

from collections.abc import Iterator

from banli.definitions.checks.book import Book
from banli.definitions.markup import refused
from banli.definitions.source import Source
from banli.errors import Mistake, Place


def check(book: Book) -> Iterator[Mistake]:
    for _, source in book.fresh("agreements"):
        yield from _text(source) if source.data.get("format") != "pdf" else _file(source)
        if source.data.get("format") == "html":
            yield from _markup(book, source)


def _text(source: Source) -> Iterator[Mistake]:
    if "text" not in source.data:
        cure = "Add it: the text itself. It may hold {{ company.name }}."
        yield source.mistake((), "missing-key", "'text' is missing.", cure, key=True)
    if "file" in source.data:
        yield source.mistake(("file",), "unknown-key", "Only a PDF is a file.", "Write 'format: pdf'.", key=True)


def _file(source: Source) -> Iterator[Mistake]:
    if "file" not in source.data:
        yield source.mistake((), "missing-key", "'file' is missing.", "Add it: the PDF that lies beside this file.", key=True)
    if "text" in source.data:
        cure = "Delete one of them; a company takes the base's away with 'text: {remove: true}'."
        yield source.mistake(("text",), "two-texts", "The text is in the PDF.", cure, key=True)


def _markup(book: Book, source: Source) -> Iterator[Mistake]:
    start = source.place(("text",))
    for one in refused(str(source.data.get("text", ""))):
        yield Mistake(_inside(book, start, one.line, one.column), "html", one.what, one.cure)


def _inside(book: Book, start: Place, line: int, column: int) -> Place:
    """The place of a character of a text that is written as a block; elsewhere that of the text."""
    lines = book.lines.get(start.file, [])
    if not (0 < start.line <= len(lines)) or lines[start.line - 1][start.column - 1 :][:1] not in ("|", ">"):
        return start
    written = next((one for one in lines[start.line :] if one.strip()), "")
    indented = len(written) - len(written.lstrip())
    return Place(start.file, start.line + line, indented + column + 1)
