"""Replaces `$ref` by what it names: a code list, a part of the record on file, a built-in shape, a part of the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from banli.errors import did_you_mean

BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "date_range": {
        "type": "object",
        "required": ["from", "to"],
        "additionalProperties": False,
        "properties": {
            "from": {"type": "string", "format": "date"},
            "to": {"type": "string", "format": "date"},
            "long_term": {"type": "boolean"},
        },
    },
    "photo": {"type": "string", "contentMediaType": "image/*", "maxLength": 100},
}
# Where a schema holds others: by name, as one, as a list.
MAPS = ("properties", "$defs", "patternProperties", "dependentSchemas")
SCHEMAS = (
    "items",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")


_WORDS = frozenset(("title", "description", "default", "examples", "$comment", "pii", "readOnly", "writeOnly", "deprecated"))
"""What says nothing about a value: what stands beside a `$ref` replaces it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A `$ref` that leads nowhere. `path` leads from the schema to the `$ref`'s text."""

    path: tuple[str | int, ...]
    code: str
    what: str
    cure: str = ""


@dataclass
class Resolver:
    """`dictionary` gives the data of a code list or None; `client` is the raw schema of the record on file.

    A record keeps codes that have been retired since, a new answer cannot take them.
    """

    dictionary: Callable[[str], Mapping[str, Any] | None]
    dictionaries: tuple[str, ...] = ()
    client: Mapping[str, Any] = field(default_factory=dict)
    retired: bool = False
    faults: list[Fault] = field(default_factory=list)

    def resolve(self, schema: Any) -> Any:
        """The schema without any `$ref`. What cannot be resolved is left out and told in `faults`."""
        return self._walk(schema, schema, (), ())

    def _walk(self, schema: Any, root: Any, path: tuple[str | int, ...], way: tuple[str, ...]) -> Any:
        if not isinstance(schema, Mapping):
            return schema
        plain: dict[str, Any] = {}
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                continue
            if key in MAPS and isinstance(value, Mapping):
                if key != "$defs":
                    plain[key] = {k: self._walk(v, root, (*path, key, k), way) for k, v in value.items()}
            elif key in SCHEMAS:
                plain[key] = self._walk(value, root, (*path, key), way)
            elif key in LISTS and isinstance(value, list):
                plain[key] = [self._walk(v, root, (*path, key, i), way) for i, v in enumerate(value)]
            else:
                plain[key] = value
        ref = schema.get("$ref")
        if isinstance(ref, str):
            plain = _conjoined(self._target(ref, root, (*path, "$ref"), way), plain)
        return plain

    def _target(self, ref: str, root: Any, path: tuple[str | int, ...], way: tuple[str, ...]) -> Mapping[str, Any]:
        if ref in way:
            self._tell(path, "ref-circle", f"'{ref}' leads back to itself.", "Write one of them out.")
            return {}
        where, colon, name = ref.partition(":")
        if ref.startswith("#/"):
            return self._definition(ref, root, path, way)
        if colon and where == "dictionary":
            return self._codes(name, path)
        if colon and where == "client":
            return self._on_file(ref, name, path, way)
        if colon and where == "banli":
            if name not in BUILT_IN:
                self._tell(
                    path,
                    "unknown-ref",
                    f"There is no 'banli:{name}'.",
                    did_you_mean(name, BUILT_IN) or f"There are: {', '.join(BUILT_IN)}.",
                )
            return BUILT_IN.get(name, {})
        self._tell(
            path,
            "unknown-ref",
            f"'{ref}' names nothing that can be referred to.",
            "Write dictionary:…, client:…, banli:… or #/$defs/….",
        )
        return {}

    def _definition(self, ref: str, root: Any, path: tuple[str | int, ...], way: tuple[str, ...]) -> Mapping[str, Any]:
        named = pointed(root, ref)
        if named is None:
            known = root.get("$defs", {}) if isinstance(root, Mapping) else {}
            cure = did_you_mean(ref.rpartition("/")[2], known if isinstance(known, Mapping) else ())
            self._tell(path, "unknown-ref", f"This schema has no '{ref}'.", cure)
            return {}
        found = self._quietly(named, root, path, (*way, ref))
        return found if isinstance(found, Mapping) else {}

    def _codes(self, name: str, path: tuple[str | int, ...]) -> Mapping[str, Any]:
        found = self.dictionary(name)
        if found is None:
            self._tell(
                path, "unknown-dictionary", f"There is no dictionary '{name}'.", did_you_mean(name, self.dictionaries)
            )
            return {"type": "string"}
        items = found.get("items")
        rows = [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
        codes = [str(item.get("code")) for item in rows if self.retired or item.get("retired") is not True]
        return {"type": "string", "enum": codes} if codes else {"type": "string"}

    def _on_file(self, ref: str, name: str, path: tuple[str | int, ...], way: tuple[str, ...]) -> Mapping[str, Any]:
        known = self.client.get("properties", {})
        if not isinstance(known, Mapping) or name not in known:
            self._tell(
                path,
                "unknown-client-property",
                f"The record on file has no '{name}'.",
                did_you_mean(name, known if isinstance(known, Mapping) else ()),
            )
            return {"type": "string"}
        found = self._quietly(known[name], self.client, path, (*way, ref))
        return found if isinstance(found, Mapping) else {}

    def _quietly(self, schema: Any, root: Any, path: tuple[str | int, ...], way: tuple[str, ...]) -> Any:
        """Resolves what a reference leads to. Only a circle is told here; the rest is told where it is written."""
        before = len(self.faults)
        found = self._walk(schema, root, (), way)
        new = self.faults[before:]
        del self.faults[before:]
        for fault in new:
            if fault.code == "ref-circle":
                self._tell(path, fault.code, fault.what, fault.cure)
                break
        return found

    def _tell(self, path: tuple[str | int, ...], code: str, what: str, cure: str) -> None:
        self.faults.append(Fault(path, code, what, cure))


def _conjoined(target: Mapping[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """A reference and what stands beside it: both hold, as the standard says. Words beside it are the ones that are shown."""
    made = {**target, **beside}
    if "properties" in target and "properties" in beside:
        made["properties"] = {**target["properties"], **beside["properties"]}
    if "required" in target and "required" in beside:
        made["required"] = [*target["required"], *(one for one in beside["required"] if one not in target["required"])]
    both = {k: v for k, v in target.items() if k in beside and beside[k] != v and k not in (*_WORDS, "required", "$defs")}
    if "properties" in both:
        twice = {k: v for k, v in both["properties"].items() if k in beside["properties"] and beside["properties"][k] != v}
        both = {**both, "properties": twice} if twice else {k: v for k, v in both.items() if k != "properties"}
    return {**made, "allOf": [*beside.get("allOf", ()), *target.get("allOf", ()), _without_all(both)]} if both else made


def _without_all(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "allOf"}


def written(schema: Any, path: tuple[str | int, ...], root: Any, client: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What stands at `path` as its author wrote it, through every `$ref` on the way, and the schema that its own `#/…` lead
    into. Empty where nothing stands."""
    for step in path:
        schema, root = _step(schema, step, root, client)
    return (schema if isinstance(schema, Mapping) else {}), (root if isinstance(root, Mapping) else {})


def _step(schema: Any, step: str | int, root: Any, client: Any) -> tuple[Any, Any]:
    for _ in range(20):
        if isinstance(schema, list):
            return (schema[step] if isinstance(step, int) and step < len(schema) else {}), root
        if not isinstance(schema, Mapping):
            return {}, root
        if step in schema and not (step == "properties" and "$ref" in schema):
            return schema[str(step)], root
        ref = schema.get("$ref")
        if not isinstance(ref, str):
            return {}, root
        found, below = _followed(ref, root, client)
        if step == "properties" and step in schema:
            more, _root = _step(found, step, below, client)
            return {**(more if isinstance(more, Mapping) else {}), **schema["properties"]}, root
        schema, root = found, below
    return {}, root


def _followed(ref: str, root: Any, client: Any) -> tuple[Any, Any]:
    """The schema that a reference names, with its root; code lists and our own shapes have nothing inside."""
    if ref.startswith("client:"):
        known = client.get("properties", {}) if isinstance(client, Mapping) else {}
        return known.get(ref.removeprefix("client:")), client
    return (pointed(root, ref), root) if ref.startswith("#/") else ({}, root)


def pointed(root: Any, ref: str) -> Any:
    """What a JSON pointer within the same schema (`#/$defs/address`) names, or None."""
    found = root
    for part in ref.removeprefix("#/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def dictionary_of(schema: Any, root: Mapping[str, Any], client: Mapping[str, Any]) -> str:
    """The id of the code list that a property's answers come from, through `items`, `client:` and `#/$defs/`; or ""."""
    for _ in range(20):
        if not isinstance(schema, Mapping):
            return ""
        ref = schema.get("$ref")
        if isinstance(ref, str):
            if ref.startswith("dictionary:"):
                return ref.removeprefix("dictionary:")
            if ref.startswith("client:"):
                schema, root = client.get("properties", {}).get(ref.removeprefix("client:")), client
            elif ref.startswith("#/"):
                schema = pointed(root, ref)
            else:
                return ""
        else:
            schema = schema.get("items")
    return ""
