"""Parts: lists of steps that several flows share. `- use: {part: …}` becomes the steps, with their places kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from banli.definitions.entries import entry
from banli.definitions.source import Source, Spot
from banli.errors import Mistake, did_you_mean

USE = "use"
SETTINGS = ("part", "when", "stage", "id")

Find = Callable[[str], Source | None]
"""A part by its id, as the company has it."""


def spread(flow: Source, find: Find, known: Callable[[], tuple[str, ...]]) -> Source:
    """The flow with the steps of the parts that it uses in their place. A part's `when` is joined with `and`; its steps
    are in the stage of the `use` where they name none. What cannot be put in is told and left out."""
    if not isinstance(flow.data, dict) or not _uses(flow.data.get("steps")):
        return flow
    spreader = _Spreader(find, known)
    spot = flow.spot.copy() if flow.spot is not None else None
    steps, places = spreader.steps(flow, flow.data["steps"], spot.children.get("steps") if spot and spot.children else None, ())
    if spot is not None and spot.children is not None and (at := spot.children.get("steps")) is not None:
        spot.children["steps"] = at = at.copy()
        at.children = dict(enumerate(places))
    return Source(flow.file, {**flow.data, "steps": steps}, spot, (*flow.mistakes, *spreader.mistakes))


class _Spreader:
    def __init__(self, find: Find, known: Callable[[], tuple[str, ...]]) -> None:
        self.find, self.known = find, known
        self.mistakes: list[Mistake] = []

    def steps(
        self, source: Source, items: list[Any], spot: Spot | None, inside: tuple[str, ...]
    ) -> tuple[list[Any], list[Spot]]:
        found: list[Any] = []
        places: list[Spot] = []
        for index, item in enumerate(items):
            here = ((spot.children or {}).get(index) if spot is not None else None) or spot or Spot(source.file, 0, 0)
            if not _is_use(item):
                found.append(item)
                places.append(here)
                continue
            used = self.part(source, item[USE], here, inside)
            if used is None:
                continue
            part, settings = used
            inner = part.spot.find(("steps",)) if part.spot is not None else None
            more, there = self.steps(part, part.data["steps"], inner, (*inside, settings["part"]))
            for step, place in zip(more, there, strict=True):
                made, at = _joined(step, place, settings, here)
                found.append(made)
                places.append(at)
        return found, places

    def part(
        self, source: Source, settings: dict[str, Any], here: Spot, inside: tuple[str, ...]
    ) -> tuple[Source, dict[str, Any]] | None:
        below = (here.children or {}).get(USE, here)
        for key in settings:
            if key not in SETTINGS:
                cure = did_you_mean(key, SETTINGS) or f"There are: {', '.join(SETTINGS)}."
                self.tell(below, key, "unknown-key", f"There is no key '{key}' here.", cure, key=True)
        name = settings.get("part")
        if not isinstance(name, str):
            self.tell(here, USE, "missing-key", "'part' is missing.", "Write '- use: {part: …}'.", key=True)
            return None
        if name in inside:
            what = f"The part '{name}' uses itself."
            self.tell(below, "part", "part-circle", what, "Write its steps out, or use another part.")
            return None
        for key in ("when", "stage"):
            if key in settings and not isinstance(settings[key], str):
                self.tell(below, key, "wrong-type", "This must be text.", "Put it in quotes.")
                settings = {k: v for k, v in settings.items() if k != key}
        part = self.find(name)
        if part is None or not isinstance(part.data, dict) or not isinstance(part.data.get("steps"), list):
            if part is None:
                cure = did_you_mean(name, self.known())
                self.tell(below, "part", "unknown-part", f"There is no part '{name}'.", cure)
            return None
        return part, settings

    def tell(self, spot: Spot, name: str, code: str, what: str, cure: str, *, key: bool = False) -> None:
        found = (spot.children or {}).get(name, spot)
        self.mistakes.append(Mistake(found.key_place() if key else found.place(), code, what, cure))


def _joined(step: Any, place: Spot, settings: dict[str, Any], use: Spot) -> tuple[Any, Spot]:
    """One step of a part as the flow has it."""
    found = entry(0, step)
    when, stage = settings.get("when"), settings.get("stage")
    if found is None or (not when and not stage):
        return step, place
    own = dict(found.settings)
    places = place.copy()
    inner = (place.children or {}).get(found.word)
    inner = inner.copy() if inner is not None else Spot(place.file, place.line, place.column)
    inner.children = dict(inner.children or {})
    below = (use.children or {}).get(USE, use)
    if when:
        if "when" in own:
            own["when"] = f"({when}) && ({own['when']})"
        else:
            own["when"], inner.children["when"] = when, (below.children or {}).get("when", below)
    if stage and "stage" not in own:
        own["stage"], inner.children["stage"] = stage, (below.children or {}).get("stage", below)
    places.children = {**(places.children or {}), found.word: inner}
    return {found.word: own}, places


def _is_use(item: Any) -> bool:
    return isinstance(item, dict) and len(item) == 1 and isinstance(item.get(USE), dict)


def _uses(steps: Any) -> bool:
    return isinstance(steps, list) and any(_is_use(item) for item in steps)
