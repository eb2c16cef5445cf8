"""What a client does in a story, and what the world says to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from banli import china
from banli.caseload import passing, today
from banli.clients import OF_AGE
from banli.doors import login_form
from banli.engine import Case, Position, Standing, apply, commands
from banli.engine.case import CLIENTS_TURN
from banli.fields import Awaited, Raw
from banli.scenarios.playing import CLIENT, SYSTEM, Play, Wrong
from banli.scenarios.posting import Posted, posted
from banli.scenarios.reading import moment_of, span_of
from banli.scenarios.story import Deed
from banli.steps import Agreements
from banli.steps.agreements import ENTERED, SIGNED, sayable
from banli.steps.readings import READ
from banli.tries import TRIES_USED_UP, judged, limit_of


def start(play: Play, deed: Deed) -> None:
    """Through the door and into the business: what logging in and beginning refuse, in their order."""
    if code := _at_the_door(play):
        play.refuse(deed, code)
        return
    day, number = today(play.now), 1 if play.case is None else int(play.case.number[-6:]) + 1
    record = play.issue.derive(_told(play), day)
    play.case = Case(
        id=f"case-{number}", number=f"{day.replace('-', '')}{number:06}", company=play.company, client=CLIENT,
        business=play.scenario.business, edition=play.issue.edition.hash, state="", revision=0,
        created_at=play.now, updated_at=play.now,
    )  # fmt: skip
    if not play.issue.edition.flow.case:
        play.case = passing(play.case, play.issue, {"ref": CLIENT, **play.record}, day)
        play.turn(deed, _pages(play, deed)[0])
        return
    play.decide(deed, commands.Start(actor=CLIENT, record=record))


def _told(play: Play) -> dict[str, Any]:
    """What is on file; of a newcomer what the login page asks of all that the story tells of them."""
    if not play.issue.edition.flow.newcomers:
        return {"ref": CLIENT, **play.record}
    asked = {prefill for _, prefill in play.book.reader(login_form(play.issue).id).prefilled}
    return {name: value for name, value in play.record.items() if f"client.{name}" in asked}


def _at_the_door(play: Play) -> str:
    record, wanted = play.record, set(play.issue.edition.flow.accounts)
    number = china.parse_id_number(str(record.get("id_number", "")))
    if isinstance(number, china.IdNumber) and china.age_on(number.birth, date.fromisoformat(today(play.now))) < OF_AGE:
        return "under_age"
    # A client of whose accounts the story says nothing has the right one.
    held = record.get("accounts")
    if wanted and isinstance(held, list) and not wanted & set(map(str, held)):
        return "no_account"
    if play.shut(play.issue.edition.hours, inside=False):
        return "service_closed"
    if not play.issue.edition.flow.case:
        return ""
    return "open_business_exists" if play.case is not None and play.case.open else ""


def answer(play: Play, deed: Deed, *, old: bool = False) -> None:
    """The page of a step, filled in and sent; `old` from a page that was opened before the last change."""
    case, position = play.begun(deed), play.position()
    standing = position.step(deed.step)
    if standing is None:
        raise Wrong(deed.place, f"There is no step '{deed.step}' at company {play.company}.")
    edition = play.issue.edition
    own = edition.openings.get(standing.bound.step.hours)
    for hours, code in ((edition.hours, "service_closed"), (own, "step_closed")):
        if play.shut(hours, inside=True):
            play.refuse(deed, code)
            return
    command = commands.Answer(actor=CLIENT, seen=case.revision - old, step=standing.id, raw={})
    if standing.status == "skipped":
        play.decide(deed, command, position)
        return
    told = _read(play, deed, standing, dict(deed.value or {}))
    signed = told.pop("signed", None) if isinstance(standing.bound.kind, Agreements) else None
    asked = told.pop("answers", None) if standing.bound.kind.asks else None
    page = _filled(play, deed, standing, told)
    if signed is not None:
        page = replace(page, verdicts={**page.verdicts, SIGNED: str(signed)})
    if asked is not None:
        page = replace(page, verdicts={**page.verdicts, "inquiry": asked})
    _send(play, deed, replace(command, raw=page.raw), page, position)


def _filled(play: Play, deed: Deed, standing: Standing, told: Mapping[str, Any]) -> Posted:
    shown = play.typed[1] if play.typed is not None and play.typed[0] == standing.id else None
    page = posted(standing, play.book, play.course.sight(play.begun(deed), standing), shown, told)
    for name, why in page.unasked.items():
        raise Wrong(play.scenario.source.place((*deed.path, name), key=True), why)
    return page


def _read(play: Play, deed: Deed, standing: Standing, told: dict[str, Any]) -> dict[str, Any]:
    """Opens and reads the agreements that the answer names, as their own pages note it."""
    kind = standing.bound.kind
    if not isinstance(kind, Agreements) or "read" not in told:
        return told
    wanted = told.pop("read")
    listed = [row for row, _ in kind.rows(standing.bound.step, play.book, standing.names)]
    read = listed if wanted == "all" else [str(row) for row in wanted] if isinstance(wanted, list) else [str(wanted)]
    for index, row in enumerate(read):
        if row not in listed:
            raise Wrong(play.scenario.source.place((*deed.path, "read", index)), f"'{row}' is not among the agreements here.")
    note = commands.SaveDraft(actor=CLIENT, step=standing.id, raw={"read": read})
    decision = apply(play.course, play.begun(deed), note, play.moment)
    if not decision.problems:
        play.case = decision.case
    return told


def _send(play: Play, deed: Deed, command: commands.Answer, page: Posted, position: Position) -> None:
    """As a page is taken: first by itself, then with what the world says of codes and files."""
    first = apply(play.course, play.begun(deed), command, play.moment, position)
    if first.awaits and not first.problems and not first.warnings:
        said = {a.at or a.kind: _verdict(play, deed, page, a) for a in first.awaits}
        # By its kind: a photo of a handwritten signature may have the same name.
        if any(a.kind == SIGNED for a in first.awaits) and said.get(SIGNED) == "ok":
            said[SIGNED] = _signed(play, position, command.step)
        for photo in (a for a in first.awaits if a.kind == "file"):
            at = READ + photo.at
            play.read[photo.answer] = said[at] = page.verdicts.get(at, play.read.get(photo.answer, {}))
        command = replace(command, verdicts=said)
    if _tried_too_often(play, command, position):
        play.refuse(deed, TRIES_USED_UP)
    else:
        play.decide(deed, command, position)
    if play.refusal is not None:
        play.sent, play.typed = (command, page), (command.step, page.raw)
        _keep_typed(play, command.step, page.raw, position)


def _tried_too_often(play: Play, command: commands.Answer, position: Position) -> bool:
    """Counts an answer that the rules of its page have judged, as the door for answers does."""
    standing = position.step(command.step)
    limit = limit_of(standing) if standing is not None else None
    if standing is None or limit is None or play.case is None:
        return False
    decision = apply(play.course, play.case, command, play.moment, position)
    return judged(standing, play.issue.edition.forms, decision) and not play.may_try(command.step, limit)


def _keep_typed(play: Play, step: str, raw: Raw, position: Position) -> None:
    """What was refused is kept as a draft, so that a lost answer loses nothing."""
    standing = position.step(step)
    if standing is not None and play.case is not None:
        kept = commands.SaveDraft(actor=CLIENT, step=step, raw=sayable(standing.bound.kind, raw))
        decision = apply(play.course, play.case, kept, play.moment, position)
        play.case = decision.case


def _verdict(play: Play, deed: Deed, page: Posted, awaited: Awaited) -> Any:
    at = awaited.at or awaited.kind
    for known, key in (
        (page.verdicts, at), (play.world, f"{deed.step}.{at}"), (play.world, at), (play.world, awaited.kind),
    ):  # fmt: skip
        if key in known:
            return known[key]
    if awaited.kind == SIGNED:
        return "ok"  # a story tells of what goes otherwise
    if awaited.kind == "file":
        return "ok"  # shown by the page, so it is on file or was sent before
    told = "answers: {…} in the step" if awaited.kind == "inquiry" else f"'- world: {{{at}: ok}}' before it"
    what = awaited.purpose or at
    raise Wrong(deed.place, f"The story does not say what the {awaited.kind} '{what}' answers. Write {told}.")


def _signed(play: Play, position: Position, step: str) -> dict[str, dict[str, str]]:
    """By row what a signer hands over; in a story nothing but that it did."""
    standing = position.step(step)
    assert standing is not None
    assert isinstance(standing.bound.kind, Agreements)
    rows = (row for row, _ in standing.bound.kind.rows(standing.bound.step, play.book, standing.names))
    about = {"statement": "", "signature": "", "key": "", "serial": "", "at": play.now.isoformat()}
    return {row: dict(about) for row in (*rows, ENTERED)}


def confirm(play: Play, deed: Deed) -> None:
    """Sends the last page once more: yes, this is right."""
    asked = [rule.id for rule in play.refusal.warnings] if play.refusal is not None else []
    for name in deed.value:
        if name not in asked:
            there = f"What there is to confirm: {', '.join(asked)}." if asked else "There is nothing to confirm."
            raise Wrong(deed.place, f"Nobody asks whether '{name}' is right. {there}")
    if play.sent is None:
        raise Wrong(deed.place, "There is nothing to confirm.")
    command, page = play.sent
    play.refusal = None
    again = replace(command, confirmed=command.confirmed | set(deed.value), verdicts=None)
    _send(play, replace(deed, step=command.step), again, page, play.position())


def present(play: Play, deed: Deed, told: Mapping[str, Any]) -> tuple[Standing, Raw]:
    """The page that the client sees, with what stands in its fields once `told` is typed."""
    play.begun(deed)
    standing = play.position().step(play.page) if play.page else None
    if standing is None:
        raise Wrong(deed.place, "The client has no page open now.")
    return standing, sayable(standing.bound.kind, _filled(play, deed, standing, told).raw)


def draft(play: Play, deed: Deed) -> None:
    standing, raw = present(play, deed, deed.value)
    play.decide(deed, commands.SaveDraft(actor=CLIENT, step=standing.id, raw=raw))


def back(play: Play, deed: Deed) -> None:
    if not play.issue.edition.flow.case:
        _leaf(play, deed, -1)
        return
    standing, raw = present(play, deed, deed.value or {})
    play.decide(deed, commands.Back(actor=CLIENT, seen=play.begun(deed).revision, step=standing.id, raw=raw))


def go_on(play: Play, deed: Deed) -> None:
    """The next page of a flow that keeps nothing."""
    _leaf(play, deed, 1)


def _leaf(play: Play, deed: Deed, by: int) -> None:
    pages = _pages(play, deed)
    place = pages.index(play.page) + by
    if not 0 <= place < len(pages):
        raise Wrong(deed.place, f"There is no page {'after' if by > 0 else 'before'} '{play.page}'.")
    _look(play, deed, pages[place])


def _look(play: Play, deed: Deed, step: str) -> None:
    if play.shut(play.issue.edition.hours, inside=True):
        play.refuse(deed, "service_closed")
    else:
        play.turn(deed, step)


def _pages(play: Play, deed: Deed) -> list[str]:
    """The pages of a flow that keeps nothing, as they apply to this client."""
    play.begun(deed)
    found = [standing.id for standing in play.position().applicable]
    if not found:
        raise Wrong(deed.place, "No page applies to this client.")
    return found


def open_page(play: Play, deed: Deed) -> None:
    """By its address: the step's page, or instead of it the one that is next."""
    if not play.issue.edition.flow.case:
        pages = _pages(play, deed)
        _look(play, deed, deed.value if deed.value in pages else pages[0])
        if deed.value not in pages and play.refusal is None:
            play.refuse(deed, "step_not_open")
        return
    open_ = [standing.id for standing in play.course.open_to(play.begun(deed), play.position())]
    play.typed = play.sent = None
    if deed.value in open_:
        play.page = deed.value
        return
    play.page = open_[-1] if open_ else ""
    play.refuse(deed, "step_not_open")


