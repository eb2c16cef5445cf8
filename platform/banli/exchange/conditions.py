"""A JSON Schema that asks a question (`if`, the condition of a rule) as a condition in CEL, with the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from banli.exchange.formulas import Atom, Formula, both, either, negate, strict
from banli.exchange.yaml_out import number_text

Schema = Mapping[str, Any]
_SAYS_NOTHING = frozenset(
    ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "pii", "$comment", "$defs")
)
_LITERAL = re.compile(r"[^\\^$.|?*+()\[\]{}]+\Z")
_BOUNDS = {"minimum": (">=", "<"), "maximum": ("<=", ">"), "exclusiveMinimum": (">", "<="), "exclusiveMaximum": ("<", ">=")}
_SIZES = {"minLength": ">=", "maxLength": "<=", "minItems": ">=", "maxItems": "<="}
_TURNED = {">=": "<", "<=": ">"}
_MOST_ALTERNATIVES = 4


class NoCondition(Exception):
    """What a condition cannot say. The text is the reason, the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: its name in conditions, its schema, and how to open `$ref`s."""

    name: str
    schema: Schema
    opened: Callable[[Any], Schema]

    def part(self, name: str) -> Subject:
        properties = self.schema.get("properties", {})
        if name not in properties:
            raise NoCondition(f"it asks about '{name}', which is no question here")
        inner = self.opened(properties[name])
        return Subject(f"{self.name}.{name}" if self.name else name, inner, self.opened)


def formula_of(schema: Any, subject: Subject) -> Formula:
    """Whether the subject's value, which is there, fits the schema."""
    if isinstance(schema, bool):
        return schema
    schema = subject.opened(schema)
    parts: list[Formula] = []
    for key, value in schema.items():
        if key in _SAYS_NOTHING or key in ("then", "else") or (key == "required" and "properties" in schema):
            continue
        parts.append(_keyword(key, value, schema, subject))
    return both(*parts)


def if_there(formula: Formula, subject: Subject, *, needed: bool) -> Formula:
    """The same for a value that may be missing: then it fits, unless it is needed."""
    missing = Atom(f"{subject.name} == null", f"{subject.name} != null", known=True)
    if needed:
        return formula if strict(formula) else both(negate(missing), formula)
    return either(missing, formula)


def _keyword(key: str, value: Any, schema: Schema, subject: Subject) -> Formula:
    match key:
        case "const":
            return _one_of([value], subject)
        case "enum":
            return _one_of(value, subject)
        case "type":
            return _type(value, subject)
        case "properties" | "required":
            return _object(schema, subject)
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            _need(subject, "number", "integer")
            sign, turned = _BOUNDS[key]
            number = literal(value)
            return Atom(f"{subject.name} {sign} {number}", f"{subject.name} {turned} {number}")
        case "minLength" | "maxLength" | "minItems" | "maxItems":
            _need(subject, "string" if "Length" in key else "array")
            sign = _SIZES[key]
            return Atom(f"size({subject.name}) {sign} {literal(value)}", f"size({subject.name}) {_TURNED[sign]} {literal(value)}")
        case "pattern":
            return _pattern(value, subject)
        case "contains":
            return _contains(value, schema, subject)
        case "not":
            return negate(formula_of(value, subject))
        case "allOf":
            return both(*(formula_of(one, subject) for one in value))
        case "anyOf":
            return either(*(formula_of(one, subject) for one in value))
        case "oneOf":
            return _exactly_one([formula_of(one, subject) for one in value])
        case "if":
            when = formula_of(value, subject)
            yes, no = formula_of(schema.get("then", True), subject), formula_of(schema.get("else", True), subject)
            return both(either(negate(when), yes), either(when, no))
    raise NoCondition(f"'{key}' has no twin among conditions")


