"""Looking at a recording: for a reason that is written down, under the name of whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from banli.counters import Answer, Colleague, Counter, Shown, Stream
from banli.errors import Problem
from banli_video.calls import Call
from banli_video.copies import SIDES
from banli_video.pieces import Recording, copy_of

if TYPE_CHECKING:
    from banli_video.plugin import VideoPlugin

WATCH = "watch"
LASTS = timedelta(hours=1)
"""How long one reason serves."""


def _(msgid: str) -> str:
    return msgid


WHY: Mapping[str, str] = {
    "review": _("Review of the case"),
    "client_asked": _("The client has asked"),
    "complaint": _("Complaint"),
    "authority": _("Request of an authority"),
    "recheck": _("Check of the agents' work"),
    "incident": _("Incident"),
}
"""Why somebody looks at a recording."""


class Watching(Counter):
    """Reviewers and auditors of the company. It is not in the menu: the case's own page leads here."""

    path: ClassVar[str] = "video-recordings"
    right: ClassVar[str] = "inspect"

    def __init__(self, plugin: VideoPlugin) -> None:
        self._plugin = plugin

    async def page(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Shown | None:
        call = await self._call(who, asked.get("call", "")) if path == "watch" else None
        if call is None:
            return None
        recording = await self._plugin.recordings.get(call.id)
        may = await self._may(who, call)
        if not may and (why := await self._plugin.calls.works.sees(call.case, who.actor)):
            # The reason has been given already: a review, or an inspection of the whole case.
            await self._open(who, call, why)
            may = True
        copies = await self._copies(call, may)
        there = [one for one in (recording, *(copy["recording"] for copy in copies)) if one is not None]
        values = {
            "erased": next((one.erased for one in there if one.state == "erased"), ""),
            "some": any(one.pieces for one in there), "copies": copies, "copied": bool(call.more.get("copy")),
            "call": call, "recording": recording, "may": may, "reasons": WHY, "now": self._plugin.home.clock(),
            "pieces": _pieces(recording) if may and recording is not None else [],
            "seconds": round(_length(call, recording, self._plugin.home.clock())),
        }  # fmt: skip
        return Shown("desk_recording", _("Recording of a call"), values, ("video_recording",))

    async def _copies(self, call: Call, may: bool) -> list[dict[str, Any]]:
        """The site's own recording: each side by itself, as it was sent. `at` is when a side began after the other one."""
        found = await self._plugin.copies.of(call.id)
        begins = [one.began for one in found.values() if one.began is not None]
        return [
            {
                "side": side, "recording": one, "pieces": _pieces(one) if may else [],
                "at": round((one.began - min(begins)).total_seconds(), 3) if one.began is not None else 0,
            }
            for side, one in found.items()
        ]  # fmt: skip

    async def call(self, who: Colleague, path: str, said: Mapping[str, Any]) -> Answer:
        call = await self._call(who, str(said.get("call", "")))
        if path != "open" or call is None:
            return None
        why = str(said.get("why", ""))
        if why not in WHY:
            return Problem("why", "video_say_why")
        await self._open(who, call, why)
        return {}

    async def _open(self, who: Colleague, call: Call, why: str) -> None:
        ledger, now = self._plugin.ledger, self._plugin.home.clock()
        name, document = _name(who, call), {"why": why, "until": (now + LASTS).isoformat()}
        if await ledger.add(WATCH, name, call.id, document) is None:
            entry = await ledger.get(WATCH, name)
            if entry is not None:
                await ledger.change(entry, document)
        await self._plugin.calls.works.note(call.case, who.actor, "video.watched", {"call": call.id, "why": why})

    async def file(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Stream | None:
        """A piece of the recording; a player asks for the bytes that it needs."""
        call = await self._call(who, asked.get("call", ""))
        number = asked.get("piece", "")
        if path != "piece" or call is None or not (number.isascii() and number.isdigit() and len(number) < 4):
            return None
        side = asked.get("side", "")
        if side not in ("", *SIDES):
            return None
        recording = await self._plugin.recordings.get(copy_of(call.id, side) if side else call.id)
        if recording is None or recording.state == "erased" or int(number) >= len(recording.pieces):
            return None
        if not await self._may(who, call):
            return None
        piece = recording.pieces[int(number)]

        async def part(start: int, end: int) -> bytes:
            return await self._plugin.recordings.read(recording, int(number), start, end)

        return Stream(piece.media_type, piece.bytes, part)

    async def _call(self, who: Colleague, id: str) -> Call | None:
        call = await self._plugin.calls.get(id[:120])
        return call if call is not None and call.company in who.companies else None

    async def _may(self, who: Colleague, call: Call) -> bool:
        """Who reviews the case may, as with its photos; and who has said why, for a while."""
        entry = await self._plugin.ledger.get(WATCH, _name(who, call))
        return entry is not None and datetime.fromisoformat(entry.document["until"]) > self._plugin.home.clock()


def _name(who: Colleague, call: Call) -> str:
    return f"{call.id}|{who.actor}"[:120]


def _length(call: Call, recording: Recording | None, now: datetime) -> float:
    """Of the call; of a film, its own."""
    return call.seconds(now) if call.connected is not None or recording is None else recording.seconds


def _pieces(recording: Recording) -> list[dict[str, Any]]:
    return [
        {
            "number": number, "type": piece.media_type, "digest": piece.digest, "bytes": piece.bytes,
            "seconds": round(piece.seconds), "gaps": round(piece.gaps), "remuxed": piece.remuxed,
        }
        for number, piece in enumerate(recording.pieces)
    ]  # fmt: skip
