"""The signer `certificate`: agreements signed by the client's key, one statement for each (R-100 to R-113)."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from banli.hooks import Binder, Clock, Drafts, Entry, Ledger, Place, Reply, Signer, Statement, ToSign
from banli_certificate.asking import asked, owner_of, refusal, sent
from banli_certificate.authority.base import Reason
from banli_certificate.desk import noted
from banli_certificate.keys import DeviceKeys, Held, text_of, verified
from banli_certificate.pdf.attributes import signed_attributes

OFFER, SIGNATURE = "offer", "signature"
LASTS = timedelta(minutes=15)
"""How long an offer can be signed. What was signed in time holds until the step is answered."""
SKEW = timedelta(seconds=10)
"""How far the clocks of two processes may lie apart."""
MOST = 100
"""Signatures that come at once."""
REASONS: Mapping[str, Reason] = {"forgotten_password": "forgotten_password", "new_device": "new_device"}
"""Why a client may end a certificate."""


class CertificateSigner(Signer):
    """An offer is a nonce with the statements of one case; the phone signs each, and what has arrived is kept, so that signing
    goes on where it was interrupted. Nothing that is signed comes from the phone but the signature."""

    name = "certificate"
    scripts = ("certificate_sign",)
    template = "banli_certificate/sign"
    needs = "certificate"

    def __init__(self, keys: DeviceKeys, ledger: Callable[[], Ledger], clock: Clock, binder: Binder | None = None) -> None:
        self._keys, self._ledger, self._clock, self._binder = keys, ledger, clock, binder

    def binder(self) -> Binder | None:
        return self._binder

    async def page(self, place: Place, papers: ToSign) -> Mapping[str, Any]:
        await noted(self._ledger(), place)
        await papers.drafts()  # what is to be signed as a PDF is drawn while the client reads
        held = await self._keys.held(place.client)
        signed = await self._signed(place, papers, held) if held.state in ("valid", "expiring") else {}
        return {
            "kept_as": owner_of(place), "state": held.state, "left": len(papers.statements) - len(signed),
            "resumed": len(signed), "ends": held.ends,
        }  # fmt: skip

    async def call(self, place: Place, papers: ToSign, name: str, said: Mapping[str, Any]) -> Reply | None:
        if (reply := await asked(self._keys, place.client, name, said)) is not None:
            return reply
        if name == "offer":
            return await self._offer(place, papers)
        if name == "signed":
            return await self._take(place, papers, said)
        if name == "forget":
            reason = REASONS.get(str(said.get("reason")))
            if reason is None:
                return None
            await self._keys.forget(place.client, reason)
            return Reply()
        return None

    async def judge(self, place: Place, papers: ToSign) -> Mapping[str, dict[str, Any]] | str:
        held = await self._keys.held(place.client)
        if code := unusable(held):
            return code
        signed = await self._signed(place, papers, held)
        if any(statement.row not in signed for statement in papers.statements):
            return "signature_missing"
        return signed

    async def used(self, place: Place) -> None:
        ledger = self._ledger()
        for kind in (OFFER, SIGNATURE):
            for entry in await ledger.of(kind, place.case):
                if entry.document["step"] == place.step:
                    await ledger.drop(entry)

    async def _offer(self, place: Place, papers: ToSign) -> Reply:
        """What is still to be signed, with a nonce. An earlier offer of this case is worth nothing from now on."""
        held = await self._keys.held(place.client)
        if code := unusable(held):
            return refusal(code)
        signed = await self._signed(place, papers, held)
        drafts = await papers.drafts() if len(signed) < len(papers.statements) else Drafts()
        if drafts.coming:
            return Reply({"coming": drafts.coming, "all": len(papers.statements)})
        ledger, nonce = self._ledger(), secrets.token_hex(32)
        for entry in await ledger.of(OFFER, place.case):
            if entry.document["step"] == place.step:
                await ledger.drop(entry)
        at = self._clock().isoformat(timespec="seconds")
        left = [one for one in papers.statements if one.row not in signed]
        pdfs = {one.row: drafts.ready[one.row] for one in left if one.row in drafts.ready}
        open_ = {one.row: one.content(at, nonce, pdfs.get(one.row, "")) for one in left}
        if open_:
            rows = {row: digest(content) for row, content in open_.items()}
            document = {"client": place.client, "step": place.step, "round": papers.round, "at": at, "rows": rows, "pdfs": pdfs}
            await ledger.add(OFFER, nonce, place.case, document)
        statements = [{"row": row, "content": content.decode()} for row, content in open_.items()]
        certificate = sent(await self._keys.authority.certificate(held.serial) or b"")
        return Reply({
            "key": held.key, "certificate": certificate, "nonce": nonce, "all": len(papers.statements), "statements": statements,
        })  # fmt: skip

    async def _take(self, place: Place, papers: ToSign, said: Mapping[str, Any]) -> Reply:
        """Keeps signatures as they are made: those of the statements that were offered to this client for this case, and only
        while they still say what the client is shown."""
        offer = await self._ledger().get(OFFER, str(said.get("nonce", ""))[:65])
        if offer is None or not self._open(offer, place, papers):
            return refusal("certificate_offer_over")
        held = await self._keys.held(place.client)
        if code := unusable(held):
            return refusal(code)
        public = await self._keys.public(place.client, held.key)
        signatures = said.get("signatures")
        if not isinstance(signatures, list) or len(signatures) > MOST or public is None:
            return refusal("certificate_signature_broken")
        wanted = {statement.row: statement for statement in papers.statements}
        pdfs = offer.document.get("pdfs", {})
        certificate = await self._keys.authority.certificate(held.serial) or b"" if pdfs else b""
        taken: list[tuple[Statement, bytes, bytes]] = []
        for one in signatures:
            row = str(one.get("row", "")) if isinstance(one, Mapping) else ""
            if row not in offer.document["rows"]:
                return refusal("certificate_signature_broken")
            pdf = str(pdfs.get(row, ""))
            content = wanted[row].content(offer.document["at"], offer.name, pdf) if row in wanted else b""
            if digest(content) != offer.document["rows"][row]:
                return refusal("signature_outdated")
            signature, inside = text_of(one, "signature", 200), text_of(one, "pdf", 200) if pdf else b""
            if not verified(public, signature, content):
                return refusal("certificate_signature_broken")
            if pdf and not verified(public, inside, signed_attributes(bytes.fromhex(pdf), certificate)):
                return refusal("certificate_signature_broken")
            taken.append((wanted[row], signature, inside))
        for statement, signature, inside in taken:
            await self._keep(place, papers, held, statement, offer, signature, inside)
        return Reply({"kept": [statement.row for statement, _, _ in taken]})

    def _open(self, offer: Entry, place: Place, papers: ToSign) -> bool:
        told = offer.document
        mine = (offer.owner, told["client"], told["step"], told["round"]) == (place.case, place.client, place.step, papers.round)
        return mine and -SKEW <= self._clock() - datetime.fromisoformat(told["at"]) <= LASTS

    async def _keep(
        self, place: Place, papers: ToSign, held: Held, statement: Statement, offer: Entry, signature: bytes, inside: bytes
    ) -> None:
        ledger, name = self._ledger(), digest(f"{place.case}|{place.step}|{statement.row}".encode())
        document = {
            "row": statement.row, "client": place.client, "step": place.step, "round": papers.round,
            "offered": offer.document["at"], "nonce": offer.name, "signature": b64encode(signature).decode(),
            "key": held.key, "serial": held.serial, "at": self._clock().isoformat(timespec="seconds"),
        }  # fmt: skip
        if inside:
            document["pdf"] = {"digest": offer.document["pdfs"][statement.row], "signature": b64encode(inside).decode()}
        if await ledger.add(SIGNATURE, name, place.case, document) is not None:
            return
        there = await ledger.get(SIGNATURE, name)
        if there is not None and statement.row not in await self._signed(place, papers, held):
            # Somebody who was quicker and has signed the same stays: theirs is as good.
            await ledger.change(there, document)

    async def _signed(self, place: Place, papers: ToSign, held: Held) -> dict[str, dict[str, Any]]:
        """By row what was signed in this round and holds: the statement as it would be made again, signed by the key that is
        the client's now. The ledger keeps no statement, because what is entered stands in it."""
        kept: Sequence[Entry] = await self._ledger().of(SIGNATURE, place.case)
        public = await self._keys.public(place.client, held.key) if kept else None
        wanted = {statement.row: statement for statement in papers.statements}
        found = {}
        for told in (entry.document for entry in kept):
            mine = (told["client"], told["step"], told["round"]) == (place.client, place.step, papers.round)
            statement = wanted.get(told["row"])
            if statement is None or public is None or not mine or told["key"] != held.key:
                continue
            content = statement.content(told["offered"], told["nonce"], told.get("pdf", {}).get("digest", ""))
            if verified(public, b64decode(told["signature"]), content):
                same: dict[str, Any] = {n: told[n] for n in ("signature", "key", "serial", "at", "pdf") if n in told}
                found[statement.row] = {"statement": content.decode(), **same}
        return found


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unusable(held: Held) -> str:
    """Why nothing can be signed with this certificate now, or ""."""
    codes = {"none": "certificate_missing", "expired": "certificate_ended", "revoked": "certificate_was_revoked"}
    return codes.get(held.state, "")
