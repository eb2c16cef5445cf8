"""Bank cards on a phone: added, replaced, removed, photographed, told about the bank, signed, reviewed, and on file."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from on_phone import Client, Phone
from playwright.sync_api import Locator, expect
from test_suitability_assessment import begin

TIE = Client("8001", "800100061", "410105198004120115", "13900010061")
"""No card on file."""
TONG = Client("8001", "800100062", "410102198711230023", "13900010062")
"""One card on file."""
YIN = Client("8001", "800100063", "410103197503050134", "13900010063")
"""Three cards on file."""
SHEN = Client("8002", "QH-0061", "330105198402290152", "13900020061")
"""Two cards on file."""
TITLE = "修改结算账户"


def row(phone: Phone, place: int) -> Locator:
    """The card that stands at this place, from 1."""
    return phone.main.locator("[data-row]").nth(place - 1)


def add(phone: Phone, bank: str, number: str, branch: str) -> None:
    """A further card, filled in."""
    phone.tap("添加银行卡")
    fill(phone.main.locator("[data-row]").last, bank, number, branch)


def fill(card: Locator, bank: str, number: str, branch: str) -> None:
    card.locator("select[name$='.bank']").select_option(label=bank)
    card.locator("input[name$='.number']").fill(number)
    card.locator("input[name$='.branch']").fill(branch)


def photos(phone: Phone) -> None:
    phone.goes_to("photos")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.goes_to("settlement")


def cards(house: Served, client: Client) -> list[tuple[str, str, str]]:
    """The cards on file; every one has a number of the core system."""
    listed = house.ask("record", company=client.company, id_number=client.id_number)["cards"]
    assert len({card["id"] for card in listed}) == len(listed)
    return [(card["bank"], card["number"], card["branch"]) for card in listed]


def test_a_second_card_is_added_and_goes_on_file(phone: Phone, desk: Desk, house: Served) -> None:
    """Slips are told at the card, the photo is asked, the bank's agreement signed; reviewers see what was added."""
    begin(phone, TONG, TITLE)
    photos(phone)
    phone.sees("6222 0217 0000 0000 012")
    phone.shot("one card on file")
    add(phone, "建设银行", "6222 0217 0000 0000 012", "郑州金水支行")
    phone.next()
    expect(phone.errors()).to_have_text(["同一张银行卡只能登记一次"])
    phone.shot("the same card twice")
    row(phone, 2).locator("select[name$='.bank']").select_option(label="其他银行")
    expect(row(phone, 2)).to_contain_text("本公司暂未与该银行开通银期转账")
    fill(row(phone, 2), "建设银行", "6217 0024 3000 0000 036", "郑州金水支行")
    phone.next()
    phone.sees("新增银行卡的卡号与通用的校验规则不符")
    assert phone.too_wide() == []
    phone.shot("asked about the check digit")
    row(phone, 2).locator("input[name$='.number']").fill("6217 0024 3000 0000 035")
    phone.next()
    phone.goes_to("card_photos")
    phone.next()
    expect(phone.errors()).to_have_text(["请上传新增银行卡的照片"])
    phone.photograph("新增银行卡照片")
    phone.shot("photo of the card")
    phone.next()
    phone.goes_to("linking")
    phone.sees("在本公司登记后，还须到银行办理银期关联")
    phone.shot("linking")
    phone.tap("下一步")
    phone.goes_to("agreements")
    phone.sees("建设银行银期转账服务协议")
    phone.misses("银行协议工商银行")
    phone.shot("agreements")
    phone.sign()
    phone.sees("业务已成功提交，正在等待复核")
    phone.shot("submitted")
    number = phone.number()

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.sees("新增")
    desk.shot("case")
    desk.approve()
    desk.delivered(number)
    phone.again()
    phone.sees("已办结")
    phone.sees("更新结算账户")
    phone.shot("done")
    assert cards(house, TONG) == [
        ("icbc", "6222021700000000012", "郑州花园路支行"),
        ("ccb", "6217002430000000035", "郑州金水支行"),
    ]
    assert house.ask("broken", number=number) == []


