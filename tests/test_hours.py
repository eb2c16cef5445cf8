"""Service hours, trading days and working time, as clients meet them and authors write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from banli import hours
from banli.definitions.source import read
from banli.hours import Closed, Grace, Open

# A shared machine may pause; how long a test takes is not what these properties are about.
unhurried = settings(deadline=None)

ROOT = Path(__file__).parents[1]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def definition(path: str) -> dict[str, Any]:
    source = read(path, (ROOT / "definitions" / path).read_bytes())
    assert source.mistakes == ()
    return source.data


def shape_errors(kind: str, data: Mapping[str, Any]) -> list[str]:
    schema = json.loads((ROOT / f"platform/banli/definitions/schemas/{kind}.json").read_text("utf-8"))
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


CHINA_DATA = definition("calendars/china.yaml")
CHINA = hours.calendar_from(CHINA_DATA)


def shipped(name: str) -> hours.Hours:
    return hours.hours_from(definition(f"hours/{name}.yaml"), {"china": CHINA})


def written(windows: Mapping[str, Any], **rest: Any) -> hours.Hours:
    data = {"windows": windows, **rest}
    assert shape_errors("hours", data) == []
    assert hours.flaws_in_hours(data, {"china"}) == []
    return hours.hours_from(data, {"china": CHINA})


def at(text: str) -> datetime:
    """A wall time in Shanghai, as it comes in: in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


# The calendar


def test_the_calendar_that_ships_fits_its_schema_and_has_no_flaw() -> None:
    assert shape_errors("calendar", CHINA_DATA) == []
    assert hours.flaws_in_calendar(CHINA_DATA) == []


def test_every_day_of_2024_to_2026_is_as_announced() -> None:
    """Section 3.9, against a second source; on 2024-02-09 people worked and the exchanges were shut."""
    for day in days(date(2024, 1, 1), date(2026, 12, 31)):
        workday = chinese_calendar.is_workday(day)
        trading = workday and day.weekday() < 5 and day != date(2024, 2, 9)
        assert (day, CHINA.is_workday(day), CHINA.is_trading_day(day)) == (day, workday, trading)
        assert CHINA.certain(day)


def test_a_make_up_weekend_is_a_workday_but_no_trading_day() -> None:
    """Section 3.9, checked by hand."""
    made_up = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    year = days(date(2026, 1, 1), date(2026, 12, 31))
    assert [str(day) for day in year if CHINA.is_workday(day) and not CHINA.is_trading_day(day)] == made_up
    assert sum(CHINA.is_trading_day(day) for day in year) == 242
    assert sum(CHINA.is_workday(day) for day in year) == 248


def test_each_year_has_as_many_trading_days_as_the_exchange_had() -> None:
    """As the calendar's source says: Shanghai traded on 242, 243 and 242 days."""
    counts = [sum(map(CHINA.is_trading_day, days(date(year, 1, 1), date(year, 12, 31)))) for year in (2024, 2025, 2026)]
    assert counts == [242, 243, 242]


def test_a_rest_day_has_the_name_of_its_holiday() -> None:
    names = [CHINA.holiday(date(2026, 10, day)) for day in (1, 7, 8)]
    assert names == ["国庆节", "国庆节", ""]


def test_a_year_that_nobody_has_announced_is_reckoned_and_says_so() -> None:
    """Section 3.9: fail visibly."""
    assert CHINA.uncertain_years(date(2026, 11, 23), date(2028, 3, 1)) == (2027, 2028)
    assert not CHINA.certain(date(2027, 3, 1))
    assert not CHINA.is_trading_day(date(2027, 2, 8))  # the third day of the Spring Festival
    assert CHINA.is_trading_day(date(2027, 2, 9))
    assert not CHINA.is_trading_day(date(2028, 10, 2))  # a Monday, by the fixed days alone
    assert CHINA.is_trading_day(date(2028, 10, 4))
    assert not CHINA.is_workday(date(2028, 1, 1))


def test_an_author_may_have_missing_years_closed_instead() -> None:
    closed = hours.calendar_from({**CHINA_DATA, "missing_year": "closed"})
    assert not any(
        closed.is_workday(day) or closed.is_trading_day(day)
        for day in days(date(2028, 1, 1), date(2028, 12, 31))
    )
    assert closed.add_trading_days(date(2027, 12, 30), 2) is None


