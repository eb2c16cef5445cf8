"""`mode: recorded`: a client films themselves reading digits aloud, looks at it, films again, hands it in and waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from calling import CHUAN, site_with, to_video, try_devices
from house import Served
from on_phone import Phone
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("film")
    made = Served(folder, site=site_with(folder / "site", {}, {"mode": "recorded", "seconds": 8}))
    yield made
    made.close()


def film(phone: Phone) -> None:
    """Until the time is over by itself."""
    phone.tap("开始录制")
    phone.sees("正在录制")
    shown = phone.main.locator("[data-film-shown]")
    expect(shown).to_be_visible(timeout=30000)
    phone.page.wait_for_function("video => video.readyState >= 2", arg=shown.element_handle())


def test_a_film_is_looked_at_filmed_again_and_handed_in_over_a_bad_network(phone: Phone, house: Served) -> None:
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
    phone.tap("重新录制")
    film(phone)
    phone.console.expected = ["ERR_FAILED"]
    cuts = {"left": 2}

    def bad(route: Any) -> None:
        cuts["left"] -= 1
        route.abort() if cuts["left"] >= 0 else route.continue_()

    phone.page.route("**/call/part", bad)
    phone.tap("提交视频")
    phone.sees("您的视频已提交，等待审核")
    phone.shot("waiting")
    assert phone.flaws() == {}
    assert house.ask("happened", number=number).count("video.recorded") == 1
    phone.page.reload()
    phone.sees("您的视频已提交，等待审核")
    phone.tap("重新录制")
    phone.sees("请朗读")
    try_devices(phone)
