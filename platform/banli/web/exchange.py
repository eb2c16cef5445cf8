"""One request and its answer between server and application, with fewer turns of the event loop than Quart takes itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import Request, Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers.response import DataBody
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

SMALL = 128 * 1024
"""Up to so many bytes a posted page is read whole before it is handled; larger ones (photos) are handled as they come."""

PATIENCE = 60.0
"""Seconds for such a page to come, and for an answer to be taken."""


class Exchange(ASGIHTTPConnection):
    """Reads the page, then handles it, in the one task that the server has started.

    Quart starts three more, so that a lost connection stops the handling. Ours goes on to the end: what a client has sent
    completely is kept, also when they do not wait for the answer.
    """

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = self._create_request_from_scope(send)
        length = request.content_length or 0
        if self.scope["http_version"] not in ("1.0", "1.1") or "Transfer-Encoding" in request.headers or length > SMALL:
            await super().__call__(receive, send)
            return
        if not length:
            request.body.set_complete()
        elif not await _read(request, receive):
            return
        await self.handle_request(request, send)

    async def handle_request(self, request: Request, send: ASGISendCallable) -> None:
        response = await self.app.handle_request(request)
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            await _send_at_once(response, send)
        else:
            await self._answer_slowly(response, send)

    async def _answer_slowly(self, response: ResponseTypes, send: ASGISendCallable) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._send_response(send, response), timeout=self.app.config["RESPONSE_TIMEOUT"])


async def _read(request: Request, receive: ASGIReceiveCallable) -> bool:
    """Takes in the whole body. False when the browser has gone or takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return False
                request.body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    request.body.set_complete()
                    return True
    except TimeoutError:
        return False


async def _send_at_once(response: Response, send: ASGISendCallable) -> None:
    """Head and body are written as one where the server is ours: a call of the system less, and often a packet."""
    cycle: Any = getattr(send, "__self__", None)
    if isinstance(cycle, RequestResponseCycle) and not cycle.flow.write_paused:
        held = _Held(cycle.transport)
        cycle.transport = held  # type: ignore[assignment]
        try:
            await _send(response, send)  # which waits for nothing: see `connections` for who does not take what is written
        finally:
            held.flush()
            cycle.transport = held.onwards  # type: ignore[assignment]
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await _send(response, send)


async def _send(response: Response, send: ASGISendCallable) -> None:
    body: DataBody = response.response  # type: ignore[assignment]
    await send({"type": "http.response.start", "status": response.status_code, "headers": encode_headers(response.headers)})
    await send({"type": "http.response.body", "body": body.data[body.begin : body.end], "more_body": False})


class _Held:
    """Takes what the server writes, and writes it as one."""

    def __init__(self, onwards: asyncio.WriteTransport) -> None:
        self.onwards, self.held = onwards, bytearray()

    def write(self, data: bytes) -> None:
        self.held += data

    def is_closing(self) -> bool:
        return self.onwards.is_closing()

    def close(self) -> None:
        self.flush()
        self.onwards.close()

    def flush(self) -> None:
        if self.held:
            self.onwards.write(bytes(self.held))
            self.held.clear()
