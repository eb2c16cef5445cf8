"""What goes wrong on a real phone: back, reload, a second phone, a tap too many, a bad network, a long pause."""

from __future__ import annotations

from collections.abc import Callable

from house import Served
from late import held_back
from on_phone import Phone, jpeg
from people import BING, CHOU, DING, JIA, QING_JIA, YI
from playwright.sync_api import expect

Phones = Callable[..., Phone]
PAGES = (
    ("phone", "overview"),
    ("identity", "photos"),
    ("identity", "id_validity"),
    ("phone", "contact_phone"),
    ("other", "other_info"),
    ("other", "agreements"),
    ("other", "submitted"),
)
LARGE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("html { font-size: 200% }");
    document.adoptedStyleSheets = [sheet];
}"""
SQUEEZED = """() => {
    const few = (e) => e.clientWidth && e.clientWidth < 5 * parseFloat(getComputedStyle(e).fontSize);
    const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".vh");
    const texts = "dd, dt, label, p:not(.title), li, select, input:not([type=checkbox], [type=radio])";
    return [...document.querySelectorAll(texts)]
        .filter((e) => shown(e) && few(e) && (e.value || e.innerText || "").trim().length > 5)
        .map((e) => `${e.clientWidth} px: ${e.outerHTML.slice(0, 120)}`);
}"""


def test_back_keeps_what_was_typed(phone: Phone) -> None:
    """R-006, R-128: `<` loses nothing, neither on the way back nor on the way forth."""
    phone.at(JIA, "phone", "contact_phone")
    phone.type("联系电话", "021-6321")
    phone.back()
    phone.goes_to("photos")
    photos_again(phone)
    phone.goes_to("contact_phone")
    assert phone.value("联系电话") == "021-6321"


def test_the_back_key_of_the_phone_is_the_same_as_the_arrow(phone: Phone) -> None:
    """R-009: the browser's own back leads to the step before and loses nothing."""
    phone.at(JIA, "phone", "photos")
    photos_again(phone)
    phone.goes_to("contact_phone")
    phone.type("联系电话", "021-6321")
    phone.page.go_back()
    phone.goes_to("photos")
    photos_again(phone)
    phone.goes_to("contact_phone")
    assert phone.value("联系电话") == "021-6321"


def test_a_reload_in_the_middle_loses_nothing(phone: Phone, house: Served) -> None:
    """R-128: what was typed is there again, although nothing was sent by the client."""
    number = phone.at(YI, "other", "other_info")
    phone.type("工作单位", "样本制造有限公司")
    phone.tick("您的政要人物关系为：", "外国政要家庭成员")
    phone.type("请说明政要人物的姓名、职务以及与您的关系", "样本")
    house.until(lambda: house.ask("kept", number=number, step="other_info").get("pep_detail") == ["样本"])
    phone.page.reload()
    assert phone.value("工作单位") == "样本制造有限公司"
    assert phone.ticked("您的政要人物关系为：") == ["外国政要家庭成员"]
    assert phone.value("请说明政要人物的姓名、职务以及与您的关系") == "样本"


def test_another_phone_is_shown_the_present_page(phone: Phone, phones: Phones) -> None:
    """R-122: both have the overview; one goes on; the other is led to where the business is, and told so."""
    number = phone.at(JIA, "phone", "overview")
    other = phones()
    other.remembered(JIA)
    other.open(f"/8001/cases/{number}/overview")
    phone.tap("编辑：联系电话")
    phone.goes_to("photos")
    other.tap("编辑：其他信息")
    other.goes_to("photos")
    other.sees("此业务")
    other.shot("moved on")
    photos_again(phone)
    phone.goes_to("contact_phone")


def test_two_quick_taps_submit_once(phone: Phone, house: Served) -> None:
    """A double tap on 签署协议: one submission, and the client sees its sentence."""
    number = phone.at(YI, "phone", "agreements")
    house.ask("read", number=number)
    phone.page.reload()
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    phone.page.get_by_role("button", name="签署协议", exact=True).dblclick()
    phone.sees("业务已成功提交，正在等待复核")
    assert house.ask("state", number=number) == "submitted"
    assert house.ask("broken", number=number) == []
    assert house.ask("happened", number=number).count("submitted") == 1


