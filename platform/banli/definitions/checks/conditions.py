"""Conditions: names that exist by then, types that fit, conditions that can come true, no circles."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from itertools import product
from math import prod

from banli.definitions.branches import asking
from banli.definitions.checks import computed, inside
from banli.definitions.checks.book import Asked, Book, Way
from banli.definitions.entries import NAMELESS, Entry, entries
from banli.definitions.scopes import Names, form_names, rule_names
from banli.definitions.source import Path, Source
from banli.errors import Mistake, did_you_mean
from banli.expressions import Condition, Scope, Type

COMBINATIONS = 4096


def of_record(book: Book) -> Iterator[Mistake]:
    """The derived values of client.yaml."""
    source = book.view.get("client", "client")
    if (
        source is None
        or ("client", "client") in book.broken
        or (book.view.company and not book.view.own("client", "client"))
    ):
        return
    derived = {f"client.{one.name}" for one in book.record.derived}
    names = {
        name: type
        for name, type in book.common.items()
        if name == "today" or (name.startswith("client.") and name not in derived)
    }
    scope = Scope(names, book.kinds.functions)
    for one in book.record.derived:
        if one.name in book.record.schema.get("properties", {}):
            yield source.mistake(
                ("derived", one.name),
                "duplicate-id",
                f"The schema has a property '{one.name}' as well.",
                "Give the derived value another name.",
                key=True,
            )
        wants = {"integer": "int", "number": "double", "boolean": "bool"}.get(str(one.schema.get("type")), "string")
        found = book.condition(source, ("derived", one.name, "is"), one.text, scope, wants)
        if isinstance(found, list):
            yield from found


def of_form(book: Book, asked: Asked, around: Names, later: Names) -> Iterator[Mistake]:
    """All conditions of a form. `around` are the names that are known when it is asked, `later` those that come after."""
    names = form_names(asked.form.fields, around)
    tester = Tester(book, asked.source, names, later)
    needs: dict[str, tuple[frozenset[str], Way]] = {}
    lists = {field.name: field for field in asked.form.fields if field.items}
    properties = asking(asked.form.schema).properties
    at: Way

    def testers(known: Names) -> Tester:
        return Tester(book, asked.source, known, later)

    yield from inside.of_branches(asked.source, asked.form.schema, ("schema",), tester)
    if "layout" not in asked.source.data:
        for field in lists.values():
            at = ("schema", *properties[field.name].path)
            yield from inside.of_question(asked.source, field, at, at, None, names, testers)
    for entry, path, inherited in _with_when(asked.source.data.get("layout"), ("layout",), ()):
        condition = None
        if isinstance(entry.settings.get("when"), str):
            condition = yield from tester.test((*path, "when"), entry.settings["when"])
        if entry.word not in NAMELESS and entry.word != "group":
            offered = yield from _offers(asked, entry, path, tester)
            used = frozenset().union(*inherited, offered, condition.names if condition is not None else ())
            needs[entry.id] = (frozenset(name.partition(".")[0] for name in used), path)
            if entry.id in lists:
                at = ("schema", *properties[entry.id].path)
                used = yield from inside.of_question(asked.source, lists[entry.id], path, at, entry, names, testers)
                needs[entry.id] = (needs[entry.id][0] | used, path)
        elif entry.word == "group" and condition is not None:
            inherited_by = (*inherited, condition.names)
            for inner in entries(entry.settings.get("entries")):
                if inner.word not in NAMELESS:
                    used = frozenset().union(*inherited_by)
                    needs[inner.id] = (frozenset(n.partition(".")[0] for n in used), (*path, "entries", *inner.path))
    yield from inside.circles(asked.source, needs)
    yield from computed.of_form(book, asked, names)
    tester = Tester(book, asked.source, rule_names(asked.form, names), later)
    for sort in ("refuse", "warn"):
        for rule in entries(asked.source.data.get(sort)):
            if isinstance(rule.settings.get("when"), str):
                yield from tester.test((sort, *rule.path, "when"), rule.settings["when"], refuse=sort == "refuse")


def _offers(asked: Asked, entry: Entry, path: Way, tester: Tester) -> Generator[Mistake, None, frozenset[str]]:
    """The conditions of a question's options. The value of this generator are the names that they use."""
    told, question = entry.settings.get("offer"), asked.questions.get(entry.id)
    names: frozenset[str] = frozenset()
    codes = [option.code for field in asked.form.fields if field.name == entry.id for option in field.choices]
    for code, text in told.items() if isinstance(told, Mapping) and question is not None else ():
        here = (*path, "offer", code)
        if str(code) not in codes:
            what = f"'{entry.id}' has no option '{code}'."
            yield asked.source.mistake(here, "unknown-option", what, did_you_mean(str(code), codes), key=True)
        elif isinstance(text, str):
            condition = yield from tester.test(here, text)
            names |= condition.names if condition is not None else frozenset()
    return names