def literal(value: Any) -> str:
    """A value as CEL writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and (found := number_text(value)) is not None:
        return found
    if isinstance(value, str) and len(value) <= 200 and not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise NoCondition("it compares with a value that a condition cannot hold")


def _one_of(values: list[Any], subject: Subject) -> Formula:
    """Among these. A value that the subject can never have is left out, for a condition refuses to name it."""
    possible = [value for value in values if value is not None and _possible(value, subject.schema)]
    if not possible:
        return False
    if subject.schema.get("type") == "boolean" and len(possible) == 2:
        return True
    if len(possible) == 1:
        word = literal(possible[0])
        return Atom(f"{subject.name} == {word}", f"{subject.name} != {word}", strict=True, known=True)
    words = ", ".join(map(literal, possible))
    return Atom(f"{subject.name} in [{words}]", f"!({subject.name} in [{words}])", strict=True, known=True)


def _possible(value: Any, schema: Schema) -> bool:
    kind = schema.get("type")
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int | float) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
    }
    if kind in ("array", "object") or isinstance(kind, list):
        raise NoCondition("it compares a list or a group as a whole")
    if not fits.get(str(kind), True):
        return False
    codes = schema.get("enum") or [one["const"] for one in schema.get("oneOf", ()) if isinstance(one, Mapping) and "const" in one]
    return not codes or value in codes


def _type(value: Any, subject: Subject) -> Formula:
    wanted = value if isinstance(value, list) else [value]
    own = subject.schema.get("type")
    if not isinstance(own, str) and "enum" in subject.schema:
        own = "string" if all(isinstance(code, str) for code in subject.schema["enum"]) else None
    if not isinstance(own, str):
        raise NoCondition("it asks for the type of a value of unknown type")
    if own == "number" and "integer" in wanted and "number" not in wanted:
        raise NoCondition("it asks whether a number is whole")
    return own in wanted or (own == "integer" and "number" in wanted)


def _need(subject: Subject, *types: str) -> None:
    if subject.schema.get("type") not in types:
        raise NoCondition(f"it measures '{subject.name}', which is of another type")


def _object(schema: Schema, subject: Subject) -> Formula:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    parts = []
    for name in dict.fromkeys((*required, *properties)):
        inner = subject.part(name)
        parts.append(if_there(formula_of(properties.get(name, True), inner), inner, needed=name in required))
    return both(*parts)


def _pattern(value: str, subject: Subject) -> Formula:
    _need(subject, "string")
    start, end = value.startswith("^"), value.endswith("$") and not value.endswith("\\$")
    middle = value[start : len(value) - end]
    if start and end and middle.startswith("(") and middle.endswith(")"):
        words = middle[1:-1].removeprefix("?:").split("|")
        if all(_LITERAL.match(word) for word in words):
            return _one_of(words, subject)
    if not _LITERAL.match(middle) or "$" in middle:
        raise NoCondition("its pattern is more than a plain text")
    if start and end:
        return _one_of([middle], subject)
    called = "startsWith" if start else "endsWith" if end else "contains"
    return Atom(f"{subject.name}.{called}({literal(middle)})")


def _contains(value: Any, schema: Schema, subject: Subject) -> Formula:
    _need(subject, "array")
    if schema.get("minContains", 1) != 1 or "maxContains" in schema:
        raise NoCondition("it counts what a list contains")
    inner = subject.opened(value) if isinstance(value, Mapping) else {}
    if not inner or set(inner) - {"const", "enum", "type"} - _SAYS_NOTHING:
        raise NoCondition("it looks for more than a value in a list")
    item = Subject("", subject.opened(subject.schema.get("items", {})), subject.opened)
    wanted = [one for one in inner.get("enum", [inner.get("const")]) if one is not None and _possible(one, item.schema)]
    return either(*(Atom(f"{literal(one)} in {subject.name}", f"!({literal(one)} in {subject.name})") for one in wanted))


def _exactly_one(parts: list[Formula]) -> Formula:
    if len(parts) > _MOST_ALTERNATIVES:
        raise NoCondition("exactly one of so many cannot be written down")
    return either(
        *(both(part, *(negate(other) for place, other in enumerate(parts) if place != index)) for index, part in enumerate(parts))
    )
