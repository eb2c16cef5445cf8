"""An authority of time stamps elsewhere, for tests: OpenSSL's own (`openssl ts`) behind HTTP, with its lists of what is revoked."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from banli_certificate.pdf.offices import Office
from banli_certificate.pdf.stamping import answer

SETTINGS = """
[tsa]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
certs = between.pem
signer_digest = sha256
digests = sha256
default_policy = 1.3.6.1.4.1.99999.1
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
LONG = timedelta(days=20 * 365)


@dataclass
class Named:
    """Somebody with a certificate and an RSA key, as authorities of time stamps have them."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass
class Stamps:
    """`clock`: by this one, and by our own hand, not OpenSSL's, which knows the machine's only. `says`: what is answered at which path (None: nothing, the line is cut). `asked` counts by path."""

    folder: Path
    port: int
    root: Named
    between: Named
    own: Named
    clock: Callable[[], datetime] | None
    says: dict[str, bytes | None] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsa"

    def revoke(self, *serials: int) -> None:
        """New lists: the root's of those between, theirs of who stamps."""
        now = datetime.now(UTC)
        for name, by in (("/root.crl", self.root), ("/between.crl", self.between)):
            made = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
            made = made.last_update(now - LONG).next_update(now + LONG).add_extension(x509.CRLNumber(len(serials) + 1), False)
            for serial in serials:
                gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - LONG).build()
                made = made.add_revoked_certificate(gone)
            self.says[name] = made.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)

    async def answer(self, path: str, body: bytes) -> bytes | None:
        self.asked[path] = self.asked.get(path, 0) + 1
        if path == "/tsa":
            return await asyncio.to_thread(self._stamped, body) if self.clock is None else self._by_hand(body, self.clock())
        return self._told(body) if path == "/ocsp" and path not in self.says else self.says.get(path)

    def _stamped(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        run = ["openssl", "ts", "-reply", "-config", "ts.cnf", "-section", "tsa", "-queryfile", "query.tsq", "-out", "reply.tsr"]
        subprocess.run(run, cwd=self.folder, check=True, capture_output=True, timeout=60)
        return (self.folder / "reply.tsr").read_bytes()

    def _by_hand(self, query: bytes, at: datetime) -> bytes:
        office = Office(self.own.key, self.own.certificate, (self.between.certificate, self.root.certificate))
        content: bytes = answer(office, tsp.TimeStampReq.load(query), at).dump()
        return content

    def _told(self, question: bytes) -> bytes:
        now, asked = datetime.now(UTC), ocsp.load_der_ocsp_request(question)
        builder = ocsp.OCSPResponseBuilder().add_response(
            self.own.certificate, self.between.certificate, asked.hash_algorithm, ocsp.OCSPCertStatus.GOOD, now - LONG,
            now + LONG, None, None,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, self.between.certificate)  # fmt: skip
        return builder.sign(self.between.key, hashes.SHA256()).public_bytes(Encoding.DER)


@asynccontextmanager
async def stamps(folder: Path, *, by_ocsp: bool = False, clock: Callable[[], datetime] | None = None) -> AsyncIterator[Stamps]:
    """`by_ocsp`: of who stamps there is no list, but an address that answers."""
    assert shutil.which("openssl"), "These tests need the package openssl."
    folder.mkdir()
    there: list[Stamps] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
        said = await there[0].answer(head.split()[1], await reader.readexactly(size))
        if said is not None:
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" + said)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        root = named("样本时间戳 Root", None, ca=True)
        between = named("样本时间戳 CA", root, ca=True, crl=f"http://127.0.0.1:{port}/root.crl")
        about = {"ocsp": f"http://127.0.0.1:{port}/ocsp"} if by_ocsp else {"crl": f"http://127.0.0.1:{port}/between.crl"}
        own = named("样本时间戳", between, **about)
        there.append(Stamps(folder, port, root, between, own, clock))
        there[0].revoke()
        key = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files = {
            "ts.cnf": SETTINGS.encode(), "tsa.pem": own.pem(), "tsa.key": key, "between.pem": between.pem(),
            "root.pem": root.pem(), "serial": b"01\n",
        }  # fmt: skip
        for name, content in files.items():
            (folder / name).write_bytes(content)
        yield there[0]


def named(name: str, above: Named | None, *, ca: bool = False, crl: str = "", ocsp: str = "") -> Named:
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(now - LONG)
        .not_valid_after(now + LONG).add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )  # fmt: skip
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        made = made.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if ocsp:
        told = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
        made = made.add_extension(x509.AuthorityInformationAccess([told]), critical=False)
    return Named(made.sign(above.key if above else key, hashes.SHA256()), key)
