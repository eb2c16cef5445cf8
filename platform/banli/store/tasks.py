"""Tasks: work for staff on a case, claimed by one of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from tortoise.expressions import Q

from .bus import TASK_CHANGED
from .models import Task
from .moments import maybe_moment, moment, span
from .rows import Page, TaskRow, TaskState, new_id
from .shelf import Shelf, Writing
from .sql import Do, Row, Sql

COLUMNS = (
    "id, case_id, company, kind, level, state, assignee, lease_until, created_at, done_at, queue, rank, seen_at"
)
OPEN = Sql(
    "INSERT INTO tasks (id, case_id, company, kind, level, state, created_at, queue, rank, seen_at) "
    "VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?) "
    f"ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
)
STANDING = Sql(f"SELECT {COLUMNS} FROM tasks WHERE case_id = ? AND kind = ? AND state <> 'done'")
CLAIM = Sql(
    "UPDATE tasks SET state = 'claimed', assignee = ?, lease_until = ? WHERE id = ? AND (state = 'open' "
    f"OR (state = 'claimed' AND (assignee = ? OR lease_until <= ?))) RETURNING {COLUMNS}"
)
MINE = "WHERE id = ? AND state = 'claimed' AND assignee = ?"
RELEASE = Sql(f"UPDATE tasks SET state = 'open', assignee = NULL, lease_until = NULL {MINE} RETURNING {COLUMNS}")
RENEW = Sql(f"UPDATE tasks SET lease_until = ? {MINE} RETURNING {COLUMNS}")
FINISH = Sql(f"UPDATE tasks SET state = 'done', lease_until = NULL, done_at = ? {MINE} RETURNING {COLUMNS}")
CLOSE = Sql("UPDATE tasks SET state = 'done', lease_until = NULL, done_at = ? WHERE case_id = ? AND state <> 'done'")
BY_ID = Sql(f"SELECT {COLUMNS} FROM tasks WHERE id = ?")
OF_CASE = Sql(f"SELECT {COLUMNS} FROM tasks WHERE case_id = ? ORDER BY created_at, id")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListing:
    """A line of the desk's queue."""

    task: TaskRow
    number: str
    business: str
    case_state: str
    submitted_at: datetime | None


class TaskReads(Shelf):
    async def task(self, task_id: str) -> TaskRow | None:
        rows = await self.database.read(BY_ID, task_id)
        return opened(rows[0]) if rows else None

    async def tasks_of(self, case_id: str) -> list[TaskRow]:
        return [opened(row) for row in await self.database.read(OF_CASE, case_id)]

    async def tasks(
        self,
        companies: Sequence[str],
        *,
        kinds: Sequence[str] = (),
        states: Sequence[TaskState] = ("open", "claimed"),
        assignee: str | None = None,
        business: str | None = None,
        number: str | None = None,
        order: Literal["oldest", "newest"] = "oldest",
        page: int = 1,
        size: int = 50,
    ) -> Page[TaskListing]:
        """A page of the queue with what the desk shows of each case. `number` matches a part of the case's number.

        By the time since when the task waits. A claimed task whose lease is over counts as open: it can be claimed again.
        """
        now = self._now()
        with self.database.models():
            wanted = Task.filter(company__in=list(companies))
            if kinds:
                wanted = wanted.filter(kind__in=list(kinds))
            wanted = wanted.filter(_in_states(states, now))
            if assignee is not None:
                wanted = wanted.filter(assignee=assignee)
            if business is not None:
                wanted = wanted.filter(case__business=business)
            if number is not None:
                wanted = wanted.filter(case__number__contains=number)
            count = await wanted.count()
            sign = "" if order == "oldest" else "-"
            rows = await (
                wanted.order_by(f"{sign}created_at", f"{sign}id")
                .offset((page - 1) * size)
                .limit(size)
                .values(
                    *COLUMNS.split(", "),
                    number="case__number",
                    business="case__business",
                    case_state="case__state",
                    submitted_at="case__submitted_at",
                )
            )
        return Page(tuple(_listing(row, now) for row in rows), count, page, size)


class TaskWrites(Writing):
    async def open_task(self, case_id: str, company: str, kind: str, level: int = 1) -> TaskRow:
        """A task for staff; when the case has one of this kind that is not done, that one."""
        now = self._now()
        done = await self._run(Do(OPEN, (new_id(moment(now)), case_id, company, kind, level, now, "", 0, None)))
        row = done[0].row or (await self._read(STANDING, case_id, kind))[0]
        return self._changed(row)

    async def claim_task(self, task_id: str, assignee: str, lease: timedelta) -> TaskRow | None:
        """The task, now theirs until the lease is over; None when somebody else has it or it is done."""
        now = self._now()
        return await self._change(CLAIM, assignee, now + span(lease), task_id, assignee, now)

    async def renew_lease(self, task_id: str, assignee: str, lease: timedelta) -> TaskRow | None:
        """None when it is no longer theirs."""
        return await self._change(RENEW, self._now() + span(lease), task_id, assignee)

    async def release_task(self, task_id: str, assignee: str) -> TaskRow | None:
        """Back to the queue. None when it was not theirs."""
        return await self._change(RELEASE, task_id, assignee)

    async def finish_task(self, task_id: str, assignee: str) -> TaskRow | None:
        """Done. None when it was not theirs (any more): then nothing may be decided on it."""
        return await self._change(FINISH, self._now(), task_id, assignee)

    async def close_tasks(self, case_id: str) -> int:
        """Ends all tasks of a case, whoever has them: it was withdrawn or abandoned."""
        done = await self._run(Do(CLOSE, (self._now(), case_id)))
        return done[0].count

    async def _change(self, sql: Sql, *values: Any) -> TaskRow | None:
        row = (await self._run(Do(sql, values)))[0].row
        return None if row is None else self._changed(row)

    def _changed(self, row: Row) -> TaskRow:
        task = opened(row)
        self._tell(TASK_CHANGED, task=task.id, company=task.company)
        return task


def opened(row: Row) -> TaskRow:
    return TaskRow(
        id=row["id"],
        case_id=row["case_id"],
        company=row["company"],
        kind=row["kind"],
        level=row["level"],
        state=row["state"],
        assignee=row["assignee"],
        lease_until=maybe_moment(row["lease_until"]),
        created_at=moment(row["created_at"]),
        done_at=maybe_moment(row["done_at"]),
        queue=row["queue"],
        rank=row["rank"],
        seen_at=maybe_moment(row["seen_at"]),
    )


def _listing(row: Row, now: int) -> TaskListing:
    if row["state"] == "claimed" and row["lease_until"] <= now:
        row = {**row, "state": "open", "assignee": None, "lease_until": None}
    return TaskListing(
        task=opened(row),
        number=row["number"],
        business=row["business"],
        case_state=row["case_state"],
        submitted_at=maybe_moment(row["submitted_at"]),
    )


def _in_states(states: Sequence[TaskState], now: int) -> Q:
    wanted = {
        "open": Q(state="open") | Q(state="claimed", lease_until__lte=now),
        "claimed": Q(state="claimed", lease_until__gt=now),
        "done": Q(state="done"),
    }
    return Q(*(wanted[state] for state in states), join_type="OR")
