"""Service hours, workdays and trading days. Pure: the clock is handed in, texts are composed elsewhere."""

from banli.hours.calendar import Calendar, Year, calendar_from
from banli.hours.flaw import Flaw
from banli.hours.flaws import flaws_in_calendar, flaws_in_hours, flaws_in_notices
from banli.hours.notices import Notice, notices_from
from banli.hours.schedule import (
    Closed,
    Days,
    Exceptional,
    Grace,
    Hours,
    Open,
    Opening,
    State,
    Why,
    hours_from,
)
from banli.hours.windows import WEEKDAYS, Window, weekdays_of, window_from, windows_from

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "Closed",
    "Days",
    "Exceptional",
    "Flaw",
    "Grace",
    "Hours",
    "Notice",
    "Open",
    "Opening",
    "State",
    "Why",
    "Window",
    "Year",
    "calendar_from",
    "flaws_in_calendar",
    "flaws_in_hours",
    "flaws_in_notices",
    "hours_from",
    "notices_from",
    "weekdays_of",
    "window_from",
    "windows_from",
]
