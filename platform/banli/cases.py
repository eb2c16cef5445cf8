"""The client's story: start, look, answer, go back, submit, abandon. One transaction each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from banli.beginnings import CLIENT, Beginnings, Elsewhere, Refused, closed, shut
from banli.bindery import Bindery
from banli.caseload import Caseload, Held
from banli.clients import Clients, Sent, Visit
from banli.definitions.model import Field, Form, Rule
from banli.developing import Developing
from banli.editions import Issue
from banli.engine import Case, Decision, Position, Standing, commands
from banli.engine.case import CLIENTS_TURN
from banli.errors import Problem
from banli.fields import Raw
from banli.hooks import Attendant, Reply, Unavailable
from banli.judging import Judging, place_of, purpose_of
from banli.limits import CALLING, slowed
from banli.signing import Shows, Signing
from banli.steps import Agreements
from banli.steps.agreements import sayable
from banli.store import Conflict
from banli.views import View

_NUMBER = re.compile("[0-9A-Za-z-]{1,80}")


@dataclass(frozen=True, slots=True)
class Look:
    """A page of a case: which step, what stands in its fields, where it lies on the way. `raw` is what was typed or kept."""

    held: Held = field(repr=False)
    standing: Standing = field(repr=False)
    raw: Raw = field(repr=False)
    back: str = ""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Rule, ...] = ()
    views: Mapping[str, View] = field(default_factory=dict, repr=False)
    """Of the photos on this page those that were made of an original, by file."""

    @property
    def case(self) -> Case:
        return self.held.case

    @property
    def form(self) -> Form | None:
        """The form that the page asks, if it asks one."""
        return self.standing.bound.form(self.held.edition.forms)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of 我的业务: the case, its business's title, its state's name, why it came back."""

    case: Case = field(repr=False)
    title: str
    state: str
    remark: tuple[str, ...] = ()
    can_resume: bool = False
    can_abandon: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """我的业务: what is to be finished, and what is finished."""

    pending: tuple[Entry, ...]
    finished: tuple[Entry, ...]


