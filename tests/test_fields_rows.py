"""Rows and objects as they are read: conditions in each row, rows that are known again, objects that may be left out."""

from __future__ import annotations

from typing import Any

import pytest

from banli.fields import Reading
from banli.fields.compared import compared
from schema_kit import Page
from small_flows import posted

TEXT = {"type": "string"}
PLACES = {
    "provinces": {"items": [{"code": "41"}, {"code": "44"}]},
    "cities": {"items": [{"code": "4101", "parent": "41"}, {"code": "4401", "parent": "44"}]},
}
ROW = {
    "type": "object",
    "required": ["bank", "number"],
    "properties": {
        "id": TEXT, "bank": {"enum": ["icbc", "boc"]}, "number": {"type": "string", "pattern": "^[0-9]{4}$"},
        "branch": {"type": "string", "minLength": 2}, "opened": {"type": "string", "format": "date"},
    },
}  # fmt: skip
LIST = {"type": "array", "items": ROW}
ENTRIES = ["bank", {"number": {"read_only": True}}, {"branch": {"when": 'bank == "boc"'}}]
FILE = {
    "client.cards": [
        {"id": "1", "bank": "icbc", "number": "1111", "opened": "2020-01-01"},
        {"id": "2", "bank": "boc", "number": "2222", "branch": "Town"},
    ]
}


def page(**settings: Any) -> Page:
    layout = [{"cards": {"entries": ENTRIES, "prefill": "client.cards", "key": "id", **settings}}]
    return Page({"properties": {"cards": LIST}}, layout, record={"cards": LIST})


def read(the_page: Page, outer: dict[str, Any] | None = None, /, **raw: str) -> Reading:
    return the_page.reader.read(posted(raw), FILE if outer is None else outer)


def wrong(reading: Reading) -> list[tuple[str, str]]:
    return [(problem.at, problem.code) for problem in reading.problems]


def test_a_condition_in_a_row_sees_the_row_first_and_then_the_form():
    inner = {"type": "object", "properties": {"kind": TEXT, "a": TEXT, "b": TEXT}, "required": ["a", "b"]}
    form = Page(
        {"properties": {"rows": {"type": "array", "items": inner}, "all": {"type": "boolean"}}},
        [{"rows": {"entries": ["kind", {"a": {"when": "all == true"}}, {"b": {"when": 'a != null && kind == "x"'}}]}}, "all"],
    )
    reading = read(form, {}, rows__0__kind="x", rows__0__b="no", rows__4__kind="x", rows__4__a="1", rows__4__b="2", all="true")
    assert wrong(reading) == [("rows.0.a", "required")]
    reading = read(form, {}, rows__0__kind="x", rows__0__a="1", rows__4__kind="y", rows__4__a="1", rows__4__b="2", all="false")
    assert (reading.values["rows"], wrong(reading)) == ([{"kind": "x"}, {"kind": "y"}], [])
    assert reading.hidden == {"rows.0.a", "rows.0.b", "rows.4.a", "rows.4.b"}


def test_a_city_belongs_to_the_province_of_its_own_row():
    """R-094"""
    row = {"type": "object", "properties": {"province": {"$ref": "dictionary:provinces"}, "city": {"$ref": "dictionary:cities"}}}
    layout = [{"homes": {"entries": ["province", {"city": {"within": "province"}}]}}]
    form = Page({"properties": {"homes": {"type": "array", "items": row}}}, layout, dictionaries=PLACES)
    right = {"homes__0__province": "41", "homes__0__city": "4101", "homes__1__province": "44", "homes__1__city": "4401"}
    assert wrong(read(form, {}, **right)) == []
    assert wrong(read(form, {}, **{**right, "homes__1__city": "4101"})) == [("homes.1.city", "within")]


