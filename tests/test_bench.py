"""The bench compares what it says it compares: four servers, one journey, the same answers in their databases."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from banli.store import CaseRow, Store
from bench.alone import scenarios
from bench.contenders import BY_HAND, DJANGO, FLASK, JOURNEY, OURS, Contender, contender
from bench.fields20 import BAD, GOOD
from bench.pages import weigh
from bench.requests import INVALID, START, STEPS, cpu
from bench.site20 import bench_site

KEPT = {**{name: texts[0] for name, texts in GOOD.items()}, "products": GOOD["products"]}
"""The good answers as one would keep them."""


async def _walk(one: Contender) -> None:
    """A person makes five mistakes, is told, and goes on to the end."""
    walker = one.walker()
    await one.begin(walker)
    for method, page, typed in JOURNEY:
        if (method, page) == ("POST", "form"):
            shown = walker.page
            told = await walker.step(method, page, BAD, wanted=200 if one.says_200 else 422)
            assert told.text.count("yesterday") == 1, "What was typed stands in the page again."
            walker.page = shown
        await walker.step(method, page, typed)
    one.end(walker)


def _rows(folder: Path, sql: str) -> list[dict[str, Any]]:
    database = sqlite3.connect(folder / "bench.db")
    found = [json.loads(row[0]) for row in database.execute(sql)]
    database.close()
    return found


def _plain(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Answers in one shape: no empty ones, lists of one as that one, numbers and dates as text."""
    found = {}
    for name, value in kept.items():
        one = value[0] if isinstance(value, list) and name != "products" else value
        if one not in (None, "", []) and name in KEPT:
            found[name] = [str(each) for each in one] if isinstance(one, list) else str(one)
    return found


def _by_hand(folder: Path) -> list[dict[str, Any]]:
    return [row["form"] for row in _rows(folder, "select data from session") if row.get("done")]


def _flask(folder: Path) -> list[dict[str, Any]]:
    return [row["form"] for row in _rows(folder, "select data from state") if "confirm" in row]


def _django(folder: Path) -> list[dict[str, Any]]:
    return _rows(folder, "select data from submitted")


@pytest.mark.parametrize(("name", "kept"), [(BY_HAND, _by_hand), (FLASK, _flask), (DJANGO, _django)])
def test_a_rival_walks_the_journey_and_keeps_the_answers(
    name: str, kept: Callable[[Path], list[dict[str, Any]]], tmp_path: Path
) -> None:
    with contender(name, tmp_path) as one:
        asyncio.run(_walk(one))
    assert [_plain(row) for row in kept(tmp_path)] == [KEPT]


def test_our_side_walks_the_same_journey_with_everything_switched_on(tmp_path: Path) -> None:
    """Sealed, chained, done; and the figures that the bench reads on the way are all there."""
    with contender(OURS, tmp_path, people=3) as one:
        asyncio.run(_walk(one))
        weights = asyncio.run(weigh(one))
        costs = asyncio.run(cpu([one], rounds=1, people=1))
    assert [weight.name for weight in weights][3:5] == ["form of 2 fields", "form of 20 fields"]
    assert all(weight.requests >= 3 and weight.warm_requests <= 2 for weight in weights)
    assert set(costs[OURS].rounds) == {"connect", START, INVALID, *STEPS}
    assert all(costs[OURS].of(step) > 0 for step in STEPS)

    case, broken = asyncio.run(_first_case(tmp_path))
    assert (case.state, broken) == ("done", [])
    results = {result["step"]: result["data"] for result in case.document["results"]}
    assert _plain(results["big"]) == KEPT
    assert results["ticks"] == {"contract": True, "risk": True}
    assert b"Sample Road" not in (tmp_path / "var" / "banli.db").read_bytes()


def test_the_stories_of_the_example_site_are_played_with_the_plugins_that_it_lists(tmp_path: Path) -> None:
    assert scenarios(tmp_path, 0.01) > 0


async def _first_case(folder: Path) -> tuple[CaseRow, list[int]]:
    site = bench_site(folder)
    store = await Store.open(site.database, site.blobs, site.keys)
    case = await store.case(number=_first_number(site.database))
    assert case is not None
    broken = await store.verify_chain(case.id)
    await store.close()
    return case, broken


def _first_number(url: str) -> str:
    database = sqlite3.connect(url.removeprefix("sqlite:///"))
    number = str(database.execute("select number from cases order by number").fetchone()[0])
    database.close()
    return number
