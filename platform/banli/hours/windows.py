"""Reads the small notations of hours: `mon-fri`, `08:30-17:00`, `21:00-02:30`, and ranges of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Minutes after midnight, from `start` up to and without `end`. Past midnight `end` is over 1440."""

    start: int
    end: int


def window_from(text: str) -> Window:
    """`08:30-17:00`. An end at or before the start is on the next day; the end of a day is `24:00`."""
    start, end = (_minutes(part) for part in text.split("-"))
    return Window(start, end if end > start else end + DAY_MINUTES)


def windows_from(written: str | Sequence[str]) -> tuple[Window, ...]:
    """One window or a list of them, in the order of the day."""
    texts = [written] if isinstance(written, str) else written
    return tuple(sorted(window_from(text) for text in texts))


def weekdays_of(key: str) -> tuple[int, ...]:
    """`sat` is (5,), `mon-fri` is (0, 1, 2, 3, 4); () when the range runs backwards."""
    first, _, last = key.partition("-")
    start = WEEKDAYS.index(first)
    return tuple(range(start, WEEKDAYS.index(last or first) + 1))


def days_of(item: Mapping[str, object]) -> Iterator[date]:
    """The days of an entry with `date`, or with `from` and `to`, both included."""
    first = date.fromisoformat(str(item.get("date") or item["from"]))
    last = date.fromisoformat(str(item.get("date") or item["to"]))
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
