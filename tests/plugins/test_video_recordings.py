"""Recordings of calls: chunks in order, joined into a file that plays, proved by its digest, watched in parts, erased in time."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from film_kit import chunks, film, played
from video_kit import case_of, plugin, plugin_on, store

from banli.errors import Problem
from banli.store import CaseRow, Store
from banli_video import VideoPlugin
from banli_video import recording as recordings
from banli_video import remux as remuxing
from banli_video.calls import KIND, LEASE, PRESENT, Call
from banli_video.pieces import Recording
from banli_video.rooms import FailingRoom, PeerRoom, SimulatedRoom, room_conforms

__all__ = ["plugin", "store"]

AGENT = "staff:a"


@pytest.fixture
async def case(store: Store) -> CaseRow:
    return await case_of(store, "jia")


@pytest.fixture
async def call(plugin: VideoPlugin, case: CaseRow) -> Call:
    """A call that is connected just now."""
    works = plugin.calls.works
    await works.put(case.company, case.id, KIND, "")
    work = await works.next(AGENT, [case.company], KIND, [""], LEASE, since=plugin.calls.clock() - PRESENT)
    assert work is not None
    begun = await plugin.calls.begin(work, "video", AGENT, "样本坐席", "F0000001")
    assert begun is not None
    connected = await plugin.calls.connected(begun)
    assert connected is not None
    return connected


async def begin(plugin: VideoPlugin, call: Call) -> int:
    segment = await plugin.recordings.begin(call.id, call.case, call.company, "video/webm;codecs=vp8,opus")
    assert isinstance(segment, int), segment
    return segment


async def send(plugin: VideoPlugin, call: Call, segment: int, content: bytes, most: int = 10**6) -> int:
    """Sends the chunks in their order; how many."""
    sent = 0
    for index, offset, digest, part in list(chunks(content))[:most]:
        assert await plugin.recordings.take(call.id, segment, index, offset, digest, part) == {"next": index + 1}
        sent += 1
    return sent


async def recorded(plugin: VideoPlugin, call: Call, clock: Any, seconds: float) -> Recording:
    """A recording from the first moment to the last."""
    segment = await begin(plugin, call)
    sent = await send(plugin, call, segment, film(seconds))
    clock.forward(seconds=seconds)
    await plugin.recordings.stop(call.id, segment)
    kept = await plugin.recordings.finish(call.id, AGENT, {segment: sent})
    assert isinstance(kept, Recording), kept
    return kept


async def whole(plugin: VideoPlugin, recording: Recording, number: int = 0) -> bytes:
    return await plugin.recordings.read(recording, number, 0, recording.pieces[number].bytes)


async def events(store: Store, case: CaseRow, kind: str) -> list[dict[str, Any]]:
    return [event.data for event in await store.events(case.id) if event.kind == kind]


async def test_what_was_recorded_plays_can_be_searched_and_is_in_the_events(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any
) -> None:
    """R-135; domain.md 3.12."""
    kept = await recorded(plugin, call, clock, 6)
    assert kept.whole and not kept.short and kept.share > 0.95
    content = await whole(plugin, kept)
    told = played(content)
    assert told["streams"] == ["libopus", "libvpx"] or told["streams"] == ["opus", "vp8"]
    assert abs(told["seconds"] - 6) < 0.3 and told["pictures"] == 60 and 2 < told["sought"] <= 4.3
    assert hashlib.sha256(content).hexdigest() == kept.digest
    noted = await events(store, case, "video.recorded")
    assert [(one["digest"], one["bytes"], one["remuxed"]) for one in noted] == [(kept.digest, len(content), True)]
    assert await store.verify_chain(case.id) == []
    now = await plugin.calls.get(call.id)
    assert now is not None and now.recording == kept.digest
    left = await plugin.files.of(case.id, "video.")
    assert {file.slot for file in left} == {f"video.recording.{call.id}"}, "the chunks are gone"


async def test_nothing_of_it_lies_open_on_the_disk(plugin: VideoPlugin, call: Call, clock: Any, tmp_path: Path) -> None:
    segment = await begin(plugin, call)
    await send(plugin, call, segment, film(2), 3)
    blobs = [path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    first = next(chunks(film(2)))[3]
    assert blobs and not any(first[:200] in content or b"matroska" in content for content in blobs)
    await plugin.recordings.stop(call.id, segment)
    kept = await plugin.recordings.finish(call.id, AGENT)
    assert isinstance(kept, Recording)
    blobs = [path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert not any(b"webm" in content for content in blobs)


async def test_a_chunk_comes_twice_is_lost_or_is_another_one(plugin: VideoPlugin, call: Call) -> None:
    segment = await begin(plugin, call)
    one, two, three, *_ = chunks(film(2))
    take = plugin.recordings.take
    assert await take(call.id, segment, *one) == {"next": 1}
    assert await take(call.id, segment, *one) == {"next": 1}, "the answer was lost, so it comes again"
    assert await take(call.id, segment, *three) == {"next": 1}, "the one before has not come"
    assert await asyncio.gather(*(take(call.id, segment, *two) for _ in range(4))) == [{"next": 2}] * 4
    assert await take(call.id, segment, *three) == {"next": 3}
    index, offset, digest, content = two
    other = hashlib.sha256(b"other").hexdigest()
    assert await take(call.id, segment, index, offset, other, b"other") == Problem("", "video_chunk_other")
    for wrong in (
        (3, offset, digest, content), (3, offset, digest, content[:-1]), (3, 12000, other, content), (3, 12000, digest, b""),
    ):  # fmt: skip
        assert await take(call.id, segment, *wrong) == Problem("", "video_chunk_broken")
    assert await take(call.id, 1, *one) == Problem("", "video_recording_over"), "nobody has begun a second run"
    assert await take("no.such", 0, *one) == Problem("", "video_recording_over")
    files = await plugin.files.of(call.case, "video.raw.")
    assert len(files) == 3, "what came twice is kept once"


async def test_nobody_fills_the_disk_with_one_call(plugin: VideoPlugin, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "MOST_WHOLE", 40_000)
    for _ in range(2):
        await send(plugin, call, await begin(plugin, call), film(3))
        refused = await plugin.recordings.begin(call.id, call.case, call.company, "video/webm")
        if isinstance(refused, Problem):
            break
    assert refused == Problem("", "video_recording_over")


async def test_what_joins_recordings_knows_no_secrets(
    plugin: VideoPlugin, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads what strangers have sent: should it ever do what they want, it finds no keys."""
    told = tmp_path / "child.py"
    told.write_text("import json, os, sys\nsys.stdin.buffer.read()\nprint(json.dumps({'wrong': ' '.join(os.environ)}))\n")
    monkeypatch.setattr(remuxing, "CHILD", told)
    monkeypatch.setenv("BANLI_KEYS", "secret")
    with pytest.raises(remuxing.NotRemuxed) as knows:
        await remuxing.remux("video/webm", [], _nowhere)
    assert set(knows.value.code.split()) <= {"LANG", "LC_CTYPE"}


