"""Authorities for tests: a simulated one that speaks CMP over HTTP, and the way to it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from banli.hooks import Ledger
from banli_certificate.authority.cmp.client import CmpAuthority, Way
from banli_certificate.authority.cmp.desk import CmpDesk, Door
from banli_certificate.authority.cmp.messages import Speaker
from banli_certificate.authority.cmp.shared import Secret
from banli_certificate.authority.cmp.wire import Wire
from banli_certificate.authority.memory import MemoryLedger
from banli_certificate.authority.simulated import How, SimulatedAuthority


def now() -> datetime:
    return datetime.now(UTC)


def speaker(name: str, key: Any = None, at: datetime | None = None) -> Speaker:
    """Somebody with a certificate of their own making."""
    key, at = key or ec.generate_private_key(ec.SECP256R1()), at or now()
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=365)).add_extension(usage, critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    return Speaker(made, key)


@dataclass
class Elsewhere:
    """An authority elsewhere: `how` it behaves may be changed at any time, `door` counts what it was asked."""

    door: Door
    way: Way
    ledger: Ledger
    clock: Callable[[], datetime]
    simulated: SimulatedAuthority
    how: How = field(default_factory=How)

    def behave(self, **how: Any) -> None:
        self.how = replace(self.how, **how)

    def authority(self, **way: Any) -> CmpAuthority:
        """As one process of the site reaches it."""
        return CmpAuthority(lambda: self.ledger, self.clock, replace(self.way, **way))


@asynccontextmanager
async def elsewhere(
    clock: Callable[[], datetime] = now, ledger: Ledger | None = None, key: Any = None, secret: Secret | None = None
):
    ra, ca, records = secret or speaker("RA", key, clock()), secret or speaker("CMP"), MemoryLedger(clock)
    holder: list[Elsewhere] = []

    async def how() -> How:
        return holder[0].how if holder else How()

    simulated = SimulatedAuthority(lambda: records, clock, how)
    await simulated.set_up()
    door = Door(CmpDesk(simulated, ca, ra if isinstance(ra, Secret) else [ra.certificate], clock))
    await door.open()
    chain = tuple(x509.load_der_x509_certificate(one) for one in await simulated.chain())
    answers = ca if isinstance(ca, Secret) else (ca.certificate,)
    way = Way(f"{door.url}/cmp", ra, answers, chain, f"{door.url}/crl", f"{door.url}/ocsp", Wire(timeout=60))
    holder.append(Elsewhere(door, way, ledger or MemoryLedger(clock), clock, simulated))
    try:
        yield holder[0]
    finally:
        await door.close()


class OpenSslDesk:
    """OpenSSL's own CMP server, one transaction of `turns` messages: it is run in the process of its client, whose messages ours
    take the place of, so that nothing listens on the network."""

    def __init__(self, folder: Path, there: Elsewhere, certificate: bytes, command: str, turns: int, *options: str) -> None:
        self.authority, self._folder, self._turn = there.simulated, folder, 0
        folder.mkdir()
        ra, ca = there.way.speaker, there.door.desk.speaker
        made = x509.load_der_x509_certificate(certificate)
        files, known = (
            {"client.pem": made.public_bytes(Encoding.PEM)},
            ["-cert", "ra.pem", "-key", "ra.key", "-srvcert", "ca.pem"],
        )
        if isinstance(ra, Secret):
            spoken = [f"pass:{ra.value.decode()}", ra.reference.decode()]
            known = [part for both in zip(("-secret", "-ref"), spoken, strict=True) for part in both]
            known += [part for both in zip(("-srv_secret", "-srv_ref"), spoken, strict=True) for part in both]
        else:
            files |= {"ra.pem": ra.certificate.public_bytes(Encoding.PEM), "ra.key": private(ra), "ca.key": private(ca)}
            files |= {"ca.pem": ca.certificate.public_bytes(Encoding.PEM)}
            known += ["-srv_cert", "ca.pem", "-srv_key", "ca.key", "-srv_trusted", "ra.pem"]
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "any.key").write_bytes(private(speaker("any")))
        for turn in range(turns):
            os.mkfifo(folder / f"asked{turn}")
            os.mkfifo(folder / f"said{turn}")
        asked, said = (",".join(f"{name}{turn}" for turn in range(turns)) for name in ("asked", "said"))
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["openssl", "cmp", "-config", "", "-cmd", command, "-use_mock_srv", "-reqin", asked, "-rspout", said,
             *known, "-rsp_cert", "client.pem", "-accept_raverified", "-subject", "/CN=any",
             *(["-oldcert", "client.pem"] if command == "rr" else ["-newkey", "any.key", "-certout", "out.pem"]), *options],
            cwd=folder, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    async def answer(self, data: bytes) -> bytes:
        turn, self._turn = self._turn, self._turn + 1

        def exchanged() -> bytes:
            (self._folder / f"asked{turn}").write_bytes(data)
            return (self._folder / f"said{turn}").read_bytes()

        return await asyncio.wait_for(asyncio.to_thread(exchanged), 60)

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()


def private(one: Speaker) -> bytes:
    return one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
