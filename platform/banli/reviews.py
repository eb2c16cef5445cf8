"""The reviewer's story: look at the queue, take a case, read it, decide, see it delivered. One transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from banli.bindery import Bindery
from banli.caseload import REVIEW, Held
from banli.corrections import Submitted, compared, last_return
from banli.developing import views_of
from banli.dossiers import Reader, last_job
from banli.engine import Decision, commands, ended
from banli.errors import DefinitionError, Problem
from banli.fields.base import UNTYPABLE, Say
from banli.leaflets import Choice, Delivery, Flag, Happening, Proof, Row, Seen, Shot, Since, Text
from banli.queues import ALL, Filters, Queues
from banli.staff import Member
from banli.store import Conflict, EventRow, FileRow, TaskRow

LONGEST_REMARK = 500
INSPECTION = timedelta(minutes=15)
INSPECTIONS = ("client_asked", "complaint", "authority", "recheck", "incident")
"""Why somebody who does not review a case may need to see it in full."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who decides, how far it is, and what this reader may do now. `blocked` is the code of why they may not take it."""

    level: int
    levels: int
    approvals: tuple[str, ...]
    holder: str
    mine: bool
    until: datetime | None
    may_claim: bool
    may_decide: bool
    may_deliver: bool
    may_inspect: bool
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Somebody has looked at the case in full without reviewing it."""

    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case as its reader may see it. `full` False: what is personal is masked, and photos are not shown."""

    id: str
    number: str
    company: str
    title: str
    state: str
    state_name: str
    revision: int
    created_at: datetime
    submitted_at: datetime | None
    client: str = field(repr=False)
    newcomer: bool
    full: bool
    full_until: datetime | None
    standing: Standing
    since: Since | None
    """Of a case that was returned and submitted again."""
    rows: tuple[Row, ...] = field(repr=False)
    answers: tuple[Row, ...] = field(repr=False)
    shots: tuple[Shot, ...]
    flags: tuple[Flag, ...]
    seen: tuple[Seen, ...] = field(repr=False)
    texts: tuple[Text, ...]
    proofs: tuple[Proof, ...] = field(repr=False)
    story: tuple[Happening, ...] = field(repr=False)
    broken: tuple[int, ...]
    inspections: tuple[Inspection, ...]
    deliveries: tuple[Delivery, ...]
    reasons: tuple[Choice, ...]
    rejections: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, and why. `state` is what the case is called now."""

    problems: tuple[Problem, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """It is done: the case's state afterwards."""

    number: str
    state: str


Answer = Decided | Refused | None
"""None: there is no such case, or not for this member."""


