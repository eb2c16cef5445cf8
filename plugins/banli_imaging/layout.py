"""Where print must lie on a card of the second generation, and how well a picture agrees: which side it is, which way up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from banli_imaging.geometry import CARD_HIGH, CARD_RATIO, CARD_WIDE, Floats, Pixels, box, shapes

SCALE = 1.0
"""Pixels for each millimetre of the small pictures that are compared."""
SIZE = (round(CARD_WIDE * SCALE), round(CARD_HIGH * SCALE))
SIDES = ("front", "back")

# Left, top, right, bottom in millimetres and how dark: 0 paper, 1 all ink. What no box covers is paper. Print differs by
# a millimetre from card to card and its length by person, so the areas of doubt count nothing.
FRONT = (
    (6, 7, 13.6, 10.2, 0.35), (15.4, 6.6, 25, 10.6, 0.5), (6, 13.6, 13.6, 16.8, 0.35), (15.4, 13.4, 19, 17, 0.5),
    (27.2, 13.6, 34.6, 16.8, 0.3), (36.2, 13.4, 40, 17, 0.4), (6, 20, 13.6, 23.2, 0.35), (15.4, 19.8, 45.5, 23.4, 0.4),
    (6, 26.8, 13.6, 30, 0.35), (15.4, 26.5, 47.5, 30.3, 0.5), (15.4, 31, 42, 34.5, 0.4),
    (6.5, 44.6, 26, 48.2, 0.4), (29.5, 44.2, 79.5, 48.6, 0.55),
    (59, 7.5, 77, 12, 0.8), (58, 12, 78, 30, 0.55), (56.5, 30, 79, 39, 0.9),
)  # fmt: skip
FRONT_DOUBT = ((25, 6, 48, 11), (40, 13, 49, 17.5), (15, 30.5, 50, 43.4), (54.5, 5.5, 58, 40), (77.5, 5.5, 82, 40))
BACK = (
    (26.5, 8.5, 75, 13.8, 0.45), (26.5, 16.8, 78, 24.2, 0.5), (21, 39.2, 34, 42.8, 0.5), (36, 39.2, 57, 42.8, 0.5),
    (21, 45.8, 34, 49.4, 0.5), (36, 45.8, 62, 49.4, 0.45),
)  # fmt: skip
BACK_DOUBT = ((57, 38.8, 78, 43), (62, 45.4, 74, 49.8), (75, 8, 80, 25), (24, 25.5, 82, 37.5))
COARSE, FINE = (8.0, 5.0, 3.0), (1.6, 0.8, 0.4)
"""Millimetres by which corners are moved until print agrees best."""
UNLIKE = 0.5
"""How much a shape that no camera makes of a card counts against agreement."""
LEAST_INK = 2e-3
"""How much the darkness of print varies at least (its square): without it the grain of a table would count as print."""
LEAST_SHOWN, ENOUGH_SHOWN = 0.45, 0.8
"""The share of a card that must be in the photo to be compared at all, and from where on agreement counts in full."""
OTHER, BROAD, MOST_OF_SIDE, MOST_HIDDEN = 0.8, 7.0, 0.6, 0.5
"""How light to paper what lies on a card is at most; millimetres from which on it is no print; the share of a side that it
takes at most, and of the card."""
WHITE = 251
"""From which lightness on (0 to 255) nothing can be seen."""
EMBLEM = (13.1, 13.2, 8.4)
"""Middle and radius in millimetres."""
CLOTHES, PALE = (56, 30, 80, 39), 0.2
"""What people wear is most of the ink of a portrait, or nearly none of it: where it lies, and how dark it is if pale."""


RIM = np.ones((SIZE[1], SIZE[0]), bool)
"""The outermost pixels of a small picture."""
RIM[1:-1, 1:-1] = False


@cache
def expected() -> tuple[Floats, Floats]:
    """Of a front, a back, and a front with somebody in pale clothes: the darkness that is expected and how much it counts,
    (3, high, wide) each."""
    maps, weights = np.zeros((2, SIZE[1], SIZE[0]), np.float32), np.ones((2, SIZE[1], SIZE[0]), np.float32)
    for side, boxes, doubts in ((0, FRONT, FRONT_DOUBT), (1, BACK, BACK_DOUBT)):
        for x0, y0, x1, y1, dark in boxes:
            maps[side, _px(y0) : _px(y1), _px(x0) : _px(x1)] = dark
        for x0, y0, x1, y1 in doubts:
            weights[side, _px(y0) : _px(y1), _px(x0) : _px(x1)] = 0.1
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] / SCALE
    maps[1][np.hypot(x - EMBLEM[0], y - EMBLEM[1]) < EMBLEM[2]] = 0.8
    for side in range(2):
        maps[side] = cv2.GaussianBlur(maps[side], (0, 0), 1.0 * SCALE)
        # The outermost millimetres are the edge's own: shadow and ground may show there.
        frame = np.zeros_like(weights[side])
        frame[2:-2, 2:-2] = 1
        weights[side] *= frame
    x0, y0, x1, y1 = (_px(mm) for mm in CLOTHES)
    pale = maps[0].copy()
    pale[y0:y1, x0:x1] = np.minimum(pale[y0:y1, x0:x1], PALE)
    return np.stack([*maps, pale]), np.stack([*weights, weights[0]])


def _px(mm: float) -> int:
    return round(mm * SCALE)


def ink(cards: Pixels) -> Floats:
    """How much darker than the paper around, 0 to 1: (n, high, wide, 3) to (n, high, wide)."""
    light = darkest(cards).astype(np.float32)
    n, high, wide = light.shape
    # Paper is what is light in each sixth of the card; light falls off slowly.
    blocks = np.empty((n, 2, 3), np.float32)
    for row in range(2):
        for column in range(3):
            part = light[:, row * high // 2 : (row + 1) * high // 2, column * wide // 3 : (column + 1) * wide // 3]
            blocks[:, row, column] = np.percentile(part[:, ::2, ::2].reshape(n, -1), 75, axis=1)
    usual = np.median(blocks.reshape(n, -1), axis=1)[:, None, None]
    blocks = np.clip(blocks, usual * 0.6, usual * 1.5)
    paper = np.stack([cv2.resize(block, (wide, high), interpolation=cv2.INTER_LINEAR) for block in blocks])
    return np.clip((paper - light) / np.maximum(paper, 8) / 0.55, 0, 1)


def darkest(cards: Pixels) -> Pixels:
    return np.minimum(np.minimum(cards[..., 0], cards[..., 1]), cards[..., 2])


def hidden(cards: Pixels, most_of_side: float = MOST_OF_SIDE, most: float = MOST_HIDDEN) -> Pixels:
    """What lies over each small picture (n, high, wide, 3) from outside, as fingers do: pieces that reach the rim, are darker
    or more coloured than paper and broader than any print (n, high, wide). Not what takes `most_of_side`: that is ground;
    nor more than `most` of all."""
    light = darkest(cards)
    n, high, wide = light.shape
    paper = np.percentile(light.reshape(n, -1)[:, ::5], 75, axis=1)[:, None, None]
    other = (light < OTHER * paper).astype(np.uint8)
    broad = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_px(BROAD), _px(BROAD)))
    made = np.zeros((n, high, wide), bool)
    for k in np.nonzero(other[:, RIM].mean(axis=1) > 0.02)[0]:
        # Nothing lies beyond the rim: a narrow strip of ground along a side is no finger.
        framed = cv2.copyMakeBorder(other[k], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        opened = cv2.morphologyEx(framed, cv2.MORPH_OPEN, broad, borderType=cv2.BORDER_CONSTANT, borderValue=0)[1:-1, 1:-1]
        count, pieces = cv2.connectedComponents(opened)
        for piece in range(1, count):
            over = pieces == piece
            along = [over[0].mean(), over[-1].mean(), over[:, 0].mean(), over[:, -1].mean()]
            if 0 < max(along) < most_of_side:
                made[k] |= over
        if made[k].mean() > most:
            made[k] = False
    return made


def redness(cards: Pixels) -> Floats:
    """How much redder than grey, 0 to 1: (n, high, wide, 3) to (n, high, wide)."""
    parts = cards.astype(np.float32)
    return np.clip((parts[..., 2] - np.maximum(parts[..., 0], parts[..., 1])) / np.maximum(parts[..., 2], 30) / 0.5, 0, 1)


def match(cards: Pixels, shown: Floats | None = None, least: float | None = None) -> Floats:
    """For small pictures (n, high, wide, 3) of `SIZE`: how well each agrees with front, front upside down, back, and
    back upside down: (n, 4), at most 1. Where not all of a card is in the photo, `shown` (n, high, wide) is 0 there: what
    is not shown is not compared, and agreement counts the less the less is shown; or all of it, from `least` shown on."""
    dark = ink(cards)
    dark = np.stack([cv2.GaussianBlur(part, (0, 0), 1.0 * SCALE) for part in dark])
    maps, weights = expected()
    scores = np.zeros((len(cards), 4))
    for side in range(2):
        likely = maps[side::2]
        for turn in range(2):
            seen = dark[:, ::-1, ::-1] if turn else dark
            if shown is None:
                scores[:, side * 2 + turn] = _most_alike(seen, likely, weights[side])
                continue
            weight = weights[side] * (shown[:, ::-1, ::-1] if turn else shown)
            share = weight.sum(axis=(1, 2)) / weights[side].sum()
            for n in np.nonzero(share > (LEAST_SHOWN if least is None else least))[0]:
                alike = float(_most_alike(seen[n : n + 1], likely, weight[n])[0])
                scores[n, side * 2 + turn] = alike * (min(1.0, float(share[n]) / ENOUGH_SHOWN) if least is None else 1.0)
    return scores


def clutter(cards: Pixels, shown: Floats | None = None) -> Floats:
    """How much is drawn on the blank rim of each small picture (n, high, wide, 3), 0 to 1: (n,). A quad that is too
    large has lines, grain or print of the ground in it. `shown` as for `match`."""
    light = darkest(cards)
    kernel = np.ones((7, 7), np.uint8)
    drawn = np.stack([cv2.morphologyEx(part, cv2.MORPH_BLACKHAT, kernel) for part in light]).astype(np.float32)
    paper = np.percentile(light.reshape(len(light), -1)[:, ::5], 75, axis=1)[:, None, None]
    marked = np.clip((drawn / np.maximum(paper, 8) - 0.03) / 0.05, 0, 1)
    rim = np.zeros((SIZE[1], SIZE[0]), bool)
    rim[_px(1) : -_px(1), _px(1) : -_px(1)] = True
    rim[_px(4) : -_px(4), _px(4.2) : -_px(3)] = False
    if shown is not None:
        marked = marked * shown
    return np.asarray(marked[:, rim].mean(axis=1))


def align(image: Pixels, quad: Floats, which: int) -> tuple[Floats, float]:
    """Moves the corners of `quad` (4, 2), whose print is known to agree somewhat with `which` of `match`, until it
    agrees best; and how well that is. Hill climbing: the whole quad is shifted, turned and stretched, then its corners."""
    over = 0.25
    wide, high = SIZE
    around = np.array([[-over * wide, -over * high], [(1 + over) * wide, -over * high],
                       [(1 + over) * wide, (1 + over) * high], [-over * wide, (1 + over) * high]])  # fmt: skip
    to_image = cv2.getPerspectiveTransform(
        np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32), quad.astype(np.float32)
    )
    outer = cv2.perspectiveTransform(around[None], to_image)[0]
    size = (round(wide * (1 + 2 * over)), round(high * (1 + 2 * over)))
    scene = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(
            outer.astype(np.float32), np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
        ),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    back = cv2.getPerspectiveTransform(
        np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32), outer.astype(np.float32)
    )
    dark = cv2.GaussianBlur(ink(scene[None])[0], (0, 0), 1.0 * SCALE)
    side, turned = divmod(which, 2)
    here = box(wide, high) + np.array([over * wide, over * high])
    best, even = -1.0, dark[: size[1] // 2 * 2, : size[0] // 2 * 2]
    for steps, less in ((COARSE, 2), (FINE, 1)):
        # Half as many pixels each way tell as well whether a move of millimetres is one to the better.
        seen = dark if less == 1 else np.asarray(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        asked = _Asked(seen, *_wanted(side, turned, less), less, back, (image.shape[1], image.shape[0]))
        best = float(asked.agreement(here[None])[0])
        for step in steps:
            for _ in range(6):
                moves = _moves(here, step)
                scores = asked.agreement(moves)
                n = int(np.argmax(scores))
                if scores[n] <= best + 1e-4:
                    break
                here, best = moves[n], float(scores[n])
    return cv2.perspectiveTransform(here[None].astype(np.float64), back)[0], best


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What `align` compares: the darkness that is `seen` around a card, 1 / `less` as large; what may be `wanted` of one
    (n, high, wide), with its weight; and the way `back` to the picture of `size`."""

    seen: Floats
    wanted: Floats
    weight: Floats
    less: int
    back: Floats
    size: tuple[int, int]

    def agreement(self, corners: Floats) -> Floats:
        """Of quads (n, 4, 2) in the coordinates of the scene: (n,)."""
        high, wide = self.weight.shape
        square = box(wide, high).astype(np.float32)
        smaller = (corners / self.less).astype(np.float32)
        views = [cv2.getPerspectiveTransform(one, square) for one in smaller]
        seen = np.stack([cv2.warpPerspective(self.seen, view, (wide, high), flags=cv2.INTER_LINEAR) for view in views])
        placed = cv2.perspectiveTransform(corners.reshape(1, -1, 2).astype(np.float64), self.back).reshape(-1, 4, 2)
        ratio, angle = shapes(placed, self.size)
        return _most_alike(seen, self.wanted, self.weight) - UNLIKE * (
            np.abs(np.log(np.maximum(ratio, 0.01) / CARD_RATIO)) + angle
        )


