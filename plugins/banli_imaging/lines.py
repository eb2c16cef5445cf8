"""Edges in colour, and the straight lines that many of them lie on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.geometry import Floats, Pixels

STEP = 2.0
"""Pixels from one distance of the Hough space to the next; its angles are a degree apart."""


@dataclass(frozen=True, slots=True)
class Edges:
    """For each pixel the strength of the change of colour to what is usual around it (0 to 1), the direction of the
    change as a unit vector (of either sign), and whether it is the strongest across the edge."""

    strength: Floats
    across: tuple[Floats, Floats]
    crest: Floats


def edges(image: Pixels, smooth: float = 1.2) -> Edges:
    """The gradient of all three channels together, as S. Di Zenzo ("A note on the gradient of a multi-image", 1986)."""
    lab = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2LAB), (0, 0), smooth).astype(np.float32)
    # Chroma has a smaller range and, in a JPEG, less detail; a pale card on pale cloth differs in little else.
    lab[..., 1:] *= 1.5
    gx = cv2.Scharr(lab, cv2.CV_32F, 1, 0, scale=1 / 32)
    gy = cv2.Scharr(lab, cv2.CV_32F, 0, 1, scale=1 / 32)
    xx, yy, xy = (gx * gx).sum(axis=2), (gy * gy).sum(axis=2), (gx * gy).sum(axis=2)
    size = np.sqrt(0.5 * (xx + yy + np.sqrt((xx - yy) ** 2 + 4 * xy * xy)))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    nx, ny = np.cos(angle), np.sin(angle)
    usual = cv2.blur(size, (31, 31), borderType=cv2.BORDER_REFLECT)
    least = max(0.35, float(np.percentile(size, 20)))
    strength = size / (size + usual + least)
    y, x = np.mgrid[0 : size.shape[0], 0 : size.shape[1]].astype(np.float32)
    ahead = cv2.remap(size, x + nx, y + ny, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    behind = cv2.remap(size, x - nx, y - ny, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    crest = (size >= ahead) & (size >= behind)
    return Edges(strength, (nx, ny), crest)


def lines(found: Edges, most: int = 60) -> Floats:
    """The straight lines with the most edges on them: (n, 4) of the normal's x and y, the distance from 0, 0 and the
    votes. Each edge votes for lines across its own direction only (D. H. Ballard, 1981)."""
    high, wide = found.strength.shape
    ys, xs = np.nonzero(found.crest & (found.strength > 0.42))
    if not len(xs):
        return np.zeros((0, 4))
    weight = found.strength[ys, xs] - 0.3
    angle = np.degrees(np.arctan2(found.across[1][ys, xs], found.across[0][ys, xs])) % 180
    reach = float(np.hypot(high, wide))
    middle = int(reach / STEP) + 2
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
    round_ = np.vstack([space[-6:, ::-1], space, space[:6, ::-1]])
    round_ = cv2.GaussianBlur(round_, (0, 0), 0.8)
    crest = cv2.dilate(round_, np.ones((7, 5), np.uint8))
    inner = round_[6:-6]
    t, r = np.nonzero((inner >= crest[6:-6]) & (inner > 0))
    order = np.argsort(-inner[t, r])[:most]
    t, r = t[order], r[order]
    radians = np.radians(t)
    return np.column_stack([np.cos(radians), np.sin(radians), (r - middle) * STEP, inner[t, r]])
