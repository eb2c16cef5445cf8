"""What an authority does for the platform, whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

Reason = Literal["forgotten_password", "new_device", "staff", "superseded", "ceased"]
"""Why a certificate is revoked. RFC 5280 has names of its own for these (`profile.REASONS`)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose certificate it is. `number` tells people of one name apart and is a keyed hash: an ID number that stands in a
    certificate would be read by everybody who gets a signed document."""

    name: str
    number: str
    company: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, DER; `chain` are those above it, the root last. `serial` is hexadecimal, lower case, 32 digits or more."""

    serial: str
    certificate: bytes
    chain: tuple[bytes, ...]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Accepted and still being decided: ask again after so many seconds, with the same key and request."""

    after: float


@dataclass(frozen=True, slots=True)
class NotIssued:
    """Refused for good, with a stable code: request_broken, key_unfit, key_used, subject_refused."""

    code: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What an authority says of a certificate. `unknown`: it has issued none with this serial."""

    state: Literal["good", "revoked", "expired", "unknown"]
    reason: str = ""
    at: datetime | None = None


@runtime_checkable
class CertificateAuthority(Protocol):
    """All methods but `revoke` and `tend` may raise `banli.hooks.Unavailable`: no answer now, try again later."""

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | Waiting | NotIssued:
        """A certificate for the key of a PKCS #10 request (DER). Only the key is taken from the request, the name in it counts
        for nothing. The same `key` with the same request gives the same certificate: an answer may be lost on its way."""

    async def status(self, serial: str) -> Standing: ...

    async def revoke(self, serial: str, reason: Reason) -> Standing:
        """Revoked from now on. A second time changes nothing. An authority that is elsewhere and does not answer hears of it as
        soon as it does (`tend`); on this site the certificate is worth nothing meanwhile."""

    async def certificate(self, serial: str) -> bytes | None:
        """The certificate that was issued with this serial (DER)."""

    async def chain(self, serial: str = "") -> tuple[bytes, ...]:
        """The certificates above a client's, the root last (DER): those of this serial, or of the next one to be issued."""

    async def crl(self, serial: str = "") -> bytes:
        """The present list of what is revoked (DER, RFC 5280), by who has issued this serial, or will issue the next one."""

    async def ocsp(self, request: bytes) -> bytes:
        """Answers RFC 6960, DER to DER."""

    async def check(self) -> str:
        """Why no certificate could be issued now, or soon no more, for the operator; "" when all is well."""

    async def tend(self) -> None:
        """What is left to be done, once a minute: revocations of which the authority has not heard."""
