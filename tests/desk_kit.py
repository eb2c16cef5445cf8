"""The whole application with a town of clients beside it, and browsers for the people at its desk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from quart import Quart

from banli.app import create_app
from banli.parts import Parts
from banli.sites import Site, bundled
from banli.staff import DEMO_PASSWORD, make_demo_staff, totp_now
from lean_kit import lean
from town import Town
from warm_kit import kept, warm


@dataclass
class Desk:
    """An application and the people who use it."""

    app: Quart
    parts: Parts
    town: Town

    def browser(self, language: str = "zh-CN") -> Browser:
        return Browser(self, self.app.test_client(), language)

    async def signed_in(self, login: str = "reviewer1", company: str = "8001", language: str = "zh-CN") -> Browser:
        browser = self.browser(language)
        answer = await browser.sign_in(login, company)
        assert answer.status_code == 303, await answer.get_data(as_text=True)
        return browser


@dataclass
class Browser:
    """Somebody's browser: gets pages, posts forms with the forgery token of the page before."""

    desk: Desk
    client: Any
    language: str
    page: str = ""
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> Any:
        answer = await self.client.get(path, headers={"Accept-Language": self.language, **headers})
        return await self._show(answer)

    async def post(self, path: str, **form: Any) -> Any:
        form = {"_csrf": self.csrf, **form}
        body = urlencode(form, doseq=True)
        headers = {
            "Accept-Language": self.language,
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        return await self._show(await self.client.post(path, data=body, headers=headers))

    async def _show(self, answer: Any) -> Any:
        if answer.mimetype == "text/html":
            self.page = await answer.get_data(as_text=True)
            found = re.search(r'name="_csrf" value="([^"]+)"', self.page)
            self.csrf = found[1] if found else self.csrf
        return answer

    async def sign_in(self, login: str = "reviewer1", company: str = "8001", **other: str) -> Any:
        await self.get("/desk")
        row = await self.desk.parts.store.staff_by_login(company, login)
        code = totp_now(row.totp_secret, self.desk.parts.clock()) if row is not None else "123456"
        given = {"company": company, "login": login, "password": DEMO_PASSWORD, "code": code, **other}
        return await self.post("/desk", **given)

    @property
    def text(self) -> str:
        """What a reader reads, in one line."""
        body = re.sub(r"<(script|style)\b.*?</\1>|<span class=\"mark\".*?</span></span>", " ", self.page, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def seen(self) -> str:
        """The revision that the page was made from."""
        found = re.search(r'name="seen" value="(\d+)"', self.page)
        return found[1] if found else ""


@asynccontextmanager
async def open_desk(var: Path, clock: Any, root: Path | None = None) -> AsyncIterator[Desk]:
    """An application on SQLite below `var`, with the demo's desk accounts. `root`: a site's folder, else the example."""
    root = root or bundled()
    warm(var)
    database, blobs = f"sqlite:///{var / 'banli.db'}", f"file://{var / 'blobs'}"
    site = Site(root, var, database, blobs, environment="demo", demo=True, secure_cookies=False)
    app = create_app(site, clock=clock, with_worker=False, available=lean(site))
    async with app.test_app():
        kept(var)
        parts: Parts = app.parts  # type: ignore[attr-defined]
        await make_demo_staff(parts.staff, parts.library.company_ids, parts.catalogues.translator("zh_CN").gettext)
        town = Town(
            parts.store, clock, parts.plugins, parts.editions, parts.caseload, parts.clients, parts.cases, parts.deliveries
        )  # fmt: skip
        yield Desk(app, parts, town)
