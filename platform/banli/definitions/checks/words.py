"""What clients are told: texts by codes that some page shows, notices with times that exist, steps with hours that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.entries import entries
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean
from banli.hours import flaws_in_notices
from banli.sentences import WORDS


def announced(book: Book, source: Source) -> Iterator[Mistake]:
    """The words and notices of site.yaml or of a company.yaml, in every environment."""
    yield from texts(book, source, source.data, ())
    yield from menu(book, source, source.data, ())
    for environment, own in source.data.get("environments", {}).items():
        yield from texts(book, source, own or {}, ("environments", environment))
        yield from menu(book, source, own or {}, ("environments", environment))
    for flaw in flaws_in_notices(source.data.get("notices", ())):
        yield source.mistake(flaw.path, flaw.code, flaw.what, flaw.cure)


def texts(book: Book, source: Source, data: Any, path: Way) -> Iterator[Mistake]:
    """A text that no page shows is a mistake: its author would wait for it in vain."""
    known = WORDS | set(book.kinds.codes)
    for code in data.get("texts", {}):
        if code not in known:
            cure = did_you_mean(code, known) or "Delete it: no page shows it."
            yield source.mistake((*path, "texts", code), "unknown-text", f"There is no text '{code}'.", cure, key=True)


def menu(book: Book, source: Source, data: Any, path: Way) -> Iterator[Mistake]:
    """Whoever renames a fixed page names one that site.yaml has."""
    known = book.data("site", "site").get("menu", {})
    for name in data.get("menu", {}):
        if name not in known:
            what = f"site.yaml names no page '{name}'."
            yield unknown(source, (*path, "menu", name), "unknown-page", what, name, known, key=True)


def flows(book: Book) -> Iterator[Mistake]:
    """The sentences of each business, and the hours of its steps."""
    for _, source in book.fresh("flows"):
        yield from texts(book, source, source.data, ())
        for step in entries(source.data["steps"]):
            if isinstance(step.settings.get("hours"), str):
                path: Way = ("steps", *step.path, "hours")
                yield from book.missing("hours", step.settings["hours"], source, path, what="hours")
