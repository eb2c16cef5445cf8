"""The server's half of RFC 9497 (OPRF, P256-SHA256, base mode): multiplies what a phone has blinded by a secret number.

The multiplication is OpenSSL's (its ECDH), so that the time it takes tells nothing of the number. ECDH yields only the first
coordinate of the product; a second one, by the next number, tells the sign of the other. What is computed here in Python
was sent openly before, or is sent openly after.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric import ec

CURVE = ec.SECP256R1()
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
SIZE = 33
"""Bytes of a point, compressed as SEC 1 writes it."""


class NoPoint(ValueError):
    """These bytes name no point of the curve that could be multiplied."""


def draw() -> int:
    """A secret number for one key: from 2 to the order less 2, so that the next one is a number for ECDH too."""
    return secrets.randbelow(ORDER - 3) + 2


def evaluate(number: int, blinded: bytes) -> bytes:
    """The point times `number`: 33 bytes in, 33 bytes out. Raises NoPoint for anything but a point other than the neutral one."""
    if len(blinded) != SIZE:
        raise NoPoint("A point has 33 bytes.")
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, blinded)
    except ValueError:
        raise NoPoint("This is no point of the curve.") from None
    x = _first(number, point)
    y = pow(x * x * x - 3 * x + _B, (P + 1) // 4, P)
    numbers = point.public_numbers()
    if _first_of_sum(x, y, numbers.x, numbers.y) != _first(number + 1, point):
        y = P - y
    return bytes([2 + (y & 1)]) + x.to_bytes(32, "big")


def _first(number: int, point: ec.EllipticCurvePublicKey) -> int:
    return int.from_bytes(ec.derive_private_key(number, CURVE).exchange(ec.ECDH(), point), "big")


def _first_of_sum(x1: int, y1: int, x2: int, y2: int) -> int:
    """The two are never the same or opposite: `number` is neither 1 nor the order less 1."""
    slope = (y2 - y1) * pow(x2 - x1, -1, P)
    return (slope * slope - x1 - x2) % P
