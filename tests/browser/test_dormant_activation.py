"""A dormant account on a phone: who need not be woken is told so; who is, checks the data, signs, and trades again."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from on_phone import Client, Phone
from people import JIA
from playwright.sync_api import expect
from test_suitability_assessment import begin

CHUN = Client("8001", "800100041", "410102198704110031", "13900010041")
QIU = Client("8002", "QH-0041", "330105198602280055", "13900020041")
"""Their accounts have slept for years."""
TITLE = "休眠账户激活"


def test_a_sleeping_account_is_woken(phone: Phone, desk: Desk, house: Served) -> None:
    """Checked, photos kept, data brought up to date, signed, reviewed, reported; the core system has it awake."""
    begin(phone, CHUN, TITLE)
    phone.goes_to("account")
    phone.sees("客户权益不超过1000元的期货账户，按规定转为休眠账户")
    phone.shot("what dormant means")
    phone.tap("检查账户状态")
    phone.goes_to("photos")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.goes_to("details")
    assert phone.too_wide() == []
    phone.shot("details")
    phone.next()
    expect(phone.errors()).to_have_text(["请选择激活原因"])
    phone.type("联系电话", "0371-65951299")
    phone.tick("激活原因", "其他")
    phone.type("请说明激活原因", "恢复套期保值交易")
    phone.shot("reason")
    phone.next()
    phone.goes_to("assess_again")
    phone.sees("您的适当性评估需要更新")
    phone.shot("assessment is old")
    phone.tap("我知道了")
    phone.shot("agreements")
    phone.sign()
    phone.sees("业务已成功提交，正在等待复核")
    number = phone.number()

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.sees("恢复套期保值交易")
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    phone.again()
    phone.sees("已办结")
    phone.sees("激活账户")
    phone.shot("done")
    assert house.ask("record", company="8001", id_number=CHUN.id_number)["contact_phone"] == "0371-65951299"
    assert any(
        effect["changes"].get("account.status") == "active" for effect in house.ask("effects", company="8001", ref=CHUN.ref)
    )
    assert house.ask("broken", number=number) == []


def test_an_account_that_is_awake_is_told_so_and_goes_no_further(phone: Phone) -> None:
    begin(phone, JIA, TITLE)
    phone.tap("检查账户状态")
    phone.sees("您的账户状态正常，可以直接交易，无需办理激活。")
    phone.shot("not dormant")
    assert phone.flaws() == {}


def test_the_other_company_asks_for_a_portrait_and_returns_it(phone: Phone, desks: Callable[..., Desk], house: Served) -> None:
    begin(phone, QIU, "休眠账户重新启用")
    phone.tap("检查账户状态")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.tick("激活原因", "恢复期货交易")
    phone.next()
    phone.sees("您没有修改联系电话和联系地址，请确认它们仍然有效")
    phone.shot("nothing changed")
    phone.agree("您没有修改联系电话和联系地址")
    phone.next()
    phone.tap("我知道了")
    phone.sign(read=True)
    number = phone.number()
    desk = desks()
    desk.remembered("8002", "reviewer1")
    desk.take(number)
    desk.send_back(["大头照不清晰，或与身份证照片不一致"], "请正面免冠重新拍摄")
    phone.tap("我的业务")
    phone.sees("请正面免冠重新拍摄")
    phone.tap("操作")
    phone.goes_to("photos")
    phone.photograph("大头照")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.sign(read=True)
    desk.take(number)
    desk.approve()
    desk.delivered(number)
    phone.again()
    phone.sees("已办结")
