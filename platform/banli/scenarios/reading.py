"""Reads the folders `scenarios`: which files there are, whether they have the right shape, and what they tell."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs

from banli.definitions.composed import SCHEMAS
from banli.definitions.shape import explain
from banli.definitions.source import LARGEST, Source, read
from banli.errors import Mistake, Place, did_you_mean
from banli.scenarios.story import BARE, WORDS, Deed, Scenario, Tales
from banli.scenarios.story import Path as Way

CHINA = ZoneInfo("Asia/Shanghai")
CLIENTS = "clients"
FOLDER = "scenarios"
_SPAN = re.compile(r"\+([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_tales(definitions: Path) -> tuple[Tales, list[Mistake]]:
    """All stories of a site, and what is wrong with their shape. A story that is wrong is left out."""
    scenarios: list[Scenario] = []
    clients: dict[tuple[str, str], Source] = {}
    mistakes: list[Mistake] = []
    for owner, home in _homes(definitions):
        for path in sorted(path for path in home.rglob("*") if path.is_file() and not path.name.startswith(".")):
            shown = f"{definitions.name}/{path.relative_to(definitions).as_posix()}"
            if path.suffix != ".yaml":
                if path.suffix in (".yml", ".json"):
                    mistakes.append(Mistake(Place(shown), "stray-file", "This file is not read.", "Name it '….yaml'."))
                continue
            with path.open("rb") as file:
                source = read(shown, file.read(LARGEST + 1))
            mistakes += source.mistakes
            name = path.relative_to(home).with_suffix("").as_posix()
            if name.startswith(f"{CLIENTS}/"):
                clients[owner, name.removeprefix(f"{CLIENTS}/")] = source
            elif source.data is not None:
                found = scenario_of(name, owner, source)
                mistakes += found if isinstance(found, list) else []
                scenarios += [found] if isinstance(found, Scenario) else []
    return Tales(tuple(scenarios), clients), mistakes


def _homes(definitions: Path) -> Iterator[tuple[str, Path]]:
    if (definitions / FOLDER).is_dir():
        yield "", definitions / FOLDER
    companies = definitions / "companies"
    for company in sorted(companies.iterdir()) if companies.is_dir() else ():
        if (company / FOLDER).is_dir():
            yield company.name, company / FOLDER


def scenario_of(name: str, owner: str, source: Source) -> Scenario | list[Mistake]:
    """The story of a file, or what is wrong with its shape."""
    validator, schema = _shape()
    wrong = list(explain(validator.iter_errors(source.data), schema, source, source.data))
    if wrong:
        return wrong
    told = source.data
    at = moment_of(told["at"])
    if at is None:
        wrong.append(
            source.mistake(("at",), "bad-form", f"'{told['at']}' is no time.", "Write it like 2026-11-24T10:00 (in China).")
        )
    if owner and "companies" in told:
        cure = "Delete it, or put the story into definitions/scenarios."
        what = f"A story in the folder of company {owner} is of that company alone."
        wrong.append(source.mistake(("companies",), "not-here", what, cure, key=True))
    deeds: list[Deed] = []
    for index, entry in enumerate(told["story"]):
        for found in _deeds(source, index, entry):
            if isinstance(found, Mistake):
                wrong.append(found)
            else:
                deeds.append(found)
    if wrong or at is None:
        return wrong
    companies = tuple(map(str, told["companies"])) if "companies" in told else None
    return Scenario(
        id=name,
        title=told["title"],
        business=told["business"],
        companies=(owner,) if owner else companies,
        at=at,
        client=told["client"],
        facts=told.get("facts", {}),
        deeds=tuple(deeds),
        owner=owner,
        source=source,
    )


def _deeds(source: Source, index: int, entry: Any) -> Iterator[Deed | Mistake]:
    """An entry's keys are deeds in their order."""
    if isinstance(entry, str):
        path: Way = ("story", index)
        if entry in BARE:
            yield Deed(entry, None, path, source.place(path))
        else:
            cure = did_you_mean(entry, BARE) or f"Write '{entry}: …', or one of: {', '.join(sorted(BARE))}."
            yield source.mistake(path, "not-alone", f"'{entry}' says nothing by itself.", cure)
        return
    for key, value in entry.items():
        path = ("story", index, key)
        place = source.place(path, key=True)
        if key == "answer":
            yield from (Deed("answer", told, (*path, step), place, step) for step, told in value.items())
        elif key not in WORDS:
            yield Deed("answer", value, path, place, key)
        elif key == "clock" and isinstance(value, str) and span_of(value) is None and moment_of(value) is None:
            cure = "Write +15m, +2h or +3d, or a time such as 2026-11-25T09:00."
            yield source.mistake(path, "bad-form", f"'{value}' moves no clock.", cure)
        elif key == "deliver":
            yield Deed(key, value, path, place)
            for action, outcome in value.items():
                if isinstance(outcome, str) and outcome not in ("done", "again"):
                    cure = did_you_mean(outcome, ("done", "again")) or "Write done, again, {failed: code} or {later: code}."
                    yield source.mistake((*path, action), "not-one-of", f"'{outcome}' cannot stand here.", cure)
        else:
            yield Deed(key, value, path, place)


def moment_of(text: Any) -> datetime | None:
    """A time as written, with its zone; without one it is that of China."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=CHINA)


def span_of(text: str) -> timedelta | None:
    """+15m, +2h, +3d."""
    found = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


@cache
def _shape() -> tuple[Any, dict[str, Any]]:
    raw = json.loads((SCHEMAS / "scenario.json").read_text(encoding="utf-8"))
    schema = _without_refs(raw, raw["$defs"])
    return jsonschema_rs.Draft202012Validator(schema), schema


def _without_refs(schema: Any, parts: Mapping[str, Any]) -> Any:
    """With each reference written out, so that a mistake is told with the words that stand beside the rule."""
    if isinstance(schema, list):
        return [_without_refs(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: _without_refs(value, parts) for key, value in schema.items() if key not in ("$ref", "$defs")}
    if "$ref" in schema:
        part = copy.deepcopy(parts[schema["$ref"].removeprefix("#/$defs/")])
        told = {**_without_refs(part, parts), **told}
    return told
