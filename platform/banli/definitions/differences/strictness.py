"""Compares two JSON Schemas: keyword by keyword, whether the newer one takes less, takes more, or nobody can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banli.definitions.differences.model import Strictness
from banli.definitions.differences.notes import MAY, MUST, Notes, canonical, flipped, named, same

Schema = Mapping[str, Any]

UPPER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties", "maxContains")
LOWER = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties", "minContains")
ASKS = ("pattern", "format", "const", "contains", "not", "propertyNames", "contentMediaType", "contentEncoding", "multipleOf")
"""Keywords that take less when they are there than when they are not."""
WORDS = frozenset(("title", "description", "default", "examples", "$comment", "deprecated", "pii", "enumNames"))
"""Keywords that refuse nothing."""
OWN = frozenset(("properties", "required", "items", "enum", "type", "$defs", "additionalProperties", "uniqueItems"))
"""Keywords with a paragraph of their own below."""


def compare(notes: Notes, path: str, name: str, old: Schema, new: Schema, part: str = "field", depth: int = 0) -> None:
    """Takes down what differs between two schemas with their references resolved. The titles of the outermost properties
    belong to the questions and are compared there."""
    _types(notes, path, name, old, new, part)
    _codes(notes, path, name, old, new)
    for keyword in dict.fromkeys((*old, *new)):
        if keyword in OWN or (keyword in WORDS and depth < 2):
            continue
        before, after = old.get(keyword), new.get(keyword)
        notes.value(part, path, name, keyword, before, after, judged(keyword, before, after))
    for keyword in ("uniqueItems", "additionalProperties"):
        before, after = old.get(keyword), new.get(keyword)
        notes.value(part, path, name, keyword, before, after, _switch(keyword, before, after))
    _properties(notes, path, old, new, part, depth)
    _items(notes, path, name, old, new, part, depth)


def judged(keyword: str, before: Any, after: Any) -> Strictness:
    """Which way a keyword went."""
    if keyword in WORDS:
        return "neither"
    if keyword in UPPER or keyword in LOWER:
        if before is None or after is None:
            return "stricter" if before is None else "looser"
        if not _number(before) or not _number(after):
            return "unknown"
        down: Strictness = "stricter" if keyword in UPPER else "looser"
        return down if after < before else flipped(down)
    if keyword == "multipleOf" and _number(before) and _number(after) and before and after:
        return "stricter" if after % before == 0 else "looser" if before % after == 0 else "unknown"
    if keyword in ASKS and (before is None or after is None):
        return "stricter" if before is None else "looser"
    if keyword == "allOf":
        return _fewer(before or [], after or [])
    if keyword == "dependentRequired" and (before is None or after is None):
        return "stricter" if before is None else "looser"
    return "unknown"


def _fewer(before: Any, after: Any) -> Strictness:
    """Lists of conditions that must all hold: more of them take less."""
    old, new = {canonical(one) for one in before}, {canonical(one) for one in after}
    return "stricter" if old < new else "looser" if new < old else "unknown"


def _switch(keyword: str, before: Any, after: Any) -> Strictness:
    if keyword == "uniqueItems":
        return "stricter" if after is True else "looser"
    closed, open_ = before is False, after is False
    if closed != open_:
        return "looser" if closed else "stricter"
    return "stricter" if before in (None, True) else "looser" if after in (None, True) else "unknown"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _types(notes: Notes, path: str, name: str, old: Schema, new: Schema, part: str) -> None:
    before, after = _kinds(old.get("type")), _kinds(new.get("type"))
    if before == after:
        return
    if not before or not after:
        strictness: Strictness = "looser" if before else "stricter"
    elif _within(after, before):
        strictness = "stricter"
    else:
        strictness = "looser" if _within(before, after) else "unknown"
    notes.value(part, path, name, "type", old.get("type"), new.get("type"), strictness)


def _kinds(value: Any) -> frozenset[str]:
    return frozenset(str(one) for one in value) if isinstance(value, list | tuple) else frozenset((value,) if value else ())


def _within(some: frozenset[str], more: frozenset[str]) -> bool:
    return all(one in more or (one == "integer" and "number" in more) for one in some)


def _codes(notes: Notes, path: str, name: str, old: Schema, new: Schema) -> None:
    before, after = old.get("enum"), new.get("enum")
    if before is None and after is None:
        return
    if before is None or after is None:
        notes.value("field", path, name, "enum", before, after, "stricter" if before is None else "looser")
        return
    codes(notes, path, {str(one): None for one in before}, {str(one): None for one in after})


def codes(notes: Notes, path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Codes that can no longer be chosen, and new ones."""
    for code in old:
        if code not in new:
            notes.removed("option", f"{path}.{code}", named(code, old[code] or ""), "stricter", old[code])
    for code in new:
        if code not in old:
            notes.added("option", f"{path}.{code}", named(code, new[code] or ""), "looser", new[code])


def _properties(notes: Notes, path: str, old: Schema, new: Schema, part: str, depth: int) -> None:
    before, after = _map(old.get("properties")), _map(new.get("properties"))
    musts = set(old.get("required") or ()), set(new.get("required") or ())
    for key in dict.fromkeys((*before, *after, *sorted(musts[0] ^ musts[1]))):
        here, shown = f"{path}.{key}", named(key, str(_map(after.get(key, before.get(key))).get("title", "")))
        if key in before and key not in after:
            notes.removed(part, here, shown, "looser" if key in musts[0] else "neither", before[key])
        elif key in after and key not in before:
            notes.added(part, here, shown, "stricter" if key in musts[1] else "neither", after[key])
        else:
            must = key in musts[0], key in musts[1]
            if must[0] != must[1]:
                notes.switched(part, here, shown, "required", must[1], "stricter" if must[1] else "looser", (MUST, MAY))
            compare(notes, here, shown, _map(before.get(key)), _map(after.get(key)), part, depth + 1)


def _items(notes: Notes, path: str, name: str, old: Schema, new: Schema, part: str, depth: int) -> None:
    before, after = old.get("items"), new.get("items")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        compare(notes, f"{path}[]", name, before, after, part, depth)
    elif not same(before, after):
        strictness: Strictness = "stricter" if before is None else "looser" if after is None else "unknown"
        notes.value(part, path, name, "items", before, after, strictness)


def _map(value: Any) -> Schema:
    return value if isinstance(value, Mapping) else {}
