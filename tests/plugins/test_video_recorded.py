"""`mode: recorded`: a film whose answers may be lost; digits that end; taken back, looked at, sent back, kept from filing on."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from video_kit import GoingClock, case_of, clock, place_of, plugin, store

from banli.hooks import Place, Reply
from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import LEASE, REVIEW
from banli_video.films import WHOLE, name_of
from banli_video.recorded import FILM, LEAST

__all__ = ["clock", "plugin", "store"]

CONTENT = os.urandom(3 * LEAST)


@pytest.fixture
async def place(store: Store) -> Place:
    return place_of(await case_of(store, "one"), {"client.branch": "zz"}, mode="recorded", digits=6)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def code(reply: Reply | None) -> str:
    assert reply is not None
    return reply.problem.code if reply.problem is not None else ""


async def filmed(plugin: VideoPlugin, place: Place, content: bytes = CONTENT, digits: str = "") -> str:
    """The code of the problem, or ""."""
    now = digits or str((await plugin.recorded.page(place))["digits"])
    said = {"digits": now, "digest": digest(content), "type": "video/webm;codecs=vp8"}
    return code(await plugin.recorded.call(place, "filmed", said))


async def handed_in(plugin: VideoPlugin, place: Place, content: bytes = CONTENT) -> Reply:
    assert await filmed(plugin, place, content) == ""
    return await plugin.recorded.take(place, content)


async def told(store: Store, place: Place) -> list[tuple[str, Any]]:
    return [(event.kind, event.data) for event in await store.events(place.case) if "." in event.kind]


async def test_a_film_stands_in_the_line_of_those_who_look_once_however_often_it_comes(
    plugin: VideoPlugin, place: Place, store: Store
) -> None:
    page = await plugin.recorded.page(place)
    assert len(page["digits"]) == 6 and page["digits"].isdigit() and page["state"] == "start"
    assert (await handed_in(plugin, place)).said == {"state": "waiting"}
    assert (await handed_in(plugin, place)).said == {"state": "waiting"}, "an answer that was lost is given again"
    files = await plugin.files.of(place.case)
    assert [(file.slot, file.media_type, file.size) for file in files] == [(WHOLE, "video/webm", len(CONTENT))]
    assert await plugin.files.read(place.case, files[0].id) == CONTENT
    work = await plugin.calls.works.of(place.case, REVIEW)
    assert work is not None and (work.queue, work.kind) == ("zz", "video_review")
    assert (await plugin.recorded.page(place))["state"] == "waiting"
    assert await told(store, place) == [("video.filed", {"digest": digest(CONTENT), "bytes": len(CONTENT)})]
    assert await store.verify_chain(place.case) == []


async def test_what_was_not_announced_or_is_no_film_is_not_taken(plugin: VideoPlugin, place: Place) -> None:
    assert code(await plugin.recorded.take(place, CONTENT)) == "video_one_new_digits"
    assert code(await plugin.recorded.call(place, "filmed", {"digits": "1", "digest": "no", "type": 7})) == "video_one_broken"
    assert code(await handed_in(plugin, place, b"short")) == "video_one_short"
    assert await filmed(plugin, place) == ""
    assert code(await plugin.recorded.take(place, CONTENT[1:])) == "video_one_new_digits"
    assert await plugin.files.of(place.case) == [] and await plugin.calls.works.of(place.case, REVIEW) is None


async def test_digits_end_unless_their_film_is_on_its_way(plugin: VideoPlugin, place: Place, clock: GoingClock) -> None:
    before = await plugin.recorded.page(place)
    first = await plugin.ledger.get(FILM, place.case)
    clock.forward(minutes=31)
    await plugin.recorded.page(place)
    anew = await plugin.ledger.get(FILM, place.case)
    assert first is not None and anew is not None and first.document["made"] != anew.document["made"] and before
    assert await filmed(plugin, place, digits="12345") == "video_one_new_digits"
    assert await filmed(plugin, place) == ""
    clock.forward(minutes=90)
    assert code(await plugin.recorded.take(place, CONTENT)) == "", "a slow network costs nobody the film"


async def test_a_film_that_takes_too_long_to_come_is_made_anew(plugin: VideoPlugin, place: Place, clock: GoingClock) -> None:
    assert await filmed(plugin, place) == ""
    clock.forward(minutes=121)
    assert code(await plugin.recorded.take(place, CONTENT)) == "video_one_new_digits"


async def test_a_process_that_dies_before_the_film_is_in_line_is_followed_by_the_page(plugin: VideoPlugin, place: Place) -> None:
    await handed_in(plugin, place)
    entry, work = await plugin.ledger.get(FILM, place.case), await plugin.calls.works.of(place.case, REVIEW)
    assert entry is not None and work is not None
    await plugin.calls.works.leave(work)
    await plugin.ledger.change(entry, {**entry.document, "filed": False})
    assert (await plugin.recorded.page(place))["state"] == "waiting"
    assert await plugin.calls.works.of(place.case, REVIEW) is not None


async def test_a_film_is_taken_back_until_somebody_looks_at_it(plugin: VideoPlugin, place: Place, store: Store) -> None:
    await handed_in(plugin, place)
    assert code(await plugin.recorded.call(place, "retake", {})) == ""
    assert await plugin.calls.works.of(place.case, REVIEW) is None
    assert await plugin.files.of(place.case) == [], "nobody has seen it, so nobody keeps it"
    assert [kind for kind, _ in await told(store, place)] == ["video.filed", "video.erased"]
    other = os.urandom(2 * LEAST)
    assert code(await handed_in(plugin, place, other)) == ""
    work = await plugin.calls.works.of(place.case, REVIEW)
    assert work is not None
    assert await plugin.calls.works.hold(work, "staff:a", LEASE) is not None
    assert code(await plugin.recorded.call(place, "retake", {})) == "video_one_held"
    assert await filmed(plugin, place, CONTENT) == "video_one_held"
    assert code(await plugin.recorded.take(place, CONTENT)) == "video_one_held"
    assert [file.size for file in await plugin.files.of(place.case)] == [len(other)]


async def test_a_film_on_legal_hold_stays_though_it_is_taken_back(plugin: VideoPlugin, place: Place) -> None:
    await handed_in(plugin, place)
    await plugin.retention.hold(place.case, "lawsuit", "legal")
    assert code(await plugin.recorded.call(place, "retake", {})) == ""
    assert [file.size for file in await plugin.files.of(place.case)] == [len(CONTENT)]


async def test_whoever_is_sent_back_films_anew_with_other_digits(plugin: VideoPlugin, place: Place) -> None:
    await handed_in(plugin, place)
    work = await plugin.calls.works.of(place.case, REVIEW)
    assert work is not None
    await plugin.calls.works.leave(work)
    page = await plugin.recorded.page(place)
    assert page["state"] == "start"
    entry = await plugin.ledger.get(FILM, place.case)
    assert entry is not None and entry.document["file"] == "" and entry.document["digits"] == page["digits"]
    assert [file.slot for file in await plugin.files.of(place.case)] == [WHOLE], "what was looked at stays"


async def test_a_film_that_nobody_has_opened_is_erased_in_its_time(
    plugin: VideoPlugin, place: Place, store: Store, clock: GoingClock
) -> None:
    """It counts from filing, also in a case that was given up before anybody looked."""
    await handed_in(plugin, place)
    clock.forward(days=21 * 366)

    async def closed(case: str) -> datetime | None:
        return clock() - timedelta(days=20 * 366)

    await plugin.retention.hold(place.case, "lawsuit", "legal")
    assert (await plugin.retention.sweep(place.company, closed)).held == 1
    assert await plugin.retention.lift(place.case)
    swept = await plugin.retention.sweep(place.company, closed)
    assert [one.digest for one in swept.erased] == [digest(CONTENT)]
    assert await plugin.files.of(place.case) == []
    assert (await told(store, place))[-1] == ("video.erased", {
        "call": name_of(place.case, digest(CONTENT)), "digest": digest(CONTENT), "seconds": 0.0, "bytes": len(CONTENT),
        "pictures": 0, "why": "retention",
    })  # fmt: skip
