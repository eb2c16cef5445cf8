"""Files of a case: the content sealed under the case's key in the blob store, the rest in a row.

The content is written first, outside of the transaction (a slow blob store must not keep the database locked); the row
makes it count. Content without a row is swept later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .errors import Forgotten
from .moments import micros, moment
from .rows import CaseRow, FileRow, new_id
from .sealing import Key
from .shelf import Shelf, Writing
from .sql import Do, Row, Sql

COLUMNS = "id, case_id, slot, media_type, size, sealed_name, created_at"
INSERT = Sql(f"INSERT INTO files ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)")
ONE = Sql(f"SELECT {COLUMNS} FROM files WHERE case_id = ? AND id = ?")
OF_CASE = Sql(f"SELECT {COLUMNS} FROM files WHERE case_id = ? ORDER BY created_at, id")
DROP = Sql("DELETE FROM files WHERE case_id = ? AND id = ?")
RENAME = Sql("UPDATE files SET slot = ? WHERE case_id = ? AND id = ?")
NAME = Sql("UPDATE files SET sealed_name = ? WHERE case_id = ? AND id = ?")
KEY = Sql("SELECT sealed_key FROM cases WHERE id = ?")
MOST = 20 * 1024 * 1024


class FileReads(Shelf):
    async def stage_file(self, case: CaseRow, slot: str, media_type: str, content: bytes, name: str = "") -> FileRow:
        """Writes the sealed content. It counts once `Transaction.add_file` has been given the row."""
        if len(content) > MOST:
            raise ValueError(f"A file may have {MOST} bytes; this one has {len(content)}.")
        if case.key is None:
            raise Forgotten("This case was forgotten; nothing can be written to it.")
        now = self.clock()
        row = FileRow(
            id=new_id(now),
            case_id=case.id,
            slot=slot,
            media_type=media_type,
            size=len(content),
            created_at=now,
            name=name,
        )
        await self.blobs.put(_path(row.case_id, row.id), case.key.seal(content, _place(row.case_id, row.id, "content")))
        return row

    async def file(self, case_id: str, file_id: str) -> tuple[FileRow, bytes] | None:
        """A file with its content; None when this case has no such file (or was forgotten)."""
        rows = await self.database.read(ONE, case_id, file_id)
        key = await self._key_of(case_id)
        if not rows or key is None:
            return None
        sealed = await self.blobs.get(_path(case_id, file_id))
        return _opened(rows[0], key), key.open(sealed, _place(case_id, file_id, "content"))

    async def files_of(self, case_id: str, slot: str | None = None) -> list[FileRow]:
        """Oldest first."""
        key = await self._key_of(case_id)
        if key is None:
            return []
        rows = [_opened(row, key) for row in await self.database.read(OF_CASE, case_id)]
        return [row for row in rows if slot is None or row.slot == slot]

    async def sweep_files(self, older_than: timedelta = timedelta(days=1)) -> int:
        """Removes content without a row: uploads that were never saved, files dropped, cases forgotten."""
        gone = 0
        before = self.clock() - older_than
        async for paths in self.blobs.older_than("cases/", before):
            kept = set()
            for case_id in {path.split("/")[1] for path in paths}:
                kept |= {_path(case_id, row["id"]) for row in await self.database.read(OF_CASE, case_id)}
            orphans = [path for path in paths if path not in kept]
            await self.blobs.delete(orphans)
            gone += len(orphans)
        return gone

    async def _key_of(self, case_id: str) -> Key | None:
        rows = await self.database.read(KEY, case_id)
        wrapped = rows[0]["sealed_key"] if rows else None
        return self.vault.unwrap(wrapped, f"cases|{case_id}|key") if wrapped is not None else None


class FileWrites(Writing):
    async def add_file(self, case: CaseRow, staged: FileRow) -> FileRow:
        """Makes a staged file one of the case's files."""
        if case.key is None or staged.case_id != case.id:
            raise ValueError("This file was not staged for this case.")
        sealed_name = case.key.seal(staged.name.encode(), _place(case.id, staged.id, "name"))
        values = (staged.id, case.id, staged.slot, staged.media_type, staged.size, sealed_name)
        await self._run(Do(INSERT, (*values, micros(staged.created_at))))
        return staged

    async def rename_slots(self, case: CaseRow, names: Mapping[str, str]) -> None:
        """Gives the files of some slots to others, all at once: two slots can change places."""
        if names:
            rows = await self._read(OF_CASE, case.id)
            await self._run(*(Do(RENAME, (names[row["slot"]], case.id, row["id"])) for row in rows if row["slot"] in names))

    async def name_file(self, case: CaseRow, file_id: str, name: str) -> bool:
        """Gives a file another name. False when there is no such file any more."""
        if case.key is None:
            return False
        sealed = case.key.seal(name.encode(), _place(case.id, file_id, "name"))
        return bool((await self._run(Do(NAME, (sealed, case.id, file_id))))[0].count)

    async def drop_file(self, case_id: str, file_id: str) -> bool:
        """The row at once, the content with the next sweep. False when there was none."""
        return bool((await self._run(Do(DROP, (case_id, file_id))))[0].count)


def _opened(row: Row, key: Key) -> FileRow:
    return FileRow(
        id=row["id"],
        case_id=row["case_id"],
        slot=row["slot"],
        media_type=row["media_type"],
        size=row["size"],
        created_at=moment(row["created_at"]),
        name=key.open(row["sealed_name"], _place(row["case_id"], row["id"], "name")).decode(),
    )


def _path(case_id: str, file_id: str) -> str:
    return f"cases/{case_id}/{file_id}"


def _place(case_id: str, file_id: str, part: str) -> str:
    return f"files|{case_id}|{file_id}|{part}"
