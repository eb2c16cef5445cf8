"""Jobs: written in the transaction that wants them, done at least once, one at a time for each case.

One table on both databases: a second queue for PostgreSQL alone would need every crash test twice.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .bus import JOB_READY
from .errors import Taken
from .models import Job
from .moments import maybe_moment, micros, moment, span
from .rows import Document, JobRow, JobState, NewJob, Page, new_id
from .sealing import from_bytes, to_bytes
from .shelf import Shelf, Writing
from .sql import Do, Row, Sql

if TYPE_CHECKING:
    from .vault import Vault

COLUMNS = "id, kind, key, case_id, sealed_payload, state, run_at, attempts, lease_until, last_error, created_at, done_at"
ADD = Sql(
    "INSERT INTO jobs (id, kind, key, case_id, sealed_payload, state, run_at, attempts, created_at) "
    "VALUES (?, ?, ?, ?, ?, 'ready', ?, 0, ?) ON CONFLICT (key) DO NOTHING"
)
TAKE = (
    "UPDATE jobs SET state = 'doing', attempts = attempts + 1, lease_until = ?, worker = ? WHERE id = ("
    "SELECT j.id FROM jobs j WHERE ((j.state = 'ready' AND j.run_at <= ? AND NOT EXISTS ("
    "SELECT 1 FROM jobs o WHERE o.case_id = j.case_id AND o.state = 'doing')) "
    "OR (j.state = 'doing' AND j.lease_until <= ?)) ORDER BY j.run_at, j.id LIMIT 1{skip}) "
    f"RETURNING {COLUMNS}"
)
TAKE_SQLITE = Sql(TAKE.format(skip=""))
TAKE_POSTGRESQL = Sql(TAKE.format(skip=" FOR UPDATE SKIP LOCKED"))
DUE = Sql(
    "SELECT min(run_at) AS at FROM jobs WHERE state = 'ready' "
    "UNION ALL SELECT min(lease_until) AS at FROM jobs WHERE state = 'doing'"
)
MINE = "WHERE id = ? AND state = 'doing' AND attempts = ?"
FINISH = Sql(
    "UPDATE jobs SET state = 'done', lease_until = NULL, last_error = NULL, sealed_payload = ?, done_at = ? " + MINE
)
RETRY = Sql("UPDATE jobs SET state = 'ready', lease_until = NULL, run_at = ?, last_error = ? " + MINE)
WAIT = Sql("UPDATE jobs SET state = 'ready', lease_until = NULL, run_at = ?, last_error = ?, attempts = attempts - 1 " + MINE)
FAIL = Sql("UPDATE jobs SET state = 'failed', lease_until = NULL, last_error = ? " + MINE)
RENEW = Sql("UPDATE jobs SET lease_until = ? " + MINE)
AGAIN = Sql("UPDATE jobs SET state = 'ready', run_at = ? WHERE id = ? AND state IN ('failed', 'ready')")
BY_KEY = Sql(f"SELECT {COLUMNS} FROM jobs WHERE key = ?")
OF_CASE = Sql(f"SELECT {COLUMNS} FROM jobs WHERE case_id = ? ORDER BY created_at, id")
WIPED = b""
"""The payload of a job that is done: nobody needs it any more."""


class JobReads(Shelf):
    async def take_job(self, worker: str, lease: timedelta) -> JobRow | None:
        """The job that has waited longest, now ours until the lease is over; None when nothing is due.

        A job whose worker died is taken again when its lease is over. Two jobs of one case never run side by side.
        """
        take = TAKE_SQLITE if self.database.dialect == "sqlite" else TAKE_POSTGRESQL
        now = self._now()
        if not await self._anything_due(now):
            return None
        try:
            done = await self.database.write(Do(take, (now + span(lease), worker, now, now)))
        except Taken:
            return None  # another worker has just taken a job of the same case
        return opened(done[0].rows[0], self.vault) if done[0].rows else None

    async def renew_job(self, job: JobRow, lease: timedelta) -> bool:
        """Keeps a job that takes long. False when it is no longer ours."""
        return await self._mine(RENEW, job, self._now() + span(lease))

    async def finish_job(self, job: JobRow) -> bool:
        """False when it is no longer ours, or was finished already in a transaction."""
        return await self._mine(FINISH, job, WIPED, self._now())

    async def retry_job(self, job: JobRow, at: datetime, error: str, *, counts: bool = True) -> bool:
        """Gives it back, to be taken again from `at` on. `error` is a code such as `timeout`, never a text with data. What
        was only too early does not count as an attempt."""
        return await self._mine(RETRY if counts else WAIT, job, micros(at), error[:80])

    async def fail_job(self, job: JobRow, error: str) -> bool:
        """Gives up. The desk sees it and can run it again."""
        return await self._mine(FAIL, job, error[:80])

    async def next_job_at(self) -> datetime | None:
        """When the next job is due or the next lease ends."""
        found = [row["at"] for row in await self.database.read(DUE) if row["at"] is not None]
        return moment(min(found)) if found else None

    async def job(self, key: str) -> JobRow | None:
        rows = await self.database.read(BY_KEY, key)
        return opened(rows[0], self.vault) if rows else None

    async def jobs_of(self, case_id: str) -> list[JobRow]:
        return [opened(row, self.vault) for row in await self.database.read(OF_CASE, case_id)]

    async def jobs(
        self,
        *,
        states: Sequence[JobState] = (),
        kind: str | None = None,
        companies: Sequence[str] | None = None,
        page: int = 1,
        size: int = 50,
    ) -> Page[JobRow]:
        """For the desk, newest first. With `companies`, only jobs of their cases."""
        with self.database.models():
            wanted = Job.all()
            if states:
                wanted = wanted.filter(state__in=list(states))
            if kind is not None:
                wanted = wanted.filter(kind=kind)
            if companies is not None:
                wanted = wanted.filter(case__company__in=list(companies))
            count = await wanted.count()
            names = COLUMNS.split(", ")
            rows = await wanted.order_by("-created_at", "-id").offset((page - 1) * size).limit(size).values(*names)
        return Page(tuple(opened(row, self.vault) for row in rows), count, page, size)

    async def _anything_due(self, now: int) -> bool:
        return any(row["at"] is not None and row["at"] <= now for row in await self.database.read(DUE))

    async def _mine(self, sql: Sql, job: JobRow, *values: Any) -> bool:
        done = await self.database.write(Do(sql, (*values, job.id, job.attempts)))
        return bool(done[0].count)


class JobWrites(Writing):
    async def add_job(
        self,
        kind: str,
        key: str,
        payload: Document | None = None,
        case_id: str | None = None,
        run_at: datetime | None = None,
    ) -> bool:
        """False when there was a job with this key before; it is left as it is."""
        job = NewJob(kind=kind, key=key, payload=payload or {}, run_at=run_at)
        done = await self._run(*adding(self.vault, self._now(), case_id, (job,)))
        self._tell(JOB_READY, kind=kind)
        return bool(done[0].count)

    async def finish_job(self, job: JobRow) -> bool:
        """In the same transaction as what it has brought about. False: no longer ours, so roll back."""
        done = await self._run(Do(FINISH, (WIPED, self._now(), job.id, job.attempts)))
        return bool(done[0].count)

    async def run_job_again(self, job_id: str, at: datetime | None = None) -> bool:
        """The desk's button: a failed or waiting job becomes due at once (or at `at`)."""
        done = await self._run(Do(AGAIN, (micros(at) if at else self._now(), job_id)))
        self._tell(JOB_READY, kind="")
        return bool(done[0].count)


def adding(vault: Vault, now: int, case_id: str | None, jobs: Sequence[NewJob]) -> list[Do]:
    todo = []
    for nth, job in enumerate(jobs):
        id = f"{new_id(moment(now))[:12]}{nth:04x}{os.urandom(8).hex()}"  # they are taken in the order given
        sealed = vault.seal(to_bytes(job.payload), _place(id))
        due = now if job.run_at is None else micros(job.run_at)
        todo.append(Do(ADD, (id, job.kind, job.key, case_id, sealed, due, now)))
    return todo


def opened(row: Row, vault: Vault) -> JobRow:
    sealed = row["sealed_payload"]
    return JobRow(
        id=row["id"],
        kind=row["kind"],
        key=row["key"],
        case_id=row["case_id"],
        payload=from_bytes(vault.open_sealed(sealed, _place(row["id"]))) if sealed else {},
        state=row["state"],
        run_at=moment(row["run_at"]),
        attempts=row["attempts"],
        lease_until=maybe_moment(row["lease_until"]),
        last_error=row["last_error"],
        created_at=moment(row["created_at"]),
        done_at=maybe_moment(row["done_at"]),
    )


def _place(id: str) -> str:
    return f"jobs|{id}|payload"
