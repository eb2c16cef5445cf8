"""What staff find waiting: the queue of reviews, the deliveries that have not arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from banli.caseload import REVIEW, Caseload, Held
from banli.dossiers import Reader
from banli.engine import ended
from banli.errors import DefinitionError
from banli.fields.base import Say
from banli.leaflets import Delivery
from banli.staff import Member
from banli.store import JobRow, TaskListing

PAGE = 30
OVERDUE = timedelta(hours=24)
"""A review that has waited for longer is marked."""

LATE = timedelta(minutes=5)
"""A delivery that has not been begun for so long is shown: perhaps no worker runs."""

State = Literal["waiting", "claimed", "done", ""]


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is wanted. `state` "": waiting and claimed."""

    state: State = ""
    company: str = ""
    business: str = ""
    number: str = ""
    mine: bool = False
    overdue: bool = False
    page: int = 1


ALL = Filters()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the queue. Nothing personal stands in it."""

    number: str
    company: str
    business: str
    state: str
    level: int
    since: datetime
    submitted_at: datetime | None
    holder: str
    mine: bool
    until: datetime | None
    overdue: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue. `count` is of all that match, None where only 'more' is known."""

    lines: tuple[Line, ...]
    filters: Filters
    count: int | None
    more: bool
    companies: tuple[tuple[str, str], ...]
    businesses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stuck:
    """A delivery that has not arrived yet."""

    number: str
    company: str
    business: str
    delivery: Delivery
    since: datetime


class Queues:
    """Lists for a member of staff: only of companies for which their roles allow it, with nothing personal in them."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload, self.store, self.clock = caseload, caseload.store, caseload.clock

    async def queue(self, member: Member, filters: Filters = Filters(), say: Say = str) -> Queue:
        """A page of the review tasks of the member's companies, those waiting longest first."""
        known = member.companies("see", self.caseload.editions.library.company_ids)
        wanted = tuple(c for c in known if filters.company in ("", c))
        states = {"waiting": ("open",), "claimed": ("claimed",), "done": ("done",), "": ("open", "claimed")}
        page = await self.store.tasks(
            wanted,
            kinds=(REVIEW,),
            states=states[filters.state],  # type: ignore[arg-type]
            assignee=member.actor if filters.mine else None,
            business=filters.business or None,
            number=filters.number or None,
            order="newest" if filters.state == "done" else "oldest",
            page=filters.page,
            size=PAGE,
        )
        names = await self._names([listing.task.assignee or "" for listing in page.rows])
        lines = [self._line(member, listing, names, say) for listing in page.rows]
        count: int | None = page.count
        more = filters.page * PAGE < page.count
        if filters.overdue:
            # The oldest come first, so the overdue ones are the beginning of the list.
            more, count = more and all(line.overdue for line in lines), None
            lines = [line for line in lines if line.overdue]
        return Queue(tuple(lines), filters, count, more, self._companies(known), self._businesses(wanted, say))

    async def waiting(self, member: Member, filters: Filters = ALL) -> AsyncIterator[str]:
        """The numbers of the cases that nobody has taken, of companies where the member reviews; those waiting longest first."""
        known = member.companies("review", self.caseload.editions.library.company_ids)
        wanted = tuple(c for c in known if filters.company in ("", c))
        oldest, told = self.clock() - OVERDUE, set[str]()
        while True:
            # Those that were told may be taken by now, so that later ones have moved up.
            page = await self.store.tasks(
                wanted, kinds=(REVIEW,), states=("open",), business=filters.business or None,
                number=filters.number or None, size=PAGE + len(told),
            )  # fmt: skip
            fresh = [one for one in page.rows if one.number not in told]
            for listing in fresh:
                if filters.overdue and listing.task.created_at >= oldest:
                    return
                told.add(listing.number)
                yield listing.number
            if not fresh:
                return

    async def stuck(self, member: Member, say: Say = str) -> tuple[Stuck, ...]:
        """The deliveries that have not arrived: refused, given up or waiting for another try; newest first."""
        known = member.companies("watch", self.caseload.editions.library.company_ids)
        found: list[Stuck] = []
        seen: set[tuple[str | None, str]] = set()
        for number in range(1, 11):
            page = await self.store.jobs(states=("failed", "ready"), kind="action", companies=known, page=number, size=50)
            for job in page.rows:
                action = str(job.payload.get("action", ""))
                if (job.case_id, action) not in seen:
                    seen.add((job.case_id, action))
                    found += await self._stuck(job, action, say)
            if number * 50 >= page.count or len(found) >= 100:
                break
        return tuple(found)

    async def _stuck(self, job: JobRow, action: str, say: Say) -> list[Stuck]:
        held = await self.caseload.find(id=job.case_id)
        if held is None or ended(held.case.deliveries.get(action, "done")):
            return []
        for delivery in Reader(held, False, say).deliveries(await self.store.jobs_of(held.case.id)):
            if delivery.action == action and (delivery.can_retry or job.run_at < self.clock() - LATE):
                return [Stuck(held.case.number, held.case.company, self._title(held, say), delivery, job.created_at)]
        return []

    def _line(self, member: Member, listing: TaskListing, names: dict[str, str], say: Say) -> Line:
        task, now = listing.task, self.clock()
        done = task.state == "done"
        return Line(
            number=listing.number,
            company=task.company,
            business=self._business(task.company, listing.business, say),
            state=self._state_named(task.company, listing.business, listing.case_state, say),
            level=task.level,
            since=task.created_at,
            submitted_at=listing.submitted_at,
            holder=names.get(task.assignee or "", ""),
            mine=task.assignee == member.actor,
            until=task.lease_until,
            overdue=not done and now - task.created_at > OVERDUE,
            done=done,
        )

    async def _names(self, actors: Sequence[str]) -> dict[str, str]:
        found = {}
        for actor in sorted({a for a in actors if a.startswith("staff:")}):
            row = await self.store.staff(actor.removeprefix("staff:"))
            found[actor] = row.name if row is not None else ""
        return found

    def _title(self, held: Held, say: Say) -> str:
        return say(held.edition.business.title or held.edition.flow.title)

    def _state(self, held: Held, say: Say) -> str:
        return say(held.edition.flow.states.get(held.case.state, held.case.state))

    def _business(self, company: str, business: str, say: Say) -> str:
        try:
            edition = self.caseload.editions.now(company, business).edition
        except (KeyError, DefinitionError):
            return business
        return say(edition.business.title or edition.flow.title)

    def _state_named(self, company: str, business: str, state: str, say: Say) -> str:
        try:
            return say(self.caseload.editions.now(company, business).edition.flow.states.get(state, state))
        except (KeyError, DefinitionError):
            return state

    def _companies(self, known: Sequence[str]) -> tuple[tuple[str, str], ...]:
        companies = self.caseload.editions.library.companies
        return tuple((company, companies[company].short_name if company in companies else company) for company in known)

    def _businesses(self, companies: Sequence[str], say: Say) -> tuple[tuple[str, str], ...]:
        offered: dict[str, str] = {}
        for company in companies:
            found = self.caseload.editions.company(company)
            for offer in found.businesses if found is not None else ():
                offered.setdefault(offer.id, self._business(company, offer.id, say))
        return tuple(offered.items())
