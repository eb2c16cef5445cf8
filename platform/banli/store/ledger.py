"""Records that plugins keep, sealed; changed only by who has seen them as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .moments import micros, moment, span
from .rows import Document, LedgerRow
from .sealing import from_bytes, to_bytes
from .shelf import Shelf
from .sql import Do, Row, Sql

COLUMNS = "id, plugin, kind, name, owner, sealed_document, revision, created_at"
INSERT = Sql(
    "INSERT INTO ledger (id, plugin, kind, name, owner, sealed_document, revision, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT (id) DO NOTHING"
)
ONE = Sql(f"SELECT {COLUMNS} FROM ledger WHERE id = ?")
OF_OWNER = Sql(
    f"SELECT {COLUMNS} FROM ledger WHERE plugin = ? AND kind = ? AND owner = ? AND (created_at < ? OR created_at = ? AND id < ?) "
    "ORDER BY created_at DESC, id DESC LIMIT ?"
)
UNTOUCHED = Sql(f"SELECT {COLUMNS} FROM ledger WHERE plugin = ? AND kind = ? AND updated_at < ? ORDER BY updated_at LIMIT ?")
CHANGE = Sql(
    "UPDATE ledger SET sealed_document = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND revision = ?"
)
DROP = Sql("DELETE FROM ledger WHERE id = ? AND revision = ?")
ALL = Sql("SELECT id, sealed_document AS sealed FROM ledger")
RESEAL = Sql("UPDATE ledger SET sealed_document = ? WHERE id = ? AND sealed_document = ?")
PLACE = "ledger|{}|document"
FOREVER = 2**62


class LedgerBook(Shelf):
    async def ledger_entry(self, plugin: str, kind: str, name: str) -> LedgerRow | None:
        rows = await self.database.read(ONE, _id(plugin, kind, name))
        return self._entered(rows[0]) if rows else None

    async def ledger_of(
        self, plugin: str, kind: str, owner: str, past: LedgerRow | None = None, most: int = 200
    ) -> list[LedgerRow]:
        """Those of an owner, newest first; after `past`, which ended the list before."""
        before = (micros(past.created_at), past.id) if past is not None else (FOREVER, "")
        rows = await self.database.read(OF_OWNER, plugin, kind, owner, before[0], *before, most)
        return [self._entered(row) for row in rows]

    async def untouched(self, plugin: str, kind: str, since: timedelta, most: int = 50) -> list[LedgerRow]:
        """Those that nobody has changed for so long, the oldest first."""
        rows = await self.database.read(UNTOUCHED, plugin, kind, self._now() - span(since), most)
        return [self._entered(row) for row in rows]

    async def add_to_ledger(self, plugin: str, kind: str, name: str, owner: str, document: Document) -> LedgerRow | None:
        """None when there is an entry of this kind and name already."""
        id, now = _id(plugin, kind, name), self._now()
        sealed = self.vault.seal(to_bytes(document), PLACE.format(id))
        done = await self.database.write(Do(INSERT, (id, plugin, kind, name, owner, sealed, now, now)))
        return LedgerRow(id, plugin, kind, name, owner, document, 0, moment(now)) if done[0].count else None

    async def change_in_ledger(self, row: LedgerRow, document: Document) -> LedgerRow | None:
        """None when the entry is another one by now, or gone."""
        sealed = self.vault.seal(to_bytes(document), PLACE.format(row.id))
        done = await self.database.write(Do(CHANGE, (sealed, self._now(), row.id, row.revision)))
        return replace(row, document=document, revision=row.revision + 1) if done[0].count else None

    async def drop_from_ledger(self, row: LedgerRow) -> bool:
        """False when the entry is another one by now, or gone."""
        return bool((await self.database.write(Do(DROP, (row.id, row.revision))))[0].count)

    def _entered(self, row: Row) -> LedgerRow:
        document = from_bytes(self.vault.open_sealed(row["sealed_document"], PLACE.format(row["id"])))
        return LedgerRow(
            row["id"], row["plugin"], row["kind"], row["name"], row["owner"], document, row["revision"], moment(row["created_at"])
        )


def _id(plugin: str, kind: str, name: str) -> str:
    return f"{plugin}|{kind}|{name}"
