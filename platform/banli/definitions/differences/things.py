"""What differs besides flow and forms: agreements and their lists, code lists, the record on file, hours, fixed texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from banli.definitions.differences import strictness
from banli.definitions.differences.flows import words
from banli.definitions.differences.model import Strictness
from banli.definitions.differences.notes import BACK, CHANGED, ORDER, RETIRED, Notes, named, plain, same
from banli.definitions.differences.sides import Side
from banli.definitions.model import Agreement, AgreementList, Dictionary
from banli.hours.windows import DAY_MINUTES, weekdays_of, windows_from

AGREEMENT = frozenset(("id", "title", "number", "kind", "text", "format", "digest"))
LIST = frozenset(("id", "title", "items"))
ROW = frozenset(("id", "agreement", "when"))
DICTIONARY = frozenset(("id", "title", "version", "items", "maps"))
COMPANY = frozenset(("id", "name", "short_name", "hotline", "branches", "enabled", "theme", "businesses", "texts"))


def compare(notes: Notes, old: Side, new: Side) -> None:
    """Takes down what differs."""
    titles = {name: one.title for side in (old, new) for name, one in side.agreements.items()}
    _named(notes, "list", "lists", old.lists, new.lists, lambda notes, one, was, now: _list(notes, one, was, now, titles))
    _named(notes, "agreement", "agreements", old.agreements, new.agreements, _agreement)
    _named(notes, "dictionary", "dictionaries", old.dictionaries, new.dictionaries, _dictionary)
    _record(notes, old, new)
    _named(notes, "hours", "hours", old.bundle["hours"], new.bundle["hours"], _hours)
    _named(notes, "calendar", "calendars", old.bundle["calendars"], new.bundle["calendars"], _tree("calendar", "calendars"))
    _company(notes, old, new)
    words(notes, "text", "menu", old.bundle["menu"], new.bundle["menu"])
    words(notes, "text", "texts", old.bundle["texts"], new.bundle["texts"])
    notes.value("other", "site", "site", "languages", old.bundle["languages"], new.bundle["languages"])


Inner = Callable[[Notes, str, Any, Any], None]
"""Compares two things of the same id."""


def _named(notes: Notes, part: str, path: str, old: Mapping[str, Any], new: Mapping[str, Any], inner: Inner) -> None:
    """Things by their id: gone, new, or compared."""
    for one in old:
        if one not in new:
            title = getattr(old[one], "title", "")
            notes.removed(part, f"{path}/{one}", named(one, title), "neither", title)
        else:
            inner(notes, one, old[one], new[one])
    for one in new:
        if one not in old:
            title = getattr(new[one], "title", "")
            notes.added(part, f"{path}/{one}", named(one, title), "neither", title)


def _tree(part: str, path: str) -> Inner:
    return lambda notes, one, old, new: notes.tree(part, f"{path}/{one}", f"'{one}'", old, new, "unknown", 2)


def _hours(notes: Notes, one: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Windows that lie within the old ones are stricter, and so is less time to finish."""
    path, name = f"hours/{one}", named(one, str(new.get("title", "")))
    was, now = _open(old.get("windows")), _open(new.get("windows"))
    windows: Strictness = "unknown"
    if was is not None and now is not None:
        windows = "neither" if was == now else "stricter" if now < was else "looser" if was < now else "unknown"
    grace = [one.get("grace_minutes", 0) for one in (old, new)]
    for key in dict.fromkeys((*old, *new)):
        way: Strictness = "unknown"
        if key == "windows":
            way = windows
        elif key == "grace_minutes" and all(isinstance(one, int) for one in grace):
            way = "stricter" if grace[1] < grace[0] else "looser"
        elif key == "title":
            way = "neither"
        notes.tree("hours", f"{path}.{key}", name, old.get(key), new.get(key), way, 2)


def _open(windows: Any) -> frozenset[int] | None:
    """The minutes of a week at which somebody can begin; None where that is no map of windows."""
    try:
        return frozenset(
            day * DAY_MINUTES + minute
            for key, written in plain(windows).items()
            for day in weekdays_of(key)
            for window in windows_from(written)
            for minute in range(window.start, window.end)
        )
    except (AttributeError, TypeError, ValueError):
        return None


def _agreement(notes: Notes, one: str, old: Agreement, new: Agreement) -> None:
    path, name = f"agreements/{one}", f"'{one}' ({new.title})"
    notes.value("agreement", path, name, "title", old.title, new.title)
    notes.value("agreement", path, name, "number", old.number, new.number)
    notes.value("agreement", path, name, "kind", old.kind, new.kind)
    notes.value("agreement", path, name, "format", old.format, new.format)
    if old.text != new.text:
        notes.note("agreement", f"{path}.text", "changed", "unknown", CHANGED, old.text, new.text, name=name, key="text")
    notes.rest("agreement", path, name, old, new, AGREEMENT)


