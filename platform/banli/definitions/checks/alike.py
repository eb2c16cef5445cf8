"""Are two schemas about the same sort of value, and how is that sort called?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def way_out(schema: Any) -> str:
    """What an author can do about a schema that no kind takes."""
    if not isinstance(schema, Mapping):
        return "Give the property a type, or the question a kind."
    if "prefixItems" in schema:
        return "Make it an object: a page asks for things by name, not by their place."
    if schema.get("type") == "array":
        return "Make its items objects, or choices (enum)."
    if "oneOf" in schema or "anyOf" in schema:
        return "Give each branch a const and a title, or make all of them objects that a property with a const tells apart."
    return "Give the property a type, or the question a kind."


def _base(schema: Schema) -> str:
    told = schema.get("type")
    if isinstance(told, list):
        told = next((word for word in told if word != "null"), None)
    if told is None and "enum" in schema:
        return "string"
    return "number" if told == "integer" else str(told or "")


def alike(kept: Any, asked: Schema) -> bool:
    if not isinstance(kept, Mapping) or not _base(kept) or not _base(asked):
        return True
    if _base(kept) != _base(asked):
        return False
    if _base(asked) == "array":
        return alike(kept.get("items"), asked.get("items", {}))
    if kept.get("contentMediaType") != asked.get("contentMediaType"):
        return False
    here, there = asked.get("enum"), kept.get("enum")
    return not (here and there) or bool(set(map(str, here)) & set(map(str, there)))


def spoken(schema: Any) -> str:
    words = {"string": "text", "number": "a number", "boolean": "yes or no", "array": "a list", "object": "a group"}
    if schema.get("contentMediaType"):
        return "a photo"
    if "enum" in schema:
        return "one of other options"
    return words.get(_base(schema), "something else")
