"""What a recording is once it is kept: its files, how long they are, and how much of the call is on them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from banli.hooks import Entry

LEAST_SHARE, SLACK, HALF = 0.95, 10.0, 0.5
"""What of a call must be there: this share of its length, but for so many seconds in which a recorder begins and a page is
loaded anew; half of it in any case."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that was kept. `parts` are the ids and sizes of what it lies in; `gaps` are seconds without picture and sound;
    `remuxed` False: it is as the browser has sent it, and can hardly be searched."""

    digest: str
    bytes: int
    seconds: float
    gaps: float
    media_type: str
    parts: tuple[tuple[str, int], ...]
    remuxed: bool = True


@dataclass(frozen=True, slots=True)
class Recording:
    """`state`: open (chunks come), working (they are being joined), kept, erased. `share` of the call is there, 1 at most."""

    call: str
    company: str
    case: str
    state: str
    pieces: tuple[Piece, ...] = ()
    waiting: int = 0
    share: float = 1.0
    short: bool = False
    began: datetime | None = None
    erased: str = ""
    torn: int = 0
    """Runs of the site's own recorder that nobody has ended: it crashed. What it had written is there."""

    @property
    def digest(self) -> str:
        """Of the file; of several, the digest of theirs, one behind the other in hexadecimal."""
        if len(self.pieces) == 1:
            return self.pieces[0].digest
        return hashlib.sha256("".join(piece.digest for piece in self.pieces).encode()).hexdigest() if self.pieces else ""

    @property
    def seconds(self) -> float:
        return round(sum(piece.seconds for piece in self.pieces), 3)

    @property
    def bytes(self) -> int:
        return sum(piece.bytes for piece in self.pieces)

    @property
    def whole(self) -> bool:
        """Is everything kept that has come?"""
        return self.state == "kept" and not self.waiting and bool(self.pieces)


def recording_of(entry: Entry) -> Recording:
    document = entry.document
    first = document["segments"][0]["began"] if document["segments"] else ""
    return Recording(
        entry.name, str(document["company"]), str(document["case"]), str(document["state"]),
        tuple(piece_of(one) for one in document["pieces"]), len(waiting_in(document)), float(document["share"]),
        bool(document["short"]), datetime.fromisoformat(first) if first else None, str(document.get("erased", "")),
        _torn(entry.name, document["segments"]),
    )  # fmt: skip


def _torn(name: str, segments: Sequence[Mapping[str, Any]]) -> int:
    return sum(one["piece"] is not None and not one["stopped"] for one in segments) if side_of(name) else 0


def shelf(company: str, at: datetime) -> str:
    """Where a company's recordings of a month stand."""
    return f"{company}.{at:%Y-%m}"


def opened(document: Mapping[str, Any]) -> str:
    return "open" if document["state"] in ("open", "kept") else str(document["state"])


def waiting_in(document: Mapping[str, Any]) -> list[int]:
    """The segments that are in no file yet."""
    return [number for number, segment in enumerate(document["segments"]) if segment["piece"] is None]


def share_of(length: float, pieces: Sequence[Piece]) -> float:
    """How much is there of a call of so many seconds."""
    there = sum(piece.seconds - piece.gaps for piece in pieces)
    return min(there / length, 1.0) if length > 0 else 1.0


def short_of(length: float, share: float) -> bool:
    """Is more missing than that?"""
    return share < HALF or length * (1 - share) > max(SLACK, length * (1 - LEAST_SHARE))


def length_of(segments: Sequence[Mapping[str, Any]], connected: datetime | None) -> float:
    """Seconds from the moment when they saw each other until the recorder was stopped last."""
    ends = [datetime.fromisoformat(segment["stopped"]) for segment in segments if segment["stopped"]]
    return (max(ends) - connected).total_seconds() if connected is not None and ends else 0.0


def copy_of(call: str, side: str) -> str:
    """What the site's own recording of one side of a call is called."""
    return f"{call}~{side}"


def call_of(name: str) -> str:
    return name.partition("~")[0]


def side_of(name: str) -> str:
    """`client` or `agent` of the site's own recording; "" of the one that the agent's browser makes."""
    return name.partition("~")[2]


def about(name: str) -> dict[str, str]:
    """Which recording this is, in an event."""
    return {"call": call_of(name), **({"side": side_of(name)} if side_of(name) else {})}


def piece_of(told: Mapping[str, Any]) -> Piece:
    return Piece(**{**told, "parts": tuple((str(id), int(size)) for id, size in told["parts"])})


def told_of(piece: Piece) -> dict[str, Any]:
    return {
        "digest": piece.digest, "bytes": piece.bytes, "seconds": piece.seconds, "gaps": piece.gaps,
        "media_type": piece.media_type, "parts": [list(part) for part in piece.parts], "remuxed": piece.remuxed,
    }  # fmt: skip


def evidence_of(entry: Entry, number: int) -> dict[str, Any]:
    """What an event says of a piece; `torn` are the runs of the site's recorder that nobody has ended."""
    recording = recording_of(entry)
    piece = recording.pieces[number]
    told = {
        **about(entry.name), "digest": piece.digest, "seconds": piece.seconds, "bytes": piece.bytes, "gaps": piece.gaps,
        "share": recording.share, "remuxed": piece.remuxed,
    }  # fmt: skip
    if not side_of(entry.name):
        return told
    return {**told, "torn": _torn(entry.name, [one for one in entry.document["segments"] if one["piece"] == number])}
