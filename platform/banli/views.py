"""How a photo is shown: which part of the picture that was taken, upright, and what is wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

Quad = tuple[tuple[float, float], ...]
"""Four corners in parts of the picture's width and height, y down, clockwise from the upper left one of what is shown."""

ORIGINAL = "original"
"""The last part of the slot of a picture of which views are made."""
OUTSIDE, LEAST_AREA = 0.2, 0.01
"""How far a corner may lie outside of the picture, and the least part of it that may be shown."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a photo: a code that names its sentence, what was measured and the threshold. With `refuse` the
    photo is not taken."""

    code: str
    refuse: bool
    value: float = 0.0
    threshold: float = 0.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How a picture shall be shown. `side`: what it is a photo of (`id_front`, `id_back`, `signature`); `quad`: along these
    corners (None: find them); `turn`: quarter turns clockwise, 0 to 3 (None: as it is printed); `whole`: all of it."""

    side: str = ""
    quad: Quad | None = None
    turn: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Something that is printed on a card, as a program has read it. Days are 2026-01-31, a validity is 2015-03-02/2035-03-02,
    or 2019-11-30/.. where it is for ever; all else as printed. Without `certain` somebody has to compare it."""

    text: str
    certain: bool


@dataclass(frozen=True, slots=True)
class View:
    """What is kept with a picture that was made of another one, the `original` (a file of the same case): how it was made, so
    that it can be made again and anybody can see what was left out. `quad` stays known when the whole picture is shown; `hand`:
    the client has chosen. `reading`: what stands on it, by what it is (None: nobody has looked yet)."""

    original: str
    side: str = ""
    quad: Quad | None = None
    turn: int = 0
    whole: bool = False
    hand: bool = False
    flaws: tuple[Flaw, ...] = ()
    reading: Mapping[str, Read] | None = None

    def name(self) -> str:
        """As the name of the view's file, which is sealed with it."""
        flaws = [[flaw.code, flaw.refuse, flaw.value, flaw.threshold] for flaw in self.flaws]
        quad = [list(corner) for corner in self.quad] if self.quad is not None else None
        told = {"of": self.original, "side": self.side, "quad": quad, "turn": self.turn, "whole": self.whole, "hand": self.hand}
        read = {what: [one.text, one.certain] for what, one in self.reading.items()} if self.reading is not None else None
        more = {"read": read} if read is not None else {}
        return json.dumps({**told, "flaws": flaws, **more}, separators=(",", ":"))

    @classmethod
    def read(cls, name: str) -> View | None:
        """From the name of a file; None: the file is no view of another."""
        if not name.startswith('{"of"'):
            return None
        told = json.loads(name)
        quad = tuple((float(x), float(y)) for x, y in told["quad"]) if told["quad"] is not None else None
        flaws = tuple(Flaw(*flaw) for flaw in told["flaws"])
        read = {what: Read(*one) for what, one in told["read"].items()} if "read" in told else None
        return cls(told["of"], told["side"], quad, told["turn"], told["whole"], told["hand"], flaws, read)


def quad_of(said: object) -> Quad | None:
    """Corners that a page has sent; None where they make no sheet: not four, far outside, crossed, mirrored, next to nothing."""
    if not isinstance(said, list) or len(said) != 4:
        return None
    corners = []
    for one in said:
        if not isinstance(one, list) or len(one) != 2 or any(type(part) not in (int, float) for part in one):
            return None
        x, y = float(one[0]), float(one[1])
        if not all(math.isfinite(part) and -OUTSIDE <= part <= 1 + OUTSIDE for part in (x, y)):
            return None
        corners.append((x, y))
    quad = tuple(corners)
    turns = [_turn(quad[n], quad[(n + 1) % 4], quad[(n + 2) % 4]) for n in range(4)]
    area = (turns[0] + turns[2]) / 2
    return quad if min(turns) > 0 and area >= LEAST_AREA else None


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Twice the area of a triangle, positive where it runs clockwise on a screen."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
