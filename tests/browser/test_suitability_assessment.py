"""The suitability assessment on a phone: a score with its class, another try, what matches and what does not, to 已办结."""

from __future__ import annotations

import re
from collections.abc import Mapping

from at_desk import Desk
from house import Served
from on_phone import Client, Phone
from people import JIA
from playwright.sync_api import expect

LAN = Client("8001", "800100022", "440305198209180011", "13900010022")
"""Class C2 on file, assessed two years ago."""
MEI = Client("8001", "800100021", "310104197806110029", "13900010021")
"""A professional investor."""
JU = Client("8002", "QH-0021", "330108199302260021", "13900020021")
"""Of the lowest class."""

CAREFUL = {
    "1、": "无固定收入", "2、": "没有收入", "3、": "不超过10%", "4、": "不超过5万元", "5、": "没有", "6、": "以上都不符合",
    "7、": "几乎不了解", "8、": "没有投资经历", "9、": "没有经验", "10、": "没有交易", "11、": "0年-1年",
    "12、": "尽可能保证本金安全，不在乎收益率较低", "13、": "债券、货币市场基金等固定收益类", "14、": "不能承受任何本金损失",
    "15、": "收益一般在3%左右，几乎不会损失本金",
}  # fmt: skip
STEADY = {
    "1、": "工资、劳务报酬", "2、": "超过10万元，不超过30万元", "3、": "超过10%，不超过30%", "4、": "超过20万元，不超过50万元",
    "5、": "有，住房抵押贷款等长期定额债务", "7、": "了解保证金、每日无负债结算等基本概念", "9、": "超过2年，不超过5年",
    "10、": "不超过10次", "11、": "1年-5年", "12、": "获得较稳健的收益，可以承受较小的波动", "14、": "不超过本金的10%",
    "15、": "收益可能达到8%，也可能损失5%",
}  # fmt: skip


def begin(phone: Phone, client: Client, title: str) -> None:
    phone.house.ask("fresh", company=client.company, id_number=client.id_number)
    phone.remembered(client)
    phone.open(f"/{client.company}")
    phone.tap_tile(title)
    phone.tap("业务办理")


def answer(phone: Phone, answers: Mapping[str, str]) -> None:
    for number, option in answers.items():
        legend = phone.page.locator("legend", has_text=re.compile(rf"^\s*\*?\s*{number}"))
        group = phone.main.locator("fieldset").filter(has=legend).last
        group.get_by_label(option, exact=True).check()


def start_answering(phone: Phone) -> None:
    phone.goes_to("instructions")
    phone.agree("我已知悉以上内容，并将如实回答")
    phone.tap("开始评估")
    phone.goes_to("questionnaire")


