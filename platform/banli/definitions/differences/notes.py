"""The notebook of whoever compares: takes down changes in the few ways in which things change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from banli.definitions.differences.model import Change, Strictness, What
from banli.definitions.differences.sequences import moved
from banli.sentences import _

PARTS: Mapping[str, str] = {
    "step": _("step"), "stage": _("stage"), "form": _("form"), "field": _("question"), "group": _("group"), "note": _("note"),
    "rule": _("rule"), "computed": _("computed value"), "option": _("option"), "text": _("text"), "agreement": _("agreement"),
    "list": _("agreement list"), "row": _("row of the agreement list"), "dictionary": _("code list"), "reason": _("reason"),
    "review": _("review"), "action": _("action"), "hours": _("service hours"), "calendar": _("calendar"),
    "record": _("entry of the record on file"), "flow": _("flow"), "company": _("company"), "branch": _("branch"),
    "business": _("business"), "notice": _("notification"), "other": _("other"),
}  # fmt: skip
"""What a change is about, as a word."""

NEW, GONE = _("New {part}: {name}"), _("{part} {name} is gone")
NEW_WHEN, NEW_MUST = _("New {part}: {name}, when {when}"), _("New {part}: {name}, which must be answered")
NEW_MUST_WHEN = _("New {part}: {name}, which must be answered, when {when}")
MUST, MAY = _("{part} {name} must be answered now"), _("{part} {name} need not be answered any more")
RETIRED, BACK = _("{part} {name} can no longer be chosen"), _("{part} {name} can be chosen again")
BEHIND, FIRST = _("{part} {name} comes after '{after}' now"), _("{part} {name} comes first now")
FROM_TO = _("{part} {name} has moved from {before} to {after}")
RENAMED, ORDER = _("{part} {name} is now called {after}"), _("{part} {name}: the order is another one")
CHANGED, BECAME = _("{part} {name}: {key} has changed"), _("{part} {name}: {key} {before} → {after}")
WHEN, ALWAYS, NOW_WHEN = (
    _("{part} {name}: the condition has changed"),
    _("{part} {name} comes always, no longer under a condition"),
    _("{part} {name} comes under a condition, no longer always"),
)

UNSAID = frozenset((CHANGED, WHEN, ALWAYS, NOW_WHEN))
"""Sentences that do not say what was there and what is there now."""


class Notes:
    """The changes so far."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._seen: set[tuple[str, str]] = set()

    def note(
        self, part: str, path: str, what: What, strictness: Strictness, msgid: str,
        before: Any = None, after: Any = None, **params: str,
    ) -> None:  # fmt: skip
        """Takes a change down, once for each path and kind of change."""
        if (path, what) in self._seen:
            return
        self._seen.add((path, what))
        told = {"part": PARTS.get(part, part), "before": short(before), "after": short(after), **params}
        self.changes.append(Change(part, path, what, strictness, msgid, told, plain(before), plain(after)))

    def added(
        self, part: str, path: str, name: str, strictness: Strictness, thing: Any = None, when: str = "", *, must: bool = False
    ) -> None:
        """Something new, with its condition; `must`: a question that cannot be left empty."""
        told = (NEW_MUST_WHEN if must else NEW_WHEN) if when else NEW_MUST if must else NEW
        self.note(part, path, "added", strictness, told, None, thing, name=name, when=" ".join(when.split()))

    def removed(self, part: str, path: str, name: str, strictness: Strictness, thing: Any = None) -> None:
        self.note(part, path, "removed", strictness, GONE, thing, None, name=name)

    def value(
        self, part: str, path: str, name: str, key: str, before: Any, after: Any, strictness: Strictness = "neither"
    ) -> None:
        """A value that is another one now."""
        if same(before, after):
            return
        brief = all(isinstance(one, str | int | float) and len(str(one)) <= 40 and one != "" for one in (before, after))
        self.note(part, f"{path}.{key}", "changed", strictness, BECAME if brief else CHANGED, before, after, name=name, key=key)

    def switched(
        self, part: str, path: str, name: str, key: str, after: bool, strictness: Strictness, said: tuple[str, str]
    ) -> None:
        """Something that was switched on or off, said in one of two sentences."""
        self.note(part, f"{path}.{key}", "changed", strictness, said[0] if after else said[1], not after, after, name=name)

    def when(self, part: str, path: str, name: str, before: str, after: str, fewer: Strictness = "looser") -> None:
        """A condition. `fewer` is what it means for the client when the thing comes less often."""
        if before == after:
            return
        more: Strictness = flipped(fewer)
        strictness, msgid = (fewer, NOW_WHEN) if not before else (more, ALWAYS) if not after else ("unknown", WHEN)
        self.note(part, f"{path}.when", "changed", strictness, msgid, before, after, name=name)  # type: ignore[arg-type]

    def order(self, part: str, path: Callable[[str], str], whole: str, old: Sequence[str], new: Sequence[str]) -> None:
        """Those that stand elsewhere in a list."""
        elsewhere = moved(old, new)
        if elsewhere is None:
            self.note(part, whole, "moved", "neither", ORDER, name=whole)
            return
        shared_old = [one for one in old if one in set(new)]
        shared_new = [one for one in new if one in set(old)]
        for one in elsewhere:
            at = (_behind(shared_old, one), _behind(shared_new, one))
            self.note(part, path(one), "moved", "neither", BEHIND if at[1] else FIRST, *at, name=f"'{one}'")

    def tree(
        self, part: str, path: str, name: str, before: Any, after: Any, strictness: Strictness = "unknown", depth: int = 3
    ) -> None:
        """Any settings: each value that differs at its own path, down to `depth` maps deep."""
        before, after = plain(before), plain(after)
        if same(before, after):
            return
        if depth and isinstance(before, dict) and isinstance(after, dict):
            for key in dict.fromkeys((*before, *after)):
                if not same(before.get(key), after.get(key)):
                    self.tree(part, f"{path}.{key}", name, before.get(key), after.get(key), strictness, depth - 1)
            return
        key = path.rpartition(".")[2]
        brief = all(isinstance(one, str | int | float) and len(str(one)) <= 40 for one in (before, after))
        self.note(part, path, "changed", strictness, BECAME if brief else CHANGED, before, after, name=name, key=key)

    def rest(self, part: str, path: str, name: str, before: Any, after: Any, known: frozenset[str]) -> None:
        """What of two defined things nobody has compared by name: so nothing that the language learns is left out."""
        for one in fields(before):
            if one.name not in known:
                old, new = getattr(before, one.name), getattr(after, one.name)
                self.tree(part, f"{path}.{one.name}", name, old, new)


def named(name: str, title: str = "") -> str:
    """A name as it is told, with the title that people know it by."""
    return f"'{name}'" if title in ("", name) else f"'{name}' ({title})"


def _behind(order: Sequence[str], one: str) -> str:
    """The neighbour before; "" for the first."""
    place = order.index(one)
    return order[place - 1] if place else ""


def flipped(strictness: Strictness) -> Strictness:
    """The same change seen from the other side."""
    return {"stricter": "looser", "looser": "stricter"}.get(strictness, strictness)  # type: ignore[return-value]


def same(before: Any, after: Any) -> bool:
    """Equal as JSON, whatever the order of keys: 1 is not true."""
    return canonical(before) == canonical(after)


def canonical(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


def plain(value: Any) -> Any:
    """A defined thing as JSON-able data."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, frozenset | set):
        return sorted(plain(inner) for inner in value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def short(value: Any) -> str:
    """A value as a word or two of a sentence."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
