"""What a difference between two editions is: a list of changes, each with its place, its direction and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

What = Literal["added", "removed", "moved", "renamed", "changed"]
Strictness = Literal["stricter", "looser", "neither", "unknown"]

Say = Callable[[str], str]
"""Gives a msgid of ours in the reader's language."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `part` is the sort of thing (step, field, rule, text, agreement, …), `path` says which one
    (`forms/other_info.email.maxLength`). `msgid` and `params` make the sentence."""

    part: str
    path: str
    what: What
    strictness: Strictness
    msgid: str
    params: Mapping[str, str] = field(default_factory=dict)
    before: Any = None
    after: Any = None

    def told(self, say: Say = str) -> str:
        """The sentence in the language of `say`."""
        params = _Known(self.params)
        params["part"] = say(params["part"])
        return say(self.msgid).format_map(params)

    @property
    def sentence(self) -> str:
        return self.told()


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Differences:
    """What changed from `old` to `new` (hashes of the editions); no changes: they mean the same."""

    old: str
    new: str
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def count(self, strictness: Strictness) -> int:
        return sum(change.strictness == strictness for change in self.changes)
