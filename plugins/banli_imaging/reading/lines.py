"""Lines of print on an upright picture, and the characters in each, with how sure every one is and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from banli_imaging.geometry import Pixels
from banli_imaging.reading.models import Floats, models, run

HIGH = 48
"""Pixels of a line as the network reads it."""
STRIDE = 8
"""Pixels of such a line for each step of its answer."""
PRINTED = 0.3
"""From where on a pixel is print."""
GROWN = 0.62
"""How much a found kernel grows on every side, to its height: a kernel is the middle of its line."""
LONGEST = 1600
SLENDER = 7
"""From how many times its height on a kernel is long enough to have a slope."""


@dataclass(frozen=True, slots=True)
class Box:
    """A level piece of the picture: pixels of it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def high(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Mark:
    """One character: how sure (0 to 1), where its middle stands (pixels of the picture), and what else it may be."""

    text: str
    sure: float
    at: float
    other: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    box: Box
    marks: tuple[Mark, ...]

    @property
    def text(self) -> str:
        return "".join(mark.text for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Found:
    """Boxes around lines of print, the upper ones first; and how much these fall to the right at the upper and at the lower
    edge of the picture (pixels down for each pixel to the right)."""

    boxes: tuple[Box, ...]
    falls: tuple[float, float]


def find(image: Pixels, wide: int = 960) -> Found:
    """Lines of print. `image` (high, wide, 3), BGR, is upright; it is made `wide` pixels wide."""
    size = (round(wide / 32) * 32, max(32, round(image.shape[0] * wide / image.shape[1] / 32) * 32))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if image.shape[1] > wide else cv2.INTER_LINEAR)
    seen = run(models().finds, scaled(small)[None])[0, 0]
    count, labels, stats, _ = cv2.connectedComponentsWithStats((seen > PRINTED).astype(np.uint8), connectivity=8)
    x, y = image.shape[1] / size[0], image.shape[0] / size[1]
    boxes, slopes = [], []
    for n, (left, top, width, height, area) in enumerate(stats[1:count].tolist(), 1):
        if height < 4 or width < 5 or area < 30:
            continue
        thick = min(height, 1.3 * area / width)
        if width > SLENDER * thick:
            slopes.append(
                (_fall(labels[top : top + height, left : left + width] == n) * y / x, (top + height / 2) / size[1], width)
            )
        more = GROWN * height
        boxes.append(Box((left - more) * x, (top - more) * y, (left + width + more) * x, (top + height + more) * y))
    return Found(tuple(sorted(boxes, key=lambda box: box.top)), _falls(slopes))


def level(image: Pixels, falls: tuple[float, float]) -> Pixels:
    """The picture with its lines level: each row of pixels is pushed up by as much as lines fall at its height."""
    high, wide = image.shape[:2]
    x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    fall = falls[0] + (falls[1] - falls[0]) * y / high
    return np.asarray(cv2.remap(image, x, y + fall * (x - wide / 2), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def read(image: Pixels, boxes: Sequence[Box], only: str = "") -> list[Line]:
    """What is printed in each box. With `only`, nothing but these characters is thought of."""
    known = models().characters
    allowed = None
    if only:
        allowed = np.array([0, *(n for n, one in enumerate(known) if one and one in only)])
    lines = []
    for box in boxes:
        cut, left, scale = _cut(image, box)
        likely = run(models().reads, scaled(cut)[None])[0]
        if allowed is not None:
            likely = likely[:, allowed]
            likely = likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-6)
        names = known if allowed is None else tuple(known[n] for n in allowed)
        lines.append(Line(box, _marks(likely, names, left, scale)))
    return lines


def marks(line: Pixels) -> tuple[Mark, ...]:
    """The characters in a picture of one line, `HIGH` pixels high."""
    return _marks(run(models().reads, scaled(line)[None])[0], models().characters, 0.0, 1.0)


def _fall(kernel: NDArray[np.bool_]) -> float:
    """The slope of the line through the middles of a kernel's columns."""
    columns = np.flatnonzero(kernel.any(axis=0))
    down = np.arange(kernel.shape[0])[:, None]
    middles = (kernel * down).sum(axis=0)[columns] / kernel.sum(axis=0)[columns]
    return float(np.polyfit(columns, middles, 1)[0])


def _falls(slopes: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """From (slope, height in the picture from 0 to 1, weight) of each long line to the slopes at both edges."""
    if not slopes:
        return 0.0, 0.0
    fall, at, weight = np.array(slopes, np.float64).T
    if len(slopes) < 3 or np.ptp(at) < 0.3:
        mean = float(np.average(fall, weights=weight))
        return mean, mean
    tilt, begin = np.polyfit(at, fall, 1, w=weight)
    return float(begin), float(begin + tilt)


def _cut(image: Pixels, box: Box) -> tuple[Pixels, float, float]:
    """The line as the network wants it; the pixel of the picture at its left end, and pixels of the picture for each of its."""
    high, wide = image.shape[:2]
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(wide, int(np.ceil(box.right))), min(high, int(np.ceil(box.bottom)))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    width = int(np.clip(round(part.shape[1] * HIGH / part.shape[0]), HIGH // 2, LONGEST))
    made = cv2.resize(part, (width, HIGH), interpolation=cv2.INTER_AREA if part.shape[0] > HIGH else cv2.INTER_CUBIC)
    return np.asarray(made, np.uint8), left, part.shape[1] / width


def scaled(image: Pixels) -> Floats:
    """As a network wants it: (3, high, wide), values from -1 to 1."""
    return np.ascontiguousarray((image.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))


def _marks(likely: Floats, names: Sequence[str], left: float, scale: float) -> tuple[Mark, ...]:
    """Each run of steps with the same best class is one character; class 0 parts them."""
    best = likely.argmax(axis=1)
    marks, n = [], 0
    while n < len(best):
        end = n
        while end < len(best) and best[end] == best[n]:
            end += 1
        if best[n]:
            steps = likely[n:end]
            top = steps[int(steps[:, best[n]].argmax())]
            order = np.argsort(top)[::-1][:4]
            other = tuple((names[k], round(float(top[k]), 4)) for k in order if k and k != best[n])
            marks.append(Mark(names[best[n]], float(top[best[n]]), left + (n + end) / 2 * STRIDE * scale, other))
        n = end
    return tuple(marks)