def test_cards_are_replaced_and_removed_and_a_doubtful_photo_comes_back(phone: Phone, desk: Desk, house: Served) -> None:
    """Two of three cards go, one comes; the reviewer sees each, returns the photo only, and agrees."""
    begin(phone, YIN, TITLE)
    photos(phone)
    phone.shot("three cards on file")
    row(phone, 3).get_by_role("button", name="删除此卡").click()
    row(phone, 1).get_by_role("button", name="删除此卡").click()
    row(phone, 1).locator("input[name$='.branch']").fill("郑州金水支行营业部")
    add(phone, "招商银行", "6214833710000004", "郑州农业路支行")
    assert phone.too_wide() == []
    phone.shot("one stays and one comes")
    phone.next()
    phone.photograph("新增银行卡照片")
    phone.next()
    phone.goes_to("linking")
    phone.tap("下一步")
    phone.goes_to("unlinking")
    phone.agree("我确认要删除的银行卡已解除银期关联")
    phone.shot("unlinking")
    phone.tap("下一步")
    phone.sign(read=True)
    phone.sees("业务已成功提交，正在等待复核")
    number = phone.number()

    desk.remembered("8001", "reviewer1")
    desk.take(number)
    for word in ("新增", "删除", "有变更", "郑州金水支行营业部"):
        desk.sees(word)
    desk.shot("rows side by side")
    desk.send_back(["银行卡照片不清晰，无法核对卡号"], "请重新拍摄卡号面")
    phone.tap("我的业务")
    phone.sees("银行卡照片不清晰，无法核对卡号")
    phone.tap("操作")
    phone.goes_to("card_photos")
    phone.misses("第二张新增银行卡照片")
    phone.shot("returned")
    phone.photograph("新增银行卡照片")
    phone.next()
    phone.sign(read=True)
    phone.sees("业务已成功提交，正在等待复核")
    desk.take(number)
    desk.approve()
    desk.delivered(number)
    assert cards(house, YIN) == [
        ("ccb", "6217002430000000035", "郑州金水支行营业部"),
        ("cmb", "6214833710000004", "郑州农业路支行"),
    ]
    assert house.ask("record", company="8001", id_number=YIN.id_number)["bank"] == "ccb"


def test_the_first_card_of_a_client_starts_with_an_empty_row(phone: Phone, house: Served) -> None:
    begin(phone, TIE, TITLE)
    photos(phone)
    expect(phone.main.locator("[data-row]")).to_have_count(1)
    phone.next()
    expect(phone.errors()).to_have_text(["请选择开户银行", "请输入银行卡号", "请输入开户支行"])
    phone.shot("nothing filled in")
    assert {name: what for name, what in phone.flaws().items() if what} == {}
    fill(row(phone, 1), "交通银行", "6259 0001 0000 0004", "郑州分行营业部")
    phone.next()
    phone.sees("您填写的是信用卡卡号")
    phone.shot("credit card")
    row(phone, 1).locator("input[name$='.number']").fill("6222 6208 1000 0000 048")
    phone.next()
    phone.goes_to("card_photos")


def test_the_other_company_takes_one_card_of_each_bank_and_two_reviewers(
    phone: Phone, desks: Callable[..., Desk], house: Served
) -> None:
    begin(phone, SHEN, "银行卡变更")
    photos(phone)
    add(phone, "建设银行", "6217 0024 3000 0000 035", "杭州文三路支行")
    phone.next()
    expect(phone.errors()).to_have_text(["同一家银行只能登记一张银行卡"])
    phone.shot("one of each bank")
    row(phone, 1).get_by_role("button", name="删除此卡").click()
    phone.next()
    phone.photograph("新增银行卡照片")
    phone.next()
    phone.tap("下一步")
    phone.agree("我确认要删除的银行卡已解除银期关联")
    phone.tap("下一步")
    phone.sign(read=True)
    phone.sees("业务已成功提交，正在等待复核")
    number = phone.number()
    for login in ("reviewer1", "reviewer2"):
        desk = desks()
        desk.remembered("8002", login)
        desk.take(number)
        desk.approve()
    desk.delivered(number)
    assert cards(house, SHEN) == [
        ("cmb", "6214833710000004", "杭州解放支行"),
        ("ccb", "6217002430000000035", "杭州文三路支行"),
    ]
