"""How mistakes are said: to authors with place, what and cure; to people as a code that a catalogue turns into a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Where something was written. Lines and columns count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """A mistake of an author: `definitions/forms/a.yaml:9:3: unknown-key: What. Cure.`"""

    place: Place
    code: str
    what: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.code}: {self.what}{' ' + self.cure if self.cure else ''}"


class DefinitionError(Exception):
    """The definitions cannot be used. Holds all mistakes, not just the first."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong answer by a person, as a value.

    `at` is the field's path (`phone`, `cards.0.number`) or "" for the whole page. `code` is stable and names the
    sentence in the catalogue; `text` is the sentence where the definition brings its own. `params` fill the sentence
    and never hold what the person has typed.
    """

    at: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    text: str = ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The cure for an unknown name, or "" when nothing known looks like it."""
    near = nearest(word, known)
    return f"Did you mean '{near}'?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that looks most like it; "" where none does."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")
