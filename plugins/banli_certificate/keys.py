"""The server's half of the clients' keys: who may ask for it, how often, and which key has which certificate.

A phone keeps its signing key wrapped; to unwrap it, it needs the password and what the server makes of it, blinded. Each asking
is counted before it is answered, and only a signature of the key takes the count back. So a stolen phone has five tries, and
whoever has the database has none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from banli.hooks import Entry, Ledger, Unavailable
from banli_certificate.authority import CertificateAuthority, Issued, NotIssued, Subject, Waiting
from banli_certificate.authority.base import Reason
from banli_certificate.oprf import CURVE, NoPoint, draw, evaluate

TRIES = 5
KEY = "key"
SKEW = timedelta(minutes=5)
"""How far an authority's clock may be ahead of ours."""
ENROL, PROVE = b"banli enrol ", b"banli prove "
"""What a signature over a nonce begins with, so that one can never stand for the other, nor for a document."""


@dataclass(frozen=True, slots=True)
class Held:
    """A client's certificate as the site knows it: none, valid, expiring, expired or revoked."""

    state: str
    key: str = ""
    serial: str = ""
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Half:
    """The server's half of one asking, and how many more there are."""

    evaluated: bytes
    nonce: bytes
    left: int


class DeviceKeys:
    """The keys of one site's clients. `client` is always the keyed hash of who has logged in: nobody asks for another's."""

    def __init__(
        self,
        ledger: Callable[[], Ledger],
        authority: CertificateAuthority,
        clock: Callable[[], datetime],
        *,
        warn_days: int = 30,
    ) -> None:
        self._ledger, self.authority, self._clock, self._warn = ledger, authority, clock, warn_days

    async def begin(self, client: str) -> tuple[str, bytes]:
        """A number for a key that is to be made, and a nonce. What was begun before and never finished is dropped."""
        ledger = self._ledger()
        for entry in await ledger.of(KEY, client):
            if entry.document["state"] == "begun":
                await ledger.drop(entry)
        id, nonce = secrets.token_hex(16), secrets.token_bytes(32)
        document = {
            "number": f"{draw():064x}", "state": "begun", "tries": 0, "nonce": nonce.hex(), "public": "", "serial": "",
            "ends": "",
        }  # fmt: skip
        await ledger.add(KEY, id, client, document)
        return id, nonce

    async def evaluate(self, client: str, id: str, blinded: bytes) -> Half | str:
        """The point multiplied, or a code: certificate_unknown, certificate_broken, certificate_locked."""
        ledger = self._ledger()
        while (entry := await self._find(client, id)) is not None:
            tries = int(entry.document["tries"])
            if tries >= TRIES:
                return "certificate_locked"
            try:
                answer = evaluate(int(entry.document["number"], 16), blinded)
            except NoPoint:
                return "certificate_broken"
            begun = entry.document["state"] == "begun"
            nonce = bytes.fromhex(entry.document["nonce"]) if begun else secrets.token_bytes(32)
            if await ledger.change(entry, {**entry.document, "tries": tries + 1, "nonce": nonce.hex()}) is not None:
                return Half(answer, nonce, TRIES - tries - 1)
        return "certificate_unknown"

    async def enrol(self, client: str, id: str, subject: Subject, request: bytes, proof: bytes) -> Issued | Waiting | str:
        """A certificate for the key, or a code; or to ask again later with the same. The keys that the client had before are
        revoked once the new one is certified: one phone signs."""
        entry = await self._find(client, id)
        if entry is None:
            return "certificate_unknown"
        if not entry.document["nonce"] and entry.document["state"] == "begun":
            return "certificate_unknown"
        issued = await self._issue(entry, subject, request, proof)
        if not isinstance(issued, Issued):
            return issued
        public = _public(issued.certificate)
        done = {
            **entry.document, "state": "active", "tries": 0, "nonce": "", "public": public.hex(), "serial": issued.serial,
            "ends": issued.not_after.isoformat(),
        }  # fmt: skip
        if entry.document["state"] == "begun" and await self._ledger().change(entry, done) is None:
            now = await self._find(client, id)
            if now is None or now.document["serial"] != issued.serial:
                await self.authority.revoke(issued.serial, "superseded")
                return "certificate_unknown"
        await self._retire(client, "new_device", but=id)
        return issued

    async def prove(self, client: str, id: str, signature: bytes) -> str:
        """Takes back the count, for who has opened the key: "" or a code. A nonce serves once."""
        entry = await self._find(client, id)
        if entry is None or entry.document["state"] != "active" or not entry.document["nonce"]:
            return "certificate_unknown"
        nonce = bytes.fromhex(entry.document["nonce"])
        if not verified(bytes.fromhex(entry.document["public"]), signature, PROVE + nonce):
            return "certificate_broken"
        done = await self._ledger().change(entry, {**entry.document, "tries": 0, "nonce": ""})
        return "" if done is not None else "certificate_unknown"

    async def forget(self, client: str, reason: Reason) -> None:
        """Revokes what the client has: the password is forgotten, the phone another one."""
        await self._retire(client, reason)

    async def held(self, client: str, *, surely: bool = True) -> Held:
        """The certificate that the client signs with now, or why there is none. An authority that does not answer raises
        `Unavailable`; where it need not be sure, what the site itself knows counts."""
        seen = Held("none")
        for entry in await self._ledger().of(KEY, client):
            if entry.document["state"] == "revoked" and seen.state == "none":
                seen = Held("revoked", entry.name, str(entry.document["serial"]))
            if entry.document["state"] == "active":
                serial, ends = str(entry.document["serial"]), datetime.fromisoformat(entry.document["ends"])
                try:
                    state: str = (await self.authority.status(serial)).state
                except Unavailable:
                    if surely:
                        raise
                    state = "good"
                if state == "good":
                    days = (ends - self._clock()).total_seconds() / 86400
                    state = "expired" if days <= 0 else "expiring" if days <= self._warn else "valid"
                return Held("none" if state == "unknown" else state, entry.name, serial, ends)
        return seen

    async def all(self, client: str) -> list[Entry]:
        """The keys that have been certified for this client, newest first: `serial`, `ends`, and `state` active or revoked."""
        return [entry for entry in await self._ledger().of(KEY, client) if entry.document["state"] != "begun"]

    async def public(self, client: str, id: str) -> bytes | None:
        """The public key (a compressed point) of a client's active key."""
        entry = await self._find(client, id)
        return bytes.fromhex(entry.document["public"]) if entry is not None and entry.document["state"] == "active" else None

    async def _issue(self, entry: Entry, subject: Subject, request: bytes, proof: bytes) -> Issued | Waiting | str:
        """Asks the authority, once the request's own key has signed nonce and request. An enrolment whose answer was lost
        comes again with the same request: then the certificate is there already."""
        from cryptography import x509

        if len(request) > 2000:
            return "certificate_broken"
        try:
            key = x509.load_der_x509_csr(request).public_key()
        except Exception:  # the parser has many ways to say that it cannot read something
            return "certificate_broken"
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return "certificate_broken"
        point = _compressed(key)
        if entry.document["state"] == "begun":
            if not verified(point, proof, ENROL + bytes.fromhex(entry.document["nonce"]) + request):
                return "certificate_broken"
        elif entry.document["state"] != "active" or entry.document["public"] != point.hex():
            return "certificate_unknown"
        issued = await self.authority.enrol(subject, request, entry.name)
        if isinstance(issued, Waiting):
            return issued
        if isinstance(issued, NotIssued) or _public(issued.certificate) != point:
            return "certificate_refused"
        now = self._clock()
        if not issued.not_before - SKEW <= now < issued.not_after:
            # A clock is wrong, theirs or ours: nobody could sign with it.
            await self.authority.revoke(issued.serial, "superseded")
            return "certificate_authority_clock"
        return issued

    async def _retire(self, client: str, reason: Reason, but: str = "") -> None:
        ledger = self._ledger()
        for known in await ledger.of(KEY, client):
            entry: Entry | None = known
            while entry is not None and entry.name != but and entry.document["state"] == "active":
                await self.authority.revoke(str(entry.document["serial"]), reason)
                if await ledger.change(entry, {**entry.document, "state": "revoked", "number": "", "nonce": ""}) is not None:
                    break
                # Somebody tries a password at this very moment: what helps to try them goes all the same.
                entry = await ledger.get(KEY, entry.name)

    async def _find(self, client: str, id: str) -> Entry | None:
        """The client's own key that is begun or active. That another has one with this number is not told."""
        entry = await self._ledger().get(KEY, id) if len(id) == 32 and client else None
        mine = entry is not None and entry.owner == client and entry.document["state"] in ("begun", "active")
        return entry if mine else None


def verified(point: bytes, signature: bytes, signed: bytes) -> bool:
    """Is this a signature (DER) by the key of that point over these bytes (ECDSA, SHA-256)?"""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point).verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def text_of(said: Mapping[str, Any], name: str, most: int = 8000) -> bytes:
    """Bytes that a page has sent as base64url; b"" for anything else."""
    from base64 import urlsafe_b64decode

    text = said.get(name)
    if not isinstance(text, str) or len(text) > most:
        return b""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _public(certificate: bytes) -> bytes:
    from cryptography import x509

    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return _compressed(key)


def _compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
