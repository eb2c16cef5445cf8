"""Checks signed PDFs, seals and time stamps as far as that goes with `cryptography` alone, and says what it has not checked. Part
of verify.py.

It reads the signatures (CMS, RFC 5652) and time stamps (RFC 3161) inside: over which bytes they are, by which key, when. That
nothing which was added after the client's signature changes what is seen is for a PDF reader, `pdfsig` or pyHanko to tell.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from banli.evidence.verify_chain import Authority, Finding, above, may, time_of, who

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
MESSAGE_DIGEST, SIGNER, STAMP = "2a864886f70d010904", "2a864886f70d010910022f", "2a864886f70d010910020e"
HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "608648016503040201": hashes.SHA256, "608648016503040202": hashes.SHA384, "608648016503040203": hashes.SHA512,
}  # fmt: skip
STAMP_INFO = "2a864886f70d0109100104"
TIMES = ExtendedKeyUsageOID.TIME_STAMPING


@dataclass(frozen=True)
class Part:
    """A value of DER: its tag, what is inside, and all of it."""

    tag: int
    content: bytes
    whole: bytes


@dataclass(frozen=True)
class Inside:
    """A signature inside a PDF. `digest` is that of the bytes it is over, `end` where these end."""

    digest: bytes
    covers: bytes
    end: int
    cms: Cms


@dataclass(frozen=True)
class Cms:
    """A CMS signature with one signer. `about` is what it carries along (a time stamp's), `more` what is not signed."""

    serial: int
    hash: hashes.HashAlgorithm
    attributes: Mapping[str, Part]
    signed: bytes
    signature: bytes
    more: Mapping[str, Part]
    about: bytes
    certificates: Sequence[x509.Certificate]

    @property
    def signer(self) -> x509.Certificate | None:
        return next((one for one in self.certificates if one.serial_number == self.serial), None)

    def by(self, certificate: x509.Certificate) -> bool:
        """Are the signed attributes signed by the key of this certificate, and do they name it?"""
        key = certificate.public_key()
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self.signature, self.signed, ec.ECDSA(self.hash))
            elif isinstance(key, rsa.RSAPublicKey):
                key.verify(self.signature, self.signed, padding.PKCS1v15(), self.hash)
            else:
                return False
        except InvalidSignature:
            return False
        named = self.attributes.get(SIGNER)
        return named is None or hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest() in named.content

    def over(self, digest: bytes) -> bool:
        told = self.attributes.get(MESSAGE_DIGEST)
        return told is not None and parts(told.content)[0].content == digest


def check(
    name: str, content: bytes, said: Mapping[str, object], client: x509.Certificate | None,
    offices: Sequence[x509.Certificate], authorities: Sequence[Authority],
) -> Iterator[Finding]:  # fmt: skip
    """One signed PDF: the client's signature of the statement `said`, the company's seal, the time stamps."""
    found = list(inside(content))
    if found and max(one.end for one in found) != len(content):
        yield Finding("FAIL", f"{name}: something was added after the last signature")
    own = next((one for one in found if hashlib.sha256(one.covers).hexdigest() == said.get("pdf")), None)
    if own is None or client is None:
        yield Finding("FAIL", f"{name}: is not the PDF that the statement names")
        return
    if not own.cms.over(own.digest) or not own.cms.by(client):
        yield Finding("FAIL", f"{name}: the signature inside is not the client's over this file")
        return
    yield Finding("ok", f"{name}: its first {own.end} bytes are the PDF that {who(client)} has signed, as the statement says")
    later = [one for one in found if one.end > own.end]
    stamp = own.cms.more.get(STAMP)
    if stamp is None or not later:
        yield Finding("note", f"{name}: timestamp missing: neither stamped nor sealed yet; the time is the statement's")
        return
    yield from _stamped(name, "the client's signature", stamp, own.cms.signature, offices, authorities)
    stamps = [one for one in later if STAMP_INFO in one.cms.about[:16].hex()]
    for one in later:
        if one in stamps:
            yield from _stamp(name, "the whole file", one.cms, one.covers, offices, authorities)
        else:
            yield from _sealed(name, one, offices, authorities)
    if len(stamps) == len(later):
        yield Finding("note", f"{name}: the company's seal is not in it")
    yield Finding("note", f"{name}: that what was added later changes no page a PDF reader checks, not this program")


