"""`mode: recorded`: the client films themselves reading digits aloud, and a member of staff looks at it later."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from banli.errors import Problem
from banli.hooks import Entry, Place, Reply
from banli_video.calls import REVIEW, Calls
from banli_video.films import Films
from banli_video.ranks import Ranks
from banli_video.waiting import held

FILM = "film"
"""What the page hands over is called, and the record of it."""
MOST = 12 * 1024 * 1024
"""A minute of a phone's camera."""
LEAST = 8 * 1024
DIGITS_LAST, SENDING_LASTS = timedelta(minutes=30), timedelta(hours=2)
"""How long digits may be read aloud; and how long a film that was made with them may be on its way."""
TYPES = ("video/webm", "video/mp4")
_DIGEST = re.compile("[0-9a-f]{64}")


class Recorded:
    """Films on their way. They come through the platform's uploads; which one is meant, with which digits, is said before."""

    def __init__(self, calls: Calls, ranks: Ranks, films: Films) -> None:
        self._calls, self._ranks, self._films = calls, ranks, films

    async def page(self, place: Place) -> Mapping[str, Any]:
        work, entry = await self._calls.works.of(place.case, REVIEW), await self._film(place)
        if work is None and entry.document["file"]:
            if not entry.document["filed"]:
                await self._line_up(place, entry)
                return await self.page(place)
            # That film was looked at, and the client was sent back.
            entry = await self._film(place, fresh=True)
        return {
            "scripts": ("video_recorded",),
            "mode": "recorded",
            "text": place.options.get("text", ""),
            "hints": list(place.options.get("hints", ())),
            "state": "waiting" if work is not None else "start",
            "case_id": place.case,
            "digits": entry.document["digits"],
            "seconds": int(place.options.get("seconds", 15)),
        }

    async def call(self, place: Place, name: str, said: Mapping[str, Any]) -> Reply | None:
        if name == "filmed":
            return await self._filmed(place, said)
        if name == "retake":
            return await self._retake(place)
        return None

    async def _film(self, place: Place, *, fresh: bool = False) -> Entry:
        """What is known of the client's film; with new digits where the old ones have been seen for too long."""
        ledger, now = self._calls.ledger, self._calls.clock()
        for _ in range(8):
            entry = await ledger.get(FILM, place.case)
            if entry is not None and not fresh and (entry.document["file"] or _until(entry) > now):
                return entry
            count = int(place.options.get("digits", 4))
            digits = "".join(secrets.choice("0123456789") for _ in range(count))
            document = {
                "digits": digits, "made": now.isoformat(), "digest": "", "type": "", "filmed": "", "file": "", "filed": False,
            }  # fmt: skip
            changed = (
                await ledger.add(FILM, place.case, place.case, document)
                if entry is None
                else await ledger.change(entry, document)
            )
            if changed is not None:
                return changed
        raise RuntimeError("The film's record changes all the time.")

    async def _filmed(self, place: Place, said: Mapping[str, Any]) -> Reply:
        """The client hands this film in: `{digits, digest, type}`. From now on its digits hold until it has come."""
        digest = said.get("digest")
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            return Reply(problem=Problem("", "video_one_broken"))
        media = next((one for one in TYPES if str(said.get("type", "")).startswith(one)), TYPES[0])
        for _ in range(8):
            entry = await self._film(place)
            told = entry.document
            if told["file"]:
                return Reply({}) if told["digest"] == digest else Reply(problem=Problem("", "video_one_held"))
            if said.get("digits") != told["digits"]:
                return Reply(problem=Problem("", "video_one_new_digits"))
            if told["digest"] == digest:
                return Reply({})
            filmed = {**told, "digest": digest, "type": media, "filmed": self._calls.clock().isoformat()}
            if await self._calls.ledger.change(entry, filmed) is not None:
                return Reply({})
        return Reply(problem=Problem("", "video_one_broken"))

    async def take(self, place: Place, content: bytes) -> Reply:
        """The film is there. Staff find it in their line."""
        entry = await self._film(place)
        told = entry.document
        if hashlib.sha256(content).hexdigest() != told["digest"]:
            return Reply(problem=Problem("", "video_one_held" if told["file"] else "video_one_new_digits"))
        if len(content) < LEAST:
            return Reply(problem=Problem("", "video_one_short"))
        if not told["file"]:
            file = await self._films.file(place, str(told["type"]), content)
            if file is None:
                return Reply(problem=Problem("", "video_one_broken"))
            made = await self._calls.ledger.change(entry, {**told, "file": file})
            if made is None:
                return await self.take(place, content)
            about = {"digest": told["digest"], "bytes": len(content)}
            await self._calls.works.note(place.case, "client", "video.filed", about)
            entry = made
        if not entry.document["filed"]:
            await self._line_up(place, entry)
        return Reply({"state": "waiting"})

    async def _line_up(self, place: Place, entry: Entry) -> None:
        """Into the line of those who look; whoever dies between the two lines is followed by the page."""
        await self._calls.works.put(place.company, place.case, REVIEW, self._ranks.queue(place), await self._ranks.rank(place))
        await self._calls.ledger.change(entry, {**entry.document, "filed": True})

    async def _retake(self, place: Place) -> Reply:
        """Back out of the line and anew, as long as nobody looks at it."""
        work = await self._calls.works.of(place.case, REVIEW)
        before = await self._film(place)
        if work is not None:
            if held(work, self._calls.clock()):
                return Reply(problem=Problem("", "video_one_held"))
            await self._calls.works.leave(work)
            if before.document["file"] and not await self._looked_at(place):
                await self._films.take_back(place.case, str(before.document["digest"]))
        entry = await self._film(place, fresh=True)
        return Reply({"digits": entry.document["digits"]})

    async def _looked_at(self, place: Place) -> bool:
        """Has an agent had this case's film open, though without a decision? What they saw stays."""
        return any(True for _ in await self._calls.of(place.case))


def _until(entry: Entry) -> datetime:
    """How long the digits hold."""
    told = entry.document
    if told["filmed"]:
        return datetime.fromisoformat(told["filmed"]) + SENDING_LASTS
    return datetime.fromisoformat(told["made"]) + DIGITS_LAST
