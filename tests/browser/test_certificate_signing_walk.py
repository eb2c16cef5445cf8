"""Agreements signed with a certificate in a real browser: with one, without, a wrong password, a forgotten one, a second phone,
one that staff have revoked, one that has ended; each way ends with 等待复核 (R-100 to R-113, R-146, R-147)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import Served
from on_phone import Client, Phone
from people import BING, DING, JIA, QING_JIA, YI
from playwright.sync_api import expect

from evidence_kit import Elsewhere
from signing_kit import SITE, files
from site_kit import changed

PASSWORD = "246810"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example site with certificates, and its agreements signed with them."""
    folder = tmp_path_factory.mktemp("signed")
    made = Served(folder, site=changed(folder / "site", **files(SITE.replace("样本}", "样本, days: 9, warn_days: 0}"))))
    yield made
    made.close()


def install(phone: Phone, password: str = PASSWORD) -> None:
    phone.goes_to("certificate")
    phone.type("证书密码", password)
    phone.type("再次输入证书密码", password)
    phone.tap("申请并安装")
    phone.sees("数字证书已经安装成功！")
    phone.next()


def at_list(phone: Phone, client: Client) -> str:
    """On the list of agreements, all read and ticked, with a certificate on this phone. One of another test has ended."""
    phone.house.ask("revoke", company=client.company, id_number=client.id_number)
    number = phone.at(client, "phone", "contact_phone")
    phone.type("联系电话", "0371-65951299")
    phone.next()
    install(phone)
    phone.goes_to("agreements")
    phone.misses("该页面现在不能操作")
    phone.house.ask("read", number=number)
    phone.page.reload()
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    return number


def enter(phone: Phone, password: str = PASSWORD) -> None:
    phone.tap("签署协议")
    dialog(phone, "使用数字证书签署")
    phone.page.locator("#f-certificate").fill(password)
    phone.tap("确定")


def dialog(phone: Phone, title: str) -> None:
    expect(phone.page.locator("dialog[open] h2")).to_have_text(title)


def ticked(phone: Phone) -> None:
    expect(phone.page.locator("#f-agree")).to_be_checked()


def submitted(phone: Phone, number: str) -> None:
    phone.sees("正在等待复核")
    assert phone.house.ask("state", number=number) == "submitted"
    signed = phone.house.ask("signatures", number=number)
    assert len(signed) > 2 and all(one["statement"] and one["signature"] and one["serial"] for one in signed)


def proven(phone: Phone, number: str, folder: Path) -> None:
    """The evidence of this case holds on a machine that has no Banli."""
    file = folder / "case.zip"
    assert phone.house.ask("evidence", number=number, out=str(file)) == len(phone.house.ask("signatures", number=number))
    code, told = Elsewhere(folder / "elsewhere").verify(file.read_bytes())
    assert code == 0, told


def test_one_password_signs_everything(phones: Callable[..., Phone]) -> None:
    """R-100 to R-112, first with a wrong password; on a narrow phone."""
    phone = phones(viewport={"width": 360, "height": 740})
    number = at_list(phone, JIA)
    phone.shot("list")
    phone.tap("签署协议")
    dialog(phone, "使用数字证书签署")
    phone.shot("password")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.tap("确定")
    expect(phone.errors().filter(has_text="密码为6至8位数字")).not_to_have_count(0)
    phone.page.locator("#f-certificate").fill("246811")
    phone.page.keyboard.press("Enter")
    expect(phone.page.locator("#f-certificate-e")).to_have_text("密码错误，还可以尝试 4 次")
    phone.shot("wrong")
    assert phone.flaws() == {}
    phone.page.locator("#f-certificate").fill(PASSWORD)
    phone.page.keyboard.press("Enter")
    submitted(phone, number)
    phone.shot("submitted")


def test_what_is_not_ticked_is_told_before_a_password_is_asked(phone: Phone) -> None:
    at_list(phone, JIA)
    phone.page.locator("#f-agree").uncheck()
    phone.tap("签署协议")
    phone.sees("请勾选")
    assert phone.page.locator("dialog[open]").count() == 0


