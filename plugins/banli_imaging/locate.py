"""Finds the card in a photo: four sides, which side of it is up and which way, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import cv2
import numpy as np

from banli_imaging import layout
from banli_imaging.geometry import CARD_RATIO, Floats, Pixels, areas, box, in_sight, lengths, rectify, shapes
from banli_imaging.lines import Edges, edges, lines, plain
from banli_imaging.quads import Quads, quads
from banli_imaging.seek import seek
from banli_imaging.sides import Fit, fit, fits
from banli_imaging.threes import threes

SEARCH, MEASURE = 800, 1600
"""The long side, in pixels, of the picture in which sides are looked for, and of that in which they are measured."""
LINES, MOST, CLOSER, FARTHER, SOUGHT = 64, 200, 3, 6, 4
PLAIN, CERTAIN = 0.72, 0.8
"""Agreement of print below which all that may be a card is tried; above which it is not looked for elsewhere."""
DOUBTFUL = 0.7
"""Agreement of print below which somebody who can read is asked."""
SAME, ALIKE = 0.008, 0.05
"""How near, to the long side, quads lie that would be fitted, and be moved by their print, to the same place."""


Levels = tuple[Pixels, ...]
Ask = Callable[[Pixels], Iterable[tuple[Floats, int]]]
"""Of a picture, where a card may lie: corners (4, 2) and which of `layout.match` that is."""
Maker = Callable[[Edges, Floats, int], Quads]
ALL_SIDES = np.ones(4, bool)
UNLIKE = 2.0
"""How much a shape that no camera makes of a card counts."""
CLEARLY, SOMEWHAT, CLEANER = 0.12, 0.04, 0.03
"""By how much another edge must suit better than the strongest one; and where less of the rim is drawn on with it, by this."""
FAINT, SLIDES = 0.15, np.linspace(-0.12, 0.12, 25)
"""How much of a side is seen where it is looked for elsewhere, and where, to the length of its neighbours."""
AROUND, CLEAR = (0.09, 0.05), 0.7
"""How far around a quad another one is looked for, to the long side, unless so much is seen of each side."""
CLOSED, MORE = 0.3, 0.25
"""How much is seen of each side of a quad that is closed, and what it is worth more: print may lie a millimetre elsewhere, a
rectangle of edges is hardly chance."""


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


def locate(image: Pixels, ask: Ask | None = None) -> Located | None:
    """The card in a photo (BGR); None where there is none. `ask` is asked where it may lie when the print does not tell."""
    small, by = shrunk(image, SEARCH)
    fine, scale = shrunk(image, MEASURE)
    lab, by, levels = smoothed(fine), by / scale, halved(fine)
    best: _Found | None = None
    bare = edges(plain(small))
    straight, tried, settled = lines(bare, LINES), _Tried(SAME), _Tried(ALIKE)
    ways = [_by_sides(small, make, bare, straight, settled) for make in (quads, threes)]
    for way in ways:
        for start, aligned, agrees in islice(way, CLOSER):
            best = _better(best, levels, lab, start / by, tried)
            if aligned is not None:
                best = _better(best, levels, lab, aligned / by, tried)
            if best is not None and best.sure(agrees):
                return _finished(best, levels, lab, scale)
    if best is None or best.scores.max() < CERTAIN:
        for start in _by_print(small, settled):
            best = _better(best, levels, lab, start / by, tried)
    if ask is not None and (best is None or best.scores.max() < DOUBTFUL):
        for quad, which in ask(fine):
            # Aligned in the small picture: a label stands where it stands to a millimetre or two.
            aligned, _ = layout.align(small, quad * by, which)
            for start in (quad, aligned / by):
                best = _better(best, levels, lab, start, tried)
    if best is None or best.scores.max() < PLAIN or best.least < CLOSED:
        for start, aligned, agrees in chain(*ways):
            if aligned is not None and agrees > PLAIN:
                best = _better(best, levels, lab, aligned / by, tried)
                best = _better(best, levels, lab, start / by, tried)
    return None if best is None else _finished(best, levels, lab, scale)


class _Tried:
    """Quads that lie where one lay before need not be looked at again: within `near`, to the long side."""

    def __init__(self, near: float) -> None:
        self._near = near
        self._quads: list[Floats] = []

    def has(self, quad: Floats) -> bool:
        """Whether a quad like this was added, in whichever turn."""
        far = self._near * float(lengths(quad).max())
        turns = [np.roll(quad, n, axis=0) for n in range(4)]
        return any(float(np.abs(turn - other).max()) < far for other in self._quads for turn in turns)

    def add(self, quad: Floats) -> None:
        self._quads.append(quad)


def _finished(best: _Found, levels: Levels, lab: Floats, scale: float) -> Located:
    # Only now fingers are left out: while cards are looked for, a shadow or a thing on the ground would be taken for them.
    best = _settled(_slid(_widened(_judged(levels, [best.fit], over=True), levels, lab), levels, lab), levels, lab)
    plain = _judged(levels, [best.fit])
    best = plain if plain.scores.max() > best.scores.max() else best
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

    @property
    def least(self) -> float:
        """How much is seen of the faintest side that is in the photo."""
        return float(self.fit.support[self.shown].min())

    def sure(self, agrees: float) -> bool:
        """Nothing better is to be expected: print, sides and rim are as they must be, and moving the quad until its
        print `agrees` best would gain little."""
        return bool(self.scores.max() > max(0.6, agrees - 0.04) and self.drawn < 0.06 and self.least > CLOSED)


def _by_sides(
    small: Pixels, make: Maker, bare: Edges, straight: Floats, settled: _Tried
) -> Iterator[tuple[Floats, Floats | None, float]]:
    """The most likely of the quads that `make` makes, as they are and moved to where their print agrees best."""
    candidates = make(bare, straight, MOST)
    if not len(candidates.corners):
        return
    cards, shown = flat(halved(small), candidates.corners)
    agree = layout.match(cards, shown)
    order = np.argsort(-_worth(candidates.scores, agree.max(axis=1), layout.clutter(cards, shown)))
    for n in order[: CLOSER + FARTHER]:
        which = int(np.argmax(agree[n]))
        if cut_off(candidates.corners[n], small.shape):
            # Moving it would take what is not shown for blank paper.
            yield candidates.corners[n], None, float(agree[n, which])
            continue
        if settled.has(candidates.corners[n]):
            yield candidates.corners[n], None, float(agree[n, which])
            continue
        aligned, better = layout.align(small, candidates.corners[n], which)
        settled.add(aligned)
        yield candidates.corners[n], aligned if better > agree[n, which] + 0.02 else None, better


def _by_print(small: Pixels, settled: _Tried) -> Iterator[Floats]:
    for quad, which in seek(small, SOUGHT):
        if settled.has(quad):
            continue
        aligned, agrees = layout.align(small, quad, which)
        if agrees > 0.3:
            yield aligned


def _better(best: _Found | None, levels: Levels, lab: Floats, start: Floats, tried: _Tried) -> _Found | None:
    if tried.has(start):
        return best
    tried.add(start)
    found = _judged(levels, [fit(lab, start, 0.025 * float(lengths(start).max()))])
    return best if best is not None and best.worth >= found.worth else found


def _settled(best: _Found, levels: Levels, lab: Floats) -> _Found:
    """Of the edges near each side, those that together suit the print and leave the rim blank."""
    found = _judged(levels, fits(lab, best.fit.quad, 0.03 * float(lengths(best.fit.quad).max()), 3), over=True)
    cleaner = found.drawn < best.drawn - CLEANER
    return found if found.worth > best.worth + (SOMEWHAT if cleaner else CLEARLY) else best


def _widened(best: _Found, levels: Levels, lab: Floats) -> _Found:
    """Of the edges further away from the sides, those that suit better; or all of which are seen, where not all sides are."""
    if best.least > CLEAR:
        return best
    long = float(lengths(best.fit.quad).max())
    for reach in AROUND:
        near = fits(lab, best.fit.quad, reach * long, 3)
        worth, *_ = _worths(levels, np.stack([one.quad for one in near]), np.array([_edge(one) for one in near]), over=True)
        others = [_judged(levels, [fit(lab, near[n].quad, 0.012 * long)], over=True) for n in np.argsort(-worth)[:CLOSER]]
        best = max(best, *others, key=lambda one: one.worth)
    return best


def _slid(best: _Found, levels: Levels, lab: Floats) -> _Found:
    """Where one side is hardly seen, between fingers or pale on pale: that side where print and shape want it."""
    quad, support = best.fit.quad, best.fit.support
    for side in (n for n in range(4) if best.shown[n] and support[n] < FAINT):
        if min(support[side - 1], support[(side + 1) % 4]) < 2 * FAINT:
            continue
        begin, end = quad[side] - quad[side - 1], quad[(side + 1) % 4] - quad[(side + 2) % 4]
        slides = np.repeat(quad[None], len(SLIDES), axis=0)
        slides[:, side] += SLIDES[:, None] * begin
        slides[:, (side + 1) % 4] += SLIDES[:, None] * end
        worth, *_ = _worths(levels, slides, np.full(len(slides), _edge(best.fit)), over=True)
        start = slides[int(np.argmax(worth))]
        found = _judged(levels, [fit(lab, start, 0.025 * float(lengths(start).max()))], over=True)
        best = found if found.worth > best.worth else best
    return best


def _worths(levels: Levels, corners: Floats, edge: Floats, over: bool) -> tuple[Floats, Floats, Floats]:
    """Of quads (n, 4, 2) whose sides are seen as `edge` says (n,): what each is worth (n,), how its print agrees (n, 4), and
    what is drawn on its rim (n,). `over`: without what lies below fingers."""
    cards, shown = flat(levels, corners, over)
    scores, drawn = layout.match(cards, shown), layout.clutter(cards, shown)
    high, wide = levels[0].shape[:2]
    ratio, angle = shapes(corners, (wide, high))
    unlike = np.minimum(np.abs(np.log(np.maximum(ratio, 0.01) / CARD_RATIO)) + angle, 0.3)
    return _worth(edge, scores.max(axis=1), drawn) - UNLIKE * unlike, scores, drawn


def _judged(levels: Levels, fitted: list[Fit], over: bool = False) -> _Found:
    edge = np.array([_edge(one) for one in fitted])
    worth, scores, drawn = _worths(levels, np.stack([one.quad for one in fitted]), edge, over)
    shown = [in_sight(one.quad, levels[0].shape) for one in fitted]
    shown = [sides if sides.sum() > 1 else ALL_SIDES for sides in shown]
    worth += MORE * np.array([one.support[sides].min() > CLOSED for one, sides in zip(fitted, shown, strict=True)])
    n = int(np.argmax(worth))
    return _Found(fitted[n], scores[n], float(drawn[n]), float(worth[n]), shown[n])


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


def halved(image: Pixels) -> Levels:
    """The picture, and thrice half as large as before."""
    levels = [image]
    for _ in range(3):
        levels.append(np.asarray(cv2.pyrDown(levels[-1])))
    return tuple(levels)


def flat(levels: Levels, corners: Floats, over: bool = False) -> tuple[Pixels, Floats | None]:
    """The small upright picture, as `layout` compares it, of each quad (n, 4, 2): (n, high, wide, 3); and where some are
    not wholly in the picture, mirror a lamp or (`over`) lie below fingers, 1 for what is seen and 0 for what is not: (n, high,
    wide). `levels` as `halved` makes them."""
    cards, out = [], [cut_off(quad, levels[0].shape) for quad in corners]
    for quad in corners:
        # From a picture that is about as coarse as what is made of it.
        coarse = np.sqrt(max(float(areas(quad[None])[0]), 1.0) / (layout.SIZE[0] * layout.SIZE[1]))
        level = int(np.clip(np.floor(np.log2(max(coarse, 1.0)) + 0.3), 0, 3))
        cards.append(rectify(levels[level], quad / 2**level, layout.SCALE, 0.0))
    made = np.stack(cards)
    lost = _mirrors(made) | layout.hidden(made) if over else _mirrors(made)
    if not any(out) and not lost.any():
        return made, None
    shown = np.ones((len(corners), layout.SIZE[1], layout.SIZE[0]), np.float32)
    whole = np.ones(levels[3].shape[:2], np.float32)
    sheet = box(*layout.SIZE).astype(np.float32) - 0.5
    for n in (n for n, beyond in enumerate(out) if beyond):
        view = cv2.getPerspectiveTransform((corners[n] / 8).astype(np.float32), sheet)
        shown[n] = cv2.warpPerspective(whole, view, layout.SIZE, flags=cv2.INTER_NEAREST)
    shown[lost] = 0
    return made, shown


def _mirrors(cards: Pixels) -> Pixels:
    """Where a lamp is mirrored so that nothing can be seen, on cards of which that is much and not all (n, high, wide)."""
    white = layout.darkest(cards) >= layout.WHITE
    share = white.mean(axis=(1, 2))
    white[(share <= 0.05) | (share >= 0.45)] = False
    return np.asarray(white)


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
    lab = cv2.multiply(cv2.cvtColor(image, cv2.COLOR_BGR2LAB), np.array((1.0, 1.5, 1.5, 0.0)), dtype=cv2.CV_32F)
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0))
