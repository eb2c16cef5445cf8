"""`mode: recorded`: the client films themselves reading digits aloud, and a member of staff looks at it later."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from banli.counters import CaseFiles
from banli.errors import Problem
from banli.hooks import Entry, Home, Place, Reply
from banli_video.calls import REVIEW, Calls
from banli_video.ranks import Ranks
from banli_video.waiting import held

PART = 128 * 1024
"""Bytes of a part; as base64 it fits into what a page can say at once."""
MOST_PARTS = 96
"""12 MB: a minute of a phone's camera."""
LEAST = 8 * 1024
DIGITS_LAST = timedelta(minutes=30)
PARTS, WHOLE = "video.part", "video.recorded"
TYPES = ("video/webm", "video/mp4")


class Recorded:
    """Films on their way. What has arrived is kept with the case, part by part; the whole is put together at the end."""

    def __init__(self, home: Home, calls: Calls, ranks: Ranks) -> None:
        self._home, self._calls, self._ranks = home, calls, ranks

    @property
    def _files(self) -> CaseFiles:
        if self._home.files is None:
            raise RuntimeError("The video plugin needs a running application.")
        return self._home.files

    async def page(self, place: Place) -> Mapping[str, Any]:
        work, entry = await self._calls.works.of(place.case, REVIEW), await self._film(place)
        if work is None and entry.document["file"]:
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
        if name == "part":
            return await self._part(place, said)
        if name == "finish":
            return await self._finish(place, said)
        if name == "retake":
            return await self._retake(place)
        return None

    async def _film(self, place: Place, *, fresh: bool = False) -> Entry:
        """What is known of the client's film; with new digits where the old ones have been seen for too long."""
        ledger, now = self._calls.ledger, self._calls.clock()
        for _ in range(8):
            entry = await ledger.get("film", place.case)
            if entry is not None and not fresh:
                made = self._calls.clock() - _at(entry)
                if entry.document["parts"] or entry.document["file"] or made < DIGITS_LAST:
                    return entry
            count = int(place.options.get("digits", 4))
            digits = "".join(secrets.choice("0123456789") for _ in range(count))
            document = {"digits": digits, "made": now.isoformat(), "take": "", "parts": {}, "file": "", "digest": ""}
            changed = (
                await ledger.add("film", place.case, place.case, document)
                if entry is None
                else await ledger.change(entry, document)
            )
            if changed is not None:
                for file in entry.document["parts"].values() if entry is not None else ():
                    await self._files.drop(place.case, file["id"])
                return changed
        raise RuntimeError("The film's record changes all the time.")

    async def _part(self, place: Place, said: Mapping[str, Any]) -> Reply:
        """One part: `{take, number, data, digits}`. Again the same is the same; another take puts the earlier one away."""
        if await self._calls.works.of(place.case, REVIEW) is not None:
            return Reply(problem=Problem("", "video_one_held"))
        number, take = said.get("number"), str(said.get("take", ""))[:40]
        content = _bytes(said.get("data"))
        if not isinstance(number, int) or not 0 <= number < MOST_PARTS or content is None or not 0 < len(content) <= PART:
            return Reply(problem=Problem("", "video_one_large"))
        digest = hashlib.sha256(content).hexdigest()
        for _ in range(8):
            entry = await self._film(place)
            told = entry.document
            if said.get("digits") != told["digits"]:
                return Reply(problem=Problem("", "video_one_new_digits"))
            parts: dict[str, Any] = dict(told["parts"]) if told["take"] == take else {}
            if parts.get(str(number), {}).get("digest") == digest:
                return Reply({"have": sorted(map(int, parts))})
            kept = await self._files.add(place.case, f"{PARTS}.{number}", "application/octet-stream", content)
            if kept is None:
                break
            gone = [one["id"] for one in told["parts"].values()] if told["take"] != take else []
            gone += [parts[str(number)]["id"]] if str(number) in parts else []
            parts[str(number)] = {"id": kept.id, "digest": digest}
            if await self._calls.ledger.change(entry, {**told, "take": take, "parts": parts}) is not None:
                for file in gone:
                    await self._files.drop(place.case, file)
                return Reply({"have": sorted(map(int, parts))})
            await self._files.drop(place.case, kept.id)
        return Reply(problem=Problem("", "video_one_broken"))

    async def _finish(self, place: Place, said: Mapping[str, Any]) -> Reply:
        """All parts are there: `{take, count, type}`. The film is put together, and staff find it in their line."""
        entry = await self._film(place)
        told = entry.document
        if told["take"] != said.get("take") or not told["parts"]:
            return Reply({"state": "waiting"}) if told["file"] else Reply(problem=Problem("", "video_one_broken"))
        if sorted(map(int, told["parts"])) != list(range(len(told["parts"]))) or len(told["parts"]) != said.get("count"):
            return Reply(problem=Problem("", "video_one_broken"))
        pieces = [await self._files.read(place.case, told["parts"][str(n)]["id"]) for n in range(len(told["parts"]))]
        content = b"".join(piece for piece in pieces if piece is not None)
        if any(piece is None for piece in pieces):
            return Reply(problem=Problem("", "video_one_broken"))
        if len(content) < LEAST:
            return Reply(problem=Problem("", "video_one_short"))
        media = next((one for one in TYPES if str(said.get("type", "")).startswith(one)), TYPES[0])
        kept = await self._files.add(place.case, WHOLE, media, content)
        if kept is None:
            return Reply(problem=Problem("", "video_one_broken"))
        digest = hashlib.sha256(content).hexdigest()
        document = {**told, "parts": {}, "file": kept.id, "digest": digest, "type": media}
        if await self._calls.ledger.change(entry, document) is None:
            await self._files.drop(place.case, kept.id)
            return await self._finish(place, said)
        for one in told["parts"].values():
            await self._files.drop(place.case, one["id"])
        queue, rank = self._ranks.queue(place), await self._ranks.rank(place)
        await self._calls.works.put(place.company, place.case, REVIEW, queue, rank)
        about = {"digest": digest, "bytes": len(content)}
        await self._calls.works.note(place.case, "client", "video.recorded", about)
        return Reply({"state": "waiting"})

    async def _retake(self, place: Place) -> Reply:
        """Back out of the line and anew, as long as nobody looks at it."""
        work = await self._calls.works.of(place.case, REVIEW)
        if work is not None:
            if held(work, self._calls.clock()):
                return Reply(problem=Problem("", "video_one_held"))
            await self._calls.works.leave(work)
        entry = await self._film(place, fresh=True)
        return Reply({"digits": entry.document["digits"]})


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.document["made"])


def _bytes(data: object) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        return None
