"""What a worker can be asked: to develop a photo, or to cut a card anew along corners that a person has set."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from banli_imaging import wire
from banli_imaging.develop import develop, upright
from banli_imaging.intake import Refused, decode
from banli_imaging.judge import Limits

cv2.setNumThreads(1)


def do(said: dict[str, Any], parts: list[bytes]) -> bytes:
    """The answer to one message, packed."""
    try:
        if said["do"] == "cut":
            return wire.packed({}, [upright(decode(parts[0]), np.array(said["quad"], np.float64))])
        made = develop(parts[0], said.get("slot", "card"), Limits.of(said.get("limits", {})))
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
