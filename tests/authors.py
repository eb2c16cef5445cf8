"""An author with an editor and a browser beside a running product that follows the files (`--reload`)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from banli.sites import bundled
from lean_kit import unlisted

SOON = 90.0
"""Seconds in which an edit must have come through, also on a busy machine. Alone on one it takes about half a second."""


def site_of_an_author(folder: Path) -> Path:
    """A copy of the example site to be edited."""
    for name in ("definitions", "themes"):
        shutil.copytree(bundled() / name, folder / name)
    return unlisted(folder)


class Author:
    """`edit` and `write` change files, `page` is what the browser shows, `terminal` what the product has printed."""

    def __init__(self, site: Path, *words: str, command: str = "demo") -> None:
        self.site, self.terminal = site, ""
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        env = {name: value for name, value in os.environ.items() if not name.startswith("BANLI_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "banli.cli", command, "--reload", "--site", str(site), "--port", str(self.port), *words],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.terminal += line

    def starts(self) -> Author:
        self.until(lambda: self.process.poll() is not None or self.status("/readyz") == 200)
        assert self.process.poll() is None, self.terminal
        return self

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self._reading.join(10)

    # to write

    def path(self, name: str) -> Path:
        return self.site / name

    def edit(self, name: str, old: str, new: str) -> None:
        """As an editor saves: in place."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, name
        self.path(name).write_text(text.replace(old, new), encoding="utf-8")

    # to look

    def answer(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            return 0, ""

    def status(self, path: str) -> int:
        return self.answer(path)[0]

    def page(self, path: str = "/8001") -> str:
        return self.answer(path)[1]

    def state(self) -> dict[str, str]:
        return dict(json.loads(self.page("/-/state")))

    def until(self, wanted: Callable[[], bool], seconds: float = SOON) -> float:
        """Waits for something; the seconds that it took."""
        began = time.monotonic()
        while not wanted():
            assert time.monotonic() - began < seconds, f"It did not happen.\n{self.terminal[-3000:]}"
            time.sleep(0.05)
        return time.monotonic() - began

    def sees(self, text: str, path: str = "/8001") -> float:
        return self.until(lambda: text in self.page(path))

    def reads(self, text: str) -> float:
        """In the terminal."""
        return self.until(lambda: text in self.terminal)
