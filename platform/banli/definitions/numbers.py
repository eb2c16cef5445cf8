"""One number for one text, for ever: what was sealed before holds what is published next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from banli.definitions.build import build_agreement
from banli.definitions.source import Source
from banli.errors import Mistake, Place

Bundle = Mapping[str, Any]


class Shelves(Protocol):
    def get(self, folder: str, name: str) -> Source | None: ...


def numbers_of(bundle: Bundle) -> dict[str, str]:
    """By number the digest of the text, for all agreements of a bundle."""
    found = (build_agreement(name, data) for name, data in bundle.get("agreements", {}).items())
    return {one.number: one.digest for one in found}


def changed_under_old_number(sealed: Iterable[Bundle], new: Bundle, view: Shelves | None = None) -> list[Mistake]:
    """The agreements of `new` whose number stands for another text in what was sealed before, over all companies.

    With a company's `view` of the library each mistake has the place of the number that must change.
    """
    before: dict[str, str] = {}
    for bundle in sealed:
        for number, digest in numbers_of(bundle).items():
            before.setdefault(number, digest)
    told = []
    for name, data in sorted(new.get("agreements", {}).items()):
        one = build_agreement(name, data)
        if before.get(one.number, one.digest) != one.digest:
            source = view.get("agreements", name) if view is not None else None
            place = source.place(("number",)) if source is not None else Place(f"agreements/{name}")
            what = f"The number '{one.number}' was published with another text."
            told.append(Mistake(place, "number-published", what, "A changed text gets a new number."))
    return told
