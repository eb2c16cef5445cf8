"""Applications of the tests share what they work out from the files of a site, as a second start does; it is keyed by content."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path


@cache
def shared() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="banli-warm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def warm(var: Path, *, database: bool = True) -> None:
    """Makes the folder in which an application will remember; with a `database` that is migrated and empty."""
    place = var / "cache"
    place.mkdir(parents=True, exist_ok=True)
    _copied(shared() / "cache", place)
    if database and not (var / "banli.db").exists():
        shutil.copyfile(_migrated(), var / "banli.db")


def kept(var: Path) -> None:
    """What this application has worked out serves the next ones."""
    _copied(var / "cache", shared() / "cache")


def _copied(here: Path, there: Path) -> None:
    there.mkdir(exist_ok=True)
    for kind in ("library-*.json", "catalogues-*.json", "templates/*/*"):
        for one in here.glob(kind):
            copy = there / one.relative_to(here)
            if one.is_file() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(one, copy)


@cache
def _migrated() -> Path:
    """Made in a process of its own: whoever asks has a loop running."""
    path = shared() / "banli.db"
    code = (
        "import asyncio, sys\n"
        "from banli.store import Database\n"
        "async def made():\n"
        "    database = await Database.open(sys.argv[1])\n"
        "    await database.migrate()\n"
        "    await database.close()\n"
        "asyncio.run(made())\n"
    )
    subprocess.run([sys.executable, "-c", code, f"sqlite:///{path}"], check=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path
