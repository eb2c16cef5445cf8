"""Flows of which nothing is kept: a client who has logged in looks at their pages, and goes again."""

from __future__ import annotations

from dataclasses import dataclass, field

from banli import outages
from banli.beginnings import Elsewhere, Refused, closed, may, shut
from banli.bindery import Bindery
from banli.caseload import Held, new_case, passing
from banli.cases import Cases, Look
from banli.clients import Visit
from banli.editions import Issue
from banli.errors import Problem
from banli.hooks import Person, Unavailable
from banli.limits import LOOKING, slowed
from banli.signed import Signed, SignedCase, SignedPapers, signed_in
from banli.steps import PapersStep
from banli.store import CaseRow


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the walk, with the pages before and after it ("" where there is none). `shut`: its own hours are over."""

    look: Look = field(repr=False)
    before: str
    after: str
    shut: bool = False


class Walks:
    """What a client does in a flow with `case: false`. Nothing of it is written down: the record is fetched for each page."""

    def __init__(self, cases: Cases) -> None:
        self.cases, self.caseload, self.clock = cases, cases.caseload, cases.clock
        self.signed_papers, self.bindery = SignedPapers(cases.caseload), Bindery(cases.caseload)

    async def look(self, visit: Visit, business: str, step: str = "") -> Page | Elsewhere | Refused:
        """The page of a step; without one, or with one that does not apply, which page to look at instead."""
        issue = self.caseload.editions.now(visit.company, business)
        if not visit.fits(issue.edition.flow):
            return Refused((Problem("", "other_login"),))
        if closed(issue, self.clock(), inside=bool(step)):
            return Refused((Problem("", "service_closed"),))
        if problem := await slowed(self.caseload.store, LOOKING, visit.client):
            return Refused((problem,))
        try:
            person = await self.caseload.plugins.directory.find(visit.company, visit.id_number)
        except Unavailable as silent:
            outages.log("directory", silent)
            return Refused((Problem("", "directory_unavailable"),))
        if person is None or not may(issue, person):
            return Refused((Problem("", "no_account"),))
        held = await self._held(visit, issue, person)
        pages = held.position.applicable
        place = next((place for place, standing in enumerate(pages) if standing.id == step), None)
        if place is None:
            return Elsewhere("", pages[0].id if pages else "", "step_not_open" if step else "")
        standing = pages[place]
        hours = self.caseload.editions.hours(issue, standing.bound.step) if standing.bound.step.hours else None
        before, after = pages[place - 1].id if place else "", pages[place + 1].id if place + 1 < len(pages) else ""
        return Page(Look(held, standing, {}), before, after, shut(hours, self.clock(), inside=True))

    async def signed(self, visit: Visit, page: Page) -> tuple[SignedCase, ...] | None:
        """What this client has agreed to; None where the page does not show that."""
        return await self.signed_papers.of(visit) if _shows_signed(page) else None

    async def signed_paper(self, visit: Visit, page: Page, number: str, at: str) -> tuple[Held, Signed] | None:
        """One of these texts, if it is of this client's own case."""
        held = await self.cases.outcome(visit, number) if _shows_signed(page) else None
        found = next((one for one in signed_in(held) if one.at == at), None) if held is not None else None
        return (held, found) if held is not None and found is not None else None

    async def signed_pdf(self, visit: Visit, page: Page, name: str) -> bytes | None:
        """The PDF that the client has signed of `NUMBER/STEP.ROW`, if there is one."""
        number, _, at = name.partition("/")
        found = await self.signed_paper(visit, page, number, at)
        step, _, row = at.partition(".")
        paper = await self.bindery.signed_at(found[0], step, row) if found is not None else None
        return paper.content if paper is not None else None

    async def _held(self, visit: Visit, issue: Issue, person: Person) -> Held:
        """A case that is never kept, so that the pages find what they look for: the record on file, and no answers."""
        moment = await self.caseload.moment(visit.company, visit.client)
        row = CaseRow(
            id="", number="", company=visit.company, client=visit.client, business=issue.edition.business.id,
            edition=issue.edition.hash, state="open", open=False, document={}, created_at=moment.now, updated_at=moment.now,
        )  # fmt: skip
        return Held(row, passing(new_case(row), issue, {**person.record, "ref": person.ref}, moment.today), issue, moment)


def _shows_signed(page: Page) -> bool:
    bound = page.look.standing.bound
    return isinstance(bound.kind, PapersStep) and bound.step.options.get("signed") is True and not page.shut
