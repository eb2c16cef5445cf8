"""A ledger that is forgotten when its process ends: for the simulated authority that runs by itself."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import datetime

from banli.hooks import Entry, Record

PIECE = 200


class MemoryLedger:
    """As the one in the database behaves: what comes out is a copy, and who changes an entry must have read its last state."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._entries, self._marks = clock, dict[tuple[str, str], Entry](), 0

    async def get(self, kind: str, name: str) -> Entry | None:
        return copy.deepcopy(self._entries.get((kind, name)))

    async def of(self, kind: str, owner: str, past: Entry | None = None) -> Sequence[Entry]:
        mine = [one for one in reversed(self._entries.values()) if (one.kind, one.owner) == (kind, owner)]
        begins = next((at + 1 for at, one in enumerate(mine) if past is not None and one.name == past.name), 0)
        return copy.deepcopy(mine[begins : begins + PIECE])

    async def add(self, kind: str, name: str, owner: str, document: Record) -> Entry | None:
        if (kind, name) in self._entries:
            return None
        return self._put(kind, name, owner, document, self._clock())

    async def change(self, entry: Entry, document: Record) -> Entry | None:
        there = self._entries.get((entry.kind, entry.name))
        if there is None or there.mark != entry.mark:
            return None
        return self._put(entry.kind, entry.name, entry.owner, document, entry.created_at)

    async def drop(self, entry: Entry) -> bool:
        there = self._entries.get((entry.kind, entry.name))
        if there is None or there.mark != entry.mark:
            return False
        del self._entries[entry.kind, entry.name]
        return True

    def _put(self, kind: str, name: str, owner: str, document: Record, at: datetime) -> Entry:
        self._marks += 1
        self._entries[kind, name] = Entry(kind, name, owner, copy.deepcopy(document), at, self._marks)
        return copy.deepcopy(self._entries[kind, name])
