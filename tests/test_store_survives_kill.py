"""Kill -9 between any two statements: nothing that was answered is lost, nothing is delivered twice."""

from __future__ import annotations

import importlib
import random
from pathlib import Path

import pytest

from kill_harness import Place, kill_again_and_again

KILLS = 50


@pytest.mark.timeout(120)
@pytest.mark.parametrize("story", ["store_kill_story"])
async def test_nothing_is_lost_and_nothing_arrives_twice(
    empty_database_url: str, tmp_path: Path, story: str, record_property
) -> None:
    """From the very first start on, so that the migration is killed too."""
    seed = random.randrange(2**32)
    record_property("seed", seed)
    place, told = Place(empty_database_url, str(tmp_path)), importlib.import_module(story)
    kill_again_and_again(story, place, KILLS, random.Random(seed), enough=told.enough)
    await told.check(place)
