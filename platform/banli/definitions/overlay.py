"""Lays a company's difference over the base, and keeps for every value the file and line that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from banli.definitions.entries import LISTS, Entry, entry, keyed
from banli.definitions.source import Source, Spot
from banli.errors import Mistake, did_you_mean

WORDING = frozenset(("title", "hint", "placeholder", "errors", "button", "empty", "side", "yes", "no", "long_term_text", "add"))
"""Settings of a question that say how it is worded: a lock on the question leaves them free."""
_ORDERS = ("after", "before", "remove")


def merge(base: Source, own: Source) -> Source:
    """The base with the company's difference in it. `mistakes` tells what could not be laid over."""
    merger = _Merger(base)
    data, spot = merger.maps(base.data, base.spot, own.data, own.spot or Spot(own.file, 0, 0, {}), "")
    return Source(base.file, data, spot, tuple(merger.mistakes))


def locked_paths(data: Any) -> list[str]:
    locked = data.get("locked") if isinstance(data, dict) else None
    return [path for path in locked if isinstance(path, str)] if isinstance(locked, list) else []


def reaches(data: Any, path: str) -> bool:
    """Does a dotted path (ids of entries in it) lead to something?"""
    if not path:
        return True
    if isinstance(data, dict):
        for key, value in data.items():
            if path == key or (path.startswith(f"{key}.") and reaches(value, path[len(key) + 1 :])):
                return True
        return False
    if isinstance(data, list):
        for index, item in enumerate(data):
            found = entry(index, item)
            if found is None:
                continue
            if found.id and (path == found.id or path.startswith(f"{found.id}.")):
                if reaches(dict(found.settings), path[len(found.id) + 1 :]):
                    return True
            if found.word == "group" and reaches(found.settings.get("entries"), path):
                return True
    return False


