"""Who gets a certificate, and how often a password can be tried: five times, whoever tries and however fast (R-139 to R-147)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from phone_kit import Phone, point

from banli.ledgers import PluginLedger
from banli.store import Store
from banli_certificate.authority import EmbeddedAuthority, Issued, Subject
from banli_certificate.keys import DeviceKeys, Half
from banli_certificate.oprf import _B as B
from banli_certificate.oprf import P

ME, YOU = "a" * 64, "b" * 64
WHO = Subject("样本甲", ME[:32], "远山期货有限公司（样本）")


@pytest.fixture
async def keys(store: Store, clock: Any) -> DeviceKeys:
    ledger = PluginLedger("banli_certificate")
    ledger.connect(store)
    authority = EmbeddedAuthority(lambda: ledger, clock, days=365)
    assert await authority.set_up("Sample") is not None and await authority.set_up("Sample") is None
    return DeviceKeys(lambda: ledger, authority, clock, warn_days=30)


async def enrolled(keys: DeviceKeys, phone: Phone, client: str = ME) -> str:
    id, nonce = await keys.begin(client)
    assert isinstance(await keys.evaluate(client, id, phone.blinded), Half)
    request = phone.request()
    issued = await keys.enrol(client, id, WHO, request, phone.enrol(nonce, request))
    assert isinstance(issued, Issued), issued
    return id


async def test_a_client_installs_a_certificate_and_is_known_by_it(keys: DeviceKeys) -> None:
    phone = Phone()
    assert (await keys.held(ME)).state == "none"
    id = await enrolled(keys, phone)
    held = await keys.held(ME)
    assert (held.state, held.key) == ("valid", id) and await keys.public(ME, id) == phone.public
    assert (await keys.held(YOU)).state == "none" and await keys.public(YOU, id) is None


async def test_a_request_with_another_s_name_gets_a_certificate_of_the_client_s_own(keys: DeviceKeys) -> None:
    phone, (id, nonce) = Phone(), await keys.begin(ME)
    request = phone.request("样本乙")
    issued = await keys.enrol(ME, id, WHO, request, phone.enrol(nonce, request))
    assert isinstance(issued, Issued)
    names = {a.rfc4514_attribute_name: a.value for a in x509.load_der_x509_certificate(issued.certificate).subject}
    assert names == {"CN": "样本甲", "2.5.4.5": ME[:32], "O": "远山期货有限公司（样本）", "C": "CN"}


async def test_a_counter_raced_by_twenty_askings_at_once_answers_five(keys: DeviceKeys) -> None:
    id = await enrolled(keys, Phone())
    said = await asyncio.gather(*(keys.evaluate(ME, id, point()) for _ in range(20)))
    assert sorted(one.left for one in said if isinstance(one, Half)) == [0, 1, 2, 3, 4]
    assert {one for one in said if isinstance(one, str)} == {"certificate_locked"}
    assert await keys.evaluate(ME, id, point()) == "certificate_locked"


async def test_a_right_password_takes_the_count_back_and_a_nonce_serves_once(keys: DeviceKeys) -> None:
    phone = Phone()
    id = await enrolled(keys, phone)
    for _ in range(4):
        half = await keys.evaluate(ME, id, phone.blinded)
    assert isinstance(half, Half) and half.left == 1
    assert await keys.prove(ME, id, Phone().prove(half.nonce)) == "certificate_broken"
    assert await keys.prove(ME, id, phone.sign(half.nonce)) == "certificate_broken", "a bare nonce is no proof"
    assert await keys.prove(ME, id, phone.prove(half.nonce)) == ""
    assert await keys.prove(ME, id, phone.prove(half.nonce)) == "certificate_unknown", "replayed"
    half = await keys.evaluate(ME, id, phone.blinded)
    assert isinstance(half, Half) and half.left == 4


async def test_an_old_nonce_proves_nothing_once_a_newer_was_given(keys: DeviceKeys) -> None:
    phone = Phone()
    id = await enrolled(keys, phone)
    old = await keys.evaluate(ME, id, phone.blinded)
    new = await keys.evaluate(ME, id, phone.blinded)
    assert isinstance(old, Half) and isinstance(new, Half) and old.nonce != new.nonce
    assert await keys.prove(ME, id, phone.prove(old.nonce)) == "certificate_broken"


async def test_nobody_locks_out_the_key_of_another_nor_learns_that_it_is_there(keys: DeviceKeys) -> None:
    phone = Phone()
    id = await enrolled(keys, phone)
    for _ in range(6):
        assert await keys.evaluate(YOU, id, point()) == "certificate_unknown"
    assert await keys.evaluate(YOU, "0" * 32, point()) == "certificate_unknown"
    assert await keys.prove(YOU, id, b"x") == "certificate_unknown"
    half = await keys.evaluate(ME, id, phone.blinded)
    assert isinstance(half, Half) and half.left == 4


OFF = next(x for x in range(100) if pow(x**3 - 3 * x + B, (P - 1) // 2, P) == P - 1)
"""No point of the curve has this first coordinate."""


@pytest.mark.parametrize(
    "blinded",
    [
        pytest.param(b"\x02" + OFF.to_bytes(32, "big"), id="off the curve"),
        pytest.param(b"\x02" + b"\xff" * 32, id="beyond the field"),
        pytest.param(b"\x00", id="identity"),
        pytest.param(b"\x00" * 33, id="identity in the length of a point"),
        pytest.param(b"\x04" * 65, id="uncompressed"),
        pytest.param(b"\x02" * 34, id="too long"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_a_point_off_the_curve_or_the_identity_gets_no_answer_and_costs_no_try(keys: DeviceKeys, blinded: bytes) -> None:
    id = await enrolled(keys, Phone())
    assert await keys.evaluate(ME, id, blinded) == "certificate_broken"
    half = await keys.evaluate(ME, id, point())
    assert isinstance(half, Half) and half.left == 4


async def test_a_request_must_be_signed_by_its_key_over_this_nonce(keys: DeviceKeys) -> None:
    phone, other = Phone(), Phone()
    id, nonce = await keys.begin(ME)
    request = phone.request()
    bad = [
        (request, other.enrol(nonce, request)),
        (request, phone.enrol(b"\0" * 32, request)),
        (request, phone.sign(nonce)),
        (other.request(), phone.enrol(nonce, other.request())),
        (request[:-1] + bytes([request[-1] ^ 1]), phone.enrol(nonce, request)),
        (request + b"\0" * 2000, phone.enrol(nonce, request + b"\0" * 2000)),
        (b"", b""),
        (b"\x30\x82\xff\xff", b"\x30"),
    ]
    for asked, proof in bad:
        assert await keys.enrol(ME, id, WHO, asked, proof) == "certificate_broken"
    assert await keys.enrol(YOU, id, WHO, request, phone.enrol(nonce, request)) == "certificate_unknown"
    assert (await keys.held(ME)).state == "none"


async def test_only_keys_of_the_curve_are_certified(keys: DeviceKeys) -> None:
    id, _ = await keys.begin(ME)
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        assert await keys.enrol(ME, id, WHO, request.public_bytes(Encoding.DER), b"x") == "certificate_broken"


async def test_an_answer_that_was_lost_is_given_again(keys: DeviceKeys) -> None:
    phone, (id, nonce) = Phone(), await keys.begin(ME)
    request = phone.request()
    first = await keys.enrol(ME, id, WHO, request, phone.enrol(nonce, request))
    again = await keys.enrol(ME, id, WHO, request, phone.enrol(nonce, request))
    assert isinstance(first, Issued) and isinstance(again, Issued) and first.certificate == again.certificate
    other = Phone().request()
    assert await keys.enrol(ME, id, WHO, other, phone.enrol(nonce, other)) == "certificate_unknown"
    assert (await keys.held(ME)).state == "valid"


async def test_another_phone_ends_what_the_first_had(keys: DeviceKeys) -> None:
    """R-147"""
    first, second = Phone(), Phone()
    old = await enrolled(keys, first)
    new = await enrolled(keys, second)
    held = await keys.held(ME)
    assert (held.state, held.key) == ("valid", new)
    assert await keys.evaluate(ME, old, first.blinded) == "certificate_unknown" and await keys.public(ME, old) is None


async def test_a_forgotten_password_ends_the_certificate(keys: DeviceKeys) -> None:
    """R-146"""
    id = await enrolled(keys, Phone())
    serial = (await keys.held(ME)).serial
    await keys.forget(ME, "forgotten_password")
    assert (await keys.held(ME)).state == "revoked"
    standing = await keys.authority.status(serial)
    assert (standing.state, standing.reason) == ("revoked", "forgotten_password")
    assert await keys.evaluate(ME, id, point()) == "certificate_unknown"
    await enrolled(keys, Phone())
    assert (await keys.held(ME)).state == "valid"


async def test_a_password_that_is_tried_at_that_moment_keeps_no_key_alive(keys: DeviceKeys) -> None:
    """The server's half goes with the certificate, whoever asks for it just then."""
    phone, ledger = Phone(), keys._ledger()
    id = await enrolled(keys, phone)
    revoke = keys.authority.revoke

    async def interrupted(serial: str, reason: Any) -> Any:
        if not tried:
            tried.append(await keys.evaluate(ME, id, phone.blinded))
        return await revoke(serial, reason)

    tried: list[Any] = []
    keys.authority.revoke = interrupted  # type: ignore[method-assign]
    await keys.forget(ME, "forgotten_password")
    entry = await ledger.get("key", id)
    assert isinstance(tried[0], Half) and entry is not None
    assert (entry.document["state"], entry.document["number"], entry.document["nonce"]) == ("revoked", "", "")


async def test_a_certificate_ends_with_a_warning_before(keys: DeviceKeys, clock: Any) -> None:
    await enrolled(keys, Phone())
    clock.forward(days=330)
    assert (await keys.held(ME)).state == "valid"
    clock.forward(days=10)
    assert (await keys.held(ME)).state == "expiring"
    clock.forward(days=26)
    assert (await keys.held(ME)).state == "expired"
    clock.forward(days=-400)
    assert (await keys.held(ME)).state == "valid", "the state is what the clock says"


async def test_what_was_begun_and_left_is_dropped(keys: DeviceKeys) -> None:
    old, _ = await keys.begin(ME)
    new, _ = await keys.begin(ME)
    assert old != new and await keys.evaluate(ME, old, point()) == "certificate_unknown"
    assert isinstance(await keys.evaluate(ME, new, point()), Half)
