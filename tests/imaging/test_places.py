"""Where neither sides nor print tell where a card lies, its labels are read; nobody else waits for that (synthetic cards)."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from banli_imaging.geometry import overlap
from banli_imaging.judge import judge
from banli_imaging.locate import locate
from banli_imaging.pool import Answer, Bounds, Pool
from banli_imaging.reading.places import places

from .photos import Photo, good, spoilt, take

cv2.setNumThreads(1)


@cache
def hard() -> Photo:
    """A card that ends at the photo's edge, on checked cloth whose bands are stronger than the card's sides."""
    return take(spoilt(6100106, "gingham", "front", "cut_off"))


@pytest.mark.parametrize(("kind", "turned"), [("front", False), ("front", True), ("back", True)])
def test_labels_tell_where_a_card_lies_and_which_way_up(kind: str, turned: bool) -> None:
    photo = take(good(4, "dark", kind))
    assert photo.corners is not None
    picture = np.ascontiguousarray(photo.pixels[::-1, ::-1]) if turned else photo.pixels
    corners = np.array(photo.scene.size) - photo.corners if turned else photo.corners
    found = places(picture)
    assert {which for _, which in found} == {0 if kind == "front" else 2}
    for quad, _ in found:
        assert overlap(quad, corners) > 0.85
        assert int(np.argmin(np.linalg.norm(corners - quad[0], axis=1))) == 0


def test_a_card_on_checked_cloth_that_is_cut_off_is_found_by_its_labels() -> None:
    photo = hard()
    assert photo.corners is not None
    found = locate(photo.pixels, places)
    assert found is not None
    assert (found.side, overlap(found.quad, photo.corners) > 0.9) == ("front", True)
    assert [flaw.code for flaw in judge(photo.pixels, found)][:1] == ["cut_off"]


def test_nothing_is_read_where_the_print_tells_and_what_was_read_in_vain_misleads_nobody() -> None:
    asked: list[Any] = []

    def ask(photo: Any) -> list[tuple[Any, int]]:
        asked.append(photo.shape)
        return [(np.array([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]]), 0)]

    plain = take(good(4, "wood", "front"))
    found = locate(plain.pixels, ask)
    assert found is not None
    assert asked == []
    other = locate(hard().pixels, ask)
    without = locate(hard().pixels)
    assert other is not None
    assert without is not None
    assert (asked, other.layout) == ([(1200, 1600, 3)], pytest.approx(without.layout))


def test_a_table_without_a_card_has_no_place() -> None:
    assert places(take(spoilt(3, "print", "front", "no_card")).pixels) == []


async def test_a_worker_reads_labels_within_its_limits_and_not_where_it_has_no_room_or_is_told_not_to() -> None:
    photo = hard()
    first: dict[str, str] = {}
    for name, bounds, words in (
        ("reads", Bounds(cpu=60, wall=240), True),
        ("no room", Bounds(memory=700 * 1024 * 1024, cpu=60, wall=240), True),
        ("told not to", Bounds(cpu=60, wall=240), False),
    ):
        pool = Pool(1, bounds)
        try:
            answer = await pool.run({"do": "develop", "slot": "card", "words": words}, [photo.jpeg])
        finally:
            await pool.close()
        assert isinstance(answer, Answer), name
        first[name] = answer.said["flaws"][0][0]
    assert first == {"reads": "cut_off", "no room": "no_card", "told not to": "no_card"}
