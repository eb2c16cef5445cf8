"""Whole ways: from the number of the company to 已办结, with all that lies between at both companies and at the desk."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from on_phone import TITLE, Client, Phone
from people import BING, CHEN, CHOU, JIA, QING_JIA, YI, ZI
from playwright.sync_api import expect

Desks = Callable[..., Desk]
OTHER_TITLE = "个人资料变更"


def fresh(house: Served, client: Client) -> None:
    house.ask("fresh", company=client.company, id_number=client.id_number)


def begin(phone: Phone, client: Client) -> None:
    """Logged in before, from the menu to the overview."""
    fresh(phone.house, client)
    phone.remembered(client)
    phone.open(f"/{client.company}")
    phone.tap_tile(OTHER_TITLE if client.company == "8002" else TITLE)
    phone.tap("业务办理")
    phone.goes_to("overview")


def photos_are_right(phone: Phone) -> None:
    """The photos on file stay; the letter of responsibility is agreed to."""
    phone.goes_to("photos")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()


def submitted(phone: Phone, client: Client, title: str = TITLE) -> str:
    """The sentence after submitting; the number of the case."""
    phone.sees("业务已成功提交，正在等待复核，你可在我的业务中查看结果")
    phone.sees(title)
    return phone.number()


def finished(phone: Phone, state: str) -> None:
    """我的业务 has the case among those that are finished."""
    phone.mine("已完成业务")
    phone.sees(state)


def test_a_new_mobile_number_from_the_company_number_to_done(phone: Phone, desk: Desk, house: Served) -> None:
    """R-010 to R-030, R-038 to R-043, R-067, R-083 to R-090, R-102 to R-108, R-112 to R-120: the way of the manual."""
    fresh(house, JIA)
    phone.open("/")
    phone.shot("entrance")
    phone.type("请输入期货公司编号", "8001")
    phone.tap("业务办理")
    phone.sees("远山期货")
    phone.shot("menu")
    phone.tap_tile(TITLE)
    phone.sees("网上开户服务时间:周一至周五、周六 01:23-23:58")
    phone.shot("login")
    phone.log_in(JIA)
    phone.goes_to("overview")
    phone.sees("样本甲")
    phone.shot("overview")
    phone.tap("编辑：联系电话")
    phone.goes_to("photos")
    phone.shot("photos")
    photos_are_right(phone)
    phone.goes_to("contact_phone")
    phone.sees("手机号需要获取验证码，座机号不需要获取验证码")
    phone.type("联系电话", "13812345678")
    phone.tap("获取验证码")
    phone.sees("138****5678")
    code = house.ask("sms", phone="13812345678")
    desk.open("/plugins/banli_otp/")
    desk.sees(code)
    phone.type("验证码", code)
    phone.shot("phone")
    phone.next()
    phone.shot("agreements")
    phone.sign()
    number = submitted(phone, JIA)
    phone.sees("样本甲先生")
    phone.shot("submitted")
    phone.tap("我的业务")
    phone.sees(number)
    phone.sees("等待复核")
    phone.shot("pending")

    desk.sign_in("8001", "reviewer1")
    desk.shot("queue")
    desk.take(number)
    desk.sees("13900010001")
    desk.sees("13812345678")
    desk.shot("case")
    desk.approve()
    desk.shot("agreed")
    desk.delivered(number)

    phone.again()
    finished(phone, "已办结")
    phone.shot("done")
    assert house.ask("record", company="8001", id_number=JIA.id_number)["contact_phone"] == "13812345678"
    desk.page.goto(house.url + "/plugins/banli_directory/client?company=8001&ref=800100001")
    desk.sees("13812345678")
    assert house.ask("broken", number=number) == []


def test_an_identity_comes_back_with_two_reasons_and_is_put_right(phone: Phone, desk: Desk, house: Served) -> None:
    """R-057 to R-063, R-072 to R-081, R-122, R-124, R-125, C-30: only what the reasons name is open again."""
    begin(phone, BING)
    phone.tap("编辑：身份信息")
    phone.goes_to("photos")
    phone.sees("修改身份证有效期，需要重新上传身份证正面和反面。")
    phone.shot("rules")
    phone.tap("我知道了")
    assert phone.slot("身份证正面").locator("img.shot").count() == 0
    assert phone.slot("签名照").locator("img.shot").count() == 1
    phone.photograph("身份证正面")
    phone.photograph("身份证反面")
    phone.shot("photos")
    photos_are_right(phone)
    phone.goes_to("id_validity")
    phone.validity("2024-06-02", "2044-06-02")
    phone.shot("validity")
    phone.next()
    phone.sign(read=True)
    number = submitted(phone, BING)

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.shot("photos side by side")
    desk.send_back(["身份证正面照片不清晰或不完整", "身份证有效期与身份证照片不一致"], "请重新拍摄正面")

    phone.tap("我的业务")
    phone.sees("复核任务未通过")
    phone.sees("身份证正面照片不清晰或不完整")
    phone.shot("returned")
    phone.tap("操作")
    phone.goes_to("photos")
    phone.sees("身份证正面照片不清晰或不完整")
    phone.sees("请重新拍摄正面")
    phone.shot("wrong photo")
    phone.tap_if_there("我知道了")
    assert phone.slot("身份证正面").locator("img.shot").count() == 0
    assert phone.slot("身份证反面").locator("img.shot").count() == 1
    phone.photograph("身份证正面")
    photos_are_right(phone)
    phone.goes_to("id_validity")
    phone.sees("身份证有效期与身份证照片不一致")
    phone.shot("wrong validity")
    phone.validity("2024-06-01", "2044-06-01")
    phone.next()
    phone.sign(read=True)
    submitted(phone, BING)

    desk.take(number)
    desk.approve()
    desk.delivered(number)
    finished(phone, "已办结")
    kept = house.ask("record", company="8001", id_number=BING.id_number)["id_validity"]
    assert kept == {"from": "2024-06-01", "to": "2044-06-01", "long_term": False}
    [effect] = house.ask("effects", company="8001", ref=BING.ref)[-1:]
    assert sorted(effect["pictures"]) == ["id_back", "id_front"]
    assert house.ask("broken", number=number) == []


def test_other_data_wait_out_an_outage_of_the_core_system(phone: Phone, desk: Desk, house: Served) -> None:
    """R-091 to R-097: 已办结 only when the core system has it; until then the desk sees why not, and tries again."""
    begin(phone, YI)
    phone.tap("编辑：其他信息")
    photos_are_right(phone)
    phone.goes_to("other_info")
    phone.type("电子邮箱", "neu@example.com")
    phone.choose("学历", "硕士及以上")
    phone.shot("other")
    phone.next()
    phone.sign(read=True)
    number = submitted(phone, YI)

    before = len(house.ask("effects", company="8001", ref=YI.ref))
    house.ask("switch", outage=True)
    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.approve()
    desk.open("/desk/deliveries")
    desk.sees_soon(number)
    desk.shot("deliveries")
    phone.tap("我的业务")
    phone.sees("报送中")
    phone.shot("delivering")
    desk.retry(number)
    house.ask("switch", outage=False)
    house.forward(minutes=11)
    desk.delivered(number)
    phone.again()
    finished(phone, "已办结")
    record = house.ask("record", company="8001", id_number=YI.id_number)
    assert (record["email"], record["education"]) == ("neu@example.com", "master")
    assert len(house.ask("effects", company="8001", ref=YI.ref)) == before + 1


def test_a_landline_at_the_other_company_needs_two_reviewers(phone: Phone, desks: Desks, house: Served) -> None:
    """R-014, R-086, R-116: another title, other agreements, four eyes."""
    fresh(house, QING_JIA)
    phone.open("/8002")
    phone.sees("清河期货")
    phone.shot("menu")
    phone.tap_tile(OTHER_TITLE)
    phone.shot("login")
    phone.log_in(QING_JIA, "登录办理")
    phone.goes_to("overview")
    phone.tap("编辑：联系电话")
    photos_are_right(phone)
    phone.type("联系电话", "0571-87654321-12")
    expect(phone.field("验证码")).to_be_hidden()
    phone.shot("phone")
    phone.next()
    phone.shot("agreements")
    phone.sign()
    number = submitted(phone, QING_JIA, OTHER_TITLE)

    first, second = desks(), desks()
    first.remembered("8002", "reviewer1")
    first.take(number)
    first.approve()
    assert house.ask("state", number=number) == "submitted"
    first.cannot_take(number)
    first.shot("not twice")
    second.remembered("8002", "reviewer2")
    second.take(number)
    second.shot("second level")
    second.approve()
    second.delivered(number)
    finished(phone, "已办结")
    assert house.ask("record", company="8002", id_number=QING_JIA.id_number)["contact_phone"] == "0571-87654321-12"
    assert house.ask("record", company="8001", id_number=JIA.id_number)["contact_phone"] != "0571-87654321-12"


def test_an_identity_at_the_other_company_has_a_portrait(phone: Phone, desks: Desks, house: Served) -> None:
    """R-056, R-062, R-081: a fourth photo, a warning that is confirmed, two reviewers."""
    begin(phone, CHEN)
    phone.tap("编辑：身份信息")
    phone.tap("我知道了")
    phone.photograph("身份证正面")
    phone.photograph("身份证反面")
    phone.photograph("大头照")
    phone.shot("photos")
    photos_are_right(phone)
    phone.validity("2024-08-08", "2034-08-09")
    phone.next()
    phone.sees("身份证有效期通常为5年、10年、20年或长期，您填写的期限与此不同，请核对是否与身份证一致")
    phone.shot("warning")
    phone.agree("身份证有效期通常为")
    phone.next()
    phone.sign(read=True)
    number = submitted(phone, CHEN, OTHER_TITLE)
    for login in ("reviewer2", "reviewer1"):
        desk = desks()
        desk.remembered("8002", login)
        desk.take(number)
        desk.sees("身份证有效期通常为5年、10年、20年或长期")
        desk.shot("flag")
        desk.approve()
    desk.delivered(number)
    finished(phone, "已办结")
    [effect] = house.ask("effects", company="8002", ref=CHEN.ref)[-1:]
    assert sorted(effect["pictures"]) == ["id_back", "id_front", "portrait"]


def test_other_data_at_the_other_company_are_rejected_and_then_done(phone: Phone, desks: Desks, house: Served) -> None:
    """R-099, R-118, R-125: refused at once where the company says so; 驳回 ends the case, tells why and makes room."""
    begin(phone, ZI)
    phone.tap("编辑：其他信息")
    photos_are_right(phone)
    phone.goes_to("other_info")
    phone.tick("您的账户交易实际受益人为：", "其他")
    phone.next()
    expect(phone.errors().filter(has_text="账户交易实际受益人不是本人的，请到营业部柜台办理")).not_to_have_count(0)
    phone.shot("at the counter")
    phone.tick("您的账户交易实际受益人为：", "本人")
    purpose = phone.first_unticked("您的交易目的为：")
    phone.tick("您的交易目的为：", purpose)
    phone.next()
    phone.sign(read=True)
    number = submitted(phone, ZI, OTHER_TITLE)
    before = house.ask("record", company="8002", id_number=ZI.id_number)
    first, second = desks(), desks()
    first.remembered("8002", "reviewer1")
    first.take(number)
    first.reject("非本人办理", "电话核实不符")
    finished(phone, "已驳回")
    phone.sees("非本人办理")
    phone.shot("rejected")
    assert house.ask("record", company="8002", id_number=ZI.id_number) == before

    phone.open("/8002")
    phone.tap_tile(OTHER_TITLE)
    phone.tap("业务办理")
    phone.tap("编辑：其他信息")
    photos_are_right(phone)
    phone.tick("您的交易目的为：", purpose)
    phone.next()
    phone.sign(read=True)
    number = submitted(phone, ZI, OTHER_TITLE)
    second.remembered("8002", "reviewer2")
    for desk in (first, second):
        desk.take(number)
        desk.sees(purpose)
        desk.approve()
    second.delivered(number)
    finished(phone, "已办结")
    record = house.ask("record", company="8002", id_number=ZI.id_number)
    assert {name for name in record if record[name] != before.get(name)} == {"trade_purpose"}
    assert len(record["trade_purpose"]) == len(before["trade_purpose"]) + 1


def test_a_business_that_is_given_up_makes_room_for_another(phone: Phone, house: Served) -> None:
    """R-118, R-119, R-121, R-123: one open business at a time; 放弃 asks first, loses what was entered, and unlocks."""
    begin(phone, CHOU)
    phone.tap("编辑：联系电话")
    phone.goes_to("photos")
    phone.open("/8002")
    phone.sees("您有待完成业务，无法进行其他业务操作。")
    phone.shot("menu")
    phone.tap("我的业务")
    phone.tap("放弃")
    expect(phone.page.get_by_role("dialog")).to_contain_text("放弃后，本次填写的内容将不再保留")
    phone.shot("asked")
    phone.tap("取消")
    expect(phone.page.get_by_role("dialog")).to_be_hidden()
    phone.tap("放弃")
    phone.tap("放弃")
    finished(phone, "已放弃")
    phone.shot("abandoned")
    phone.open("/8002")
    phone.tap_tile(OTHER_TITLE)
    phone.tap("业务办理")
    phone.goes_to("overview")
