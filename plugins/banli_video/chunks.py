"""What an agent's browser sends while a call lasts, piece by piece: each sealed beside the case, with its place in the order."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

from banli.counters import CaseFiles
from banli.errors import Problem
from banli.hooks import Entry, Home, Ledger

T = TypeVar("T")

CHUNK = "chunk"
MOST_CHUNK = 8 * 1024 * 1024
MOST_BYTES = 400 * 1024 * 1024


class Chunks:
    """All chunks of the site. `owner` is `<call>.<segment>`: one run of a browser's recorder."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def take(
        self, case: str, call: str, segment: int, index: int, offset: int, digest: str, content: bytes
    ) -> Mapping[str, Any] | Problem:
        """`{"next": n}` is the number that is wanted now: one more, or an earlier one where some have been lost on the way. The
        same chunk twice is one; another one under its number is refused."""
        if not content or len(content) > MOST_CHUNK or hashlib.sha256(content).hexdigest() != digest:
            return Problem("", "video_chunk_broken")
        owner = f"{call}.{segment}"
        known = await self._ledger.get(CHUNK, f"{owner}.{index}")
        if known is not None:
            same = known.document["digest"] == digest and known.document["offset"] == offset
            return {"next": index + 1} if same else Problem("", "video_chunk_other")
        if index:
            before = await self._ledger.get(CHUNK, f"{owner}.{index - 1}")
            if before is None:
                return {"next": len(await self.of(owner))}
            if before.document["offset"] + before.document["size"] != offset:
                return Problem("", "video_chunk_broken")
        elif offset:
            return Problem("", "video_chunk_broken")
        if offset + len(content) > MOST_BYTES:
            return Problem("", "video_recording_over")
        kept = await self._files.add(case, slot_of(call), "application/octet-stream", content)
        if kept is None:
            return Problem("", "video_recording_over")
        document = {"offset": offset, "size": len(content), "digest": digest, "file": kept.id}
        if await self._ledger.add(CHUNK, f"{owner}.{index}", owner, document) is None:
            # The same chunk has come on two ways at once.
            await self._files.drop(case, kept.id)
            return await self.take(case, call, segment, index, offset, digest, content)
        return {"next": index + 1}

    async def of(self, owner: str) -> list[Entry]:
        """In order, up to the first that is missing."""
        found: list[Entry] = []
        past: Entry | None = None
        while page := await self._ledger.of(CHUNK, owner, past):
            found += page
            past = page[-1]
        by_index = {int(chunk.name.rpartition(".")[2]): chunk for chunk in found}
        following: list[Entry] = []
        while (chunk := by_index.get(len(following))) is not None:
            following.append(chunk)
        return following

    async def newest(self, owner: str) -> Entry | None:
        return next(iter(await self._ledger.of(CHUNK, owner)), None)

    async def bytes(self, case: str, chunks: Sequence[Entry]) -> AsyncIterator[bytes]:
        """What they hold, as far as it is what has come."""
        for chunk in chunks:
            content = await self._files.read(case, str(chunk.document["file"]))
            if content is None or hashlib.sha256(content).hexdigest() != chunk.document["digest"]:
                return
            yield content

    async def forget(self, case: str, owner: str) -> None:
        while page := await self._ledger.of(CHUNK, owner):
            for chunk in page:
                await self._files.drop(case, str(chunk.document["file"]))
                await self._ledger.drop(chunk)

    @property
    def _ledger(self) -> Ledger:
        return there(self._home.ledger)

    @property
    def _files(self) -> CaseFiles:
        return there(self._home.files)


def slot_of(call: str) -> str:
    """Where a case's chunks of a call lie."""
    return f"video.raw.{call}"


def there(part: T | None) -> T:
    if part is None:
        raise RuntimeError("The video plugin needs a running application.")
    return part