def test_a_class_goes_up_after_another_try_and_a_product_above_it_is_warned_of(phone: Phone, desk: Desk, house: Served) -> None:
    """The whole way: lowest class, another try, C3, a product of R4 in spite of the warning, review, the record."""
    begin(phone, LAN, "适当性评估")
    phone.sees("最低类别的投资者不得购买或者接受风险等级高于其承受能力的产品或服务")
    phone.shot("instructions")
    start_answering(phone)
    assert phone.too_wide() == []
    phone.shot("questionnaire")
    phone.next()
    expect(phone.errors()).to_have_count(15)
    phone.shot("unanswered")
    answer(phone, CAREFUL)
    phone.next()
    phone.goes_to("result")
    phone.sees("您本次评估的得分为 11 分，风险承受能力等级为 C1（最低类别）。")
    phone.shot("lowest")
    phone.tap("重新评估")
    phone.goes_to("questionnaire")
    answer(phone, {**STEADY, "8、": "银行存款、国债、货币市场基金"})
    phone.tick("8、", "没有投资经历", on=False)
    phone.tick("8、", "债券、银行理财、债券型基金")
    phone.next()
    phone.goes_to("result")
    phone.sees("您本次评估的得分为 42 分，风险承受能力等级为 C3。")
    phone.shot("result")
    phone.tap("确认评估结果")
    phone.goes_to("raised")
    phone.sees("您在公司登记的风险承受能力等级为 C2，本次评估提高为 C3。")
    phone.shot("raised")
    phone.agree("我确认本次回答真实")
    phone.next()
    phone.goes_to("products")
    phone.tick("您希望参与的产品或服务", "R3 商品期货")
    phone.misses("有的风险等级高于您的风险承受能力等级")
    phone.tick("您希望参与的产品或服务", "R4 商品期权")
    phone.sees("有的风险等级高于您的风险承受能力等级")
    phone.shot("products")
    phone.next()
    phone.goes_to("mismatch")
    phone.sees("最高风险等级为 R4")
    phone.shot("mismatch")
    phone.agree("仍坚持参与")
    phone.tap("仍然坚持")
    phone.goes_to("agreements")
    phone.sees("《普通投资者购买高风险等级产品或服务风险警示书》")
    phone.shot("agreements")
    phone.tap("《普通投资者适当性匹配意见告知书》")
    phone.sees("风险承受能力等级：C3")
    phone.sees("R3 商品期货、R4 商品期权")
    phone.shot("matching opinion")
    phone.back()
    phone.sign()
    phone.sees("复核通过后，您的风险承受能力等级才会更新")
    phone.shot("submitted")
    number = phone.number()

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.sees("C3")
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    phone.again()
    phone.sees("更新风险承受能力等级")
    phone.shot("done")
    phone.mine("已完成业务")
    phone.sees("已办结")
    record = house.ask("record", company="8001", id_number=LAN.id_number)
    assert (record["risk_class"], record["risk_score"]) == ("c3", 42)
    assert record["risk_assessed_on"] == house.ask("now")[:10]

    phone.open("/8001")
    phone.tap_tile("适当性评估")
    phone.tap("业务办理")
    phone.goes_to("assessed_today")
    phone.sees("您今天已经完成一次适当性评估")
    phone.shot("once a day")


def test_a_professional_investor_reads_that_nothing_needs_to_be_done(phone: Phone) -> None:
    begin(phone, MEI, "适当性评估")
    phone.goes_to("professional")
    phone.sees("您无需进行适当性评估")
    expect(phone.main.get_by_role("button", name="下一步")).to_have_count(0)
    phone.shot("professional")
    phone.tap("放弃")
    phone.tap("放弃")
    phone.mine("已完成业务")
    phone.sees("已放弃")


def test_contradictions_are_asked_about_once(phone: Phone, house: Served) -> None:
    begin(phone, JIA, "适当性评估")
    start_answering(phone)
    answer(phone, {**CAREFUL, "2、": "不超过10万元", "4、": "超过500万元", "15、": "收益可能达到100%，也可能损失全部本金"})
    phone.next()
    phone.sees("您的年均收入与可用于投资的金融资产相差较大")
    phone.sees("您不能承受任何本金损失，但投资目标或投资选择的风险很高，请核对。")
    phone.shot("contradictions")
    phone.agree("您的年均收入与可用于投资的金融资产相差较大")
    phone.agree("您不能承受任何本金损失")
    phone.next()
    phone.goes_to("result")
    phone.tap("确认评估结果")
    phone.goes_to("lowered")
    phone.shot("lowered")


def test_the_lowest_class_takes_no_more_than_its_level_at_the_other_company(phone: Phone) -> None:
    """Another title, another table of classes, one more try only."""
    begin(phone, JU, "风险承受能力评估")
    start_answering(phone)
    answer(phone, CAREFUL)
    phone.next()
    phone.goes_to("result")
    phone.tap("重新评估（仅限一次）")
    phone.next()
    phone.goes_to("result")
    expect(phone.main.get_by_role("button", name="重新评估（仅限一次）")).to_have_count(0)
    phone.tap("确认评估结果")
    phone.goes_to("products")
    phone.sees("您被评为风险承受能力最低类别，只能参与R1级的产品或服务。")
    assert phone.flaws() == {}
    phone.tick("您希望参与的产品或服务", "R3 商品期货")
    phone.next()
    expect(phone.errors().filter(has_text="您被评为风险承受能力最低类别。")).not_to_have_count(0)
    phone.shot("lowest class")
    phone.tick("您希望参与的产品或服务", "R3 商品期货", on=False)
    phone.tick("您希望参与的产品或服务", "R1 现金管理类资产管理计划")
    phone.next()
    phone.goes_to("agreements")
    phone.shot("one agreement")
