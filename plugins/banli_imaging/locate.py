"""Finds the card in a photo: four sides, which side of it is up and which way, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import cv2
import numpy as np

from banli_imaging import layout
from banli_imaging.geometry import Floats, Pixels, areas, box, in_sight, lengths, rectify
from banli_imaging.lines import Edges, edges, lines, plain
from banli_imaging.quads import Quads, quads
from banli_imaging.seek import seek
from banli_imaging.sides import Fit, fit, fits
from banli_imaging.threes import threes

SEARCH, MEASURE = 800, 1600
"""The long side, in pixels, of the picture in which sides are looked for, and of that in which they are measured."""
LINES, MOST, CLOSER, FARTHER, SOUGHT = 64, 200, 3, 6, 4
PLAIN = 0.72


Maker = Callable[[Edges, Floats, int], Quads]
ALL_SIDES = np.ones(4, bool)
CLEARLY = 0.12
"""By how much another edge must suit better than the strongest one."""


@dataclass(frozen=True, slots=True)
class Located:
    """A card in a photo. `quad`: its corners in pixels of the photo (4, 2), upper left, upper right, lower right, lower
    left as printed; `side`: "front" (portrait) or "back" (emblem); `layout`: how well the print agrees with where it
    must lie (-1 to 1); `support`: how much of each side is seen as an edge (0 to 1); `confidence`: 0 to 1."""

    quad: Floats
    side: str
    layout: float
    support: tuple[float, float, float, float]
    confidence: float


def locate(image: Pixels) -> Located | None:
    """The card in a photo (BGR); None where there is none."""
    small, by = shrunk(image, SEARCH)
    fine, scale = shrunk(image, MEASURE)
    lab, by = smoothed(fine), by / scale
    best: _Found | None = None
    bare = edges(plain(small))
    straight = lines(bare, LINES)
    ways = [_by_sides(small, make, bare, straight) for make in (quads, threes)]
    for way in ways:
        for start, aligned, agrees in islice(way, CLOSER):
            best = _better(best, fine, lab, start / by)
            if aligned is not None:
                best = _better(best, fine, lab, aligned / by)
            if best.sure(agrees):
                return _finished(best, fine, lab, scale)
    for start in _by_print(small):
        best = _better(best, fine, lab, start / by)
    if best is None or best.scores.max() < PLAIN:
        for _, aligned, agrees in chain(*ways):
            if aligned is not None and agrees > PLAIN:
                best = _better(best, fine, lab, aligned / by)
    return None if best is None else _finished(best, fine, lab, scale)


def _finished(best: _Found, fine: Pixels, lab: Floats, scale: float) -> Located:
    best = _settled(best, fine, lab)
    fitted = fit(lab, best.fit.quad, 0.006 * float(lengths(best.fit.quad).max()))
    which = int(np.argmax(best.scores))
    quad = np.roll(fitted.quad, -2 * (which % 2), axis=0) / scale
    support = tuple(float(one) for one in np.roll(fitted.support, -2 * (which % 2)))
    return Located(quad, layout.SIDES[which // 2], float(best.scores[which]), support, _confidence(best))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Found:
    fit: Fit
    scores: Floats
    drawn: float
    worth: float
    shown: Floats

    def sure(self, agrees: float) -> bool:
        """Nothing better is to be expected: print, sides and rim are as they must be, and moving the quad until its
        print `agrees` best would gain little."""
        return bool(
            self.scores.max() > max(0.6, agrees - 0.04) and self.drawn < 0.06 and self.fit.support[self.shown].min() > 0.3
        )


def _by_sides(small: Pixels, make: Maker, bare: Edges, straight: Floats) -> Iterator[tuple[Floats, Floats | None, float]]:
    """The most likely of the quads that `make` makes, as they are and moved to where their print agrees best."""
    candidates = make(bare, straight, MOST)
    if not len(candidates.corners):
        return
    cards, shown = flat(small, candidates.corners)
    agree = layout.match(cards, shown)
    order = np.argsort(-_worth(candidates.scores, agree.max(axis=1), layout.clutter(cards, shown)))
    for n in order[: CLOSER + FARTHER]:
        which = int(np.argmax(agree[n]))
        if cut_off(candidates.corners[n], small.shape):
            # Moving it would take what is not shown for blank paper.
            yield candidates.corners[n], None, float(agree[n, which])
            continue
        aligned, better = layout.align(small, candidates.corners[n], which)
        yield candidates.corners[n], aligned if better > agree[n, which] + 0.02 else None, better


def _by_print(small: Pixels) -> Iterator[Floats]:
    for quad, which in seek(small, SOUGHT):
        aligned, agrees = layout.align(small, quad, which)
        if agrees > 0.3:
            yield aligned


def _better(best: _Found | None, fine: Pixels, lab: Floats, start: Floats) -> _Found:
    found = _judged(fine, [fit(lab, start, 0.025 * float(lengths(start).max()))])
    return best if best is not None and best.worth >= found.worth else found


def _settled(best: _Found, fine: Pixels, lab: Floats) -> _Found:
    """Of the edges near each side, those that together suit the print and leave the rim blank."""
    found = _judged(fine, fits(lab, best.fit.quad, 0.03 * float(lengths(best.fit.quad).max()), 3))
    return found if found.worth > best.worth + CLEARLY else best


def _judged(fine: Pixels, fitted: list[Fit]) -> _Found:
    cards, shown = flat(fine, np.stack([one.quad for one in fitted]))
    scores, drawn = layout.match(cards, shown), layout.clutter(cards, shown)
    worth = _worth(np.array([_edge(one) for one in fitted]), scores.max(axis=1), drawn)
    n = int(np.argmax(worth))
    shown_sides = in_sight(fitted[n].quad, fine.shape)
    return _Found(fitted[n], scores[n], float(drawn[n]), float(worth[n]), shown_sides if shown_sides.sum() > 1 else ALL_SIDES)


def _confidence(found: _Found) -> float:
    """1 where print, sides and rim are all as they must be."""
    parts = (
        (found.scores.max() - 0.35) / 0.35,
        float(np.sort(found.fit.support[found.shown])[:2].mean()) / 0.4,
        1 - 3 * found.drawn,
    )
    return float(np.prod(np.clip(parts, 0, 1)))


def _edge(fitted: Fit) -> float:
    return float(np.sort(fitted.support) @ np.array([0.3, 0.3, 0.2, 0.2]))


def _worth(edge: Floats, print_: Floats, drawn: Floats) -> Floats:
    # An edge that is seen is enough, however strong: ruled lines are stronger than the pale side of a card.
    return np.asarray(1 - np.exp(-edge / 0.2) + 0.6 * edge + 4 * print_ - 1.5 * drawn)


def flat(image: Pixels, corners: Floats) -> tuple[Pixels, Floats | None]:
    """The small upright picture, as `layout` compares it, of each quad (n, 4, 2): (n, high, wide, 3); and where some are
    not wholly in the picture, or mirror a lamp, 1 for what is seen and 0 for what is not: (n, high, wide)."""
    levels = [image]
    for _ in range(3):
        levels.append(cv2.pyrDown(levels[-1]))
    cards, out = [], [cut_off(quad, image.shape) for quad in corners]
    for quad in corners:
        # From a picture that is about as coarse as what is made of it.
        coarse = np.sqrt(max(float(areas(quad[None])[0]), 1.0) / (layout.SIZE[0] * layout.SIZE[1]))
        level = int(np.clip(np.floor(np.log2(max(coarse, 1.0)) + 0.3), 0, 3))
        cards.append(rectify(levels[level], quad / 2**level, layout.SCALE, 0.0))
    white = [_mirrors(card) for card in cards]
    if not any(out) and all(mask is None for mask in white):
        return np.stack(cards), None
    shown = np.ones((len(corners), layout.SIZE[1], layout.SIZE[0]), np.float32)
    whole = np.ones(levels[3].shape[:2], np.float32)
    sheet = box(*layout.SIZE).astype(np.float32) - 0.5
    for n in (n for n, beyond in enumerate(out) if beyond):
        view = cv2.getPerspectiveTransform((corners[n] / 8).astype(np.float32), sheet)
        shown[n] = cv2.warpPerspective(whole, view, layout.SIZE, flags=cv2.INTER_NEAREST)
    for n, mask in enumerate(white):
        if mask is not None:
            shown[n][mask] = 0
    return np.stack(cards), shown


def _mirrors(card: Pixels) -> Pixels | None:
    """Where a lamp is mirrored so that nothing can be seen, if that is much of the card and not all of it."""
    mask = card.min(axis=2) >= 251
    return np.asarray(mask) if 0.05 < float(mask.mean()) < 0.45 else None


def cut_off(quad: Floats, shape: tuple[int, ...]) -> bool:
    """Whether a part of the sheet that counts lies outside of the picture (high, wide, …)."""
    outside = np.maximum(np.maximum(-quad, quad - np.array([shape[1], shape[0]])), 0).max()
    return bool(outside > 0.03 * lengths(quad).max())


def shrunk(image: Pixels, most: int) -> tuple[Pixels, float]:
    """The picture with a long side of at most `most` pixels, and its size to the original's."""
    by = most / max(image.shape[:2])
    if by >= 1:
        return image, 1.0
    return np.asarray(cv2.resize(image, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)), by


def smoothed(image: Pixels) -> Floats:
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB).astype(np.float32)
    lab[..., 1:] *= 1.5
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0))
