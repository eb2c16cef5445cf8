"""CMP messages (RFC 4210, 4211): what stands in them, by whom they are signed or by which secret protected. Knows no network and
no ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from banli_certificate.authority.cmp import der, shared
from banli_certificate.authority.cmp.der import Broken, Value
from banli_certificate.authority.cmp.shared import Secret

ASK, GIVEN, REVOKE, REVOKED, CONFIRMED, ERROR, CONFIRM, POLL, POLLED = 2, 3, 11, 12, 19, 23, 24, 25, 26
"""Bodies: cr, cp, rr, rp, pkiconf, error, certConf, pollReq, pollRep."""
ACCEPTED, CHANGED, REJECTED, WAITING, WARNING, NOTICE = 0, 1, 2, 3, 4, 5
"""PKIStatus."""
BAD_TIME, BAD_REQUEST, CERT_REVOKED, CERT_CONFIRMED, IN_USE, UNAVAILABLE, FAILURE = 3, 2, 10, 11, 21, 24, 25
"""PKIFailureInfo."""
LARGEST = 64_000
"""Bytes of a message."""
ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.10045.4.3.2": hashes.SHA256(), "1.2.840.10045.4.3.3": hashes.SHA384(), "1.2.840.10045.4.3.4": hashes.SHA512(),
    "1.2.840.113549.1.1.11": hashes.SHA256(), "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}  # fmt: skip
_ECDSA, _RSA = "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11"
_REASON = "2.5.29.21"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who signs messages: the registration authority, or (in a simulation) the authority itself."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose signature (or MAC) holds."""

    body: int
    content: Value
    transaction: bytes
    nonce: bytes
    answers: bytes
    """The nonce of the message that this one answers."""


@dataclass(frozen=True, slots=True)
class Status:
    """What came of it (PKIStatusInfo)."""

    state: int
    words: str = ""
    failures: frozenset[int] = frozenset()


def written(
    body: int, content: bytes, by: Speaker | Secret, to: x509.Name, at: datetime, *, transaction: bytes, nonce: bytes,
    answers: bytes = b"",
) -> bytes:  # fmt: skip
    """A signed message (DER), or one that is protected by a secret."""
    if isinstance(by, Secret):
        algorithm, known, name = shared.algorithm(), [by.reference], x509.Name([])
    else:
        rsa_key, name = isinstance(by.key, rsa.RSAPrivateKey), by.certificate.subject
        algorithm = der.sequence(der.oid(_RSA), der.NOTHING) if rsa_key else der.sequence(der.oid(_ECDSA))
        known = [one.value.digest for one in by.certificate.extensions if isinstance(one.value, x509.SubjectKeyIdentifier)]
    header = der.sequence(
        der.integer(2), _named(name), _named(to), der.explicit(0, der.time(at)), der.explicit(1, algorithm),
        der.explicit(2, der.octets(known[0])) if known else b"",
        der.explicit(4, der.octets(transaction)), der.explicit(5, der.octets(nonce)),
        der.explicit(6, der.octets(answers)) if answers else b"",
    )  # fmt: skip
    said = der.explicit(body, content)
    signed = der.sequence(header, said)
    if isinstance(by, Secret):
        return der.sequence(header, said, der.explicit(0, der.bits(shared.protected(by, der.read(algorithm), signed))))
    if isinstance(by.key, rsa.RSAPrivateKey):
        signature = by.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = by.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    extra = der.explicit(1, der.sequence(by.certificate.public_bytes(Encoding.DER)))
    return der.sequence(header, said, der.explicit(0, der.bits(signature)), extra)


