"""Signing with certificates: what the phone does (Chromium), what the server does, how fast PDFs are made."""

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
  const kept = { calls: 0, spent: 0 }, asked = window.fetch;
  window.noted = kept;
  window.fetch = async (...given) => {
    const began = performance.now();
    try { return await asked(...given); } finally { kept.calls += 1; kept.spent += performance.now() - began; }
  };
}"""
"""Counts the time that a page waits for the server, so that the rest is the phone's own."""


@dataclass(frozen=True)
class Phone:
    """Milliseconds of the device alone, for a new key and for each signature, and seconds of twelve documents end to end."""

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
        browser = driver.chromium.launch(executable_path=_chromium())
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
            ended, began = {"spent": 0.0}, time.perf_counter()
            hand.page.on("request", lambda asked: ended.setdefault("at", time.perf_counter()) if asked.is_navigation_request() else 0)
            hand.page.evaluate("() => { window.addEventListener('pagehide', () => sessionStorage.setItem('noted', window.noted.spent)) }")
            hand.page.keyboard.press("Enter")
            hand.sees("正在等待复核")
            twelve = time.perf_counter() - began
            spent = float(hand.page.evaluate("() => sessionStorage.getItem('noted')"))
            count = sum(2 if '"pdf"' in one["statement"] else 1 for one in house.ask("signatures", number=number))
            own = (ended.get("at", began + twelve) - began) * 1000 - spent
            return Phone(enrol, own / count, twelve, len(house.ask("signatures", number=number)))
        finally:
            browser.close()
            house.close()


def _timed(hand: Any, does: Any, until: str) -> float:
    """Milliseconds without those in which the page waits for the server."""
    began = time.perf_counter()
    does()
    hand.page.locator(until).wait_for(timeout=60_000)
    return (time.perf_counter() - began) * 1000 - float(hand.page.evaluate("() => window.noted.spent"))


def _chromium() -> str:
    import shutil

    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("chromium is missing: scripts/system-packages test")
    return found


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
    return sum(
        one.ru_utime + one.ru_stime for one in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
