"""Flows of which nothing is kept (`case: false`): steps that ask nothing, and nothing that is about a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from banli.definitions.bundles import named
from banli.definitions.checks.book import Book, Way
from banli.definitions.entries import Entry
from banli.definitions.kinds import StepShape
from banli.definitions.source import Source
from banli.errors import Mistake

OF_A_CASE = ("review", "approved", "notify", "expires_days", "states")
Steps = Sequence[tuple[Entry, Way, StepShape | None]]

_DELETE = "Delete it, or delete 'case: false'."


def keeps_nothing(source: Source) -> bool:
    return source.data.get("case") is False


def check(source: Source, steps: Steps) -> Iterator[Mistake]:
    """What cannot stand in this flow because it keeps a case, or because it keeps none."""
    if not keeps_nothing(source):
        for entry, path, shape in steps:
            if shape is not None and shape.cases == "without":
                what = f"A step '{entry.word}' stands only in a flow that keeps nothing."
                yield source.mistake(path, "keeps-case", what, "Take it out, or write 'case: false' in the flow.", key=True)
        return
    for key in OF_A_CASE:
        if key in source.data:
            what = f"'{key}' is about a case, and this flow keeps none."
            yield source.mistake((key,), "keeps-nothing", what, _DELETE, key=True)
    if source.data.get("for") == "newcomers":
        what = "This flow shows what is on file, and of newcomers nothing is."
        yield source.mistake(("for",), "keeps-nothing", what, "Delete it: only clients can look at these pages.")
    for entry, path, shape in steps:
        yield from _step(source, entry, path, shape)
    if all("when" in entry.settings for entry, _, _ in steps):
        what = "Every step has a condition, so some clients would see no page at all."
        yield source.mistake(("steps",), "no-page", what, "Add a step without 'when', such as a notice.", key=True)


def _step(source: Source, entry: Entry, path: Way, shape: StepShape | None) -> Iterator[Mistake]:
    if "rests_on" in entry.settings:
        what = "Nothing is answered in this flow, so a step rests on nothing."
        yield source.mistake((*path, "rests_on"), "keeps-nothing", what, "Delete it.", key=True)
    if shape is None:
        return
    if shape.cases == "with":
        what = f"A step '{entry.word}' belongs to a case, and this flow keeps none."
        yield source.mistake(path, "keeps-nothing", what, "Take it out, or delete 'case: false'.", key=True)
        return
    for name in shape.asking:
        if name in entry.settings:
            what = f"'{name}' asks the client something, and this flow keeps no answers."
            yield source.mistake((*path, name), "keeps-nothing", what, _DELETE, key=True)
    if entry.word == "papers" and entry.settings.get("signed") is not True and "lists" not in entry.settings:
        what = f"The step '{entry.id}' shows nothing."
        yield source.mistake(path, "shows-nothing", what, "Add 'signed: true', or 'lists: [an agreement list]'.", key=True)


def known_elsewhere(book: Book, listed: str) -> bool:
    """Does a flow with a case show this agreement list too? Then its conditions may ask for that flow's answers, and are
    checked there."""
    return any(
        listed in {name for _, _, name in named(flow.data, book.kinds, "agreement_list")}
        for _, flow in book.sound("flows")
        if not keeps_nothing(flow)
    )
