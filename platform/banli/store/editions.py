"""Editions: what was published, by its hash, for ever."""

from __future__ import annotations

from typing import Any

from .moments import moment
from .sealing import from_bytes, to_bytes
from .shelf import Shelf
from .sql import Do, Sql

PUT = Sql("INSERT INTO editions (id, company, business, bundle, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
HAS = Sql("SELECT id FROM editions WHERE id = ?")
LIKE = Sql("SELECT id FROM editions WHERE id >= ? AND id < ? ORDER BY id LIMIT 10")
ONE = Sql("SELECT bundle FROM editions WHERE id = ?")
OF_CASES = Sql("SELECT edition, count(*) AS open_cases FROM cases WHERE open AND company = ? AND business = ? GROUP BY edition")
ALL = Sql("SELECT id, company, business, created_at FROM editions ORDER BY created_at, id")
BUSINESSES = Sql("SELECT DISTINCT business FROM editions WHERE company = ? ORDER BY business")
OF_BUSINESS = Sql("SELECT id, created_at FROM editions WHERE company = ? AND business = ? ORDER BY created_at DESC, id")


class Editions(Shelf):
    async def businesses_sealed(self, company: str) -> list[str]:
        """Every business of a company that was ever sealed, also those that have ended."""
        return [row["business"] for row in await self.database.read(BUSINESSES, company)]

    async def put_edition(self, hash: str, company: str, business: str, bundle: dict[str, Any]) -> bool:
        """False when it was there already. Bundles are public texts and rules; they are not sealed."""
        if await self.database.read(HAS, hash):
            return False
        done = await self.database.write(Do(PUT, (hash, company, business, to_bytes(bundle), self._now())))
        return bool(done[0].count)

    async def editions_like(self, beginning: str) -> list[str]:
        """The hashes that begin so, of at most ten editions."""
        return [row["id"] for row in await self.database.read(LIKE, beginning, beginning + "g")]

    async def edition(self, hash: str) -> dict[str, Any] | None:
        rows = await self.database.read(ONE, hash)
        if not rows:
            return None
        bundle: dict[str, Any] = from_bytes(rows[0]["bundle"])
        return bundle

    async def editions_sealed(self) -> list[tuple[str, str, str, Any]]:
        """(hash, company, business, when first put) of every edition of all companies, oldest first."""
        return [(row["id"], row["company"], row["business"], moment(row["created_at"])) for row in await self.database.read(ALL)]

    async def open_cases_by_edition(self, company: str, business: str) -> dict[str, int]:
        """How many open cases of a business have which edition."""
        return {row["edition"]: row["open_cases"] for row in await self.database.read(OF_CASES, company, business)}

    async def editions_of(self, company: str, business: str) -> list[tuple[str, Any]]:
        """(hash, when first put) of every edition, newest first."""
        rows = await self.database.read(OF_BUSINESS, company, business)
        return [(row["id"], moment(row["created_at"])) for row in rows]
