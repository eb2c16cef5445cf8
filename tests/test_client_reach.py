"""What somebody can try who has no business here: too often, with borrowed sessions, at others' cases. On both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from banli.beginnings import Elsewhere, Refused
from banli.cases import Look
from door_kit import BUSINESS, MOBILE, YI, Browser, Visit, at_door, code, inside, said, town
from town import JIA, Town, photo

__all__ = ["town"]


# limits


async def test_a_session_and_an_address_are_slowed_down(town: Town) -> None:
    browser = await at_door(town)
    tries = []
    for n in range(21):
        if n % 3 == 0:
            await browser.draw()
        tries.append(said(await browser.send(captcha="1111")))
    assert tries == [[("captcha", "captcha_wrong")]] * 20 + [[("", "slow_down")]]
    found, other = [], browser
    for n in range(40):
        other = await at_door(town) if n % 3 == 0 else other
        found.append(said(await other.send(captcha="1111")))
    assert found == [[("captcha", "captcha_wrong")]] * 39 + [[("", "slow_down")]]
    elsewhere = await at_door(town, address="198.51.100.7")
    assert said(await elsewhere.send()) == "Sent"
    town.clock.forward(minutes=10, seconds=1)
    assert said(await (await at_door(town)).send(captcha="1111")) == [("captcha", "captcha_wrong")]


async def test_pictures_sounds_and_visits_have_limits(town: Town) -> None:
    visit = await town.clients.arrive("8001")
    drawn = [await town.clients.draw(visit) is not None for _ in range(61)]
    assert drawn == [True] * 60 + [False]
    visit = await Browser(town, visit).visit
    assert [await town.clients.speak(visit, "en") is not None for _ in range(31)] == [True] * 30 + [False]
    assert [await town.clients.crowded("192.0.2.9") for _ in range(601)] == [False] * 600 + [True]
    assert not await town.clients.crowded("192.0.2.10")


async def test_a_client_begins_so_many_cases_a_day(town: Town) -> None:
    """Each is kept for years, also when it is given up at once."""
    visit = await town.enter()
    for _ in range(20):
        number = await town.start(visit)
        await town.cases.abandon(visit, number, (await town.caseload.find(number=number)).case.revision)
    refused = await town.cases.start(visit, BUSINESS)
    assert isinstance(refused, Refused)
    assert [p.code for p in refused.problems] == ["begun_too_often"]
    town.clock.forward(days=1)
    assert isinstance(await town.cases.start(visit, BUSINESS), Elsewhere)


async def test_a_client_cannot_have_codes_sent_to_a_whole_town(town: Town) -> None:
    visit = await town.enter()
    issue = town.editions.now("8001", "basic_info_change")
    answers = [said(await town.clients.send(visit, issue, "sms_code", "p", f"138000{n:05d}")) for n in range(21)]
    assert answers == ["Sent"] * 20 + [[("", "codes_too_often")]]


# sessions


async def test_the_session_is_another_after_login_and_the_old_one_is_worth_nothing(town: Town) -> None:
    """Whoever has put their own cookie into somebody's browser has nothing from it."""
    browser = await at_door(town)
    await browser.send()
    visit = await browser.log_in(sms_code=await code(town))
    assert isinstance(visit, Visit)
    assert visit.session.token != browser.token
    assert await town.clients.visit(browser.token) is None


async def test_half_an_hour_without_a_click_logs_out_and_so_do_twelve_hours_with_clicks(town: Town) -> None:
    token = (await inside(town)).session.token
    town.clock.forward(minutes=29)
    assert await town.clients.visit(token) is not None
    town.clock.forward(minutes=31)
    assert await town.clients.visit(token) is None
    token = (await inside(town)).session.token
    for _ in range(24):
        town.clock.forward(minutes=29)
        assert await town.clients.visit(token) is not None
    town.clock.forward(minutes=25)
    assert await town.clients.visit(token) is None


async def test_a_visit_without_a_login_ends_too(town: Town) -> None:
    token = (await town.clients.arrive("8001")).session.token
    for _ in range(5):
        town.clock.forward(minutes=20)
        assert await town.clients.visit(token) is not None
    town.clock.forward(minutes=21)
    assert await town.clients.visit(token) is None


async def test_logging_out_ends_the_session_and_a_late_write_does_not_bring_it_back(town: Town) -> None:
    visit = await inside(town)
    await town.clients.leave(visit)
    await town.store.save_session(visit.session, visit.session.data)
    assert await town.clients.visit(visit.session.token) is None


async def test_tokens_that_are_none_open_nothing(town: Town) -> None:
    visit = await inside(town)
    staff = await town.store.new_session("staff", "8001", "x", {"active": ""}, lasts=timedelta(hours=1))
    odd = ("", " ", "x" * 100_000, "\0", "' OR 1=1 --", visit.session.id, visit.session.token + "=", staff.token, "令牌")
    assert [await town.clients.visit(token) for token in odd] == [None] * len(odd)


