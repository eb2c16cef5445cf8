"""Further trading codes on a phone: exchanges that are open already, a test that is taken twice, one exchange that says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from at_desk import Desk
from house import Served
from on_phone import Client, Phone, jpeg
from people import JIA, YI
from playwright.sync_api import expect
from test_suitability_assessment import begin

XIA = Client("8001", "800100042", "410105199109230040", "13900010042")
"""Codes at two exchanges, class C4; one exchange will refuse."""
DONG = Client("8002", "QH-0042", "330102199207170062", "13900020042")
TITLE = "增开交易编码"
RIGHT = {
    "1、": "强行平仓", "2、": "50%", "3、": "当日结算价", "4、": "可能无法按希望的价格平仓", "5、": "现金交割",
    "6、": "可能超过存入的资金", "7、": "持仓限额", "8、": "由本人使用，一户一码", "9、": "可能远远大于收取的权利金",
    "10、": "在合同约定的时间内提出",
}  # fmt: skip


def answer(phone: Phone, answers: Mapping[str, str]) -> None:
    for number, option in answers.items():
        legend = phone.page.locator("legend", has_text=re.compile(rf"^\s*\*?\s*{number}"))
        phone.main.locator("fieldset").filter(has=legend).last.get_by_label(option, exact=True).check()


def pledge(phone: Phone) -> None:
    phone.goes_to("integrity")
    phone.tick("是否存在被监管机构", "不存在")
    phone.agree("我已阅读并同意《诚信承诺书》")


def test_three_exchanges_are_applied_for_and_one_refuses(phone: Phone, desk: Desk, house: Served) -> None:
    """Options held are shown and closed, funds and experience are asked, the test is passed at the second try; the desk
    agrees, and what each exchange says stands on the client's page."""
    begin(phone, XIA, TITLE)
    phone.tap("检查账户")
    phone.goes_to("exchanges")
    exchanges = phone.group("申请交易编码的交易所")
    expect(exchanges.get_by_label("上海期货交易所", exact=True)).to_be_hidden()
    expect(exchanges.get_by_text("上海期货交易所 已开通")).to_be_visible()
    phone.tick("申请交易编码的交易所", "郑州商品交易所")
    phone.sees("是否同时申请特定品种的交易权限")
    phone.tick("申请交易编码的交易所", "中国金融期货交易所")
    phone.misses("是否同时申请特定品种的交易权限")
    phone.sees("风险承受能力等级须为C4或以上")
    phone.tick("申请交易编码的交易所", "广州期货交易所")
    phone.tick("交易编码类型", "投机")
    assert phone.too_wide() == []
    assert phone.flaws() == {}
    phone.shot("exchanges")
    phone.next()
    phone.goes_to("conditions")
    phone.sees("人民币50万元")
    phone.shot("conditions")
    phone.tap("我已了解，开始核对")
    phone.goes_to("eligibility")
    phone.tick("您的交易经历为", "以上都没有")
    phone.next()
    phone.goes_to("no_experience")
    phone.shot("no experience")
    phone.tap("修改交易经历")
    phone.tick("您的交易经历为", "最近三年内10笔以上的境内期货或期权成交记录")
    phone.type("最近三年的成交笔数", "36")
    phone.photograph("交易经历证明", jpeg("lightgrey"))
    phone.tick("资金所在账户", "本公司期货账户")
    phone.type("前5个交易日可用资金的最低余额", "520000")
    assert phone.too_wide() == []
    phone.shot("funds and experience")
    phone.next()
    phone.goes_to("test")
    answer(phone, {**RIGHT, "2、": "5%", "5、": "实物交割", "9、": "总是为零"})
    phone.shot("test")
    phone.next()
    phone.goes_to("failed")
    phone.sees("您本次测试的得分为 70 分，未达到80分")
    phone.shot("not passed")
    phone.tap("重新测试")
    phone.goes_to("test")
    answer(phone, RIGHT)
    phone.next()
    phone.goes_to("passed")
    phone.sees("您本次测试的得分为 100 分")
    phone.next()
    pledge(phone)
    phone.shot("integrity")
    phone.next()
    phone.sees("金融期货交易特别风险揭示书")
    phone.sees("广州期货交易所交易须知")
    phone.shot("agreements")
    phone.sign(read=True)
    phone.sees("业务已成功提交，正在等待复核")
    number = phone.number()

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.sees("中国金融期货交易所")
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    phone.again()
    expect(phone.main.locator(".checks li.yes")).to_have_count(2)
    expect(phone.main.locator(".checks li.no")).to_have_count(1)
    phone.sees("交易编码 广州期货交易所")
    phone.sees("交易所未予开通，原因请咨询期货公司。")
    phone.sees("已办结")
    phone.shot("one said no")
    opened = [e["changes"]["item"] for e in house.ask("effects", company="8001", ref=XIA.ref) if "account.codes" in e["changes"]]
    assert sorted(opened) == ["cffex", "czce"]
    assert house.ask("broken", number=number) == []


def test_a_class_below_c4_cannot_apply_for_financial_futures(phone: Phone) -> None:
    begin(phone, YI, TITLE)
    phone.tap("检查账户")
    phone.tick("申请交易编码的交易所", "中国金融期货交易所")
    phone.tick("交易编码类型", "套期保值")
    phone.next()
    expect(phone.errors()).to_have_text([
        "您的风险承受能力等级低于C4，不能申请金融期货和原油期货的交易编码。请取消选择，或者先办理适当性评估",
        "套期保值和套利交易编码需要向交易所提交证明材料，请到营业部柜台办理",
    ])  # fmt: skip
    phone.shot("class too low")


def test_commodity_exchanges_need_no_test_and_two_reviewers_at_the_other_company(
    phone: Phone, desks: Callable[..., Desk], house: Served
) -> None:
    begin(phone, DONG, "申请交易编码")
    phone.tap("检查账户")
    phone.tick("申请交易编码的交易所", "上海期货交易所")
    phone.tick("申请交易编码的交易所", "大连商品交易所")
    phone.tick("是否同时申请特定品种的交易权限", "暂不申请")
    phone.tick("交易编码类型", "投机")
    phone.next()
    pledge(phone)
    phone.next()
    phone.sign(read=True)
    number = phone.number()
    for login in ("reviewer1", "reviewer2"):
        desk = desks()
        desk.remembered("8002", login)
        desk.take(number)
        desk.approve()
    desk.delivered(number)
    phone.again()
    expect(phone.main.locator(".checks li.yes")).to_have_count(2)


def test_it_stands_in_the_way_of_nothing_when_it_is_given_up(phone: Phone) -> None:
    begin(phone, JIA, TITLE)
    phone.tap("检查账户")
    phone.goes_to("exchanges")
    phone.open("/8001")
    phone.sees("您有待完成业务")
