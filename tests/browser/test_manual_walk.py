"""The manual from its first page to its last: overview, change, video, certificate, signing, review, done; and then the proof."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_desk import Desk
from calling import CHUAN, begin_work, complete, pictured, queue, site_with, take_next
from house import Served
from on_phone import Phone
from playwright.sync_api import expect
from test_certificate_signing_walk import PASSWORD, enter, install, submitted

from conftest import Open
from evidence_kit import Elsewhere

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("manual")
    made = Served(folder, site=site_with(folder / "site", {}))
    yield made
    made.close()


def answered_by_an_agent(phone: Phone, desk: Desk, house: Served) -> None:
    """The client waits in the queue (their devices are tried once); the agent takes the next, and they see each other."""
    check, start = (phone.main.get_by_role("button", name=name).filter(visible=True) for name in ("开始检测", "开始视频通话"))
    expect(check.or_(start).first).to_be_visible()
    if check.count():
        queue(phone)
    else:
        phone.tap("开始视频通话")
        phone.sees("当前排队人数")
    begin_work(desk, house)
    take_next(desk)
    pictured(desk.page.locator("video[data-theirs]"))
    pictured(phone.main.locator("[data-theirs]"))


def test_the_manual_is_walked_whole(phone: Phone, desk: Desk, house: Served, opened: Open, tmp_path: Path) -> None:
    """R-001 to R-150 in one go, at company 8003: sent back from the first video, passed at the second."""
    phone.open("/")
    phone.type("请输入期货公司编号", "8003")
    phone.tap("业务办理")
    phone.sees("望川期货")
    phone.shot("menu")
    phone.tap_tile("我的基本资料")
    phone.log_in(CHUAN)
    phone.goes_to("overview")
    phone.shot("overview")
    phone.tap("编辑：联系电话")
    phone.goes_to("photos")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.goes_to("contact_phone")
    phone.type("联系电话", "0371-65951298")
    phone.next()
    phone.sees("未检查到数字证书")
    phone.tap("确定")
    phone.goes_to("video")
    number = phone.number()
    phone.shot("video")
    answered_by_an_agent(phone, desk, house)
    phone.shot("call")
    desk.page.locator("details[data-back] summary").click()
    desk.page.locator("[data-reasons] input[value=phone_differs]").check()
    desk.page.locator("[data-send]").click()
    desk.page.wait_for_url("**/desk/video?said=*", timeout=60000)
    phone.goes_to("contact_phone")
    phone.sees("视频见证未通过")
    phone.sees("联系电话核对不一致")
    phone.shot("sent-back")
    phone.type("联系电话", "0371-65951299")
    phone.next()
    phone.goes_to("video")
    answered_by_an_agent(phone, desk, house)
    complete(desk)
    desk.page.wait_for_timeout(3000)  # something of it has to be recorded
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    desk.page.wait_for_url("**/desk/video?said=passed", timeout=60000)

    phone.goes_to("certificate")
    phone.shot("certificate")
    phone.sees("第6步，共8步")
    install(phone)
    phone.goes_to("agreements")
    phone.sees("第7步，共8步")
    house.ask("read", number=number)
    phone.page.reload()
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    phone.shot("agreements")
    enter(phone, "112233")
    expect(phone.page.locator("#f-certificate-e")).to_have_text("密码错误，还可以尝试 4 次")
    phone.page.locator("#f-certificate").fill(PASSWORD)
    phone.tap("确定")
    submitted(phone, number)
    phone.shot("submitted")

    reviewer = Desk(opened(viewport={"width": 1280, "height": 900}, locale="zh-CN"), house, "manual-review")
    reviewer.remembered("8003", "reviewer1")
    reviewer.take(number)
    reviewer.sees("随案件留存")
    reviewer.shot("case")
    reviewer.approve()
    reviewer.delivered(number)
    phone.mine("已完成业务")
    phone.sees("已办结")
    phone.shot("done")
    assert house.ask("record", company="8003", id_number=CHUAN.id_number)["contact_phone"] == "0371-65951299"
    assert house.ask("broken", number=number) == []

    file = tmp_path / "case.zip"
    assert house.ask("evidence", number=number, out=str(file)) == len(house.ask("signatures", number=number)) > 2
    code, told = Elsewhere(tmp_path / "elsewhere").verify(file.read_bytes())
    assert code == 0, told
