"""SM2 and SM3 (GB/T 32918, 32905): checks signatures and certificates of Chinese authorities. Needs banli[gm]."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from banli_certificate.authority.cmp import der
from banli_certificate.authority.cmp.der import Broken, Value

ID = b"1234567812345678"
"""Whose signature it is, where nothing else was agreed (GM/T 0009)."""
CURVE, SM2_WITH_SM3, PUBLIC = "1.2.156.10197.1.301", "1.2.156.10197.1.501", "1.2.840.10045.2.1"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


class NoGm(Exception):
    """The package that computes SM2 is not installed."""

    def __init__(self) -> None:
        super().__init__("This is an SM2 signature. To check it: pip install 'banli[gm]'")


def key_of(certificate: x509.Certificate) -> bytes | None:
    """The SM2 key of a certificate, 64 bytes; None: it has a key of another kind."""
    try:
        info = _fields(certificate)[5].expect(der.SEQUENCE)
        algorithm, bits = info.inside()
        kind, curve = algorithm.inside()[:2]
        point = bits.bits()
    except (Broken, IndexError, ValueError):
        return None
    wanted = der.oid(PUBLIC), der.oid(CURVE)
    if (kind.whole, curve.whole) != wanted or len(point) != 65 or point[0] != 4:
        return None
    return point[1:]


def verified(key: bytes, signature: bytes, signed: bytes, id: bytes = ID) -> bool:
    """Is this a signature by that key over these bytes? `signature` is r and s, 64 bytes, or DER. Raises `NoGm`."""
    pair = _pair(signature)
    if pair is None or not all(0 < number < ORDER for number in pair):
        return False
    content = der.sequence(*(der.integer(number) for number in pair))
    gm = _library()
    try:
        return bool(gm.sm2_verify(key, signed, content, id))
    except (gm.GmsslInnerError, gm.InvalidValueError):
        return False


def issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    """Has the one issued the other, with SM2 and SM3? Raises `NoGm`."""
    key = key_of(above)
    if key is None or below.issuer != above.subject or below.signature_algorithm_oid.dotted_string != SM2_WITH_SM3:
        return False
    return verified(key, below.signature, below.tbs_certificate_bytes)


def flaw_of(certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> str:
    """Why this certificate does not count under that chain (the root, which is trusted, last) at that time; "" when it does.
    Whether it was revoked is another question. Raises `NoGm`."""
    for below, above in zip((certificate, *chain[:-1]), chain, strict=True):
        if not issued(below, above):
            return f"{_who(below)} was not issued by {_who(above)}"
        if not _issues(above):
            return f"{_who(above)} may not issue certificates"
    for one in (certificate, *chain):
        if not one.not_valid_before_utc <= at < one.not_valid_after_utc:
            return f"{_who(one)} is not valid then"
    for place, one in enumerate(chain[:-1]):
        limits = [it.value.path_length for it in one.extensions if isinstance(it.value, x509.BasicConstraints)]
        if limits and limits[0] is not None and place > limits[0]:
            return f"{_who(one)} has too many below it"
    signs = [it.value for it in certificate.extensions if isinstance(it.value, x509.KeyUsage)]
    if signs and not (signs[0].digital_signature or signs[0].content_commitment):
        return f"{_who(certificate)} is not for signing"
    return ""


def sm3(content: bytes) -> bytes:
    """The digest, 32 bytes. Raises `NoGm`."""
    return bytes(_library().sm3_hash(content))


def _pair(signature: bytes) -> tuple[int, int] | None:
    if len(signature) == 64:
        return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        r, s = der.read(signature).expect(der.SEQUENCE).inside()
        pair = r.expect(der.INTEGER).number(), s.expect(der.INTEGER).number()
    except (Broken, IndexError, ValueError):
        return None
    # One signature has one form: otherwise whoever passes it on could change it without being found out.
    return pair if der.sequence(*(der.integer(number) for number in pair)) == signature else None


def _fields(certificate: x509.Certificate) -> list[Value]:
    """serial, algorithm, issuer, validity, subject, key: without the version, which comes first or not at all."""
    parts = list(der.read(certificate.public_bytes(Encoding.DER)).inside()[0].inside())
    return parts[1:] if parts[0].tag == 0xA0 else parts


def _issues(certificate: x509.Certificate) -> bool:
    limits = [one.value.ca for one in certificate.extensions if isinstance(one.value, x509.BasicConstraints)]
    usage = [one.value.key_cert_sign for one in certificate.extensions if isinstance(one.value, x509.KeyUsage)]
    return limits == [True] and all(usage)


def _who(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "a certificate without a name"


def _library() -> Any:
    try:
        import gmssl_pyx
    except ImportError:
        raise NoGm from None
    return gmssl_pyx
