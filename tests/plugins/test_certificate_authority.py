"""The embedded authority: chains that others accept, lists and answers that others read, one authority for all processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from phone_kit import Phone

from app_fixtures import app_template
from banli.hooks import Unavailable
from banli.ledgers import PluginLedger
from banli.store import Store
from banli_certificate.authority import EmbeddedAuthority, Issued, NotIssued, Standing, Subject
from banli_certificate.authority.simulated import How, SimulatedAuthority
from banli_certificate.conformance import check_authority
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

WHO = Subject("样本甲", "c" * 32, "远山期货有限公司（样本）")
SITE = "https://banli.invalid/plugins/banli_certificate"


def process(store: Store, clock: Any) -> EmbeddedAuthority:
    """The authority as one process of the site has it."""
    ledger = PluginLedger("banli_certificate")
    ledger.connect(store)
    return EmbeddedAuthority(lambda: ledger, clock, site=SITE)


@pytest.fixture
async def authority(store: Store, clock: Any) -> EmbeddedAuthority:
    made = process(store, clock)
    await made.set_up("Sample")
    return made


async def issued(authority: EmbeddedAuthority, key: str = "k") -> Issued:
    made = await authority.enrol(WHO, Phone().request(), key)
    assert isinstance(made, Issued)
    return made


def opened_certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


async def test_a_chain_leads_to_the_root_and_each_link_may_do_what_it_does(authority: EmbeddedAuthority) -> None:
    made = await issued(authority)
    client, (issuer, root) = opened_certificate(made.certificate), map(opened_certificate, made.chain)
    client.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert [c.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length for c in (root, issuer)] == [1, 0]
    limits = client.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = client.extensions.get_extension_for_class(x509.KeyUsage)
    assert limits.critical and not limits.value.ca and usage.critical
    assert usage.value.digital_signature and usage.value.content_commitment and not usage.value.key_cert_sign
    uses = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert f"{SITE}/crl" in str(client.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    assert client.not_valid_after_utc - client.not_valid_before_utc == timedelta(days=365, minutes=5)
    assert f"{client.serial_number:032x}" == made.serial


async def test_all_processes_have_the_same_authority_and_the_same_answer(
    authority: EmbeddedAuthority, store: Store, clock: Any
) -> None:
    other, phone = process(store, clock), Phone()
    assert await other.set_up("Another") is None and await other.chain() == await authority.chain()
    request = phone.request()
    first, again = await authority.enrol(WHO, request, "k"), await other.enrol(WHO, request, "k")
    assert isinstance(first, Issued) and first == again
    assert await other.enrol(WHO, Phone().request(), "k") == NotIssued("key_used")
    assert await other.enrol(Subject(" ", "c", "x"), request, "k2") == NotIssued("subject_refused")


async def test_what_is_revoked_is_told_in_every_way(authority: EmbeddedAuthority, store: Store, clock: Any) -> None:
    good, bad = await issued(authority, "good"), await issued(authority, "bad")
    clock.forward(hours=1)
    since = clock()
    assert await authority.revoke(bad.serial, "forgotten_password") == Standing("revoked", "forgotten_password", since)
    clock.forward(hours=1)
    assert await process(store, clock).revoke(bad.serial, "staff") == Standing("revoked", "forgotten_password", since)
    assert await authority.revoke("0" * 32, "staff") == await authority.status("0" * 32) == Standing("unknown")
    assert (await authority.status(good.serial)).state == "good"
    listed = x509.load_der_x509_crl(await authority.crl())
    issuer = opened_certificate(good.chain[0])
    assert listed.is_signature_valid(issuer.public_key()) and listed.next_update_utc == clock() + timedelta(days=1)
    (line,) = listed
    assert (f"{line.serial_number:032x}", line.revocation_date_utc) == (bad.serial, since.replace(microsecond=0))
    assert line.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise


async def test_the_list_grows_and_its_number_too(authority: EmbeddedAuthority, clock: Any) -> None:
    numbers = []
    for turn in range(3):
        made = await issued(authority, f"k{turn}")
        await authority.revoke(made.serial, "new_device")
        listed = x509.load_der_x509_crl(await authority.crl())
        numbers.append(listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
        assert len(list(listed)) == turn + 1
        clock.forward(seconds=1)
    assert numbers == sorted(set(numbers))


async def test_questions_about_one_certificate_are_answered(authority: EmbeddedAuthority) -> None:
    good, bad = await issued(authority, "good"), await issued(authority, "bad")
    await authority.revoke(bad.serial, "new_device")
    issuer = opened_certificate(good.chain[0])
    for made, status in ((good, ocsp.OCSPCertStatus.GOOD), (bad, ocsp.OCSPCertStatus.REVOKED)):
        question = ocsp.OCSPRequestBuilder().add_certificate(opened_certificate(made.certificate), issuer, hashes.SHA256())
        question = question.add_extension(x509.OCSPNonce(b"n" * 16), critical=False)
        said = ocsp.load_der_ocsp_response(await authority.ocsp(question.build().public_bytes(Encoding.DER)))
        assert said.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL and said.certificate_status is status
        assert said.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 16
        key: Any = issuer.public_key()
        key.verify(said.signature, said.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


async def test_questions_that_cannot_be_answered_are_refused_politely(
    authority: EmbeddedAuthority, store: Store, clock: Any
) -> None:
    made = await issued(authority)
    foreign = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(opened_certificate(made.certificate), opened_certificate(made.chain[1]), hashes.SHA256())
        .build()
    )
    sha256 = bytes.fromhex("0609608648016503040201")
    strange = foreign.public_bytes(Encoding.DER).replace(sha256, sha256[:-1] + b"\x63")  # a hash that nobody knows
    assert strange != foreign.public_bytes(Encoding.DER)
    unknown = ocsp.OCSPRequestBuilder().add_certificate_by_hash(b"n" * 32, b"k" * 32, 7, hashes.SHA256()).build()
    for asked, status in (
        (b"", ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        (strange, ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        (b"0" * 9000, ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
        (foreign.public_bytes(Encoding.DER), ocsp.OCSPResponseStatus.UNAUTHORIZED),
        (unknown.public_bytes(Encoding.DER), ocsp.OCSPResponseStatus.UNAUTHORIZED),
    ):
        assert ocsp.load_der_ocsp_response(await authority.ocsp(asked)).response_status is status


async def test_a_site_without_an_authority_says_what_to_do(store: Store, clock: Any) -> None:
    bare = process(store, clock)
    assert "setup" in await bare.check()
    with pytest.raises(Unavailable):
        await bare.enrol(WHO, Phone().request(), "k")
    await bare.set_up("Sample")
    assert await bare.check() == ""
    clock.forward(days=9 * 365 + 10)
    assert "ends on" in await bare.check()


async def test_it_does_what_the_platform_relies_on(authority: EmbeddedAuthority, clock: Any) -> None:
    await check_authority(authority, WHO, clock=clock)


async def test_a_simulated_one_does_too(store: Store, clock: Any) -> None:
    ledger = PluginLedger("banli_certificate")
    ledger.connect(store)

    async def how() -> How:
        return How(latency=20)

    simulated = SimulatedAuthority(lambda: ledger, clock, how)
    await simulated.set_up()
    await check_authority(simulated, WHO, clock=clock)


def root_key(pem: bytes | None) -> ec.EllipticCurvePrivateKey:
    assert pem is not None
    key = load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


async def test_after_a_renewal_the_new_one_issues_and_the_old_one_answers_for_its_own(store: Store, clock: Any) -> None:
    authority = process(store, clock)
    key, other = root_key(await authority.set_up("Sample")), process(store, clock)
    old, gone = await issued(authority, "old"), await issued(authority, "gone")
    await authority.revoke(gone.serial, "new_device")
    assert await authority.renew(ec.generate_private_key(ec.SECP256R1())) is None, "only the root makes one"
    made = await authority.renew(key)
    assert made is not None and "Client CA 2" in made.subject.rfc4514_string()
    clock.forward(minutes=2)
    new = await issued(other, "new")
    await other.revoke(new.serial, "staff")
    assert new.chain[0] == made.public_bytes(Encoding.DER) != old.chain[0] and new.chain[1] == old.chain[1]
    opened_certificate(new.chain[0]).verify_directly_issued_by(opened_certificate(new.chain[1]))
    for one, revoked in ((old, gone), (new, new)):
        opened_certificate(one.certificate).verify_directly_issued_by(opened_certificate(one.chain[0]))
        assert await other.chain(one.serial) == one.chain
        listed = x509.load_der_x509_crl(await other.crl(one.serial))
        assert listed.is_signature_valid(opened_certificate(one.chain[0]).public_key())
        assert [f"{line.serial_number:032x}" for line in listed] == [revoked.serial], "each list has its own"
    assert (await other.status(old.serial)).state == "good"
    addresses = str(opened_certificate(new.certificate).extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    assert f"{SITE}/crl-2" in addresses
    seal, _ = await other.office("样本 Seal", ec.generate_private_key(ec.SECP256R1()).public_key(), stamps=False)
    told = opened_certificate(seal).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert f"{SITE}/crl-2" in str(told), "what is revoked of the company's own can be fetched too"
    for one in (old, new):
        above = x509.load_der_x509_crl(await other.above(one.serial))
        assert above.is_signature_valid(opened_certificate(one.chain[1]).public_key()) and len(above) == 0
    assert await other.above("0" * 32) == b"", "of what others have issued this root knows nothing"
    for one, status in ((old, ocsp.OCSPCertStatus.GOOD), (new, ocsp.OCSPCertStatus.REVOKED)):
        issuer = opened_certificate(one.chain[0])
        question = ocsp.OCSPRequestBuilder().add_certificate(opened_certificate(one.certificate), issuer, hashes.SHA256()).build()
        said = ocsp.load_der_ocsp_response(await other.ocsp(question.public_bytes(Encoding.DER)))
        assert said.certificate_status is status
    again = await other.enrol(WHO, Phone().request(), "old")
    assert again == NotIssued("key_used"), "the same number is the same certificate, whoever issues now"
    third = await authority.renew(key)
    assert third is not None and "Client CA 3" in third.subject.rfc4514_string()


async def test_a_client_s_certificate_never_outlives_who_has_issued_it(store: Store, clock: Any) -> None:
    authority = process(store, clock)
    key = root_key(await authority.set_up("Sample"))
    clock.forward(days=10 * 365 - 30)
    assert "renew" in await authority.check()
    short = await issued(authority, "short")
    assert short.not_after == opened_certificate(short.chain[0]).not_valid_after_utc
    assert await authority.renew(key) is not None and await authority.check() == ""
    long = await issued(authority, "long")
    assert long.not_after - clock() > timedelta(days=364)
    clock.forward(days=60)
    assert (await authority.status(short.serial)).state == "expired"
    clock.forward(days=10 * 365)
    with pytest.raises(Unavailable):
        await issued(authority, "none")


async def test_a_long_name_is_cut_and_an_empty_company_left_out(authority: EmbeddedAuthority) -> None:
    for subject in (Subject("样" * 60, "c" * 32, "本" * 100), Subject("样本甲", "c" * 32, "")):
        made = await authority.enrol(subject, Phone().request(), f"k{len(subject.company)}")
        assert isinstance(made, Issued)
        names = {one.rfc4514_attribute_name: str(one.value) for one in opened_certificate(made.certificate).subject}
        assert names["CN"] == subject.name[:21] and names["2.5.4.5"] == "c" * 32
        assert names.get("O", "") == subject.company[:21]


async def test_the_addresses_in_a_certificate_answer(opened: Open) -> None:
    """Lists and answers are fetched from outside, by whoever holds a signed document."""
    site = "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}, banli_certificate: {}]"
    async with opened(site=site) as town:
        authority, client = town.parts.plugins.active[-1].authority, town.app.test_client()
        made = await authority.enrol(WHO, Phone().request(), "k")
        await authority.revoke(made.serial, "staff")
        here = "/plugins/banli_certificate"
        listed = await client.get(f"{here}/crl")
        assert listed.mimetype == "application/pkix-crl"
        assert len(list(x509.load_der_x509_crl(await listed.get_data(as_text=False)))) == 1
        issuer = opened_certificate(await (await client.get(f"{here}/issuer")).get_data(as_text=False))
        assert issuer.public_bytes(Encoding.DER) == made.chain[0]
        question = (
            ocsp.OCSPRequestBuilder().add_certificate(opened_certificate(made.certificate), issuer, hashes.SHA256()).build()
        )
        body = question.public_bytes(Encoding.DER)
        about = {"Content-Type": "application/ocsp-request", "Content-Length": str(len(body))}
        said = await client.post(f"{here}/ocsp", data=body, headers=about)
        answer = ocsp.load_der_ocsp_response(await said.get_data(as_text=False))
        assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
        assert (await client.post(f"{here}/ocsp", data=b"", headers={"Content-Length": "0"})).status_code == 413
        assert (await client.get(f"{here}/nothing")).status_code == 404
