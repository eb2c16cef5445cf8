"""Checks the shape of a file by JSON Schema and says what is wrong in plain sentences, at the exact place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from banli.definitions.build import PAPER
from banli.definitions.composed import OF_FOLDER, Schema, compose, object_of
from banli.definitions.composed import write_schemas as write_schemas
from banli.definitions.entries import Entry
from banli.definitions.kinds import Kinds
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean


class Shapes:
    """The schemas of the language with the settings of the known kinds in them, compiled when first needed."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self._schemas: dict[str, Schema] = {}
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def schema(self, name: str) -> Schema:
        if name not in self._schemas:
            self._schemas[name] = compose(name, self.kinds)
        return self._schemas[name]

    def check(self, folder: str, source: Source) -> list[Mistake]:
        """All that is wrong with the shape of a file, merged or not."""
        name = OF_FOLDER[folder]
        data = {key: value for key, value in source.data.items() if (folder, key) != ("agreements", PAPER)}
        return list(self._run(name, self.schema(name), source, data, ()))

    def settings(self, sort: str, kind: str, source: Source, entry: Entry, path: tuple[str | int, ...]) -> list[Mistake]:
        """What is wrong with a kind's own settings. `path` leads to the settings; only the kind's keys are looked at."""
        shapes: Mapping[str, Any] = getattr(self.kinds, sort)
        shape = shapes[kind]
        own = {key: value for key, value in entry.settings.items() if key in shape.options}
        if not own and not shape.required:
            return []
        name = f"{sort}/{kind}"
        if name not in self._schemas:
            self._schemas[name] = object_of(shape.options, shape.required)
        return list(self._run(name, self._schemas[name], source, own, path))

    def _run(self, name: str, schema: Schema, source: Source, data: Any, path: tuple[str | int, ...]) -> Iterator[Mistake]:
        if name not in self._validators:
            self._validators[name] = jsonschema_rs.Draft202012Validator(schema)
        validator = self._validators[name]
        if not validator.is_valid(data):
            yield from explain(validator.iter_errors(data), schema, source, data, path)


def explain(
    errors: Iterable[Any], schema: Schema, source: Source, data: Any, path: tuple[str | int, ...] = ()
) -> Iterator[Mistake]:
    """The validator's errors as our sentences. `path` leads to where `data` stands in the source."""
    for error in errors:
        here = tuple(error.instance_path)
        rule = _at(schema, error.schema_path[:-1])
        value = _at(data, here)
        if error.kind.name == "additionalProperties":
            for key in error.kind.unexpected:
                yield _unknown_key(source, (*path, *here, key), key, rule)
        elif error.kind.name == "required":
            told = _at(rule, ["properties", error.kind.property])
            what = told.get("description", "") if isinstance(told, dict) else ""
            yield source.mistake(
                (*path, *here),
                "missing-key",
                f"'{error.kind.property}' is missing.",
                f"Add it: {_lower(what)}" if what else "Add it.",
                key=True,
            )
        elif error.kind.name == "propertyNames":
            name = str(_at(error.kind, []).error.instance) if hasattr(error.kind, "error") else ""
            yield source.mistake(
                (*path, *here),
                "bad-name",
                f"'{name}' cannot be a name here.",
                "Use a to z, 0 to 9 and _, starting with a letter.",
            )
        elif not (error.kind.name == "pattern" and value == "" and rule.get("minLength")):
            code, what, cure = _sentence(error.kind.name, error, rule if isinstance(rule, dict) else {}, value)
            yield source.mistake((*path, *here), code, what, cure)


def _unknown_key(source: Source, path: tuple[str | int, ...], key: str, rule: Any) -> Mistake:
    rule = rule if isinstance(rule, dict) else {}
    known = list(rule.get("properties", {}))
    cure = did_you_mean(key, known)
    if not cure:
        cure = f"There are: {', '.join(known[:12])}." if 0 < len(known) <= 12 else "Delete it."
    if "patternProperties" in rule:
        cure = f"What belongs here: {_lower(rule.get('description', ''))}" if rule.get("description") else cure
    return source.mistake(path, "unknown-key", f"There is no key '{key}' here.", cure, key=True)


_WORDS = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _sentence(name: str, error: Any, rule: Schema, value: Any) -> tuple[str, str, str]:
    """Code, what and cure for one broken keyword."""
    what = rule.get("description", "")
    hint = f"What belongs here: {_lower(what)}" if what else ""
    if name == "type":
        wanted = [t for t in error.kind.types if t != "null"]
        cure = "Put it in quotes." if "string" in wanted and isinstance(value, bool | int | float) else hint
        cure = "Write true or false." if wanted == ["boolean"] else cure
        return "wrong-type", f"This must be {' or '.join(_WORDS[t] for t in wanted)}, not {_kind(value)}.", cure
    if name in ("enum", "constant", "const"):
        options = [
            str(option) if not isinstance(option, bool) else str(option).lower()
            for option in (rule.get("enum") or [rule.get("const")])
        ]
        known = did_you_mean(str(value), options) or f"There are: {', '.join(options)}."
        if "x-what" in rule:
            return f"unknown-{rule['x-what']}", f"There is no {rule['x-what'].replace('-', ' ')} '{value}'.", known
        return "not-one-of", f"{_quoted(value)} cannot stand here.", known
    if name == "pattern":
        return "bad-form", f"{_quoted(value)} is not written as it must be here.", hint
    if name in ("minLength", "minItems", "minProperties") and not value:
        return "empty", f"This is {'an empty list' if name == 'minItems' else 'empty'}.", hint
    if name == "maxProperties":
        return "two-keys", "An entry of a list has one key, this has more.", "Indent its settings, or begin a new entry."
    if name == "uniqueItems":
        return "twice", "The list names something twice.", "Keep one."
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "minLength": "at least",
        "maxLength": "at most",
        "minItems": "at least",
        "maxItems": "at most",
    }
    if name in bounds:
        unit = {"Length": " characters", "Items": " items"}.get(name[3:], "")
        return (
            "out-of-range",
            f"This must have {bounds[name]} {rule.get(name)}{unit}."
            if unit
            else f"{value} is out of range: {bounds[name]} {rule.get(name)}.",
            hint,
        )
    if name == "format":
        return "bad-form", f"{_quoted(value)} is no {rule.get('format')}.", hint
    if name in ("not", "falseSchema"):
        return "not-here", what or "This cannot stand here.", "Move it."
    return "wrong-value", f"{_quoted(value)} does not fit here.", hint


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    return "text" if isinstance(value, str) else "a map" if isinstance(value, dict) else "a list"


def _quoted(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value)
        return f"'{text[:60]}{'…' if len(text) > 60 else ''}'"
    return f"This ({_kind(value)})"


def _lower(text: str) -> str:
    """A description as the end of a sentence. Words such as CEL or JSON keep their capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _at(value: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(str(step), {})
        else:
            return None
    return value
