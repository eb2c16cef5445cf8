"""Recordings made whole: the parent of `remux_child`, which reads what browsers have sent in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 600.0
"""Seconds for one recording: joining an hour takes about ten."""
CHILD = Path(__file__).with_name("remux_child.py")
PIECE = 4 * 1024 * 1024
"""Bytes of a part of a finished recording: who seeks waits for one part to be opened."""

Keep = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Segment:
    """What one run of the browser's recorder has sent: its bytes in order, and when it began, in seconds after the first."""

    size: int
    at: float
    pieces: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Remuxed:
    """A file that plays from any place. `seconds` from the beginning to the end, `gaps` of them without picture and sound."""

    digest: str
    bytes: int
    seconds: float
    gaps: float
    packets: dict[str, int]


class NotRemuxed(Exception):
    """Why not: missing (no PyAV here), broken, empty, mixed, slow. What came is then kept as it came."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def available() -> bool:
    """Is PyAV there (`pip install banli[video]`)?"""
    return importlib.util.find_spec("av") is not None


async def remux(media_type: str, segments: Sequence[Segment], keep: Keep) -> Remuxed:
    """Joins the segments; `keep` gets the file in parts of `PIECE` bytes. Neither the file nor a segment is ever whole in this
    process. Raises `NotRemuxed`: then nothing of what `keep` got is worth anything."""
    if not available():
        raise NotRemuxed("missing")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(CHILD),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, limit=1 << 20,
        env={"LANG": "C.UTF-8"},  # what reads bytes of strangers knows no secrets of ours
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            feeding = asyncio.create_task(_feed(child, media_type, segments))
            try:
                return await _read(child, keep)
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
    except TimeoutError:
        raise NotRemuxed("slow") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _feed(child: asyncio.subprocess.Process, media_type: str, segments: Sequence[Segment]) -> None:
    assert child.stdin is not None
    told = [{"bytes": segment.size, "at": segment.at} for segment in segments]
    try:
        child.stdin.write(json.dumps({"format": container_of(media_type), "segments": told}).encode() + b"\n")
        for segment in segments:
            async for piece in segment.pieces():
                child.stdin.write(piece)
                await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has ended early and says why


async def _read(child: asyncio.subprocess.Process, keep: Keep) -> Remuxed:
    assert child.stdout is not None
    try:
        told = json.loads(await child.stdout.readline())
    except ValueError:
        raise NotRemuxed("broken") from None
    if told.get("wrong"):
        raise NotRemuxed(str(told["wrong"]))
    digest, left = hashlib.sha256(), int(told["bytes"])
    while left:
        try:
            piece = await child.stdout.readexactly(min(PIECE, left))
        except asyncio.IncompleteReadError:
            raise NotRemuxed("broken") from None
        digest.update(piece)
        left -= len(piece)
        await keep(piece)
    seconds = float(told["seconds"])
    gaps = max(seconds - sum(told["segments"]), 0.0)
    return Remuxed(digest.hexdigest(), int(told["bytes"]), round(seconds, 3), round(gaps, 3), told["packets"])


def container_of(media_type: str) -> str:
    """`webm` or `mp4`: what browsers record."""
    return "mp4" if media_type.startswith("video/mp4") else "webm"
