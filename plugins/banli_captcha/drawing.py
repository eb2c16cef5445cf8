"""Draws digits: turned, slanted, waved and struck through, dark on light, sharp on a phone's screen, small on the way."""

from __future__ import annotations

import math
import random
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH, HEIGHT = 300, 120
"""Two and a half times the size on the page (120 by 48), for screens with many pixels."""
TILE = 110
SIZES = (72, 78, 84)
COLOURS = 16
LIGHT = ((247, 244, 236), (238, 245, 250), (243, 248, 238), (250, 241, 243))
# Each has a contrast of 7:1 or more on every light one.
DARK = ((30, 58, 95), (84, 28, 64), (18, 70, 52), (96, 42, 12), (58, 40, 110))


class Drawer:
    """Thread-safe: every picture is drawn on a sheet of its own."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def draw(self, answer: str) -> bytes:
        """The picture as PNG."""
        from PIL import Image

        light, dark = self._random.choice(LIGHT), self._random.choice(DARK)
        ink = self._waved(self._written(answer))
        image = Image.new("RGB", (WIDTH, HEIGHT), light)
        image.paste(dark, (0, 0), ink)
        self._strike(image, dark, light)
        out = BytesIO()
        image.quantize(COLOURS).save(out, "PNG", optimize=True)
        return out.getvalue()

    def _written(self, answer: str) -> Image:
        """Where ink is: the digits side by side, each in its own way, close enough to touch now and then."""
        from PIL import Image

        ink = Image.new("L", (WIDTH, HEIGHT))
        step = min((WIDTH - 30) / len(answer), 62)
        left = self._random.uniform(12, WIDTH - 12 - step * len(answer))
        for place, digit in enumerate(answer):
            tile = self._tile(digit)
            x = left + step * (place + 0.5) + self._random.uniform(-3, 3) - TILE / 2
            y = (HEIGHT - TILE) / 2 + self._random.uniform(-8, 8)
            ink.paste(255, (round(x), round(y)), tile)
        return ink

    def _tile(self, digit: str) -> Image:
        from PIL import Image, ImageDraw

        tile = Image.new("L", (TILE, TILE))
        font = self._random.choice(self._fonts)
        ImageDraw.Draw(tile).text((TILE / 2, TILE / 2), digit, fill=255, font=font, anchor="mm")
        slant = self._random.uniform(-0.22, 0.22)
        leaning = (1, slant, -slant * TILE / 2, 0, 1, 0)
        tile = tile.transform(tile.size, Image.Transform.AFFINE, leaning, Image.Resampling.BILINEAR)
        # Turned so far that programs have to work, not so far that people take a 2 for a 5.
        return tile.rotate(self._random.uniform(-18, 18), Image.Resampling.BILINEAR)

    def _waved(self, ink: Image) -> Image:
        from PIL import Image

        height, length, start = self._random.uniform(3, 7), self._random.uniform(90, 170), self._random.uniform(0, 6.3)

        def down(x: int) -> float:
            return height * math.sin(start + x / length * 2 * math.pi)

        strips = []
        for x in range(0, WIDTH, 10):
            a, b = down(x), down(x + 10)
            strips.append(((x, 0, x + 10, HEIGHT), (x, a, x, HEIGHT + a, x + 10, HEIGHT + b, x + 10, b)))
        return ink.transform(ink.size, Image.Transform.MESH, strips, Image.Resampling.BILINEAR)

    def _strike(self, image: Image, dark: tuple[int, int, int], light: tuple[int, int, int]) -> None:
        """Curves in the colour of the digits join them, one in that of the ground cuts them; dots lie about."""
        from PIL.ImageDraw import Draw

        on, between = Draw(image), self._random.randint
        for colour, thick in ((dark, 3), (dark, 2), (light, 2)):
            heights = [between(HEIGHT // 6, HEIGHT * 5 // 6) for _ in range(4)]
            on.line(_curve(heights), fill=colour, width=thick, joint="curve")
        for _ in range(40):
            x, y, size = between(0, WIDTH), between(0, HEIGHT), between(1, 3)
            on.ellipse((x, y, x + size, y + size), fill=dark)

    @cached_property
    def _fonts(self) -> list[FreeTypeFont | ImageFont]:
        """The fonts that come with the packages `captcha` and `pillow`, so that it looks the same everywhere."""
        from captcha.image import DEFAULT_FONTS
        from PIL import ImageFont

        own = [ImageFont.truetype(path, size) for path in DEFAULT_FONTS for size in SIZES]
        return [*own, *(ImageFont.load_default(size) for size in SIZES)]


def _curve(heights: list[int]) -> list[tuple[float, float]]:
    """A cubic Bezier curve from edge to edge."""
    a, b, c, d = heights
    steps = [n / 30 for n in range(31)]
    return [(t * WIDTH, a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t * t * (1 - t) + d * t**3) for t in steps]
