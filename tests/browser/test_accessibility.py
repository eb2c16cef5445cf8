"""Every kind of page as people meet it who listen, enlarge, or read at night.

axe finds nothing, every question has a label, nothing scrolls sideways at 360 pixels.
Each page is looked at in both companies' colours, by day and by night, and with the console open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from at_desk import Desk
from house import Served
from on_phone import PHONE, Client, Phone
from people import BING, CHEN, CHOU, JIA, QING_JIA, YI
from playwright.sync_api import expect

Flaws = dict[str, dict[str, Any]]
NARROW = {"viewport": {"width": 360, "height": 740}, "screen": {"width": 360, "height": 740}}
COMPANIES = pytest.mark.parametrize("people", [(JIA, BING), (QING_JIA, CHEN)], ids=["8001", "8002"])


@pytest.fixture
def narrow(phones: Callable[..., Phone]) -> Phone:
    return phones(**NARROW)


class Found:
    """What is not in order, by page."""

    def __init__(self, who: Phone | Desk) -> None:
        self.who, self.flaws = who, dict[str, Any]()

    def look(self, page: str) -> None:
        self.who.shot(page)
        if flaws := self.who.flaws():
            self.flaws[page] = flaws


@COMPANIES
def test_the_pages_before_the_login(narrow: Phone, people: tuple[Client, Client]) -> None:
    """Entrance, with and without a mistake, menu, login, login with mistakes, privacy policy, a page that is not there."""
    client, found = people[0], Found(narrow)
    narrow.console.expected = ["status 404"]
    narrow.open("/")
    found.look("entrance")
    narrow.type("请输入期货公司编号", "9999")
    narrow.tap("业务办理")
    narrow.sees("没有找到该编号的期货公司，请核对后重新输入")
    found.look("entrance-wrong")
    narrow.open(f"/{client.company}")
    found.look("menu")
    narrow.main.locator("a.tile").first.click()
    found.look("login")
    narrow.tap("登录办理" if client.company == "8002" else "马上登录")
    expect(narrow.errors()).to_have_text([
        "请输入身份证号", "请选择账户类型", "请输入图形验证码", "请输入验证码", "请阅读并同意《隐私政策》"
    ])  # fmt: skip
    found.look("login-wrong")
    narrow.open(f"/{client.company}/agreements/privacy_policy?business=basic_info_change")
    found.look("privacy")
    narrow.open(f"/{client.company}/business/none")
    found.look("not-there")
    assert found.flaws == {}


@COMPANIES
def test_the_pages_of_a_case(narrow: Phone, people: tuple[Client, Client]) -> None:
    """Begin, overview, photos with their rules, the three forms, mistakes, a warning, agreements and one of them."""
    client, other = people
    found = Found(narrow)
    narrow.house.ask("fresh", company=client.company, id_number=client.id_number)
    narrow.remembered(client)
    narrow.open(f"/{client.company}/business/basic_info_change")
    found.look("begin")
    narrow.at(client, "phone", "overview")
    found.look("overview")
    narrow.tap("编辑：联系电话")
    narrow.goes_to("photos")
    found.look("photos")
    narrow.at(client, "phone", "contact_phone")
    found.look("phone")
    narrow.at(client, "other", "other_info")
    found.look("other")
    narrow.type("邮政编码", "12")
    narrow.choose("学历", narrow.field("学历").locator("option").first.inner_text())
    narrow.next()
    expect(narrow.errors()).not_to_have_count(0)
    found.look("other-wrong")
    narrow.at(client, "phone", "agreements")
    found.look("agreements")
    narrow.tap("签署协议")
    found.look("agreements-wrong")
    narrow.main.locator(".papers a").first.click()
    found.look("agreement")
    narrow.at(other, "identity", "photos")
    expect(narrow.page.locator("dialog[open]")).to_be_visible()
    found.look("photo-rules")
    narrow.tap("我知道了")
    narrow.next()
    found.look("photos-wrong")
    narrow.at(other, "identity", "id_validity")
    found.look("validity")
    narrow.validity("2024-08-08", "2034-08-09")
    narrow.next()
    narrow.sees("身份证有效期通常为")
    found.look("warning")
    assert found.flaws == {}


@COMPANIES
def test_the_pages_after_submitting(narrow: Phone, people: tuple[Client, Client]) -> None:
    """Submitted, my business with its two lists, the question before giving up, what came of it, a returned page."""
    client, other = people
    found, house = Found(narrow), narrow.house
    number = narrow.at(client, "phone", "submitted")
    narrow.sees("业务已成功提交")
    found.look("submitted")
    narrow.open(f"/{client.company}/my")
    found.look("pending")
    narrow.tap("放弃")
    found.look("give-up")
    narrow.open(f"/{client.company}/cases/{number}/abandon")
    found.look("give-up-page")
    house.ask("fresh", company=client.company, id_number=client.id_number)
    narrow.open(f"/{client.company}/my?tab=completed")
    found.look("completed")
    narrow.open(f"/{client.company}/cases/{number}")
    found.look("outcome")
    number = narrow.at(other, "identity", "submitted")
    house.ask("send_back", number=number, reasons=["id_front_unclear"], remark="请重新拍摄")
    narrow.open(f"/{other.company}/my")
    found.look("returned")
    narrow.tap("操作")
    narrow.goes_to("photos")
    narrow.tap_if_there("我知道了")
    found.look("returned-photos")
    assert found.flaws == {}


def test_the_pages_of_the_desk(desk: Desk, phone: Phone, house: Served) -> None:
    """Sign-in with and without a mistake, queue, a case before and after it is taken, its decisions, deliveries, filters."""
    found = Found(desk)
    desk.open("/desk")
    found.look("door")
    desk.give("8001", "reviewer1", "wrong-password", "000000")
    found.look("door-wrong")
    number = phone.at(BING, "identity", "submitted")
    stuck = phone.at(YI, "phone", "submitted")
    house.ask("switch", outage=True)
    house.ask("approve", number=stuck)
    desk.remembered("8001", "reviewer1")
    desk.open("/desk/queue")
    found.look("queue")
    desk.open("/desk/queue?number=nothing-like-this")
    found.look("queue-empty")
    desk.open(f"/desk/cases/{number}")
    found.look("case-masked")
    desk.take(number)
    found.look("case")
    desk.open_decision("return")
    found.look("case-return")
    desk.open_decision("reject")
    desk.main.locator("form[action$='/reject'] button.main").click()
    found.look("case-reject-wrong")
    desk.main.locator("a[data-zoom]").first.click()
    expect(desk.page.locator("dialog[open]")).to_be_visible()
    found.look("photo")
    desk.open("/desk/deliveries")
    desk.sees_soon(stuck)
    found.look("deliveries")
    house.ask("switch", outage=False)
    assert found.flaws == {}


def test_the_pages_on_which_staff_are_managed(desk: Desk) -> None:
    """Who works here, an account before and after it was refused, the link for its owner, one's own account."""
    found = Found(desk)
    desk.remembered("8001", "admin")
    desk.open("/desk/staff")
    found.look("staff")
    desk.page.get_by_role("button", name="新增员工").click()
    for name, text in (("login", "sample.li"), ("name", "样本李")):
        desk.page.locator(f"#{name}").fill(text)
    desk.page.get_by_role("button", name="新增并生成链接").click()
    found.look("staff-new-wrong")
    desk.page.get_by_label("复核员").check()
    desk.page.get_by_role("button", name="新增并生成链接").click()
    link = desk.page.locator("#link").input_value()
    found.look("staff-link")
    desk.open("/desk/own")
    found.look("own")
    desk.open(link[link.index("/desk/") :])
    found.look("welcome")
    assert found.flaws == {}


