"""Signing with certificates: what the phone does (Chromium), what the server does, how fast PDFs are made; alone with
`python -m tests.bench.signing`."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for _folder in (Path(__file__).parents[1], Path(__file__).parents[1] / "browser"):
    sys.path.insert(0, str(_folder))

NOTED = """() => {
  const kept = { spent: 0, signs: 0, signing: 0 }, asked = window.fetch, sign = SubtleCrypto.prototype.sign;
  window.noted = kept;
  window.fetch = async (...given) => {
    const began = performance.now();
    try { return await asked(...given); } finally { kept.spent += performance.now() - began; }
  };
  SubtleCrypto.prototype.sign = async function (...given) {
    const began = performance.now();
    try { return await sign.apply(this, given); } finally { kept.signs += 1; kept.signing += performance.now() - began; }
  };
  window.addEventListener("pagehide", () => sessionStorage.setItem("noted", JSON.stringify(kept)));
}"""
"""Counts the time that a page waits for the server, so that the rest is the phone's own, and the time of each signature."""


@dataclass(frozen=True)
class Phone:
    """Milliseconds of the device alone, for a new key and for each signature; seconds from the password to the page that says
    that all is handed in, with so many documents."""

    enrol: float
    sign: float
    twelve: float
    documents: int


@dataclass(frozen=True)
class Papers:
    """Milliseconds of CPU for one signature on the server, and for one PDF drawn, signed, stamped and sealed."""

    signature: float
    drawn: float
    bound: float

    @property
    def per_minute(self) -> float:
        return 60_000 / (self.drawn + self.bound)


def phone(folder: Path) -> Phone:
    """A client signs the whole list of the sample company, with PDFs, in a real browser against a real server."""
    from chromium import launch
    from house import Served
    from on_phone import PHONE
    from on_phone import Phone as Hand
    from people import JIA
    from playwright.sync_api import sync_playwright

    from signing_kit import PDF_SITE, files
    from site_kit import changed

    (folder / "served").mkdir(parents=True)
    house = Served(folder / "served", site=changed(folder / "site", **files(PDF_SITE)))
    with sync_playwright() as driver:
        browser = launch(driver.chromium)
        try:
            hand = Hand(browser.new_context(**PHONE), house, "bench")
            number = hand.at(JIA, "phone", "contact_phone")
            hand.type("联系电话", "0371-65951288")
            hand.next()
            hand.goes_to("certificate")
            hand.page.evaluate(NOTED)
            hand.type("证书密码", "246810")
            hand.type("再次输入证书密码", "246810")
            enrol = _timed(hand, lambda: hand.tap("申请并安装"), "[data-done]:not([hidden])")
            hand.next()
            hand.goes_to("agreements")
            house.ask("read", number=number)
            hand.page.reload()
            hand.agree("我已阅读并同意以上所有协议和业务规则内容")
            hand.page.evaluate(NOTED)
            hand.tap("签署协议")
            password = hand.page.locator("dialog[open] #f-certificate")
            password.wait_for(timeout=60_000)
            password.fill("246810")
            began = time.perf_counter()
            hand.page.keyboard.press("Enter")
            hand.sees("正在等待复核")
            twelve = time.perf_counter() - began
            noted = hand.page.evaluate("() => JSON.parse(sessionStorage.getItem('noted'))")
            return Phone(enrol, noted["signing"] / noted["signs"], twelve, len(house.ask("signatures", number=number)))
        finally:
            browser.close()
            house.close()


def _timed(hand: Any, does: Any, until: str) -> float:
    """Milliseconds without those in which the page waits for the server."""
    began = time.perf_counter()
    does()
    hand.page.locator(until).wait_for(timeout=60_000)
    return (time.perf_counter() - began) * 1000 - float(hand.page.evaluate("() => window.noted.spent"))


def papers(folder: Path) -> Papers:
    """The same list without a browser: CPU time of this process and of those that draw."""
    return asyncio.run(_papers(folder))


async def _papers(folder: Path) -> Papers:
    from app_fixtures import open_app
    from signing_kit import PDF_SITE, at_list, files
    from site_kit import changed
    from store_fixtures import MovableClock

    site = changed(folder / "site", **files(PDF_SITE))
    async with open_app(folder / "var", MovableClock(), site, "test") as town:
        pen = await at_list(town)
        await pen.offer()
        worker, before = town.parts.worker(), _spent()
        await worker.run_due()
        drawn = _spent() - before
        offer = await pen.offer()
        posted, before = {"nonce": offer["nonce"], "signatures": pen.signatures(offer)}, _spent()
        status, told = await pen.call("signed", posted)
        signature = _spent() - before
        assert status == 200, told
        await pen.agree()
        before = _spent()
        await worker.run_due()
        bound, pdfs = _spent() - before, sum("pdf" in one for one in posted["signatures"])
        assert pdfs > 3
        return Papers(signature * 1000 / len(posted["signatures"]), drawn * 1000 / pdfs, bound * 1000 / pdfs)


def _spent() -> float:
    """Seconds of CPU, children that have ended with them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    import tempfile

    from tests.bench.__main__ import signed

    with tempfile.TemporaryDirectory(prefix="banli-bench-") as made:
        for figure in signed(Path(made)):
            print(figure.line())
