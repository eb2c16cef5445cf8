"""Draws the photos of sample clients: cards that nobody could take for real, in whatever letters the machine has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from banli import china
from banli.hooks import Picture, Record

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

CARD = (1012, 638)
"""85.6 by 54 mm at 300 dots per inch."""
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
FONT_NAMES = (
    "notosanscjk-regular.ttc",
    "notosanssc-regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "droidsansfallbackfull.ttf",
    "droidsansfallback.ttf",
    "pingfang.ttc",
    "hiragino sans gb.ttc",
    "stheiti light.ttc",
    "msyh.ttc",
    "simhei.ttf",
)
INK, PALE, RED = (38, 52, 70), (222, 233, 243), (190, 40, 40)


def draw(name: str, record: Record) -> Picture | None:
    """The photo `name` of a sample client, or None when samples have no such photo."""
    make = _DRAWINGS.get(name)
    if make is None:
        return None
    out = BytesIO()
    make(_Pen(record)).save(out, "JPEG", quality=80)
    return Picture(out.getvalue(), "image/jpeg")


class _Pen:
    """A sheet to draw on and the record to draw from. Without a Chinese font it writes Latin letters only."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.chinese = _chinese_font() is not None

    def sheet(self, size: tuple[int, int], colour: tuple[int, int, int]) -> tuple[Image, ImageDraw]:
        from PIL import Image, ImageDraw

        image = Image.new("RGB", size, colour)
        return image, ImageDraw.Draw(image)

    def write(
        self,
        on: ImageDraw,
        at: tuple[int, int],
        chinese: str,
        latin: str,
        size: int = 36,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        on.text(at, chinese if self.chinese else latin, font=_font(size), fill=colour)

    def mark(self, image: Image) -> Image:
        """Across the whole picture: this is a sample."""
        from PIL import Image, ImageDraw

        width, height = image.size
        layer = Image.new("RGBA", (width * 2, height * 2), (0, 0, 0, 0))
        on = ImageDraw.Draw(layer)
        words = "样本 SAMPLE   " if self.chinese else "SAMPLE   "
        for row in range(0, height * 2, 170):
            on.text((row % 300, row), words * 12, font=_font(64), fill=(*RED, 70))
        turned = layer.rotate(20).crop((width // 2, height // 2, width // 2 + width, height // 2 + height))
        return Image.alpha_composite(image.convert("RGBA"), turned).convert("RGB")

    def text(self, name: str) -> str:
        return str(self.record.get(name) or "")


def _front(pen: _Pen) -> Image:
    image, on = pen.sheet(CARD, PALE)
    number = china.parse_id_number(pen.text("id_number"))
    sex, born = ("", "") if isinstance(number, str) else (number.sex, number.birth.isoformat())
    pen.write(on, (60, 70), f"姓名  {pen.text('name')}", "NAME  SAMPLE", 44)
    pen.write(on, (60, 150), f"性别  {'男' if sex == 'male' else '女'}    民族  样本", f"SEX  {sex}")
    pen.write(on, (60, 220), f"出生  {born}", f"BORN  {born}")
    address = pen.text("id_address")
    for row in range(0, len(address), 13):
        pen.write(on, (60, 300 + row * 4), f"{'住址  ' if not row else '          '}{address[row : row + 13]}", "")
    pen.write(on, (60, 540), f"公民身份号码  {pen.text('id_number')}", f"NUMBER  {pen.text('id_number')}", 40)
    _figure(on, 700, 90, 240)
    return pen.mark(image)


def _back(pen: _Pen) -> Image:
    # A plain ring stands where a real card has an emblem.
    image, on = pen.sheet(CARD, PALE)
    on.ellipse((70, 60, 270, 260), outline=RED, width=10)
    pen.write(on, (125, 130), "样本", "S", 46, RED)
    pen.write(on, (340, 70), "样本证件", "SAMPLE CARD", 64)
    pen.write(on, (340, 170), "不是居民身份证", "NOT AN IDENTITY CARD", 48)
    term = pen.record.get("id_validity") or {}
    last = "长期" if term.get("long_term") and pen.chinese else term.get("to", "")
    pen.write(on, (160, 440), "签发机关  样本机关", "ISSUED BY  SAMPLE")
    pen.write(
        on,
        (160, 520),
        f"有效期限  {term.get('from', '')} - {last}",
        f"VALID  {term.get('from', '')} - {last}",
    )
    return pen.mark(image)


def _signature(pen: _Pen) -> Image:
    image, on = pen.sheet((900, 400), (252, 252, 250))
    pen.write(on, (240, 110), pen.text("name"), "Sample", 140, (20, 20, 30))
    on.line([(210 + 24 * n, 300 + (n * 37) % 23) for n in range(21)], fill=(20, 20, 30), width=5)
    return pen.mark(image)


def _portrait(pen: _Pen) -> Image:
    image, on = pen.sheet((720, 900), (206, 218, 230))
    _figure(on, 160, 180, 400)
    return pen.mark(image)


def _figure(on: ImageDraw, left: int, top: int, width: int) -> None:
    """Head and shoulders of nobody."""
    grey = (150, 164, 178)
    on.ellipse((left + width // 4, top, left + width * 3 // 4, top + width * 5 // 8), fill=grey)
    on.pieslice((left, top + width * 11 // 16, left + width, top + width * 2), 180, 360, fill=grey)


_DRAWINGS: dict[str, Callable[[_Pen], Image]] = {
    "id_front": _front,
    "id_back": _back,
    "signature": _signature,
    "portrait": _portrait,
}


@cache
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    path = _chinese_font()
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


@cache
def _chinese_font() -> str | None:
    """The best font of the machine that has Chinese letters; none is shipped."""
    found = {name: path for name, path in _font_files() if name in FONT_NAMES}
    return next((found[name] for name in FONT_NAMES if name in found), None)


def _font_files() -> Iterator[tuple[str, str]]:
    for folder in FONT_FOLDERS:
        for parent, _, names in os.walk(Path(folder).expanduser()):
            for name in names:
                yield name.lower(), os.path.join(parent, name)
