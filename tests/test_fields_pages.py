"""How a whole page is read: what is hidden, what belongs together, which rules are over it, and what it changes."""

from __future__ import annotations

import pytest

from banli.errors import Problem
from banli.fields import Reading
from banli.fields.base import hide
from banli.fields.reader import same
from small_flows import Group, Option, Rule, book, form, posted, question

TEXT = {"type": "string"}

PLACES = (
    question("province", {"enum": ["41", "31"]}, required=True),
    question(
        "city",
        {"enum": ["4101", "3101"]},
        required=True,
        options={"within": "province"},
        errors={"within": "请重新选择城市"},
        choices=(Option("4101", "郑州", "41"), Option("3101", "上海", "31")),
    ),
)


def test_a_city_belongs_to_its_province_and_a_missing_province_is_said_once():
    """R-094"""
    reader = book([form("page", *PLACES)]).reader("page")
    assert reader.read(posted({"province": "41", "city": "4101"}), {}).values == {"province": "41", "city": "4101"}
    assert reader.read(posted({"province": "31", "city": "4101"}), {}).problems == (
        Problem("city", "within", {}, "请重新选择城市"),
    )
    assert [(p.at, p.code) for p in reader.read(posted({"city": "4101"}), {}).problems] == [("province", "required")]


PEOPLE = (
    question("kind", {"enum": ["me", "other"]}, required=True),
    Group(
        "who",
        "Who",
        when='kind == "other"',
        entries=(
            question("name", {"type": "string", "minLength": 2}, required=True),
            question("phone", {"type": "string", "format": "cn-phone"}, required=True, when='name != "老王"'),
        ),
    ),
    question("note", TEXT, when="client.vip"),
)


def read_people(**raw: str) -> Reading:
    page = book([form("page", *PEOPLE)], record={"vip": {"type": "boolean"}}).reader("page")
    return page.read(posted(raw), {"client.vip": False})


def test_a_hidden_field_is_not_asked_not_checked_and_not_kept():
    reading = read_people(kind="me", name="x", phone="nonsense", note="hello")
    assert (reading.values, reading.problems, reading.hidden) == ({"kind": "me"}, (), {"name", "phone", "note"})


def test_a_field_is_required_only_while_it_is_shown():
    assert [(p.at, p.code) for p in read_people(kind="other").problems] == [("name", "required"), ("phone", "required")]
    shown = read_people(kind="other", name="老王", phone="1")
    assert (shown.values, shown.problems) == ({"kind": "other", "name": "老王"}, ())


def test_all_problems_of_a_page_are_told_at_once_in_the_order_of_the_page():
    fields = [question(f"f{n}", {"type": "integer"}, required=True) for n in range(5)]
    late = question("first", TEXT, required=True, when="f4 != null || f4 == null")
    reading = book([form("page", late, *fields)]).reader("page").read(posted({"f1": "x", "f2": "1.5", "f3": "3"}), {})
    assert [(p.at, p.code) for p in reading.problems] == [
        ("first", "required"),
        ("f0", "required"),
        ("f1", "number"),
        ("f2", "type"),
        ("f4", "required"),
    ]


def test_a_condition_may_name_a_field_further_down_the_page():
    fields = (question("detail", TEXT, required=True, when='kind == "b"'), question("kind", {"enum": ["a", "b"]}))
    reader = book([form("page", *fields)]).reader("page")
    assert reader.read(posted({"kind": "a", "detail": "x"}), {}).values == {"kind": "a"}
    assert reader.read(posted({"kind": "b", "detail": "x"}), {}).values == {"kind": "b", "detail": "x"}


def test_what_is_only_shown_cannot_be_changed_by_posting_it():
    fields = (question("name", TEXT, prefill="client.name", read_only=True), question("note", TEXT))
    reader = book([form("page", *fields)], record={"name": TEXT}).reader("page")
    outer = {"client.name": "张三"}
    reading = reader.read(posted({"name": "李四", "note": "x"}), outer)
    assert (reading.values, reader.changed(reading.values, outer)) == ({"name": "张三", "note": "x"}, {})


def test_rules_over_the_page_come_when_every_field_is_right():
    page = form(
        "page",
        question("a", {"type": "integer"}, required=True),
        question("b", {"type": "integer"}),
        refuse=[Rule("order", "a > b", "a is more than b.", "b")],
        warn=[Rule("much", "b > 100", "Really?")],
    )
    reader = book([page]).reader("page")
    assert [p.code for p in reader.read(posted({"a": "x", "b": "101"}), {}).problems] == ["number"]
    assert reader.read(posted({"a": "9", "b": "8"}), {}).problems == (Problem("b", "order", {}, "a is more than b."),)
    asked = reader.read(posted({"a": "9", "b": "101"}), {})
    assert ([rule.id for rule in asked.warnings], asked.flags) == (["much"], ())
    said = reader.read(posted({"a": "9", "b": "101"}), {}, confirmed=frozenset({"much", "other"}))
    assert (said.warnings, said.flags, said.values) == ((), ("much",), {"a": 9, "b": 101})


def test_what_the_schema_says_of_the_whole_page_counts_too():
    page = form("page", question("a", TEXT), question("b", TEXT), dependentRequired={"a": ["b"]})
    reader = book([page]).reader("page")
    assert [(p.at, p.code) for p in reader.read(posted({"a": "1"}), {}).problems] == [("b", "required")]
    assert reader.read(posted({"a": "1", "b": "2"}), {}).problems == ()


@pytest.mark.parametrize(
    ("answer", "on_file", "alike"),
    [
        (None, "", True),
        (None, [], True),
        ([], None, True),
        (None, 0, False),
        (0, None, False),
        (None, False, False),
        (False, False, True),
        (True, 1, False),
        (1.0, 1, True),
        (["a", "b"], ["b", "a"], True),
        (["a"], ["a", "a"], False),
        ([{"n": "1"}, {"n": "2"}], [{"n": "2"}, {"n": "1"}], False),
        ({"from": "1", "to": "2", "long_term": False}, {"from": "1", "to": "2"}, True),
        ({"from": "1", "to": "2"}, None, False),
    ],
)
def test_a_change_is_what_differs_from_the_file(answer, on_file, alike):
    """C-21"""
    assert same(answer, on_file) is alike


def test_hiding_shows_nothing_of_what_is_short():
    assert [hide("13800138000", 3, 4), hide("1234567", 3, 4), hide("", 3, 4), hide("张三")] == [
        "138****8000",
        "*******",
        "",
        "张*",
    ]
