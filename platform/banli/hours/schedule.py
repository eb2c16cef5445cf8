"""Tells whether a service is open, until when, when it opens next, and how far working time reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from banli.hours.calendar import Calendar
from banli.hours.notices import Notice, notices_from
from banli.hours.windows import DAY_MINUTES, WEEKDAYS, Window, days_of, weekdays_of, windows_from

Days = Literal["every_day", "workdays", "trading_days"]
Why = Literal["time", "weekday", "rest_day", "exception"]

# Hours that do not open for longer than this never will; hours that stay open for longer never close.
_LONGEST_PAUSE_DAYS = 400
_LONGEST_OPENING = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Opening:
    """From `start` up to and without `end`, aware, in UTC. `end` is None when it never closes."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Open:
    """`until` is None when it never closes. `provisional`: told from a year that nobody has announced yet."""

    until: datetime | None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Grace:
    """Closed to whoever comes now; people who are inside may finish until `until`."""

    until: datetime
    opens_at: datetime | None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """`opens_at` is None when it never opens again.

    `why` it is closed today: the `time` of day, the `weekday`, a `rest_day` (`note` names the holiday) or an
    `exception` (`note` is the author's title).
    """

    opens_at: datetime | None
    why: Why
    note: str = ""
    provisional: bool = False


State = Open | Grace | Closed


@dataclass(frozen=True, slots=True)
class Exceptional:
    """The windows of one date, instead of those of its weekday; none when closed."""

    windows: tuple[Window, ...]
    title: str = ""


