"""Somebody opens an account on a phone: from the number of their own telephone to a client who can log in."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from on_phone import Client, Phone, jpeg
from playwright.sync_api import expect
from test_suitability_assessment import STEADY, answer

XIN = Client("8001", "", "110101199003070038", "13912340001")
"""Nobody has heard of them. The core system gives the `ref`."""
WEN = Client("8002", "", "110101199003070054", "13912340002")
NAME = "样本新"
TITLE = "开立期货账户"


def captcha_is_drawn(phone: Phone) -> None:
    """On a busy machine the picture comes after the page, and what stands in it is known only then."""
    phone.page.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth)")


def comes_in(phone: Phone, who: Client, title: str = TITLE) -> None:
    """From the company's menu through the login page of newcomers; the code goes to the number that is typed."""
    phone.open(f"/{who.company}")
    phone.tap_tile(title)
    phone.type("姓名", NAME)
    phone.type("身份证号", who.id_number)
    phone.type("手机号", who.mobile)
    captcha_is_drawn(phone)
    phone.type("图形验证码", phone.house.ask("captcha"))
    phone.tap("短信验证码")
    phone.sees("****")
    phone.type("短信验证码", phone.house.ask("sms", phone=who.mobile))
    phone.agree("我已阅读并同意《开户隐私政策》")


def meets_conditions(phone: Phone) -> None:
    phone.goes_to("conditions")
    phone.tick("您是否属于法律法规规定不得从事期货交易的人员", "不属于")
    phone.tick("您申请的账户是否由您本人使用", "由本人使用")
    phone.agree("我已阅读并同意《人脸信息处理授权书》")


def shows_card(phone: Phone) -> None:
    phone.goes_to("photos")
    phone.tap("我知道了")
    for slot in ("身份证正面", "身份证反面", "签名照"):
        phone.photograph(slot)


def tells_of_themselves(phone: Phone) -> None:
    """The page of basic data, as in the business that changes it."""
    phone.goes_to("other_info")
    phone.choose("联系地址省", "河南省")
    phone.choose("联系地址市", "郑州市")
    phone.type("联系地址", "金水区样本路9号")
    phone.type("邮政编码", "450000")
    phone.choose("学历", "本科")
    phone.main.get_by_role("button", name="职业").click()
    dialog = phone.page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("经济、金融")
    dialog.locator("li button").first.click()
    phone.type("工作单位", "样本贸易有限公司")
    phone.tick("您的政要人物关系为", "无关系")
    phone.tick("您的投资期限为", "1年-5年")
    phone.tick("您的期望收益为", "成长")
    phone.tick("您的账户是否存在实际控制关系", "不存在")
    phone.tick("您的账户交易实际受益人为", "本人")
    phone.tick("您想投资的品种为", "期货、期权")
    phone.tick("您是否有来源以下机构不良诚信记录", "无")


def gives_card(phone: Phone) -> None:
    phone.goes_to("settlement")
    card = phone.main.locator("[data-row]").first
    card.locator("select[name$='.bank']").select_option(label="工商银行")
    card.locator("input[name$='.number']").fill("6222 0217 0000 0000 012")
    card.locator("input[name$='.branch']").fill("郑州花园路支行")


def answers_the_questions(phone: Phone) -> None:
    phone.goes_to("questionnaire")
    answer(phone, STEADY)
    phone.tick("6、", "以上都不符合")
    phone.tick("8、", "债券、银行理财、债券型基金")
    phone.tick("13、", "债券、货币市场基金等固定收益类")


def called_back(phone: Phone, **wrong: str) -> None:
    phone.goes_to("callback")
    for number, right in enumerate("是是是否是是否", 1):
        phone.tick(f"{number}、", wrong.get(f"q{number}", right))


def looks_right(phone: Phone) -> None:
    assert phone.too_wide() == []
    assert phone.flaws() == {}


def signs(phone: Phone) -> None:
    """Opens every agreement and reads it to its end; some must lie open for a while."""
    phone.goes_to("agreements")
    papers = phone.main.locator(".papers a")
    count = papers.count()
    papers.first.click()
    for place in range(1, count + 1):
        phone.sees(f"第 {place} 份，共 {count} 份")
        phone.read_to_end()
        phone.tap("我已阅读，下一份" if place < count else "我已阅读")
    phone.goes_to("agreements")
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")


