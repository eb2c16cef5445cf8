"""PDFs page by page: sizes, words and pictures, got in a process of its own because a PDF may be made to break its reader."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 10 * 1024 * 1024
MOST_PAGES = 60
PATIENCE = 60.0
"""Seconds that looking at a file or drawing one page may take."""
CHILD = Path(__file__).with_name("child.py")

Load = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page: its size in points, the words in its text layer (a line for each line), the size of its picture in pixels."""

    width: float
    height: float
    words: tuple[str, ...]
    pixels: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Unreadable(Exception):
    """Why a file cannot be shown: not-a-pdf, encrypted, too-many-pages, odd-pages, broken."""

    code: str


def look(content: bytes) -> tuple[Leaf, ...]:
    """The pages of a file. Raises `Unreadable`. Takes about 0.2 s: another process is started."""
    if not content.startswith(b"%PDF-"):
        raise Unreadable("not-a-pdf")
    try:
        done = subprocess.run(_command("look"), input=content, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Unreadable("broken") from None
    return _leaves(done.stdout)


class Press:
    """Draws pages once and keeps the pictures in a folder that may be emptied at any time. One page at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._turn = folder, asyncio.Semaphore(1)

    async def leaves(self, digest: str, load: Load) -> tuple[Leaf, ...]:
        """The pages of the file with this digest. Raises `Unreadable`."""
        kept = self.folder / digest / "leaves.json"
        if not kept.is_file():
            async with self._turn:
                told = await self._run("look", await load())
            _leaves(told)
            await asyncio.to_thread(_keep, kept, told)
        return _leaves(await asyncio.to_thread(kept.read_bytes))

    async def picture(self, digest: str, number: int, load: Load) -> tuple[bytes, str]:
        """The picture of page `number` (from 1) and its media type. Raises `Unreadable`, and IndexError for no such page."""
        if not 1 <= number <= len(await self.leaves(digest, load)):
            raise IndexError(number)
        kept = self.folder / digest / f"{number}.picture"
        if not kept.is_file():
            async with self._turn:
                if not kept.is_file():
                    drawn = await self._run("draw", await load(), str(number))
                    if not drawn.startswith((b"\x89PNG", b"\xff\xd8\xff")):
                        raise Unreadable("broken")
                    await asyncio.to_thread(_keep, kept, drawn)
        content = await asyncio.to_thread(kept.read_bytes)
        return content, "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"

    async def _run(self, *command: str | bytes) -> bytes:
        what, content, *more = command
        child = await asyncio.create_subprocess_exec(
            *_command(str(what), *map(str, more)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(child.communicate(content), PATIENCE)  # type: ignore[arg-type]
        except TimeoutError:
            raise Unreadable("broken") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return out


def _command(*words: str) -> Sequence[str]:
    return (sys.executable, "-I", str(CHILD), *words, str(MOST_PAGES))


def _leaves(told: bytes) -> tuple[Leaf, ...]:
    try:
        found = json.loads(told)
        if isinstance(found, str):
            raise Unreadable(found)
        return tuple(Leaf(width, height, tuple(words), (wide, high)) for width, height, words, wide, high in found)
    except (ValueError, TypeError):
        raise Unreadable("broken") from None


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
