"""`mode: recorded`: a film in parts that may come twice, late or not at all; digits that end; taken back, looked at, sent back."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from video_kit import GoingClock, case_of, place_of, plugin_on

from banli.hooks import Place, Reply
from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import LEASE, REVIEW
from banli_video.recorded import PART, WHOLE

FILM = os.urandom(2 * PART + 500)


@pytest.fixture
def clock() -> GoingClock:
    return GoingClock()


@pytest.fixture
async def store(sqlite_url: str, tmp_path: Path, keys_path: Path, clock: Any) -> AsyncIterator[Store]:
    opened = await Store.open(sqlite_url, f"file://{tmp_path / 'blobs'}", keys_path, clock)
    yield opened
    await opened.close()


@pytest.fixture
def plugin(store: Store, tmp_path: Path) -> VideoPlugin:
    return plugin_on(store, tmp_path)


@pytest.fixture
async def place(store: Store) -> Place:
    return place_of(await case_of(store, "one"), {"client.branch": "zz"}, mode="recorded", digits=6)


async def digits_of(plugin: VideoPlugin, place: Place) -> str:
    return str((await plugin.recorded.page(place))["digits"])


async def sent(plugin: VideoPlugin, place: Place, number: int, take: str = "a", digits: str = "") -> Reply:
    data = base64.b64encode(FILM[number * PART : (number + 1) * PART]).decode()
    said = {"take": take, "number": number, "data": data, "digits": digits or await digits_of(plugin, place)}
    reply = await plugin.recorded.call(place, "part", said)
    assert reply is not None
    return reply


async def finished(plugin: VideoPlugin, place: Place, count: int = 3, take: str = "a") -> Reply:
    reply = await plugin.recorded.call(place, "finish", {"take": take, "count": count, "type": "video/webm;codecs=vp8"})
    assert reply is not None
    return reply


def code(reply: Reply) -> str:
    return reply.problem.code if reply.problem is not None else ""


async def test_a_film_arrives_in_any_order_and_stands_in_the_line_of_those_who_look(
    plugin: VideoPlugin, place: Place, store: Store
) -> None:
    page = await plugin.recorded.page(place)
    assert len(page["digits"]) == 6 and page["digits"].isdigit() and page["state"] == "start"
    for number in (2, 0, 2, 1):
        assert code(await sent(plugin, place, number)) == ""
    assert (await finished(plugin, place)).said == {"state": "waiting"}
    assert (await finished(plugin, place)).said == {"state": "waiting"}, "an answer that was lost is given again"
    files = await plugin.files.of(place.case)
    assert [(file.slot, file.media_type, file.size) for file in files] == [(WHOLE, "video/webm", len(FILM))]
    assert await plugin.files.read(place.case, files[0].id) == FILM
    work = await plugin.calls.works.of(place.case, REVIEW)
    assert work is not None and (work.queue, work.kind) == ("zz", "video_review")
    assert (await plugin.recorded.page(place))["state"] == "waiting"
    events = [(event.kind, event.data) for event in await store.events(place.case) if "." in event.kind]
    assert events == [("video.recorded", {"digest": hashlib.sha256(FILM).hexdigest(), "bytes": len(FILM)})]
    assert await store.verify_chain(place.case) == []


async def test_a_film_with_a_hole_is_not_taken(plugin: VideoPlugin, place: Place) -> None:
    await sent(plugin, place, 0)
    await sent(plugin, place, 2)
    assert code(await finished(plugin, place)) == "video_one_broken"
    assert code(await finished(plugin, place, 2)) == "video_one_broken"
    await sent(plugin, place, 1)
    assert code(await finished(plugin, place)) == ""


async def test_another_take_puts_the_parts_of_the_first_away(plugin: VideoPlugin, place: Place) -> None:
    await sent(plugin, place, 0)
    await sent(plugin, place, 1)
    digits = await digits_of(plugin, place)
    await sent(plugin, place, 0, "b", digits)
    assert len(await plugin.files.of(place.case)) == 1


async def test_digits_end_and_a_film_with_old_ones_is_not_taken(plugin: VideoPlugin, place: Place, clock: GoingClock) -> None:
    await digits_of(plugin, place)
    made = await plugin.ledger.get("film", place.case)
    clock.forward(minutes=31)
    await digits_of(plugin, place)
    anew = await plugin.ledger.get("film", place.case)
    assert made is not None and anew is not None and made.document["made"] != anew.document["made"]
    assert code(await sent(plugin, place, 0, digits="12345")) == "video_one_new_digits"


@pytest.mark.parametrize(
    "said",
    [
        {"number": -1, "data": "YQ=="}, {"number": 96, "data": "YQ=="}, {"number": "0", "data": "YQ=="}, {"number": 0},
        {"number": 0, "data": "*"}, {"number": 0, "data": ""}, {"number": 0, "data": base64.b64encode(bytes(PART + 1)).decode()},
    ],
)  # fmt: skip
async def test_what_is_no_part_is_refused(plugin: VideoPlugin, place: Place, said: dict[str, Any]) -> None:
    reply = await plugin.recorded.call(place, "part", {"take": "a", "digits": await digits_of(plugin, place), **said})
    assert reply is not None and code(reply) == "video_one_large"
    assert await plugin.files.of(place.case) == []


async def test_a_film_is_taken_back_until_somebody_looks_at_it(plugin: VideoPlugin, place: Place) -> None:
    for number in range(3):
        await sent(plugin, place, number)
    await finished(plugin, place)
    before = await digits_of(plugin, place)
    retaken = await plugin.recorded.call(place, "retake", {})
    assert retaken is not None and retaken.problem is None
    assert await plugin.calls.works.of(place.case, REVIEW) is None
    for number in range(3):
        assert code(await sent(plugin, place, number, "b")) == ""
    await finished(plugin, place, take="b")
    work = await plugin.calls.works.of(place.case, REVIEW)
    assert work is not None and before
    assert await plugin.calls.works.hold(work, "staff:a", LEASE) is not None
    held = await plugin.recorded.call(place, "retake", {})
    assert held is not None and code(held) == "video_one_held"
    assert code(await sent(plugin, place, 0, "c")) == "video_one_held"


async def test_whoever_is_sent_back_films_anew_with_other_digits(plugin: VideoPlugin, place: Place) -> None:
    for number in range(3):
        await sent(plugin, place, number)
    await finished(plugin, place)
    work = await plugin.calls.works.of(place.case, REVIEW)
    assert work is not None
    await plugin.calls.works.leave(work)
    page = await plugin.recorded.page(place)
    assert page["state"] == "start"
    entry = await plugin.ledger.get("film", place.case)
    assert entry is not None and entry.document["file"] == "" and entry.document["digits"] == page["digits"]
