"""A form as a standard JSON Schema 2020-12: what a stock validator says of data is what the server says of the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from banli.definitions.branches import asking, fixed
from banli.definitions.entries import entries, questions
from banli.definitions.model import Field, Form, Group
from banli.definitions.source import Source
from banli.errors import Mistake
from banli.exchange.saying import NotSaid, Schema, Speaker
from banli.exchange.shapes import PERSONAL, SHAPES
from banli.fields import FieldKind

Say = Callable[[str], str]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DROPPED = frozenset(("title", "pii", "$defs", "default", "properties", "required", "type"))


@dataclass
class Exporter:
    """One form as one company has it. `say` puts texts into the reader's language; `known` are names that have one value for
    all clients. `told` is what the schema could not be made to say, each with its place in the YAML."""

    form: Form
    source: Source
    kind_of: Callable[[str], FieldKind]
    say: Say
    known: Mapping[str, Any] = field(default_factory=dict)
    told: list[Mistake] = field(default_factory=list)

    def schema(self) -> dict[str, Any]:
        form = self.form
        made = self.object(form.schema, dict(self.conditions()), "")
        for rule in form.refuse:
            try:
                made.setdefault("allOf", []).append(
                    _titled(_negated(self.speaker(dict(self.conditions())).true(rule.when)), self.say(rule.text))
                )
            except NotSaid as reason:
                self.tell(("refuse",), rule.id, "rule", f"The rule '{rule.id}' cannot be said: {reason}.")
        if "allOf" in made:
            made["allOf"] = [one for one in made["allOf"] if one is not True]
            if not made["allOf"]:
                del made["allOf"]
        help_ = {"description": self.say(form.help)} if form.help else {}
        return {"$schema": DIALECT, "title": self.say(form.title), **help_, **made}

    def conditions(self) -> Iterator[tuple[str, Field]]:
        """The questions with the conditions of their groups."""
        for entry in self.form.layout:
            if isinstance(entry, Group):
                for inner in entry.entries:
                    if isinstance(inner, Field):
                        when = f"({entry.when}) && ({inner.when})" if entry.when and inner.when else entry.when or inner.when
                        yield inner.name, replace(inner, when=when)
            elif isinstance(entry, Field):
                yield entry.name, entry

    def speaker(self, fields: Mapping[str, Field]) -> Speaker:
        return Speaker({name: one for name, one in fields.items() if self.kind_of(one.kind).keeps}, self.known)

    def tell(self, path: tuple[str | int, ...], name: str, code: str, what: str) -> None:
        self.told.append(
            self.source.mistake(self._way(path, name), code, what, "A validator that knows only the schema will not say so.")
        )

    def _way(self, path: tuple[str | int, ...], name: str) -> tuple[str | int, ...]:
        if path == ("refuse",):
            return next((("refuse", *one.path) for one in entries(self.source.data.get("refuse")) if one.id == name), path)
        found = next((way for one, way in questions(self.source.data.get("layout")) if one.id == name.partition(".")[0]), None)
        return found if found is not None else ("schema", "properties", name.partition(".")[0])

    # Objects

    def object(self, schema: Mapping[str, Any], fields: Mapping[str, Field], at: str) -> dict[str, Any]:
        """The schema of an object with these questions: the form, an object in it, or a row."""
        found = asking(schema)
        rest = {key: _clean(value) for key, value in schema.items() if key not in _DROPPED}
        properties: dict[str, Any] = {}
        required: list[str] = []
        members: list[Schema] = []
        speaker = self.speaker(fields)
        for name, asked in fields.items():
            if not self.kind_of(asked.kind).keeps:
                continue
            base = found.properties[name].path == ("properties", name)
            inner = self.question(asked, f"{at}{name}")
            if not base:
                continue  # the branch that brings it says so itself
            needed = asked.required and not asked.read_only
            if not asked.when:
                properties[name] = inner
                required += [name] if needed else []
                continue
            try:
                when = speaker.true(asked.when)
            except NotSaid as reason:
                properties[name] = inner
                if asked.required:
                    self.tell(
                        (),
                        f"{at}{name}",
                        "condition",
                        f"When '{at}{name}' is asked cannot be said ({reason}): it may always be missing.",
                    )
                continue
            if when is True:
                properties[name] = inner
                required += [name] if needed else []
            elif when is not False:
                members.append({"if": when, "then": {"properties": {name: inner}, **({"required": [name]} if needed else {})}})
        members += self.within(fields)
        made: dict[str, Any] = {
            "type": "object",
            **({"required": required} if required else {}),
            "properties": properties,
            **rest,
        }
        self._only_asked(made, schema, fields)
        if members:
            made["allOf"] = [*made.get("allOf", ()), *members]
        if made.get("additionalProperties") is False and members:
            del made["additionalProperties"]
            made["unevaluatedProperties"] = False
        return made

    def _only_asked(self, made: dict[str, Any], schema: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
        """Answers that the server does not keep are not in the data, so nothing may require them."""
        gone = {name for name, one in fields.items() if not self.kind_of(one.kind).keeps}
        if not gone:
            return
        for key in ("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentRequired", "dependentSchemas"):
            if any(f"'{name}'" in repr(made.get(key)) for name in gone):
                self.tell(
                    (), sorted(gone)[0], "unkept", f"'{sorted(gone)[0]}' is checked and not kept, but '{key}' speaks of it."
                )

    def within(self, fields: Mapping[str, Field]) -> Iterator[Schema]:
        """Options that depend on the answer to another question."""
        for name, asked in fields.items():
            parent = str(asked.options.get("within", ""))
            if not parent or not asked.choices:
                continue
            if parent not in fields:
                self.tell((), name, "within", f"'{name}' depends on '{parent}', which is outside of its list.")
                continue
            by_parent: dict[str, list[str]] = {}
            for option in asked.choices:
                if not option.retired:
                    by_parent.setdefault(option.parent, []).append(option.code)
            for option in fields[parent].choices:
                codes: dict[str, Any] = {"enum": by_parent[option.code]} if option.code in by_parent else {"not": {}}
                inner = {"items": codes} if asked.multiple else codes
                yield {
                    "if": {"properties": {parent: {"const": option.code}}, "required": [parent]},
                    "then": {"properties": {name: inner}},
                }
            yield {"dependentRequired": {name: [parent]}}

    # Questions

    def question(self, asked: Field, at: str) -> dict[str, Any]:
        schema = dict(asked.schema)
        made: dict[str, Any] = {"title": self.say(asked.title)}
        if asked.hint:
            made["description"] = self.say(asked.hint)
        if asked.schema.get("pii") is True:
            made["$comment"] = PERSONAL
        if asked.read_only:
            made["readOnly"] = True
        if asked.items and asked.kind in ("object", "group_list"):
            inner = {item.name: item for item in asked.items}
            if asked.multiple:
                if asked.options.get("add") is not False:
                    # What is only shown in rows on file is asked in those that are added.
                    inner = {name: replace(item, read_only=False) for name, item in inner.items()}
                for name in asked.options.get("unique", ()):
                    self.tell((), f"{at}.{name}", "unique", f"That '{name}' differs from row to row cannot be said.")
                rest = {key: _clean(value) for key, value in schema.items() if key not in (*_DROPPED, "items", "description")}
                rows = self.object(schema.get("items", {}), inner, f"{at}.")
                return {**made, "type": "array", **rest, **self._some(asked, rest, "minItems"), "items": rows}
            return {**made, **{k: v for k, v in self.object(schema, inner, f"{at}.").items() if k not in made}}
        if asked.choices:
            return {**made, **self.choice(asked)}
        rest = {
            key: _clean(value)
            for key, value in schema.items()
            if key not in ("title", "description", "pii", "$comment", "readOnly", "default")
        }
        if asked.kind == "date_range":
            self.tell((), at, "order", f"That '{at}' ends after it begins cannot be said.")
        shape = SHAPES.get(str(schema.get("format", "")))
        if shape and "pattern" not in rest:
            rest["pattern"] = shape
        if schema.get("type") == "string" and not {"format", "pattern", "const", "contentMediaType"} & schema.keys():
            rest |= self._some(asked, rest, "minLength")
        return {**made, **rest}

    def choice(self, asked: Field) -> dict[str, Any]:
        """Codes with their titles. An option that stands alone excludes the others."""
        offered = [option for option in asked.choices if not option.retired]
        single = asked.schema.get("items", {}) if asked.multiple else asked.schema
        types = {key: single[key] for key in ("type",) if key in single and not isinstance(single[key], list)}
        values = {str(value): value for value in _values(single)}
        codes = [{"const": values.get(option.code, option.code), "title": self.say(option.text)} for option in offered]
        limits = {
            key: _clean(value)
            for key, value in single.items()
            if key in ("not", "minimum", "maximum", "pattern", "minLength", "maxLength")
        }
        made: dict[str, Any] = {**types, "oneOf": codes, **limits}
        if not asked.multiple:
            return made
        rest = {key: _clean(value) for key, value in asked.schema.items() if key not in (*_DROPPED, "items", "description")}
        alone = [option.code for option in offered if option.exclusive]
        if alone:
            rest |= {"if": {"contains": {"enum": alone}}, "then": {"maxItems": 1}}
        return {"type": "array", **rest, **self._some(asked, rest, "minItems"), "items": made}

    @staticmethod
    def _some(asked: Field, rest: Mapping[str, Any], key: str) -> dict[str, Any]:
        """An empty answer is none: who requires an answer wants something in it."""
        return {key: max(1, rest.get(key, 0))} if asked.required and not asked.read_only else {}


def _values(schema: Mapping[str, Any]) -> list[Any]:
    titled = [
        one["const"] for word in ("oneOf", "anyOf") for one in schema.get(word, ()) if isinstance(one, Mapping) and "const" in one
    ]
    return [*fixed(schema), *titled]


def _negated(schema: Schema) -> Schema:
    if isinstance(schema, bool):
        return not schema
    return {"not": schema}


def _titled(schema: Schema, text: str) -> Schema:
    return {"$comment": text, **schema} if isinstance(schema, dict) else schema


def _clean(value: Any) -> Any:
    """Without words of our own."""
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items() if not (key == "pii" and isinstance(inner, bool))}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value
