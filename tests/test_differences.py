"""What an author, a reviewer and a configurer are told of two editions: every change, once, and which way it goes."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banli.definitions.differences import Change, Differences, difference
from banli.definitions.differences.notes import Notes, canonical, flipped
from banli.definitions.differences.strictness import compare
from banli.definitions.differences.telling import as_json, as_page, as_text
from banli.definitions.edition import seal
from definition_kinds import KINDS

Bundle = dict[str, Any]
SEALED: Bundle = json.loads(
    (Path(__file__).parent / "editions" / "language-1-8001-basic_info_change.json").read_text(encoding="utf-8")
)


def told(change: Callable[[Bundle], object], old: Bundle = SEALED) -> list[tuple[str, str, str]]:
    """What, which way and where, after this change to the sealed example."""
    new = copy.deepcopy(old)
    change(new)
    return lines(difference(old, new, KINDS))


def lines(differences: Differences) -> list[tuple[str, str, str]]:
    return [(one.what, one.strictness, one.path) for one in differences.changes]


def at(bundle: Bundle, *way: Any) -> Any:
    """What stands there. A word finds the entry of a list that has it, and then its settings."""
    here: Any = bundle
    for key in way:
        if isinstance(here, list) and isinstance(key, str):
            found = next(one for one in here if one == key or (isinstance(one, dict) and _id(one) == key))
            here = found if isinstance(found, str) or "code" in found else next(iter(found.values()))
        else:
            here = here[key]
    return here


def _id(item: Bundle) -> str:
    if "code" in item:
        return str(item["code"])
    word, inner = next(iter(item.items()))
    return str((inner or {}).get("id", word))


STEPS = ("flow", "steps")
OTHER = ("forms", "other_info")
PROPERTIES = (*OTHER, "schema", "properties")


def place(items: list[Any], name: str) -> int:
    return next(i for i, one in enumerate(items) if one == name or (isinstance(one, dict) and _id(one) == name))


def put(items: list[Any], name: str, where: int) -> None:
    items.insert(where, items.pop(place(items, name)))


def without(items: list[Any], name: str) -> Any:
    return items.pop(place(items, name))


def rename_step(bundle: Bundle) -> None:
    at(bundle, *STEPS, "contact_phone")["id"] = "phone"
    at(bundle, *STEPS, "phone")["form"] = "contact_phone"


def sign_under_a_condition(bundle: Bundle) -> None:
    items = at(bundle, "lists", "basic_info_change", "items")
    items[place(items, "risk_disclosure")] = {"risk_disclosure": {"when": "client.bank != null"}}


CASES: dict[str, tuple[Callable[[Bundle], object], list[tuple[str, str, str]]]] = {
    "a shorter limit": (
        lambda b: at(b, *PROPERTIES, "email").update(maxLength=60),
        [("changed", "stricter", "forms/other_info.email.maxLength")],
    ),
    "a limit less": (
        lambda b: at(b, *PROPERTIES, "contact_address").pop("minLength"),
        [("changed", "looser", "forms/other_info.contact_address.minLength")],
    ),
    "a question that must be answered now": (
        lambda b: at(b, *OTHER, "schema")["required"].append("email"),
        [("changed", "stricter", "forms/other_info.email.required")],
    ),
    "a question under a condition": (
        lambda b: at(b, *OTHER, "layout", "email").update(when="client.name != null"),
        [("changed", "looser", "forms/other_info.email.when")],
    ),
    "another condition": (
        lambda b: at(b, *OTHER, "layout", "pep_detail").update(when='pep_relation != "none"'),
        [("changed", "unknown", "forms/other_info.pep_detail.when")],
    ),
    "another title": (
        lambda b: at(b, *OTHER, "layout", "pep_relation").update(title="政要关系"),
        [("changed", "neither", "forms/other_info.pep_relation.title")],
    ),
    "another sentence for a mistake": (
        lambda b: at(b, *OTHER, "layout", "email")["errors"].update(format="不对"),
        [("changed", "neither", "forms/other_info.email.errors.format")],
    ),
    "a question fewer": (
        lambda b: without(at(b, *OTHER, "layout"), "employer"),
        [("removed", "neither", "forms/other_info.employer")],
    ),
    "a question elsewhere on its page": (
        lambda b: put(at(b, *OTHER, "layout"), "email", 0),
        [("moved", "neither", "forms/other_info.email")],
    ),
    "a question on another page": (
        lambda b: (
            at(b, "forms", "contact_phone", "schema", "properties").update(email=at(b, *PROPERTIES).pop("email")),
            at(b, "forms", "contact_phone", "layout").append(without(at(b, *OTHER, "layout"), "email")),
        ),
        [("moved", "neither", "forms/other_info.email")],
    ),
    "a question by another name": (
        lambda b: (
            at(b, *PROPERTIES).update(mail=at(b, *PROPERTIES).pop("email")),
            at(b, *OTHER, "layout").insert(
                place(at(b, *OTHER, "layout"), "email"), {"mail": without(at(b, *OTHER, "layout"), "email")["email"]}
            ),
        ),
        [("renamed", "neither", "forms/other_info.email")],
    ),
    "a rule that refuses": (
        lambda b: at(b, *OTHER).setdefault("refuse", []).append({"no_mail": {"when": "email == null", "text": "请填写"}}),
        [("added", "stricter", "forms/other_info.refuse.no_mail")],
    ),
    "a rule that only warns now": (
        lambda b: at(b, *OTHER, "warn").append(without(at(b, *OTHER, "refuse"), "unchanged")),
        [("changed", "looser", "forms/other_info.rules.unchanged.effect")],
    ),
    "a note": (
        lambda b: at(b, *OTHER, "layout").append({"note": {"text": "请核对"}}),
        [("added", "neither", "forms/other_info.note.1")],
    ),
    "a step elsewhere": (
        lambda b: put(at(b, *STEPS), "photos", 4),
        [("moved", "neither", "flow.steps.photos")],
    ),
    "a step fewer, with its reason and its form": (
        lambda b: (
            without(at(b, *STEPS), "id_validity"),
            without(at(b, "flow", "review", "reasons"), "id_validity_wrong"),
            b["forms"].pop("id_validity"),
        ),
        [
            ("removed", "looser", "flow.steps.id_validity"),
            ("removed", "neither", "flow.review.reasons.id_validity_wrong"),
            ("removed", "neither", "forms/id_validity"),
        ],
    ),
    "a step by another name": (
        rename_step,
        [("renamed", "neither", "flow.steps.contact_phone")],
    ),
    "fewer groups to choose from": (
        lambda b: at(b, *STEPS, "overview").update(edit=["identity", "phone"]),
        [("changed", "stricter", "flow.steps.overview.edit")],
    ),
    "other words on a button": (
        lambda b: at(b, *STEPS, "agreements").update(button="签字"),
        [("changed", "neither", "flow.steps.agreements.button")],
    ),
    "four eyes": (
        lambda b: b["flow"]["review"].update(levels=2),
        [("changed", "stricter", "flow.review.levels")],
    ),
    "an action more": (
        lambda b: b["flow"]["approved"].append({"directory.update": {"id": "again", "fields": "changed"}}),
        [("added", "neither", "flow.approved.again")],
    ),
    "less time": (
        lambda b: b["flow"].update(expires_days=7),
        [("changed", "stricter", "flow.expires_days")],
    ),
    "an agreement with another text and number": (
        lambda b: at(b, "agreements", "risk_disclosure").update(number="2027-01", text="新的"),
        [
            ("changed", "neither", "agreements/risk_disclosure.number"),
            ("changed", "unknown", "agreements/risk_disclosure.text"),
        ],
    ),
    "an agreement less to sign": (
        lambda b: without(at(b, "lists", "basic_info_change", "items"), "risk_disclosure"),
        [("removed", "looser", "lists/basic_info_change.risk_disclosure")],
    ),
    "an agreement under a condition": (
        sign_under_a_condition,
        [("changed", "looser", "lists/basic_info_change.risk_disclosure.when")],
    ),
    "a code that nobody can choose any more": (
        lambda b: at(b, "dictionaries", "education", "items")[0].update(retired=True),
        [("changed", "stricter", "dictionaries/education.{}.retired")],
    ),
    "a new code": (
        lambda b: at(b, "dictionaries", "education", "items").append({"code": "new", "text": "新"}),
        [("added", "looser", "dictionaries/education.new")],
    ),
    "other hours": (
        lambda b: next(iter(b["hours"].values())).update(grace_minutes=99),
        [("changed", "looser", "hours/nearly_always.grace_minutes")],
    ),
    "another hotline": (
        lambda b: b["company"].update(hotline="1"),
        [("changed", "neither", "company.hotline")],
    ),
    "a sentence of a fixed page": (
        lambda b: b["texts"].update(abandon="不办了"),
        [("changed", "neither", "texts.abandon")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change_is_told_once_where_it_is_and_which_way_it_goes(name: str) -> None:
    change, expected = CASES[name]
    first = SEALED["dictionaries"]["education"]["items"][0]["code"]
    assert told(change) == [(what, side, path.format(first)) for what, side, path in expected]


def test_the_same_edition_has_no_differences_and_says_so() -> None:
    same = difference(SEALED, copy.deepcopy(SEALED), KINDS)
    assert (bool(same), same.changes, as_text(same)) == (False, (), "No differences.")


def test_something_that_nobody_sees_is_told_as_such_and_never_kept_quiet() -> None:
    assert told(lambda b: b["flow"]["review"].update(lease_minutes=30)) == [("changed", "neither", "flow")]


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same data with the keys of every map in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


SMALL = {**SEALED, "dictionaries": {name: {**one, "items": one["items"][:9]} for name, one in SEALED["dictionaries"].items()}}
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(seed=st.integers(0, 10**6), names=st.lists(st.sampled_from(sorted(CASES)), unique=True, max_size=4))
def test_the_order_of_keys_makes_no_difference(seed: int, names: list[str]) -> None:
    old, new = SMALL, changed(names)
    chance = random.Random(seed)
    assert difference(shuffled(old, chance), shuffled(old, chance), KINDS).changes == ()
    once, again = difference(old, new, KINDS), difference(shuffled(old, chance), shuffled(new, chance), KINDS)
    assert (once.old, once.new) == (again.old, again.new)
    assert sorted(canonical(change) for change in again.changes) == sorted(canonical(change) for change in once.changes)


OTHER_WAY = {"added": "removed", "removed": "added"}


def mirrored(change: Change) -> tuple[Any, ...]:
    where = "" if change.what in ("moved", "renamed") else change.path
    what = OTHER_WAY.get(change.what, change.what)
    return change.part, what, flipped(change.strictness), where, canonical(change.after), canonical(change.before)


def plainly(change: Change) -> tuple[Any, ...]:
    where = "" if change.what in ("moved", "renamed") else change.path
    return change.part, change.what, change.strictness, where, canonical(change.before), canonical(change.after)


def changed(names: list[str]) -> Bundle:
    """The small example with several of the changes, those that still fit."""
    new = copy.deepcopy(SMALL)
    for name in names:
        before = copy.deepcopy(new)
        try:
            CASES[name][0](new)
        except (KeyError, StopIteration, ValueError):
            new = before
    return new


@quick
@given(
    one=st.lists(st.sampled_from(sorted(CASES)), unique=True, max_size=5),
    two=st.lists(st.sampled_from(sorted(CASES)), unique=True, max_size=5),
)
def test_the_other_way_round_everything_is_told_the_other_way_round(one: list[str], two: list[str]) -> None:
    old, new = changed(one), changed(two)
    there, back = difference(old, new, KINDS), difference(new, old, KINDS)
    assert sorted(map(mirrored, there.changes)) == sorted(map(plainly, back.changes))
    assert bool(there) == (seal(old)[0] != seal(new)[0])


# Stricter and looser are true

schemas = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": st.integers(0, 3), "maxLength": st.integers(1, 4), "enum": st.lists(st.sampled_from("abc"), min_size=1, unique=True),
            "const": st.sampled_from("ab"), "pattern": st.sampled_from(["^a", "b$"]),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number", ["integer", "string"]])},
        optional={
            "minimum": st.integers(0, 3), "maximum": st.integers(1, 5), "exclusiveMaximum": st.integers(1, 5),
            "multipleOf": st.integers(1, 4),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("array"), "items": st.fixed_dictionaries({}, optional={"maximum": st.integers(1, 3)})},
        optional={"minItems": st.integers(0, 2), "maxItems": st.integers(1, 3), "uniqueItems": st.booleans()},
    ),
)  # fmt: skip
values: list[Any] = [
    "",
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "abbb",
    "c",
    0,
    1,
    2,
    3,
    4,
    6,
    2.5,
    [],
    [1],
    [2, 2],
    [1, 3, 4],
    ["a"],
    True,
    None,
]


@settings(max_examples=600, deadline=None)
@given(old=schemas, new=schemas)
def test_what_is_told_to_be_stricter_takes_nothing_that_was_refused_before(old: Any, new: Any) -> None:
    for one, two, way in ((old, new, "stricter"), (new, old, "looser")):
        notes = Notes()
        compare(notes, "forms/a", "'a'", old, new, depth=2)
        if notes.changes and all(change.strictness in (way, "neither") for change in notes.changes):
            was, now = (jsonschema_rs.Draft202012Validator(schema) for schema in (one, two))
            assert [value for value in values if now.is_valid(value) and not was.is_valid(value)] == []


# How it is told


def test_a_program_reads_all_of_it_as_json() -> None:
    new = copy.deepcopy(SEALED)
    at(new, *PROPERTIES, "email").update(maxLength=60)
    found = json.loads(as_json(difference(SEALED, new, KINDS)))
    assert found["changes"] == [
        {"part": "field", "path": "forms/other_info.email.maxLength", "what": "changed", "strictness": "stricter",
         "before": 100, "after": 60, "sentence": "question 'email' (电子邮箱): maxLength 100 → 60"}]  # fmt: skip
    assert (found["old"], found["new"]) == (seal(SEALED)[0], seal(new)[0])


def test_an_author_reads_a_line_for_each_change() -> None:
    new = copy.deepcopy(SEALED)
    at(new, *PROPERTIES, "email").update(maxLength=60)
    put(at(new, *STEPS), "photos", 4)
    assert as_text(difference(SEALED, new, KINDS)).splitlines() == [
        "2 changes: 1 stricter, 1 other.", "",
        "step", "  > other     flow.steps.photos: step 'photos' comes after 'other_info' now", "",
        "question", "  ~ stricter  forms/other_info.email.maxLength: question 'email' (电子邮箱): maxLength 100 → 60"]  # fmt: skip


def test_what_a_sentence_does_not_say_stands_below_it() -> None:
    """Conditions as they were and are, and of a long text the lines that differ."""
    new = copy.deepcopy(SEALED)
    sign_under_a_condition(new)
    text = at(new, "agreements", "risk_disclosure")["text"]
    first = text.splitlines()[0]
    at(new, "agreements", "risk_disclosure").update(text=text.replace(first, f"{first}，第二版", 1), number="YB-2")
    at(new, *OTHER, "layout", "email").update(when="client.name != null")
    at(new, *OTHER, "schema")["required"].append("email")
    at(new, "dictionaries", "education", "items")[0].update(retired=True)
    next(iter(new["hours"].values()))["windows"] = {"mon-fri": "09:00-17:00"}
    at(new, *OTHER, "layout").append({"fax": {"when": "email != null"}})
    at(new, *PROPERTIES)["fax"] = {"title": "传真", "type": "string"}
    code = at(new, "dictionaries", "education", "items")[0]
    assert as_text(difference(SEALED, new, KINDS)).splitlines()[2:] == [
        "question",
        "  ~ stricter  forms/other_info.email.required: question 'email' (电子邮箱) must be answered now",
        "  ~ looser    forms/other_info.email.when: question 'email' (电子邮箱) comes under a condition, no longer always",
        "      Before: –", "      Now: client.name != null",
        "  + other     forms/other_info.fax: New question: 'fax' (传真), when email != null", "",
        "option",
        f"  ~ stricter  dictionaries/education.{code['code']}.retired: option '{code['code']}' ({code['text']}) "
        "can no longer be chosen", "",
        "agreement",
        "  ~ unclear   agreements/risk_disclosure.text: agreement 'risk_disclosure' (期货交易风险说明书): text has changed",
        f"      - {first}", f"      + {first}，第二版",
        "  ~ other     agreements/risk_disclosure.number: agreement 'risk_disclosure' (期货交易风险说明书): "
        "number YB-FXSM-2026-01 → YB-2", "",
        "row of the agreement list",
        "  ~ looser    lists/basic_info_change.risk_disclosure.when: row of the agreement list 'risk_disclosure' "
        "(期货交易风险说明书) comes under a condition, no longer always",
        "      Before: –", "      Now: client.bank != null", "",
        "service hours",
        "  ~ stricter  hours/nearly_always.windows.mon-fri: service hours 'nearly_always' (网上开户服务时间): "
        "mon-fri 01:23-23:58 → 09:00-17:00",
        "  ~ stricter  hours/nearly_always.windows.sat: service hours 'nearly_always' (网上开户服务时间): sat has changed",
        "      Before: 01:23-23:58", "      Now: –",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "before, after, way",
    [
        ("09:00-17:00", "08:30-20:00", "looser"),
        ("09:00-17:00", ["09:00-12:00", "13:00-17:00"], "stricter"),
        ("09:00-17:00", "10:00-18:00", "unknown"),
        (["09:00-12:00", "12:00-17:00"], "09:00-17:00", "neither"),
        ("09:00-17:00", "09:00-02:00", "looser"),
    ],
)
def test_longer_hours_are_looser_and_shorter_ones_stricter(before: Any, after: Any, way: str) -> None:
    old, new = copy.deepcopy(SEALED), copy.deepcopy(SEALED)
    for bundle, windows in ((old, before), (new, after)):
        next(iter(bundle["hours"].values()))["windows"] = {"mon-fri": windows}
    assert [one.strictness for one in difference(old, new, KINDS).changes] == [way]


def test_a_business_that_was_always_open_and_gets_hours_becomes_stricter() -> None:
    always = copy.deepcopy(SEALED)
    hours = always["business"].pop("hours")
    assert hours
    for old, new, way in ((always, SEALED, "stricter"), (SEALED, always, "looser")):
        told = [one.strictness for one in difference(old, new, KINDS).changes if one.path == "business.hours"]
        assert told == [way]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, value in attrs if name.startswith("on") or name in ("href", "src")]


def test_the_page_holds_no_script_loads_nothing_and_shows_what_an_author_wrote_as_text() -> None:
    new = copy.deepcopy(SEALED)
    evil = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">' * 2
    at(new, "agreements", "risk_disclosure").update(text=evil, title="<b>", number="'\"")
    at(new, *OTHER, "layout", "email").update(title=evil)
    page = as_page(difference(SEALED, new, KINDS), "<i>8001</i>", language='"><x')
    tags = Tags()
    tags.feed(page)
    assert not {"script", "img", "i", "b>", "x", "link", "iframe"} & set(tags.tags)
    assert tags.handlers == [] and "&lt;script&gt;" in page and '<meta name="viewport"' in page
    assert re.search(r"@media print", page)


def test_every_sentence_can_be_said_in_another_language() -> None:
    changes = difference(SEALED, changed(sorted(CASES)), KINDS).changes
    assert {one.told(lambda msgid: f"<{msgid}>")[0] for one in changes} == {"<"}
