"""Films as browsers record them: a live WebM without duration or cues, made of nothing but colour and a tone."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from typing import Any

import av

WIDE, HIGH, RATE = 160, 120, 10


@lru_cache(maxsize=8)
def film(seconds: float, pitch: int = 440) -> bytes:
    """VP8 and Opus in the form that `MediaRecorder` sends."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm", options={"live": "1", "cluster_time_limit": "1000"}) as container:
        picture: Any = container.add_stream("libvpx", rate=RATE, options={"deadline": "realtime", "cpu-used": "8", "g": "20"})
        picture.width, picture.height, picture.pix_fmt, picture.time_base = WIDE, HIGH, "yuv420p", Fraction(1, 1000)
        sound: Any = container.add_stream("libopus", rate=48000)
        sound.layout = "mono"
        for nth in range(round(seconds * RATE)):
            for packet in picture.encode(_picture(nth)):
                container.mux(packet)
            for part in range(50 // RATE):
                for packet in sound.encode(_tone(nth * (50 // RATE) + part, pitch)):
                    container.mux(packet)
        for stream in (picture, sound):
            for packet in stream.encode(None):
                container.mux(packet)
    return out.getvalue()


def _picture(nth: int) -> Any:
    frame = av.VideoFrame(WIDE, HIGH, "yuv420p")
    for plane, value in zip(frame.planes, (nth * 7 % 200 + 30, 90, 160), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts, frame.time_base = nth * 1000 // RATE, Fraction(1, 1000)
    return frame


def _tone(nth: int, pitch: int) -> Any:
    samples = [int(3000 * math.sin(2 * math.pi * pitch * at / 48000)) for at in range(nth * 960, nth * 960 + 960)]
    frame = av.AudioFrame("s16", "mono", 960)
    frame.planes[0].update(struct.pack("<960h", *samples))
    frame.sample_rate, frame.pts, frame.time_base = 48000, nth * 960, Fraction(1, 48000)
    return frame


def chunks(content: bytes, size: int = 4000) -> Iterator[tuple[int, int, str, bytes]]:
    """Number, offset, digest and bytes of each chunk."""
    for nth, offset in enumerate(range(0, len(content), size)):
        part = content[offset : offset + size]
        yield nth, offset, sha256(part).hexdigest(), part


def played(content: bytes) -> dict[str, Any]:
    """What a player finds: how long it is, what is in it, and whether it can be searched."""
    with av.open(io.BytesIO(content)) as container:
        told: dict[str, Any] = {
            "seconds": (container.duration or 0) / 1_000_000,
            "streams": sorted(stream.codec_context.name for stream in container.streams),
        }
        pictures = list(container.decode(video=0))
        told["pictures"] = len(pictures)
        container.seek(int(told["seconds"] * 700_000))
        told["sought"] = next(container.decode(video=0)).time
    return told
