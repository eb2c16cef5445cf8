"""Every construct of JSON Schema that a page can show: what a stock validator accepts is what the server accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banli.fields.checks import OWN_FORMATS, format_test
from schema_kit import Page

unhurried = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
FORMATS = jsonschema.FormatChecker(formats=())
for _name in (*OWN_FORMATS, "date", "email"):
    FORMATS.checks(_name)(lambda value, test=format_test(_name): not isinstance(value, str) or test(value))

TEXT = {"type": "string"}
texts = st.sampled_from(["a", "ab", "abc", "金水路", "12345"])
numbers = st.integers(-2, 12)


def some(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any of these properties."""
    return st.fixed_dictionaries({}, optional=values)


BRANCHES: dict[str, tuple[dict[str, Any], st.SearchStrategy[dict[str, Any]]]] = {
    "defs": (
        {
            "properties": {"name": {"$ref": "#/$defs/short"}, "nick": {"$ref": "#/$defs/short", "minLength": 2}},
            "required": ["name"],
            "$defs": {"short": {"type": "string", "maxLength": 2}},
        },
        some(name=texts, nick=texts),
    ),
    "defs with more of the same": (
        {
            "properties": {"code": {"$ref": "#/$defs/short", "maxLength": 3, "pattern": "^a"}},
            "$defs": {"short": {"type": "string", "maxLength": 2, "pattern": "b"}},
        },
        some(code=texts),
    ),
    "nested objects": (
        {
            "required": ["home"],
            "properties": {
                "home": {
                    "type": "object",
                    "required": ["city"],
                    "properties": {"city": TEXT, "zip": {"type": "string", "format": "cn-postal-code"}},
                },
                "office": {
                    "type": "object",
                    "required": ["city"],
                    "minProperties": 2,
                    "properties": {"city": {"type": "string", "minLength": 2}, "floor": {"type": "integer", "minimum": 0}},
                },
            },
        },
        some(
            home=some(city=texts, zip=st.sampled_from(["450000", "12"])),
            office=some(city=texts, floor=numbers).filter(bool),
        ),
    ),
    "objects in objects": (
        {
            "properties": {
                "person": {
                    "type": "object",
                    "properties": {"name": TEXT, "home": {"type": "object", "required": ["city"], "properties": {"city": TEXT, "road": TEXT}}},
                    "dependentRequired": {"name": ["home"]},
                }
            }
        },
        some(person=some(name=texts, home=some(city=texts, road=texts).filter(bool)).filter(bool)),
    ),
    "if then else": (
        {
            "properties": {"kind": {"enum": ["me", "firm"]}, "amount": {"type": "integer"}},
            "required": ["kind"],
            "if": {"properties": {"kind": {"const": "firm"}}, "required": ["kind"]},
            "then": {"properties": {"firm": {"type": "string", "minLength": 2}}, "required": ["firm", "amount"]},
            "else": {"properties": {"born": {"type": "string", "format": "date"}, "amount": {"maximum": 5}}},
        },
        some(
            kind=st.sampled_from(["me", "firm"]), amount=numbers, firm=texts, born=st.sampled_from(["2000-02-30", "2000-01-01"])
        ),
    ),
    "if without required": (
        {
            "properties": {"member": {"type": "boolean"}, "age": {"type": "integer"}},
            "if": {"properties": {"member": {"const": True}, "age": {"minimum": 5, "exclusiveMaximum": 10}}},
            "then": {"properties": {"club": TEXT}, "required": ["club"]},
        },
        some(member=st.booleans(), age=numbers, club=texts),
    ),
    "if with not, anyOf and sizes": (
        {
            "properties": {"a": TEXT, "b": {"enum": ["x", "y", "z"]}, "c": {"type": "array", "items": {"enum": ["p", "q"]}}},
            "if": {
                "anyOf": [
                    {"not": {"required": ["a"]}, "properties": {"b": {"enum": ["x", "y"]}}, "required": ["b"]},
                    {"properties": {"a": {"minLength": 3}}, "required": ["a"]},
                    {"properties": {"c": {"contains": {"const": "p"}, "minItems": 2}}, "required": ["c"]},
                ]
            },
            "then": {"properties": {"why": TEXT}, "required": ["why"]},
            "else": {"properties": {"memo": {"type": "string", "maxLength": 2}}},
        },
        some(
            a=texts, b=st.sampled_from("xyz"), c=st.sampled_from([["p"], ["q"], ["p", "q"]]), why=texts, memo=texts
        ),
    ),
    "allOf of several ifs": (
        {
            "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}},
            "allOf": [
                {"if": {"properties": {"a": {"const": True}}, "required": ["a"]}, "then": {"properties": {"x": TEXT}, "required": ["x"]}},
                {"if": {"properties": {"b": {"const": True}}, "required": ["b"]}, "then": {"properties": {"x": TEXT, "y": TEXT}, "required": ["y"]}},
                {"properties": {"z": {"type": "string", "maxLength": 2}}, "required": ["z"]},
            ],
        },
        some(a=st.booleans(), b=st.booleans(), x=texts, y=texts, z=texts),
    ),
    "dependentRequired": (
        {"properties": {"card": TEXT, "bank": TEXT, "branch": TEXT}, "dependentRequired": {"card": ["bank"], "branch": ["bank", "card"]}},
        some(card=texts, bank=texts, branch=texts),
    ),
    "dependentSchemas": (
        {
            "properties": {"card": TEXT, "limit": {"type": "integer"}},
            "dependentSchemas": {
                "card": {"properties": {"bank": {"type": "string", "maxLength": 2}, "limit": {"maximum": 5}}, "required": ["bank"]}
            },
        },
        some(card=texts, bank=texts, limit=numbers),
    ),
    "oneOf told apart": (
        {
            "properties": {"name": TEXT},
            "oneOf": [
                {"title": "Card", "properties": {"pay": {"const": "card"}, "number": {"type": "string", "minLength": 3}}, "required": ["pay", "number"]},
                {"title": "Cash", "properties": {"pay": {"const": "cash"}, "name": {"maxLength": 2}}, "required": ["pay"]},
                {"title": "Later", "properties": {"pay": {"enum": ["month", "year"]}, "number": {"type": "string"}, "day": {"type": "integer"}}, "required": ["pay"]},
            ],
        },
        some(name=texts, pay=st.sampled_from(["card", "cash", "month", "year"]), number=texts, day=numbers),
    ),
    "oneOf with an optional const": (
        {
            "oneOf": [
                {"properties": {"pay": {"const": "card"}, "number": TEXT}},
                {"properties": {"pay": {"const": "cash"}, "place": TEXT}},
            ],
        },
        some(pay=st.sampled_from(["card", "cash"]), number=texts, place=texts),
    ),
    "a property that is one of several objects": (
        {
            "required": ["pay"],
            "properties": {
                "pay": {
                    "title": "Payment",
                    "oneOf": [
                        {"title": "Card", "properties": {"by": {"const": "card"}, "number": TEXT}, "required": ["by", "number"], "additionalProperties": False},
                        {"title": "Cash", "properties": {"by": {"const": "cash"}, "place": TEXT}, "required": ["by"], "additionalProperties": False},
                    ],
                }
            },
        },
        some(pay=some(by=st.sampled_from(["card", "cash"]), number=texts, place=texts)),
    ),
    "anyOf of what is required": (
        {"properties": {"phone": TEXT, "mail": TEXT}, "anyOf": [{"required": ["phone"]}, {"required": ["mail"]}]},
        some(phone=texts, mail=texts),
    ),
    "oneOf of what is required": (
        {"properties": {"phone": TEXT, "mail": TEXT}, "oneOf": [{"required": ["phone"]}, {"required": ["mail"]}]},
        some(phone=texts, mail=texts),
    ),
    "anyOf with properties": (
        {
            "anyOf": [
                {"properties": {"phone": TEXT}, "required": ["phone"]},
                {"properties": {"mail": {"type": "string", "minLength": 2}}, "required": ["mail"]},
            ]
        },
        some(phone=texts, mail=texts),
    ),
    "options with titles": (
        {
            "required": ["size"],
            "properties": {
                "size": {"oneOf": [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}]},
                "level": {"anyOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]},
                "tags": {"type": "array", "uniqueItems": True, "maxItems": 1, "items": {"oneOf": [{"const": "x", "title": "X"}, {"const": "y", "title": "Y"}]}},
                "fixed": {"const": "v1"},
            },
        },
        some(
            size=st.sampled_from("slx"), level=st.integers(0, 3), tags=st.sampled_from([["x"], ["y"], ["x", "y"]]),
            fixed=st.sampled_from(["v1", "v2"]),
        ),
    ),
    "what may be null": (
        {
            "properties": {
                "a": {"type": ["string", "null"], "maxLength": 2},
                "b": {"anyOf": [{"type": "integer", "maximum": 5}, {"type": "null"}]},
                "c": {"enum": ["x", None]},
            }
        },
        some(a=texts, b=numbers, c=st.just("x")),
    ),
    "not, minProperties and a closed object": (
        {
            "properties": {"a": TEXT, "b": TEXT, "c": TEXT},
            "minProperties": 1,
            "maxProperties": 2,
            "not": {"required": ["a", "b"]},
            "additionalProperties": False,
        },
        some(a=texts, b=texts, c=texts),
    ),
    "branches that are closed": (
        {
            "type": "object",
            "properties": {"a": {"type": "boolean"}},
            "if": {"properties": {"a": {"const": True}}, "required": ["a"]},
            "then": {"properties": {"x": TEXT}},
            "else": {"properties": {"x": False, "y": TEXT}},
            "unevaluatedProperties": False,
        },
        some(a=st.booleans(), x=texts, y=texts),
    ),
    "rows with branches": (
        {
            "properties": {
                "cards": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 2,
                    "uniqueItems": True,
                    "items": {
                        "type": "object",
                        "required": ["bank"],
                        "properties": {"bank": {"enum": ["icbc", "boc"]}, "main": {"type": "boolean"}},
                        "if": {"properties": {"bank": {"const": "boc"}}, "required": ["bank"]},
                        "then": {"properties": {"branch": {"type": "string", "minLength": 2}}, "required": ["branch"]},
                        "dependentRequired": {"main": ["bank"]},
                    },
                }
            }
        },
        some(cards=st.lists(some(bank=st.sampled_from(["icbc", "boc"]), main=st.booleans(), branch=texts).filter(bool), min_size=1, max_size=3)),
    ),
    "rows that hold objects and are one of several": (
        {
            "properties": {
                "people": {
                    "type": "array",
                    "items": {
                        "oneOf": [
                            {"properties": {"is": {"const": "person"}, "name": TEXT}, "required": ["is", "name"]},
                            {"properties": {"is": {"const": "firm"}, "seat": {"type": "object", "required": ["city"], "properties": {"city": TEXT}}}, "required": ["is", "seat"]},
                        ]
                    },
                }
            }
        },
        some(people=st.lists(some(**{"is": st.sampled_from(["person", "firm"]), "name": texts, "seat": some(city=texts)}).filter(bool), min_size=1, max_size=2)),
    ),
}  # fmt: skip


