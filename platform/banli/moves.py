"""Open cases and a new edition: what would become of each, moving them, and taking that back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from banli.caseload import Caseload, Held, event_rows, row_of
from banli.definitions.differences import Differences, difference
from banli.definitions.edition import seal
from banli.definitions.migrations import Migration, migrations
from banli.editions import Issue
from banli.engine import Decision, commands
from banli.engine.moving import Moving, move
from banli.engine.routes import Route
from banli.errors import DefinitionError
from banli.hooks import Unavailable
from banli.store import CaseRow, Conflict, StoreError

Verdict = Literal["safe", "stays", "asks_again", "needs_mapping", "breaks"]
"""From harmless to not: `safe` moves and the client notices nothing; `stays` keeps its edition, because the client's part is
over; `asks_again` moves, and something that was done is asked once more; `needs_mapping` would lose answers that no
migration names; `breaks` cannot go on (its edition cannot be opened with the present plugins) or cannot be moved at all."""

WORST: tuple[Verdict, ...] = ("safe", "stays", "asks_again", "needs_mapping", "breaks")
SYSTEM = "system"
TRIES = 3
PAGE = 200

Done = Literal["moved", "back", "kept", "busy", "failed"]
"""What became of a case: `kept` where it is, `busy` somebody else changed it all the time, `failed` something is wrong."""


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """What would become of one open case. `lost` are answers (`step.field`), `again` steps; no personal data in any of it."""

    number: str
    state: str
    edition: str
    verdict: Verdict
    lost: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    why: str = ""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """What a new edition would do to the open cases of its business if they were moved onto it.

    Publishing moves nobody. `verdict` is that of the worst case, where one that `stays` counts as safe. `differences` are told
    for every older edition that an open case still has, by its hash.
    """

    verdict: Verdict
    differences: Mapping[str, Differences]
    cases: tuple[CaseVerdict, ...]

    def numbers(self, verdict: Verdict) -> tuple[str, ...]:
        """The numbers of the cases with this verdict."""
        return tuple(case.number for case in self.cases if case.verdict == verdict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case when it was moved, or moved back."""

    number: str
    done: Done
    verdict: CaseVerdict | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Look:
    """A case as it was read, and what moving it would do. `moving` None: its edition cannot be opened."""

    verdict: CaseVerdict
    held: Held | None = field(default=None, repr=False)
    moving: Moving | None = field(default=None, repr=False)


async def classify(caseload: Caseload, new_issue: Issue) -> Classification:
    """Looks at every open case of the issue's company and business that is on another edition, each with the migration of the
    site that is for it. Changes nothing."""
    moves, company, business = Moves(caseload), new_issue.edition.company.id, new_issue.edition.business.id
    known = [one for one in migrations(caseload.editions.library).values() if one.concerns(company, business)]
    cases: list[CaseVerdict] = []
    async for row in moves.rows(company, business, new_issue):
        own = [one for one in known if one.concerns(company, business, row.edition)]
        cases.append((await moves.look(row, new_issue, own[-1] if own else None)).verdict)
    worst = max((WORST.index(case.verdict) for case in cases), default=0)
    verdict = WORST[worst] if WORST[worst] != "stays" else "safe"
    told = {name: await moves.differences(name, new_issue) for name in sorted({case.edition for case in cases})}
    return Classification(verdict, {name: one for name, one in told.items() if one is not None}, tuple(cases))


def route_of(migration: Migration | None) -> Route:
    """The way that a migration says; without one everything keeps its name."""
    if migration is None:
        return Route()
    return Route(migration.steps, migration.fields, migration.options, migration.drop, migration.unclean, migration.submitted)


