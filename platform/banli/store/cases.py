"""Cases: sealed under a key of their own, saved with their events in one go, never over somebody else's change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from . import events as chain
from .bus import CASE_CHANGED, JOB_READY
from .errors import AlreadyOpen, Conflict, Forgotten, Taken, Tampered
from .jobs import adding
from .moments import maybe_micros, maybe_moment, micros, moment
from .rows import CaseRow, Document, EventRow, NewJob
from .sealing import Key
from .shelf import Shelf, Writing
from .sql import Do, Row, Sql

if TYPE_CHECKING:
    from .vault import Vault

COLUMNS = (
    "id, number, company, client, business, edition, state, open, revision, last_seq, head, sealed_key, key_version, "
    "sealed_document, sealed_drafts, created_at, updated_at, submitted_at"
)
BY_ID = Sql(f"SELECT {COLUMNS} FROM cases WHERE id = ?")
BY_NUMBER = Sql(f"SELECT {COLUMNS} FROM cases WHERE number = ?")
LOCK_BY_ID = Sql(f"SELECT {COLUMNS} FROM cases WHERE id = ?", "FOR UPDATE")
LOCK_BY_NUMBER = Sql(f"SELECT {COLUMNS} FROM cases WHERE number = ?", "FOR UPDATE")
OPEN_OF = Sql(f"SELECT {COLUMNS} FROM cases WHERE company = ? AND client = ? AND open")
OPEN_OF_BUSINESS = Sql(f"SELECT {COLUMNS} FROM cases WHERE open AND company = ? AND business = ? AND id > ? ORDER BY id LIMIT ?")
ALL_OF = Sql(f"SELECT {COLUMNS} FROM cases WHERE company = ? AND client = ? ORDER BY created_at DESC, id DESC LIMIT ?")
NUMBER = Sql(
    "INSERT INTO counters (id, value) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET value = counters.value + 1 RETURNING value"
)
INSERT = Sql(f"INSERT INTO cases ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
SAVE = Sql(
    "UPDATE cases SET edition = ?, state = ?, open = ?, revision = ?, last_seq = ?, head = ?, sealed_document = ?, "
    "sealed_drafts = ?, updated_at = ?, submitted_at = ? WHERE id = ? AND revision = ? AND head = ?"
)
NOTE = Sql("UPDATE cases SET last_seq = ?, head = ?, sealed_document = ? WHERE id = ? AND revision = ? AND head = ?")
SAVE_DRAFTS = Sql("UPDATE cases SET sealed_drafts = ?, updated_at = ? WHERE id = ? AND revision = ?")
FORGET = Sql("UPDATE cases SET sealed_key = NULL, sealed_document = NULL, sealed_drafts = NULL WHERE id = ?")
FORGET_FILES = Sql("DELETE FROM files WHERE case_id = ?")
CHANGED = "The case was changed since it was read."


class CaseReads(Shelf):
    async def case(self, *, id: str | None = None, number: str | None = None) -> CaseRow | None:
        """The case as last committed. Give one of `id` and `number`."""
        rows = await (self.database.read(BY_ID, id) if id is not None else self.database.read(BY_NUMBER, number))
        return opened(rows[0], self.vault) if rows else None

    async def open_case(self, company: str, client: str) -> CaseRow | None:
        """The client's one open case at this company."""
        rows = await self.database.read(OPEN_OF, company, client)
        return opened(rows[0], self.vault) if rows else None

    async def cases_of(self, company: str, client: str, limit: int = 100) -> list[CaseRow]:
        """All cases of a client at a company, newest first."""
        return [opened(row, self.vault) for row in await self.database.read(ALL_OF, company, client, limit)]

    async def open_cases(self, company: str, business: str, after: str = "", limit: int = 200) -> list[CaseRow]:
        """The open cases of a business, oldest first, from the one after the id `after`."""
        rows = await self.database.read(OPEN_OF_BUSINESS, company, business, after, limit)
        return [opened(row, self.vault) for row in rows]

    async def save_case(
        self, row: CaseRow, seen_revision: int, events: Sequence[EventRow] = (), jobs: Sequence[NewJob] = ()
    ) -> CaseRow:
        """Like `Transaction.save_case`, as a whole transaction: the cheapest way to save an answer."""
        todo, saved = saving(self.vault, self._now(), row, seen_revision, events, jobs)
        await self.database.write(*todo)
        self.bus.publish(CASE_CHANGED, {"case": saved.id, "company": saved.company, "revision": saved.revision})
        for job in jobs:
            self.bus.publish(JOB_READY, {"kind": job.kind})
        return saved

    async def save_drafts(self, row: CaseRow, seen_revision: int, drafts: Document) -> CaseRow:
        """Like `Transaction.save_drafts`, as a whole transaction."""
        await self.database.write(drafting(self._now(), row, seen_revision, drafts))
        return replace(row, drafts=drafts)

    async def note_event(self, row: CaseRow, event: EventRow) -> CaseRow:
        """Appends what has happened beside the case: its revision stays, so pages that are open stay current. Raises Conflict
        when something else was appended since the row was read."""
        key = _key(row)
        todo, last_seq, head = chain.appending(row.id, row.last_seq, row.head, key, [event])
        noted = replace(row, last_seq=last_seq, head=head)
        values = (last_seq, head, _sealed_document(noted, key), row.id, row.revision, row.head)
        await self.database.write(Do(NOTE, values, otherwise=Conflict(CHANGED)), *todo)
        return noted

    async def events(self, case_id: str) -> list[EventRow]:
        """All events of a case, oldest first. Their data is empty once the case is forgotten."""
        case = await self.case(id=case_id)
        if case is None:
            return []
        return chain.opened(case_id, case.key, await self.database.read(chain.OF_CASE, case_id))

    async def links(self, case_id: str) -> list[chain.Link]:
        """The chain of events without what they say; also of a forgotten case."""
        return chain.links(await self.database.read(chain.OF_CASE, case_id))

    async def verify_chain(self, case_id: str) -> list[int]:
        """The numbers of events that were changed, lost or added from outside; 0 stands for the case row itself."""
        rows = await self.database.read(BY_ID, case_id)
        if not rows:
            return []
        found = await self.database.read(chain.OF_CASE, case_id)
        broken = chain.broken_links(case_id, rows[0]["last_seq"], rows[0]["head"], found)
        try:
            opened(rows[0], self.vault)  # the document is sealed together with the head of the chain
        except Tampered:
            broken.insert(0, 0)
        return broken


