"""Publishing: what holds for clients from when, what open cases keep, and who may decide it; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from banli.beginnings import Elsewhere, Refused
from banli.cases import Look
from banli.errors import DefinitionError, Problem
from banli.releases import Change, Releases, mark
from banli.staff import OPERATOR
from banli.store import Conflict, ReleaseRow, Store
from release_kit import configurer, files
from store_kit import behind_the_back
from town import Town, open_town

__all__ = ["files"]

BUSINESS = ("8001", "basic_info_change")
BING = "500112198505050018"


class Office:
    """One store, and processes that have started with one wording of the files or another."""

    def __init__(self, store: Store, clock: Any, files: Mapping[str, Path], folder: Path) -> None:
        self.store, self.clock, self.files, self.folder = store, clock, files, folder
        self.living: list[Town] = []

    async def process(self, wording: str = "first") -> Town:
        town = open_town(self.store, self.clock, self.folder, self.files[wording])
        await town.editions.refresh()
        return town

    async def serve(self, wording: str = "first") -> Town:
        """A process that clients can reach."""
        town = await self.process(wording)
        await town.plugins.start()
        self.living.append(town)
        return town

    async def publish(self, wording: str, at: datetime | None = None, by: str = OPERATOR, **only: str) -> list[ReleaseRow]:
        """What `banli publish` does, in a process of its own with these files."""
        releases = Releases((await self.process(wording)).caseload)
        changes = await releases.changes(releases.businesses(**only), at)
        return await releases.publish(changes, {change.company: by for change in changes}, at, "for a test")


@pytest.fixture
async def office(store: Store, clock: Any, files: Mapping[str, Path], tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(store, clock, files, tmp_path)
    yield made
    for town in made.living:
        await town.plugins.stop()


def flow_title(town: Town) -> str:
    return next(step.title for step in town.editions.now(*BUSINESS).edition.flow.steps if step.id == "contact_phone")


async def test_before_the_first_release_the_files_hold(office: Office) -> None:
    town = await office.process()
    assert town.editions.in_force(*BUSINESS) is None
    assert flow_title(town) == "联系电话修改"
    assert flow_title(await office.process("newer")) == "联系电话"
    assert town.editions.unpublished() == ()


async def test_from_the_first_release_on_files_alone_change_nothing_for_clients(office: Office) -> None:
    published = await office.publish("first")
    assert [(row.company, row.number, row.state, row.replaces) for row in published] == [
        ("8001", 1, "approved", ""), ("8002", 1, "approved", ""),
    ]  # fmt: skip
    restarted = await office.process("newer")
    assert flow_title(restarted) == "联系电话修改"
    company = restarted.editions.company("8001")
    assert company is not None
    assert company.hotline == "400-000-8001"
    assert restarted.editions.texts("8001")["login_button"] == "马上登录"
    assert restarted.editions.unpublished() == (BUSINESS, ("8002", "basic_info_change"))

    await office.publish("newer")
    assert flow_title(restarted) == "联系电话修改"
    assert await restarted.editions.refresh() is True
    assert flow_title(restarted) == "联系电话"
    company = restarted.editions.company("8001")
    assert company is not None
    assert company.hotline == "400-111-8001"
    assert restarted.editions.texts("8001")["login_button"] == "登录办理"
    assert restarted.editions.unpublished() == ()
    assert await restarted.editions.refresh() is False


async def test_publishing_twice_gives_one_release(office: Office) -> None:
    assert len(await office.publish("first")) == 2
    assert await office.publish("first") == []
    assert await office.publish("first", office.clock() + timedelta(days=3)) == []
    later = office.clock() + timedelta(days=3)
    assert len(await office.publish("newer", later)) == 2
    assert await office.publish("newer", later) == []


async def test_only_what_differs_is_published(office: Office) -> None:
    await office.publish("first")
    assert [(row.company, row.number) for row in await office.publish("shut")] == [("8001", 2)]
    assert await office.publish("newer", company="8002", business="nothing") == []
    assert [row.company for row in await office.publish("newer", company="8002")] == ["8002"]


async def test_a_scheduled_release_holds_from_its_time_without_anybody_looking(office: Office) -> None:
    await office.publish("first")
    at = office.clock() + timedelta(hours=2)
    await office.publish("newer", at)
    town = await office.process()
    office.clock.forward(hours=1, minutes=59)
    assert flow_title(town) == "联系电话修改"
    assert town.editions.unpublished() == ()
    office.clock.forward(minutes=1)
    assert flow_title(town) == "联系电话"
    company = town.editions.company("8001")
    assert company is not None
    assert company.hotline == "400-111-8001"


async def test_an_urgent_release_holds_until_the_scheduled_one(office: Office) -> None:
    await office.publish("first")
    await office.publish("newer", office.clock() + timedelta(days=1))
    releases = Releases((await office.process("shut")).caseload)
    change = (await releases.changes([BUSINESS]))[0]
    assert [row.number for row in change.later] == [2]
    await releases.publish([change], {"8001": OPERATOR})
    held = releases.editions.in_force(*BUSINESS)
    assert held is not None
    assert held.number == 3
    office.clock.forward(days=1)
    held = releases.editions.in_force(*BUSINESS)
    assert held is not None
    assert held.number == 2


async def test_an_open_case_keeps_its_edition_and_a_new_case_gets_the_new_one(office: Office) -> None:
    """R-106: a client reads and signs the texts that the case began with."""
    await office.publish("first")
    town = await office.serve()
    jia = await town.enter()
    number = await town.start(jia)
    await town.to_form(jia, number, "phone")
    before = await town.cases.look(jia, number, "contact_phone")
    await office.publish("newer")
    await town.editions.refresh()
    after = await town.cases.look(jia, number, "contact_phone")
    assert isinstance(before, Look)
    assert isinstance(after, Look)
    assert after.held.edition.hash == before.held.edition.hash
    assert after.standing.bound.step.title == "联系电话修改"
    assert after.held.edition.texts["login_button"] == "马上登录"
    assert after.held.edition.agreements["risk_disclosure"].number.endswith("2026-01")
    went = await town.say(jia, number, "contact_phone", contact_phone="0371-65951234")
    assert isinstance(went, Elsewhere)
    assert went.step == "agreements"

    other = await town.start(await town.enter(BING))
    row = await town.store.case(number=other)
    assert row is not None
    assert row.edition != before.held.edition.hash
    assert (await town.editions.of(row.edition)).edition.agreements["risk_disclosure"].number.endswith("2026-02")


async def test_hours_published_today_hold_for_cases_of_every_edition(office: Office) -> None:
    await office.publish("first")
    town = await office.serve()
    jia = await town.enter()
    number = await town.start(jia)
    await town.to_form(jia, number, "phone")
    await office.publish("shut")
    await town.editions.refresh()
    said = await town.say(jia, number, "contact_phone", contact_phone="0371-65951234")
    assert isinstance(said, Look)
    assert [problem.code for problem in said.problems] == ["service_closed"]
    assert said.raw["contact_phone"] == ["0371-65951234"]
    refused = await town.cases.start(await town.enter(BING), BUSINESS[1])
    assert isinstance(refused, Refused)
    assert refused.problems[0].code == "service_closed"


async def test_a_business_that_the_files_no_longer_offer_ends_with_the_next_publishing(office: Office) -> None:
    await office.publish("two")
    town = await office.serve("first")
    company = town.editions.company("8001")
    assert company is not None
    assert [offer.id for offer in company.businesses] == ["basic_info_change", "phone_change"]
    jia = await town.enter()
    number = await town.start(jia, "phone_change")
    ended = await office.publish("first")
    assert [(row.business, row.edition, row.number) for row in ended] == [("phone_change", "", 2)]
    await town.editions.refresh()
    company = town.editions.company("8001")
    assert company is not None
    assert [offer.id for offer in company.businesses] == ["basic_info_change"]
    with pytest.raises(KeyError):
        town.editions.now("8001", "phone_change")
    look = await town.cases.look(jia, number)
    assert isinstance(look, Elsewhere)
    assert look.step == "overview"
    assert isinstance(await town.say(jia, number, "overview", edit="phone"), Elsewhere)
    assert await office.publish("first") == []


async def test_with_four_eyes_another_configurer_approves(office: Office) -> None:
    wei, lin = await configurer(office.store, "wei"), await configurer(office.store, "lin")
    proposed = await office.publish("eyes", by=wei.actor, company="8001")
    assert [(row.state, row.effective_at) for row in proposed] == [("proposed", None)]
    assert await office.publish("eyes", by=wei.actor, company="8001") == []
    town = await office.process("newer")
    releases, id = Releases(town.caseload), proposed[0].id
    assert flow_title(town) == "联系电话"  # a proposal holds for nobody
    assert await releases.approve(wei, id, "0") == Problem("", "own_release")
    assert await releases.refuse(wei, id, "no") == Problem("", "own_release")
    assert await releases.approve(await configurer(office.store, "zhou", "8002"), id, "0") is None
    assert await releases.approve(await configurer(office.store, "qian", roles=("reviewer", "admin")), id, "0") is None
    office.clock.forward(hours=1)
    approved = await releases.approve(lin, id, "0", note="Seen")
    assert isinstance(approved, ReleaseRow)
    assert (approved.state, approved.effective_at, approved.decided_by) == ("approved", office.clock(), lin.actor)
    assert flow_title(town) == "联系电话修改"
    assert await releases.approve(lin, id, mark(approved)) == Problem("", "release_decided")
    assert await releases.refuse(lin, id, "late") == Problem("", "release_decided")
    trail = [(event.actor, event.kind, event.note) for event in await office.store.release_events(id)]
    assert trail == [(wei.actor, "proposed", "for a test"), (lin.actor, "approved", "Seen")]


async def test_switching_four_eyes_off_needs_four_eyes(office: Office) -> None:
    wei, lin = await configurer(office.store, "wei"), await configurer(office.store, "lin")
    first = (await office.publish("eyes", by=wei.actor, company="8001"))[0]
    releases = Releases((await office.process()).caseload)
    assert isinstance(await releases.approve(lin, first.id, "0"), ReleaseRow)
    off = (await office.publish("first", by=wei.actor, company="8001"))[0]
    assert off.state == "proposed"
    assert releases.editions.four_eyes("8001") is True
    assert isinstance(await releases.approve(lin, off.id, "1"), ReleaseRow)
    assert releases.editions.four_eyes("8001") is False
    assert releases.editions.four_eyes("8002") is False


async def test_an_approval_after_the_wanted_time_holds_from_the_approval_on(office: Office) -> None:
    """What has held for clients meanwhile is not rewritten."""
    wei, lin = await configurer(office.store, "wei"), await configurer(office.store, "lin")
    at = office.clock() + timedelta(hours=1)
    row = (await office.publish("eyes", at, wei.actor, company="8001"))[0]
    assert row.effective_at == at
    office.clock.forward(hours=5)
    releases = Releases((await office.process()).caseload)
    approved = await releases.approve(lin, row.id, "0")
    assert isinstance(approved, ReleaseRow)
    assert approved.effective_at == office.clock()


async def test_who_approves_decides_on_what_they_have_seen(office: Office) -> None:
    wei, lin = await configurer(office.store, "wei"), await configurer(office.store, "lin")
    first, second = [(await office.publish(one, by=wei.actor, company="8001"))[0] for one in ("eyes", "eyes newer")]
    releases = Releases((await office.process()).caseload)
    assert isinstance(await releases.approve(lin, first.id, "0"), ReleaseRow)
    assert await releases.approve(lin, second.id, "0") == Problem("", "release_changed")
    assert isinstance(await releases.approve(lin, second.id, "1"), ReleaseRow)


async def test_of_two_decisions_at_once_one_holds(office: Office) -> None:
    wei, lin, hua = [await configurer(office.store, name) for name in ("wei", "lin", "hua")]
    row = (await office.publish("eyes", by=wei.actor, company="8001"))[0]
    here, there = [Releases((await office.process()).caseload) for _ in range(2)]
    said = await asyncio.gather(here.approve(lin, row.id, "0"), there.refuse(hua, row.id, "not yet"))
    assert sum(isinstance(one, ReleaseRow) for one in said) == 1
    assert Problem("", "release_decided") in said
    assert len(await office.store.release_events(row.id)) == 2


async def test_what_is_scheduled_can_be_withdrawn_and_what_holds_cannot(office: Office) -> None:
    lin = await configurer(office.store, "lin")
    live = (await office.publish("first", company="8001"))[0]
    later = (await office.publish("newer", office.clock() + timedelta(days=1), company="8001"))[0]
    releases = Releases((await office.process()).caseload)
    assert await releases.withdraw(lin, live.id, "why not") == Problem("", "release_in_force")
    assert await releases.withdraw(lin, later.id, "  ") == Problem("reason", "say_why")
    gone = await releases.withdraw(lin, later.id, "The lawyers want another week")
    assert isinstance(gone, ReleaseRow)
    assert gone.state == "withdrawn"
    office.clock.forward(days=2)
    assert flow_title(await office.process()) == "联系电话修改"
    assert await releases.withdraw(lin, later.id, "again") == Problem("", "release_decided")


async def test_the_way_back_publishes_an_older_edition_again(office: Office) -> None:
    lin = await configurer(office.store, "lin")
    first = (await office.publish("first", company="8001"))[0]
    second = (await office.publish("newer", company="8001"))[0]
    town = await office.process("newer")
    releases = Releases(town.caseload)
    assert await releases.publish_again(lin, *BUSINESS, first.edition, "2", "") == Problem("reason", "say_why")
    assert await releases.publish_again(lin, *BUSINESS, first.edition, "1", "back") == Problem("", "release_changed")
    assert await releases.publish_again(lin, *BUSINESS, "f" * 64, "2", "back") is None
    assert await releases.publish_again(lin, *BUSINESS, second.edition, "2", "back") == Problem("", "already_published")
    back = await releases.publish_again(lin, *BUSINESS, first.edition, "2", "The new text was wrong")
    assert isinstance(back, ReleaseRow)
    assert (back.number, back.edition, back.replaces, back.note) == (3, first.edition, second.edition, "The new text was wrong")
    assert flow_title(town) == "联系电话修改"
    assert town.editions.unpublished() == (BUSINESS,)


async def test_two_who_publish_at_once_make_one_release(office: Office) -> None:
    here, there = [Releases((await office.process()).caseload) for _ in range(2)]
    changes: list[list[Change]] = [await one.changes(one.businesses()) for one in (here, there)]
    actors = {"8001": OPERATOR, "8002": OPERATOR}
    said = await asyncio.gather(here.publish(changes[0], actors), there.publish(changes[1], actors), return_exceptions=True)
    assert sorted(type(one).__name__ for one in said) == ["Conflict", "list"]
    assert any(isinstance(one, Conflict) for one in said)
    assert len(await office.store.releases_of(*BUSINESS)) == 1
    assert await there.changes(there.businesses()) == []


async def test_an_edition_that_cannot_be_opened_leaves_what_held_before(office: Office) -> None:
    """Such as one that needs a plugin which this process does not have."""
    await office.publish("first")
    town = await office.process()
    newer = (await office.publish("newer", company="8001"))[0]
    await behind_the_back(office.store, "DELETE FROM editions WHERE id = ?", newer.edition)
    assert await town.editions.refresh() is True
    assert flow_title(town) == "联系电话修改"
    assert town.editions.unopened == {newer.edition: "it is not in this database"}
    starting = open_town(office.store, office.clock, office.folder, office.files["first"])
    with pytest.raises(DefinitionError, match=f"8001/basic_info_change {newer.edition[:12]}"):
        await starting.editions.refresh(strict=True)


async def test_a_process_that_runs_notices_within_seconds(office: Office) -> None:
    await office.publish("first")
    town = await office.process()
    told: list[str] = []
    watching = asyncio.create_task(town.editions.watch(told.append, every=0.02))
    await office.publish("newer")
    async with asyncio.timeout(60):
        while flow_title(town) != "联系电话":
            await asyncio.sleep(0.02)
    watching.cancel()
    assert told == []


async def test_a_process_that_has_read_the_files_before_they_were_published_raises_no_alarm(office: Office) -> None:
    await office.publish("first")
    town = await office.process("first")
    office.clock.forward(minutes=1)
    await office.publish("newer")
    await town.editions.refresh()
    assert town.editions.unpublished() == ()
    assert (await office.process("first")).editions.unpublished() != ()


async def test_what_would_change_is_told_in_words(office: Office) -> None:
    await office.publish("first")
    releases = Releases((await office.process("newer")).caseload)
    change = (await releases.changes([BUSINESS]))[0]
    assert change.differences is not None
    assert (change.first, change.four_eyes, change.number) == (False, False, 2)
    said = " ".join(one.sentence for one in change.differences.changes)
    assert "联系电话" in said
    assert "YB-FXSM-2026-02" in said