def test_a_row_on_file_is_known_again_and_keeps_what_nobody_asks():
    """What is read-only cannot be changed by posting it; a key that is not on file makes an added row."""
    reading = read(
        page(), cards__0__id="1", cards__0__bank="boc", cards__0__number="9999", cards__0__branch="City",
        cards__3__id="7", cards__3__bank="icbc", cards__3__number="3333",
    )  # fmt: skip
    assert wrong(reading) == []
    assert reading.values["cards"] == [
        {"id": "1", "bank": "boc", "number": "1111", "opened": "2020-01-01", "branch": "City"},
        {"bank": "icbc", "number": "3333"},
    ]
    assert set(reading.on_file) == {"cards.0"}


def test_the_same_key_twice_is_one_row_on_file_and_one_added():
    reading = read(
        page(), cards__0__id="1", cards__0__bank="icbc", cards__1__id="1", cards__1__bank="icbc", cards__1__number="1234"
    )
    assert reading.values["cards"] == [FILE["client.cards"][0], {"bank": "icbc", "number": "1234"}]
    assert wrong(read(page(), cards__0__id="1", cards__0__bank="icbc", cards__1__id="1", cards__1__bank="icbc")) == [
        ("cards.1.number", "required")
    ]


def test_a_key_that_clients_type_tells_the_rows_apart():
    form = Page(
        {"properties": {"cards": LIST}},
        [{"cards": {"entries": ["bank", "number"], "prefill": "client.cards", "key": "number"}}],
        record={"cards": LIST},
    )
    twice = read(form, cards__0__bank="icbc", cards__0__number="1111", cards__1__bank="boc", cards__1__number="1111")
    assert wrong(twice) == [("cards.1.number", "twice")]
    once = read(form, cards__0__bank="boc", cards__0__number="1111", cards__1__bank="boc", cards__1__number="5555")
    assert once.values["cards"] == [
        {"id": "1", "bank": "boc", "number": "1111", "opened": "2020-01-01"},
        {"bank": "boc", "number": "5555"},
    ]


def test_rows_that_may_not_be_added_or_removed_stay_as_many_as_they_are():
    reading = read(page(add=False), cards__0__id="1", cards__0__bank="icbc", cards__1__bank="icbc", cards__1__number="1234")
    assert reading.values["cards"] == [FILE["client.cards"][0]]
    reading = read(page(remove=False), cards__0__id="1", cards__0__bank="icbc")
    assert reading.values["cards"] == FILE["client.cards"]


def test_rows_in_another_order_change_nothing():
    form = page()
    turned = {"cards": list(reversed(FILE["client.cards"]))}
    assert form.reader.changed(turned, FILE) == {}
    assert form.reader.changed({"cards": FILE["client.cards"][:1]}, FILE) == {"cards": FILE["client.cards"][:1]}


def test_rows_are_written_with_their_keys_and_read_again_as_they_were():
    form = page()
    raw = form.write({"cards": FILE["client.cards"]})
    assert raw["cards.1.id"] == ["2"]
    assert form.reader.read(raw, FILE).values == {"cards": FILE["client.cards"]}


def test_a_list_that_is_required_begins_with_the_rows_that_it_needs():
    form = Page({"required": ["cards"], "properties": {"cards": {**LIST, "minItems": 2}}})
    assert form.write({}) == {"cards.0._": [""], "cards.1._": [""]}
    assert wrong(form.reader.read(form.write({}), {})) == [
        (f"cards.{n}.{q}", "required") for n in (0, 1) for q in ("bank", "number")
    ]
    assert wrong(form.reader.read({}, {})) == [("cards", "required")]
    assert Page({"properties": {"cards": {**LIST, "minItems": 2}}}).write({}) == {}


def test_a_row_in_which_nothing_is_answered_or_needed_is_none():
    form = Page({"properties": {"cards": {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}}})
    assert read(form, {}, cards__0___="", cards__1__a="x").values == {"cards": [{"a": "x"}]}
    assert read(form, {}, cards__0___="", cards__1__a=" ").values == {}


