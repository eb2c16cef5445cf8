"""The outbox of a demo: messages that go to nobody, in a small file, so that a newcomer or a test can read them."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from banli.hooks import Clock, Unavailable

KEPT = 200
SLOWEST = 600_000
FAILURES = ("none", "refuse", "lose")
"""refuse: the gateway does not answer; lose: it takes the message, and nobody ever gets it."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS posted
  (number INTEGER PRIMARY KEY, id TEXT, receiver TEXT, subject TEXT, text TEXT, sent REAL, arrives REAL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that has arrived. `to` is masked: the outbox keeps no number and no address of anybody."""

    id: str
    to: str
    subject: str
    text: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class OutboxSwitches:
    """`lag` is how many milliseconds a message is on its way."""

    lag: int = 0
    failure: str = "none"


class Outbox:
    """Every process that opens the same file sees the same messages and switches."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock

    async def put(self, id: str, to: str, subject: str, text: str) -> None:
        """`to` is masked by the caller. A message lies here once for its id. May raise `Unavailable`, as switched."""
        await asyncio.to_thread(self._put, id, to, subject, text)

    async def posted(self, to: str = "", limit: int = 20) -> list[Posted]:
        """What has arrived by now, newest first. With `to` (masked), only what went there."""
        return await asyncio.to_thread(self._posted, to, limit)

    async def switches(self) -> OutboxSwitches:
        return await asyncio.to_thread(self._switches)

    async def switch(self, *, lag: int | None = None, failure: str | None = None) -> OutboxSwitches:
        """ValueError for what cannot be."""
        if lag is not None and not 0 <= lag <= SLOWEST:
            raise ValueError(f"Write lag as milliseconds, 0 to {SLOWEST}.")
        if failure is not None and failure not in FAILURES:
            raise ValueError(f"Write failure as one of {', '.join(FAILURES)}.")
        values = {"lag": lag, "failure": failure}
        await asyncio.to_thread(self._switch, {name: str(value) for name, value in values.items() if value is not None})
        return await self.switches()

    def _put(self, id: str, to: str, subject: str, text: str) -> None:
        now = self._clock().timestamp()
        with self._opened() as book:
            switches = _switches(book)
            if switches.failure == "refuse":
                raise Unavailable("gateway_down")
            if switches.failure == "lose":
                return
            if book.execute("SELECT 1 FROM posted WHERE id = ?", (id,)).fetchone() is not None:
                return
            arrives = now + switches.lag / 1000
            book.execute(
                "INSERT INTO posted (id, receiver, subject, text, sent, arrives) VALUES (?, ?, ?, ?, ?, ?)",
                (id, to, subject, text, now, arrives),
            )
            book.execute("DELETE FROM posted WHERE number <= (SELECT max(number) FROM posted) - ?", (KEPT,))

    def _posted(self, to: str, limit: int) -> list[Posted]:
        with self._opened() as book:
            rows = book.execute(
                "SELECT id, receiver, subject, text, sent FROM posted WHERE ? IN ('', receiver) AND arrives <= ? "
                "ORDER BY number DESC LIMIT ?",
                (to, self._clock().timestamp(), limit),
            ).fetchall()
        return [Posted(id, to, subject, text, datetime.fromtimestamp(sent, UTC)) for id, to, subject, text, sent in rows]

    def _switches(self) -> OutboxSwitches:
        with self._opened() as book:
            return _switches(book)

    def _switch(self, values: dict[str, str]) -> None:
        with self._opened() as book:
            book.executemany("INSERT OR REPLACE INTO switches VALUES (?, ?)", values.items())

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction. A connection for each: messages are rare, and nothing has to be closed at the end."""
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(0o600)
        book = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            book.execute("PRAGMA synchronous=OFF")
            book.execute("BEGIN IMMEDIATE")
            for statement in SCHEMA.split(";"):
                book.execute(statement)
            yield book
            book.execute("COMMIT")
        except sqlite3.OperationalError:
            raise Unavailable("outbox_busy") from None
        finally:
            book.close()


def _switches(book: sqlite3.Connection) -> OutboxSwitches:
    values = dict(book.execute("SELECT name, value FROM switches").fetchall())
    return OutboxSwitches(int(values.get("lag", 0)), values.get("failure", "none"))
