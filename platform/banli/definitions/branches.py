"""What an object schema asks: its properties, and those that only some answers bring (if, oneOf, dependentSchemas)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from banli.definitions.holding import SILENT, condition, one_of

Schema = Mapping[str, Any]
Way = tuple[str | int, ...]
_BRANCHING = ("allOf", "if", "oneOf", "anyOf", "dependentSchemas", "patternProperties")


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object, as a page can ask it. `when` is the CEL under which the schema has it at all, over the
    bare names of its object; `path` leads to it from the object's schema."""

    name: str
    schema: Schema
    required: bool
    path: Way
    when: str = ""


@dataclass(frozen=True, slots=True)
class Unshown:
    """A part of a schema that no page can show, with the reason. `path` leads to it from the object's schema."""

    path: Way
    what: str
    cure: str


@dataclass
class Asking:
    """What an object schema asks. `tests` are the conditions that its branches give rise to, each with where it is from."""

    properties: dict[str, Property] = field(default_factory=dict)
    tests: list[tuple[Way, str]] = field(default_factory=list)
    unshown: list[Unshown] = field(default_factory=list)


def is_object(schema: Any) -> bool:
    """Does such a schema describe an object with properties that a page can ask one by one?"""
    if not isinstance(schema, Mapping):
        return False
    if schema.get("type") == "object":
        return True
    if "type" in schema:
        return False
    branches = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    return isinstance(branches, list) and all(isinstance(one, Mapping) and "properties" in one for one in branches)


def asking(schema: Schema) -> Asking:
    """The properties of a resolved object schema, the branches' after those that are always there."""
    found = Asking()
    if not any(key in schema for key in _BRANCHING):
        required = schema.get("required", ())
        for name, inner in schema.get("properties", {}).items():
            found.properties[name] = Property(name, shown(inner), name in required, ("properties", name))
        return found
    walk = _Walk(found)
    walk.always(schema, ())
    walk.sometimes(schema, (), ())
    return found


def shown(schema: Any) -> Schema:
    """The schema of what can be typed: null is how a page says nothing, so it is left out."""
    if not isinstance(schema, Mapping):
        return {}
    told = schema.get("type")
    if isinstance(told, list) and len(rest := [word for word in told if word != "null"]) == 1:
        schema = {**schema, "type": rest[0]}
    if isinstance(schema.get("enum"), list) and None in schema["enum"]:
        schema = {**schema, "enum": [value for value in schema["enum"] if value is not None]}
    for word in ("anyOf", "oneOf"):
        branches = schema.get(word)
        if isinstance(branches, list):
            real = [one for one in branches if not (isinstance(one, Mapping) and _is_null(one))]
            if len(real) == 1 and len(real) < len(branches) and isinstance(real[0], Mapping):
                schema = {**{key: value for key, value in schema.items() if key != word}, **real[0]}
            elif len(real) < len(branches):
                schema = {**schema, word: real}
    return dict(schema)


def titled(schema: Schema) -> list[tuple[Any, str]] | None:
    """The values with their titles of `oneOf: [{const, title}, …]` (or anyOf); None when it is something else."""
    for word in ("oneOf", "anyOf"):
        branches = schema.get(word)
        if isinstance(branches, list) and branches:
            if all(isinstance(one, Mapping) and "const" in one and "properties" not in one for one in branches):
                return [(one["const"], str(one.get("title", one["const"]))) for one in branches]
    return None


def fixed(schema: Any) -> list[Any]:
    """The few values that a schema allows by `const` or `enum`; empty when it allows more."""
    if not isinstance(schema, Mapping):
        return []
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if isinstance(schema.get("enum"), list) else []


def _is_null(schema: Schema) -> bool:
    return schema.get("type") == "null" or ("const" in schema and schema["const"] is None)


