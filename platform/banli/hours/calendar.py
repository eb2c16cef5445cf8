"""Knows which days are workdays and which are trading days, and says when it does not know for sure.

A make-up day (调休上班) is a Saturday or Sunday on which people work: a workday, but never a trading day. The
rest days of a year are announced only late in the year before. For a year that is not in the data the
calendar follows its author's policy (`missing_year`): weekdays without the fixed statutory days
(`provisional`), or no days at all (`closed`); either way such days are not `certain`, and whoever shows hours
can say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from banli.hours.windows import days_of

# A calendar that has no such day for longer than this will never have one.
_LONGEST_PAUSE = 400

MissingYear = Literal["provisional", "closed"]


@dataclass(frozen=True)
class Year:
    """What was announced for a year. `rest` gives each rest day the name of its holiday.

    `no_trading` are further days on which the exchanges are shut, though others work. A `provisional` year is
    the author's own reckoning, made before the announcement.
    """

    rest: Mapping[date, str]
    make_up: frozenset[date] = frozenset()
    no_trading: frozenset[date] = frozenset()
    provisional: bool = False
    source: str = ""


@dataclass(frozen=True)
class Calendar:
    """The days of a country and its exchanges. `fixed_rest` are the (month, day) that rest in every year."""

    title: str
    years: Mapping[int, Year] = field(default_factory=dict)
    fixed_rest: frozenset[tuple[int, int]] = frozenset()
    missing_year: MissingYear = "provisional"
    source: str = ""

    def certain(self, day: date) -> bool:
        """Whether the year of this day has been announced, so that what is said of it holds."""
        year = self.years.get(day.year)
        return year is not None and not year.provisional

    def uncertain_years(self, first: date, last: date) -> tuple[int, ...]:
        """The years from first to last that are missing or provisional: for warnings to authors and staff."""
        return tuple(year for year in range(first.year, last.year + 1) if not self.certain(date(year, 1, 1)))

    def holiday(self, day: date) -> str:
        """The name of the holiday that makes this a rest day, "" for any other day."""
        year = self.years.get(day.year)
        return year.rest.get(day, "") if year else ""

    def is_workday(self, day: date) -> bool:
        """Monday to Friday without rest days, and the make-up days."""
        year = self.years.get(day.year)
        if year is None:
            return self._in_missing_year(day)
        return day in year.make_up or (day.weekday() < 5 and day not in year.rest)

    def is_trading_day(self, day: date) -> bool:
        """Monday to Friday without rest days and without the days on which only the exchanges are shut."""
        year = self.years.get(day.year)
        if year is None:
            return self._in_missing_year(day)
        return day.weekday() < 5 and day not in year.rest and day not in year.no_trading

    def add_trading_days(self, day: date, number: int) -> date | None:
        """The `number`-th trading day after this day, such as the end of a term of ten trading days.

        None when the calendar knows of no more trading days (`missing_year: closed`).
        """
        pause = 0
        while number > 0:
            day += timedelta(days=1)
            pause += 1
            if self.is_trading_day(day):
                number, pause = number - 1, 0
            elif pause > _LONGEST_PAUSE:
                return None
        return day

    def _in_missing_year(self, day: date) -> bool:
        if self.missing_year == "closed":
            return False
        return day.weekday() < 5 and (day.month, day.day) not in self.fixed_rest


def calendar_from(data: Mapping[str, Any]) -> Calendar:
    """The calendar of a file `calendars/<id>.yaml` that fits its schema and has no `flaws_in_calendar`."""
    return Calendar(
        title=data["title"],
        years={int(year): _year_from(entry) for year, entry in data["years"].items()},
        fixed_rest=frozenset((int(text[:2]), int(text[3:])) for text in data.get("fixed_rest_days", ())),
        missing_year=data.get("missing_year", "provisional"),
        source=data.get("source", ""),
    )


def _year_from(entry: Mapping[str, Any]) -> Year:
    holidays = entry["holidays"]
    return Year(
        rest={day: holiday["title"] for holiday in holidays for day in days_of(holiday)},
        make_up=frozenset(
            date.fromisoformat(text) for holiday in holidays for text in holiday.get("make_up", ())
        ),
        no_trading=frozenset(date.fromisoformat(text) for text in entry.get("no_trading", ())),
        provisional=entry.get("provisional", False),
        source=entry.get("source", ""),
    )
