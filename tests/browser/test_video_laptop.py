"""An agent's laptop is shut in the middle of a call: the client stands first again and is called by another agent (R-132)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from at_desk import DESK, Desk
from calling import CHUAN, begin_work, pictured, queue, site_with, take_next, to_video
from chromium import launch
from house import Served
from on_phone import Phone
from playwright.sync_api import Browser, TimeoutError, expect

from conftest import PATIENCE

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("laptop")
    made = Served(folder, site=site_with(folder / "site", {}))
    yield made
    made.close()


class Laptop:
    """A browser of its own for an agent. Shut, none of its pages does or says anything."""

    def __init__(self, browser: Browser) -> None:
        self._browser = launch(browser.browser_type)
        self.context = self._browser.new_context(**DESK)
        self.context.set_default_timeout(PATIENCE)
        self._shut: list[int] = []

    def shut(self) -> None:
        told = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        self._shut = [one["id"] for one in told if one["type"] == "renderer"]
        assert self._shut
        for pid in self._shut:
            os.kill(pid, signal.SIGSTOP)

    def open(self) -> None:
        for pid in self._shut:
            os.kill(pid, signal.SIGCONT)
        self._shut = []

    def close(self) -> None:
        self.open()
        self._browser.close()


@pytest.fixture
def laptop(browser: Browser) -> Iterator[Laptop]:
    made = Laptop(browser)
    yield made
    made.close()


def taken(desk: Desk) -> bool:
    with suppress(TimeoutError):
        desk.page.locator("[data-next]").click(timeout=5000)
        desk.page.wait_for_url("**/desk/video/call*", timeout=5000)
    return "/desk/video/call" in desk.page.url


def test_a_client_whose_agent_shuts_the_laptop_is_called_by_another(
    phones: Callable[..., Phone], desk: Desk, house: Served, laptop: Laptop
) -> None:
    """On a narrow phone."""
    narrow = {"width": 360, "height": 640}
    phone = phones(viewport=narrow, screen=narrow)
    number = to_video(phone, CHUAN)
    queue(phone)
    lost = Desk(laptop.context, house, "video-laptop")
    begin_work(lost, house)
    take_next(lost)
    pictured(phone.main.locator("[data-theirs]"))
    phone.shot("call")
    assert phone.too_wide() == [] and phone.flaws() == {}
    laptop.shut()
    house.forward(seconds=21)
    # A beat that was on its way keeps the call for twenty seconds more.
    expect(phone.main.get_by_text("与认证人员的连接已中断").filter(visible=True).first).to_be_visible(timeout=60000)
    phone.sees("1 人（含您本人）")
    phone.shot("agent lost")
    assert phone.too_wide() == [] and phone.flaws() == {}

    name = begin_work(desk, house, "agent2")
    # Time has gone on: the client's page has to be heard of first.
    house.until(lambda: taken(desk), 60)
    expect(phone.main.locator("[data-agent]")).to_have_text(name)
    pictured(phone.main.locator("[data-theirs]"))
    laptop.open()
    expect(lost.page.locator("dialog[data-over]")).to_be_visible(timeout=60000)
    expect(lost.page.locator("[data-why-over]")).to_contain_text("客户已回到队首")
    lost.shot("open again")
    assert lost.flaws() == {}
    ended = house.ask("noted", number=number, kind="video.ended")
    assert [one["why"] for one in ended] == ["agent_lost"]
    expect(desk.page.locator("dialog[data-over]")).to_be_hidden()
