"""A small site to import into, answers made up for any form, and the two judges of them: our server and a stock validator."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonschema
from hypothesis import strategies as st

from banli.definitions.branches import asking
from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.definitions.source import Source, read
from banli.exchange import Trial
from banli.exchange.exporting import Exporter
from banli.fields import Reading
from banli.fields.checks import OWN_FORMATS, format_test
from definition_kinds import KINDS
from schema_kit import FIELDS, Page

FORMATS = jsonschema.FormatChecker(formats=())
for _name in (*OWN_FORMATS, "date", "email"):
    FORMATS.checks(_name)(lambda value, test=format_test(_name): not isinstance(value, str) or test(value))

CLIENT = "schema: {type: object, required: [name], properties: {name: {title: Name, type: string}}}\n"
SITE = "title: Small\nlanguages: [zh_CN]\nplugins: [banli_captcha]\n"


class Ok(dict[str, Any]):
    """Every code is right."""

    def get(self, key: str, default: Any = None) -> Any:
        return "ok"


def small_trial(kinds: Kinds = KINDS) -> Trial:
    """The definitions of a site with nothing in it but what a site needs."""
    sources = {
        ("", "site", "site"): read("definitions/site.yaml", SITE.encode()),
        ("", "client", "client"): read("definitions/client.yaml", CLIENT.encode()),
    }
    return Trial(Library(kinds, sources))


def page_of(data: Mapping[str, Any], trial: Trial | None = None) -> Page:
    """A form's file as a page, with the record and the lists of a site."""
    shelf = trial.shelf if trial is not None else None
    record = shelf.resolver(retired=True).resolve(shelf.client["schema"])["properties"] if shelf is not None else {}
    rest = {key: value for key, value in data.items() if key in ("refuse", "warn", "computed", "title", "help")}
    return Page(data["schema"], data.get("layout"), record=record, dictionaries=shelf.dictionaries if shelf else {}, loose=True, **rest)


def exporter(page: Page, data: Mapping[str, Any], source: Source | None = None, **known: Any) -> Exporter:
    return Exporter(page.form, source or Source("forms/page.yaml", dict(data)), FIELDS.kind, lambda text: text, known)


def post(page: Page, values: Mapping[str, Any], **outer: Any) -> Reading:
    """The answers, posted as a browser would."""
    raw = page.write(values)
    for field in page.form.fields:
        if not FIELDS.kind(field.kind).keeps:
            raw[field.name] = ["123456"]
        elif field.kind == "consent" and values.get(field.name):
            raw[field.name] = ["true"]
    return page.reader.read(raw, {"today": "2026-11-23", **outer}, Ok())


def judged(page: Page, schema: Mapping[str, Any], values: dict[str, Any], besides: frozenset[str]) -> tuple[list[str], list[str]]:
    """What our server and a stock validator have against the answers. What a page would not have shown is left out first:
    nobody could have given it. `besides` are codes that do not count."""
    values = copy.deepcopy(values)
    for _ in range(5):
        read = post(page, values)
        for way in read.hidden:
            _forget(values, way.split("."))
    if any(one.code == "not_offered" for one in read.problems):
        return [], []  # answers to other pages forbid the option: neither judge has seen them
    wrong = [f"{one.at}: {one.code}" for one in read.problems if one.code not in besides]
    judge = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    return wrong, [f"{error.json_path}: {error.message[:80]}" for error in judge.iter_errors(values)]


def _forget(values: Any, way: list[str]) -> None:
    *before, last = way
    for step in before:
        values = values[int(step)] if isinstance(values, list) else values.get(step, {})
    if isinstance(values, dict):
        values.pop(last, None)


# Answers: mostly right, sometimes wrong, never what nobody can type.

_SAMPLES: dict[str, list[str]] = {
    "date": ["2026-01-31", "2031-05-01", "2099-12-31", "2026-02-30"],
    "email": ["a@example.com", "nobody"],
    "cn-phone": ["13900010001", "0371-65951234", "021-63212345-801", "95588"],
    "cn-mobile": ["13900010001", "12000010001", "0371-65951234"],
    "cn-landline": ["0371-65951234", "13900010001"],
    "cn-id-number": ["410105199508130039", "410105199508130038"],
    "cn-postal-code": ["450000", "4500"],
    "cn-bank-card": ["6222020000000000018", "62220200001"],
}
_WORDS = ["a", "ab", "abc", "金水路", "12345", "123456", "郑州市金水区花园路1号", "x" * 61, "AB1"]


def answers(schema: Mapping[str, Any], missing: int = 4) -> st.SearchStrategy[Any]:
    """Values for a schema without references; every property may be missing, one time in `missing`."""
    told = schema.get("type")
    if isinstance(told, list):
        schema = {**schema, "type": next((word for word in told if word != "null"), "string")}
    codes = [one["const"] for one in schema.get("oneOf", ()) if isinstance(one, Mapping) and "const" in one]
    codes += schema.get("enum", [])
    if codes:
        few = codes if len(codes) < 12 else [*codes[:5], *codes[-5:]]
        return st.sampled_from([code for code in few if code is not None])
    if "const" in schema:
        return st.just(schema["const"])
    kind = schema.get("type")
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        return (
            st.sampled_from([-1, 0, 1, 2, 3, 5, 10, 11, 17, 18, 100])
            if kind == "integer"
            else st.sampled_from([-1, 0, 0.5, 1, 2.25, 10, 11, 18])
        )
    if kind == "array":
        inner = schema.get("items", {})
        if inner.get("type") == "object" or "properties" in inner:
            return st.lists(answers(inner, missing), min_size=1, max_size=3)
        return st.lists(answers(inner), min_size=1, max_size=3, unique_by=repr)
    if kind == "object" or "properties" in schema:
        properties = asking({"type": "object", **schema}).properties
        if {"from", "to"} <= properties.keys():
            ends = st.tuples(st.sampled_from(_SAMPLES["date"]), st.sampled_from(_SAMPLES["date"])).map(sorted)
            return ends.map(lambda pair: {"from": pair[0], "to": pair[1]})
        given = {name: _maybe(answers(one.schema), missing) for name, one in properties.items() if not one.schema.get("readOnly")}
        return st.fixed_dictionaries(given).map(
            lambda all_: {name: value for name, value in all_.items() if value is not _NOTHING}
        )
    return st.sampled_from(_SAMPLES.get(str(schema.get("format")), _WORDS))


_NOTHING = object()


def _maybe(values: st.SearchStrategy[Any], missing: int) -> st.SearchStrategy[Any]:
    return st.one_of(*[values] * (missing - 1), st.just(_NOTHING)).filter(lambda value: value != {})
