"""What the certificates look like (RFC 5280): P-256 and SHA-256 throughout, nothing in them that is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

CURVE = ec.SECP256R1()
LARGEST_REQUEST = 2000
"""Bytes; a request for a P-256 key has about 200."""
POLICY = x509.ObjectIdentifier("2.25.318703829140651733245062390166713620143")
"""Identified by certificate of the platform's own authority. From a random UUID (X.667): no register was asked."""
SKEW = timedelta(minutes=5)
"""Phones' clocks are not all right: a certificate is valid from a little earlier."""
REASONS = {
    "forgotten_password": x509.ReasonFlags.key_compromise,
    "new_device": x509.ReasonFlags.superseded,
    "superseded": x509.ReasonFlags.superseded,
    "ceased": x509.ReasonFlags.cessation_of_operation,
    "staff": x509.ReasonFlags.privilege_withdrawn,
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate that issues others, with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where lists and answers about a certificate can be fetched: `<site>/crl<suffix>` and so on."""

    site: str
    suffix: str = ""


def root(name: str, now: datetime, lasts: timedelta) -> Issuer:
    """A new authority that certifies itself and one level below."""
    key = ec.generate_private_key(CURVE)
    builder = _dated(_name(name), _name(name), key.public_key(), now, lasts, x509.random_serial_number())
    builder = _issuing(builder, key.public_key(), below=1)
    return Issuer(builder.sign(key, hashes.SHA256()), key)


def intermediate(name: str, above: Issuer, now: datetime, lasts: timedelta) -> Issuer:
    """The authority that is online; it certifies clients only."""
    key = ec.generate_private_key(CURVE)
    builder = _dated(_name(name), above.certificate.subject, key.public_key(), now, lasts, x509.random_serial_number())
    builder = _issuing(builder, key.public_key(), below=0).add_extension(_of(above), critical=False)
    return Issuer(builder.sign(above.key, hashes.SHA256()), key)


def client(
    name: x509.Name,
    key: ec.EllipticCurvePublicKey,
    above: Issuer,
    serial: int,
    now: datetime,
    lasts: timedelta,
    site: Addresses | None,
) -> x509.Certificate:
    """A client's. None: nothing about it can be fetched anywhere."""
    builder = (
        _dated(name, above.certificate.subject, key, now - SKEW, lasts + SKEW, serial)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_documents=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_of(above), critical=False)
        .add_extension(x509.CertificatePolicies([x509.PolicyInformation(POLICY, None)]), critical=False)
    )
    return _fetched(builder, site).sign(above.key, hashes.SHA256())


def office(
    name: str, key: ec.EllipticCurvePublicKey, above: Issuer, serial: int, now: datetime, lasts: timedelta, *, stamps: bool,
    site: Addresses | None = None,
) -> x509.Certificate:  # fmt: skip
    """The company's own: for its seal, or (`stamps`) for nothing but time stamps, as RFC 3161 wants it."""
    builder = (
        _dated(_name(name), above.certificate.subject, key, now - SKEW, lasts + SKEW, serial)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_documents=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_of(above), critical=False)
    )
    if stamps:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return _fetched(builder, site).sign(above.key, hashes.SHA256())


def name_of(common: str, number: str, company: str) -> x509.Name:
    """Whose it is. What is longer than 64 bytes is cut, the number tells people apart; what is empty is left out."""
    said = {
        NameOID.COUNTRY_NAME: "CN", NameOID.ORGANIZATION_NAME: company, NameOID.COMMON_NAME: common,
        NameOID.SERIAL_NUMBER: number,
    }  # fmt: skip
    return x509.Name([x509.NameAttribute(kind, _cut(text)) for kind, text in said.items() if text])


def crl(above: Issuer, revoked: Sequence[tuple[int, datetime, str]], now: datetime, lasts: timedelta) -> bytes:
    """`revoked`: serial, since when, why. The number of the list is the second it was made in."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(above.certificate.subject)
    builder = builder.last_update(now).next_update(now + lasts)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    builder = builder.add_extension(_of(above), critical=False)
    for serial, since, reason in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        one = one.add_extension(x509.CRLReason(REASONS.get(reason, x509.ReasonFlags.unspecified)), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    from cryptography.hazmat.primitives.serialization import Encoding

    return builder.sign(above.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _fetched(builder: x509.CertificateBuilder, site: Addresses | None) -> x509.CertificateBuilder:
    """Where what is revoked can be fetched; None: nowhere."""
    if site is not None:
        files = f"crl{site.suffix}", "ocsp", f"issuer{site.suffix}"
        crl, ocsp, issuer = (x509.UniformResourceIdentifier(f"{site.site}/{file}") for file in files)
        builder = builder.add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), critical=False
        ).add_extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(AuthorityInformationAccessOID.OCSP, ocsp),
                    x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, issuer),
                ]
            ),
            critical=False,
        )
    return builder


def _dated(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(now)
        .not_valid_after(now + lasts)
    )


def _issuing(builder: x509.CertificateBuilder, key: ec.EllipticCurvePublicKey, below: int) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(signs_documents=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _of(above: Issuer) -> x509.AuthorityKeyIdentifier:
    known = above.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _usage(*, signs_documents: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=signs_documents, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not signs_documents, crl_sign=not signs_documents, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, _cut(common))])


def _cut(text: str) -> str:
    """X.520 gives 64 letters, some who read certificates count bytes."""
    return text.encode()[:64].decode(errors="ignore")
