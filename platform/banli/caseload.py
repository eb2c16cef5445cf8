"""Cases between store and engine: read with their edition, decided, kept in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from banli.definitions.edition import Edition
from banli.editions import Editions, Issue
from banli.engine import Case, Decision, Event, Moment, Order, Position, apply, commands, from_document, to_document
from banli.hooks import Clock
from banli.plugins import Plugins
from banli.store import CaseRow, Conflict, EventRow, FileRow, JobRow, NewJob, Store, Transaction

CHINA = ZoneInfo("Asia/Shanghai")
REVIEW = "review"
_QUEUE = frozenset({"submitted", "claimed", "released", "approved", "returned", "rejected", "withdrawn", "abandoned", "expired"})


@dataclass(frozen=True)
class Held:
    """A case in hand: the row as it was read, the case, its issue, and the moment."""

    row: CaseRow = field(repr=False)
    case: Case = field(repr=False)
    issue: Issue = field(repr=False)
    moment: Moment = field(repr=False)

    @property
    def edition(self) -> Edition:
        return self.issue.edition

    @cached_property
    def position(self) -> Position:
        return self.issue.course.position(self.case, self.moment.facts, self.moment.today)


class Caseload:
    """Reads and keeps cases. Everybody who changes a case (client, reviewer, job) goes through `keep`."""

    def __init__(self, store: Store, editions: Editions, plugins: Plugins, clock: Clock) -> None:
        self.store, self.editions, self.plugins, self.clock = store, editions, plugins, clock

    async def moment(self, company: str, client: str) -> Moment:
        now = self.clock()
        return Moment(now, today(now), await self.plugins.know(company, client))

    async def hold(self, row: CaseRow) -> Held:
        """The case of a row, with its edition."""
        issue = await self.editions.of(row.edition)
        return Held(row, case_of(row), issue, await self.moment(row.company, row.client))

    async def find(self, *, id: str | None = None, number: str | None = None) -> Held | None:
        row = await self.store.case(id=id, number=number)
        return await self.hold(row) if row is not None and not row.forgotten else None

    def decide(self, held: Held, command: commands.Command) -> Decision:
        return apply(held.issue.course, held.case, command, held.moment, held.position)

    async def keep(
        self, held: Held, decision: Decision, *, files: Sequence[FileRow] = (), finished: JobRow | None = None,
        work: tuple[str, str] | None = None,
    ) -> Held:  # fmt: skip
        """Keeps what was decided: case, events, jobs, queue; all or nothing. Raises `Conflict` when somebody was quicker.

        `finished` is the job, `work` the task with its holder, that are done with it.
        """
        if not decision.events and not files and finished is None:
            if decision.drafted:
                await self.store.save_drafts(held.row, held.row.revision, dict(decision.case.drafts))
            return replace(held, case=decision.case)
        row = row_of(decision.case, held.row)
        events = event_rows(decision)
        jobs = [_job(decision.case, order) for order in decision.orders] + list(_binding(held.case, decision.case))
        unreviewed = any(event.kind == "approved" and event.data["level"] == 0 for event in decision.events)
        queue = [event for event in decision.events if event.kind in _QUEUE and not unreviewed]
        if not queue and not files and finished is None and work is None:
            saved = await self.store.save_case(row, held.row.revision, events, jobs)
            return replace(held, row=saved, case=decision.case)
        async with self.store.transaction() as tx:
            saved = row
            if events:
                saved = await tx.save_case(row, held.row.revision, events, jobs)
            elif decision.drafted:
                saved = await tx.save_drafts(held.row, held.row.revision, dict(decision.case.drafts))
            for file in files:
                await tx.add_file(saved, file)
            for event in queue:
                await self._move_in_queue(tx, decision.case, event)
            if finished is not None and not await tx.finish_job(finished):
                raise Conflict("Somebody else has finished this job.")
            if work is not None and await tx.finish_task(*work) is None:
                raise Conflict("Somebody else holds this work.")
        return replace(held, row=saved, case=decision.case)

    async def _move_in_queue(self, tx: Transaction, case: Case, event: Event) -> None:
        """The review task is where the desk looks for work; it follows what happens to the case."""
        if event.kind == "submitted":
            await tx.open_task(case.id, case.company, REVIEW, 1)
            return
        task = next((t for t in await self.store.tasks_of(case.id) if t.kind == REVIEW and t.state != "done"), None)
        if event.kind in ("withdrawn", "abandoned", "expired"):
            await tx.close_tasks(case.id)
        if task is None:
            return
        if event.kind == "claimed":
            lease = datetime.fromisoformat(event.data["lease_until"]) - event.at
            await tx.claim_task(task.id, event.actor, max(lease, timedelta(minutes=1)))
        elif event.kind == "released":
            await tx.release_task(task.id, task.assignee or event.actor)
        elif event.kind in ("approved", "returned", "rejected"):
            await tx.finish_task(task.id, event.actor)
            if event.kind == "approved" and not event.data["final"]:
                await tx.open_task(case.id, case.company, REVIEW, event.data["level"] + 1)


def _job(case: Case, order: Order) -> NewJob:
    if order.moment:
        return NewJob("notify", order.key, {"case": case.id, "action": order.action.id, "moment": order.moment, "key": order.key})
    return NewJob("action", order.key, {"case": case.id, "action": order.delivery})


def _binding(before: Case, after: Case) -> Iterator[NewJob]:
    """What was signed as PDFs just now is to be bound and sealed."""
    for step, result in after.results.items():
        if result is before.results.get(step) or not isinstance(result.data, dict):
            continue
        digests = sorted(str(one["pdf"]["digest"]) for one in result.data.get("signatures", ()) if one.get("pdf"))
        if digests:
            told = hashlib.sha256(" ".join(digests).encode()).hexdigest()[:32]
            yield NewJob("bind", f"{after.id}:bind:{told}", {"case": after.id})


def today(now: datetime) -> str:
    """The day where the companies are."""
    return now.astimezone(CHINA).date().isoformat()


def new_case(row: CaseRow, **more: Any) -> Case:
    """The case that a row names, before anything has happened to it, but for `more`."""
    return Case(
        row.id, row.number, row.company, row.client, row.business, row.edition, row.state, row.revision,
        row.created_at, row.updated_at, row.submitted_at, **more,
    )  # fmt: skip


def passing(case: Case, issue: Issue, record: dict[str, Any], today: str) -> Case:
    """A case that nobody keeps, as the pages of a flow with `case: false` see it: open, nothing answered, with the record on
    file but for its photos, which are fetched for cases that are kept."""
    properties = issue.edition.record.schema.get("properties", {})
    photos = {name for name, schema in properties.items() if schema.get("contentMediaType") == "image/*"}
    kept = {name: value for name, value in record.items() if name not in photos}
    return replace(case, state="open", record=issue.derive(kept, today))


def case_of(row: CaseRow) -> Case:
    return new_case(row, **from_document(row.document), drafts=row.drafts)


def event_rows(decision: Decision) -> list[EventRow]:
    return [EventRow(at=e.at, actor=e.actor, kind=e.kind, data=e.data) for e in decision.events]


def row_of(case: Case, before: CaseRow) -> CaseRow:
    return replace(
        before, state=case.state, open=case.open, document=to_document(case), drafts=dict(case.drafts),
        edition=case.edition, updated_at=case.updated_at, submitted_at=case.submitted_at,
    )  # fmt: skip
