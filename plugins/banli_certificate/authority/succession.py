"""One authority after another: the present one issues, an earlier one answers for what it has issued."""

from __future__ import annotations

from cryptography.x509 import ocsp

from banli.hooks import Unavailable
from banli_certificate.authority.base import CertificateAuthority, Issued, NotIssued, Reason, Standing, Subject, Waiting


class Succession:
    """A site that goes over to another authority keeps the certificates that its clients have until they end."""

    def __init__(self, present: CertificateAuthority, earlier: CertificateAuthority) -> None:
        self.present, self.earlier = present, earlier

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | Waiting | NotIssued:
        return await self.present.enrol(subject, request, key)

    async def status(self, serial: str) -> Standing:
        return await (await self._of(serial)).status(serial)

    async def revoke(self, serial: str, reason: Reason) -> Standing:
        return await (await self._of(serial)).revoke(serial, reason)

    async def certificate(self, serial: str) -> bytes | None:
        return await (await self._of(serial)).certificate(serial)

    async def chain(self, serial: str = "") -> tuple[bytes, ...]:
        return await (await self._of(serial)).chain(serial)

    async def crl(self, serial: str = "") -> bytes:
        return await (await self._of(serial)).crl(serial)

    async def ocsp(self, request: bytes) -> bytes:
        try:
            answer = await self.earlier.ocsp(request)
        except Unavailable:
            return await self.present.ocsp(request)
        good = ocsp.load_der_ocsp_response(answer).response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        return answer if good else await self.present.ocsp(request)

    async def check(self) -> str:
        return await self.present.check()

    async def tend(self) -> None:
        await self.present.tend()
        await self.earlier.tend()

    async def _of(self, serial: str) -> CertificateAuthority:
        if serial and await self.earlier.certificate(serial) is not None:
            return self.earlier
        return self.present


class Missing:
    """In the place of an authority that could not be reached with these settings: nothing is issued, and why is told to the
    operator. What was issued before is not lost."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def enrol(self, subject: Subject, request: bytes, key: str) -> Issued | Waiting | NotIssued:
        raise Unavailable("certificate_authority_missing")

    async def status(self, serial: str) -> Standing:
        raise Unavailable("certificate_authority_missing")

    async def revoke(self, serial: str, reason: Reason) -> Standing:
        raise Unavailable("certificate_authority_missing")

    async def certificate(self, serial: str) -> bytes | None:
        raise Unavailable("certificate_authority_missing")

    async def chain(self, serial: str = "") -> tuple[bytes, ...]:
        raise Unavailable("certificate_authority_missing")

    async def crl(self, serial: str = "") -> bytes:
        raise Unavailable("certificate_authority_missing")

    async def ocsp(self, request: bytes) -> bytes:
        raise Unavailable("certificate_authority_missing")

    async def check(self) -> str:
        return self._why

    async def tend(self) -> None:
        """Nothing can be done."""