def test_an_answer_that_was_lost_is_no_second_signature(phone: Phone) -> None:
    number = at_list(phone, YI)
    phone.console.expected = ["ERR_FAILED"]
    times, held = {"signed": 0}, []

    def cut(route) -> None:  # type: ignore[no-untyped-def]
        times["signed"] += 1
        if times["signed"] == 2:
            held.append(route)  # a slow network, before it is none
        else:
            route.abort() if times["signed"] in (3, 4) else route.continue_()

    phone.page.route("**/call/signed", cut)
    enter(phone)
    expect(phone.page.locator("dialog[open]")).to_contain_text("正在签署：第 8 份，共 12 份")
    phone.shot("signing")
    held[0].abort()
    expect(phone.page.locator("#f-certificate-e")).not_to_be_empty(timeout=30000)
    phone.shot("silent")
    phone.page.reload()
    phone.sees("已签署 4 份，还需签署")
    phone.shot("resumed")
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    enter(phone)
    submitted(phone, number)


def test_a_forgotten_password_leads_to_a_new_certificate_and_back(phone: Phone, tmp_path: Path) -> None:
    """R-146"""
    number = at_list(phone, BING)
    phone.tap("签署协议")
    dialog(phone, "使用数字证书签署")
    phone.tap("忘记密码")
    dialog(phone, "重新安装数字证书？")
    phone.shot("forgotten")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.tap("确定")
    phone.goes_to("certificate")
    phone.sees("您原来的数字证书已失效")
    install(phone, "975310")
    phone.goes_to("agreements")
    ticked(phone)
    enter(phone, "975310")
    submitted(phone, number)
    proven(phone, number, tmp_path)


def test_five_wrong_passwords_lock_the_key(phone: Phone) -> None:
    number = at_list(phone, DING)
    phone.tap("签署协议")
    for left in (4, 3, 2, 1):
        phone.page.locator("#f-certificate").fill("111222")
        phone.tap("确定")
        expect(phone.page.locator("#f-certificate-e")).to_have_text(f"密码错误，还可以尝试 {left} 次")
    phone.page.locator("#f-certificate").fill("111222")
    phone.tap("确定")
    dialog(phone, "数字证书已锁定")
    phone.shot("locked")
    phone.tap("确定")
    install(phone)
    phone.goes_to("agreements")
    ticked(phone)
    enter(phone)
    submitted(phone, number)


def test_a_second_phone_has_no_key(phones: Callable[..., Phone]) -> None:
    """R-109, R-147: 「未检查到数字证书」; what was read is kept."""
    first, second = phones(), phones(viewport={"width": 360, "height": 740})
    number = at_list(first, JIA)
    second.remembered(JIA)
    second.open(f"/8001/cases/{number}")
    second.goes_to("agreements")
    second.agree("我已阅读并同意以上所有协议和业务规则内容")
    second.tap("签署协议")
    dialog(second, "未检查到数字证书")
    second.shot("missing")
    assert second.too_wide() == [] and second.flaws() == {}
    second.tap("确定")
    install(second)
    second.goes_to("agreements")
    ticked(second)
    second.misses("未读")
    enter(second)
    submitted(second, number)


def test_a_certificate_that_staff_have_revoked_leads_to_a_new_one(phone: Phone) -> None:
    number = at_list(phone, YI)
    phone.house.ask("revoke", company=YI.company, id_number=YI.id_number)
    phone.tap("签署协议")
    phone.goes_to("certificate")
    phone.shot("revoked")
    install(phone)
    phone.goes_to("agreements")
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    enter(phone)
    submitted(phone, number)


def test_who_has_none_is_told_and_signs_a_pdf_too(phone: Phone) -> None:
    """R-109, at the company with a PDF among its agreements"""
    number = phone.at(QING_JIA, "phone", "contact_phone")
    phone.type("联系电话", "0371-65951299")
    phone.next()
    phone.goes_to("certificate")
    phone.sees("未检查到数字证书")
    phone.shot("none")
    assert phone.flaws() == {}
    install(phone)
    phone.goes_to("agreements")
    phone.house.ask("read", number=number)
    phone.page.reload()
    phone.page.locator("#f-agree").check()
    enter(phone)
    submitted(phone, number)
    rows = {one["row"] for one in phone.house.ask("signatures", number=number)}
    assert {"fee_schedule", "@data"} <= rows


def test_a_certificate_that_has_ended_is_like_none(phone: Phone, tmp_path: Path) -> None:
    number = at_list(phone, DING)
    phone.house.forward(days=9, minutes=5)
    phone.house.open_hours()
    phone.remembered(DING)
    phone.open(f"/8001/cases/{number}")
    phone.goes_to("certificate")
    phone.sees("您的数字证书已到期")
    phone.shot("ended")
    install(phone)
    phone.goes_to("agreements")
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    enter(phone)
    submitted(phone, number)
    proven(phone, number, tmp_path)