class Moves:
    """Moves the open cases of a business, one transaction each. Whatever goes wrong with one leaves the others alone."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload, self.editions, self.store = caseload, caseload.editions, caseload.store

    def companies(self, migration: Migration) -> tuple[str, ...]:
        """The companies that the migration is for and that offer its business."""
        offering = {
            one.id: {offer.id for offer in known.businesses}
            for one in self.editions.library.companies.values()
            if (known := self.editions.company(one.id)) is not None
        }
        business = migration.business
        return tuple(one for one, offers in offering.items() if business in offers and migration.concerns(one, business))

    async def survey(self, migration: Migration, company: str) -> list[CaseVerdict]:
        """What the migration would do to each open case of a company. Changes nothing."""
        to = self.editions.now(company, migration.business)
        rows = self.rows(company, migration.business, to)
        return [(await self.look(row, to, migration)).verdict async for row in rows if _meant(migration, row)]

    async def apply(self, migration: Migration, company: str) -> AsyncIterator[Outcome]:
        """Moves every open case that may move. Begun again after a stop, it goes on with those that are left."""
        to = await self.editions.keep(company, migration.business)
        async for row in self.rows(company, migration.business, to):
            if _meant(migration, row):
                yield await self._retried(row, lambda now: self._move(now, to, migration))

    async def undo(self, migration: Migration, company: str) -> AsyncIterator[Outcome]:
        """Moves back every case that this migration has moved and to which nothing has happened since."""
        async for row in self.rows(company, migration.business):
            outcome = await self._retried(row, lambda now: self._move_back(now, migration))
            if outcome.done != "kept" or outcome.why:
                yield outcome

    async def rows(self, company: str, business: str, but: Issue | None = None) -> AsyncIterator[CaseRow]:
        """The open cases of a business, oldest first; `but` those of one edition."""
        after = ""
        while True:
            page = await self.store.open_cases(company, business, after, PAGE)
            for row in page:
                if not row.forgotten and (but is None or row.edition != but.edition.hash):
                    yield row
            if len(page) < PAGE:
                return
            after = page[-1].id

    async def look(self, row: CaseRow, to: Issue, migration: Migration | None) -> _Look:
        """What moving this case would do."""
        if not to.edition.flow.case:
            return _Look(CaseVerdict(row.number, row.state, row.edition, "stays", why="keeps_nothing"))
        try:
            held = await self.caseload.hold(row)
        except (KeyError, DefinitionError):
            return _Look(CaseVerdict(row.number, row.state, row.edition, "breaks", why="edition_unopened"))
        except Unavailable:
            return _Look(CaseVerdict(row.number, row.state, row.edition, "breaks", why="plugin_unavailable"))
        facts, today = held.moment.facts, held.moment.today
        moving = move(held.case, held.issue.course, to.course, to.edition.hash, route_of(migration), facts, today)
        return _Look(_verdict(row, moving), held, moving)

    async def differences(self, old: str, new: Issue) -> Differences | None:
        """From a sealed edition to another; None where one of them is in nobody's hands."""
        was, now = await self.store.edition(old), await self.store.edition(new.edition.hash)
        if now is None:
            written = self.editions.library.bundle(new.edition.company.id, new.edition.business.id)
            now = written if seal(written)[0] == new.edition.hash else None
        return difference(was, now, self.editions.kinds) if was is not None and now is not None else None

    async def _move(self, row: CaseRow, to: Issue, migration: Migration) -> Outcome:
        if not row.open or row.edition == to.edition.hash:
            return Outcome(row.number, "kept", why="gone_on")
        look = await self.look(row, to, migration)
        if look.verdict.verdict == "stays" and look.moving is None:
            return Outcome(row.number, "kept", look.verdict, look.verdict.why)
        if look.held is None or look.moving is None:
            return Outcome(row.number, "failed", look.verdict, look.verdict.why)
        command = commands.Move(
            actor=SYSTEM,
            seen=row.revision,
            edition=to.edition.hash,
            to=to.course,
            route=route_of(migration),
            migration=migration.id,
        )
        decision = self.caseload.decide(look.held, command)
        if not decision.events:
            return Outcome(row.number, "kept", look.verdict, look.verdict.why or look.verdict.verdict)
        await self._keep(look.held, decision, look.moving.slots)
        return Outcome(row.number, "moved", look.verdict)

    async def _move_back(self, row: CaseRow, migration: Migration) -> Outcome:
        events = await self.store.events(row.id)
        last = next((event for event in reversed(events) if event.kind in ("moved", "moved_back")), None)
        if last is None or last.kind == "moved_back" or last.data["migration"] != migration.id:
            return Outcome(row.number, "kept")
        told = last.data
        if events[-1].seq != last.seq or row.drafts != told["after"]["drafts"]:
            return Outcome(row.number, "kept", why="gone_on")
        held, before = await self.caseload.hold(row), await self.editions.of(told["from"])
        command = commands.MoveBack(
            actor=SYSTEM, seen=row.revision, edition=told["from"], to=before.course, before=told["before"], migration=migration.id
        )  # fmt: skip
        decision = self.caseload.decide(held, command)
        await self._keep(held, decision, {new: old for old, new in told.get("slots", {}).items()})
        return Outcome(row.number, "back")

    async def _keep(self, held: Held, decision: Decision, slots: Mapping[str, str]) -> None:
        async with self.store.transaction() as tx:
            saved = await tx.save_case(row_of(decision.case, held.row), held.row.revision, event_rows(decision))
            await tx.rename_slots(saved, slots)

    async def _retried(self, row: CaseRow, do: Any) -> Outcome:
        """A case that somebody changes at that moment is read again; one that cannot be read is told and left."""
        for _ in range(TRIES):
            try:
                outcome: Outcome = await do(row)
                return outcome
            except Conflict:
                again = await self.store.case(id=row.id)
                if again is None or not again.open:
                    return Outcome(row.number, "kept", why="gone_on")
                row = again
            except (StoreError, DefinitionError, KeyError) as problem:
                return Outcome(row.number, "failed", why=type(problem).__name__)
        return Outcome(row.number, "busy")


def _meant(migration: Migration, row: CaseRow) -> bool:
    return migration.concerns(row.company, row.business, row.edition)


def _verdict(row: CaseRow, moving: Moving) -> CaseVerdict:
    outcome = moving.outcome
    verdict: Verdict = "needs_mapping" if outcome == "loses" else outcome
    return CaseVerdict(
        row.number, row.state, row.edition, verdict,
        lost=tuple(dict.fromkeys(lost.at for lost in moving.lost if lost.why != "dropped")),
        again=tuple(again.step for again in moving.again),
        why=moving.stays or moving.breaks,
        dropped=tuple(dict.fromkeys(lost.at for lost in moving.lost if lost.why == "dropped")),
    )  # fmt: skip
