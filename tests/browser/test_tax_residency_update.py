"""The statement of tax residency on a phone: countries by search, rows with their own questions, the filled statement, to 已办结."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from on_phone import Client, Phone
from people import JIA, QING_JIA, YI
from playwright.sync_api import expect

TITLE = "税收居民身份声明"
LAN = Client("8001", "800100022", "440305198209180011", "13900010022")
"""Has stated to be a tax resident of Singapore as well."""


def begin(phone: Phone, client: Client) -> None:
    phone.house.ask("fresh", company=client.company, id_number=client.id_number)
    phone.remembered(client)
    phone.open(f"/{client.company}")
    phone.tap_tile(TITLE)
    phone.tap("业务办理")
    phone.goes_to("instructions")


def country(phone: Phone, question: str, words: str, name: str) -> None:
    """A country is searched by a part of its name."""
    phone.page.locator(f"button#f-{question}").click()
    dialog = phone.page.locator("dialog[open]")
    dialog.get_by_role("searchbox").fill(words)
    dialog.get_by_role("button", name=name, exact=True).click()
    expect(dialog).to_have_count(0)


def row(phone: Phone, number: int, name: str) -> None:
    country(phone, f"tax_countries-{number}-country", name, name)


def state(phone: Phone, number: int, words: str) -> None:
    rows = phone.main.locator("[data-row]")
    rows.nth(number).get_by_label(words, exact=True).check()


def sign(phone: Phone) -> None:
    phone.goes_to("agreements")
    phone.main.locator(".papers a", has_text="《个人税收居民身份声明文件》").click()
    phone.sees("致：")
    phone.read_to_end()
    phone.tap("我已阅读")
    phone.goes_to("agreements")
    phone.agree("我已核对声明文件的全部内容，并同意签署")
    phone.tap("签署声明")


def test_a_tax_resident_of_three_countries_states_it_and_corrects_a_number(
    phone: Phone, desks: Callable[..., Desk], house: Served
) -> None:
    """From the notice to 已办结: what is hidden is not asked, China is not offered, a country twice is told, a return mends one row."""
    begin(phone, JIA)
    phone.sees("应当在30日内告知本公司")
    phone.shot("instructions")
    phone.next()
    phone.goes_to("declaration")
    phone.shot("nothing chosen")
    phone.tick("我声明，本人的税收居民身份为：", "1.仅为中国税收居民")
    phone.sees("无需填写其他内容")
    phone.misses("姓（英文或拼音）")
    phone.tick("我声明，本人的税收居民身份为：", "3.既是中国税收居民又是其他国家(地区)税收居民")
    phone.sees("1995-08-13")
    phone.type("姓（英文或拼音）", "YANG")
    phone.type("名（英文或拼音）", "BEN JIA")
    country(phone, "tax_address_country", "国", "中国")
    phone.choose("现居地址省", "河南省")
    phone.choose("现居地址市", "郑州市")
    phone.type("现居地址", "金水区样本路1号")
    country(phone, "tax_birth_country", "加拿", "加拿大")
    phone.type("出生地的省（州）、市", "Ontario, Toronto")
    phone.page.locator("button#f-tax_countries-0-country").click()
    dialog = phone.page.locator("dialog[open]")
    dialog.get_by_role("searchbox").fill("中国")
    expect(dialog.get_by_role("listitem")).to_have_text(["中国香港", "中国澳门", "中国台湾"])
    phone.shot("countries")
    dialog.get_by_role("button", name="中国香港", exact=True).click()
    state(phone, 0, "能够提供纳税人识别号")
    phone.main.locator("[data-row]").nth(0).get_by_label("纳税人识别号", exact=False).last.fill("A1234563")
    phone.tap("添加税收居民国（地区）")
    row(phone, 1, "中国香港")
    state(phone, 1, "居民国（地区）不发放纳税人识别号")
    assert phone.too_wide() == []
    phone.shot("filled")
    phone.next()
    expect(phone.errors().filter(has_text="同一个国家（地区）只能填写一次")).not_to_have_count(0)
    phone.shot("twice")
    row(phone, 1, "阿联酋")
    phone.tap("添加税收居民国（地区）")
    row(phone, 2, "英国")
    state(phone, 2, "账户持有人未能取得纳税人识别号")
    phone.main.locator("[data-row]").nth(2).locator("textarea").fill("今年首次在英国取得收入，识别号正在申请")
    phone.next()
    phone.goes_to("agreements")
    phone.tap("《个人税收居民身份声明文件》")
    phone.sees("中国香港 / 能够提供纳税人识别号 / A1234563")
    phone.sees("加拿大 Ontario, Toronto")
    phone.shot("statement")
    phone.back()
    sign(phone)
    phone.sees("今后税收居民身份发生变化的，请在30日内告知本公司")
    number = phone.number()

    desk = desks()
    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.sees("阿联酋")
    desk.shot("case")
    desk.send_back(["税收居民国（地区）或纳税人识别号有误，或者原因说明不充分"], "香港的号码少一位")
    phone.tap("我的业务")
    phone.tap("操作")
    phone.goes_to("declaration")
    phone.sees("香港的号码少一位")
    assert phone.value("姓（英文或拼音）") == "YANG"
    phone.main.locator("[data-row]").nth(0).get_by_label("纳税人识别号", exact=False).last.fill("A12345637")
    phone.shot("returned")
    phone.next()
    sign(phone)
    desk.take(number)
    desk.approve()
    desk.delivered(number)
    phone.again()
    phone.sees("更新税收居民身份")
    phone.shot("done")
    phone.mine("已完成业务")
    phone.sees("已办结")
    record = house.ask("record", company="8001", id_number=JIA.id_number)
    assert record["tax_countries"] == [
        {"country": "HK", "tin_state": "has", "tin": "A12345637"},
        {"country": "AE", "tin_state": "none_issued"},
        {"country": "GB", "tin_state": "not_obtained", "tin_reason": "今年首次在英国取得收入，识别号正在申请"},
    ]
    assert (record["tax_residency"], record["tax_birth_place"]) == ("both", "Ontario, Toronto")
    assert house.ask("broken", number=number) == []


def test_who_is_a_resident_of_china_only_again_has_the_rest_taken_off_the_file(phone: Phone, desk: Desk, house: Served) -> None:
    begin(phone, LAN)
    phone.next()
    assert phone.value("姓（英文或拼音）") == "YANG"
    phone.shot("on file")
    assert phone.flaws() == {}
    phone.tick("我声明，本人的税收居民身份为：", "1.仅为中国税收居民")
    phone.next()
    phone.sees("您此前声明是其他国家（地区）的税收居民")
    phone.agree("您此前声明是其他国家（地区）的税收居民")
    phone.shot("asked")
    phone.next()
    sign(phone)
    number = phone.number()
    desk.remembered("8001", "reviewer2")
    desk.take(number)
    desk.sees("您此前声明是其他国家（地区）的税收居民")
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    record = house.ask("record", company="8001", id_number=LAN.id_number)
    assert record["tax_residency"] == "china_only"
    assert {name for name in record if name.startswith("tax_") and record[name] not in (None, "", [])} == {
        "tax_residency", "tax_declared_on",
    }  # fmt: skip


def test_the_other_company_asks_why_it_is_stated(phone: Phone) -> None:
    begin(phone, QING_JIA)
    phone.next()
    phone.tick("本次声明的原因", "首次声明")
    phone.tick("我声明，本人的税收居民身份为：", "1.仅为中国税收居民")
    phone.shot("reason")
    phone.next()
    phone.goes_to("agreements")
    phone.tap("《个人税收居民身份声明文件》")
    phone.sees("1.仅为中国税收居民")
    phone.misses("出生地")
    phone.shot("short statement")


def test_in_english_with_english_countries(phone: Phone) -> None:
    begin(phone, YI)
    phone.page.get_by_role("button", name="English").or_(phone.page.get_by_role("link", name="English")).first.click()
    phone.sees("within 30 days")
    phone.tap("Next")
    phone.tick("I state that my tax residency is", "2. Non-resident only")
    country(phone, "tax_countries-0-country", "zeal", "New Zealand")
    phone.shot("english")
    assert phone.flaws() == {}