def test_an_answer_gets_through_after_the_network_was_gone(phone: Phone) -> None:
    """下一步 in a tunnel says so and stays; what was typed is there, and goes on once the network is back."""
    phone.console.expected = ["ERR_INTERNET_DISCONNECTED"]
    phone.at(JIA, "phone", "contact_phone")
    phone.context.set_offline(True)
    phone.type("联系电话", "021-63212345")
    phone.next()
    phone.sees("网络没有响应，请重试。")
    phone.shot("no network")
    phone.context.set_offline(False)
    expect(phone.page.locator("#offline")).to_be_hidden()
    assert phone.value("联系电话") == "021-63212345"
    phone.next()
    phone.goes_to("agreements")


def test_a_photo_gets_through_after_the_network_was_gone(phone: Phone) -> None:
    """R-072: the upload waits and says so, and goes on by itself, without taking the photo again."""
    phone.console.expected = ["ERR_INTERNET_DISCONNECTED"]
    phone.at(BING, "identity", "photos")
    phone.tap("我知道了")
    phone.context.set_offline(True)
    phone.give_photo("身份证正面")
    expect(phone.slot("身份证正面").get_by_text("恢复后会自动继续上传").filter(visible=True)).to_be_visible()
    expect(phone.slot("身份证正面").get_by_role("button", name="重试")).to_be_visible()
    phone.shot("no network")
    phone.context.set_offline(False)
    expect(phone.slot("身份证正面").locator("img.shot")).to_be_visible()
    expect(phone.slot("身份证正面").get_by_role("button", name="重试")).to_be_hidden()
    phone.page.reload()
    phone.tap_if_there("我知道了")
    expect(phone.slot("身份证正面").locator("img.shot")).to_be_visible()


def test_a_photo_that_was_chosen_before_the_scripts_came_goes_up_when_they_come(phone: Phone) -> None:
    """R-072: on a slow line a page can be seen long before its scripts are there; a button that needs them waits as well."""
    phone.at(BING, "identity", "photos")
    come = held_back(phone.page)
    phone.give_photo("身份证正面")
    expect(phone.main.get_by_role("button", name="拍照规范")).to_be_disabled()
    come()
    expect(phone.slot("身份证正面").locator("img.shot")).to_be_visible()
    phone.tap_if_there("我知道了")
    expect(phone.main.get_by_role("button", name="拍照规范")).to_be_enabled()


def test_what_was_answered_before_the_scripts_came_counts_when_they_come(phone: Phone, house: Served) -> None:
    """R-094, R-098, R-099, R-128: questions come and go with it, lists follow, and the draft keeps it."""
    number = phone.at(YI, "other", "other_info")
    records = "您是否有来源以下机构不良诚信记录："
    come = held_back(phone.page)
    phone.type("工作单位", "样本制造有限公司")
    phone.choose("联系地址省", "山东省")
    phone.tick("您的政要人物关系为：", "外国政要")
    phone.tick(records, "税务管理机构")
    come()
    assert phone.ticked(records) == ["税务管理机构"]
    expect(phone.field("请说明政要人物的姓名、职务以及与您的关系")).to_be_visible()
    expect(phone.field("联系地址市").locator("option", has_text="青岛市")).to_have_count(1)
    assert "郑州市" not in phone.options("联系地址市")
    house.until(lambda: house.ask("kept", number=number, step="other_info").get("employer") == ["样本制造有限公司"])


def test_a_large_photo_shows_its_progress_on_a_slow_network(phone: Phone) -> None:
    """R-072: a photo of 2 MB at 4 Mbit/s, with a bar that moves."""
    phone.at(BING, "identity", "photos")
    phone.tap("我知道了")
    line = phone.context.new_cdp_session(phone.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 150, "downloadThroughput": 500_000, "uploadThroughput": 500_000}
    line.send("Network.emulateNetworkConditions", slow)
    phone.give_photo("身份证反面", jpeg(size=(1600, 1200), noise=True))
    expect(phone.slot("身份证反面").get_by_role("progressbar")).to_be_visible()
    phone.shot("on its way")
    expect(phone.slot("身份证反面").locator("img.shot")).to_be_visible(timeout=60_000)
    expect(phone.slot("身份证反面").get_by_role("progressbar")).to_be_hidden()


def test_what_is_no_photo_is_refused_with_a_sentence(phone: Phone) -> None:
    """R-072: a file that only calls itself a picture."""
    phone.at(BING, "identity", "photos")
    phone.tap("我知道了")
    phone.give_photo("身份证正面", b"%PDF-1.7 no picture")
    expect(phone.slot("身份证正面")).to_contain_text("JPEG")
    phone.shot("no picture")