def test_an_object_that_is_not_required_may_be_left_out_as_a_whole():
    home = {"type": "object", "required": ["city"], "properties": {"city": TEXT, "road": TEXT}}
    form = Page({"properties": {"home": home}})
    assert (read(form, {}, home__city=" ").values, wrong(read(form, {}, home__city=" "))) == ({}, [])
    assert wrong(read(form, {}, home__road="x")) == [("home.city", "required")]
    assert read(form, {}, home__city="x").values == {"home": {"city": "x"}}
    needed = Page({"required": ["home"], "properties": {"home": home}})
    assert wrong(needed.reader.read({}, {})) == [("home.city", "required")]


def test_the_parts_of_an_object_have_their_places_on_file_and_in_conditions():
    form = Page(
        {"properties": {"home": {"type": "object", "properties": {"city": TEXT, "name": TEXT}}, "why": TEXT}},
        [
            {
                "home": {
                    "entries": [{"city": {"prefill": "client.city"}}, {"name": {"prefill": "client.name", "read_only": True}}]
                }
            },
            {"why": {"when": 'home.city == "x"'}},
        ],
        record={"city": TEXT, "name": TEXT},
    )
    outer = {"client.city": "x", "client.name": "Li"}
    home = next(field for field in form.form.fields if field.name == "home")
    assert form.reader.on_file(home, outer) == {"city": "x", "name": "Li"}
    reading = read(form, outer, home__city="x", home__name="Wang", why="so")
    assert reading.values == {"home": {"city": "x", "name": "Li"}, "why": "so"}
    assert form.reader.changed(reading.values, outer) == {}
    other = read(form, outer, home__city="y", why="so")
    assert (other.values, form.reader.changed(other.values, outer)) == ({"home": {"city": "y", "name": "Li"}}, {"city": "y"})


def test_conditions_may_speak_of_what_is_answered_in_rows_that_are_not_finished():
    form = Page(
        {"properties": {"cards": LIST, "why": TEXT}},
        [{"cards": {"entries": ["bank", "number"]}}, {"why": {"when": 'cards.exists(c, c.bank == "boc")'}}],
    )
    assert read(form, {}, cards__0__bank="boc").hidden == frozenset()
    assert read(form, {}, cards__0__bank="icbc").hidden == {"why"}


@pytest.mark.parametrize("key", ["", "id"])
def test_two_lists_are_compared_row_by_row(key: str):
    before = [{"id": "1", "n": "a"}, {"id": "2", "n": "b"}, {"id": "3", "n": "c"}]
    after = [{"id": "3", "n": "c"}, {"id": "2", "n": "B"}, {"n": "new"}]
    states = [(pair.state, pair.before, pair.after) for pair in compared(before, after, key)]
    changed = [("changed", before[1], after[1])] if key else [("added", None, after[1])]
    gone = [("removed", before[0], None)] + ([] if key else [("removed", before[1], None)])
    assert states == [("same", before[2], after[0]), *changed, ("added", None, after[2]), *gone]
    assert compared(None, None, key) == ()


def test_rows_differ_in_what_must_be_unique_on_file_and_added_alike():
    form = page(unique=["number"])
    kept = {"cards__0__id": "1", "cards__0__bank": "icbc", "cards__1__id": "2", "cards__1__bank": "icbc"}
    again = read(form, **kept, cards__2__bank="boc", cards__2__number="2222", cards__2__branch="City")
    assert wrong(again) == [("cards.2.number", "twice")]
    assert wrong(read(form, cards__0__bank="icbc", cards__0__number="3333", cards__1__bank="icbc", cards__1__number="3333")) == [
        ("cards.1.number", "twice")
    ]
    # A card that is taken off the list makes room for itself; one that must stay does not.
    moved = {"cards__0__id": "1", "cards__0__bank": "icbc", "cards__1__bank": "icbc", "cards__1__number": "2222"}
    assert wrong(read(form, **moved)) == []
    assert wrong(read(page(unique=["number"], remove=False), **moved)) == [("cards.1.number", "twice")]
