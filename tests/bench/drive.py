"""Drives a server over real sockets and reads what it cost: CPU time of its processes, latencies, bytes."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import psutil


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

    async def ask(self, method: str, path: str, form: Mapping[str, Sequence[str]] | None = None, compressed: bool = False) -> Answer:
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


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(rf'value="([^"]*)"[^>]*name="{name}"', page)
    assert found, f"no field '{name}' in: {page[:300]}"
    return found[1]


@dataclass
class Server:
    process: psutil.Process
    port: int

    def cpu(self) -> float:
        """CPU seconds of the process and all its children so far, user and system."""
        spent = 0.0
        for one in (self.process, *self.process.children(recursive=True)):
            times = one.cpu_times()
            spent += times.user + times.system
        return spent

    def memory(self) -> int:
        """Resident bytes of the largest process."""
        return max(p.memory_info().rss for p in (self.process, *self.process.children(recursive=True)))


@contextmanager
def serving(command: Callable[[int, int], list[str]], env: Mapping[str, str] | None = None, probe: str = "/login") -> Iterator[Server]:
    """Starts a server on a free port of this machine and stops it by its pid. `command` gets the port and an inherited socket."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen(256)
    port, fd = listening.getsockname()[1], listening.fileno()
    made = subprocess.Popen(command(port, fd), env={**os.environ, **(env or {})}, pass_fds=[fd], stdout=sys.stderr)
    try:
        process = psutil.Process(made.pid)
        _wait(port, probe, made)
        yield Server(process, port)
    finally:
        made.terminate()
        try:
            made.wait(10)
        except subprocess.TimeoutExpired:
            made.kill()
            made.wait(10)
        listening.close()


def _wait(port: int, probe: str, made: subprocess.Popen[bytes]) -> None:
    import urllib.error
    import urllib.request

    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        if made.poll() is not None:
            raise RuntimeError(f"the server ended with {made.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{probe}", timeout=5).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not answer")