@pytest.mark.parametrize(
    ("day", "number", "due"),
    [
        (date(2026, 11, 23), 10, date(2026, 12, 7)),
        (date(2026, 9, 24), 1, date(2026, 9, 28)),
        (date(2026, 9, 24), 10, date(2026, 10, 16)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_a_term_in_trading_days_jumps_over_holidays(day: date, number: int, due: date) -> None:
    """Section 3.8: ten trading days to report an actual-control relation."""
    assert CHINA.add_trading_days(day, number) == due


# Open or closed


@pytest.mark.parametrize("name", ["nearly_always", "working_hours", "video"])
def test_the_hours_that_ship_fit_their_schema_and_open(name: str) -> None:
    data = definition(f"hours/{name}.yaml")
    assert shape_errors("hours", data) == []
    assert hours.flaws_in_hours(data, {"china"}) == []


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-11-23T01:22:59", Closed(at("2026-11-23T01:23"), "time")),
        ("2026-11-23T01:23:00", Open(at("2026-11-23T23:58"))),
        ("2026-11-23T23:57:59", Open(at("2026-11-23T23:58"))),
        ("2026-11-23T23:58:00", Grace(at("2026-11-24T00:28"), at("2026-11-24T01:23"))),
        ("2026-11-24T00:27:59", Grace(at("2026-11-24T00:28"), at("2026-11-24T01:23"))),
        ("2026-11-24T00:28:00", Closed(at("2026-11-24T01:23"), "time")),
        ("2026-11-28T12:00:00", Open(at("2026-11-28T23:58"))),
        ("2026-11-29T12:00:00", Closed(at("2026-11-30T01:23"), "weekday")),
        ("2026-10-01T12:00:00", Open(at("2026-10-01T23:58"))),
    ],
)
def test_a_client_comes_to_the_nearly_always_open_service(now: str, state: hours.State) -> None:
    """R-025, R-031: Monday to Saturday 01:23-23:58, holidays too."""
    assert shipped("nearly_always").state(at(now)) == state


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-11-23T08:29:59", Closed(at("2026-11-23T08:30"), "time")),
        ("2026-11-23T08:30:00", Open(at("2026-11-23T17:00"))),
        ("2026-11-23T17:05:00", Grace(at("2026-11-23T17:15"), at("2026-11-24T08:30"))),
        ("2026-11-21T10:00:00", Closed(at("2026-11-23T08:30"), "weekday")),
        ("2026-10-10T10:00:00", Closed(at("2026-10-12T08:30"), "weekday")),
        ("2026-10-05T10:00:00", Closed(at("2026-10-08T08:30"), "rest_day", "国庆节")),
        ("2026-12-31T18:00:00", Closed(at("2027-01-04T08:30"), "time", "", True)),
        ("2027-02-05T10:00:00", Closed(at("2027-02-09T08:30"), "rest_day", "春节", True)),
        ("2027-02-09T10:00:00", Open(at("2027-02-09T17:00"), True)),
    ],
)
def test_a_client_asks_for_a_video_call_on_trading_days(now: str, state: hours.State) -> None:
    """Section 3.9: 交易日8:30-17:00, and not on make-up Saturdays; unannounced years are flagged."""
    assert shipped("video").state(at(now)) == state


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-12-19T12:00:00", Closed(at("2026-12-19T13:00"), "time")),
        ("2026-12-19T13:30:00", Open(at("2026-12-19T16:00"))),
        ("2026-12-31T15:59:59", Open(at("2026-12-31T16:00"))),
        ("2026-12-31T19:00:00", Closed(at("2027-01-04T08:30"), "time", "", True)),
    ],
)
def test_an_exception_holds_whatever_kind_of_day_it_is(now: str, state: hours.State) -> None:
    """Section 3.9: joint tests on Saturdays."""
    assert shipped("working_hours").state(at(now)) == state


def test_a_closed_exception_tells_its_reason() -> None:
    service = written({"mon-sun": "09:00-17:00"}, exceptions=[
        {"from": "2026-11-23", "to": "2026-11-24", "closed": True, "title": "系统升级"},
    ])  # fmt: skip
    assert service.state(at("2026-11-23T10:00")) == Closed(at("2026-11-25T09:00"), "exception", "系统升级")


def test_a_window_across_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    night = written({"mon-fri": ["09:00-15:00", "21:00-02:30"]}, days="trading_days")
    assert night.state(at("2026-11-24T02:29")) == Open(at("2026-11-24T02:30"))
    assert night.state(at("2026-11-28T01:00")) == Open(at("2026-11-28T02:30"))  # Saturday, from Friday
    assert night.state(at("2026-11-28T02:30")) == Closed(at("2026-11-30T09:00"), "weekday")
    assert night.state(at("2026-11-23T01:00")) == Closed(
        at("2026-11-23T09:00"), "time"
    )  # Monday, from Sunday
    assert night.state(at("2026-10-08T01:00")) == Closed(at("2026-10-08T09:00"), "time")  # after a holiday


def test_windows_that_touch_at_midnight_are_one_opening() -> None:
    service = written({"mon-fri": "00:00-24:00"})
    assert service.state(at("2026-11-24T12:00")) == Open(at("2026-11-28T00:00"))
    assert service.next_opening(at("2026-11-24T12:00")) == at("2026-11-30T00:00")


def test_a_service_that_never_closes_has_no_end() -> None:
    service = written({"mon-sun": "00:00-24:00"})
    assert service.state(at("2026-11-24T12:00")) == Open(None)
    assert service.next_opening(at("2026-11-24T12:00")) is None
    assert service.add_working_time(at("2026-11-24T12:00"), timedelta(days=900)) == at("2029-05-12T12:00")


