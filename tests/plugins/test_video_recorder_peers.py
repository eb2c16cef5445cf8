"""The site's own copy of a call: what both sides send is kept as it came, whatever the agent's page does or leaves."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from film_kit import played
from recorder_kit import Reeling, Sender, connected_call, until
from video_kit import GoingClock, Page, Tube, case_of, clock, place_of, plugin, plugin_on, store

from banli.errors import Problem
from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import CLIENT_LEFT, GONE, PASSED, Call
from banli_video.copies import SIDES
from banli_video.lines import AgentLine
from banli_video.pieces import Recording, copy_of
from banli_video.recorder import taking
from banli_video.recorder.process import Recorder
from relay_kit import SECRET, SECRET_ENV, Relay

__all__ = ["clock", "plugin", "store"]


class Running:
    """Recorders and pages of a test, none of which outlives it."""

    def __init__(self, plugin: VideoPlugin) -> None:
        self.plugin = plugin
        self.tasks: dict[Recorder, asyncio.Task[None]] = {}
        self.senders: list[Sender] = []

    def recorder(self, most: int = 4) -> Recorder:
        made = Recorder(self.plugin, most)
        self.tasks[made] = asyncio.create_task(made.run())
        return made

    def sends(self, call: Call, seconds: float | None = None, sides: tuple[str, ...] = SIDES) -> list[Sender]:
        made = [Sender(self.plugin, call, side, seconds) for side in sides]
        self.senders += made
        return made

    async def stop(self, recorder: Recorder) -> None:
        recorder.stop()
        await asyncio.wait_for(self.tasks.pop(recorder), 60)

    async def crash(self, recorder: Recorder) -> None:
        """Without a last word, as after SIGKILL."""
        for task in (*recorder._tasks, self.tasks.pop(recorder)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        for sender in self.senders:
            await sender.close()
        for recorder in list(self.tasks):
            await self.stop(recorder)


@pytest.fixture
async def running(plugin: VideoPlugin) -> AsyncIterator[Running]:
    made = Running(plugin)
    yield made
    await made.close()


async def kept(plugin: VideoPlugin, call: Call) -> dict[str, Recording]:
    """Both sides, once they are files."""

    async def there() -> dict[str, Recording] | None:
        return None if await plugin.copies.get(call.id) else await plugin.copies.of(call.id)

    return await until(there)  # type: ignore[no-any-return]


async def events(store: Store, call: Call, kind: str) -> list[dict[str, Any]]:
    return [event.data for event in await store.events(call.case) if event.kind == kind]


async def whole(plugin: VideoPlugin, recording: Recording, number: int = 0) -> bytes:
    return await plugin.recordings.read(recording, number, 0, recording.pieces[number].bytes)


async def test_both_sides_are_kept_as_they_were_sent(plugin: VideoPlugin, store: Store, running: Running, tmp_path: Path) -> None:
    """The agent's page records nothing at all: the site has its copy, with its digests in the chain of events."""
    call = await connected_call(plugin, await case_of(store, "jia"))
    running.recorder()
    senders = running.sends(call, 4)
    await until(lambda: all(sender.over for sender in senders))
    await asyncio.sleep(0.5)
    blobs = [path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert not any(b"webm" in content or b"A_OPUS" in content for content in blobs), "nothing lies open"
    await plugin.calls.end(call, PASSED)
    found = await kept(plugin, call)
    noted = await events(store, call, "video.kept")
    assert [one["side"] for one in noted] == list(SIDES)
    for side, told in zip(SIDES, noted, strict=True):
        recording = found[side]
        content = await whole(plugin, recording)
        assert hashlib.sha256(content).hexdigest() == told["digest"] == recording.digest
        assert (told["call"], told["remuxed"], told["torn"]) == (call.id, True, 0)
        plays = played(content)
        assert plays["streams"] in (["libopus", "libvpx"], ["opus", "vp8"])
        # The last frames are still on their way when a track falls silent: a frame is over once the next one begins.
        assert 1.5 < plays["seconds"] < 4.4 and plays["pictures"] >= 30, plays
        assert plays["sought"] > 0, "it can be searched"
    assert await store.verify_chain(call.case) == []
    assert await events(store, call, "video.recorded") == [] == await events(store, call, "video.unkept")
    slots = {file.slot for file in await plugin.files.of(call.case, "video.")}
    assert slots == {f"video.recording.{copy_of(call.id, side)}" for side in SIDES}, "the chunks are gone"


async def test_a_recorder_that_crashes_is_followed_and_its_part_is_named_torn(
    plugin: VideoPlugin, store: Store, running: Running, clock: GoingClock
) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    first = running.recorder()
    senders = running.sends(call)

    async def begun() -> bool:
        wanted = await plugin.copies.get(call.id)
        return wanted is not None and all(wanted.seconds[side] > 0.5 for side in SIDES)

    await until(begun)
    await running.crash(first)
    left = await plugin.copies.get(call.id)
    before = left.seconds
    assert await plugin.copies.claim(left, "another") is None, "the lease of the first one still holds"
    clock.forward(seconds=25)
    running.recorder()

    async def more() -> bool:
        wanted = await plugin.copies.get(call.id)
        return all(wanted.seconds[side] > before[side] + 0.5 for side in SIDES)

    await until(more)
    assert [len(sender.readies) for sender in senders] == [2, 2]
    await plugin.calls.end(call, CLIENT_LEFT)
    found = await kept(plugin, call)
    for side in SIDES:
        recording = found[side]
        assert (recording.torn, len(recording.pieces)) == (1, 1)
        assert recording.pieces[0].gaps > 20, "the time without a recorder is a gap"
        assert recording.short
        played(await whole(plugin, recording))
    assert [one["torn"] for one in await events(store, call, "video.kept")] == [1, 1]


async def test_one_that_is_stopped_closes_its_files_and_another_goes_on(
    plugin: VideoPlugin, store: Store, running: Running
) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    first = running.recorder()
    senders = running.sends(call)
    await until(lambda: all(sender.connected for sender in senders))

    async def frames() -> bool:
        return all(counted["video"] > 5 for taking in first.taken.values() for counted in taking.frames.values())

    await until(frames)
    await running.stop(first)
    assert (await plugin.copies.get(call.id)).recorder == ""
    entry = await plugin.ledger.get("recording", copy_of(call.id, "client"))
    assert [bool(segment["stopped"]) for segment in entry.document["segments"]] == [True]
    running.recorder()
    await until(lambda: all(len(sender.readies) == 2 and sender.connected for sender in senders))
    await asyncio.sleep(2.5)
    await plugin.calls.end(call, PASSED)
    assert {side: recording.torn for side, recording in (await kept(plugin, call)).items()} == {"client": 0, "agent": 0}


async def test_a_page_that_is_loaded_anew_goes_on_and_one_side_alone_is_kept_too(
    plugin: VideoPlugin, store: Store, running: Running
) -> None:
    """The agent's page sends nothing: the client's side is there all the same, and the events say what is missing."""
    call = await connected_call(plugin, await case_of(store, "jia"))
    recorder = running.recorder()
    (page,) = running.sends(call, None, ("client",))
    await until(lambda: page.connected)
    await until(lambda: recorder.taken[call.id].frames["client"]["video"] > 5)
    await page.close()
    anew = Sender(plugin, call, "client")
    running.senders.append(anew)
    await until(lambda: anew.connected)
    count = recorder.taken[call.id].frames["client"]["video"]
    await until(lambda: recorder.taken[call.id].frames["client"]["video"] > count + 5)
    await plugin.calls.end(call, PASSED)
    found = await kept(plugin, call)
    assert list(found) == ["client"] and not found["client"].torn
    assert [one["side"] for one in await events(store, call, "video.unkept")] == ["agent"]


async def test_no_recorder_takes_more_than_it_may(plugin: VideoPlugin, store: Store, running: Running) -> None:
    calls = [await connected_call(plugin, await case_of(store, name), agent=f"staff:{name}") for name in ("jia", "yi", "bing")]
    recorder = running.recorder(most=2)
    await until(lambda: len(recorder.taken) == 2)
    await asyncio.sleep(1.5)
    assert set(recorder.taken) == {calls[0].id, calls[1].id}, "the first come first"
    await plugin.calls.end(calls[0], PASSED)
    await until(lambda: calls[2].id in recorder.taken)
    other = running.recorder()
    fourth = await connected_call(plugin, await case_of(store, "ding"), agent="staff:ding")
    await until(lambda: fourth.id in other.taken)
    assert len(recorder.taken) == 2, "another process, here or elsewhere, takes what is too much for this one"


async def test_a_call_of_which_nobody_says_that_it_is_over_keeps_no_recorder(
    plugin: VideoPlugin, store: Store, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client has given the case up, and the agent's page is shut: there would soon be no recorder for anybody else."""
    monkeypatch.setattr(taking, "FORSAKEN", 0.1)
    call = await connected_call(plugin, await case_of(store, "jia"))
    recorder = running.recorder()
    await until(lambda: call.id in recorder.taken)
    async with store.transaction() as tx:
        await tx.close_tasks(call.case)
    await until(lambda: not recorder.taken)
    assert (await plugin.calls.get(call.id)).why == GONE


async def test_what_is_asked_for_and_missing_stops_a_decision(
    plugin: VideoPlugin, store: Store, running: Running, clock: GoingClock
) -> None:
    plugin.copies.patience = 0
    alone = await connected_call(plugin, await case_of(store, "jia"), copy="required")
    clock.forward(seconds=2)
    missing = await plugin.copies.awaited(alone)
    assert isinstance(missing, Problem) and missing.code == "video_copy_missing", "there is no recorder"
    await plugin.calls.end(alone, CLIENT_LEFT)
    call = await connected_call(plugin, await case_of(store, "yi"), copy="required", agent="staff:b", connected=False)
    running.recorder()
    running.sends(call)

    async def begun() -> bool:
        wanted = await plugin.copies.get(call.id)
        return wanted is not None and all(wanted.seconds[side] > 0.5 for side in SIDES)

    await until(begun)
    call = await plugin.calls.connected(call) or call
    plugin.copies.patience = 60
    assert await plugin.copies.awaited(call) is None
    plugin.copies.patience = 0
    clock.forward(seconds=300)
    late = await plugin.copies.awaited(call)
    assert isinstance(late, Problem) and late.code == "video_copy_missing", "a call of minutes needs its minutes"


async def test_what_no_recorder_finishes_is_put_together_by_the_site(
    plugin: VideoPlugin, store: Store, running: Running, clock: GoingClock
) -> None:
    torn = await connected_call(plugin, await case_of(store, "jia"))
    recorder = running.recorder()
    running.sends(torn, None, ("client",))

    async def begun() -> bool:
        wanted = await plugin.copies.get(torn.id)
        return wanted is not None and wanted.seconds["client"] > 0.5

    await until(begun)
    await running.crash(recorder)
    never = await connected_call(plugin, await case_of(store, "yi"), agent="staff:b")
    for call in (torn, never):
        await plugin.calls.end(call, PASSED)
    assert await plugin.copies.upkeep("system") == 0, "a recorder may still come back"
    clock.forward(minutes=3)
    assert await plugin.copies.upkeep("system") == 2
    assert await plugin.copies.upkeep("system") == 0
    assert [(one["side"], one["torn"]) for one in await events(store, torn, "video.kept")] == [("client", 1)]
    assert [one["side"] for one in await events(store, torn, "video.unkept")] == ["agent"]
    assert [one["side"] for one in await events(store, never, "video.unkept")] == ["client", "agent"]


async def test_after_twenty_years_the_copies_go_with_the_recording(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    for side in SIDES:
        made = Reeling(plugin, call, clock, side)
        made.show(2)
        await made.reel.seal(last=True)
    clock.forward(seconds=2)
    await plugin.calls.end(call, PASSED)
    mine = await plugin.copies.claim(await plugin.copies.get(call.id), "test")
    assert await plugin.copies.settle(mine, "system")
    snapshot = await plugin.files.add(call.case, "video.snapshot.face", "image/jpeg", b"a face")
    await plugin.calls.keep(call, snapshots={"face": snapshot.id})
    clock.forward(days=365 * 21)

    async def closed(case: str) -> datetime:
        return datetime(2026, 12, 1, tzinfo=UTC)

    swept = await plugin.retention.sweep(call.company, closed)
    assert {one.call for one in swept.erased} == {copy_of(call.id, side) for side in SIDES}
    assert await plugin.files.of(call.case, "video.") == []
    erased = await events(store, call, "video.erased")
    assert {(one["call"], one["side"]) for one in erased} == {(call.id, side) for side in SIDES}
    digests = {one["digest"] for one in await events(store, call, "video.kept")}
    assert {one["digest"] for one in erased} == digests and len(digests) >= 1
    assert await store.verify_chain(call.case) == []


async def test_pages_and_recorder_speak_through_the_two_wires(plugin: VideoPlugin, store: Store) -> None:
    """Each for its own side: what the agent's page says can never stand for the client."""
    case = await case_of(store, "jia")
    page = Page(plugin, place_of(case, {"client.branch": ""}))
    tube = await page.open()
    await tube.hears("queue")
    call = await connected_call(plugin, case)
    assert (await tube.hears("called"))["copy"] is True
    agent = Tube()
    agent.page("hello", call=call.id, after=0)
    line = asyncio.create_task(AgentLine(plugin.calls, agent, "staff:a").attend(), name="line")
    await agent.hears("client")
    ready = {"copy": {"ready": True, "epoch": 7}}
    await plugin.calls.post.send(call.to_client, ready)
    await plugin.calls.post.send(call.to_agent, ready)
    for one in (tube, agent):
        assert (await one.hears("copy"))["said"] == ready["copy"]
    offer = {"description": {"type": "offer", "sdp": "v=0"}, "epoch": 3}
    tube.page("copy", said={**offer, "side": "agent", "more": "nonsense"})
    agent.page("copy", said={"ready": True, "side": "client"})
    agent.page("copy", said="nonsense")

    async def heard() -> list[Any] | None:
        letters = await plugin.calls.post.after(call.to_recorder, 0)
        return [letter.said for letter in letters] if len(letters) == 2 else None

    said = await until(heard)
    assert sorted(said, key=lambda one: str(one["side"])) == [
        {"side": "agent", "signal": {"ready": True}},
        {"side": "client", "signal": offer},
    ]
    await plugin.calls.end(call, PASSED)
    await asyncio.wait_for(line, 30)
    assert "over" in (await plugin.calls.post.after(call.to_recorder, 0))[-1].said


async def test_offers_that_are_none_change_nothing(plugin: VideoPlugin, store: Store, running: Running) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    recorder = running.recorder()
    await until(lambda: call.id in recorder.taken)
    hostile = Sender(plugin, call, "client")
    running.senders.append(hostile)
    media = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
    for sdp in (
        "",
        "nonsense",
        "v=0\r\n" + media * 9,
        "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        "v=0\r\n" + media,
    ):
        await hostile.say(description={"type": "offer", "sdp": sdp}, epoch=1)
    await hostile.say(candidates=[{"candidate": "nonsense", "sdpMid": "0"}], epoch=1)
    (honest,) = running.sends(call, None, ("agent",))
    await until(lambda: honest.connected and recorder.taken[call.id].frames["agent"]["video"] > 3)
    await until(lambda: hostile.connected)


async def test_a_copy_is_as_long_as_its_call(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    for side in SIDES:
        made = Reeling(plugin, call, clock, side)
        for _ in range(5):
            made.show(4, rates=(90_009, 48_005))
            made.reel.connected()
            await made.reel.seal()
        await made.reel.seal(last=True)
    clock.forward(seconds=20)
    await plugin.calls.end(call, PASSED)
    mine = await plugin.copies.claim(await plugin.copies.get(call.id), "test")
    assert await plugin.copies.settle(mine, "system")
    for recording in (await plugin.copies.of(call.id)).values():
        plays = played(await whole(plugin, recording))
        assert abs(plays["seconds"] - 20) < 1 and plays["pictures"] == 200
        assert (
            abs(recording.seconds - 20) < 1 and recording.share > 0.95 and not recording.short and recording.pieces[0].gaps == 0
        )


async def test_nobody_makes_a_film_longer_by_lying(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    """Time stamps that run ahead by hours count no more than the time in which they came."""
    call = await connected_call(plugin, await case_of(store, "jia"))
    made = Reeling(plugin, call, clock)
    key = b"\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01" + b"\0" * 40
    for nth in range(50):
        made.now = nth * 0.1
        made.reel.frame("video", nth * 90_000 * 3600, key)
    assert 4.8 < await made.reel.seal(last=True) < 5


async def test_a_gap_is_one_and_pictures_begin_with_a_whole_one(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    made = Reeling(plugin, call, clock)
    key, delta = b"\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01" + b"\0" * 40, b"\x11" + b"\0" * 40
    made.reel.frame("video", 0, delta)
    assert made.reel.counted["video"] == 0 and made.reel.wants_key
    for nth in range(31):
        made.now = nth * 0.1
        made.reel.frame("video", nth * 9000, key if nth == 0 else delta)
    made.now = 12.0
    made.reel.frame("video", 12 * 90_000, delta)
    assert made.reel.wants_key, "after a gap too"
    for nth in range(21):
        made.now = 13 + nth * 0.1
        made.reel.frame("video", round(made.now * 90_000), key if nth == 0 else delta)
    assert await made.reel.seal(last=True) == pytest.approx(5.0)
    entry = await plugin.ledger.get("recording", copy_of(call.id, "client"))
    began = [datetime.fromisoformat(one["began"]) for one in entry.document["segments"]]
    assert (began[1] - began[0]).total_seconds() == pytest.approx(13.0)


async def test_who_sends_too_much_loses_what_is_too_much(plugin: VideoPlugin, store: Store, clock: GoingClock) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    made = Reeling(plugin, call, clock)
    key = b"\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01" + b"\0" * 500_000
    for nth in range(40):
        made.now = nth * 0.1
        made.reel.frame("video", nth * 9000, key)
    assert made.reel.counted["video"] == 5, "two megabytes at once, then a quarter of one each second"
    made.now = 6.0
    made.reel.frame("video", 6 * 90_000, key)
    assert made.reel.counted["video"] == 6 and not made.reel.full
    await made.reel.seal(last=True)
    entry = await plugin.ledger.get("recording", copy_of(call.id, "client"))
    assert len(entry.document["segments"]) == 2


async def test_what_the_database_has_taken_without_saying_so_is_kept_once(
    plugin: VideoPlugin, store: Store, clock: GoingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await connected_call(plugin, await case_of(store, "jia"))
    made, take = Reeling(plugin, call, clock), plugin.recordings.take

    async def lost(*given: Any) -> Any:
        await take(*given)
        raise ConnectionError

    made.show(2)
    monkeypatch.setattr(plugin.recordings, "take", lost)
    with pytest.raises(ConnectionError):
        await made.reel.seal()
    monkeypatch.setattr(plugin.recordings, "take", take)
    made.reel.connected()
    made.show(2)
    assert 3.8 < await made.reel.seal(last=True) < 4.1 and not made.reel.full
    kept = await plugin.recordings.finish(copy_of(call.id, "client"), "system")
    assert isinstance(kept, Recording) and played(await whole(plugin, kept))["pictures"] == 40 and not kept.torn


async def test_behind_a_relay_it_is_reached_as_pages_are(
    store: Store, tmp_path: Path, clock: GoingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relay only, through a real coturn: nobody learns the recorder's address. A password of the relay ends in real time."""
    clock.forward(seconds=(datetime.now(UTC) - clock()).total_seconds())
    monkeypatch.setenv(SECRET_ENV, SECRET)
    relay = Relay(tmp_path)
    try:
        ice = {"turn": [f"turn:127.0.0.1:{relay.port}"], "secret_env": SECRET_ENV, "relay_only": True}
        plugin = plugin_on(store, tmp_path, ice=ice)
        running = Running(plugin)
        call = await connected_call(plugin, await case_of(store, "jia"))
        recorder = running.recorder()
        (page,) = running.sends(call, None, ("client",))
        await until(lambda: page.connected and recorder.taken[call.id].frames["client"]["video"] > 3)
        assert page.answered.count("a=candidate:") == page.answered.count(" typ relay ") > 0
        await plugin.calls.end(call, PASSED)
        assert list(await kept(plugin, call)) == ["client"]
        await running.close()
    finally:
        relay.close()
