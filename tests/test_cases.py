"""The client's story on both databases, with the example site and the simulated core system."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from banli.beginnings import Elsewhere, Refused
from banli.cases import Look
from banli.engine import commands
from banli.errors import Problem
from banli.hooks import Developed, Unavailable, Wish
from banli.store import FileRow
from town import JIA, Town, open_town, photo


@pytest.fixture
async def town(store: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Town]:
    made = open_town(store, clock, tmp_path)
    await made.plugins.start()
    yield made
    await made.plugins.stop()


async def approve(town: Town, number: str, reviewer: str = "staff:a") -> None:
    from datetime import timedelta

    for command in (
        commands.Claim(actor=reviewer, lease_until=town.clock() + timedelta(minutes=30)),
        commands.Approve(actor=reviewer),
    ):
        held = await town.caseload.find(number=number)
        decision = town.caseload.decide(held, command)
        assert not decision.problems, decision.problems
        await town.caseload.keep(held, decision)


async def state(town: Town, number: str) -> str:
    return (await town.caseload.find(number=number)).case.state


async def test_a_client_changes_the_landline_and_the_core_system_has_it(town: Town) -> None:
    """R-039 to R-043, R-068, R-083 to R-090, R-102, R-107, R-112 to R-117: the whole way, a landline needs no code."""
    visit = await town.enter()
    number = await town.start(visit)
    await town.to_form(visit, number, "phone")
    went = await town.say(visit, number, "contact_phone", contact_phone="0371-65951234")
    assert went == Elsewhere(number, "agreements")
    went = await town.sign(visit, number)
    assert went == Elsewhere(number, "")
    assert await state(town, number) == "submitted"
    assert (await town.plugins.directory.find("8001", JIA)).record["contact_phone"] == "13900010001"
    await approve(town, number)
    assert await state(town, number) == "delivering"
    await town.work()
    assert await state(town, number) == "done"
    assert (await town.plugins.directory.find("8001", JIA)).record["contact_phone"] == "0371-65951234"
    assert await town.store.verify_chain((await town.caseload.find(number=number)).case.id) == []


async def test_only_one_business_is_open_at_a_time(town: Town) -> None:
    """R-118, R-123: a second start is refused until the first case is given up."""
    visit = await town.enter()
    number = await town.start(visit)
    again = await town.cases.start(visit, "basic_info_change")
    assert isinstance(again, Refused)
    assert [p.code for p in again.problems] == ["open_business_exists"]
    mine = await town.cases.mine(visit)
    assert [(e.case.number, e.can_resume, e.can_abandon) for e in mine.pending] == [(number, True, True)]
    await town.cases.abandon(visit, number, mine.pending[0].case.revision)
    assert isinstance(await town.cases.start(visit, "basic_info_change"), Elsewhere)


async def test_identity_photos_are_asked_anew_and_the_signature_is_not(town: Town) -> None:
    """R-057 to R-061, C-05, C-06: cleared on entry through the identity icon, only in the draft, only once."""
    visit = await town.enter()
    number = await town.start(visit)
    await town.say(visit, number, "overview", edit="identity")
    look = await town.cases.look(visit, number, "photos")
    assert isinstance(look, Look)
    assert sorted(look.raw) == ["signature"]
    went = await town.say(visit, number, "photos", certificate_safety="true")
    assert sorted((p.at, p.code) for p in went.problems) == [("id_back", "required"), ("id_front", "required")]
    await town.album.add(visit, number, "photos", "id_front", photo())
    await town.album.add(visit, number, "photos", "id_back", photo("white"))
    went = await town.say(visit, number, "photos", certificate_safety="true")
    assert went == Elsewhere(number, "id_validity")
    back = await town.cases.look(visit, number, "photos")
    assert isinstance(back, Look)
    assert sorted(back.raw) == ["id_back", "id_front", "signature"]


async def test_nobody_skips_ahead_and_nobody_reaches_anothers_case(town: Town) -> None:
    """A request for a later step leads to the present one; a number alone opens nothing."""
    visit = await town.enter()
    number = await town.start(visit)
    assert await town.cases.look(visit, number, "agreements") == Elsewhere(number, "overview", "step_not_open")
    other = await town.enter("410105199508130020") if await town.plugins.directory.find("8001", "410105199508130020") else None
    stranger = other or await town.clients.arrive("8001")
    assert await town.cases.look(stranger, number) is None


async def test_a_double_click_has_one_effect(town: Town) -> None:
    """Two answers that saw the same page: the second is led to the present page and changes nothing."""
    visit = await town.enter()
    number = await town.start(visit)
    seen = (await town.caseload.find(number=number)).case.revision
    first = await town.cases.answer(visit, number, "overview", {"edit": ["phone"]}, seen)
    second = await town.cases.answer(visit, number, "overview", {"edit": ["other"]}, seen)
    assert first == Elsewhere(number, "photos")
    assert second == Elsewhere(number, "photos", "changed_meanwhile")
    case = (await town.caseload.find(number=number)).case
    assert case.results["overview"].data == {"section": "phone"}
    assert len(await town.store.events(case.id)) == 2


async def test_what_was_typed_survives_going_back(town: Town) -> None:
    """R-006, R-128: `<` keeps what was typed as a draft, and accepted answers stay as they were."""
    visit = await town.enter()
    number = await town.start(visit)
    await town.to_form(visit, number, "phone")
    look = await town.cases.look(visit, number, "contact_phone")
    assert isinstance(look, Look)
    went = await town.cases.back(visit, number, "contact_phone", {"contact_phone": ["021-6321"]}, look.case.revision)
    assert went == Elsewhere(number, "photos")
    again = await town.cases.look(visit, number, "contact_phone")
    assert isinstance(again, Look)
    assert again.raw == {"contact_phone": ["021-6321"]}


async def approved_in_an_outage(town: Town) -> str:
    visit = await town.enter()
    number = await town.start(visit)
    await town.to_form(visit, number, "phone")
    await town.say(visit, number, "contact_phone", contact_phone="0371-65951234")
    await town.sign(visit, number)
    await approve(town, number)
    await town.plugins.directory.switch(outage=True)
    return number


async def test_an_outage_of_the_core_system_is_visible_and_the_change_arrives_once(town: Town) -> None:
    """Delivering is not done: the case waits, tells why, and the change is made exactly once afterwards."""
    number = await approved_in_an_outage(town)
    await town.work()
    case = (await town.caseload.find(number=number)).case
    assert case.state == "delivering"
    assert case.deliveries["directory.update"].startswith("later:")
    await town.plugins.directory.switch(outage=False)
    town.clock.forward(minutes=20)
    await town.work()
    await town.work()
    assert await state(town, number) == "done"


async def test_while_imaging_is_away_a_photo_is_taken_as_it_is_and_the_client_goes_on(town: Town) -> None:
    """A vendor's outage closes no business; the reviewer looks at the photo uncut."""

    class Silent:
        async def develop(self, content: bytes, wish: Wish) -> Developed | Problem:
            raise Unavailable("vendor_silent")

    town.cases.developing.imaging = Silent()
    visit = await town.enter()
    number = await town.start(visit)
    await town.say(visit, number, "overview", edit="identity")
    for slot in ("id_front", "id_back"):
        taken = await town.album.add(visit, number, "photos", slot, photo())
        assert isinstance(taken, FileRow)
        assert (taken.media_type, taken.name) == ("image/jpeg", "")
    assert await town.say(visit, number, "photos", certificate_safety="true") == Elsewhere(number, "id_validity")


