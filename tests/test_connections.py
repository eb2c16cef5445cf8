"""Connections as they come from outside: slow ones, endless ones, those that ask twice at once; and how all of them end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from quart import Quart, Response, request, websocket
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

from banli.web import connections
from banli.web.application import AHEAD, Application
from banli.web.connections import MOST_HEAD, SAID, Connections

PATIENT = 90
"""Seconds that no machine should need."""
LARGE = 8 * 1024 * 1024


@dataclass
class House:
    """A small application behind the real server."""

    app: Quart
    port: int
    server: Connections
    stop: asyncio.Event
    serving: asyncio.Task[None]
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[str] = field(default_factory=list)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, said: bytes) -> bytes:
        """All that is answered on one connection until it is closed."""
        reader, writer = await self.open()
        writer.write(said)
        answer = await asyncio.wait_for(reader.read(), PATIENT)
        writer.close()
        return answer

    async def empty(self) -> None:
        """Until the server has no connection any more."""
        async with asyncio.timeout(PATIENT):
            while self.server.state.connections:
                await asyncio.sleep(0.05)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    app = Application("house")
    app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server, stop = Connections(app), asyncio.Event()
        made = House(app, listening.getsockname()[1], server, stop, asyncio.create_task(server.serve(listening.dup(), stop)))
        _pages(app, made)
        yield made
        stop.set()
        made.go_on.set()
        await asyncio.wait_for(made.serving, PATIENT)


def _pages(app: Quart, house: House) -> None:
    @app.route("/", methods=["GET", "POST"])
    async def page() -> str:
        body = await request.get_data()
        return f"<{request.remote_addr} {request.args.get('n', '')} {len(body)}>"

    @app.get("/large")
    async def large() -> Response:
        house.asked.set()
        return Response(b"x" * LARGE)

    @app.get("/slow")
    async def slow() -> str:
        house.asked.set()
        await house.go_on.wait()
        return "<slow>"

    @app.websocket("/wire")
    async def wire() -> None:
        await websocket.accept()
        while True:
            said = await websocket.receive()
            house.heard.append(str(said))
            await websocket.send(f"heard {said}")

    @app.websocket("/closed")
    async def closed() -> Response:
        return Response("", 403)

    @app.websocket("/busy")
    async def busy() -> None:
        await websocket.accept()
        house.asked.set()
        await house.go_on.wait()
        house.heard.extend([str(await websocket.receive()) for _ in range(1000)])

    @app.websocket("/deaf")
    async def deaf() -> None:
        await websocket.accept()
        house.asked.set()
        try:
            await house.go_on.wait()
        finally:
            await websocket.send("to nobody")
            await websocket.close(1000)
            house.heard.append("said to nobody")


GET = b"GET /?n=%d HTTP/1.1\r\nHost: x\r\n"
LAST = b"Connection: close\r\n\r\n"


async def test_two_requests_at_once_are_answered_in_their_order(house: House) -> None:
    answer = await house.ask(GET % 1 + b"\r\n" + GET % 2 + b"X-Forwarded-For: 6.6.6.6\r\n" + LAST)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.index(b"<127.0.0.1 1 0>") < answer.index(b"<127.0.0.1 2 0>"), "and nobody says where they come from"


async def test_a_body_in_chunks_is_read_and_one_waits_to_be_asked_for_it(house: House) -> None:
    chunked = b"POST /?n=3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + LAST + b"5\r\nhello\r\n0\r\n\r\n"
    assert (await house.ask(chunked)).endswith(b"<127.0.0.1 3 5>")
    reader, writer = await house.open()
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" + LAST)
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENT) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"hello")
    assert (await asyncio.wait_for(reader.read(), PATIENT)).endswith(b"<127.0.0.1  5>")
    writer.close()


@pytest.mark.parametrize(
    "said",
    [
        b"no request at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * (3 * MOST_HEAD) + b"\r\n\r\n",
        b"GET /" + b"a" * (3 * MOST_HEAD) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /?n=7 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["nonsense", "a long header", "a long address", "two lengths"],
)
async def test_what_is_no_request_is_refused_and_the_connection_ends(house: House, said: bytes) -> None:
    answer = await house.ask(said)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_head_without_end_is_not_kept(house: House) -> None:
    _, writer = await house.open()
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")

    async def go_on() -> None:
        while True:
            writer.write(b"a" * 1024)
            await writer.drain()
            await asyncio.sleep(0)

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(go_on(), PATIENT)
    writer.close()
    await house.empty()


async def test_who_sends_drop_by_drop_or_nothing_is_cut_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.2)
    silent, _ = await house.open()
    reader, writer = await house.open()

    async def drip() -> None:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")
        while not writer.is_closing():
            writer.write(b"a")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert await asyncio.wait_for(silent.read(), PATIENT) == b""
    assert await _rest(reader) == b""
    dripping.cancel()
    writer.close()
    await house.empty()


async def test_who_does_not_take_the_answer_is_cut_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.1)
    monkeypatch.setattr(connections, "TAKEN_WITHIN", 0.3)
    with socket.socket() as stubborn:
        stubborn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stubborn.setblocking(False)
        await asyncio.get_running_loop().sock_connect(stubborn, ("127.0.0.1", house.port))
        await asyncio.get_running_loop().sock_sendall(stubborn, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(house.asked.wait(), PATIENT)
        await house.empty()


async def test_what_is_too_large_is_told_so_while_it_still_comes(house: House) -> None:
    reader, writer = await house.open()
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (64 * 1024 * 1024))
    writer.write(b"x" * 100_000)
    assert (await asyncio.wait_for(reader.readline(), PATIENT)).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_an_end_waits_for_the_page_that_is_being_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "FINISH_WITHIN", PATIENT)
    reader, writer = await house.open()
    idle, _ = await house.open()
    writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(house.asked.wait(), PATIENT)
    house.stop.set()
    assert await asyncio.wait_for(idle.read(), PATIENT) == b""
    house.go_on.set()
    answer = await asyncio.wait_for(reader.read(), PATIENT)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer
    assert answer.endswith(b"<slow>")
    await asyncio.wait_for(house.serving, PATIENT)
    writer.close()


async def test_an_end_does_not_wait_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "FINISH_WITHIN", 0.2)
    reader, writer = await house.open()
    writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(house.asked.wait(), PATIENT)
    house.stop.set()
    await asyncio.wait_for(house.serving, PATIENT)
    assert b"200" not in (await _rest(reader)).partition(b"\r\n")[0]
    writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), PATIENT)
    except ConnectionError:
        return b""


class Talk:
    """The other end of a wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.ws = reader, writer, WSConnection(ConnectionType.CLIENT)
        self.waiting: list[Any] = []

    @classmethod
    async def begin(cls, house: House, path: str) -> Talk:
        talk = cls(*await house.open())
        talk.say(Request(host="x", target=path))
        return talk

    def say(self, event: Any) -> None:
        self.writer.write(self.ws.send(event))

    async def next(self) -> Any:
        while not self.waiting:
            self.ws.receive_data(await asyncio.wait_for(self.reader.read(65536), PATIENT) or None)
            self.waiting = [event for event in self.ws.events() if not isinstance(event, Ping)]
        return self.waiting.pop(0)


