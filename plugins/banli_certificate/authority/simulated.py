"""A licensed authority as one imagines it, for demos and trials: it says that it simulates, lags, fails and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from banli.hooks import Entry, Ledger, Record, Unavailable
from banli_certificate.authority.base import Issued, NotIssued, Reason, Standing, Subject, Waiting
from banli_certificate.authority.embedded import EmbeddedAuthority
from banli_certificate.authority.requests import key_of

NAME = "Banli Sample Authority (simulated)"
"""Stands in every certificate that it issues."""
SILENT = "certificate_authority_silent"
APPLIED, OWED = "applied", "owed"


@dataclass(frozen=True, slots=True)
class How:
    """How it behaves: `latency` milliseconds to an answer, `waits` seconds until an application is decided, `ahead` seconds of
    its clock before ours; `loses`: the first answer to each application is lost on its way."""

    outage: bool = False
    refuses: bool = False
    loses: bool = False
    latency: int = 0
    waits: float = 0
    ahead: float = 0


class SimulatedAuthority:
    """Its records lie apart from those of the embedded one, in the same ledger."""

    def __init__(
        self, ledger: Callable[[], Ledger], clock: Callable[[], datetime], how: Callable[[], Awaitable[How]], *, days: int = 365
    ) -> None:
        self._clock, self._how, self._ahead, self._shared = clock, how, timedelta(0), ledger
        self._inner = EmbeddedAuthority(self._ledger, lambda: clock() + self._ahead, days=days)

    async def set_up(self) -> None:
        """Made at the first start; the root's key is thrown away."""
        await self._inner.set_up(NAME)

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | Waiting | NotIssued:
        public = key_of(request)
        return public if isinstance(public, NotIssued) else await self.issue(subject, public, key)

    async def issue(self, subject: Subject, public: ec.EllipticCurvePublicKey, key: str) -> Issued | Waiting | NotIssued:
        how, ledger, now = await self._met(), self._ledger(), self._clock()
        await ledger.add(APPLIED, key, subject.number, {"at": now.isoformat(), "lost": False})
        applied = await ledger.get(APPLIED, key)
        assert applied is not None
        left = how.waits - (now - datetime.fromisoformat(applied.document["at"])).total_seconds()
        if left > 0:
            return Waiting(min(max(left, 1), 5))
        if how.refuses:
            return NotIssued("subject_refused")
        issued = await self._inner.issue(subject, public, key)
        if how.loses and not applied.document["lost"]:
            await ledger.change(applied, {**applied.document, "lost": True})
            raise Unavailable(SILENT)
        return issued

    async def status(self, serial: str) -> Standing:
        owed = await self._ledger().get(OWED, serial)
        if owed is not None:
            return Standing("revoked", str(owed.document["reason"]), datetime.fromisoformat(owed.document["at"]))
        await self._met()
        return await self._inner.status(serial)

    async def revoke(self, serial: str, reason: Reason) -> Standing:
        try:
            await self._met()
        except Unavailable:
            if (await self._inner.status(serial)).state == "unknown":
                return Standing("unknown")
            await self._ledger().add(OWED, serial, OWED, {"reason": reason, "at": self._clock().isoformat()})
            return await self.status(serial)
        return await self._inner.revoke(serial, reason)

    async def certificate(self, serial: str) -> bytes | None:
        return await self._inner.certificate(serial)

    async def chain(self, serial: str = "") -> tuple[bytes, ...]:
        return await self._inner.chain(serial)

    async def crl(self, serial: str = "") -> bytes:
        await self._met()
        return await self._inner.crl(serial)

    async def ocsp(self, request: bytes) -> bytes:
        await self._met()
        return await self._inner.ocsp(request)

    async def check(self) -> str:
        how = await self._how()
        return "The simulated authority is switched off." if how.outage else await self._inner.check()

    async def tend(self) -> None:
        try:
            await self._met()
        except Unavailable:
            return
        ledger = self._ledger()
        for owed in await ledger.of(OWED, OWED):
            await self._inner.revoke(owed.name, owed.document["reason"])
            await ledger.drop(owed)

    def _ledger(self) -> Ledger:
        return Apart(self._shared(), "simulated")

    async def _met(self) -> How:
        how = await self._how()
        self._ahead = timedelta(seconds=how.ahead)
        if how.latency:
            await asyncio.sleep(how.latency / 1000)
        if how.outage:
            raise Unavailable(SILENT)
        return how


class Apart:
    """A ledger whose kinds begin with a word, so that two who keep the same kinds do not meet."""

    def __init__(self, ledger: Ledger, word: str) -> None:
        self._ledger, self._word = ledger, word

    async def get(self, kind: str, name: str) -> Entry | None:
        return await self._ledger.get(f"{self._word}_{kind}", name)

    async def of(self, kind: str, owner: str, past: Entry | None = None) -> Sequence[Entry]:
        return await self._ledger.of(f"{self._word}_{kind}", owner, past)

    async def add(self, kind: str, name: str, owner: str, document: Record) -> Entry | None:
        return await self._ledger.add(f"{self._word}_{kind}", name, owner, document)

    async def change(self, entry: Entry, document: Record) -> Entry | None:
        return await self._ledger.change(entry, document)

    async def drop(self, entry: Entry) -> bool:
        return await self._ledger.drop(entry)
