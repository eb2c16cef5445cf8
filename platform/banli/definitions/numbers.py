"""One number for one text, for ever: what was sealed before holds what is published next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from banli.definitions.build import build_agreement
from banli.definitions.source import Source
from banli.errors import Mistake, Place

Bundle = Mapping[str, Any]
SHOWN = 12
"""How many digits of a digest are told."""


class Shelves(Protocol):
    def get(self, folder: str, name: str) -> Source | None: ...


@dataclass(frozen=True, slots=True)
class Earlier:
    """The text that a number stands for: its digest, and in which business it was sealed first, and when."""

    digest: str
    company: str = ""
    business: str = ""
    sealed_at: datetime | None = None

    def __str__(self) -> str:
        since = f" since {self.sealed_at:%Y-%m-%d}" if self.sealed_at is not None else ""
        return f"{since} ({self.company}/{self.business})" if self.company else since


def numbers_of(bundle: Bundle) -> dict[str, str]:
    """By number the digest of the text, for all agreements of a bundle."""
    found = (build_agreement(name, data) for name, data in bundle.get("agreements", {}).items())
    return {one.number: one.digest for one in found}


def changed_under_old_number(before: Mapping[str, Earlier], new: Bundle, view: Shelves | None = None) -> list[Mistake]:
    """The agreements of `new` whose number stands for another text in what was sealed `before`, over all companies.

    With a company's `view` of the library each mistake has the place of the number that must change.
    """
    told = []
    for name, data in sorted(new.get("agreements", {}).items()):
        one = build_agreement(name, data)
        known = before.get(one.number)
        if known is not None and known.digest != one.digest:
            what = (
                f"Agreement '{name}' ({one.title}): its number '{one.number}' has stood for another text{known}. "
                f"The digest of that text begins with {known.digest[:SHOWN]}, that of this one with {one.digest[:SHOWN]}."
            )
            cure = "Give the changed text a new number, or bring the old text back."
            told.append(Mistake(_place(name, view), "number-published", what, cure))
    return told


def _place(name: str, view: Shelves | None) -> Place:
    """Where the number is to be written: a company that only words the text anew has none of its own yet."""
    source = view.get("agreements", name) if view is not None else None
    if source is None:
        return Place(f"agreements/{name}")
    number, text = source.place(("number",)), source.place(("text",), key=True)
    return number if number.file == text.file else text
