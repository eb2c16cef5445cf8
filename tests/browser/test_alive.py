"""Pages that go on by themselves: news, warnings, long lists that are searched, a queue that renews."""

from __future__ import annotations

from collections.abc import Callable

from at_desk import Desk
from house import Served
from late import held_back
from on_phone import Phone, jpeg
from people import BING, CHOU, JIA, YI
from playwright.sync_api import expect


def test_a_client_who_waits_sees_the_decision_by_itself(phone: Phone, house: Served) -> None:
    """C-27: the page that tells of the case looks for news; nobody has to load it again."""
    phone.page.clock.install()
    number = phone.at(YI, "phone", "submitted")
    phone.sees("等待复核")
    house.ask("send_back", number=number, reasons=["phone_wrong"], remark="请核对")
    phone.page.clock.fast_forward(11_000)
    phone.sees("复核任务未通过")
    phone.sees("联系电话有误，无法接通")


def test_a_page_that_waits_is_left_when_the_session_is_over(phone: Phone, house: Served) -> None:
    """Nobody is kept logged in by a page alone, and what stood on it is not left for whoever finds the phone."""
    phone.page.clock.install()
    phone.at(YI, "phone", "submitted")
    phone.sees("等待复核")
    house.forward(minutes=31)
    phone.page.clock.fast_forward(11_000)
    phone.sees("登录已退出。")
    assert "/business/basic_info_change" in phone.page.url


def test_a_client_who_reads_for_long_is_warned_before_the_session_ends(phone: Phone) -> None:
    """WCAG 2.2.1: two minutes before, with a button that is enough to stay."""
    phone.page.clock.install()
    phone.at(JIA, "phone", "contact_phone")
    warning = phone.page.locator("#idle")
    expect(warning).to_be_hidden()
    phone.page.clock.fast_forward(29 * 60_000)
    expect(warning).to_be_visible()
    phone.shot("warned")
    warning.get_by_role("button").click()
    expect(warning).to_be_hidden()


def test_an_occupation_is_found_by_a_part_of_its_name(phone: Phone) -> None:
    """A list of many lines is searched, with the keyboard too; Escape leaves it as it was."""
    phone.at(YI, "other", "other_info")
    opener = phone.main.get_by_role("button", name="职业")
    before = opener.inner_text()
    opener.click()
    dialog = phone.page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("科学")
    phone.shot("search")
    assert phone.flaws() == {}
    wanted = dialog.locator("li button").first
    name = wanted.inner_text()
    assert "科学" in name and name != before
    wanted.click()
    expect(dialog).to_be_hidden()
    expect(opener).to_have_text(name)
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_role("searchbox").fill("no such thing")
    expect(dialog).to_contain_text("没有")
    for _ in ("clears the search", "closes the list"):
        phone.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_have_text(name)
    phone.next()
    phone.goes_to("agreements")


def test_a_client_can_leave_while_a_photo_is_on_its_way(phone: Phone) -> None:
    """下一步 waits for the photo and shows it; `<` does not wait."""
    phone.at(BING, "identity", "photos")
    phone.tap("我知道了")
    line = phone.context.new_cdp_session(phone.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 100, "downloadThroughput": 500_000, "uploadThroughput": 60_000}
    line.send("Network.emulateNetworkConditions", slow)
    phone.give_photo("身份证反面", jpeg(size=(1200, 900), noise=True))
    bar = phone.slot("身份证反面").get_by_role("progressbar")
    expect(bar).to_be_visible()
    phone.next()
    expect(bar).to_be_in_viewport()
    phone.goes_to("photos")
    phone.back()
    phone.goes_to("overview")


def test_what_is_entered_without_a_network_is_kept_once_it_is_back(phone: Phone) -> None:
    """Underground: typing goes on, and the draft is sent when the network returns."""
    phone.console.expected = ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]
    phone.at(YI, "other", "other_info")
    phone.context.set_offline(True)
    phone.type("工作单位", "样本制造有限公司")
    phone.page.wait_for_timeout(1800)
    with phone.page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.status == 204):
        phone.context.set_offline(False)
    phone.page.reload()
    assert phone.value("工作单位") == "样本制造有限公司"


