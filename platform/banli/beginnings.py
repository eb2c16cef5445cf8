"""How a case begins: within the hours, one at a time, with what is on file fetched and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from banli import outages
from banli.caseload import Caseload, event_rows, new_case, row_of, today
from banli.clients import Visit
from banli.editions import Issue
from banli.engine import Moment, apply, commands
from banli.errors import Problem
from banli.hooks import Person, Picture, Unavailable
from banli.hours import Closed, Grace, Hours
from banli.limits import STARTING, slowed
from banli.store import AlreadyOpen, CaseRow, FileRow, Key, NewJob, new_id

ON_FILE = "on_file"
"""The slot of pictures that came from the directory; their ids stand in the case's record."""

CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Not this page: look at that step of the case, or (without a step) at what became of the case."""

    number: str
    step: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done, and why."""

    problems: tuple[Problem, ...]


class Beginnings:
    """Opens cases for clients who have logged in."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload = caseload
        self.store, self.plugins, self.clock = caseload.store, caseload.plugins, caseload.clock

    async def start(self, visit: Visit, business: str) -> Elsewhere | Refused:
        """Begins a case, or tells of the one that is open (R-118). What is on file is fetched now and kept with the case; of a
        newcomer nothing is, and the record is what they said when logging in."""
        if not self.caseload.editions.now(visit.company, business).edition.flow.case:
            return Refused((Problem("", "not_now"),))
        issue = await self.caseload.editions.keep(visit.company, business)
        if not visit.fits(issue.edition.flow):
            return Refused((Problem("", "other_login"),))
        if closed(issue, self.clock()):
            return Refused((Problem("", "service_closed"),))
        open_ = await self.store.open_case(visit.company, visit.client)
        if open_ is not None:
            return Refused((Problem("", "open_business_exists", {"number": open_.number}),))
        if problem := await slowed(self.store, STARTING, visit.counted):
            return Refused((problem,))
        if visit.newcomer:
            return await self._begin(visit, issue, self._blank(visit, issue), visit.told, ())
        try:
            person = await self.plugins.directory.find(visit.company, visit.id_number)
            if person is None or not may(issue, person):
                return Refused((Problem("", "no_account"),))
            row = self._blank(visit, issue)
            record, files = await self._on_file(row, issue, person.ref, person.record)
        except Unavailable as silent:
            outages.log("directory", silent)
            return Refused((Problem("", "directory_unavailable"),))
        return await self._begin(visit, issue, row, record | {"ref": person.ref}, files)

    def _blank(self, visit: Visit, issue: Issue) -> CaseRow:
        now = self.clock()
        return CaseRow(
            id=new_id(now), number="", company=visit.company, client=visit.client, business=issue.edition.business.id,
            edition=issue.edition.hash, state="", open=True, document={}, created_at=now, updated_at=now, key=Key.new(),
        )  # fmt: skip

    async def _on_file(
        self, row: CaseRow, issue: Issue, ref: str, record: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[FileRow]]:
        """The record with its photos fetched: each photo's name becomes the id of a file of the case."""
        properties = issue.edition.record.schema.get("properties", {})
        names = [name for name, schema in properties.items() if schema.get("contentMediaType") == "image/*"]
        found = await asyncio.gather(*(self._fetch(row.company, ref, name) for name in names if record.get(name)))
        kept, files = {**record}, []
        for name in names:
            kept.pop(name, None)
        for name, picture in found:
            if picture is not None:
                staged = await self.store.stage_file(row, f"{ON_FILE}.{name}", picture.media_type, picture.content)
                files.append(staged)
                kept[name] = staged.id
        return kept, files

    async def _fetch(self, company: str, ref: str, name: str) -> tuple[str, Picture | None]:
        return name, await self.plugins.directory.picture(company, ref, name)

    async def _begin(
        self, visit: Visit, issue: Issue, row: CaseRow, record: dict[str, Any], files: Sequence[FileRow]
    ) -> Elsewhere | Refused:
        now = self.clock()
        day = today(now)
        record = issue.derive(record, day)
        facts = await self.plugins.know(visit.company, visit.client)
        expires = NewJob("expire", f"{row.id}:expire", {"case": row.id}, now + timedelta(days=issue.edition.flow.expires_days))
        try:
            async with self.store.transaction() as tx:
                number = await tx.new_case_number(visit.company, date.fromisoformat(day))
                blank = replace(row, number=number)
                begin = commands.Start(actor=CLIENT, record=record, consents=visit.consents)
                decision = apply(issue.course, new_case(blank), begin, Moment(now, day, facts))
                made = await tx.create_case(row_of(decision.case, blank), event_rows(decision), [expires])
                for file in files:
                    await tx.add_file(made, file)
        except AlreadyOpen:
            return Refused((Problem("", "open_business_exists"),))
        return Elsewhere(number, decision.step)


def may(issue: Issue, person: Person) -> bool:
    """Does the client hold one of the accounts that the business is for? They may have logged in for another one."""
    wanted = set(issue.edition.flow.accounts)
    return not wanted or bool(wanted & set(person.accounts))


def closed(issue: Issue, now: datetime, *, inside: bool = False) -> bool:
    """Is the service shut now? Somebody `inside` may go on while the grace lasts."""
    return shut(issue.edition.hours, now, inside=inside)


def shut(hours: Hours | None, now: datetime, *, inside: bool = False) -> bool:
    """As `closed`, of any hours: those of a step, for instance."""
    if hours is None:
        return False
    state = hours.state(now)
    return isinstance(state, Closed) or (not inside and isinstance(state, Grace))
