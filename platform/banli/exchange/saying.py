"""A condition (CEL) as a JSON Schema with the same answer over the data of a form, where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from banli.definitions.model import Field
from banli.expressions import Fault
from banli.expressions.syntax import Node, parse

Schema = dict[str, Any] | bool
Ways = tuple[Schema, Schema]
"""What data looks like when a condition is true, and when it is false; where it is neither (an error), no side fits."""

_TURNED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
_BOUNDS = {
    "_<_": ("exclusiveMaximum", "minimum"), "_<=_": ("maximum", "exclusiveMinimum"),
    "_>_": ("exclusiveMinimum", "maximum"), "_>=_": ("minimum", "exclusiveMaximum"),
}  # fmt: skip
_LITERALS = ("string", "int", "double", "bool")


class NotSaid(Exception):
    """What JSON Schema has no words for; the text is the reason."""


def all_of(*parts: Schema) -> Schema:
    kept: list[dict[str, Any]] = []
    for part in parts:
        if part is False:
            return False
        if isinstance(part, dict):
            kept += [one for one in (part["allOf"] if set(part) == {"allOf"} else [part]) if one not in kept]
    return True if not kept else kept[0] if len(kept) == 1 else {"allOf": kept}


def any_of(*parts: Schema) -> Schema:
    kept: list[dict[str, Any]] = []
    for part in parts:
        if part is True:
            return True
        if isinstance(part, dict):
            kept += [one for one in (part["anyOf"] if set(part) == {"anyOf"} else [part]) if one not in kept]
    return False if not kept else kept[0] if len(kept) == 1 else {"anyOf": kept}


def opposite(schema: Schema) -> Schema:
    if isinstance(schema, bool):
        return not schema
    return schema["not"] if set(schema) == {"not"} else {"not": schema}


@dataclass
class Speaker:
    """Speaks of the questions of one object. `known` are names with one value for all clients (`company.id`)."""

    fields: Mapping[str, Field]
    known: Mapping[str, Any] = field(default_factory=dict)
    open: tuple[str, ...] = ()

    def true(self, text: str) -> Schema:
        """When the condition holds. Raises NotSaid."""
        return self.ways(text)[0]

    def ways(self, text: str) -> Ways:
        node = parse(text)
        if isinstance(node, Fault):
            raise NotSaid(node.what)
        return self.of(node)

    def of(self, node: Node) -> Ways:
        if node.op == "bool":
            return bool(node.value), not node.value
        if node.op in ("name", "select"):
            return self.fits(node, {"const": True}), self.fits(node, {"const": False})
        if node.op == "method" and node.value in ("startsWith", "endsWith", "contains"):
            return self._text(node)
        if node.op != "call":
            raise NotSaid(f"'{node.value}' has no twin in JSON Schema")
        match node.value:
            case "!_":
                yes, no = self.of(node.args[0])
                return no, yes
            case "_&&_":
                (a, not_a), (b, not_b) = map(self.of, node.args)
                return all_of(a, b), any_of(not_a, not_b)
            case "_||_":
                (a, not_a), (b, not_b) = map(self.of, node.args)
                return any_of(a, b), all_of(not_a, not_b)
            case "_?_:_":
                when, one, other = map(self.of, node.args)
                return tuple(any_of(all_of(when[0], one[way]), all_of(when[1], other[way])) for way in (0, 1))  # type: ignore[return-value]
            case "_==_":
                yes = self._equal(*node.args)
                return yes, opposite(yes)
            case "_!=_":
                yes = self._equal(*node.args)
                return opposite(yes), yes
            case "@in":
                return self._in(*node.args)
            case "_<_" | "_<=_" | "_>_" | "_>=_":
                return self._compare(node.value, *node.args)
        raise NotSaid(f"'{node.value}' has no twin in JSON Schema")

    # Names

    def path(self, node: Node) -> list[str]:
        parts: list[str] = []
        while node.op == "select":
            parts.insert(0, node.value)
            node = node.args[0]
        if node.op != "name":
            raise NotSaid("it computes with values")
        return [node.value, *parts]

    def asked(self, node: Node) -> tuple[list[str], Field]:
        path = self.path(node)
        found = self.fields.get(path[0])
        for name in path[1:]:
            found = next((item for item in found.items if item.name == name), None) if found is not None else None
        if found is None:
            raise NotSaid(f"'{'.'.join(path)}' is not in the data of the form")
        return path, found

    def fits(self, node: Node, schema: dict[str, Any]) -> Schema:
        """It is answered, and its answer fits. What is hidden is not answered, whatever the data holds."""
        path, _ = self.asked(node)
        made: dict[str, Any] = schema
        for name in reversed(path):
            made = {"properties": {name: made}, "required": [name]} if made else {"required": [name]}
        return all_of(self.seen(path[0]), made)

    def seen(self, name: str) -> Schema:
        when = self.fields[name].when
        if not when:
            return True
        if name in self.open:
            raise NotSaid("it depends on itself")
        return Speaker(self.fields, self.known, (*self.open, name)).true(when)

    # Comparisons

    def _value(self, node: Node) -> tuple[bool, Any]:
        """Is it a value that is known now, and which?"""
        if node.op in _LITERALS or node.op == "null":
            return True, node.value
        if node.op == "call" and node.value == "-_":
            is_known, value = self._value(node.args[0])
            return is_known, -value if is_known else None
        if node.op == "list" and all(item.op in _LITERALS for item in node.args):
            return True, [item.value for item in node.args]
        if node.op in ("name", "select") and ".".join(self.path(node)) in self.known:
            return True, self.known[".".join(self.path(node))]
        return False, None

    def _equal(self, one: Node, other: Node) -> Schema:
        (known, value), (known_too, other_value) = self._value(one), self._value(other)
        if known and known_too:
            return bool(value == other_value)
        if not known and not known_too:
            raise NotSaid("it compares two answers")
        if known:
            one, value = other, value
        else:
            value = other_value
        return opposite(self.fits(one, {})) if value is None else self.fits(one, {"const": value})

    def _in(self, item: Node, group: Node) -> Ways:
        (known, value), (known_too, values) = self._value(item), self._value(group)
        if known and known_too:
            return value in values, value not in values
        if known_too and isinstance(values, list):
            yes = self.fits(item, {"enum": values}) if values else False
            return yes, opposite(yes)
        if known and value is not None:
            self._need(group, "array")
            return self.fits(group, {"contains": {"const": value}}), self.fits(group, {"not": {"contains": {"const": value}}})
        raise NotSaid("it compares two answers")

    def _compare(self, sign: str, one: Node, other: Node) -> Ways:
        (known, value), (known_too, limit) = self._value(one), self._value(other)
        if known and known_too:
            raise NotSaid("it compares two values")
        if known:
            one, limit, sign = other, value, _TURNED[sign]
        elif not known_too:
            raise NotSaid("it compares two answers")
        if not isinstance(limit, int | float) or isinstance(limit, bool):
            raise NotSaid("it orders texts")
        if one.op == "call" and one.value == "size":
            return self._size(sign, one.args[0], int(limit))
        self._need(one, "number", "integer")
        yes, no = _BOUNDS[sign]
        return self.fits(one, {yes: limit}), self.fits(one, {no: limit})

    def _size(self, sign: str, node: Node, limit: int) -> Ways:
        unit = "Items" if self.asked(node)[1].schema.get("type") == "array" else "Length"
        least = limit + 1 if sign in ("_>_", "_<=_") else limit
        at_least = {f"min{unit}": max(least, 0)}
        below: dict[str, Any] = {f"max{unit}": least - 1} if least > 0 else {"not": {}}
        yes, no = self.fits(node, at_least), self.fits(node, below)
        return (yes, no) if sign in ("_>_", "_>=_") else (no, yes)

    def _text(self, node: Node) -> Ways:
        known, value = self._value(node.args[1])
        if not known or not isinstance(value, str):
            raise NotSaid("it looks for one answer in another")
        self._need(node.args[0], "string")
        plain = re.sub(r"([\\^$.|?*+()\[\]{}/])", r"\\\1", value)
        pattern = {"startsWith": f"^{plain}", "endsWith": f"{plain}$", "contains": plain}[node.value]
        return self.fits(node.args[0], {"pattern": pattern}), self.fits(node.args[0], {"not": {"pattern": pattern}})

    def _need(self, node: Node, *types: str) -> None:
        if self.asked(node)[1].schema.get("type") not in types:
            raise NotSaid("it measures an answer of another type")
