"""Figures of the reading, measured on synthetic cards: `python -m tests.imaging.read_figures [SEED] [CARDS]`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[2] / folder) for folder in ("plugins", "platform")]

import cv2  # noqa: E402

from banli_imaging.reading.cards import read  # noqa: E402

from . import printed  # noqa: E402

WANTED = {"number": 0.995, "name": 0.98, "address": 0.98}
MOST_WRONG, MOST_SECONDS = 0.002, 1.5


@dataclass(frozen=True)
class Row:
    """One line of the table. `well`: is what was wanted reached; None where nothing is wanted."""

    what: str
    reached: str
    wanted: str
    well: bool | None


def rows(seed: int = 1, cards: int = 60, told: bool = False) -> list[Row]:
    """The figures of `cards` persons, both sides of each, on this machine's first core. Cards are synthetic."""
    cv2.setNumThreads(1)
    right, certain, wrong, count, seconds = Counter[str](), Counter[str](), Counter[str](), Counter[str](), []
    for n in range(cards):
        who = printed.person(seed * 10_000 + n)
        for side, sheet, truth in (("front", printed.front, who.front()), ("back", printed.back, who.back())):
            card = printed.straightened(sheet(who, n + seed), n + seed)
            begun = time.perf_counter()
            found = read(card, side)
            seconds.append(time.perf_counter() - begun)
            for name, text in truth.items():
                seen = found.get(name)
                field = "rare name" if name == "name" and text in printed.RARE else name
                count[field] += 1
                right[field] += seen is not None and seen.text == text
                certain[field] += seen is not None and seen.certain
                wrong[field] += seen is not None and seen.certain and seen.text != text
                if told and (seen is None or seen.text != text or not seen.certain):
                    print(f"{n} {card.shape[1]} px {name}: {text} read as {seen}", file=sys.stderr)
    made = [
        Row(f"{field}: exact", f"{right[field] / count[field]:.3f} ({certain[field] / count[field]:.2f} certain)",
            f">= {WANTED[field]}" if field in WANTED else "", right[field] / count[field] >= WANTED[field] if field in WANTED else None)
        for field in count
    ]  # fmt: skip
    share = wrong.total() / count.total()
    made.append(
        Row("wrong and certain", f"{share:.4f} ({wrong.total()} of {count.total()})", f"<= {MOST_WRONG}", share <= MOST_WRONG)
    )
    made.append(
        Row(
            "seconds to read a card, median",
            f"{median(seconds):.2f}",
            f"<= {MOST_SECONDS} with crop",
            median(seconds) <= MOST_SECONDS,
        )
    )
    return made


def main() -> None:
    seed, cards = (int(one) for one in (*sys.argv[1:3], *("1", "60")[len(sys.argv[1:3]) :]))
    print(f"reading of synthetic cards, seed {seed}, {cards} persons")
    for row in rows(seed, cards, told="-v" in sys.argv):
        print(f"{row.what:34} {row.reached:24} {row.wanted:18} {'' if row.well is None else 'reached' if row.well else 'MISSED'}")


if __name__ == "__main__":
    main()
