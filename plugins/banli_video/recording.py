"""The recordings of calls: chunks as the agent's browser sends them, joined, proved and kept at the end.

While the call lasts, chunks lie sealed beside the case, each with its place in the order. At the end they become one file, or one
more after a decision that was refused; what was kept is never touched again. Everything can be asked twice, and goes on where a
process has died.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from banli.counters import CaseFiles, Works
from banli.errors import Problem
from banli.hooks import Entry, Home, Ledger
from banli_video.calls import Call, Calls
from banli_video.chunks import Chunks, slot_of, there
from banli_video.pieces import (
    Piece,
    Recording,
    about,
    call_of,
    evidence_of,
    length_of,
    opened,
    piece_of,
    recording_of,
    share_of,
    shelf,
    short_of,
    side_of,
    told_of,
    waiting_in,
)  # fmt: skip
from banli_video.remux import PIECE, NotRemuxed, Remuxed, container_of, remux
from banli_video.remux import Segment as Raw

RECORDING, LOOSE = "recording", "loose"
MOST_SEGMENTS, MOST_WHOLE = 50, 2 << 30
"""Runs of a recorder in one recording, and bytes after which none is begun any more: six hours."""
TYPES = ("video/webm", "video/mp4")
WORKING = timedelta(minutes=11)
"""How long one process may take to join a recording, before another one may try."""
SILENT = timedelta(minutes=10)
"""After so long without a chunk nobody will finish a recording but ourselves."""


class Recordings:
    """The recordings of one site."""

    def __init__(self, home: Home, calls: Calls) -> None:
        self._home, self._calls, self._clock = home, calls, home.clock
        self._chunks = Chunks(home)

    async def get(self, call: str) -> Recording | None:
        entry = await self._ledger.get(RECORDING, call)
        return recording_of(entry) if entry is not None else None

    async def begin(self, call: str, case: str, company: str, media_type: str, began: datetime | None = None) -> int | Problem:
        """A new run of the recorder; its number. Also after a reload, and after a decision that was refused. `call` may be the
        name of the site's own copy (`copy_of`)."""
        kind = media_type.partition(";")[0].strip().lower()
        if kind not in TYPES:
            return Problem("", "video_recording_type")
        now = self._clock()
        segment = {"type": kind, "began": (began or now).isoformat(), "stopped": "", "piece": None}
        await self._ledger.add(LOOSE, call, LOOSE, {})
        await self.shelve(call, case, company)
        while (entry := await self._ledger.get(RECORDING, call)) is not None:
            document = entry.document
            full = len(document["segments"]) >= MOST_SEGMENTS or await self._bytes(entry) > MOST_WHOLE
            if document["state"] == "erased" or full:
                break
            segments = [*document["segments"], segment]
            if await self._ledger.change(entry, {**document, "segments": segments, "state": opened(document)}) is not None:
                return len(segments) - 1
        return Problem("", "video_recording_over")

    async def shelve(self, call: str, case: str, company: str) -> None:
        """From now on something of this call is erased in its time: its pictures too, when nothing is ever recorded."""
        fresh = {
            "case": case, "company": company, "state": "open", "segments": [], "pieces": [], "noted": 0, "until": "",
            "share": 1.0, "short": False,
        }  # fmt: skip
        await self._ledger.add(RECORDING, call, shelf(company, self._clock()), fresh)

    async def _bytes(self, entry: Entry) -> int:
        """What has come so far."""
        newest = [await self._chunks.newest(f"{entry.name}.{number}") for number in waiting_in(entry.document)]
        waiting = sum(int(one.document["offset"]) + int(one.document["size"]) for one in newest if one is not None)
        return waiting + recording_of(entry).bytes

    async def take(
        self, call: str, segment: int, index: int, offset: int, digest: str, content: bytes
    ) -> Mapping[str, Any] | Problem:
        """A chunk of a run that is not kept yet; see `Chunks.take`."""
        entry = await self._ledger.get(RECORDING, call)
        if entry is None or not 0 <= segment < len(entry.document["segments"]):
            return Problem("", "video_recording_over")
        if entry.document["state"] == "erased" or entry.document["segments"][segment]["piece"] is not None:
            return Problem("", "video_recording_over")
        return await self._chunks.take(str(entry.document["case"]), call, segment, index, offset, digest, content)

    async def stop(self, call: str, segment: int, at: datetime | None = None) -> None:
        """The recorder has stopped (just now); what it still holds may come later."""
        while (entry := await self._ledger.get(RECORDING, call)) is not None:
            segments = list(entry.document["segments"])
            if not 0 <= segment < len(segments) or segments[segment]["stopped"]:
                return
            segments[segment] = {**segments[segment], "stopped": (at or self._clock()).isoformat()}
            if await self._ledger.change(entry, {**entry.document, "segments": segments}) is not None:
                return

    async def finish(self, call: str, actor: str, counts: Mapping[int, int] | None = None) -> Recording | Problem:
        """Joins what has come and is not kept yet. `counts` says of the segments that this page has recorded how many chunks
        there must be; a segment of which some are missing is waited for. Raises nothing for what a browser may have sent:
        what cannot be joined is kept as it came."""
        for segment, chunks in (counts or {}).items():
            if len(await self._chunks.of(f"{call}.{segment}")) < chunks:
                return Problem("", "video_recording_incomplete", {"segment": segment})
        entry = await self._ledger.get(RECORDING, call)
        if entry is None:
            return Problem("", "video_recording_missing")
        document = entry.document
        if document["state"] in ("kept", "erased") and not waiting_in(document):
            if document["noted"] < len(document["pieces"]):
                await self._tidy(entry, actor)
            return recording_of(entry)
        if document["state"] == "working" and datetime.fromisoformat(document["until"]) > self._clock():
            return Problem("", "video_recording_working")
        until = (self._clock() + WORKING).isoformat()
        claimed = await self._ledger.change(entry, {**document, "state": "working", "until": until})
        if claimed is None:
            return Problem("", "video_recording_working")
        return await self._join(claimed, actor)

    async def adopt(self, call: Call, file: str, media_type: str, actor: str) -> Recording | Problem:
        """The film that a client has made alone is the recording of the call in which somebody looks at it."""
        content = await self._files.read(call.case, file)
        if content is None:
            return Problem("", "video_recording_missing")
        now = self._clock()
        fresh = {
            "case": call.case, "company": call.company, "state": "working", "segments": [], "pieces": [], "noted": 0,
            "until": (now + WORKING).isoformat(), "share": 1.0, "short": False, "film": file,
        }  # fmt: skip
        entry = await self._ledger.add(RECORDING, call.id, shelf(call.company, now), fresh)
        if entry is None:
            known = await self._ledger.get(RECORDING, call.id)
            return recording_of(known) if known is not None else Problem("", "video_recording_missing")

        async def pieces() -> AsyncIterator[bytes]:
            yield content

        try:
            made = await self._made(entry, [], [_Run(media_type, now, 0.0, len(content), pieces)])
        except NotRemuxed:
            return Problem("", "video_recording_missing")
        settled = await self._settle(entry, [], made, 0, None)
        if settled is None:
            return Problem("", "video_recording_working")
        await self._tidy(settled, actor)
        return recording_of(settled)

    async def _join(self, entry: Entry, actor: str) -> Recording | Problem:
        told = await self._calls.get(call_of(entry.name))
        known = [piece_of(one) for one in entry.document["pieces"]]
        await self._forget_parts(entry, known)
        waiting = waiting_in(entry.document)
        runs = [run for number in waiting if (run := await self._run(entry, number)).size]
        try:
            made = await self._made(entry, known, runs)
        except NotRemuxed:
            return Problem("", "video_recording_over")
        settled = await self._settle(entry, waiting, [*known, *made], len(known), told)
        if settled is None:
            return Problem("", "video_recording_working")
        await self._tidy(settled, actor)
        recording = recording_of(settled)
        return recording if recording.pieces else Problem("", "video_recording_missing")

    async def _settle(
        self, entry: Entry, waiting: Sequence[int], pieces: Sequence[Piece], first: int, call: Call | None
    ) -> Entry | None:
        """The segments are in a file from now on. Another one may have been begun meanwhile: it stays."""
        now: Entry | None = entry
        while now is not None and now.document["until"] == entry.document["until"]:
            segments = [
                {**segment, "piece": first} if number in waiting else segment
                for number, segment in enumerate(now.document["segments"])
            ]
            length = self._length(entry.name, segments, call)
            share = share_of(length, pieces)
            document = {
                **now.document, "state": "kept" if pieces else "open", "until": "", "segments": segments,
                "pieces": [told_of(piece) for piece in pieces], "share": round(share, 4), "short": short_of(length, share),
            }  # fmt: skip
            if (kept := await self._ledger.change(now, document)) is not None:
                return kept
            now = await self._ledger.get(RECORDING, entry.name)
        return None

    def _length(self, name: str, segments: Sequence[Mapping[str, Any]], call: Call | None) -> float:
        """What a recording is held against: for the site's own the whole call."""
        if call is None:
            return 0.0
        return call.seconds(self._clock()) if side_of(name) else length_of(segments, call.connected)

    async def _tidy(self, entry: Entry, actor: str) -> None:
        """What follows once a recording is kept: its event, and the chunks go. A process that dies here is followed by
        `upkeep`."""
        document, recording = entry.document, recording_of(entry)
        kind = "video.kept" if side_of(entry.name) else "video.recorded"
        for number in range(int(document["noted"]), len(recording.pieces)):
            await self._works.note(recording.case, actor, kind, evidence_of(entry, number))
        if not side_of(entry.name) and (call := await self._calls.get(entry.name)) is not None:
            await self._calls.keep(call, recording=recording.digest)
        noted = await self._noted(entry, len(recording.pieces))
        for number, segment in enumerate(document["segments"]):
            if segment["piece"] is not None:
                await self._chunks.forget(recording.case, f"{entry.name}.{number}")
        loose = await self._ledger.get(LOOSE, entry.name)
        if noted is not None and loose is not None and not waiting_in(noted.document):
            await self._ledger.drop(loose)

    async def _noted(self, entry: Entry, count: int) -> Entry | None:
        """So many pieces have their event; whoever has begun another run meanwhile is not in the way."""
        now: Entry | None = entry
        while now is not None:
            if (changed := await self._ledger.change(now, {**now.document, "noted": count})) is not None:
                return changed
            now = await self._ledger.get(RECORDING, entry.name)
        return None

    async def upkeep(self, actor: str, silent: timedelta = SILENT) -> int:
        """Joins what nobody has finished (a laptop was closed for good) once nothing has come for so long; how many."""
        done, past = 0, None
        while page := await self._ledger.of(LOOSE, LOOSE, past):
            past = page[-1]
            for loose in page:
                entry = await self._ledger.get(RECORDING, loose.name)
                if entry is None or entry.document["state"] == "erased":
                    await self._ledger.drop(loose)
                elif await self._heard(entry) + silent < self._clock():
                    if isinstance(await self.finish(loose.name, actor), Recording):
                        done += 1
                    now = await self._ledger.get(RECORDING, loose.name)
                    if now is not None and not now.document["pieces"]:
                        await self._ledger.drop(loose)
        return done

    async def _heard(self, entry: Entry) -> datetime:
        """When something of this recording came last."""
        last = [entry.created_at]
        for number in waiting_in(entry.document):
            last.append(datetime.fromisoformat(entry.document["segments"][number]["began"]))
            newest = await self._chunks.newest(f"{entry.name}.{number}")
            last += [newest.created_at] if newest is not None else []
        return max(last)

    async def _made(self, entry: Entry, known: Sequence[Piece], runs: Sequence[_Run]) -> list[Piece]:
        case = str(entry.document["case"])
        try:
            return [await self._whole(case, entry.name, runs)] if runs else []
        except NotRemuxed:
            await self._forget_parts(entry, known)
            return [await self._as_it_came(case, entry.name, run) for run in runs]

    async def _whole(self, case: str, call: str, runs: Sequence[_Run]) -> Piece:
        parts: list[tuple[str, int]] = []

        async def keep(content: bytes) -> None:
            parts.append(await self._part(case, call, runs[0].media_type, content))

        first = min(run.began for run in runs)
        raw = [Raw(run.size, (run.began - first).total_seconds(), run.pieces) for run in runs]
        if len({container_of(run.media_type) for run in runs}) > 1:
            raise NotRemuxed("mixed")
        made: Remuxed = await remux(runs[0].media_type, raw, keep)
        return Piece(made.digest, made.bytes, made.seconds, made.gaps, runs[0].media_type, tuple(parts))

    async def _as_it_came(self, case: str, call: str, run: _Run) -> Piece:
        parts: list[tuple[str, int]] = []
        digest, size = hashlib.sha256(), 0
        async for content in _gathered(run.pieces()):
            digest.update(content)
            size += len(content)
            parts.append(await self._part(case, call, run.media_type, content))
        return Piece(digest.hexdigest(), size, run.seconds, 0.0, run.media_type, tuple(parts), False)

    async def _part(self, case: str, call: str, media_type: str, content: bytes) -> tuple[str, int]:
        kept = await self._files.add(case, f"video.recording.{call}", media_type, content)
        if kept is None:
            raise NotRemuxed("forgotten")
        return kept.id, kept.size

    async def _run(self, entry: Entry, number: int) -> _Run:
        """The chunks of a segment, as far as they follow each other."""
        segment, case = entry.document["segments"][number], str(entry.document["case"])
        chunks = await self._chunks.of(f"{entry.name}.{number}")
        began = datetime.fromisoformat(segment["began"])
        stopped = datetime.fromisoformat(segment["stopped"]) if segment["stopped"] else began
        size = sum(int(chunk.document["size"]) for chunk in chunks)
        seconds = (stopped - began).total_seconds()
        return _Run(str(segment["type"]), began, seconds, size, lambda: self._chunks.bytes(case, chunks))

    async def _forget_parts(self, entry: Entry, pieces: Sequence[Piece]) -> None:
        """What a process has left that died while it joined."""
        ours = {id for piece in pieces for id, _ in piece.parts}
        slot = f"video.recording.{entry.name}"
        for kept in await self._files.of(str(entry.document["case"]), slot):
            if kept.slot == slot and kept.id not in ours:
                await self._files.drop(str(entry.document["case"]), kept.id)

    async def read(self, recording: Recording, number: int, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end` of a piece."""
        found, at = [], 0
        for id, size in recording.pieces[number].parts:
            if at < end and at + size > start:
                content = await self._files.read(recording.case, id)
                if content is None:
                    return b""
                found.append(content[max(start - at, 0) : end - at])
            at += size
        return b"".join(found)

    async def erase(self, call: str, actor: str, why: str) -> Recording | None:
        """Takes picture and sound away and leaves the proof that they were there. None: nothing to erase any more."""
        entry = await self._ledger.get(RECORDING, call)
        if entry is None or entry.document["state"] == "erased":
            return None
        recording, case = recording_of(entry), str(entry.document["case"])
        for number in range(len(entry.document["segments"])):
            await self._chunks.forget(case, f"{call}.{number}")
        slots = (f"video.recording.{call}", slot_of(call))
        for kept in await self._files.of(case, "video."):
            if kept.slot in slots or kept.id == entry.document.get("film"):
                await self._files.drop(case, kept.id)
        pictures = await self._erase_pictures(call, case)
        told = {
            **about(call), "digest": recording.digest, "seconds": recording.seconds, "bytes": recording.bytes,
            "pictures": pictures, "why": why,
        }  # fmt: skip
        # Whoever dies before the last line has it done again: rather two events than none.
        await self._works.note(case, actor, "video.erased", told)
        now = self._clock().isoformat()
        if await self._ledger.change(entry, {**entry.document, "state": "erased", "erased": now}) is None:
            return None
        return replace(recording, state="erased", erased=now)

    async def _erase_pictures(self, call: str, case: str) -> int:
        """The snapshots of the call go with it; how many there were."""
        held = await self._calls.get(call_of(call))
        taken = dict(held.snapshots) if held is not None else {}
        for file in taken.values():
            await self._files.drop(case, file)
        if held is not None and taken:
            await self._calls.keep(held, snapshots=dict.fromkeys(taken, ""))
        return len(taken)

    async def of_month(self, company: str, month: str, past: Entry | None = None) -> Sequence[Entry]:
        """The entries of a company's recordings that were begun in a month ("2026-11"), newest first, a page at a time."""
        return await self._ledger.of(RECORDING, f"{company}.{month}", past)

    @property
    def _ledger(self) -> Ledger:
        return there(self._home.ledger)

    @property
    def _files(self) -> CaseFiles:
        return there(self._home.files)

    @property
    def _works(self) -> Works:
        return there(self._home.works)


@dataclass(frozen=True, slots=True)
class _Run:
    media_type: str
    began: datetime
    seconds: float
    size: int
    pieces: Callable[[], AsyncIterator[bytes]]


async def _gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in parts of one size."""
    held = b""
    async for piece in pieces:
        held += piece
        while len(held) >= PIECE:
            yield held[:PIECE]
            held = held[PIECE:]
    if held:
        yield held
