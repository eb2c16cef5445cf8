"""A forgotten password on a phone: an identity that is checked a few times a day, and no secret on any page."""

from __future__ import annotations

from house import Served
from on_phone import Client, Phone
from people import DING
from playwright.sync_api import expect
from test_suitability_assessment import begin

XIA = Client("8001", "800100042", "410105199109230040", "13900010042")
DONG = Client("8002", "QH-0042", "330102199207170062", "13900020042")
TITLE = "密码重置"


def to_passwords(phone: Phone, first: str, last: str, bank: str) -> None:
    phone.goes_to("account")
    phone.tap("开始办理")
    phone.goes_to("identity")
    phone.validity(first, last)
    phone.choose("结算银行", bank)
    phone.next()


def test_two_passwords_are_reset_without_review(phone: Phone, house: Served) -> None:
    """The core system makes and sends the new ones; what comes of each stands on the page."""
    begin(phone, XIA, TITLE)
    phone.sees("公司不会以任何方式询问您的密码。")
    phone.shot("what is asked and what never")
    to_passwords(phone, "2017-09-30", "2037-09-30", "中国银行")
    phone.sees("您填写的信息与公司登记的不一致")
    phone.shot("does not match")
    phone.choose("结算银行", "工商银行")
    phone.next()
    phone.goes_to("passwords")
    assert phone.page.locator("input[type=password]").count() == 0
    phone.tick("需要重置的密码", "交易密码")
    phone.tick("需要重置的密码", "资金密码")
    phone.tap("获取验证码")
    phone.sees("139****0042")
    phone.type("短信验证码", house.ask("sms", phone=XIA.mobile))
    phone.agree("我已阅读并同意《密码重置须知》")
    assert phone.too_wide() == []
    phone.shot("passwords")
    phone.next()
    phone.shot("on its way")
    # The page looks by itself now and then.
    expect(phone.main.locator(".checks li.yes")).to_have_count(2, timeout=30_000)
    phone.sees("重置 交易密码")
    phone.sees("新密码已由交易系统以短信发送到您登记的手机")
    phone.sees("已办结")
    phone.shot("done")
    number = phone.number()
    items = {effect["changes"].get("item") for effect in house.ask("effects", company="8001", ref=XIA.ref)}
    assert items >= {"trading", "funds"}
    assert house.ask("broken", number=number) == []


def test_whoever_guesses_is_stopped_for_the_day_and_giving_up_does_not_help(phone: Phone) -> None:
    begin(phone, DONG, TITLE)
    to_passwords(phone, "2018-08-01", "2038-08-01", "中国银行")
    for bank in ("农业银行", "工商银行"):
        phone.sees("您填写的信息与公司登记的不一致")
        phone.choose("结算银行", bank)
        phone.next()
    phone.choose("结算银行", "建设银行")
    phone.next()
    phone.sees("今天尝试的次数过多，请明天再试，或联系期货公司。")
    phone.shot("stopped")
    begin(phone, DONG, TITLE)
    to_passwords(phone, "2018-08-01", "2038-08-01", "建设银行")
    phone.sees("今天尝试的次数过多，请明天再试，或联系期货公司。")


def test_a_card_without_an_end_is_told_so(phone: Phone) -> None:
    begin(phone, DING, TITLE)
    phone.tap("开始办理")
    phone.group("身份证有效期").locator("input:not([type=checkbox])").nth(0).fill("2006-02-10")
    phone.agree("长期")
    phone.choose("结算银行", "工商银行")
    phone.next()
    phone.goes_to("passwords")
