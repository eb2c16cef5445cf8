"""Runs alone: joins what a browser has recorded into one file that can be searched, without touching picture or sound.

Standard input: a line of JSON `{"format": "webm", "segments": [{"bytes": 1234, "at": 0.0}, …]}`, then the bytes of all of
them. `at` is when a segment began, in seconds after the first one. Standard output: a line of JSON `{"seconds", "segments":
[seconds, …], "packets": {"video": n, "audio": n}, "bytes"}` or `{"wrong": code}`, then the file. What the library may take of
the machine is limited before it reads a byte: the bytes come from a browser.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, BinaryIO

MEMORY = 1 << 30
SECONDS = 300
LONGEST = 1 << 29
PIECE = 1 << 20
KINDS = ("video", "audio")


def limit() -> None:
    with contextlib.suppress(ImportError):
        import resource

        for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, LONGEST)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


class Wrong(Exception):
    """Why nothing comes of it: broken, empty or mixed (segments that do not fit together)."""


class Part:
    """The next so many bytes of a stream, to be read once from the beginning to the end."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self.left = stream, size

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        found = self._stream.read(wanted) if wanted else b""
        self.left -= len(found)
        return found


@dataclass
class Joined:
    """The file that is being made, with what is known of it so far."""

    container: Any
    streams: dict[str, Any] = field(default_factory=dict)
    codecs: dict[str, str] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    packets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    end: float = 0.0

    def add(self, given: Any, at: float) -> float:
        """Appends a segment that began `at`; how many seconds it has. A segment that breaks off is taken as far as it goes."""
        import av

        streams = {
            kind: found for kind in KINDS if (found := next((s for s in given.streams if s.type == kind), None)) is not None
        }
        codecs = {kind: str(stream.codec_context.name) for kind, stream in streams.items()}
        if not self.streams:
            self.codecs = codecs
            self.streams = {kind: self.container.add_stream_from_template(stream) for kind, stream in streams.items()}
        elif codecs != self.codecs:
            raise Wrong("mixed")
        at = max(at, self.end)
        base, reached = None, 0.0
        try:
            for packet in given.demux(*streams.values()):
                if packet.pts is None or packet.size == 0:
                    continue
                unit = Fraction(packet.time_base)
                now = float(packet.pts * unit)
                base = now if base is None else base
                reached = max(reached, now - base + float((packet.duration or 0) * unit))
                self._put(packet, at - base, unit)
        except av.FFmpegError:
            if base is None:
                raise Wrong("broken") from None
        self.end = at + reached
        return reached

    def _put(self, packet: Any, shift: float, unit: Fraction) -> None:
        """Browsers now and then repeat a time; a file must not."""
        kind = packet.stream.type
        pts = max(round(packet.pts + Fraction(shift).limit_denominator(1_000_000) / unit), 0)
        pts = max(pts, self.last.get(kind, -1) + 1)
        self.last[kind] = pts
        self.packets[kind] += 1
        packet.pts = packet.dts = pts
        packet.stream = self.streams[kind]
        self.container.mux(packet)


def join(asked: dict[str, Any], stream: BinaryIO, file: BinaryIO) -> dict[str, Any]:
    import av

    lengths: list[float] = []
    with av.open(file, "w", format=asked["format"]) as container:
        joined = Joined(container)
        for segment in asked["segments"]:
            part = Part(stream, int(segment["bytes"]))
            try:
                with av.open(part, "r", format="matroska" if asked["format"] == "webm" else "mp4") as given:
                    lengths.append(joined.add(given, float(segment["at"])))
            except av.FFmpegError:
                lengths.append(0.0)
            while part.read(PIECE):
                pass
        if not any(joined.packets.values()):
            raise Wrong("empty")
    return {"seconds": joined.end, "segments": lengths, "packets": joined.packets}


def room() -> BinaryIO:
    """A file that no disk ever sees, where the system has such."""
    return os.fdopen(os.memfd_create("recording"), "w+b") if hasattr(os, "memfd_create") else io.BytesIO()


def main() -> None:
    limit()
    stream, out = sys.stdin.buffer, sys.stdout.buffer
    asked = json.loads(stream.readline())
    file = room()
    try:
        told = join(asked, stream, file)
    except Wrong as wrong:
        told = {"wrong": str(wrong)}
    except Exception:  # a library that reads what anybody has sent fails in many ways
        told = {"wrong": "broken"}
    size = 0 if "wrong" in told else file.seek(0, io.SEEK_END)
    out.write(json.dumps({**told, "bytes": size}).encode() + b"\n")
    file.seek(0)
    while size and (piece := file.read(PIECE)):
        out.write(piece)


if __name__ == "__main__":
    main()
