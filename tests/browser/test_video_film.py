"""`mode: recorded`: a client films themselves reading digits aloud, looks at it, films again, hands it in over a bad network; staff look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from at_desk import Desk
from calling import CHUAN, begin_work, complete, pictured, site_with, to_video
from house import Served
from on_phone import Phone
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("film")
    made = Served(folder, site=site_with(folder / "site", {}, {"mode": "recorded", "seconds": 5}))
    yield made
    made.close()


def film(phone: Phone) -> None:
    """Until the time is over by itself."""
    phone.tap("开始录制")
    phone.sees("正在录制")
    shown = phone.main.locator("[data-film-shown]")
    expect(shown).to_be_visible(timeout=30000)
    phone.page.wait_for_function("video => video.readyState >= 2", arg=shown.element_handle())


def test_a_film_survives_cuts_and_a_reload_and_an_agent_looks_at_it(
    phones: Callable[..., Phone], desk: Desk, house: Served
) -> None:
    """On a narrow phone."""
    narrow = {"width": 360, "height": 640}
    phone = phones(viewport=narrow, screen=narrow)
    number = to_video(phone, CHUAN)
    digits = phone.main.locator("[data-digits]")
    assert len(digits.inner_text()) == 4
    phone.tap("开始录制")
    phone.sees("请先完成设备检测")
    expect(phone.main.locator("[data-check=camera].yes")).to_be_visible()
    phone.tap("播放测试音")
    phone.tap("听到了")
    phone.sees("设备检测已通过")
    film(phone)
    phone.shot("preview")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.console.expected = ["ERR_FAILED", "ERR_INTERNET_DISCONNECTED"]
    sent: list[str] = []
    phone.page.on("request", lambda asked: sent.append(asked.url) if asked.method == "PUT" else None)
    phone.page.route("**/sent/film/parts/*", lambda route: route.abort())
    phone.tap("提交视频")
    phone.sees("网络已断开，恢复后将自动继续上传")
    phone.shot("no network")
    assert phone.flaws() == {}
    phone.page.unroute("**/sent/film/parts/*")
    before = list(sent)
    phone.page.reload()
    phone.sees("您的视频已提交，等待审核")
    assert before and sent == before, "what had arrived was not sent again"
    phone.shot("waiting")
    assert phone.flaws() == {}
    assert house.ask("happened", number=number).count("video.filed") == 1
    phone.page.reload()
    phone.sees("您的视频已提交，等待审核")

    begin_work(desk, house)
    next_film = desk.page.locator("[data-film]")
    expect(next_film).to_be_visible(timeout=30000)
    desk.shot("a film waits")
    next_film.click()
    desk.page.wait_for_url(re.compile("/desk/video/call"))
    theirs = desk.page.locator("video[data-theirs]")
    desk.page.wait_for_function(
        "video => video.readyState >= 2 && video.duration > 2", arg=theirs.element_handle(), timeout=60000
    )
    desk.sees(digits.inner_text() if digits.is_visible() else "")
    theirs.evaluate("video => { video.muted = true; return video.play(); }")
    pictured(theirs)
    complete(desk)
    desk.shot("film at the desk")
    assert desk.flaws() == {}
    phone.tap("重新录制")
    phone.sees("您的视频正在审核中")
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    desk.page.wait_for_url("**/desk/video?said=passed", timeout=60000)
    phone.sees("视频认证已通过")
    phone.tap("下一步")
    phone.goes_to("certificate")
    assert house.ask("broken", number=number) == []
