"""The written name on a light sheet: found by its ink, cut out with room around it. Nothing written is lost."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.geometry import Floats, Pixels

SEARCH = 1000
LEAST_INK = 0.0006
"""The share of the picture that must be ink."""


@dataclass(frozen=True, slots=True)
class Signed:
    """`quad`: what was cut out, in pixels of the photo (4, 2); `sheet`: its pixels (BGR); `confidence` from 0 to 1."""

    quad: Floats
    sheet: Pixels
    confidence: float


def crop(image: Pixels) -> Signed | None:
    """The signature in a photo (BGR), with a quarter of its height as room; None where nothing is written."""
    by = min(1.0, SEARCH / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    sheet = _paper(small)
    ink = _ink(small) & sheet
    if ink.mean() < LEAST_INK:
        return None
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    high, wide = ink.shape
    kept = [n for n in range(1, count) if _is_stroke(stats[n], wide, high)]
    if not kept:
        return None
    largest = max(int(stats[n][cv2.CC_STAT_AREA]) for n in kept)
    kept = [n for n in kept if stats[n][cv2.CC_STAT_AREA] >= max(6, 0.004 * largest)]
    boxes = np.array([[stats[n][0], stats[n][1], stats[n][0] + stats[n][2], stats[n][1] + stats[n][3]] for n in kept])
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    room = 0.25 * max(y1 - y0, 0.3 * (x1 - x0)) + 0.01 * max(wide, high)
    x0, y0, x1, y1 = max(0, x0 - room), max(0, y0 - room), min(wide, x1 + room), min(high, y1 + room)
    quad = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) / by
    a, b = np.floor(quad[0]).astype(int), np.ceil(quad[2]).astype(int)
    return Signed(quad, np.ascontiguousarray(image[a[1] : b[1], a[0] : b[0]]), float(min(1.0, sheet.mean() * 3)))


def _paper(small: Pixels) -> np.ndarray:
    """The largest light, colourless region with what it encloses."""
    lab: Floats = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 2), cv2.COLOR_BGR2LAB).astype(np.float32)
    chroma = np.hypot(lab[..., 1] - 128, lab[..., 2] - 128)
    top = float(np.percentile(lab[..., 0], 92))
    light: Pixels = ((lab[..., 0] > 0.7 * top) & (chroma < 22)).astype(np.uint8)
    light = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    light = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(light)
    if count < 2:
        return np.ones(small.shape[:2], bool)
    n = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    region = (labels == n).astype(np.uint8)
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = cv2.drawContours(np.zeros_like(region), outlines, -1, 1, -1)
    # The rim is shadow and the ground's edge.
    return np.asarray(cv2.erode(filled, np.ones((7, 7), np.uint8), borderValue=1) > 0)


def _ink(small: Pixels) -> np.ndarray:
    light = np.minimum(np.minimum(small[..., 0], small[..., 1]), small[..., 2])
    paper: Floats = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8)).astype(np.float32)
    paper = cv2.GaussianBlur(paper, (0, 0), 9)
    return np.asarray(paper - light > np.maximum(0.22 * paper, 14))


def _is_stroke(stat: np.ndarray, wide: int, high: int) -> bool:
    """Neither a speck nor a line that runs across the whole sheet."""
    across, down, area = int(stat[2]), int(stat[3]), int(stat[4])
    ruled = (across > 0.5 * wide and down < 0.02 * high + 4) or (down > 0.5 * high and across < 0.02 * wide + 4)
    return area >= 6 and not ruled
