"""Signing agreements: what a client has to sign at a step, what still holds of before, and what the signer says to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from banli.bindery import Bindery, Draws, Wanted
from banli.caseload import Held
from banli.definitions.model import Agreement
from banli.definitions.placeholders import named_in
from banli.engine import Position, Standing
from banli.hooks import Place, Reply, Signer, Unavailable
from banli.statements import Statement, ToSign, canonical
from banli.steps import Agreements
from banli.steps.agreements import ENTERED


def undrawn(text: Agreement, *, at: str, hand: bool) -> str:
    raise RuntimeError("Whoever shows texts here cannot draw them for print.")


@dataclass(frozen=True, slots=True)
class Showing:
    """How the client is shown a text: filled in, as HTML, in this language; and how it is drawn for print."""

    language: str
    text: Callable[[Agreement], str]
    draws: Draws = undrawn


Shows = Callable[[Held], Showing]
"""Made by whoever draws the pages."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the step states, and by row what was signed before and says the same."""

    statements: tuple[Statement, ...]
    kept: Mapping[str, Mapping[str, Any]] = field(repr=False)
    round: str = ""

    @property
    def open(self) -> ToSign:
        return ToSign(tuple(s for s in self.statements if s.row not in self.kept), len(self.kept), self.round)


class Signing:
    """What `cases` asks about a step with `sign`. It changes nothing of the case."""

    def __init__(self, bindery: Bindery) -> None:
        self.bindery = bindery

    def signer(self, standing: Standing) -> Signer | None:
        return self.bindery.signer(standing)

    async def page(self, held: Held, standing: Standing, place: Place, showing: Showing) -> dict[str, Any]:
        """What the page shows below the list. May raise `Unavailable`."""
        signer = self.signer(standing)
        assert signer is not None
        papers = self._papers(held, standing, showing)
        told = dict(await signer.page(place, papers))
        return {**told, "template": f"{signer.template}.html", "scripts": signer.scripts, "kept": papers.kept}

    async def call(
        self, held: Held, standing: Standing, place: Place, showing: Showing, name: str, said: Mapping[str, Any]
    ) -> Reply | None:
        signer = self.signer(standing)
        assert signer is not None
        reply = await signer.call(place, self._papers(held, standing, showing), name, said)
        return replace(reply, result=None) if reply is not None else None

    async def judge(self, held: Held, standing: Standing, place: Place, showing: Showing | None) -> Mapping[str, Any] | str:
        """By row what was signed, or a code. Whatever the signer hands over, it must say what is shown now."""
        signer = self.signer(standing)
        if signer is None or showing is None:
            return "signature_missing"
        plan = planned(held, standing, showing)
        try:
            found = await signer.judge(place, plan.open) if plan.open.statements else {}
        except Unavailable as silent:
            return silent.code
        if isinstance(found, str):
            return found
        for statement in plan.open.statements:
            one = found.get(statement.row)
            if one is None:
                return "signature_missing"
            if not statement.same(str(one.get("statement", ""))):
                return "signature_outdated"
        return {s.row: dict(plan.kept.get(s.row) or found[s.row]) for s in plan.statements}

    def _papers(self, held: Held, standing: Standing, showing: Showing) -> ToSign:
        """What is to be signed now; the PDFs are looked for when the signer asks for them."""
        signer, plan, bound = self.signer(standing), planned(held, standing, showing), standing.bound
        papers = plan.open
        if signer is None or signer.binder() is None or not isinstance(bound.kind, Agreements):
            return papers
        book, open_ = held.issue.book, {statement.row for statement in papers.statements}
        rows = bound.kind.rows(bound.step, book, standing.names)
        texts = {row: book.agreements[listed.agreement] for row, listed in rows if row in open_}
        wanted = Wanted(held, standing, plan.round, texts, showing.draws)
        return replace(papers, drafts=lambda: self.bindery.drafts(wanted))

    async def used(self, standing: Standing, place: Place) -> None:
        signer = self.signer(standing)
        if signer is not None:
            await signer.used(place)


def planned(held: Held, standing: Standing, showing: Showing) -> Plan:
    """What is to be signed. A reviewer who reopens the step itself wants all of it signed anew."""
    before = held.case.results.get(standing.id)
    told = before.data.get("signatures", ()) if before is not None and standing.status != "reopened" else ()
    earlier = {str(one["row"]): one for one in told}
    statements = tuple(_statements(held, standing, showing))
    kept = {s.row: earlier[s.row] for s in statements if s.row in earlier and s.same(str(earlier[s.row]["statement"]))}
    return Plan(statements, kept, before.at if before is not None else "")


def _statements(held: Held, standing: Standing, showing: Showing) -> Iterator[Statement]:
    bound, case, book, names = standing.bound, held.case, held.issue.book, standing.names
    assert isinstance(bound.kind, Agreements)
    around = {
        "banli": 1, "company": case.company, "client": case.client, "case": case.number, "business": case.business,
        "edition": case.edition, "step": standing.id, "language": showing.language,
    }  # fmt: skip
    for row, listed in bound.kind.rows(bound.step, book, names):
        text = book.agreements[listed.agreement]
        digest = text.digest if text.format == "pdf" else _sha256(showing.text(text).encode())
        said = {name: names[name] for name in named_in(text.text) if name in names and not name.startswith("client.")}
        about = {
            "row": row, "agreement": text.id, "title": text.title, "number": text.number, "text": digest,
            "data": _sha256(canonical(said)),
        }  # fmt: skip
        yield Statement(row, text.title, text.number, digest, {**around, **about})
    rests = {step: case.results[step].data for step in bound.rests_on if step in case.results and step in standing.after}
    changes = held.issue.course.changes(_before(held.position, standing), case)
    digest = _sha256(canonical({"answers": rests, "changes": changes}))
    yield Statement(ENTERED, "", "", digest, {**around, "row": ENTERED, "changes": changes, "data": digest})


def _before(position: Position, standing: Standing) -> Position:
    return replace(position, steps=tuple(s for s in position.steps if s.id in standing.after))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
