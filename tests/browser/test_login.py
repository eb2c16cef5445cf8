"""The login page alive: captcha, code, countdown, the privacy policy, and who is not let in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from house import Served
from on_phone import Client, Phone
from people import JIA
from playwright.sync_api import expect

LOGIN = "/8001/business/basic_info_change"
NO_ACCOUNT = Client("8001", "800100006", "440103198803150022", "13900010006")
UNDER_AGE = Client("8001", "800100007", "440103201206010018", "13900010007")


@pytest.fixture
def login(phone: Phone) -> Phone:
    phone.open(LOGIN)
    expect(phone.page.locator(".picture img")).to_have_js_property("complete", True)
    return phone


def test_a_tap_on_the_picture_draws_another(login: Phone, house: Served) -> None:
    """R-020: the new picture counts, the old one is void, and what was typed of it is gone."""
    first = house.ask("captcha")
    login.type("图形验证码", first)
    login.type("身份证号", JIA.id_number)
    with login.page.expect_response("**/captcha.png?*"):
        login.page.locator(".picture").click()
    assert house.ask("captcha") != first
    assert login.value("图形验证码") == ""
    assert login.value("身份证号") == JIA.id_number


def test_the_picture_can_be_listened_to(login: Phone) -> None:
    """R-020: who cannot see the picture hears it, and the sound belongs to the picture that is shown."""
    login.main.get_by_text("听语音验证码").click()
    with login.page.expect_response("**/captcha.wav*") as heard:
        login.page.locator("audio").evaluate("audio => { audio.muted = true; return audio.play(); }")
    assert heard.value.headers["content-type"] == "audio/wav"


def test_the_next_code_waits_for_a_minute(login: Phone, house: Served) -> None:
    """R-021, R-022: sent to the number on file, which is shown masked; the button counts down."""
    login.type("身份证号", JIA.id_number)
    login.type("图形验证码", house.ask("captcha"))
    login.tap("短信验证码")
    login.sees("139****0001")
    button = login.page.locator("[data-code]")
    expect(button).to_be_disabled()
    expect(button).to_contain_text("秒")
    login.shot("counting")
    expect(login.field("短信验证码")).to_be_focused()


def test_a_code_needs_the_number_and_the_picture_first(login: Phone) -> None:
    """R-038: each thing that is missing has its own sentence, at once and without leaving the page."""
    login.tap("短信验证码")
    expect(login.main.get_by_text("请输入身份证号").filter(visible=True)).to_be_visible()
    expect(login.main.get_by_text("请输入图形验证码").filter(visible=True)).to_be_visible()
    expect(login.field("身份证号")).to_be_focused()
    login.shot("missing")


def test_a_wrong_picture_is_told_and_another_is_drawn(login: Phone, house: Served) -> None:
    """R-038: wrong characters cost nothing but another look."""
    before = house.ask("captcha")
    login.type("身份证号", JIA.id_number)
    login.type("图形验证码", "11111")
    with login.page.expect_response("**/captcha.png?*"):
        login.tap("短信验证码")
    assert house.ask("captcha") != before
    expect(login.main.get_by_text("图形验证码不正确").or_(login.main.get_by_text("请重新")).first).to_be_visible()


def test_who_has_no_account_is_told_so_after_the_picture(login: Phone, house: Served) -> None:
    """R-029: the sentence of the manual, and only after the captcha was read rightly."""
    login.type("身份证号", NO_ACCOUNT.id_number)
    login.type("图形验证码", house.ask("captcha"))
    login.tap("短信验证码")
    login.sees("您未开通期货/资管账户，请先开通账户业务，如有疑问请联系期货公司咨询")
    login.shot("no account")


def test_who_is_under_age_is_not_let_in(login: Phone, house: Served) -> None:
    """R-032."""
    login.type("身份证号", UNDER_AGE.id_number)
    login.type("图形验证码", house.ask("captcha"))
    login.tap("短信验证码")
    login.sees("网上业务仅限年满18周岁的客户办理")


def test_the_privacy_policy_opens_over_the_page_and_gives_the_focus_back(login: Phone) -> None:
    """R-023: what was typed stays, the tick stays the client's own."""
    login.type("身份证号", JIA.id_number)
    link = login.main.get_by_role("link", name="《隐私政策》")
    link.click()
    dialog = login.page.get_by_role("dialog")
    expect(dialog).to_contain_text("个人信息")
    login.shot("privacy")
    login.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    assert login.value("身份证号") == JIA.id_number
    expect(login.page.get_by_role("checkbox")).not_to_be_checked()


def test_all_that_is_wrong_at_the_login_is_told_at_once(login: Phone, house: Served) -> None:
    """R-038: a number with a typing mistake, a code that was never sent, no consent."""
    login.type("身份证号", "410105199508130038")
    login.choose("账户类型", "资管账户")
    login.type("图形验证码", house.ask("captcha"))
    login.type("短信验证码", "12345")
    login.tap("马上登录")
    expect(login.errors()).to_have_text(["身份证号有误，请再核对一遍。", "验证码为6位数字", "请阅读并同意《隐私政策》"])
    assert login.value("身份证号") == "410105199508130038"
    login.shot("wrong")
    login.type("身份证号", JIA.id_number)
    expect(login.errors()).to_have_text(["验证码为6位数字", "请阅读并同意《隐私政策》"])
    expect(login.page.locator("#summary a.done")).to_have_text(["身份证号有误，请再核对一遍。"])
    login.shot("being mended")


def test_a_device_without_camera_is_stopped_here(phones: Callable[..., Phone]) -> None:
    """R-033, R-034: told before anything was typed, not at the video call."""
    phone = phones()
    phone.page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    phone.open(LOGIN)
    phone.sees("没有检测到可以正常使用的摄像头、麦克风或扬声器，请更换设备后再办理")
    expect(phone.page.get_by_role("button", name="马上登录")).to_be_disabled()
    phone.shot("no camera")