def test_workdays_include_make_up_days_with_their_own_hours_or_mondays() -> None:
    saturday = "2026-10-10T10:00"
    assert written({"mon-fri": "09:00-17:00"}, days="workdays").state(at(saturday)) == Open(
        at("2026-10-10T17:00")
    )
    shorter = written({"mon-fri": "09:00-17:00", "make_up": "09:30-12:00"}, days="workdays")
    assert shorter.state(at(saturday)) == Open(at("2026-10-10T12:00"))
    assert written({"mon-fri": "09:00-17:00"}, days="trading_days").state(at(saturday)) == Closed(
        at("2026-10-12T09:00"), "weekday"
    )


def test_the_same_moment_is_the_same_wherever_the_clock_stands() -> None:
    service = shipped("video")
    moment = at("2026-11-23T08:30")
    for zone in ("UTC", "America/New_York", "Asia/Kathmandu"):
        state = service.state(moment.astimezone(ZoneInfo(zone)))
        assert state == Open(at("2026-11-23T17:00"))
        assert isinstance(state, Open)
        assert state.until is not None
        assert state.until.isoformat() == "2026-11-23T17:00:00+08:00"


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Hours are asked with a time that has a zone\.$"):
        shipped("video").state(datetime(2026, 11, 23, 8, 30))


def test_where_clocks_change_a_window_keeps_its_wall_time() -> None:
    service = written({"mon-sun": "00:00-06:00"}, zone="Europe/Berlin")
    opening = next(service.openings(datetime(2026, 3, 28, 23, 0, tzinfo=UTC)))
    assert opening == hours.Opening(
        datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC)
    )


# Working time


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-11-23T10:00", timedelta(hours=2), "2026-11-23T12:00"),
        ("2026-11-23T16:00", timedelta(hours=2), "2026-11-24T09:30"),
        ("2026-11-23T16:00", timedelta(hours=1), "2026-11-23T17:00"),
        ("2026-11-20T16:30", timedelta(hours=1), "2026-11-23T09:00"),
        ("2026-09-30T16:30", timedelta(hours=1), "2026-10-08T09:00"),
        ("2026-11-21T12:00", timedelta(minutes=1), "2026-11-23T08:31"),
        ("2026-11-21T12:00", timedelta(0), "2026-11-21T12:00"),
    ],
)
def test_a_reviewer_has_working_hours_not_clock_hours(start: str, duration: timedelta, end: str) -> None:
    assert shipped("video").add_working_time(at(start), duration) == at(end)


WINDOWS = st.lists(st.integers(0, 47), min_size=2, max_size=6, unique=True).map(
    lambda halves: [
        f"{first // 2:02}:{first % 2 * 30:02}-{last // 2:02}:{last % 2 * 30:02}"
        for first, last in zip(sorted(halves)[::2], sorted(halves)[1::2], strict=False)
    ]
)
SERVICES = st.builds(
    lambda weekly, kind, grace: hours.hours_from(
        {"windows": weekly, "days": kind, "grace_minutes": grace}, {"china": CHINA}
    ),
    st.dictionaries(st.sampled_from(hours.WEEKDAYS), WINDOWS, max_size=7),
    st.sampled_from(["every_day", "workdays", "trading_days"]),
    st.integers(0, 90),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))


@unhurried
@given(SERVICES, MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(hours=8)))
def test_working_time_that_was_added_has_passed(
    service: hours.Hours, start: datetime, duration: timedelta
) -> None:
    end = service.add_working_time(start, duration)
    if end is None:
        assert service.next_opening(start) is None
    else:
        assert service.working_time(start, end) == duration
        assert service.working_time(start, end - timedelta(microseconds=1)) < duration


@unhurried
@given(SERVICES, MOMENTS)
def test_what_is_said_of_now_agrees_with_what_comes(service: hours.Hours, now: datetime) -> None:
    state = service.state(now)
    match state:
        case Open(until):
            assert until is not None
            assert until > now
            assert not isinstance(service.state(until), Open)
            assert isinstance(service.state(until - timedelta(microseconds=1)), Open)
        case Grace(until, opens_at):
            assert now < until <= now + service.grace
            assert opens_at == service.next_opening(now)
        case Closed(opens_at):
            assert opens_at == service.next_opening(now)
            assert (opens_at is None) == service.never_opens()
            assert opens_at is None or isinstance(service.state(opens_at), Open)


@unhurried
@given(SERVICES, MOMENTS)
def test_openings_are_in_order_and_apart(service: hours.Hours, now: datetime) -> None:
    before = now
    for _, opening in zip(range(20), service.openings(now), strict=False):
        assert opening.end is not None
        assert opening.start < opening.end
        assert opening.start > before or before == now
        before = opening.end


def test_hours_that_never_open_say_so_and_do_not_hang() -> None:
    weekend = {"days": "trading_days", "windows": {"sat-sun": "09:00-17:00"}}
    never = hours.hours_from(weekend, {"china": CHINA})
    assert never.never_opens()
    assert never.state(at("2026-11-21T10:00")) == Closed(None, "rest_day")
    assert never.add_working_time(at("2026-11-21T10:00"), timedelta(hours=1)) is None
