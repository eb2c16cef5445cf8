"""Edges in colour, and the straight lines that many of them lie on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.geometry import Floats, Pixels

STEP = 2.0
"""Pixels from one distance of the Hough space to the next; its angles are a degree apart."""
LEAST = 0.42
WINDOW = 31


@dataclass(frozen=True, slots=True)
class Edges:
    """Of each pixel: how much the three channels change along x and y (high, wide, 3); the strength of the change to
    what is usual around (0 to 1); its direction as a unit vector of either sign; whether it is the strongest across the edge."""

    x: Floats
    y: Floats
    strength: Floats
    across: tuple[Floats, Floats]
    crest: Floats

    @property
    def size(self) -> tuple[int, int]:
        """Wide, high."""
        return self.x.shape[1], self.x.shape[0]


def edges(image: Pixels, smooth: float = 1.2) -> Edges:
    """The gradient of all three channels together, as S. Di Zenzo ("A note on the gradient of a multi-image", 1986)."""
    lab: Floats = cv2.cvtColor(image, cv2.COLOR_BGR2LAB).astype(np.float32)
    # Chroma has a smaller range and, in a JPEG, less detail; a pale card on pale cloth differs in little else.
    lab[..., 1:] *= 1.5
    lab = cv2.GaussianBlur(lab, (0, 0), smooth)
    gx = cv2.Scharr(lab, cv2.CV_32F, 1, 0, scale=1 / 32)
    gy = cv2.Scharr(lab, cv2.CV_32F, 0, 1, scale=1 / 32)
    xx, yy, xy = (gx * gx).sum(axis=2), (gy * gy).sum(axis=2), (gx * gy).sum(axis=2)
    size = np.sqrt(0.5 * (xx + yy + np.sqrt((xx - yy) ** 2 + 4 * xy * xy)))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    nx, ny = np.cos(angle), np.sin(angle)
    usual = cv2.blur(np.minimum(size, 4.0), (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT)
    least = max(0.3, float(np.percentile(size, 20)))
    strength = size / (size + usual + least)
    y, x = np.mgrid[0 : size.shape[0], 0 : size.shape[1]].astype(np.float32)
    ahead = cv2.remap(size, x + nx, y + ny, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    behind = cv2.remap(size, x - nx, y - ny, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Edges(gx, gy, strength, (nx, ny), (size >= ahead) & (size >= behind))


def lines(found: Edges, most: int = 60) -> Floats:
    """The straight lines with the most edges on them: (n, 4) of the normal's x and y, the distance from 0, 0 and the
    votes. In two rounds: what the lines of the first explain does not vote in the second, so that the pale side of a
    card is seen between the ruled lines that run beside it."""
    ys, xs = np.nonzero(found.crest & (found.strength > LEAST))
    if not len(xs):
        return np.zeros((0, 4))
    weight = found.strength[ys, xs] - 0.3
    nx, ny = found.across[0][ys, xs], found.across[1][ys, xs]
    first = _voted(xs, ys, nx, ny, weight, found.size, most)
    free = np.ones(len(xs), bool)
    for line in first[: most // 2]:
        free &= (np.abs(xs * line[0] + ys * line[1] - line[2]) > 2.5) | (np.abs(nx * line[0] + ny * line[1]) < 0.99)
    second = _voted(xs[free], ys[free], nx[free], ny[free], weight[free], found.size, most)
    return np.vstack([first, second])


def _voted(xs: Floats, ys: Floats, nx: Floats, ny: Floats, weight: Floats, size: tuple[int, int], most: int) -> Floats:
    """Each edge votes for lines across its own direction only (D. H. Ballard, 1981)."""
    angle = np.degrees(np.arctan2(ny, nx)) % 180
    middle = int(np.hypot(*size) / STEP) + 2
    rows = 2 * middle + 1
    votes = np.zeros(180 * rows)
    first = np.floor(angle).astype(int)
    for shift in range(-3, 5):
        theta = first + shift
        share = np.exp(-0.5 * ((theta - angle) / 2.0) ** 2) * weight
        radians = np.radians(theta)
        rho = xs * np.cos(radians) + ys * np.sin(radians)
        rho = np.where((theta < 0) | (theta >= 180), -rho, rho)
        at = (theta % 180) * rows + np.rint(rho / STEP).astype(int) + middle
        votes += np.bincount(at, share, 180 * rows)
    space = votes.reshape(180, rows).astype(np.float32)
    # The angles go round: beyond 179 degrees come those from 0 on, with the distance negated.
    around = cv2.GaussianBlur(np.vstack([space[-6:, ::-1], space, space[:6, ::-1]]), (0, 0), 0.8)
    crest = cv2.dilate(around, np.ones((5, 5), np.uint8))
    inner = around[6:-6]
    t, r = np.nonzero((inner >= crest[6:-6]) & (inner > 0))
    order = np.argsort(-inner[t, r])[:most]
    t, r = t[order], r[order]
    radians = np.radians(t)
    return np.column_stack([np.cos(radians), np.sin(radians), (r - middle) * STEP, inner[t, r]])
