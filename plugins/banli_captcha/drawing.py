"""Draws digits: turned, bent and struck through, dark on light, sharp on a phone's screen, small on the way."""

from __future__ import annotations

import random
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captcha.image import ImageCaptcha
    from PIL.Image import Image

WIDTH, HEIGHT = 300, 120
"""Twice or three times the size on the page (120 by 48), for screens with many pixels."""
COLOURS = 24
LIGHT = ((247, 244, 236), (238, 245, 250), (243, 248, 238), (250, 241, 243))
# Each has a contrast of 7:1 or more on every light one.
DARK = ((30, 58, 95), (84, 28, 64), (20, 76, 58), (96, 42, 12), (58, 40, 110))


class Drawer:
    """Thread-safe: every picture is drawn on a sheet of its own."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()
        self._pen: ImageCaptcha | None = None

    def draw(self, answer: str) -> bytes:
        """The picture as PNG."""
        background, colour = self._random.choice(LIGHT), self._random.choice(DARK)
        image = self._captcha().create_captcha_image(answer, (*colour, 255), background)
        self._strike(image, colour, background)
        out = BytesIO()
        image.quantize(COLOURS).save(out, "PNG", optimize=True)
        return out.getvalue()

    def _captcha(self) -> ImageCaptcha:
        if self._pen is None:
            from captcha.image import ImageCaptcha

            pen = ImageCaptcha(WIDTH, HEIGHT, font_sizes=(74, 80, 88))
            # Turned so far that programs have to work, not so far that people take a 2 for a 5.
            pen.character_rotate = (-22, 22)
            pen.character_warp_dx, pen.character_warp_dy = (0.05, 0.2), (0.1, 0.2)
            pen.word_space_probability, pen.word_offset_dx = 1.0, 0.12
            self._pen = pen
        return self._pen

    def _strike(self, image: Image, colour: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """Curves in the colour of the digits join them, thinner ones in that of the ground cut them; dots lie about."""
        from PIL.ImageDraw import Draw

        on, between = Draw(image), self._random.randint
        for ink, thick in ((colour, 4), (colour, 3), (background, 3)):
            heights = [between(HEIGHT // 4, HEIGHT * 3 // 4) for _ in range(4)]
            on.line(_curve(heights), fill=ink, width=thick, joint="curve")
        for _ in range(45):
            x, y, size = between(0, WIDTH), between(0, HEIGHT), between(1, 2)
            on.ellipse((x, y, x + size, y + size), fill=colour)


def _curve(heights: list[int]) -> list[tuple[float, float]]:
    """A cubic Bezier curve from edge to edge."""
    a, b, c, d = heights
    steps = [n / 30 for n in range(31)]
    return [
        (t * WIDTH, a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t * t * (1 - t) + d * t**3) for t in steps
    ]
