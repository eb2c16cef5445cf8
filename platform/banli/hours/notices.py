"""Notices with an hour to come and an hour to go: a test window, a pause that is announced before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Look = Literal["tips", "warning"]
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Notice:
    """A text shown from `start` up to and without `end`, both aware, in UTC; None: since ever, for ever."""

    id: str
    text: str
    look: Look = "warning"
    start: datetime | None = None
    end: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


def notices_from(items: Sequence[Mapping[str, Any]], zone: ZoneInfo = CHINA) -> tuple[Notice, ...]:
    """The `notices` of a file whose shape and dates have been checked (`flaws_in_notices`)."""
    return tuple(
        Notice(name, told["text"], told.get("look", "warning"), moment(told, "from", zone), moment(told, "to", zone))
        for item in items
        for name, told in item.items()
    )


def moment(told: Mapping[str, Any], key: str, zone: ZoneInfo = CHINA) -> datetime | None:
    """`2026-12-19T08:00`; a day alone begins at midnight as `from` and is over at the next midnight as `to`."""
    if key not in told:
        return None
    text = str(told[key])
    if len(text) > 10:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    day = date.fromisoformat(text) + timedelta(days=key == "to")
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