# what a client reaches


async def test_a_client_of_one_company_reaches_nothing_of_another(town: Town) -> None:
    """样本甲 is a client of both; a login at one is none at the other, by number of case or of file."""
    here, there = await inside(town), await inside(town, "8002", "13900020001")
    number = await town.start(there)
    assert here.client != there.client
    await nothing_reached(town, here, number)
    mixed = Visit(here.session, "8002", here.client)
    await nothing_reached(town, mixed, number)
    assert (await town.cases.mine(here)).pending == ()


async def test_another_client_of_the_same_company_reaches_nothing_either(town: Town) -> None:
    number = await town.start(await town.enter(JIA))
    await nothing_reached(town, await town.enter(YI), number)
    await nothing_reached(town, await town.clients.arrive("8001"), number)


async def nothing_reached(town: Town, visit: Visit, number: str) -> None:
    before = await town.store.case(number=number)
    file = (await town.store.files_of(before.id))[0].id
    cases, seen = town.cases, before.revision
    assert [
        await cases.look(visit, number), await cases.look(visit, number, "overview"), await cases.outcome(visit, number),
        await cases.answer(visit, number, "overview", {"edit": ["phone"]}, seen),
        await cases.back(visit, number, "overview", {"edit": ["phone"]}, seen), await town.album.picture(visit, number, file),
        await cases.submit(visit, number, seen), await cases.abandon(visit, number, seen), await cases.withdraw(visit, number, seen),
        await cases.send_code(visit, number, "contact_phone", "sms_code", {"contact_phone": [MOBILE]}),
        await town.album.add(visit, number, "photos", "id_front", b"x"), await town.papers.open(visit, number, "agreements", "x"),
    ] == [None] * 12  # fmt: skip
    assert [
        await cases.save_draft(visit, number, "overview", {"edit": ["phone"]}, seen),
        await town.papers.note_read(visit, number, "agreements", "x", "", end=True),
    ] == [False, None]
    assert await town.store.case(number=number) == before


async def test_numbers_that_no_case_has_find_none(town: Town) -> None:
    """Not even an error: PostgreSQL takes NUL in no text."""
    visit = await town.enter()
    number = await town.start(visit)
    odd = (
        "",
        "\0",
        f"{number}\0",
        f"{number} ",
        "'",
        "%",
        "../" + number,
        number.replace("-", "_"),
        "8001-20261123-9" * 50,
        "号",
    )
    assert [await town.cases.look(visit, one) for one in odd] == [None] * len(odd)
    assert [await town.album.picture(visit, number, one) for one in (*odd, "0" * 32)] == [None] * (len(odd) + 1)


async def test_a_photo_answers_only_the_field_it_was_taken_for(town: Town) -> None:
    """The signature on file is no front of an ID card, and the front is no back."""
    visit = await town.enter()
    number = await town.start(visit)
    await town.say(visit, number, "overview", edit="identity")
    look = await town.cases.look(visit, number, "photos")
    assert isinstance(look, Look)
    front = await town.album.add(visit, number, "photos", "id_front", photo())
    record = look.case.record
    tries = {
        "the front twice": {"id_front": front.id, "id_back": front.id},
        "the signature": {"id_front": record["signature"], "id_back": front.id},
        "the front on file as back": {"id_front": front.id, "id_back": record["id_front"]},
        "of nobody": {"id_front": front.id, "id_back": "0" * 32},
    }
    found = {}
    for what, files in tries.items():
        went = await town.say(visit, number, "photos", certificate_safety="true", **files)
        found[what] = [(p.at, p.code) for p in went.problems]
    assert found == {
        "the front twice": [("id_back", "file_unknown")],
        "the signature": [("id_front", "file_unknown"), ("id_back", "file_unknown")],
        "the front on file as back": [("id_back", "file_unknown")],
        "of nobody": [("id_back", "file_unknown")],
    }


async def test_two_photos_that_come_at_once_are_both_kept(town: Town) -> None:
    """A phone uploads front and back together; neither draft swallows the other."""
    visit = await town.enter()
    number = await town.start(visit)
    await town.say(visit, number, "overview", edit="identity")
    large = photo(size=(3000, 2000))
    taken = await asyncio.gather(*(town.album.add(visit, number, "photos", at, large) for at in ("id_front", "id_back")))
    look = await town.cases.look(visit, number, "photos")
    assert isinstance(look, Look)
    assert {at: look.raw.get(at) for at in ("id_front", "id_back")} == {
        "id_front": [taken[0].id], "id_back": [taken[1].id]
    }  # fmt: skip
