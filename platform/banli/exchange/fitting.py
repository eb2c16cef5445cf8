"""Fits a schema to what pages can ask: types and titles where they are missing, and what no page can show told and mended."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from banli.definitions.branches import Unshown, asking, fixed, is_object, titled
from banli.definitions.checks.alike import way_out
from banli.definitions.kinds import Kinds
from banli.exchange import names as naming
from banli.exchange.conditions import NoCondition, Subject, formula_of
from banli.exchange.drafts import ANNOTATIONS, Modern
from banli.exchange.formulas import Formula, negate
from banli.exchange.layouts import Leaf, Names, Page
from banli.exchange.told import Pointer

Schema = dict[str, Any]
Way = tuple[str | int, ...]
MOST = 300
ROUNDS = 200
_BRANCHES = ("then", "else", "allOf", "anyOf", "oneOf", "dependentSchemas")
_FREE = {
    "additionalProperties": "Properties with names that nobody knows beforehand cannot be asked.",
    "propertyNames": "The names of properties are not the client's to choose.",
}
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
_TEXT = frozenset(("pattern", "minLength", "maxLength", "format", "contentMediaType", "contentEncoding"))
_NUMBER = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))


class Fitting:
    """`schema` is the form's, with its `$defs`; it is mended in place. `resolve` writes out every `$ref`."""

    def __init__(self, modern: Modern, root: Schema, kinds: Kinds, resolve: Callable[[Schema], Schema]) -> None:
        self.modern, self.kinds, self.resolve = modern, kinds, resolve
        self.say = modern.told.say
        self.schema: Schema = {"type": "object", **root, "$defs": modern.defs}
        self.schema.setdefault("properties", {})
        self.whens: dict[Names, Formula] = {}
        self.count = 0
        self.old = {new: old for old, new in modern.names.new.items()}
        self.pointers = {name: pointer for pointer, name in modern.by_pointer.items()}

    def fit(self) -> Schema:
        """Mends until a page can show all of it; the schema with every `$ref` written out."""
        for _ in range(ROUNDS):
            resolved = self.resolve(self.schema)
            if not self._mend(resolved, (), ()):
                return resolved
        raise NoCondition("it has too many parts that no page can show")

    # Places

    def chain(self, schema: Any) -> Iterator[Schema]:
        """A part of the file, and what its `$ref`s bring."""
        for _ in range(20):
            if not isinstance(schema, dict):
                return
            yield schema
            ref = str(schema.get("$ref", ""))
            schema = self.modern.defs.get(ref.removeprefix("#/$defs/")) if ref.startswith("#/$defs/") else None

    def walk(self, way: Way) -> tuple[Any, Pointer]:
        """What the file says at a place of the resolved schema, to be changed, and where the document that was read says it, as
        nearly as can be told."""
        here: Any = self.schema
        pointer: list[str | int] = []
        for place, step in enumerate(way):
            after = way[place + 1] if step == "properties" and place + 1 < len(way) else None
            for part in self.chain(here) if isinstance(here, dict) else ():
                if part is not here:
                    name = next((n for n, schema in self.modern.defs.items() if schema is part), "")
                    pointer = list(self.pointers.get(name, pointer))
                if step in part and (after is None or after in part[step]):
                    here = part
                    break
            named = place > 0 and way[place - 1] in ("properties", "dependentSchemas")
            pointer.append(self.old.get(str(step), step) if named else step)
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                return None, tuple(pointer)
        return here, tuple(pointer)

    def raw(self, way: Way) -> Schema | None:
        found = self.walk(way)[0]
        return found if isinstance(found, dict) else None

    def pointer(self, way: Way) -> Pointer:
        return self.walk(way)[1]

    # Mending

    def _mend(self, obj: Mapping[str, Any], way: Way, path: Names) -> bool:
        """Mends one object schema and what is inside of it; True: something changed, look again."""
        found = asking(obj)
        for unshown in found.unshown:
            self._mend_unshown(obj, way, unshown, path)
            return True
        for key, what in _FREE.items():
            if isinstance(obj.get(key), Mapping) and self._take(way, key, what):
                return True
        changed = False
        for name, asked in found.properties.items():
            here = (*way, *asked.path)
            raw = self.raw(here)
            if raw is None:
                continue
            before = dict(raw)
            self._type(raw, asked.schema, here)
            changed |= raw != before or ("type" not in asked.schema and self._level(way, name))
            if not str(asked.schema.get("title", "")).strip() and not str(raw.get("title", "")).strip():
                raw["title"] = naming.titled(self.old.get(name, name))
                changed = True
        for name in obj.get("required", ()):
            mine = self.raw(way)
            if name not in found.properties and mine is not None:
                self.say(
                    (*self.pointer(way), "required"),
                    "undescribed",
                    f"'{name}' is required but described nowhere; it is asked as text.",
                )
                mine.setdefault("properties", {})[name] = {"type": "string", "title": naming.titled(self.old.get(name, name))}
                changed = True
        if changed:
            return True
        for name, asked in found.properties.items():
            inner, here = asked.schema, (*way, *asked.path)
            if inner.get("type") == "array" and is_object(inner.get("items")):
                inner, here = inner["items"], (*here, "items")
            if is_object(inner) and self._mend(inner, here, (*path, name)):
                return True
        return False

    def _take(self, way: Way, key: str, what: str) -> bool:
        owner = next((part for part in self.chain(self.raw(way)) if key in part), None)
        if owner is None:
            return False
        del owner[key]
        self.say((*self.pointer(way), key), "cannot-show", f"{what} This was left out.")
        return True

    def _mend_unshown(self, obj: Mapping[str, Any], base: Way, unshown: Unshown, path: Names) -> None:
        """One part that no page can show: asked otherwise where that is possible, else left out."""
        way = (*base, *unshown.path)
        key, at = str(way[-1]), self.pointer(way)
        place = way[:-2] if way[-2:-1] == ("properties",) else way[:-1]
        named = place != way[:-1]
        for part in self.chain(self.raw(place)):
            owner = part.get("properties", {}) if named else part
            if key in owner:
                break
        else:
            raise NoCondition("a part of it that no page can show cannot be found again")
        if key == "oneOf" and not named:
            branches = {"anyOf": owner.pop("oneOf")}
            owner.update({"allOf": [*owner.get("allOf", ()), branches]} if "anyOf" in owner else branches)
            self.say(
                at,
                "alternatives",
                f"{unshown.what} The questions of all are asked; the answers must fit at least one.",
                unshown.cure,
            )
        elif key == "if" and not named:
            self._lift(obj, owner, base, unshown.path, path)
        else:
            del owner[key]
            self.say(at, "cannot-show", f"{unshown.what} It was left out.", unshown.cure)

    def _lift(self, obj: Mapping[str, Any], owner: Schema, base: Way, inner: Way, path: Names) -> None:
        """The questions of the branches of such an `if` are asked beside the others; the `if` goes on checking them."""
        at = self.pointer((*base, *inner))
        formula: Formula | None = None
        try:
            if any(step in ("then", "else", "oneOf", "anyOf", "dependentSchemas") for step in inner):
                raise NoCondition("it stands inside of another condition")
            formula = formula_of(self._written_out(owner["if"]), Subject("", view(obj), view))
        except NoCondition as reason:
            what = f"This condition cannot be said here: {reason}. What it shows is asked always, and checked."
            self.say(at, "condition", what, "Write a 'when'.")
        then, other = dict(self._declared(owner.get("then"))), dict(self._declared(owner.get("else")))
        own = next((part for part in self.chain(self.raw(base)) if "properties" in part), self.raw(base))
        if own is None:
            raise NoCondition("a part of it cannot be found again")
        asked = own.setdefault("properties", {})
        for name, schema in {**other, **then}.items():
            if name in asked:
                continue
            asked[name] = copy.deepcopy(dict(schema))
            when = None if formula is None or (name in then and name in other) else formula if name in then else negate(formula)
            if when is False:
                self.say(
                    at,
                    "never-asked",
                    f"The condition of '{name}' can never come true; it is asked always.",
                    "Mend the condition.",
                )
            elif when is not None:
                self.whens[(*path, name)] = when

    def _declared(self, branch: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
        if not isinstance(branch, Mapping) or depth > 10:
            return
        opened: Schema = {}
        for part in self.chain(branch):
            opened = {**part, **opened}
        yield from ((name, inner) for name, inner in opened.get("properties", {}).items() if inner != {"not": {}})
        below = [opened.get("then"), opened.get("else"), *opened.get("dependentSchemas", {}).values()]
        for word in ("allOf", "anyOf", "oneOf"):
            below += opened.get(word, ())
        for one in below:
            yield from self._declared(one, depth + 1)

    def _written_out(self, schema: Any) -> Any:
        return self.resolve({"$defs": self.modern.defs, "not": schema}).get("not")

    # Questions

    def _level(self, way: Way, name: str) -> bool:
        """A question that several branches declare gets one type where all of them mean it."""
        declared = list(self._declarations(self.raw(way), name, 0))
        types = {one["type"] for one in declared if isinstance(one.get("type"), str)}
        if len(types) != 1:
            return False
        (kind,) = types
        open_ = [one for one in declared if "type" not in one and "$ref" not in one]
        fitting = [
            one for one in open_ if (values := fixed(one)) and all(_JSON_TYPES.get(type(value)) == kind for value in values)
        ]
        for one in fitting:
            one["type"] = kind
        return bool(fitting)

    def _declarations(self, raw: Any, name: str, depth: int) -> Iterator[Schema]:
        for part in self.chain(raw) if depth < 12 else ():
            if isinstance(found := part.get("properties", {}).get(name), dict):
                yield found
            for word in _BRANCHES:
                below = part.get(word)
                inner = below if isinstance(below, list) else below.values() if word == "dependentSchemas" and below else [below]
                for one in inner:
                    yield from self._declarations(one, name, depth + 1)

    def _type(self, raw: Schema, schema: Mapping[str, Any], way: Way) -> None:
        """Gives a question the type that its schema leaves open."""
        told = schema.get("type")
        if isinstance(told, list):
            kinds = [word for word in told if word != "null"]
            chosen = "number" if set(kinds) == {"number", "integer"} else "string" if "string" in kinds or not kinds else kinds[0]
            raw["type"] = chosen
            self.say((*self.pointer(way), "type"), "several-types", f"A question has one type; this one is asked as {chosen}.")
            return
        values = fixed(schema)
        if values and all(isinstance(value, bool) for value in values) and ("enum" in raw):
            raw.pop("enum")
            raw |= {"type": "boolean"} if len(set(values)) == 2 else {"const": values[0]}
            return
        if told is not None or values or titled(schema) or is_object(schema):
            return
        keys = set(schema) - ANNOTATIONS
        kind = (
            "object" if "properties" in keys else "array" if keys & {"items", "minItems", "maxItems", "uniqueItems"}
            else "string" if keys & _TEXT else "number" if keys & _NUMBER else "" if keys else "string"
        )  # fmt: skip
        if not kind or str(raw.get("$ref", "")).partition(":")[0] in ("dictionary", "client", "banli"):
            return
        raw["type"] = kind
        self.say(self.pointer(way), "no-type", f"No type is given; it is asked as {'text' if kind == 'string' else kind}.")

    def page(self, resolved: Mapping[str, Any], way: Way = (), path: Names = (), inside: str = "", in_rows: bool = False) -> Page:
        """The questions that can be asked; the others are told, and nobody is held to them."""
        page = Page()
        for name, asked in asking(resolved).properties.items():
            here = (*way, *asked.path)
            reason, cure = self._unaskable(name, asked.schema, inside, in_rows)
            settings = self._settings(asked.schema, here)
            if not str(asked.schema.get("title", "")).strip():
                settings["title"] = naming.titled(self.old.get(name, name))
            if settings.get("read_only"):
                self.unrequire(way, name)
            kind = str(settings.get("kind") or self.kinds.default_field(asked.schema))
            self.count += 1
            if self.count > MOST:
                reason, cure = f"A page holds at most {MOST} questions.", "Make several forms."
            below = None
            if not reason and kind in ("object", "group_list"):
                rows = kind == "group_list"
                inner = asked.schema["items"] if rows else asked.schema
                below = self.page(inner, (*here, "items") if rows else here, (*path, name), name, in_rows or rows)
                if not below.leaves:
                    reason, cure = "Nothing inside of it can be asked.", ""
            if reason:
                self.say(self.pointer(here), "not-asked", reason, cure)
                if self.unrequire(way, name):
                    self.say(self.pointer(here), "not-required", f"'{name}' was required; nobody is held to it here.")
                continue
            when = self.whens.get((*path, name), True)
            place = self.pointer(here)
            page.leaves[name] = Leaf(name, place, asked.schema, kind, asked.required, settings, when, below, way)
        return page

    def _unaskable(self, name: str, schema: Mapping[str, Any], inside: str, in_rows: bool) -> tuple[str, str]:
        if schema.get("const", True) is not True and isinstance(schema.get("const"), bool):
            kind = "yes_no"
        else:
            kind = "yes_no" if schema.get("const") is True else self.kinds.default_field(schema)
        shape = self.kinds.fields.get(kind)
        if shape is None:
            return "No kind of question takes such a schema.", way_out(schema)
        if kind == "choice" and not _options(schema):
            return "This is a choice without options.", ""
        if inside and not shape.in_rows and not (kind == "group_list" and not in_rows):
            what = "a list of rows" if in_rows else "an object"
            return f"A question inside {what} cannot be of the kind '{kind}'.", "Ask it outside."
        return "", ""

    def _settings(self, schema: Mapping[str, Any], way: Way) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if isinstance(schema.get("const"), bool):
            settings["kind"] = "yes_no"
            if schema["const"] is True:
                self.say(
                    self.pointer(way),
                    "consent",
                    "This must be true; it is asked as yes or no.",
                    "To make it a consent, name its 'agreement'.",
                )
        hint = schema.get("description")
        if isinstance(hint, str) and hint.strip():
            settings["hint"] = hint.strip()
        if schema.get("readOnly") is True:
            settings["read_only"] = True
            what = "Only shown, and nothing on file is named that it shows; nobody is asked for it."
            self.say((*self.pointer(way), "readOnly"), "read-only", what, "Give it a 'prefill: client.…'.")
        if "default" in schema:
            self.say(
                (*self.pointer(way), "default"),
                "default",
                "Pages begin empty, or with what is on file; the default is kept but not shown.",
            )
        return settings

    def unrequire(self, way: Way, name: str) -> bool:
        """Takes a name from all `required` of an object and its branches."""
        raw = self.raw(way)
        return raw is not None and self._unrequire(raw, name, 0)

    def _unrequire(self, raw: Any, name: str, depth: int) -> bool:
        if not isinstance(raw, dict) or depth > 12:
            return False
        found = False
        if name in raw.get("required", ()):
            raw["required"] = [one for one in raw["required"] if one != name]
            if not raw["required"]:
                del raw["required"]
            found = True
        for others in raw.get("dependentRequired", {}).values():
            if name in others:
                others.remove(name)
                found = True
        ref = str(raw.get("$ref", ""))
        if ref.startswith("#/$defs/"):
            found |= self._unrequire(self.modern.defs.get(ref.removeprefix("#/$defs/")), name, depth + 1)
        for word in _BRANCHES:
            below = raw.get(word)
            parts = (
                below
                if isinstance(below, list)
                else below.values()
                if word == "dependentSchemas" and isinstance(below, dict)
                else [below]
            )
            for part in parts:
                found |= self._unrequire(part, name, depth + 1)
        return found


def view(schema: Any) -> Schema:
    """An object schema with all that it asks among its properties; anything else as it is."""
    if not isinstance(schema, Mapping):
        return {}
    if not is_object(schema):
        return dict(schema)
    return {**schema, "properties": {name: one.schema for name, one in asking(schema).properties.items()}}


def _options(schema: Mapping[str, Any]) -> bool:
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    return bool(fixed(inner) or titled(inner))
