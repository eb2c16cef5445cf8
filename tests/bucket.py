"""A bucket that speaks as much of S3 as the blob store asks for: put, get, list (v2), delete many. It can be away, or refuse.

It checks no signatures; that requests are signed is seen by their header.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

CUT = (0, "")
"""As a refusal: the line breaks before there is an answer."""
REFUSED = "<Error><Code>{}</Code><Message>refused</Message></Error>"


class Bucket(ThreadingHTTPServer):
    """`kept`: content by key; `refuses`: the status and code that every request gets; `asked`: method and key of each."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.name = name
        self.kept: dict[str, tuple[bytes, datetime]] = {}
        self.refuses: tuple[int, str] | None = None
        self.asked: list[tuple[str, str]] = []

    @property
    def settings(self) -> dict[str, str]:
        """What an operator would write into the environment."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "sample-1",
            "AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample",
        }  # fmt: skip


@contextmanager
def bucket(name: str) -> Iterator[Bucket]:
    server = Bucket(name)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def do_PUT(self) -> None:
        self.server.kept[self._key()] = (self._body(), datetime.now(UTC))
        self._answer(200, headers={"ETag": '"sample"'})

    def do_GET(self) -> None:
        key, query = self._key(), parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            self._answer(200, self._listed(query.get("prefix", [""])[0]))
        elif key in self.server.kept:
            content, at = self.server.kept[key]
            self._answer(200, content, {"ETag": '"sample"', "Last-Modified": format_datetime(at, usegmt=True)})
        else:
            self._answer(404, REFUSED.format("NoSuchKey").encode())

    def do_POST(self) -> None:
        gone = [found.text or "" for found in ElementTree.fromstring(self._body()).iter() if found.tag.endswith("Key")]
        for key in gone:
            self.server.kept.pop(key, None)
        told = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in gone)
        self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())

    def _listed(self, prefix: str) -> bytes:
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{at:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>sample</ETag><Size>{len(content)}</Size></Contents>"
            for key, (content, at) in sorted(self.server.kept.items())
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{self.server.name}").lstrip("/")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        self.server.asked.append((self.command, self._key()))
        signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
        refused = self.server.refuses if signed else (403, "AccessDenied")
        if refused is None:
            return True
        self._body()
        if refused == CUT:
            self.close_connection = True
        else:
            self._answer(refused[0], REFUSED.format(refused[1]).encode())
        return False

    def _answer(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
