"""A backup of the embedded default while it runs: the database and the plugins' own as of one moment, then the files.

Files are written before the row that makes them count, so those of every row in the copy are there. The key ring stays
out: who finds the backup shall not be able to read it. A later backup into the same folder copies only what is new.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from banli.sites import Site

SQLITE = b"SQLite format 3\0"
LOGS = ("-wal", "-shm", "-journal", ".migrating")
"""What lies beside a database while it is in use; the copy needs none of it."""


class CannotBackUp(Exception):
    """Why not, with what to do instead."""


@dataclass(frozen=True)
class Copied:
    """How many databases and files are in the backup, and how many of these were copied now."""

    databases: int
    files: int
    fresh: int


def back_up(site: Site, to: Path) -> Copied:
    """Copies into the folder `to`, which becomes a `BANLI_VAR` once the key ring is put beside. Raises CannotBackUp."""
    database, blobs = _local(site.database, "sqlite"), _local(site.blobs, "file")
    if database is None or blobs is None:
        raise CannotBackUp(
            "This is for SQLite with files in a folder. Back up PostgreSQL with pg_dump first, and the bucket or folder of "
            "the files after it; docs/running.md has the commands."
        )
    if not database.is_file():
        raise CannotBackUp(f"There is nothing to back up yet: {database} is not there.")
    if to.resolve().is_relative_to(site.var.resolve()):
        raise CannotBackUp(f"{to} lies within {site.var}. Choose a place outside of it, best on another disk.")
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    databases = 0
    files: list[tuple[Path, Path]] = []
    for source, target in [(database, to / "banli.db"), *_below(site.var / "plugins", to / "plugins")]:
        if _is_sqlite(source):
            _copy_database(source, target)
            databases += 1
        elif not source.name.endswith(LOGS):
            files.append((source, target))
    files += _below(blobs, to / "blobs")
    fresh = sum(_copy(source, target) for source, target in files)
    return Copied(databases, len(files), fresh)


def _local(url: str, scheme: str) -> Path | None:
    parts = urlsplit(url)
    return Path("/" + unquote(parts.path).lstrip("/")) if parts.scheme == scheme else None


def _below(folder: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            source = Path(at, name)
            yield source, target / source.relative_to(folder)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _copy_database(source: Path, target: Path) -> None:
    """As of one moment, also while others write."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(part)) as copy:
        live.backup(copy)
    part.chmod(0o600)
    os.replace(part, target)


def _copy(source: Path, target: Path) -> bool:
    """Whether it had to be copied. What is swept out meanwhile belongs to no row of the copy."""
    try:
        told = source.stat()
        if target.is_file() and (target.stat().st_size, target.stat().st_mtime_ns) == (told.st_size, told.st_mtime_ns):
            return False
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(target.name + ".part")
        shutil.copy2(source, part)
        os.replace(part, target)
    except FileNotFoundError:
        return False
    return True
