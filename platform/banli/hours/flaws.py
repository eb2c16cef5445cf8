"""Finds what a schema cannot see in calendars and hours: dates that do not exist, doors that never open.

A flaw names the path inside the file (keys and list positions); the caller makes file, line and column of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from banli.errors import did_you_mean
from banli.hours.calendar import Calendar
from banli.hours.flaw import Flaw, Path
from banli.hours.notices import moment
from banli.hours.schedule import hours_from
from banli.hours.windows import WEEKDAYS, days_of, weekdays_of, windows_from

_LONGEST_RANGE_DAYS = 366


def flaws_in_calendar(data: Mapping[str, Any]) -> list[Flaw]:
    """All flaws of a calendar file that fits its schema."""
    found: list[Flaw] = []
    for position, text in enumerate(data.get("fixed_rest_days", ())):
        found += _date_flaws(text, ("fixed_rest_days", position), year="2000-")
    for year, entry in data["years"].items():
        found += _year_flaws(str(year), entry)
    return found


def flaws_in_hours(data: Mapping[str, Any], calendars: Collection[str]) -> list[Flaw]:
    """All flaws of an hours file that fits its schema. `calendars` are the ids that the site has."""
    found: list[Flaw] = []
    calendar = data.get("calendar", "china")
    if calendar not in calendars:
        cure = did_you_mean(calendar, calendars)
        path: Path = ("calendar",) if "calendar" in data else ()
        found.append(Flaw(path, "unknown-calendar", f"There is no calendar '{calendar}'.", cure))
    zone = data.get("zone", "Asia/Shanghai")
    if not _is_zone(zone):
        cure = did_you_mean(zone, available_timezones())
        found.append(Flaw(("zone",), "unknown-zone", f"There is no time zone '{zone}'.", cure))
    found += _weekly_flaws(data["windows"], data.get("days", "every_day"))
    found += _exception_flaws(data.get("exceptions", ()))
    found += flaws_in_notices(data.get("notices", ()))
    if not found and hours_from(data, {calendar: Calendar("")}).never_opens():
        found.append(_never_opens(data.get("days", "every_day")))
    return found


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def flaws_in_notices(items: Sequence[Mapping[str, Any]]) -> Iterator[Flaw]:
    """Times that do not exist, notices that end before they begin, two of one name."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        for name, told in item.items():
            path: Path = ("notices", index, name)
            if name in seen:
                yield Flaw(path, "duplicate-id", f"There is already a notice '{name}'.", "Give this one another name.")
            seen.add(name)
            wrong = [key for key in ("from", "to") if key in told and not _is_moment(told[key])]
            for key in wrong:
                yield Flaw((*path, key), "no-such-date", f"There is no day '{told[key]}'.")
            if wrong:
                continue
            start, end = moment(told, "from"), moment(told, "to")
            if start is not None and end is not None and end <= start:
                what = f"{told['to']} is not after {told['from']}."
                yield Flaw((*path, "to"), "dates-backwards", what, "Name the earlier time first.")


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _never_opens(days: str) -> Flaw:
    if days == "every_day":
        return Flaw(("windows",), "never-opens", "These hours never open.", "Give at least one day a window.")
    what = f"These hours never open: '{days}' leaves no Saturday or Sunday, and no other day has a window."
    cure = "Give a day from mon to fri a window, or write 'days: every_day'."
    return Flaw(("windows",), "never-opens", what, cure)


def _year_flaws(year: str, entry: Mapping[str, Any]) -> Iterator[Flaw]:
    seen: dict[date, str] = {}
    for position, holiday in enumerate(entry["holidays"]):
        path: Path = ("years", year, "holidays", position)
        wrong = list(_range_flaws(holiday, path))
        yield from wrong
        for day in () if wrong else days_of(holiday):
            yield from _seen_flaws(day, holiday["title"], year, seen, path)
        for index, text in enumerate(holiday.get("make_up", ())):
            name = f"make-up day of {holiday['title']}"
            yield from _make_up_flaws(text, name, year, seen, (*path, "make_up", index))
    for position, text in enumerate(entry.get("no_trading", ())):
        path = ("years", year, "no_trading", position)
        wrong = list(_date_flaws(text, path))
        yield from wrong or _seen_flaws(date.fromisoformat(text), "no_trading", year, seen, path)


