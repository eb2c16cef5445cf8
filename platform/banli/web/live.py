"""What `--reload` adds to the pages: a banner while the files have mistakes, the page of mistakes, and a gate for the change."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import escape
from quart import Blueprint, Quart, Response, request

from banli.definitions.library import HARMLESS
from banli.renewal import RESTART, Wrong

FILES = Path(__file__).parent / "live"
HERE = "/-"
"""Below this address; no company can have such a number."""
PATIENCE = 2.0
"""Seconds that a change of the files waits for requests that are under way."""
_BODY = re.compile(rb"<body[^>]*>(\s*<a class=\"skip\"[^>]*>[^<]*</a>)?")
"""The beginning of a page; the link that skips to the content stays its first."""


@dataclass
class News:
    """What the pages tell of the files. `served` changes when other files are served, `told` when something else is wrong."""

    run: str = field(default_factory=lambda: secrets.token_hex(4))
    """Another one after each start of the product, so that pages notice that too."""
    edition: int = 0
    report: int = 0
    wrong: Sequence[Wrong] = ()
    holding: bool = False
    """The last good files are served, because what stands in the files now cannot be."""
    restart: bool = False

    def hear(self, wrong: Sequence[Wrong], *, holding: bool = False, restart: bool = False) -> None:
        self.report += 1
        self.wrong, self.holding, self.restart = wrong, holding, restart

    @property
    def served(self) -> str:
        return f"{self.run}.{self.edition}"

    @property
    def told(self) -> str:
        return f"{self.run}.{self.report}"

    @property
    def title(self) -> str:
        count = len(self.wrong)
        told = "1 mistake in the files" if count == 1 else f"{count or 'No'} mistakes in the files"
        if not self.restart:
            return told
        return f"A restart is needed; {told}" if count else "A restart is needed"

    @property
    def banner(self) -> str:
        """The text of the banner, "" for none."""
        return f"{self.title}{': the last good ones are served' if self.holding else ''}" if self.wrong or self.restart else ""

    @property
    def look(self) -> str:
        """How loud the banner is: what does not hold anything up is said quietly."""
        return "live-note" if self.holding else "live-note quiet"

    @property
    def lead(self) -> str:
        if self.restart:
            return f"{RESTART} Until then the files as they were before are served."
        if self.holding:
            return "The files as they were before are served until this is mended."
        return "The files are served as they are." if self.wrong else "What is written is what is served."


class Gate:
    """Lets requests through, and for a moment none: whoever came in before the change goes out before it."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app, self._inside = app, 0
        self._open, self._empty = asyncio.Event(), asyncio.Event()
        self._open.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._open.wait()
        self._inside += 1
        self._empty.clear()
        # Pages stay uncompressed, because something is put into them.
        plain = [header for header in scope["headers"] if header[0].lower() != b"accept-encoding"]
        try:
            await self.app({**scope, "headers": plain}, receive, send)
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    async def alone(self, change: Callable[[], None]) -> None:
        """Makes the change while nobody is inside; somebody who takes too long (a photo on a slow line) is not waited for."""
        self._open.clear()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    while self._inside:
                        await self._empty.wait()
            change()
        finally:
            self._open.set()


def show_news(app: Quart, news: News) -> Gate:
    """Adds the pages below `/-/` and the banner on all others."""
    gate = Gate(app.asgi_app)
    app.asgi_app = gate  # type: ignore[method-assign]
    blueprint = Blueprint("live", __name__, url_prefix=HERE)
    page = Environment(loader=FileSystemLoader(FILES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    told = {name: (FILES / name).read_bytes() for name in ("live.css", "live.js")}

    @blueprint.get("/mistakes")
    async def mistakes() -> Response:
        template = page.get_template("mistakes.html")
        first = sorted(news.wrong, key=lambda one: one.mistake.code in HARMLESS)  # what holds things up
        return _answer(template.render(title=news.title, lead=news.lead, wrong=first).encode(), "text/html")

    @blueprint.get("/live.css")
    async def style() -> Response:
        return _answer(told["live.css"], "text/css")

    @blueprint.get("/live.js")
    async def script() -> Response:
        return _answer(told["live.js"], "text/javascript")

    @blueprint.get("/state")
    async def state() -> dict[str, str]:
        return {"served": news.served, "told": news.told, "text": news.banner, "look": news.look}

    app.register_blueprint(blueprint)

    @app.after_request
    async def with_banner(response: Response) -> Response:
        if response.mimetype == "text/html" and "Content-Encoding" not in response.headers:
            content = await response.get_data(as_text=False)
            response.set_data(_with_banner(content, news))
        return response

    return gate


def _with_banner(content: bytes, news: News) -> bytes:
    """The page with the banner at its top; a piece of a page as it was."""
    body = _BODY.search(content)
    if body is None or b"</head>" not in content[: body.start()]:  # a piece of a page, or none of ours
        return content
    on_its_own = request.path == f"{HERE}/mistakes"
    page = "mistakes" if on_its_own else ""
    head = (
        f'<link rel="stylesheet" href="{HERE}/live.css">\n'
        f'<script type="module" src="{HERE}/live.js" data-live="{news.served}" data-told="{news.told}"'
        f' data-method="{escape(request.method)}" data-page="{page}"></script>\n'
    ).encode()
    hidden = "" if news.banner else " hidden"
    note = (
        f'\n<div class="{news.look}" id="live-note" role="status" lang="en"{hidden}>'
        f'<a href="{HERE}/mistakes">{escape(news.banner)}</a></div>'
    )
    before, rest = content[: body.start()], content[body.end() :]
    return before.replace(b"</head>", head + b"</head>", 1) + body[0] + (b"" if on_its_own else note.encode()) + rest


def _answer(content: bytes, kind: str) -> Response:
    response = Response(content, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
