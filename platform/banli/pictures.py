"""Photos as they come from a phone: known by their content, bounded before they are decoded, stripped of what tells where."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from banli.errors import Problem

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 3200
SMALLEST_SIDE = 200
ACCEPTED = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_AT_ONCE = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture made anew from the pixels alone: upright, JPEG, no EXIF, no second file hidden in it."""

    content: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


async def take(content: bytes) -> Taken | Problem:
    """The picture as it will be kept, or why not. Decoding happens in a thread, two at a time."""
    if not content:
        return Problem("", "file_empty")
    if len(content) > MOST_BYTES:
        return Problem("", "file_too_large", {"most": MOST_BYTES // (1024 * 1024)})
    if _sniff(content) is None:
        return Problem("", "file_type")
    async with _AT_ONCE:
        return await asyncio.to_thread(_remake, content)


def _sniff(content: bytes) -> str | None:
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def _remake(content: bytes) -> Taken | Problem:
    from PIL import Image, ImageOps

    kind = _sniff(content)
    try:
        with Image.open(io.BytesIO(content), formats=[kind or "JPEG"]) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                return Problem("", "file_pixels")
            if min(width, height) < SMALLEST_SIDE:
                return Problem("", "file_too_small", {"least": SMALLEST_SIDE})
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(opened)
            flat = _on_white(upright) if "A" in upright.getbands() else upright.convert("RGB")
            flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            out = io.BytesIO()
            flat.save(out, "JPEG", quality=90, optimize=False)
            return Taken(out.getvalue(), flat.width, flat.height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Problem("", "file_broken")


def _on_white(picture: Image.Image) -> Image.Image:
    from PIL import Image

    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white
