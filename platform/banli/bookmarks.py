"""Where clients stopped reading: how far down each text, for how long it was read, and whether its end was in sight."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from banli.store import LedgerRow, Store

HOLDER, KIND = "banli", "reading"
LASTS = timedelta(days=180)
"""A bookmark that nobody has moved for so long is forgotten."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """In one text of one case. `digest` says which text: filled otherwise, or in another version, it is another one."""

    digest: str
    place: float = 0.0
    """How far down the text the page stood: from 0 to 1."""
    spent: float = 0.0
    """Seconds for which it was read; never more than have gone by."""
    end: bool = False
    first: int = 0
    """Milliseconds since 1970: when the text was shown first."""
    at: int = 0
    """The same: up to when seconds were counted, for none counts twice on two phones."""

    def read_for(self, shown: datetime, now: datetime) -> float:
        """Seconds that the text was read altogether, when it lies open since `shown`."""
        return self.spent + max((now - max(shown, moment(self.at))).total_seconds(), 0.0)

    def moved(self, place: float, spent: float, end: bool, shown: datetime, now: datetime) -> Bookmark:
        """`spent` is what the page says since it told last: believed as far as the clock allows it."""
        most = self.read_for(shown, now) - self.spent
        sure = min(max(spent, 0.0), most)
        first = min(self.first or millis(shown), millis(shown))
        at = max(self.at, millis(shown)) + int(sure * 1000)
        place = min(max(place, 0.0), 1.0)
        return replace(self, place=place, spent=round(self.spent + sure, 3), end=self.end or end, first=first, at=at)


class Bookmarks:
    """Of one list of agreements in one case all lie together: there are never more than the list has rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, case: str, step: str) -> Mapping[str, Bookmark]:
        """By row."""
        found = await self._store.ledger_entry(HOLDER, KIND, _name(case, step))
        return _marks(found) if found is not None else {}

    async def move(
        self, case: str, step: str, row: str, digest: str, rows: Collection[str], moved: Callable[[Bookmark], Bookmark]
    ) -> bool:
        """Moves that of a row; `rows` are all that there are, others are forgotten. False: too many did so at once."""
        name = _name(case, step)
        for _ in range(5):
            found = await self._store.ledger_entry(HOLDER, KIND, name)
            marks = {known: one for known, one in _marks(found).items() if known in rows} if found is not None else {}
            before = marks.get(row)
            marks[row] = moved(before if before is not None and before.digest == digest else Bookmark(digest))
            document = {known: asdict(one) for known, one in marks.items()}
            if found is None:
                done = await self._store.add_to_ledger(HOLDER, KIND, name, case, document)
            else:
                done = await self._store.change_in_ledger(found, document)
            if done is not None:
                return True
        return False

    async def sweep(self) -> int:
        """Forgets what nobody has touched for so long. How many lists."""
        stale = await self._store.untouched(HOLDER, KIND, LASTS)
        for row in stale:
            await self._store.drop_from_ledger(row)
        return len(stale)


def millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def _name(case: str, step: str) -> str:
    return hashlib.sha256(f"{case}|{step}".encode()).hexdigest()


def _marks(found: LedgerRow) -> dict[str, Bookmark]:
    return {row: Bookmark(**told) for row, told in found.document.items()}