class _Merger:
    def __init__(self, base: Source) -> None:
        self.base = base
        self.mistakes: list[Mistake] = []
        self.locked = locked_paths(base.data)

    def maps(
        self, base: dict[str, Any], spot: Spot | None, own: dict[str, Any], own_spot: Spot, at: str
    ) -> tuple[dict[str, Any], Spot | None]:
        data = dict(base)
        new = spot.copy() if spot is not None else None
        for key, value in own.items():
            here = f"{at}.{key}" if at else key
            if key == "entries" and at.startswith("layout."):
                here = "layout"
            where = _inside(own_spot, key)
            if key == "locked" and not at:
                self.tell(where, "locked-in-company", "A company cannot lock anything.", "Lock it in the base file.")
            elif value == {"remove": True}:
                self.remove_key(data, new, key, here, where)
            elif isinstance(value, dict) and isinstance(data.get(key), dict):
                data[key], below = self.maps(data[key], _below(new, key), value, where, here)
                _put(new, key, below)
            elif key in LISTS and isinstance(value, list) and isinstance(data.get(key), list) and keyed(data[key]):
                data[key], below = self.lists(data[key], _below(new, key), value, where, here)
                _put(new, key, below)
            else:
                if self.unlike(data.get(key), _below(new, key), value, where) or self.may_not(here, where):
                    continue
                data[key] = value
                _put(new, key, where)
        return data, new

    def remove_key(self, data: dict[str, Any], spot: Spot | None, key: str, here: str, where: Spot) -> None:
        if key not in data:
            self.tell(where, "remove-nothing", f"There is no '{key}' to remove.", did_you_mean(key, data), key=True)
            return
        if self.may_not(here, where):
            return
        del data[key]
        if spot is not None and spot.children:
            spot.children.pop(key, None)

    def lists(self, base: list[Any], spot: Spot | None, own: list[Any], own_spot: Spot, at: str) -> tuple[list[Any], Spot | None]:
        items = _Items(base, spot)
        for index, item in enumerate(own):
            self.lay(items, entry(index, item), item, _inside(own_spot, index), at)
        return items.done()

    def lay(self, items: _Items, new: Entry | None, item: Any, where: Spot, at: str) -> None:
        """One entry of the company into the list: taken away, merged, moved or added."""
        if new is None or not new.id:
            items.pairs.append(_Item(item, where))
            return
        here = f"{at}.{new.id}"
        settings = {key: value for key, value in new.settings.items() if key not in _ORDERS or _is_text(key, value)}
        below = where if not new.word or not new.settings else _inside(where, new.word)
        found = items.find(new.id)
        if new.settings.get("remove") is True:
            if found is None:
                self.tell(where, "remove-nothing", f"There is no '{new.id}' to remove.", did_you_mean(new.id, items.ids()))
            else:
                inner = found[0][found[1]].inner
                gone = [here, *(f"{at}.{name}" for name in (inner.ids() if inner is not None else ()))]
                if not any(self.may_not(path, where) for path in gone):
                    found[0].pop(found[1])
            return
        if found is None:
            if self.may_not(here, where):
                return
            added = _Item(_written(new, settings, item), _spot_of(new, where, below))
        else:
            added = self.join(found[0][found[1]], new, settings, where, below, here)
            found[0][found[1]] = added
        self.move(items, added, new, below, found is None)

    def join(self, old: _Item, new: Entry, settings: dict[str, Any], where: Spot, below: Spot, here: str) -> _Item:
        before = entry(0, old.data)
        if before is None or (new.word != before.word and new.word != before.id and "id" in new.settings):
            return old if self.may_not(here, where) else _Item(_written(new, settings, None), _spot_of(new, where, below))
        if not settings:
            return old
        old_below = _below(old.spot, before.word) if before.word else old.spot
        if old_below is None or not before.settings:
            old_below = Spot(where.file, where.line, where.column, {})
        own_below = below.copy()
        group = old.inner
        if group is not None and isinstance(settings.get("entries"), list):
            for index, item in enumerate(settings.pop("entries")):
                self.lay(group, entry(index, item), item, _inside(_inside(below, "entries"), index), "layout")
        merged, spot = self.maps(dict(before.settings), old_below, settings, own_below, here)
        data: Any = {before.word: merged} if before.word else merged
        outer = _wrapped(old.spot or where, before.word, spot) if before.word else spot
        joined = _Item(data, outer)
        joined.inner = group
        return joined

    def move(self, items: _Items, item: _Item, new: Entry, where: Spot, fresh: bool) -> None:
        """Puts an entry after or before another one; a fresh one without a wish goes to the end."""
        wish = next((word for word in ("after", "before") if isinstance(new.settings.get(word), str)), "")
        if not wish:
            if fresh:
                items.pairs.append(item)
            return
        target = new.settings[wish]
        if items.find(target) is None:
            known = [known for known in items.ids() if known != new.id]
            self.tell(
                _inside(where, wish),
                "unknown-neighbour",
                f"There is no '{target}' to put '{new.id}' {wish}.",
                did_you_mean(target, known),
            )
            if fresh:
                items.pairs.append(item)
            return
        if not fresh:
            old = items.find(new.id)
            if old is not None:
                old[0].pop(old[1])
        pairs, index = items.find(target) or (items.pairs, len(items.pairs))
        pairs.insert(index + (wish == "after"), item)

    def may_not(self, path: str, where: Spot) -> bool:
        """Is the path locked, or something below it? Says so."""
        for index, locked in enumerate(self.locked):
            if locked.startswith("layout.") and path.removeprefix(f"{locked}.").partition(".")[0] in WORDING:
                continue
            if path == locked or path.startswith(f"{locked}.") or locked.startswith(f"{path}."):
                self.tell(
                    where,
                    "locked",
                    f"'{locked}' is locked in {self.base.place(('locked', index))}.",
                    "Leave it as the base has it.",
                    key=True,
                )
                return True
        return False

    def unlike(self, base: Any, spot: Spot | None, own: Any, where: Spot) -> bool:
        """Is it a map or list of things where the base has something else? Says so. One text and several may replace each other
        (`"09:00-12:00"`, `["09:00-11:00", "13:00-15:00"]`): the shape of the file says where both can stand."""
        if base is None or own is None or not any(_structured(one) for one in (base, own)):
            return False
        if isinstance(base, dict) == isinstance(own, dict) and isinstance(base, list) == isinstance(own, list):
            return False
        wanted = "a map" if isinstance(base, dict) else "a list" if isinstance(base, list) else "a plain value"
        at = f" in {spot.place()}" if spot is not None else ""
        self.tell(where, "wrong-type", f"This must be {wanted}, as{at or ' in the base'}.", "Write it as the base does.")
        return True

    def tell(self, where: Spot, code: str, what: str, cure: str, *, key: bool = False) -> None:
        self.mistakes.append(Mistake(where.key_place() if key else where.place(), code, what, cure))


