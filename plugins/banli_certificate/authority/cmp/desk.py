"""The other end of the wire: an authority that answers CMP. Part of the simulator; no licensed authority runs on this."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from banli.hooks import Unavailable
from banli_certificate.authority.base import Issued, NotIssued, Reason, Standing, Subject, Waiting
from banli_certificate.authority.cmp import der, messages
from banli_certificate.authority.cmp.der import Broken, Value
from banli_certificate.authority.cmp.messages import Message, Speaker
from banli_certificate.authority.cmp.shared import Secret

LONGEST = 30.0
"""Seconds for a request to arrive."""
NAMES = {"2.5.4.3": "name", "2.5.4.5": "number", "2.5.4.10": "company"}
BAD_ID, BAD_FORMAT, NOT_ALLOWED = 4, 5, 23


class Issuing(Protocol):
    async def issue(self, subject: Subject, public: ec.EllipticCurvePublicKey, key: str) -> Issued | Waiting | NotIssued: ...
    async def revoke(self, serial: str, reason: Reason) -> Standing: ...
    async def status(self, serial: str) -> Standing: ...
    async def crl(self, serial: str = "") -> bytes: ...
    async def ocsp(self, request: bytes) -> bytes: ...


@dataclass
class Application:
    """One transaction, as long as it is not confirmed."""

    subject: Subject
    public: ec.EllipticCurvePublicKey
    certificate: bytes = b""
    serial: str = ""


@dataclass
class CmpDesk:
    """Answers those registration authorities whose certificates (or secret) it knows. Applications on their way are in memory."""

    authority: Issuing
    speaker: Speaker | Secret
    known: Sequence[x509.Certificate] | Secret
    clock: Callable[[], datetime]
    open: dict[bytes, Application] = field(default_factory=dict)

    async def answer(self, data: bytes) -> bytes:
        """A message for a message. Raises `Broken` when it is from nobody who is known."""
        asked = messages.opened(data, self.known)
        try:
            body, content = await self._answered(asked)
        except Unavailable:
            body, content = messages.ERROR, _error(messages.UNAVAILABLE, "out of service")
        except (Broken, IndexError, ValueError):
            body, content = messages.ERROR, _error(BAD_FORMAT, "cannot be read")
        to = x509.Name([]) if isinstance(self.known, Secret) else self.known[0].subject
        return messages.written(
            body, content, self.speaker, to, self.clock(), transaction=asked.transaction, nonce=os.urandom(16),
            answers=asked.nonce,
        )  # fmt: skip

    async def _answered(self, asked: Message) -> tuple[int, bytes]:
        number = asked.transaction
        if asked.body == messages.ASK:
            if number in self.open:
                return messages.ERROR, _error(messages.IN_USE, "transaction in use")
            self.open[number] = _application(asked.content)
            return await self._given(number, first=True)
        if asked.body == messages.REVOKE:
            return messages.REVOKED, der.sequence(der.sequence(await self._revoked(asked.content)))
        if number not in self.open:
            return messages.ERROR, _error(messages.BAD_REQUEST, "no such transaction")
        if asked.body == messages.POLL:
            return await self._given(number, first=False)
        if asked.body == messages.CONFIRM:
            return await self._confirmed(asked, self.open.pop(number))
        return messages.ERROR, _error(messages.BAD_REQUEST, "not spoken here")

    async def _given(self, number: bytes, *, first: bool) -> tuple[int, bytes]:
        application = self.open[number]
        try:
            issued = await self.authority.issue(application.subject, application.public, number.hex())
        except Unavailable:
            del self.open[number]
            raise
        if isinstance(issued, Waiting):
            if first:
                return messages.GIVEN, _response(der.sequence(der.integer(messages.WAITING)))
            return messages.POLLED, der.sequence(der.sequence(der.integer(0), der.integer(max(1, round(issued.after)))))
        if isinstance(issued, NotIssued):
            del self.open[number]
            return messages.GIVEN, _response(_refusal(NOT_ALLOWED, issued.code))
        application.certificate, application.serial = issued.certificate, issued.serial
        pair = der.sequence(der.explicit(0, issued.certificate))
        return messages.GIVEN, _response(der.sequence(der.integer(messages.ACCEPTED)), pair)

    async def _confirmed(self, asked: Message, application: Application) -> tuple[int, bytes]:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(application.certificate)
        told = asked.content.inside()[0].inside()
        states = [messages.status_of(one).state for one in told[2:]]
        if told[0].octets() != digest.finalize() or states not in ([], [messages.ACCEPTED]):
            await self.authority.revoke(application.serial, "superseded")
        return messages.CONFIRMED, der.NOTHING

    async def _revoked(self, content: Value) -> bytes:
        template = content.inside()[0].inside()[0].inside()
        serial = f"{next(one for one in template if one.tag == 0x81).number():032x}"
        standing = await self.authority.status(serial)
        if standing.state == "unknown":
            return _refusal(BAD_ID, "no such certificate")
        if standing.state == "revoked":
            return _refusal(messages.CERT_REVOKED, "revoked before")
        await self.authority.revoke(serial, "ceased")
        return der.sequence(der.integer(messages.ACCEPTED))


class Door:
    """An HTTP server on this machine only: `/cmp`, `/crl`, `/ocsp`."""

    def __init__(self, desk: CmpDesk) -> None:
        self.desk, self.asked = desk, 0
        self._server: asyncio.Server | None = None
        self.url = ""

    async def open(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._served, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                path, body = await _request(reader)
                status, kind, content = await self._said(path, body)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
                    .encode() + content
                )  # fmt: skip
                await writer.drain()
        except (TimeoutError, OSError, ValueError, IndexError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _said(self, path: str, body: bytes) -> tuple[str, str, bytes]:
        self.asked += 1
        try:
            if path == "/cmp":
                return "200 OK", "application/pkixcmp", await self.desk.answer(body)
            if path == "/crl":
                return "200 OK", "application/pkix-crl", await self.desk.authority.crl()
            if path == "/ocsp":
                return "200 OK", "application/ocsp-response", await self.desk.authority.ocsp(body)
        except Unavailable:
            return "503 Service Unavailable", "text/plain", b""
        except (Broken, IndexError):
            return "400 Bad Request", "text/plain", b""
        return "404 Not Found", "text/plain", b""


async def _request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    sizes = [int(line.split(":")[1]) for line in head[1:] if line.lower().startswith("content-length:")]
    size = min(sizes[0], messages.LARGEST) if sizes else 0
    return head[0].split(" ")[1], await reader.readexactly(size) if size else b""


def _application(content: Value) -> Application:
    """The first request: a name and a key, with the word of the registration authority that the key is held."""
    request, proof, *_ = content.inside()[0].inside()
    template = {one.tag: one for one in request.inside()[1].inside()}
    if proof.whole != bytes([0x80, 0]):
        raise Broken("that the key is held is said by the registration authority only")
    public = load_der_public_key(der.value(der.SEQUENCE, template[0xA6].content) if 0xA6 in template else b"")
    if not isinstance(public, ec.EllipticCurvePublicKey) or 0xA5 not in template:
        raise Broken("a name and a key of the curve were expected")
    said = dict.fromkeys(NAMES.values(), "")
    for part in template[0xA5].only().inside():
        kind, text = part.inside()[0].inside()
        for dotted, name in NAMES.items():
            if kind.whole == der.oid(dotted):
                said[name] = text.text()
    return Application(Subject(said["name"], said["number"], said["company"]), public)


def _response(status: bytes, pair: bytes = b"") -> bytes:
    return der.sequence(der.sequence(der.sequence(der.integer(0), status, pair)))


def _refusal(failure: int, words: str) -> bytes:
    return der.sequence(der.integer(messages.REJECTED), der.sequence(der.text(words)), der.flags(failure))


def _error(failure: int, words: str) -> bytes:
    return der.sequence(_refusal(failure, words))
