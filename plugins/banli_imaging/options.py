"""The settings in `site.yaml`: from where on a photo cannot be used, and what one worker may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from banli_imaging.limits import Limits
from banli_imaging.pool import Bounds

MEANINGS = {
    "no_card": "How well the print agrees with a card's, at least (-1 to 1).",
    "cut_off": "How far a corner may lie outside of the photo, to the card's long side.",
    "too_small": "Pixels of the card's long side, at least.",
    "dark": "Lightness of the card's paper, 0 to 255, at least.",
    "blurred": "Steepness of the strokes: the share of the contrast for each millimetre, at least.",
    "glare": "The share of one piece of print that may be lost in light; or fifteen times the share of the card that shines.",
    "covered": "The share of one piece of print that may be hidden.",
    "low_contrast": "How much card and ground must differ across the two faintest sides, in L*a*b*, at least.",
    "copy": "Spread of the colours, at least; below it is a photocopy.",
    "screen": "The strongest fine regular pattern, to what is usual, at most; above it is a screen.",
}
READING_MEMORY = 1_000 * 1024 * 1024
OPTIONS: Mapping[str, Any] = {
    "limits": {
        "type": "object",
        "additionalProperties": False,
        "description": "From where on a photo cannot be used.",
        "properties": {
            one.name: {"type": "number", "default": one.default, "description": MEANINGS[one.name]} for one in fields(Limits)
        },
    },
    "workers": {"type": "integer", "minimum": 1, "maximum": 16, "default": 1, "description": "Processes that look at pictures."},
    "memory": {"type": "integer", "minimum": 600, "default": 1500, "description": "Address space of one, in MB."},
    "read": {
        "type": "boolean",
        "description": "Whether what is printed on cards is read (extra banli[ocr]). Unsaid: where the extra is installed.",
    },
    "seconds": {"type": "number", "minimum": 2, "default": 8, "description": "Of the processor, for one picture."},
}
"""JSON Schema properties, as `Plugin.options` wants them."""


def limits(options: Mapping[str, Any]) -> Limits:
    return Limits.of(options.get("limits", {}))


def reading_bounds(options: Mapping[str, Any]) -> Bounds:
    """Of the one process that reads cards: the networks want some address space, and the same few seconds."""
    usual = bounds(options)
    return replace(usual, memory=max(usual.memory, READING_MEMORY))


def bounds(options: Mapping[str, Any]) -> Bounds:
    seconds = float(options.get("seconds", 8))
    return Bounds(memory=int(options.get("memory", 1500)) * 1024 * 1024, cpu=seconds, wall=2 * seconds)
