"""Films that clients have handed in: each counts as a recording of its own from that moment, whoever looks at it and when."""

from __future__ import annotations

import hashlib

from banli.hooks import Entry, Home, Place
from banli_video.chunks import there
from banli_video.pieces import Piece, shelf, told_of
from banli_video.recording import RECORDING, Recordings
from banli_video.retention import HOLD

WHOLE = "video.recorded"
"""The slot of a film as it has come."""


class Films:
    """All of a site. What an agent looks at is made of the film and is another recording, that of their call."""

    def __init__(self, home: Home, recordings: Recordings) -> None:
        self._home, self._recordings = home, recordings

    async def file(self, place: Place, media_type: str, content: bytes) -> str | None:
        """Keeps the film, for as long as recordings are kept; the file's id. Again the same: the same. None: the case is gone."""
        digest = hashlib.sha256(content).hexdigest()
        name = name_of(place.case, digest)
        for _ in range(3):
            entry = await self._known(name)
            if entry is not None and entry.document["state"] != "erased":
                return str(entry.document["film"])
            kept = await there(self._home.files).add(place.case, WHOLE, media_type, content)
            if kept is None:
                return None
            piece = Piece(digest, len(content), 0.0, 0.0, media_type, ((kept.id, kept.size),), False)
            document = {
                "case": place.case, "company": place.company, "state": "kept", "segments": [], "pieces": [told_of(piece)],
                "noted": 1, "until": "", "share": 1.0, "short": False, "film": kept.id,
            }  # fmt: skip
            ledger = there(self._home.ledger)
            made = (
                await ledger.add(RECORDING, name, shelf(place.company, self._home.clock()), document)
                if entry is None
                else await ledger.change(entry, document)
            )
            if made is not None:
                return kept.id
            await there(self._home.files).drop(place.case, kept.id)
        return None

    async def take_back(self, case: str, digest: str) -> None:
        """The client films anew, and nobody has looked at this one: it goes, unless the case is on legal hold."""
        if await there(self._home.ledger).get(HOLD, case) is None:
            await self._recordings.erase(name_of(case, digest), "client", "retaken")

    async def _known(self, name: str) -> Entry | None:
        return await there(self._home.ledger).get(RECORDING, name)


def name_of(case: str, digest: str) -> str:
    return f"{case}.film.{digest[:32]}"
