"""Bytes that somebody sent become pixels, or one of a few reasons why not. Runs in a worker of the pool only."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from banli.pictures import (
    LONGEST_SIDE,
    MOST_BYTES,
    MOST_PIXELS,
    MOST_PIXELS_AT_ONCE,
    MOST_SCANS,
    SMALLEST_SIDE,
    webp_size,
)
from banli_imaging.geometry import Pixels

HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
MOST_BOXES = 400
"""Of a HEIC file; a phone's has some dozens."""


class Refused(Exception):
    """Not a picture that can be used. `code` is one of those of `banli.pictures`, or `file_heic` where no decoder for
    it is installed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(content: bytes) -> str | None:
    """By the first bytes; names and what the sender says count nothing."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        return "HEIF"
    return None


def decode(content: bytes) -> Pixels:
    """Upright BGR pixels with a long side of at most `LONGEST_SIDE`; all else that was in the file is gone."""
    if not content:
        raise Refused("file_empty")
    if len(content) > MOST_BYTES:
        raise Refused("file_too_large")
    kind = kind_of(content)
    if kind is None:
        raise Refused("file_type")
    if kind == "HEIF":
        _with_heif(content)
    if kind == "JPEG" and content.count(b"\xff\xda") > MOST_SCANS:
        raise Refused("file_broken")
    # A decoder fails in many ways on bytes that were made to break it; all of them say that there is no picture in there.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _opened(content, kind)
    except Image.DecompressionBombError:
        raise Refused("file_pixels") from None
    except Refused:
        raise
    except Exception:
        raise Refused("file_broken") from None


def _opened(content: bytes, kind: str) -> Pixels:
    if kind == "WEBP":
        _fit(*webp_size(content), MOST_PIXELS_AT_ONCE)
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        plain = kind == "JPEG" and not opened.info.get("progressive")
        _fit(*opened.size, MOST_PIXELS if plain else MOST_PIXELS_AT_ONCE)
        side = (LONGEST_SIDE, LONGEST_SIDE)
        opened.draft("RGB", side)
        opened.load()
        image: Image.Image = opened
        if image.mode.startswith("I"):
            # Sixteen bits of grey: the upper eight are the picture.
            image = image.point(lambda grey: grey / 256).convert("L")
        elif image.has_transparency_data and image.mode != "RGBA":
            image = image.convert("RGBA")
        elif image.mode in ("1", "P"):
            image = image.convert("RGB")
        image.thumbnail(side)
        with contextlib.suppress(Exception):
            # EXIF that cannot be read does not spoil the picture.
            image = ImageOps.exif_transpose(image)
        if image.mode == "RGBA":
            white = Image.new("RGB", image.size, "white")
            white.paste(image, mask=image.getchannel("A"))
            image = white
        return np.ascontiguousarray(np.asarray(image.convert("RGB"), np.uint8)[..., ::-1])


def _fit(wide: int, high: int, most: int) -> None:
    """Before anything is decoded: neither too many pixels nor too few, also once the long side is shortened."""
    if wide * high > most:
        raise Refused("file_pixels")
    short, long = sorted((wide, high))
    if short * LONGEST_SIDE < SMALLEST_SIDE * max(long, LONGEST_SIDE):
        raise Refused("file_too_small")


def _with_heif(content: bytes) -> None:
    """Lets Pillow read HEIC where pi-heif is installed: it decodes only, and is a seventh of the size of pillow-heif."""
    try:
        import pi_heif
    except ImportError:
        raise Refused("file_heic") from None
    if content.count(b"infe") > MOST_BOXES:
        raise Refused("file_broken")
    pi_heif.register_heif_opener(thumbnails=False)
    pi_heif.options.DECODE_THREADS = 1
