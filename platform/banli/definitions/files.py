"""The files of a site: which there are, what place each has in the language, and which lie where nobody reads them."""

from __future__ import annotations

import os
from pathlib import Path

from banli.definitions.source import LARGEST
from banli.errors import Mistake, Place, did_you_mean
from banli.pdfs import MOST_BYTES

FOLDERS = ("forms", "flows", "parts", "agreements", "agreement_lists", "dictionaries", "hours", "calendars")
NOT_OURS = ("locales", "scenarios")
OF_BASE = frozenset(("migrations",))
"""Folders that only the base has."""
PICTURES = (".svg", ".png", ".webp", ".jpg", ".jpeg")

Key = tuple[str, str, str]
"""Owner (a company's id, or "" for the base), folder, id."""

File = tuple[Key | None, str, bytes]
"""The place in the language (None: a catalogue, a picture or a PDF), the name as it is told to authors, the content."""


def files(folder: Path) -> tuple[list[File], list[Mistake]]:
    """All files that are read, and what is told of the others."""
    found: list[File] = []
    stray: list[Mistake] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(at).relative_to(folder)
        if here.parts[:1] == ("locales",):
            found += [
                (None, _name(folder, Path(at, name)), Path(at, name).read_bytes())
                for name in sorted(names)
                if name.endswith(".po")
            ]
            continue
        below = here.parts[2:] if here.parts[:1] == ("companies",) else here.parts
        if below[:1] and below[0] in (NOT_OURS if below == here.parts else ("scenarios",)):
            continue
        for name in sorted(names):
            path = Path(at, name)
            shown = _name(folder, path)
            if here.parts[:1] == ("companies",) and len(here.parts) == 2 and name.endswith(PICTURES):
                found.append((None, shown, _bytes(path)))
            elif name.endswith(".yaml") and not name.startswith("."):
                key = _place(here.parts, name.removesuffix(".yaml"))
                if key is None:
                    stray.append(_stray(shown, here.parts))
                elif not _is_id(key):
                    stray.append(
                        Mistake(
                            Place(shown),
                            "bad-id",
                            f"'{key[2]}' cannot be an id.",
                            "Use a to z, 0 to 9 and _, starting with a letter.",
                        )
                    )
                else:
                    found.append((key, shown, _bytes(path)))
            elif name.endswith(".pdf") and here.parts[-1:] == ("agreements",):
                found.append((None, shown, _bytes(path, MOST_BYTES)))
            elif name.endswith((".yml", ".json")):
                stray.append(Mistake(Place(shown), "stray-file", "This file is not read.", "Name it '….yaml'."))
    return found, stray


def _bytes(path: Path, most: int = LARGEST) -> bytes:
    with path.open("rb") as file:
        return file.read(most + 1)


def _name(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def _place(parts: tuple[str, ...], name: str) -> Key | None:
    owner = ""
    if parts[:1] == ("companies",):
        if len(parts) == 2 and name == "company":
            return parts[1], "company", parts[1]
        if len(parts) < 2:
            return None
        owner, parts = parts[1], parts[2:]
    if not parts and (name == "client" or (name == "site" and not owner)):
        return owner, name, name
    known = len(parts) == 1 and (parts[0] in FOLDERS or (not owner and parts[0] in OF_BASE))
    return (owner, parts[0], name) if known else None


def _is_id(key: Key) -> bool:
    _, folder, name = key
    if folder == "company":
        return name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name.isascii() and name.replace("_", "").isalnum() and name == name.lower() and name[0].isalpha()


def _stray(shown: str, parts: tuple[str, ...]) -> Mistake:
    where = parts[2:] if parts[:1] == ("companies",) else parts
    near = did_you_mean(where[0], (*FOLDERS, "companies")) if where else ""
    return Mistake(
        Place(shown),
        "stray-file",
        "This file is in no place that is read.",
        near or f"Put it into one of: {', '.join(FOLDERS)}.",
    )
