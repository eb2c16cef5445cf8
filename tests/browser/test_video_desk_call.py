"""The agent's desk with a real call: what is recorded plays and is proved, a page loaded anew, a supervisor who looks on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from at_desk import Desk
from calling import CHUAN, begin_work, complete, pictured, queue, site_with, take_next, to_video
from house import Served
from on_phone import Phone
from playwright.sync_api import Page, expect

from conftest import Open

pytestmark = pytest.mark.xdist_group("video")

WHOLE = """async address => { const got = new Uint8Array(await (await fetch(address)).arrayBuffer());
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", got))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const parts = [];
  for (let at = 0; at < got.length; at += 100000) {
    const answer = await fetch(address, { headers: { Range: `bytes=${at}-${Math.min(at + 100000, got.length) - 1}` } });
    if (answer.status !== 206) return { status: answer.status };
    parts.push(...new Uint8Array(await answer.arrayBuffer()));
  }
  return { digest, bytes: got.length, same: parts.length === got.length && parts.every((byte, at) => byte === got[at]) }; }"""
SEEK = """video => new Promise((done, broken) => { video.onseeked = () => done(video.currentTime); video.onerror = () => broken(video.error);
  video.muted = true; video.currentTime = video.duration * 0.7; })"""
BRIGHT = """video => { const pen = Object.assign(document.createElement("canvas"), { width: 80, height: 48 }).getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, 80, 48);
  const mean = (x, y, w, h) => pen.getImageData(x, y, w, h).data.reduce((sum, one, at) => sum + (at % 4 < 3 ? one : 0), 0) / (w * h * 3);
  return [mean(0, 4, 64, 40), mean(65, 1, 14, 10)]; }"""
"""How bright the client's half of the picture is, and the agent's."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("video")
    made = Served(folder, site=site_with(folder / "site", {}))
    yield made
    made.close()


def recording(page: Page, seconds: float) -> None:
    """It has been recorded for so long; nothing records on the server here, and the page says so in the same sentence."""
    expect(page.locator("[data-recording]")).to_have_text("录像中，服务器备份尚未开始", timeout=30000)
    page.wait_for_timeout(seconds * 1000)


def test_what_an_agent_records_plays_and_is_in_the_events(phone: Phone, desk: Desk, house: Served, opened: Open) -> None:
    """R-133 to R-136; the agent loads the page anew in the middle of it."""
    number = to_video(phone, CHUAN)
    queue(phone)
    begin_work(desk, house)
    expect(desk.page.locator("[data-all]")).to_have_text("1")
    desk.shot("lines")
    assert desk.flaws() == {}
    take_next(desk)
    desk.page.on("dialog", lambda dialog: dialog.accept())
    theirs = desk.page.locator("video[data-theirs]")
    pictured(theirs)
    recording(desk.page, 4)
    desk.page.locator("#notes").fill("客户清楚")
    desk.page.locator("[data-questions] fieldset").first.locator("input[value=yes]").check()
    expect(desk.page.locator("[data-answered]")).to_have_text("1 / 3")
    desk.shot("call")
    assert desk.flaws() == {}
    desk.page.locator("[data-pass]").click()
    desk.sees("还有问题没有勾选回答")
    desk.page.reload()
    pictured(theirs)
    pictured(phone.main.locator("[data-theirs]"))
    expect(desk.page.locator("[data-answered]")).to_have_text("1 / 3")
    expect(desk.page.locator("#notes")).to_have_value("客户清楚")
    recording(desk.page, 4)
    desk.page.locator("[data-pass]").click()
    desk.sees("还有问题没有勾选回答")
    for group in desk.page.locator("[data-questions] fieldset").all():
        group.locator("input[value=yes]").check()
    expect(desk.page.locator("[data-problem]")).to_have_text("还有照片没有采集。")
    complete(desk)
    expect(desk.page.locator("[data-problem]")).to_be_hidden()
    desk.shot("complete")
    desk.page.locator("[data-pass]").click()
    desk.page.locator("[data-yes]").click()
    desk.page.wait_for_url("**/desk/video?said=passed", timeout=60000)
    desk.sees("客户已通过视频认证")
    phone.goes_to("certificate")
    noted = house.ask("noted", number=number, kind="video.recorded")
    assert len(noted) == 1 and noted[0]["remuxed"] and noted[0]["seconds"] > 8, noted
    assert house.ask("broken", number=number) == []

    watcher = Desk(opened(viewport={"width": 1280, "height": 900}, locale="zh-CN"), house, "video-recording")
    watcher.remembered("8003", "auditor")
    watcher.open(f"/desk/video-recordings/watch?call={noted[0]['call']}")
    watcher.page.locator("#why").select_option("complaint")
    watcher.page.locator("form[data-open] button").click()
    player = watcher.page.locator("figure.player video")
    expect(player).to_be_visible()
    player.page.wait_for_function("video => video.duration > 0", arg=player.element_handle(), timeout=30000)
    length = player.evaluate("video => video.duration")
    assert abs(length - noted[0]["seconds"]) < 0.05 * noted[0]["seconds"] + 0.2, (length, noted)
    assert abs(player.evaluate(SEEK) - length * 0.7) < 1.5
    client, agent = player.evaluate(BRIGHT)
    assert client > 20 and agent > 20, "both sides are in the picture"
    told = watcher.page.evaluate(WHOLE, player.get_attribute("src"))
    assert told == {"digest": noted[0]["digest"], "bytes": noted[0]["bytes"], "same": True}
    watcher.shot("watched")
    assert watcher.flaws() == {}
    watched = house.ask("noted", number=number, kind="video.watched")
    assert [one["why"] for one in watched] == ["complaint"]


def test_a_supervisor_sees_the_line_moves_a_client_and_ends_a_call(phone: Phone, desk: Desk, house: Served, opened: Open) -> None:
    to_video(phone, CHUAN)
    queue(phone)
    boss = Desk(opened(viewport={"width": 1280, "height": 900}, locale="zh-CN"), house, "video-supervision")
    boss.remembered("8003", "admin")
    boss.open("/desk/video-watch")
    company = boss.page.locator("[data-company='8003']")
    expect(company.locator("[data-waiting]")).to_have_text("1")
    begin_work(desk, house)
    row = boss.page.locator("[data-agents] tr").first
    expect(row.locator("[data-state]")).to_have_text("接待中")
    boss.shot("watch")
    assert boss.flaws() == {}
    form = company.locator("form[data-move]").filter(visible=True)
    form.locator("[data-to]").select_option(label="重庆营业部")
    form.locator("button").click()
    moved = company.locator("[data-queues] tr", has=boss.page.locator("th", has_text="重庆营业部"))
    expect(moved.locator("[data-people]")).to_have_text("1")
    take_next(desk)
    pictured(phone.main.locator("[data-theirs]"))
    expect(row.locator("[data-state]")).to_have_text("通话中")
    row.locator("[data-stop]").click()
    boss.page.locator("[data-sure] [data-yes]").click()
    expect(desk.page.locator("dialog[data-over]")).to_be_visible()
    expect(desk.page.locator("[data-why-over]")).to_have_text("主管已结束本次通话。")
    expect(row.locator("[data-state]")).to_have_text("接待中")
    desk.shot("stopped")
