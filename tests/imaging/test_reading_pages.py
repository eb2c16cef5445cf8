"""What stands on a client's new card is read: it fills in the next page, is held against what is typed and on file, and the
reviewer sees all of it (R-082)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app_fixtures import Phone, app_template
from app_fixtures import Town as Pages
from banli.steps.readings import READ
from banli.views import Read, View
from desk_kit import open_desk
from site_kit import Open, changed, opened, with_plugins

from . import printed
from .samples import JIA

__all__ = ["app_template", "opened"]

SITE = with_plugins({"banli_imaging": {"seconds": 60}})
UNREAD = with_plugins({"banli_imaging": {"read": False, "seconds": 60}})
BACK = {"id_validity.from": ["2025-09-08"], "id_validity.to": ["2045-09-08"]}
FILLED = "身份证有效期已按照片识别结果填写（原留存信息为2021-08-20 - 2041-08-20），请与证件核对。"
OTHER = "照片上识别到的身份证有效期为2025-09-08 - 2044-09-08，请与证件核对。"
DOUBTFUL = "身份证有效期已按照片识别结果填写，但照片不够清楚，请与证件仔细核对。"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is waited for, however long a busy machine takes to load the networks."""
    monkeypatch.setattr("banli.developing.PATIENCE", 120.0)


@pytest.fixture
async def town(opened: Open) -> AsyncIterator[Pages]:
    async with opened(site=SITE) as living:
        yield living


async def at_photos(town: Pages) -> Phone:
    phone = await town.phone().log_in()
    await phone.post(edit="identity", _go=None)
    assert phone.step == "photos"
    return phone


async def with_photos(town: Pages, who: printed.Person = JIA) -> Phone:
    """Both sides of this card, taken and sent with the page."""
    phone = await at_photos(town)
    pictures = {"id_front.file": printed.photo(printed.front(who)), "id_back.file": printed.photo(printed.back(who))}
    return await phone.post(_go="next", certificate_safety="true", files=pictures)


def filled(phone: Phone) -> dict[str, list[str]]:
    return {name: texts for name, texts in phone.fields.items() if name.startswith("id_validity.") and texts != [""]}


async def test_the_validity_on_the_new_card_stands_in_the_next_page_and_the_client_is_told(town: Pages) -> None:
    phone = await with_photos(town)
    assert phone.step == "id_validity"
    assert filled(phone) == BACK
    assert FILLED in phone.text
    await phone.post(_go="next")
    assert phone.step == "agreements"


async def test_what_is_on_file_for_ever_is_ticked_where_the_card_says_so(town: Pages) -> None:
    """R-077, R-082: 长期."""
    old = printed.person(1, name="样本甲", sex="男", birth=JIA.birth, number=JIA.number, begins=date(2025, 9, 8), ends=None)
    phone = await with_photos(town, old)
    assert filled(phone) == {
        "id_validity.from": ["2025-09-08"],
        "id_validity.to": ["2099-12-31"],
        "id_validity.long_term": ["true"],
    }


@pytest.mark.parametrize(
    ("on_file", "first", "last", "told"),
    [(True, "2021-08-20", "2041-08-20", OTHER), (False, "2025-09-08", "2044-09-08", DOUBTFUL)],
)
async def test_what_is_doubtful_is_told_and_only_fills_in_what_is_not_on_file(
    town: Pages, on_file: bool, first: str, last: str, told: str
) -> None:
    """R-082: here a validity of 19 years, which no card has. Nobody who types something else is asked about it."""
    if not on_file:
        gone = "UPDATE clients SET record = json_remove(record, '$.id_validity') WHERE id_number = ?"
        await town.parts.plugins.directory.book.write(lambda book: book.execute(gone, (JIA.number,)))  # type: ignore[attr-defined]
    phone = await with_photos(town, replace(JIA, ends=date(2044, 9, 8)))
    assert filled(phone) == {"id_validity.from": [first], "id_validity.to": [last]}
    assert told in phone.text
    await phone.post(_go="next", id_validity__from="2025-09-08", id_validity__to="2045-09-08")
    assert phone.step == "agreements"


async def test_whoever_types_something_else_than_the_card_says_is_asked_once_and_may_be_right(town: Pages) -> None:
    phone = await with_photos(town)
    typed = {"id_validity__from": "2025-09-03", "id_validity__to": "2045-09-03"}
    await phone.post(**typed, _go="next")
    assert (phone.status, phone.step) == (422, "id_validity")
    assert "您填写的身份证有效期与照片上识别到的内容（2025-09-08 - 2045-09-08）不一致，请与证件核对。" in phone.text
    assert filled(phone) == {"id_validity.from": ["2025-09-03"], "id_validity.to": ["2045-09-03"]}
    await phone.post(**typed, _go="next", _confirm="read_differs.id_validity")
    assert phone.step == "agreements"


