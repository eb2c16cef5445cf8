"""An account is closed on a phone: checked, warned, asked why, signed, reviewed; and what happens when it is not empty."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from on_phone import Client, Phone
from playwright.sync_api import expect
from test_suitability_assessment import begin

LI = Client("8001", "800100031", "41010519680920005X", "13900010031")
"""Can close."""
CANG = Client("8001", "800100032", "410102199001170040", "13900010032")
"""Holds positions and funds, owes fees."""
LIAN = Client("8001", "800100033", "410103198206060031", "13900010033")
"""A bank is linked still, something is in process."""
YOU = Client("8002", "QH-0031", "330106197708110064", "13900020031")
"""Can close, at the other company."""
TITLE = "销户"


def checked(phone: Phone) -> None:
    """Through the check and past the warning."""
    phone.goes_to("account")
    phone.tap("开始检查")
    phone.goes_to("warning")
    phone.agree("我已知悉销户的后果")
    phone.tap("继续销户")
    phone.goes_to("reason")


def signed(phone: Phone) -> str:
    phone.goes_to("agreements")
    phone.house.ask("read", number=phone.number())
    phone.page.reload()
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    phone.tap("签署销户申请表")
    phone.sees("业务已成功提交，正在等待复核")
    return phone.number()


def test_an_empty_account_is_closed(phone: Phone, desk: Desk, house: Served) -> None:
    begin(phone, LI, TITLE)
    phone.goes_to("account")
    phone.shot("check")
    phone.tap("开始检查")
    phone.goes_to("warning")
    phone.sees("不能恢复")
    phone.shot("warning")
    phone.agree("我已知悉销户的后果")
    phone.tap("继续销户")
    phone.goes_to("reason")
    phone.next()
    expect(phone.errors()).to_have_text(["请选择销户原因", "请阅读并同意《销户须知》"])
    phone.tick("您销户的主要原因为：", "其他原因")
    phone.type("请说明具体原因", "家里需要用钱，近几年不再参与")
    phone.agree("我已阅读并同意《销户须知》")
    assert phone.too_wide() == []
    phone.shot("reason")
    phone.next()
    phone.goes_to("agreements")
    phone.shot("agreements")
    phone.main.locator(".papers a").first.click()
    phone.shot("application form")
    phone.page.go_back()
    number = signed(phone)
    phone.shot("submitted")

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.sees("家里需要用钱，近几年不再参与")
    desk.sees("银期关联已全部解除")
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    phone.again()
    phone.sees("已办结")
    phone.sees("注销期货账户和交易编码")
    phone.shot("done")
    closed = house.ask("effects", company="8001", ref=LI.ref)[-1]["changes"]
    assert closed == {"request": "close", "account.status": "closed", "account.codes": []}
    assert house.ask("broken", number=number) == []


def test_what_is_not_settled_is_told_one_by_one(phone: Phone) -> None:
    begin(phone, CANG, TITLE)
    phone.tap("开始检查")
    for words in ("您的账户还有持仓", "您的账户还有资金", "您的账户还有未结清的费用"):
        phone.sees(words)
    phone.misses("您还有银行卡与期货账户关联")
    phone.shot("positions and funds")
    assert {name: what for name, what in phone.flaws().items() if what} == {}
    begin(phone, LIAN, TITLE)
    phone.tap("开始检查")
    phone.sees("您还有银行卡与期货账户关联")
    phone.sees("您还有正在办理的出入金")
    phone.misses("您的账户还有持仓")
    phone.shot("still linked")


def test_an_account_that_changed_meanwhile_is_refused_and_staff_mend_it(phone: Phone, desk: Desk, house: Served) -> None:
    """The last word is the core system's; the case waits at the desk and is sent again once the account is empty."""
    begin(phone, LI, TITLE)
    checked(phone)
    phone.tick("您销户的主要原因为：", "不再从事期货交易")
    phone.agree("我已阅读并同意《销户须知》")
    phone.next()
    number = signed(phone)
    house.ask("hold", company="8001", ref=LI.ref, funds=100.0)
    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.approve()
    desk.open("/desk/deliveries")
    desk.sees_soon(number)
    desk.shot("refused")
    phone.page.reload()
    phone.sees("报送中")
    phone.shot("waiting")
    house.ask("hold", company="8001", ref=LI.ref, funds=0.0)
    desk.retry(number)
    desk.delivered(number)
    phone.again()
    phone.sees("已办结")


def test_the_other_company_asks_when_to_call(phone: Phone, desks: Callable[..., Desk], house: Served) -> None:
    begin(phone, YOU, "账户注销")
    checked(phone)
    phone.tick("您销户的主要原因为：", "对软件或服务不满意")
    phone.type("请说明具体原因", "行情软件经常断线")
    phone.agree("我已阅读并同意《销户须知》")
    phone.next()
    expect(phone.errors()).to_have_text(["请选择接听电话的时间"])
    phone.shot("when to call")
    phone.tick("您方便接听核实电话的时间为：", "交易日09:00-11:30")
    phone.next()
    number = signed(phone)
    for login in ("reviewer1", "reviewer2"):
        desk = desks()
        desk.remembered("8002", login)
        desk.take(number)
        desk.sees("交易日09:00-11:30")
        desk.approve()
    desk.delivered(number)
