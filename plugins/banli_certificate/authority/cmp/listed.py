"""What an authority elsewhere has revoked: its list, fetched now and then, used as long as it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509

from banli.hooks import Unavailable
from banli_certificate.authority.cmp.wire import SILENT, Wire

KEPT, AFTER_FAILURE = timedelta(minutes=5), timedelta(seconds=30)
LARGEST = 16 << 20
"""Bytes of a list."""
SKEW = timedelta(minutes=5)


class RevocationList:
    """A list is asked for anew after five minutes; when there is none to be had the last one counts until its own end, and
    after that nothing is known (`Unavailable`)."""

    def __init__(self, address: str, issuer: x509.Certificate, wire: Wire, clock: Callable[[], datetime]) -> None:
        self._address, self._issuer, self._wire, self._clock = address, issuer, wire, clock
        self._last: tuple[bytes, x509.CertificateRevocationList] | None = None
        self._fresh_until: datetime | None = None
        self._turn = asyncio.Lock()

    async def since(self, serial: int) -> datetime | None:
        """Since when this one is revoked."""
        entry = (await self._present())[1].get_revoked_certificate_by_serial_number(serial)
        return entry.revocation_date_utc if entry is not None else None

    async def content(self) -> bytes:
        return (await self._present())[0]

    def forget(self) -> None:
        """Something was revoked just now: the next one to ask looks anew."""
        self._fresh_until = None

    async def _present(self) -> tuple[bytes, x509.CertificateRevocationList]:
        async with self._turn:
            now = self._clock()
            if self._fresh_until is None or now >= self._fresh_until:
                self._fresh_until = now + KEPT
                try:
                    self._last = await self._fetched(now)
                except Unavailable:
                    self._fresh_until = now + AFTER_FAILURE
            if self._last is None or _ended(self._last[1], now):
                raise Unavailable(SILENT)
            return self._last

    async def _fetched(self, now: datetime) -> tuple[bytes, x509.CertificateRevocationList]:
        content = await self._wire.get(self._address, LARGEST)
        try:
            found = x509.load_der_x509_crl(content)
            key = self._issuer.public_key()
            genuine = found.issuer == self._issuer.subject and found.is_signature_valid(key)  # type: ignore[arg-type]
        except Exception:  # the parser has many ways to say that it cannot read something
            genuine = False
        if not genuine or _ended(found, now) or found.last_update_utc > now + SKEW:
            raise Unavailable("certificate_authority_broken")
        if self._last is not None and found.last_update_utc < self._last[1].last_update_utc:
            raise Unavailable("certificate_authority_broken")  # an older list would bring revoked ones back
        return content, found


def _ended(one: x509.CertificateRevocationList, now: datetime) -> bool:
    return one.next_update_utc is not None and one.next_update_utc <= now
