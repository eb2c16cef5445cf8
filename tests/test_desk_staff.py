"""The desk's pages for managing staff, as a browser gets them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from banli.staff import totp_now
from desk_kit import Browser, Desk, open_desk

PASSWORD = "four words make it easy"


@pytest.fixture
async def desk(tmp_path: Path, clock: Any) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, clock) as opened:
        yield opened


async def person(desk: Desk, login: str) -> Any:
    row = await desk.parts.store.staff_by_login("8001", login)
    assert row is not None
    return row


async def used(desk: Desk, browser: Browser, path: str, **more: str) -> Any:
    """Opens the link and answers it; `more` over what is right."""
    assert (await browser.get(path)).status_code == 200
    spelled = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.page)
    desk.town.clock.forward(seconds=30)
    code = totp_now(spelled[1].replace(" ", ""), desk.parts.clock()) if spelled else ""
    return await browser.post(path, **{"password": PASSWORD, "again": PASSWORD, "code": code, **more})


def link(browser: Browser) -> str:
    found = re.search(r'value="http://[^/"]+(/desk/welcome/[^"]+)"', browser.page)
    assert found, browser.text
    return found[1]


async def test_an_administrator_adds_a_colleague_who_begins_by_a_link(desk: Desk) -> None:
    admin, newcomer = await desk.signed_in("admin"), desk.browser()
    await admin.get("/desk/staff")
    assert "员工" in admin.text and "reviewer1" in admin.text and "本人" in admin.text
    await admin.get("/desk/staff/new")
    given = {"company": "8001", "login": "sample.li", "name": "样本李", "roles": ["reviewer"], "branches": ["b01"]}
    refused = await admin.post("/desk/staff/new", **{**given, "roles": []}, email="li@example.com")
    assert refused.status_code == 422 and 'value="li@example.com"' in admin.page and 'value="sample.li"' in admin.page
    assert (await admin.post("/desk/staff/new", **given)).status_code == 200
    assert "仅显示这一次" in admin.text
    path = link(admin)
    assert (await used(desk, newcomer, path, again="x")).status_code == 422 and "两次输入的新密码不一致" in newcomer.text
    assert 'src="data:image/svg+xml' in newcomer.page and PASSWORD not in newcomer.page
    answer = await used(desk, newcomer, path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk?said=welcome")
    await newcomer.get("/desk?said=welcome")
    assert "现在可以登录" in newcomer.text
    assert (await newcomer.get(path)).status_code == 404 and "链接已失效" in newcomer.text
    desk.town.clock.forward(seconds=30)
    assert (await newcomer.sign_in("sample.li", password=PASSWORD)).headers["Location"] == "/desk/queue"
    for there in ("/desk/staff", "/desk/staff/log", "/desk/staff/new", f"/desk/staff/{(await person(desk, 'admin')).id}"):
        assert (await newcomer.get(there)).status_code == 404
    assert "员工" not in newcomer.text
    await admin.get("/desk/staff/log")
    assert "新建账号" in admin.text and "使用链接" in admin.text


async def test_roles_locks_resets_and_sessions_are_managed_on_one_page(desk: Desk) -> None:
    admin, reviewer = await desk.signed_in("admin"), await desk.signed_in("reviewer2")
    home = f"/desk/staff/{(await person(desk, 'reviewer2')).id}"
    await admin.get(home)
    changed = await admin.post(f"{home}/save", name="样本钱", roles=["reviewer", "auditor"], branches=[], email="", phone="")
    assert (changed.status_code, changed.headers["Location"]) == (303, f"{home}?said=staff_changed&case=reviewer2")
    await admin.get(changed.headers["Location"])
    assert "reviewer2 的账号已修改" in admin.text and "样本钱" in admin.text
    assert (await reviewer.get("/desk/queue")).status_code == 200 and "审计" in reviewer.text
    await admin.post(f"{home}/leave")
    assert (await reviewer.get("/desk/queue")).status_code == 303
    await admin.post(f"{home}/shut")
    desk.town.clock.forward(seconds=30)
    assert (await reviewer.sign_in("reviewer2")).status_code == 422
    await admin.get(home)
    assert "已停用" in admin.text
    await admin.post(f"{home}/open")
    desk.town.clock.forward(seconds=30)
    assert (await reviewer.sign_in("reviewer2")).status_code == 303
    await admin.get(home)
    assert (await admin.post(f"{home}/reset", what="everything")).status_code == 404
    await admin.post(f"{home}/reset", what="password")
    assert (await reviewer.get("/desk/queue")).status_code == 303
    assert (await person(desk, "reviewer2")).password_hash == ""
    assert (await reviewer.get(link(admin))).status_code == 200 and "扫描" not in reviewer.text


async def test_an_administrator_cannot_raise_or_shut_out_themselves(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    home = f"/desk/staff/{(await person(desk, 'admin')).id}"
    await admin.get(home)
    assert "恢复账号" not in admin.text and "重置登录方式" not in admin.text
    answer = await admin.post(f"{home}/save", name="样本王", roles=["admin", "reviewer"])
    assert answer.status_code == 422 and "不能修改自己的角色" in admin.text
    assert (await admin.post(f"{home}/shut")).status_code == 422 and "不能对自己的账号" in admin.text
    assert (await person(desk, "admin")).roles == ("admin",)
    far = f"/desk/staff/{(await desk.parts.store.staff_by_login('8002', 'admin')).id}"
    assert (await admin.get(far)).status_code == 404 and (await admin.post(f"{far}/shut")).status_code == 404
    assert (await admin.post(f"{home}/shut", _csrf="x")).status_code == 400


async def test_everybody_changes_their_own_password_and_authenticator(desk: Desk) -> None:
    reviewer = await desk.signed_in("reviewer1")
    secret = (await person(desk, "reviewer1")).totp_secret
    await reviewer.get("/desk/own")

    def proof() -> dict[str, str]:
        desk.town.clock.forward(seconds=30)
        return {"present": "banli-demo-only", "code": totp_now(secret, desk.parts.clock())}

    wrong = await reviewer.post("/desk/own/password", **{**proof(), "present": "x"}, password=PASSWORD, again=PASSWORD)
    assert wrong.status_code == 422 and "当前密码不正确" in reviewer.text
    moved = await reviewer.post("/desk/own/authenticator", **proof())
    assert moved.status_code == 303
    assert (await used(desk, reviewer, moved.headers["Location"], password="banli-demo-only")).status_code == 303
    secret = (await person(desk, "reviewer1")).totp_secret
    desk.town.clock.forward(seconds=30)
    await reviewer.sign_in("reviewer1")
    await reviewer.get("/desk/own")
    done = await reviewer.post("/desk/own/password", **proof(), password=PASSWORD, again=PASSWORD)
    assert (done.status_code, done.headers["Location"]) == (303, "/desk/own?said=own_password&case=reviewer1")
    assert (await reviewer.get(done.headers["Location"])).status_code == 200 and "新密码已生效" in reviewer.text
