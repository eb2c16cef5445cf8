"""What a form asks: properties that exist, kinds that can hold them, settings that lead somewhere, no dead ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from banli.definitions.build import FIELD_SETTINGS
from banli.definitions.checks.book import Asked, Book, Way, unknown
from banli.definitions.edition import settings_at
from banli.definitions.entries import NAMELESS, Entry, entries
from banli.definitions.kinds import FieldShape
from banli.definitions.model import Field
from banli.definitions.shape import Shapes
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean

Schema = Mapping[str, Any]
_OUTSIDE = "Ask it outside of the list."
_NOT_IN_ROWS = {
    "when": ("A question cannot have a condition", "Ask it always, or ask it outside of the list."),
    "within": ("A question cannot depend on another answer", _OUTSIDE),
    "read_only": ("A question cannot be read-only", _OUTSIDE),
    "prefill": ("A question cannot be prefilled", "Give the list a prefill, or ask the question outside of the list."),
    "note": ("A note cannot stand", "Put it beside the list."),
}
"""What the rows of a list cannot hold until their reader and their script know it: what is wrong, and the cure."""
WORDS = ("note", "group", "changed", "client", "company", "business", "today")


def check(book: Book, shapes: Shapes) -> Iterator[Mistake]:
    for name, source in book.fresh("forms"):
        asked = book.form(name)
        if asked is not None:
            yield from of_form(book, shapes, source, asked)


def of_form(book: Book, shapes: Shapes, source: Source, asked: Asked) -> Iterator[Mistake]:
    schema = asked.form.schema
    for word in WORDS:
        if word in schema.get("properties", {}):
            yield source.mistake(
                ("schema", "properties", word),
                "reserved-name",
                f"A property cannot be called '{word}': the language uses the word.",
                "Choose another name.",
                key=True,
            )
    if "layout" in source.data:
        page = _Page(book, shapes, source, schema, {f.name: f for f in asked.form.fields})
        yield from page.entries(source.data["layout"], ("layout",), {})
    else:
        page = _Page(book, shapes, source, schema, {f.name: f for f in asked.form.fields})
        for name in schema.get("properties", {}):
            yield from page.question(Entry(0, name, name, {}, ()), ("schema", "properties", name))
    yield from _not_asked(source, asked)
    yield from _rules(source, asked)


def _not_asked(source: Source, asked: Asked) -> Iterator[Mistake]:
    """A required answer that nobody can give is a dead end."""
    questions = {question.name: question for question in asked.form.fields}
    required = source.data["schema"].get("required", [])
    for index, name in enumerate(required if isinstance(required, list) else []):
        where: Way = ("schema", "required", index)
        if name not in asked.form.schema.get("properties", {}):
            continue
        if name not in questions:
            yield source.mistake(
                where,
                "required-not-asked",
                f"'{name}' is required, but the layout does not ask it.",
                "Put it into the layout, or take it from 'required'.",
            )
        elif questions[name].read_only and not questions[name].prefill:
            yield source.mistake(
                where,
                "required-not-asked",
                f"'{name}' is required, but it is read-only and has no prefill.",
                "Give it a prefill, or let the client answer it.",
            )


def _rules(source: Source, asked: Asked) -> Iterator[Mistake]:
    known = [question.name for question in asked.form.fields]
    for sort in ("refuse", "warn"):
        seen: set[str] = set()
        for rule in entries(source.data.get(sort)):
            if rule.id in seen:
                yield source.mistake(
                    (sort, *rule.path),
                    "duplicate-id",
                    f"There is already a rule '{rule.id}'.",
                    "Give it another id.",
                    key=True,
                )
            seen.add(rule.id)
            at = rule.settings.get("at")
            if isinstance(at, str) and at.partition(".")[0] not in known:
                yield unknown(
                    source,
                    (sort, *rule.path, "at"),
                    "unknown-field",
                    f"There is no question '{at}' on this page.",
                    at,
                    known,
                )


@dataclass
class _Page:
    """One layout over one object schema: a form's, or that of the rows of a list."""

    book: Book
    shapes: Shapes
    source: Source
    schema: Schema
    fields: Mapping[str, Field]
    at: Way = ("schema",)
    in_rows: bool = False

    def entries(self, layout: Any, path: Way, seen: dict[str, bool]) -> Iterator[Mistake]:
        for entry in entries(layout):
            here = (*path, *entry.path)
            if self.in_rows and entry.word in NAMELESS:
                yield self.not_in_rows(entry.word, here)
                continue
            if entry.word in NAMELESS and not entry.id:
                continue
            if entry.id in seen:
                yield self.source.mistake(
                    here, "duplicate-id", f"'{entry.id}' stands in the layout twice.", "Keep one.", key=True
                )
                continue
            seen[entry.id] = True
            if entry.word == "group":
                yield from self.entries(entry.settings.get("entries"), (*here, "entries"), seen)
            elif entry.word not in NAMELESS:
                yield from self.question(entry, here)

    def question(self, entry: Entry, path: Way) -> Iterator[Mistake]:
        properties = self.schema.get("properties", {})
        if entry.id not in properties:
            yield unknown(
                self.source,
                path,
                "unknown-property",
                f"The schema has no property '{entry.id}'.",
                entry.id,
                properties,
                key=True,
            )
            return
        schema = properties[entry.id]
        kinds = self.book.kinds
        name = entry.settings.get("kind") or kinds.default_field(schema)
        shape = kinds.fields.get(str(name))
        if shape is None:
            yield self.source.mistake(
                (*self.at, "properties", entry.id),
                "no-kind",
                f"No kind of field takes the schema of '{entry.id}'.",
                "Give the property a type, or the question a kind.",
                key=True,
            )
            return
        if self.in_rows and not shape.in_rows:
            yield self.source.mistake(
                (*path, "kind") if "kind" in entry.settings else path,
                "kind-in-rows",
                f"A question inside a list of rows cannot be of the kind '{shape.name}' yet.",
                "Ask it outside of the list.",
                key="kind" not in entry.settings,
            )
            return
        yield from self.own_settings(entry, path, shape)
        if self.in_rows:
            for setting in sorted(_NOT_IN_ROWS.keys() & entry.settings.keys()):
                if entry.settings[setting] is not False:
                    yield self.not_in_rows(setting, (*path, setting))
        field = self.fields.get(entry.id)
        if shape.name == "choice" and field is not None and not field.choices:
            yield self.source.mistake(
                path,
                "no-options",
                f"'{entry.id}' is a choice without options.",
                "Give its schema an enum, or a $ref to a dictionary.",
                key=True,
            )
        yield from self.prefill(entry, path, schema)
        yield from self.references(entry, path, shape)

    def own_settings(self, entry: Entry, path: Way, shape: FieldShape) -> Iterator[Mistake]:
        for key in entry.settings:
            if key not in FIELD_SETTINGS and key not in shape.options:
                others = [other.name for other in self.book.kinds.fields.values() if key in other.options]
                cure = f"Kinds with it: {', '.join(others)}." if others else did_you_mean(key, shape.options)
                yield self.source.mistake(
                    (*path, key), "not-its-setting", f"A {shape.name} has no setting '{key}'.", cure, key=True
                )
        yield from self.shapes.settings("fields", shape.name, self.source, entry, path)

    def prefill(self, entry: Entry, path: Way, schema: Schema) -> Iterator[Mistake]:
        text = entry.settings.get("prefill")
        if not isinstance(text, str) or not text.startswith("client."):
            return
        name = text.removeprefix("client.")
        on_file = self.book.record.schema.get("properties", {})
        derived = {one.name: one.schema for one in self.book.record.derived}
        here = (*path, "prefill")
        if name not in on_file and name not in derived:
            yield unknown(
                self.source,
                here,
                "unknown-client-property",
                f"The record on file has no '{name}'.",
                name,
                [*on_file, *derived],
            )
            return
        kept = on_file.get(name, derived.get(name))
        if not _alike(kept, schema):
            yield self.source.mistake(
                here,
                "prefill-type",
                f"'{text}' holds {_spoken(kept)}, '{entry.id}' takes {_spoken(schema)}.",
                "Refer to a property of the same type.",
            )

    def references(self, entry: Entry, path: Way, shape: FieldShape) -> Iterator[Mistake]:
        for setting, sort in shape.refers.items():
            for way, value in settings_at(entry.settings, setting):
                here = (*path, *way)
                if sort == "field" and isinstance(value, str):
                    yield from self.within(entry, here, value)
                elif sort == "phone" and isinstance(value, str):
                    yield from self.phone(here, value)
                elif sort == "agreement" and isinstance(value, str):
                    yield from self.book.missing("agreements", value, self.source, here)
            if sort == "entries":
                yield from self.rows(entry, (*path, setting))
        if shape.name == "consent" and "agreement" not in entry.settings:
            yield self.source.mistake(
                path,
                "missing-key",
                f"'{entry.id}' does not say which agreement is consented to.",
                "Add 'agreement'.",
                key=True,
            )

    def not_in_rows(self, word: str, path: Way) -> Mistake:
        what, cure = _NOT_IN_ROWS[word]
        code = f"{word.replace('_', '-')}-in-rows"
        return self.source.mistake(path, code, f"{what} inside a list of rows yet.", cure, key=True)

    def rows(self, entry: Entry, path: Way) -> Iterator[Mistake]:
        field = self.fields.get(entry.id)
        rows = self.schema["properties"][entry.id].get("items", {})
        inner = {item.name: item for item in field.items} if field is not None else {}
        at = (*self.at, "properties", entry.id, "items")
        page = _Page(self.book, self.shapes, self.source, rows, inner, at, in_rows=True)
        if "entries" in entry.settings:
            yield from page.entries(entry.settings["entries"], path, {})
        else:
            for name in rows.get("properties", {}):
                yield from page.question(Entry(0, name, name, {}, ()), (*at, "properties", name))

    def within(self, entry: Entry, path: Way, target: str) -> Iterator[Mistake]:
        known = [name for name in self.fields if name != entry.id]
        if target not in known:
            yield unknown(
                self.source, path, "unknown-field", f"There is no question '{target}' on this page.", target, known
            )
            return
        field, outer = self.fields.get(entry.id), {option.code for option in self.fields[target].choices}
        if field is None or not field.choices:
            return
        parents = {option.parent for option in field.choices if option.parent}
        if not parents & outer:
            yield self.source.mistake(
                path,
                "within-without-parents",
                f"No option of '{entry.id}' has a parent among those of '{target}'.",
                "Give the items of its dictionary a parent.",
            )

    def phone(self, path: Way, target: str) -> Iterator[Mistake]:
        if target.startswith("client."):
            on_file = self.book.record.schema.get("properties", {})
            name = target.removeprefix("client.")
            schema = on_file.get(name)
            if schema is None:
                yield unknown(
                    self.source, path, "unknown-client-property", f"The record on file has no '{name}'.", name, on_file
                )
                return
        else:
            if target not in self.fields:
                yield unknown(
                    self.source, path, "unknown-field", f"There is no question '{target}' on this page.", target, self.fields
                )
                return
            schema = self.fields[target].schema
        if schema.get("format") not in ("cn-phone", "cn-mobile"):
            yield self.source.mistake(
                path, "not-a-phone", f"'{target}' is no telephone number.", "Name one whose format is cn-phone or cn-mobile."
            )


def _base(schema: Schema) -> str:
    told = schema.get("type")
    if isinstance(told, list):
        told = next((word for word in told if word != "null"), None)
    if told is None and "enum" in schema:
        return "string"
    return "number" if told == "integer" else str(told or "")


def _alike(kept: Any, asked: Schema) -> bool:
    if not isinstance(kept, Mapping) or not _base(kept) or not _base(asked):
        return True
    if _base(kept) != _base(asked):
        return False
    if _base(asked) == "array":
        return _alike(kept.get("items"), asked.get("items", {}))
    if kept.get("contentMediaType") != asked.get("contentMediaType"):
        return False
    here, there = asked.get("enum"), kept.get("enum")
    return not (here and there) or bool(set(map(str, here)) & set(map(str, there)))


def _spoken(schema: Any) -> str:
    words = {"string": "text", "number": "a number", "boolean": "yes or no", "array": "a list", "object": "a group"}
    if schema.get("contentMediaType"):
        return "a photo"
    if "enum" in schema:
        return "one of other options"
    return words.get(_base(schema), "something else")
