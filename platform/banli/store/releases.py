"""Releases: which edition of a business holds from when, and the trail of who has decided it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .errors import Conflict
from .moments import maybe_micros, maybe_moment, micros, moment
from .shelf import Shelf, Writing
from .sql import Do, Row, Sql

ReleaseState = Literal["proposed", "approved", "refused", "withdrawn"]

COLUMNS = (
    "id, company, business, number, edition, replaces, effective_at, state, verdict, open_cases, note, "
    "proposed_by, proposed_at, decided_by, decided_at"
)
INSERT = Sql(f"INSERT INTO releases ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
DECIDE = Sql(
    "UPDATE releases SET state = ?, effective_at = ?, replaces = ?, verdict = ?, open_cases = ?, decided_by = ?, decided_at = ? "
    "WHERE id = ? AND state = ?"
)
BY_ID = Sql(f"SELECT {COLUMNS} FROM releases WHERE id = ?")
APPROVED = Sql(f"SELECT {COLUMNS} FROM releases WHERE state = 'approved' ORDER BY effective_at DESC, number DESC")
OF_BUSINESS = Sql(f"SELECT {COLUMNS} FROM releases WHERE company = ? AND business = ? ORDER BY number DESC")
OF_COMPANY = Sql(f"SELECT {COLUMNS} FROM releases WHERE company = ? ORDER BY proposed_at DESC, business, number DESC LIMIT ?")
TRAIL = Sql("INSERT INTO release_events (release_id, at, actor, kind, note) VALUES (?, ?, ?, ?, ?)")
OF_RELEASE = Sql("SELECT at, actor, kind, note FROM release_events WHERE release_id = ? ORDER BY id")
AGE = Sql("SELECT count(*) AS age FROM release_events")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """`edition` "": from then on the business is not offered. `replaces` is what held before ("" for the files).

    `number` counts the releases of a business from 1. `effective_at` None: as soon as it is approved. `verdict` and
    `open_cases` are what was known of open cases when it was proposed or, later, decided.
    """

    id: str
    company: str
    business: str
    number: int
    edition: str
    replaces: str
    effective_at: datetime | None
    state: ReleaseState
    verdict: str
    open_cases: int
    note: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """A line of the trail, which is append-only."""

    at: datetime
    actor: str
    kind: str
    note: str = ""


class ReleaseReads(Shelf):
    async def release(self, release_id: str) -> ReleaseRow | None:
        rows = await self.database.read(BY_ID, release_id)
        return opened(rows[0]) if rows else None

    async def approved_releases(self) -> list[ReleaseRow]:
        """All that were approved, whichever holds last first."""
        return [opened(row) for row in await self.database.read(APPROVED)]

    async def releases_of(self, company: str, business: str) -> list[ReleaseRow]:
        """All of a business, newest first."""
        return [opened(row) for row in await self.database.read(OF_BUSINESS, company, business)]

    async def releases_at(self, company: str, most: int = 200) -> list[ReleaseRow]:
        """The newest of a company."""
        return [opened(row) for row in await self.database.read(OF_COMPANY, company, most)]

    async def release_events(self, release_id: str) -> list[ReleaseEvent]:
        rows = await self.database.read(OF_RELEASE, release_id)
        return [ReleaseEvent(moment(row["at"]), row["actor"], row["kind"], row["note"]) for row in rows]

    async def release_age(self) -> int:
        """Grows with every change of any release: who has seen the same number before has nothing to read again."""
        return int((await self.database.read(AGE))[0]["age"])


class ReleaseWrites(Writing):
    async def add_release(self, row: ReleaseRow, event: ReleaseEvent) -> ReleaseRow:
        """Raises Conflict when the business has had a release since its `number` was the next one."""
        values = (
            row.id, row.company, row.business, row.number, row.edition, row.replaces, maybe_micros(row.effective_at),
            row.state, row.verdict, row.open_cases, row.note, row.proposed_by, micros(row.proposed_at), row.decided_by,
            maybe_micros(row.decided_at),
        )  # fmt: skip
        taken = Conflict("Somebody else has published this business since you looked.")
        await self._run(Do(INSERT, values, otherwise=taken), _noted(row.id, event))
        return row

    async def decide_release(self, row: ReleaseRow, was: ReleaseState, event: ReleaseEvent) -> ReleaseRow:
        """Saves what was decided on a release. Raises Conflict when it is no longer in the state `was`."""
        decided = (row.decided_by, maybe_micros(row.decided_at), row.id, was)
        told = (row.state, maybe_micros(row.effective_at), row.replaces, row.verdict, row.open_cases)
        late = Conflict("Somebody else has decided on this release.")
        await self._run(Do(DECIDE, (*told, *decided), otherwise=late), _noted(row.id, event))
        return row


def opened(row: Row) -> ReleaseRow:
    return ReleaseRow(
        id=row["id"],
        company=row["company"],
        business=row["business"],
        number=row["number"],
        edition=row["edition"],
        replaces=row["replaces"],
        effective_at=maybe_moment(row["effective_at"]),
        state=row["state"],
        verdict=row["verdict"],
        open_cases=row["open_cases"],
        note=row["note"],
        proposed_by=row["proposed_by"],
        proposed_at=moment(row["proposed_at"]),
        decided_by=row["decided_by"],
        decided_at=maybe_moment(row["decided_at"]),
    )


def _noted(release_id: str, event: ReleaseEvent) -> Do:
    return Do(TRAIL, (release_id, micros(event.at), event.actor, event.kind, event.note))
