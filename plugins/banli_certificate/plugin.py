"""The plugin: its settings, the step `certificate`, the signer, and what conditions know of a client's certificate."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

import structlog

from banli.counters import Counter
from banli.hooks import Attendant, Exhibit, Home, Ledger, Page, Picture, Plugin, Record, Service, Signer, Unavailable
from banli.steps import StepKind
from banli_certificate.authority.choosing import AUTHORITY, SIMULATION, THEIRS, Chosen
from banli_certificate.authority.embedded import GENERATIONS, suffix
from banli_certificate.authority.simulation_page import simulation_page
from banli_certificate.desk import CertificateDesk
from banli_certificate.evidence import exhibits
from banli_certificate.installing import CertificateStep, Installing
from banli_certificate.keys import DeviceKeys
from banli_certificate.pdf import settings as pdf
from banli_certificate.signing import CertificateSigner
from banli_certificate.words import WORDS

STATES = ("none", "valid", "expiring", "expired", "revoked")


class CertificatePlugin(Plugin):
    name = "banli_certificate"
    options: ClassVar[Mapping[str, Any]] = {
        "authority": AUTHORITY,
        "authority_options": THEIRS,
        "simulation": SIMULATION,
        "name": {"type": "string", "minLength": 1, "description": "The embedded authority's name.", "default": "Banli"},
        "days": {"type": "integer", "minimum": 1, "maximum": 1095, "description": "How long one lasts.", "default": 365},
        "warn_days": {
            "type": "integer", "minimum": 0, "maximum": 90, "default": 30,
            "description": "From how many days before its end `certificate.expiring` is true.",
        },
        "address": {
            "type": "string", "format": "uri",
            "description": "Where this site is reached from outside; it goes into certificates, for revocation lists and OCSP.",
        },
        "pdf": pdf.OPTION,
    }  # fmt: skip
    draws: ClassVar[Sequence[str]] = pdf.NEEDS
    """Modules without which there are no PDFs."""
    words: ClassVar[Mapping[str, str]] = WORDS

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self.chosen = Chosen(options, home, self._ledger, os.environ)
        self.authority = self.chosen.authority
        self._tending: asyncio.Task[None] | None = None
        self.offices = pdf.offices_of(options, self._ledger, self.authority, home.clock)
        wanted = {**options, "pdf": None} if self.left_out() else options
        self.binder = pdf.binder_of(wanted, self.offices, self.authority, self.chosen.embedded, home.clock)
        self._pdf = pdf.Trouble(wanted, self.offices, home.clock)
        self.keys = DeviceKeys(self._ledger, self.authority, home.clock, warn_days=int(options.get("warn_days", 30)))

    def left_out(self) -> Sequence[str]:
        return pdf.left_out(self.settings, self.draws)

    def _ledger(self) -> Ledger:
        if self.home.ledger is None:
            raise RuntimeError("The certificate plugin needs a running application.")
        return self.home.ledger

    def steps(self) -> Sequence[StepKind]:
        return (CertificateStep(),)

    def attendants(self) -> Sequence[Attendant]:
        return (Installing(self.keys, self._ledger),)

    def signers(self) -> Sequence[Signer]:
        return (CertificateSigner(self.keys, self._ledger, self.home.clock, self.binder),)

    def counters(self) -> Sequence[Counter]:
        return (CertificateDesk(self.keys, self._ledger, self.home),)

    def facts(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            "certificate.valid": {"type": "boolean"},
            "certificate.expiring": {"type": "boolean"},
            "certificate.state": {"type": "string", "enum": list(STATES)},
            "certificate.serial": {"type": "string"},
        }

    async def know(self, company: str, client: str) -> Mapping[str, object]:
        held = await self.keys.held(client, surely=False)
        return {
            "certificate.valid": held.state in ("valid", "expiring"),
            "certificate.expiring": held.state == "expiring",
            "certificate.state": held.state,
            "certificate.serial": held.serial,
        }

    async def evidence(self, signatures: Sequence[Record]) -> Sequence[Exhibit]:
        return await exhibits(self.authority, signatures, await self.offices.all() if self.binder is not None else ())

    async def seal(self, content: bytes) -> bytes | None:
        return await self.binder.vouch(content) if self.binder is not None else None

    def pages(self) -> Sequence[Page]:
        """How the simulated authority behaves, in a demo."""
        return (simulation_page(self.chosen),) if self.chosen.simulated is not None else ()

    def services(self) -> Sequence[Service]:
        """The addresses that stand in certificates of the embedded authority: `crl`, `ocsp` (POST, RFC 6960) and `issuer`; lists
        and certificates of later intermediates as `crl-2`, `issuer-2` and so on."""
        embedded = self.chosen.embedded

        async def ocsp(said: bytes) -> Picture:
            return Picture(await embedded.ocsp(said), "application/ocsp-response")

        def fetched(number: int) -> tuple[Service, Service]:
            async def crl(said: bytes) -> Picture:
                return _found(await embedded.listed(number), "application/pkix-crl")

            async def issuer(said: bytes) -> Picture:
                return _found(await embedded.issuer(number), "application/pkix-cert")

            return Service(f"crl{suffix(number)}", crl), Service(f"issuer{suffix(number)}", issuer)

        return (Service("ocsp", ocsp), *(one for number in range(1, GENERATIONS + 1) for one in fetched(number)))

    async def start(self) -> None:
        """In a demo the authority is made at the first start, and the root's key stays beside it: elsewhere it must not."""
        key = await self.chosen.start(demo=self.home.demo)
        if key is not None:
            self.home.folder.mkdir(parents=True, exist_ok=True)
            (self.home.folder / "demo-root-key.pem").write_bytes(key)
        self._tending = asyncio.create_task(self._tend())

    async def stop(self) -> None:
        if self._tending is not None:
            self._tending.cancel()
            with suppress(asyncio.CancelledError):
                await self._tending

    async def _tend(self) -> None:
        """What is left over is done once a minute; what goes wrong there is tried again, and `check` tells of it."""
        while True:
            await asyncio.sleep(60)
            try:
                await self.authority.tend()
            except Exception as problem:
                structlog.get_logger("banli.certificate").warning("tend", problem=type(problem).__name__)

    async def check(self) -> str:
        return await self.authority.check() or await self._pdf.why()


def _found(content: bytes | None, media_type: str) -> Picture:
    if content is None:
        raise Unavailable
    return Picture(content, media_type)
