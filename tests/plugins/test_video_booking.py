"""Times that are booked: within the hours of the step, no place twice, and who has booked comes first at that time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from video_kit import GoingClock, Page, case_of, clock, place_of, plugin, store

from banli.hooks import Place
from banli.hours import calendar_from, hours_from
from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import KIND
from banli_video.ranks import BOOKED, Slot
from store_kit import event

__all__ = ["clock", "plugin", "store"]

HOURS = hours_from(
    {"title": "", "windows": {"mon-fri": "09:00-11:00"}, "days": "every_day"},
    {"china": calendar_from({"title": "", "years": {}})},
)
"""The clock begins at 10:00 on a Monday."""


async def place(store: Store, name: str, **options: Any) -> Place:
    told = {"bookings": {"days": 2, "minutes": 30, "places": 1}, **options}
    return replace(place_of(await case_of(store, name), {"client.branch": "zz"}, **told), hours=HOURS)


async def test_what_is_left_of_today_and_the_next_day_can_be_booked(store: Store, plugin: VideoPlugin) -> None:
    one = await place(store, "one")
    slots = await plugin.ranks.slots(one)
    china = [slot.start.astimezone(HOURS.zone).strftime("%a %H:%M") for slot in slots]
    assert china == ["Mon 10:30", "Tue 09:00", "Tue 09:30", "Tue 10:00", "Tue 10:30"]
    assert {slot.free for slot in slots} == {1} and {slot.end - slot.start for slot in slots} == {timedelta(minutes=30)}


async def test_a_time_is_given_to_one_client_only_and_given_back(store: Store, plugin: VideoPlugin) -> None:
    clients = [await place(store, name) for name in ("one", "two", "three")]
    wanted = (await plugin.ranks.slots(clients[0]))[1].start.isoformat()
    made = await asyncio.gather(*(plugin.ranks.book(client, wanted) for client in clients))
    assert sorted(type(one).__name__ for one in made) == ["Slot", "str", "str"]
    assert {one for one in made if isinstance(one, str)} == {"video_time_taken"}
    winner = next(client for client, one in zip(clients, made, strict=True) if isinstance(one, Slot))
    assert [slot.free for slot in await plugin.ranks.slots(winner)] == [1, 0, 1, 1, 1]
    other = (await plugin.ranks.slots(winner))[2].start.isoformat()
    assert isinstance(await plugin.ranks.book(winner, other), Slot), "another time instead of it"
    assert [slot.free for slot in await plugin.ranks.slots(winner)] == [1, 1, 0, 1, 1]
    await plugin.ranks.unbook(winner.case)
    assert [slot.free for slot in await plugin.ranks.slots(winner)] == [1, 1, 1, 1, 1]
    assert await plugin.ranks.booked(winner) is None


async def test_the_place_of_a_case_that_was_given_up_is_free_for_others(store: Store, plugin: VideoPlugin) -> None:
    gone, other = await place(store, "one"), await place(store, "two")
    wanted = (await plugin.ranks.slots(gone))[1].start.isoformat()
    assert isinstance(await plugin.ranks.book(gone, wanted), Slot)
    assert await plugin.ranks.book(other, wanted) == "video_time_taken"
    row = await store.case(id=gone.case)
    assert row is not None
    await store.save_case(replace(row, open=False, state="abandoned"), row.revision, [event(store, "abandoned")])
    assert isinstance(await plugin.ranks.book(other, wanted), Slot)
    assert await plugin.ranks.booked(gone) is None
    assert [slot.free for slot in await plugin.ranks.slots(other)] == [1, 0, 1, 1, 1]
    row = await store.case(id=other.case)
    assert row is not None
    await store.save_case(replace(row, open=False, state="expired"), row.revision, [event(store, "expired")])
    assert [slot.free for slot in await plugin.ranks.slots(await place(store, "three"))] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("said", [None, 7, "", "tomorrow", "2026-11-24T03:00:00+00:00", "2026-11-23T02:00:00+00:00"])
async def test_what_is_no_time_of_the_step_is_not_booked(store: Store, plugin: VideoPlugin, said: object) -> None:
    assert await plugin.ranks.book(await place(store, "one"), said) == "video_no_such_time"


async def test_who_has_booked_comes_first_at_that_time_and_not_before(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    walk_in, booked = await place(store, "one"), await place(store, "two")
    made = await plugin.ranks.book(booked, (await plugin.ranks.slots(booked))[0].start.isoformat())
    assert isinstance(made, Slot)
    pages = [Page(plugin, one) for one in (walk_in, booked)]
    for page in pages:
        await (await page.open()).hears("queue")
    assert await plugin.ranks.rank(booked) == 0
    clock.forward(minutes=26)
    for page in pages:
        await plugin.calls.works.there(await plugin.calls.works.of(page.place.case, KIND))  # type: ignore[arg-type]
    assert await plugin.ranks.rank(booked) == BOOKED

    async def first() -> str:
        listed = await plugin.calls.works.queued("8001", KIND, ["zz"], since=clock() - plugin.grace)
        return listed[0].case

    async with asyncio.timeout(60):
        while await first() != booked.case:
            await asyncio.sleep(0.2)
    clock.forward(minutes=50)
    assert await plugin.ranks.rank(booked) == 0 and await plugin.ranks.booked(booked) is None


async def test_priority_is_what_the_definition_says(store: Store, plugin: VideoPlugin) -> None:
    rules = [{"when": "old", "rank": -2}, {"when": "staff", "rank": 5}]
    case = await case_of(store, "one")
    assert await plugin.ranks.rank(place_of(case, {"old": True, "staff": True}, priority=rules)) == -2
    assert await plugin.ranks.rank(place_of(case, {"staff": True}, priority=rules)) == 5
    assert await plugin.ranks.rank(place_of(case, {}, priority=rules)) == 0
    assert plugin.ranks.queue(place_of(case, {"client.branch": "zz"})) == "zz"
    assert plugin.ranks.queue(place_of(case, {})) == ""


async def test_after_hours_nobody_gets_into_the_line_and_who_waits_is_told(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    page = Page(plugin, await place(store, "one"))
    await (await page.open()).hears("queue")
    clock.forward(hours=1, minutes=1)
    await plugin.calls.works.there(await plugin.calls.works.of(page.place.case, KIND))  # type: ignore[arg-type]
    while not (told := await page.tube.hears("queue"))["closed"]:
        pass
    assert told["until"] == "2026-11-24T09:00:00+08:00"
    assert await plugin.calls.works.of(page.place.case, KIND) is None
    again = await (await page.open()).hears("queue")
    assert again["closed"] and again["until"] == "2026-11-24T09:00:00+08:00"