async def test_a_core_system_that_is_away_for_a_weekend_costs_nobody_a_press(town: Town) -> None:
    """After three days somebody at the desk is asked to look; until then it goes on by itself."""
    number = await approved_in_an_outage(town)
    for minutes in [11] * 14 + [120] * 30:
        await town.work()
        town.clock.forward(minutes=minutes)
    assert (await town.caseload.find(number=number)).case.deliveries["directory.update"].startswith("later:")
    await town.plugins.directory.switch(outage=False)
    await town.work()
    assert await state(town, number) == "done"


async def test_a_core_system_that_is_away_for_longer_is_for_a_person_to_look_at(town: Town) -> None:
    number = await approved_in_an_outage(town)
    for minutes in [11] * 14 + [24 * 60] * 3 + [11] * 20:
        await town.work()
        town.clock.forward(minutes=minutes)
    (job,) = [job for job in await town.store.jobs_of((await town.caseload.find(number=number)).case.id) if job.kind == "action"]
    assert (job.state, job.last_error) == ("failed", "out_of_service")


async def test_a_case_that_nobody_goes_on_with_expires(town: Town) -> None:
    visit = await town.enter()
    number = await town.start(visit)
    town.clock.forward(days=22)
    await town.say(visit, number, "overview", edit="phone")
    town.clock.forward(days=15)
    await town.work()
    assert await state(town, number) == "open"
    town.clock.forward(days=16)
    await town.work()
    assert await state(town, number) == "expired"
