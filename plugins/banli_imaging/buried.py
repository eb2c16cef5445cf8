"""Where no card is recognised: whether fingers or a lamp hide most of one, so that the client can be told that."""

from __future__ import annotations

from itertools import chain

import cv2
import numpy as np

from banli_imaging import layout
from banli_imaging.geometry import Pixels, rectify
from banli_imaging.judge import Flaw, judge
from banli_imaging.limits import Limits
from banli_imaging.lines import edges, lines, plain
from banli_imaging.locate import LINES, SEARCH, Located, shrunk, smoothed
from banli_imaging.quads import quads
from banli_imaging.sides import fit
from banli_imaging.threes import threes

TRIED, ENOUGH = 12, 0.75
"""So many quads of each kind are looked at, those with the best sides first, until what is seen of one agrees so well."""
SEEN = np.array((0.08, 0.3, 0.5, 0.5))
"""How much of the sides must be an edge, the least seen first: fingers leave something of each."""
HALO = 7
"""Millimetres across: within half of this of what a lamp has made white little is seen either."""
MUCH, MOST = 0.12, 0.92
"""The share of a card that is hidden or lost in light, from where on it is why no print is recognised; and up to where."""
AGREES = 0.45
"""How well what is not hidden must agree with the print of a card (-1 to 1): else any sheet with a thing on it would do."""


def explained(image: Pixels, located: Located | None, flaws: tuple[Flaw, ...], limits: Limits | None) -> tuple[Flaw, ...]:
    """The flaws of a photo (BGR), and of what was `located` in it, of which `no_card` is one; before them glare or covered
    where most of a card is hidden."""
    found = buried(image)
    why = [flaw for flaw in judge(image, found, limits) if flaw.code in ("glare", "covered")] if found else []
    if not why and located is not None and min(located.support) > SEEN.max():
        # All sides of a sheet like a card: a lamp, if there is one, is why little of its print is seen.
        why = [flaw for flaw in flaws if flaw.code == "glare"]
    named = [flaw.code for flaw in why]
    return (*why, *(flaw for flaw in flaws if flaw.code not in named))


def buried(image: Pixels) -> Located | None:
    """A card most of whose print is hidden: `layout` counts what is not, and nothing is sure (`confidence` 0)."""
    small, by = shrunk(image, SEARCH)
    lab, bare = smoothed(small), edges(plain(small))
    straight = lines(bare, LINES)
    best: Located | None = None
    for corners in chain(*(make(bare, straight, TRIED).corners for make in (quads, threes))):
        if _lost(rectify(small, corners, layout.SCALE, 0.0)[None]).mean() <= MUCH / 2:
            continue
        fitted = fit(lab, corners, 0.025 * float(np.ptp(corners, axis=0).max()))
        if (np.sort(fitted.support) < SEEN).any():
            continue
        card = rectify(small, fitted.quad, layout.SCALE, 0.0)[None]
        lost = _lost(card)
        if not MUCH < lost.mean() < MOST:
            continue
        agree = layout.match(card, 1.0 - lost.astype(np.float32), least=1 - MOST)[0]
        which = int(np.argmax(agree))
        if agree[which] > (AGREES if best is None else best.layout):
            turn = -2 * (which % 2)
            support = tuple(float(one) for one in np.roll(fitted.support, turn))
            best = Located(np.roll(fitted.quad, turn, axis=0) / by, layout.SIDES[which // 2], float(agree[which]), support, 0.0)  # type: ignore[arg-type]
            if best.layout > ENOUGH:
                break
    return best


def _lost(card: Pixels) -> Pixels:
    """Where nothing can be seen of one small picture (1, high, wide, 3): white from a lamp, or below fingers (1, high, wide)."""
    white = (layout.darkest(card)[0] >= layout.WHITE).astype(np.uint8)
    spot = cv2.dilate(white, np.ones((HALO, HALO), np.uint8)) > 0
    return np.asarray(layout.hidden(card, most_of_side=1.0, most=MOST) | spot)
