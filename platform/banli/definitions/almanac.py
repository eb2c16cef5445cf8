"""What will be wrong soon: calendars that somebody relies on and whose announced years come to an end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from banli.definitions.library import Library, View
from banli.errors import Mistake, Place
from banli.hours import Calendar, calendar_from

AHEAD = timedelta(days=60)
"""How long before the end of the last announced year it is told."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A calendar that hours rest on. `years` are those of the next 60 days that nobody has announced; `missing` are the ones
    of them that it has nothing of; `closed`: in these no day is a workday or a trading day."""

    place: Place
    title: str
    years: tuple[int, ...]
    missing: tuple[int, ...]
    closed: bool

    @property
    def since(self) -> date:
        """From when on hours are provisional, or closed."""
        return date(self.years[0], 1, 1)

    def warning(self) -> Mistake:
        """For authors."""
        years, lacking = _listed(self.years), _listed(self.missing)
        if self.missing and self.closed:
            what = f"There is no {lacking} here: none of its days is a trading day or a workday."
        elif self.missing:
            what = f"There is no {lacking} here: from {self.since} on, hours of trading days and workdays are provisional."
        else:
            what = f"{years} is not announced: from {self.since} on, hours of trading days and workdays are provisional."
        cure = "Write the announcement under its year" + ("." if self.missing else ", and take 'provisional' away.")
        return Mistake(self.place, "calendar-ends", what, cure)


def endings(library: Library, today: date) -> tuple[Ending, ...]:
    """All of them, over all companies. The library is known to be free of mistakes."""
    found = {ending for company in ("", *library.company_ids) for ending in _of_view(library.view(company), today)}
    return tuple(sorted(found, key=lambda ending: ending.place))


class Almanac:
    """The endings of the day, reckoned once a day and for each library."""

    def __init__(self) -> None:
        self._known: tuple[Library, date, tuple[Ending, ...]] | None = None

    def endings(self, library: Library, today: date) -> tuple[Ending, ...]:
        if self._known is None or self._known[0] is not library or self._known[1] != today:
            self._known = library, today, endings(library, today)
        return self._known[2]


def _of_view(view: View, today: date) -> Iterator[Ending]:
    rested_on = {
        str(source.data.get("calendar", "china"))
        for _, source in view.all("hours")
        if source.data.get("days", "every_day") != "every_day"
    }
    for name in sorted(rested_on):
        source = view.get("calendars", name)
        if source is None:
            continue
        calendar: Calendar = calendar_from(source.data)
        years = calendar.uncertain_years(today, today + AHEAD)
        if years:
            missing = tuple(year for year in years if year not in calendar.years)
            written = next((str(year) for year in years if year in calendar.years), "")
            place = source.place(("years", written) if written else ("years",), key=True)
            yield Ending(place, calendar.title, years, missing, calendar.missing_year == "closed")


def _listed(years: tuple[int, ...]) -> str:
    return " and ".join(str(year) for year in years)
