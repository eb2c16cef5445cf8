"""The door of a company, as somebody at its login page meets it: for tests on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from banli.clients import Sent, Visit
from town import JIA, Town, open_town

HERE = "192.0.2.1"
BUSINESS = "basic_info_change"
YI, WU, JI = "410105199508130020", "330113199001010011", "440103198803150022"
"""Of company 8001: 样本乙; 样本戊, who has only an asset-management account; 样本己, who has none."""
YOUNG = "440103201206010018"
STRANGER = "110101199003070011"
MOBILE = "13900010001"
MASKED = "139****0001"


@pytest.fixture
async def town(store: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Town]:
    made = open_town(store, clock, tmp_path)
    await made.plugins.start()
    yield made
    await made.plugins.stop()


def filled(visit: Visit, **other: str) -> dict[str, list[str]]:
    """The login page as 样本甲 fills it in; the captcha read rightly."""
    read = str((visit.session.data.get("captcha") or {}).get("answer", ""))
    given = {"id_number": JIA, "account_type": "futures", "captcha": read, "sms_code": "", "privacy": "true", **other}
    return {name: [text] for name, text in given.items()}


class Browser:
    """Somebody at the login page of a company."""

    def __init__(self, town: Town, visit: Visit, address: str = HERE) -> None:
        self.town, self.token, self.address = town, visit.session.token, address

    @property
    async def visit(self) -> Visit:
        found = await self.town.clients.visit(self.token)
        assert found is not None
        return found

    async def draw(self) -> None:
        assert await self.town.clients.draw(await self.visit)

    async def send(self, **typed: str) -> Any:
        visit = await self.visit
        return await self.town.clients.send_code(visit, BUSINESS, filled(visit, **typed), self.address)

    async def log_in(self, **typed: str) -> Any:
        visit = await self.visit
        return await self.town.clients.log_in(visit, BUSINESS, filled(visit, **typed), self.address)


async def at_door(town: Town, company: str = "8001", address: str = HERE) -> Browser:
    browser = Browser(town, await town.clients.arrive(company), address)
    await browser.draw()
    return browser


async def code(town: Town, phone: str = MOBILE) -> str:
    """What the last message to this number says."""
    messages = await town.plugins.sms.messages(phone)
    return str(messages[0].code) if messages else ""


async def inside(town: Town, company: str = "8001", phone: str = MOBILE, **typed: str) -> Visit:
    browser = await at_door(town, company)
    assert isinstance(await browser.send(**typed), Sent)
    visit = await browser.log_in(sms_code=await code(town, phone), **typed)
    assert isinstance(visit, Visit), visit
    return visit


def said(answer: Any) -> Any:
    """Where and what, of problems; else what it is."""
    return [(p.at, p.code) for p in answer] if isinstance(answer, tuple) else type(answer).__name__
