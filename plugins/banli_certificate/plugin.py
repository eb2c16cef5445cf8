"""The plugin: its settings, the step `certificate`, the signer, and what conditions know of a client's certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli.hooks import Attendant, Exhibit, Home, Ledger, Picture, Plugin, Record, Service, Signer
from banli.steps import StepKind
from banli_certificate.authority import EmbeddedAuthority
from banli_certificate.evidence import exhibits
from banli_certificate.installing import CertificateStep, Installing
from banli_certificate.keys import DeviceKeys
from banli_certificate.signing import CertificateSigner
from banli_certificate.words import WORDS

STATES = ("none", "valid", "expiring", "expired", "revoked")


class CertificatePlugin(Plugin):
    name = "banli_certificate"
    options: ClassVar[Mapping[str, Any]] = {
        "authority": {
            "enum": ["embedded"],
            "description": "Who issues certificates: embedded is the platform's own authority.",
            "default": "embedded",
        },
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
    }  # fmt: skip
    words: ClassVar[Mapping[str, str]] = WORDS

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        address = str(options.get("address", "")).rstrip("/")
        self.authority = EmbeddedAuthority(
            self._ledger, home.clock, days=int(options.get("days", 365)),
            site=f"{address}/plugins/{self.name}" if address else "",
        )  # fmt: skip
        self.keys = DeviceKeys(self._ledger, self.authority, home.clock, warn_days=int(options.get("warn_days", 30)))

    def _ledger(self) -> Ledger:
        if self.home.ledger is None:
            raise RuntimeError("The certificate plugin needs a running application.")
        return self.home.ledger

    def steps(self) -> Sequence[StepKind]:
        return (CertificateStep(),)

    def attendants(self) -> Sequence[Attendant]:
        return (Installing(self.keys),)

    def signers(self) -> Sequence[Signer]:
        return (CertificateSigner(self.keys, self._ledger, self.home.clock),)

    def facts(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            "certificate.valid": {"type": "boolean"},
            "certificate.expiring": {"type": "boolean"},
            "certificate.state": {"type": "string", "enum": list(STATES)},
        }

    async def know(self, company: str, client: str) -> Mapping[str, object]:
        held = await self.keys.held(client)
        return {
            "certificate.valid": held.state in ("valid", "expiring"),
            "certificate.expiring": held.state == "expiring",
            "certificate.state": held.state,
        }

    async def evidence(self, signatures: Sequence[Record]) -> Sequence[Exhibit]:
        return await exhibits(self.authority, signatures)

    def services(self) -> Sequence[Service]:
        """The addresses that stand in the certificates: `crl`, `ocsp` (POST, RFC 6960) and `issuer`."""

        async def crl(said: bytes) -> Picture:
            return Picture(await self.authority.crl(), "application/pkix-crl")

        async def ocsp(said: bytes) -> Picture:
            return Picture(await self.authority.ocsp(said), "application/ocsp-response")

        async def issuer(said: bytes) -> Picture:
            return Picture((await self.authority.chain())[0], "application/pkix-cert")

        return (Service("crl", crl), Service("ocsp", ocsp), Service("issuer", issuer))

    async def start(self) -> None:
        """In a demo the authority is made at the first start, and the root's key stays beside it: elsewhere it must not."""
        if self.home.demo and await self.authority.check():
            key = await self.authority.set_up(str(self.settings.get("name", "Banli")))
            if key is not None:
                self.home.folder.mkdir(parents=True, exist_ok=True)
                (self.home.folder / "demo-root-key.pem").write_bytes(key)

    async def check(self) -> str:
        return await self.authority.check()
