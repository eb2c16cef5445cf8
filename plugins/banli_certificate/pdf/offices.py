"""The company's own keys: one that seals documents, one that stamps times where no outside authority does."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from banli.hooks import Clock, Entry, Ledger, Unavailable
from banli_certificate.authority import CertificateAuthority, EmbeddedAuthority
from banli_certificate.authority.profile import CURVE

Purpose = Literal["seal", "stamp"]
EARLY = timedelta(days=60)
"""So long before its end a key is followed by another one."""
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Office:
    """A key with its certificate and those above it, the root last."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    outside: bool = False
    """Certified by somebody else than the embedded authority."""

    @property
    def serial(self) -> str:
        return f"{self.certificate.serial_number:032x}"


class Offices:
    """Keys that the embedded authority certifies are made when they are first needed and kept in the ledger, sealed. One that
    somebody else certifies comes from files: `seal: {certificate: …, key: …}`."""

    def __init__(
        self, ledger: Callable[[], Ledger], authority: CertificateAuthority, clock: Clock, settings: Mapping[str, Any]
    ) -> None:
        self._ledger, self._authority, self._clock, self._settings = ledger, authority, clock, settings

    async def get(self, purpose: Purpose) -> Office:
        """May raise `Unavailable`: there is no authority yet, or the files cannot be read."""
        files = self._settings.get(purpose)
        if isinstance(files, Mapping) and "certificate" in files:
            return self._read(files)
        ledger = self._ledger()
        known = await ledger.of(OFFICE, purpose)
        if known and _opened(known[0]).certificate.not_valid_after_utc - self._clock() > EARLY:
            return _opened(known[0])
        name, key = f"{purpose}-{len(known) + 1}", ec.generate_private_key(CURVE)
        if not isinstance(self._authority, EmbeddedAuthority):
            raise Unavailable("certificate_no_seal")
        made, chain = await self._authority.office(self._title(purpose), key.public_key(), stamps=purpose == "stamp")
        document = {
            "key": _text(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            "certificate": _text(made), "chain": [_text(one) for one in chain],
        }  # fmt: skip
        if await ledger.add(OFFICE, name, purpose, document) is None:
            return await self.get(purpose)
        return await self.get(purpose)

    async def all(self) -> list[Office]:
        """Those of whom something may be sealed or stamped, also in earlier years."""
        found = [_opened(one) for purpose in ("seal", "stamp") for one in await self._ledger().of(OFFICE, purpose)]
        files = self._settings.get("seal")
        return [*found, self._read(files)] if isinstance(files, Mapping) and "certificate" in files else found

    def _title(self, purpose: Purpose) -> str:
        name = str(self._settings.get("name", "Banli"))
        return f"{name} {'Seal' if purpose == 'seal' else 'Embedded Time Stamps'}"

    def _read(self, files: Mapping[str, Any]) -> Office:
        """PEM: the certificate with those above it, the root last; the key, not encrypted, readable by this program only."""
        try:
            own, *chain = x509.load_pem_x509_certificates(Path(str(files["certificate"])).read_bytes())
            key = load_pem_private_key(Path(str(files["key"])).read_bytes(), None)
        except (OSError, ValueError, TypeError, KeyError):
            raise Unavailable("certificate_no_seal") from None
        if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)) or not chain:
            raise Unavailable("certificate_no_seal")
        return Office(key, own, tuple(chain), outside=True)


def _opened(entry: Entry) -> Office:
    key = load_der_private_key(b64decode(entry.document["key"]), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    above = tuple(x509.load_der_x509_certificate(b64decode(one)) for one in entry.document["chain"])
    return Office(key, x509.load_der_x509_certificate(b64decode(entry.document["certificate"])), above)


def _text(content: bytes) -> str:
    return b64encode(content).decode()
