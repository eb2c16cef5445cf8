"""The whole way of a certificate in WebKit, the engine of every browser on an iPhone: installed, a wrong password, signed, and back
on another day (R-100 to R-113, R-141 to R-150)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import Served
from on_webkit import WebKit
from people import BING, JIA

from signing_kit import SITE, files
from site_kit import changed

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "browser"
PASSWORD = "246810"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example site with certificates, of an authority that takes two seconds to decide."""
    folder = tmp_path_factory.mktemp("webkit")
    site = SITE.replace("样本}", "样本, authority: simulator, simulation: {waits: 2}}")
    made = Served(folder, site=changed(folder / "site", **files(site)))
    yield made
    made.close()


@pytest.fixture
def webkit(tmp_path: Path) -> Iterator[WebKit]:
    made = WebKit(tmp_path)
    yield made
    made.close()


def at_certificate(webkit: WebKit, house: Served, client: object) -> str:
    who = {"company": client.company, "id_number": client.id_number}  # type: ignore[attr-defined]
    house.ask("fresh", **who)
    number = str(house.ask("walk", **who, section="phone", to="contact_phone"))
    company = who["company"]
    webkit.open(f"{house.url}/{company}")
    webkit.cookie("lang", "zh_CN", "/")
    webkit.cookie("banli", house.ask("enter", **who), f"/{company}")
    webkit.open(f"{house.url}/{company}/cases/{number}")
    webkit.type("#f-contact_phone", "0371-65951299")
    webkit.tap("下一步")
    webkit.goes_to("certificate")
    return number


def install(webkit: WebKit) -> None:
    webkit.type("#f-password", PASSWORD)
    webkit.type("#f-again", PASSWORD)
    webkit.tap("申请并安装")
    webkit.sees("数字证书已经安装成功！")
    webkit.tap("下一步")
    webkit.goes_to("agreements")


def enter(webkit: WebKit, password: str) -> None:
    webkit.tap("签署协议")
    webkit.type("dialog[open] #f-certificate", password)
    webkit.press("css selector", "dialog[open] [data-sign]")


def test_a_certificate_is_installed_and_signs(webkit: WebKit, house: Served) -> None:
    number = at_certificate(webkit, house, JIA)
    assert "WebKit" in webkit.run("return navigator.userAgent") and not webkit.run("return 'chrome' in window")
    install(webkit)
    kept = "return [localStorage, sessionStorage].map((one) => JSON.stringify(one)).join() + location.href"
    assert PASSWORD not in webkit.run(kept)
    house.ask("read", number=number)
    webkit.reload()
    webkit.press("css selector", "#f-agree")
    enter(webkit, "135790")
    webkit.sees("密码错误，还可以尝试 4 次")
    webkit.type("dialog[open] #f-certificate", PASSWORD)
    webkit.press("css selector", "dialog[open] [data-sign]")
    webkit.sees("正在等待复核")
    webkit.shot(ARTEFACTS / "webkit" / "signed.png")
    assert house.ask("state", number=number) == "submitted"
    signed = house.ask("signatures", number=number)
    assert len(signed) > 2 and all(one["statement"] and one["signature"] and one["serial"] for one in signed)


def test_an_application_goes_on_after_the_page_was_closed(webkit: WebKit, house: Served) -> None:
    """While the authority decides the client goes away; the phone asks by itself when the page is opened again."""
    number = at_certificate(webkit, house, BING)
    webkit.type("#f-password", PASSWORD)
    webkit.type("#f-again", PASSWORD)
    webkit.tap("申请并安装")
    webkit.sees("证书机构正在审核您的申请")
    address = webkit.address
    webkit.open(f"{house.url}/{BING.company}")
    house.forward(seconds=5)
    webkit.open(address)
    webkit.sees("数字证书已经安装成功！")
    webkit.tap("下一步")
    webkit.goes_to("agreements")
    assert house.ask("state", number=number) == "open"
