"""The server's half of a password: what a phone has blinded comes back multiplied, and nothing else is answered."""

from __future__ import annotations

import pytest

from banli_certificate.oprf import ORDER, SIZE, NoPoint, P, draw, evaluate

NUMBER = 0x159749D750713AFE245D2D39CCFAAE8381C53CE92D098A9375EE70739C7AC0BF
"""`skSm` of RFC 9497, A.3.1."""
KNOWN = [
    (
        "03723a1e5c09b8b9c18d1dcbca29e8007e95f14f4732d9346d490ffc195110368d",
        "030de02ffec47a1fd53efcdd1c6faf5bdc270912b8749e783c7ca75bb412958832",
    ),
    (
        "03cc1df781f1c2240a64d1c297b3f3d16262ef5d4cf102734882675c26231b0838",
        "03a0395fe3828f2476ffcd1f4fe540e5a8489322d398be3c4e5a869db7fcb7c52c",
    ),
]


@pytest.mark.parametrize(("blinded", "evaluated"), KNOWN)
def test_the_answers_are_those_of_the_standard(blinded: str, evaluated: str) -> None:
    assert evaluate(NUMBER, bytes.fromhex(blinded)).hex() == evaluated


def test_what_is_no_point_is_not_answered() -> None:
    good = bytes.fromhex(KNOWN[0][0])
    beyond = next(x for x in range(100) if pow((x**3 - 3 * x + B) % P, (P - 1) // 2, P) == P - 1)
    bad = [
        b"", b"\x00", b"\x00" * SIZE, good[:-1], good + b"\x00", b"\x04" + good[1:], b"\x05" + good[1:], bytes(65),
        b"\x02" + P.to_bytes(32, "big"), b"\x02" + (P + 5).to_bytes(32, "big"), b"\x03" + beyond.to_bytes(32, "big"),
    ]  # fmt: skip
    for blinded in bad:
        with pytest.raises(NoPoint):
            evaluate(NUMBER, blinded)


def test_secret_numbers_are_none_that_ecdh_would_refuse() -> None:
    drawn = {draw() for _ in range(200)}
    assert len(drawn) == 200 and all(2 <= number <= ORDER - 2 for number in drawn)
    assert evaluate(2, bytes.fromhex(KNOWN[0][0])) and evaluate(ORDER - 2, bytes.fromhex(KNOWN[0][0]))


B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
