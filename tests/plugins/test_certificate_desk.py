"""At the desk a certificate is found by the number of a case and revoked for a reason; the client is told and gets a new one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app_fixtures import JIA, app_template
from banli.staff import make_demo_staff
from desk_kit import Browser, Desk
from signing_kit import SITE, at_list, files
from site_kit import Open, opened

__all__ = ["app_template", "opened"]


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **files(SITE)) as town:
        parts = town.parts
        await make_demo_staff(parts.staff, parts.library.company_ids, parts.catalogues.translator("zh_CN").gettext)
        yield town


async def signed_in(town: Any, login: str, company: str = "8001") -> Browser:
    browser = Browser(Desk(town.app, town.parts, town), town.app.test_client(), "zh-CN")
    answer = await browser.sign_in(login, company)
    assert answer.status_code == 303
    return browser


async def revoke(browser: Browser, **said: Any) -> tuple[int, Any]:
    body = json.dumps(said).encode()
    about = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json", "Content-Length": str(len(body))}
    answer = await browser.client.post("/desk/certificates/revoke", data=body, headers={**about, "Accept-Language": "zh-CN"})
    text = await answer.get_data(as_text=True)
    return answer.status_code, json.loads(text) if answer.mimetype == "application/json" else text


def plugin_of(town: Any) -> Any:
    return next(one for one in town.parts.plugins.active if one.name == "banli_certificate")


async def test_an_administrator_revokes_for_a_reason_that_is_recorded(town: Any) -> None:
    pen = await at_list(town, JIA)
    held = await town.parts.caseload.find(number=pen.phone.number)
    client = held.case.client
    serial = (await plugin_of(town).keys.held(client)).serial
    desk = await signed_in(town, "admin")
    await desk.get("/desk/certificates")
    assert "证书" in desk.text and 'href="/desk/certificates"' in desk.page
    await desk.get(f"/desk/certificates?case={pen.phone.number}")
    assert serial in desk.text and "有效" in desk.text and JIA not in desk.page
    case = pen.phone.number
    status, told = await revoke(desk, case=case, serial=serial, why=" x ")
    assert (status, told["problem"]["code"]) == (422, "certificate_why_missing")
    assert (await plugin_of(town).keys.held(client)).state == "valid"
    assert (await revoke(desk, case=case, serial=serial, why="手机遗失，客户来电"))[0] == 200
    assert (await plugin_of(town).keys.held(client)).state == "revoked"
    status, told = await revoke(desk, case=case, serial=serial, why="再来一次")
    assert (status, told["problem"]["code"]) == (422, "certificate_gone"), "a second press changes nothing"
    await desk.get(f"/desk/certificates?case={case}")
    assert "已吊销" in desk.text and "手机遗失，客户来电" in desk.text and "管理员" in desk.text
    events = [one for one in await town.parts.store.events(held.case.id) if one.kind == "certificate.revoked"]
    assert [(one.data["serial"], one.data["why"]) for one in events] == [(serial, "手机遗失，客户来电")]
    assert events[0].actor.startswith("staff:")
    await pen.phone.get(pen.phone.at)
    assert pen.phone.step == "certificate", "the client is led to a new one"


async def test_only_who_may_finds_anything_and_only_of_their_company(town: Any) -> None:
    pen = await at_list(town, JIA)
    serial = (await plugin_of(town).keys.held((await town.parts.caseload.find(number=pen.phone.number)).case.client)).serial
    for login in ("reviewer1", "auditor", "agent1", "configurer"):
        browser = await signed_in(town, login)
        answer = await browser.get(f"/desk/certificates?case={pen.phone.number}")
        assert answer.status_code == 404 and (await revoke(browser, case=pen.phone.number, serial=serial, why="因为"))[0] == 404
    other = await signed_in(town, "admin", "8002")
    await other.get(f"/desk/certificates?case={pen.phone.number}")
    assert serial not in other.page and "没有" in other.text
    assert (await revoke(other, case=pen.phone.number, serial=serial, why="来自另一家公司"))[0] == 404
    nobody = Browser(Desk(town.app, town.parts, town), town.app.test_client(), "zh-CN")
    assert (await nobody.get("/desk/certificates")).status_code in (303, 401)
    mine = await signed_in(town, "admin")
    mine.csrf = "forged"
    assert (await revoke(mine, case=pen.phone.number, serial=serial, why="伪造的请求"))[0] == 400
    assert (await plugin_of(town).keys.held((await town.parts.caseload.find(number=pen.phone.number)).case.client)).state == "valid"


async def test_a_serial_of_somebody_else_is_not_revoked_by_way_of_a_case(town: Any) -> None:
    pen = await at_list(town, JIA)
    desk = await signed_in(town, "admin")
    await desk.get("/desk/certificates")
    for serial in ("", "0" * 32, "../x"):
        status, told = await revoke(desk, case=pen.phone.number, serial=serial, why="看看会怎样")
        assert (status, told["problem"]["code"]) == (422, "certificate_gone")
    assert (await revoke(desk, case="8001-20260101-000001", serial="0" * 32, why="没有此单"))[0] == 404
