"""Sessions: the browser has a token of 256 random bits, the table only its hash.

The data is sealed with a key made from the token, not from the ring: whoever has the database and the ring still
cannot read or take over a session.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta

from .moments import micros, moment, span
from .rows import MINUTE, Document, SessionRow
from .sealing import Key
from .shelf import Shelf
from .sql import Do, Row, Sql

INSERT = Sql(
    "INSERT INTO sessions (id, kind, company, subject, sealed_data, created_at, seen_at, expires_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
ONE = Sql(
    "SELECT id, kind, company, subject, sealed_data, created_at, seen_at, expires_at FROM sessions "
    "WHERE id = ? AND expires_at > ?"
)
SEEN = Sql("UPDATE sessions SET seen_at = ? WHERE id = ? AND seen_at < ?")
SAVE = Sql("UPDATE sessions SET sealed_data = ?, seen_at = ? WHERE id = ?")
DROP = Sql("DELETE FROM sessions WHERE id = ?")
SWEEP = Sql("DELETE FROM sessions WHERE expires_at <= ?")


class Sessions(Shelf):
    async def new_session(
        self,
        kind: str,
        company: str = "",
        subject: str = "",
        data: Document | None = None,
        *,
        lasts: timedelta,
    ) -> SessionRow:
        """`kind` is client, staff or visitor; `subject` a keyed hash or a staff id, by which all can be dropped.

        `row.token` is what the browser gets. The session ends `lasts` from now, whatever happens.
        """
        row = self._new(kind, company, subject, data or {}, lasts)
        await self.database.write(_inserting(row))
        return row

    async def renew_session(
        self, old: SessionRow, *, kind: str, company: str, subject: str, data: Document, lasts: timedelta
    ) -> SessionRow:
        """A new token when somebody signs in or out, so that a token known before is worth nothing."""
        row = self._new(kind, company, subject, data, lasts)
        await self.database.write(Do(DROP, (old.id,)), _inserting(row))
        return row

    async def session(self, token: str, idle: timedelta | None = None, *, note: bool = True) -> SessionRow | None:
        """One read. None when unknown, over, or not used for longer than `idle`.

        Notes the use once a minute; without `note` this is no use (a page that asks by itself).
        """
        id = _id(token)
        now = self._now()
        rows = await self.database.read(ONE, id, now)
        if not rows or (idle is not None and now - rows[0]["seen_at"] > span(idle)):
            return None
        row = _opened(rows[0], token)
        if note and now - rows[0]["seen_at"] >= span(MINUTE):
            await self.database.write(Do(SEEN, (now, id, now)))
            row = replace(row, seen_at=moment(now))
        return row

    async def save_session(self, row: SessionRow, data: Document) -> SessionRow:
        """The same session with other data."""
        now = self._now()
        await self.database.write(Do(SAVE, (_key(row.token).pack(data, _place(row.id)), now, row.id)))
        return replace(row, data=data, seen_at=moment(now))

    async def drop_session(self, row: SessionRow) -> None:
        await self.database.write(Do(DROP, (row.id,)))

    def _new(self, kind: str, company: str, subject: str, data: Document, lasts: timedelta) -> SessionRow:
        token, now = secrets.token_urlsafe(32), self.clock()
        return SessionRow(
            id=_id(token),
            kind=kind,
            company=company,
            subject=subject,
            data=data,
            created_at=now,
            seen_at=now,
            expires_at=now + lasts,
            token=token,
        )


def _inserting(row: SessionRow) -> Do:
    sealed = _key(row.token).pack(row.data, _place(row.id))
    times = (micros(row.created_at), micros(row.seen_at), micros(row.expires_at))
    return Do(INSERT, (row.id, row.kind, row.company, row.subject, sealed, *times))


def _opened(row: Row, token: str) -> SessionRow:
    return SessionRow(
        id=row["id"],
        kind=row["kind"],
        company=row["company"],
        subject=row["subject"],
        data=_key(token).unpack(row["sealed_data"], _place(row["id"])),
        created_at=moment(row["created_at"]),
        seen_at=moment(row["seen_at"]),
        expires_at=moment(row["expires_at"]),
        token=token,
    )


def _id(token: str) -> str:
    return hashlib.sha256(b"banli session id " + token.encode()).hexdigest()


def _key(token: str) -> Key:
    return Key(hashlib.sha256(b"banli session key " + token.encode()).digest())


def _place(id: str) -> str:
    return f"sessions|{id}|data"
