"""What a vendor's room has recorded: fetched once the call is over, held against what the vendor says of it, kept like others."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from banli.hooks import Entry, Home, Unavailable
from banli_video.calls import Call, Calls
from banli_video.chunks import there
from banli_video.pieces import Piece, share_of, shelf, short_of, told_of
from banli_video.recording import RECORDING, Recordings
from banli_video.remux import PIECE
from banli_video.rooms import Ready, RecordingRoom, VideoRoom

_AWAITED = "roomed"
AT_IT, PATIENCE = timedelta(minutes=10), timedelta(hours=24)
"""How long one process may take to fetch; and after so long nothing will come any more."""


class RoomRecordings:
    """All of a site, whose room records. The ledger lets one process fetch each."""

    def __init__(self, home: Home, calls: Calls, recordings: Recordings, room: VideoRoom) -> None:
        self._home, self._calls, self._recordings = home, calls, recordings
        self._room = room if isinstance(room, RecordingRoom) else None

    async def want(self, call: Call) -> None:
        """The room records from now on. May raise `Unavailable`."""
        if self._room is not None:
            await self._room.start_record(call.id)
            await self._calls.ledger.add(_AWAITED, call.id, _AWAITED, {"until": ""})

    async def upkeep(self, actor: str) -> int:
        """Fetches what is ready. How many."""
        done, now, past = 0, self._home.clock(), None
        if self._room is None:
            return 0
        while page := await self._calls.ledger.of(_AWAITED, _AWAITED, past):
            past = page[-1]
            for entry in page:
                call = await self._calls.get(entry.name)
                if call is None:
                    await self._calls.ledger.drop(entry)
                elif call.ended is not None and entry.document["until"] <= now.isoformat():
                    mine = await self._calls.ledger.change(entry, {"until": (now + AT_IT).isoformat()})
                    done += mine is not None and await self._fetched(self._room, mine, call, actor)
        return done

    async def _fetched(self, room: RecordingRoom, mine: Entry, call: Call, actor: str) -> bool:
        """One of them. What is not ready is asked for again; what never comes, or is not what the vendor says, has its event."""
        why, piece = "", None
        try:
            await room.close(call.id)
            ready = await room.on_record_ready(call.id)
            if ready is not None and (piece := await self._kept(room, call, ready)) is None:
                why = "room_digest"
        except Unavailable:
            ready = None
        if piece is None and not why:
            assert call.ended is not None
            if call.ended + PATIENCE > self._home.clock():
                await self._calls.ledger.change(mine, {"until": ""})
                return False
            why = "room_silent"
        if piece is not None:
            await self._enter(call, piece)
            await self._recordings.finish(call.id, actor)
        elif call.connected is not None:
            await self._calls.works.note(call.case, actor, "video.unrecorded", {"call": call.id, "why": why})
        await self._calls.ledger.drop(mine)
        return piece is not None

    async def _kept(self, room: RecordingRoom, call: Call, ready: Ready) -> Piece | None:
        """None: the bytes are not those that the vendor has told of; nothing of them stays."""
        parts: list[tuple[str, int]] = []
        digest, size, rest = hashlib.sha256(), 0, b""

        async def keep(content: bytes) -> None:
            files = there(self._home.files)
            kept = await files.add(call.case, f"video.recording.{call.id}", ready.media_type, content)
            if kept is not None:
                parts.append((kept.id, kept.size))

        try:
            async for content in room.content(call.id):
                digest.update(content)
                size, rest = size + len(content), rest + content
                while len(rest) >= PIECE:
                    await keep(rest[:PIECE])
                    rest = rest[PIECE:]
                if size > ready.bytes:
                    break
            if rest:
                await keep(rest)
            if (size, digest.hexdigest()) == (ready.bytes, ready.digest) and sum(n for _, n in parts) == size:
                kept, parts = parts, []
                return Piece(ready.digest, size, ready.seconds, 0.0, ready.media_type, tuple(kept), False)
            return None
        finally:
            for id, _ in parts:
                await there(self._home.files).drop(call.case, id)

    async def _enter(self, call: Call, piece: Piece) -> None:
        share = share_of(call.seconds(self._home.clock()), [piece])
        document = {
            "case": call.case, "company": call.company, "state": "kept", "segments": [], "pieces": [told_of(piece)], "noted": 0,
            "until": "", "share": round(share, 4), "short": short_of(call.seconds(self._home.clock()), share),
        }  # fmt: skip
        ledger = self._calls.ledger
        if await ledger.add(RECORDING, call.id, shelf(call.company, call.began), document) is None:
            known = await ledger.get(RECORDING, call.id)  # the agent has taken pictures
            if known is not None and not known.document["pieces"]:
                await ledger.change(known, document)
