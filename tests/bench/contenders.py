"""The contenders, and a browser that walks the same journey of nine requests with each of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import ours
from .drive import Answer, Browser, Form, Server, hidden, serving
from .fields20 import GOOD
from .site20 import write_site

LOGIN: Form = {"id_number": ["410105199508130039"], "account": ["futures"]}
TICKS: Form = {"contract": ["true"], "risk": ["true"]}
JOURNEY: tuple[tuple[str, str, Form | None], ...] = (
    ("GET", "login", None),
    ("POST", "login", LOGIN),
    ("GET", "form", None),
    ("POST", "form", GOOD),
    ("GET", "ticks", None),
    ("POST", "ticks", TICKS),
    ("GET", "confirm", None),
    ("POST", "confirm", {}),
    ("GET", "done", None),
)
"""The nine requests: method, page, what is typed."""

OURS, BY_HAND, BARE, DJANGO, FLASK = "Banli", "hand-written", "on uvicorn", "Django", "Flask"


@dataclass
class Walker:
    """A person on the way. Every page is reached through the redirect before it, as a browser would."""

    browser: Browser
    prefixed: bool = False
    at: str = "/login"
    page: str = ""

    async def begin(self, path: str, form: Form) -> None:
        """What comes before the journey: our cases are started from the menu."""
        answer = await self.browser.ask("POST", path, form)
        assert answer.status == 303, f"{path}: {answer.status} {answer.text[:500]}"
        self.at = answer.header("location")

    async def step(self, method: str, page: str, typed: Form | None, wanted: int = 0) -> Answer:
        """One request of the journey; its answer must have the status `wanted` (default: 200 or a redirect)."""
        form: dict[str, list[str]] | None = None
        if typed is not None:
            start = f"{page}-" if self.prefixed else ""
            form = {**hidden(self.page), "_go": ["next"], **{start + name: list(texts) for name, texts in typed.items()}}
        answer = await self.browser.ask(method, self.at, form)
        good = (wanted,) if wanted else (200,) if method == "GET" else (302, 303)
        assert answer.status in good, f"{method} {self.at}: {answer.status} {answer.text[:1500]}"
        if answer.status in (302, 303):
            self.at = answer.header("location")
        else:
            self.page = answer.text
        return answer

    async def walk(self) -> None:
        for method, page, typed in JOURNEY:
            await self.step(method, page, typed)


@dataclass
class Contender:
    """A server that is up, and the people who may go to it."""

    name: str
    server: Server
    folder: Path
    tokens: list[str] = field(default_factory=list)
    """Of the clients who are at home."""

    @property
    def says_200(self) -> bool:
        """Whether a page with mistakes comes with status 200: formtools knows nothing else."""
        return self.name == DJANGO

    def walker(self) -> Walker:
        """Somebody new. (Ours are known clients; each may come again once the case before is done.)"""
        browser = Browser(self.server.port)
        if self.name == OURS:
            browser.cookies["banli"] = self.tokens.pop(0)
        return Walker(browser, self.name == DJANGO)

    async def begin(self, walker: Walker) -> None:
        """Up to the first of the nine requests."""
        if self.name == OURS:
            site = ours.bench_site(self.folder)
            await walker.begin(*ours.beginning(site, walker.browser.cookies["banli"]))
        else:
            walker.at = "/login"

    def end(self, walker: Walker) -> None:
        """They have walked to the end, and may come again."""
        walker.browser.close()
        if self.name == OURS:
            self.tokens.append(walker.browser.cookies["banli"])


@contextmanager
def contender(name: str, folder: Path, people: int = 80) -> Iterator[Contender]:
    """Starts it on a free port, with its database in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    database = str(folder / "bench.db")
    python = sys.executable
    if name == OURS:
        site = write_site(folder)
        tokens = asyncio.run(ours.log_in(site, people))
        with serving(lambda port: [python, "-m", "tests.bench.ours", str(folder), str(port)], probe="/healthz") as server:
            yield Contender(name, server, folder, tokens)
    elif name in (BY_HAND, BARE):
        on = ["uvicorn"] if name == BARE else []
        with serving(lambda port: [python, "-m", "tests.bench.rival_quart", database, str(port), *on]) as server:
            yield Contender(name, server, folder)
    else:
        module = "tests.bench.rival_django" if name == DJANGO else "tests.bench.rival_flask"
        with serving(lambda port: _gunicorn(module, port), {"BENCH_DB": database}) as server:
            yield Contender(name, server, folder)


def _gunicorn(module: str, port: int) -> list[str]:
    """One worker that keeps connections alive; with one thread it still does one thing at a time."""
    options = ["--workers=1", "--worker-class=gthread", "--threads=1", "--keep-alive=30", "--preload", "--log-level=error"]
    return [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", *options, f"{module}:application"]
