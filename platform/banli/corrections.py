"""A case that comes back: what was answered otherwise since staff returned it, and what they wanted corrected and was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from banli.caseload import new_case
from banli.dossiers import Reader
from banli.engine import Case, Event, evolve, replay
from banli.engine.case import CLIENTS_TURN, Returned
from banli.filed import is_photo, record_fields
from banli.leaflets import Correction, Lines
from banli.store import CaseRow, EventRow

UNASKED = frozenset({"consent", "otp", "captcha"})
"""Kinds of questions that are answered anew each time, and say nothing of what the client wants changed."""


@dataclass(frozen=True, slots=True)
class Return:
    """The last return of a case that was submitted again: the case as it was then, and what staff said."""

    case: Case = field(repr=False)
    said: Returned
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """One answer: what it was, and how it is read out."""

    title: str
    value: Any = field(repr=False)
    lines: Lines = field(repr=False)
    photo: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was answered last. `form` False: nothing is typed there."""

    title: str
    at: str
    form: bool
    answers: Mapping[str, Given]


class Submitted(Reader):
    """Reads a case by its pages, as they were answered."""

    def pages(self) -> dict[str, Page]:
        return dict(self._pages())

    def files(self) -> dict[str, str]:
        """The photos of this submission, by the names that a dossier gives them."""
        return {shot.name: shot.after for shot in self.shots()}

    def _pages(self) -> Iterator[tuple[str, Page]]:
        forms = {standing.id: form for standing, form in self._asked()}
        filed = {question.name: question for question in record_fields(self.issue)}
        for standing in self._standing():
            if standing.bound.kind.ends:
                continue
            result, form = self.case.results[standing.id], forms.get(standing.id)
            answers = {}
            for question in form.fields if form is not None else ():
                if question.kind not in UNASKED:
                    known = filed.get(question.prefill.removeprefix("client."), question) if question.prefill else question
                    value, photo = result.data.get(question.name), is_photo(question)
                    lines = () if photo else self._lines(known, value)
                    answers[question.name] = Given(self.say(known.title), value, lines, photo)
            yield standing.id, Page(self._page(standing), result.at, form is not None, answers)


def last_return(row: CaseRow, case: Case, events: Sequence[EventRow]) -> Return | None:
    """None: the case was never returned, or it is still the client's turn."""
    kinds = [event.kind for event in events]
    if case.state in CLIENTS_TURN or "returned" not in kinds:
        return None
    nth = len(kinds) - 1 - kinds[::-1].index("returned")
    if "submitted" not in kinds[nth:]:
        return None
    told = [Event(event.kind, event.at, event.actor, event.data) for event in events[: nth + 1]]
    first = next((event.data["from"] for event in events if event.kind in ("moved", "moved_back")), row.edition)
    before = replay(replace(new_case(row), edition=first), told[:-1])
    said = evolve(before, told[-1]).returned
    return Return(before, said, told[-1].actor, told[-1].at) if said is not None else None


def compared(then: Submitted, now: Submitted, said: Returned) -> tuple[Correction, ...]:
    """What staff wanted corrected and is as it was, then what is otherwise now; nothing of what neither applies to. Where a
    reason names several answers and one of them was changed, the others are nobody's worry."""
    before, after = then.pages(), now.pages()
    pages = tuple(dict.fromkeys((*after, *before)))
    changed = {(page, name) for page in pages for name in _changed(before.get(page), after.get(page))}
    left = set[tuple[str, str]]()
    for reason in then.held.edition.flow.review.reasons:
        named = {(page, name) for page, names in reason.reopen.items() for name in names}
        if reason.id in said.reasons and not named & changed:
            left |= named
    found: list[Correction] = []
    for page in pages:
        wanted, was, now_ = said.reopen.get(page), before.get(page), after.get(page)
        told = [
            _correction(was, now_, name, asked=wanted == () or name in (wanted or ()), changed=(page, name) in changed)
            for name in _names(was, now_)
            if (page, name) in changed | left
        ]
        found += told if told or wanted != () else [_whole(was, now_)]
    return tuple(sorted(found, key=lambda one: one.changed))


def _names(was: Page | None, now: Page | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for page in (now, was) if page is not None for name in page.answers))


def _changed(was: Page | None, now: Page | None) -> list[str]:
    return [name for name in _names(was, now) if _value(was, name) != _value(now, name)]


def _value(page: Page | None, name: str) -> Any:
    given = page.answers.get(name) if page is not None else None
    return given.value if given is not None else None


def _correction(was: Page | None, now: Page | None, name: str, *, asked: bool, changed: bool) -> Correction:
    old = was.answers.get(name) if was is not None else None
    new = now.answers.get(name) if now is not None else None
    known = new or old
    assert known is not None
    lines = tuple(one.lines if one is not None else () for one in (old, new))
    return Correction(known.title, lines[0], lines[1], asked, changed, known.photo)


def _whole(was: Page | None, now: Page | None) -> Correction:
    """A page that was reopened and has the same answers, or none at all: a signature is given anew, a call is held anew."""
    known = now or was
    anew = known is not None and not known.form and (was is None or now is None or was.at != now.at)
    return Correction(known.title if known is not None else "", (), (), asked=True, changed=anew, page=True)
