"""Drives a server over real sockets and reads what it cost: CPU time of its processes, latencies, bytes."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).parents[2]
Form = Mapping[str, Sequence[str]]


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> str:
        body = gzip.decompress(self.body) if self.header("content-encoding") == "gzip" else self.body
        return body.decode()


@dataclass
class Browser:
    """One kept-alive connection with cookies: as little client as possible, so that the server is what is measured."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, form: Form | None = None, compressed: bool = False) -> Answer:
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = urlencode([(name, text) for name, texts in (form or {}).items() for text in texts]).encode()
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept-Language: zh-CN"]
        if compressed:
            head.append("Accept-Encoding: gzip")
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if method == "POST":
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return await self._answer()

    async def _answer(self) -> Answer:
        assert self.reader is not None
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = [(k.lower(), v.strip()) for k, _, v in (line.partition(":") for line in raw[1:] if line)]
        answer = Answer(int(raw[0].split()[1]), headers, b"")
        for value in (v for k, v in headers if k == "set-cookie"):
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if answer.header("transfer-encoding") == "chunked":
            parts = []
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
            answer.body = b"".join(parts)
        elif answer.header("content-length"):
            answer.body = await self.reader.readexactly(int(answer.header("content-length")))
        if answer.header("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def hidden(page: str) -> dict[str, list[str]]:
    """The hidden fields of a page with their values, as a browser would post them."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        told = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if told.get("type") == "hidden":
            found.setdefault(told["name"], []).append(unescape(told["value"]))
    return found


@dataclass
class Server:
    process: psutil.Process
    port: int

    @property
    def tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """CPU seconds of the process and its children so far, user and system, to the nanosecond.

        The number of another process's CPU clock is made of its pid (Linux); /proc would count in ticks of 10 ms.
        """
        return sum(time.clock_gettime((~one.pid << 3) | 2) for one in self.tree)

    def memory(self) -> int:
        """Resident bytes of the largest process."""
        return max(int(one.memory_info().rss) for one in self.tree)


@contextmanager
def serving(
    command: Callable[[int], list[str]], env: Mapping[str, str] | None = None, probe: str = "/login"
) -> Iterator[Server]:
    """Starts a server on a free port of this machine and stops it by its pid. `command` gets the port."""
    port = _free_port()
    with tempfile.TemporaryFile() as said:
        made = subprocess.Popen(command(port), env={**os.environ, **(env or {})}, stdout=said, stderr=said, cwd=ROOT)
        try:
            try:
                _wait(port, probe, made)
            except RuntimeError as problem:
                said.seek(0)
                raise RuntimeError(f"{problem}\n{said.read().decode(errors='replace')[-3000:]}") from None
            yield Server(psutil.Process(made.pid), port)
        finally:
            made.terminate()
            try:
                made.wait(10)
            except subprocess.TimeoutExpired:
                made.kill()
                made.wait(10)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _wait(port: int, probe: str, made: subprocess.Popen[bytes]) -> None:
    """Until the server answers anything at all."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if made.poll() is not None:
            raise RuntimeError(f"The server ended with {made.returncode}.")
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            asked.request("GET", probe)
            asked.getresponse().read()
            return
        except OSError:
            time.sleep(0.01)
        finally:
            asked.close()
    raise RuntimeError("The server does not answer.")