async def test_a_wire_carries_what_is_said_and_ends_when_too_much_is_said_at_once(house: House) -> None:
    talk = await Talk.begin(house, "/wire")
    assert isinstance(await talk.next(), AcceptConnection)
    for word in ("one", "two"):
        talk.say(TextMessage(word))
        assert (await talk.next()).data == f"heard {word}"
    talk.say(TextMessage("x" * (SAID + 1)))
    ended = await talk.next()
    assert (type(ended), ended.code) == (CloseConnection, 1009)
    assert house.heard == ["one", "two"]
    talk.writer.close()
    await house.empty()


async def test_a_wire_that_may_not_be_is_refused_as_the_page_says(house: House) -> None:
    talk = await Talk.begin(house, "/closed")
    refused = await talk.next()
    assert (type(refused), refused.status_code) == (RejectConnection, 403)
    talk.writer.close()


async def test_what_is_said_to_somebody_who_has_gone_is_no_mistake(house: House, caplog: pytest.LogCaptureFixture) -> None:
    talk = await Talk.begin(house, "/deaf")
    assert isinstance(await talk.next(), AcceptConnection)
    await asyncio.wait_for(house.asked.wait(), PATIENT)
    talk.writer.transport.abort()
    await house.empty()
    async with asyncio.timeout(PATIENT):
        while not house.heard:
            await asyncio.sleep(0.05)
    assert house.heard == ["said to nobody"]
    assert not caplog.records


async def test_a_wire_takes_in_no_more_than_is_listened_to(house: House) -> None:
    """Whoever talks on while nobody listens fills their own end, not our memory."""
    taken, said = 0, 1000

    async def receive() -> Any:
        nonlocal taken
        if taken == said:
            await asyncio.Event().wait()
        taken += 1
        return {"type": "websocket.receive", "text": f"{taken}", "bytes": None}

    async def send(_: Any) -> None:
        pass

    scope: Any = {"type": "websocket", "path": "/busy", "query_string": b"", "headers": [], "scheme": "ws"}
    wire = asyncio.create_task(house.app(scope, receive, send))
    await asyncio.wait_for(house.asked.wait(), PATIENT)
    for _ in range(10):
        await asyncio.sleep(0)
    assert taken <= AHEAD + 1
    house.go_on.set()
    await asyncio.wait_for(wire, PATIENT)
    assert house.heard == [f"{number}" for number in range(1, said + 1)]


async def test_an_end_hangs_up_wires(house: House) -> None:
    talk = await Talk.begin(house, "/wire")
    assert isinstance(await talk.next(), AcceptConnection)
    house.stop.set()
    ended = await talk.next()
    assert (type(ended), ended.code) == (CloseConnection, 1012)
    await asyncio.wait_for(house.serving, PATIENT)
    talk.writer.close()
