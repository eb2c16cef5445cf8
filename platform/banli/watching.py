"""Watches the files of a site while somebody edits them, and copies them to where nobody edits."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

MOST = 12 * 1024 * 1024
"""Bytes of a file that are copied: more than any file of a site may have, so that one that is too large is still told of."""

Stamp = tuple[int, int, int]
"""When it was written (nanoseconds), how large it is, and which file it is."""
Stamps = Mapping[str, Stamp]
"""By name, such as `definitions/forms/other_info.yaml`."""

_HIDDEN = (".", "#", "~$")
_SIDEWAYS = ("~", ".md", ".swp", ".tmp", ".bak", ".orig")
"""What editors leave beside a file, and notes for people."""


def stamps(root: Path, folders: tuple[str, ...]) -> dict[str, Stamp]:
    """All files of these folders below `root` now. What cannot be looked at is not there."""
    return dict(_below(root, folders))


def _below(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, Stamp]]:
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        with suppress(OSError), os.scandir(root / folder) as entries:
            for entry in entries:
                if entry.name.startswith(_HIDDEN) or entry.name.endswith(_SIDEWAYS):
                    continue
                name = f"{folder}/{entry.name}"
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(name)
                        continue
                    told = entry.stat()
                    if stat.S_ISREG(told.st_mode):
                        yield name, (told.st_mtime_ns, told.st_size, told.st_ino)


class Copies:
    """Two copies of the same folders, used in turns: what is served lies still in one, what is to be looked at goes into the
    other. So a file that is saved by halves, or a template that nobody has asked for yet, can never reach a page."""

    def __init__(self, source: Path, target: Path, folders: tuple[str, ...]) -> None:
        self.source, self.folders = source, folders
        shutil.rmtree(target, ignore_errors=True)
        self._roots = (target / "one", target / "other")
        self._held: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self._known: dict[str, tuple[Stamp, str]] = {}
        self._next = 0

    def take(self, now: Stamps) -> tuple[Path, dict[str, str]]:
        """Writes these files into the free copy; where it is, and by name the digests of what is in it. What has gone or cannot
        be read is not in it. The same copy is written to until it is `keep`t."""
        root, held = self._roots[self._next], self._held[self._next]
        for name in [name for name in held if name not in now]:
            (root / name).unlink(missing_ok=True)
            del held[name]
        for name, stamp in now.items():
            known = self._known.get(name)
            if known is not None and known[0] == stamp and held.get(name) == known[1]:
                continue
            try:
                with (self.source / name).open("rb") as file:
                    content = file.read(MOST)
            except OSError:
                held.pop(name, None)
                (root / name).unlink(missing_ok=True)
                continue
            digest = hashlib.sha256(content).hexdigest()
            self._known[name] = stamp, digest
            if held.get(name) != digest:
                self._write(root / name, content)
                held[name] = digest
        for folder in self.folders:
            if any(name.startswith(f"{folder}/") for name in held):
                continue
            shutil.rmtree(root / folder, ignore_errors=True)
        return root, dict(held)

    def keep(self) -> None:
        """What was taken last is served from now on: the next goes into the other copy."""
        self._next = 1 - self._next

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        if path.is_dir():  # a folder became a file
            shutil.rmtree(path)
        for above in path.parents:  # or a file a folder
            if above.is_file():
                above.unlink()
                break
            if above.is_dir():
                break
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The names of which the content is another one, or that came or went."""
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))
