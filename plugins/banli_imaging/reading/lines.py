"""Lines of print on an upright picture, and the characters in each, with how sure every one is and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

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


def find(image: Pixels, wide: int = 960) -> list[Box]:
    """Boxes around lines of print, the upper ones first. `image` (high, wide, 3), BGR, is upright; it is made `wide` pixels wide."""
    size = (round(wide / 32) * 32, max(32, round(image.shape[0] * wide / image.shape[1] / 32) * 32))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if image.shape[1] > wide else cv2.INTER_LINEAR)
    seen = run(models().finds, _scaled(small)[None])[0, 0]
    count, _, stats, _ = cv2.connectedComponentsWithStats((seen > PRINTED).astype(np.uint8), connectivity=8)
    x, y = image.shape[1] / size[0], image.shape[0] / size[1]
    boxes = []
    for left, top, width, height, area in stats[1:count].tolist():
        if height < 4 or width < 5 or area < 30:
            continue
        more = GROWN * height
        boxes.append(Box((left - more) * x, (top - more) * y, (left + width + more) * x, (top + height + more) * y))
    return sorted(boxes, key=lambda box: box.top)


def read(image: Pixels, boxes: Sequence[Box], only: str = "") -> list[Line]:
    """What is printed in each box. With `only`, nothing but these characters is thought of."""
    known = models().characters
    allowed = None
    if only:
        allowed = np.array([0, *(n for n, one in enumerate(known) if one and one in only)])
    lines = []
    for box in boxes:
        cut, left, scale = _cut(image, box)
        likely = run(models().reads, _scaled(cut)[None])[0]
        if allowed is not None:
            likely = likely[:, allowed]
            likely = likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-6)
        names = known if allowed is None else tuple(known[n] for n in allowed)
        lines.append(Line(box, _marks(likely, names, left, scale)))
    return lines


def _cut(image: Pixels, box: Box) -> tuple[Pixels, float, float]:
    """The line as the network wants it; the pixel of the picture at its left end, and pixels of the picture for each of its."""
    high, wide = image.shape[:2]
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(wide, int(np.ceil(box.right))), min(high, int(np.ceil(box.bottom)))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    width = int(np.clip(round(part.shape[1] * HIGH / part.shape[0]), HIGH // 2, LONGEST))
    made = cv2.resize(part, (width, HIGH), interpolation=cv2.INTER_AREA if part.shape[0] > HIGH else cv2.INTER_CUBIC)
    return np.asarray(made, np.uint8), left, part.shape[1] / width


def _scaled(image: Pixels) -> Floats:
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
