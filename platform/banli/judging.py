"""What only the world can say of a client's answer: codes, photos, signatures, other systems; and how often it was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from banli import outages
from banli.beginnings import ON_FILE
from banli.caseload import Caseload, Held
from banli.clients import Visit
from banli.definitions.model import Field
from banli.developing import Developing
from banli.engine import Decision, Standing
from banli.errors import Problem
from banli.fields import Awaited
from banli.hooks import Place, Question, Unavailable
from banli.limits import ASKING, slowed
from banli.signing import Showing, Signing
from banli.steps import ASKED
from banli.steps.agreements import SIGNED
from banli.tries import judged, limit_of


class Judging:
    """Asks before the engine decides: it gets verdicts handed in."""

    def __init__(self, caseload: Caseload, signing: Signing, developing: Developing) -> None:
        self.store, self.plugins, self.signing, self.developing = caseload.store, caseload.plugins, signing, developing

    async def judge(
        self, visit: Visit, held: Held, step: str, awaits: Sequence[Awaited], showing: Showing | None = None
    ) -> dict[str, Any]:
        """What only the world can say: is the code right, is that file the one that this field asks for."""
        asked = [a for a in awaits if a.kind == "file"]
        files = await self.store.files_of(held.case.id) if asked else []
        slots = {file.id: file.slot for file in files}
        own = _slots(held, step)
        verdicts: dict[str, Any] = {
            a.at: "ok" if slots.get(a.answer) in own.get(a.at, ()) else "file_unknown" for a in asked
        }
        for awaited in awaits:
            if awaited.kind == ASKED:
                verdicts[ASKED] = await self._ask(visit, held, step, awaited)
            if awaited.kind == SIGNED and (at := held.position.step(step)) is not None:
                verdicts[SIGNED] = await self.signing.judge(held, at, place_of(held, at), showing)
        if all(verdict == "ok" for verdict in verdicts.values()):
            for awaited in awaits:
                if awaited.kind == "otp":
                    purpose = purpose_of(held, awaited.at, awaited.purpose)
                    said = await self.store.check_code(purpose, awaited.to, visit.session.id, awaited.answer)
                    verdicts[awaited.at] = "ok" if said == "ok" else f"code_{said}"
            if asked:
                verdicts |= await self.developing.read_of(held.row, _asked(held, step), asked, files)
        return verdicts

    async def tried_too_often(self, visit: Visit, held: Held, step: str, decision: Decision) -> Problem | None:
        """Counts an answer that was judged, in all cases of this client's business: giving a case up gives no new tries."""
        standing = held.position.step(step)
        limit = limit_of(standing) if standing is not None else None
        if standing is None or limit is None or not judged(standing, held.edition.forms, decision):
            return None
        return await slowed(self.store, limit, f"{visit.client}|{held.case.business}|{step}")

    async def _ask(self, visit: Visit, held: Held, step: str, awaited: Awaited) -> Mapping[str, object] | str:
        """What another system says of this client; a word when it does not answer, or was asked too often."""
        case, kind = held.case, self.plugins.inquiries.get(awaited.purpose)
        if kind is None or await slowed(self.store, ASKING, visit.counted) is not None:
            return "unavailable"
        options = next(s.bound.step.options for s in held.position.steps if s.id == step)
        record = dict(case.record)
        question = Question(case.company, str(record.get("ref", "")), case.number, record, dict(options.get("with", {})))
        try:
            return await kind.ask(question)
        except Unavailable as silent:
            outages.log(kind.name, silent)
            return "unavailable"


def place_of(held: Held, standing: Standing) -> Place:
    """Where the client is, as a plugin is told."""
    case, edition, step = held.case, held.edition, standing.bound.step
    return Place(
        case.company, case.client, case.id, case.number, case.business, case.edition, standing.id, step.options,
        dict(case.record), standing.names, {step: dict(result.data) for step, result in case.results.items()},
        lambda text: edition.condition(f"step {step.id}", text).holds(standing.names),
        edition.openings.get(step.hours) or edition.hours, standing.status == "done",
    )  # fmt: skip


def slot_of(step: str, at: str) -> str:
    return f"{step}.{at}"


def _slots(held: Held, step: str) -> dict[str, tuple[str, str]]:
    """Where the photo of each field may come from: taken for this very field, or on file as what it asks for."""
    return {f.name: (slot_of(step, f.name), f"{ON_FILE}.{f.prefill.removeprefix('client.')}") for f in _asked(held, step)}


def _asked(held: Held, step: str) -> Sequence[Field]:
    """The questions of a step's form."""
    bound = next((s.bound for s in held.position.steps if s.id == step), None)
    form = bound.form(held.edition.forms) if bound is not None else None
    return form.fields if form is not None else ()


def purpose_of(held: Held, at: str, named: object) -> str:
    """A code is good for one case and one purpose."""
    return f"{held.case.number}|{named or at}"
