"""Gives each plugin its records in the store, and no other plugin's."""

from __future__ import annotations

from collections.abc import Sequence

from banli.hooks import Entry, Record
from banli.store import LedgerRow, Store


class PluginLedger:
    """The ledger of one plugin. It is made before there is a database, and `connect`ed once there is."""

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._store: Store | None = None

    def connect(self, store: Store) -> None:
        self._store = store

    async def get(self, kind: str, name: str) -> Entry | None:
        return _entry(await self._opened.ledger_entry(self._plugin, kind, name))

    async def of(self, kind: str, owner: str, past: Entry | None = None) -> Sequence[Entry]:
        rows = await self._opened.ledger_of(self._plugin, kind, owner, _row(past) if past is not None else None)
        return [Entry(row.kind, row.name, row.owner, row.document, row.created_at, row) for row in rows]

    async def add(self, kind: str, name: str, owner: str, document: Record) -> Entry | None:
        return _entry(await self._opened.add_to_ledger(self._plugin, kind, name, owner, document))

    async def change(self, entry: Entry, document: Record) -> Entry | None:
        return _entry(await self._opened.change_in_ledger(_row(entry), document))

    async def drop(self, entry: Entry) -> bool:
        return await self._opened.drop_from_ledger(_row(entry))

    @property
    def _opened(self) -> Store:
        if self._store is None:
            raise RuntimeError(f"The plugin '{self._plugin}' asks for its records before the application is open.")
        return self._store


def _entry(row: LedgerRow | None) -> Entry | None:
    return Entry(row.kind, row.name, row.owner, row.document, row.created_at, row) if row is not None else None


def _row(entry: Entry) -> LedgerRow:
    assert isinstance(entry.mark, LedgerRow)
    return entry.mark