def _structured(value: Any) -> bool:
    """A map, or a list of things with settings."""
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict | list) for one in value))


class _Item:
    """An entry on its way into a merged list. `inner` holds the entries of a group, so that they can be found and moved."""

    def __init__(self, data: Any, spot: Spot | None) -> None:
        self.data, self.spot = data, spot
        self.inner: _Items | None = None
        found = entry(0, data)
        if found is not None and found.word == "group" and isinstance(found.settings.get("entries"), list):
            self.inner = _Items(found.settings["entries"], _below(_below(spot, "group"), "entries"))


class _Items:
    def __init__(self, data: list[Any], spot: Spot | None) -> None:
        self.spot = spot
        self.pairs = [_Item(item, _below(spot, index)) for index, item in enumerate(data)]

    def find(self, wanted: str) -> tuple[list[_Item], int] | None:
        """The list that holds the entry, a group's list too, and the position in it."""
        for index, item in enumerate(self.pairs):
            found = entry(0, item.data)
            if found is not None and found.id == wanted:
                return self.pairs, index
        for item in self.pairs:
            inside = item.inner.find(wanted) if item.inner is not None else None
            if inside is not None:
                return inside
        return None

    def ids(self) -> Iterator[str]:
        for item in self.pairs:
            found = entry(0, item.data)
            if found is not None and found.id:
                yield found.id
            if item.inner is not None:
                yield from item.inner.ids()

    def done(self) -> tuple[list[Any], Spot | None]:
        data = []
        children: dict[str | int, Spot] = {}
        for index, item in enumerate(self.pairs):
            value, spot = item.data, item.spot
            if item.inner is not None:
                inner, inner_spot = item.inner.done()
                value = {"group": {**value["group"], "entries": inner}}
                group = _below(spot, "group")
                if spot is not None and group is not None and inner_spot is not None:
                    group = group.copy()
                    _put(group, "entries", inner_spot)
                    spot = _wrapped(spot, "group", group)
            data.append(value)
            if spot is not None:
                children[index] = spot
        if self.spot is None:
            return data, None
        new = self.spot.copy()
        new.children = children
        return data, new


def _is_text(key: str, value: Any) -> bool:
    """`remove` is also a button's text in the settings of a field."""
    return key == "remove" and isinstance(value, str)


def _written(new: Entry, settings: dict[str, Any], item: Any) -> Any:
    if not new.word:
        return settings
    return {new.word: settings} if settings or not isinstance(item, str) else item


def _spot_of(new: Entry, where: Spot, below: Spot) -> Spot:
    return _wrapped(where, new.word, below) if new.word and new.settings else where


def _wrapped(outer: Spot, word: str, inner: Spot | None) -> Spot:
    new = outer.copy()
    if inner is not None:
        new.children = {word: inner}
    return new


def _inside(spot: Spot, key: str | int) -> Spot:
    """The spot below, or this one where the cache has kept none."""
    return (spot.children or {}).get(key, spot)


def _below(spot: Spot | None, key: str | int) -> Spot | None:
    return (spot.children or {}).get(key) if spot is not None else None


def _put(spot: Spot | None, key: str | int, below: Spot | None) -> None:
    if spot is not None and below is not None:
        if spot.children is None:
            spot.children = {}
        spot.children[key] = below