async def test_what_was_typed_is_never_overwritten_by_another_photo(town: Pages) -> None:
    """The page is asked again, with what was typed."""
    phone = await with_photos(town)
    await phone.post(_go="next", id_validity__from="2025-09-08", id_validity__to="2045-09-08")
    photos = phone.at.replace("agreements", "photos")
    await phone.get(photos)
    again = printed.person(
        1, name="样本甲", sex="男", birth=JIA.birth, number=JIA.number, begins=date(2024, 2, 5), ends=date(2044, 2, 5)
    )
    await phone.post(_go="next", certificate_safety="true", files={"id_back.file": printed.photo(printed.back(again))})
    assert (phone.step, filled(phone)) == ("id_validity", BACK)
    assert "照片上识别到的身份证有效期为2024-02-05 - 2044-02-05，请与证件核对。" in phone.text
    await phone.post(_go="next")
    assert (phone.status, phone.step) == (422, "id_validity")


async def test_the_card_of_somebody_else_is_asked_about_on_the_page_of_the_photos(town: Pages) -> None:
    stranger = printed.person(9, begins=JIA.begins, ends=JIA.ends, name="王建国")
    phone = await with_photos(town, stranger)
    assert (phone.status, phone.step) == (422, "photos")
    assert f"照片上识别到的姓名（{stranger.name}）与您留存的信息不一致，请确认照片是您本人的证件。" in phone.text
    assert f"照片上识别到的身份证号（{stranger.number}）与您留存的信息不一致" in phone.text
    await phone.post(_go="next", certificate_safety="true", _confirm=["read_not_on_file.name", "read_not_on_file.id_number"])
    assert phone.step == "id_validity"


async def test_what_was_read_is_kept_with_the_photo_and_with_the_answer_and_nowhere_in_the_clear(town: Pages) -> None:
    phone = await with_photos(town)
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    records = [record for record in held.case.results["photos"].records if record["kind"] == "read"]
    assert records == [
        {"kind": "read", "at": "id_front", "what": {"client.name": ["样本甲", True], "client.id_number": [JIA.number, True]}},
        {"kind": "read", "at": "id_back", "what": {"client.id_validity": ["2025-09-08/2045-09-08", True]}},
    ]
    names = {file.slot: View.read(file.name) for file in await town.parts.store.files_of(held.case.id)}
    back = names["photos.id_back"]
    assert back is not None
    assert back.reading == {"authority": Read(JIA.authority, True), "validity": Read("2025-09-08/2045-09-08", True)}
    assert not [
        path for path in town.parts.site.var.rglob("*") if path.is_file() and "2045-09-08" in path.read_bytes().decode("latin1")
    ]


async def test_a_photo_that_is_shown_otherwise_is_read_otherwise(town: Pages) -> None:
    """Of a whole photo that a client prefers nothing is read; the page goes on without."""
    phone = await at_photos(town)
    pictures = {"id_front.file": printed.photo(printed.front(JIA)), "id_back.file": printed.photo(printed.back(JIA))}
    await phone.post(_go="refresh", files=pictures)
    await phone.post(_view="id_back:whole:0")
    await phone.post(_go="next", certificate_safety="true")
    assert (phone.step, filled(phone)) == ("id_validity", {"id_validity.from": ["2021-08-20"], "id_validity.to": ["2041-08-20"]})
    assert "识别" not in phone.text


async def test_where_nothing_is_read_nothing_is_asked(opened: Open) -> None:
    async with opened(site=UNREAD) as town:
        phone = await with_photos(town, printed.person(9))
        assert (phone.step, filled(phone)) == (
            "id_validity",
            {"id_validity.from": ["2021-08-20"], "id_validity.to": ["2041-08-20"]},
        )
        held = await town.parts.caseload.find(number=phone.number)
        assert held is not None
        assert not [name for name in held.position.names if name.startswith(READ)]


async def test_a_reviewer_sees_what_was_read_what_was_typed_and_what_differs(tmp_path: Path, clock: Any) -> None:
    async with open_desk(tmp_path / "var", clock, changed(tmp_path / "site", site=SITE)) as desk:
        visit = await desk.town.enter()
        number = await desk.town.start(visit)
        await desk.town.say(visit, number, "overview", edit="identity")
        for field, sheet in (("id_front", printed.front(replace(JIA, name="样本翀"))), ("id_back", printed.back(JIA))):
            await desk.town.album.add(visit, number, "photos", field, printed.photo(sheet))
        await desk.town.say(visit, number, "photos", certificate_safety="true")
        look = await desk.town.cases.look(visit, number, "id_validity")
        typed = {**look.raw, "id_validity.from": ["2025-09-03"], "id_validity.to": ["2045-09-03"]}  # type: ignore[union-attr]
        confirmed = frozenset({"read_differs.id_validity"})
        await desk.town.cases.answer(visit, number, "id_validity", typed, look.case.revision, confirmed)  # type: ignore[union-attr]
        await desk.town.sign(visit, number)
        browser = await desk.signed_in()
        await browser.get(f"/desk/cases/{number}")
        assert "照片识别结果" in browser.text
        assert "2025-09-08" not in browser.page
        await browser.post(f"/desk/cases/{number}/claim")
        await browser.get(f"/desk/cases/{number}")
        told = re.search(r"照片识别结果 (.*?) 照片 ", browser.text)
        assert told is not None
        assert "身份证有效期 不一致 客户已确认 2025-09-08 - 2045-09-08 身份证反面 2025-09-03 - 2045-09-03" in told[1]
        assert "姓名 识别存疑 样本翀 身份证正面 样本甲" in told[1]
        assert f"身份证号 一致 {JIA.number} 身份证正面 {JIA.number}" in told[1]
