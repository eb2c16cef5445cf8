"""A simulated authority that runs by itself and speaks CMP: for trying a site against something that is elsewhere."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from banli_certificate.authority.cmp.desk import CmpDesk, Door
from banli_certificate.authority.cmp.messages import Speaker
from banli_certificate.authority.memory import MemoryLedger
from banli_certificate.authority.simulated import How, SimulatedAuthority

LASTS = timedelta(days=365)


async def run(folder: Path, port: int, how: How, say: Callable[[str], None]) -> None:
    """Serves until it is cancelled. Writes into `folder` what the site needs, and says what belongs in `site.yaml`."""

    async def behaves() -> How:
        return how

    os.makedirs(folder)
    records, site, own = MemoryLedger(now), speaker("Registration authority (trial)"), speaker("Simulated authority, CMP")
    authority = SimulatedAuthority(lambda: records, now, behaves)
    await authority.set_up()
    chain = [x509.load_der_x509_certificate(one) for one in await authority.chain()]
    _write(folder / "ra.pem", site.certificate.public_bytes(Encoding.PEM))
    _write(folder / "ra-key.pem", site.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(folder / "answers.pem", own.certificate.public_bytes(Encoding.PEM))
    _write(folder / "chain.pem", b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    door = Door(CmpDesk(authority, own, [site.certificate], now))
    await door.open(port)
    try:
        say(_told(door.url, str(folder)))
        await asyncio.Event().wait()
    finally:
        await door.close()


def speaker(name: str) -> Speaker:
    """Somebody who signs messages, with a certificate of their own making."""
    key, at = ec.generate_private_key(ec.SECP256R1()), now()
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(at).not_valid_after(at + LASTS)
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    return Speaker(builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key)


def now() -> datetime:
    return datetime.now(UTC)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _told(url: str, folder: str) -> str:
    files = {"certificate": "ra", "key": "ra-key", "answers": "answers", "chain": "chain"}
    lines = [f"      {name}: {folder}/{file}.pem" for name, file in files.items()]
    return "\n".join(
        [
            f"A simulated authority answers at {url}/cmp. What it issues has no legal effect. In site.yaml:", "",
            "  - banli_certificate:", "      authority:", "        kind: cmp", f"        url: {url}/cmp",
            *("  " + line for line in lines), f"        crl: {url}/crl", f"        ocsp: {url}/ocsp", "", "Ctrl-C ends it.",
        ]
    )  # fmt: skip
