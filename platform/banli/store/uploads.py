"""Parts of uploads that are not finished yet: sealed under their case's key, beside its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .errors import Forgotten
from .rows import CaseRow
from .shelf import Shelf

ROOT = "uploads/"
EVER = datetime.max.replace(tzinfo=UTC)


class PartShelf(Shelf):
    async def put_part(self, case: CaseRow, upload: str, part: str, content: bytes) -> None:
        """The same part may be put twice; `part` names its number and its content."""
        if case.key is None:
            raise Forgotten("This case was forgotten; nothing can be written to it.")
        await self.blobs.put(_path(case.id, upload, part), case.key.seal(content, _place(case.id, upload, part)))

    async def part(self, case: CaseRow, upload: str, part: str) -> bytes:
        """Raises StoreError when it is not there any more."""
        if case.key is None:
            raise Forgotten("This case was forgotten; nothing can be read of it.")
        return case.key.open(await self.blobs.get(_path(case.id, upload, part)), _place(case.id, upload, part))

    async def drop_parts(self, case_id: str, upload: str) -> int:
        """How many there were."""
        return await self._drop_below(f"{ROOT}{case_id}/{upload}/", EVER)

    async def sweep_parts(self, older_than: timedelta = timedelta(days=1)) -> int:
        """Removes what nobody has finished within that time, whatever is known of it."""
        return await self._drop_below(ROOT, self.clock() - older_than)

    async def _drop_below(self, prefix: str, before: datetime) -> int:
        gone = 0
        async for paths in self.blobs.older_than(prefix, before):
            await self.blobs.delete(paths)
            gone += len(paths)
        return gone


def _path(case_id: str, upload: str, part: str) -> str:
    return f"{ROOT}{case_id}/{upload}/{part}"


def _place(case_id: str, upload: str, part: str) -> str:
    return f"uploads|{case_id}|{upload}|{part}"