def sealed(
    name: str, content: bytes, seal: bytes, offices: Sequence[x509.Certificate], authorities: Sequence[Authority]
) -> Iterator[Finding]:
    """Is this the company's seal (CMS) over these bytes, which are elsewhere?"""
    cms = read_cms(seal)
    digest = hashes.Hash(cms.hash)
    digest.update(content)
    yield from _sealed(name, Inside(digest.finalize(), content, len(content), cms), offices, authorities)


def _sealed(
    name: str, one: Inside, offices: Sequence[x509.Certificate], authorities: Sequence[Authority]
) -> Iterator[Finding]:  # fmt: skip
    signer = one.cms.signer
    if signer is None or not one.cms.over(one.digest) or not one.cms.by(signer):
        yield Finding("FAIL", f"{name}: the seal does not fit the file")
        return
    authority, since = above(signer, authorities), revoked(signer, authorities)
    stamp = one.cms.more.get(STAMP)
    at, stamper = stamped_at(stamp) if stamp is not None else (None, None)
    if signer not in offices:
        yield Finding("FAIL", f"{name}: {who(signer)} has sealed it, who is none of the company's")
    elif since is not None and (at is None or since <= at):
        yield Finding("FAIL", f"{name}: the seal's certificate was revoked on {time_of(since)}, before it sealed")
    elif since is not None and (stamper is None or stamper not in offices or above(stamper, authorities) is None):
        # Whoever has got hold of the key can have it stamped by a clock of their own.
        told = f"was revoked on {time_of(since)}; that it sealed before that, only a time stamp says that is not checked here"
        yield Finding("note", f"{name}: the certificate of the seal ({who(signer)}) {told}")
    elif at is not None and not valid(signer, at):
        yield Finding("FAIL", f"{name}: the seal's certificate was not valid on {time_of(at)}, when it sealed")
    elif may(signer, ExtendedKeyUsageOID.CLIENT_AUTH):
        yield Finding("FAIL", f"{name}: {who(signer)} has sealed it, whose certificate is a client's")
    elif authority is None:
        yield Finding("note", f"{name}: sealed by {who(signer)}, whom another authority has certified: that is not checked here")
    else:
        yield Finding("ok", f"{name}: sealed by {who(signer)}, whom this authority has certified")
    if stamp is not None:
        yield from _stamped(name, "the seal", stamp, one.cms.signature, offices, authorities)


def _stamped(
    name: str, what: str, stamp: Part, over: bytes, offices: Sequence[x509.Certificate], authorities: Sequence[Authority]
) -> Iterator[Finding]:
    yield from _stamp(name, what, read_cms(parts(stamp.content)[0].whole), over, offices, authorities)


def _stamp(
    name: str, what: str, token: Cms, over: bytes, offices: Sequence[x509.Certificate], authorities: Sequence[Authority]
) -> Iterator[Finding]:
    """Is this a time stamp over these bytes, by the key of a certificate that stamps times?"""
    imprint, at, info = _info(token)
    signer, algorithm = token.signer, HASHES[parts(parts(imprint.content)[0].content)[0].content.hex()]
    digest = hashes.Hash(algorithm())
    digest.update(over)
    own = hashes.Hash(token.hash)
    own.update(info)
    fits = parts(imprint.content)[1].content == digest.finalize() and token.over(own.finalize())
    if signer is None or not fits or not token.by(signer):
        yield Finding("FAIL", f"{name}: the time stamp of {what} does not fit")
    elif not may(signer, TIMES):
        yield Finding("FAIL", f"{name}: the time stamp of {what} is by {who(signer)}, who may not stamp times")
    elif signer in offices and above(signer, authorities) is not None and not valid(signer, at):
        yield Finding("FAIL", f"{name}: {who(signer)} was not valid on {time_of(at)}, when {what} is said to have been stamped")
    elif signer in offices and (since := revoked(signer, authorities)) is not None:
        told = f"stamped {what} on {time_of(at)} and was revoked on {time_of(since)}: whoever had its key could write any time"
        yield Finding("FAIL" if since <= at else "note", f"{name}: {who(signer)} has {told}")
    elif signer in offices and above(signer, authorities) is not None:
        yield Finding("ok", f"{name}: {what} was there on {time_of(at)}, says the company's own time stamp ({who(signer)})")
    else:
        outside = f"{who(signer)}, whose certificate is not checked here"
        yield Finding("note", f"{name}: {what} was there on {time_of(at)}, says {outside}")


