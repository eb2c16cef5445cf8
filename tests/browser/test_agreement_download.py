"""协议下载: what was agreed to on the phone is found again, read, and taken along; at both companies and by people who listen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from house import Served
from on_phone import TITLE, Client, Phone
from people import JIA, QING_JIA, WU, ZI
from playwright.sync_api import BrowserContext, expect

AT = "/business/agreement_download/pages/papers"


def on_the_menu(phone: Phone, client: Client, title: str) -> None:
    phone.open(f"/{client.company}")
    phone.tap_tile(title)
    expect(phone.page).to_have_url(f"{phone.house.url}/{client.company}{AT}")


def test_after_a_new_phone_number_the_signed_texts_are_found_and_taken_along(phone: Phone, house: Served) -> None:
    """R-102 to R-108 and after: from the menu through the login to the list, one text, its file, and back."""
    number = phone.at(JIA, "phone", "agreements")
    phone.sign(read=True)
    phone.sees("业务已成功提交")
    phone.context.clear_cookies()
    phone.open("/8001")
    phone.shot("menu")
    phone.tap_tile("协议下载")
    phone.shot("login")
    phone.log_in(JIA)
    expect(phone.page).to_have_url(f"{house.url}/8001{AT}")
    phone.title("协议下载")
    phone.sees("我已签署的协议")
    phone.sees(number)
    phone.sees(TITLE)
    phone.shot("list")
    phone.main.locator("details.signed").first.get_by_role("link", name="期货经纪合同").click()
    phone.sees("样本甲")
    phone.sees("文本摘要 SHA-256")
    phone.shot("signed text")
    with phone.page.expect_download() as waiting:
        phone.tap("下载")
    assert waiting.value.suggested_filename == "期货经纪合同 YB-JJHT-2026-01.html"
    content = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert (number in content, "样本甲" in content, "<script" in content) == (True, True, False)
    _looks_like_paper(phone, content)
    phone.back()
    expect(phone.page).to_have_url(f"{house.url}/8001{AT}")
    phone.main.locator("section[aria-labelledby=listed]").get_by_role("link", name="期货交易风险说明书").click()
    phone.sees("下载")
    phone.misses("受理单号")
    phone.shot("present text")
    phone.back()
    phone.tap("返回业务选择")
    phone.tap("我的业务")
    phone.sees(number)
    phone.misses("协议下载")


def _looks_like_paper(phone: Phone, content: str) -> None:
    """The file by itself, in a browser without a network and on paper."""
    browser = phone.context.browser
    assert browser is not None
    alone: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844}, offline=True, java_script_enabled=False)
    try:
        phone_page, phone.page = phone.page, alone.new_page()
        phone.page.set_content(content)
        phone.shot("file")
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
        phone.page.set_viewport_size({"width": 794, "height": 1123})
        phone.page.emulate_media(media="print")
        phone.shot("file printed")
        phone.page = phone_page
    finally:
        alone.close()


def test_the_other_company_calls_it_otherwise_and_has_a_pdf(phone: Phone, house: Served) -> None:
    number = phone.at(QING_JIA, "phone", "agreements")
    phone.sign(read=True)
    on_the_menu(phone, QING_JIA, "电子协议查询下载")
    phone.sees(number)
    phone.shot("list")
    phone.main.locator("details.signed").first.get_by_role("link", name="期货交易收费说明").click()
    expect(phone.main.locator(".leaves img").first).to_be_visible()
    phone.shot("signed pdf")
    with phone.page.expect_download() as waiting:
        phone.tap("下载")
    assert waiting.value.suggested_filename == "期货交易收费说明 QH-SF-2026-01.pdf"
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF-")


def test_without_scripts_and_without_anything_signed(phones: Callable[..., Phone]) -> None:
    phone = phones(java_script_enabled=False)
    phone.remembered(WU)
    on_the_menu(phone, WU, "协议下载")
    phone.sees("您还没有在网上签署过协议。")
    phone.shot("nothing signed")
    phone.main.locator("section[aria-labelledby=listed]").get_by_role("link", name="期货经纪合同").click()
    phone.sees("样本戊")
    with phone.page.expect_download() as waiting:
        phone.tap("下载")
    assert waiting.value.suggested_filename == "期货经纪合同 YB-JJHT-2026-01.html"


def test_nothing_is_in_the_way_of_people_who_listen_enlarge_or_read_at_night(phones: Callable[..., Phone]) -> None:
    found = {}
    for client, title in ((JIA, "协议下载"), (ZI, "电子协议查询下载")):
        phone = phones(viewport={"width": 360, "height": 740}, screen={"width": 360, "height": 740})
        phone.at(client, "phone", "submitted")
        on_the_menu(phone, client, title)
        phone.shot(f"narrow list {client.company}")
        found[client.company, "list"] = phone.flaws()
        phone.main.locator("details.signed a").first.click()
        phone.sees("文本摘要 SHA-256")
        phone.shot(f"narrow text {client.company}")
        found[client.company, "text"] = phone.flaws()
    assert {page: flaws for page, flaws in found.items() if flaws} == {}
