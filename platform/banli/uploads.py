"""Takes in what is too long for one request on a bad network: in parts that may come twice, late, or after a reload."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from banli.errors import Problem
from banli.store import CaseRow, LedgerRow, Missing, Store, new_id

PART = 256 * 1024
"""Bytes of every part but the last: on a phone at the edge of the network some ten seconds."""
LASTS = timedelta(hours=2)
"""How long an upload waits for its next part."""
HOLDER, KIND = "banli", "upload"
"""Under which the ledger keeps what is known of an upload."""
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose upload it is and what for: `slot` is a place in the case (`photos.id_front`). One place has one upload at a time."""

    case: CaseRow = field(repr=False)
    slot: str

    @property
    def name(self) -> str:
        return f"{self.case.id}.{hashlib.sha256(self.slot.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes one upload may have, and all of a case together that are not finished."""

    one: int
    together: int


@dataclass(frozen=True, slots=True)
class Upload:
    """`parts`: what has arrived, number -> digest of the part. `result`: what came of it, once it was taken."""

    id: str
    size: int
    digest: str
    parts: Mapping[int, str]
    result: str = ""

    @property
    def count(self) -> int:
        return -(-self.size // PART)

    @property
    def complete(self) -> bool:
        return bool(self.result) or len(self.parts) == self.count

    def length(self, number: int) -> int:
        """Of the part with this number, from 0; 0: there is no such part."""
        return min(PART, self.size - number * PART) if 0 <= number < self.count else 0


class Uploads:
    """What has arrived is kept sealed under the case's key. Everything may be asked twice: a client whose answer was lost asks
    again. Who may upload what, and what comes of it, is for others to say."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def begin(self, owner: Owner, size: int, digest: str, room: Room) -> Upload | Problem:
        """A new upload of `size` bytes with this SHA-256 (hex), in place of another one for the same slot; or the one that was
        begun before with the same content, with what of it has arrived (or what came of it)."""
        if size <= 0 or not _DIGEST.fullmatch(digest):
            return Problem("", "file_empty")
        if size > room.one:
            return Problem("", "file_too_large", {"most": room.one // (1024 * 1024)})
        await self.sweep()
        for _ in range(3):
            found = await self._entry(owner)
            if found is not None:
                upload = _upload(found)
                if (upload.size, upload.digest) == (size, digest):
                    return upload
                await self._forget(found)
            if await self._taken(owner) + size > room.together:
                return Problem("", "upload_full")
            id = new_id(self.store.clock())
            document = {"id": id, "size": size, "digest": digest, "parts": {}, "result": "", "case": owner.case.id}
            made = await self.store.add_to_ledger(HOLDER, KIND, owner.name, owner.case.id, document)
            if made is not None:
                return _upload(made)
        return Problem("", "changed_meanwhile")

    async def part(self, owner: Owner, id: str, number: int, content: bytes, digest: str) -> Upload | Problem | None:
        """Takes one part. A problem: it is not what it says it is; send it again. None: there is no such upload (any more), or
        no such part; begin again."""
        found = await self._entry(owner, id)
        if found is None or not (length := _upload(found).length(number)):
            return None
        if len(content) != length or hashlib.sha256(content).hexdigest() != digest:
            return Problem("", "part_wrong")
        upload = _upload(found)
        if upload.result or upload.parts.get(number) == digest:
            return upload
        await self.store.put_part(owner.case, id, f"{number}-{digest[:32]}", content)
        while found is not None and not found.document["result"]:
            parts = {**found.document["parts"], str(number): digest}
            changed = await self.store.change_in_ledger(found, {**found.document, "parts": parts})
            if changed is not None:
                return _upload(changed)
            found = await self._entry(owner, id)
        return _upload(found) if found is not None else None

    async def state(self, owner: Owner, id: str) -> Upload | None:
        found = await self._entry(owner, id)
        return _upload(found) if found is not None else None

    async def pieces(self, owner: Owner, upload: Upload) -> AsyncIterator[bytes]:
        """The content in order, part by part. Raises Missing when a part is gone."""
        for number in range(upload.count):
            yield await self.store.part(owner.case, upload.id, f"{number}-{upload.parts[number][:32]}")

    async def content(self, owner: Owner, upload: Upload) -> bytes | None:
        """All of it at once, for what is small. None: it is not complete, or not what was announced; begin again."""
        if not upload.complete or upload.result:
            return None
        try:
            content = b"".join([piece async for piece in self.pieces(owner, upload)])
        except Missing:
            return None
        return content if hashlib.sha256(content).hexdigest() == upload.digest else None

    async def done(self, owner: Owner, id: str, result: str) -> None:
        """It was taken: the parts go, what came of it is remembered for whoever has not heard the answer."""
        found = await self._entry(owner, id)
        while found is not None:
            if await self.store.change_in_ledger(found, {**found.document, "result": result}) is not None:
                await self.store.drop_parts(owner.case.id, id)
                return
            found = await self._entry(owner, id)

    async def drop(self, owner: Owner, id: str) -> None:
        """It will not be taken."""
        if (found := await self._entry(owner, id)) is not None:
            await self._forget(found)

    async def sweep(self) -> int:
        """Forgets what nobody has touched for so long. How many."""
        stale = await self.store.untouched(HOLDER, KIND, LASTS)
        for row in stale:
            await self._forget(row)
        return len(stale)

    async def _entry(self, owner: Owner, id: str = "") -> LedgerRow | None:
        found = await self.store.ledger_entry(HOLDER, KIND, owner.name)
        return found if found is not None and (not id or found.document["id"] == id) else None

    async def _taken(self, owner: Owner) -> int:
        """Bytes that other uploads of the case have been promised."""
        rows = await self.store.ledger_of(HOLDER, KIND, owner.case.id)
        return sum(int(row.document["size"]) for row in rows if not row.document["result"] and row.name != owner.name)

    async def _forget(self, row: LedgerRow) -> None:
        if await self.store.drop_from_ledger(row):
            await self.store.drop_parts(row.owner, str(row.document["id"]))


def _upload(row: LedgerRow) -> Upload:
    told: Mapping[str, Any] = row.document
    parts = {int(number): str(digest) for number, digest in told["parts"].items()}
    return Upload(str(told["id"]), int(told["size"]), str(told["digest"]), parts, str(told["result"]))
