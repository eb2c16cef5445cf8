"""What cards lie on: wood, cloth, ruled paper, a white desk, something dark, a pattern, print, gingham, marble, clutter."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from .cards import SANS, Pixels, font

GROUNDS = ("wood", "cloth", "ruled", "white", "dark", "pattern", "print", "gingham", "marble", "clutter")
SIDE = 2600
"""Pixels of a square ground, at `PER_MM` for each millimetre."""
PER_MM = 9


def ground(kind: str, chance: np.random.Generator) -> Pixels:
    """A square of the ground as it lies, BGR."""
    made = {"wood": _wood, "cloth": _cloth, "ruled": _ruled, "white": _white, "dark": _dark, "pattern": _pattern,
            "print": _print, "gingham": _gingham, "marble": _marble, "clutter": _clutter}[kind](chance)  # fmt: skip
    return np.clip(made, 0, 255).astype(np.uint8)


def _noise(chance: np.random.Generator, across: tuple[int, int]) -> np.ndarray:
    """Smooth noise around 0 with a spread of about 1, made from a grid of `across` values."""
    small = chance.normal(0, 1, across).astype(np.float32)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _wood(chance: np.random.Generator) -> np.ndarray:
    base = chance.uniform((40, 70, 110), (120, 165, 210)).astype(np.float32)
    y = np.arange(SIDE, dtype=np.float32)[:, None] / SIDE
    rings = np.sin(y * chance.uniform(60, 200) + 4 * _noise(chance, (6, 3)))
    fine = _noise(chance, (900, 8))
    made = base + (rings * chance.uniform(4, 16) + fine * chance.uniform(3, 8))[..., None]
    for at in range(0, SIDE, int(chance.integers(700, 1300))):
        made[at : at + 6] *= 0.55
    return made


def _cloth(chance: np.random.Generator) -> np.ndarray:
    base = chance.uniform((40, 40, 40), (225, 215, 215)).astype(np.float32)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    pitch = chance.uniform(5, 11)
    weave = np.sin(x * 6.28 / pitch) * np.sin(y * 6.28 / pitch)
    made = base + (weave * chance.uniform(4, 14) + _noise(chance, (9, 9)) * chance.uniform(3, 9))[..., None]
    return made + chance.normal(0, 4, (SIDE, SIDE, 1)).astype(np.float32)


def _ruled(chance: np.random.Generator) -> np.ndarray:
    made = np.full((SIDE, SIDE, 3), chance.uniform(228, 250), np.float32)
    colour = chance.uniform((120, 90, 80), (220, 190, 190))
    step, thick = int(chance.uniform(6, 9) * PER_MM), int(chance.integers(2, 5))
    for at in range(0, SIDE, step):
        made[at : at + thick] = colour
        if chance.random() < 0.3 and step < 60:
            made[:, at : at + thick] = colour
    made[:, 260:265] = (110, 110, 215)
    return made + _noise(chance, (60, 60))[..., None]


def _white(chance: np.random.Generator) -> np.ndarray:
    base = chance.uniform((226, 228, 226), (247, 247, 247)).astype(np.float32)
    grain = chance.normal(0, chance.uniform(0.5, 2), (SIDE, SIDE, 1)).astype(np.float32)
    return base + grain + (_noise(chance, (5, 5)) * 2)[..., None]


def _dark(chance: np.random.Generator) -> np.ndarray:
    base = chance.uniform((12, 12, 12), (70, 65, 65)).astype(np.float32)
    return base + (_noise(chance, (400, 400)) * 3 + _noise(chance, (5, 5)) * 4)[..., None]


def _pattern(chance: np.random.Generator) -> np.ndarray:
    step = int(chance.uniform(8, 26) * PER_MM)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    one, two = chance.uniform((60, 60, 60), (250, 250, 250), (2, 3)).astype(np.float32)
    if chance.random() < 0.5:
        mixed = ((x // step % 2) + (y // step % 2)).astype(np.float32)[..., None] / 2
        return one + (two - one) * mixed
    made = np.broadcast_to(one, (SIDE, SIDE, 3)).copy()
    for _ in range(90):
        at, size = chance.integers(0, SIDE, 2), int(chance.integers(20, 130))
        cv2.circle(made, tuple(int(v) for v in at), size, chance.uniform((60, 60, 60), (250, 250, 250)).tolist(), -1, cv2.LINE_AA)
    return made


def _print(chance: np.random.Generator) -> np.ndarray:
    image = Image.new("RGB", (SIDE, SIDE), (240, 240, 236))
    on = ImageDraw.Draw(image)
    letters = "样本文字仅供测试之用期货合约说明交易规则客户须知"
    face = font(SANS, 2.4)
    for y in range(30, SIDE, int(chance.integers(52, 90))):
        line = "".join(chance.choice(list(letters), 70))
        on.text((60, y), line, (60, 60, 60), face)
    return np.asarray(image).astype(np.float32)


def _gingham(chance: np.random.Generator) -> np.ndarray:
    """Soft bands across each other, with the threads of the cloth."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    pitch = chance.uniform(7, 20) * PER_MM
    bands = [1 / (1 + np.exp(-np.sin(at * 6.283 / pitch) * 9)) for at in (x, y)]
    pale, deep = chance.uniform(225, 248, 3).astype(np.float32), chance.uniform((60, 60, 60), (200, 200, 200)).astype(np.float32)
    threads = np.sin((x + y) * 6.283 / chance.uniform(5, 9)) * chance.uniform(2, 6)
    return pale + (deep - pale) * ((bands[0] + bands[1]) / 2)[..., None] + threads[..., None]


def _marble(chance: np.random.Generator) -> np.ndarray:
    """Pale stone with dark veins."""
    base = chance.uniform((205, 205, 205), (245, 245, 245)).astype(np.float32)
    cloud = _noise(chance, (4, 4)) + 0.5 * _noise(chance, (11, 11)) + 0.25 * _noise(chance, (30, 30))
    veins = np.exp(-np.abs(np.sin(cloud * chance.uniform(1.5, 3))) * chance.uniform(9, 20))
    return base - (veins * chance.uniform(25, 90) + cloud * 3)[..., None] * chance.uniform(0.8, 1.0, 3).astype(np.float32)


def _clutter(chance: np.random.Generator) -> np.ndarray:
    """A desk with sheets, notes and pens on it: straight edges in every direction."""
    made = np.broadcast_to(chance.uniform((90, 100, 110), (200, 205, 215)), (SIDE, SIDE, 3)).astype(np.float32).copy()
    for _ in range(26):
        middle, turn = chance.uniform(0, SIDE, 2), chance.uniform(0, 180)
        size = chance.uniform((15, 15), (110, 80)) * PER_MM if chance.random() < 0.7 else np.array((130.0, 9.0)) * PER_MM
        corners = cv2.boxPoints((tuple(middle), tuple(size), turn)).astype(np.int32)
        cv2.fillConvexPoly(made, corners, chance.uniform((40, 40, 40), (250, 250, 250)).tolist(), cv2.LINE_AA)
    return made + chance.normal(0, 1.5, (SIDE, SIDE, 1)).astype(np.float32)
