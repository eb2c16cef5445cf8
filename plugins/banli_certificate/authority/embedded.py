"""The authority that comes with the platform: an offline root, an intermediate online, what it has issued in the ledger."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp

from banli.hooks import Entry, Ledger, Unavailable
from banli_certificate.authority import profile
from banli_certificate.authority.base import Issued, NotIssued, Reason, Standing, Subject
from banli_certificate.authority.profile import Issuer

ROOT_LASTS, INTERMEDIATE_LASTS = timedelta(days=20 * 365), timedelta(days=10 * 365)
CRL_LASTS, KEPT = timedelta(days=1), timedelta(minutes=1)
LARGEST_QUESTION = 4000
"""Bytes of an OCSP request."""
LIST = "list"
"""The owner of all that stands on the list of what is revoked."""


class EmbeddedAuthority:
    """One site's own. Every process has the same one: its key is in the ledger, sealed by the site's key ring."""

    def __init__(self, ledger: Callable[[], Ledger], clock: Callable[[], datetime], *, days: int = 365, site: str = "") -> None:
        self._ledger, self._clock, self._lasts, self._site = ledger, clock, timedelta(days=days), site
        self._issuer: tuple[Issuer, x509.Certificate] | None = None
        self._list: tuple[datetime, bytes] | None = None

    async def set_up(self, name: str) -> bytes | None:
        """Makes root and intermediate. Returns the root's key (PEM, not encrypted) to be put away where no server is, or None
        when there is an authority already."""
        now = self._clock()
        above = profile.root(f"{name} Root CA", now, ROOT_LASTS)
        issuer = profile.intermediate(f"{name} Client CA", above, now, INTERMEDIATE_LASTS)
        document = {
            "certificate": _text(issuer.certificate.public_bytes(Encoding.DER)),
            "root": _text(above.certificate.public_bytes(Encoding.DER)),
            "key": _text(issuer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        }
        if await self._ledger().add("issuer", "intermediate", "site", document) is None:
            return None
        return above.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | NotIssued:
        public = _key_of(request)
        if isinstance(public, NotIssued):
            return public
        if not subject.name.strip() or not subject.number:
            return NotIssued("subject_refused")
        issuer, _ = await self._issuing()
        now, serial = self._clock(), _serial(issuer, key)
        name = profile.name_of(subject.name, subject.number, subject.company)
        made = await asyncio.to_thread(profile.client, name, public, issuer, int(serial, 16), now, self._lasts, self._site)
        document = {"certificate": _text(made.public_bytes(Encoding.DER)), "revoked_at": "", "reason": ""}
        ledger = self._ledger()
        if await ledger.add("certificate", serial, subject.number, document) is None:
            known = await ledger.get("certificate", serial)
            made = _certificate(known) if known is not None else made
            if _bits(made.public_key()) != _bits(public):
                return NotIssued("key_used")
        return Issued(
            serial, made.public_bytes(Encoding.DER), await self.chain(), made.not_valid_before_utc, made.not_valid_after_utc
        )

    async def status(self, serial: str) -> Standing:
        entry = await self._ledger().get("certificate", serial)
        return Standing("unknown") if entry is None else self._standing(entry)

    async def revoke(self, serial: str, reason: Reason) -> Standing:
        ledger, now = self._ledger(), self._clock()
        while (entry := await ledger.get("certificate", serial)) is not None:
            if entry.document["revoked_at"]:
                break
            changed = await ledger.change(entry, {**entry.document, "revoked_at": now.isoformat(), "reason": reason})
            if changed is not None:
                entry = changed
                break
        else:
            return Standing("unknown")
        # Put on the list even when it was revoked before: who revoked it may have stopped between the two.
        await ledger.add("revoked", serial, LIST, {"since": entry.document["revoked_at"], "reason": entry.document["reason"]})
        self._list = None
        return self._standing(entry)

    async def certificate(self, serial: str) -> bytes | None:
        entry = await self._ledger().get("certificate", serial)
        return b64decode(entry.document["certificate"]) if entry is not None else None

    async def chain(self) -> tuple[bytes, ...]:
        issuer, above = await self._issuing()
        return issuer.certificate.public_bytes(Encoding.DER), above.public_bytes(Encoding.DER)

    async def crl(self) -> bytes:
        issuer, _ = await self._issuing()
        now = self._clock()
        if self._list is None or not self._list[0] <= now < self._list[0] + KEPT:
            revoked, past, ledger = [], None, self._ledger()
            while piece := await ledger.of("revoked", LIST, past):
                past = piece[-1]
                for entry in piece:
                    since = datetime.fromisoformat(entry.document["since"])
                    revoked.append((int(entry.name, 16), since, str(entry.document["reason"])))
            self._list = now, await asyncio.to_thread(profile.crl, issuer, revoked, now, CRL_LASTS)
        return self._list[1]

    async def ocsp(self, request: bytes) -> bytes:
        issuer, _ = await self._issuing()
        try:
            asked = ocsp.load_der_ocsp_request(request) if len(request) <= LARGEST_QUESTION else None
        except ValueError:
            asked = None
        if asked is None or asked.issuer_key_hash != _hash_of(issuer, asked.hash_algorithm):
            refused = ocsp.OCSPResponseStatus.MALFORMED_REQUEST if asked is None else ocsp.OCSPResponseStatus.UNAUTHORIZED
            return ocsp.OCSPResponseBuilder.build_unsuccessful(refused).public_bytes(Encoding.DER)
        entry = await self._ledger().get("certificate", f"{asked.serial_number:032x}")
        if entry is None:
            refused = ocsp.OCSPResponseStatus.UNAUTHORIZED
            return ocsp.OCSPResponseBuilder.build_unsuccessful(refused).public_bytes(Encoding.DER)
        standing, now = self._standing(entry), self._clock()
        gone = standing.state == "revoked"
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=_certificate(entry), issuer=issuer.certificate, algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
            this_update=now, next_update=now + timedelta(hours=1), revocation_time=standing.at if gone else None,
            revocation_reason=profile.REASONS.get(standing.reason) if gone else None,
        )  # fmt: skip
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    async def check(self) -> str:
        try:
            issuer, _ = await self._issuing()
        except Unavailable:
            return "There is no authority yet. Run: python -m banli_certificate setup --root-key FILE"
        ends = issuer.certificate.not_valid_after_utc
        if ends - self._clock() < self._lasts:
            return f"The intermediate certificate ends on {ends:%Y-%m-%d}, before a client's would. Make a new one from the root."
        return ""

    def _standing(self, entry: Entry) -> Standing:
        if since := entry.document["revoked_at"]:
            return Standing("revoked", str(entry.document["reason"]), datetime.fromisoformat(since))
        return Standing("expired" if _certificate(entry).not_valid_after_utc <= self._clock() else "good")

    async def _issuing(self) -> tuple[Issuer, x509.Certificate]:
        if self._issuer is None:
            entry = await self._ledger().get("issuer", "intermediate")
            if entry is None:
                raise Unavailable("certificate_authority_missing")
            key = serialization.load_der_private_key(b64decode(entry.document["key"]), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            above = x509.load_der_x509_certificate(b64decode(entry.document["root"]))
            self._issuer = Issuer(_certificate(entry), key), above
        return self._issuer


def _key_of(request: bytes) -> ec.EllipticCurvePublicKey | NotIssued:
    """The key of a request that is signed by it. Anything else is told without a word of what was sent."""
    if len(request) > profile.LARGEST_REQUEST:
        return NotIssued("request_broken")
    try:
        asked = x509.load_der_x509_csr(request)
        public = asked.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            return NotIssued("key_unfit")
        return public if asked.is_signature_valid else NotIssued("request_broken")
    except Exception:  # the parser has many ways to say that it cannot read something
        return NotIssued("request_broken")


def _serial(issuer: Issuer, key: str) -> str:
    """127 bits that nobody can guess, the same for the same `key`."""
    secret = issuer.key.private_numbers().private_value.to_bytes(32, "big")
    digest = hmac.digest(hashlib.sha256(b"banli serial" + secret).digest(), key.encode(), "sha256")
    return f"{int.from_bytes(digest[:16], 'big') >> 1 | 1:032x}"


def _hash_of(issuer: Issuer, algorithm: hashes.HashAlgorithm) -> bytes:
    bits = issuer.certificate.public_key().public_bytes(Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    digest = hashes.Hash(algorithm)
    digest.update(bits)
    return digest.finalize()


def _bits(key: object) -> bytes:
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_bytes(Encoding.X962, serialization.PublicFormat.CompressedPoint)


def _certificate(entry: Entry) -> x509.Certificate:
    return x509.load_der_x509_certificate(b64decode(entry.document["certificate"]))


def _text(content: bytes) -> str:
    return b64encode(content).decode()
