"""The plugin: photos of cards and signatures are looked at in processes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli.errors import Problem
from banli.hooks import Developed, Flaw, Home, Picture, Plugin, Quad, Read, Wish
from banli.pictures import MOST_BYTES, SMALLEST_SIDE
from banli.plugins import MissingPart, lacking
from banli_imaging.limits import FLAWS, WARNINGS
from banli_imaging.options import OPTIONS, bounds, reading_bounds
from banli_imaging.pool import Answer, Fallen, Pool
from banli_imaging.reading.models import missing as unread
from banli_imaging.words import CODE, WORDS

SIDES = {"front": "id_front", "back": "id_back", "signature": "signature"}
"""What a worker calls what it has found, and what a photo question calls it."""
SURE = 0.5
"""How sure it must be which side of a card is seen before a photo is refused for being the other one."""


class ImagingPlugin(Plugin):
    name = "banli_imaging"
    required: ClassVar[Sequence[str]] = ()
    needs: ClassVar[Mapping[str, str]] = {"cv2": "banli[imaging]", "numpy": "banli[imaging]"}
    words: ClassVar[Mapping[str, str]] = WORDS
    options: ClassVar[Mapping[str, Any]] = {
        **OPTIONS,
        "warn": {
            "type": "array",
            "uniqueItems": True,
            "items": {"enum": [*(flaw for flaw in FLAWS if flaw not in WARNINGS), "no_signature", "other_side"]},
            "description": "Flaws that are said and left to the client and the reviewer, instead of refusing the photo.",
        },
    }

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self._studio = Studio(Pool(int(options.get("workers", 1)), bounds(options)), options, Pool(1, reading_bounds(options)))

    def imaging(self) -> Studio:
        return self._studio

    async def start(self) -> None:
        """A process that starts with the first photo would let that client wait. Where photos cannot be looked at at all no
        client shall find out: the application does not start."""
        if why := lacking(type(self)):
            raise MissingPart(f"{self.name}: {why}")
        await self._studio.warm()

    async def stop(self) -> None:
        await self._studio.pool.close()
        await self._studio.readers.close()

    async def check(self) -> str:
        if why := lacking(type(self)):
            return why
        if self._studio.reads is True and (why := unread()):
            return why
        return await self._studio.warm()


class Studio:
    """A `banli.hooks.Imaging`, and a `CardReader` where the extra `banli[ocr]` is installed. Cards are read in a process of
    their own, so that no photo waits for it."""

    def __init__(self, pool: Pool, options: Mapping[str, Any], readers: Pool) -> None:
        self.pool, self.readers, self._limits = pool, readers, dict(options.get("limits", {}))
        self.reads: bool | None = options.get("read")
        self._mild = {*WARNINGS, *options.get("warn", ())}

    async def warm(self) -> str:
        """Starts a worker where none lives; why none works, or ""."""
        if self.pool.workers:
            return ""
        answer = await self.pool.run({"do": "nothing"})
        well = not answer.said if isinstance(answer, Answer) else answer.why == "busy"
        return "" if well else "No process that looks at pictures can be started: see the option 'memory'."

    async def develop(self, content: bytes, wish: Wish) -> Developed | Problem:
        if not content or len(content) > MOST_BYTES:
            return Problem("", "file_too_large" if content else "file_empty", {"most": MOST_BYTES // (1024 * 1024)})
        if wish.whole or wish.quad is not None:
            return await self._shown(content, wish)
        slot = "signature" if wish.side == "signature" else "card"
        job = {"do": "develop", "slot": slot, "limits": self._limits, "words": self.reads is not False}
        answer = await self.pool.run(job, [content])
        if isinstance(told := _problem(answer), Problem):
            return told
        said, parts = told.said, told.parts
        photo, view = _jpeg(parts[0]), _jpeg(parts[1]) if len(parts) > 1 else None
        side = SIDES.get(said["side"], "")
        flaws = tuple(self._flaw(*flaw) for flaw in said["flaws"])
        if wish.side in ("id_front", "id_back") and side not in ("", wish.side) and said["confidence"] >= SURE:
            flaws = (self._flaw("other_side", said["confidence"], SURE), *flaws)
        return Developed(photo, view, _parts(said["quad"], said["size"]), 0, side, flaws)

    async def _shown(self, content: bytes, wish: Wish) -> Developed | Problem:
        turn, original = (wish.turn or 0) % 4, _jpeg(content)
        if wish.whole and not turn:
            return Developed(original, None, wish.quad, 0, wish.side)
        quad = [list(corner) for corner in wish.quad] if wish.quad is not None and not wish.whole else None
        job = {"do": "show", "quad": quad, "turn": turn, "sheet": wish.side == "signature"}
        answer = _problem(await self.pool.run(job, [content]))
        if isinstance(answer, Problem):
            return answer
        return Developed(original, _jpeg(answer.parts[0]), wish.quad, turn, wish.side)

    async def read(self, card: bytes, side: str) -> Mapping[str, Read] | None:
        name = next((name for name, known in SIDES.items() if known == side and name != "signature"), "")
        if not name or self.reads is False or unread():
            return {}
        answer = await self.readers.run({"do": "read", "side": name}, [card])
        if not isinstance(answer, Answer) or "read" not in answer.said:
            return None
        return {what: Read(str(text), certain is True) for what, (text, certain, _) in answer.said["read"].items()}

    def _flaw(self, code: str, measured: float, limit: float) -> Flaw:
        return Flaw(CODE + code, code not in self._mild, round(float(measured), 4), round(float(limit), 4))


def _problem(answer: Answer | Fallen) -> Answer | Problem:
    """The answer of a worker, or what the client is told in its place."""
    if isinstance(answer, Fallen):
        return Problem("", "file_broken" if answer.why == "died" else "imaging_busy")
    code = answer.said.get("problem")
    if code is None:
        return answer
    params = {"most": MOST_BYTES // (1024 * 1024), "least": SMALLEST_SIDE}
    return Problem("", "imaging_heic" if code == "file_heic" else str(code), params)


def _jpeg(content: bytes) -> Picture:
    return Picture(content, "image/jpeg")


def _parts(quad: Sequence[Sequence[float]] | None, size: Sequence[int]) -> Quad | None:
    return None if quad is None else tuple((round(x / size[0], 5), round(y / size[1], 5)) for x, y in quad)
