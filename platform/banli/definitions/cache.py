"""What reading and checking a site has come to, kept for the next start in a folder that may be emptied at any time."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from banli import __version__
from banli.definitions.files import File, Key
from banli.definitions.kinds import Kinds
from banli.definitions.source import Source
from banli.errors import Mistake, Place
from banli.expressions import learn, trees

Read = tuple[dict[Key, Source], tuple[Mistake, ...]]


def key(files: Iterable[File], kinds: Kinds, stray: Iterable[Mistake]) -> str:
    """Another one for every content of the files, every version of ours, and everything that plugins bring."""
    digest = hashlib.sha256(f"{__version__} {_code()} {kinds.fingerprint()}".encode())
    digest.update("\n".join(map(str, stray)).encode("utf-8", "backslashreplace"))
    for _, name, raw in files:
        digest.update(f"\n{name} {len(raw)} ".encode())
        digest.update(raw)
    return digest.hexdigest()


def load(folder: Path, key: str) -> Read | None:
    """None where nothing is kept under this key, or nothing that can be read."""
    try:
        told = json.loads(_file(folder, key).read_bytes())
        sources = {(owner, kind, name): Source(file, data) for owner, kind, name, file, data in told["sources"]}
        mistakes = tuple(Mistake(Place(*place), *rest) for place, *rest in told["mistakes"])
        learn(told["trees"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return sources, mistakes


def store(folder: Path, key: str, sources: Mapping[Key, Source], mistakes: Iterable[Mistake], texts: Iterable[str]) -> None:
    """`texts` may be conditions; the trees of those that are come along. What cannot be written costs time, nothing else."""
    told = {
        "sources": [[*place, source.file, source.data] for place, source in sources.items()],
        "trees": trees(texts),
        "mistakes": [[[m.place.file, m.place.line, m.place.column], m.code, m.what, m.cure] for m in mistakes],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8", errors="backslashreplace") as file:
            json.dump(told, file, ensure_ascii=False, separators=(",", ":"))
        os.replace(file.name, _file(folder, key))
        old = sorted(folder.glob("library-*.json"), key=lambda path: path.stat().st_mtime)
        for path in old[:-3]:
            path.unlink(missing_ok=True)
    except OSError:
        return


def apart(work: Callable[[], object]) -> None:
    """Does `work` in a copy of this process, and returns when it has ended, well or not.

    What remains is what it has written down; the memory that it took has gone with it (reading and checking YAML leaves
    some 14 MiB behind that are never used again). Only for a process that has no thread beside this one.
    """
    copy = os.fork()
    if copy == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(copy, 0)


def _file(folder: Path, key: str) -> Path:
    return folder / f"library-{key}.json"


def _code() -> str:
    """Changes when the reader or the checker does, so that a developer never sees yesterday's mistakes."""
    digest = hashlib.sha256()
    for folder in ("definitions", "expressions", "hours"):
        for path in sorted(Path(__file__).parents[1].joinpath(folder).rglob("*")):
            if path.suffix in (".py", ".json"):
                told = path.stat()
                digest.update(f"{path.name} {told.st_size} {told.st_mtime_ns}\n".encode())
    return digest.hexdigest()
