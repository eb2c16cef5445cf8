"""A photo shown another way: along corners that a person has set, turned by quarters, or as a whole."""

from __future__ import annotations

import cv2
import numpy as np

from banli_imaging.develop import CARD_QUALITY, MARGIN, MOST_SCALE, jpeg
from banli_imaging.geometry import CARD_HIGH, CARD_WIDE, Floats, Pixels, lengths, rectify

LONGEST = 2000.0
"""Pixels of a sheet whose size in millimetres nobody knows, at most."""


def shown(image: Pixels, quad: Floats | None, turn: int, sheet: bool = False) -> bytes:
    """JPEG of what lies between the corners (4, 2, pixels of the photo; None: all of it), turned clockwise by `turn` quarters.
    A card gets its true shape and a margin; with `sheet` the shape is that of the corners themselves."""
    made = image if quad is None else _sheet(image, quad) if sheet else _card(image, quad)
    return jpeg(np.ascontiguousarray(np.rot90(made, -turn)), CARD_QUALITY)


def _card(image: Pixels, quad: Floats) -> Pixels:
    """Corners that were set around a card that stands upright in the photo make a card that stands upright."""
    sides = lengths(quad)
    wide, high = (CARD_WIDE, CARD_HIGH) if sides[[0, 2]].sum() >= sides[[1, 3]].sum() else (CARD_HIGH, CARD_WIDE)
    scale = float(np.clip(sides.max() / CARD_WIDE, 4.0, MOST_SCALE))
    return rectify(image, quad, scale, MARGIN, (wide, high))


def _sheet(image: Pixels, quad: Floats) -> Pixels:
    sides = lengths(quad)
    wide, high = float(sides[[0, 2]].max()), float(sides[[1, 3]].max())
    smaller = min(1.0, LONGEST / max(wide, high))
    made = rectify(image, quad, 1.0, 0.0, (wide, high))
    return np.asarray(cv2.resize(made, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA), np.uint8)
