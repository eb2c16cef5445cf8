"""Connections of browsers: what one may send and how long it may take, wires among them, and how all come to an end."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from email.utils import formatdate
from typing import Any

from quart import Quart
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from uvicorn.server import ServerState

MOST_HEAD = 16 * 1024
"""Bytes of a request before its body: address, cookies and all."""
HEAD_WITHIN = 15.0
"""Seconds for these to come, from the first moment of a connection or the end of the answer before."""
TAKEN_WITHIN = 60.0
"""Seconds for an answer to be taken by the other end."""
FINISH_WITHIN = 5.0
"""Seconds for requests that are under way when the server is told to stop."""
SAID = 64 * 1024
"""Bytes of what is said at once on a wire."""
PING = 15.0
"""Seconds between two pings on a wire, so that nothing on the way takes it for dead."""


class Connection(HttpToolsProtocol):
    """One connection, request after request. Who sends a head without end, or drop by drop, is cut off."""

    since: float | None = None
    """Since when the next head is waited for; None while a request is handled."""
    in_head = True
    head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.since = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self.in_head:
            self.head += len(data)
        super().data_received(data)
        if self.in_head and self.head > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("Too long.")

    def on_message_begin(self) -> None:
        self.in_head, self.head = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self.in_head, self.since = False, None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    def look(self, now: float) -> None:
        """Once a second."""
        if self.since is None:
            return
        if now - self.since > TAKEN_WITHIN:
            self.transport.abort()
        elif now - self.since > HEAD_WITHIN:
            self.transport.close()  # what is still to be taken is sent first

    def _count(self, more: int) -> None:
        self.head += more
        if self.head > 2 * MOST_HEAD:
            raise ValueError("This head is too long.")  # the parser stops, and 400 is answered


class Wire(WSProtocol):
    """A WebSocket. What is said to somebody who has gone is said to nobody, and is no mistake."""

    async def send(self, message: Any) -> None:
        if self.disconnected or (self.close_sent and not self.response_started):
            return
        with suppress(ClientDisconnected):
            await super().send(message)

    def look(self, now: float) -> None:
        """It has pings of its own."""


class Connections:
    """All connections of a process."""

    def __init__(self, app: Quart) -> None:
        self.config = Config(
            app, http=Connection, ws=Wire, interface="asgi3", lifespan="off", loop="none",
            log_config=None, log_level=logging.ERROR, access_log=False, proxy_headers=False, server_header=False,
            timeout_keep_alive=int(HEAD_WITHIN), ws_max_size=SAID, ws_ping_interval=PING, ws_ping_timeout=None,
            ws_per_message_deflate=False,
        )  # fmt: skip
        self.config.load()
        self.state = ServerState()

    async def serve(self, listening: socket.socket, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what is under way is finished, as long as that does not take too long."""
        loop = asyncio.get_running_loop()
        self._tell_time()
        server = await loop.create_server(lambda: Connection(self.config, self.state, {}, loop), sock=listening, backlog=1024)
        looking = asyncio.create_task(self._look())
        await stop.wait()
        server.close()
        looking.cancel()
        for one in list(self.state.connections):
            one.shutdown()
        await self._end()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._tell_time()
            now = asyncio.get_running_loop().time()
            for one in list(self.state.connections):
                one.look(now)  # type: ignore[union-attr]

    def _tell_time(self) -> None:
        self.state.default_headers = [(b"date", formatdate(usegmt=True).encode())]

    async def _end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_WITHIN):
                while self.state.connections or self.state.tasks:  # noqa: ASYNC110 - they tell nobody when they end
                    await asyncio.sleep(0.02)
        late = list(self.state.tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for one in list(self.state.connections):
            one.transport.abort()
