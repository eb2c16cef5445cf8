"""The publisher's story: what the files would change, propose, approve, refuse, withdraw, publish an older edition again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from banli.caseload import Caseload
from banli.definitions.differences import Differences, difference
from banli.definitions.edition import Bundle
from banli.editions import Issue
from banli.errors import DefinitionError, Mistake, Problem
from banli.moves import Classification, classify
from banli.numbering import Numbers
from banli.staff import Member
from banli.store import Conflict, ReleaseEvent, ReleaseRow, StaffRow, new_id

LONGEST_NOTE = 500

RISKY = frozenset({"needs_mapping", "breaks"})
"""Verdicts on open cases with which somebody must say that it is meant."""

Standing = Literal["live", "scheduled", "proposed", "past", "refused", "withdrawn"]
"""What a release is at a moment: `live` holds, `past` has held or was overtaken."""


@dataclass(frozen=True, slots=True)
class Change:
    """What publishing one business now, or at a time, would do. `edition` "": it is no longer offered.

    `replaces` is what would hold at that time otherwise, "" where that are the files or nothing. `number` is the release's, if
    nobody publishes this business meanwhile. `later` are approved releases that will replace it. `written`: the edition is what
    the files say.
    """

    company: str
    business: str
    number: int
    edition: str
    replaces: str
    first: bool
    four_eyes: bool
    differences: Differences | None = None
    classification: Classification | None = None
    later: tuple[ReleaseRow, ...] = ()
    written: bool = False

    @property
    def verdict(self) -> str:
        return self.classification.verdict if self.classification is not None else "safe"

    @property
    def open_cases(self) -> int:
        return len(self.classification.cases) if self.classification is not None else 0

    @property
    def risky(self) -> bool:
        return self.verdict in RISKY


class Releases:
    """Decides which edition holds from when. Every change is one transaction and leaves its line in the trail."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload, self.editions = caseload, caseload.editions
        self.store, self.clock = caseload.store, caseload.clock
        self.numbers = Numbers(self.store)

    def businesses(self, company: str = "", business: str = "") -> list[tuple[str, str]]:
        """The businesses that are written or published, of one company or all, in the order of the menu."""
        found = []
        for one in self.editions.library.companies.values():
            offered = [(one.id, offer.id) for offer in one.businesses]
            ended = sorted(key for key in self.editions.released if key[0] == one.id and key not in offered)
            found += [key for key in (*offered, *ended) if company in ("", key[0]) and business in ("", key[1])]
        return found

    async def changes(
        self, businesses: Iterable[tuple[str, str]], at: datetime | None = None, *, hasten: bool = False
    ) -> list[Change]:
        """What publishing the files would do to these businesses; nothing where the same edition holds at that time or is
        proposed for it already. What is approved for later is left to its time, unless that is to be hastened. Seals nothing.
        Raises DefinitionError with all agreements whose text has changed under a number that was sealed before."""
        await self.editions.refresh()
        found, mistakes = [], list[Mistake]()
        for company, business in businesses:
            name = self.editions.written_hash(company, business)
            if at is None and not hasten and self.scheduled(company, business) is not None:
                continue
            try:
                change = await self.change(company, business, name, at)
            except DefinitionError as problem:
                mistakes += problem.mistakes
                continue
            if change is not None:
                found.append(change)
        if mistakes:
            raise DefinitionError(sorted(set(mistakes)))
        return found

    def scheduled(self, company: str, business: str) -> ReleaseRow | None:
        """The release by which what the files say will hold later, though not yet."""
        name, now = self.editions.written_hash(company, business), self.clock()
        held = self.editions.in_force(company, business)
        if held is not None and held.edition == name:
            return None
        rows = self.editions.released.get((company, business), ())
        return next((row for row in reversed(rows) if row.edition == name and since(row) > now), None)

    async def change(self, company: str, business: str, edition: str, at: datetime | None = None) -> Change | None:
        """What publishing this edition, sealed or what the files say, would do. Raises KeyError or DefinitionError when it cannot
        be opened, and DefinitionError when it was never published and a number in it stands for another text."""
        now = self.clock()
        rows = await self.store.releases_of(company, business)
        held = standing_at(rows, at or now)
        waits = any(row.state == "proposed" and (row.edition, row.effective_at) == (edition, at) for row in rows)
        if waits or (held is None and not edition) or (held is not None and held.edition == edition):
            return None
        new, bundle = await self._opened(company, business, edition)
        published = any(row.edition == edition and row.state == "approved" for row in rows)
        if bundle is not None and not published and (taken := await self.numbers.taken(bundle, self.editions.library)):
            raise DefinitionError(taken)
        replaces = held.edition if held is not None else ""
        return Change(
            company=company,
            business=business,
            number=rows[0].number + 1 if rows else 1,
            edition=edition,
            replaces=replaces,
            first=held is None,
            four_eyes=self.editions.four_eyes(company),
            differences=self._difference(await self._sealed(replaces), bundle),
            classification=await classify(self.caseload, new) if new is not None else None,
            later=tuple(row for row in reversed(rows) if row.state == "approved" and (since(row) > (at or now))),
            written=edition == self.editions.written_hash(company, business),
        )

    async def differences(self, old: str, new: str) -> Differences | None:
        """Between two sealed editions; None where there is only one, or one that cannot be opened any more."""
        return self._difference(await self._sealed(old), await self._sealed(new))

    def _difference(self, old: Bundle | None, new: Bundle | None) -> Differences | None:
        try:
            return difference(old, new, self.editions.kinds) if old is not None and new is not None else None
        except DefinitionError:
            return None

    async def _sealed(self, edition: str) -> Bundle | None:
        return await self.store.edition(edition) if edition else None

    async def _seal(self, change: Change) -> None:
        if change.edition and change.edition == self.editions.written_hash(change.company, change.business):
            await self.editions.sealed(change.company, change.business)
        elif change.edition and await self.store.edition(change.edition) is None:
            raise Conflict("The files say something else than when you looked.")

    async def _opened(self, company: str, business: str, edition: str) -> tuple[Issue | None, Bundle | None]:
        """An edition and its bundle: what the files say, or a sealed one; nothing for the end of a business."""
        if not edition:
            return None, None
        if edition == self.editions.written_hash(company, business):
            return self.editions.of_files(company, business), self.editions.library.bundle(company, business)
        return await self.editions.of(edition), await self.store.edition(edition)

    async def publish(
        self, changes: Sequence[Change], actors: Mapping[str, str], at: datetime | None = None, note: str = ""
    ) -> list[ReleaseRow]:
        """All of these changes or none, each by the actor for its company. Where a company wants four eyes they are proposed.
        Seals what the files say. Raises Conflict when one of the businesses was published meanwhile, or the files were read
        anew."""
        now = self.clock()
        for change in changes:
            await self._seal(change)
        rows = [_row(change, actors[change.company], now, at, note[:LONGEST_NOTE]) for change in changes]
        async with self.store.transaction() as tx:
            for row in rows:
                kind = "proposed" if row.state == "proposed" else "published"
                await tx.add_release(row, ReleaseEvent(now, row.proposed_by, kind, row.note))
        await self.editions.refresh()
        return rows

    async def publish_again(
        self, member: Member, company: str, business: str, edition: str, seen: str, reason: str, sure: bool = False
    ) -> ReleaseRow | Problem | None:
        """Publishes an edition that was published before: the way back. None: there is no such thing for this member."""
        if not member.may("configure", company):
            return None
        rows = await self.store.releases_of(company, business)
        if not edition or edition not in {row.edition for row in rows if row.state == "approved"}:
            return None
        if not reason.strip():
            return Problem("reason", "say_why")
        if seen != mark(standing_at(rows, self.clock())):
            return Problem("", "release_changed")
        try:
            change = await self.change(company, business, edition)
        except (KeyError, DefinitionError):
            return Problem("", "edition_unopened")
        if change is None:
            return Problem("", "already_published")
        if change.risky and not sure:
            return Problem("sure", "release_breaks", {"cases": change.open_cases})
        try:
            return (await self.publish([change], {company: member.actor}, None, reason.strip()))[0]
        except Conflict:
            return Problem("", "release_changed")

    async def approve(
        self, member: Member, id: str, seen: str, sure: bool = False, note: str = ""
    ) -> ReleaseRow | Problem | None:
        """The second pair of eyes. It holds from its time, or at once when that is over. None: no such release here."""
        row = await self._of(member, id)
        if row is None:
            return None
        if row.state != "proposed":
            return Problem("", "release_decided")
        if row.proposed_by == member.actor:
            return Problem("", "own_release")
        now = self.clock()
        rows = await self.store.releases_of(row.company, row.business)
        if seen != mark(standing_at(rows, now)):
            return Problem("", "release_changed")
        at = max(now, row.effective_at or now)
        held = standing_at(rows, at)
        try:
            issue = await self.editions.of(row.edition) if row.edition else None
        except (KeyError, DefinitionError):
            return Problem("", "edition_unopened")
        told = await self._classified(issue)
        if told is not None and told.verdict in RISKY and not sure:
            return Problem("sure", "release_breaks", {"cases": len(told.cases)})
        approved = replace(
            row, state="approved", effective_at=at, replaces=held.edition if held is not None else "",
            verdict=told.verdict if told is not None else "safe", open_cases=len(told.cases) if told is not None else 0,
        )  # fmt: skip
        return await self._decide(row, approved, member, "approved", note)

    async def refuse(self, member: Member, id: str, reason: str) -> ReleaseRow | Problem | None:
        row = await self._of(member, id)
        if row is None:
            return None
        if row.state != "proposed":
            return Problem("", "release_decided")
        if row.proposed_by == member.actor:
            return Problem("", "own_release")
        return await self._for_a_reason(row, replace(row, state="refused"), member, reason)

    async def withdraw(self, member: Member, id: str, reason: str) -> ReleaseRow | Problem | None:
        """Takes back what does not hold yet. What holds is replaced by publishing something else."""
        row = await self._of(member, id)
        if row is None:
            return None
        if row.state not in ("proposed", "approved"):
            return Problem("", "release_decided")
        if row.state == "approved" and since(row) <= self.clock():
            return Problem("", "release_in_force")
        return await self._for_a_reason(row, replace(row, state="withdrawn"), member, reason)

    async def publisher(self, company: str, login: str) -> StaffRow | None:
        """The configurer with this login, of the company or of the site."""
        for home in (company, ""):
            row = await self.store.staff_by_login(home, login)
            if row is not None and not row.disabled and "configurer" in row.roles:
                return row
        return None

    async def _of(self, member: Member, id: str) -> ReleaseRow | None:
        row = await self.store.release(id)
        return row if row is not None and member.may("configure", row.company) else None

    async def _classified(self, issue: Issue | None) -> Classification | None:
        return await classify(self.caseload, issue) if issue is not None else None

    async def _for_a_reason(self, before: ReleaseRow, after: ReleaseRow, member: Member, reason: str) -> ReleaseRow | Problem:
        if not reason.strip():
            return Problem("reason", "say_why")
        return await self._decide(before, after, member, after.state, reason)

    async def _decide(self, before: ReleaseRow, after: ReleaseRow, member: Member, kind: str, note: str) -> ReleaseRow | Problem:
        now = self.clock()
        decided = replace(after, decided_by=member.actor, decided_at=now)
        event = ReleaseEvent(now, member.actor, kind, note.strip()[:LONGEST_NOTE])
        try:
            async with self.store.transaction() as tx:
                await tx.decide_release(decided, before.state, event)
        except Conflict:
            return Problem("", "release_decided")
        await self.editions.refresh()
        return decided


