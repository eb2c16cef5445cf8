"""HTTP to an authority: one question, one answer, in bounded time, or `Unavailable`."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from banli.hooks import Unavailable

SILENT = "certificate_authority_silent"
HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Wire:
    """How to reach it. `timeout` is seconds for all of an exchange; `trust` a PEM file for TLS, "" for the machine's own."""

    timeout: float = 10.0
    trust: str = ""

    async def post(self, address: str, body: bytes, media_type: str, most: int) -> bytes:
        return await asyncio.to_thread(self._ask, "POST", address, body, {"Content-Type": media_type}, most)

    async def get(self, address: str, most: int) -> bytes:
        return await asyncio.to_thread(self._ask, "GET", address, None, {}, most)

    def _ask(self, method: str, address: str, body: bytes | None, headers: dict[str, str], most: int) -> bytes:
        until, parts = time.monotonic() + self.timeout, urlsplit(address)
        host, path = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            secure = ssl.create_default_context(cafile=self.trust or None)
            connection = http.client.HTTPSConnection(host, parts.port, timeout=self.timeout, context=secure)
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=self.timeout)
        try:
            connection.request(method, path, body, {**headers, "Connection": "close"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise Unavailable(SILENT)
            content = bytearray()
            while piece := answer.read1(65_536):
                content += piece
                if len(content) > most or time.monotonic() > until:
                    raise Unavailable(SILENT)
            return bytes(content)
        except (OSError, http.client.HTTPException):
            raise Unavailable(SILENT) from None
        finally:
            connection.close()


def unfit(address: str, *, secret: bool) -> str:
    """Why this address cannot be used, or "". `secret`: names of clients travel there."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"{address} is no address of the web."
    if secret and parts.scheme == "http" and parts.hostname not in HERE:
        return f"{address} is not encrypted, and names of clients would travel there. Use https."
    return ""
