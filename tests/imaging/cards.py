"""Draws synthetic identity cards of the second generation (samples with made-up people) and signature sheets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

SCALE = 15
"""Pixels for each millimetre of a drawn card."""
WIDE, HIGH, ROUND = 85.6, 54.0, 3.18
FONTS = Path("/usr/share/fonts/opentype/noto")
SANS, SERIF = FONTS / "NotoSansCJK-Regular.ttc", FONTS / "NotoSerifCJK-Bold.ttc"
LABEL, INK = (70, 120, 175), (28, 28, 30)
NAMES = ("样本一", "样本", "样本某某", "欧阳样本", "样本晓", "阿依样本·古丽样")
PLACES = (
    "样本省样本市样本区样本路88号样本花园3栋1单元502室",
    "样本市样本区样本镇样本村12组",
    "样本自治区样本市样本县样本乡样本街道东一巷样本小区北区十六号楼二单元一零一",
)


@dataclass(frozen=True)
class Sheet:
    """A flat thing to be photographed: BGR pixels, its mask (0 to 255), its size in millimetres and what it is."""

    pixels: Pixels
    mask: Pixels
    wide: float
    high: float
    kind: str


@lru_cache(maxsize=64)
def font(path: Path, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), round(size * SCALE), index=2 if path.suffix == ".ttc" else 0)


def id_number(chance: np.random.Generator) -> str:
    body = f"{chance.choice(['110101', '310115', '440305'])}{chance.integers(1950, 2004)}{chance.integers(1, 13):02}"
    body += f"{chance.integers(1, 29):02}{chance.integers(0, 1000):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def rounded(wide: float, high: float, corner: float) -> Pixels:
    size = (round(wide * SCALE), round(high * SCALE))
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), corner * SCALE, fill=255)
    return np.asarray(mask)


def paper(chance: np.random.Generator) -> Image.Image:
    """Pale blue to pale pink with fine waves and rosettes, as security printing has them."""
    high, wide = round(HIGH * SCALE), round(WIDE * SCALE)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32) / SCALE
    left = np.array(chance.uniform((226, 232, 232), (243, 244, 244)), np.float32)
    right = np.array(chance.uniform((226, 230, 232), (240, 241, 244)), np.float32)
    ground = left + (right - left) * (x / WIDE)[..., None]
    strength = chance.uniform(2, 6)
    phase = chance.uniform(0, 6.28, 4)
    waves = np.sin(y * 5.2 + 2.2 * np.sin(x * 0.4 + phase[0]) + phase[1])
    around = np.hypot(x - 52, y - 27)
    rosette = np.sin(around * 4.0 + 1.5 * np.sin(np.arctan2(y - 27, x - 52) * 12 + phase[2]))
    tint = np.array((0.5, 1.0, 0.6), np.float32)
    ground -= strength * 0.5 * (1 + waves)[..., None] * tint
    ground -= strength * 0.5 * (1 + rosette)[..., None] * tint[::-1]
    return Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))


def write(on: ImageDraw.ImageDraw, x: float, y: float, text: str, size: float, colour: tuple[int, int, int],
          path: Path = SANS, spread: float = 0.0) -> None:  # fmt: skip
    """Text whose middle line is at `y` millimetres and whose left end is at `x`; `spread` millimetres between letters."""
    face = font(path, size)
    if not spread:
        on.text((x * SCALE, y * SCALE), text, colour, face, anchor="lm")
        return
    for letter in text:
        on.text((x * SCALE, y * SCALE), letter, colour, face, anchor="lm")
        x += face.getlength(letter) / SCALE + spread


def portrait(on: ImageDraw.ImageDraw, chance: np.random.Generator) -> None:
    """Head and shoulders made of a few shapes, without a frame, as on the card."""

    def mm(*values: float) -> tuple[float, ...]:
        return tuple(v * SCALE for v in values)

    skin = tuple(int(v) for v in chance.uniform((195, 150, 120), (235, 195, 170)))
    hair = tuple(int(v) for v in chance.uniform((10, 10, 10), (60, 50, 45)))
    shirt = tuple(int(v) for v in chance.uniform((15, 15, 20), (110, 110, 130)))
    middle, top = 68.0 + chance.uniform(-0.6, 0.6), 7.2 + chance.uniform(-0.6, 1.0)
    on.polygon([mm(middle - 12.5, 39), mm(middle - 11.5, 33), mm(middle - 4, 29), mm(middle + 4, 29),
                mm(middle + 11.5, 33), mm(middle + 12.5, 39)], fill=shirt)  # fmt: skip
    on.polygon([mm(middle - 3.5, 29.2), mm(middle, 34), mm(middle + 3.5, 29.2)], fill=(225, 225, 225))
    on.rectangle(mm(middle - 3, 24, middle + 3, 30), fill=tuple(int(v * 0.92) for v in skin))
    long = 20 if chance.random() < 0.4 else 9
    on.ellipse(mm(middle - 8, top - 0.5, middle + 8, top + long + 6), fill=hair)
    on.ellipse(mm(middle - 6.6, top + 3, middle + 6.6, top + 20.5), fill=skin)
    for side in (-2.8, 2.8):
        on.ellipse(mm(middle + side - 1.1, top + 10, middle + side + 1.1, top + 11), fill=(40, 30, 30))
    on.ellipse(mm(middle - 2, top + 15.6, middle + 2, top + 16.6), fill=(170, 90, 90))


def emblem(on: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """An abstract red round shape where the emblem is printed; it is none."""

    def disc(radius: float, colour: tuple[int, int, int]) -> None:
        on.ellipse(tuple(v * SCALE for v in (x - radius, y - radius, x + radius, y + radius)), fill=colour)

    disc(8.4, (200, 45, 45))
    disc(7.2, (228, 110, 95))
    disc(6.4, (196, 35, 40))
    for angle in range(0, 360, 30):
        a = math.radians(angle)
        on.ellipse(tuple(v * SCALE for v in (x + 5 * math.cos(a) - 1, y + 5 * math.sin(a) - 1,
                                             x + 5 * math.cos(a) + 1, y + 5 * math.sin(a) + 1)), fill=(232, 150, 120))  # fmt: skip
    on.rectangle(tuple(v * SCALE for v in (x - 3, y - 1, x + 3, y + 3)), fill=(236, 170, 130))


def front(seed: int) -> Sheet:
    """The side with the portrait."""
    chance = np.random.default_rng(seed)
    image = paper(chance)
    on = ImageDraw.Draw(image)
    left, value = 6.6 + chance.uniform(-0.5, 0.5), 15.6 + chance.uniform(-0.4, 0.4)
    small, large = 2.9, 3.5 + chance.uniform(-0.2, 0.3)
    up = chance.uniform(-0.5, 0.5)
    born = chance.integers(1950, 2004)
    write(on, left, 8.6 + up, "姓 名", small, LABEL)
    write(on, value, 8.6 + up, str(chance.choice(NAMES)), large + 0.4, INK)
    write(on, left, 15.2 + up, "性 别", small, LABEL)
    write(on, value, 15.2 + up, str(chance.choice(["男", "女"])), large, INK)
    write(on, 27.5, 15.2 + up, "民 族", small, LABEL)
    write(on, 36.5, 15.2 + up, str(chance.choice(["汉", "维吾尔", "回"])), large, INK)
    write(on, left, 21.6 + up, "出 生", small, LABEL)
    for x, text, colour in ((value, str(born), INK), (24.5, "年", LABEL), (28.6, str(chance.integers(1, 13)), INK),
                            (33.4, "月", LABEL), (37.6, str(chance.integers(1, 29)), INK), (42.6, "日", LABEL)):  # fmt: skip
        write(on, x, 21.6 + up, text, large if colour == INK else small, colour)
    write(on, left, 28.4 + up, "住 址", small, LABEL)
    place = str(chance.choice(PLACES))
    for line in range(0, len(place), 10):
        write(on, value, 28.4 + up + line / 10 * 4.4, place[line : line + 10], 3.3, INK)
    write(on, left, 46.4 + up, "公民身份号码", small, LABEL)
    write(on, 29.5, 46.4 + up, id_number(chance), large + 0.6, INK, SANS, spread=0.55)
    portrait(on, chance)
    write(on, 1.2, 51.6, "SAMPLE 样本", 1.4, (205, 210, 214))
    return Sheet(np.asarray(image)[..., ::-1].copy(), rounded(WIDE, HIGH, ROUND), WIDE, HIGH, "front")


def back(seed: int) -> Sheet:
    """The side with the emblem."""
    chance = np.random.default_rng(seed)
    image = paper(chance)
    on = ImageDraw.Draw(image, "RGBA")
    # The wall: pale strokes in the lower middle, as faint as the guilloche.
    for n in range(5):
        x, y = 30 + n * 8, 33 + 3 * math.sin(n * 1.4)
        points = [(v * SCALE, w * SCALE) for v, w in ((x, y), (x + 4, y - 3), (x + 8, y), (x + 8, y + 3), (x + 4, y), (x, y + 3))]
        on.polygon(points, fill=(170, 180, 190, 60))
    up = chance.uniform(-0.5, 0.5)
    emblem(on, 13.2 + chance.uniform(-0.5, 0.5), 13.0 + up)
    write(on, 27.5, 11.2 + up, "中华人民共和国", 5.0, INK, SERIF, spread=1.6)
    write(on, 27.5, 20.6 + up, "居民身份证", 7.2, INK, SERIF, spread=2.7)
    write(on, 21.2, 41.0 + up, "签发机关", 3.0, INK)
    write(on, 36.0, 41.0 + up, str(chance.choice(["样本市公安局样本分局", "样本县公安局", "样本市样本区公安局"])), 3.3, INK)
    write(on, 21.2, 47.6 + up, "有效期限", 3.0, INK)
    term = chance.choice(["2015.03.02-2035.03.02", "2019.11.30-长期", "2020.06.18-2030.06.18"])
    write(on, 36.0, 47.6 + up, str(term), 3.3, INK)
    write(on, 1.2, 51.6, "SAMPLE 样本", 1.4, (205, 210, 214))
    return Sheet(np.asarray(image)[..., ::-1].copy(), rounded(WIDE, HIGH, ROUND), WIDE, HIGH, "back")


def signature(seed: int) -> Sheet:
    """A white sheet, about the shape of a card to a sheet of A5, with a name written on it by hand."""
    chance = np.random.default_rng(seed)
    wide = chance.uniform(90, 150)
    high = wide * chance.uniform(0.55, 0.75)
    scale = SCALE * WIDE / wide
    size = (round(wide * scale), round(high * scale))
    image = Image.new("RGB", size, tuple(int(v) for v in chance.uniform((238, 238, 236), (252, 252, 250))))
    on = ImageDraw.Draw(image)
    ink = (20, 20, 30) if chance.random() < 0.7 else (25, 35, 120)
    count = int(chance.integers(2, 5))
    step = size[0] * 0.7 / count
    for letter in range(count):
        x, y = size[0] * 0.15 + letter * step, size[1] * 0.3
        for _ in range(int(chance.integers(4, 9))):
            points = np.cumsum(chance.normal(0, step * 0.06, (14, 2)), axis=0) + chance.uniform((0.1, 0), (0.8, 1)) * (
                step,
                size[1] * 0.4,
            )
            path = [(float(x + np.clip(px, 0, step)), float(y + np.clip(py, 0, size[1] * 0.4))) for px, py in points]
            on.line(path, fill=ink, width=max(3, round(scale * chance.uniform(0.5, 1.1))), joint="curve")
    pixels = np.asarray(image)[..., ::-1].copy()
    return Sheet(pixels, np.full(pixels.shape[:2], 255, np.uint8), wide, high, "signature")


@lru_cache(maxsize=48)
def sheet(kind: str, seed: int) -> Sheet:
    return {"front": front, "back": back, "signature": signature}[kind](seed)


def grey(pixels: Pixels) -> Pixels:
    """As a photocopier gives it."""
    copied = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return cv2.cvtColor(np.clip((copied - 110) * 1.45 + 110, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
