"""The wires of a video call: a place in the line, kept and given up; the call, cut and taken up; who has the last word."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from video_kit import COMPANY, LINE, GoingClock, Page, Tube, case_of, clock, place_of, plugin, store

from banli.counters import Work
from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import AGENT_LOST, GONE, KIND, LEASE, MOST_CUTS, PASSED, PRESENT, RELEASED, SENT_BACK, STOPPED, Call
from banli_video.lines import AgentLine, signal_of, state_told

__all__ = ["clock", "plugin", "store"]

AGENT = "staff:a"


async def waiting(store: Store, plugin: VideoPlugin, name: str, branch: str = "zz", **options: Any) -> Page:
    page = Page(plugin, place_of(await case_of(store, name), {"client.branch": branch}, **options))
    await page.open()
    async with asyncio.timeout(60):
        while await plugin.calls.works.of(page.place.case, KIND) is None:
            await asyncio.sleep(0.01)
    return page


async def taken(plugin: VideoPlugin, agent: str = AGENT, branch: str = "zz") -> tuple[Work, Call]:
    """The agent takes the next client and calls."""
    calls = plugin.calls
    work = await calls.works.next(agent, [COMPANY], KIND, [branch], LEASE, since=calls.clock() - PRESENT)
    assert work is not None
    call = await calls.begin(work, "video", agent, "样本坐席", "F0000001")
    assert call is not None
    return work, call


async def sat_down(plugin: VideoPlugin, call: Call, agent: str = AGENT, after: int = 0) -> tuple[Tube, asyncio.Task[None]]:
    """The agent's page of this call."""
    tube = Tube()
    tube.page("hello", call=call.id, after=after)
    return tube, asyncio.create_task(AgentLine(plugin.calls, tube, agent).attend(), name=LINE)


async def test_everybody_in_the_branch_is_told_how_many_they_are(store: Store, plugin: VideoPlugin) -> None:
    """R-131, R-132, C-29: the number counts oneself, not those of other branches, not who is in a call."""
    one = await waiting(store, plugin, "one")
    assert await one.tube.hears("queue") == {"k": "queue", "people": 1, "minutes": None, "closed": False, "until": None}
    two = await waiting(store, plugin, "two")
    other = await waiting(store, plugin, "three", "sh")
    assert (await two.tube.hears("queue"))["people"] == 2
    assert (await one.tube.hears("queue"))["people"] == 2
    assert (await other.tube.hears("queue"))["people"] == 1
    await taken(plugin)
    assert (await one.tube.hears("called"))["agent"] == {"name": "样本坐席", "number": "F0000001"}
    assert (await two.tube.hears("queue"))["people"] == 1
    two.tube.page("leave")
    assert await two.tube.hears("over") == {"k": "over", "why": "left"}
    await two.ended()
    assert await plugin.calls.works.of(two.place.case, KIND) is None


async def test_an_estimate_comes_from_the_calls_of_late(store: Store, plugin: VideoPlugin, clock: GoingClock) -> None:
    for name in ("one", "two", "three"):
        page = await waiting(store, plugin, name)
        await page.tube.hears("queue")
        work, call = await taken(plugin)
        await plugin.calls.works.leave(work)
        await plugin.calls.end(call, STOPPED)
        clock.forward(minutes=4)
    page = await waiting(store, plugin, "four")
    assert (await page.tube.hears("queue"))["minutes"] == 4


