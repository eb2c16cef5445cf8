"""Looks for a card by its print alone, where no sides are seen: pale on pale, on ruled paper, among other cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import cv2
import numpy as np

from banli_imaging import layout
from banli_imaging.geometry import CARD_HIGH, CARD_WIDE, Floats, Pixels

LONG = 128
"""Pixels of the long side of the picture that is searched."""
ENOUGH = 48.0
"""Pixels of a card's long side in which its print can be told from other things."""
TURN, LARGER = 15, 1.19
SMALLEST, LARGEST = 0.24, 0.92
"""A card's long side to the picture's."""


def seek(image: Pixels, most: int = 8) -> list[tuple[Floats, int]]:
    """Places where print lies as on a card, best first: corners in pixels of `image` (4, 2), the side's long one first,
    and which of `layout.match` that is. Only roughly: no tilt, turns of 15 degrees, steps of a fifth in size."""
    by = LONG / max(image.shape[:2])
    sizes = []
    size = SMALLEST * LONG
    while size <= LARGEST * LONG:
        sizes.append(size)
        size *= LARGER
    fine = _ink(image, by)
    found: list[tuple[float, Floats, int]] = []
    for size in sizes:
        # A large card is seen as well in a smaller picture.
        less = min(1.0, ENOUGH / size)
        dark = fine if less == 1.0 else np.asarray(cv2.resize(fine, None, fx=less, fy=less, interpolation=cv2.INTER_AREA))
        found += _placed(dark, round(size * less, 2), by * less)
    found.sort(key=lambda one: -one[0])
    kept: list[tuple[float, Floats, int]] = []
    for one in found:
        if all(np.abs(one[1] - other[1]).max() > 0.08 * max(image.shape[:2]) for other in kept):
            kept.append(one)
            if len(kept) == most:
                break
    return [(quad, which) for _, quad, which in kept]


def _placed(dark: Floats, size: float, by: float) -> Iterator[tuple[float, Floats, int]]:
    """Of each turn and side the best place for a card of this size: how well it agrees, its corners, which of `layout.match`."""
    squares = dark * dark
    for turn in range(0, 180, TURN):
        spread = _spread(dark, squares, turn, size)
        for side in range(2):
            for half in range(2):
                like = _filtered(dark, _kernel(side, turn + 180 * half, size)) / spread
                _, top, _, at = cv2.minMaxLoc(like)
                yield top, _corners(at, turn + 180 * half, size) / by, side * 2


def _filtered(dark: Floats, kernel: Floats) -> Floats:
    """Around the picture there is nothing."""
    return np.asarray(cv2.filter2D(dark, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT))


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
    mean, power = _filtered(dark, inside), _filtered(squares, inside)
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


def _corners(at: Sequence[int], turn: int, size: float) -> Floats:
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (size / 2, size * CARD_HIGH / CARD_WIDE / 2)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.asarray(half @ np.array([[c, s], [-s, c]]) + np.array(at) + 0.5)
