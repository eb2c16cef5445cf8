"""A call in a vendor's room: its page in a frame on the client's page and on the agent's, here the simulator's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from at_desk import Desk
from calling import CHUAN, begin_work, complete, queue, site_with, take_next, to_video
from house import Served
from on_phone import Phone
from playwright.sync_api import expect

from banli_video.trial_room import serve

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def vendor() -> Iterator[ThreadingHTTPServer]:
    server = serve()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, vendor: ThreadingHTTPServer) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("room")
    site: Path = site_with(folder / "site", {})
    origin = f"http://127.0.0.1:{vendor.server_port}"
    file = site / "definitions" / "site.yaml"
    told = yaml.safe_load(file.read_text("utf-8"))
    room = {"name": "simulated", "origins": [origin], "options": {"address": origin}}
    told["plugins"] = [
        {"banli_video": {"room": room}} if isinstance(one, dict) and "banli_video" in one else one for one in told["plugins"]
    ]
    file.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    made = Served(folder, site=site)
    yield made
    made.close()


def test_both_sides_meet_in_the_vendors_frame_and_the_agent_decides(
    phones: Callable[..., Phone], desk: Desk, house: Served
) -> None:
    """R-129 to R-136, on a narrow phone"""
    narrow = {"width": 360, "height": 640}
    phone = phones(viewport=narrow, screen=narrow)
    # axe asks every frame whether it is there too, and means only those of our own origin.
    phone.console.expected = desk.console.expected = ["Failed to execute 'postMessage'"]
    number = to_video(phone, CHUAN)
    queue(phone)
    name = begin_work(desk, house)
    take_next(desk)
    expect(phone.main.locator("[data-agent]")).to_have_text(name)
    theirs = phone.page.frame_locator("[data-faces] iframe").locator("#theirs")
    expect(theirs).to_be_visible(timeout=60000)
    phone.sees("视频已接通")
    phone.shot("in the room")
    assert phone.too_wide() == [] and phone.flaws() == {}
    expect(desk.page.locator("[data-state]")).to_be_hidden(timeout=60000)
    complete(desk)
    desk.shot("in the room")
    assert desk.flaws() == {}
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    desk.page.wait_for_url("**/desk/video?said=passed", timeout=60000)
    phone.goes_to("certificate")
    assert {"video.called", "video.connected", "video.ended"} <= set(house.ask("happened", number=number))
