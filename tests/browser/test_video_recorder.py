"""A call that the site records itself, in a process of its own: its copy plays, whatever the agent's page leaves out."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import av
import pytest
from at_desk import Desk
from calling import CHUAN, begin_work, complete, pictured, queue, site_with, take_next, to_video
from house import HERE, Served
from on_phone import Phone
from playwright.sync_api import expect

from conftest import Open

pytestmark = pytest.mark.xdist_group("video")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("recorder")
    made = Served(folder, site=site_with(folder / "site", {}, {"recorder": "beside", "recording": "optional"}))
    yield made
    made.close()


@pytest.fixture
def recorder(house: Served) -> Iterator[subprocess.Popen[bytes]]:
    """Beside the server, on the same database."""
    said = (house.folder / "recorder.log").open("ab")
    command = [sys.executable, str(HERE / "recorder_apart.py"), str(house.folder), str(house.folder / "site"), house.ask("now")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", (house.folder / "recorder.log").read_text("utf-8")[-3000:]
        yield process
        process.terminate()
        assert process.wait(60) == 0
    said.close()


def played(content: bytes) -> dict[str, Any]:
    """What a player finds in it."""
    with av.open(io.BytesIO(content)) as container:
        seconds = (container.duration or 0) / 1_000_000
        kinds = sorted(stream.type for stream in container.streams)
        pictures = [frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]
    return {"seconds": seconds, "kinds": kinds, "pictures": len(pictures), "bright": max(pictures, default=0.0)}


def test_the_site_has_a_copy_of_a_call_that_the_agents_page_has_not_recorded(
    phone: Phone, desk: Desk, house: Served, opened: Open, recorder: subprocess.Popen[bytes]
) -> None:
    """R-135; domain.md 3.12: what the firm keeps does not hang on the agent's browser."""
    number = to_video(phone, CHUAN)
    phone.sees("本次视频通话由公司录像")
    queue(phone)
    begin_work(desk, house)
    desk.context.add_init_script("delete window.MediaRecorder")
    take_next(desk)
    desk.page.on("dialog", lambda dialog: dialog.accept())
    pictured(desk.page.locator("video[data-theirs]"))
    expect(desk.page.locator("[data-recording]")).to_have_text("仅服务器录像中", timeout=60000)
    house.until(lambda: min(house.ask("copied", number=number)) > 4, 120)
    desk.shot("copied")
    assert desk.flaws() == {}
    complete(desk)
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    why = desk.page.locator("[data-why]")
    expect(why).to_be_visible(timeout=60000)
    why.select_option("browser")
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    desk.page.wait_for_url("**/desk/video?said=passed", timeout=60000)
    phone.goes_to("certificate")

    house.until(lambda: len(house.ask("noted", number=number, kind="video.kept")) == 2, 60)
    noted = house.ask("noted", number=number, kind="video.kept")
    assert [(one["side"], one["torn"], one["remuxed"]) for one in noted] == [("client", 0, True), ("agent", 0, True)]
    assert house.ask("noted", number=number, kind="video.recorded") == []
    assert house.ask("noted", number=number, kind="video.unrecorded")[0]["why"] == "browser"
    assert house.ask("broken", number=number) == []
    length = house.ask("noted", number=number, kind="video.ended")[0]["seconds"]

    watcher = Desk(opened(viewport={"width": 1280, "height": 900}, locale="zh-CN"), house, "video-copy")
    watcher.remembered("8003", "auditor")
    watcher.open(f"/desk/video-recordings/watch?call={noted[0]['call']}")
    watcher.page.locator("#why").select_option("complaint")
    watcher.page.locator("form[data-open] button").click()
    for told in noted:
        player = watcher.page.locator(f"figure[data-side={told['side']}] video")
        expect(player).to_be_visible()
        player.page.wait_for_function("video => video.duration > 0", arg=player.element_handle(), timeout=60000)
        content = watcher.context.request.get(house.url + str(player.get_attribute("src"))).body()
        assert hashlib.sha256(content).hexdigest() == told["digest"]
        plays = played(content)
        assert plays["kinds"] == ["audio", "video"] and plays["pictures"] >= 5 and plays["bright"] > 20, plays
        assert abs(plays["seconds"] - told["seconds"]) < 0.05 * told["seconds"] + 0.2
        assert told["share"] == pytest.approx(min((told["seconds"] - told["gaps"]) / length, 1), abs=0.6 / length)
    watcher.shot("watched")
    assert watcher.flaws() == {}
