"""What every part of the store has at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .moments import Clock, micros

if TYPE_CHECKING:
    from .blobs import Blobs
    from .bus import Bus
    from .database import Database, Running
    from .sql import Do, Done, Row, Sql
    from .vault import Vault


class Shelf:
    """Reading, and writes that are a transaction of their own. The parts of `Store` are made of it."""

    database: Database
    vault: Vault
    blobs: Blobs
    bus: Bus
    clock: Clock

    def _now(self) -> int:
        return micros(self.clock())


class Writing:
    """Writing within a transaction. The parts of `Transaction` are made of it."""

    vault: Vault
    clock: Clock
    _running: Running
    _news: list[tuple[str, dict[str, Any]]]

    def _now(self) -> int:
        return micros(self.clock())

    async def _run(self, *todo: Do) -> list[Done]:
        return await self._running.run(*todo)

    async def _read(self, sql: Sql, *values: Any) -> Sequence[Row]:
        return await self._running.read(sql, *values)

    def _tell(self, topic: str, **message: Any) -> None:
        """Published once the transaction is committed."""
        self._news.append((topic, message))
