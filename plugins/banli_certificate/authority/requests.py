"""What a phone asks with: a PKCS #10 request, of which only the key counts."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from banli_certificate.authority import profile
from banli_certificate.authority.base import NotIssued


def key_of(request: bytes) -> ec.EllipticCurvePublicKey | NotIssued:
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


def bits_of(key: object) -> bytes:
    """A key of the curve as a compressed point; b"" for another kind."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def print_of(key: ec.EllipticCurvePublicKey) -> str:
    """A fingerprint, for comparing."""
    return hashlib.sha256(bits_of(key)).hexdigest()