def _list(notes: Notes, one: str, old: AgreementList, new: AgreementList, titles: Mapping[str, str]) -> None:
    path = f"lists/{one}"
    notes.value("text", path, f"'{one}'", "title", old.title, new.title)
    was, now = {row.id: row for row in old.items}, {row.id: row for row in new.items}
    for row in was:
        here, name = f"{path}.{row}", named(row, titles.get(was[row].agreement, ""))
        if row not in now:
            notes.removed("row", here, name, "looser", was[row])
            continue
        notes.value("row", here, name, "agreement", was[row].agreement, now[row].agreement, "unknown")
        notes.when("row", here, name, was[row].when, now[row].when)
        notes.rest("row", here, name, was[row], now[row], ROW)
    for row in now:
        if row not in was:
            name = named(row, titles.get(now[row].agreement, ""))
            notes.added("row", f"{path}.{row}", name, "stricter", now[row], now[row].when)
    notes.order("row", lambda row: f"{path}.{row}", path, [*was], [*now])
    notes.rest("list", path, f"'{one}'", old, new, LIST)


def _dictionary(notes: Notes, one: str, old: Dictionary, new: Dictionary) -> None:
    path, name = f"dictionaries/{one}", f"'{one}'"
    notes.value("text", path, name, "title", old.title, new.title)
    notes.value("dictionary", path, name, "version", old.version, new.version)
    was, now = {item.code: item for item in old.items}, {item.code: item for item in new.items}
    strictness.codes(notes, path, {c: i.text for c, i in was.items()}, {c: i.text for c, i in now.items()})
    for code, item in was.items():
        if code not in now:
            continue
        here, shown = f"{path}.{code}", f"'{code}' ({item.text})"
        retired: Strictness = "stricter" if now[code].retired else "looser"
        notes.value("text", here, shown, "text", item.text, now[code].text)
        if item.retired != now[code].retired:
            notes.switched("option", here, shown, "retired", now[code].retired, retired, (RETIRED, BACK))
        notes.value("option", here, shown, "parent", item.parent, now[code].parent, "unknown")
        exclusive: Strictness = "stricter" if now[code].exclusive else "looser"
        notes.value("option", here, shown, "exclusive", item.exclusive, now[code].exclusive, exclusive)
    if [code for code in was if code in now] != [code for code in now if code in was]:
        notes.note("dictionary", path, "moved", "neither", ORDER, name=name)
    notes.tree("dictionary", f"{path}.maps", name, old.maps, new.maps, "neither")
    notes.rest("dictionary", path, name, old, new, DICTIONARY)


def _record(notes: Notes, old: Side, new: Side) -> None:
    """What is on file: nobody is asked for it here, so nothing of it is stricter."""
    own = Notes()
    strictness.compare(own, "client", "client", old.record, new.record, "record", 2)
    for change in own.changes:
        notes.note(
            change.part, change.path, change.what, "neither", change.msgid, change.before, change.after,
            **{key: value for key, value in change.params.items() if key not in ("part", "before", "after")},
        )  # fmt: skip
    notes.tree("record", "client.derived", "derived", old.bundle["client"].get("derived"), new.bundle["client"].get("derived"))


def _company(notes: Notes, old: Side, new: Side) -> None:
    was, now = old.company, new.company
    for key in ("id", "name", "short_name", "hotline"):
        notes.value("company", "company", f"'{now.id}'", key, getattr(was, key), getattr(now, key))
    words(notes, "branch", "company.branches", was.branches, now.branches)
    if not same([*was.branches], [*now.branches]) and set(was.branches) == set(now.branches):
        notes.note("company", "company.branches", "moved", "neither", ORDER, name="branches")
    notes.rest("company", "company", f"'{now.id}'", was, now, COMPANY)
    for key in ("id", "flow", "title", "icon"):
        notes.value("business", "business", f"'{new.business.id}'", key, getattr(old.business, key), getattr(new.business, key))
    opened, opens = old.business.hours, new.business.hours
    way: Strictness = "unknown" if opened and opens else "stricter" if opens else "looser"  # without hours: always
    notes.value("business", "business", f"'{new.business.id}'", "hours", opened, opens, way)
    notes.rest("business", "business", f"'{new.business.id}'", old.business, new.business,
               frozenset(("id", "flow", "title", "icon", "hours")))  # fmt: skip
