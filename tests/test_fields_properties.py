"""What a stock JSON Schema validator accepts is what the server accepts; and whatever is posted, nothing else is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from banli.errors import Problem
from banli.fields import Fields, FormReader
from banli.fields.base import UNTYPABLE
from banli.fields.checks import OWN_FORMATS, compile_checks, format_test, stock_validator
from small_flows import Field, Form, Option, book, form, question

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
KINDS = Fields()

FORMATS = jsonschema.FormatChecker(formats=())
for _name in (*OWN_FORMATS, "date", "email"):
    FORMATS.checks(_name)(lambda value, test=format_test(_name): not isinstance(value, str) or test(value))


def stock_accepts(schema: Mapping[str, Any], value: Any) -> bool:
    """What two stock validators say, ours and the Python one; they must agree."""
    ours = stock_validator(schema).is_valid(value)
    assert ours == jsonschema.Draft202012Validator(schema, format_checker=FORMATS).is_valid(value)
    return bool(ours)


# Values that can be typed at all: a page posts no empty texts, no blanks around them, and no number with an exponent.


def typed_text(alphabet: str = "ab1 Z-_.@金路 ", most: int = 8) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=most).map(str.strip).filter(bool)


any_text = st.text(min_size=1, max_size=8).filter(
    lambda t: t == t.strip() and not UNTYPABLE.search(t) and not set(t) & set("\r\n")
)
digits = st.text("0123456789", min_size=1, max_size=12)
phones = st.one_of(
    digits,
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.sampled_from(["0371-65951234", "021-63212345-801", "95588", "400-800-8001"]),
).filter(str.isascii)
id_numbers = st.one_of(
    digits, st.sampled_from(["11010519491231002X", "410101199508130033", "410101199508130034", "110105194912310021"])
)
emails = st.one_of(st.emails(), typed_text("ab.@-_"), typed_text())
dates = st.one_of(st.dates().map(str), st.sampled_from(["2026-02-29", "2024-02-29", "2026-13-01", "tomorrow", "2026-1-1x"]))
whole = st.integers(-(10**15) + 1, 10**15 - 1)
numbers = st.one_of(st.integers(-20, 20), whole, st.decimals(-50, 50, places=3).map(float))


def choice(*codes: str, **schema: Any) -> Field:
    return question("f", {"type": "array", "items": {"enum": list(codes)}, **schema})


def ranges(ends: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    both = st.fixed_dictionaries({}, optional={"from": ends, "to": ends}).filter(bool)
    return both.filter(lambda v: not ("from" in v and "to" in v and v["from"] > v["to"]))


RANGE = {
    "type": "object",
    "required": ["from", "to"],
    "additionalProperties": False,
    "properties": {"from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"}},
}
ROWS = {
    "type": "array",
    "minItems": 1,
    "maxItems": 3,
    "items": {
        "type": "object",
        "required": ["bank"],
        "dependentRequired": {"since": ["number"]},
        "properties": {
            "bank": {"enum": ["icbc", "boc"]},
            "number": {"type": "string", "pattern": "^[0-9]{2,4}$"},
            "since": {"type": "string", "format": "date"},
        },
    },
}
ROW_ITEMS = tuple(question(name, schema, required=name == "bank") for name, schema in ROWS["items"]["properties"].items())  # type: ignore[index]
rows = st.lists(
    st.fixed_dictionaries(
        {}, optional={"bank": st.sampled_from(["icbc", "boc", "abc"]), "number": digits, "since": dates}
    ).filter(bool),
    min_size=1,
    max_size=4,
)

CASES: list[tuple[Field, st.SearchStrategy[Any]]] = [
    (question("f", {"type": "string"}), any_text),
    (question("f", {"type": "string", "minLength": 2, "maxLength": 4}), any_text),
    (question("f", {"type": "string", "minLength": 2, "maxLength": 4}, kind="multiline"), typed_text("ab\n金")),
    (question("f", {"type": "string", "pattern": "^[A-Za-z]+[0-9]?$"}), typed_text()),
    (question("f", {"type": "string", "pattern": "金", "maxLength": 5, "not": {"pattern": "a"}}), typed_text()),
    (question("f", {"type": "string", "anyOf": [{"maxLength": 2}, {"pattern": "^1"}]}), typed_text()),
    (question("f", {"type": "string", "const": "ab"}, choices=(Option("ab", "AB"),)), typed_text("ab")),
    (question("f", {"type": "string", "format": "email", "maxLength": 20}), emails),
    (question("f", {"type": "string", "format": "date"}), dates),
    (question("f", {"type": "string", "format": "cn-phone"}), phones),
    (question("f", {"type": "string", "format": "cn-mobile"}), phones),
    (question("f", {"type": "string", "format": "cn-landline", "maxLength": 13}), phones),
    (question("f", {"type": "string", "format": "cn-id-number"}), id_numbers),
    (question("f", {"type": "string", "format": "cn-postal-code"}), digits),
    (question("f", {"type": "string", "format": "cn-bank-card"}), digits),
    (question("f", {"type": "number", "minimum": -3, "exclusiveMaximum": 10}), numbers),
    (question("f", {"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 0}), st.integers(-9, 9).map(lambda n: n / 4)),
    (question("f", {"type": "integer", "minimum": 0, "maximum": 10**9}), numbers),
    (question("f", {"type": "integer", "multipleOf": 3}), whole),
    (question("f", {"enum": ["a", "b", "c"]}), st.sampled_from("abcd")),
    (question("f", {"enum": [1, 2, 3], "maximum": 2}), st.integers(1, 4)),
    (question("f", {"enum": ["a", "b", "c"], "not": {"const": "b"}}), st.sampled_from("abcd")),
    (
        question(
            "f", {"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, choices=(Option("a", "A"), Option("b", "B"))
        ),
        st.sampled_from("abc"),
    ),
    (question("f", {"type": "boolean"}), st.booleans()),
    (question("f", {"const": True}), st.just(True)),
    (choice("a", "b", "c", minItems=2, uniqueItems=True), st.lists(st.sampled_from("abcd"), min_size=1, unique=True)),
    (choice("a", "b", "c", maxItems=2), st.lists(st.sampled_from("abc"), min_size=1, unique=True)),
    (choice("a", "b", "c", contains={"const": "b"}), st.lists(st.sampled_from("abc"), min_size=1, unique=True)),
    (question("f", RANGE), ranges(dates)),
    (question("f", {"type": "string", "contentMediaType": "image/*", "maxLength": 6}), typed_text("ab-09")),
    (question("f", ROWS, items=ROW_ITEMS), rows),
]


@pytest.mark.parametrize(("field", "values"), CASES, ids=[f"{n}-{f.kind}" for n, (f, _) in enumerate(CASES)])
def test_a_value_is_read_again_exactly_when_a_stock_validator_accepts_it(field: Field, values: st.SearchStrategy[Any]):
    kind = KINDS.kind(field.kind)
    parse = kind.parser(field)

    @unhurried
    @given(values)
    def equivalent(value: Any) -> None:
        raw = kind.write(field, value) or {field.name: [str(value).lower()]}
        problems: list[Problem] = []
        found = parse(raw, problems)
        assert (found is not None) == (not problems) == stock_accepts(field.schema, value)
        if found is not None:
            assert stock_accepts(field.schema, found)
            again: list[Problem] = []
            assert parse(kind.write(field, found) or raw, again) == found and not again

    equivalent()


@unhurried
@given(st.data())
def test_our_own_checks_are_those_of_the_standard(data: st.DataObject):
    """Any keywords of one value together, on values of any type: the compiled checks say what a stock validator says."""
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"]),
        "enum": st.lists(st.sampled_from(["a", 1, True, None, 1.5]), min_size=1, max_size=3),
        "const": st.sampled_from(["a", 0, False, 1, True, None]),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "pattern": st.sampled_from(["^a", "b$", "[0-9]+"]),
        "minimum": st.integers(-2, 2),
        "maximum": st.integers(-2, 2),
        "exclusiveMinimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "format": st.sampled_from(["date", "cn-postal-code", "unknown"]),
        "items": st.sampled_from([{"type": "string"}, {"enum": [1, "a"]}, True, False]),
        "title": st.just("t"),
        "not": st.just({"const": "ab"}),
    }
    schema = data.draw(st.fixed_dictionaries({}, optional=keywords))
    scalar = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from([0.5, 1.0, 1.5]),
        st.text("ab1", max_size=3),
        st.sampled_from(["2026-01-01", "450000"]),
    )
    value = data.draw(st.one_of(scalar, st.lists(scalar, max_size=3), st.just({})))
    assert (compile_checks(schema, "f", {})(value) is None) == stock_validator(schema).is_valid(value)


# Whole pages

FIELDS = (
    question("kind", {"enum": ["me", "other"]}, required=True),
    question("name", {"type": "string", "minLength": 2, "maxLength": 20}, required=True, when='kind == "other"'),
    question("phone", {"type": "string", "format": "cn-phone"}, required=True),
    question(
        "code",
        {"type": "string", "pattern": r"^\d{6}$"},
        kind="otp",
        required=True,
        when='phone_kind(phone) == "mobile"',
        options={"to": "phone"},
    ),
    question("amount", {"type": "number", "minimum": 0}),
    question("born", {"type": "string", "format": "date"}),
    question("since", RANGE, required=True),
    question(
        "bad",
        {"type": "array", "items": {"enum": ["none", "bank", "court"]}, "minItems": 1},
        required=True,
        choices=(Option("none", "无", exclusive=True), Option("bank", "b"), Option("court", "c")),
    ),
    question(
        "bad_detail",
        {"type": "string", "minLength": 2},
        kind="multiline",
        required=True,
        when='size(bad) > 0 && !("none" in bad)',
    ),
    question("cards", ROWS, items=ROW_ITEMS),
    question("agreed", {"const": True}, required=True),
)
PAGE = form("page", *FIELDS)


def reader_of(page: Form) -> FormReader:
    return book([page]).reader(page.id)


READER = reader_of(PAGE)
plausible = {
    "kind": st.sampled_from(["me", "other", "x"]),
    "name": st.sampled_from(["张三", "x", "x" * 30]),
    "phone": phones,
    "code": st.sampled_from(["123456", "12"]),
    "amount": st.sampled_from(["1", "-1", "x"]),
    "born": dates,
    "since.from": dates,
    "since.to": dates,
    "bad": st.sampled_from(["none", "bank", "x"]),
    "bad_detail": typed_text(),
    "cards.0.bank": st.sampled_from(["icbc", "x"]),
    "cards.0.number": digits,
    "cards.5.bank": st.just("boc"),
    "agreed": st.sampled_from(["true", "false"]),
}
wild = st.text(st.characters(), max_size=12)  # surrogates too: nobody knows what a broken client sends
texts = st.one_of(*plausible.values(), wild)
right: dict[str, st.SearchStrategy[str]] = {
    "kind": st.sampled_from(["me", "other"]),
    "name": st.sampled_from(["张三", "李四"]),
    "code": st.just("１２３ 456"),
    "phone": st.sampled_from(["13800138000", "（0371）65951234", "+86 139 0013 9000"]),
    "since.from": st.just("2016/1/5"),
    "since.to": st.dates(date(2020, 1, 1)).map(str),
    "bad": st.sampled_from(["none", "bank"]),
    "bad_detail": st.just("某银行\r\n2020"),
    "agreed": st.just("true"),
}
maybe: dict[str, st.SearchStrategy[str]] = {
    "amount": st.sampled_from(["1,000.50", "０", "0.0000001", "7"]),
    "born": st.dates(date(1900, 1, 1)).map(lambda d: f"{d:%Y}年{d.month}月{d.day}日"),
    "cards.3.bank": st.just("boc"),
    "cards.3.number": st.sampled_from(["12", "1234"]),
}
right_posts = st.fixed_dictionaries(
    {name: st.lists(values, min_size=1, max_size=1) for name, values in right.items()},
    optional={name: st.lists(values, min_size=1, max_size=1) for name, values in maybe.items()},
)
posts = st.one_of(
    right_posts,
    st.fixed_dictionaries(
        {}, optional={name: st.lists(values, min_size=1, max_size=1) for name, values in plausible.items()}
    ),
    st.dictionaries(st.one_of(st.sampled_from(sorted(plausible)), wild), st.lists(texts, max_size=3), max_size=9),
)


@unhurried
@given(posts)
def test_whatever_is_posted_only_what_the_schema_accepts_is_kept(raw: dict[str, list[str]]):
    reading = READER.read(raw, {"today": "2026-11-23"}, {"code": "ok"})
    schemas: Mapping[str, Any] = PAGE.schema["properties"]
    assert set(reading.values) <= set(schemas) - {"code"} - reading.hidden
    for name, value in reading.values.items():
        assert stock_validator(schemas[name]).is_valid(value), name
    if not reading.problems:
        required = [f.name for f in FIELDS if f.required and f.name not in reading.hidden and f.name != "code"]
        whole = {"type": "object", "properties": schemas, "required": required}
        assert stock_validator(whole).is_valid(reading.values)
        assert jsonschema.Draft202012Validator(whole, format_checker=FORMATS).is_valid(reading.values)
    assert READER.read(raw, {"today": "2026-11-23"}, {"code": "ok"}) == reading


@unhurried
@given(posts)
def test_a_problem_is_at_a_field_that_is_asked_and_repeats_nothing_that_was_typed(raw: dict[str, list[str]]):
    reading = READER.read(raw, {}, {"code": "ok"})
    for problem in reading.problems:
        assert problem.at.partition(".")[0] in set(READER.order) - reading.hidden
        assert problem.text == "" and set(problem.params) <= {"least", "most", "format", "type", "of"}


@unhurried
@given(posts)
def test_all_problems_are_told_at_once(raw: dict[str, list[str]]):
    """Each field says on the whole page what it says on a page of its own."""
    alone = [f for f in FIELDS if not f.when]
    together = reader_of(form("page", *alone)).read(raw, {})
    apart = [reader_of(form("page", field)).read(raw, {}) for field in alone]
    assert list(together.problems) == [problem for reading in apart for problem in reading.problems]
    assert together.values == {name: value for reading in apart for name, value in reading.values.items()}


@unhurried
@given(posts)
def test_what_is_hidden_might_as_well_not_have_been_posted(raw: dict[str, list[str]]):
    reading = READER.read(raw, {}, {"code": "ok"})
    shown = {name: given for name, given in raw.items() if name.partition(".")[0] not in reading.hidden}
    assert READER.read(shown, {}, {"code": "ok"}) == reading


@unhurried
@given(right_posts)
def test_what_was_accepted_is_accepted_again_when_the_page_is_posted_as_it_is_shown(raw: dict[str, list[str]]):
    reading = READER.read(raw, {}, {"code": "ok"})
    assume("cards.3.number" not in raw or "cards.3.bank" in raw)
    assert reading.problems == ()
    again: dict[str, list[str]] = {name: raw[name] for name in ("code", "agreed") if name in raw}
    for line in READER.lines:
        again |= line.kind.write(line.field, reading.values.get(line.field.name))
    assert READER.read(again, {}, {"code": "ok"}) == reading


@unhurried
@given(posts, st.sampled_from(sorted(f.name for f in FIELDS)))
def test_everything_kept_can_be_shown_and_masked(raw: dict[str, list[str]], name: str):
    value = READER.read(raw, {}, {}).values.get(name)
    line = next(line for line in READER.lines if line.field.name == name)
    shown = line.kind.show(line.field, value, lambda text: text)
    assert all(isinstance(text, str) for text in shown)
    assert (value is not None) or shown == []
    masked = line.kind.mask(line.field, value)
    assert all(isinstance(text, str) for text in masked)
    if isinstance(value, str) and len(value) > 1:
        assert value not in masked


@unhurried
@given(st.dates(), st.dates(), st.booleans())
def test_long_term_and_the_far_end_always_go_together(first: date, last: date, ticked: bool):
    """R-077 to R-079"""
    assume(first <= last)
    field = question(
        "f",
        {**RANGE, "properties": {**RANGE["properties"], "long_term": {"type": "boolean"}}},
        options={"long_term": "2099-12-31"},
    )
    raw = {"f.from": [str(first)], "f.to": [str(last)], "f.long_term": ["true"] if ticked else []}
    problems: list[Problem] = []
    value = KINDS.kind("date_range").parser(field)(raw, problems)
    if value is None:
        assert ticked and str(first) > "2099-12-31"
    else:
        assert value["long_term"] is (value["to"] == "2099-12-31")
        assert value["to"] == ("2099-12-31" if ticked else str(last))
