"""All definitions of a site: read, laid over, checked, and given out as companies and as bundles to seal."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from banli import __version__
from banli.definitions import bundles
from banli.definitions.build import build_company
from banli.definitions.environments import company_in, site_in
from banli.definitions.kinds import Kinds
from banli.definitions.memory import Memory
from banli.definitions.model import Company
from banli.definitions.overlay import merge
from banli.definitions.papers import attach, papers_in
from banli.definitions.parts import spread
from banli.definitions.source import LARGEST, Source, read
from banli.errors import DefinitionError, Mistake, Place, did_you_mean
from banli.expressions import learn, trees
from banli.pdfs import MOST_BYTES

FOLDERS = ("forms", "flows", "parts", "agreements", "agreement_lists", "dictionaries", "hours", "calendars")
NOT_OURS = ("locales", "scenarios")
OF_BASE = frozenset(("migrations",))
"""Folders that only the base has."""
PICTURES = (".svg", ".png", ".webp", ".jpg", ".jpeg")
HARMLESS = frozenset(("translation", "rests-on-nothing"))
"""Mistakes that must be mended but with which a business can still be sealed and walked."""

Key = tuple[str, str, str]
"""Owner (a company's id, or "" for the base), folder, id."""


@dataclass(frozen=True)
class View:
    """What one company gets: the base with the company's difference. The view of "" is the base alone."""

    sources: Mapping[Key, Source]
    company: str = ""
    kinds: Kinds = field(default_factory=Kinds)
    _merged: dict[tuple[str, str], Source | None] = field(default_factory=dict, repr=False, compare=False)

    def get(self, folder: str, name: str) -> Source | None:
        """The merged file, with the mistakes of the merging, or None."""
        key = (folder, name)
        if key not in self._merged:
            base, own = self.sources.get(("", folder, name)), self.own(folder, name)
            readable = [source for source in (base, own) if source is not None and source.data is not None]
            found = (merge(*readable) if len(readable) == 2 else readable[0]) if readable else None
            if found is not None and folder == "flows":
                found = spread(found, lambda part: self.get("parts", part), lambda: self.ids("parts"))
            self._merged[key] = found
        return self._merged[key]

    def own(self, folder: str, name: str) -> Source | None:
        """The company's own file, before merging."""
        return self.sources.get((self.company, folder, name)) if self.company else None

    def data(self, folder: str, name: str) -> Mapping[str, Any]:
        found = self.get(folder, name)
        return found.data if found is not None else {}

    def has(self, folder: str, name: str) -> bool:
        return ("", folder, name) in self.sources or (bool(self.company) and (self.company, folder, name) in self.sources)

    def ids(self, folder: str) -> tuple[str, ...]:
        owners = ("", self.company)
        return tuple(sorted({name for owner, kind, name in self.sources if kind == folder and owner in owners}))

    def all(self, folder: str) -> Iterator[tuple[str, Source]]:
        for name in self.ids(folder):
            found = self.get(folder, name)
            if found is not None:
                yield name, found


@dataclass(frozen=True)
class Library:
    """`mistakes` holds everything that is wrong, in the order of the files. A company or bundle of a library with mistakes
    (but untranslated texts) is not given out."""

    kinds: Kinds
    sources: Mapping[Key, Source]
    mistakes: tuple[Mistake, ...] = ()
    key: str = ""
    folder: Path | None = None

    @staticmethod
    def read(folder: Path, kinds: Kinds, cache: Path | None = None, memory: Memory | None = None) -> Library:
        """Reads the folder `definitions` of a site. `cache` is a folder of our own that may be emptied at any time; `memory`
        is for who reads again and again."""
        memory = memory or Memory()
        files, stray = _files(folder)
        key = _key(files, kinds, stray)
        known = _from_cache(cache, key, kinds, folder)
        if known is not None:
            return known
        sources = {place: memory.of(read, name, raw) for place, name, raw in files if place is not None}
        papers = {name: raw for place, name, raw in files if place is None and name.endswith(".pdf")}
        sources, loose = attach(sources, papers, memory.pages)
        stray += loose
        from banli.definitions.checks import check

        found = [mistake for source in sources.values() for mistake in source.mistakes] + stray
        catalogues = {name: raw for place, name, raw in files if place is None}
        lines = {name: raw.decode("utf-8", "replace").split("\n") for place, name, raw in files if place is not None}
        library = Library(kinds, sources, (), key, folder)
        found += check(library, lines, catalogues, folder.name, memory)
        if cache is not None:  # as it will come from there: the places are told with the mistakes, and take much memory
            sources = {place: replace(source, spot=None, mistakes=()) for place, source in sources.items()}
        library = Library(kinds, sources, tuple(sorted(set(found))), key, folder)
        library.keep(cache)
        return library

    def keep(self, cache: Path | None) -> None:
        """Writes it down for the next start."""
        _to_cache(cache, self)

    def view(self, company: str = "") -> View:
        if company not in self._views:
            self._views[company] = View(self.sources, company, self.kinds)
        return self._views[company]

    @cached_property
    def _views(self) -> dict[str, View]:
        return {}

    @property
    def company_ids(self) -> tuple[str, ...]:
        return tuple(sorted(name for owner, kind, name in self.sources if kind == "company"))

    @cached_property
    def site(self) -> Mapping[str, Any]:
        """site.yaml as it is in this environment."""
        return site_in(self.view().data("site", "site"), self.kinds.environment)

    @cached_property
    def companies(self) -> Mapping[str, Company]:
        self._need_no_mistakes()
        site, where = self.view().data("site", "site"), self.kinds.environment
        return {
            name: build_company(name, company_in(self.view(name).data("company", name), site, where))
            for name in self.company_ids
        }

    def company(self, company_id: str) -> Company | None:
        return self.companies.get(company_id)

    def bundle(self, company: str, business: str) -> dict[str, Any]:
        """Everything that one business of one company needs, as plain data that can be sealed.

        Raises DefinitionError where the company does not offer it, or where the library has mistakes.
        """
        self._need_no_mistakes()
        if company not in self.company_ids:
            raise DefinitionError(
                [
                    Mistake(
                        Place("companies"),
                        "unknown-company",
                        f"There is no company '{company}'.",
                        did_you_mean(company, self.company_ids),
                    )
                ]
            )
        return bundles.collect(self.view(company), company, business)

    def paper(self, digest: str) -> bytes | None:
        """The PDF with this digest, where it lies among the definitions now."""
        path = self._papers.get(digest)
        content = path.read_bytes() if path is not None and path.is_file() else b""
        return content if hashlib.sha256(content).hexdigest() == digest else None

    @cached_property
    def _papers(self) -> Mapping[str, Path]:
        return papers_in(self.folder) if self.folder is not None else {}

    def _need_no_mistakes(self) -> None:
        serious = [mistake for mistake in self.mistakes if mistake.code not in HARMLESS]
        if serious:
            raise DefinitionError(serious)


def _files(folder: Path) -> tuple[list[tuple[Key | None, str, bytes]], list[Mistake]]:
    """All files with the place that they have in the language (None: a catalogue), and what is told of the others."""
    found: list[tuple[Key | None, str, bytes]] = []
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


def _key(files: Iterable[tuple[Key | None, str, bytes]], kinds: Kinds, stray: Iterable[Mistake]) -> str:
    digest = hashlib.sha256(f"{__version__} {_code()} {kinds.fingerprint()}".encode())
    digest.update("\n".join(map(str, stray)).encode("utf-8", "backslashreplace"))
    for _, name, raw in files:
        digest.update(f"\n{name} {len(raw)} ".encode())
        digest.update(raw)
    return digest.hexdigest()


def _code() -> str:
    """Changes when the reader or the checker does, so that a developer never sees yesterday's mistakes."""
    digest = hashlib.sha256()
    for folder in ("definitions", "expressions", "hours"):
        for path in sorted(Path(__file__).parents[1].joinpath(folder).rglob("*")):
            if path.suffix in (".py", ".json"):
                told = path.stat()
                digest.update(f"{path.name} {told.st_size} {told.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _from_cache(cache: Path | None, key: str, kinds: Kinds, folder: Path) -> Library | None:
    if cache is None:
        return None
    try:
        told = json.loads((cache / f"library-{key}.json").read_bytes())
        sources = {(owner, folder, name): Source(file, data) for owner, folder, name, file, data in told["sources"]}
        mistakes = tuple(Mistake(Place(*place), *rest) for place, *rest in told["mistakes"])
        learn(told["trees"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Library(kinds, sources, mistakes, key, folder)


def _conditions(library: Library) -> Iterator[str]:
    """All texts, conditions among them; flows also as they are once their parts are spread out."""
    for source in library.sources.values():
        yield from _texts(source.data)
    for company in ("", *library.company_ids):
        for _, source in library.view(company).all("flows"):
            yield from _texts(source.data)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for inner in data.values():
            yield from _texts(inner)
    elif isinstance(data, list | tuple):
        for inner in data:
            yield from _texts(inner)


def _to_cache(cache: Path | None, library: Library) -> None:
    """A cache that cannot be written costs time, nothing else."""
    if cache is None:
        return
    told = {
        "sources": [[*key, source.file, source.data] for key, source in library.sources.items()],
        "trees": trees(_conditions(library)),
        "mistakes": [[[m.place.file, m.place.line, m.place.column], m.code, m.what, m.cure] for m in library.mistakes],
    }
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=cache, delete=False, encoding="utf-8", errors="backslashreplace") as file:
            json.dump(told, file, ensure_ascii=False, separators=(",", ":"))
        os.replace(file.name, cache / f"library-{library.key}.json")
        old = sorted(cache.glob("library-*.json"), key=lambda path: path.stat().st_mtime)
        for path in old[:-3]:
            path.unlink(missing_ok=True)
    except OSError:
        return
