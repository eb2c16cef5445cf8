"""What a worker can be asked: to develop a photo, to cut a card anew along corners that a person has set, to show a photo
another way, to read a card; or nothing, to see whether it works."""

from __future__ import annotations

import resource
from typing import Any

import cv2
import numpy as np

from banli_imaging import wire
from banli_imaging.develop import develop, jpeg, upright
from banli_imaging.geometry import Pixels
from banli_imaging.intake import Refused, decode
from banli_imaging.limits import Limits
from banli_imaging.showing import shown

cv2.setNumThreads(1)
ROOM = 1_400 * 1024 * 1024


def do(said: dict[str, Any], parts: list[bytes]) -> bytes:
    """The answer to one message, packed."""
    try:
        if said["do"] == "nothing":
            # Of a size that needs some memory.
            decode(jpeg(np.full((1200, 1600, 3), 200, np.uint8), 90))
            return wire.packed({})
        if said["do"] == "show":
            return wire.packed({}, [_shown(decode(parts[0]), said)])
        if said["do"] == "read":
            return wire.packed(_read(decode(parts[0]), str(said["side"])))
        if said["do"] == "cut":
            return wire.packed({}, [upright(decode(parts[0]), np.array(said["quad"], np.float64))])
        words = bool(said.get("words", True)) and _has_room()
        made = develop(parts[0], said.get("slot", "card"), Limits.of(said.get("limits", {})), words)
    except Refused as refused:
        return wire.packed({"problem": refused.code})
    answer = {
        "size": list(made.size),
        "quad": None if made.quad is None else [[float(x), float(y)] for x, y in made.quad],
        "side": made.side,
        "confidence": made.confidence,
        "flaws": [[flaw.code, flaw.measured, flaw.limit] for flaw in made.flaws],
    }
    return wire.packed(answer, [made.photo] if made.card is None else [made.photo, made.card])


def _has_room() -> bool:
    """The networks want address space besides the photo: they may be denied none, else they end this process."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    return most == resource.RLIM_INFINITY or most >= ROOM


def _read(card: Pixels, side: str) -> dict[str, Any]:
    """What stands on an upright card. The libraries for it are imported with the first one."""
    from banli_imaging.reading.cards import read
    from banli_imaging.reading.models import Missing

    try:
        return {"read": {what: [one.text, one.certain, one.confidence] for what, one in read(card, side).items()}}
    except Missing as why:
        return {"missing": str(why)}


def _shown(image: Pixels, said: dict[str, Any]) -> bytes:
    """Here the corners are parts of the photo's width and height, because a page knows no pixels."""
    size = np.array([image.shape[1], image.shape[0]], np.float64)
    quad = np.array(said["quad"], np.float64) * size if said["quad"] is not None else None
    return shown(image, quad, int(said["turn"]), bool(said["sheet"]))
