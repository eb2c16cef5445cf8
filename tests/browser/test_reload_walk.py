"""An author edits a form beside a phone that shows it: the new question, the banner, the page of mistakes, the mend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import Served
from on_phone import Phone
from people import YI
from playwright.sync_api import expect

from authors import site_of_an_author

FORM, SITE = "definitions/forms/contact_phone.yaml", "definitions/site.yaml"
QUESTION = (
    "    sms_code:      {title",
    "    spare_phone:   {title: 备用联系电话, type: string, maxLength: 20}\n    sms_code:      {title",
)
PLACE = ("  - sms_code:\n", "  - spare_phone\n  - sms_code:\n")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product with `--reload`, on files of its own."""
    folder = tmp_path_factory.mktemp("followed")
    made = Served(folder, site=site_of_an_author(folder / "site"))
    yield made
    made.close()


def edit(house: Served, name: str, *changes: tuple[str, str]) -> None:
    path = house.folder / "site" / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def translate(house: Served, text: str, english: str) -> None:
    path = house.folder / "site/definitions/locales/en/LC_MESSAGES/site.po"
    path.write_text(f'{path.read_text(encoding="utf-8")}\nmsgid "{text}"\nmsgstr "{english}"\n', encoding="utf-8")


def test_an_author_edits_breaks_and_mends_a_form_beside_the_phone(phone: Phone, house: Served) -> None:
    """The new question is there for the next case; who has begun keeps the form of then; what is typed is never lost."""
    note = phone.page.locator("#live-note")
    first = phone.at(YI, "phone", "contact_phone")
    phone.misses("备用联系电话")
    phone.type("联系电话", "0371-6595")

    translate(house, "备用联系电话", "Spare phone")
    edit(house, FORM, QUESTION, PLACE)
    house.until(lambda: "备用联系电话" in (house.folder / "server.err").read_text("utf-8", "replace"))
    phone.page.wait_for_timeout(1500)
    assert phone.value("联系电话") == "0371-6595", "a page in which somebody types is left alone"
    phone.open(f"/8001/cases/{first}/contact_phone")
    phone.misses("备用联系电话")
    phone.at(YI, "phone", "contact_phone")
    phone.sees("备用联系电话")
    phone.shot("new question")

    edit(house, FORM, ("kind: otp", "kind: otq"))
    expect(note).to_be_visible()
    expect(note).to_contain_text("the last good ones are served")
    phone.sees("备用联系电话")
    phone.shot("banner")
    assert phone.too_wide() == []
    assert phone.flaws() == {}
    note.get_by_role("link").click()
    expect(phone.main).to_contain_text("kind: otq")
    expect(phone.main).to_contain_text("definitions/forms/contact_phone.yaml:")
    expect(phone.main).to_contain_text("Did you mean 'otp'?")
    phone.shot("mistakes")
    assert phone.too_wide() == []
    assert phone.flaws() == {}

    edit(house, FORM, ("kind: otq", "kind: otp"))
    expect(phone.main).not_to_contain_text("kind: otq")
    phone.shot("mended")
    phone.at(YI, "phone", "contact_phone")
    phone.sees("备用联系电话")
    expect(phone.page.locator(".live-note:not(.quiet):visible")).to_have_count(0)


def test_a_page_in_which_nobody_types_follows_by_itself(phone: Phone, house: Served) -> None:
    phone.open("/8001")
    phone.title("业务选择")
    edit(house, SITE, ("choose_business: 业务选择", "choose_business: 业务办理"))
    phone.title("业务办理")
    edit(house, SITE, ("choose_business: 业务办理", "choose_business: 业务选择"))
    phone.title("业务选择")