def opened(data: bytes, trusted: Sequence[x509.Certificate] | Secret) -> Message:
    """A message that one of these has signed, or that is protected by the secret. Raises `Broken` for everything else: what is
    not signed is not even looked at, certificates that came along count for nothing."""
    if len(data) > LARGEST:
        raise Broken("the message is too long")
    parts = der.read(data).expect(der.SEQUENCE).inside()
    if len(parts) < 3:
        raise Broken("the message is not signed")
    header, body, signed = parts[0].expect(der.SEQUENCE), parts[1], der.sequence(parts[0].whole, parts[1].whole)
    fields = {one.tag: one for one in header.inside()[3:]}
    if 0xA1 not in fields or 0xA4 not in fields or parts[2].tag != 0xA0:
        raise Broken("the message is not signed")
    by, signature = fields[0xA1].only(), parts[2].only().bits()
    if isinstance(trusted, Secret):
        sound = shared.holds(trusted, by, signature, signed)
    else:
        algorithm = _dotted(by.inside()[0])
        sound = algorithm in ALGORITHMS and any(_holds(one, algorithm, signature, signed) for one in trusted)
    if not sound:
        raise Broken("the message is not signed by whom it should be")

    def octets(tag: int) -> bytes:
        return fields[tag].only().octets() if tag in fields else b""

    if body.tag & 0xE0 != 0xA0:
        raise Broken("the message has no body")
    return Message(body.tag & 0x1F, body.only(), octets(0xA4), octets(0xA5), octets(0xA6))


# what is asked


def asking(subject: x509.Name, public: bytes) -> bytes:
    """For a certificate with this name and key (SubjectPublicKeyInfo). That the key is held, the site has seen: raVerified."""
    template = der.sequence(der.explicit(5, subject.public_bytes()), der.implicit(6, public))
    return der.sequence(der.sequence(der.sequence(der.integer(0), template), bytes([0x80, 0])))


def confirming(certificate: bytes, *, taken: bool = True) -> bytes:
    """That the certificate has arrived and is what was asked for; or that it is not wanted."""
    algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm or hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    refused = b"" if taken else der.sequence(der.integer(REJECTED))
    return der.sequence(der.sequence(der.octets(digest.finalize()), der.integer(0), refused))


def polling() -> bytes:
    return der.sequence(der.sequence(der.integer(0)))


def revoking(certificate: x509.Certificate, reason: int) -> bytes:
    """`reason` is a number of RFC 5280, 5.3.1."""
    template = der.sequence(
        der.implicit(1, der.integer(certificate.serial_number)), der.explicit(3, certificate.issuer.public_bytes())
    )
    why = der.sequence(der.oid(_REASON), der.octets(der.value(0x0A, bytes([reason]))))
    return der.sequence(der.sequence(template, der.sequence(why)))


# what is answered


def given(content: Value) -> tuple[Status, bytes]:
    """What came of asking, and the certificate (DER), b"" without one."""
    response = content.inside()[-1].inside()[0].inside()
    if response[0].number() != 0:
        raise Broken("another request is answered")
    status, certificate = status_of(response[1]), b""
    if len(response) > 2 and response[2].tag == der.SEQUENCE:
        pair = response[2].inside()[0]
        certificate = pair.only().whole if pair.tag == 0xA0 else b""
    return status, certificate


def polled(content: Value) -> float:
    """Seconds until it is worth asking again."""
    return float(min(max(content.inside()[0].inside()[1].number(), 1), 86_400))


def revoked(content: Value) -> Status:
    return status_of(content.inside()[0].inside()[0])


def failed(content: Value) -> Status:
    return status_of(content.inside()[0])


def status_of(info: Value) -> Status:
    first, *rest = info.expect(der.SEQUENCE).inside()
    words, failures = "", frozenset[int]()
    for one in rest:
        if one.tag == der.SEQUENCE:
            words = " ".join(piece.text() for piece in one.inside())[:200]
        elif one.tag == der.BITS:
            failures = one.flags()
    return Status(first.number(), words, failures)


def _named(name: x509.Name) -> bytes:
    return der.explicit(4, name.public_bytes())


def _dotted(value: Value) -> str:
    content = value.expect(der.OID).content
    return next((dotted for dotted in ALGORITHMS if der.oid(dotted)[2:] == content), "")


def _holds(by: x509.Certificate, algorithm: str, signature: bytes, signed: bytes) -> bool:
    key = by.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm.startswith("1.2.840.10045"):
            key.verify(signature, signed, ec.ECDSA(ALGORITHMS[algorithm]))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.startswith("1.2.840.113549"):
            key.verify(signature, signed, padding.PKCS1v15(), ALGORITHMS[algorithm])
        else:
            return False
    except InvalidSignature:
        return False
    return True


def public_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
