"""Which photos the figures are taken from: five classes of difficulty, every way to spoil one, and signatures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .grounds import GROUNDS
from .photos import FLAWS, Scene, good, spoilt

CLASSES = {
    "A": "plain",
    "B": "tilted to 35 degrees, any turn",
    "C": "fingers, a second card, a sleeve",
    "D": "pale on pale, ruled, patterned, printed",
    "E": "bad light",
}
PLAIN, ALIKE = ("wood", "cloth", "dark"), ("white", "ruled", "pattern", "print", "gingham", "marble")
SIDES = ("front", "back")


@dataclass(frozen=True)
class Shot:
    """One photo to be taken. `group` is a class, a flaw or "signature"."""

    group: str
    scene: Scene


def shots(seed: int, each: int) -> list[Shot]:
    """`each` good photos of every class, a sixth of that for every flaw and a third for signatures; no two alike."""
    made = [*_good(seed, each), *_spoilt(seed, max(1, each // 6))]
    chance = np.random.default_rng((seed, 23))
    for n in range(max(1, each // 3)):
        scene = Scene("signature", ("wood", "dark", "cloth")[n % 3], _number(seed, 90, n), turn=float(chance.normal(0, 12)),
                      tilt=abs(float(chance.normal(0, 8))), fill=float(chance.uniform(0.5, 0.8)),
                      light=float(chance.uniform(0.6, 1.05)), slope=float(chance.uniform(0, 0.3)),
                      noise=float(chance.uniform(0.5, 5)))  # fmt: skip
        made.append(Shot("signature", scene))
    return made


def _good(seed: int, each: int) -> Iterator[Shot]:
    for which, name in enumerate(CLASSES):
        grounds = {"A": PLAIN, "D": ALIKE}.get(name, GROUNDS)
        for n in range(each):
            side = SIDES[n // len(grounds) % 2]
            yield Shot(name, good(_number(seed, which, n), grounds[n % len(grounds)], side, name))


def _spoilt(seed: int, each: int) -> Iterator[Shot]:
    for which, flaw in enumerate(FLAWS):
        for n in range(each):
            ground = "white" if flaw == "low_contrast" else GROUNDS[(n + which) % len(GROUNDS)]
            yield Shot(flaw, spoilt(_number(seed, 10 + which, n), ground, SIDES[n % 2], flaw))


def _number(seed: int, group: int, n: int) -> int:
    return seed * 100_000 + group * 1_000 + n
