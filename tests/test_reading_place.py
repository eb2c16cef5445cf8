"""Where reading stopped, on whatever phone it goes on: the place, the seconds and the end are the case's, not the tab's."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from app_fixtures import BING, JIA, Phone, Town, app_template, town
from banli.bookmarks import HOLDER, KIND, LASTS, Bookmark, Bookmarks
from banli.engine import commands
from banli.limits import READING
from test_agreements import at_papers, hrefs, patient, read_rows

__all__ = ["app_template", "patient", "town"]

RISK = "risk_disclosure"


async def opened(phone: Phone, href: str) -> str:
    """The text lies open; where its page begins."""
    await phone.get(href)
    found = re.search(r'data-place="([^"]*)"', phone.page)
    assert found, phone.text
    return found[1]


async def stops(phone: Phone, place: str = "0.4", spent: str = "0", at: str = "", **more: str) -> int:
    """What the page of the text that lies open tells when it is left, as its script does."""
    said = {name: phone.fields[name][0] for name in ("_csrf", "token")}
    body = urlencode({**said, "place": place, "spent": spent, **more})
    about = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    return int((await phone.client.post(f"{at or phone.at}/place", data=body, headers=about)).status_code)


async def another(town: Town, phone: Phone) -> Phone:
    """The same client with another phone, on the list of the same case; a code is sent once in a minute."""
    town.clock.forward(minutes=1)
    second = await town.phone().log_in(JIA)
    return await second.get(f"/8001/cases/{phone.number}/agreements")


async def entries(town: Town, phone: Phone) -> list[Any]:
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    return await town.parts.store.ledger_of(HOLDER, KIND, held.case.id)


async def test_a_text_opens_where_reading_stopped_on_another_phone_too(town: Town) -> None:
    phone = await at_papers(town)
    href = hrefs(phone)
    assert await opened(phone, href[RISK]) == "0.0"
    assert await stops(phone, "0.4321") == 204
    second = await another(town, phone)
    assert [await opened(second, href[row]) for row in (RISK, "brokerage_contract")] == ["0.4321", "0.0"]
    await opened(second, href[RISK])
    assert await stops(second, "0.75") == 204
    assert await opened(phone, href[RISK]) == "0.75"
    await phone.get(href[RISK].partition("/read/")[0])
    assert read_rows(phone) == [], "to have looked at it is not to have read it"


async def test_the_place_outlives_a_return_of_the_case_and_ends_with_the_text(town: Town) -> None:
    phone = await at_papers(town)
    href = hrefs(phone)
    await opened(phone, href[RISK])
    await stops(phone, "0.25")
    await phone.get(href[RISK].partition("/read/")[0])
    await (await phone.read_all()).post(agree="true", _go="next")
    number = phone.number
    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", seen=seen, reasons=("agreements_again",)))
    assert await opened(phone, href[RISK]) == "0.25"
    held = await town.parts.caseload.find(number=number)
    assert held is not None
    texts = held.edition.agreements
    changed = replace(texts[RISK], number="YB-FXSM-2026-02", digest="0" * 64)
    object.__setattr__(held.edition, "agreements", {**texts, RISK: changed})
    assert await opened(phone, href[RISK]) == "0.0", "another version is another text"


async def test_the_seconds_of_reading_add_up_over_phones_and_are_never_more_than_have_gone_by(town: Town, patient: Phone) -> None:
    """R-103: ten seconds are asked for. Time between two readings counts for nothing, nor do seconds that are only claimed."""
    href = hrefs(patient)[RISK]
    await opened(patient, href)
    town.clock.forward(seconds=6)
    assert await stops(patient, spent="3600") == 204
    town.clock.forward(minutes=30)
    second = await another(town, patient)
    await opened(second, href)
    await second.post(_go="read")
    assert (second.status, "还需 4 秒" in second.text) == (422, True)
    town.clock.forward(seconds=4)
    await second.post(_go="read")
    assert (second.status, read_rows(second)) == (200, [RISK])
    await second.read_all()
    await second.post(agree="true", _go="next")
    held = await town.parts.caseload.find(number=second.number)
    assert held is not None
    told = next(one for one in held.case.results["agreements"].records if one["at"] == RISK)
    shown, read = datetime.fromisoformat(told["shown"]), datetime.fromisoformat(told["read"])
    assert (told["seconds"], read - shown) == (10, timedelta(minutes=31, seconds=10)), "kept as evidence: the first page counts"


async def test_an_end_that_was_in_sight_stays_reached(town: Town) -> None:
    """R-103: the page is left before the seconds are over, and comes again without having to be scrolled through."""
    phone = await at_papers(town)
    here, href = phone.at, hrefs(phone)[RISK]
    await opened(phone, href)
    assert "data-end" in phone.page
    await stops(phone, end="1")
    second = await another(town, phone)
    await opened(second, href)
    assert "data-end" not in second.page
    await second.post(_go="back", end="")
    assert read_rows(await phone.get(here)) == [RISK]


async def test_what_is_no_place_is_the_beginning(town: Town) -> None:
    phone = await at_papers(town)
    href = hrefs(phone)[RISK]
    await opened(phone, href)
    for place in ("", "nan", "inf", "-1", "1e3", "0x1", "0.12345678", "٣", "12345678", "0,5"):
        assert await stops(phone, place, spent=place) == 204
    (kept,) = await entries(town, phone)
    assert (kept.document[RISK]["place"], kept.document[RISK]["spent"], await opened(phone, href)) == (0.0, 0.0, "0.0")
    assert await stops(phone, "7") == 204
    assert await opened(phone, href) == "1.0"


async def test_nobody_moves_the_bookmarks_of_another_or_of_texts_that_were_never_opened(town: Town) -> None:
    phone = await at_papers(town)
    href = hrefs(phone)
    await opened(phone, href["brokerage_contract"])
    other = phone.fields["token"][0]
    await opened(phone, href[RISK])
    own = phone.fields["token"][0]
    for token in (other, "", "1.x", f"{int(own.split('.')[0]) - 60000}.{own.split('.')[1]}"):
        assert await stops(phone, token=token) == 204
    assert await stops(phone, at=href[RISK].replace(RISK, "nothing")) == 204
    assert await stops(phone, _csrf="x") == 400
    stranger = await at_papers(town, id_number=BING)
    await opened(stranger, hrefs(stranger)[RISK])
    assert await stops(stranger, "0.9", at=href[RISK]) == 204
    assert await stops(stranger, "0.9", token=own) == 204
    assert await entries(town, stranger) == []
    assert await entries(town, phone) == []
    assert await stops(phone, "0.4") == 204
    (kept,) = await entries(town, phone)
    assert set(kept.document) == {RISK}
    assert JIA not in f"{kept.name}{kept.owner}"


async def test_a_flood_of_places_is_dammed_and_reading_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("banli.papers.READING", replace(READING, times=3))
    phone = await at_papers(town)
    href = hrefs(phone)
    await opened(phone, href[RISK])
    assert [await stops(phone, f"0.{one}") for one in range(1, 6)] == [204, 204, 204, 429, 429]
    assert await opened(phone, href[RISK]) == "0.3"
    await phone.post(_go="read")
    assert (phone.status, read_rows(phone)) == (200, [RISK])
    town.clock.forward(minutes=11)
    await opened(phone, href["brokerage_contract"])
    assert await stops(phone, "0.6") == 204


async def test_places_that_come_at_once_are_all_kept_and_old_ones_are_swept(town: Town) -> None:
    marks, rows = Bookmarks(town.parts.store), [f"row{one}" for one in range(4)]

    def to(place: float) -> Any:
        return lambda mark: replace(mark, place=place)

    done = await asyncio.gather(*(marks.move("case", "papers", row, "d", rows, to(0.5)) for row in rows))
    assert (done, dict(await marks.of("case", "papers"))) == ([True] * 4, {row: Bookmark("d", 0.5) for row in rows})
    assert await marks.move("case", "papers", "row1", "e", rows[:2], to(0.1))
    assert dict(await marks.of("case", "papers")) == {"row0": Bookmark("d", 0.5), "row1": Bookmark("e", 0.1)}
    assert dict(await marks.of("case", "others")) == {}
    town.clock.forward(days=LASTS.days - 1)
    assert await marks.sweep() == 0
    town.clock.forward(days=2)
    assert (await marks.sweep(), dict(await marks.of("case", "papers"))) == (1, {})


def test_two_phones_that_show_a_text_at_once_count_no_second_twice() -> None:
    start = datetime(2026, 11, 23, 2, tzinfo=UTC)

    def after(seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    one = Bookmark("d").moved(0.1, 10.0, False, start, after(10))
    both = one.moved(0.9, 10.0, True, start, after(10)).moved(0.2, 60.0, False, start, after(12))
    assert (one.spent, both.spent, both.place, both.end) == (10.0, 12.0, 0.2, True)
    assert both.read_for(after(20), after(25)) == 17.0
    assert both.moved(0.2, 5.0, False, after(20), after(15)).spent == 12.0, "a clock that was set back gives nothing"
