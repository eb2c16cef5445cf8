"""Quads and what follows from them: order, area, the shape of the card behind them, the upright picture, and errors."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
"""Eight bits for each channel, BGR or grey. (What OpenCV gives back has no narrower type.)"""
Floats = NDArray[Any]

CARD_WIDE, CARD_HIGH, CARD_ROUND = 85.6, 53.98, 3.18
"""Millimetres: the card format ID-1 of ISO/IEC 7810, and the radius of its corners."""
CARD_RATIO = CARD_WIDE / CARD_HIGH
FOCALS = (0.72, 0.95, 1.3)
"""Focal lengths of phones to the long side of their pictures; the shape behind a tilted quad depends on it."""


def box(wide: float, high: float, margin: float = 0.0) -> Floats:
    """The corners of a sheet with its upper left one at 0, 0, drawn in by `margin`: (4, 2)."""
    return np.array(
        [[margin, margin], [wide - margin, margin], [wide - margin, high - margin], [margin, high - margin]], np.float64
    )


def clockwise(quad: Floats) -> Floats:
    """The same corners in the order in which a clock's hand meets them (the picture's y points down): (4, 2)."""
    middle = quad.mean(axis=0)
    angles = np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0])
    return quad[np.argsort(angles)]


def long_first(quad: Floats) -> Floats:
    """Clockwise, so that the side from the first to the second corner is one of the long ones."""
    turned = clockwise(quad)
    return turned if lengths(turned)[[0, 2]].sum() >= lengths(turned)[[1, 3]].sum() else np.roll(turned, -1, axis=0)


def lengths(quad: Floats) -> Floats:
    """Of the four sides, beginning with that from the first to the second corner: (4,)."""
    return np.asarray(np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1))


def areas(quads: Floats) -> Floats:
    """(n, 4, 2) to (n,). Positive where the corners run clockwise."""
    x, y = quads[..., 0], quads[..., 1]
    return np.asarray(0.5 * (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(axis=-1))


def shapes(quads: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """For quads (n, 4, 2) in a picture of `size` (wide, high): the ratio of the sheet behind each, long side to short
    as `first to second corner` to `second to third`, and by how much its angle differs from a right one (cosine).

    A homography from the unit square has the sheet's axes as its first two columns once the camera's own matrix is
    taken away (Z. Zhang, "A flexible new technique for camera calibration", 2000). The focal length is not known: of
    the likely ones that which makes the sheet most like a card.
    """
    moved = (quads - np.array(size) / 2) / max(size)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (moved[:, n].T for n in range(4))
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dx2, dy1, dy2 = x1 - x2, x3 - x2, y1 - y2, y3 - y2
    under = dx1 * dy2 - dx2 * dy1
    under = np.where(np.abs(under) < 1e-9, 1e-9, under)
    g, h = (sx * dy2 - dx2 * sy) / under, (dx1 * sy - sx * dy1) / under
    a, b, d, e = x1 - x0 + g * x1, x3 - x0 + h * x3, y1 - y0 + g * y1, y3 - y0 + h * y3
    best_ratio, best_angle, best = np.ones(len(moved)), np.ones(len(moved)), np.full(len(moved), np.inf)
    for focal in FOCALS:
        one, two = np.sqrt(a**2 + d**2 + (focal * g) ** 2), np.sqrt(b**2 + e**2 + (focal * h) ** 2)
        ratio = one / np.maximum(two, 1e-9)
        angle = np.abs(a * b + d * e + focal**2 * g * h) / np.maximum(one * two, 1e-9)
        off = np.abs(np.log(np.maximum(ratio, 1e-9) / CARD_RATIO)) + angle
        better = off < best
        best = np.where(better, off, best)
        best_ratio, best_angle = np.where(better, ratio, best_ratio), np.where(better, angle, best_angle)
    return best_ratio, best_angle


def rectify(image: Pixels, quad: Floats, scale: float, margin: float = 1.0,
            sheet: tuple[float, float] = (CARD_WIDE, CARD_HIGH)) -> Pixels:  # fmt: skip
    """The sheet (millimetres) behind `quad`, seen from above, with `margin` millimetres of what lies around it.

    The first corner of `quad` becomes the upper left one. `scale` is in pixels for each millimetre. What the picture
    does not show is repeated from its border.
    """
    wide, high = sheet
    to = (box(wide, high) + margin) * scale - 0.5
    view = cv2.getPerspectiveTransform(quad.astype(np.float32), to.astype(np.float32))
    size = (round((wide + 2 * margin) * scale), round((high + 2 * margin) * scale))
    smaller = float(np.sqrt(max(areas(quad[None])[0], 1.0) / (wide * high))) / scale
    if smaller > 1.6:
        # Far more pixels than are wanted: averaged first, so that fine print does not flicker.
        image = cv2.GaussianBlur(image, (0, 0), 0.35 * smaller)
    return np.asarray(cv2.warpPerspective(image, view, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def in_sight(quad: Floats, shape: tuple[int, ...]) -> Floats:
    """Of each side whether any of its quarter points lies within the picture (high, wide, …): (4,)."""
    ends = np.roll(quad, -1, axis=0)
    places = quad[:, None] + (ends - quad)[:, None] * np.array([0.25, 0.5, 0.75])[None, :, None]
    inside = (places >= 0) & (places <= np.array([shape[1], shape[0]]) - 1)
    return np.asarray(inside.all(axis=2).any(axis=1))


def overlap(one: Floats, other: Floats) -> float:
    """Intersection over union of two convex quads."""
    both, _ = cv2.intersectConvexConvex(clockwise(one).astype(np.float32), clockwise(other).astype(np.float32))
    return float(both / max(abs(areas(one[None])[0]) + abs(areas(other[None])[0]) - both, 1e-9))


def lost(quad: Floats, truth: Floats) -> float:
    """The share of the true sheet that lies outside of `quad`."""
    both, _ = cv2.intersectConvexConvex(clockwise(quad).astype(np.float32), clockwise(truth).astype(np.float32))
    return float(1 - both / max(abs(areas(truth[None])[0]), 1e-9))


def error(quad: Floats, truth: Floats) -> float:
    """The largest distance of a corner from its true place (in any turn), to the sheet's long side."""
    worst = min(float(np.linalg.norm(np.roll(quad, n, axis=0) - truth, axis=1).max()) for n in range(4))
    return worst / float(lengths(truth).max())
