"""An authority elsewhere, spoken to in CMP: whatever it does, a client has one certificate or a calm sentence."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cmp_kit import Elsewhere, OpenSslDesk, elsewhere, now, speaker
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from phone_kit import Phone

from banli.hooks import Unavailable
from banli_certificate.authority import Issued, NotIssued, Subject, Waiting
from banli_certificate.authority.cmp import der, messages
from banli_certificate.authority.cmp.client import way_of
from banli_certificate.authority.cmp.shared import Secret
from banli_certificate.authority.cmp.wire import Wire, unfit
from banli_certificate.conformance import check_authority

WHO = Subject("样本甲", "c" * 32, "远山期货有限公司（样本）")


class Clock:
    """Goes on, and can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> Any:
        return now() + self.ahead

    def forward(self, **amount: float) -> None:
        self.ahead += timedelta(**amount)


async def code(asked: Any) -> str:
    with pytest.raises(Unavailable) as silent:
        await asked
    return silent.value.code


SHARED = Secret(b"site 8001", b"a secret that both know")


async def test_who_does_not_know_the_secret_is_not_heard_and_not_believed() -> None:
    """Nor is a message that is signed where a secret was agreed on, or one whose key is made in too few turns."""
    async with elsewhere(secret=SHARED) as there:
        stranger, asked, phone = Secret(SHARED.reference, b"a secret that nobody knows"), there.door.asked, Phone()
        for way, told in (("speaker", "silent"), ("answers", "broken")):
            for other in (stranger, speaker("RA") if way == "speaker" else ()):
                found = await code(there.authority(**{way: other}).enrol(WHO, phone.request(), "k"))
                assert found == f"certificate_authority_{told}", (way, other)
        assert there.door.asked == asked + 4
        assert isinstance(await there.authority().enrol(WHO, phone.request(), "k"), Issued), "nothing is lost by it"
    said = messages.written(
        messages.POLL, messages.polling(), SHARED, x509.Name([]), now(), transaction=b"t" * 16, nonce=b"n" * 16
    )
    assert messages.opened(said, SHARED).nonce == b"n" * 16
    weak = said.replace(der.integer(10_000), der.value(der.INTEGER, bytes([0, 99])))
    for data in (said[:-1] + bytes([said[-1] ^ 1]), weak):
        with pytest.raises((der.Broken, IndexError)):
            messages.opened(data, SHARED)
    with pytest.raises(der.Broken):
        messages.opened(said, [speaker("CMP").certificate])


