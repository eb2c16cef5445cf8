"""The gateways that are no outbox: a signed HTTP call for real messages, and the twin that always fails."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
from email.message import Message as Headers
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

from banli.hooks import Clock, Unavailable

LONGEST_ANSWER = 65_536
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


class HttpGateway:
    """Posts each message as JSON: `{"id": …, "phone": …, "text": …}`, and expects 2xx with the carrier's `{"id": …}`.

    Header `X-Banli-Time` holds seconds since 1970, `X-Banli-Signature` the hexadecimal HMAC-SHA256 of time, a full stop and
    the body, so that the other side can refuse forged and old calls. A message with a key has the same `id` at every try: the
    other side sends it once. Carriers with an interface of their own get a plugin
    of their own, or a small relay behind this one.
    """

    def __init__(self, url: str, secret: bytes, clock: Clock, timeout: float = 5.0) -> None:
        self._url, self._secret, self._clock, self._timeout = url, secret, clock, timeout
        self._opener = build_opener(_NoRedirects())

    async def send(self, phone: str, text: str, key: str = "") -> str:
        id = id_of(key)
        body = json.dumps({"id": id, "phone": phone, "text": text}, ensure_ascii=False).encode()
        # In a thread: urllib waits. The thread ends by its own timeout when nobody waits for it any more.
        answer = await asyncio.to_thread(self._post, body)
        return _carrier_id(answer) or id

    def _post(self, body: bytes) -> bytes:
        time = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Banli-Time": time,
            "X-Banli-Signature": sign(self._secret, time, body),
        }
        request = Request(self._url, body, headers, method="POST")  # noqa: S310 - `unfit_url` has looked at the scheme
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return bytes(answer.read(LONGEST_ANSWER))
        except HTTPError as error:
            error.close()
            raise Unavailable(f"gateway_http_{error.code}") from None
        except (URLError, http.client.HTTPException, OSError) as error:
            timed_out = isinstance(getattr(error, "reason", error), TimeoutError)
            raise Unavailable("gateway_timeout" if timed_out else "gateway_unreachable") from None


class FailingGateway:
    """The twin that fails: no message is ever sent."""

    async def send(self, phone: str, text: str, key: str = "") -> str:
        raise Unavailable("gateway_down")


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry number and code to somebody else."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> Request | None:
        return None


def id_of(key: str) -> str:
    """The id of a message: drawn at random, or the same for the same key."""
    return hashlib.sha256(b"banli message " + key.encode()).hexdigest()[:32] if key else uuid4().hex


def sign(secret: bytes, time: str, body: bytes) -> str:
    return hmac.new(secret, time.encode() + b"." + body, hashlib.sha256).hexdigest()


def unfit_url(url: str) -> str:
    """Why no message should go there, or ""."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return ""
    if parts.scheme == "http" and parts.hostname in LOCAL_HOSTS:
        return ""
    return "The address of the SMS gateway must begin with https:// (http:// on this machine only)."


def _carrier_id(answer: bytes) -> str:
    try:
        said = json.loads(answer)
    except ValueError:
        return ""
    return str(said.get("id") or "")[:100] if isinstance(said, dict) else ""
