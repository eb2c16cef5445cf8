"""Moments as the tables keep them: whole microseconds since 1970 in UTC, equal on every database and exact in hashes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def micros(moment: datetime) -> int:
    """Microseconds since 1970. Refuses a moment without a time zone, because nobody knows when that is."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def moment(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def maybe_micros(value: datetime | None) -> int | None:
    return None if value is None else micros(value)


def maybe_moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def span(duration: timedelta) -> int:
    """A duration in microseconds."""
    return (duration.days * 86_400 + duration.seconds) * SECOND + duration.microseconds


def system_clock() -> datetime:
    return datetime.now(UTC)
