"""The outbox of a demo: messages that go to nobody, in a small file, so that a newcomer or a test can read the code."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from banli import china
from banli.hooks import Clock, Unavailable
from banli_otp.gateways import id_of

KEPT = 200
SLOWEST = 600_000
FAILURES = ("none", "refuse", "lose")
"""refuse: the gateway does not answer; lose: it takes the message, and nobody ever gets it."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY, id TEXT, phone TEXT, text TEXT, sent REAL, arrives REAL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT);
"""
_CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has arrived. `phone` is masked: the outbox keeps no number of anybody. `code` is "" without one."""

    id: str
    phone: str
    text: str
    code: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class OutboxSwitches:
    """`lag` is how many milliseconds a message is on its way."""

    lag: int = 0
    failure: str = "none"


class Outbox:
    """A `banli.hooks.SmsGateway`. Every process that opens the same file sees the same messages and switches."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock

    async def send(self, phone: str, text: str, key: str = "") -> str:
        """With a `key` the message lies here once, however often it is sent."""
        return await asyncio.to_thread(self._send, china.mask_phone(phone), text, id_of(key))

    async def messages(self, phone: str = "", limit: int = 20) -> list[Message]:
        """What has arrived by now, newest first. With `phone` (in full), only its messages."""
        return await asyncio.to_thread(self._messages, china.mask_phone(phone) if phone else "", limit)

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

    def _send(self, masked: str, text: str, id: str) -> str:
        now = self._clock().timestamp()
        with self._opened() as book:
            switches = _switches(book)
            if switches.failure == "refuse":
                raise Unavailable("gateway_down")
            if switches.failure == "lose":
                return id
            if book.execute("SELECT 1 FROM messages WHERE id = ?", (id,)).fetchone() is not None:
                return id
            arrives = now + switches.lag / 1000
            book.execute(
                "INSERT INTO messages (id, phone, text, sent, arrives) VALUES (?, ?, ?, ?, ?)",
                (id, masked, text, now, arrives),
            )
            book.execute("DELETE FROM messages WHERE number <= (SELECT max(number) FROM messages) - ?", (KEPT,))
        return id

    def _messages(self, masked: str, limit: int) -> list[Message]:
        with self._opened() as book:
            rows = book.execute(
                "SELECT id, phone, text, sent FROM messages WHERE ? IN ('', phone) AND arrives <= ? "
                "ORDER BY number DESC LIMIT ?",
                (masked, self._clock().timestamp(), limit),
            ).fetchall()
        return [Message(id, to, text, _code(text), datetime.fromtimestamp(sent, UTC)) for id, to, text, sent in rows]

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


def _code(text: str) -> str:
    found = _CODE.search(text)
    return found[0] if found else ""
