"""`banli show texts`: every code of the clients' pages, the words that a company's clients read, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from banli.definitions.entries import entries
from banli.definitions.library import Library
from banli.definitions.source import Source
from banli.errors import DefinitionError, Mistake, Place, did_you_mean
from banli.i18n import Translator
from banli.sentences import SENTENCES, TEXTS

OURS = "banli"
"""Where words come from that nobody has chosen."""
Layer = tuple[Source, tuple[str, ...]]


def wordlist(library: Library, translator: Translator, company: str = "", business: str = "", *, where: bool = False) -> str:
    """As YAML that could be put under `texts`, sorted by code; with `where` each says its place. `translator` gives the
    program's own words in the language of the definitions; a code that a page leaves empty has no words."""
    known = {**library.kinds.codes, **SENTENCES, **TEXTS}
    found = {code: (translator.gettext(msgid) if msgid else "", OURS) for code, msgid in known.items()}
    for source, path in _layers(library, company, business):
        data: Any = source.data
        for key in path:
            data = data.get(key) if isinstance(data, Mapping) else None
        for code, words in (data or {}).items():
            found[str(code)] = str(words), str(source.place((*path, code)))
    lines = (f"{code}: {_written(words)}" + (f"  # {place}" if where else "") for code, (words, place) in sorted(found.items()))
    return "\n".join(lines) + "\n"


def _layers(library: Library, company: str, business: str) -> Iterator[Layer]:
    """Where words are chosen, the later over the earlier: site, company, this environment of both, business."""
    view = library.view(company)
    site = view.get("site", "site")
    firm = view.get("company", company) if company else None
    if company and firm is None:
        raise _unknown("company", company, library.company_ids)
    owners = [one for one in (site, firm) if one is not None]
    for owner in owners:
        yield owner, ("texts",)
    for owner in owners:
        yield owner, ("environments", library.kinds.environment, "texts")
    if business:
        flow = view.get("flows", _flow(firm, business))
        if flow is None:
            raise _unknown("business", business, view.ids("flows"))
        yield flow, ("texts",)


def _flow(firm: Source | None, business: str) -> str:
    offers = entries(firm.data.get("businesses")) if firm is not None else ()
    return next((str(offer.settings.get("flow", offer.id)) for offer in offers if offer.id == business), business)


def _unknown(what: str, name: str, known: tuple[str, ...]) -> DefinitionError:
    mistake = Mistake(Place("texts"), f"unknown-{what}", f"There is no {what} '{name}'.", did_you_mean(name, known))
    return DefinitionError([mistake])


def _written(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)
