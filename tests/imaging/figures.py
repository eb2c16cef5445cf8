"""Figures of the imaging, measured on synthetic photos: `python -m tests.imaging.figures [SEED] [PHOTOS]`."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2] / folder) for folder in ("plugins", "platform")]

from banli_imaging.geometry import lengths, lost, overlap  # noqa: E402
from banli_imaging.judge import judge  # noqa: E402
from banli_imaging.locate import Located, locate  # noqa: E402

from .grounds import GROUNDS  # noqa: E402
from .photos import FLAWS, Photo, Scene, good, spoilt, take  # noqa: E402

CLASSES = {"A": "", "B": "B", "C": "C", "D": "", "E": "E"}
PLAIN, ALIKE = ("wood", "cloth", "dark"), ("white", "ruled", "pattern", "print")


def scenes(seed: int, each: int) -> Iterator[tuple[str, Scene]]:
    """For each class of difficulty `each` good scenes: A plain, B tilted, C cluttered, D where card and ground are
    alike or the ground is ruled, patterned or printed, E in bad light."""
    for name, hard in CLASSES.items():
        grounds = {"A": PLAIN, "D": ALIKE}.get(name, GROUNDS)
        for n in range(each):
            yield name, good(seed * 1000 + n, grounds[n % len(grounds)], ("front", "back")[n // len(grounds) % 2], hard)


def off(found: Located | None, photo: Photo) -> float:
    """The largest distance of a corner from its true place, to the card's long side; corners must be in their order."""
    if found is None or photo.corners is None:
        return 9.0
    return float(np.linalg.norm(found.quad - photo.corners, axis=1).max() / lengths(photo.corners).max())


def measured(seed: int, each: int) -> None:
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    wrong: list[str] = []
    for name, scene in scenes(seed, each):
        photo = take(scene)
        began = time.process_time()
        found = locate(photo.pixels)
        flaws = [flaw.code for flaw in judge(photo.pixels, found)]
        spent = time.process_time() - began
        assert photo.corners is not None
        error = off(found, photo)
        iou, gone = (overlap(found.quad, photo.corners), lost(found.quad, photo.corners)) if found else (0.0, 1.0)
        right = found is not None and found.side == scene.kind and error < 0.5
        row = (error, iou, gone, float(right), float(bool(flaws)), spent)
        rows[name].append(row)
        rows["  " + scene.ground].append(row)
        rows["all"].append(row)
        if error > 0.01 or flaws:
            wrong.append(f"{name} {scene.ground} {scene.kind} seed {scene.seed}: off {error:.3f}, IoU {iou:.3f}, {flaws}")
    print(f"Synthetic photos, seed {seed}\n")
    print(
        f"{'good photos':<12}{'n':>4}{'IoU':>8}{'>=.9':>7}{'lost>2%':>9}{'off<=1%':>9}{'upright':>9}{'refused':>9}{'ms':>6}{'p95':>6}"
    )
    for name in sorted(rows):
        e, iou, gone, right, bad, ms = np.array(rows[name]).T
        print(f"{name:<12}{len(e):>4}{iou.mean():>8.4f}{(iou >= 0.9).mean():>7.3f}{(gone > 0.02).mean():>9.3f}{(e <= 0.01).mean():>9.3f}"
              f"{right.mean():>9.3f}{bad.mean():>9.3f}{1000 * np.median(ms):>6.0f}{1000 * np.percentile(ms, 95):>6.0f}")  # fmt: skip
    print("\n".join(["", *wrong, ""]))


def spoiled(seed: int, each: int) -> None:
    print(f"{'spoilt':<14}{'n':>4}{'caught':>8}{'named':>8}{'first':>8}  what was said first")
    for flaw in FLAWS:
        said: list[list[str]] = []
        for n in range(each):
            photo = take(
                spoilt(seed * 1000 + n, GROUNDS[n % (6 if flaw != "low_contrast" else 1)], ("front", "back")[n % 2], flaw)
            )
            said.append([one.code for one in judge(photo.pixels, locate(photo.pixels))])
        firsts = [one[0] if one else "-" for one in said]
        counts = ", ".join(f"{firsts.count(code)} {code}" for code in sorted(set(firsts)))
        print(f"{flaw:<14}{each:>4}{np.mean([bool(s) for s in said]):>8.2f}{np.mean([flaw in s for s in said]):>8.2f}"
              f"{np.mean([f == flaw for f in firsts]):>8.2f}  {counts}")  # fmt: skip


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    seed, count = int(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 300
    measured(seed, max(1, count * 2 // 3 // len(CLASSES)))
    spoiled(seed, max(1, count // 3 // len(FLAWS)))
