"""What goes between the pool and its workers: JSON and bytes, nothing that could run on the other side."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

HEAD = struct.Struct(">II")
MOST_JSON, MOST_PARTS = 64 * 1024, 48 * 1024 * 1024


class Garbled(Exception):
    """What came is not what a worker sends."""


def packed(said: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """One message: the lengths, the JSON, the parts."""
    text = json.dumps({"said": said, "parts": [len(part) for part in parts]}).encode()
    return HEAD.pack(len(text), sum(map(len, parts))) + text + b"".join(parts)


def sizes(head: bytes) -> tuple[int, int]:
    """How much follows a head: of JSON and of parts."""
    text, parts = HEAD.unpack(head)
    if text > MOST_JSON or parts > MOST_PARTS:
        raise Garbled
    return text, parts


def unpacked(text: bytes, body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    try:
        message = json.loads(text)
        said, lengths = message["said"], message["parts"]
        if not isinstance(said, dict) or not all(type(one) is int and one >= 0 for one in lengths) or sum(lengths) != len(body):
            raise Garbled
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Garbled from None
    parts, at = [], 0
    for length in lengths:
        parts.append(body[at : at + length])
        at += length
    return said, parts
