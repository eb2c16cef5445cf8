"""Looks for a card by its print alone, where no sides are seen: pale on pale, on ruled paper, among other cards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from banli_imaging import layout
from banli_imaging.geometry import CARD_HIGH, CARD_WIDE, Floats, Pixels

LONG = 128
"""Pixels of the long side of the picture that is searched."""
TURN, LARGER = 15, 1.19
SMALLEST, LARGEST = 0.24, 0.92
"""A card's long side to the picture's."""


def seek(image: Pixels, most: int = 8) -> list[tuple[Floats, int]]:
    """Places where print lies as on a card, best first: corners in pixels of `image` (4, 2), the side's long one first,
    and which of `layout.match` that is. Only roughly: no tilt, turns of 15 degrees, steps of a fifth in size."""
    by = LONG / max(image.shape[:2])
    dark = _ink(image, by)
    edge = LONG // 4
    dark = cv2.copyMakeBorder(dark, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)
    squares = dark * dark
    found: list[tuple[float, Floats, int]] = []
    size = SMALLEST * LONG
    while size <= LARGEST * LONG:
        for turn in range(0, 180, TURN):
            spread = _spread(dark, squares, turn, round(size, 2))
            for side in range(2):
                hit = cv2.filter2D(dark, cv2.CV_32F, _kernel(side, turn, round(size, 2)), borderType=cv2.BORDER_CONSTANT) / spread
                flipped = cv2.filter2D(
                    dark, cv2.CV_32F, _kernel(side, turn + 180, round(size, 2)), borderType=cv2.BORDER_CONSTANT
                )
                for half, like in enumerate((hit, flipped / spread)):
                    _, top, _, at = cv2.minMaxLoc(like)
                    found.append((top, _corners(at, turn + 180 * half, size, edge) / by, side * 2))
        size *= LARGER
    found.sort(key=lambda one: -one[0])
    kept: list[tuple[float, Floats, int]] = []
    for one in found:
        if all(np.abs(one[1] - other[1]).max() > 0.08 * max(image.shape[:2]) for other in kept):
            kept.append(one)
            if len(kept) == most:
                break
    return [(quad, which) for _, quad, which in kept]


def _ink(image: Pixels, by: float) -> Floats:
    """How much darker than the lightest nearby, averaged to a small picture."""
    light = np.minimum(np.minimum(image[..., 0], image[..., 1]), image[..., 2])
    span = 2 * round(0.035 * max(image.shape[:2])) + 1
    paper = cv2.morphologyEx(light, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (span, span)))
    dark = np.clip((paper.astype(np.float32) - light) / np.maximum(paper, 8) / 0.55, 0, 1)
    return np.asarray(cv2.GaussianBlur(cv2.resize(dark, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), (0, 0), 1.0))


def _spread(dark: Floats, squares: Floats, turn: int, size: float) -> Floats:
    """How much the ink varies within a card of this turn and size, around each pixel."""
    inside = _inside(turn, size)
    mean = cv2.filter2D(dark, cv2.CV_32F, inside, borderType=cv2.BORDER_CONSTANT)
    power = cv2.filter2D(squares, cv2.CV_32F, inside, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.sqrt(np.maximum(power - mean * mean, 4e-4)))


@cache
def _inside(turn: int, size: float) -> Floats:
    """The area of the card, with a sum of 1."""
    area = _turned(np.ones((layout.SIZE[1], layout.SIZE[0]), np.float32), turn, size)
    return np.asarray(area / area.sum())


@cache
def _kernel(side: int, turn: int, size: float) -> Floats:
    """What is expected, turned and sized, without its mean and of length 1."""
    maps, weights = layout.expected()
    soft = max(0.1, 0.5 * layout.SIZE[0] / size)
    shape = _turned(cv2.GaussianBlur(maps[side] * weights[side], (0, 0), soft), turn, size)
    inside = _inside(turn % 180, size)
    clean = shape - (shape * inside).sum()
    return np.asarray(inside * clean / np.sqrt((inside * clean**2).sum()))


def _turned(picture: Floats, turn: int, size: float) -> Floats:
    scale = size / layout.SIZE[0]
    reach = 2 * int(np.ceil(np.hypot(size, size * CARD_HIGH / CARD_WIDE) / 2)) + 1
    view: Floats = cv2.getRotationMatrix2D((layout.SIZE[0] / 2 - 0.5, layout.SIZE[1] / 2 - 0.5), -turn, scale)
    view[:, 2] += np.array((reach - layout.SIZE[0], reach - layout.SIZE[1])) / 2
    return np.asarray(cv2.warpAffine(picture, view, (reach, reach)))


def _corners(at: Sequence[int], turn: int, size: float, edge: int) -> Floats:
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (size / 2, size * CARD_HIGH / CARD_WIDE / 2)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.asarray(half @ np.array([[c, s], [-s, c]]) + np.array(at) - edge + 0.5)