async def _nowhere(content: bytes) -> None:
    raise AssertionError("Nothing comes of it.")


async def test_what_is_still_on_its_way_is_waited_for(plugin: VideoPlugin, call: Call, clock: Any) -> None:
    segment = await begin(plugin, call)
    all_chunks = list(chunks(film(3)))
    await send(plugin, call, segment, film(3), len(all_chunks) - 1)
    clock.forward(seconds=3)
    await plugin.recordings.stop(call.id, segment)
    refused = await plugin.recordings.finish(call.id, AGENT, {segment: len(all_chunks)})
    assert isinstance(refused, Problem) and refused.code == "video_recording_incomplete"
    assert await plugin.recordings.take(call.id, segment, *all_chunks[-1]) == {"next": len(all_chunks)}
    kept = await plugin.recordings.finish(call.id, AGENT, {segment: len(all_chunks)})
    assert isinstance(kept, Recording) and kept.whole
    assert await plugin.recordings.finish(call.id, AGENT, {segment: 0}) == kept, "asked twice, done once"
    assert await plugin.recordings.take(call.id, segment, *all_chunks[0]) == Problem("", "video_recording_over")


async def test_an_agent_who_loads_the_page_anew_records_on(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any
) -> None:
    """Two runs, the first cut in the middle of a chunk: one file, with the gap where it was."""
    first = await begin(plugin, call)
    await send(plugin, call, first, film(6)[:-2500])
    clock.forward(seconds=8)
    second = await begin(plugin, call)
    sent = await send(plugin, call, second, film(4, 660))
    clock.forward(seconds=4)
    await plugin.recordings.stop(call.id, second)
    kept = await plugin.recordings.finish(call.id, AGENT, {second: sent})
    assert isinstance(kept, Recording) and len(kept.pieces) == 1
    assert abs(kept.seconds - 12) < 0.3 and 1.5 < kept.pieces[0].gaps < 3
    assert not kept.short and abs(kept.share - 0.82) < 0.03, "ten seconds may be missing: a page that is loaded anew takes some"
    assert abs(played(await whole(plugin, kept))["seconds"] - 12) < 0.3
    assert len(await events(store, case, "video.recorded")) == 1


