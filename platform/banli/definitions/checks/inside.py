"""Conditions inside of objects and rows, and those that a schema's own branches give rise to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Protocol

from banli.definitions.branches import asking
from banli.definitions.checks.book import Way
from banli.definitions.entries import NAMELESS, Entry, entries
from banli.definitions.model import Field
from banli.definitions.scopes import Names, inside_names
from banli.definitions.source import Path, Source
from banli.errors import Mistake
from banli.expressions import Condition


class Tests(Protocol):
    """Compiles conditions over the same names, and tells what is wrong with them."""

    def test(self, path: Path, text: str) -> Generator[Mistake, None, Condition | None]: ...


Testers = Callable[[Names], Tests]


def of_branches(source: Source, schema: Mapping[str, Any], at: Way, tester: Tests) -> Iterator[Mistake]:
    """What decides over the branches of an object schema must be asked itself."""
    for way, text in asking(schema).tests:
        found = list(tester.test((*at, *way), text))
        # A name that nobody knows has no type either: that it is missing is all there is to say.
        yield from [one for one in found if one.code == "unknown-name"] or found


def of_question(
    source: Source, field: Field, path: Way, at: Way, entry: Entry | None, names: Names, testers: Testers
) -> Generator[Mistake, None, frozenset[str]]:
    """The conditions inside of a question: a bare name is a question inside of it, or else one around it. The value of this
    generator are the first words of the names around it that they use. `at` is its schema; without an `entry` everything is
    asked as it is there."""
    known, at = inside_names(field, names), (*at, "items") if field.multiple else at
    tester = testers(known)
    schema = field.schema.get("items", {}) if field.multiple else field.schema
    yield from of_branches(source, schema, at, tester)
    settings: Mapping[str, Any] = entry.settings if entry is not None else {}
    items = {item.name: item for item in field.items}
    needs: dict[str, tuple[frozenset[str], Way]] = {}
    for inner in entries(settings.get("entries")):
        here: Way = (*path, "entries", *inner.path)
        condition = None
        when = inner.settings.get("when")
        if isinstance(when, str):
            condition = yield from _test(source, tester, (*here, "when"), when, field)
            if condition is not None:
                yield from _twofold(source, condition, (*here, "when"), field, items, names)
        if inner.word in NAMELESS or inner.id not in items:
            continue
        used = frozenset(name.partition(".")[0] for name in condition.names) if condition is not None else frozenset()
        if items[inner.id].items:
            way = asking(schema).properties[inner.id].path
            used |= yield from of_question(source, items[inner.id], here, (*at, *way), inner, known, testers)
        needs[inner.id] = (used, here)
    yield from circles(source, needs)
    return frozenset().union(*(used for used, _ in needs.values())) - items.keys()


def circles(source: Source, needs: Mapping[str, tuple[frozenset[str], Way]]) -> Iterator[Mistake]:
    """Questions whose conditions wait for each other."""
    for name, (used, path) in needs.items():
        seen: set[str] = set()
        waiting = [n for n in used if n in needs]
        while waiting:
            other = waiting.pop()
            if other == name:
                what = f"Whether '{name}' is asked depends on itself."
                others = sorted(seen - {name})
                if others:
                    what = f"Whether '{name}' is asked depends on itself, through '{others[0]}'."
                yield source.mistake((*path, "when"), "condition-circle", what, "Let one of them be asked always.")
                break
            if other not in seen:
                seen.add(other)
                waiting.extend(n for n in needs[other][0] if n in needs)


def _test(source: Source, tester: Tests, path: Way, text: str, field: Field) -> Generator[Mistake, None, Condition | None]:
    """As the tester, with a better cure for who names the object or the list from inside of it."""
    tests = tester.test(path, text)
    while True:
        try:
            mistake = next(tests)
        except StopIteration as end:
            found: Condition | None = end.value
            return found
        if mistake.code == "unknown-name" and (f"'{field.name}'" in mistake.what or f"'{field.name}." in mistake.what):
            cure = f"Inside of '{field.name}' its questions are named without it."
            mistake = Mistake(mistake.place, mistake.code, mistake.what, cure)
        yield mistake


def _twofold(
    source: Source, condition: Condition, path: Way, field: Field, items: Mapping[str, Field], names: Names
) -> Iterator[Mistake]:
    """A name that is a question inside and one outside: whoever reads the condition cannot tell which is meant."""
    outside = {name.partition(".")[0] for name in names}
    for name in sorted({word.partition(".")[0] for word in condition.names} & items.keys() & outside):
        what = f"'{name}' is a question inside of '{field.name}' and another outside of it."
        yield source.mistake(path, "twofold-name", what, "Rename one of them.")
