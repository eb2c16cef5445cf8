"""Edges in colour, and the straight lines that many of them lie on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.geometry import Floats, Pixels

STEP = 2.0
"""Pixels from one distance of the Hough space to the next; its angles are a degree apart."""
LEAST, STRAIGHT, NOISE = 0.3, 0.4, 0.3
"""How strong and how straight an edge must be to vote; the change of colour that is as likely noise as an edge."""
REACH, ALONG = 15.0, 11
"""Pixels to either side along an edge over which it is asked whether it goes on, and in how many places."""
LEAST_VOTES = 2.0
STRONG = 2.0
"""A change of colour (L*a*b* for each pixel) that counts in full; a quarter of it counts half."""
SECTOR, MOST_ALIKE = 30, 28
"""Degrees, and how many lines of one such range of directions: grain, rules and weave have hundreds."""
WINDOW = 31
STROKE = 7
"""Pixels: what is narrower is a stroke (a millimetre and a half of a card that fills half of the picture)."""


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
    xx, yy, xy = (np.einsum("ijk,ijk->ij", one, other) for one, other in ((gx, gx), (gy, gy), (gx, gy)))
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


def plain(image: Pixels) -> Pixels:
    """The picture without thin strokes, dark or light: print, ruled lines and grain are gone, the edges of what is wider
    stay where they are."""
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STROKE, STROKE))
    closed = cv2.morphologyEx(image, cv2.MORPH_CLOSE, round_)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, round_))


def lines(found: Edges, most: int = 40) -> Floats:
    """The straight lines with the most edges on them: (n, 4) of the normal's x and y, the distance from 0, 0 and the
    votes. The line with the most votes is fitted to its edges and these no longer vote: so a long strong edge gives one
    line and not a sheaf, and the pale side of a card is seen between the ruled lines that run beside it."""
    ys, xs = np.nonzero(found.crest & (found.strength > LEAST))
    # Fainter than this it could not be straight enough.
    power = (found.x[ys, xs] ** 2).sum(axis=1) + (found.y[ys, xs] ** 2).sum(axis=1)
    seen = power > STRAIGHT * NOISE**2
    ys, xs, power = ys[seen], xs[seen], power[seen]
    nx, ny = found.across[0][ys, xs], found.across[1][ys, xs]
    alike = straightness(found, xs, ys, nx, ny)
    kept = alike > STRAIGHT
    xs, ys, nx, ny = xs[kept], ys[kept], nx[kept], ny[kept]
    # The grain of wood is as straight as a card's side, but fainter.
    alike = np.minimum(alike[kept], 1.0) * np.sqrt(np.sqrt(np.minimum(power[kept], STRONG**2)) / STRONG)
    if not len(xs):
        return np.zeros((0, 4))
    rows, middle, places, shares = _votes(xs, ys, nx, ny, alike, found.size)
    space = np.bincount(places.ravel(), shares.ravel(), 180 * rows)
    free = np.ones(len(xs), bool)
    made: list[tuple[float, float, float, float]] = []
    like = np.zeros(180 // SECTOR, int)
    while len(made) < most:
        best = int(np.argmax(space))
        if space[best] < LEAST_VOTES:
            break
        theta, rho = np.radians(best // rows), (best % rows - middle) * STEP
        normal = np.array((np.cos(theta), np.sin(theta)))
        on = free & _near(xs, ys, nx, ny, normal, rho, 3.0)
        if on.any():
            normal, rho = _fitted(xs[on], ys[on], alike[on])
            on |= free & _near(xs, ys, nx, ny, normal, rho, 2.0)
            made.append((float(normal[0]), float(normal[1]), rho, float(alike[on].sum())))
            like[best // rows // SECTOR] += 1
        free &= ~on
        if like[best // rows // SECTOR] >= MOST_ALIKE:
            space[best // rows // SECTOR * SECTOR * rows : (best // rows // SECTOR + 1) * SECTOR * rows] = 0
        gone = np.bincount(places[:, on].ravel(), shares[:, on].ravel(), 180 * rows)
        space -= gone
        space[best] = 0
    return np.array(sorted(made, key=lambda line: -line[3])).reshape(-1, 4)


def straightness(found: Edges, xs: Floats, ys: Floats, nx: Floats, ny: Floats) -> Floats:
    """How much the change of colour is of one kind along the tangent of each edge, 0 to 1: that of print, grain and noise
    is to and fro, that of an edge of something large is not."""
    high, wide = found.strength.shape
    changes = np.concatenate([found.x, found.y], axis=2).reshape(-1, 6)
    mean, energy = np.zeros((len(xs), 3), np.float32), np.zeros(len(xs), np.float32)
    xs, ys, across, down = (one.astype(np.float32) for one in (xs, ys, nx, ny))
    for along in np.linspace(-REACH, REACH, ALONG, dtype=np.float32):
        x = np.clip(np.rint(xs - along * down).astype(np.int32), 0, wide - 1)
        y = np.clip(np.rint(ys + along * across).astype(np.int32), 0, high - 1)
        there = changes.take(y * wide + x, axis=0)
        mean += there[:, :3] * across[:, None] + there[:, 3:] * down[:, None]
        energy += np.einsum("ij,ij->i", there, there)
    return np.asarray((mean * mean).sum(axis=1) / ALONG / (energy + ALONG * NOISE**2))


def _votes(xs: Floats, ys: Floats, nx: Floats, ny: Floats, weight: Floats,
           size: tuple[int, int]) -> tuple[int, int, Floats, Floats]:  # fmt: skip
    """Each edge votes for lines across its own direction only (D. H. Ballard, 1981): how many distances an angle has, the
    index of distance 0, and for each edge where its votes go and how much they count (8, n)."""
    angle = np.degrees(np.arctan2(ny, nx)) % 180
    middle = int(np.hypot(*size) / STEP) + 2
    rows = 2 * middle + 1
    theta = np.floor(angle).astype(int) + np.arange(-3, 5)[:, None]
    share = np.exp(-0.5 * ((theta - angle) / 2.0) ** 2) * weight
    radians = np.radians(theta)
    rho = xs * np.cos(radians) + ys * np.sin(radians)
    # The angles go round: beyond 179 degrees come those from 0 on, with the distance negated.
    rho = np.where((theta < 0) | (theta >= 180), -rho, rho)
    return rows, middle, (theta % 180) * rows + np.rint(rho / STEP).astype(int) + middle, share


def _near(xs: Floats, ys: Floats, nx: Floats, ny: Floats, normal: Floats, rho: float, far: float) -> Floats:
    return np.asarray((np.abs(xs * normal[0] + ys * normal[1] - rho) < far) & (np.abs(nx * normal[0] + ny * normal[1]) > 0.99))


def _fitted(xs: Floats, ys: Floats, weight: Floats) -> tuple[Floats, float]:
    """The line with the least squares of distances: its normal and its distance from 0, 0."""
    points = np.column_stack([xs, ys]).astype(np.float64)
    middle = np.average(points, axis=0, weights=weight)
    spread = (points - middle).T @ ((points - middle) * weight[:, None])
    normal = np.linalg.eigh(spread)[1][:, 0]
    return normal, float(normal @ middle)
