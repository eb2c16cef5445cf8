"""An authority elsewhere, reached by CMP. What it has issued stands in the ledger; what it has revoked, on its list."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp as ocsp_

from banli.hooks import Entry, Ledger, Unavailable
from banli_certificate.authority import profile
from banli_certificate.authority.base import Issued, NotIssued, Reason, Standing, Subject, Waiting
from banli_certificate.authority.cmp import messages
from banli_certificate.authority.cmp.der import Broken
from banli_certificate.authority.cmp.listed import RevocationList
from banli_certificate.authority.cmp.messages import Message, Speaker, Status
from banli_certificate.authority.cmp.shared import SHORTEST, Secret
from banli_certificate.authority.cmp.wire import SILENT, Wire, unfit
from banli_certificate.authority.requests import key_of, print_of

ASKED, OUTSIDE, UNTOLD = "asked", "outside", "untold"
"""Kinds in the ledger: an application on its way (by the key's number), a certificate (by serial), a revocation unheard of."""
MEDIA = "application/pkixcmp"
REASONS = {"forgotten_password": 1, "new_device": 4, "superseded": 4, "ceased": 5, "staff": 9}
"""RFC 5280, 5.3.1."""
TRANSIENT = {messages.UNAVAILABLE, messages.FAILURE, messages.BAD_TIME, messages.IN_USE}
"""Failures that pass by themselves."""
SKEW, RA_ENDS = timedelta(minutes=5), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Way:
    """Where the authority is, and who talks with whom. `answers` are the certificates that sign its answers, and only those:
    any other of its certificates is a client's. Or both are the secret that they share. `chain` are the certificates above a
    client's, the root last."""

    address: str
    speaker: Speaker | Secret
    answers: tuple[x509.Certificate, ...] | Secret
    chain: tuple[x509.Certificate, ...]
    crl: str
    ocsp: str = ""
    wire: Wire = field(default_factory=Wire)


class CmpAuthority:
    """Enrols by cr, cp and certConf, asks again by pollReq, revokes by rr. A certificate counts once it stands in the ledger and
    has been confirmed: what is asked for twice, because an answer was lost, is never confirmed twice."""

    def __init__(self, ledger: Callable[[], Ledger], clock: Callable[[], datetime], way: Way) -> None:
        self._ledger, self._clock, self._way = ledger, clock, way
        self._last_error = ""
        self._list = RevocationList(way.crl, way.chain[0], way.wire, clock)

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | Waiting | NotIssued:
        public = key_of(request)
        if isinstance(public, NotIssued):
            return public
        if not subject.name.strip() or not subject.number:
            return NotIssued("subject_refused")
        try:
            return await self._applied(subject, public, key)
        except (Broken, IndexError):
            raise Unavailable("certificate_authority_broken") from None

    async def status(self, serial: str) -> Standing:
        entry = await self._ledger().get(OUTSIDE, serial)
        if entry is None:
            return Standing("unknown")
        if since := entry.document["revoked_at"]:
            return Standing("revoked", str(entry.document["reason"]), datetime.fromisoformat(since))
        if _certificate(entry).not_valid_after_utc <= self._clock():
            return Standing("expired")
        gone = await self._list.since(int(serial, 16))
        return Standing("good") if gone is None else Standing("revoked", "authority", gone)

    async def revoke(self, serial: str, reason: Reason) -> Standing:
        ledger, now = self._ledger(), self._clock()
        while (entry := await ledger.get(OUTSIDE, serial)) is not None and not entry.document["revoked_at"]:
            # Owed before it is done: who stops between the two leaves a debt that `tend` settles.
            await ledger.add(UNTOLD, serial, UNTOLD, {"reason": reason, "refused": ""})
            if await ledger.change(entry, {**entry.document, "revoked_at": now.isoformat(), "reason": reason}) is not None:
                await self._tell(serial)
        return await self.status(serial)

    async def certificate(self, serial: str) -> bytes | None:
        entry = await self._ledger().get(OUTSIDE, serial)
        return b64decode(entry.document["certificate"]) if entry is not None else None

    async def chain(self, serial: str = "") -> tuple[bytes, ...]:
        entry = await self._ledger().get(OUTSIDE, serial) if serial else None
        if entry is not None:
            return tuple(b64decode(one) for one in entry.document["chain"])
        return tuple(one.public_bytes(Encoding.DER) for one in self._way.chain)

    async def crl(self, serial: str = "") -> bytes:
        return await self._list.content()

    async def ocsp(self, request: bytes) -> bytes:
        if not self._way.ocsp:
            refused = ocsp_.OCSPResponseStatus.UNAUTHORIZED
            return ocsp_.OCSPResponseBuilder.build_unsuccessful(refused).public_bytes(Encoding.DER)
        return await self._way.wire.post(self._way.ocsp, request, "application/ocsp-request", messages.LARGEST)

    async def check(self) -> str:
        by, now = self._way.speaker, self._clock()
        known = [] if isinstance(by, Secret) else [(by.certificate, "The registration authority's certificate")]
        for one, what in (*known, (self._way.chain[0], "The issuing certificate")):
            if one.not_valid_after_utc - now < RA_ENDS:
                return f"{what} ends on {one.not_valid_after_utc:%Y-%m-%d}. Ask the authority for a new one."
        left = await self._ledger().of(UNTOLD, UNTOLD)
        if refused := [entry for entry in left if entry.document["refused"]]:
            return f"The authority refuses to revoke {len(refused)} certificates ({refused[0].document['refused']}). Call them."
        if left:
            return f"The authority has not heard of {len(left)} revocations yet: it does not answer."
        try:
            await self._list.content()
        except Unavailable:
            return f"The list of revoked certificates cannot be had from {self._way.crl}, or it is not the authority's."
        return f"The authority answers with an error: {self._last_error}." if self._last_error else ""

    async def tend(self) -> None:
        for entry in await self._ledger().of(UNTOLD, UNTOLD):
            await self._tell(entry.name)

    async def _applied(self, subject: Subject, public: ec.EllipticCurvePublicKey, key: str) -> Issued | Waiting | NotIssued:
        """Goes on with the application for this key where it stands. A question whose answer was lost is asked anew, under a new
        number: what the authority made of the first is never confirmed."""
        entry = await self._begun(key, subject, public)
        if entry.document["public"] != print_of(public):
            return NotIssued("key_used")
        state = entry.document["state"]
        if state == "done":
            return await self._issued(str(entry.document["serial"]))
        if state == "given":
            return await self._confirm(entry)
        if state == "waiting":
            return await self._took(entry, await self._say(entry, messages.POLL, messages.polling()))
        fresh = await self._ledger().change(entry, {**entry.document, **_fresh()})
        if fresh is None:
            raise Unavailable(SILENT)  # somebody asks with the same key just now
        name = profile.name_of(subject.name, subject.number, subject.company)
        asked = messages.asking(name, messages.public_of(public))
        return await self._took(fresh, await self._say(fresh, messages.ASK, asked))

    async def _begun(self, key: str, subject: Subject, public: ec.EllipticCurvePublicKey) -> Entry:
        """The application for this key, a new one when there is none."""
        ledger, document = self._ledger(), {**_fresh(), "public": print_of(public), "number": subject.number}
        while (entry := await ledger.get(ASKED, key)) is None:
            if (made := await ledger.add(ASKED, key, subject.number, document)) is not None:
                return made
        return entry

    async def _took(self, entry: Entry, answer: Message) -> Issued | Waiting | NotIssued:
        """What comes of an answer to asking, or to asking again."""
        ledger = self._ledger()
        if answer.body == messages.POLLED:
            await ledger.change(entry, {**entry.document, "nonce": answer.nonce.hex()})
            return Waiting(messages.polled(answer.content))
        if answer.body == messages.ERROR:
            # It has not even looked at the application: nothing that the client could mend.
            await ledger.change(entry, {**entry.document, **_fresh()})
            raise self._in_error(messages.failed(answer.content))
        if answer.body != messages.GIVEN:
            raise Unavailable("certificate_authority_broken")
        status, certificate = messages.given(answer.content)
        if status.state == messages.WAITING:
            await ledger.change(entry, {**entry.document, "state": "waiting", "nonce": answer.nonce.hex()})
            return Waiting(5)
        if status.state not in (messages.ACCEPTED, messages.CHANGED) or not certificate:
            return await self._refused(entry, status)
        if code := self._unfit(entry, certificate):
            # Not taken, and told so: the authority revokes it.
            await ledger.change(entry, {**entry.document, **_fresh()})
            await self._said(entry, messages.CONFIRM, messages.confirming(certificate, taken=False), answer.nonce)
            raise Unavailable(code)
        serial = f"{x509.load_der_x509_certificate(certificate).serial_number:032x}"
        given = {"state": "given", "certificate": _text(certificate), "serial": serial, "nonce": answer.nonce.hex()}
        taken = await ledger.change(entry, {**entry.document, **given})
        if taken is None:
            raise Unavailable(SILENT)  # somebody was quicker with the same key; what they were given counts, this never will
        return await self._confirm(taken)

    async def _confirm(self, entry: Entry) -> Issued | Waiting | NotIssued:
        """Without this the authority takes the certificate back. When it was lost on its way it is said again."""
        ledger, serial, certificate = self._ledger(), str(entry.document["serial"]), b64decode(entry.document["certificate"])
        answer = await self._say(entry, messages.CONFIRM, messages.confirming(certificate))
        if answer.body == messages.ERROR:
            status = messages.failed(answer.content)
            if messages.CERT_CONFIRMED not in status.failures:
                # The authority has forgotten this application: a new one, when the client tries again.
                await ledger.change(entry, {**entry.document, **_fresh()})
                raise self._in_error(status)
        elif answer.body != messages.CONFIRMED:
            raise Unavailable("certificate_authority_broken")
        document = {
            "certificate": entry.document["certificate"], "chain": [_text(one) for one in await self.chain()],
            "revoked_at": "", "reason": "",
        }  # fmt: skip
        if await ledger.add(OUTSIDE, serial, str(entry.document["number"]), document) is None:
            if await self.certificate(serial) != certificate:
                raise Unavailable("certificate_authority_broken")  # two certificates with one serial
        await ledger.change(entry, {**entry.document, "state": "done", "certificate": ""})
        self._last_error = ""
        return await self._issued(serial)

    async def _issued(self, serial: str) -> Issued:
        made = await self.certificate(serial)
        assert made is not None
        known = x509.load_der_x509_certificate(made)
        return Issued(serial, made, await self.chain(serial), known.not_valid_before_utc, known.not_valid_after_utc)

    def _unfit(self, entry: Entry, content: bytes) -> str:
        """Is this a certificate for the key that was asked for, by the authority, valid now? "" when it is, or a code."""
        try:
            made, now = x509.load_der_x509_certificate(content), self._clock()
            made.verify_directly_issued_by(self._way.chain[0])
        except Exception:  # the parser has many ways to say that it cannot read something, and there are many wrong signatures
            return "certificate_authority_broken"
        known = made.public_key()
        if not isinstance(known, ec.EllipticCurvePublicKey) or print_of(known) != entry.document["public"]:
            return "certificate_authority_broken"
        valid = made.not_valid_before_utc <= now + SKEW and now < made.not_valid_after_utc
        return "" if valid else "certificate_authority_clock"

    async def _refused(self, entry: Entry, status: Status) -> NotIssued:
        """Not now, or never: only the first can be tried again with the same key."""
        await self._ledger().change(entry, {**entry.document, **_fresh()})
        if status.failures & TRANSIENT:
            raise self._in_error(status)
        return NotIssued("subject_refused")

    def _in_error(self, status: Status) -> Unavailable:
        """Kept for the operator, who asks `check`; the client reads a calm sentence."""
        self._last_error = f"{status.words or 'no words'} (status {status.state}, failures {sorted(status.failures)})"
        return Unavailable(SILENT if status.failures & TRANSIENT else "certificate_authority_broken")

    async def _tell(self, serial: str) -> None:
        """Tells the authority of a revocation. Whatever keeps it from hearing, the debt stays."""
        ledger = self._ledger()
        owed, entry = await ledger.get(UNTOLD, serial), await ledger.get(OUTSIDE, serial)
        if owed is None or entry is None:
            return
        what = messages.revoking(_certificate(entry), REASONS[str(owed.document["reason"])])
        try:
            answer = await self._exchange(messages.REVOKE, what, os.urandom(16), b"")
            failed = answer.body != messages.REVOKED
            status = messages.failed(answer.content) if answer.body == messages.ERROR else messages.revoked(answer.content)
        except (Unavailable, Broken, IndexError):
            return
        self._list.forget()
        good = status.state in (messages.ACCEPTED, messages.CHANGED, messages.WARNING, messages.NOTICE) and not failed
        if good or messages.CERT_REVOKED in status.failures:
            await ledger.drop(owed)
        elif not status.failures & TRANSIENT:
            await ledger.change(owed, {**owed.document, "refused": status.words or f"status {status.state}"})

    async def _say(self, entry: Entry, body: int, content: bytes) -> Message:
        return await self._said(entry, body, content, bytes.fromhex(entry.document["nonce"]))

    async def _said(self, entry: Entry, body: int, content: bytes, answers: bytes) -> Message:
        return await self._exchange(body, content, bytes.fromhex(entry.document["transaction"]), answers)

    async def _exchange(self, body: int, content: bytes, transaction: bytes, answers: bytes) -> Message:
        """One message and the one that answers it: signed by the authority, of this transaction, with our nonce."""
        way, nonce = self._way, os.urandom(16)
        asked = messages.written(
            body, content, way.speaker, way.chain[0].subject, self._clock(), transaction=transaction, nonce=nonce, answers=answers
        )
        said = await way.wire.post(way.address, asked, MEDIA, messages.LARGEST)
        try:
            answer = messages.opened(said, way.answers)
        except (Broken, IndexError):
            raise Unavailable("certificate_authority_broken") from None
        if answer.transaction != transaction or answer.answers != nonce:
            raise Unavailable("certificate_authority_broken")
        return answer


def way_of(settings: Mapping[str, Any], folder: Path, environment: Mapping[str, str]) -> Way:
    """The way that `site.yaml` tells of. Raises `ValueError` with a sentence for the operator when a file is not what it
    should be. The passphrase of the key stands in the environment."""

    def pem(name: str) -> bytes:
        path = folder / str(settings[name])
        try:
            return path.read_bytes()
        except OSError as problem:
            raise ValueError(f"authority.{name}: {path} cannot be read ({problem.strerror}).") from None

    def certificates(name: str) -> tuple[x509.Certificate, ...]:
        try:
            return tuple(x509.load_pem_x509_certificates(pem(name)))
        except ValueError as problem:
            raise ValueError(f"authority.{name}: {settings[name]} holds no certificates in PEM.") from problem

    for name in ("url", "crl", "ocsp"):
        if name in settings and (why := unfit(str(settings[name]), secret=name == "url")):
            raise ValueError(f"authority.{name}: {why}")
    own = [name for name in ("certificate", "key", "answers") if name in settings]
    if ("reference" in settings) == bool(own) or len(own) not in (0, 3):
        raise ValueError("authority: name either certificate, key and answers, or reference (of a secret that both sides know).")
    trust = str(folder / str(settings["tls_trust"])) if "tls_trust" in settings else ""
    wire = Wire(float(settings.get("timeout", 10)), trust)
    addresses = str(settings["crl"]), str(settings.get("ocsp", ""))
    if not own:
        secret = Secret(str(settings["reference"]).encode(), environment.get("BANLI_CERTIFICATE_CMP_SECRET", "").encode())
        if len(secret.value) < SHORTEST:
            raise ValueError(f"authority.reference: BANLI_CERTIFICATE_CMP_SECRET has to have {SHORTEST} characters or more.")
        return Way(str(settings["url"]), secret, secret, certificates("chain"), *addresses, wire)
    passphrase = environment.get("BANLI_CERTIFICATE_KEY_PASSPHRASE", "")
    try:
        key = load_pem_private_key(pem("key"), passphrase.encode() or None)
    except (TypeError, ValueError) as problem:
        if str(problem).startswith("authority."):
            raise
        raise ValueError("authority.key: cannot be opened; BANLI_CERTIFICATE_KEY_PASSPHRASE opens an encrypted one.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("authority.key: only RSA and elliptic curves are spoken here.")
    speaker = Speaker(certificates("certificate")[0], key)
    if speaker.certificate.public_key() != key.public_key():
        raise ValueError("authority.key: is not the key of authority.certificate.")
    return Way(str(settings["url"]), speaker, certificates("answers"), certificates("chain"), *addresses, wire)


def _fresh() -> dict[str, str]:
    """An application of which the authority knows nothing yet."""
    return {"state": "new", "transaction": os.urandom(16).hex(), "nonce": "", "certificate": "", "serial": ""}


def _certificate(entry: Entry) -> x509.Certificate:
    return x509.load_der_x509_certificate(b64decode(entry.document["certificate"]))


def _text(content: bytes) -> str:
    return b64encode(content).decode()
