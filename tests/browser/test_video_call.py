"""Identified in a video call: two browsers, a real TURN server, the agent's desk (R-109, R-110, R-129 to R-139)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from at_desk import Desk
from calling import (
    CHUAN,
    JIANG,
    begin_work,
    complete,
    moves,
    pictured,
    queue,
    site_with,
    take_next,
    to_video,
    try_devices,
)  # fmt: skip
from house import CHINA, Served
from on_phone import Phone
from playwright.sync_api import expect

from relay_kit import SECRET, SECRET_ENV, Relay

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    made = Relay(tmp_path_factory.mktemp("turn"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Served]:
    """The example site with calls that go through the relay only."""
    folder = tmp_path_factory.mktemp("video")
    ice = {"turn": [f"turn:127.0.0.1:{relay.port}"], "secret_env": SECRET_ENV, "lifetime": 86400, "relay_only": True}
    os.environ[SECRET_ENV] = SECRET
    made = Served(folder, site=site_with(folder / "site", ice))
    del os.environ[SECRET_ENV]
    # A password of the relay ends by the machine's clock; the house stays in hours at which everybody serves.
    late = (datetime.now(UTC) - datetime.fromisoformat(made.ask("now"))).total_seconds()
    made.ask("passwords_last", seconds=max(0, late))
    yield made
    made.close()


FOCUSABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, video[controls]")]
  .filter((one) => !one.disabled && one.type !== "hidden" && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }))
  .map((one) => one.textContent.trim())"""
"""What can be reached with the keyboard, in the order in which it is read."""


UNPLUGGED = """() => { for (const track of document.querySelector("[data-mine]").srcObject.getTracks()) {
  track.stop(); track.dispatchEvent(new Event("ended")); } }"""
"""Camera and microphone, as their tracks tell it; what is there is opened anew."""
TAKEN_AWAY = f"""() => {{ const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); window.refuse = true;
  navigator.mediaDevices.getUserMedia = (what) => window.refuse ? Promise.reject(new DOMException("no", "NotAllowedError")) : real(what);
  ({UNPLUGGED})(); }}"""


def tabbed(phone: Phone) -> list[str]:
    """What the keyboard reaches, from the top of the page to its end."""
    phone.page.evaluate("() => { const top = document.body; top.tabIndex = -1; top.focus(); top.removeAttribute('tabindex'); }")
    reached: list[str] = []
    for _ in range(60):
        phone.page.keyboard.press("Tab")
        here = phone.page.evaluate(
            "() => document.activeElement === document.body ? null : document.activeElement.textContent.trim()"
        )
        if here is None:
            break
        reached.append(here)
    return reached


def press(phone: Phone, name: str) -> None:
    """With the keyboard."""
    button = phone.main.get_by_role("button", name=name)
    expect(button).to_be_visible()
    button.focus()
    phone.page.keyboard.press("Enter")


def test_a_client_is_called_cut_off_connected_again_and_goes_on_to_the_certificate(
    phone: Phone, desk: Desk, house: Served, relay: Relay
) -> None:
    """R-129 to R-136, R-139; domain 3.2: who it is comes before the picture"""
    to_video(phone, CHUAN)
    phone.title("视频认证")
    phone.shot("start")
    phone.tap("开始视频通话")
    phone.sees("请先完成设备检测")
    expect(phone.main.locator("[data-check=camera].yes")).to_be_visible()
    phone.tap("播放测试音")
    phone.sees("您听到测试音了吗？")
    phone.tap("没有听到")
    phone.sees("请调大音量")
    phone.tap("再播放一次")
    phone.tap("听到了")
    phone.sees("设备检测已通过")
    phone.shot("device check")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.tap("开始视频通话")
    phone.sees("当前排队人数")
    phone.sees("1 人（含您本人）")
    phone.shot("queue")
    assert phone.too_wide() == [] and phone.flaws() == {}
    name = begin_work(desk, house)
    take_next(desk)
    expect(phone.main.locator("[data-agent]")).to_have_text(name)
    expect(phone.main.locator("[data-number]")).to_have_text("F3012345")
    expect(phone.main.locator("[data-faces]")).to_be_hidden()
    theirs, seen = phone.main.locator("[data-theirs]"), desk.page.locator("video[data-theirs]")
    pictured(theirs)
    pictured(seen)
    phone.sees("视频已接通")
    phone.shot("call")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.tap("静音")
    expect(phone.page.get_by_role("button", name="取消静音")).to_have_attribute("aria-pressed", "true")
    phone.tap("取消静音")
    relay.away()
    expect(phone.main.locator("[data-line]")).to_have_text("网络不稳定，正在恢复连接，请停留在本页面。", timeout=40000)
    phone.shot("cut off")
    relay.back()
    expect(phone.main.locator("[data-line]")).to_have_text("连接已恢复。", timeout=60000)
    moves(theirs)
    moves(seen)
    phone.page.reload()
    pictured(theirs)
    pictured(seen)
    complete(desk)
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    phone.sees("视频认证已通过")
    phone.shot("passed")
    phone.goes_to("certificate")
    phone.back()
    phone.goes_to("video")
    phone.sees("视频认证已通过")
    phone.tap("下一步")
    phone.goes_to("certificate")
    assert {"video.called", "video.connected", "video.ended"} <= set(house.ask("happened", number=phone.number()))
    assert house.ask("broken", number=phone.number()) == []


