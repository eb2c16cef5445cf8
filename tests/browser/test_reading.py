"""Agreements on a phone: read to the end, for long enough, one after the other, and as pictures of a PDF."""

from __future__ import annotations

from collections.abc import Callable

from on_phone import Phone
from people import JIA, QING_JIA
from playwright.sync_api import expect

Phones = Callable[..., Phone]


def at_papers(phone: Phone, company: str) -> None:
    """On the list of agreements."""
    phone.at(JIA if company == "8001" else QING_JIA, "phone", "agreements")
    phone.goes_to("agreements")


def open_paper(phone: Phone, title: str) -> None:
    phone.main.locator(".papers a").filter(has_text=title).click()
    expect(phone.main.locator("article")).to_be_visible()


def test_the_button_tells_what_is_missing_and_counts_down(phones: Phones) -> None:
    """R-103: the end must have been in sight and the seconds must be over; then the page tells the server by itself."""
    phone = phones()
    phone.page.clock.install(time=0)
    at_papers(phone, "8002")
    phone.page.clock.pause_at(3_600_000)
    open_paper(phone, "期货交易风险说明书")
    button = phone.main.get_by_role("button", name="我已阅读，下一份")
    expect(button).to_be_disabled()
    expect(phone.main.get_by_text("请阅读到末尾")).to_be_visible()
    expect(phone.main.locator("[data-left]")).to_have_text("还需 5 秒")
    phone.page.clock.run_for(1100)
    expect(phone.main.locator("[data-left]")).to_have_text("还需 4 秒")
    phone.shot("reading")
    with phone.page.expect_response(lambda answer: answer.status == 204):
        phone.page.reload()
        phone.read_to_end()
        expect(phone.main.get_by_text("请阅读到末尾")).to_be_hidden()
        phone.house.forward(seconds=6)
        phone.page.clock.run_for(6000)
        expect(button).to_be_enabled()
    phone.page.go_back()
    expect(phone.main.locator(".papers .yes")).to_have_count(1)


def test_a_text_that_was_read_to_its_end_and_left_by_the_way_back_counts(phones: Phones) -> None:
    """R-103: the arrow in the corner asks nobody to press another button first."""
    phone = phones()
    at_papers(phone, "8001")
    open_paper(phone, "期货经纪合同")
    phone.read_to_end()
    expect(phone.main.locator("form.stays").get_by_role("button", name="我已阅读，下一份")).to_be_enabled()
    phone.page.get_by_role("button", name="返回").click()
    phone.goes_to("agreements")
    expect(phone.main.locator(".papers .yes")).to_have_count(1)
    phone.shot("papers")


def test_a_text_opens_where_reading_stopped_on_another_phone(phones: Phones) -> None:
    """Left in its middle by the arrow; then on a phone that lies across, at the same words."""
    # So low that the end does not come into sight, however long the text lies there.
    wide = {"width": 760, "height": 420}
    first, second = phones(), phones(viewport=wide, screen=wide)
    at_papers(first, "8001")
    open_paper(first, "期货经纪合同")
    with first.page.expect_response(lambda answer: answer.url.endswith("/place")) as told:
        first.page.evaluate("scrollTo(0, document.querySelector('article').offsetHeight / 2)")
    assert told.value.status == 204
    above = "document.querySelector('article').children].findIndex((one) => one.getBoundingClientRect().bottom > innerHeight / 3)"
    there = first.page.evaluate(f"() => [...{above}")
    assert there > 2
    second.remembered(JIA)
    second.open(f"/8001/cases/{first.number()}/agreements")
    open_paper(second, "期货经纪合同")
    words = second.main.locator("article > *")
    for _ in range(2):
        expect(words.nth(there)).to_be_in_viewport()
        expect(words.first).not_to_be_in_viewport()
        second.page.reload()
    second.page.get_by_role("button", name="返回").click()
    second.goes_to("agreements")
    expect(second.main.locator(".papers .yes")).to_have_count(0)


def test_without_scripts_the_button_stands_at_the_end_and_the_server_counts(phones: Phones) -> None:
    phone = phones(java_script_enabled=False)
    at_papers(phone, "8002")
    open_paper(phone, "期货交易风险说明书")
    phone.main.get_by_role("button", name="我已阅读，下一份").click()
    phone.sees("请仔细阅读本文件，还需")
    phone.house.forward(seconds=6)
    phone.main.get_by_role("button", name="我已阅读，下一份").click()
    phone.sees("第 4 份")


def test_the_pages_of_a_pdf_are_read_on_a_phone(phones: Phones) -> None:
    phone = phones()
    at_papers(phone, "8002")
    open_paper(phone, "期货交易收费说明")
    pages = phone.main.locator(".sheet img")
    expect(pages).to_have_count(2)
    expect(pages.first).to_have_js_property("naturalWidth", 1240)
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.shot("pdf")
    narrow = pages.first.bounding_box()
    phone.main.get_by_role("button", name="放大").click()
    wide = pages.first.bounding_box()
    assert narrow is not None
    assert wide is not None
    assert 1.4 < wide["width"] / narrow["width"] < 1.6
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.shot("pdf_larger")
    phone.read_to_end()
    expect(phone.main.get_by_role("button", name="我已阅读", exact=False).first).to_be_enabled()
