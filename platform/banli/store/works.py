"""Tasks whose client waits for them: queues, each in order of rank and arrival, of those who are still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from .bus import TASK_CHANGED
from .moments import micros, moment, span
from .rows import TaskRow, new_id
from .shelf import Shelf
from .sql import Do, Sql
from .tasks import CLAIM, COLUMNS, OPEN, RELEASE, STANDING, opened

WAITS = "(state = 'open' OR (state = 'claimed' AND lease_until <= ?)) AND seen_at > ?"
SEEN = Sql(f"UPDATE tasks SET seen_at = ? WHERE id = ? AND state <> 'done' RETURNING {COLUMNS}")
MOVE = Sql(
    "UPDATE tasks SET queue = ?, rank = ? WHERE id = ? AND (state = 'open' OR (state = 'claimed' AND lease_until <= ?)) "
    f"RETURNING {COLUMNS}"
)
LEAVE = Sql(
    f"UPDATE tasks SET state = 'done', lease_until = NULL, done_at = ? WHERE id = ? AND state <> 'done' RETURNING {COLUMNS}"
)


class Works(Shelf):
    """What a queue is asked and told, each a transaction of its own. Companies and queues are few, so they stand in the text."""

    async def put_task(self, case_id: str, company: str, kind: str, queue: str, rank: int) -> TaskRow:
        """Into the queue; the one that this case has there already keeps its place. Either way the client is there."""
        now = self._now()
        done = await self.database.write(Do(OPEN, (new_id(moment(now)), case_id, company, kind, 1, now, queue, rank, now)))
        if done[0].row is not None:
            return self._told(opened(done[0].row))
        rows = await self.database.read(STANDING, case_id, kind)
        seen = await self.see_task(rows[0]["id"]) if rows else None
        return seen if seen is not None else await self.put_task(case_id, company, kind, queue, rank)

    async def see_task(self, task_id: str) -> TaskRow | None:
        """The client was there just now. Nobody is told: it happens every few seconds."""
        return await self._one(Do(SEEN, (self._now(), task_id)), quietly=True)

    async def standing_task(self, case_id: str, kind: str) -> TaskRow | None:
        rows = await self.database.read(STANDING, case_id, kind)
        return opened(rows[0]) if rows else None

    async def queued_tasks(
        self, companies: Sequence[str], kind: str, queues: Sequence[str], since: datetime, most: int = 500
    ) -> list[TaskRow]:
        """Those waiting whose client was there after `since`, in order, and those that somebody holds."""
        where, values = _of(companies, kind, queues)
        sql = Sql(
            f"SELECT {COLUMNS} FROM tasks WHERE {where} AND ({WAITS} OR (state = 'claimed' AND lease_until > ?)) "
            "ORDER BY rank, created_at, id LIMIT ?"
        )
        now = self._now()
        return [opened(row) for row in await self.database.read(sql, *values, now, micros(since), now, most)]

    async def count_queued(self, companies: Sequence[str], kind: str, queues: Sequence[str], since: datetime) -> int:
        where, values = _of(companies, kind, queues)
        sql = Sql(f"SELECT count(*) AS n FROM tasks WHERE {where} AND {WAITS}")
        return int((await self.database.read(sql, *values, self._now(), micros(since)))[0]["n"])

    async def next_task(
        self, assignee: str, companies: Sequence[str], kind: str, queues: Sequence[str], lease: timedelta, since: datetime
    ) -> TaskRow | None:
        """Takes the first that waits. One whose holder let the lease run out stands where it stood before."""
        where, values = _of(companies, kind, queues)
        skip = "" if self.database.dialect == "sqlite" else " FOR UPDATE SKIP LOCKED"
        sql = Sql(
            "UPDATE tasks SET state = 'claimed', assignee = ?, lease_until = ? WHERE id = ("
            f"SELECT id FROM tasks WHERE {where} AND {WAITS} ORDER BY rank, created_at, id LIMIT 1{skip}) RETURNING {COLUMNS}"
        )
        now = self._now()
        return await self._one(Do(sql, (assignee, now + span(lease), *values, now, micros(since))))

    async def hold_task(self, task_id: str, assignee: str, lease: timedelta) -> TaskRow | None:
        now = self._now()
        return await self._one(Do(CLAIM, (assignee, now + span(lease), task_id, assignee, now)))

    async def put_back_task(self, task_id: str, assignee: str) -> TaskRow | None:
        return await self._one(Do(RELEASE, (task_id, assignee)))

    async def move_task(self, task_id: str, queue: str, rank: int) -> TaskRow | None:
        return await self._one(Do(MOVE, (queue, rank, task_id, self._now())))

    async def leave_task(self, task_id: str) -> TaskRow | None:
        return await self._one(Do(LEAVE, (self._now(), task_id)))

    async def _one(self, todo: Do, *, quietly: bool = False) -> TaskRow | None:
        row = (await self.database.write(todo))[0].row
        if row is None:
            return None
        return opened(row) if quietly else self._told(opened(row))

    def _told(self, task: TaskRow) -> TaskRow:
        self.bus.publish(TASK_CHANGED, {"task": task.id, "company": task.company})
        return task


def _of(companies: Sequence[str], kind: str, queues: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Without queues: those of the whole company. Without a company: nothing."""
    where = f"company IN ({_marks(companies)}) AND kind = ?" if companies else "1 = 0 AND kind = ?"
    values = (*companies, kind)
    return (f"{where} AND queue IN ({_marks(queues)})", (*values, *queues)) if queues else (where, values)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
