"""Speaks digits: a voice of the machine in the client's language, never twice alike, as a small WAV."""

from __future__ import annotations

import array
import io
import os
import random
import shutil
import subprocess
import sys
import wave
from functools import cached_property
from itertools import pairwise
from pathlib import Path

RATE = 8000
LONGEST_SECONDS = 10
"""What takes longer is no answer but a program gone wrong. Five digits take 5 to 7 seconds: below 60 kB."""
# Not the plain voice `cmn`: that of espeak-ng 1.51 turns a character into pinyin and reads this as English ("san one").
VOICES = {"zh": ("cmn-latn-pinyin", "零一二三四五六七八九"), "en": ("en-us", "0123456789")}
VARIANTS = ("", "+f2", "+f3", "+m1", "+m3", "+m7")
PATIENCE_SECONDS = 5


class Speaker:
    """Speaks with espeak-ng where it is installed, else in English with the recorded digits of the package `captcha`.

    A call takes some ten milliseconds of a processor and starts a program, so call it in a thread.
    """

    def __init__(self, program: str | None = None) -> None:
        self._program = shutil.which("espeak-ng") if program is None else program
        self._random = random.SystemRandom()

    def speak(self, answer: str, language: str) -> bytes:
        """The digits of `answer` as WAV: 8 kHz, 8 bit, mono."""
        return _wav(self._disturbed(self._said(answer, language)))

    def missing(self) -> str:
        """Why Chinese clients would not hear Chinese, or ""."""
        if not self._program:
            return "The program espeak-ng is missing, so captchas are spoken in English only. Install the package espeak-ng."
        if self._spoken("零", "zh_CN") is None:
            return (
                "espeak-ng has no voice 'cmn-latn-pinyin', so captchas are spoken in English only. Install espeak-ng 1.51."
            )
        return ""

    def _said(self, answer: str, language: str) -> list[int]:
        spoken = self._spoken(answer, language) if self._program else None
        return spoken if spoken is not None else self._recorded(answer)

    def _spoken(self, answer: str, language: str) -> list[int] | None:
        """Samples from 0 to 255, or None when the program does not work."""
        voice, words = VOICES.get(language[:2], VOICES["en"])
        said = "".join(self._marked_up(words[int(digit)] if digit.isdecimal() else digit) for digit in answer)
        voice += self._random.choice(VARIANTS)
        command = [self._program or "", "-v", voice, "-m", "--stdout", f"<speak>{said}</speak>"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS, check=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return None
        samples = _read(done.stdout)
        return samples if samples and len(samples) < RATE * LONGEST_SECONDS else None

    def _marked_up(self, word: str) -> str:
        """SSML: each digit slowly and at a height of its own."""
        pitch, rate, rest = (self._random.randint(*between) for between in ((70, 130), (60, 85), (350, 700)))
        return f'<prosody pitch="{pitch}%" rate="{rate}%">{word}</prosody><break time="{rest}ms"/>'

    def _recorded(self, answer: str) -> list[int]:
        samples: list[int] = []
        for digit in answer:
            samples += _faster(self._records[digit], self._random.uniform(0.85, 1.15))
            samples += [128] * self._random.randint(RATE // 3, RATE * 2 // 3)
        return samples

    @cached_property
    def _records(self) -> dict[str, list[int]]:
        import captcha.audio

        folder = Path(captcha.audio.DATA_DIR)
        return {digit: _read((folder / digit / "default.wav").read_bytes()) or [] for digit in "0123456789"}

    def _disturbed(self, voice: list[int]) -> bytes:
        """The voice over a hiss and over a murmur made of itself, backwards and out of place."""
        lead = self._random.randint(RATE // 5, RATE // 2)
        body = [128] * lead + voice + [128] * (RATE // 5)
        shift = self._random.randint(RATE // 3, RATE * 2)
        murmur = body[::-1]
        murmur = murmur[shift:] + murmur[:shift]
        hiss = os.urandom(len(body))
        loud = self._random.uniform(90, 115) / max(1, *(abs(sample - 128) for sample in voice))
        mixed = (
            int(128 + (own - 128) * loud + (other - 128) * loud * 0.12 + (noise - 128) * 0.04)
            for own, other, noise in zip(body, murmur, hiss, strict=True)
        )
        return bytes(min(255, max(0, sample)) for sample in mixed)


def _read(content: bytes) -> list[int] | None:
    """The samples of a WAV as 0 to 255 at our rate; None when it is none."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            width, rate, frames = file.getsampwidth(), file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        return None
    if width == 1:
        return _slower(list(frames), rate)
    # A program that writes to a pipe does not know the length beforehand, and may leave half a sample.
    wide = array.array("h", frames[: len(frames) // 2 * 2])
    if sys.byteorder == "big":
        wide.byteswap()
    return _slower([(sample >> 8) + 128 for sample in wide], rate)


def _slower(samples: list[int], rate: int) -> list[int]:
    """From `rate` to ours. Each sample is the mean of those that it stands for, which takes the shrill away."""
    if rate == RATE:
        return samples
    step = rate / RATE
    bounds = [int(n * step) for n in range(int(len(samples) / step) + 1)]
    return [sum(samples[a:b]) // (b - a) for a, b in pairwise(bounds) if b > a]


def _faster(samples: list[int], by: float) -> list[int]:
    return [samples[int(n * by)] for n in range(int(len(samples) / by))]


def _wav(samples: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(samples)
    return out.getvalue()