def _with_when(
    layout: object, path: Way, inherited: tuple[frozenset[str], ...]
) -> Iterator[tuple[Entry, Way, tuple[frozenset[str], ...]]]:
    for entry in entries(layout):
        here = (*path, *entry.path)
        yield entry, here, inherited
        if entry.word == "group":
            yield from _with_when(entry.settings.get("entries"), (*here, "entries"), inherited)


class Tester:
    """Compiles conditions over the same names and looks whether they can come true."""

    def __init__(self, book: Book, source: Source, names: Names, later: Names) -> None:
        self.book, self.source = book, source
        self.scope = Scope(names, book.kinds.functions)
        self.later = later

    def test(self, path: Path, text: str, *, refuse: bool = False) -> Generator[Mistake, None, Condition | None]:
        """Tells of the condition's mistakes; the value of this generator is the condition, or None."""
        found = self.book.condition(self.source, path, text, self.scope)
        if isinstance(found, list):
            for mistake in found:
                yield self._later(mistake, text)
            return None
        outcomes = outcomes_of(found)
        if outcomes == {False}:
            yield self.source.mistake(
                path,
                "never-true",
                "This condition is never true, whatever is answered.",
                "Mend it, or delete what it stands at.",
            )
        elif refuse and outcomes == {True}:
            yield self.source.mistake(path, "always-refused", "This rule refuses every answer.", "Mend the condition.")
        return found

    def known(self, path: Path, name: str) -> Iterator[Mistake]:
        """Tells when conditions do not know this name."""
        if name not in self.scope.names:
            cure = did_you_mean(name, self.scope.names) or "Write what a condition could say here, such as client.branch."
            yield self._later(self.source.mistake(path, "unknown-name", f"There is no '{name}'.", cure), name)

    def _later(self, mistake: Mistake, text: str) -> Mistake:
        if mistake.code == "unknown-name":
            for name in self.later:
                if f"'{name}'" in mistake.what or (f"'{name.partition('.')[0]}'" in mistake.what and name in text):
                    return Mistake(
                        mistake.place,
                        "later-name",
                        f"'{name}' is answered only after this.",
                        "Use it in a later step, or move the steps.",
                    )
        return mistake


def outcomes_of(condition: Condition) -> set[bool] | None:
    """All that can come of a condition over choices and yes/no; None where too much can be answered."""
    values = [_values(type) for type in condition.types.values()]
    if any(value is None for value in values):
        return None
    few = [value for value in values if value is not None]
    if prod(len(value) for value in few) > COMBINATIONS:
        return None
    names = tuple(condition.types)
    found: set[bool] = set()
    for combination in product(*few):
        found.add(condition.holds(_nested(names, combination)))
        if len(found) == 2:
            break
    return found


def _nested(names: tuple[str, ...], values: tuple[object, ...]) -> dict[str, object]:
    return dict(zip(names, values, strict=True))


def _values(type: Type) -> list[object] | None:
    unanswered: list[object] = [None] if type.nullable else []
    if type.kind == "bool":
        return [True, False, *unanswered]
    if type.kind == "string" and type.options is not None:
        return [*type.options, *unanswered]
    return None
