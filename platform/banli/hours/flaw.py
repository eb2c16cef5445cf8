"""One mistake in hours or calendars, as their checks tell it."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake of an author: where in the file, a stable code, what, and the cure."""

    path: Path
    code: str
    what: str
    cure: str = ""
