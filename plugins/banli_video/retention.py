"""How long recordings stay: per company so many years, longer under a legal hold; what goes leaves its digest behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from banli.hooks import Entry, Home, Ledger
from banli_video.pieces import Recording, recording_of
from banli_video.recording import Recordings

YEARS = 20
"""Measures on the suitability of securities and futures investors (China), article 32: at least twenty years."""
FIRST = (2020, 1)
"""No recording is older than this program."""
HOLD = "hold"
ACTOR = "system"

Closed = Callable[[str], Awaitable[datetime | None]]
"""When a case has ended; None: it has not."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one run has done. `held` stay because of a legal hold, `open` because their case has not ended long enough ago."""

    erased: tuple[Recording, ...]
    held: int
    open: int


class Retention:
    def __init__(self, home: Home, recordings: Recordings, years: int = YEARS, of: Mapping[str, int] | None = None) -> None:
        self._home, self._recordings, self._years, self._of = home, recordings, years, of or {}

    def years(self, company: str) -> int:
        return self._of.get(company, self._years)

    async def hold(self, case: str, why: str, by: str) -> None:
        """Nothing of this case is erased until `lift`."""
        document = {"why": why, "by": by, "at": self._home.clock().isoformat()}
        if await self._ledger.add(HOLD, case, HOLD, document) is None and (entry := await self.held(case)) is not None:
            await self._ledger.change(entry, document)

    async def lift(self, case: str) -> bool:
        entry = await self.held(case)
        return entry is not None and await self._ledger.drop(entry)

    async def held(self, case: str) -> Entry | None:
        return await self._ledger.get(HOLD, case)

    async def sweep(self, company: str, closed: Closed, dry_run: bool = False) -> Swept:
        """Erases what its company need not keep any more: so many years after its case has ended."""
        now = self._home.clock()
        last = (now.year - self.years(company), now.month)
        erased: list[Recording] = []
        held = still = 0
        for month in _months(FIRST, last):
            for entry in await self._of_month(company, month):
                recording = recording_of(entry)
                if recording.state == "erased":
                    continue
                ended = await closed(recording.case)
                if ended is None or _later(ended, self.years(company)) > now:
                    still += 1
                elif await self.held(recording.case) is not None:
                    held += 1
                elif dry_run:
                    erased.append(recording)
                elif (gone := await self._recordings.erase(recording.call, ACTOR, "retention")) is not None:
                    erased.append(gone)
        return Swept(tuple(erased), held, still)

    async def _of_month(self, company: str, month: str) -> list[Entry]:
        found: list[Entry] = []
        past: Entry | None = None
        while page := await self._recordings.of_month(company, month, past):
            found += page
            past = page[-1]
        return found

    @property
    def _ledger(self) -> Ledger:
        if self._home.ledger is None:
            raise RuntimeError("The video plugin needs a running application.")
        return self._home.ledger


def _months(first: tuple[int, int], last: tuple[int, int]) -> list[str]:
    count = (last[0] - first[0]) * 12 + last[1] - first[1] + 1
    return [f"{first[0] + (first[1] - 1 + n) // 12:04}-{(first[1] - 1 + n) % 12 + 1:02}" for n in range(max(count, 0))]


def _later(moment: datetime, years: int) -> datetime:
    """The same day so many years later; of 29 February, 1 March."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)
