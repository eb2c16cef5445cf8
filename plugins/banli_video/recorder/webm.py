"""Writes what browsers have encoded into a WebM that may end at any moment: one picture, one sound, nothing decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

VIDEO, AUDIO = "video", "audio"
TRACKS = {VIDEO: 1, AUDIO: 2}
MEDIA_TYPE = "video/webm;codecs=vp8,opus"
WIDE, HIGH = 640, 480
"""What stands in the head until a picture has said otherwise. Each picture carries its own size; players go by that."""
LONGEST = 30_000
"""Milliseconds that a cluster can count."""

_SEGMENT = bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7
"""Of a length that nobody knows yet."""
_OPUS = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48000, 0, 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """Something that was encoded. `at` is milliseconds after the beginning of the film; `key`: a picture that needs none
    before it."""

    kind: str
    at: int
    content: bytes
    key: bool = True


def head(wide: int = WIDE, high: int = HIGH) -> bytes:
    """What a film begins with."""
    begins = _element(
        "1a45dfa3",
        _number("4286", 1), _number("42f7", 1), _number("42f2", 4), _number("42f3", 8), _element("4282", b"webm"),
        _number("4287", 4), _number("4285", 2),
    )  # fmt: skip
    about = _element("1549a966", _number("2ad7b1", 1_000_000), _element("4d80", b"banli"), _element("5741", b"banli"))
    picture = _track(1, 1, b"V_VP8", _element("e0", _number("b0", wide), _number("ba", high)))
    sound = _track(
        2, 2, b"A_OPUS", _element("63a2", _OPUS), _number("56bb", 80_000_000),
        _element("e1", _element("b5", struct.pack(">d", 48000.0)), _number("9f", 2)),
    )  # fmt: skip
    return begins + _SEGMENT + about + _element("1654ae6b", picture, sound)


def clusters(frames: list[Frame]) -> bytes:
    """Frames in the order of their time, whole: a film that ends behind a cluster is a whole film."""
    made, held = b"", sorted(frames, key=lambda frame: (frame.at, TRACKS[frame.kind]))
    while held:
        first = held[0].at
        some = [frame for frame in held if frame.at - first < LONGEST]
        held = held[len(some) :]
        blocks = (_element("a3", _block(frame, frame.at - first)) for frame in some)
        made += _element("1f43b675", _number("e7", first), *blocks)
    return made


def is_key(picture: bytes) -> bool:
    """Does a VP8 picture stand for itself (RFC 6386, 9.1)?"""
    return len(picture) >= 10 and not picture[0] & 1 and picture[3:6] == b"\x9d\x01\x2a"


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a picture that stands for itself."""
    wide, high = struct.unpack("<HH", picture[6:10])
    return (wide & 0x3FFF) or WIDE, (high & 0x3FFF) or HIGH


def _block(frame: Frame, after: int) -> bytes:
    return bytes([0x80 | TRACKS[frame.kind]]) + struct.pack(">hB", after, 0x80 if frame.key else 0) + frame.content


def _track(number: int, kind: int, codec: bytes, *more: bytes) -> bytes:
    return _element(
        "ae", _number("d7", number), _number("73c5", number), _number("83", kind), _number("9c", 0), _element("86", codec), *more
    )


def _element(name: str, *content: bytes) -> bytes:
    whole = b"".join(content)
    return bytes.fromhex(name) + (len(whole) | 1 << 56).to_bytes(8, "big") + whole


def _number(name: str, value: int) -> bytes:
    return _element(name, value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big"))
