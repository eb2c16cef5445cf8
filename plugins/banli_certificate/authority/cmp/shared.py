"""CMP messages protected by a secret that both sides know (RFC 4210, 5.1.3.1; RFC 9481, 6.1.1): password-based MAC."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from banli_certificate.authority.cmp import der
from banli_certificate.authority.cmp.der import Broken, Value

PBM = "1.2.840.113533.7.66.13"
SHORTEST = 16
"""Characters of a secret: whoever has heard one message can try secrets as fast as they like."""
_TURNS, _FEWEST, _MOST = 10_000, 100, 100_000
"""How often what the key is made of is hashed: by us; what is taken from others."""
_HASHES = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_MACS = {
    "1.2.840.113549.2.9": "sha256", "1.2.840.113549.2.10": "sha384", "1.2.840.113549.2.11": "sha512",
    # What OpenSSL answers with; the weakness of SHA-1 does not touch it as a MAC.
    "1.3.6.1.5.5.8.1.2": "sha1", "1.2.840.113549.2.7": "sha1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret, and the reference by which the other side finds it."""

    reference: bytes
    value: bytes = field(repr=False)


def algorithm() -> bytes:
    """How a message of ours is protected (AlgorithmIdentifier), with a salt of its own."""
    hashed, mac = (der.sequence(der.oid(next(iter(known))), *more) for known, more in ((_HASHES, ()), (_MACS, (der.NOTHING,))))
    told = der.sequence(der.octets(os.urandom(16)), hashed, der.integer(_TURNS), mac)
    return der.sequence(der.oid(PBM), told)


def protected(secret: Secret, algorithm: Value, content: bytes) -> bytes:
    """The MAC over these bytes as `algorithm` tells. Raises `Broken` for one that is not spoken here."""
    name, *told = algorithm.expect(der.SEQUENCE).inside()
    if name.whole != der.oid(PBM) or len(told) != 1:
        raise Broken("the message is not protected by the secret")
    salt, hashed, turns, mac = told[0].expect(der.SEQUENCE).inside()
    if not _FEWEST <= turns.number() <= _MOST or len(salt.octets()) < 8:
        raise Broken("the secret is used too often or too seldom")
    owf, key = _known(_HASHES, hashed), secret.value + salt.octets()
    for _ in range(turns.number()):
        key = hashlib.new(owf, key).digest()
    return hmac.digest(key, content, _known(_MACS, mac))


def holds(secret: Secret, algorithm: Value, signature: bytes, content: bytes) -> bool:
    return hmac.compare_digest(protected(secret, algorithm, content), signature)


def _known(names: dict[str, str], algorithm: Value) -> str:
    said = algorithm.expect(der.SEQUENCE).inside()[0].whole
    found = next((name for dotted, name in names.items() if der.oid(dotted) == said), "")
    if not found:
        raise Broken("the message is protected in a way that is not spoken here")
    return found
