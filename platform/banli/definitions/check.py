"""How `banli check` tells the mistakes of a site: to people, to programs and to GitHub; and what is not wrong yet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from banli.definitions.almanac import endings
from banli.definitions.environments import unnamed
from banli.definitions.library import HARMLESS, Library
from banli.errors import Mistake, Place

FORMATS = ("text", "json", "github")


def soon(library: Library, environment: str, today: str) -> list[Mistake]:
    """What is not wrong yet: calendars that come to an end, an environment that the site does not name."""
    serious = [mistake for mistake in library.mistakes if mistake.code not in HARMLESS]
    if serious:
        return []
    told = unnamed(library.view().data("site", "site"), environment)
    odd = [Mistake(Place("definitions/site.yaml"), "unknown-environment", told)] if told else []
    return [*odd, *(ending.warning() for ending in endings(library, date.fromisoformat(today)))]


def tell(mistakes: Iterable[Mistake], how: str = "text", level: str = "error") -> str:
    """The mistakes as lines of text, as a JSON list, or as annotations of a GitHub workflow."""
    if how == "json":
        rows = [
            {
                "file": m.place.file,
                "line": m.place.line,
                "column": m.place.column,
                "code": m.code,
                "what": m.what,
                "cure": m.cure,
            }
            for m in mistakes
        ]
        return json.dumps(rows, ensure_ascii=False, indent=2)
    if how == "github":
        return "\n".join(_annotation(mistake, level) for mistake in mistakes)
    return "\n".join(str(mistake) for mistake in mistakes)


def _annotation(mistake: Mistake, level: str) -> str:
    where = {"file": mistake.place.file, "title": mistake.code}
    if mistake.place.line:
        where |= {"line": str(mistake.place.line), "col": str(mistake.place.column)}
    told = ",".join(f"{key}={_escape(value, ':,')}" for key, value in where.items())
    return f"::{level} {told}::{_escape(f'{mistake.what} {mistake.cure}'.strip())}"


def _escape(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
