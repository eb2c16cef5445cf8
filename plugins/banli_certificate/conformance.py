"""Conformance: what an integrator runs against their own certificate authority.

Raises AssertionError with a sentence that says what the platform relies on. It applies for certificates and revokes them, so
point it at a test system.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from banli.testing import free
from banli_certificate.authority import CertificateAuthority, Issued, NotIssued, Standing, Subject, Waiting
from banli_certificate.authority.requests import bits_of

NOBODY = "0" * 31 + "7"
SKEW = timedelta(minutes=5)

Clock = Callable[[], datetime]


async def check_authority(
    authority: CertificateAuthority, subject: Subject, *, clock: Clock = lambda: datetime.now(UTC), patience: float = 60
) -> None:
    """One certificate from application to revocation, and what must not get one. `patience` is the seconds that an application
    may be decided on, and that the authority may take to show a revocation on its list."""
    assert isinstance(authority, CertificateAuthority), "An authority has the methods of CertificateAuthority."
    assert isinstance(await authority.check(), str), "check gives a sentence for the operator, or an empty text."
    await _check_chain(authority)
    key, request = ec.generate_private_key(ec.SECP256R1()), f"conformance-{uuid4()}"
    asked = _request(key, "somebody else")
    issued = await _enrolled(authority, subject, asked, request, patience)
    await _check_certificate(authority, issued, subject, key, clock())
    await _check_repeated(authority, issued, subject, asked, request, patience)
    await _check_refused(authority, subject, request)
    await _check_revocation(authority, issued, patience)


async def _check_chain(authority: CertificateAuthority) -> None:
    chain = [x509.load_der_x509_certificate(one) for one in await free(authority.chain())]
    assert chain, "There is at least one certificate above a client's."
    for below, above in zip(chain, [*chain[1:], chain[-1]], strict=True):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            raise AssertionError("Each certificate of the chain is issued by the next, the last one by itself.") from None
        limits = [one.value for one in below.extensions if isinstance(one.value, x509.BasicConstraints)]
        _hold(bool(limits) and limits[0].ca, "Those above a client's certificate are allowed to issue (basicConstraints).")


async def _enrolled(authority: CertificateAuthority, subject: Subject, request: bytes, key: str, patience: float) -> Issued:
    until = asyncio.get_running_loop().time() + patience
    while isinstance(answer := await free(authority.enrol(subject, request, key)), Waiting):
        _hold(answer.after > 0, "Waiting says in how many seconds it is worth asking again.")
        _hold(asyncio.get_running_loop().time() < until, "The application was not decided in time; raise `patience`?")
        await asyncio.sleep(min(answer.after, 5))
    assert isinstance(answer, Issued), f"A sound application is granted, not {answer}."
    return answer


async def _check_certificate(
    authority: CertificateAuthority, issued: Issued, subject: Subject, key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    made, issuer = (x509.load_der_x509_certificate(one) for one in (issued.certificate, issued.chain[0]))
    _hold(bits_of(made.public_key()) == bits_of(key.public_key()), "The certificate is for the key of the request.")
    _hold(f"{made.serial_number:032x}" == issued.serial, "A serial is hexadecimal, lower case, 32 digits or more.")
    try:
        made.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        raise AssertionError("The first certificate of the chain has issued the client's.") from None
    times = made.not_valid_before_utc, made.not_valid_after_utc
    _hold(times == (issued.not_before, issued.not_after), "not_before and not_after are those of the certificate.")
    _hold(times[0] - SKEW <= now < times[1], "The certificate is valid now; is the authority's clock right?")
    names = {one.value for one in made.subject}
    _hold("somebody else" not in names, "The name in the request counts for nothing.")
    numbers = {one.value for one in made.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)}
    _hold(subject.number in numbers, "The subject's serialNumber is the number of `Subject`: it tells people of one name apart.")
    for extension in made.extensions:
        if isinstance(extension.value, x509.BasicConstraints):
            _hold(not extension.value.ca, "A client's certificate issues no others.")
        if isinstance(extension.value, x509.KeyUsage):
            _hold(extension.value.digital_signature, "A client's certificate is for digital signatures.")
    _hold(await authority.certificate(issued.serial) == issued.certificate, "`certificate` finds by serial what was issued.")
    _hold(await authority.chain(issued.serial) == issued.chain, "`chain` of a serial is the chain that came with it.")
    _hold(await authority.status(issued.serial) == Standing("good"), "A new certificate is good.")


async def _check_repeated(
    authority: CertificateAuthority, issued: Issued, subject: Subject, request: bytes, key: str, patience: float
) -> None:
    again = await _enrolled(authority, subject, request, key, patience)
    assert again.certificate == issued.certificate, "The same key with the same request gives the same certificate."
    both = await asyncio.gather(*(authority.enrol(subject, request, key) for _ in range(2)))
    assert {one.certificate for one in both if isinstance(one, Issued)} == {issued.certificate}, (
        "The same application twice at the same time has one certificate."
    )
    other = await authority.enrol(subject, _request(ec.generate_private_key(ec.SECP256R1())), key)
    assert isinstance(other, NotIssued), "Another request under a used key is refused."


async def _check_refused(authority: CertificateAuthority, subject: Subject, key: str) -> None:
    sound = _request(ec.generate_private_key(ec.SECP256R1()))
    broken = {
        "no request at all": b"",
        "a request whose signature is not its key's": sound[:-1] + bytes([sound[-1] ^ 1]),
        "a request of 100 kB": sound + b"\0" * 100_000,
        "a key of another curve": _request(ec.generate_private_key(ec.SECP384R1())),
    }
    for number, (what, request) in enumerate(broken.items()):
        answer = await authority.enrol(subject, request, f"{key}-{number}")
        assert isinstance(answer, NotIssued), f"{what} is refused with NotIssued, nothing is raised."
    nameless = await authority.enrol(Subject(" ", "", subject.company), sound, f"{key}-nameless")
    assert isinstance(nameless, NotIssued), "Nobody without a name gets a certificate."
    assert await authority.status(NOBODY) == Standing("unknown"), "A serial that was never given is unknown."
    assert await authority.revoke(NOBODY, "staff") == Standing("unknown"), "Revoking what was never issued changes nothing."
    assert await authority.certificate(NOBODY) is None, "There is no certificate with a serial that was never given."


async def _check_revocation(authority: CertificateAuthority, issued: Issued, patience: float) -> None:
    first = await free(authority.revoke(issued.serial, "forgotten_password"))
    told = (first.state, first.reason, first.at is not None)
    _hold(told == ("revoked", "forgotten_password", True), "Revoked from now on, with reason and time.")
    assert await authority.revoke(issued.serial, "staff") == first, "Revoking twice changes neither reason nor time."
    assert await authority.status(issued.serial) == first, "What was revoked is told so at once."
    issuer = x509.load_der_x509_certificate(issued.chain[0])
    until, number = asyncio.get_running_loop().time() + patience, int(issued.serial, 16)
    while True:
        await authority.tend()
        listed = x509.load_der_x509_crl(await free(authority.crl(issued.serial)))
        genuine = listed.issuer == issuer.subject and listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        _hold(genuine, "The list of what is revoked is signed by who has issued the certificate.")
        if listed.get_revoked_certificate_by_serial_number(number) is not None:
            break
        _hold(asyncio.get_running_loop().time() < until, "What is revoked stands on the list in time; raise `patience`?")
        await asyncio.sleep(1)
    question = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(issued.certificate), issuer, hashes.SHA256()
    )
    said = ocsp.load_der_ocsp_response(await authority.ocsp(question.build().public_bytes(Encoding.DER)))
    if said.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
        _hold(said.certificate_status is ocsp.OCSPCertStatus.REVOKED, "OCSP says the same as the list.")


def _request(key: ec.EllipticCurvePrivateKey, name: str = "") -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _hold(truth: bool, sentence: str) -> None:
    if not truth:
        raise AssertionError(sentence)
