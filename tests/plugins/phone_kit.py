"""A phone's half of a certificate in Python: what the page's script does, to be done rightly and wrongly in tests."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from banli_certificate.keys import ENROL, PROVE
from banli_certificate.oprf import CURVE, ORDER


def point(number: int = 0) -> bytes:
    """A point of the curve as a phone would blind one."""
    key = ec.derive_private_key(number or secrets.randbelow(ORDER - 1) + 1, CURVE)
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


@dataclass
class Phone:
    """A key of its own. `blinded` is the same each time, which a real phone's is not."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))

    @property
    def blinded(self) -> bytes:
        return point(int.from_bytes(hashlib.sha256(self.public).digest(), "big") % (ORDER - 1) + 1)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def request(self, name: str = "") -> bytes:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
        return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def enrol(self, nonce: bytes, request: bytes) -> bytes:
        return self.sign(ENROL + nonce + request)

    def prove(self, nonce: bytes) -> bytes:
        return self.sign(PROVE + nonce)