def test_missing_photos_are_named_and_nothing_covers_the_sentences(phone: Phone) -> None:
    """R-066, R-067, R-096: 下一步 tells what is missing; the rules do not come up again over it, but can be read again."""
    phone.at(BING, "identity", "photos")
    phone.tap("我知道了")
    phone.next()
    expect(phone.errors()).to_have_text(["请上传身份证正面照片", "请上传身份证反面照片", "请阅读并同意《数字证书安全责任书》"])
    expect(phone.page.get_by_role("dialog")).to_have_count(0)
    phone.tap("拍照规范")
    expect(phone.page.get_by_role("dialog")).to_contain_text("四角完整，字迹清楚")


def test_questions_come_and_go_with_the_answers(phone: Phone) -> None:
    """R-099: details are asked at once where an answer needs them, and only there."""
    phone.at(YI, "other", "other_info")
    phone.misses("请说明政要人物的姓名、职务以及与您的关系")
    phone.tick("您的政要人物关系为：", "外国政要")
    expect(phone.field("请说明政要人物的姓名、职务以及与您的关系")).to_be_visible()
    phone.tick("您的政要人物关系为：", "无关系")
    expect(phone.field("请说明政要人物的姓名、职务以及与您的关系")).to_be_hidden()
    phone.misses("投资期限或期望收益改变后")
    phone.tick("您的期望收益为：", phone.first_unticked("您的期望收益为："))
    phone.sees("投资期限或期望收益改变后，您的适当性评估结果可能不再适用")
    phone.tick("您想投资的品种为：", "其他")
    expect(phone.field("请说明其他品种")).to_be_visible()


def test_a_code_is_asked_for_a_mobile_number_only(phone: Phone) -> None:
    """R-086: the question for the code follows the number while it is typed."""
    phone.at(JIA, "phone", "contact_phone")
    expect(phone.field("验证码")).to_be_visible()
    phone.type("联系电话", "0371-65951234")
    expect(phone.field("验证码")).to_be_hidden()
    phone.type("联系电话", "13812345678")
    expect(phone.field("验证码")).to_be_visible()


def test_the_cities_belong_to_the_province(phone: Phone) -> None:
    """R-094: another province offers its own cities and takes the former one away."""
    phone.at(YI, "other", "other_info")
    assert "郑州市" in phone.options("联系地址市")
    assert "青岛市" not in phone.options("联系地址市")
    phone.choose("联系地址省", "山东省")
    expect(phone.field("联系地址市").locator("option", has_text="青岛市")).to_have_count(1)
    assert "郑州市" not in phone.options("联系地址市")
    assert phone.value("联系地址市") == ""
    phone.choose("联系地址市", "青岛市")
    phone.choose("联系地址省", "河南省")
    assert phone.value("联系地址市") == ""


def test_none_goes_with_nothing_else(phone: Phone) -> None:
    """R-098: 无 takes the other ticks away, and any other takes 无 away."""
    phone.at(YI, "other", "other_info")
    records = "您是否有来源以下机构不良诚信记录："
    assert phone.ticked(records) == ["无"]
    phone.tick(records, "税务管理机构")
    assert phone.ticked(records) == ["税务管理机构"]
    expect(phone.field("请说明记录的来源、时间和原因")).to_be_visible()
    phone.tick(records, "其他组织")
    phone.tick(records, "无")
    assert phone.ticked(records) == ["无"]
    expect(phone.field("请说明记录的来源、时间和原因")).to_be_hidden()


def test_without_end_fills_the_date_and_the_date_ticks_it(phone: Phone) -> None:
    """R-077 to R-079: 长期 is 2099-12-31, whichever of the two was given."""
    phone.at(JIA, "identity", "id_validity")
    tick = phone.group("身份证有效期").get_by_label("长期", exact=True)
    last = phone.group("身份证有效期").locator("input:not([type=checkbox])").nth(1)
    tick.check()
    expect(last).to_have_value("2099-12-31")
    tick.uncheck()
    expect(last).not_to_have_value("2099-12-31")
    last.fill("2099-12-31")
    last.blur()
    expect(tick).to_be_checked()
    phone.next()
    phone.sees("签发时未满46周岁的身份证通常不是长期有效")


