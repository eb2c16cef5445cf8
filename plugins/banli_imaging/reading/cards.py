"""An upright card to what stands on it: find lines, read them, tell which is which, look a second time at what matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from banli_imaging.geometry import Pixels
from banli_imaging.reading import arrange, lines, values
from banli_imaging.reading.arrange import Piece
from banli_imaging.reading.values import Reading, Seen

WIDE = 1240
"""Pixels of the picture that is read, at most: 14 for each millimetre; more makes it slower and not better."""
ASLANT = 0.009
"""From which slope on lines are made level first: half a degree."""
ALPHABETS = {"number": "0123456789X", "validity": "0123456789.-长期"}
SIDES: Mapping[str, tuple[Callable[[Sequence[lines.Line], float], dict[str, tuple[Piece, ...]]], Callable[..., Reading]]] = {
    "front": (arrange.front, values.front),
    "back": (arrange.back, values.back),
}


def read(card: Pixels, side: str) -> Reading:
    """What stands on `card` (BGR, high by wide by 3), as `geometry.rectify` makes it with a margin of a millimetre, upright.
    `side`: "front" or "back". What is not found, or stands on the other side, is not in the answer. Raises `models.Missing`."""
    if card.shape[1] > WIDE:
        size = (WIDE, round(card.shape[0] * WIDE / card.shape[1]))
        card = np.asarray(cv2.resize(card, size, interpolation=cv2.INTER_AREA), np.uint8)
    arranged, valued = SIDES[side]
    found = lines.find(card)
    if max(map(abs, found.falls)) > ASLANT:
        card = lines.level(card, found.falls)
        found = lines.find(card)
    other = _otherwise(card)
    pieces = arranged(lines.read(card, found.boxes), card.shape[1])
    return valued({field: _seen(field, these, card, other) for field, these in pieces.items()})


def _seen(field: str, pieces: Sequence[Piece], card: Pixels, other: Pixels) -> Seen:
    """Each piece again, alone, on a picture that was prepared otherwise."""
    if not all(piece.marks for piece in pieces):
        # Nobody has read these yet: a label tells where they must stand.
        pieces = [
            Piece(line.marks, line.box) for line in lines.read(card, [piece.box for piece in pieces], ALPHABETS.get(field, ""))
        ]
    again = [line.marks for line in lines.read(other, [piece.box for piece in pieces], ALPHABETS.get(field, ""))]
    first = _joined([piece.marks for piece in pieces])
    second = _joined(again)
    one, two = _meant(field, first[0]), _meant(field, second[0])
    if one == two:
        return Seen(first[0], min(first[1], second[1]), True)
    better, worse = (first, second) if _rank(field, first) >= _rank(field, second) else (second, first)
    return Seen(better[0], min(better[1], 1 - worse[1] / 2), False)


def _meant(field: str, text: str) -> str:
    return values.MEANINGS[field](text)[0]


def _rank(field: str, look: tuple[str, float]) -> tuple[bool, float]:
    """What could stand on a card goes before what could not."""
    return values.MEANINGS[field](look[0])[1], look[1]


def _joined(looks: Sequence[Sequence[lines.Mark]]) -> tuple[str, float]:
    marks = [mark for look in looks for mark in look if not mark.text.isspace()]
    return "".join(mark.text for mark in marks), min((mark.sure for mark in marks), default=0.0)


def _otherwise(card: Pixels) -> Pixels:
    """The same card with its contrast evened out and a little softer: what is misread once is hardly misread alike again."""
    light, *colour = cv2.split(cv2.cvtColor(card, cv2.COLOR_BGR2LAB))
    even = cv2.createCLAHE(2.0, (4, 6)).apply(cv2.GaussianBlur(light, (0, 0), 0.6))
    return np.asarray(cv2.cvtColor(cv2.merge([even, *colour]), cv2.COLOR_LAB2BGR), np.uint8)
