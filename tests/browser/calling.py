"""A real call between a client's phone and the agent's desk: device check, queue, both pictures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from at_desk import Desk
from house import Served
from on_phone import Client, Phone
from playwright.sync_api import expect

from site_kit import DEFINITIONS

CHUAN = Client("8003", "WC-0001", "510104199003070015", "13900030001")
JIANG = Client("8003", "WC-0002", "500103198811020021", "13900030002")
"""Of the branch 重庆营业部."""
SHOWS = """video => { const pen = Object.assign(document.createElement("canvas"), { width: 16, height: 12 }).getContext("2d");
  if (!video.videoWidth) return 0; pen.drawImage(video, 0, 0, 16, 12);
  return pen.getImageData(0, 0, 16, 12).data.reduce((sum, one, at) => sum + (at % 4 < 3 ? one : 0), 0) / 576; }"""
"""How bright the picture is that a video shows."""


def site_with(folder: Path, ice: dict[str, Any], step: dict[str, Any] | None = None) -> Path:
    """The example site, where company 8003 has video calls, with these servers; and times that can be booked. `step` are
    other settings of its step."""
    definitions = Path(shutil.copytree(DEFINITIONS, folder / "definitions"))
    _change(
        definitions / "site.yaml",
        plugins=lambda told: [*(one for one in told if one != "banli_video"), {"banli_video": {"ice": ice}}],
    )
    own = step or {"bookings": {"days": 2, "minutes": 30, "places": 1}}
    flow = definitions / "companies" / "8003" / "flows" / "basic_info_change.yaml"
    _change(flow, steps=lambda told: [*(told or []), {"video": own}])
    return folder


def _change(path: Path, **how: Callable[[Any], Any]) -> None:
    told = yaml.safe_load(path.read_text("utf-8"))
    path.write_text(
        yaml.safe_dump({**told, **{key: change(told.get(key)) for key, change in how.items()}}, allow_unicode=True), "utf-8"
    )


def to_video(phone: Phone, client: Client) -> str:
    """A client without a certificate comes to the video step (R-109)."""
    number = phone.at(client, "phone", "contact_phone")
    phone.goes_to("contact_phone")
    phone.type("联系电话", "0371-65951299")
    phone.next()
    phone.goes_to("no_certificate")
    phone.sees("未检查到数字证书")
    phone.tap("确定")
    phone.goes_to("video")
    return number


def try_devices(phone: Phone) -> None:
    phone.tap("开始检测")
    check = phone.main.locator
    expect(check("[data-check=camera].yes")).to_be_visible()
    phone.tap("播放测试音")
    phone.tap("听到了")
    expect(check("[data-check=speaker].yes")).to_be_visible()
    expect(check("[data-check=microphone].yes")).to_be_visible()
    phone.sees("设备检测已通过")


def queue(phone: Phone) -> None:
    try_devices(phone)
    phone.tap("开始视频通话")
    phone.sees("当前排队人数")


def begin_work(desk: Desk, house: Served, login: str = "agent1") -> str:
    """The agent is at work for all lines of company 8003; their name."""
    name = house.ask("practising", company="8003", login=login, number="F3012345")
    desk.remembered("8003", login)
    desk.open("/desk/video")
    begin = desk.page.locator("[data-begin]")
    following = desk.page.locator("[data-next]")
    expect(begin.or_(following).filter(visible=True).first).to_be_visible()
    if begin.is_visible():
        begin.click()
    expect(following).to_be_visible()
    return str(name)


def take_next(desk: Desk) -> None:
    following = desk.page.locator("[data-next]")
    expect(following).to_be_enabled()
    following.click()
    desk.page.wait_for_url(re.compile("/desk/video/call"))


def complete(desk: Desk) -> None:
    """Every question has the answer that is needed, every picture is taken."""
    for group in desk.page.locator("[data-questions] fieldset").all():
        group.locator("input[value=yes]").check()
    slots = desk.page.locator("[data-slots] > *")
    for place in range(slots.count()):
        slots.nth(place).locator("[data-take]").click()
        expect(slots.nth(place).locator("img")).to_be_visible()


def pictured(video: Any, patience: float = 40000) -> None:
    """The video shows something that is not black."""
    expect(video).to_be_visible(timeout=patience)
    video.page.wait_for_function(f"video => ({SHOWS})(video) > 12", arg=video.element_handle(), timeout=patience)


def moves(video: Any, patience: float = 40000) -> None:
    """New pictures come."""
    now = video.evaluate("video => video.getVideoPlaybackQuality().totalVideoFrames")
    seen = "([video, before]) => video.getVideoPlaybackQuality().totalVideoFrames > before + 5"
    video.page.wait_for_function(seen, arg=[video.element_handle(), now], timeout=patience)
