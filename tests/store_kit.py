"""Small stories that the tests of the store begin with."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlsplit

from banli.store import CaseRow, EventRow, StaffRow, Store, new_id


def client_of(store: Store, id_number: str = "11010519491231002X") -> str:
    return store.vault.lookup_hash("client", id_number)


def blank_case(store: Store, **changes: Any) -> CaseRow:
    """A case that is not in the store yet."""
    now = store.clock()
    return CaseRow(
        **{
            "id": new_id(now),
            "number": f"8001-{new_id(now)}",
            "company": "8001",
            "client": client_of(store),
            "business": "basic_info_change",
            "edition": "e" * 64,
            "state": "open",
            "open": True,
            "document": {"answers": {"contact_phone": "13800138000"}},
            "created_at": now,
            "updated_at": now,
            **changes,
        }
    )


def event(store: Store, kind: str = "answered", **data: Any) -> EventRow:
    return EventRow(at=store.clock(), actor="client", kind=kind, data=data)


async def started(store: Store, **changes: Any) -> CaseRow:
    """A client has started a business."""
    async with store.transaction() as tx:
        return await tx.create_case(blank_case(store, **changes), [event(store, "started")])


async def hired(store: Store, company: str, login: str, name: str, *roles: str, totp: str | None = None) -> StaffRow:
    """Somebody works at the desk from now on."""
    now = store.clock()
    row = StaffRow(
        id=new_id(now), company=company, login=login, name=name, roles=roles, password_hash="$argon2$x", totp_secret=totp,
        created_at=now,
    )  # fmt: skip
    async with store.transaction() as tx:
        await tx.hire(row, "operator")
    return row


async def behind_the_back(store: Store, sql: str, *values: Any) -> None:
    """Somebody with the database's password changes a table by hand."""
    if store.database.dialect == "sqlite":
        with sqlite3.connect(urlsplit(store.database.url).path.replace("//", "/")) as connection:
            connection.execute(sql, values)
        connection.close()
    else:
        import asyncpg

        connection = await asyncpg.connect(store.database.url)
        try:
            pieces = sql.split("?")
            numbered = "".join(f"{piece}${at}" for at, piece in enumerate(pieces[:-1], 1)) + pieces[-1]
            await connection.execute(numbered, *values)
        finally:
            await connection.close()
