"""Photos as they come from a phone: known by their content, bounded before they are decoded, stripped of all but pixels."""

from __future__ import annotations

import asyncio
import contextlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from banli.errors import Problem

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 110_000_000
"""Of a plain JPEG, which is decoded at a fraction of its size: what phones with 108 megapixels make."""
MOST_PIXELS_AT_ONCE = 20_000_000
"""Of what has to be decoded whole (PNG, WebP, progressive JPEG), at four bytes a pixel and more."""
MOST_SCANS = 64
"""Of a progressive JPEG; cameras make ten. Each is a pass over the whole picture, and a few bytes can ask for one."""
LONGEST_SIDE = 3200
SMALLEST_SIDE = 200
ACCEPTED = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture made anew from the pixels alone: upright, JPEG, no EXIF, no second file hidden in it."""

    content: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


class Darkroom:
    """Where pictures are made anew, one at a time: the largest take 300 MB for half a second.

    Always in the same thread, because memory that several threads give back stays with each of them.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "darkroom")

    async def take(self, content: bytes) -> Taken | Problem:
        """The picture as it will be kept, or why not."""
        if not content:
            return Problem("", "file_empty")
        if len(content) > MOST_BYTES:
            return Problem("", "file_too_large", {"most": MOST_BYTES // (1024 * 1024)})
        kind = _sniff(content)
        if kind is None:
            return Problem("", "file_type")
        return await asyncio.get_running_loop().run_in_executor(self._thread, _remake, content, kind)


def _sniff(content: bytes) -> str | None:
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def _remake(content: bytes, kind: str) -> Taken | Problem:
    from PIL import Image

    # A decoder fails in many ways on bytes that were made to break it; all of them say that there is no picture in there.
    try:
        if kind == "WEBP" and (problem := _unfit(*webp_size(content), MOST_PIXELS_AT_ONCE)):
            return problem
        if kind == "JPEG" and content.count(b"\xff\xda") > MOST_SCANS:
            return Problem("", "file_broken")
        with Image.open(io.BytesIO(content), formats=[kind]) as opened:
            plain = kind == "JPEG" and not opened.info.get("progressive")
            if problem := _unfit(*opened.size, MOST_PIXELS if plain else MOST_PIXELS_AT_ONCE):
                return problem
            return _printed(_flat(opened))
    except Image.DecompressionBombError:
        return Problem("", "file_pixels")
    except Exception:
        return Problem("", "file_broken")


def _unfit(width: int, height: int, most: int) -> Problem | None:
    """Too many pixels, or too few: also a strip that would be too narrow once its long side is shortened."""
    if width * height > most:
        return Problem("", "file_pixels")
    short, long = sorted((width, height))
    if short * LONGEST_SIDE < SMALLEST_SIDE * max(long, LONGEST_SIDE):
        return Problem("", "file_too_small", {"least": SMALLEST_SIDE})
    return None


def _flat(opened: Image.Image) -> Image.Image:
    """Small enough, upright, and on white where it was see-through. Shortened first, so that little is held twice."""
    from PIL import Image, ImageOps

    side = (LONGEST_SIDE, LONGEST_SIDE)
    opened.draft("RGB", side)
    opened.load()
    if opened.mode.startswith("I"):
        # Sixteen bits of grey: the upper eight are the picture.
        opened = opened.point(lambda grey: grey / 256).convert("L")
    elif opened.has_transparency_data and opened.mode != "RGBA":
        opened = opened.convert("RGBA")
    elif opened.mode in ("1", "P"):
        opened = opened.convert("RGB")
    opened.thumbnail(side)
    with contextlib.suppress(Exception):
        # EXIF that cannot be read does not spoil the picture.
        ImageOps.exif_transpose(opened, in_place=True)
    if opened.mode != "RGBA":
        return opened.convert("RGB")
    white = Image.new("RGB", opened.size, "white")
    white.paste(opened, mask=opened.getchannel("A"))
    return white


def _printed(flat: Image.Image) -> Taken:
    # The encoder would carry over a comment that came with the picture.
    flat.info = {}
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=90, optimize=False)
    return Taken(out.getvalue(), flat.width, flat.height)


def webp_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header: the library makes its canvas before it says how large it is. Raises
    ValueError for a header that is cut off."""
    form, head = content[12:16], content[20:30]
    if len(head) < 10:
        raise ValueError("This header is cut off.")
    if form == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if form == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