@dataclass(frozen=True)
class Hours:
    """When a service is open. A window belongs to the day on which it starts, past midnight too.

    `weekly` has the windows of Monday to Sunday. With `days: workdays` a make-up day has the windows of
    `make_up`, or those of Monday where that is None. Exceptions hold whatever kind of day it is. Times that
    come in must be aware; times that go out are in `zone`. `groups` are the weekdays that the author named
    together, for whoever puts the hours into words; `notices` are shown where somebody uses the service.
    """

    title: str
    weekly: tuple[tuple[Window, ...], ...]
    calendar: Calendar
    days: Days = "every_day"
    make_up: tuple[Window, ...] | None = None
    exceptions: Mapping[date, Exceptional] = field(default_factory=dict)
    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    grace: timedelta = timedelta(0)
    groups: tuple[tuple[int, ...], ...] = ()
    notices: tuple[Notice, ...] = ()

    def state(self, now: datetime) -> State:
        """Whether it is open now."""
        ended: datetime | None = None
        upcoming: Opening | None = None
        for opening in self.openings(now - self.grace):
            if opening.end is None or opening.end > now:
                upcoming = opening
                break
            ended = opening.end
        if upcoming and upcoming.start <= now:
            return Open(self._local(upcoming.end) if upcoming.end else None, self._provisional(now))
        opens_at = self._local(upcoming.start) if upcoming else None
        provisional = self._provisional(now) or (opens_at is not None and self._provisional(opens_at))
        if ended is not None:
            return Grace(self._local(ended + self.grace), opens_at, provisional)
        why, note = self._why_closed(now.astimezone(self.zone).date())
        return Closed(opens_at, why, note, provisional)

    def next_opening(self, now: datetime) -> datetime | None:
        """The first opening after now, even if it is open now; None when it never does or never closes."""
        later = (opening.start for opening in self.openings(now) if opening.start > now)
        return next(map(self._local, later), None)

    def never_opens(self) -> bool:
        """Whether no day can have a window: a mistake of the author."""
        if any(exceptional.windows for exceptional in self.exceptions.values()):
            return False
        usable = self.weekly if self.days == "every_day" else self.weekly[:5]
        return not any(usable) and not (self.days == "workdays" and self.make_up)

    def add_working_time(self, start: datetime, duration: timedelta) -> datetime | None:
        """The moment when it has been open for so long since `start`; None when that never comes."""
        if duration <= timedelta(0):
            return self._local(_utc(start))
        for opening in self.openings(start):
            begins = max(opening.start, start)
            if opening.end is None or opening.end - begins >= duration:
                return self._local(begins + duration)
            duration -= opening.end - begins
        return None

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """For how long it was open between two moments."""
        total = timedelta(0)
        for opening in self.openings(start):
            if opening.start >= end:
                break
            total += (end if opening.end is None else min(opening.end, end)) - max(opening.start, start)
        return total

    def openings(self, moment: datetime) -> Iterator[Opening]:
        """All openings that end after this moment, in order. Windows that touch, at midnight too, are one."""
        moment = _utc(moment)
        start: datetime | None = None
        end = moment
        for window_start, window_end in self._spans(moment):
            if window_end <= moment:
                continue
            if start is not None and window_start > end:
                yield Opening(start, end)
                start = None
            if start is None:
                start, end = window_start, window_end
            end = max(end, window_end)
            if end - max(start, moment) > _LONGEST_OPENING:
                yield Opening(start, None)
                return
        if start is not None:
            yield Opening(start, end)

    def _spans(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        # The day before, because its last window may reach past midnight.
        day = moment.astimezone(self.zone).date() - timedelta(days=1)
        pause = 0
        while pause <= _LONGEST_PAUSE_DAYS:
            windows = self._windows_on(day)
            for window in windows:
                yield self._at(day, window.start), self._at(day, window.end)
            pause = 0 if windows else pause + 1
            day += timedelta(days=1)

    def _windows_on(self, day: date) -> tuple[Window, ...]:
        exceptional = self.exceptions.get(day)
        if exceptional:
            return exceptional.windows
        if self.days == "every_day":
            return self.weekly[day.weekday()]
        if self.days == "trading_days":
            return self.weekly[day.weekday()] if self.calendar.is_trading_day(day) else ()
        if not self.calendar.is_workday(day):
            return ()
        if day.weekday() < 5:
            return self.weekly[day.weekday()]
        return self.weekly[0] if self.make_up is None else self.make_up

    def _why_closed(self, day: date) -> tuple[Why, str]:
        if self._windows_on(day):
            return "time", ""
        if day in self.exceptions:
            return "exception", self.exceptions[day].title
        holiday = "" if self.days == "every_day" else self.calendar.holiday(day)
        if holiday or (self.days != "every_day" and self.weekly[day.weekday()]):
            return "rest_day", holiday
        return "weekday", ""

    def _provisional(self, moment: datetime) -> bool:
        return self.days != "every_day" and not self.calendar.certain(moment.astimezone(self.zone).date())

    def _at(self, day: date, minutes: int) -> datetime:
        day += timedelta(days=minutes // DAY_MINUTES)
        wall = time(minutes % DAY_MINUTES // 60, minutes % 60)
        return datetime.combine(day, wall, self.zone).astimezone(UTC)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


def hours_from(data: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Hours:
    """The hours of a file `hours/<id>.yaml` whose shape and dates have been checked (`flaws_in_hours`)."""
    weekly: list[tuple[Window, ...]] = [()] * len(WEEKDAYS)
    make_up: tuple[Window, ...] | None = None
    groups: list[tuple[int, ...]] = []
    for key, written in data["windows"].items():
        if key == "make_up":
            make_up = windows_from(written)
            continue
        groups.append(weekdays_of(key))
        for weekday in groups[-1]:
            weekly[weekday] = windows_from(written)
    zone = ZoneInfo(data.get("zone", "Asia/Shanghai"))
    return Hours(
        title=data.get("title", ""),
        weekly=tuple(weekly),
        calendar=calendars[data.get("calendar", "china")],
        days=data.get("days", "every_day"),
        make_up=make_up,
        exceptions={
            day: Exceptional(windows_from(item.get("windows", ())), item.get("title", ""))
            for item in data.get("exceptions", ())
            for day in days_of(item)
        },
        zone=zone,
        grace=timedelta(minutes=data.get("grace_minutes", 0)),
        groups=tuple(sorted(groups)),
        notices=notices_from(data.get("notices", ()), zone),
    )


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("Hours are asked with a time that has a zone.")
    return moment.astimezone(UTC)
