"""Computed values and points: texts that give what they promise, names of their own, points for options that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from banli.definitions.checks.book import Asked, Book, Way, unknown
from banli.definitions.edition import wanted_of
from banli.definitions.entries import entries
from banli.definitions.scopes import Names, rule_names
from banli.errors import Mistake, did_you_mean
from banli.expressions import Scope

RESERVED = frozenset(("points", "changed", "client", "company", "business", "today"))


def of_form(book: Book, asked: Asked, names: Names) -> Iterator[Mistake]:
    """Everything about what a form computes. `names` are those that its questions know."""
    source, form = asked.source, asked.form
    seen = set(form.schema.get("properties", {}))
    for place, entry in enumerate(entries(source.data.get("computed"))):
        path: Way = ("computed", *entry.path)
        if entry.id in seen or entry.id in RESERVED:
            what = f"'{entry.id}' is the name of something else already."
            yield source.mistake(path, "duplicate-name", what, "Choose another name.", key=True)
        seen.add(entry.id)
        if "type" in entry.settings and "$ref" in entry.settings:
            yield source.mistake(path, "two-types", "It has a type and a $ref.", "Keep one of them.", key=True)
        if "type" not in entry.settings and "$ref" not in entry.settings:
            cure = "Add type: string, integer, number or boolean, or $ref: 'dictionary:…'."
            yield source.mistake(path, "missing-key", "'type' is missing.", cure, key=True)
            continue
        if isinstance(entry.settings.get("to"), str):
            yield from _to(book, asked, path, str(entry.settings["to"]))
        one = form.computed[place]
        scope = Scope(rule_names(form, names, place), book.kinds.functions)
        found = book.condition(source, (*path, "is"), one.text, scope, wanted_of(one.field.schema))
        if isinstance(found, list):
            yield from found
    yield from points(asked)


def _to(book: Book, asked: Asked, path: Way, to: str) -> Iterator[Mistake]:
    known = [f"client.{name}" for name in book.record.schema.get("properties", {})]
    if to not in known:
        what = f"The record on file has no '{to.removeprefix('client.')}'."
        yield unknown(asked.source, (*path, "to"), "unknown-client-property", what, to, known)


def points(asked: Asked) -> Iterator[Mistake]:
    """Points are given to options that exist."""
    for field in asked.form.fields:
        worth = field.options.get("points")
        if not isinstance(worth, Mapping):
            continue
        _, path = asked.questions[field.name]
        codes = [option.code for option in field.choices]
        for code in worth:
            if str(code) not in codes:
                here = (*path, "points", code)
                what = f"'{field.name}' has no option '{code}'."
                yield asked.source.mistake(here, "unknown-option", what, did_you_mean(str(code), codes), key=True)