def stamped_at(stamp: Part) -> tuple[datetime, x509.Certificate | None]:
    """When, and by whom, as the stamp says."""
    token = read_cms(parts(stamp.content)[0].whole)
    return _info(token)[1], token.signer


def valid(one: x509.Certificate, at: datetime) -> bool:
    return one.not_valid_before_utc <= at <= one.not_valid_after_utc


def revoked(one: x509.Certificate, authorities: Sequence[Authority]) -> datetime | None:
    """Since when, as far as the lists here say."""
    authority = above(one, authorities)
    listed = authority.revoked if authority is not None else None
    entry = listed.get_revoked_certificate_by_serial_number(one.serial_number) if listed is not None else None
    return entry.revocation_date_utc if entry is not None else None


def _info(token: Cms) -> tuple[Part, datetime, bytes]:
    """Of a time stamp: what it is over, when it was made, and all that it says."""
    info = parts(parts(token.about)[1].content)[0].content
    fields = parts(parts(info)[0].content)
    moment = next(one for one in fields if one.tag == 0x18).content.decode().rstrip("Z").partition(".")[0]
    return fields[2], datetime.strptime(moment, "%Y%m%d%H%M%S").replace(tzinfo=UTC), info


def inside(content: bytes) -> Iterator[Inside]:
    """The signatures of a PDF. A place that is not as a signature's has to be is none."""
    for found in BYTE_RANGE.finditer(content):
        start, first, second, rest = (int(number) for number in found.groups())
        between, end = content[first:second], second + rest
        if start or not found.start() < end <= len(content) or not (between.startswith(b"<") and between.endswith(b">")):
            continue
        covers = content[:first] + content[second:end]
        try:
            cms = read_cms(bytes.fromhex(between[1:-1].decode()))
        except (ValueError, IndexError, KeyError):
            continue
        digest = hashes.Hash(cms.hash)
        digest.update(covers)
        yield Inside(digest.finalize(), covers, end, cms)


def read_cms(content: bytes) -> Cms:
    """Raises ValueError, IndexError or KeyError for anything else."""
    _, wrapped = parts(_first(content).content)
    fields = parts(parts(wrapped.content)[0].content)
    certificates = next((one for one in fields if one.tag == 0xA0), None)
    (signer,) = parts(fields[-1].content)
    _, named, algorithm, *others = parts(signer.content)
    signed = next(one for one in others if one.tag == 0xA0)
    more = next((one for one in others if one.tag == 0xA1), None)
    return Cms(
        serial=int.from_bytes(parts(named.content)[1].content, "big"),
        hash=HASHES[parts(algorithm.content)[0].content.hex()](),
        attributes=_attributes(signed),
        signed=b"\x31" + signed.whole[1:],
        signature=next(one for one in others if one.tag == 0x04).content,
        more=_attributes(more) if more is not None else {},
        about=fields[2].content,
        certificates=[x509.load_der_x509_certificate(one.whole) for one in parts(certificates.content)] if certificates else [],
    )


def _attributes(listed: Part) -> dict[str, Part]:
    return {parts(one.content)[0].content.hex(): parts(one.content)[1] for one in parts(listed.content)}


def parts(content: bytes) -> list[Part]:
    """The values that stand one after the other."""
    found, at = [], 0
    while at < len(content):
        one = _first(content[at:])
        found.append(one)
        at += len(one.whole)
    return found


def _first(content: bytes) -> Part:
    """The first value; what follows (zeros, where room was left) is not looked at."""
    size, at = content[1], 2
    if size & 0x80:
        at, size = 2 + (size & 0x7F), int.from_bytes(content[2 : 2 + (size & 0x7F)], "big")
    if at + size > len(content):
        raise ValueError("cut off")
    return Part(content[0], content[at : at + size], content[: at + size])
