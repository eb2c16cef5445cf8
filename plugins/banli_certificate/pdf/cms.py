"""Writes CMS signatures (RFC 5652) as bytes, each part once: one signer, SHA-256, with a time stamp where there is one.

asn1crypto writes what was put together of parts anew at every look, at each level two or three times. Where a length ends with
0x80 it takes it for an open one and takes all below apart again, also of what was only read: the same seal took 0.1 s or 16 s, by
chance. So nothing of ours is put together there, and what is handed to pyHanko (`loaded`) keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from banli_certificate.authority.cmp import der

SET = 0x31
DATA, SIGNED_DATA, STAMP_INFO = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
STAMP = "1.2.840.113549.1.9.16.2.14"
SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
WITH_ECDSA = der.sequence(der.oid("1.2.840.10045.4.3.2"))
WITH_RSA = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.NOTHING)


T = TypeVar("T", covariant=True)


class Kind(Protocol[T]):
    """A class of asn1crypto."""

    def load(self, encoded_data: bytes) -> T: ...


def loaded(kind: Kind[T], content: bytes) -> T:
    """The value of these bytes, which are what it is written as, however often."""
    made: Any = kind.load(content)
    made.dump = lambda force=False: content
    value: T = made
    return value


def signed_data(
    signer: bytes, above: Sequence[bytes], attributes: bytes, signature: bytes, *, stamp: bytes = b"", info: bytes = b"",
) -> bytes:  # fmt: skip
    """`signer` and those `above` (certificates, DER); the signed `attributes` and the `signature` over them; `stamp`: a time
    stamp of the signature. Over bytes that are elsewhere, or, for a time stamp, over `info`, which is in it."""
    certificate = x509.load_der_x509_certificate(signer)
    name = der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number))
    kind = WITH_RSA if isinstance(certificate.public_key(), rsa.RSAPublicKey) else WITH_ECDSA
    stamped = der.implicit(1, der.value(SET, attribute(STAMP, stamp))) if stamp else b""
    one = der.sequence(der.integer(1), name, SHA256, der.implicit(0, attributes), kind, der.octets(signature), stamped)
    about = (der.oid(STAMP_INFO), der.explicit(0, der.octets(info))) if info else (der.oid(DATA),)
    certificates = der.implicit(0, der.value(SET, *sorted({signer, *above})))
    version = der.integer(3 if info else 1)
    content = der.sequence(version, der.value(SET, SHA256), der.sequence(*about), certificates, der.value(SET, one))
    return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, content))


def attribute(name: str, value: bytes) -> bytes:
    return der.sequence(der.oid(name), der.value(SET, value))
