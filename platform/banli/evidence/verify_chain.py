"""What certificates say, with `cryptography` alone: who has issued them, for what, what is revoked. Part of verify.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Finding:
    """One line. `mark`: ok, FAIL, or note for what only a person can judge."""

    mark: str
    text: str


@dataclass(frozen=True)
class Authority:
    """The certificates above a client's, the root last, and what they say is revoked."""

    chain: Sequence[x509.Certificate]
    revoked: x509.CertificateRevocationList | None
    answers: Sequence[ocsp.OCSPResponse]


def root_of(top: x509.Certificate, trusted: bytes | None) -> Iterator[Finding]:
    print_ = top.fingerprint(hashes.SHA256()).hex(" ", 2).upper()
    if trusted is None:
        yield Finding("note", f"no root was given (--root); compare with what the authority publishes: {print_}")
        return
    try:
        pem = b"-----BEGIN" in trusted
        given = x509.load_pem_x509_certificates(trusted) if pem else [x509.load_der_x509_certificate(trusted)]
    except ValueError:
        yield Finding("FAIL", "the root that was given cannot be read")
        return
    if top.public_bytes(Encoding.DER) in [one.public_bytes(Encoding.DER) for one in given]:
        yield Finding("ok", f"the root is the one that was given: {who(top)}")
    else:
        yield Finding("FAIL", f"the root is another one than was given: {who(top)}, SHA-256 {print_}")


def chained(chain: Sequence[x509.Certificate]) -> Iterator[Finding]:
    for below, over in zip(chain, [*chain[1:], chain[-1]], strict=True):
        if not is_authority(below) or not usage(below).key_cert_sign:
            yield Finding("FAIL", f"{who(below)} may not issue certificates")
        elif issued(below, over):
            yield Finding("ok", f"{who(below)} was issued by {who(over)}")
        else:
            yield Finding("FAIL", f"{who(below)} was not issued by {who(over)}")


def newest(issuer: x509.Certificate, lists: Sequence[x509.CertificateRevocationList]) -> x509.CertificateRevocationList | None:
    """The last of the lists that this issuer has made."""
    key = key_of(issuer)
    own = (one for one in lists if key is not None and one.issuer == issuer.subject and one.is_signature_valid(key))
    return max(own, key=lambda one: one.last_update_utc, default=None)


def is_authority(one: x509.Certificate) -> bool:
    return any(it.value.ca for it in one.extensions if isinstance(it.value, x509.BasicConstraints))


def usage(one: x509.Certificate) -> x509.KeyUsage:
    return one.extensions.get_extension_for_class(x509.KeyUsage).value


def above(one: x509.Certificate, authorities: Sequence[Authority]) -> Authority | None:
    """The authority that has issued this certificate."""
    return next((authority for authority in authorities if issued(one, authority.chain[0])), None)


def may(one: x509.Certificate, what: x509.ObjectIdentifier) -> bool:
    """Is the certificate's key for this (extended key usage)?"""
    return any(isinstance(it.value, x509.ExtendedKeyUsage) and what in it.value for it in one.extensions)


def issued(below: x509.Certificate, over: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(over)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def key_of(one: x509.Certificate) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey | None:
    """None: a key that this program cannot compute with, such as one for SM2."""
    try:
        key = one.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None


def answered(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """Was this answered by who has issued, or by whom they have told to answer (RFC 6960, 4.2.2.2)?"""
    others = [one for one in answer.certificates if may(one, ExtendedKeyUsageOID.OCSP_SIGNING) and issued(one, issuer)]
    algorithm = answer.signature_hash_algorithm or hashes.SHA256()
    for one in (issuer, *others):
        key = key_of(one)
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
                return True
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
                return True
        except InvalidSignature:
            continue
    return False


def who(one: x509.Certificate) -> str:
    names = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return f"{str(names[0].value) if names else 'a nameless certificate'} [{one.serial_number:032x}]"


def time_of(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