async def test_after_a_decision_that_was_refused_the_rest_becomes_a_second_piece(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any
) -> None:
    before = await recorded(plugin, call, clock, 4)
    after = await recorded(plugin, call, clock, 3)
    assert after.pieces[0].digest == before.digest and len(after.pieces) == 2
    assert after.digest == hashlib.sha256("".join(piece.digest for piece in after.pieces).encode()).hexdigest()
    assert [one["digest"] for one in await events(store, case, "video.recorded")] == [p.digest for p in after.pieces]
    assert abs(played(await whole(plugin, after, 1))["seconds"] - 3) < 0.3


@pytest.mark.parametrize(("late", "short"), [(40, True), (7, True), (5, False)])
async def test_a_recording_shorter_than_its_call_says_so(
    plugin: VideoPlugin, call: Call, clock: Any, late: int, short: bool
) -> None:
    clock.forward(seconds=late)
    kept = await recorded(plugin, call, clock, 6)
    assert kept.short is short and abs(kept.share - 6 / (6 + late)) < 0.01


@pytest.mark.parametrize("content", [b"no film at all" * 400, film(2)[:300] + b"\0" * 5000], ids=["nonsense", "cut off"])
async def test_what_cannot_be_joined_is_kept_as_it_came(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any, content: bytes
) -> None:
    segment = await begin(plugin, call)
    await send(plugin, call, segment, content)
    clock.forward(seconds=2)
    await plugin.recordings.stop(call.id, segment)
    kept = await plugin.recordings.finish(call.id, AGENT)
    assert isinstance(kept, Recording)
    assert await whole(plugin, kept) == content and kept.digest == hashlib.sha256(content).hexdigest()
    assert [one["remuxed"] for one in await events(store, case, "video.recorded")] == [False]


