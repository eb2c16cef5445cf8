"""Whether a JSON Schema holds, as CEL: for the branches of a schema that some answers bring."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
SILENT = frozenset(("title", "description", "$comment", "examples", "default"))
"""Keywords that say nothing about a value."""


def condition(schema: Any, of: str = "") -> str | None:
    """A JSON Schema as CEL over the answers, true exactly where a validator says so; None for what CEL cannot say.
    `of` is the name of the value that it is about; without one it is about the object whose properties have bare names."""
    if schema is True or schema is False:
        return "true" if schema else "false"
    if not isinstance(schema, Mapping):
        return None
    parts: list[str] = []
    for part in _parts(schema, of):
        if part is None:
            return None
        if part != "true":
            parts.append(part)
    return " && ".join(parts) if parts else "true"


def _parts(schema: Schema, of: str) -> Iterator[str | None]:
    required = schema.get("required", ())
    for key, value in schema.items():
        if key in SILENT or (key == "type" and (value == "object" or of)):
            continue
        if key == "properties":
            for name, inner in value.items():
                yield _property(f"{of}.{name}" if of else name, inner, name in required)
        elif key == "required":
            for name in value:
                if not isinstance(schema.get("properties", {}).get(name), Mapping):
                    yield f"{of}.{name} != null" if of else f"{name} != null"
        elif key == "not":
            text = condition(value, of)
            yield None if text is None else f"!({text})"
        elif key in ("allOf", "anyOf"):
            texts = [text for one in value if (text := condition(one, of)) is not None]
            both = " && " if key == "allOf" else " || "
            yield f"({both.join(f'({one})' for one in texts)})" if len(texts) == len(value) else None
        else:
            yield _scalar(key, value, of) if of else None


def _property(name: str, schema: Any, required: bool) -> str | None:
    text = condition(schema, name)
    if text is None:
        return None
    if required:
        return f"{name} != null" if text == "true" else f"{name} != null && ({text})"
    return "true" if text == "true" else f"({name} == null || ({text}))"


_COMPARE = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
_SIZES = {"minLength": ">=", "maxLength": "<=", "minItems": ">=", "maxItems": "<="}


def _scalar(key: str, value: Any, of: str) -> str | None:
    if key == "const":
        return one_of(of, [value])
    if key == "enum" and isinstance(value, list):
        return one_of(of, value)
    if key in _COMPARE:
        return f"{of} {_COMPARE[key]} {_literal(value)}"
    if key in _SIZES:
        return f"size({of}) {_SIZES[key]} {value}"
    if key == "contains" and isinstance(value, Mapping) and set(value) - SILENT == {"const"}:
        return f"{_literal(value['const'])} in {of}"
    return None


def one_of(of: str, values: list[Any]) -> str | None:
    """Is it one of these? None for values that CEL has no words for."""
    texts = [text for value in values if (text := _literal(value)) is not None]
    if len(texts) < len(values):
        return None
    return f"{of} == {texts[0]}" if len(texts) == 1 else f"{of} in [{', '.join(texts)}]"


def _literal(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return json.dumps(value, ensure_ascii=False)
    return None
