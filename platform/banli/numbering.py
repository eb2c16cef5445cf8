"""Which text each agreement number stands for: the first that was sealed under it, over all companies and editions."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from banli.definitions.library import Library
from banli.definitions.numbers import Bundle, Earlier, changed_under_old_number, numbers_of
from banli.errors import Mistake
from banli.store import Store

CHINA = ZoneInfo("Asia/Shanghai")


class Numbers:
    """Remembers the editions that it has read: they never change, and only new ones are read again.

    Sealed is what was published, what was proposed for approval, and what a client has begun a case with.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: set[str] = set()
        self._first: dict[str, Earlier] = {}

    async def known(self) -> Mapping[str, Earlier]:
        """By number the first text that was sealed under it."""
        for edition, company, business, moment in await self.store.editions_sealed():
            bundle = await self.store.edition(edition) if edition not in self._seen else None
            self._seen.add(edition)
            for number, digest in numbers_of(bundle).items() if bundle is not None else ():
                self._first.setdefault(number, Earlier(digest, company, business, moment.astimezone(CHINA)))
        return self._first

    async def taken(self, bundle: Bundle, library: Library) -> list[Mistake]:
        """The agreements of a bundle that is to be published whose number stands for another text."""
        known = await self.known()
        told = changed_under_old_number(known, bundle)
        if told and library.folder is not None:
            # The library in use may come from its cache, which knows no lines.
            view = Library.read(library.folder, library.kinds).view(bundle["company"]["id"])
            return changed_under_old_number(known, bundle, view)
        return told
