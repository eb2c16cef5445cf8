"""From the bytes of a photo to an upright card and what is to be said about it: what a worker does with one picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from banli_imaging.buried import explained
from banli_imaging.geometry import CARD_HIGH, CARD_WIDE, Floats, Pixels, lengths, rectify
from banli_imaging.intake import decode
from banli_imaging.judge import Flaw, Limits, judge
from banli_imaging.locate import locate
from banli_imaging.signature import crop

MARGIN = 1.0
"""Millimetres of the ground that are kept around a card."""
MOST_SCALE = 20.0
"""Pixels for each millimetre of the upright card, at most: about 500 dpi."""
PHOTO_QUALITY, CARD_QUALITY = 90, 92


@dataclass(frozen=True, slots=True)
class Developed:
    """`photo`: the whole picture, upright, JPEG without anything but pixels, `size` (wide, high). `quad`: the corners
    in its pixels (4, 2), from the upper left one of the card as printed on. `card`: the upright card (JPEG), None where
    none was found. `side`: "front", "back", "signature" or ""; `confidence` from 0 to 1; `flaws` gravest first."""

    photo: bytes
    size: tuple[int, int]
    quad: Floats | None
    card: bytes | None
    side: str
    confidence: float
    flaws: tuple[Flaw, ...]


def develop(content: bytes, slot: str = "card", limits: Limits | None = None, words: bool = True) -> Developed:
    """The card (or, where `slot` is "signature", the written sheet) in a photo. Raises `intake.Refused`. `words`: whether,
    where it is doubtful where the card lies, the labels on it may be read (extra `banli[ocr]`; without it nothing is)."""
    image = decode(content)
    size = (image.shape[1], image.shape[0])
    photo = jpeg(image, PHOTO_QUALITY)
    if slot == "signature":
        signed = crop(image)
        if signed is None:
            return Developed(photo, size, None, None, "", 0.0, (Flaw("no_signature", 0.0, 1.0),))
        return Developed(photo, size, signed.quad, jpeg(signed.sheet, CARD_QUALITY), "signature", signed.confidence, ())
    found = locate(image, _by_words if words else None)
    flaws = judge(image, found, limits)
    if found is None or any(flaw.code == "no_card" for flaw in flaws):
        return Developed(photo, size, None, None, "", 0.0, explained(image, found, flaws, limits))
    return Developed(photo, size, found.quad, upright(image, found.quad), found.side, found.confidence, flaws)


def _by_words(photo: Pixels) -> list[tuple[Floats, int]]:
    """Loads the networks with the first photo that is in doubt."""
    from banli_imaging.reading.models import Missing
    from banli_imaging.reading.places import places

    try:
        return places(photo)
    except Missing:
        return []


def upright(image: Pixels, quad: Floats) -> bytes:
    """The card behind `quad` as JPEG, as large as the photo has detail for. Also for corners that a person has set."""
    scale = float(np.clip(lengths(quad).max() / CARD_WIDE, 4.0, MOST_SCALE))
    return jpeg(rectify(image, quad, scale, MARGIN, (CARD_WIDE, CARD_HIGH)), CARD_QUALITY)


def jpeg(image: Pixels, quality: int) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