def without_hidden(value: Any, hidden: frozenset[str], at: str = "") -> Any:
    """The answers without those that were not asked."""
    if isinstance(value, dict):
        kept = {name: without_hidden(one, hidden, f"{at}{name}.") for name, one in value.items() if at + name not in hidden}
        return {name: one for name, one in kept.items() if one != {} or value[name] == {}}
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [without_hidden(one, hidden, f"{at}{number}.") for number, one in enumerate(value)]
    return value


def stock(schema: Mapping[str, Any]) -> Any:
    return jsonschema.Draft202012Validator({"type": "object", **schema}, format_checker=FORMATS)


@pytest.mark.parametrize("name", BRANCHES)
def test_the_server_accepts_what_a_stock_validator_accepts(name: str) -> None:
    schema, values = BRANCHES[name]
    page, validator = Page(schema), stock(schema)

    @unhurried
    @given(values)
    def equivalent(value: dict[str, Any]) -> None:
        reading = page.reader.read(page.write(value), {})
        asked = without_hidden(value, reading.hidden)
        posted = {k: v for k, v in asked.items() if v != {} or k in schema.get("required", ())}
        posted |= {k: {} for k in schema.get("required", ()) if k not in posted and page_object(page, k)}
        assert (not reading.problems) == validator.is_valid(posted), (posted, reading.problems)
        if not reading.problems:
            assert reading.values == posted
            again = page.reader.read(page.write(reading.values), {})
            assert (again.values, again.problems) == (reading.values, ())
        for problem in reading.problems:
            assert problem.at == "" or problem.at.partition(".")[0] in page.reader.order

    equivalent()


def page_object(page: Page, name: str) -> bool:
    return any(field.name == name and field.kind == "object" for field in page.form.fields)