def _make_up_flaws(text: str, name: str, year: str, seen: dict[date, str], path: Path) -> Iterator[Flaw]:
    wrong = list(_date_flaws(text, path))
    yield from wrong
    if wrong:
        return
    day = date.fromisoformat(text)
    yield from _seen_flaws(day, name, year, seen, path)
    if day.weekday() < 5:
        what = f"{text} is a {WEEKDAYS[day.weekday()]}, and people work on it anyway."
        yield Flaw(path, "make-up-on-weekday", what, "A make-up day is a Saturday or a Sunday.")


def _seen_flaws(day: date, name: str, year: str, seen: dict[date, str], path: Path) -> Iterator[Flaw]:
    if str(day.year) != year:
        yield Flaw(path, "date-in-other-year", f"{day} is not in {year}.", f"Write it under '{day.year}'.")
    if day in seen:
        yield Flaw(path, "date-twice", f"{day} is already there as {seen[day]}.", "Take one of the two away.")
    seen.setdefault(day, name)


def _weekly_flaws(weekly: Mapping[str, Any], days: str) -> Iterator[Flaw]:
    seen: dict[int, str] = {}
    for key, written in weekly.items():
        path: Path = ("windows", key)
        yield from _window_flaws(written, path)
        if key == "make_up":
            if days != "workdays":
                what = f"Make-up days have hours of their own only with 'days: workdays', not with '{days}'."
                yield Flaw(path, "make-up-without-workdays", what, "Take 'make_up' away.")
            continue
        weekdays = weekdays_of(key)
        if not weekdays:
            cure = "Name the earlier day first; a week begins on mon."
            yield Flaw(path, "weekdays-backwards", f"'{key}' runs backwards.", cure)
        for weekday in weekdays:
            if weekday in seen:
                what = f"'{WEEKDAYS[weekday]}' has hours already, in '{seen[weekday]}'."
                yield Flaw(path, "weekday-twice", what, "Several windows of one day go into one list.")
                break
        seen |= dict.fromkeys(weekdays, key)


def _exception_flaws(exceptions: Sequence[Mapping[str, Any]]) -> Iterator[Flaw]:
    seen: set[date] = set()
    for position, item in enumerate(exceptions):
        path: Path = ("exceptions", position)
        yield from _window_flaws(item.get("windows", ()), (*path, "windows"))
        wrong = list(_range_flaws(item, path))
        yield from wrong
        days = set() if wrong else set(days_of(item))
        if days & seen:
            what = f"{min(days & seen)} has an exception already."
            yield Flaw(path, "date-twice", what, "Take one of the two away.")
        seen |= days


def _window_flaws(written: str | Sequence[str], path: Path) -> Iterator[Flaw]:
    for text in [written] if isinstance(written, str) else written:
        start, end = text.split("-")
        if start == end:
            yield Flaw(path, "window-empty", f"'{text}' has no length.", "A whole day is '00:00-24:00'.")
    for first, second in pairwise(windows_from(written)):
        if second.start < first.end:
            yield Flaw(path, "windows-overlap", "Two windows of this day overlap.", "Make one of them.")


def _range_flaws(item: Mapping[str, Any], path: Path) -> Iterator[Flaw]:
    written = [key for key in ("date", "from", "to") if key in item]
    wrong = [flaw for key in written for flaw in _date_flaws(item[key], (*path, key))]
    yield from wrong
    if wrong or "from" not in item:
        return
    length = (date.fromisoformat(item["to"]) - date.fromisoformat(item["from"])).days
    if length < 0:
        what = f"{item['to']} is before {item['from']}."
        yield Flaw((*path, "to"), "dates-backwards", what, "Name the earlier day first.")
    if length >= _LONGEST_RANGE_DAYS:
        what = f"These are {length + 1} days."
        yield Flaw((*path, "to"), "dates-too-many", what, "Write at most a year at a time.")


def _date_flaws(text: str, path: Path, year: str = "") -> Iterator[Flaw]:
    try:
        date.fromisoformat(year + text)
    except ValueError:
        yield Flaw(path, "no-such-date", f"There is no day '{text}'.")
