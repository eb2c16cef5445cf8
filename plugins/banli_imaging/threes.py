"""Three lines make a quad where the fourth side of a card is not seen: pale on pale, in the dark, under a hand."""

from __future__ import annotations

import numpy as np

from banli_imaging.geometry import CARD_RATIO, Floats
from banli_imaging.lines import Edges
from banli_imaging.quads import Quads, distinct, nearly_parallel, supported, well_shaped

FOCAL = 0.95
"""Of a phone, to the long side of its picture. The fourth side depends on it little: it is fitted to what is seen later."""
SLACK = 1.13
"""The camera is not known, nor whether the picture was cut: the fourth side is also tried this much nearer and farther."""
AMONG = 32
"""So many of the strongest lines are tried."""
BEYOND = 0.45
"""How far corners may lie outside of the picture, to its long side: a card may be cut off."""
LEAST_SEEN = 0.12
"""How much of each of the three sides must be an edge."""


def threes(found: Edges, among: Floats, most: int = 30) -> Quads:
    """The best quads of two opposite sides and one across, each closed as far away as a card is long or high."""
    nothing = Quads(np.zeros((0, 4, 2)), np.zeros(0), np.zeros((0, 4)))
    among = among[:AMONG]
    pairs = nearly_parallel(among, found.size)
    if not len(pairs):
        return nothing
    n = len(among)
    one, other, across = np.repeat(pairs[:, 0], n), np.repeat(pairs[:, 1], n), np.tile(np.arange(n), len(pairs))
    steep = np.abs((among[one, :2] * among[across, :2]).sum(axis=1)) < np.cos(np.radians(52))
    one, other, across = one[steep], other[steep], across[steep]
    corners, sides = _closed(among, one, other, across, found.size)
    sides, corners = well_shaped(sides, corners, found.size, BEYOND)
    if not len(sides):
        return nothing
    scores, support = supported(found, among, sides, corners)
    seen = np.sort(support, axis=1)[:, 1] > LEAST_SEEN
    return distinct(corners[seen], scores[seen], support[seen], most)


def _closed(among: Floats, one: Floats, other: Floats, across: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Corners (n, 4, 2), and the line of each side (n, 4), -1 where there is none. Corner k begins side k.

    Lines are seen as planes through the camera. The two opposite sides run along where their planes meet; what stands
    at right angles to them lies in the plane of the third. So the sheet's two directions are known, and with the length
    of the third side that of the others.
    """
    long = FOCAL * max(size)
    middle = np.array(size) / 2
    planes = np.column_stack([among[:, :2], (among[:, :2] @ middle - among[:, 2]) / long])
    along = _unit(np.cross(planes[one], planes[other]))
    up = _unit(np.cross(planes[across], along))
    begin, end = np.cross(planes[across], planes[one]), np.cross(planes[across], planes[other])
    begin, end = _forward(begin), _forward(end)
    # begin + length * up is on the ray through end.
    beside = np.cross(up, end)
    length = -(np.cross(begin, end) * beside).sum(axis=1) / np.maximum((beside * beside).sum(axis=1), 1e-12)
    far = begin + length[:, None] * up
    made, used = [], []
    nothing = np.full(len(one), -1)
    for ratio in (CARD_RATIO, 1 / CARD_RATIO):
        for by in (-1 / SLACK, -1, -SLACK, 1 / SLACK, 1, SLACK):
            step = by * ratio * np.abs(length)[:, None] * along
            points = np.stack([begin, far, far + step, begin + step], axis=1)
            seen = points[..., :2] / np.where(np.abs(points[..., 2:]) < 1e-6, 1e-6, points[..., 2:]) * long + middle
            behind = (points[..., 2] <= 0).any(axis=1)
            seen[behind] = -1e6
            made.append(seen)
            used.append(np.column_stack([across, other, nothing, one]))
    return np.concatenate(made), np.concatenate(used)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None])


def _forward(rays: Floats) -> Floats:
    """Of a ray's two directions that away from the camera, one long side of the picture ahead."""
    depth = np.where(np.abs(rays[:, 2]) < 1e-9, 1e-9, rays[:, 2])
    return np.asarray(rays / depth[:, None])