async def test_a_page_loaded_anew_keeps_its_place_for_as_long_as_is_promised(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    first = await waiting(store, plugin, "one")
    await first.tube.hears("queue")
    second = await waiting(store, plugin, "two")
    await second.tube.hears("queue")
    place = await plugin.calls.works.of(first.place.case, KIND)
    assert place is not None
    await first.close()
    clock.forward(seconds=100)
    await plugin.calls.works.there(await plugin.calls.works.of(second.place.case, KIND))  # type: ignore[arg-type]
    tube = await first.open(start=False)
    assert (await tube.hears("queue"))["people"] == 2
    now = await plugin.calls.works.of(first.place.case, KIND)
    assert now is not None and (now.id, now.since) == (place.id, place.since)
    work, _ = await taken(plugin)
    assert work.id == place.id, "who was away for a moment is still the first"


async def test_who_is_away_for_too_long_is_told_and_can_queue_anew(store: Store, plugin: VideoPlugin, clock: GoingClock) -> None:
    page = await waiting(store, plugin, "one")
    await page.tube.hears("queue")
    before = await plugin.calls.works.of(page.place.case, KIND)
    await page.close()
    clock.forward(seconds=121)
    assert await (await page.open(start=False)).hears("lost") == {"k": "lost"}
    await page.ended()
    assert (await (await page.open()).hears("queue"))["people"] == 1
    after = await plugin.calls.works.of(page.place.case, KIND)
    assert before is not None and after is not None and after.id != before.id


async def test_who_is_away_just_now_is_passed_over_and_called_when_back(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    """Nobody waits for a picture that cannot come, and nobody loses the place."""
    first = await waiting(store, plugin, "one")
    await first.tube.hears("queue")
    await first.close()
    clock.forward(seconds=40)
    second = await waiting(store, plugin, "two")
    assert (await second.tube.hears("queue"))["people"] == 2
    await taken(plugin)
    await second.tube.hears("called")
    await (await first.open(start=False)).hears("queue")
    await taken(plugin, "staff:b")
    await first.tube.hears("called")


async def test_a_second_window_takes_over(store: Store, plugin: VideoPlugin) -> None:
    page = await waiting(store, plugin, "one")
    await page.tube.hears("queue")
    elsewhere = Page(plugin, page.place)
    await elsewhere.open(start=False)
    assert await page.tube.hears("elsewhere") == {"k": "elsewhere"}
    await page.ended()
    assert (await elsewhere.tube.hears("queue"))["people"] == 1


async def test_only_who_has_tried_the_devices_gets_into_the_line(store: Store, plugin: VideoPlugin) -> None:
    """R-034"""
    page = Page(plugin, place_of(await case_of(store, "one")))
    tube = await page.open(devices={"camera": True, "microphone": False})
    assert await tube.hears("devices") == {"k": "devices"}
    assert await plugin.calls.works.of(page.place.case, KIND) is None


async def test_what_the_two_pages_say_reaches_the_other_one_in_order(store: Store, plugin: VideoPlugin) -> None:
    """R-133; a page whose wire was cut gets what it has missed, and nothing twice."""
    page = await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    called = await page.tube.hears("called")
    assert called["ice"] == {"iceServers": [], "iceTransportPolicy": "all"}
    desk, _ = await sat_down(plugin, call)
    assert await desk.hears("client") == {"k": "client", "there": True}
    assert (await desk.hears("signal"))["said"] == {"ready": True}
    offer = {"description": {"type": "offer", "sdp": "v=0 one"}, "epoch": 7}
    desk.page("signal", said=offer)
    heard = await page.tube.hears("signal")
    assert heard["said"] == offer
    page.tube.page("signal", said={"candidates": [{"candidate": "c1", "sdpMid": "0", "evil": 1}, 7], "epoch": 7})
    assert (await desk.hears("signal"))["said"] == {"candidates": [{"candidate": "c1", "sdpMid": "0"}], "epoch": 7}
    page.tube.page("state", state="connected")
    await page.close()
    assert await desk.hears("client") == {"k": "client", "there": False}
    for number in (1, 2):
        desk.page("signal", said={"candidates": [{"candidate": f"late {number}"}], "epoch": 7})
    await asyncio.sleep(0.3)
    tube = await page.open(start=False, call=call.id, after=heard["n"])
    assert (await tube.hears("called"))["call"] == call.id
    missed = [(await tube.hears("signal"))["said"]["candidates"][0]["candidate"] for _ in range(2)]
    assert missed == ["late 1", "late 2"]
    kept = await plugin.calls.get(call.id)
    assert kept is not None and kept.state == "connected"
    assert (kept.agent_name, kept.number, kept.queue, kept.step) == ("样本坐席", "F0000001", "zz", "video")


async def test_a_page_loaded_anew_in_mid_call_begins_the_picture_anew(store: Store, plugin: VideoPlugin) -> None:
    page = await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    await page.tube.hears("called")
    desk, _ = await sat_down(plugin, call)
    await desk.hears("signal")
    desk.page("signal", said={"description": {"type": "offer", "sdp": "old"}, "epoch": 1})
    await page.tube.hears("signal")
    await page.close()
    tube = await page.open(start=False)
    assert (await tube.hears("called"))["call"] == call.id
    assert (await desk.hears("signal"))["said"] == {"ready": True}
    desk.page("signal", said={"description": {"type": "offer", "sdp": "new"}, "epoch": 2})
    assert (await tube.hears("signal"))["said"]["description"]["sdp"] == "new"


async def test_an_agent_who_is_lost_gives_the_client_back_to_the_head_of_the_line(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    page = await waiting(store, plugin, "one")
    later = await waiting(store, plugin, "two")
    work, call = await taken(plugin)
    await page.tube.hears("called")
    desk, sitting = await sat_down(plugin, call)
    await desk.hears("client")
    desk.hang_up()
    await asyncio.wait({sitting}, timeout=60)
    clock.forward(seconds=21)
    await page.tube.hears("again", 60)
    now = plugin.calls.clock()
    for work_ in await plugin.calls.works.queued(work.company, KIND, since=now - plugin.grace):
        await plugin.calls.works.there(work_)  # as both pages say within seconds, however slow the machine is
    ended = await plugin.calls.get(call.id)
    assert ended is not None and ended.why == "agent_lost"
    next_work, next_call = await taken(plugin, "staff:b")
    assert next_work.id == work.id and next_call.id != call.id
    assert (await page.tube.hears("called"))["call"] == next_call.id
    assert later.tube.gone is False


@pytest.mark.parametrize("why", [PASSED, SENT_BACK])
async def test_a_decision_outweighs_a_page_that_took_the_agent_for_lost_at_that_moment(
    store: Store, plugin: VideoPlugin, why: str
) -> None:
    await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    assert await plugin.calls.end(call, AGENT_LOST) is not None
    assert await plugin.calls.end(call, GONE) is None, "nothing but a decision outweighs it"
    ended = await plugin.calls.end(call, why)
    assert ended is not None and ended.why == why
    assert await plugin.calls.end(call, AGENT_LOST) is None
    kept = await plugin.calls.get(call.id)
    assert kept is not None and kept.why == why


async def test_nobody_was_lost_in_a_call_that_is_being_decided(store: Store, plugin: VideoPlugin) -> None:
    await waiting(store, plugin, "one")
    work, call = await taken(plugin)
    assert await plugin.calls.works.leave(work) is not None
    assert await plugin.calls.end(call, AGENT_LOST) is None
    kept = await plugin.calls.get(call.id)
    assert kept is not None and kept.ended is None, "the agent's page says next how it ended"


async def test_beats_hold_the_client_and_a_page_that_is_too_late_is_told(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    page = await waiting(store, plugin, "one")
    work, call = await taken(plugin)
    await page.tube.hears("called")
    desk, _ = await sat_down(plugin, call)
    await desk.hears("client")
    for _ in range(3):
        clock.forward(seconds=15)
        await plugin.calls.works.there(work)
        before = await plugin.calls.works.get(work.id)
        desk.page("beat")
        async with asyncio.timeout(60):
            while (held := await plugin.calls.works.get(work.id)) is None or held.until == before.until:
                await asyncio.sleep(0.02)
    assert held is not None and held.holder == AGENT and held.until is not None and held.until > clock()
    clock.forward(seconds=25)
    await plugin.calls.works.there(work)
    assert await plugin.calls.works.next("staff:b", [COMPANY], KIND, ["zz"], LEASE, since=clock() - PRESENT) is not None
    desk.page("beat")
    assert await desk.hears("over") == {"k": "over", "why": "agent_lost"}


@pytest.mark.parametrize("why", [PASSED, SENT_BACK])
async def test_a_decision_leads_both_pages_on(store: Store, plugin: VideoPlugin, why: str) -> None:
    """R-137, R-139"""
    page = await waiting(store, plugin, "one")
    work, call = await taken(plugin)
    await page.tube.hears("called")
    desk, _ = await sat_down(plugin, call)
    await desk.hears("client")
    await plugin.calls.works.leave(work)
    assert (await plugin.calls.end(call, why)) is not None
    assert await plugin.calls.end(call, STOPPED) is None, "who ends it first says why"
    assert await page.tube.hears("over") == {"k": "over", "why": why}
    assert await desk.hears("over") == {"k": "over", "why": why}
    await page.ended()


async def test_a_client_put_back_stands_in_line_and_one_whose_call_was_stopped_does_not(
    store: Store, plugin: VideoPlugin
) -> None:
    page = await waiting(store, plugin, "one")
    work, call = await taken(plugin)
    await page.tube.hears("called")
    await plugin.calls.works.release(work, AGENT)
    await plugin.calls.end(call, RELEASED)
    await page.tube.hears("again")
    assert (await page.tube.hears("queue"))["people"] == 1
    work, call = await taken(plugin)
    await page.tube.hears("called")
    await plugin.calls.works.leave(work)
    await plugin.calls.end(call, STOPPED)
    assert await page.tube.hears("over") == {"k": "over", "why": "stopped"}


async def test_a_client_cannot_have_more_calls_in_a_day_than_the_step_allows(
    store: Store, plugin: VideoPlugin, clock: GoingClock
) -> None:
    page = await waiting(store, plugin, "one", daily=1)
    work, call = await taken(plugin)
    await plugin.calls.connected(call)
    await plugin.calls.works.leave(work)
    await plugin.calls.end(call, SENT_BACK)
    await page.tube.hears("over")
    assert await (await page.open()).hears("often") == {"k": "often"}
    clock.forward(hours=25)
    await (await page.open()).hears("queue")


async def test_two_changes_of_a_call_at_once_both_stay(store: Store, plugin: VideoPlugin) -> None:
    page = await waiting(store, plugin, "one")
    await page.tube.hears("queue")
    _, call = await taken(plugin)
    await asyncio.gather(
        plugin.calls.keep(call, snapshots={"face": "f1"}), plugin.calls.keep(call, answers={"will": "yes"}),
        plugin.calls.keep(call, recording="ab" * 32, notes="ok"), plugin.calls.connected(call),
    )  # fmt: skip
    kept = await plugin.calls.get(call.id)
    assert kept is not None
    assert (kept.snapshots, kept.answers, kept.recording, kept.more, kept.state) == (
        {"face": "f1"}, {"will": "yes"}, "ab" * 32, {"notes": "ok"}, "connected",
    )  # fmt: skip
    gone = await plugin.calls.keep(call, snapshots={"face": ""})
    assert gone is not None and gone.snapshots == {}


async def test_a_page_that_says_all_the_time_that_the_picture_is_away_fills_no_case(store: Store, plugin: VideoPlugin) -> None:
    page = await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    for _ in range(MOST_CUTS + 5):
        await state_told(plugin.calls, call, "failed", "client")
    kinds = [event.kind for event in await store.events(page.place.case)]
    assert kinds.count("video.cut") == MOST_CUTS


async def test_a_client_whose_page_is_gone_is_away_until_it_is_back(store: Store, plugin: VideoPlugin) -> None:
    """Beats of the agent's page do not bring them back."""
    page = await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    desk, _ = await sat_down(plugin, call)
    await page.tube.hears("called")
    await page.close()
    while (await desk.hears("client"))["there"]:
        pass
    for _ in range(3):
        desk.page("beat")
    await page.open(start=False)
    await page.tube.hears("called")
    assert [(await desk.hears("client"))["there"]] == [True]
    assert desk.told.empty() or (await desk.told.get())["k"] != "client"


async def test_a_call_whose_client_has_given_up_the_case_ends(store: Store, plugin: VideoPlugin) -> None:
    """Nobody has decided anything, and nobody will."""
    await waiting(store, plugin, "one")
    work, call = await taken(plugin)
    desk, sitting = await sat_down(plugin, call)
    await desk.hears("client")
    async with store.transaction() as tx:
        await tx.close_tasks(work.case)
    desk.page("beat")
    desk.page("beat")
    assert (await desk.hears("over"))["why"] == GONE
    await asyncio.wait_for(sitting, 30)
    assert (await plugin.calls.get(call.id)).why == GONE  # type: ignore[union-attr]


async def test_who_may_not_take_calls_of_a_company_any_more_has_no_wire(store: Store, plugin: VideoPlugin) -> None:
    await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    tube = Tube()
    tube.page("hello", call=call.id, after=0)
    await AgentLine(plugin.calls, tube, AGENT, ("8002",)).attend()
    assert await tube.hears("over") == {"k": "over", "why": GONE}


async def test_nobody_speaks_for_the_agent_of_another_call(store: Store, plugin: VideoPlugin) -> None:
    await waiting(store, plugin, "one")
    _, call = await taken(plugin)
    stranger, _ = await sat_down(plugin, call, "staff:other")
    assert await stranger.hears("over") == {"k": "over", "why": "gone"}


@pytest.mark.parametrize(
    "said",
    [
        None, 7, "x", [], {}, {"ready": 1}, {"description": {"type": "offer"}}, {"description": {"type": "evil", "sdp": "x"}},
        {"description": {"type": "offer", "sdp": "x" * 70_000}}, {"candidates": [{"candidate": "x" * 1001}]}, {"candidates": [{"candidate": "x"}] * 41}, {"candidates": "x"}, {"candidates": []},
    ],
)  # fmt: skip
def test_what_is_no_signal_goes_nowhere(said: object) -> None:
    assert signal_of(said) is None


def test_the_grace_is_longer_than_who_is_there_now() -> None:
    assert timedelta(seconds=120) > PRESENT and LEASE < PRESENT
