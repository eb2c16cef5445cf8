"""What a client has agreed to in a case, as it was recorded, with the very texts of the case's edition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from banli.caseload import Caseload, Held
from banli.clients import Visit
from banli.definitions.model import Agreement
from banli.engine import Standing
from banli.engine.case import Result
from banli.steps.agreements import digest_of


@dataclass(frozen=True, slots=True)
class Signed:
    """One text that was agreed to. `at` names the place, `step.row` or `step.question`; `digest` is what was recorded.

    `text` is None where the case can no longer show it as it was agreed to: an answer that the text says is another one since.
    """

    at: str
    title: str
    number: str
    digest: str
    agreed: datetime
    text: Agreement | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedCase:
    """A case that was submitted, and what was agreed to in it."""

    held: Held = field(repr=False)
    papers: tuple[Signed, ...]


class SignedPapers:
    """Looks up what was agreed to. A visit reaches only its own client's cases."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload = caseload

    async def of(self, visit: Visit) -> tuple[SignedCase, ...]:
        """The client's submitted cases in which something was agreed to, the newest first. A case that was forgotten tells
        nothing any more."""
        found = []
        for row in await self.caseload.store.cases_of(visit.company, visit.client) if visit.client else ():
            if row.submitted_at is not None and not row.forgotten:
                held = await self.caseload.hold(row)
                if papers := signed_in(held):
                    found.append(SignedCase(held, papers))
        return tuple(found)


def signed_in(held: Held) -> tuple[Signed, ...]:
    """What was agreed to in a case, in the order of its pages. Nothing in one that was never submitted."""
    if held.case.submitted_at is None:
        return ()
    return tuple(one for standing in held.position.applicable for one in _at(held, standing))


def _at(held: Held, standing: Standing) -> Iterator[Signed]:
    result = held.case.results.get(standing.id)
    if result is None:
        return
    for told in result.data.get("agreements", ()) if isinstance(result.data, dict) else ():
        if isinstance(told, dict) and {"id", "agreement", "digest"} <= told.keys():
            yield _signed(held, standing, result, told, str(told["id"]))
    for told in result.records:
        if told.get("kind") == "consent":
            yield _signed(held, standing, result, told, str(told["at"]))


def _signed(held: Held, standing: Standing, result: Result, told: dict[str, Any], name: str) -> Signed:
    known, digest = held.edition.agreements, str(told["digest"])
    # A case that was moved to another edition may know the same text under another name.
    named = known.get(str(told["agreement"]))
    same = (one for one in (named, *known.values()) if one is not None and one.digest == digest)
    text = next(same, None)
    if text is not None and digest_of(text, standing.names) != told.get("filled", digest):
        text = None
    titled = text or named
    title = str(told.get("title") or (titled.title if titled is not None else told["number"]))
    return Signed(f"{standing.id}.{name}", title, str(told["number"]), digest, datetime.fromisoformat(result.at), text)