@cache
def _wanted(side: int, turned: int, less: int) -> tuple[Floats, Floats]:
    """Of one side, upright or upside down, all that may be expected (n, high, wide) and how much it counts (high, wide),
    1 / `less` as large."""
    maps, weights = expected()
    made = [one[::-1, ::-1] if turned else one for one in (*maps[side::2], weights[side])]
    if less > 1:
        size = (SIZE[0] // less, SIZE[1] // less)
        made = [np.asarray(cv2.resize(np.ascontiguousarray(one), size, interpolation=cv2.INTER_AREA)) for one in made]
    return np.stack(made[:-1]), made[-1]


def _moves(quad: Floats, step: float) -> Floats:
    middle = quad.mean(axis=0)
    moves = []
    for sign in (-step, step):
        moves += [quad + np.array((sign, 0)), quad + np.array((0, sign))]
        by = quad - middle
        moves += [quad + by * (sign / 60, 0), quad + by * (0, sign / 40), quad + by[:, ::-1] * (-sign / 60, sign / 60)]
        moves += [quad + by * (sign / 60, sign / 60)]
        for corner in range(4):
            for axis in range(2):
                moved = quad.copy()
                moved[corner, axis] += sign
                moves.append(moved)
        for n in range(4):
            # One side as a whole.
            moved = quad.copy()
            moved[[n, (n + 1) % 4], 1 if n % 2 == 0 else 0] += sign
            moves.append(moved)
    return np.array(moves)


def _most_alike(seen: Floats, likely: Floats, weight: Floats) -> Floats:
    """The best of `_alike` for all that is `likely` (m, high, wide): (n,)."""
    return np.asarray(np.max([_alike(seen, one, weight) for one in likely], axis=0))


def _alike(seen: Floats, expected: Floats, weight: Floats) -> Floats:
    """Weighted correlation of each picture (n, high, wide) with what is expected: (n,)."""
    share = (weight / weight.sum()).ravel()
    flat = seen.reshape(len(seen), -1)
    a = flat - (flat @ share)[:, None]
    b = expected.ravel() - float(expected.ravel() @ share)
    both = (a * b) @ share
    return np.asarray(both / np.sqrt(np.maximum((a * a) @ share, LEAST_INK) * float((b * b) @ share)))
