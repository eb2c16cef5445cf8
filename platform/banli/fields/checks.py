"""JSON Schema as closures: what a stock validator would refuse, told as a problem with a code.

The common keywords of one scalar or list are compiled by hand, because a form is read on every step of every client;
whatever else a schema says goes to jsonschema-rs, so nothing of it is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import jsonschema_rs

from banli import china
from banli.errors import Problem

Check = Callable[[Any], Problem | None]
Test = Callable[[Any], bool]

_BY_HAND = frozenset((
    "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "format", "minItems", "maxItems", "uniqueItems", "items",
))  # fmt: skip
ANNOTATIONS = frozenset((
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "pii", "contentMediaType",
    "contentEncoding", "$comment", "$defs", "$id", "$schema", "$anchor",
))  # fmt: skip
_TYPES: dict[str, Test] = {
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: not isinstance(v, bool) and (isinstance(v, int) or (isinstance(v, float) and v.is_integer())),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "null": lambda v: v is None,
}


def _is_date(text: str) -> bool:
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _phone(*kinds: str) -> Test:
    def test(text: str) -> bool:
        found = china.read_phone(text)
        return isinstance(found, china.Phone) and found.kind in kinds

    return test


OWN_FORMATS: Mapping[str, Test] = {
    "cn-id-number": lambda text: isinstance(china.parse_id_number(text), china.IdNumber),
    "cn-phone": _phone("mobile", "landline"),
    "cn-mobile": _phone("mobile"),
    "cn-landline": _phone("landline"),
    "cn-postal-code": lambda text: len(text) == 6 and text.isascii() and text.isdigit(),
    "cn-bank-card": lambda text: 12 <= len(text) <= 19 and text.isascii() and text.isdigit(),
}
"""Formats beyond JSON Schema's own; a stock validator is given the same functions."""


def stock_validator(schema: Mapping[str, Any]) -> Any:
    """A jsonschema-rs validator with format assertion and our formats."""
    return jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, formats=dict(OWN_FORMATS))


def format_test(name: str) -> Test:
    """The test of a format. An unknown format accepts everything, as the standard says."""
    if name == "date":
        return _is_date
    if name in OWN_FORMATS:
        return OWN_FORMATS[name]
    return stock_validator({"type": "string", "format": name}).is_valid  # type: ignore[no-any-return]


def compile_checks(schema: Mapping[str, Any], at: str, errors: Mapping[str, str], given: str = "") -> Check:
    """The checks of one value, the first failure told. `errors` are the author's own sentences by code; `given` is the
    type that the value has in any case."""
    tests: list[tuple[Test, Problem]] = []

    def add(test: Test, code: str, **params: object) -> None:
        tests.append((test, Problem(at, code, params, errors.get(code, ""))))

    kind = schema.get("type")
    if isinstance(kind, str) and kind != given:
        add(_TYPES[kind], "type", type=kind)
    if "const" in schema:
        const = schema["const"]
        add(lambda v: _equal(v, const), "const")
    if "enum" in schema:
        codes = schema["enum"]
        texts = frozenset(c for c in codes if isinstance(c, str))
        others = [c for c in codes if not isinstance(c, str)]
        add(lambda v: v in texts if isinstance(v, str) else any(_equal(v, c) for c in others), "choice")
    _add_text(schema, add)
    _add_number(schema, add)
    _add_list(schema, add)
    if (kind is not None and not isinstance(kind, str)) or set(schema) - _BY_HAND - ANNOTATIONS:
        add(stock_validator({k: v for k, v in schema.items() if k not in _BY_HAND or k == "type"}).is_valid, "schema")
    if not tests:
        return lambda value: None
    if len(tests) == 1:
        only, problem = tests[0]
        return lambda value: None if only(value) else problem
    if len(tests) == 2:
        (first, wrong), (second, wrong_too) = tests
        return lambda value: (None if second(value) else wrong_too) if first(value) else wrong

    def check(value: Any) -> Problem | None:
        for test, problem in tests:
            if not test(value):
                return problem
        return None

    return check


def _equal(value: Any, other: Any) -> bool:
    """As JSON: 1 is 1.0, but not true."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


Add = Callable[..., None]


def _add_text(schema: Mapping[str, Any], add: Add) -> None:
    def when_text(test: Test) -> Test:
        return test if schema.get("type") == "string" else lambda v: not isinstance(v, str) or test(v)

    if "minLength" in schema:
        least = schema["minLength"]
        add(when_text(lambda v: len(v) >= least), "too_short", least=least)
    if "maxLength" in schema:
        most = schema["maxLength"]
        add(when_text(lambda v: len(v) <= most), "too_long", most=most)
    if "pattern" in schema:
        # Not Python's `re`: there \d takes digits of every script, and $ a line end. This is also the faster of the two.
        add(when_text(stock_validator({"pattern": schema["pattern"]}).is_valid), "pattern")
    if "format" in schema:
        add(when_text(format_test(schema["format"])), "format", format=schema["format"])


def _add_number(schema: Mapping[str, Any], add: Add) -> None:
    def when_number(test: Test) -> Test:
        if schema.get("type") in ("number", "integer"):
            return test
        return lambda v: not isinstance(v, (int, float)) or isinstance(v, bool) or test(v)

    if "minimum" in schema:
        least = schema["minimum"]
        add(when_number(lambda v: v >= least), "too_small", least=least)
    if "maximum" in schema:
        most = schema["maximum"]
        add(when_number(lambda v: v <= most), "too_large", most=most)
    if "exclusiveMinimum" in schema:
        above = schema["exclusiveMinimum"]
        add(when_number(lambda v: v > above), "too_small", least=above)
    if "exclusiveMaximum" in schema:
        below = schema["exclusiveMaximum"]
        add(when_number(lambda v: v < below), "too_large", most=below)
    if "multipleOf" in schema:
        exact = stock_validator({"multipleOf": schema["multipleOf"]})
        add(when_number(exact.is_valid), "multiple_of", of=schema["multipleOf"])


def _add_list(schema: Mapping[str, Any], add: Add) -> None:
    def when_list(test: Test) -> Test:
        if schema.get("type") == "array":
            return test
        return lambda v: not isinstance(v, list) or test(v)

    if "minItems" in schema:
        least = schema["minItems"]
        add(when_list(lambda v: len(v) >= least), "too_few", least=least)
    if "maxItems" in schema:
        most = schema["maxItems"]
        add(when_list(lambda v: len(v) <= most), "too_many", most=most)
    if schema.get("uniqueItems"):
        add(when_list(stock_validator({"uniqueItems": True}).is_valid), "twice")
    if "items" in schema:
        inner = compile_checks(schema["items"], "", {}) if isinstance(schema["items"], Mapping) else None
        if inner is None:
            add(stock_validator({"items": schema["items"]}).is_valid, "schema")
        else:
            add(when_list(lambda v: all(inner(item) is None for item in v)), "choice")
