"""Agreements as signed PDFs: drawn before the client signs, signed by the client inside, sealed by the company. All as jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from banli.caseload import Caseload, Held
from banli.definitions.model import Agreement
from banli.engine import Standing
from banli.hooks import Binder, Box, Drafts, Prepared, Signer, Unavailable, Unfit
from banli.pdfs.drawing import Sheet, draw
from banli.statements import canonical
from banli.steps import Agreements
from banli.store import FileRow, JobRow
from banli.store.worker import Handler, Later

DRAFT, PAPER = "draft", "paper"
"""Slots of a case's files. Which text of which step it is stands in the file's (sealed) name."""
PLACE: Box = (368.5, 705.8, 544.3, 790.9)
"""Where the client's signature stands on the first page of what we draw: 62 by 30 mm, in the corner inside margins of 18 mm."""
GIVES_UP = timedelta(seconds=60)
"""After so long a client signs without the PDFs that are not there: nobody waits for a machine that is down."""
DRAWS, SEALS_AGAIN = 3, timedelta(minutes=5)
"""How often drawing is tried; how long the authority of time stamps is left alone when it does not answer."""


class Draws(Protocol):
    """The whole page of a text for print, with what is told of the case and room for the signature; made by whoever draws
    pages. `at` is when it is drawn; `hand` says that `picture:hand` is there, the client's handwriting."""

    def __call__(self, text: Agreement, *, at: str, hand: bool) -> str: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """The texts of a step that are to be signed now, by row, and how they are drawn."""

    held: Held = field(repr=False)
    standing: Standing = field(repr=False)
    round: str
    texts: Mapping[str, Agreement] = field(repr=False)
    draws: Draws = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paper:
    """A signed PDF. `sealed` False: the client's signature alone, because time stamps could not be had yet."""

    content: bytes = field(repr=False)
    sealed: bool


