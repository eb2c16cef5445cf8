"""The JSON Schemas that authors write: keywords, types, formats, references, defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from banli.definitions.branches import asking, is_object
from banli.definitions.checks.book import Book, Way
from banli.definitions.refs import LISTS, MAPS, SCHEMAS, Resolver
from banli.definitions.shape import explain
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean

KEYWORDS = frozenset(
    (
        "$schema",
        "$id",
        "$ref",
        "$defs",
        "$comment",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "type",
        "enum",
        "const",
        "format",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "items",
        "prefixItems",
        "contains",
        "maxContains",
        "minContains",
        "maxItems",
        "minItems",
        "uniqueItems",
        "unevaluatedItems",
        "properties",
        "patternProperties",
        "additionalProperties",
        "unevaluatedProperties",
        "propertyNames",
        "required",
        "maxProperties",
        "minProperties",
        "dependentRequired",
        "dependentSchemas",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "pii",
    )
)
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
FORMATS = frozenset(
    (
        "date",
        "date-time",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "iri",
        "iri-reference",
        "uuid",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "cn-phone",
        "cn-mobile",
        "cn-landline",
        "cn-id-number",
        "cn-postal-code",
        "cn-bank-card",
    )
)
_META: dict[str, Any] = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
_VALIDATOR = jsonschema_rs.Draft202012Validator(_META)


_HARMLESS = frozenset(("unknown-keyword", "unknown-format", "bad-pattern"))
"""With these the rest of the form can still be looked at."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def check(book: Book) -> Iterator[Mistake]:
    """Remembers as broken what nothing sensible can be said of any more."""
    for folder in ("client", "forms"):
        for name, source in list(book.fresh(folder)):
            found = list(of_schema(source, ("schema",), book.shelf.resolver(retired=folder == "client")))
            yield from found
            if any(mistake.code not in _HARMLESS for mistake in found):
                book.broken.add((folder, name))
                if folder == "client":
                    return
            else:
                yield from _properties(
                    source, book.shelf.resolver(retired=folder == "client").resolve(source.data["schema"]), ("schema",)
                )


def of_schema(source: Source, path: Way, resolver: Resolver) -> Iterator[Mistake]:
    schema = source.data[path[0]]
    yield from (found := list(_walk(source, schema, path)))
    if any(mistake.code not in _HARMLESS for mistake in found):
        return
    if not _VALIDATOR.is_valid(schema):
        wrong = (
            m
            for m in explain(_VALIDATOR.iter_errors(schema), _META, source, schema, path)
            if m.place not in {known.place for known in found}
        )
        yield from wrong
        return
    resolver.resolve(schema)
    for fault in resolver.faults:
        yield source.mistake((*path, *fault.path), fault.code, fault.what, fault.cure)


def _walk(source: Source, schema: Any, path: Way) -> Iterator[Mistake]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield source.mistake(path, "wrong-type", "A schema is a map.", "Write {type: …}.")
        return
    for key, value in schema.items():
        here = (*path, key)
        if key not in KEYWORDS:
            yield source.mistake(
                here, "unknown-keyword", f"JSON Schema has no keyword '{key}'.", did_you_mean(key, KEYWORDS), key=True
            )
        elif key == "type":
            yield from _type(source, here, value)
        elif key == "format" and isinstance(value, str) and value not in FORMATS:
            yield source.mistake(here, "unknown-format", f"There is no format '{value}'.", did_you_mean(value, FORMATS))
        elif key == "pattern" and isinstance(value, str):
            yield from _pattern(source, here, value)
        elif key == "pii" and not isinstance(value, bool):
            yield source.mistake(here, "wrong-type", "'pii' is true or false.", "Write pii: true.")
        elif key in MAPS and isinstance(value, Mapping):
            for name, inner in value.items():
                if isinstance(inner, bool):
                    yield source.mistake((*here, name), "wrong-type", "A schema is a map.", "Write {type: …}.")
                yield from _walk(source, inner, (*here, name))
        elif key in SCHEMAS:
            yield from _walk(source, value, here)
        elif key in LISTS and isinstance(value, list):
            for index, inner in enumerate(value):
                yield from _walk(source, inner, (*here, index))


def _type(source: Source, path: Way, value: Any) -> Iterator[Mistake]:
    for word in value if isinstance(value, list) else [value]:
        if word not in TYPES:
            yield source.mistake(
                path,
                "unknown-type",
                f"There is no type '{word}'.",
                did_you_mean(str(word), TYPES) or f"There are: {', '.join(TYPES)}.",
            )


def _pattern(source: Source, path: Way, value: str) -> Iterator[Mistake]:
    try:
        re.compile(value)
    except re.error as error:
        yield source.mistake(path, "bad-pattern", f"This is no regular expression: {error.msg}.", "Mend it.")


def _properties(source: Source, schema: Mapping[str, Any], path: Way) -> Iterator[Mistake]:
    """What only shows once all references are resolved."""
    properties = {name: (one.schema, one.path) for name, one in asking(schema).properties.items()}
    for index, name in enumerate(schema.get("required", ())):
        if name not in properties:
            yield source.mistake(
                (*path, "required", index),
                "unknown-property",
                f"'{name}' is required, but there is no such property.",
                did_you_mean(name, properties),
            )
    for name, (inner, way) in properties.items():
        here = (*path, *way)
        if not _NAME.fullmatch(name):
            yield source.mistake(
                here,
                "bad-name",
                f"'{name}' cannot be the name of a property.",
                "Use letters, digits and _, starting with a letter.",
                key=True,
            )
        if not isinstance(inner, Mapping):
            continue
        if "default" in inner and not jsonschema_rs.Draft202012Validator(dict(inner)).is_valid(inner["default"]):
            yield source.mistake(
                (*here, "default"),
                "bad-default",
                f"The default of '{name}' does not fit its own schema.",
                "Change the default or the schema.",
            )
        if is_object(inner.get("items")):
            yield from _properties(source, inner["items"], (*here, "items"))
        elif is_object(inner):
            yield from _properties(source, inner, here)
