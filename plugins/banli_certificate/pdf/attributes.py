"""What the client's key signs of a PDF: the signed attributes of its CMS signature (RFC 5652), of which there is one form only.

So the phone makes them itself, from the digest in the statement that it signs too and from its own certificate: it never signs
bytes that it has not made. PAdES (ETSI EN 319 142-1) wants exactly these three; the time stands in the PDF and in the time stamp.
"""

from __future__ import annotations

import hashlib


def signed_attributes(digest: bytes, certificate: bytes) -> bytes:
    """DER. `digest`: SHA-256 over all of the PDF but the signature's place; `certificate`: the signer's (DER)."""
    signer = _der(0x30, _der(0x30, _der(0x30, _der(0x04, hashlib.sha256(certificate).digest()))))
    return _der(
        0x31,
        _attribute("2a864886f70d010903", _der(0x06, bytes.fromhex("2a864886f70d010701"))),  # content type: data
        _attribute("2a864886f70d010904", _der(0x04, digest)),  # message digest
        _attribute("2a864886f70d010910022f", signer),  # signing certificate, version 2 (RFC 5035)
    )


def _attribute(name: str, value: bytes) -> bytes:
    return _der(0x30, _der(0x06, bytes.fromhex(name)), _der(0x31, value))


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])
    return bytes([tag]) + size + content
