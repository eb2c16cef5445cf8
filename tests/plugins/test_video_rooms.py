"""A vendor's room: both pages are given their way in, what it records is fetched and compared, and its silence loses nobody."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from video_kit import GoingClock, Page, case_of, clock, place_of, plugin_on, store

from banli.counters import Work
from banli.hooks import Unavailable
from banli.store import Store
from banli.web.guard import HEADERS, headers
from banli_video import VideoPlugin, vendors
from banli_video.calls import AGENT_LOST, KIND, LEASE, PASSED, PRESENT, Call
from banli_video.rooms import AGENT, CLIENT, FailingRoom, PeerRoom, SimulatedRoom

__all__ = ["clock", "store"]

ORIGIN = "https://rtc.vendor.example"
ROOM = {"name": "simulated", "origins": [ORIGIN], "options": {"address": ORIGIN}}


@pytest.fixture
def plugin(store: Store, tmp_path: Path) -> VideoPlugin:
    return plugin_on(store, tmp_path, room=ROOM)


async def in_line(plugin: VideoPlugin, store: Store) -> tuple[Page, str]:
    case = await case_of(store, "one")
    page = Page(plugin, place_of(case, {"client.branch": "zz"}))
    await (await page.open()).hears("queue")
    return page, case.id


async def called(plugin: VideoPlugin) -> tuple[Work, Call]:
    work = await plugin.calls.works.next("staff:a", ["8001"], KIND, [], LEASE, since=plugin.calls.clock() - PRESENT)
    assert work is not None
    call = await plugin.calls.begin(work, "video", "staff:a", "样本坐席", "F0000001")
    assert call is not None
    return work, call


async def over(plugin: VideoPlugin, call: Call, clock: GoingClock) -> None:
    await plugin.calls.connected(call)
    clock.forward(seconds=2)
    assert await plugin.calls.end(call, PASSED) is not None


async def told(store: Store, case: str) -> list[tuple[str, Any]]:
    return [
        (event.kind, event.data) for event in await store.events(case) if event.kind in ("video.recorded", "video.unrecorded")
    ]


async def test_the_clients_page_is_given_a_way_in_that_is_not_the_agents(plugin: VideoPlugin, store: Store) -> None:
    page, _ = await in_line(plugin, store)
    work = await plugin.calls.works.next("staff:a", ["8001"], KIND, [], LEASE, since=plugin.calls.clock() - PRESENT)
    assert work is not None
    await plugin.room.create(f"{work.id}.1")
    call = await plugin.calls.begin(work, "video", "staff:a", "样本坐席", "F0000001")
    said = await page.tube.hears("called")
    assert call is not None and said["call"] == call.id and "ice" not in said
    assert said["frame"].startswith(f"{ORIGIN}/?") and "side=client" in said["frame"]
    assert said["frame"] != (await plugin.room.token(call.id, AGENT, ""))["frame"]


async def test_a_room_that_is_silent_loses_nobody(plugin: VideoPlugin, store: Store) -> None:
    """The room is not there yet when the client is called; the page is given its way in as soon as it is."""
    page, _ = await in_line(plugin, store)
    _, call = await called(plugin)
    with pytest.raises(Unavailable):
        await plugin.room.token(call.id, CLIENT, "")
    assert (await plugin.calls.get(call.id)).ended is None  # type: ignore[union-attr]
    await plugin.room.create(call.id)
    assert (await page.tube.hears("called", 60))["call"] == call.id


async def test_what_the_room_has_recorded_is_kept_with_the_case(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    _, case = await in_line(plugin, store)
    _, call = await called(plugin)
    assert isinstance(plugin.room, SimulatedRoom)
    await plugin.room.create(call.id)
    await plugin.roomed.want(call)
    plugin.room.film(call.id, b"one")
    plugin.room.film(call.id, b"two")
    assert await plugin.roomed.upkeep("system") == 0, "the call goes on"
    await over(plugin, call, clock)
    assert await plugin.roomed.upkeep("system") == 1
    assert await plugin.roomed.upkeep("system") == 0
    digest = hashlib.sha256(b"onetwo").hexdigest()
    assert [(kind, data["digest"], data["bytes"]) for kind, data in await told(store, case)] == [("video.recorded", digest, 6)]
    recording, now = await plugin.recordings.get(call.id), await plugin.calls.get(call.id)
    assert recording is not None and recording.whole and not recording.short and now is not None and now.recording == digest
    assert await plugin.recordings.read(recording, 0, 0, 6) == b"onetwo"
    assert (await plugin.recordings.erase(call.id, "system", "retention")) is not None
    assert await plugin.files.of(case, "video.") == []


async def test_a_recording_that_is_not_what_the_vendor_says_is_not_kept(
    plugin: VideoPlugin, store: Store, clock: GoingClock
) -> None:
    class Other(SimulatedRoom):
        async def content(self, call: str) -> AsyncIterator[bytes]:
            yield b"something else"

    plugin.room = plugin.roomed._room = Other(ORIGIN)
    _, case = await in_line(plugin, store)
    _, call = await called(plugin)
    await plugin.room.create(call.id)
    await plugin.roomed.want(call)
    plugin.room.film(call.id, b"one")
    await over(plugin, call, clock)
    assert await plugin.roomed.upkeep("system") == 0
    assert await told(store, case) == [("video.unrecorded", {"call": call.id, "why": "room_digest"})]
    assert await plugin.files.of(case, "video.") == []


@pytest.mark.parametrize("breaks", [False, True])
async def test_a_recording_without_end_or_that_breaks_off_leaves_nothing(
    plugin: VideoPlugin, store: Store, clock: GoingClock, breaks: bool
) -> None:
    sent = 0

    class Endless(SimulatedRoom):
        async def content(self, call: str) -> AsyncIterator[bytes]:
            nonlocal sent
            while sent < 1000:
                sent += 1
                yield b"x" * (5 << 20)
                if breaks:
                    raise Unavailable("video_room_silent")

    plugin.room = plugin.roomed._room = Endless(ORIGIN)
    _, case = await in_line(plugin, store)
    _, call = await called(plugin)
    await plugin.room.create(call.id)
    await plugin.roomed.want(call)
    plugin.room.film(call.id, b"x" * (6 << 20))
    await over(plugin, call, clock)
    assert await plugin.roomed.upkeep("system") == 0
    assert sent == (1 if breaks else 2) and await plugin.files.of(case, "video.") == []
    assert await told(store, case) == ([] if breaks else [("video.unrecorded", {"call": call.id, "why": "room_digest"})])


async def test_the_recording_of_a_call_with_pictures_is_kept(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    await in_line(plugin, store)
    _, call = await called(plugin)
    await plugin.room.create(call.id)
    await plugin.roomed.want(call)
    await plugin.recordings.shelve(call.id, call.case, call.company)
    plugin.room.film(call.id, b"one")  # type: ignore[attr-defined]
    await over(plugin, call, clock)
    assert await plugin.roomed.upkeep("system") == 1
    recording = await plugin.recordings.get(call.id)
    assert recording is not None and recording.whole


async def test_nobody_enters_a_room_whose_call_is_over(plugin: VideoPlugin, store: Store) -> None:
    """Also when its client hangs up, or its agent is lost."""
    page, _ = await in_line(plugin, store)
    assert isinstance(plugin.room, SimulatedRoom)
    for leaves in (False, True):
        work = await plugin.calls.works.next("staff:a", ["8001"], KIND, [], LEASE, since=plugin.calls.clock() - PRESENT)
        assert work is not None
        await plugin.room.create(f"{work.id}.{1 + leaves}")
        call = await plugin.calls.begin(work, "video", "staff:a", "样本坐席", "F0000001")
        assert call is not None
        assert (await page.tube.hears("called", 60))["call"] == call.id
        if leaves:
            page.tube.page("leave")
            assert (await page.tube.hears("over"))["why"] == "left"
        else:
            await plugin.calls.works.release(work, "staff:a")
            await plugin.calls.end(call, AGENT_LOST)
            await page.tube.hears("again")
        assert call.id not in plugin.room.open


async def test_a_recording_that_does_not_come_is_asked_for_for_a_day(
    plugin: VideoPlugin, store: Store, clock: GoingClock
) -> None:
    _, case = await in_line(plugin, store)
    _, call = await called(plugin)
    await plugin.room.create(call.id)
    await plugin.roomed.want(call)
    await over(plugin, call, clock)
    plugin.roomed._room = FailingRoom()
    assert await plugin.roomed.upkeep("system") == 0 and await told(store, case) == []
    clock.forward(hours=25)
    assert await plugin.roomed.upkeep("system") == 0
    assert await told(store, case) == [("video.unrecorded", {"call": call.id, "why": "room_silent"})]
    clock.forward(hours=1)
    await plugin.roomed.upkeep("system")
    assert len(await told(store, case)) == 1


async def test_what_the_settings_say_is_what_is_used(plugin: VideoPlugin, store: Store, tmp_path: Path) -> None:
    assert isinstance(plugin_on(store, tmp_path).room, PeerRoom) and plugin_on(store, tmp_path).frames() == ()
    assert isinstance(plugin_on(store, tmp_path, room={"name": "failing"}).room, FailingRoom)
    assert plugin.frames() == (ORIGIN,)
    assert "for trials only" in vendors.trouble(ROOM, False) and vendors.trouble(ROOM, True) == ""
    assert "origins" in vendors.trouble({"name": "acme"}, False)


def test_only_named_origins_are_shown_in_frames_with_camera_and_microphone() -> None:
    assert headers() == HEADERS and "frame-src" not in HEADERS["Content-Security-Policy"]
    made = headers([ORIGIN])
    assert made["Content-Security-Policy"] == f"{HEADERS['Content-Security-Policy']}; frame-src {ORIGIN}"
    allowed = f'camera=(self "{ORIGIN}"), microphone=(self "{ORIGIN}"), geolocation=(), payment=()'
    assert made["Permissions-Policy"] == allowed
