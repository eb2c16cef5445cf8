"""The plugin: a captcha of digits that can be told apart by eye and by ear."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli.hooks import CaptchaMaker, Home, Plugin
from banli_captcha.drawing import Drawer
from banli_captcha.speaking import Speaker

DIGITS = "0234568"
"""Without 1, 7 and 9: turned, 1 looks like 7 and 9 like 6; spoken, yi sounds like qi, jiu like liu, and nine like five."""


class CaptchaPlugin(Plugin):
    name = "banli_captcha"
    required: ClassVar[Sequence[str]] = ()
    options: ClassVar[Mapping[str, Any]] = {
        "length": {"type": "integer", "minimum": 4, "maximum": 6, "default": 5, "description": "How many digits."},
        "espeak": {"type": "string", "description": "Where the program espeak-ng is, when not on the path."},
    }

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self._maker = DigitCaptcha(int(options.get("length", 5)), Drawer(), Speaker(options.get("espeak")))

    def captcha(self) -> CaptchaMaker:
        return self._maker

    async def check(self) -> str:
        return await asyncio.to_thread(self._maker.speaker.missing)


class DigitCaptcha:
    """A `banli.hooks.CaptchaMaker`. Both methods take some milliseconds: call them in a thread."""

    def __init__(self, length: int, drawer: Drawer, speaker: Speaker) -> None:
        self.length, self.drawer, self.speaker = length, drawer, speaker

    def draw(self) -> tuple[str, bytes]:
        answer = "".join(secrets.choice(DIGITS) for _ in range(self.length))
        return answer, self.drawer.draw(answer)

    def speak(self, answer: str, language: str) -> bytes:
        return self.speaker.speak(answer, language)
