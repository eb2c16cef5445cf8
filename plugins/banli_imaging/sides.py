"""The exact place of a card's four sides, once it is known within a few millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from banli_imaging.geometry import Floats

SAMPLES = 120
BLOCK = 12
"""Samples along a side over which the change of colour must be of one kind."""
ENDS = 0.07
"""The share of a side at either end that belongs to the round corner."""
FLOOR = 0.35
"""A change of colour (L*a*b* for each pixel) that is as likely noise as an edge."""

COARSE = 3
"""So many slants lie between those that are tried first: an edge is wider than that."""
FAINTER = 0.35
"""How strong another edge must be to the strongest one, to be thought of at all."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The corners (4, 2), and of each side how much of it is an edge (0 to 1)."""

    quad: Floats
    support: Floats


@dataclass(frozen=True, slots=True)
class _Edge:
    """A straight edge near a side: two points on it, and how much of it is seen (0 to 1)."""

    a: Floats
    b: Floats
    support: float


def fit(lab: Floats, quad: Floats, reach: float) -> Fit:
    """Moves each side to the strongest straight edge within `reach` pixels, both ends on their own; then the sides
    are made to meet. `lab` is smoothed L*a*b* (high, wide, 3)."""
    return fits(lab, quad, reach, 1)[0]


def fits(lab: Floats, quad: Floats, reach: float, choices: int) -> list[Fit]:
    """The same where it is not clear which edge is the card's: all quads of the `choices` strongest for each side, the
    strongest of all first."""
    near = [_edges(lab, quad[n], quad[(n + 1) % 4], reach, choices) for n in range(4)]
    made = []
    for sides in product(*near):
        lines = [_line(side.a, side.b) for side in sides]
        corners = np.array([_meet(lines[n - 1], lines[n]) for n in range(4)])
        if np.isfinite(corners).all() and np.abs(corners - quad).max() < 4 * reach + 2:
            made.append(Fit(corners, np.array([side.support for side in sides])))
    return made or [Fit(quad, np.zeros(4))]


def _edges(lab: Floats, a: Floats, b: Floats, reach: float, most: int) -> list[_Edge]:
    along = b - a
    places = a + along * np.array([[0.25], [0.5], [0.75]])
    outside = (places < 0) | (places > np.array([lab.shape[1], lab.shape[0]]) - 1)
    if outside.any(axis=1).all():
        # There is nothing to be seen of this side.
        return [_Edge(a, b, 0.0)]
    long = float(np.linalg.norm(along))
    # Outside is to the left of the way from a to b: the corners run clockwise and y points down.
    out = np.array((along[1], -along[0])) / max(long, 1e-6)
    step = max(reach / 20, 0.4)
    offsets = np.arange(-2 * reach, 2 * reach + step / 2, step)
    t = np.linspace(ENDS, 1 - ENDS, SAMPLES)
    at = a + along * t[:, None]
    x = (at[:, 0:1] + out[0] * offsets).astype(np.float32)
    y = (at[:, 1:2] + out[1] * offsets).astype(np.float32)
    strip = cv2.remap(lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    far = max(1, round(1.0 / step))
    strip = cv2.blur(strip, (max(1, far), 1), borderType=cv2.BORDER_REPLICATE)
    change = np.zeros_like(strip)
    change[:, far:-far] = (strip[:, 2 * far :] - strip[:, : -2 * far]) / (2 * far * step)
    usual = float(np.sqrt((change**2).sum(axis=2)).mean())
    half = len(offsets) // 4
    middle = np.arange(half, len(offsets) - half)
    rows = np.arange(SAMPLES)[:, None]
    flat = np.concatenate([change, (change**2).sum(axis=2, keepdims=True)], axis=2).reshape(-1, 4)
    slants = np.linspace(-reach, reach, 2 * round(reach / step) // 2 + 1)
    table = np.full((len(slants), len(middle)), -1.0)

    def score(k: int) -> None:
        if table[k, 0] >= 0:
            return
        shift = np.rint((t - 0.5) * slants[k] / step).astype(int)
        places = np.clip(middle[None] + shift[:, None], 0, len(offsets) - 1) + rows * len(offsets)
        sheared = flat.take(places, axis=0).reshape(SAMPLES // BLOCK, BLOCK, len(middle), 4)
        mean = sheared.mean(axis=1)
        power = (mean[..., :3] ** 2).sum(axis=2)
        size = np.sqrt(power)
        table[k] = (power / (mean[..., 3] + FLOOR**2) * size / (size + usual + 0.2)).mean(axis=0)

    # First every few slants, then those beside the best ones.
    for k in range(0, len(slants), COARSE):
        score(k)
    for k in np.argsort(-table.max(axis=1))[: 1 if most == 1 else 2 * most]:
        for near in range(max(0, k - COARSE + 1), min(len(slants), k + COARSE)):
            score(near)
    found: list[_Edge] = []
    apart = max(1, round(0.25 * reach / step))
    while len(found) < most:
        k, m = (int(one) for one in np.unravel_index(int(np.argmax(table)), table.shape))
        seen = float(table[k, m])
        if found and seen < FAINTER * found[0].support:
            break
        offset, slant = float(offsets[middle[m]]), float(slants[k])
        if 0 < m < table.shape[1] - 1:
            before, here, after = table[k, m - 1 : m + 2]
            offset += step * 0.5 * float(np.clip((before - after) / min(before - 2 * here + after, -1e-9), -1, 1))
        found.append(_Edge(a + out * (offset - slant / 2), b + out * (offset + slant / 2), seen))
        # The same edge a little aside or aslant is no other one.
        gap = np.abs(offsets[middle][None] - offset) + np.abs(slants[:, None] - slant) / 2
        table = np.where(gap < 2 * apart * step, 0.0, table)
    return found


def _line(a: Floats, b: Floats) -> tuple[float, float, float]:
    return float(a[1] - b[1]), float(b[0] - a[0]), float(a[0] * b[1] - b[0] * a[1])


def _meet(one: tuple[float, float, float], two: tuple[float, float, float]) -> Floats:
    under = one[0] * two[1] - two[0] * one[1]
    if abs(under) < 1e-9:
        return np.array((np.nan, np.nan))
    return np.array(((one[1] * two[2] - two[1] * one[2]) / under, (two[0] * one[2] - one[0] * two[2]) / under))
