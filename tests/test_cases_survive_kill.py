"""The whole business under kill -9: an answer that was acknowledged stands, an approved change arrives once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from case_kill_story import check, enough
from kill_harness import Place, kill_again_and_again

KILLS = 50


@pytest.mark.timeout(180)
async def test_no_answer_is_lost_and_no_change_is_delivered_twice(database_url: str, tmp_path: Path, record_property) -> None:
    seed = random.randrange(2**32)
    record_property("seed", seed)
    place = Place(database_url, str(tmp_path))
    kill_again_and_again("case_kill_story", place, KILLS, random.Random(seed), longest=0.5, enough=enough)
    await check(place)