def test_the_queue_shows_a_new_case_by_itself(desk: Desk, phone: Phone, house: Served) -> None:
    """Every quarter of a minute, without taking the keyboard from where it was."""
    house.ask("fresh", company="8002", id_number=CHOU.id_number)
    desk.page.clock.install()
    desk.remembered("8002", "reviewer1")
    desk.open("/desk/queue")
    number = house.ask("walk", company="8002", id_number=CHOU.id_number, section="phone", to="submitted")
    desk.page.locator("#number").focus()
    desk.page.clock.fast_forward(16_000)
    desk.sees(number)
    expect(desk.page.locator("#number")).to_be_focused()


def test_a_decision_on_an_old_page_changes_nothing(desks: Callable[..., Desk], phone: Phone, house: Served) -> None:
    """Two windows of one reviewer: one returns the case, the other, still open, cannot approve it any more."""
    number = phone.at(YI, "phone", "submitted")
    one, other = desks(), desks()
    for desk in (one, other):
        desk.remembered("8001", "reviewer1")
    one.take(number)
    other.open(f"/desk/cases/{number}")
    one.send_back(["联系电话有误，无法接通"], "请核对")
    other.console.expected = ["status 409"]
    other.main.locator("form[action$='/approve'] button").click()
    other.page.locator("#ask-approve [data-yes]").click()
    expect(other.main.get_by_role("alert")).to_contain_text("复核任务未通过")
    other.shot("out of date")
    assert house.ask("state", number=number) == "returned"


def test_an_approval_is_asked_about_once_more(desk: Desk, phone: Phone, house: Served) -> None:
    """取消 leaves everything as it was. Before the script is there that asks, nobody approves by a hasty click."""
    number = phone.at(YI, "phone", "submitted")
    desk.remembered("8001", "reviewer1")
    desk.take(number)
    come = held_back(desk.page)
    expect(desk.main.locator("form[action$='/approve'] button")).to_be_disabled()
    come()
    desk.main.locator("form[action$='/approve'] button").click()
    desk.page.locator("#ask-approve [data-no]").click()
    expect(desk.page.locator("#ask-approve")).to_be_hidden()
    assert house.ask("state", number=number) == "in_review"


def test_an_auditor_reads_masked_and_in_full_only_for_a_reason(desk: Desk, phone: Phone) -> None:
    """Personal data are masked; who looks at them without a review says why, and that is kept."""
    number = phone.at(YI, "phone", "submitted")
    desk.remembered("8001", "auditor")
    desk.open(f"/desk/cases/{number}")
    expect(desk.main).not_to_contain_text("0371-65951299")
    expect(desk.main.locator("form[action$='/claim'], form[action$='/approve']")).to_have_count(0)
    desk.main.locator("details:has(#why) summary").click()
    desk.main.locator("#why").select_option(index=1)
    desk.main.locator("form[action$='/inspect'] button").click()
    desk.sees("0371-65951299")
    desk.shot("inspected")


def test_a_refusal_of_the_core_system_waits_for_somebody_at_the_desk(desk: Desk, phone: Phone, house: Served) -> None:
    """What the core system does not accept is not tried again by itself: the desk sees why, and orders it anew."""
    number = phone.at(YI, "phone", "submitted")
    house.ask("switch", refuse_next=2)
    house.ask("approve", number=number)
    desk.remembered("8001", "reviewer1")
    desk.open("/desk/deliveries")
    desk.sees_soon("data_check_failed")
    desk.shot("refused")
    phone.open("/8001/my")
    phone.sees("报送中")
    desk.retry(number)
    desk.delivered(number)
    assert house.ask("record", company="8001", id_number=YI.id_number)["contact_phone"] == "0371-65951299"


def test_a_photo_is_enlarged_with_the_keyboard(desk: Desk, phone: Phone) -> None:
    """Enter opens it, + makes it larger, Escape closes it."""
    number = phone.at(BING, "identity", "submitted")
    desk.remembered("8001", "reviewer1")
    desk.take(number)
    desk.main.locator("a[data-zoom]").first.focus()
    desk.page.keyboard.press("Enter")
    image = desk.page.locator("#zoom img")
    expect(image).to_be_visible()
    narrow = image.bounding_box()
    desk.page.keyboard.press("+")
    wide = image.bounding_box()
    assert narrow and wide and wide["width"] > narrow["width"]
    desk.page.keyboard.press("Escape")
    expect(image).to_be_hidden()
    expect(desk.main.locator("a[data-zoom]").first).to_be_focused()