def test_the_desk_of_the_other_company_on_a_small_screen(desks: Callable[..., Desk], phone: Phone) -> None:
    """A reviewer looks at a case on a phone."""
    number = phone.at(CHOU, "phone", "submitted")
    desk = desks(**PHONE)
    found = Found(desk)
    desk.remembered("8002", "reviewer1")
    desk.open("/desk/queue")
    found.look("queue")
    desk.take(number)
    found.look("case")
    assert found.flaws == {}


def test_a_form_is_filled_with_the_keyboard_alone(phone: Phone) -> None:
    """Tab reaches every question in the order of the page and never gets caught; Enter goes on."""
    phone.at(JIA, "phone", "contact_phone")
    reached = []
    for _ in range(30):
        phone.page.keyboard.press("Tab")
        reached.append(phone.page.evaluate("() => document.activeElement.name || document.activeElement.textContent.trim()"))
    asked = [name for name in reached if name in ("contact_phone", "sms_code")]
    assert asked[:2] == ["contact_phone", "sms_code"]
    phone.field("联系电话").fill("0371-65951234")
    phone.field("联系电话").press("Enter")
    phone.goes_to("agreements")


def test_the_demo_pages_of_the_plugins(desk: Desk) -> None:
    """The outbox of messages and the simulated core system."""
    found = Found(desk)
    for page in ("banli_otp/", "banli_email/", "banli_directory/", "banli_directory/client?company=8001&ref=800100001"):
        desk.open(f"/plugins/{page}")
        found.look(page.strip("/").partition("?")[0].replace("/", "-"))
    assert found.flaws == {}