def since(row: ReleaseRow) -> datetime:
    """From when an approved release holds."""
    assert row.effective_at is not None
    return row.effective_at


def standing_at(rows: Iterable[ReleaseRow], at: datetime) -> ReleaseRow | None:
    """Of the releases of a business the one that holds then; None: the files hold."""
    held = [row for row in rows if row.state == "approved" and since(row) <= at]
    return max(held, key=lambda row: (since(row), row.number), default=None)


def mark(row: ReleaseRow | None) -> str:
    """What a page remembers of the release that held when it was shown."""
    return str(row.number) if row is not None else "0"


def standing_of(row: ReleaseRow, live: Mapping[tuple[str, str], str], now: datetime) -> Standing:
    """What a release is now; `live` are the ids of those that hold, by company and business."""
    if row.state == "approved":
        if since(row) > now:
            return "scheduled"
        return "live" if live.get((row.company, row.business)) == row.id else "past"
    return row.state


def _row(change: Change, actor: str, now: datetime, at: datetime | None, note: str) -> ReleaseRow:
    return ReleaseRow(
        id=new_id(now), company=change.company, business=change.business, number=change.number, edition=change.edition,
        replaces=change.replaces, effective_at=at if change.four_eyes else at or now,
        state="proposed" if change.four_eyes else "approved", verdict=change.verdict, open_cases=change.open_cases, note=note,
        proposed_by=actor, proposed_at=now,
    )  # fmt: skip
