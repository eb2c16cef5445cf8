"""Whatever an author leaves half-written, the checker says something and never falls over."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from banli.definitions.source import read
from definition_kinds import KINDS

SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
JUNK: list[Any] = [
    None, True, 0, -1.5, "", "client.", "{{", "a.b", [], {}, [None], [[]], {"x": None}, {"remove": True}, {"note": {}},
    [{"note": None}], {"$ref": "x"}, {"id": 1}, "^(", {"group": {"id": "x", "title": "y", "entries": [{"note": 1}]}},
    {"enum": []}, {"const": {}}, {"items": True}, {"type": "array", "items": {"type": "object"}}, {"code": None},
]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from paths(inner, (*path, key))


@pytest.mark.parametrize("seed", range(10))
def test_a_site_with_one_odd_value_is_checked_and_if_nothing_is_said_it_opens(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    files = {path.relative_to(SITE): read("", path.read_bytes()).data for path in SITE.rglob("*.yaml")}
    for turn in range(8):
        changed = copy.deepcopy(files)
        name = chance.choice(sorted(changed))
        *way, last = chance.choice(list(paths(changed[name])))
        target: Any = changed[name]
        for key in way:
            target = target[key]
        target[last] = copy.deepcopy(chance.choice(JUNK))
        folder = tmp_path / str(turn) / "definitions"
        for path, data in changed.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        library = Library.read(folder, KINDS)
        if not library.mistakes:
            for company in library.companies.values():
                for offer in company.businesses:
                    assert open_edition(library.bundle(company.id, offer.id), KINDS).business == offer