class CaseWrites(Writing):
    async def new_case_number(self, company: str, day: date) -> str:
        """The next number of that company and day, such as 8001-20261123-000001; none is left out or given twice."""
        prefix = f"{company}-{day:%Y%m%d}"
        value = (await self._read(NUMBER, f"case {prefix}"))[0]["value"]
        return f"{prefix}-{value:06d}"

    async def create_case(self, row: CaseRow, events: Sequence[EventRow] = (), jobs: Sequence[NewJob] = ()) -> CaseRow:
        """Raises AlreadyOpen when the client has an open case at this company. `row.id` comes from `new_id`."""
        key = row.key or Key.new()
        todo, last_seq, head = chain.appending(row.id, 0, chain.first_link(row.id), key, events)
        made = replace(row, key=key, revision=1, last_seq=last_seq, head=head)
        wrapped, version = self.vault.wrap(key, _key_place(row.id))
        values = (
            made.id, made.number, made.company, made.client, made.business, made.edition, made.state, made.open,
            1, last_seq, head, wrapped, version, _sealed_document(made, key), _sealed_drafts(made, key),
            micros(made.created_at), micros(made.updated_at), maybe_micros(made.submitted_at),
        )  # fmt: skip
        try:
            await self._run(Do(INSERT, values), *todo, *adding(self.vault, self._now(), made.id, jobs))
        except Taken as taken:
            if "cases_one_open" in taken.what or "cases.client" in taken.what:
                raise AlreadyOpen("The client has an open case at this company.") from None
            raise
        self._told(made, jobs)
        return made

    async def load_case(self, *, id: str | None = None, number: str | None = None, lock: bool = True) -> CaseRow | None:
        """The case as this transaction sees it; locked, so that nobody changes it before the commit."""
        by_id, by_number = (LOCK_BY_ID, LOCK_BY_NUMBER) if lock else (BY_ID, BY_NUMBER)
        rows = await (self._read(by_id, id) if id is not None else self._read(by_number, number))
        return opened(rows[0], self.vault) if rows else None

    async def save_case(
        self, row: CaseRow, seen_revision: int, events: Sequence[EventRow] = (), jobs: Sequence[NewJob] = ()
    ) -> CaseRow:
        """Saves state, edition, document, drafts and `submitted_at`, appends the events, adds the jobs.

        `row` stems from a read at `seen_revision`. Raises Conflict when the case has another revision by now. Returns
        the case with its new revision; that one is to be used for the next save.
        """
        todo, saved = saving(self.vault, self._now(), row, seen_revision, events, jobs)
        await self._run(*todo)
        self._told(saved, jobs)
        return saved

    async def save_drafts(self, row: CaseRow, seen_revision: int, drafts: Document) -> CaseRow:
        """What was typed and not yet answered: no new revision, no event. Raises Conflict like `save_case`."""
        await self._run(drafting(self._now(), row, seen_revision, drafts))
        return replace(row, drafts=drafts)

    async def forget_case(self, row: CaseRow, seen_revision: int, events: Sequence[EventRow] = ()) -> None:
        """Drops the key of a closed case, its document, drafts and files. The chain of events stays and can be checked.

        The contents of the files are removed by the next `Store.sweep_files`.
        """
        if row.open:
            raise ValueError("An open case cannot be forgotten. Close it first.")
        empty = replace(row, document={}, drafts={})
        todo, saved = saving(self.vault, self._now(), empty, seen_revision, events, ())
        await self._run(*todo, Do(FORGET, (row.id,)), Do(FORGET_FILES, (row.id,)))
        self._told(saved, ())

    def _told(self, row: CaseRow, jobs: Sequence[NewJob]) -> None:
        self._tell(CASE_CHANGED, case=row.id, company=row.company, revision=row.revision)
        for job in jobs:
            self._tell(JOB_READY, kind=job.kind)


