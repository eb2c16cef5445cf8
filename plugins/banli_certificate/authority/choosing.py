"""Which authority a site has: what `site.yaml` says about it, and what comes of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from banli.hooks import Home, Ledger
from banli_certificate.authority.base import CertificateAuthority
from banli_certificate.authority.cmp import CmpAuthority, way_of
from banli_certificate.authority.embedded import EmbeddedAuthority
from banli_certificate.authority.simulated import How, SimulatedAuthority
from banli_certificate.authority.succession import Missing, Succession

GROUP = "banli_certificate.authorities"
"""Entry points of authorities that are installed: each names what makes one of `(options, home)`."""
OURS = ("embedded", "simulator")
_FILE = {"type": "string", "minLength": 1}
_ADDRESS = {"type": "string", "format": "uri"}

AUTHORITY: Mapping[str, Any] = {
    "type": ["string", "object"],
    "pattern": f"^({'|'.join((*OURS, *sorted(one.name for one in entry_points(group=GROUP))))})$",
    "additionalProperties": False,
    "required": ["kind", "url", "chain", "crl"],
    "default": "embedded",
    "description": (
        "Who issues certificates: embedded (the platform's own), simulator (a licensed one as one imagines it), the name of an "
        "integrator's that is installed, or a map with the way to one elsewhere that speaks CMP (RFC 4210). Paths are relative "
        "to the site's folder."
    ),
    "properties": {
        "kind": {"enum": ["cmp"], "description": "What it speaks."},
        "url": {**_ADDRESS, "description": "Where it takes CMP messages: https, or http on this machine."},
        "certificate": {**_FILE, "description": "PEM: the certificate with which this site speaks as registration authority."},
        "key": {**_FILE, "description": "PEM: its key. The passphrase stands in BANLI_CERTIFICATE_KEY_PASSPHRASE."},
        "answers": {**_FILE, "description": "PEM: the certificates that sign its CMP messages, and only those."},
        "reference": {
            **_FILE,
            "description": "In place of these three: by what it knows the secret that both sides share, which stands in "
            "BANLI_CERTIFICATE_CMP_SECRET.",
        },
        "chain": {**_FILE, "description": "PEM: the certificates above a client's, who issues first, the root last."},
        "crl": {**_ADDRESS, "description": "Where its list of what is revoked can be fetched (DER)."},
        "ocsp": {**_ADDRESS, "description": "Where it answers OCSP; without it only the list counts."},
        "tls_trust": {**_FILE, "description": "PEM: whom to trust for https, in place of the machine's own list."},
        "timeout": {"type": "number", "minimum": 1, "maximum": 60, "default": 10, "description": "Seconds for one exchange."},
    },
}
THEIRS: Mapping[str, Any] = {
    "type": "object", "additionalProperties": True, "description": "What an integrator's authority wants to know.",
}  # fmt: skip
SIMULATION: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "description": "How the simulated authority behaves at first; in a demo its page changes it.",
    "properties": {
        "outage": {"type": "boolean", "description": "It answers nobody."},
        "refuses": {"type": "boolean", "description": "It refuses every application."},
        "loses": {"type": "boolean", "description": "The first answer to each application is lost on its way."},
        "latency": {"type": "integer", "minimum": 0, "maximum": 60000, "description": "Milliseconds to an answer."},
        "waits": {"type": "number", "minimum": 0, "maximum": 86400, "description": "Seconds until it decides."},
    },
}
HOW = "simulation"


class Chosen:
    """The authority that counts, with those two that the plugin has to know by name."""

    def __init__(
        self, options: Mapping[str, Any], home: Home, ledger: Callable[[], Ledger], environment: Mapping[str, str]
    ) -> None:
        told, days = options.get("authority", "embedded"), int(options.get("days", 365))
        address = str(options.get("address", "")).rstrip("/")
        site = f"{address}/plugins/banli_certificate" if address else ""
        self._options, self._ledger = options, ledger
        self.embedded = EmbeddedAuthority(ledger, home.clock, days=days, site=site)
        self.simulated = SimulatedAuthority(ledger, home.clock, self.how, days=days) if told == "simulator" else None
        self.authority: CertificateAuthority = self.embedded
        if self.simulated is not None:
            self.authority = Succession(self.simulated, self.embedded)
        elif isinstance(told, str) and told not in OURS:
            self.authority = Succession(_installed(told, options.get("authority_options", {}), home), self.embedded)
        elif isinstance(told, Mapping):
            try:
                way = way_of(told, home.definitions.parent, environment)
            except ValueError as problem:
                self.authority = Succession(Missing(str(problem)), self.embedded)
            else:
                self.authority = Succession(CmpAuthority(ledger, home.clock, way), self.embedded)

    async def how(self) -> How:
        """How the simulated one behaves now: what its page has changed counts before the settings."""
        entry = await self._ledger().get(HOW, HOW)
        return How(**{**self._options.get("simulation", {}), **(entry.document if entry is not None else {})})

    async def behave(self, how: Mapping[str, Any]) -> None:
        ledger = self._ledger()
        while (entry := await ledger.get(HOW, HOW)) is not None:
            if await ledger.change(entry, {**entry.document, **how}) is not None:
                return
        if await ledger.add(HOW, HOW, HOW, dict(how)) is None:
            await self.behave(how)

    async def start(self, *, demo: bool) -> bytes | None:
        """What can be made at the first start is made. In a demo that is the embedded authority too: the key of its root."""
        if self.simulated is not None:
            await self.simulated.set_up()
        return await self.embedded.set_up(str(self._options.get("name", "Banli"))) if demo else None


def _installed(name: str, options: Mapping[str, Any], home: Home) -> CertificateAuthority:
    """An integrator's. The checker has looked that there is one; what is wrong with it the operator reads."""
    try:
        (entry,) = entry_points(group=GROUP, name=name)
        made: CertificateAuthority = entry.load()(options, home)
    except Exception as problem:
        return Missing(f"The authority '{name}' cannot be made ({type(problem).__name__}: {problem}).")
    return made
