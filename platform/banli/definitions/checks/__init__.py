"""What can be wrong beyond the shape: one room per group of checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from banli.errors import Mistake


def check(library: Any, catalogues: Mapping[str, bytes], folder: str) -> Iterator[Mistake]:
    yield from ()
