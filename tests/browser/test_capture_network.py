"""Photos travel in parts over a network that is slow, cut, or left by a reload: what has arrived is not sent again."""

from __future__ import annotations

import re
from typing import Any

from on_phone import Phone, jpeg
from people import BING
from playwright.sync_api import Response, Route, expect

FRONT = "身份证正面"
LARGE = jpeg(size=(1600, 1200), noise=True)
PART = 256 * 1024


class Line:
    """The network between this phone and the site, and which parts have gone through it."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.arrived = phone, list[int]()
        self.sizes: dict[int, int] = {}
        self._held: list[Route] = []
        self._line: Any = phone.context.new_cdp_session(phone.page)
        self._line.send("Network.enable")
        phone.page.on("response", self._heard)

    def slow(self, bytes_per_second: int) -> None:
        how = {"offline": False, "latency": 100, "downloadThroughput": 500_000, "uploadThroughput": bytes_per_second}
        self._line.send("Network.emulateNetworkConditions", how)

    def stops_at(self, part: int) -> None:
        """This part does not get through, so that however slow the machine is the photo is still on its way when it is cut."""
        self.phone.page.route(re.compile(rf"/parts/[0-9a-f]{{32}}/{part}$"), self._hold)

    def cut(self) -> None:
        """Gone, until it is slow again."""
        how = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self._line.send("Network.emulateNetworkConditions", how)
        for request in self._held:
            request.abort("internetdisconnected")
        self._held.clear()
        self.phone.page.unroute_all()

    def until(self, count: int) -> None:
        """So many parts have arrived."""
        while len(self.arrived) < count:
            with self.phone.page.expect_response(re.compile(r"/parts/[0-9a-f]{32}/\d+$"), timeout=60_000):
                pass

    def _hold(self, route: Route) -> None:
        self._held.append(route)

    def _heard(self, response: Response) -> None:
        found = re.search(r"/parts/[0-9a-f]{32}/(\d+)$", response.url)
        if found and response.status == 200:
            self.arrived.append(int(found[1]))


def at_photos(phone: Phone) -> Line:
    phone.console.expected = ["ERR_INTERNET_DISCONNECTED", "ERR_ABORTED", "ERR_NETWORK_CHANGED", "ERR_FAILED"]
    phone.at(BING, "identity", "photos")
    phone.tap("我知道了")
    return Line(phone)


def arrives(phone: Phone, line: Line, again: int = 0) -> None:
    """The photo is there in the end, all of its parts, none more often than the network made it so."""
    expect(phone.slot(FRONT).locator("img.shot")).to_be_visible(timeout=60_000)
    expect(phone.slot(FRONT).get_by_role("progressbar")).to_be_hidden()
    assert sorted(set(line.arrived)) == list(range(max(line.arrived) + 1))
    assert max(line.arrived) >= 3
    assert len(line.arrived) <= len(set(line.arrived)) + again


def test_a_photo_goes_on_by_itself_after_the_network_was_cut_in_its_middle(phone: Phone) -> None:
    """R-072: slow, then gone, then back."""
    line = at_photos(phone)
    line.slow(2_000_000)
    line.stops_at(2)
    phone.give_photo(FRONT, LARGE)
    line.until(2)
    line.cut()
    expect(phone.slot(FRONT).get_by_text("恢复后会自动继续上传").filter(visible=True)).to_be_visible()
    bar = phone.slot(FRONT).get_by_role("progressbar")
    expect(bar).to_be_visible()
    assert 10 < float(bar.evaluate("bar => bar.value")) < 95
    phone.shot("cut")
    assert (phone.too_wide(), phone.flaws()) == ([], {})
    before = len(line.arrived)
    line.slow(2_000_000)
    arrives(phone, line, again=1)
    assert before >= 2
    phone.next()
    expect(phone.errors().first).to_have_text("请上传身份证反面照片")


def test_a_photo_goes_on_after_the_page_was_loaded_again(phone: Phone) -> None:
    """R-072: nobody has to find the photo once more; nothing of it is left in the browser afterwards."""
    line = at_photos(phone)
    line.slow(300_000)
    phone.give_photo(FRONT, LARGE)
    line.until(2)
    phone.page.reload()
    phone.tap_if_there("我知道了")
    line.slow(2_000_000)
    arrives(phone, line, again=1)
    left = """async () => new Promise((done) => {
        const opening = indexedDB.open("banli", 1);
        opening.onsuccess = () => {
            const all = opening.result.transaction("uploads").objectStore("uploads").getAllKeys();
            all.onsuccess = () => done(all.result);
        };
    })"""
    phone.house.until(lambda: phone.page.evaluate(left) == [])


def test_what_waits_in_the_browser_cannot_be_read_without_the_tab(phone: Phone) -> None:
    """A photo of an identity card that is on its way lies on the phone sealed, and its key ends with the tab."""
    line = at_photos(phone)
    line.slow(2_000_000)
    line.stops_at(1)
    phone.give_photo(FRONT, LARGE)
    line.until(1)
    line.cut()
    seen = """async () => new Promise((done) => {
        const opening = indexedDB.open("banli", 1);
        opening.onsuccess = () => {
            const all = opening.result.transaction("uploads").objectStore("uploads").getAll();
            all.onsuccess = () => done(all.result.map((one) => [...new Uint8Array(one.sealed).slice(0, 3)]));
        };
    })"""
    kept = phone.page.evaluate(seen)
    assert len(kept) == 1 and kept[0] != [0xFF, 0xD8, 0xFF]
    other = phone.context.new_page()
    line.slow(2_000_000)
    arrives(phone, line, again=2)
    other.goto(phone.page.url)
    assert other.evaluate("() => sessionStorage.getItem('banli-key')") is None


def test_another_photo_takes_the_place_of_one_that_is_on_its_way(phone: Phone) -> None:
    line = at_photos(phone)
    line.slow(200_000)
    phone.give_photo(FRONT, LARGE)
    line.until(1)
    line.slow(2_000_000)
    phone.give_photo(FRONT, jpeg("seagreen"))
    expect(phone.slot(FRONT).get_by_text("上传成功")).to_be_visible()
    phone.page.reload()
    phone.tap_if_there("我知道了")
    picture = phone.slot(FRONT).locator("img.shot")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 1280