class Bindery:
    """Files of a case called `draft` wait for a signature, those called `paper` have one."""

    def __init__(self, caseload: Caseload) -> None:
        self.caseload, self.store, self.clock = caseload, caseload.store, caseload.clock

    @property
    def handlers(self) -> dict[str, Handler]:
        return {"draw": self.draw, "bind": self.bind}

    async def drafts(self, wanted: Wanted) -> Drafts:
        """What there is of these texts. What there is not yet is ordered, once."""
        held, step = wanted.held, wanted.standing.id
        hand = self._hand(held, wanted.standing)
        keys = {row: self._key(wanted, text, hand) for row, text in wanted.texts.items()}
        ready: dict[str, str] = {}
        for file in await self.store.files_of(held.case.id, DRAFT):
            told = _told(file)
            if told.get("step") == step and keys.get(told["row"]) == told["key"]:
                ready[told["row"]] = str(told["digest"])
        missing = [row for row in keys if row not in ready]
        coming = len(missing) if missing and await self._ordered(wanted, hand, {row: keys[row] for row in missing}) else 0
        return Drafts({row: digest for row, digest in ready.items() if digest}, coming)

    async def paper(self, held: Held, digest: str) -> Paper | None:
        """The signed PDF whose draft had this digest, as far as it can be made now."""
        found = await self._made(held.case.id, digest)
        if found is not None:
            return found
        drafts = [file for file in await self.store.files_of(held.case.id, DRAFT) if _told(file)["digest"] == digest]
        draft = await self.store.file(held.case.id, drafts[0].id) if drafts else None
        for binder, one in self._signed(held):
            if draft is not None and one["pdf"]["digest"] == digest:
                return Paper(await binder.finish(draft[1], one), False)
        return None

    async def signed_at(self, held: Held, step: str, row: str) -> Paper | None:
        """The signed PDF of a row of a step; None where there is none."""
        result = held.case.results.get(step)
        listed = result.data.get("signatures", ()) if result is not None and isinstance(result.data, dict) else ()
        digest = next((str(one["pdf"]["digest"]) for one in listed if one["row"] == row and one.get("pdf")), "")
        return await self.paper(held, digest) if digest else None

    async def _made(self, case_id: str, digest: str) -> Paper | None:
        files = [file for file in await self.store.files_of(case_id, PAPER) if _told(file).get("digest") == digest]
        best = max(files, key=lambda file: bool(_told(file)["sealed"]), default=None)
        found = await self.store.file(case_id, best.id) if best is not None else None
        return Paper(found[1], bool(_told(found[0])["sealed"])) if found is not None else None

    async def draw(self, job: JobRow) -> Later | None:
        """Draws what was ordered, and makes room for the signatures."""
        held = await self.caseload.find(id=str(job.payload["case"]))
        signer = self.caseload.plugins.signers.get(str(job.payload["signer"]))
        binder = signer.binder() if signer is not None else None
        if held is None or binder is None:
            return None
        orders: Sequence[Mapping[str, str]] = job.payload["sheets"]
        there = {(_told(f).get("step"), _told(f).get("key")) for f in await self.store.files_of(held.case.id, DRAFT)}
        orders = [one for one in orders if (job.payload["step"], one["key"]) not in there]
        sheets = [Sheet(one["row"], one["html"], await self._pictures(held, one["hand"])) for one in orders if one["html"]]
        drawn = await draw(sheets, binder.fonts) if sheets else {}
        late = False
        for one in orders:
            prepared = await self._prepared(binder, one, drawn.get(one["row"]))
            if not prepared.digest and job.attempts < DRAWS:
                late = True
                continue
            await self._keep_draft(held, str(job.payload["step"]), one, prepared)
        return Later("not-drawn") if late else None

    async def bind(self, job: JobRow) -> Later | None:
        """Puts signatures into their drafts and seals them. Without time stamps there is at least the client's signature."""
        held = await self.caseload.find(id=str(job.payload["case"]))
        if held is None:
            return None
        drafts = {_told(file)["digest"]: file for file in await self.store.files_of(held.case.id, DRAFT)}
        late = ""
        for binder, one in self._signed(held):
            digest = str(one["pdf"]["digest"])
            before = await self._made(held.case.id, digest)
            file = drafts.get(digest)
            found = await self.store.file(held.case.id, file.id) if file is not None else None
            if found is None or (before is not None and before.sealed):
                continue
            try:
                paper = Paper(await binder.seal(found[1], one), True)
            except Unavailable as silent:
                late = silent.code
                if before is not None:
                    continue
                paper = Paper(await binder.finish(found[1], one), False)
            await self._keep_paper(held, paper, found[0])
        return Later(late, SEALS_AGAIN, counts=False) if late else None

    def _signed(self, held: Held) -> Iterator[tuple[Binder, dict[str, Any]]]:
        """What was signed as a PDF too, in any step of the case."""
        for standing in held.position.steps:
            signer, result = self.signer(standing), held.case.results.get(standing.id)
            binder = signer.binder() if signer is not None else None
            if binder is None or result is None:
                continue
            for one in result.data.get("signatures", ()):
                if one.get("pdf"):
                    yield binder, dict(one)

    def signer(self, standing: Standing) -> Signer | None:
        """Who signs at this step, if anybody does."""
        bound = standing.bound
        return self.caseload.plugins.signers.get(bound.kind.signer(bound.step)) if isinstance(bound.kind, Agreements) else None

    def _key(self, wanted: Wanted, text: Agreement, hand: str) -> str:
        """The same as long as the sheet would be the same but for its time, and for one day."""
        if text.format == "pdf":
            return _sha256(canonical(["pdf", text.digest, wanted.round]))
        html = wanted.draws(text, at="", hand=bool(hand))
        return _sha256(canonical([html, hand, wanted.round, wanted.held.moment.today]))

    async def _ordered(self, wanted: Wanted, hand: str, keys: Mapping[str, str]) -> bool:
        """Are they still to be waited for? False when they cannot be made, or nobody makes them in time."""
        case, step = wanted.held.case, wanted.standing.id
        name = f"{case.id}:draw:{_sha256(canonical([step, keys]))[:32]}"
        known = await self.store.job(name)
        if known is not None:
            return known.state != "failed" and self.clock() - known.created_at < GIVES_UP
        at = wanted.held.moment.now.isoformat(timespec="minutes")
        sheets = []
        for row, key in keys.items():
            text = wanted.texts[row]
            ours = text.format != "pdf"
            html = wanted.draws(text, at=at, hand=bool(hand)) if ours else ""
            sheet = {"row": row, "key": key, "html": html, "hand": hand if ours else "", "paper": "" if ours else text.digest}
            sheets.append(sheet)
        bound = wanted.standing.bound
        assert isinstance(bound.kind, Agreements)
        order = {"case": case.id, "step": step, "signer": bound.kind.signer(bound.step), "sheets": sheets}
        async with self.store.transaction() as tx:
            await tx.add_job("draw", name, order, case.id)
        return True

    def _hand(self, held: Held, standing: Standing) -> str:
        """The file with the client's handwriting, where the step wants it shown; "" for none."""
        name = str(standing.bound.step.options.get("handwriting", "")).removeprefix("client.")
        return str(held.case.changes.get(name, held.case.record.get(name)) or "") if name else ""

    async def _pictures(self, held: Held, hand: str) -> dict[str, bytes]:
        found = await self.store.file(held.case.id, hand) if hand else None
        return {"hand": found[1]} if found is not None and found[0].media_type in ("image/png", "image/jpeg") else {}

    async def _prepared(self, binder: Binder, one: Mapping[str, str], drawn: bytes | None) -> Prepared:
        """The draft; without a digest when there can be none."""
        try:
            if one["paper"]:
                return await binder.prepare(await self.caseload.editions.paper(one["paper"]), None)
            return await binder.prepare(drawn, PLACE) if drawn is not None else Prepared(b"")
        except (Unfit, KeyError):
            return Prepared(b"")

    async def _keep_draft(self, held: Held, step: str, one: Mapping[str, str], prepared: Prepared) -> None:
        """Earlier ones of this text stay until one is sealed: what was signed may be waiting in its signer's hands."""
        told = {"step": step, "row": one["row"], "key": one["key"], "digest": prepared.digest}
        await self._keep(held, DRAFT, prepared.content, told, ())

    async def _keep_paper(self, held: Held, paper: Paper, draft: FileRow) -> None:
        """In the place of what it was made from, once it is sealed."""
        files, told = await self.store.files_of(held.case.id), _told(draft)
        instead = [file.id for file in files if file.slot == PAPER and _told(file).get("digest") == told["digest"]]
        if paper.sealed:
            instead += [file.id for file in files if file.slot == DRAFT and _older(file, draft)]
        told = {name: told[name] for name in ("step", "row", "digest")} | {"sealed": paper.sealed}
        await self._keep(held, PAPER, paper.content, told, instead)

    async def _keep(self, held: Held, slot: str, content: bytes, told: Mapping[str, Any], instead: Sequence[str]) -> None:
        name = json.dumps(told, ensure_ascii=False)
        staged = await self.store.stage_file(held.row, slot, "application/pdf", content, name)
        async with self.store.transaction() as tx:
            await tx.add_file(held.row, staged)
            for file in instead:
                await tx.drop_file(held.case.id, file)


def _told(file: FileRow) -> dict[str, Any]:
    told = json.loads(file.name)
    return told if isinstance(told, dict) else {}


def _older(file: FileRow, than: FileRow) -> bool:
    """A draft of the same text, made no later."""
    one, other = _told(file), _told(than)
    return (one["step"], one["row"]) == (other["step"], other["row"]) and file.created_at <= than.created_at


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
