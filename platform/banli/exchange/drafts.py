"""Makes a JSON Schema of the drafts 4 to 2020-12 into one of 2020-12 that our files can hold: the same, and local."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from banli.definitions.checks.schemas import FORMATS, KEYWORDS, TYPES
from banli.exchange.names import Names, cleaned, free, property_names
from banli.exchange.shapes import PERSONAL, SHAPES
from banli.exchange.told import Pointer, Told, quoted
from banli.exchange.yaml_out import writable

Schema = dict[str, Any]
MAPS = ("properties", "patternProperties", "dependentSchemas")
ONE = (
    "items", "contains", "not", "if", "then", "else", "additionalProperties", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
ANNOTATIONS = frozenset(("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "pii"))
_OURS = ("dictionary:", "client:", "banli:")
_META = jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})
_OLD = re.compile(r"draft-0([3467])")
LARGEST = 20_000
"""Parts of the schema when every reference is written out."""


class TooLarge(Exception):
    """A small file can name more parts than a page, or a checker, could ever hold."""


class Modern:
    """One document. `schema()` gives its root; `defs` the parts that are referred to, by their new names."""

    def __init__(self, root: Any, told: Told) -> None:
        self.root, self.told = root, told
        self.names = Names(property_names(root))
        self.defs: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}
        self.by_pointer: dict[Pointer, str] = {}
        self._open: list[Pointer] = []
        said = root.get("$schema") if isinstance(root, Mapping) else None
        old = _OLD.search(said) if isinstance(said, str) else None
        self.old = int(old[1]) if old else 0
        own = root.get("$id", root.get("id")) if isinstance(root, Mapping) else None
        self.own = own.partition("#")[0] if isinstance(own, str) else ""

    def schema(self) -> Any:
        if not isinstance(self.root, Mapping):
            return {}
        found = self.read(self.root, ())
        self._tell_unused()
        if self.size(found) > LARGEST:
            raise TooLarge
        return found

    def size(self, schema: Any) -> int:
        """How many parts it has when every reference is written out."""
        if isinstance(schema, list):
            return sum(map(self.size, schema))
        if not isinstance(schema, Mapping):
            return 0
        ref = schema.get("$ref")
        inside = 0
        if isinstance(ref, str) and ref.startswith("#/$defs/"):
            name = ref.removeprefix("#/$defs/")
            if name not in self.sizes:
                self.sizes[name] = 0
                self.sizes[name] = self.size(self.defs.get(name))
            inside = self.sizes[name]
        return 1 + inside + sum(self.size(value) for value in schema.values())

    def read(self, value: Any, at: Pointer) -> Any:
        """One schema and all in it. A boolean stays one."""
        if isinstance(value, bool):
            return value
        if not isinstance(value, Mapping):
            self.told.say(at, "no-schema", f"{quoted(value)} is no schema.", "Write {…}, true or false.")
            return True
        found: Schema = {}
        for key, inner in self._renewed(value, at).items():
            self._keyword(found, key, inner, (*at, key))
        ref = value.get("$ref")
        if isinstance(ref, str):
            self._refer(found, ref, (*at, "$ref"))
        return _unwrapped(found)

    def _renewed(self, value: Mapping[str, Any], at: Pointer) -> dict[str, Any]:
        """The words of older drafts in those of 2020-12."""
        new = dict(value)
        if isinstance(new.get("items"), list):
            new["prefixItems"] = new.pop("items")
            if "additionalItems" in new:
                new["items"] = new["additionalItems"]
        new.pop("additionalItems", None)
        for key, sort in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(new.get(key), bool):
                strict = new.pop(key)
                if strict and sort in new:
                    new[key] = new.pop(sort)
        together = new.pop("dependencies", None)
        if isinstance(together, Mapping):
            lists = {name: inner for name, inner in together.items() if isinstance(inner, list)}
            rest = {name: inner for name, inner in together.items() if not isinstance(inner, list)}
            new |= {"dependentRequired": lists} if lists else {}
            new |= {"dependentSchemas": rest} if rest else {}
        words = new.pop("enumNames", new.pop("x-enumNames", None))
        codes = new.get("enum")
        if isinstance(words, list) and isinstance(codes, list) and len(words) == len(codes) and "oneOf" not in new:
            del new["enum"]
            new["oneOf"] = [{"const": code, "title": str(word)} for code, word in zip(codes, words, strict=True)]
        if new.get("$comment") == PERSONAL:
            new["pii"] = bool(new.pop("$comment"))
        if SHAPES.get(str(new.get("format"))) == new.get("pattern", ""):
            del new["pattern"]
        for key in (
            "$ref",
            "definitions",
            "$defs",
            "$schema",
            "$anchor",
            "$dynamicAnchor",
            "$vocabulary",
            "$recursiveAnchor",
            "id",
        ):
            new.pop(key, None)
        if not at:
            new.pop("$id", None)
        return new

    def _tell_unused(self) -> None:
        """Parts that nothing refers to are not carried over."""
        for where in ("definitions", "$defs"):
            parts = self.root.get(where)
            for name in parts if isinstance(parts, Mapping) else ():
                if not any(pointer[:2] == (where, name) for pointer in self.by_pointer):
                    self.told.say((where, name), "not-used", "Nothing refers to this part, so it was left out.")

    def _keyword(self, found: Schema, key: str, value: Any, at: Pointer) -> None:
        tell = self.told.say
        if key not in KEYWORDS or key in ("$id", "contentSchema"):
            cure = (
                "Parts that are named relative to it are not found."
                if key == "$id"
                else "Keep what it says in the layout, a hint or a rule."
            )
            tell(at, "unknown-keyword", f"{quoted(key)} says nothing to a form, so it was left out.", cure)
        elif key in MAPS:
            if isinstance(value, Mapping):
                found[key] = self._map(key, value, at)
            else:
                tell(at, "bad-value", f"{quoted(value)} is no map of schemas, so it was left out.")
        elif key in ONE:
            found[key] = self.read(value, at)
        elif key in SEVERAL:
            if isinstance(value, list) and value:
                found[key] = [self.read(inner, (*at, index)) for index, inner in enumerate(value)]
            else:
                tell(at, "bad-value", "This is no list of schemas, so it was left out.")
        else:
            self._leaf(found, key, value, at)

    def _leaf(self, found: Schema, key: str, value: Any, at: Pointer) -> None:
        tell = self.told.say
        if key == "enum" and isinstance(value, list):
            value = self._codes(value, at)
        elif key == "pii" and not isinstance(value, bool):
            return tell(at, "bad-value", "'pii' is true or false, so this was left out.")
        if key == "type" and any(word not in TYPES for word in (value if isinstance(value, list) else [value])):
            return tell(
                at, "unknown-type", f"There is no type {quoted(value)}, so it was left out.", f"There are: {', '.join(TYPES)}."
            )
        if not _META.is_valid({key: value}) if key != "pii" else False:
            return tell(at, "bad-value", f"{quoted(value)} cannot be the value of '{key}', so it was left out.")
        if not writable(value):
            return tell(
                at, "unwritable", f"The value of '{key}' is a number, text or nest that our files cannot hold; it was left out."
            )
        if key == "format" and value not in FORMATS:
            return tell(
                at,
                "unknown-format",
                f"There is no format {quoted(value)}; it was left out.",
                "Any validator passes over it too. Give a pattern.",
            )
        if key == "pattern" and not _compiles(value):
            return tell(
                at,
                "bad-pattern",
                f"{quoted(value)} is no pattern that is understood here, so it was left out.",
                "Write it simpler.",
            )
        if key == "required":
            value = [self.names(name) for name in value]
        elif key == "dependentRequired":
            value = {self.names(name): [self.names(other) for other in others] for name, others in value.items()}
        elif isinstance(value, str) and key in ("title", "description"):
            value = self.plain(value, at)
        found[key] = value
        return None

    def plain(self, text: str, at: Pointer) -> str:
        """A text for people, without what would be a placeholder here."""
        if "{{" in text or "{%" in text or "{#" in text:
            self.told.say(at, "placeholder", "Texts with '{{', '{%' or '{#' hold placeholders here; the braces were set apart.")
            text = re.sub(r"\{(?=[{%#])", "{ ", text)
        return text

    def _codes(self, values: list[Any], at: Pointer) -> list[Any]:
        kept: list[Any] = []
        for index, value in enumerate(values):
            if not writable(value):
                self.told.say((*at, index), "unwritable", "This option cannot be held in our files, so it was left out.")
            elif not any(value == one and type(value) is type(one) for one in kept):
                kept.append(value)
        return kept

    def _map(self, key: str, value: Mapping[str, Any], at: Pointer) -> Schema:
        found: Schema = {}
        for name, inner in value.items():
            here = (*at, name)
            new = name if key == "patternProperties" else self.names(name)
            if new != name and key == "properties":
                self.told.say(here, "renamed", f"{quoted(name)} cannot be the name of a question; it is called '{new}' now.")
            if key == "patternProperties" and not writable({name: None}):
                self.told.say(here, "unwritable", "This name cannot be held in our files, so it was left out.")
                continue
            schema = self.read(inner, here)
            found[new] = schema if isinstance(schema, Mapping) else {} if schema else {"not": {}}
        return found

    def _refer(self, found: Schema, ref: str, at: Pointer) -> None:
        """Puts the reference in, and beside it only what may stand there."""
        if ref.startswith(_OURS):
            found["$ref"] = ref
            return
        name = self._local(ref, at)
        if name is None:
            return
        if 0 < self.old < 8:
            for key in sorted(set(found) - ANNOTATIONS):
                self.told.say((*at[:-1], key), "beside-ref", f"Beside '$ref' this draft passes over '{key}', so it was left out.")
                del found[key]
        target = self.defs[name]
        if isinstance(target, bool):
            if target is False:
                found["not"] = {}
            return
        found["$ref"] = f"#/$defs/{name}"

    def _local(self, ref: str, at: Pointer) -> str | None:
        """The new name of what a reference leads to inside the document."""
        where, _, fragment = ref.partition("#")
        if where and where != self.own:
            self.told.say(
                at, "outside-ref", f"{quoted(ref)} lies in another document, so it was left out.", "Put it into this one."
            )
            return None
        pointer = self._pointer(unquote(fragment))
        if pointer is None:
            self.told.say(at, "unknown-ref", f"{quoted(ref)} leads nowhere, so it was left out.", "Mend it.")
            return None
        if pointer == () or pointer in self._open:
            self.told.say(
                at,
                "ref-circle",
                f"{quoted(ref)} leads back to itself, so it was left out.",
                "A page has an end: write out as many levels as needed.",
            )
            return None
        if pointer not in self.by_pointer:
            name = free(cleaned(str(pointer[-1]), "part"), self.defs)
            self.by_pointer[pointer] = name
            self.defs[name] = {}
            self._open.append(pointer)
            self.defs[name] = self.read(_at(self.root, pointer), pointer)
            self._open.pop()
        return self.by_pointer[pointer]

    def _pointer(self, fragment: str) -> Pointer | None:
        if fragment and not fragment.startswith("/"):
            return next((found for found in _anchors(self.root) if _at(self.root, found).get("$anchor") == fragment), None)
        pointer: Pointer = ()
        value = self.root
        for part in fragment.split("/")[1:]:
            step: str | int = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list):
                if not str(step).isdecimal() or len(str(step)) > 6 or int(step) >= len(value):
                    return None
                step = int(step)
            elif not isinstance(value, Mapping) or step not in value:
                return None
            value = value[step]
            pointer = (*pointer, step)
        return pointer


def _unwrapped(schema: Schema) -> Schema:
    """`allOf` with one member, as generators write it to put a title beside a reference, is that member."""
    members = schema.get("allOf")
    if isinstance(members, list) and len(members) == 1 and isinstance(members[0], Mapping):
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        if not (set(rest) - ANNOTATIONS) & set(members[0]) and not ("$ref" in members[0] and set(rest) - ANNOTATIONS):
            return {**members[0], **rest}
    return schema


def _at(value: Any, pointer: Pointer) -> Any:
    for step in pointer:
        value = value[step]
    return value


def _anchors(value: Any, at: Pointer = ()) -> list[Pointer]:
    found: list[Pointer] = []
    if isinstance(value, Mapping):
        found += [at] if isinstance(value.get("$anchor"), str) else []
        for key, inner in value.items():
            found += _anchors(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _anchors(inner, (*at, index))
    return found


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (ValueError, jsonschema_rs.ValidationError):
        return False
    return True