class _Walk:
    def __init__(self, found: Asking) -> None:
        self.found = found
        self.base: set[str] = set()

    def always(self, schema: Schema, path: Way) -> None:
        """The properties that are there whatever is answered: its own and those of `allOf`."""
        for name, inner in schema.get("properties", {}).items():
            here = (*path, "properties", name)
            known = self.found.properties.get(name)
            if known is None:
                self.found.properties[name] = Property(name, shown(inner), False, here)
            elif isinstance(inner, Mapping):
                self.found.properties[name] = replace(known, schema=_both(known.schema, shown(inner)))
            self.base.add(name)
        for index, one in enumerate(schema.get("allOf", ())):
            if isinstance(one, Mapping):
                self.always(one, (*path, "allOf", index))
        for name in schema.get("required", ()):
            if name in self.found.properties:
                self.found.properties[name] = replace(self.found.properties[name], required=True)
        if "patternProperties" in schema:
            self.found.unshown.append(
                Unshown(
                    (*path, "patternProperties"),
                    "A page cannot ask for properties whose names are a pattern.",
                    "Name them in 'properties', or make it a list of rows.",
                )
            )

    def sometimes(self, schema: Schema, path: Way, guards: tuple[str, ...]) -> None:
        """The properties that only some answers bring."""
        for index, one in enumerate(schema.get("allOf", ())):
            if isinstance(one, Mapping):
                if guards:
                    self.branch(one, (*path, "allOf", index), guards)
                else:
                    self.sometimes(one, (*path, "allOf", index), guards)
        if "if" in schema:
            self.fork(schema, path, guards)
        for name, one in schema.get("dependentSchemas", {}).items():
            if isinstance(one, Mapping) and self.brings(one):
                self.branch(one, (*path, "dependentSchemas", name), (*guards, f"{name} != null"))
        for word in ("oneOf", "anyOf"):
            branches = schema.get(word)
            if isinstance(branches, list):
                self.choose(branches, word, (*path, word), guards)

    def branch(self, schema: Schema, path: Way, guards: tuple[str, ...]) -> None:
        required = schema.get("required", ())
        when = " && ".join(f"({one})" for one in guards) if len(guards) > 1 else guards[0] if guards else ""
        for name, inner in schema.get("properties", {}).items():
            if name not in self.base and isinstance(inner, Mapping):
                made = Property(name, shown(inner), name in required, (*path, "properties", name), when)
                known = self.found.properties.get(name)
                self.found.properties[name] = made if known is None else self.joined(known, made)
        self.sometimes(schema, path, guards)

    def joined(self, known: Property, more: Property) -> Property:
        """The same property in two branches is one question."""
        if _sort(known.schema) != _sort(more.schema):
            self.found.unshown.append(
                Unshown(
                    more.path,
                    f"'{more.name}' is one thing in this branch and another in an earlier one.",
                    "Give it another name here, or the same type.",
                )
            )
            return known
        schema = known.schema
        if schema != more.schema:
            # What both say is checked at the question, the rest by the schema as a whole.
            schema = {key: value for key, value in schema.items() if key in SILENT or more.schema.get(key) == value}
            values = [*fixed(known.schema), *(one for one in fixed(more.schema) if one not in fixed(known.schema))]
            if fixed(known.schema) and fixed(more.schema):
                schema = {**schema, "enum": values}
        when = "" if not known.when or not more.when else known.when
        if when and more.when not in when.split(" || "):
            when = f"({known.when}) || ({more.when})"
        return Property(known.name, schema, known.required and more.required, known.path, when)

    def brings(self, schema: Any) -> bool:
        """Has a branch properties of its own, somewhere?"""
        if not isinstance(schema, Mapping):
            return False
        if any(name not in self.base for name, inner in schema.get("properties", {}).items() if inner is not False):
            return True
        below = [schema.get("then"), schema.get("else"), *schema.get("dependentSchemas", {}).values()]
        for word in ("allOf", "anyOf", "oneOf"):
            below += schema.get(word, ())
        return any(self.brings(one) for one in below)

    def fork(self, schema: Schema, path: Way, guards: tuple[str, ...]) -> None:
        then, other = schema.get("then"), schema.get("else")
        if not (self.brings(then) or self.brings(other)):
            return
        text = condition(schema["if"])
        if text is None:
            self.found.unshown.append(
                Unshown(
                    (*path, "if"),
                    "A page cannot tell while it is filled in whether this 'if' holds.",
                    "Use const, enum, minimum, maximum, required and not in it, or give the questions a 'when'.",
                )
            )
            return
        self.found.tests.append(((*path, "if"), text))
        if isinstance(then, Mapping):
            self.branch(then, (*path, "then"), (*guards, text))
        if isinstance(other, Mapping):
            self.branch(other, (*path, "else"), (*guards, f"!({text})"))

    def choose(self, branches: list[Any], word: str, path: Way, guards: tuple[str, ...]) -> None:
        """oneOf and anyOf: the property that tells the branches apart is asked, then what its branch has."""
        name = self.discriminator(branches)
        if not name:
            if any(map(self.brings, branches)):
                self.undecided(branches, word, path, guards)
            return
        values = [fixed(one["properties"][name]) for one in branches]
        when = " && ".join(f"({one})" for one in guards)
        known = self.found.properties.get(name)
        first = branches[0]["properties"][name]
        options = [
            {"const": value, "title": str(one["properties"][name].get("title") or value) if len(some) > 1
             else str(one.get("title") or one["properties"][name].get("title") or value)}
            for one, some in zip(branches, values, strict=True) for value in some
        ]  # fmt: skip
        if known is None:
            schema: Schema = {**_title(branches, name), "type": _json_type(fixed(first)[0]), "oneOf": options}
            needed = all(name in one.get("required", ()) for one in branches)
            self.found.properties[name] = Property(name, schema, needed, (*path, 0, "properties", name), when)
        elif not (fixed(known.schema) or titled(known.schema)):
            self.found.properties[name] = replace(known, schema={**known.schema, "oneOf": options})
        self.base.add(name)
        for index, (one, some) in enumerate(zip(branches, values, strict=True)):
            text = one_of(name, some)
            if text is not None:
                self.branch(one, (*path, index), (*guards, text))

    def undecided(self, branches: list[Any], word: str, path: Way, guards: tuple[str, ...]) -> None:
        """Branches with nothing to tell them apart. Those of anyOf may all be asked: the schema says which are enough."""
        if word == "oneOf":
            self.found.unshown.append(
                Unshown(
                    path,
                    "A page cannot ask which of these is meant: they share no property with a const of its own.",
                    "Give each a property such as 'kind: {const: …}', and require it.",
                )
            )
            return
        for index, one in enumerate(branches):
            if isinstance(one, Mapping):
                # An answer that does not fit its branch is no mistake while another branch fits.
                told = {name: _barely(inner) for name, inner in one.get("properties", {}).items()}
                self.branch({**one, "required": (), "properties": told}, (*path, index), guards)

    def discriminator(self, branches: list[Any]) -> str:
        if len(branches) < 2 or not all(isinstance(one, Mapping) and one.get("properties") for one in branches):
            return ""
        for name in branches[0]["properties"]:
            seen: list[Any] = []
            for one in branches:
                values = fixed(one["properties"].get(name))
                if not values or any(isinstance(v, dict | list) or v is None or v in seen for v in values):
                    break
                seen += values
            else:
                return str(name)
        return ""


def _both(one: Schema, other: Schema) -> Schema:
    """What two schemas of one value say together; where they differ, the second is checked as a whole."""
    return {**other, **one}


def _barely(schema: Any) -> Any:
    """What a question needs to know of a schema to be asked at all."""
    if not isinstance(schema, Mapping) or is_object(schema):
        return schema
    return {key: value for key, value in schema.items() if key in (*SILENT, "type", "pii", "contentMediaType")}


def _sort(schema: Schema) -> object:
    values = fixed(schema)
    return schema.get("type") or (_json_type(values[0]) if values else "object" if is_object(schema) else None)


def _json_type(value: Any) -> str:
    return {bool: "boolean", int: "integer", float: "number"}.get(type(value), "string")


def _title(branches: list[Any], name: str) -> dict[str, Any]:
    """The title of the property itself. Where the branches have none, its titles are theirs."""
    own = next((one["properties"][name]["title"] for one in branches if one["properties"][name].get("title")), None)
    return {"title": own} if own and any("title" in one for one in branches) else {}
