"""The authority that comes with the platform: an offline root, an intermediate online, what it has issued in the ledger."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from banli.hooks import Entry, Ledger, Unavailable
from banli_certificate.authority import profile
from banli_certificate.authority.base import Issued, NotIssued, Reason, Standing, Subject
from banli_certificate.authority.profile import Issuer
from banli_certificate.authority.requests import bits_of, key_of

ROOT_LASTS, INTERMEDIATE_LASTS = timedelta(days=20 * 365), timedelta(days=10 * 365)
CRL_LASTS, KEPT, EARLY = timedelta(days=1), timedelta(minutes=1), timedelta(days=60)
OFFICE_LASTS = timedelta(days=3 * 365)
LARGEST_QUESTION = 4000
"""Bytes of an OCSP request."""
LIST = "list"
"""The owner of all that stands on the list of what is revoked."""
GENERATIONS = 9
"""Intermediates that a root can have one after the other; each has addresses of its own."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One of the intermediates, the newest of which issues. The first has the number 1."""

    number: int
    issuer: Issuer
    root: x509.Certificate
    above: bytes = b""
    """The root's own list: that it has not revoked this intermediate, made while its key was at hand. Older sites have none."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.issuer.certificate.public_bytes(Encoding.DER), self.root.public_bytes(Encoding.DER)

    @property
    def suffix(self) -> str:
        return suffix(self.number)


def suffix(number: int) -> str:
    """What the addresses of a generation end with: `crl`, `crl-2`, …"""
    return f"-{number}" if number > 1 else ""


class EmbeddedAuthority:
    """One site's own. Every process has the same one: its key is in the ledger, sealed by the site's key ring."""

    def __init__(self, ledger: Callable[[], Ledger], clock: Callable[[], datetime], *, days: int = 365, site: str = "") -> None:
        self._ledger, self._clock, self._lasts, self._site = ledger, clock, timedelta(days=days), site
        self._known: tuple[datetime, tuple[Generation, ...]] | None = None
        self._lists: dict[int, tuple[datetime, bytes]] = {}

    async def set_up(self, name: str) -> bytes | None:
        """Makes root and intermediate. Returns the root's key (PEM, not encrypted) to be put away where no server is, or None
        when there is an authority already."""
        now = self._clock()
        above = profile.root(f"{name} Root CA", now, ROOT_LASTS)
        issuer = profile.intermediate(f"{name} Client CA", above, now, INTERMEDIATE_LASTS)
        if await self._ledger().add("issuer", "intermediate", "site", _document(issuer, above, now)) is None:
            return None
        return above.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    async def renew(self, root: ec.EllipticCurvePrivateKey) -> x509.Certificate | None:
        """A new intermediate, under the same root, that issues from now on; None when this is not the root's key. The earlier
        ones go on answering for what they have issued."""
        present, now = (await self._generations())[-1], self._clock()
        if bits_of(root.public_key()) != bits_of(present.root.public_key()) or present.number >= GENERATIONS:
            return None
        number = present.number + 1
        old = present.issuer.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        name = f"{str(old).removesuffix(f' {present.number}')} {number}"
        lasts = min(INTERMEDIATE_LASTS, present.root.not_valid_after_utc - now)
        above = Issuer(present.root, root)
        issuer = profile.intermediate(name, above, now, lasts)
        if await self._ledger().add("issuer", f"intermediate-{number}", "site", _document(issuer, above, now)) is None:
            return None
        self._known = None
        return issuer.certificate

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | NotIssued:
        public = key_of(request)
        if isinstance(public, NotIssued):
            return public
        return await self.issue(subject, public, key)

    async def issue(self, subject: Subject, public: ec.EllipticCurvePublicKey, key: str) -> Issued | NotIssued:
        """A certificate for a key of which others have seen that the client holds it."""
        if not subject.name.strip() or not subject.number:
            return NotIssued("subject_refused")
        generations, now = await self._generations(), self._clock()
        present, serial = generations[-1], _serial(generations[0].issuer, key)
        name = profile.name_of(subject.name, subject.number, subject.company)
        # Not longer than who has issued it: beyond that nobody could check it.
        lasts = min(self._lasts, present.issuer.certificate.not_valid_after_utc - now)
        if lasts <= timedelta(0):
            raise Unavailable("certificate_authority_missing")
        site = profile.Addresses(self._site, present.suffix) if self._site else None
        made = await asyncio.to_thread(profile.client, name, public, present.issuer, int(serial, 16), now, lasts, site)
        document = {
            "certificate": _text(made.public_bytes(Encoding.DER)), "revoked_at": "", "reason": "", "issuer": present.number,
        }  # fmt: skip
        ledger = self._ledger()
        if await ledger.add("certificate", serial, subject.number, document) is None:
            known = await ledger.get("certificate", serial)
            made = _certificate(known) if known is not None else made
            if bits_of(made.public_key()) != bits_of(public):
                return NotIssued("key_used")
        return Issued(
            serial, made.public_bytes(Encoding.DER), await self.chain(serial), made.not_valid_before_utc, made.not_valid_after_utc
        )

    async def office(self, name: str, public: ec.EllipticCurvePublicKey, *, stamps: bool) -> tuple[bytes, tuple[bytes, ...]]:
        """A certificate for a key of the company's own, with those above it: for its seal, or for its time stamps."""
        present, now, serial = (await self._generations())[-1], self._clock(), x509.random_serial_number() >> 32
        lasts = min(OFFICE_LASTS, present.issuer.certificate.not_valid_after_utc - now)
        if lasts <= timedelta(0):
            raise Unavailable("certificate_authority_missing")
        site = profile.Addresses(self._site, present.suffix) if self._site else None
        certified = profile.office(name, public, present.issuer, serial, now, lasts, stamps=stamps, site=site)
        made = certified.public_bytes(Encoding.DER)
        document = {"certificate": _text(made), "revoked_at": "", "reason": "", "issuer": present.number}
        await self._ledger().add("certificate", f"{serial:032x}", "office", document)
        return made, present.chain

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
        gone = {"since": entry.document["revoked_at"], "reason": entry.document["reason"], "issuer": _number(entry)}
        await ledger.add("revoked", serial, LIST, gone)
        self._lists.clear()
        return self._standing(entry)

    async def certificate(self, serial: str) -> bytes | None:
        entry = await self._ledger().get("certificate", serial)
        return b64decode(entry.document["certificate"]) if entry is not None else None

    async def chain(self, serial: str = "") -> tuple[bytes, ...]:
        return (await self._generation(serial)).chain

    async def crl(self, serial: str = "") -> bytes:
        return await self._listed(await self._generation(serial))

    async def above(self, serial: str) -> bytes:
        """What the root says of the intermediate that has issued this serial (a list, DER); b"" where it has said nothing."""
        entry = await self._ledger().get("certificate", serial)
        return (await self._generation(serial)).above if entry is not None else b""

    async def listed(self, number: int) -> bytes | None:
        """The list of one generation; None where there is none yet."""
        found = [one for one in await self._generations() if one.number == number]
        return await self._listed(found[0]) if found else None

    async def issuer(self, number: int) -> bytes | None:
        """The certificate of one generation."""
        return next((one.chain[0] for one in await self._generations() if one.number == number), None)

    async def ocsp(self, request: bytes) -> bytes:
        generations = await self._generations()
        by, nonces = list[Generation](), list[x509.OCSPNonce]()
        try:
            asked = ocsp.load_der_ocsp_request(request) if len(request) <= LARGEST_QUESTION else None
            if asked is not None:
                by = [one for one in generations if asked.issuer_key_hash == _hash_of(one.issuer, asked.hash_algorithm)]
                nonces = [one.value for one in asked.extensions if isinstance(one.value, x509.OCSPNonce)]
        except (ValueError, TypeError, UnsupportedAlgorithm):  # what is in it is read only when it is asked for
            asked = None
        if asked is None or not by:
            refused = ocsp.OCSPResponseStatus.MALFORMED_REQUEST if asked is None else ocsp.OCSPResponseStatus.UNAUTHORIZED
            return ocsp.OCSPResponseBuilder.build_unsuccessful(refused).public_bytes(Encoding.DER)
        entry = await self._ledger().get("certificate", f"{asked.serial_number:032x}")
        issuer = by[0].issuer
        if entry is None or _number(entry) != by[0].number:
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
        for nonce in nonces[:1]:
            builder = builder.add_extension(nonce, critical=False)
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    async def check(self) -> str:
        try:
            present = (await self._generations())[-1]
        except Unavailable:
            return "There is no authority yet. Run: python -m banli_certificate setup --root-key FILE"
        ends = present.issuer.certificate.not_valid_after_utc
        if ends - self._clock() < self._lasts + EARLY:
            return (
                f"The intermediate certificate ends on {ends:%Y-%m-%d}; those of clients would soon be cut short. "
                "Run: python -m banli_certificate renew --root-key FILE"
            )
        return ""

    async def tend(self) -> None:
        """Nothing is left over: what is revoked stands on the list at once."""

    def _standing(self, entry: Entry) -> Standing:
        if since := entry.document["revoked_at"]:
            return Standing("revoked", str(entry.document["reason"]), datetime.fromisoformat(since))
        return Standing("expired" if _certificate(entry).not_valid_after_utc <= self._clock() else "good")

    async def _listed(self, by: Generation) -> bytes:
        now, known = self._clock(), self._lists.get(by.number)
        if known is None or not known[0] <= now < known[0] + KEPT:
            revoked, past, ledger = [], None, self._ledger()
            while piece := await ledger.of("revoked", LIST, past):
                past = piece[-1]
                for entry in piece:
                    since = datetime.fromisoformat(entry.document["since"])
                    if _number(entry) == by.number:
                        revoked.append((int(entry.name, 16), since, str(entry.document["reason"])))
            known = now, await asyncio.to_thread(profile.crl, by.issuer, revoked, now, CRL_LASTS)
            self._lists[by.number] = known
        return known[1]

    async def _generation(self, serial: str) -> Generation:
        """Who has issued this serial; who issues now, for "" and for what nobody has issued."""
        generations = await self._generations()
        entry = await self._ledger().get("certificate", serial) if serial else None
        found = [one for one in generations if entry is not None and one.number == _number(entry)]
        return found[0] if found else generations[-1]

    async def _generations(self) -> tuple[Generation, ...]:
        """All of them, the one that issues last. Other processes hear of a new one within a minute."""
        now = self._clock()
        if self._known is None or not self._known[0] <= now < self._known[0] + KEPT:
            entries = await self._ledger().of("issuer", "site")
            if not entries:
                raise Unavailable("certificate_authority_missing")
            self._known = now, tuple(sorted((_opened(one) for one in entries), key=lambda one: one.number))
        return self._known[1]


def _opened(entry: Entry) -> Generation:
    key = serialization.load_der_private_key(b64decode(entry.document["key"]), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    number = int(entry.name.rpartition("-")[2]) if "-" in entry.name else 1
    root = x509.load_der_x509_certificate(b64decode(entry.document["root"]))
    return Generation(number, Issuer(_certificate(entry), key), root, b64decode(entry.document.get("above", "")))


def _document(issuer: Issuer, above: Issuer, now: datetime) -> dict[str, str]:
    lasts = issuer.certificate.not_valid_after_utc - now
    return {
        "certificate": _text(issuer.certificate.public_bytes(Encoding.DER)),
        "root": _text(above.certificate.public_bytes(Encoding.DER)),
        "above": _text(profile.crl(above, [], now, lasts)),
        "key": _text(issuer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
    }


def _number(entry: Entry) -> int:
    """By which generation: entries of the time before there were several are by the first."""
    return int(entry.document.get("issuer", 1))


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


def _certificate(entry: Entry) -> x509.Certificate:
    return x509.load_der_x509_certificate(b64decode(entry.document["certificate"]))


def _text(content: bytes) -> str:
    return b64encode(content).decode()
