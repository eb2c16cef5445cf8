"""Four lines make a quad: which of all possible ones have edges along all four sides, and the shape of a card."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.geometry import CARD_RATIO, Floats, areas, shapes
from banli_imaging.lines import Edges

MOST_PAIRS = 300
LEAST_AREA, MOST_AREA = 0.004, 0.98
"""Shares of the picture that a card may fill."""
RUN = 15
"""Steps of two pixels over which the change across a side is compared with itself: print and weave change to and fro."""
FLOOR = 0.3
"""A change of colour (L*a*b* for each pixel) that is as likely noise as an edge."""
PAST = 0.12
"""How far beyond the corners a side is followed: a card's ends there, a ruled line does not."""


@dataclass(frozen=True, slots=True)
class Quads:
    """Candidates, best first: corners (n, 4, 2), clockwise with a long side first; scores (n,); support of each side (n, 4)."""

    corners: Floats
    scores: Floats
    support: Floats


def quads(found: Edges, among: Floats, most: int = 30) -> Quads:
    """The best quads of lines `among` (n, 4), no two of them nearly the same."""
    high, wide = found.strength.shape
    nothing = Quads(np.zeros((0, 4, 2)), np.zeros(0), np.zeros((0, 4)))
    pairs = _pairs(among, (wide, high))
    if len(pairs) < 2:
        return nothing
    one, two = _crossed(among, pairs)
    if not len(one):
        return nothing
    # Sides in the order in which they are walked: two opposite ones are 0 and 2.
    sides = np.column_stack([pairs[one, 0], pairs[two, 0], pairs[one, 1], pairs[two, 1]])
    meet = _crossings(among)
    corners = np.stack([meet[sides[:, n - 1], sides[:, n]] for n in range(4)], axis=1)
    sides, corners = well_shaped(sides, corners, (wide, high))
    if not len(sides):
        return nothing
    scores, support = supported(found, among, sides, corners)
    return distinct(corners, scores, support, most)


def nearly_parallel(among: Floats, size: tuple[int, int]) -> Floats:
    """Lines that could be opposite sides: nearly parallel and apart: (n, 2)."""
    i, j = np.triu_indices(len(among), 1)
    cosine = (among[i, :2] * among[j, :2]).sum(axis=1)
    apart = np.abs(among[i, 2] * np.sign(cosine) - among[j, 2])
    fit = (np.abs(cosine) > np.cos(np.radians(28))) & (apart > 0.04 * min(size))
    return np.column_stack([i[fit], j[fit]])


