"""The whole application on SQLite with the example site, and a client's phone that walks its pages as a browser does."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from PIL import Image
from quart import Quart
from quart.testing.utils import make_test_body_with_headers
from werkzeug.datastructures import FileStorage

from banli.app import create_app
from banli.engine import commands
from banli.hooks import Plugin
from banli.parts import Parts
from banli.sites import Site, bundled
from lean_kit import lean
from store_fixtures import MovableClock
from warm_kit import kept, warm

JIA, BING = "410105199508130039", "500112198505050018"
"""样本甲 and 样本丙 of company 8001; the ID card of 样本丙 has expired."""
BUSINESS = "/8001/business/basic_info_change"


@pytest.fixture(scope="session")
def app_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an application remembers after its first start. Tests copy it: drawing the sample photos takes seconds."""
    var = tmp_path_factory.mktemp("app") / "var"

    async def first_start() -> None:
        async with open_app(var, MovableClock()):
            pass

    asyncio.run(first_start())
    return var


@pytest.fixture
async def town(app_template: Path, tmp_path: Path, clock: Any) -> AsyncIterator[Town]:
    shutil.copytree(app_template, tmp_path / "var")
    async with open_app(tmp_path / "var", clock) as opened:
        yield opened


@asynccontextmanager
async def open_app(
    var: Path, clock: Any, root: Path | None = None, environment: str = "test", plugins: Mapping[str, type[Plugin]] | None = None
) -> AsyncIterator[Town]:
    """The application, living. `root` is a site's folder; without it the example site. `plugins` are there besides ours."""
    site = Site(
        root=root or bundled(), var=var, database=f"sqlite:///{var / 'banli.db'}", blobs=f"file://{var / 'blobs'}",
        environment=environment, demo=True, secure_cookies=False,
    )  # fmt: skip
    warm(var)
    app = create_app(site, clock=clock, with_worker=False, available={**lean(site), **(plugins or {})})
    async with app.test_app():
        kept(var)
        yield Town(app, app.parts, clock)  # type: ignore[attr-defined]


@dataclass
class Town:
    app: Quart
    parts: Parts
    clock: Any

    def phone(self, language: str = "zh-CN") -> Phone:
        return Phone(self, self.app.test_client(), language)

    async def code(self) -> str:
        """The code of the newest message."""
        return str((await self.parts.plugins.sms.messages())[0].code)  # type: ignore[attr-defined]

    async def decide(self, number: str, make: Callable[[int], commands.Command]) -> None:
        """A reviewer takes the case and decides."""
        for command in (commands.Claim(actor="staff:r1", lease_until=self.clock() + timedelta(minutes=30)), make):
            held = await self.parts.caseload.find(number=number)
            assert held is not None
            decision = self.parts.caseload.decide(held, command(held.case.revision) if callable(command) else command)
            assert not decision.problems, decision.problems
            await self.parts.caseload.keep(held, decision)


class Reader(HTMLParser):
    """Reads a page's form as a browser would post it."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.select, self.text, self.inside = "", "", ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        at = dict(attributes)
        name = at.get("name") or ""
        if tag == "input" and name:
            kind = at.get("type", "text")
            if (kind in ("checkbox", "radio") and "checked" not in at) or kind == "file":
                return
            self.fields.setdefault(name, []).append(at.get("value") or "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in at:
            self.fields.setdefault(self.select, []).append(at.get("value") or "")
        elif tag == "textarea":
            self.inside = name
            self.fields[name] = [""]

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.fields[self.inside][0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.inside = ""


@dataclass
class Phone:
    """A client's browser without scripts: follows redirects, posts what stands in the page's form."""

    town: Town
    client: Any
    language: str = "zh-CN"
    page: str = ""
    at: str = ""
    status: int = 0
    headers: Any = None
    fields: dict[str, list[str]] = field(default_factory=dict)

    async def get(self, path: str) -> Phone:
        return await self._show(path, await self.client.get(path, headers=self._about()))

    async def post(self, path: str = "", /, files: dict[str, bytes] | None = None, **changes: Any) -> Phone:
        """Posts the page's form with these fields changed (None: left out). `a__b` is the field `a.b`."""
        given = {k.replace("__", "."): v for k, v in changes.items()}
        form = {**self.fields, **{k: v if isinstance(v, list) else [v] for k, v in given.items() if v is not None}}
        form = {k: v for k, v in form.items() if k not in given or given[k] is not None}
        path = path or self.at
        if files:
            sent = {k: FileStorage(io.BytesIO(content), filename="photo.jpg") for k, content in files.items()}
            flat = {k: v[-1] for k, v in form.items() if v}
            body, headers = make_test_body_with_headers(form=flat, files=sent)
        else:
            body, headers = urlencode(form, doseq=True).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        about = {**self._about(), "Content-Type": headers["Content-Type"], "Content-Length": str(len(body))}
        return await self._show(path, await self.client.post(path, data=body, headers=about))

    def _about(self) -> dict[str, str]:
        return {"Accept-Language": self.language}

    async def _show(self, path: str, answer: Any) -> Phone:
        if answer.status_code in (302, 303):
            return await self.get(answer.headers["Location"].partition("#")[0])
        self.status, self.headers, self.at = answer.status_code, answer.headers, path.partition("?")[0]
        self.page = await answer.get_data(as_text=True)
        reader = Reader()
        main = re.search(r'<form id="f".*?</form>|<form .*?</form>', self.page, re.S)
        reader.feed(main[0] if main else "")
        self.fields = reader.fields
        return self

    @property
    def text(self) -> str:
        """What a reader reads, in one line."""
        body = re.sub(r"<(script|style|template)\b.*?</\1>", " ", self.page, flags=re.S)
        body = re.sub(r'<(?:span class="whole"|a href="tel:\d+")>(.*?)</(?:span|a)>', r"\1", body)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def number(self) -> str:
        return self.at.split("/cases/")[1].split("/")[0]

    @property
    def step(self) -> str:
        parts = self.at.split("/cases/")[1].split("/")
        return parts[1] if len(parts) > 1 else ""

    async def captcha(self, company: str = "8001") -> str:
        """Looks at the picture and reads it."""
        answer = await self.client.get(f"/{company}/captcha.png")
        assert answer.status_code == 200
        visit = await self.town.parts.clients.visit(next(c.value for c in self.client.cookie_jar if c.name == "banli"))
        assert visit is not None
        return str(visit.session.data["captcha"]["answer"])

    async def log_in(self, id_number: str = JIA, company: str = "8001") -> Phone:
        """From the login page to the first page of the business."""
        await self.get(f"/{company}/business/basic_info_change")
        read = await self.captcha(company)
        typed = {"id_number": id_number, "account_type": "futures", "captcha": read}
        await self.post(**typed, _code="sms_code")
        assert self.status == 200, self.text
        return await self.post(**typed, sms_code=await self.town.code(), privacy="true", _code=None)

    async def read_all(self) -> Phone:
        """Opens and reads every paper of the agreements page."""
        back = self.at
        for href in re.findall(r'href="([^"]+/read/[^"]+)"', self.page):
            await self.get(href)
            if waits := re.search(r'data-waits="([1-9][0-9.]*)"', self.page):
                self.town.clock.forward(seconds=float(waits[1]))
            await self.post()
        return await self.get(back)


def photo(width: int = 640, height: int = 400) -> bytes:
    made = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(made, "JPEG")
    return made.getvalue()
