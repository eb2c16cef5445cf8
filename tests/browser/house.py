"""A running server for browser tests: starts it, asks it, ends it."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from warm_kit import kept, warm

HERE = Path(__file__).parent
CHINA = timezone(timedelta(hours=8))


class Served:
    """`served.ask("captcha")`; what can be asked stands in `served.py`."""

    def __init__(self, folder: Path, patience: float = 60, site: Path | None = None) -> None:
        self.folder, self.patience = folder, patience
        self.url = f"http://127.0.0.1:{_free_port()}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BANLI_") or k == "BANLI_LATE_SCRIPTS"}
        warm(folder, database=False)
        self._errors = (folder / "server.err").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "served.py"), str(folder), self.url.rpartition(":")[2], *([str(site)] if site else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment,
        )  # fmt: skip
        self._rest = b""
        assert self._answer() == "ready"
        kept(folder)

    def ask(self, what: str, **given: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"ask": what, "with": given}).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer()

    def forward(self, **amount: float) -> None:
        """`served.forward(minutes=5)`"""
        self.ask("forward", seconds=timedelta(**amount).total_seconds())

    def until(self, wanted: Callable[[], bool], seconds: float = 60) -> None:
        """Waits for something that happens by itself."""
        limit = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < limit, "It did not happen."
            time.sleep(0.1)

    def open_hours(self) -> None:
        """Puts the clock forward to a time at which both companies serve, with some hours of it left."""
        now = datetime.fromisoformat(self.ask("now")).astimezone(CHINA)
        if now.weekday() < 5 and 9 <= now.hour < 17:
            self.forward(minutes=2)
            return
        then = now.replace(hour=9, minute=30, second=0) + timedelta(days=0 if now.hour < 9 else 1)
        while then.weekday() >= 5:
            then += timedelta(days=1)
        self.forward(seconds=(then - now).total_seconds())

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _answer(self) -> Any:
        """The next line that the server says. Raises what went wrong over there."""
        assert self._process.stdout is not None
        until = time.monotonic() + self.patience
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not ready.select(max(until - time.monotonic(), 0)):
                    raise TimeoutError("The server does not answer. " + self._why())
                piece = os.read(self._process.stdout.fileno(), 1 << 16)
                if not piece:
                    raise RuntimeError("The server has ended. " + self._why())
                self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        said = json.loads(line)
        if "failed" in said:
            raise RuntimeError(said["failed"])
        return said["got"]

    def _why(self) -> str:
        return (self.folder / "server.err").read_text("utf-8", "replace")[-4000:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
