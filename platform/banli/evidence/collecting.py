"""Gathers the evidence of a case: documents, statements, signatures, the events, and what plugins add to them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from banli.bindery import Bindery
from banli.caseload import Caseload, Held
from banli.evidence.verify import EVENTS, HEAD, MANIFEST, SEAL, TAIL
from banli.hooks import Exhibit, Unavailable
from banli.signing import Showing

VERIFIER = ("verify.py", "verify_chain.py", "verify_pdf.py")
Retells = Callable[[Held, str], Showing]
"""How the client of a case was shown its texts in a language; made by whoever draws the pages."""


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """Why there is none, in a sentence for the operator."""

    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The files of a case, the manifest and its seal last. `missing` are the documents that can no longer be shown as they were
    signed, `unsealed` the PDFs without time stamp and seal, `open` why the manifest has no seal yet."""

    number: str
    made_at: datetime
    files: dict[str, bytes] = field(repr=False)
    signatures: int = 0
    missing: tuple[str, ...] = ()
    unsealed: tuple[str, ...] = ()
    open: str = ""

    def packed(self) -> bytes:
        """All of it as one zip file."""
        buffer, at = io.BytesIO(), self.made_at.timetuple()[:6]
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packing:
            for name, content in self.files.items():
                packing.writestr(zipfile.ZipInfo(name, at), content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


async def gather(caseload: Caseload, number: str, retells: Retells, version: str) -> Evidence | NoEvidence:
    """The evidence as of now. May raise `Unavailable` when a plugin's other system does not answer."""
    row = await caseload.store.case(number=number)
    if row is None:
        return NoEvidence(f"There is no case '{number}'.")
    if row.forgotten:
        return NoEvidence(f"What was signed in case {number} was forgotten: it was kept for as long as it had to be.")
    held = await caseload.hold(row)
    signed = list(_signed(held))
    if not signed:
        return NoEvidence(f"Nothing was signed in case {number}, so there is nothing to prove.")
    exhibits: list[Exhibit] = []
    listed: list[dict[str, str]] = []
    missing: list[str] = []
    unsealed: list[str] = []
    bindery = Bindery(caseload)
    for place, one in enumerate(signed, 1):
        at, said = f"{place:02d}", json.loads(one["statement"])
        statement, signature = f"statements/{at}.json", f"signatures/{at}.der"
        document = await _document(caseload, held, said, at, retells) if said.get("agreement") else None
        if document is not None:
            exhibits.append(document)
        elif said.get("agreement"):
            missing.append(f"{said['title']} {said['number']}".strip())
        paper = await bindery.paper(held, one["pdf"]["digest"]) if one.get("pdf") else None
        if paper is not None:
            exhibits.append(Exhibit(f"papers/{at}.pdf", "paper", paper.content))
            unsealed += [] if paper.sealed else [f"{said['title']} {said['number']}".strip()]
        exhibits.append(Exhibit(statement, "statement", one["statement"].encode()))
        exhibits.append(Exhibit(signature, "signature", b64decode(one["signature"])))
        listed.append({
            "number": at, "row": one["row"], "title": said.get("title", ""), "statement": statement, "signature": signature,
            "document": document.name if document is not None else "", "serial": one["serial"], "at": one["at"],
            "paper": f"papers/{at}.pdf" if paper is not None else "",
        })  # fmt: skip
    for plugin in caseload.plugins.active:
        exhibits += await plugin.evidence(signed)
    exhibits.append(Exhibit(EVENTS, "events", await _events(caseload, held)))
    exhibits += [Exhibit(name, "verifier", Path(__file__).with_name(name).read_bytes()) for name in VERIFIER]
    made = held.moment.now
    about = {
        "banli_evidence": 1, "case": held.case.number, "company": held.case.company, "company_name": held.edition.company.name,
        "business": held.case.business, "business_title": held.edition.business.title or held.edition.flow.title,
        "client": held.case.client, "edition": held.case.edition, "state": held.case.state,
        "made_at": made.isoformat(timespec="seconds"), "made_by": f"banli {version}", "signatures": listed,
        "files": [{"name": x.name, "kind": x.kind, "sha256": hashlib.sha256(x.content).hexdigest()} for x in exhibits],
    }  # fmt: skip
    ends, why = await _sealed(caseload, about)
    files = {one.name: one.content for one in exhibits} | ends
    return Evidence(number, made, files, len(signed), tuple(missing), tuple(unsealed), why)


async def _sealed(caseload: Caseload, about: dict[str, Any]) -> tuple[dict[str, bytes], str]:
    """The manifest with the company's seal over it, where there is one; the code of why it cannot be had now."""
    manifest, why = _json({**about, "seal": SEAL}), ""
    for plugin in caseload.plugins.active:
        try:
            seal = await plugin.seal(manifest)
        except Unavailable as silent:
            why = silent.code
        else:
            if seal is not None:
                return {MANIFEST: manifest, SEAL: seal}, ""
    return {MANIFEST: _json(about)}, why


def _signed(held: Held) -> Iterator[dict[str, Any]]:
    """What signers have handed over, in the order of the pages."""
    order = {standing.id: place for place, standing in enumerate(held.position.steps)}
    for step in sorted(held.case.results, key=lambda id: order.get(id, len(order))):
        data = held.case.results[step].data
        for one in data.get("signatures", ()) if isinstance(data, dict) else ():
            yield dict(one)


async def _document(caseload: Caseload, held: Held, said: dict[str, Any], at: str, retells: Retells) -> Exhibit | None:
    """The document that a statement is about, exactly as it was signed; None when it cannot be made again."""
    text = held.edition.agreements.get(said["agreement"])
    if text is None:
        return None
    if text.format == "pdf":
        try:
            content = await caseload.editions.paper(said["text"])
        except KeyError:
            return None
        return Exhibit(f"documents/{at}.pdf", "document", content)
    try:
        content = retells(held, said["language"]).text(text).encode()
    except KeyError:
        return None
    if hashlib.sha256(content).hexdigest() != said["text"]:
        return None
    return Exhibit(f"documents/{at}.html", "document", HEAD + content + TAIL)


async def _events(caseload: Caseload, held: Held) -> bytes:
    """The chain without what the events say: that is personal, and the chain covers its sealed form."""
    row = held.row
    links = [asdict(link) for link in await caseload.store.links(row.id) if link.seq <= row.last_seq]
    return _json({"case": row.number, "case_id": row.id, "last_seq": row.last_seq, "head": row.head, "events": links})


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
