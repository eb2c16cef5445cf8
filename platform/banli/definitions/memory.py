"""What one reading of the definitions leaves to the next, so that an edit costs only what it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Made = TypeVar("Made")


@dataclass
class Memory:
    """Of every file the newest only. What is kept is never changed by whoever gets it."""

    pages: dict[str, int] = field(default_factory=dict)
    """How many pages a PDF has, by its digest."""
    _made: dict[tuple[str, str], tuple[bytes, Any]] = field(default_factory=dict, repr=False)

    def of(self, make: Callable[[str, bytes], Made], name: str, raw: bytes) -> Made:
        """`make(name, raw)`, made once for this content; `make` must rest on nothing else."""
        key, digest = (make.__qualname__, name), hashlib.sha256(raw).digest()
        known = self._made.get(key)
        if known is None or known[0] != digest:
            known = self._made[key] = digest, make(name, raw)
        made: Made = known[1]
        return made
