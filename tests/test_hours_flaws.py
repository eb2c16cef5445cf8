"""What an author is told about calendars and hours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from banli import hours
from banli.hours import Flaw

ROOT = Path(__file__).parents[1]


def shape_errors(kind: str, data: Mapping[str, Any]) -> list[str]:
    schema = json.loads((ROOT / f"platform/banli/definitions/schemas/{kind}.json").read_text("utf-8"))
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


def test_hours_that_never_open_are_told() -> None:
    weekend = {"days": "trading_days", "windows": {"sat-sun": "09:00-17:00"}}
    assert hours.flaws_in_hours(weekend, {"china"}) == [
        Flaw(
            ("windows",),
            "never-opens",
            "These hours never open: "
            "'trading_days' leaves no Saturday or Sunday, and no other day has a window.",
            "Give a day from mon to fri a window, or write 'days: every_day'.",
        )
    ]
    test_window = {**weekend, "exceptions": [{"date": "2026-12-19", "windows": "14:00-18:00"}]}
    assert hours.flaws_in_hours(test_window, {"china"}) == []


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (
            {"windows": {"mon-wed": "09:00-17:00", "tue": "10:00-12:00"}},
            Flaw(
                ("windows", "tue"),
                "weekday-twice",
                "'tue' has hours already, in 'mon-wed'.",
                "Several windows of one day go into one list.",
            ),
        ),
        (
            {"windows": {"fri-mon": "09:00-17:00"}},
            Flaw(
                ("windows", "fri-mon"),
                "weekdays-backwards",
                "'fri-mon' runs backwards.",
                "Name the earlier day first; a week begins on mon.",
            ),
        ),
        (
            {"windows": {"mon": ["09:00-12:00", "11:30-17:00"]}},
            Flaw(
                ("windows", "mon"),
                "windows-overlap",
                "Two windows of this day overlap.",
                "Make one of them.",
            ),
        ),
        (
            {"windows": {"mon": "09:00-09:00"}},
            Flaw(
                ("windows", "mon"),
                "window-empty",
                "'09:00-09:00' has no length.",
                "A whole day is '00:00-24:00'.",
            ),
        ),
        (
            {"windows": {"mon": "09:00-17:00", "make_up": "09:00-12:00"}},
            Flaw(
                ("windows", "make_up"),
                "make-up-without-workdays",
                "Make-up days have hours of their own only with 'days: workdays', not with 'every_day'.",
                "Take 'make_up' away.",
            ),
        ),
        (
            {"windows": {"mon": "09:00-17:00"}, "calendar": "chnia"},
            Flaw(("calendar",), "unknown-calendar", "There is no calendar 'chnia'.", "Did you mean 'china'?"),
        ),
        (
            {"windows": {"mon": "09:00-17:00"}, "zone": "Asia/Shangai"},
            Flaw(
                ("zone",),
                "unknown-zone",
                "There is no time zone 'Asia/Shangai'.",
                "Did you mean 'Asia/Shanghai'?",
            ),
        ),
        (
            {"windows": {"mon": "09:00-17:00"}, "exceptions": [{"date": "2026-02-30", "closed": True}]},
            Flaw(("exceptions", 0, "date"), "no-such-date", "There is no day '2026-02-30'."),
        ),
        (
            {
                "windows": {"mon": "09:00-17:00"},
                "exceptions": [
                    {"from": "2026-02-01", "to": "2026-02-05", "closed": True},
                    {"date": "2026-02-05", "windows": "09:00-10:00"},
                ],
            },
            Flaw(
                ("exceptions", 1),
                "date-twice",
                "2026-02-05 has an exception already.",
                "Take one of the two away.",
            ),
        ),
        (
            {
                "windows": {"mon": "09:00-17:00"},
                "exceptions": [{"from": "2026-02-05", "to": "2026-02-01", "closed": True}],
            },
            Flaw(
                ("exceptions", 0, "to"),
                "dates-backwards",
                "2026-02-01 is before 2026-02-05.",
                "Name the earlier day first.",
            ),
        ),
        (
            {
                "windows": {"mon": "09:00-17:00"},
                "exceptions": [{"from": "0001-01-01", "to": "9999-12-31", "closed": True}],
            },
            Flaw(
                ("exceptions", 0, "to"),
                "dates-too-many",
                "These are 3652059 days.",
                "Write at most a year at a time.",
            ),
        ),
    ],
)
def test_an_author_is_told_what_is_wrong_with_hours(data: dict[str, Any], flaw: Flaw) -> None:
    assert shape_errors("hours", data) == []
    assert hours.flaws_in_hours(data, {"china"}) == [flaw]


def test_an_author_is_told_all_that_is_wrong_with_a_calendar() -> None:
    data = {
        "title": "试验",
        "fixed_rest_days": ["02-30"],
        "years": {
            "2026": {
                "holidays": [
                    {"title": "元旦", "from": "2025-12-31", "to": "2026-01-01"},
                    {"title": "春节", "from": "2026-02-15", "to": "2026-02-14"},
                    {"title": "清明节", "from": "2026-04-04", "to": "2026-04-31"},
                    {
                        "title": "劳动节",
                        "from": "2026-05-01",
                        "to": "2026-05-02",
                        "make_up": ["2026-05-02", "2026-05-06"],
                    },
                ],
                "no_trading": ["2026-05-01"],
            }
        },
    }
    assert shape_errors("calendar", data) == []
    cure = "Take one of the two away."
    assert hours.flaws_in_calendar(data) == [
        Flaw(("fixed_rest_days", 0), "no-such-date", "There is no day '02-30'."),
        Flaw(
            ("years", "2026", "holidays", 0),
            "date-in-other-year",
            "2025-12-31 is not in 2026.",
            "Write it under '2025'.",
        ),
        Flaw(
            ("years", "2026", "holidays", 1, "to"),
            "dates-backwards",
            "2026-02-14 is before 2026-02-15.",
            "Name the earlier day first.",
        ),
        Flaw(("years", "2026", "holidays", 2, "to"), "no-such-date", "There is no day '2026-04-31'."),
        Flaw(
            ("years", "2026", "holidays", 3, "make_up", 0),
            "date-twice",
            "2026-05-02 is already there as 劳动节.",
            cure,
        ),
        Flaw(
            ("years", "2026", "holidays", 3, "make_up", 1),
            "make-up-on-weekday",
            "2026-05-06 is a wed, and people work on it anyway.",
            "A make-up day is a Saturday or a Sunday.",
        ),
        Flaw(
            ("years", "2026", "no_trading", 0), "date-twice", "2026-05-01 is already there as 劳动节.", cure
        ),
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"windows": {}},
        {"windows": {"monday": "09:00-17:00"}},
        {"windows": {"mon": "9:00-17:00"}},
        {"windows": {"mon": "09:00-24:01"}},
        {"windows": {"mon": []}},
        {"windows": {"mon": "09:00-17:00"}, "days": "weekdays"},
        {"windows": {"mon": "09:00-17:00"}, "grace": 5},
        {"windows": {"mon": "09:00-17:00"}, "exceptions": [{"date": "2026-01-01"}]},
        {"windows": {"mon": "09:00-17:00"}, "exceptions": [{"from": "2026-01-01", "closed": True}]},
        {
            "windows": {"mon": "09:00-17:00"},
            "exceptions": [{"date": "2026-01-01", "closed": True, "windows": "09:00-10:00"}],
        },
        {
            "windows": {"mon": "09:00-17:00"},
            "exceptions": [{"date": "2026-01-01", "from": "2026-01-01", "closed": True}],
        },
    ],
)
def test_hours_of_a_wrong_shape_do_not_pass_the_schema(data: dict[str, Any]) -> None:
    assert shape_errors("hours", data) != []


@pytest.mark.parametrize("kind", ["calendar", "hours", "dictionary"])
def test_every_key_of_the_schemas_says_what_it_is_for(kind: str) -> None:
    schema = json.loads((ROOT / f"platform/banli/definitions/schemas/{kind}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    silent: list[str] = []
    open_objects: list[str] = []

    def walk(node: Any, path: str) -> None:
        if not isinstance(node, dict):
            return
        if node.get("type") == "object" and "additionalProperties" not in node:
            open_objects.append(path)
        for group in ("properties", "patternProperties", "$defs"):
            for name, part in node.get(group, {}).items():
                if "description" not in part:
                    silent.append(f"{path}/{name}")
                walk(part, f"{path}/{name}")
        for key in ("items", "additionalProperties"):
            walk(node.get(key), f"{path}/{key}")

    walk(schema, kind)
    assert (silent, open_objects) == ([], [])