async def test_without_pyav_it_is_kept_as_it_came(
    plugin: VideoPlugin, call: Call, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra `[video]` is not installed."""
    monkeypatch.setattr(remuxing, "available", lambda: False)
    kept = await recorded(plugin, call, clock, 2)
    assert await whole(plugin, kept) == film(2) and not kept.pieces[0].remuxed


async def test_a_laptop_shut_for_good_leaves_what_has_come(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any
) -> None:
    segment = await begin(plugin, call)
    await send(plugin, call, segment, film(4))
    clock.forward(minutes=5)
    assert await plugin.recordings.upkeep("system") == 0, "it may still come back"
    clock.forward(minutes=6)
    assert await plugin.recordings.upkeep("system") == 1
    kept = await plugin.recordings.get(call.id)
    assert kept is not None and kept.whole and abs(kept.seconds - 4) < 0.3
    assert len(await events(store, case, "video.recorded")) == 1
    assert await plugin.recordings.upkeep("system") == 0


async def test_a_process_that_dies_while_it_joins_is_followed_by_another(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any
) -> None:
    segment = await begin(plugin, call)
    await send(plugin, call, segment, film(3))
    clock.forward(seconds=3)
    await plugin.recordings.stop(call.id, segment)
    entry = await plugin.ledger.get("recording", call.id)
    until = (clock() + timedelta(minutes=11)).isoformat()
    await plugin.ledger.change(entry, {**entry.document, "state": "working", "until": until})
    await plugin.files.add(case.id, f"video.recording.{call.id}", "video/webm", b"half of it")
    told = await plugin.recordings.finish(call.id, AGENT)
    assert told == Problem("", "video_recording_working")
    clock.forward(minutes=12)
    kept = await plugin.recordings.finish(call.id, AGENT)
    assert isinstance(kept, Recording) and kept.whole
    assert {file.id for file in await plugin.files.of(case.id, "video.")} == {id for id, _ in kept.pieces[0].parts}


async def test_a_player_asks_for_any_bytes(plugin: VideoPlugin, call: Call, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remuxing, "PIECE", 5000)
    kept = await recorded(plugin, call, clock, 4)
    parts = kept.pieces[0].parts
    assert len(parts) > 3 and all(size <= 5000 for _, size in parts)
    content = await whole(plugin, kept)
    for start, end in ((0, 1), (4999, 5001), (5000, 10_000), (1234, 17_321), (len(content) - 3, len(content))):
        assert await plugin.recordings.read(kept, 0, start, end) == content[start:end]


async def test_after_twenty_years_picture_and_sound_go_and_the_proof_stays(
    plugin: VideoPlugin, store: Store, case: CaseRow, call: Call, clock: Any
) -> None:
    kept = await recorded(plugin, call, clock, 2)
    snapshot = await plugin.files.add(case.id, "video.snapshot.face", "image/jpeg", b"a face")
    await plugin.calls.keep(call, snapshots={"face": snapshot.id})
    ended = clock() + timedelta(days=30)

    async def closed(id: str) -> datetime | None:
        return ended if id == case.id else None

    async def never(id: str) -> datetime | None:
        return None

    sweep = plugin.retention.sweep
    clock.forward(days=365 * 19)
    assert (await sweep(case.company, closed)).erased == ()
    clock.forward(days=365 + 60)
    assert (await sweep(case.company, never)).erased == (), "a case that is open keeps everything"
    await plugin.retention.hold(case.id, "lawsuit", "staff:admin")
    held = await sweep(case.company, closed)
    assert (held.erased, held.held) == ((), 1)
    assert await plugin.retention.lift(case.id)
    assert len((await sweep(case.company, closed, dry_run=True)).erased) == 1
    assert (await plugin.recordings.get(call.id)).state == "kept"
    assert [one.digest for one in (await sweep(case.company, closed)).erased] == [kept.digest]
    assert await plugin.files.of(case.id, "video.") == []
    assert [(one["digest"], one["seconds"], one["bytes"], one["pictures"], one["why"]) for one in await events(store, case, "video.erased")] == [
        (kept.digest, kept.seconds, kept.bytes, 1, "retention")
    ]  # fmt: skip
    gone = await plugin.recordings.get(call.id)
    assert gone.state == "erased" and gone.digest == kept.digest
    assert (await sweep(case.company, closed)).erased == ()
    assert isinstance(await plugin.recordings.begin(call.id, case.id, case.company, "video/webm"), Problem)
    assert await store.verify_chain(case.id) == []


async def test_a_company_may_keep_longer(store: Store, tmp_path: Path, clock: Any) -> None:
    plugin = plugin_on(store, tmp_path, retention_of={"8001": 30})
    assert (plugin.retention.years("8001"), plugin.retention.years("8002")) == (30, 20)


async def test_rooms_keep_their_promises(plugin: VideoPlugin, call: Call) -> None:
    await room_conforms(PeerRoom(plugin.ice, plugin.home.clock))
    with pytest.raises(AssertionError, match="A page is named"):
        await room_conforms(SimulatedRoom("ftp://room.invalid"))
    room = SimulatedRoom()
    await room.create("a.1")
    await room.start_record("a.1")
    room.film("a.1", b"one")
    room.film("a.1", b"two")
    await room_conforms(room, "a.1")
    with pytest.raises(Exception, match="video_room_silent"):
        await room_conforms(FailingRoom())


def test_years_are_counted_over_29_february() -> None:
    from banli_video.retention import _later

    assert _later(datetime(2024, 2, 29, tzinfo=UTC), 1) == datetime(2025, 3, 1, tzinfo=UTC)