def test_a_newcomer_opens_an_account_and_is_a_client_from_then_on(phone: Phone, desk: Desk, house: Served) -> None:
    comes_in(phone, XIN)
    looks_right(phone)
    phone.shot("login")
    phone.tap("马上登录")
    meets_conditions(phone)
    looks_right(phone)
    phone.shot("conditions")
    phone.next()
    shows_card(phone)
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.shot("photos")
    phone.next()
    phone.goes_to("id_validity")
    phone.sees(NAME)
    phone.validity("2018-05-07", "2038-05-07")
    phone.shot("validity")
    phone.next()
    phone.goes_to("details")
    phone.type("身份证地址", "北京市东城区样本路9号")
    phone.tick("营业部", "郑州营业部")
    looks_right(phone)
    phone.shot("details")
    phone.next()
    tells_of_themselves(phone)
    phone.misses("您的适当性评估结果可能不再适用")
    phone.shot("basic data")
    phone.next()
    gives_card(phone)
    phone.shot("card")
    phone.next()
    phone.goes_to("card_photos")
    phone.photograph("新增银行卡照片")
    phone.next()
    phone.goes_to("linking")
    phone.next()
    phone.goes_to("investor")
    phone.tick("投资者类型", "普通投资者")
    looks_right(phone)
    phone.shot("investor")
    phone.next()
    answers_the_questions(phone)
    phone.next()
    phone.goes_to("result")
    phone.sees("您的评估结果")
    phone.shot("result")
    phone.tap("确认评估结果")
    phone.goes_to("products")
    phone.main.get_by_label("R3 商品期货", exact=True).check()
    phone.shot("products")
    phone.next()
    if phone.step == "mismatch":
        phone.agree("我主动要求参与")
        phone.tap("仍然坚持")
    phone.goes_to("exchanges")
    phone.sees("中国金融期货交易所 开户后另行申请")
    phone.tick("申请交易编码的交易所", "上海期货交易所")
    phone.tick("申请交易编码的交易所", "郑州商品交易所")
    phone.tick("交易编码类型", "投机")
    looks_right(phone)
    phone.shot("exchanges")
    phone.next()
    phone.goes_to("funds")
    phone.tick("资金来源", "工资、劳务报酬")
    phone.tick("预计投入资金", "不超过10万元")
    looks_right(phone)
    phone.shot("funds")
    phone.next()
    phone.goes_to("declaration")
    phone.tick("我声明，本人的税收居民身份为", "1.仅为中国税收居民")
    phone.next()
    signs(phone)
    phone.shot("agreements")
    phone.tap("签署协议")
    called_back(phone, q3="否", q4="是")
    phone.next()
    expect(phone.errors()).to_have_count(2)
    phone.sees("亏损可能超过您存入的全部保证金")
    looks_right(phone)
    phone.shot("called back")
    called_back(phone)
    phone.next()
    phone.sees("您的开立期货账户业务已成功提交，正在等待复核")
    phone.shot("submitted")
    number = phone.number()

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    for words in ("新客户资料", NAME, "郑州营业部", "工资、劳务报酬", "上海期货交易所"):
        desk.sees(words)
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    phone.again()
    expect(phone.main.locator(".checks li.yes")).to_have_count(3)
    phone.sees("交易编码 上海期货交易所")
    phone.shot("done")
    assert house.ask("broken", number=number) == []

    record = house.ask("record", company="8001", id_number=XIN.id_number)
    assert [(card["bank"], card["number"]) for card in record["cards"]] == [("icbc", "6222021700000000012")]
    assert all(card["id"] for card in record["cards"])
    told = {
        "branch": "b01", "contact_phone": XIN.mobile, "contact_mobile": XIN.mobile, "investor_type": "ordinary", "bank": "icbc",
        "accounts": ["futures"], "expected_funds": "to_10", "risk_class": "c3", "tax_residency": "china_only",
    }  # fmt: skip
    assert {name: record[name] for name in told} == told

    house.forward(seconds=120)
    phone.open("/8001")
    phone.tap_tile("我的基本资料")
    captcha_is_drawn(phone)
    phone.log_in(XIN)
    phone.goes_to("overview")
    for words in (NAME, "北京市东城区样本路9号", "金水区样本路9号", "样本贸易有限公司"):
        phone.sees(words)
    phone.shot("a client")