def test_a_client_whose_phone_number_is_wrong_lands_on_its_page_and_comes_again(phone: Phone, desk: Desk, house: Served) -> None:
    """R-137, R-138, R-125, C-27: the page goes there by itself. Before, the client's camera is refused in mid-call (R-034), and the
    agent's unplugged: the call goes on."""
    number = to_video(phone, JIANG)
    queue(phone)
    begin_work(desk, house, "agent2")
    take_next(desk)
    pictured(phone.main.locator("[data-theirs]"))
    phone.page.evaluate(TAKEN_AWAY)
    phone.sees("未获得摄像头或麦克风的使用权限")
    phone.shot("taken away in mid-call")
    assert phone.flaws() == {}
    phone.page.evaluate("window.refuse = false")
    phone.tap("重新检测")
    pictured(phone.main.locator("[data-theirs]"))
    desk.page.evaluate(UNPLUGGED)
    moves(phone.main.locator("[data-theirs]"))
    desk.page.get_by_text("退回到信息有误的页面").click()
    desk.page.get_by_label("联系电话核对不一致").check()
    desk.page.locator("[data-send]").click()
    phone.goes_to("contact_phone")
    phone.sees("联系电话核对不一致")
    phone.shot("sent back")
    phone.type("联系电话", "0371-65951288")
    phone.next()
    phone.goes_to("video")
    phone.tap("开始视频通话")
    phone.sees("当前排队人数")
    assert house.ask("state", number=number) == "open"
    phone.tap("退出排队")
    phone.page.locator("dialog[open]").get_by_role("button", name="退出排队").click()
    phone.sees("您已退出排队")


def test_a_place_is_kept_through_reload_and_in_one_window_only(phones: Callable[..., Phone], house: Served) -> None:
    """R-132, on a narrow phone."""
    narrow = {"width": 360, "height": 640}
    phone = phones(viewport=narrow, screen=narrow)
    to_video(phone, JIANG)
    queue(phone)
    phone.page.reload()
    phone.sees("1 人（含您本人）")
    assert phone.too_wide() == []
    first = phone.page
    phone.page = phone.context.new_page()
    phone.page.goto(first.url)
    phone.sees("1 人（含您本人）")
    phone.page, second = first, phone.page
    phone.sees("视频认证已在其他窗口或手机上打开")
    phone.shot("elsewhere")
    phone.tap("在此继续")
    phone.sees("1 人（含您本人）")
    phone.page = second
    phone.sees("视频认证已在其他窗口或手机上打开")
    second.close()
    phone.page = first
    phone.console.expected = ["ERR_INTERNET_DISCONNECTED", "WebSocket"]
    phone.context.set_offline(True)
    phone.context.set_offline(False)
    phone.sees("1 人（含您本人）")
    # A phone whose screen is locked puts the page away; its client comes back in time, and then too late.
    phone.page.goto("about:blank")
    house.forward(seconds=90)
    phone.page.go_back()
    phone.sees("1 人（含您本人）")
    phone.page.goto("about:blank")
    house.forward(minutes=3)
    phone.page.go_back()
    phone.sees("排队位置已失效")
    assert tabbed(phone) == phone.page.evaluate(FOCUSABLE), "the keyboard goes through the page as it is read"
    press(phone, "开始视频通话")
    phone.sees("1 人（含您本人）")
    expect(phone.main.get_by_role("heading", name="当前排队人数")).to_be_focused()
    assert tabbed(phone) == phone.page.evaluate(FOCUSABLE)
    press(phone, "退出排队")
    phone.page.keyboard.press("Escape")
    expect(phone.page.locator("dialog[open]")).to_have_count(0)
    phone.sees("1 人（含您本人）")
    press(phone, "退出排队")
    leave = phone.page.locator("dialog[open]").get_by_role("button", name="退出排队")
    expect(leave).to_be_visible()
    leave.focus()
    phone.page.keyboard.press("Enter")
    phone.sees("您已退出排队")
    assert phone.flaws() == {} and phone.too_wide() == []


def test_a_camera_that_is_refused_is_told_with_its_cure_and_tried_again(phone: Phone) -> None:
    """R-033, R-034"""
    phone.page.add_init_script(
        "const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); window.refuse = true;"
        "navigator.mediaDevices.getUserMedia = (what) => window.refuse ? "
        "Promise.reject(new DOMException('no', 'NotAllowedError')) : real(what);"
    )
    to_video(phone, CHUAN)
    phone.tap("开始视频通话")
    phone.sees("未获得摄像头或麦克风的使用权限")
    phone.sees("请点击地址栏")
    phone.shot("refused")
    assert phone.flaws() == {}
    phone.page.evaluate("window.refuse = false")
    phone.tap("重新检测")
    expect(phone.main.locator("[data-check=camera].yes")).to_be_visible()
    phone.misses("未获得摄像头或麦克风的使用权限")


def test_after_hours_a_time_can_be_booked_and_given_back(phone: Phone, house: Served) -> None:
    """The hours of calls are not those of forms."""
    to_video(phone, CHUAN)
    now = datetime.fromisoformat(house.ask("now")).astimezone(CHINA)
    house.forward(seconds=(now.replace(hour=22, minute=30) - now).total_seconds())
    phone.remembered(CHUAN)
    phone.page.reload()
    phone.sees("此步骤现在不在服务时间内")
    phone.tap("查看可预约时间")
    expect(phone.field("时间").locator("option").first).to_contain_text("08:00")
    phone.tap("预约")
    phone.sees("已预约：")
    phone.shot("booked")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.page.reload()
    phone.sees("已预约：")
    phone.tap("取消预约")
    phone.misses("已预约：")
    try_devices(phone)
    phone.tap("开始视频通话")
    phone.sees("当前不在视频服务时间")
