"""What a company's difference lies over, and what a new base has changed beneath it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from banli.definitions.differences.notes import same, short
from banli.definitions.entries import LISTS, Entry, entries, keyed
from banli.definitions.overlay import merge
from banli.definitions.source import Path, Source
from banli.errors import Mistake, Place

Way = tuple[str | int, ...]
Key = tuple[str, str, str]
ORDERS = ("after", "before", "remove")
SITE_WORDS = ("texts", "menu")
"""What a company's own file says over the one of the site."""


class Sources(Protocol):
    @property
    def sources(self) -> Mapping[Key, Source]: ...


@dataclass(frozen=True)
class _Spot:
    """A value of the base with the place that it has, or nothing."""

    source: Source | None
    value: Any = None
    way: Way = ()

    @property
    def there(self) -> bool:
        return self.source is not None

    def inside(self, key: str | int) -> _Spot:
        if isinstance(self.value, Mapping) and key in self.value:
            return _Spot(self.source, self.value[key], (*self.way, key))
        return _Spot(None)

    def entry(self, name: str) -> _Spot:
        """The settings of the entry with this id, in groups too."""
        for found, way in _entries(self.value):
            if found.id == name:
                return _Spot(self.source, found.settings, (*self.way, *way))
        return _Spot(None)

    def place(self, root: str) -> Place:
        assert self.source is not None
        at = self.source.place(self.way)
        return Place(f"{root}{at.file}", at.line, at.column)


def overridden(old: Sources, new: Sources, own: Sources, company: str, roots: tuple[str, str] = ("", "")) -> list[Mistake]:
    """Every override of the company whose base value is another one in `new` than in `old`, or gone, or locked now; each with
    the places of all three. `own` is the library that holds the company; `roots` stand before the files of the bases."""
    looker = _Looker(roots)
    found: list[Mistake] = []
    for (owner, folder, name), source in own.sources.items():
        if owner != company or source.data is None:
            continue
        below = ("", "site", "site") if folder == "company" else ("", folder, name)
        data = {key: source.data[key] for key in SITE_WORDS if key in source.data} if folder == "company" else source.data
        bases = [library.sources.get(below) for library in (old, new)]
        was, now = (_Spot(base, base.data) if base is not None and base.data is not None else _Spot(None) for base in bases)
        if was.there and not now.there:
            what = f"'{folder}/{name}' of the base is gone ({was.place(roots[0]).file})."
            found.append(Mistake(Place(source.file), "base-gone", what, "Delete this file, or move what it says."))
            continue
        found += looker.maps(source, data, (), was, now, "")
        if folder != "company" and bases[1] is not None and now.there:
            before = {mistake.code for mistake in _merged(bases[0], source)}
            found += [one for one in _merged(bases[1], source) if one.code == "locked" or one.code not in before]
    return sorted(set(found))


def _merged(base: Source | None, own: Source) -> tuple[Mistake, ...]:
    """What cannot be laid over."""
    return merge(base, own).mistakes if base is not None and base.data is not None else ()


@dataclass(frozen=True)
class _Looker:
    roots: tuple[str, str]

    def maps(self, own: Source, data: Mapping[str, Any], way: Way, was: _Spot, now: _Spot, at: str) -> Iterator[Mistake]:
        for key, value in data.items():
            here, path = (*way, key), f"{at}.{key}" if at else key
            old, new = was.inside(key), now.inside(key)
            either = old if old.there else new
            if isinstance(value, Mapping) and value != {"remove": True} and isinstance(either.value, Mapping):
                yield from self.maps(own, value, here, old, new, path)
            elif key in LISTS and keyed(value) and either.there and keyed(either.value):
                yield from self.lists(own, value, here, old, new, path)
            else:
                yield from self.leaf(own, here, old, new, path)

    def lists(self, own: Source, data: Any, way: Way, was: _Spot, now: _Spot, at: str) -> Iterator[Mistake]:
        for found, below in _entries(data):
            if not found.id or (found.word == "group" and not was.entry(found.id).there and not now.entry(found.id).there):
                continue
            here, path = (*way, *below), f"{at}.{found.id}"
            old, new = was.entry(found.id), now.entry(found.id)
            settings = {key: value for key, value in found.settings.items() if key not in ORDERS and key != "entries"}
            if found.settings.get("remove") is True:
                yield from self.leaf(own, here, old, new, path)
            elif old.there != new.there:
                yield self.told(own, here, old, new, path)
            else:
                yield from self.maps(own, settings, here, old, new, path)
            for order in ("after", "before"):
                neighbour = found.settings.get(order)
                if isinstance(neighbour, str) and was.entry(neighbour).there and not now.entry(neighbour).there:
                    gone, what = was.entry(neighbour), f"'{path}' stands {order} '{neighbour}', which is gone"
                    text = f"{what} (it was at {gone.place(self.roots[0])})."
                    yield Mistake(own.place((*here, order)), "base-gone", text, "Name another neighbour.")

    def leaf(self, own: Source, way: Way, was: _Spot, now: _Spot, at: str) -> Iterator[Mistake]:
        """A value of the company's own: does it still replace what it was meant to?"""
        if was.there != now.there or (was.there and not same(was.value, now.value)):
            yield self.told(own, way, was, now, at)

    def told(self, own: Source, way: Way, was: _Spot, now: _Spot, at: str) -> Mistake:
        if not now.there:
            what = f"'{at}' lies over {short(was.value)} ({was.place(self.roots[0])}), which is gone."
            return Mistake(own.place(way), "base-gone", what, "Take it out, or say where it belongs now.")
        if not was.there:
            what = f"'{at}' is in the base now too: {short(now.value)} ({now.place(self.roots[1])})."
            return Mistake(own.place(way), "base-new", what, "Take it out where the base says the same.")
        what = (
            f"'{at}' lies over {short(was.value)} ({was.place(self.roots[0])}), "
            f"which {_became(was.value, now.value)} now ({now.place(self.roots[1])})."
        )
        return Mistake(own.place(way), "base-changed", what, "Look whether it is still meant.")


def _became(was: Any, now: Any) -> str:
    """What a value is now; of a list of words, which came and which went: its beginning says nothing."""
    if not all(isinstance(one, list | tuple) and all(isinstance(item, str) for item in one) for one in (was, now)):
        return f"is {short(now)}"
    came, went = [one for one in now if one not in was], [one for one in was if one not in now]
    told = [f"has {', '.join(came)}"] if came else []
    told += [f"has no {', '.join(went)}"] if went else []
    return " and ".join(told) or "stands in another order"


def _entries(items: Any, way: Path = ()) -> Iterator[tuple[Entry, Way]]:
    """The entries of a list, those inside of groups too, each with the way to its settings."""
    for found in entries(items):
        here = (*way, *found.path)
        yield found, here
        if found.word == "group":
            yield from _entries(found.settings.get("entries"), (*here, "entries"))