def test_a_professional_is_sent_back_for_a_proof_and_seen_by_two_reviewers(
    phone: Phone, desks: Callable[..., Desk], house: Served
) -> None:
    """At the other company: a portrait, no questionnaire, financial futures at once; the message names the reason."""
    comes_in(phone, WEN, "网上开户")
    phone.tap("登录办理")
    meets_conditions(phone)
    phone.next()
    shows_card(phone)
    phone.photograph("大头照")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.shot("photos")
    phone.next()
    phone.validity("2018-05-07", "2038-05-07")
    phone.next()
    phone.goes_to("details")
    phone.type("身份证地址", "北京市东城区样本路9号")
    phone.tick("营业部", "宁波营业部")
    phone.next()
    tells_of_themselves(phone)
    phone.tick("您的交易目的为", "投机")
    phone.next()
    gives_card(phone)
    phone.next()
    phone.photograph("新增银行卡照片")
    phone.next()
    phone.goes_to("linking")
    phone.next()
    phone.goes_to("investor")
    phone.tick("投资者类型", "专业投资者")
    phone.tick("您符合的资产或收入条件为", "金融资产不低于500万元")
    phone.photograph("资产或收入证明", jpeg("lightgrey"))
    phone.tick("您符合的经历或资格条件为", "具有2年以上投资经历")
    phone.photograph("经历或资格证明", jpeg("lightgrey"))
    phone.agree("我已阅读并同意《专业投资者告知及确认书》")
    looks_right(phone)
    phone.shot("professional")
    phone.next()
    phone.goes_to("exchanges")
    phone.tick("申请交易编码的交易所", "中国金融期货交易所")
    phone.tick("交易编码类型", "投机")
    phone.next()
    phone.tick("资金来源", "投资收益")
    phone.tick("预计投入资金", "超过500万元")
    phone.next()
    phone.goes_to("declaration")
    phone.tick("我声明，本人的税收居民身份为", "1.仅为中国税收居民")
    phone.next()
    signs(phone)
    phone.tap("签署协议")
    called_back(phone)
    phone.next()
    phone.sees("业务已成功提交，正在等待复核")
    number = phone.number()

    first = desks()
    first.remembered("8002", "reviewer1")
    first.take(number)
    first.send_back(["专业投资者的证明材料不清晰或不完整"], "请上传带印章的资产证明")
    phone.page.reload()
    phone.sees("专业投资者的证明材料不清晰或不完整")
    phone.shot("returned")
    phone.open(f"/8002/cases/{number}")
    phone.goes_to("investor")
    phone.photograph("资产或收入证明")
    phone.photograph("经历或资格证明")
    phone.agree("我已阅读并同意《专业投资者告知及确认书》")
    phone.shot("another proof")
    phone.next()
    phone.goes_to("agreements")
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    phone.tap("签署协议")
    phone.sees("业务已成功提交，正在等待复核")
    for login in ("reviewer1", "reviewer2"):
        desk = desks()
        desk.remembered("8002", login)
        desk.take(number)
        desk.approve()
    desk.delivered(number)
    phone.again()
    expect(phone.main.locator(".checks li.yes")).to_have_count(2)
    phone.shot("done")


def test_who_must_not_trade_is_told_so_on_the_first_page(phone: Phone) -> None:
    who = Client("8001", "", "110101199003070070", "13912340003")
    comes_in(phone, who)
    phone.tap("马上登录")
    meets_conditions(phone)
    phone.tick("您是否属于法律法规规定不得从事期货交易的人员", "属于")
    phone.tick("您申请的账户是否由您本人使用", "由他人使用")
    phone.next()
    expect(phone.errors()).to_have_text([
        "您属于法律法规规定不得从事期货交易的人员，不能开立期货账户",
        "期货账户只能由本人使用，不能为他人开立",
    ])  # fmt: skip
    phone.shot("barred")
