"""What a form asks: properties that exist, kinds that can hold them, settings that lead somewhere, no dead ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from banli.definitions.branches import Asking, asking
from banli.definitions.build import FIELD_SETTINGS
from banli.definitions.checks import reads
from banli.definitions.checks.alike import alike, spoken, way_out
from banli.definitions.checks.book import Asked, Book, Way, unknown
from banli.definitions.edition import settings_at
from banli.definitions.entries import NAMELESS, Entry, entries
from banli.definitions.kinds import FieldShape
from banli.definitions.model import Field
from banli.definitions.shape import Shapes
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean

Schema = Mapping[str, Any]
_NOT_IN_ROWS = {
    "read_only": (
        "A question cannot be read-only inside a list of rows without a key.",
        "Give the list a prefill and a key: then it is read-only in the rows on file, and asked in added ones.",
    ),
    "prefill": (
        "A question cannot be prefilled inside a list of rows.",
        "Give the list a prefill, or ask the question outside of the list.",
    ),
}
"""What the rows of a list cannot hold: what is wrong, and the cure."""
NOT_DRAWN = frozenset(("id_front", "id_back", "portrait"))
"""Examples of photos of what exists: nobody may draw these."""
WORDS = ("note", "group", "changed", "client", "company", "business", "today")


def check(book: Book, shapes: Shapes) -> Iterator[Mistake]:
    for name, source in book.fresh("forms"):
        asked = book.form(name)
        if asked is not None:
            yield from of_form(book, shapes, source, asked)


def of_form(book: Book, shapes: Shapes, source: Source, asked: Asked) -> Iterator[Mistake]:
    page = _Page(book, shapes, source, asked.form.schema, {f.name: f for f in asked.form.fields})
    if "properties" not in source.data["schema"] and not page.asking.properties and not page.asking.unshown:
        yield source.mistake(("schema",), "missing-key", "'properties' is missing.", "Add it.", key=True)
    yield from page.check(source.data.get("layout"), ("layout",))
    yield from _not_asked(source, asked)
    yield from _rules(source, asked)


def _not_asked(source: Source, asked: Asked) -> Iterator[Mistake]:
    """A required answer that nobody can give is a dead end."""
    questions = {question.name: question for question in asked.form.fields}
    required = source.data["schema"].get("required", [])
    for index, name in enumerate(required if isinstance(required, list) else []):
        where: Way = ("schema", "required", index)
        if name not in asking(asked.form.schema).properties:
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
    """One layout over one object schema: a form's, that of an object in it, or that of the rows of a list. `outer` are
    the questions around it; `keyed` rows are known again by a key."""

    book: Book
    shapes: Shapes
    source: Source
    schema: Schema
    fields: Mapping[str, Field]
    at: Way = ("schema",)
    outer: Mapping[str, Field] = field(default_factory=dict)
    inside: str = ""
    in_rows: bool = False
    keyed: bool = False

    @cached_property
    def asking(self) -> Asking:
        return asking(self.schema)

    def check(self, layout: Any, path: Way) -> Iterator[Mistake]:
        for one in self.asking.unshown:
            yield self.source.mistake((*self.at, *one.path), "cannot-show", one.what, one.cure, key=True)
        for name, asked in self.asking.properties.items():
            if name in WORDS:
                what = f"A property cannot be called '{name}': the language uses the word."
                yield self.source.mistake((*self.at, *asked.path), "reserved-name", what, "Choose another name.", key=True)
        if layout is not None:
            yield from self.entries(layout, path, {})
        else:
            for name, asked in self.asking.properties.items():
                yield from self.question(Entry(0, name, name, {}, ()), (*self.at, *asked.path))

    def entries(self, layout: Any, path: Way, seen: dict[str, bool]) -> Iterator[Mistake]:
        for entry in entries(layout):
            here = (*path, *entry.path)
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
        properties = self.asking.properties
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
        schema = properties[entry.id].schema
        kinds = self.book.kinds
        name = entry.settings.get("kind") or kinds.default_field(schema)
        shape = kinds.fields.get(str(name))
        if shape is None:
            yield self.source.mistake(
                (*self.at, *properties[entry.id].path),
                "no-kind",
                f"No kind of field takes the schema of '{entry.id}'.",
                way_out(schema),
                key=True,
            )
            return
        if self.inside and not shape.in_rows and not (shape.name == "group_list" and not self.in_rows):
            what, word = ("a list of rows", "list") if self.in_rows else ("an object", "object")
            yield self.source.mistake(
                (*path, "kind") if "kind" in entry.settings else path,
                "kind-in-rows" if self.in_rows else "kind-in-object",
                f"A question inside {what} cannot be of the kind '{shape.name}' yet.",
                f"Ask it outside of the {word}.",
                key="kind" not in entry.settings,
            )
            return
        yield from self.own_settings(entry, path, shape)
        if self.in_rows:
            for setting in sorted(_NOT_IN_ROWS.keys() & entry.settings.keys()):
                if entry.settings[setting] is not False and not (setting == "read_only" and self.keyed):
                    what, cure = _NOT_IN_ROWS[setting]
                    code = f"{setting.replace('_', '-')}-in-rows"
                    yield self.source.mistake((*path, setting), code, what, cure, key=True)
        if self.inside and "offer" in entry.settings:
            what = "Options inside of a list of rows or of an object are always offered."
            cure = "Delete it, and refuse with a rule, or ask the question outside."
            yield self.source.mistake((*path, "offer"), "offer-inside", what, cure, key=True)
        asked = self.fields.get(entry.id)
        if shape.name == "choice" and asked is not None and not asked.choices:
            yield self.source.mistake(
                path,
                "no-options",
                f"'{entry.id}' is a choice without options.",
                "Give its schema an enum, or a $ref to a dictionary.",
                key=True,
            )
        if entry.settings.get("draw") is True and entry.settings.get("example") in NOT_DRAWN:
            what = f"'{entry.id}' is a photo of something: it cannot be written on the screen."
            cure = "Take 'draw' away, or say 'example: signature' if it is a signature."
            yield self.source.mistake((*path, "draw"), "cannot-be-drawn", what, cure, key=True)
        yield from self.prefill(entry, path, schema)
        if shape.name == "photo":
            yield from reads.check(self.book, self.source, entry, path)
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
        if not alike(kept, schema):
            yield self.source.mistake(
                here,
                "prefill-type",
                f"'{text}' holds {spoken(kept)}, '{entry.id}' takes {spoken(schema)}.",
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
                yield from self.below(entry, path, (*path, setting))
        if shape.name == "consent" and "agreement" not in entry.settings:
            yield self.source.mistake(
                path,
                "missing-key",
                f"'{entry.id}' does not say which agreement is consented to.",
                "Add 'agreement'.",
                key=True,
            )

    def below(self, entry: Entry, path: Way, layout: Way) -> Iterator[Mistake]:
        """The questions inside of an object or of the rows of a list."""
        asked, listed = self.fields.get(entry.id), self.asking.properties[entry.id]
        at = (*self.at, *listed.path)
        schema = listed.schema
        if asked is not None and asked.multiple:
            at, schema = (*at, "items"), schema.get("items", {})
        inner = {item.name: item for item in asked.items} if asked is not None else {}
        rows = asked is not None and asked.multiple
        keyed = "key" in entry.settings
        around = {**self.outer, **self.fields}
        page = _Page(
            self.book, self.shapes, self.source, schema, inner, at, around, entry.id, self.in_rows or rows, keyed or self.keyed
        )
        if not page.asking.properties and not page.asking.unshown:
            what = f"'{entry.id}' has no questions inside."
            yield self.source.mistake(at, "no-questions", what, "Give it properties.", key=True)
            return
        yield from page.check(entry.settings.get("entries"), layout)
        added = rows and entry.settings.get("add") is not False
        yield from page.not_given(keyed=keyed, added=added)
        if rows:
            yield from self.keys(entry, path, page)

    def keys(self, entry: Entry, path: Way, page: _Page) -> Iterator[Mistake]:
        """What rows need to be known again and told apart."""
        unique = entry.settings.get("unique")
        for index, name in enumerate(unique if isinstance(unique, list) else ()):
            if isinstance(name, str) and name not in page.fields:
                what = f"The rows have no question '{name}', so nobody could mend it."
                yield unknown(self.source, (*path, "unique", index), "unknown-property", what, name, page.fields)
        key = entry.settings.get("key")
        if isinstance(key, str):
            known = page.asking.properties
            if key not in known:
                what = f"The rows have no property '{key}'."
                yield unknown(self.source, (*path, "key"), "unknown-property", what, key, known)
            if not entry.settings.get("prefill"):
                what = "Rows are known by a key when they are on file, but the list has no prefill."
                yield self.source.mistake((*path, "key"), "key-without-prefill", what, "Add 'prefill: client.…'.", key=True)
            return
        for word, verb in (("add", "added"), ("remove", "removed")):
            if entry.settings.get(word) is False:
                what = f"Which rows were {verb} cannot be told without a key."
                yield self.source.mistake((*path, word), "rows-without-key", what, "Add 'key' and 'prefill'.", key=True)

    def not_given(self, *, keyed: bool, added: bool) -> Iterator[Mistake]:
        """A required answer inside that nobody can give. A row on file brings what is not asked, an added one does not."""
        required = self.schema.get("required", ())
        for index, name in enumerate(required):
            if name in self.asking.properties and name not in self.fields and not (keyed and not added):
                cure = "Put it into the entries, or take it from 'required'."
                if keyed:
                    cure = "Put it into the entries, take it from 'required', or set 'add: false'."
                yield self.source.mistake(
                    (*self.at, "required", index),
                    "required-not-asked",
                    f"'{name}' is required, but inside of '{self.inside}' it is not asked.",
                    cure,
                )

    def within(self, entry: Entry, path: Way, target: str) -> Iterator[Mistake]:
        around = {**self.outer, **self.fields}
        known = [name for name in around if name not in (entry.id, self.inside)]
        if target not in known:
            yield unknown(self.source, path, "unknown-field", f"There is no question '{target}' on this page.", target, known)
            return
        asked, outer = self.fields.get(entry.id), {option.code for option in around[target].choices}
        if asked is None or not asked.choices:
            return
        parents = {option.parent for option in asked.choices if option.parent}
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
                yield unknown(self.source, path, "unknown-client-property", f"The record on file has no '{name}'.", name, on_file)
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