def saving(
    vault: Vault,
    now: int,
    row: CaseRow,
    seen_revision: int,
    events: Sequence[EventRow],
    jobs: Sequence[NewJob],
) -> tuple[list[Do], CaseRow]:
    """The statements that save a case, and the case as it will be."""
    key = _key(row)
    if row.revision != seen_revision:
        raise Conflict(CHANGED)
    todo, last_seq, head = chain.appending(row.id, row.last_seq, row.head, key, events)
    saved = replace(row, revision=seen_revision + 1, last_seq=last_seq, head=head, updated_at=moment(now))
    values = (
        saved.edition, saved.state, saved.open, saved.revision, last_seq, head, _sealed_document(saved, key),
        _sealed_drafts(saved, key), now, maybe_micros(saved.submitted_at), saved.id, seen_revision, row.head,
    )  # fmt: skip
    update = Do(SAVE, values, otherwise=Conflict(CHANGED))
    return [update, *todo, *adding(vault, now, saved.id, jobs)], saved


def drafting(now: int, row: CaseRow, seen_revision: int, drafts: Document) -> Do:
    if row.revision != seen_revision:
        raise Conflict(CHANGED)
    sealed = _sealed_drafts(replace(row, drafts=drafts), _key(row))
    return Do(SAVE_DRAFTS, (sealed, now, row.id, seen_revision), otherwise=Conflict(CHANGED))


def opened(row: Row, vault: Vault) -> CaseRow:
    """A row of the table, unsealed. A forgotten case has an empty document."""
    id = row["id"]
    key = vault.unwrap(row["sealed_key"], _key_place(id)) if row["sealed_key"] is not None else None
    document, drafts = row["sealed_document"], row["sealed_drafts"]
    return CaseRow(
        id=id,
        number=row["number"],
        company=row["company"],
        client=row["client"],
        business=row["business"],
        edition=row["edition"],
        state=row["state"],
        open=bool(row["open"]),
        document=key.unpack(document, _document_place(id, row["head"])) if key and document is not None else {},
        drafts=key.unpack(drafts, _drafts_place(id)) if key and drafts is not None else {},
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        submitted_at=maybe_moment(row["submitted_at"]),
        revision=row["revision"],
        last_seq=row["last_seq"],
        head=row["head"],
        key=key,
    )


def _key(row: CaseRow) -> Key:
    if row.key is None:
        raise Forgotten("This case was forgotten; nothing can be written to it.")
    return row.key


def _sealed_document(row: CaseRow, key: Key) -> bytes:
    return key.pack(row.document, _document_place(row.id, row.head))


def _sealed_drafts(row: CaseRow, key: Key) -> bytes | None:
    return key.pack(row.drafts, _drafts_place(row.id)) if row.drafts else None


def _key_place(id: str) -> str:
    return f"cases|{id}|key"


def _document_place(id: str, head: str) -> str:
    # With the head of the chain: who rewrites the events cannot make the document agree with them.
    return f"cases|{id}|document|{head}"


def _drafts_place(id: str) -> str:
    return f"cases|{id}|drafts"
