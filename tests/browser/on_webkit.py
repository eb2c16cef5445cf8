"""WebKit, the engine of Safari, by way of its own driver: no library between, only W3C WebDriver in JSON."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

BROWSERS = (
    "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/*/webkit2gtk-4.0/MiniBrowser",
    "/usr/lib/*/webkitgtk-6.0/MiniBrowser",
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 60.0
"""Seconds that anything may take."""


class WebKit:
    """A browser with a display of its own. Everything it waits for has an end."""

    def __init__(self, folder: Path) -> None:
        for program in ("WebKitWebDriver", "Xvfb"):
            assert shutil.which(program), "These tests need Debian's webkit2gtk-driver and xvfb."
        binary = next((str(path) for glob in BROWSERS for path in sorted(Path("/").glob(glob[1:]))), "")
        assert binary, "MiniBrowser of webkit2gtk is missing."
        self._log, self._processes = (folder / "webkit.log").open("wb"), list[subprocess.Popen[bytes]]()
        try:
            home = {
                name: str(folder / name) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
            }
            for path in home.values():
                Path(path).mkdir(mode=0o700)
            environment = {**os.environ, **home, "DISPLAY": self._display(), "LANGUAGE": "zh_CN", "LANG": "C.UTF-8"}
            port = _free_port()
            self._url = f"http://127.0.0.1:{port}"
            self._start(["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"], environment)
            wanted = {
                "browserName": "MiniBrowser", "acceptInsecureCerts": False, "timeouts": {"script": 30_000, "pageLoad": 60_000},
                "webkitgtk:browserOptions": {"binary": binary, "args": ["--automation"]},
            }  # fmt: skip
            told = self._until(
                lambda: self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}), "it does not start"
            )
            self._session = f"/session/{told['sessionId']}"
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if hasattr(self, "_session"):
            with suppress(OSError, AssertionError):
                self._ask("DELETE", self._session)
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()

    # pages

    def open(self, address: str) -> None:
        self._say("POST", "/url", {"url": address})

    def reload(self) -> None:
        self._say("POST", "/refresh", {})

    def cookie(self, name: str, value: str, path: str) -> None:
        """For the site whose page is open."""
        self._say("POST", "/cookie", {"cookie": {"name": name, "value": value, "path": path, "httpOnly": True}})

    @property
    def address(self) -> str:
        return str(self._say("GET", "/url"))

    def run(self, script: str, *given: object) -> Any:
        return self._say("POST", "/execute/sync", {"script": script, "args": list(given)})

    def goes_to(self, step: str) -> None:
        self._until(lambda: f"/{step}" in self.address, f"it does not go to {step}")

    def sees(self, text: str) -> None:
        """In what can be read on the page."""
        self._until(lambda: text in self.run("return document.querySelector('main').innerText"), f"'{text}' is not on the page")

    # to act

    def type(self, selector: str, text: str) -> None:
        element = self._find("css selector", selector)
        self._say("POST", f"/element/{element}/clear", {})
        self._say("POST", f"/element/{element}/value", {"text": text})

    def tap(self, name: str) -> None:
        """A button or a link with exactly these words."""
        words = f"normalize-space(.)='{name}'"
        self.press("xpath", f"//button[{words}]|//a[{words}]|//input[@type='submit' and @value='{name}']")

    def press(self, way: str, what: str) -> None:
        """The first of them that can be seen."""

        def pressed() -> bool:
            for found in self._say("POST", "/elements", {"using": way, "value": what}):
                if self._say("GET", f"/element/{found[ELEMENT]}/displayed"):
                    # Into the middle: at the edge something fixed may lie above it.
                    self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
                    self._say("POST", f"/element/{found[ELEMENT]}/click", {})
                    return True
            return False

        self._until(pressed, f"there is no {what}")

    def shot(self, path: Path) -> None:
        import base64

        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._say("GET", "/screenshot")))

    def _find(self, way: str, what: str) -> str:
        def found() -> str:
            seen = [one[ELEMENT] for one in self._say("POST", "/elements", {"using": way, "value": what})]
            return next((one for one in seen if self._say("GET", f"/element/{one}/displayed")), "")

        return str(self._until(found, f"there is no {what}"))

    def _say(self, method: str, path: str, body: object = None) -> Any:
        return self._ask(method, self._session + path, body)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, content, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            told = json.load(refused)["value"]
            raise AssertionError(f"{told['error']}: {told['message']}") from None

    def _until(self, wanted: Any, otherwise: str) -> Any:
        """What comes of it, once something does. What fails while a page is on its way is tried again."""
        limit, last = time.monotonic() + PATIENCE, ""
        while time.monotonic() < limit:
            try:
                if got := wanted():
                    return got
            except (AssertionError, OSError) as problem:
                last = str(problem)
            time.sleep(0.1)
        page = self.run("return document.body.innerText")[:600] if hasattr(self, "_session") else ""
        raise AssertionError(f"After {PATIENCE:.0f} s {otherwise}. {last}\n{page}")

    def _start(self, command: list[str], environment: dict[str, str] | None = None, **how: Any) -> subprocess.Popen[bytes]:
        self._processes.append(subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log, **how))
        return self._processes[-1]

    def _display(self) -> str:
        """The server chooses a display that is free and says which."""
        reading, writing = os.pipe()
        self._start(["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x1200x24", "-nolisten", "tcp"], pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb does not start."
        return f":{number}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
