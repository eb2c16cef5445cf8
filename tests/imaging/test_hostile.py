"""A hostile picture ends one worker of the pool at most; the next client notices nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from banli_imaging import wire
from banli_imaging.pool import Answer, Bounds, Fallen, Pool
from uploads import png, saved, scene, zeros

from .hostile import files
from .photos import Scene, take

GOOD = {"do": "develop"}
PATIENT = Bounds(cpu=60, wall=120)
"""For processes that a busy machine lets stand for seconds."""


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool(1, PATIENT)
    yield made
    await made.close()


async def test_two_hundred_hostile_files_are_answered_calmly_and_the_worker_lives_on(pool: Pool) -> None:
    """R-072: each gets a picture made anew or one of a few reasons; memory stays bounded."""
    said: Counter[str] = Counter()
    for name, content in files():
        answer = await pool.run({"do": "develop", "slot": "signature"}, [content])
        assert isinstance(answer, Answer), name
        problem = answer.said.get("problem")
        said[str(problem)] += 1
        if problem is None:
            assert all(
                part.startswith(b"\xff\xd8\xff") and b"GPS" not in part and b"<script" not in part for part in answer.parts
            ), name
    assert set(said) == {"None", "file_broken", "file_type", "file_pixels", "file_too_small", "file_empty", "file_too_large"}
    assert said["file_pixels"] >= 8


async def test_a_worker_that_takes_too_long_is_ended_and_replaced() -> None:
    """By the clock, and by its use of the processor."""
    photo = take(Scene("front", "wood", 5)).jpeg
    for bounds in (Bounds(wall=0.02), Bounds(cpu=0.0, wall=120)):
        pool = Pool(1, bounds)
        heavy = png(4400, 4400, zeros(4400 * (4400 * 3 + 1)))
        fallen = await pool.run(GOOD, [heavy])
        assert isinstance(fallen, Fallen)
        assert fallen.why in ("time", "died")
        await pool.close()
    pool = Pool(1, PATIENT)
    assert isinstance(await pool.run(GOOD, [photo]), Answer)
    await pool.close()


async def test_a_picture_that_wants_more_memory_than_a_worker_has_is_refused_or_ends_it() -> None:
    pool = Pool(1, replace(PATIENT, memory=420 * 1024 * 1024))
    heavy = png(4400, 4400, zeros(4400 * (4400 * 3 + 1)))
    answer = await pool.run(GOOD, [heavy])
    assert answer == Fallen("died") or (
        isinstance(answer, Answer) and answer.said in ({"problem": "file_pixels"}, {"problem": "file_broken"})
    )
    assert isinstance(await pool.run(GOOD, [saved(scene())]), Answer)
    await pool.close()


async def test_a_worker_that_crashes_takes_nobody_else_along() -> None:
    pool = Pool(2, PATIENT)
    photo = take(Scene("back", "wood", 3)).jpeg
    await asyncio.gather(pool.run(GOOD, [photo]), pool.run(GOOD, [photo]))
    crashing = pool.workers[0]
    os.kill(crashing, signal.SIGSTOP)
    one, two = asyncio.create_task(pool.run(GOOD, [photo])), asyncio.create_task(pool.run(GOOD, [photo]))
    while pool.busy < 2 and not one.done() and not two.done():
        await asyncio.sleep(0.02)
    os.kill(crashing, signal.SIGSEGV)
    os.kill(crashing, signal.SIGCONT)
    answers = await asyncio.gather(one, two)
    assert sorted(type(answer).__name__ for answer in answers) == ["Answer", "Fallen"]
    again = await pool.run(GOOD, [photo])
    assert isinstance(again, Answer)
    assert (again.said["side"], again.said["flaws"]) == ("back", [])
    await pool.close()
    assert pool.workers == []


async def test_whoever_comes_when_too_many_wait_is_told_at_once(pool: Pool) -> None:
    crowded = Pool(1, replace(PATIENT, waiting=1))
    content = saved(scene())
    first, second, third = (asyncio.create_task(crowded.run(GOOD, [content])) for _ in range(3))
    await asyncio.sleep(0)
    assert await third == Fallen("busy")
    assert [type(await task) for task in (first, second)] == [Answer, Answer]
    await crowded.close()


async def test_a_client_who_goes_away_leaves_no_worker_in_an_unknown_state(pool: Pool) -> None:
    assert isinstance(await pool.run(GOOD, [saved(scene())]), Answer)
    os.kill(pool.workers[0], signal.SIGSTOP)
    task = asyncio.create_task(pool.run(GOOD, [take(Scene("front", "wood", 5)).jpeg]))
    while not pool.busy:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pool.workers == []
    assert isinstance(await pool.run(GOOD, [saved(scene())]), Answer)


def test_what_a_broken_worker_says_is_not_believed() -> None:
    """JSON and lengths only: nothing that comes from a worker can run in the server."""
    text = wire.packed({"a": 1}, [b"xy"])
    length, body = wire.sizes(text[: wire.HEAD.size])
    rest = text[wire.HEAD.size :]
    assert wire.unpacked(rest[:length], rest[length:]) == ({"a": 1}, [b"xy"])
    for garbled in (b"{}", b"[]", b'{"said": 1, "parts": []}', b'{"said": {}, "parts": [-1, 3]}', b"\xff", b"[" * 60000):
        with pytest.raises(wire.Garbled):
            wire.unpacked(garbled, b"xy")
    with pytest.raises(wire.Garbled):
        wire.sizes(wire.HEAD.pack(1, 2**31))
    assert body == 2
