"""Photos of synthetic cards to be uploaded by hand: `python -m tests.imaging.samples FOLDER` writes those of a sample client."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from . import printed

JIA = printed.person(
    1,
    name="样本甲",
    sex="男",
    birth=date(1995, 8, 13),
    number="410105199508130039",
    begins=date(2025, 9, 8),
    ends=date(2045, 9, 8),
)
"""样本甲 of companies 8001 to 8003, whose card was renewed: what is on file is another validity."""


def write(folder: Path, who: printed.Person = JIA) -> list[Path]:
    """Both sides of the card, and the front of somebody else's."""
    folder.mkdir(parents=True, exist_ok=True)
    sheets = {"front": printed.front(who), "back": printed.back(who), "front of somebody else": printed.front(printed.person(9))}
    written = [folder / f"{name}.jpg" for name in sheets]
    for path, sheet in zip(written, sheets.values(), strict=True):
        path.write_bytes(printed.photo(sheet))
    return written


if __name__ == "__main__":
    for made in write(Path(sys.argv[1])):
        print(made)
