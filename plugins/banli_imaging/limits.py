"""What can be wrong with a photo, and from where on it is. Without the libraries that look at pictures, for settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

FLAWS = ("no_card", "cut_off", "too_small", "dark", "blurred", "glare", "covered", "copy", "low_contrast", "screen")
WARNINGS = ("copy", "screen")
"""Said, and left to the reviewer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a photo cannot be used. Each is the threshold of the flaw of its name; see README for units."""

    no_card: float = 0.5
    """Agreement of the print with a card's, at least (-1 to 1); less where no sides are seen."""
    cut_off: float = 0.012
    """How far a corner may lie outside of the photo, to the card's long side."""
    too_small: float = 500.0
    """Pixels of the card's long side, at least."""
    dark: float = 70.0
    """Lightness of the card's paper (0 to 255), at least."""
    blurred: float = 0.75
    """Steepness of the strokes in their least sharp direction: the share of the contrast for each millimetre, at least."""
    glare: float = 0.3
    """The share of one piece of print that may be lost in light; or fifteen times the share of the card that shines."""
    covered: float = 0.45
    """The share of one piece of print that may be hidden."""
    low_contrast: float = 1.0
    """How much card and ground must differ across the two faintest sides (L*a*b* for each hundred of lightness)."""
    copy: float = 9.0
    """Spread of the colours (a* and b*), at least."""
    screen: float = 20.0
    """The strongest fine regular pattern, to what is usual, at most."""

    @classmethod
    def of(cls, options: Mapping[str, float]) -> Limits:
        known = {one.name for one in fields(cls)}
        return cls(**{name: float(value) for name, value in options.items() if name in known})