def test_all_wrong_answers_are_told_at_once_and_the_first_is_shown(phone: Phone) -> None:
    """R-095, R-096: one sentence each, the first in view and ready to be typed into."""
    phone.at(YI, "other", "other_info")
    phone.type("联系地址", "")
    phone.type("邮政编码", "12")
    phone.type("电子邮箱", "nobody")
    phone.next()
    expect(phone.errors()).to_have_text(["请输入联系地址", "邮政编码为6位数字", "电子邮箱格式不正确"])
    expect(phone.field("联系地址")).to_be_focused()
    expect(phone.field("联系地址")).to_be_in_viewport()
    assert phone.value("电子邮箱") == "nobody"
    phone.shot("wrong")


def test_nothing_changed_is_no_change(phone: Phone) -> None:
    """Whoever changed nothing is told so."""
    phone.at(DING, "phone", "contact_phone")
    phone.next()
    phone.sees("您未修改任何信息")


def test_a_long_pause_asks_to_log_in_and_keeps_everything(phone: Phone, house: Served) -> None:
    """After half an hour without a sign of life the session is over; the case goes on where it was."""
    number = phone.at(JIA, "phone", "contact_phone")
    with phone.page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.status == 204):
        phone.type("联系电话", "021-63212345")
    house.forward(minutes=31)
    phone.next()
    phone.sees("登录已退出。请重新登录，已填写的内容仍然保留。")
    phone.shot("logged out")
    assert "/business/basic_info_change" in phone.page.url
    phone.log_in(JIA)
    phone.tap("操作")
    phone.goes_to("contact_phone")
    assert phone.page.url.endswith(f"/8001/cases/{number}/contact_phone")
    assert phone.value("联系电话") == "021-63212345"


def test_nobody_else_sees_a_case_by_its_number(phone: Phone, phones: Phones) -> None:
    """Another client's number leads nowhere, as if it did not exist."""
    number = phone.at(JIA, "phone", "photos")
    other = phones()
    other.console.expected = ["status 404"]
    other.remembered(YI)
    other.open(f"/8001/cases/{number}")
    other.misses("样本甲")
    assert f"{number}/photos" not in other.page.url
    other.shot("not theirs")


def test_outside_service_hours_nobody_begins(phone: Phone, house: Served) -> None:
    """R-031: company 8002 serves on trading days until 20:00, and says so."""
    house.ask("fresh", company="8002", id_number=CHOU.id_number)
    house.forward(hours=11)
    phone.remembered(CHOU)
    phone.open("/8002")
    phone.sees("现在不在网上服务时间内，服务时间为交易日 08:30-20:00。")
    phone.shot("closed")


def test_english_from_the_first_page_to_a_form(phone: Phone) -> None:
    """The switch at the bottom; what the company has written is translated too."""
    phone.open("/")
    phone.page.get_by_role("link", name="English").click()
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    phone.at(QING_JIA, "other", "other_info")
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    phone.shot("form")
    assert chinese(phone) == []
    phone.open("/8002")
    assert chinese(phone) == []
    phone.shot("menu")
    phone.page.locator("a[href*='lang=zh']").click()
    expect(phone.page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_the_language_changes_in_the_middle_of_a_page(phone: Phone) -> None:
    """What was typed a moment ago stays."""
    phone.at(QING_JIA, "phone", "contact_phone")
    phone.type("联系电话", "021-6321")
    phone.tap("English")
    phone.goes_to("contact_phone")
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    assert phone.page.locator("[name=contact_phone]").input_value() == "021-6321"
    phone.shot("in English")


def test_text_twice_as_large_still_fits_and_can_be_read(phones: Phones) -> None:
    """WCAG 1.4.4 and 1.4.10: nothing is cut off at the side, and no line is squeezed to a few characters."""
    phone = phones()
    seen = {}
    for section, step in PAGES:
        phone.at(DING, section, step)
        phone.tap_if_there("我知道了")
        phone.page.evaluate(LARGE)
        phone.shot(step)
        if wrong := [*phone.too_wide(), *phone.page.evaluate(SQUEEZED)]:
            seen[step] = wrong
    assert seen == {}


def photos_again(phone: Phone) -> None:
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()


def chinese(phone: Phone) -> list[str]:
    """What is left in Chinese on the page, but for what the client or the register has written (names, addresses)."""
    lines = phone.page.locator("main").inner_text().splitlines() + phone.page.locator("header").inner_text().splitlines()
    return [line for line in lines if any("一" <= sign <= "鿿" for sign in line)]