def test_a_secret_is_long_or_the_operator_is_told(tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_bytes(speaker("CA").certificate.public_bytes(Encoding.PEM))
    site = {"url": "https://ca.example/cmp", "chain": "chain.pem", "crl": "http://ca.example/crl", "reference": "8001"}
    secret = {"BANLI_CERTIFICATE_CMP_SECRET": "0123456789abcdef"}
    way = way_of(site, tmp_path, secret)
    assert way.speaker == way.answers == Secret(b"8001", b"0123456789abcdef") and "0123" not in repr(way)
    for said, environment, told in (
        (site, {"BANLI_CERTIFICATE_CMP_SECRET": "0123456789abcde"}, "BANLI_CERTIFICATE_CMP_SECRET has to have 16"),
        ({**site, "key": "ra.key"}, secret, "either certificate, key and answers, or reference"),
        ({name: one for name, one in site.items() if name != "reference"}, secret, "or reference"),
    ):
        with pytest.raises(ValueError, match=told):
            way_of(said, tmp_path, environment)


async def confirmed(there: Elsewhere) -> int:
    """How many certificates of the authority count: issued and not taken back."""
    inner = there.simulated._inner
    entries = await inner._ledger().of("certificate", WHO.number)
    return sum(not entry.document["revoked_at"] for entry in entries)


@pytest.mark.parametrize("kind", ["curve", "rsa", "secret"])
async def test_it_does_what_the_platform_relies_on(kind: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else None
    async with elsewhere(key=key, secret=SHARED if kind == "secret" else None) as there:
        await check_authority(there.authority(), WHO)
        assert await there.authority().check() == ""


async def test_an_application_that_takes_its_time_is_asked_for_again_by_any_process() -> None:
    clock = Clock()
    async with elsewhere(clock) as there:
        there.behave(waits=60)
        request = Phone().request()
        for _ in range(2):
            assert isinstance(await there.authority().enrol(WHO, request, "k"), Waiting)
        clock.forward(seconds=61)
        issued = await there.authority().enrol(WHO, request, "k")
        assert isinstance(issued, Issued) and await there.authority().enrol(WHO, request, "k") == issued
        assert await confirmed(there) == 1


async def test_who_is_refused_is_siteso_and_may_apply_again() -> None:
    async with elsewhere() as there:
        there.behave(refuses=True)
        request = Phone().request()
        assert await there.authority().enrol(WHO, request, "k") == NotIssued("subject_refused")
        there.behave(refuses=False)
        assert isinstance(await there.authority().enrol(WHO, request, "k"), Issued)


async def test_an_authority_that_is_down_or_slow_costs_nothing_but_time() -> None:
    async with elsewhere() as there:
        there.behave(outage=True)
        request = Phone().request()
        assert await code(there.authority().enrol(WHO, request, "k")) == "certificate_authority_silent"
        there.behave(outage=False, latency=600)
        hasty = there.authority(wire=Wire(timeout=0.2))
        assert await code(hasty.enrol(WHO, request, "k")) == "certificate_authority_silent"
        there.behave(latency=0)
        assert isinstance(await there.authority().enrol(WHO, request, "k"), Issued)
        await there.door.close()
        assert await code(there.authority().enrol(WHO, Phone().request(), "k2")) == "certificate_authority_silent"


async def test_an_answer_that_was_lost_leaves_one_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the answers it is: to the application or to the confirmation."""
    for lost in (1, 2):
        async with elsewhere() as there:
            answer, turn = there.door.desk.answer, 0

            async def losing(data: bytes) -> bytes:
                nonlocal turn
                turn += 1
                said = await answer(data)
                if turn == lost:
                    raise Unavailable
                return said

            monkeypatch.setattr(there.door.desk, "answer", losing)
            request = Phone().request()
            assert (await code(there.authority().enrol(WHO, request, "k"))).startswith("certificate_authority")
            for _ in range(3):
                try:
                    issued = await there.authority().enrol(WHO, request, "k")
                except Unavailable:
                    continue
            assert isinstance(issued, Issued)
            assert (await there.authority().status(issued.serial)).state == "good"
            known = await there.ledger.of("outside", WHO.number)
            assert [entry.name for entry in known] == [issued.serial], "one stands on this site"


async def test_two_who_ask_at_once_with_one_key_have_one_certificate() -> None:
    async with elsewhere() as there:
        request = Phone().request()
        said = await asyncio.gather(*(there.authority().enrol(WHO, request, "k") for _ in range(4)), return_exceptions=True)
        assert all(isinstance(one, Issued | Unavailable) for one in said)
        last = await there.authority().enrol(WHO, request, "k")
        assert isinstance(last, Issued) and {one.serial for one in said if isinstance(one, Issued)} <= {last.serial}
        assert len(await there.ledger.of("outside", WHO.number)) == 1


async def test_answers_of_others_and_old_answers_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forged by somebody with a client's certificate of the same authority, replayed, swapped, cut, or not signed at all."""
    async with elsewhere() as there:
        desk, request = there.door.desk, Phone().request()
        good: list[bytes] = []
        answer, genuine = desk.answer, desk.speaker

        async def kept(data: bytes) -> bytes:
            good.append(await answer(data))
            return good[-1]

        monkeypatch.setattr(desk, "answer", kept)
        assert isinstance(await there.authority().enrol(WHO, request, "k"), Issued)

        async def forged(data: bytes) -> bytes:
            desk.speaker = speaker("CMP")
            said = await answer(data)
            desk.speaker = genuine
            return said

        async def unsigned(data: bytes) -> bytes:
            header, body, *_ = der.read(await answer(data)).inside()
            return der.sequence(header.whole, body.whole)

        async def changed(data: bytes) -> bytes:
            said = bytearray(await answer(data))
            said[len(said) // 3] ^= 1
            return bytes(said)

        async def replayed(data: bytes) -> bytes:
            return good[0]

        async def nothing(data: bytes) -> bytes:
            return b""

        for number, wrong in enumerate((forged, unsigned, changed, replayed, nothing)):
            monkeypatch.setattr(desk, "answer", wrong)
            assert await code(there.authority().enrol(WHO, Phone().request(), f"k{number}")) == "certificate_authority_broken"
        assert len(await there.ledger.of("outside", WHO.number)) == 1


async def test_a_certificate_for_another_key_or_time_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is told so, and takes it back."""
    async with elsewhere() as there:
        issue = there.simulated.issue
        other = Phone().key.public_key()

        async def swapped(subject: Any, public: Any, key: str) -> Any:
            return await issue(subject, other, key)

        monkeypatch.setattr(there.simulated, "issue", swapped)
        assert await code(there.authority().enrol(WHO, Phone().request(), "k")) == "certificate_authority_broken"
        monkeypatch.setattr(there.simulated, "issue", issue)
        there.behave(ahead=3600)
        assert await code(there.authority().enrol(WHO, Phone().request(), "k2")) == "certificate_authority_clock"
        assert await there.ledger.of("outside", WHO.number) == [] and await confirmed(there) == 0


async def test_a_certificate_of_another_authority_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    async with elsewhere() as there, elsewhere() as other:
        monkeypatch.setattr(there.simulated, "issue", other.simulated.issue)
        assert await code(there.authority().enrol(WHO, Phone().request(), "k")) == "certificate_authority_broken"
        assert await there.ledger.of("outside", WHO.number) == []


async def test_a_revocation_holds_here_at_once_and_there_as_soon_as_it_is_heard() -> None:
    async with elsewhere() as there:
        issued = await there.authority().enrol(WHO, Phone().request(), "k")
        assert isinstance(issued, Issued)
        there.behave(outage=True)
        gone = await there.authority().revoke(issued.serial, "forgotten_password")
        assert (gone.state, gone.reason) == ("revoked", "forgotten_password")
        assert await there.authority().status(issued.serial) == gone
        assert "1 revocations" in await there.authority().check()
        there.behave(outage=False)
        assert (await there.simulated.status(issued.serial)).state == "good", "not heard of it yet"
        await there.authority().tend()
        assert (await there.simulated.status(issued.serial)).state == "revoked"
        assert await there.authority().check() == ""
        await there.authority().tend()


async def test_what_the_authority_itself_has_revoked_is_found_on_its_list() -> None:
    clock = Clock()
    async with elsewhere(clock) as there:
        issued, authority = await there.authority().enrol(WHO, Phone().request(), "k"), there.authority()
        assert isinstance(issued, Issued) and (await authority.status(issued.serial)).state == "good"
        await there.simulated.revoke(issued.serial, "ceased")
        clock.forward(minutes=6)
        gone = await authority.status(issued.serial)
        assert (gone.state, gone.reason) == ("revoked", "authority")
        assert await authority.revoke(issued.serial, "staff"), "revoked there before: nothing is owed"
        assert await there.ledger.of("untold", "untold") == []


async def test_while_the_list_cannot_be_had_the_last_one_counts_until_its_end() -> None:
    clock = Clock()
    async with elsewhere(clock) as there:
        issued, authority = await there.authority().enrol(WHO, Phone().request(), "k"), there.authority()
        assert isinstance(issued, Issued) and (await authority.status(issued.serial)).state == "good"
        there.behave(outage=True)
        clock.forward(hours=23)
        assert (await authority.status(issued.serial)).state == "good"
        clock.forward(hours=2)
        assert await code(authority.status(issued.serial)) == "certificate_authority_silent"
        assert await code(there.authority().crl()) == "certificate_authority_silent"
        there.behave(outage=False)
        clock.forward(minutes=1)
        assert (await authority.status(issued.serial)).state == "good"


async def test_a_list_of_somebody_else_or_an_older_one_brings_nobody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    async with elsewhere(clock) as there, elsewhere(clock) as other:
        issued, authority = await there.authority().enrol(WHO, Phone().request(), "k"), there.authority()
        assert isinstance(issued, Issued)
        older = await authority.crl()
        await there.simulated.revoke(issued.serial, "ceased")
        clock.forward(minutes=6)
        assert (await authority.status(issued.serial)).state == "revoked"
        for wrong in (older, await other.simulated.crl(), b"", b"\x30\x82"):

            async def served(serial: str = "", content: bytes = wrong) -> bytes:
                return content

            monkeypatch.setattr(there.simulated, "crl", served)
            clock.forward(minutes=6)
            assert (await authority.status(issued.serial)).state == "revoked"


async def test_the_operator_is_warned_before_something_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    async with elsewhere(clock) as there:
        clock.forward(days=340)
        assert "registration authority's certificate ends" in await there.authority().check()


def test_names_travel_encrypted_or_stay_on_this_machine() -> None:
    assert "not encrypted" in unfit("http://ca.example/cmp", secret=True)
    assert unfit("http://ca.example/crl", secret=False) == unfit("https://ca.example/cmp", secret=True) == ""
    assert unfit("http://127.0.0.1:8080/cmp", secret=True) == ""
    assert unfit("file:///etc/passwd", secret=False) and unfit("https://", secret=True)


async def test_an_answer_without_end_is_cut_off() -> None:
    async def flood(reader: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"0" * 65536)
                await writer.drain()
        except OSError:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/cmp"
    assert await code(Wire(timeout=5).post(url, b"x", "text/plain", 100_000)) == "certificate_authority_silent"
    server.close()


@given(st.binary(max_size=200), st.integers(0, 10_000))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_reader_fall(junk: bytes, at: int) -> None:
    """Whatever arrives is a message of whom we know, or it is `Broken`."""
    by = SPEAKER
    sound = messages.written(
        messages.POLL, messages.polling(), by, by.certificate.subject, now(), transaction=b"t" * 16, nonce=b"n" * 16
    )
    assert messages.opened(sound, [by.certificate]).transaction == b"t" * 16
    place = at % len(sound)
    for data in (junk, sound[:place] + junk + sound[place + len(junk) :], sound[:place]):
        if data == sound:
            continue
        try:
            found = messages.opened(data, [by.certificate])
        except (der.Broken, IndexError):
            continue
        assert found.transaction == b"t" * 16 and found.body == messages.POLL, "only what is not signed may differ"


SPEAKER = speaker("somebody")


# OpenSSL's own CMP server


@pytest.fixture
def openssl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts OpenSSL in the place of our own desk. The certificate that it will give is made before."""
    assert shutil.which("openssl"), "These tests need the package openssl."
    made: list[OpenSslDesk] = []

    def put(there: Elsewhere, certificate: bytes, command: str, turns: int, *options: str) -> OpenSslDesk:
        made.append(OpenSslDesk(tmp_path / f"openssl{len(made)}", there, certificate, command, turns, *options))
        monkeypatch.setattr(there.door.desk, "answer", made[-1].answer)
        return made[-1]

    yield put
    for desk in made:
        desk.close()


Put = Callable[..., OpenSslDesk]


@pytest.mark.parametrize("kind", ["curve", "rsa", "secret"])
async def test_openssl_issues_and_revokes(openssl: Put, kind: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else None
    async with elsewhere(key=key, secret=SHARED if kind == "secret" else None) as there:
        phone = Phone()
        ready = await there.simulated.issue(WHO, phone.key.public_key(), "made")
        assert isinstance(ready, Issued)
        openssl(there, ready.certificate, "cr", 2)
        issued = await there.authority().enrol(WHO, phone.request(), "k")
        assert isinstance(issued, Issued) and issued.certificate == ready.certificate
        openssl(there, ready.certificate, "rr", 1)
        assert (await there.authority().revoke(issued.serial, "staff")).state == "revoked"
        assert await there.ledger.of("untold", "untold") == [], "OpenSSL has heard of it"


async def test_openssl_lets_wait_and_is_asked_again(openssl: Put) -> None:
    async with elsewhere() as there:
        phone = Phone()
        ready = await there.simulated.issue(WHO, phone.key.public_key(), "made")
        assert isinstance(ready, Issued)
        openssl(there, ready.certificate, "cr", 4, "-poll_count", "1", "-check_after", "1")
        assert isinstance(await there.authority().enrol(WHO, phone.request(), "k"), Waiting)
        issued = await there.authority().enrol(WHO, phone.request(), "k")
        assert isinstance(issued, Issued) and issued.certificate == ready.certificate


async def test_openssl_refuses_in_three_ways(openssl: Put) -> None:
    async with elsewhere() as there:
        phone = Phone()
        ready = await there.simulated.issue(WHO, phone.key.public_key(), "made")
        assert isinstance(ready, Issued)
        openssl(there, ready.certificate, "cr", 1, "-pkistatus", "2", "-failure", "23", "-statusstring", "no such customer")
        assert await there.authority().enrol(WHO, phone.request(), "k") == NotIssued("subject_refused")
        openssl(there, ready.certificate, "cr", 1, "-pkistatus", "2", "-failure", "24")
        authority = there.authority()
        assert await code(authority.enrol(WHO, phone.request(), "k")) == "certificate_authority_silent", "not now (systemUnavail)"
        assert "failures [24]" in await authority.check()
        openssl(there, ready.certificate, "cr", 1, "-send_error")
        assert await code(authority.enrol(WHO, phone.request(), "k")) == "certificate_authority_broken"
        assert "error processing message" in await authority.check()


async def test_openssl_takes_nobody_elses_word(openssl: Put) -> None:
    """A registration authority that it does not know, and an answer by a certificate that we do not know."""
    async with elsewhere() as there:
        phone = Phone()
        ready = await there.simulated.issue(WHO, phone.key.public_key(), "made")
        assert isinstance(ready, Issued)
        openssl(there, ready.certificate, "cr", 1)
        stranger = there.authority(speaker=speaker("RA"))
        assert await code(stranger.enrol(WHO, phone.request(), "k")) == "certificate_authority_broken"
        openssl(there, ready.certificate, "cr", 1)
        deceived = there.authority(answers=(speaker("CMP").certificate,))
        assert await code(deceived.enrol(WHO, phone.request(), "k")) == "certificate_authority_broken"
