"""Where a card lies by the words on it: labels that every card has, read in the photo, tell its corners roughly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.geometry import CARD_HIGH, CARD_WIDE, Floats, Pixels, box, clockwise, long_first
from banli_imaging.reading import lines
from banli_imaging.reading.lines import GROWN, HIGH, PRINTED
from banli_imaging.reading.models import models, run

LONG = 1280
"""Pixels of the long side of the picture in which lines are looked for."""
MOST, SLENDER, LONGEST = 20, 1.3, 22.0
"""So many lines are read, the longest first; from how many times its height on a piece of print is a line; a card has no
longer ones than this."""
SURE, CLEAR = 0.5, 0.9
"""How sure the characters of a line must be; from where on they are not read upside down as well."""
NEAR = 3.0
"""Millimetres by which a label may lie from where it is expected."""
LEAST = 5
"""So many characters must agree on where the card lies."""
ACROSS, DOWN = 20, 5
"""Millimetres of the card that they must cover, one way or the other."""
NUMBER, NUMBER_AT = re.compile(r"(?<!\d)\d{17}[\dXx]"), (30.9, 78.1, 46.4)
"""The number of a person: it has no label beside each digit, but eighteen of them."""

# Label: millimetres of the middle of its first and of its last character from the card's left, and of both from its top.
WORDS = {
    "front": (
        ("姓名", 8.0, 11.9, 8.6), ("性别", 8.0, 11.9, 15.2), ("民族", 28.9, 32.9, 15.2), ("出生", 8.0, 11.9, 21.6),
        ("住址", 8.0, 11.9, 28.4), ("公民身份号码", 8.0, 23.2, 46.4),
    ),
    "back": (
        ("中华人民共和国", 30.0, 71.0, 11.2), ("居民身份证", 31.0, 71.5, 20.6), ("签发机关", 22.7, 32.0, 41.0),
        ("有效期限", 22.7, 32.0, 47.6),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Word:
    """Characters of a label that were read: where each lies in the photo (n, 2), and where on the card (n, 2)."""

    seen: Floats
    card: Floats


def places(photo: Pixels) -> list[tuple[Floats, int]]:
    """Where the labels that can be read say that a card lies: corners in pixels of `photo` (4, 2), upper left first as
    printed, and which of `layout.match` that is. Only roughly. None where too few are read. Raises `models.Missing`."""
    by = min(1.0, LONG / max(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=by, fy=by, interpolation=cv2.INTER_AREA) if by < 1 else photo
    read: list[tuple[str, Floats]] = []
    for quad in _found(small):
        # Most likely as the line before.
        way = read[-1][1][-1] - read[-1][1][0] if read else np.zeros(2)
        read += _read(photo, quad / by, way)
    made = []
    for number, side in enumerate(WORDS):
        words = [word for text, at in read for word in _labels(side, text, at)]
        made += [(quad, 2 * number) for quad in _quads(words)]
    return made


def _found(image: Pixels) -> list[Floats]:
    """Quads (4, 2) around lines of print in any direction, a long side first, the longest lines first."""
    size = tuple(max(32, round(side / 32) * 32) for side in (image.shape[1], image.shape[0]))
    seen = run(models().finds, lines.scaled(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))[None])[0, 0]
    outlines, _ = cv2.findContours((seen > PRINTED).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    made: list[tuple[float, Floats]] = []
    for outline in outlines:
        middle, (wide, high), turn = cv2.minAreaRect(outline)
        long, short = max(wide, high), min(wide, high)
        if short < 3 or not SLENDER * short < long < LONGEST * short:
            continue
        more = 2 * GROWN * short
        quad = long_first(clockwise(cv2.boxPoints((middle, (wide + more, high + more), turn)).astype(np.float64)))
        made.append((long, quad * (image.shape[1] / size[0], image.shape[0] / size[1])))
    made.sort(key=lambda one: -one[0])
    return [quad for _, quad in made[:MOST]]


def _read(photo: Pixels, quad: Floats, way: Floats) -> Iterator[tuple[str, Floats]]:
    """What stands in the line, and where each character lies; if it is not clear `way` on, read both ways up."""
    long, short = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    wide = int(np.clip(round(long * HIGH / max(short, 1.0)), HIGH, lines.LONGEST))
    best: tuple[float, str, Floats] | None = None
    if float((quad[1] - quad[0]) @ way) < 0:
        quad = np.roll(quad, 2, axis=0)
    for turn in range(2):
        corners = np.roll(quad, -2 * turn, axis=0)
        view = cv2.getPerspectiveTransform(corners.astype(np.float32), box(wide, HIGH).astype(np.float32))
        cut = np.asarray(cv2.warpPerspective(photo, view, (wide, HIGH), flags=cv2.INTER_LINEAR), np.uint8)
        marks = [mark for mark in lines.marks(cut) if not mark.text.isspace()]
        if not marks:
            continue
        sure = float(np.mean([mark.sure for mark in marks])) * min(1.0, len(marks) / 2)
        if best is None or sure > best[0]:
            share = np.array([[mark.at / wide] for mark in marks])
            left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
            best = (sure, "".join(mark.text for mark in marks), left + (right - left) * share)
        if sure > CLEAR:
            break
    if best is not None and best[0] > SURE:
        yield best[1], best[2]


def _labels(side: str, text: str, at: Floats) -> Iterator[_Word]:
    """Labels, and what is left of one where at most one character was misread or not found; and the number, all of it."""
    number = NUMBER.search(text)
    if number and side == "front":
        first, last, down = NUMBER_AT
        among = np.arange(*number.span())
        yield _Word(at[among], np.column_stack([np.linspace(first, last, len(among)), np.full(len(among), down)]))
    for label, first, last, down in WORDS[side]:
        across = np.linspace(first, last, len(label))
        for begin in range(-1, len(text)):
            part = [n for n in range(len(label)) if 0 <= begin + n < len(text) and text[begin + n] == label[n]]
            if len(part) >= max(2, len(label) - 1):
                yield _Word(at[[begin + n for n in part]], np.column_stack([across[part], np.full(len(part), down)]))
                break


def _quads(words: list[_Word]) -> list[Floats]:
    """The corners by those labels that agree with each other: evenly turned and sized, and as seen at an angle."""
    if not words:
        return []
    seen, card = (np.concatenate([getattr(word, name) for word in words]) for name in ("seen", "card"))
    if len(seen) < LEAST:
        return []
    lying, agree = cv2.estimateAffinePartial2D(seen, card, method=cv2.RANSAC, ransacReprojThreshold=NEAR, maxIters=500)
    if lying is None or int(agree.sum()) < LEAST or (np.ptp(card[agree.ravel() > 0], axis=0) < (ACROSS, DOWN)).all():
        return []
    seen, card = seen[agree.ravel() > 0], card[agree.ravel() > 0]
    sheet = box(CARD_WIDE, CARD_HIGH)
    back = cv2.invertAffineTransform(lying)
    made = [sheet @ back[:, :2].T + back[:, 2]]
    if len(seen) >= 8 and min(np.ptp(card, axis=0)) > 18:
        near = NEAR / float(np.sqrt(abs(np.linalg.det(lying[:, :2]))))
        slanted, _ = cv2.estimateAffine2D(card, seen, method=cv2.RANSAC, ransacReprojThreshold=near)
        if slanted is not None:
            made.append(sheet @ slanted[:, :2].T + slanted[:, 2])
    return made