def old_page(play: Play, deed: Deed) -> None:
    if isinstance(deed.value, str):
        play.decide(deed, SIMPLE[deed.value](actor=CLIENT, seen=play.begun(deed).revision - 1))
        return
    ((step, told),) = deed.value.items()
    answer(play, Deed("answer", told, (*deed.path, step), deed.place, step), old=True)


def simply(play: Play, deed: Deed) -> None:
    play.decide(deed, SIMPLE[deed.word](actor=CLIENT, seen=play.begun(deed).revision))


def called_back(play: Play, deed: Deed) -> None:
    for step, data in deed.value.items():
        play.next()
        play.begun(deed)
        told = commands.CalledBack(actor=f"plugin:{step}", step=step, data=dict(data))
        play.decide(deed, told, play.position())


def clock(play: Play, deed: Deed) -> None:
    """Moves the clock; what nobody went on with for too long ends by itself, as the worker would see to it."""
    span = span_of(deed.value)
    then: datetime | None = play.now + span if span is not None else moment_of(deed.value)
    if then is None or then < play.now:
        raise Wrong(deed.place, f"The clock stands at {play.now:%Y-%m-%dT%H:%M} and only goes forward.")
    play.now = then
    due = timedelta(days=play.issue.edition.flow.expires_days)
    if not play.issue.edition.flow.case:
        return
    if play.case is not None and play.case.state in CLIENTS_TURN and play.case.updated_at + due <= play.now:
        play.decide(deed, commands.Expire(actor=SYSTEM))


def facts(play: Play, deed: Deed) -> None:
    play.facts |= deed.value


def world(play: Play, deed: Deed) -> None:
    play.world |= deed.value


SIMPLE: Mapping[str, type[commands.Submit | commands.Withdraw | commands.Abandon]] = {
    "submit": commands.Submit, "withdraw": commands.Withdraw, "abandon": commands.Abandon,
}  # fmt: skip
DEEDS: Mapping[str, Callable[[Play, Deed], None]] = {
    "start": start,
    "answer": answer,
    "confirm": confirm,
    "draft": draft,
    "back": back,
    "next": go_on,
    "open": open_page,
    "old_page": old_page,
    "submit": simply,
    "withdraw": simply,
    "abandon": simply,
    "called_back": called_back,
    "clock": clock,
    "facts": facts,
    "world": world,
}
