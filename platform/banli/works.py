"""Gives plugins the work for staff and the files of cases, as `counters.py` promises them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from banli.caseload import REVIEW, Caseload, Held
from banli.counters import Brief, Kept, Line, Said, Sheet, Why, Work
from banli.dossiers import Reader
from banli.engine import commands
from banli.errors import Problem
from banli.fields.base import Say
from banli.store import Conflict, EventRow, FileRow, Store, TaskRow


class SiteWorks:
    """The work of the site. Made before there is a database, and `connect`ed once there is."""

    def __init__(self) -> None:
        self._caseload: Caseload | None = None
        self._say: Callable[[str], Say] = lambda language: str

    def connect(self, caseload: Caseload, say: Callable[[str], Say]) -> None:
        """`say(language)` translates the texts of definitions."""
        self._caseload, self._say = caseload, say

    @property
    def _cases(self) -> Caseload:
        return _there(self._caseload)

    @property
    def _store(self) -> Store:
        return self._cases.store

    async def put(self, company: str, case: str, kind: str, queue: str, rank: int = 0) -> Work:
        return _work(await self._store.put_task(case, company, kind, queue, rank))

    async def get(self, id: str) -> Work | None:
        return _maybe(await self._store.task(id))

    async def of(self, case: str, kind: str) -> Work | None:
        return _maybe(await self._store.standing_task(case, kind))

    async def there(self, work: Work) -> Work | None:
        return _maybe(await self._store.see_task(work.id))

    async def queued(self, company: str, kind: str, queues: Sequence[str] = (), *, since: datetime) -> Sequence[Work]:
        return [_work(row) for row in await self._store.queued_tasks([company], kind, queues, since)]

    async def count(self, company: str, kind: str, queue: str, *, since: datetime) -> int:
        return await self._store.count_queued([company], kind, [queue], since)

    async def next(
        self, actor: str, companies: Sequence[str], kind: str, queues: Sequence[str], lease: timedelta, *, since: datetime
    ) -> Work | None:
        return _maybe(await self._store.next_task(actor, companies, kind, queues, lease, since))

    async def hold(self, work: Work, actor: str, lease: timedelta) -> Work | None:
        return _maybe(await self._store.hold_task(work.id, actor, lease))

    async def release(self, work: Work, actor: str) -> Work | None:
        return _maybe(await self._store.put_back_task(work.id, actor))

    async def move(self, work: Work, queue: str, rank: int) -> Work | None:
        return _maybe(await self._store.move_task(work.id, queue, rank))

    async def leave(self, work: Work) -> Work | None:
        return _maybe(await self._store.leave_task(work.id))

    async def passed(self, work: Work, actor: str, step: str, result: dict[str, Any], seen: int) -> Problem | None:
        return await self._decide(work, commands.CalledBack(actor=actor, seen=seen, step=step, data=result))

    async def sent_back(
        self, work: Work, actor: str, step: str, reasons: Sequence[str], remark: str, seen: int
    ) -> Problem | None:
        told = tuple(dict.fromkeys(reasons))
        return await self._decide(work, commands.SendBack(actor=actor, seen=seen, step=step, reasons=told, remark=remark))

    async def brief(self, work: Work, actor: str, language: str) -> Brief | None:
        held = await self._held(work, actor)
        current = held.position.current if held is not None else None
        if held is None or current is None:
            return None
        say = self._say(language)
        case, issue = held.case, held.issue
        as_it_would_be = replace(held, case=replace(case, changes=issue.course.changes(held.position, case)))
        reader = Reader(as_it_would_be, True, say)
        name = case.record.get("name", "")
        return Brief(
            case.number, case.company, say(issue.edition.business.title or issue.edition.flow.title), case.revision,
            current.id, _in_words(current.bound.step.options, current.bound.kind.refers, say), str(name),
            tuple(Line(row.title, row.before, row.after, row.changed) for row in (*reader.rows(), *reader.answers())),
            tuple(Sheet(shot.title, shot.after or shot.before) for shot in reader.shots({}) if shot.after or shot.before),
            tuple(Why(one.id, one.text, one.pages) for one in reader.whys(current.bound.step.reasons)), current.names,
            current.bound.kind.name,
        )  # fmt: skip

    async def sees(self, case: str, actor: str) -> str:
        now = self._cases.clock()
        for task in await self._store.tasks_of(case):
            if task.assignee == actor and task.state == "claimed" and task.lease_until is not None and task.lease_until > now:
                if task.kind == REVIEW:
                    return REVIEW
                if task.kind.startswith("inspect:"):
                    return task.kind.split(":")[1]
        return ""

    async def name(self, actor: str) -> str:
        row = await self._store.staff(actor.removeprefix("staff:")) if actor.startswith("staff:") else None
        return row.name if row is not None else ""

    async def note(self, case: str, actor: str, kind: str, data: Said) -> None:
        if "." not in kind:
            raise ValueError("The kind of a plugin's event has a full stop in it, such as 'video.recorded'.")
        event = EventRow(at=self._cases.clock(), actor=actor, kind=kind, data=dict(data))
        while True:
            row = await self._store.case(id=case)
            if row is None or row.forgotten:
                return
            try:
                await self._store.note_event(row, event)
                return
            except Conflict:
                await asyncio.sleep(0.01)  # something else has just happened to the case; perhaps it is still being committed

    async def _held(self, work: Work, actor: str) -> Held | None:
        """The case, for who holds this work now."""
        row = await self._store.task(work.id)
        holds = row is not None and row.state == "claimed" and row.assignee == actor
        return await self._cases.find(id=work.case) if holds else None

    async def _decide(self, work: Work, command: commands.Command) -> Problem | None:
        held = await self._held(work, command.actor)
        if held is None:
            return Problem("", "not_held")
        decision = self._cases.decide(held, command)
        if decision.problems:
            return decision.problems[0]
        try:
            await self._cases.keep(held, decision, work=(work.id, command.actor))
        except Conflict:
            return Problem("", "changed_meanwhile")
        return None


class SiteFiles:
    """The files of cases, as far as plugins keep them."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def connect(self, store: Store) -> None:
        self._store = store

    async def add(self, case: str, slot: str, media_type: str, content: bytes) -> Kept | None:
        store = _there(self._store)
        row = await store.case(id=case)
        if row is None or row.forgotten:
            return None
        staged = await store.stage_file(row, slot, media_type, content)
        async with store.transaction() as tx:
            return _kept(await tx.add_file(row, staged))

    async def read(self, case: str, id: str) -> bytes | None:
        found = await _there(self._store).file(case, id)
        return found[1] if found is not None else None

    async def of(self, case: str, slot: str = "") -> Sequence[Kept]:
        return [_kept(row) for row in await _there(self._store).files_of(case) if row.slot.startswith(slot)]

    async def closed(self, case: str) -> datetime | None:
        row = await _there(self._store).case(id=case)
        return row.updated_at if row is not None and not row.open else None

    async def drop(self, case: str, id: str) -> bool:
        async with _there(self._store).transaction() as tx:
            return await tx.drop_file(case, id)


def _in_words(options: Mapping[str, Any], refers: Mapping[str, str], say: Say) -> dict[str, Any]:
    """A step's settings with their texts (those that the kind refers to as such) in the reader's language."""
    texts = {tuple(way.split(".")) for way, sort in refers.items() if sort == "text"}

    def told(value: Any, way: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            return {key: told(one, way if way in texts else (*way, str(key))) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [told(one, way) for one in value]
        return say(value) if way in texts and isinstance(value, str) else value

    return {key: told(value, (key,)) for key, value in options.items()}


T = TypeVar("T")


def _there(part: T | None) -> T:
    if part is None:
        raise RuntimeError("A plugin asks for the site's work before the application is open.")
    return part


def _work(row: TaskRow) -> Work:
    return Work(
        row.id, row.company, row.case_id, row.kind, row.queue, row.rank, row.assignee or "" if row.state == "claimed" else "",
        row.lease_until, row.created_at, row.seen_at or row.created_at, row.state == "done",
    )  # fmt: skip


def _maybe(row: TaskRow | None) -> Work | None:
    return _work(row) if row is not None else None


def _kept(row: FileRow) -> Kept:
    return Kept(row.id, row.slot, row.media_type, row.size, row.created_at)
