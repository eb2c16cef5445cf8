"""The captcha: what clients can read or hear, and what the file gives away."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from PIL import Image
from plugin_kit import home_at

from banli.testing import check_captcha
from banli_captcha import DIGITS, CaptchaPlugin, Drawer, Speaker
from banli_captcha.drawing import DARK, HEIGHT, LIGHT, WIDTH
from banli_captcha.plugin import DigitCaptcha
from banli_captcha.speaking import LONGEST_SECONDS, RATE, VOICES

needs_espeak = pytest.mark.usefixtures("espeak")


@pytest.fixture
def espeak() -> str:
    program = shutil.which("espeak-ng")
    assert program, "Install the package espeak-ng: the Chinese voice is part of what is tested."
    return program


def sound(content: bytes) -> tuple[int, int, int, float]:
    with wave.open(io.BytesIO(content)) as file:
        seconds = file.getnframes() / file.getframerate()
        return file.getnchannels(), file.getsampwidth(), file.getframerate(), seconds


@needs_espeak
async def test_it_keeps_what_the_platform_relies_on(tmp_path: Path) -> None:
    """R-020 and its spoken alternative."""
    plugin = CaptchaPlugin({}, home_at(tmp_path))
    check_captcha(plugin.captcha())
    assert await plugin.check() == ""


def test_answers_are_digits_that_cannot_be_taken_for_each_other(tmp_path: Path) -> None:
    for length in (4, 5, 6):
        maker = CaptchaPlugin({"length": length}, home_at(tmp_path)).captcha()
        answers = [maker.draw()[0] for _ in range(20)]
        assert all(len(answer) == length and set(answer) <= set(DIGITS) for answer in answers)
        assert len(set(answers)) > 15
    assert not set("179") & set(DIGITS)


def test_the_picture_is_small_and_sharp_and_its_digits_stay_inside() -> None:
    drawer = Drawer()
    for _ in range(10):
        picture = drawer.draw("823456")
        assert len(picture) < 8_000
        with Image.open(io.BytesIO(picture)) as image:
            assert (image.size, image.format, image.info) == ((WIDTH, HEIGHT), "PNG", {})
    for _ in range(30):
        left, top, right, bottom = (
            drawer._waved(drawer._written("80808")).point(lambda value: 255 * (value > 60)).getbbox() or (0,) * 4
        )
        assert left > 0
        assert top > 0
        assert right < WIDTH
        assert bottom < HEIGHT


def test_digits_stand_out_for_weak_eyes() -> None:
    """Contrast as WCAG 2.2 counts it, at least 7:1."""

    def light_of(colour: tuple[int, int, int]) -> float:
        parts = [part / 255 for part in colour]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for ground in LIGHT:
        for ink in DARK:
            assert (light_of(ground) + 0.05) / (light_of(ink) + 0.05) >= 7


@needs_espeak
def test_chinese_clients_hear_chinese(espeak: str) -> None:
    """Some voices spell Chinese out and read that as English; this one must not."""
    voice, words = VOICES["zh"]
    said = subprocess.run([espeak, "-v", voice, "-q", "-x", words], capture_output=True, text=True, check=True).stdout
    assert "(en)" not in said
    plain = subprocess.run([espeak, "-v", voice, "-q", "-x", "三"], capture_output=True, text=True, check=True).stdout
    assert plain.split() == ["s'a55n_|"]


@needs_espeak
def test_every_digit_is_spoken_within_the_time(espeak: str) -> None:
    speaker = Speaker()
    for language in ("zh_CN", "en", "xx"):
        for answer in ("0", "8" * 6):
            content = speaker.speak(answer, language)
            channels, width, rate, seconds = sound(content)
            assert (channels, width, rate) == (1, 1, RATE)
            assert 0.7 < seconds < LONGEST_SECONDS
    assert max(len(speaker.speak("60606", "en")) for _ in range(5)) < 60_000


def test_without_the_program_digits_are_spoken_in_english() -> None:
    speaker = Speaker("")
    assert speaker.missing() == (
        "The program espeak-ng is missing, so captchas are spoken in English only. Install the package espeak-ng."
    )
    check_captcha(DigitCaptcha(5, Drawer(), speaker))


def test_a_program_that_breaks_does_not_leave_clients_without_sound(tmp_path: Path) -> None:
    broken = tmp_path / "espeak-ng"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    for program in (str(broken), str(tmp_path / "nowhere"), "/bin/true"):
        speaker = Speaker(program)
        assert sound(speaker.speak("02345", "zh_CN"))[3] > 2
        assert "has no voice" in speaker.missing()


@needs_espeak
def test_many_clients_at_once_get_their_own() -> None:
    maker = DigitCaptcha(5, Drawer(), Speaker())
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: maker.draw(), range(24)))
        spoken = list(pool.map(lambda answer: maker.speak(answer, "zh_CN"), (answer for answer, _ in drawn[:6])))
    assert len({picture for _, picture in drawn}) == 24
    assert len(set(spoken)) == 6


def test_captchas_that_give_themselves_away_do_not_pass() -> None:
    good = DigitCaptcha(5, Drawer(), Speaker(""))

    class Told(DigitCaptcha):
        def draw(self) -> tuple[str, bytes]:
            answer, picture = super().draw()
            return answer, picture + answer.encode()

    class Lasting(DigitCaptcha):
        kept = good.speak("02345", "en")

        def speak(self, answer: str, language: str) -> bytes:
            return self.kept

    class Few(DigitCaptcha):
        def draw(self) -> tuple[str, bytes]:
            return "2345", super().draw()[1]

    for maker, sentence in (
        (Told, "must not stand in the file"),
        (Lasting, "must not sound the same twice"),
        (Few, "drawn at random"),
    ):
        with pytest.raises(AssertionError, match=sentence):
            check_captcha(maker(5, Drawer(), Speaker("")))


def test_the_settings_are_a_json_schema() -> None:
    schema = {"type": "object", "properties": CaptchaPlugin.options, "additionalProperties": False}
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    assert judge.is_valid({"length": 4})
    assert not judge.is_valid({"length": 2})