class Cases:
    """What a client does with cases. Every method takes the visit, and a visit reaches only its own client's cases."""

    def __init__(self, caseload: Caseload, clients: Clients) -> None:
        self.caseload, self.clients = caseload, clients
        self.store, self.plugins, self.clock = caseload.store, caseload.plugins, caseload.clock
        self.beginnings, self.signing = Beginnings(caseload), Signing(Bindery(caseload))
        self.developing = Developing(caseload.store, caseload.plugins)
        self.judging = Judging(caseload, self.signing, self.developing)

    async def start(self, visit: Visit, business: str) -> Elsewhere | Refused:
        """Begins a case, or tells of the one that is open (R-118)."""
        return await self.beginnings.start(visit, business)

    async def look(self, visit: Visit, number: str, step: str = "") -> Look | Elsewhere | None:
        """The page of a step; without a step, or with one that is not open, where to go instead. None: no such case."""
        held = await self._held(visit, number)
        if held is None:
            return None
        position = held.position
        open_ = held.issue.course.open_to(held.case, position)
        wanted = next((s for s in open_ if s.id == step), None)
        if wanted is None:
            return Elsewhere(number, open_[-1].id if open_ else "", "" if not step else "step_not_open")
        return await self._with_views(self._look(held, wanted, open_))

    async def answer(
        self, visit: Visit, number: str, step: str, raw: Raw, seen: int, confirmed: frozenset[str] = frozenset(),
        held: Held | None = None, shows: Shows | None = None,
    ) -> Look | Elsewhere | None:  # fmt: skip
        """Answers a step: on to the next page, or the same page with a sentence at each field.

        `held` is the case when a look of this very request has read it already; `shows` says how texts that are signed
        look to the client.
        """
        held = held or await self._held(visit, number)
        if held is None:
            return None
        if problem := self._shut(held, step):
            return await self._again(held, step, raw, (problem,))
        command = commands.Answer(actor=CLIENT, seen=seen, step=step, raw=raw, confirmed=confirmed)
        decision = self.caseload.decide(held, command)
        if decision.awaits and not decision.problems and not decision.warnings:
            verdicts = await self.judging.judge(visit, held, step, decision.awaits, shows(held) if shows is not None else None)
            decision = self.caseload.decide(held, replace(command, verdicts=verdicts))
        if any(p.code in ("changed_meanwhile", "step_not_open") for p in decision.problems):
            return await self._where(visit, number, decision.problems[0].code)
        if problem := await self.judging.tried_too_often(visit, held, step, decision):
            return await self._again(held, step, raw, (problem,))
        if decision.refused:
            return await self._again(held, step, raw, decision.problems, decision.warnings)
        went = await self._go_on(visit, held, decision)
        answered = held.position.step(step)
        if answered is not None and not went.why:
            await self.signing.used(answered, place_of(held, answered))
        return went

    async def back(self, visit: Visit, number: str, step: str, raw: Raw, seen: int) -> Elsewhere | None:
        """`<`: what was typed is kept as a draft (R-006); to the step before, or out of the case from its first page."""
        held = await self._held(visit, number)
        if held is None:
            return None
        decision = self.caseload.decide(held, commands.Back(actor=CLIENT, seen=seen, step=step, raw=_typed(held, step, raw)))
        if decision.problems:
            return await self._where(visit, number, decision.problems[0].code)
        try:
            await self.caseload.keep(held, decision)
        except Conflict:
            return await self._where(visit, number, "changed_meanwhile")
        return Elsewhere(number, decision.step)

    async def save_draft(self, visit: Visit, number: str, step: str, raw: Raw, seen: int, held: Held | None = None) -> bool:
        """Keeps what was typed and not yet answered. False when the page is no longer the client's. `held` as above."""
        held = held or await self._held(visit, number)
        if held is None:
            return False
        return await self._draft(held, step, _typed(held, step, raw), seen)

    async def submit(self, visit: Visit, number: str, seen: int) -> Elsewhere | None:
        return await self._simply(visit, number, commands.Submit(actor=CLIENT, seen=seen))

    async def abandon(self, visit: Visit, number: str, seen: int) -> Elsewhere | None:
        """放弃: ends the case and unlocks other businesses (R-123)."""
        return await self._simply(visit, number, commands.Abandon(actor=CLIENT, seen=seen))

    async def withdraw(self, visit: Visit, number: str, seen: int) -> Elsewhere | None:
        """撤回: takes a submitted case back before anybody has looked at it."""
        return await self._simply(visit, number, commands.Withdraw(actor=CLIENT, seen=seen))

    async def mine(self, visit: Visit) -> Mine:
        """The client's cases at this company, newest first."""
        entries = []
        for row in await self.store.cases_of(visit.company, visit.client):
            if not row.forgotten:
                entries.append(_entry(await self.caseload.hold(row)))
        pending = tuple(entry for entry in entries if entry.case.open)
        return Mine(pending, tuple(entry for entry in entries if not entry.case.open))

    async def outcome(self, visit: Visit, number: str) -> Held | None:
        """A case as a whole, for the page that tells what became of it."""
        return await self._held(visit, number)

    async def send_code(self, visit: Visit, number: str, step: str, at: str, raw: Raw) -> Sent | tuple[Problem, ...] | None:
        """Sends a code for the otp field `at` to the number typed beside it (R-085, R-089)."""
        look = await self.look(visit, number, step)
        if not isinstance(look, Look):
            return None
        form = look.form
        question = next((f for f in form.fields if f.name == at and f.kind == "otp"), None) if form is not None else None
        if form is None or question is None:
            return None
        reading = look.held.issue.book.reader(form.id).read(raw, look.standing.names)
        to = str(question.options["to"])
        wrong = tuple(p for p in reading.problems if p.at == to)
        number_typed = str(reading.values.get(to) or look.standing.names.get(to) or "")
        if wrong or not number_typed or at in reading.hidden:
            return wrong or (Problem(to, "required"),)
        purpose = purpose_of(look.held, at, question.options.get("purpose"))
        return await self.clients.send(visit, look.held.issue, at, purpose, number_typed)

    def attendant(self, look: Look) -> Attendant | None:
        """The plugin's own for this step, where its kind has one."""
        return self.plugins.attendants.get(look.standing.bound.kind.name)

    async def signing_page(self, look: Look, shows: Shows) -> dict[str, Any] | None:
        """What the signer shows on the page of this step; None: nobody signs here. May raise `Unavailable`."""
        if self.signing.signer(look.standing) is None:
            return None
        return await self.signing.page(look.held, look.standing, place_of(look.held, look.standing), shows(look.held))

    async def call(
        self, visit: Visit, number: str, step: str, name: str, said: Mapping[str, Any], shows: Shows | None = None
    ) -> Reply | Elsewhere | None:
        """What the script of a step's page asks of the plugin. None: no such case, step or call."""
        look = await self.look(visit, number, step)
        if not isinstance(look, Look):
            # The call itself may have ended the step before (a certificate is there now): no mistake of the client's.
            return replace(look, why="") if look is not None else None
        attendant, signs = self.attendant(look), shows is not None and self.signing.signer(look.standing) is not None
        if attendant is None and not signs:
            return None
        late = self._shut(look.held, step)
        if late is not None and late.code == "step_closed" and attendant is not None and name in attendant.after_hours:
            late = None
        if problem := late or await slowed(self.store, CALLING, visit.counted):
            return Reply(problem=problem)
        try:
            reply = await self._replied(look, attendant, name, said, shows)
        except Unavailable as silent:
            return Reply(problem=Problem("", silent.code))
        return await self._after_reply(visit, look, reply)

    async def take(self, visit: Visit, number: str, step: str, name: str, content: bytes) -> Reply | Elsewhere | None:
        """Hands the plugin what its page has sent in parts. None: no such case, step or parcel."""
        look = await self.look(visit, number, step)
        if not isinstance(look, Look):
            return replace(look, why="") if look is not None else None
        attendant = self.attendant(look)
        if attendant is None or name not in attendant.parcels:
            return None
        if problem := self._shut(look.held, step):
            return Reply(problem=problem)
        try:
            reply = await attendant.take(place_of(look.held, look.standing), name, content)
        except Unavailable as silent:
            return Reply(problem=Problem("", silent.code))
        return await self._after_reply(visit, look, reply)

    async def _after_reply(self, visit: Visit, look: Look, reply: Reply | None) -> Reply | Elsewhere | None:
        """With a result the step is done."""
        if reply is None or reply.result is None:
            return reply
        number, step = look.case.number, look.standing.id
        told = commands.CalledBack(actor=CLIENT, seen=look.case.revision, step=step, data=reply.result)
        decision = self.caseload.decide(look.held, told)
        if decision.problems:
            return await self._where(visit, number, decision.problems[0].code)
        return await self._go_on(visit, look.held, decision)

    async def _replied(
        self, look: Look, attendant: Attendant | None, name: str, said: Mapping[str, Any], shows: Shows | None
    ) -> Reply | None:
        place = place_of(look.held, look.standing)
        if attendant is not None:
            return await attendant.call(place, name, said)
        assert shows is not None
        return await self.signing.call(look.held, look.standing, place, shows(look.held), name, said)

    def _shut(self, held: Held, step: str) -> Problem | None:
        """Is it after the hours of the business, or of this step?"""
        editions, now = self.caseload.editions, self.clock()
        if closed(editions.latest(held.issue), now, inside=True):
            return Problem("", "service_closed")
        asked = held.edition.flow.step(step)
        over = asked is not None and asked.hours and shut(editions.hours(held.issue, asked), now, inside=True)
        return Problem("", "step_closed") if over else None

    async def _with_views(self, look: Look) -> Look:
        if not any(one.kind == "photo" for one in fields_of(look)):
            return look
        return replace(look, views=await self.developing.views(look.case.id))

    async def _held(self, visit: Visit, number: str) -> Held | None:
        """The case, if it is this client's."""
        if not _NUMBER.fullmatch(number):
            return None
        held = await self.caseload.find(number=number)
        mine = held is not None and (held.case.company, held.case.client) == (visit.company, visit.client)
        return held if mine and visit.client else None

    def _look(self, held: Held, standing: Standing, open_: Sequence[Standing]) -> Look:
        bound = standing.bound
        book, sight = held.issue.book, held.issue.course.sight(held.case, standing)
        raw = bound.kind.fill(bound.step, book, sight)
        place = [s.id for s in open_].index(standing.id)
        reopened = bound.kind.asked(bound.step, book, sight, raw, held.case.reopened.get(standing.id, ()))
        problems = tuple(Problem(at, "reopened") for at in reopened)
        return Look(held, standing, raw, open_[place - 1].id if place else "", problems)

    async def _again(
        self, held: Held, step: str, raw: Raw, problems: tuple[Problem, ...], warnings: tuple[Rule, ...] = ()
    ) -> Look | Elsewhere:
        """The same page with what was typed; it is kept as a draft too, so that a lost answer loses nothing."""
        open_ = held.issue.course.open_to(held.case, held.position)
        standing = next((s for s in open_ if s.id == step), None)
        if standing is None:
            return Elsewhere(held.case.number)
        shown = await self._with_views(self._look(held, standing, open_))
        if isinstance(standing.bound.kind, Agreements):
            raw = {**shown.raw, **raw}
        return replace(shown, raw=raw, problems=problems, warnings=warnings)

    async def _go_on(self, visit: Visit, held: Held, decision: Decision) -> Elsewhere:
        try:
            after = await self.caseload.keep(held, decision)
        except Conflict:
            return await self._where(visit, held.case.number, "changed_meanwhile")
        return Elsewhere(after.case.number, decision.step if after.case.state in CLIENTS_TURN else "")

    async def _where(self, visit: Visit, number: str, why: str) -> Elsewhere:
        look = await self.look(visit, number)
        return replace(look, why=why) if isinstance(look, Elsewhere) else Elsewhere(number, "", why)

    async def _simply(self, visit: Visit, number: str, command: commands.Command) -> Elsewhere | None:
        held = await self._held(visit, number)
        if held is None:
            return None
        decision = self.caseload.decide(held, command)
        if decision.problems:
            return await self._where(visit, number, decision.problems[0].code)
        return await self._go_on(visit, held, decision)

    async def _draft(self, held: Held, step: str, raw: Raw, seen: int) -> bool:
        decision = self.caseload.decide(held, commands.SaveDraft(actor=CLIENT, seen=seen, step=step, raw=raw))
        if decision.problems:
            return False
        try:
            await self.caseload.keep(held, decision)
        except Conflict:
            return False
        return True


def states(issue: Issue, case: Case) -> str:
    """What the client calls the case's state."""
    known = issue.edition.flow.states
    return known.get(case.word, known.get(case.state, case.state))


def _entry(held: Held) -> Entry:
    case = held.case
    said = case.rejected if case.state == "rejected" else case.correction
    remark = (*said.texts, said.remark) if said is not None else ()
    position: Position = held.position
    return Entry(
        case,
        held.edition.business.title or held.edition.flow.title,
        states(held.issue, case),
        tuple(text for text in remark if text),
        bool(held.issue.course.open_to(case, position)),
        case.state in ("open", "returned") or (case.state == "submitted" and not case.approvals),
    )


def _typed(held: Held, step: str, raw: Raw) -> Raw:
    standing = held.position.step(step)
    return sayable(standing.bound.kind, raw) if standing is not None else raw


def fields_of(look: Look) -> Sequence[Field]:
    form = look.form
    return form.fields if form is not None else ()
