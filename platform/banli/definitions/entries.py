"""Lists of things with ids, as the language writes them: `- id: {…}`, `- kind: {id: …}`, `- {code: …}` or just `- id`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from banli.definitions.model import NOTHING

LISTS = frozenset(
    (
        "layout",
        "entries",
        "refuse",
        "warn",
        "computed",
        "steps",
        "reasons",
        "reject",
        "approved",
        "submitted",
        "returned",
        "rejected",
        "done",
        "abandoned",
        "expired",
        "businesses",
        "plugins",
        "items",
        "notices",
    )
)
"""Keys whose lists hold things with ids. `items` of a JSON Schema is a map, so it does not meet this one."""

NAMELESS = frozenset(("note",))
"""Words that say what an entry is, never which one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a list. `word` is what stands before the colon, `path` leads from the list to the settings."""

    index: int
    word: str
    id: str
    settings: Mapping[str, Any]
    path: tuple[str | int, ...]


def entry(index: int, item: Any) -> Entry | None:
    """The item as an entry, or None when it is written like none."""
    if isinstance(item, str):
        return Entry(index, item, item, NOTHING, (index,))
    if not isinstance(item, dict) and not isinstance(item, Mapping):
        return None
    if isinstance(item.get("code"), str | int):
        return Entry(index, "", str(item["code"]), item, (index,))
    if len(item) != 1:
        return None
    word, settings = next(iter(item.items()))
    if settings is None:
        settings = NOTHING
    if not isinstance(settings, dict) and not isinstance(settings, Mapping):
        return None
    own = settings.get("id")
    default = "" if word in NAMELESS else word
    return Entry(index, word, own if isinstance(own, str) else default, settings, (index, word))


def entries(items: Any) -> Iterator[Entry]:
    """The entries of a list, leaving out what is written like none (the shape check tells of it)."""
    if isinstance(items, Sequence) and not isinstance(items, str):
        for index, item in enumerate(items):
            found = entry(index, item)
            if found is not None:
                yield found


def keyed(items: Any) -> bool:
    """Is every item of the list written as a thing with an id?"""
    return isinstance(items, Sequence) and all(entry(0, item) is not None for item in items)


def questions(layout: Any, path: tuple[str | int, ...] = ("layout",)) -> Iterator[tuple[Entry, tuple[str | int, ...]]]:
    """The entries of a layout that ask something, groups opened, each with the path to its settings."""
    for found in entries(layout):
        here = path + found.path
        if found.word == "group":
            yield from questions(found.settings.get("entries"), (*here, "entries"))
        elif found.word not in NAMELESS:
            yield found, here