def _pairs(among: Floats, size: tuple[int, int]) -> Floats:
    """Of those the ones with the most votes."""
    i, j = nearly_parallel(among, size).T
    votes = np.sqrt(among[i, 3] * among[j, 3])
    # The best of each direction: else a ruled ground has all of them.
    along = np.degrees(np.arctan2(among[j, 1], among[j, 0])) % 180
    kept = []
    for sector in range(12):
        inside = np.nonzero(along // 15 == sector)[0]
        kept.append(inside[np.argsort(-votes[inside])[:MOST_PAIRS]])
    order = np.concatenate(kept)
    return np.column_stack([i[order], j[order]])


def _crossed(among: Floats, pairs: Floats) -> tuple[Floats, Floats]:
    """Pairs of pairs that stand across each other."""
    first, second = among[pairs[:, 0], :2], among[pairs[:, 1], :2]
    second = second * np.sign((first * second).sum(axis=1))[:, None]
    direction = first + second
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    one, two = np.nonzero(np.abs(direction @ direction.T) < np.cos(np.radians(52)))
    half = one < two
    return one[half], two[half]


def _crossings(among: Floats) -> Floats:
    """Where each two lines meet: (n, n, 2); far away where they do not."""
    a, b, c = among[:, 0], among[:, 1], among[:, 2]
    under = a[:, None] * b[None] - a[None] * b[:, None]
    under = np.where(np.abs(under) < 1e-3, np.nan, under)
    x = (c[:, None] * b[None] - c[None] * b[:, None]) / under
    y = (a[:, None] * c[None] - a[None] * c[:, None]) / under
    return np.asarray(np.nan_to_num(np.stack([x, y], axis=-1), nan=1e6))


def well_shaped(sides: Floats, corners: Floats, size: tuple[int, int], beyond: float = 0.06) -> tuple[Floats, Floats]:
    """Those that a camera could make of a card, clockwise and with a long side first; corners may lie outside of the
    picture by `beyond`, to its long side."""
    wide, high = size
    out = beyond * max(size)
    low, top = corners.min(axis=1), corners.max(axis=1)
    fit = (low > -out).all(axis=1) & (top[:, 0] < wide + out) & (top[:, 1] < high + out)
    sides, corners = sides[fit], corners[fit]
    size_of = areas(corners)
    back = size_of < 0
    # Walked the other way round: the corner between sides 3 and 0 stays first.
    corners[back] = corners[back][:, [0, 3, 2, 1]]
    sides[back] = sides[back][:, [3, 2, 1, 0]]
    edge = np.roll(corners, -1, axis=1) - corners
    turns = edge[:, :, 0] * np.roll(edge, -1, axis=1)[:, :, 1] - edge[:, :, 1] * np.roll(edge, -1, axis=1)[:, :, 0]
    fit = (np.abs(size_of) > LEAST_AREA * wide * high) & (np.abs(size_of) < MOST_AREA * wide * high) & (turns > 0).all(axis=1)
    sides, corners = sides[fit], corners[fit]
    if not len(sides):
        return sides, corners
    ratio, angle = shapes(corners, size)
    lying = ratio < 1
    corners[lying] = np.roll(corners[lying], -1, axis=1)
    sides[lying] = np.roll(sides[lying], -1, axis=1)
    ratio[lying], angle[lying] = shapes(corners[lying], size)
    fit = (np.abs(np.log(ratio / CARD_RATIO)) < 0.16) & (angle < 0.2)
    return sides[fit], corners[fit]


def supported(found: Edges, among: Floats, sides: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Scores of the quads and of their sides. Corner n begins side n; a side without a line (-1) counts as not seen."""
    sums, start, step = _along(found, among)
    normal = among[:, :2]
    along = np.column_stack([-normal[:, 1], normal[:, 0]])
    last = sums.shape[1] - 1

    def upto(line: Floats, t: Floats) -> Floats:
        return np.asarray(sums[line, np.clip(np.rint((t - start) / step).astype(int), 0, last)])

    support = np.zeros((len(sides), 4))
    for n in range(4):
        line = sides[:, n]
        t = [(corners[:, (n + k) % 4] * along[line]).sum(axis=1) for k in (0, 1)]
        low, top = np.minimum(*t), np.maximum(*t)
        long = np.maximum(top - low, 1.0)
        # The corners themselves are round: a twelfth of the side at either end is not asked.
        a, b = low + long / 12, top - long / 12
        inside = (upto(line, b) - upto(line, a)) / (b - a) * step
        past = PAST * long
        outside = np.maximum(upto(line, low) - upto(line, low - past), upto(line, top + past) - upto(line, top)) / past * step
        support[:, n] = np.where(line < 0, 0.0, inside - 0.35 * np.minimum(outside, inside))
    ordered = np.sort(support, axis=1)
    # All four sides count, the weakest most: one may be lost in light or under a finger, two may not.
    return ordered @ np.array([0.3, 0.3, 0.2, 0.2]), support


def _along(found: Edges, among: Floats) -> tuple[Floats, float, float]:
    """For each line the sums of edges across it from one end on: (n, steps), where the first step is, and its length."""
    high, wide = found.strength.shape
    reach, step = float(np.hypot(high, wide)), 2.0
    t = np.arange(-reach, reach, step)
    normal = among[:, :2]
    x = normal[:, 0:1] * among[:, 2:3] - normal[:, 1:2] * t
    y = normal[:, 1:2] * among[:, 2:3] + normal[:, 0:1] * t
    best = np.zeros(x.shape, np.float32)
    for off in (-1.5, 0.0, 1.5):
        px, py = (x + normal[:, 0:1] * off).astype(np.float32), (y + normal[:, 1:2] * off).astype(np.float32)
        x_change, y_change = (cv2.remap(part, px, py, cv2.INTER_LINEAR) for part in (found.x, found.y))
        change: Floats = x_change * normal[:, None, 0:1].astype(np.float32) + y_change * normal[:, None, 1:2].astype(np.float32)
        mean = cv2.blur(change, (RUN, 1), borderType=cv2.BORDER_REPLICATE)
        energy = cv2.blur((change * change).sum(axis=2), (RUN, 1), borderType=cv2.BORDER_REPLICATE)
        alike = (mean * mean).sum(axis=2) / (energy + FLOOR**2)
        strength = cv2.remap(found.strength, px, py, cv2.INTER_LINEAR)
        best = np.maximum(best, alike * np.clip(strength * 1.6, 0, 1))
    return np.cumsum(best, axis=1), -reach, step


def distinct(corners: Floats, scores: Floats, support: Floats, most: int) -> Quads:
    """The best of those whose corners lie in the same places, to a fortieth of the size."""
    order = np.argsort(-scores)[: most * 60]
    near = 0.025 * np.ptp(corners[order], axis=1).max(axis=1)
    places = np.rint(corners[order] / np.exp(np.rint(np.log(near) * 4) / 4)[:, None, None]).reshape(len(order), 8)
    _, first = np.unique(places, axis=0, return_index=True)
    kept = order[np.sort(first)[:most]]
    return Quads(corners[kept], scores[kept], support[kept])