class Reviews(Queues):
    """What staff do with cases. Every method takes the member, and a member reaches only what their roles allow."""

    async def dossier(self, member: Member, number: str, say: Say = str) -> Dossier | None:
        """The case in full for who holds it or inspects it; for others of the company with what is personal masked."""
        held = await self._held(member, number)
        if held is None:
            return None
        case = held.case
        tasks = await self.store.tasks_of(case.id)
        until = self._full_until(member, held, tasks)
        events, jobs = await self.store.events(case.id), await self.store.jobs_of(case.id)
        names = await self._names([*(e.actor for e in events), *(t.assignee or "" for t in tasks)])
        reader = Submitted(held, until is not None, say)
        since, last = await self._since(reader, events, names)
        shots = reader.shots(views_of(await self.store.files_of(case.id)))
        return Dossier(
            id=case.id,
            number=case.number,
            company=case.company,
            title=self._title(held, say),
            state=case.state,
            state_name=self._state(held, say),
            revision=case.revision,
            created_at=case.created_at,
            submitted_at=case.submitted_at,
            client=self._client(reader),
            newcomer=reader.newcomer,
            full=reader.full,
            full_until=until,
            standing=self._standing(member, held, tasks, names),
            since=since,
            rows=reader.rows(),
            answers=reader.answers(),
            shots=tuple(replace(shot, last=last.get(shot.name, "")) for shot in shots),
            flags=reader.flags(),
            seen=reader.seen(),
            texts=reader.texts(events),
            proofs=reader.proofs(),
            story=reader.story(events, names),
            broken=tuple(await self.store.verify_chain(case.id)),
            inspections=tuple(_inspections(tasks, names)),
            deliveries=reader.deliveries(jobs),
            reasons=reader.reasons(),
            rejections=reader.rejections(),
        )

    async def _since(
        self, reader: Submitted, events: Sequence[EventRow], names: dict[str, str]
    ) -> tuple[Since | None, dict[str, str]]:
        """What has changed since the case was returned, and the photos that were others then, by name."""
        found = last_return(reader.held.row, reader.case, events)
        if found is None:
            return None, {}
        try:
            issue = await self.caseload.editions.of(found.case.edition)
        except (KeyError, DefinitionError):  # made for plugins that are not active any more; the story tells of the return
            return None, {}
        then = Submitted(replace(reader.held, case=found.case, issue=issue), reader.full, reader.say)
        said, now = found.said, reader.files()
        others = {name: file for name, file in then.files().items() if file and file != now.get(name)}
        texts = tuple(reader.say(text) for text in said.texts)
        corrections = compared(then, reader, said)
        return Since(found.at, names.get(found.actor, ""), texts, said.remark, corrections), others

    async def claim(self, member: Member, number: str, seen: int | None = None) -> Answer:
        """Takes the case for review, for as long as the flow says; from now on the client cannot abandon it (C-22)."""
        held = await self._held(member, number)
        if held is None:
            return None
        task = _review(await self.store.tasks_of(held.case.id))
        if task is not None and self._taken(task) and task.assignee != member.actor:
            return await self._refuse(held, Problem("", "claimed_by_other"))
        until = self.clock() + self._lease(held)
        return await self._decide(member, held, commands.Claim(actor=member.actor, seen=seen, lease_until=until))

    async def claim_next(self, member: Member, filters: Filters = ALL) -> Decided | None:
        """Takes the case that has waited longest of those that this member may take; None: there is none. Whoever was quicker
        has theirs, and this one takes the one after it."""
        async for number in self.waiting(member, filters):
            taken = await self.claim(member, number)
            if isinstance(taken, Decided):
                return taken
        return None

    async def renew(self, member: Member, number: str) -> datetime | None:
        """Holds the case for longer, while the reviewer is at work. None when it is no longer theirs."""
        held = await self._held(member, number)
        task = _review(await self.store.tasks_of(held.case.id)) if held is not None else None
        if held is None or task is None or not self._holds(member, held, task):
            return None
        async with self.store.transaction() as tx:
            renewed = await tx.renew_lease(task.id, member.actor, self._lease(held))
        return renewed.lease_until if renewed is not None else None

    async def release(self, member: Member, number: str, seen: int | None = None) -> Answer:
        """Puts the case back into the queue."""
        return await self._simply(member, number, commands.Release(actor=member.actor, seen=seen))

    async def approve(self, member: Member, number: str, seen: int | None) -> Answer:
        """Agrees. With two levels a second, different reviewer must agree as well."""
        return await self._simply(member, number, commands.Approve(actor=member.actor, seen=seen))

    async def send_back(self, member: Member, number: str, seen: int | None, reasons: Sequence[str], remark: str = "") -> Answer:
        """退回: the client corrects what the reasons name, and only that (R-125, C-30)."""
        return await self._with_remark(member, number, commands.Return, seen, reasons, remark)

    async def reject(self, member: Member, number: str, seen: int | None, reasons: Sequence[str], remark: str = "") -> Answer:
        """驳回: the case ends here."""
        return await self._with_remark(member, number, commands.Reject, seen, reasons, remark)

    async def inspect(self, member: Member, number: str, why: str) -> Answer:
        """Shows the case in full for a while to somebody who does not review it; who, when and why is kept."""
        held = await self._held(member, number)
        if held is None:
            return None
        if not member.may("inspect", held.case.company):
            return await self._refuse(held, Problem("", "not_allowed"))
        if why not in INSPECTIONS:
            return await self._refuse(held, Problem("why", "choose_reason"))
        # No event of the case: it would outdate the page that the client has open just now.
        kind = f"inspect:{why}:{member.id[-8:]}"
        async with self.store.transaction() as tx:
            before = await tx.open_task(held.case.id, held.case.company, kind)
            if before.state == "claimed":
                await tx.finish_task(before.id, member.actor)
                before = await tx.open_task(held.case.id, held.case.company, kind)
            await tx.claim_task(before.id, member.actor, INSPECTION)
        return Decided(number, held.case.state)

    async def picture(self, member: Member, number: str, file_id: str) -> tuple[FileRow, bytes] | None:
        """A photo of the case, for who sees it in full."""
        held = await self._held(member, number)
        if held is None or self._full_until(member, held, await self.store.tasks_of(held.case.id)) is None:
            return None
        found = await self.store.file(held.case.id, file_id)
        return found if found is not None and found[0].media_type.startswith("image/") else None

    async def paper(self, member: Member, number: str, at: str) -> bytes | None:
        """The signed PDF of `step.row`, for who sees the case in full."""
        held = await self._held(member, number)
        if held is None or self._full_until(member, held, await self.store.tasks_of(held.case.id)) is None:
            return None
        step, _, row = at.partition(".")
        found = await Bindery(self.caseload).signed_at(held, step, row)
        return found.content if found is not None else None

    async def retry(self, member: Member, number: str, action: str) -> Answer:
        """Has a delivery tried again: now when it waits, anew when it was refused."""
        held = await self._held(member, number, "watch")
        if held is None:
            return None
        if not member.may("deliver", held.case.company):
            return await self._refuse(held, Problem("", "not_allowed"))
        told = held.case.deliveries.get(action, "done")
        if told.startswith("failed:"):
            anew = commands.Delivered(actor=member.actor, action=action, outcome="waiting")
            return await self._decide(member, held, anew, "deliver")
        job = last_job(await self.store.jobs_of(held.case.id), action)
        if ended(told) or job is None or job.state not in ("ready", "failed"):
            return await self._refuse(held, Problem("", "nothing_to_retry"))
        async with self.store.transaction() as tx:
            await tx.run_job_again(job.id)
        return Decided(number, held.case.state)

    async def _held(self, member: Member, number: str, right: str = "see") -> Held | None:
        held = await self.caseload.find(number=number)
        return held if held is not None and member.may(right, held.case.company) else None

    async def _simply(self, member: Member, number: str, command: commands.Command) -> Answer:
        held = await self._held(member, number)
        return None if held is None else await self._decide(member, held, command)

    async def _with_remark(
        self, member: Member, number: str, kind: type[commands.Return | commands.Reject], seen: int | None,
        reasons: Sequence[str], remark: str,
    ) -> Answer:  # fmt: skip
        held = await self._held(member, number)
        if held is None:
            return None
        said = remark.replace("\r\n", "\n").strip()
        if len(said) > LONGEST_REMARK:
            return await self._refuse(held, Problem("remark", "too_long", {"most": LONGEST_REMARK}))
        if UNTYPABLE.search(said):
            return await self._refuse(held, Problem("remark", "characters"))
        command = kind(actor=member.actor, seen=seen, reasons=tuple(dict.fromkeys(reasons)), remark=said)
        return await self._decide(member, held, command)

    async def _decide(self, member: Member, held: Held, command: commands.Command, right: str = "review") -> Decided | Refused:
        if not member.may(right, held.case.company):
            return await self._refuse(held, Problem("", "not_allowed"))
        decision: Decision = self.caseload.decide(held, command)
        if decision.problems:
            return await self._refuse(held, *decision.problems)
        try:
            after = await self.caseload.keep(held, decision)
        except Conflict:
            return await self._refuse(held, Problem("", "changed_meanwhile"))
        return Decided(after.case.number, after.case.state)

    async def _refuse(self, held: Held, *problems: Problem) -> Refused:
        """With what the case is now: somebody else may just have changed it."""
        now = await self.caseload.find(id=held.case.id) or held
        said = tuple(replace(p, code="case_changed") if p.code == "changed_meanwhile" else p for p in problems)
        return Refused(said, self._state(now, str))

    def _lease(self, held: Held) -> timedelta:
        return timedelta(minutes=held.edition.flow.review.lease_minutes)

    def _taken(self, task: TaskRow) -> bool:
        return task.state == "claimed" and task.lease_until is not None and task.lease_until > self.clock()

    def _holds(self, member: Member, held: Held, task: TaskRow | None) -> bool:
        """Is this case theirs to decide? The task keeps the time: its lease is renewed without an event."""
        mine = held.case.state == "in_review" and held.case.reviewer == member.actor
        return mine and task is not None and task.state == "claimed" and task.assignee == member.actor

    def _full_until(self, member: Member, held: Held, tasks: Sequence[TaskRow]) -> datetime | None:
        """Until when this member sees the case in full; None: masked."""
        review = _review(tasks)
        mine = [task for task in tasks if task.kind.startswith("inspect:") and task.assignee == member.actor]
        if review is not None and self._holds(member, held, review):
            mine.append(review)
        ends = [task.lease_until for task in mine if self._taken(task) and task.lease_until is not None]
        return max(ends, default=None)

    def _standing(self, member: Member, held: Held, tasks: Sequence[TaskRow], names: dict[str, str]) -> Standing:
        case, task = held.case, _review(tasks)
        reviews = member.may("review", case.company)
        taken = task is not None and self._taken(task)
        holds = self._holds(member, held, task)
        in_queue = case.state in ("submitted", "in_review")
        others = taken and not holds
        twice = in_queue and member.actor in case.approvals
        blocked = "claimed_by_other" if others else "four_eyes" if twice else ""
        return Standing(
            level=min(len(case.approvals) + 1, max(held.edition.flow.review.levels, 1)),
            levels=held.edition.flow.review.levels,
            approvals=tuple(names.get(actor, "") for actor in case.approvals),
            holder=names.get(task.assignee or "", "") if taken and task is not None else "",
            mine=holds,
            until=task.lease_until if taken and task is not None else None,
            may_claim=reviews and in_queue and not blocked and not (holds and taken),
            may_decide=reviews and holds and taken,
            may_deliver=member.may("deliver", case.company),
            may_inspect=member.may("inspect", case.company) and not holds,
            blocked=blocked if reviews else "",
        )

    def _client(self, reader: Reader) -> str:
        """The client's name, masked unless the reader sees the case in full."""
        name = next((row for row in reader.rows() if row.name == "name"), None)
        return " ".join(name.before or name.after) if name is not None else ""


def _review(tasks: Sequence[TaskRow]) -> TaskRow | None:
    """The review task that is not done."""
    return next((task for task in tasks if task.kind == REVIEW and task.state != "done"), None)


def _inspections(tasks: Sequence[TaskRow], names: dict[str, str]) -> list[Inspection]:
    return [
        Inspection(names.get(task.assignee or "", ""), task.kind.split(":")[1], task.created_at)
        for task in tasks
        if task.kind.startswith("inspect:")
    ]
