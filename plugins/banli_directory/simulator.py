"""A core system to try things on: looks up, shows photos, changes records, as slowly and crossly as it is told to."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from banli.hooks import Clock, Outcome, Person, Picture, Record, Unavailable
from banli_directory import affairs, samples, switches
from banli_directory.affairs import Request
from banli_directory.book import Book
from banli_directory.pictures import draw
from banli_directory.switches import Switches
from banli_directory.updates import Properties, Wanted, apply


@dataclass(frozen=True, slots=True)
class Client:
    """A client as the page of the simulator lists them. `about` says what a sample is there to show."""

    company: str
    ref: str
    about: str
    record: Record
    changed: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """One change that took effect. There is never a second one with the same company and key."""

    at: str
    company: str
    ref: str
    key: str
    changes: Record
    before: Record
    pictures: tuple[str, ...]

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


class Simulator:
    """A `banli.hooks.Directory`. `timeout` is how long its callers wait for an answer, in milliseconds.

    An update whose answer takes longer takes effect all the same: only the answer is lost, and `Unavailable` raised.
    """

    def __init__(
        self, path: Path, clock: Clock, properties: Properties, *, start: Switches, timeout: int = 5000,
        decision: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        self.book, self._decision = Book(path), decision
        self._clock, self._properties, self._start, self._timeout = clock, properties, start, timeout
        self._random = random.SystemRandom()

    async def open(self, sample_file: Path | None = None) -> None:
        """Opens the file and puts the sample clients into it, unless they are there."""
        await self.book.open()
        if sample_file is not None:
            await self.book.write(lambda book: samples.load(book, sample_file))

    async def close(self) -> None:
        await self.book.close()

    # What a company's core system offers

    async def find(self, company: str, id_number: str) -> Person | None:
        await self._in_time()
        row = await self.book.read(
            lambda book: book.execute(
                "SELECT * FROM clients WHERE company = ? AND id_number = ?",
                (company, id_number.strip().upper()),
            ).fetchone()
        )
        if row is None:
            return None
        record = json.loads(row["record"])
        return Person(row["ref"], tuple(record.get("accounts") or ()), record)

    async def picture(self, company: str, ref: str, name: str) -> Picture | None:
        await self._in_time()
        kept = await self.book.read(lambda book: _picture(book, company, ref, name))
        if not isinstance(kept, dict):
            return kept
        # Drawn only when first asked for: a start must not wait for pictures that nobody looks at.
        drawn = await asyncio.to_thread(draw, name, kept)
        if drawn is not None:
            row = (company, ref, name, drawn.media_type, drawn.content)
            await self.book.write(lambda book: book.execute("INSERT OR IGNORE INTO pictures VALUES (?, ?, ?, ?, ?)", row))
        return drawn

    async def update(self, company: str, ref: str, changes: Record, pictures: Mapping[str, Picture], key: str) -> Outcome:
        in_time = await self._arrives()
        wanted = Wanted(company, ref, changes, pictures, key)
        outcome, lost = await self.book.write(lambda book: apply(book, wanted, self._properties, self._start, self._now()))
        if lost or not in_time:
            raise Unavailable("timeout")
        return outcome

    async def account(self, company: str, ref: str) -> Mapping[str, Any] | None:
        """The state of a client's account."""
        await self._in_time()
        return await self.book.read(lambda book: affairs.account(book, company, ref))

    async def request(self, asked: Request) -> Outcome:
        """Something that the system decides: at first it is only taken, later the answer stays what it is."""
        in_time = await self._arrives()
        properties = self._properties
        outcome = await self.book.write(lambda book: affairs.decide(book, asked, self._decision, self._clock(), properties))
        if not in_time:
            raise Unavailable("timeout")
        return outcome

    # What makes it a simulator

    async def switches(self) -> Switches:
        return await self.book.read(lambda book: switches.read(book, self._start))

    async def switch(self, **values: Any) -> Switches:
        """Changes how it behaves from now on, in every process that has the file open. ValueError for what cannot be."""
        fit = switches.checked(values)
        await self.book.write(lambda book: switches.write(book, fit))
        return await self.switches()

    async def clients(self, company: str = "") -> list[Client]:
        rows = await self.book.read(
            lambda book: book.execute(
                "SELECT *, record <> original AS changed FROM clients WHERE ? IN ('', company) ORDER BY company, position",
                (company,),
            ).fetchall()
        )
        return [
            Client(row["company"], row["ref"], row["about"], json.loads(row["record"]), bool(row["changed"])) for row in rows
        ]

    async def effects(self, company: str = "", ref: str = "") -> list[Effect]:
        """What has been changed, oldest first."""
        rows = await self.book.read(
            lambda book: book.execute(
                "SELECT * FROM effects WHERE ? IN ('', company) AND ? IN ('', ref) ORDER BY id",
                (company, ref),
            ).fetchall()
        )
        return [
            Effect(
                row["at"],
                row["company"],
                row["ref"],
                row["key"],
                json.loads(row["changes"]),
                json.loads(row["before"]),
                tuple(json.loads(row["pictures"])),
            )
            for row in rows
        ]

    async def restore(self, company: str, ref: str) -> None:
        """The sample as it was at first. The effects stay listed: they did happen."""

        def work(book: sqlite3.Connection) -> None:
            book.execute("UPDATE clients SET record = original WHERE company = ? AND ref = ?", (company, ref))
            book.execute("DELETE FROM pictures WHERE company = ? AND ref = ?", (company, ref))
            book.execute("UPDATE accounts SET account = original WHERE company = ? AND ref = ?", (company, ref))

        await self.book.write(work)

    # Inside

    async def _arrives(self) -> bool:
        """Takes as long as the switches say, at most the caller's patience; False when that is over."""
        now = await self.switches()
        if now.outage:
            raise Unavailable("out_of_service")
        wait = self._random.uniform(*now.latency)
        if wait:
            await asyncio.sleep(min(wait, self._timeout) / 1000)
        return wait <= self._timeout

    async def _in_time(self) -> None:
        if not await self._arrives():
            raise Unavailable("timeout")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _picture(book: sqlite3.Connection, company: str, ref: str, name: str) -> Picture | Record | None:
    """The photo, or the record to draw it from, or None when there is none on file."""
    at = (company, ref)
    row = book.execute("SELECT * FROM pictures WHERE company = ? AND ref = ? AND name = ?", (*at, name)).fetchone()
    if row is not None:
        return Picture(row["content"], row["media_type"])
    client = book.execute("SELECT record, original FROM clients WHERE company = ? AND ref = ?", at).fetchone()
    record, original = (json.loads(client[word]) for word in ("record", "original")) if client else ({}, {})
    return dict(original) if record.get(name) and record.get(name) == original.get(name) else None


class OutOfService:
    """The twin that fails: a directory that never answers."""

    async def find(self, company: str, id_number: str) -> Person | None:
        raise Unavailable("out_of_service")

    async def picture(self, company: str, ref: str, name: str) -> Picture | None:
        raise Unavailable("out_of_service")

    async def update(self, company: str, ref: str, changes: Record, pictures: Mapping[str, Picture], key: str) -> Outcome:
        raise Unavailable("out_of_service")

    async def account(self, company: str, ref: str) -> Mapping[str, Any] | None:
        raise Unavailable("out_of_service")

    async def request(self, asked: Request) -> Outcome:
        raise Unavailable("out_of_service")
