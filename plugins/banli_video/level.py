"""How quickly clients are attended to: per company and day, how many waited for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from banli.counters import Work
from banli.hooks import Home, Ledger
from banli_video.calls import Call

CHINA = timezone(timedelta(hours=8))
LEVEL = "level"
STEPS = (10, 20, 30, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)
"""Seconds: a wait is counted with the first that it does not pass. No single wait is kept."""


@dataclass(frozen=True, slots=True)
class Level:
    """Of one day: how many were answered, in how many seconds on average, and how many at each of `STEPS`."""

    answered: int
    average: float
    steps: tuple[int, ...]

    def within(self, seconds: int) -> float:
        """The share of those who were answered within so many seconds (one of `STEPS`)."""
        return (
            sum(n for n, step in zip(self.steps, STEPS, strict=False) if step <= seconds) / self.answered
            if self.answered
            else 1.0
        )


class ServiceLevel:
    def __init__(self, home: Home) -> None:
        self._home = home

    async def answered(self, work: Work, call: Call) -> None:
        """A client was called. Called again after an agent was lost, they do not count twice."""
        if not call.id.endswith(".1"):
            return
        waited = max((call.began - work.since).total_seconds(), 0.0)
        place = next((nth for nth, step in enumerate(STEPS) if waited <= step), len(STEPS))
        name = _name(work.company, call.began)
        for _ in range(20):
            entry = await self._ledger.get(LEVEL, name)
            if entry is None:
                await self._ledger.add(LEVEL, name, work.company, {"waited": 0.0, "steps": [0] * (len(STEPS) + 1)})
                continue
            steps = list(entry.document["steps"])
            steps[place] += 1
            if await self._ledger.change(entry, {"waited": entry.document["waited"] + waited, "steps": steps}) is not None:
                return

    async def of(self, company: str, day: datetime) -> Level:
        entry = await self._ledger.get(LEVEL, _name(company, day))
        if entry is None:
            return Level(0, 0.0, ())
        steps = tuple(int(n) for n in entry.document["steps"])
        count = sum(steps)
        return Level(count, float(entry.document["waited"]) / count if count else 0.0, steps)

    @property
    def _ledger(self) -> Ledger:
        if self._home.ledger is None:
            raise RuntimeError("The video plugin needs a running application.")
        return self._home.ledger


def _name(company: str, at: datetime) -> str:
    return f"{company}|{at.astimezone(CHINA):%Y-%m-%d}"
