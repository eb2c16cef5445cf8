"""Requests between server and application: what was sent completely is handled, what was not is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from quart import Quart, request

from banli.web.connections import Connections
from banli.web.exchange import SMALL, Exchange


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def app(heard: list[str]) -> Quart:
    made = Quart("exchange")
    made.asgi_http_class = Exchange
    made.config["MAX_CONTENT_LENGTH"] = 4 * SMALL

    @made.route("/", methods=["GET", "POST"])
    async def page() -> str:
        await asyncio.sleep(0.01)
        form = await request.form
        heard.append(form.get("name", ""))
        return f"{len(form.get('name', ''))} characters"

    return made


async def ask(app: Quart, method: str, *coming: dict[str, Any], length: int | None = None) -> list[dict[str, Any]]:
    """One request, its messages coming one after the other; what the server was told to send."""
    headers = [(b"host", b"x"), (b"content-type", b"application/x-www-form-urlencoded")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    scope: Any = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": "/", "raw_path": b"/",
        "query_string": b"", "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "extensions": {},
    }  # fmt: skip
    waiting, told = list(coming), []

    async def receive() -> Any:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        told.append(message)

    async with asyncio.timeout(60):
        await app(scope, receive, send)
    return told


def part(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


END, GONE = part(b"", more=False), {"type": "http.disconnect"}


async def test_a_posted_page_is_read_whole_and_answered_in_two_messages(app: Quart, heard: list[str]) -> None:
    told = await ask(app, "POST", part(b"na"), part(b"me=Li"), END, length=7)
    assert heard == ["Li"]
    assert [message["type"] for message in told] == ["http.response.start", "http.response.body"]
    assert (told[0]["status"], told[1]["body"], told[1]["more_body"]) == (200, b"2 characters", False)


async def test_a_client_who_does_not_wait_for_the_answer_has_been_heard(app: Quart, heard: list[str]) -> None:
    await ask(app, "POST", part(b"name=Li"), END, GONE, length=7)
    assert heard == ["Li"]


async def test_half_a_page_is_nobodys_answer(app: Quart, heard: list[str]) -> None:
    assert await ask(app, "POST", part(b"name=L"), GONE, length=7) == []
    assert heard == []


async def test_a_page_that_is_asked_for_is_not_waited_for(app: Quart, heard: list[str]) -> None:
    told = await ask(app, "GET")
    assert (told[0]["status"], told[1]["body"]) == (200, b"0 characters")


@pytest.mark.parametrize(("size", "status"), [(2 * SMALL, 200), (8 * SMALL, 413)])
async def test_what_is_large_is_taken_as_it_comes_or_refused(app: Quart, size: int, status: int) -> None:
    told = await ask(app, "POST", part(b"name=" + b"x" * (size - 5)), END, length=size)
    assert told[0]["status"] == status


@pytest.fixture
async def port(app: Quart) -> AsyncIterator[int]:
    """The application behind its real server."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        stop = asyncio.Event()
        serving = asyncio.create_task(Connections(app).serve(listening.dup(), stop))
        yield listening.getsockname()[1]
        stop.set()
        await asyncio.wait_for(serving, 60)


async def test_an_answer_comes_in_one_piece_and_the_connection_goes_on(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for method, path, status, body in (
        ("GET", "/", b"200", b"0 characters"),
        ("HEAD", "/", b"200", b""),
        ("GET", "/no-such-page", b"404", b"</p>"),
        ("GET", "/", b"200", b"0 characters"),
    ):
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(65536), 60)
        head, _, rest = answer.partition(b"\r\n\r\n")
        if status == b"404" and not rest:  # no page of ours: the server's own comes in two pieces
            rest = await asyncio.wait_for(reader.read(65536), 60)
        assert (head.split()[1], rest.strip().endswith(body)) == (status, True)
        assert (method == "HEAD" and rest == b"") or f"content-length: {len(rest)}".encode() in head.lower()
    writer.close()
    await writer.wait_closed()
