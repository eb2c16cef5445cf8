"""What configurers read of releases: the list, and one of them with its differences, its open cases and its trail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from banli.definitions.differences import Differences
from banli.errors import DefinitionError
from banli.fields.base import Say
from banli.moves import Classification, classify
from banli.releases import Releases, Standing, mark, standing_at, standing_of
from banli.staff import OPERATOR, Member
from banli.store import ReleaseEvent, ReleaseRow

MOST_PAST = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A release in a list. `holds` is when it holds from; None for a proposal that holds once it is approved."""

    id: str
    company: str
    business: str
    title: str
    number: int
    edition: str
    standing: Standing
    holds: datetime | None
    verdict: str
    open_cases: int
    note: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A business whose files say something else than what is published, or that was never published."""

    company: str
    business: str
    title: str
    ever: bool


@dataclass(frozen=True, slots=True)
class Board:
    """Everything of the member's companies, in the order in which somebody wants to know it."""

    proposed: tuple[Line, ...]
    scheduled: tuple[Line, ...]
    live: tuple[Line, ...]
    past: tuple[Line, ...]
    unpublished: tuple[Unpublished, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """An edition that open cases have."""

    edition: str
    number: int | None
    cases: int
    here: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """A line of the trail."""

    at: datetime
    who: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One release. `against` is what the differences are told from: for what is still to come, what holds now."""

    line: Line
    against: str
    differences: Differences | None
    unopened: bool
    classification: Classification | None
    used: tuple[Used, ...]
    trail: tuple[Trace, ...]
    seen: str
    may_approve: bool
    may_refuse: bool
    may_withdraw: bool
    may_publish_again: bool
    blocked: str = ""


class Noticeboard:
    """Reads only; a member sees the releases of companies where their roles allow it."""

    def __init__(self, releases: Releases) -> None:
        self.releases, self.editions = releases, releases.editions
        self.store, self.clock = releases.store, releases.clock

    async def board(self, member: Member, say: Say = str) -> Board:
        companies = member.companies("releases", self.editions.library.company_ids)
        await self.editions.refresh()
        rows = [row for company in companies for row in await self.store.releases_at(company)]
        names = await self._names(rows)
        lines = [self._line(member, row, names, say) for row in rows]
        past = [one for one in lines if one.standing in ("past", "refused", "withdrawn")]
        return Board(
            tuple(one for one in lines if one.standing == "proposed"),
            tuple(sorted((one for one in lines if one.standing == "scheduled"), key=lambda one: str(one.holds))),
            tuple(one for one in lines if one.standing == "live"),
            tuple(past[:MOST_PAST]),
            tuple(self._unpublished(companies, say)),
        )

    async def leaf(self, member: Member, id: str, say: Say = str) -> Leaf | None:
        """A release as this member may see it; None: no such release here."""
        row = await self.store.release(id)
        if row is None or not member.may("releases", row.company):
            return None
        await self.editions.refresh()
        now = self.clock()
        rows = await self.store.releases_of(row.company, row.business)
        live = standing_at(rows, now)
        trail = await self.store.release_events(row.id)
        names = await self._names([row], trail)
        line = self._line(member, row, names, say)
        ahead = line.standing in ("proposed", "scheduled")
        against = (live.edition if live is not None else "") if ahead else row.replaces
        may, own = member.may("configure", row.company), row.proposed_by == member.actor
        to_decide = may and line.standing == "proposed"
        was_live = row.state == "approved" and bool(row.edition) and line.standing in ("past", "live")
        return Leaf(
            line=line,
            against=against,
            differences=await self.releases.differences(against, row.edition),
            unopened=not await self._opens(row.edition),
            classification=await self._classified(row) if ahead else None,
            used=tuple(await self._used(row, rows)),
            trail=tuple(Trace(one.at, names.get(one.actor, one.actor), one.kind, one.note) for one in trail),
            seen=mark(live),
            may_approve=to_decide and not own,
            may_refuse=to_decide and not own,
            may_withdraw=may and ahead,
            may_publish_again=may and was_live and (live is None or live.edition != row.edition),
            blocked="own_release" if to_decide and own else "",
        )

    def _line(self, member: Member, row: ReleaseRow, names: dict[str, str], say: Say) -> Line:
        live = self.editions.in_force(row.company, row.business)
        held = {(row.company, row.business): live.id} if live is not None else {}
        return Line(
            row.id, row.company, row.business, self._title(row.company, row.business, row.edition, say), row.number, row.edition,
            standing_of(row, held, self.clock()), row.effective_at, row.verdict, row.open_cases, row.note,
            names.get(row.proposed_by, row.proposed_by), row.proposed_at,
            names.get(row.decided_by or "", row.decided_by or ""), row.decided_at, row.proposed_by == member.actor,
        )  # fmt: skip

    def _unpublished(self, companies: Sequence[str], say: Say) -> Iterable[Unpublished]:
        differ = set(self.editions.unpublished())
        for company in companies:
            for _, business in self.releases.businesses(company):
                ever = self.editions.in_force(company, business) is not None
                if not ever or (company, business) in differ:
                    yield Unpublished(company, business, self._title(company, business, "", say), ever)

    def _title(self, company: str, business: str, edition: str, say: Say) -> str:
        found = self.editions.by_hash.get(edition)
        try:
            issue = found or self.editions.now(company, business)
        except (KeyError, DefinitionError):
            return business
        return say(issue.edition.business.title or issue.edition.flow.title)

    async def _used(self, row: ReleaseRow, rows: Sequence[ReleaseRow]) -> list[Used]:
        numbers = {one.edition: one.number for one in reversed(rows)}
        counted = await self.store.open_cases_by_edition(row.company, row.business)
        found = [Used(name, numbers.get(name), cases, name == row.edition) for name, cases in counted.items()]
        return sorted(found, key=lambda one: (one.number or 0, one.edition))

    async def _classified(self, row: ReleaseRow) -> Classification | None:
        try:
            return await classify(self.releases.caseload, await self.editions.of(row.edition)) if row.edition else None
        except (KeyError, DefinitionError):
            return None

    async def _opens(self, edition: str) -> bool:
        try:
            return not edition or bool(await self.editions.of(edition))
        except (KeyError, DefinitionError):
            return False

    async def _names(self, rows: Iterable[ReleaseRow], trail: Iterable[ReleaseEvent] = ()) -> dict[str, str]:
        actors = {actor for row in rows for actor in (row.proposed_by, row.decided_by) if actor} | {one.actor for one in trail}
        found = {}
        for actor in sorted(actors - {OPERATOR}):
            person = await self.store.staff(actor.removeprefix("staff:"))
            found[actor] = person.name if person is not None else actor
        return found
