"""What is wrong with a photo of a card, by name, measured at the print itself; nothing where it can be used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from banli_imaging.geometry import CARD_HIGH, CARD_WIDE, Floats, Pixels, box, in_sight, lengths, rectify
from banli_imaging.limits import FLAWS, WARNINGS
from banli_imaging.limits import Limits as Limits
from banli_imaging.locate import Located

SCALE = 8.0
"""Pixels for each millimetre of the picture that is judged."""
UNSEEN = 0.3
"""How much less the print counts where sides or steep strokes are not seen: grain and weave may look like print."""

WHITE, SHINES = 249.0, 1.06
"""From where on a pixel is white; by how much it must be lighter than paper to be a mirrored lamp."""
PORTRAIT, HEAD = (55, 5, 82, 41), (68.5, 20, 6, 8)
"""Millimetres: left, top, right and bottom of a portrait and a bit around; middle and half the size of the head in it."""
ALONG = 0.5
"""The share of one of the card's sides along which lit paper lies, and a mirrored lamp does not."""
CLEAR = 0.12
"""How much of a side must be an edge for its contrast to count in full."""

# Print that every card has, millimetres: left, top, right, bottom.
PRINT = {
    "front": ((6.5, 7, 13, 10.2), (15.6, 7, 21, 10.2), (6.5, 13.6, 13, 16.8), (28.5, 13.8, 33.5, 16.6), (6.5, 20, 13, 23.2),
              (15.6, 20, 30, 23.2), (6.5, 26.8, 13, 30), (15.6, 26.8, 40, 30.2), (6.5, 44.8, 25, 48), (30, 44.6, 46, 48.2),
              (46, 44.6, 62, 48.2), (62, 44.6, 78, 48.2)),
    "back": ((28, 9, 43, 13.4), (43, 9, 58, 13.4), (58, 9, 73, 13.4), (28, 17, 44, 24), (44, 17, 60, 24), (60, 17, 75, 24),
             (21.5, 39.4, 33.5, 42.6), (36.5, 39.4, 54, 42.6), (21.5, 46, 33.5, 49.2), (36.5, 46, 58, 49.2)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong: its code, what was measured, the limit, and whether it is only said (`warning`)."""

    code: str
    measured: float
    limit: float

    @property
    def warning(self) -> bool:
        return self.code in WARNINGS


def judge(image: Pixels, found: Located | None, limits: Limits | None = None) -> tuple[Flaw, ...]:
    """The flaws of a photo (BGR) and of the card `found` in it, gravest first."""
    limits = limits or Limits()
    measured = measure(image, found)
    return tuple(
        Flaw(code, measured[code], float(getattr(limits, code)))
        for code in FLAWS
        if code in measured and _wrong(code, measured[code], float(getattr(limits, code)))
    )


def _wrong(code: str, value: float, limit: float) -> bool:
    return value > limit if code in ("cut_off", "glare", "covered", "screen") else value < limit


def measure(image: Pixels, found: Located | None) -> dict[str, float]:
    """What the flaws are judged by, in the units of `Limits`."""
    if found is None:
        return {"no_card": -1.0}
    high, wide = image.shape[:2]
    long = float(lengths(found.quad)[[0, 2]].mean())
    size = np.array([wide, high], float)
    outside = np.maximum(np.maximum(-found.quad, found.quad - size), 0).max()
    card = rectify(image, found.quad, SCALE, 0.0)
    grey = np.minimum(np.minimum(card[..., 0], card[..., 1]), card[..., 2])
    parts = _print(found, size)
    glare, covered, bare = _lost(grey, parts, found.side == "front")
    support = np.array(found.support)[in_sight(found.quad, image.shape)]
    seen, steep = float(np.sort(support)[:2].mean()) if len(support) else 0.0, _steepness(grey, parts)
    return {
        "no_card": found.layout
        - UNSEEN
        * max(0.0, 1 - seen / 0.2, 1 - steep / 0.3, 1 - found.confidence / 0.35, min(1.0, (bare - 0.35) / 0.25))
        * max(0.0, 1 - steep / 0.75),
        "cut_off": float(outside) / long,
        "too_small": long,
        "dark": float(np.percentile(grey[::4, ::4], 75)),
        "blurred": steep,
        "glare": glare,
        "covered": covered,
        "low_contrast": _contrast(image, found),
        "copy": _colours(card),
        "screen": _pattern(image, found),
    }


def _print(found: Located, size: Floats) -> list[tuple[slice, slice]]:
    """Where print must be in the picture that is judged: what lies outside of the photo is not asked for."""
    view = cv2.getPerspectiveTransform(box(CARD_WIDE, CARD_HIGH).astype(np.float32), found.quad.astype(np.float32))
    parts = []
    for x0, y0, x1, y1 in PRINT[found.side]:
        corners = cv2.perspectiveTransform(np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float64), view)[0]
        if (corners >= 0).all() and (corners <= size - 1).all():
            parts.append((slice(round(y0 * SCALE), round(y1 * SCALE)), slice(round(x0 * SCALE), round(x1 * SCALE))))
    return parts


def _steepness(grey: Pixels, parts: list[tuple[slice, slice]]) -> float:
    """Of the steepest parts of strokes, in the direction in which they are least steep: a shaking hand spares one."""
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.8)
    gx, gy = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=1 / 8)
    values = []
    for part in parts:
        paper = float(np.percentile(soft[part], 90))
        dx, dy = gx[part], gy[part]
        steep = min(
            float(np.percentile(np.abs(d), 97)) for d in (dx, dy, (dx + dy) * np.float32(0.7071), (dx - dy) * np.float32(0.7071))
        )
        values.append(steep * SCALE / max(paper, 8))
    return float(np.percentile(values, 65)) if values else 0.0


def _lost(grey: Pixels, parts: list[tuple[slice, slice]], front: bool) -> tuple[float, float, float]:
    """The largest shares of a piece of print that are lost in light, and that are hidden; and how much of all print has no
    strokes at all, however faint."""
    size = 2 * round(1.3 * SCALE) + 1
    strokes = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((size, size), np.uint8)).astype(np.float32)
    paper = max(float(np.percentile(grey[::4, ::4], 75)), 8.0)
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))

    def beside(strong: float) -> Pixels:
        drawn: Pixels = (strokes > strong * paper).astype(np.uint8)
        return np.asarray(cv2.dilate(cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), round_))

    near, faintly = beside(0.14), beside(0.07)
    # Half of the card is not lit, and what a phone makes of a lamp is not always white.
    unlit = float(np.median(grey[::4, ::4] + strokes[::4, ::4]))
    bright = grey >= np.clip(min(paper, unlit) * 1.06, 225, 250)
    glare, covered = 15 * _shine(grey, front), 0.0
    for part in parts:
        gone = near[part] == 0
        glare = max(glare, float((gone & bright[part]).mean()))
        covered = max(covered, float((gone & ~bright[part]).mean()))
    bare = [float((faintly[part] == 0).mean()) for part in parts]
    return glare, covered, float(np.mean(bare)) if bare else 1.0


def _shine(grey: Pixels, portrait: bool) -> float:
    """The share of the card that is white in one piece where paper in this light is not: a lamp mirrored in it. Light may
    fall off over the card, or a shadow end on it: what is white because of that is paper, and lies along a side. What is
    white around the head in a portrait is its background, which has none of the paper's tint."""
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)).astype(np.float32)
    if float(np.median(paper)) >= WHITE - 4:
        # All the paper is: a bright photo, a copy.
        return 0.0
    usual = _slope(paper)
    white: Pixels = ((small >= WHITE) & (usual * SHINES < WHITE)).astype(np.uint8)
    if portrait:
        white[_background(white.shape)] = 0
    white = cv2.morphologyEx(white, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(white)
    for piece in sorted(range(1, count), key=lambda n: -stats[n, cv2.CC_STAT_AREA]):
        here = pieces == piece
        # To a millimetre and a half: the very rim may be ground.
        if (
            max(
                here[rim].any(axis=axis).mean()
                for axis, rim in ((0, np.s_[:3]), (0, np.s_[-3:]), (1, np.s_[:, :3]), (1, np.s_[:, -3:]))
            )
            < ALONG
        ):
            return float(stats[piece, cv2.CC_STAT_AREA] / white.size)
    return 0.0


@cache
def _background(shape: tuple[int, int]) -> Pixels:
    """Of a front (high, wide): where the portrait is without the head."""
    sheet, head = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    by = shape[1] / CARD_WIDE
    (x0, y0, x1, y1), (x, y, wide, high) = ([round(mm * by) for mm in part] for part in (PORTRAIT, HEAD))
    cv2.rectangle(sheet, (x0, y0), (x1, y1), 1, -1)
    cv2.ellipse(head, (x, y), (wide, high), 0, 0, 360, 1, -1)
    return (sheet > head).astype(bool)


def _slope(paper: Floats) -> Floats:
    """How light paper would be everywhere if light fell off evenly: a plane through what is neither print nor white."""
    high, wide = paper.shape
    y, x = np.mgrid[0:high, 0:wide]
    ground = np.column_stack([x.ravel() / wide - 0.5, y.ravel() / high - 0.5, np.ones(paper.size)])
    light = paper.ravel().astype(np.float64)
    asked = (light < WHITE) & (light > 0.6 * np.median(light))
    plane = np.array([0.0, 0.0, float(np.median(light))])
    for _ in range(4):
        if asked.sum() < 0.1 * light.size:
            break
        plane = np.linalg.lstsq(ground[asked], light[asked], rcond=None)[0]
        # Next without what differs much: portrait, emblem, the spot itself.
        off = light - ground @ plane
        asked = (light < WHITE) & (np.abs(off) < max(6.0, 1.2 * float(np.median(np.abs(off[asked])))))
    return np.asarray((ground @ plane).reshape(paper.shape))


def _contrast(image: Pixels, found: Located) -> float:
    """How much card and ground differ across the two faintest sides that are in the photo: L*a*b* points for each hundred
    of the card's lightness. Less where a side is no clear edge anywhere."""
    scale, around = 6.0, 3.0
    card = rectify(image, found.quad, scale, around)
    lab: Floats = cv2.cvtColor(card, cv2.COLOR_BGR2LAB).astype(np.float32)
    lab[..., 1:] *= 1.5
    deep, end, gap = round(2 * around * scale), round(5 * scale), round(0.8 * scale)
    top, left = lab[:, end:-end], lab[end:-end]
    # From outside to inside, in the order of the corners: top, right, bottom, left.
    ways = (
        top[:deep].mean(axis=1),
        left[:, ::-1][:, :deep].mean(axis=0),
        top[::-1][:deep].mean(axis=1),
        left[:, :deep].mean(axis=0),
    )
    steps = []
    for way in ways:
        places = range(deep // 2 - gap, deep // 2 + gap + 1)
        steps.append(
            max(float(np.linalg.norm(way[at - gap : at].mean(axis=0) - way[at : at + gap].mean(axis=0))) for at in places)
        )
    light = max(float(np.percentile(lab[::4, ::4, 0], 75)), 20.0)
    shown = in_sight(found.quad, image.shape)
    if shown.sum() < 2:
        return 0.0
    seen = float(np.sort(np.array(found.support)[shown])[:2].mean())
    return float(np.sort(np.array(steps)[shown])[:2].mean()) / light * 100 * min(1.0, seen / CLEAR)


def _colours(card: Pixels) -> float:
    """How far the colours of a card are apart: the red of the emblem, skin, blue letters. A copy has one, that of the light."""
    small = cv2.resize(card, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    light = max(float(np.percentile(small, 75)), 8.0)
    paper = np.percentile(small.reshape(-1, 3), 75, axis=0)
    # In coloured light paper is coloured and ink is not: seen as in white light.
    white = np.clip(small * (paper.mean() / np.maximum(paper, 8)), 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(white, cv2.COLOR_BGR2LAB)[..., 1:].reshape(-1, 2).astype(np.float32)
    low, top = np.percentile(lab, [1.5, 98.5], axis=0)
    return float((top - low).max() / light * 200)


def _pattern(image: Pixels, found: Located) -> float:
    """The strongest fine and regular pattern in the card, to what is usual at its fineness: rows of a screen, or
    what a camera makes of them."""
    long = float(lengths(found.quad).max())
    scale = float(np.clip(long / CARD_WIDE, 4, 16))
    card = rectify(image, found.quad, scale, 0.0)
    grey = cv2.cvtColor(card, cv2.COLOR_BGR2GRAY).astype(np.float32)
    side = 256 if min(grey.shape) >= 256 else 128
    window = np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    power = np.zeros((side, side), np.float32)
    count = 0
    for y in range(0, grey.shape[0] - side + 1, side // 2):
        for x in range(0, grey.shape[1] - side + 1, side // 2):
            part = grey[y : y + side, x : x + side]
            part = (part - cv2.GaussianBlur(part, (0, 0), 3)) * window
            waves = cv2.dft(part, flags=cv2.DFT_COMPLEX_OUTPUT)
            power += waves[..., 0] ** 2 + waves[..., 1] ** 2
            count += 1
    if not count:
        return 0.0
    power = np.fft.fftshift(power / count)
    usual = cv2.medianBlur(np.log(power + 1e-3).astype(np.float32), 5)
    ratio = np.exp(np.log(power + 1e-3) - usual)
    yy, xx = np.mgrid[0:side, 0:side] - side // 2
    fine = np.hypot(xx, yy) > side * 0.14
    return float(ratio[fine].max())
