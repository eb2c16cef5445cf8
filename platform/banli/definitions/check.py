"""`banli check`: every mistake of a site at once, for people, for programs and for GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.errors import Mistake

FORMATS = ("text", "json", "github")


def check_site(folder: Path, kinds: Kinds, cache: Path | None = None) -> list[Mistake]:
    """All mistakes of the definitions in `folder`, in the order of files, lines and columns."""
    return list(Library.read(folder, kinds, cache).mistakes)


def tell(mistakes: Iterable[Mistake], how: str = "text") -> str:
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
        return "\n".join(_annotation(mistake) for mistake in mistakes)
    return "\n".join(str(mistake) for mistake in mistakes)


def _annotation(mistake: Mistake) -> str:
    where = {"file": mistake.place.file, "title": mistake.code}
    if mistake.place.line:
        where |= {"line": str(mistake.place.line), "col": str(mistake.place.column)}
    told = ",".join(f"{key}={_escape(value, ':,')}" for key, value in where.items())
    return f"::error {told}::{_escape(f'{mistake.what} {mistake.cure}'.strip())}"


def _escape(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
