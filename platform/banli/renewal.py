"""Reads the files of a site anew beside the product that serves: whole and without mistakes, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from banli.definitions.differences import difference
from banli.definitions.library import HARMLESS, Library
from banli.definitions.memory import Memory
from banli.errors import DefinitionError, Mistake, Place
from banli.hooks import Home
from banli.ledgers import PluginLedger
from banli.parts import Files, Parts, looks_and_kinds, made_plugins, wanted_plugins
from banli.plugins import MissingPart, Plugins
from banli.scenarios.checking import check_all
from banli.sites import Site
from banli.themes.trying import flaws
from banli.watching import Copies, Stamps, changed, stamps

FOLDERS = ("definitions", "themes")
"""What is watched below a site's root."""
RESTART = "The plugins in site.yaml, or their settings, are other ones now: restart."
MOST_TOLD, MOST_COMPARED = 3, 4
"""Changes of a business that the line in the terminal names, and businesses that it has words for: comparing takes a while."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake with the line of the file in which it stands, as the file was when it was found."""

    mistake: Mistake
    line: str = ""


@dataclass(frozen=True)
class Found:
    """What an edit has come to. `files` is None where the last good ones hold on."""

    names: tuple[str, ...]
    wrong: tuple[Wrong, ...] = ()
    files: Files | None = field(default=None, repr=False)
    restart: bool = False


class Renewal:
    """Follows the files of one site. `look` and `read` block: call them off the event loop, one after the other."""

    def __init__(self, site: Site, name: str) -> None:
        self.site = site
        self.copies = Copies(site.root, site.cache / "reload" / name, FOLDERS)
        self._digests: Mapping[str, str] = {}
        self._looks: tuple[Mapping[str, str], list[Mistake]] = ({}, [])
        self._memory = Memory()

    def look(self) -> Stamps:
        return stamps(self.site.root, FOLDERS)

    def first(self) -> Site:
        """The site as it is now, with its files where nobody edits them."""
        root, self._digests = self.copies.take(self.look())
        self.copies.keep()
        return replace(self.site, root=root)

    def mistakes(self, site: Site) -> list[Mistake]:
        """What keeps this copy of the site from being served and has not to do with the definitions: its looks."""
        if not site.themes.is_relative_to(site.root):
            return []
        themes = {name: digest for name, digest in self._digests.items() if name.startswith("themes/")}
        if self._looks[0] != themes:
            self._looks = themes, flaws(site.themes, self._memory)
        return self._looks[1]

    def read(self, now: Stamps, parts: Parts) -> Found | None:
        """What the files say by now; None where no content is another one."""
        root, digests = self.copies.take(now)
        names = changed(self._digests, digests)
        if not names:
            return None
        self._digests = digests
        site = replace(self.site, root=root)
        try:
            found = self._read(site, parts, names)
        except DefinitionError as problem:
            found = Found(names, tuple(with_lines(root, problem.mistakes)))
        except Exception as problem:
            # Whatever somebody writes into a file, the product goes on with what it has.
            what = f"These files cannot be read ({type(problem).__name__}: {problem})."
            found = Found(names, (Wrong(Mistake(Place(names[0]), "unreadable", what)),))
        if found.files is not None:
            self.copies.keep()
        return found

    def warm(self, parts: Parts) -> None:
        """Reads everything once past the cache, so that the first edit waits for nothing that later ones have at hand."""
        with suppress(Exception):
            site = replace(self.site, root=self.copies.take(self.look())[0])
            _, kinds = looks_and_kinds(site, parts.plugins, parts.available)
            Library.read(site.definitions, kinds, None, self._memory)

    def edited(self) -> bool:
        """Do the files say something else than when they were read last?"""
        return bool(changed(self._digests, self.copies.take(self.look())[1]))

    def undrawn(self, problem: BaseException, root: Path) -> Wrong | None:
        """The place in a template at which a page could not be drawn; None where it was not for a template below `root`."""
        found, step = None, problem.__traceback__
        while step is not None:
            name = Path(step.tb_frame.f_code.co_filename)
            if name.suffix == ".html" and name.is_relative_to(root):
                found = Place(name.relative_to(root).as_posix(), step.tb_lineno, 1)
            step = step.tb_next
        if found is None:
            return None
        why = f"{type(problem).__name__}: {problem}" if isinstance(problem, TemplateError) else type(problem).__name__
        return next(with_lines(root, [Mistake(found, "template", f"A page could not be drawn ({why}).")]))

    def stories(self, files: Files) -> tuple[Wrong, ...]:
        """All that `banli check` says of these files. What is wrong with a story keeps nobody from trying the pages: it is
        looked for once the files are served."""
        files.library.keep(self.site.cache)
        definitions = files.site.definitions
        return tuple(with_lines(files.site.root, check_all(definitions, files.kinds, files.library)))

    def _read(self, site: Site, parts: Parts, names: tuple[str, ...]) -> Found:
        if looks := self.mistakes(site):
            raise DefinitionError(looks)
        plugins, wanted = self._plugins(site, parts)
        themes, kinds = looks_and_kinds(site, plugins, parts.available)
        library = Library.read(site.definitions, kinds, None, self._memory)
        broken = any(mistake.code not in HARMLESS for mistake in library.mistakes)
        if broken or plugins is not parts.plugins:
            wrong = check_all(site.definitions, kinds, library)
            return Found(names, tuple(with_lines(site.root, wrong)), restart=not broken)
        files = Files.of(site, wanted, themes, kinds, library)
        for company in library.companies.values():
            files.logos.of(company)  # read before somebody edits them
        return Found(names, tuple(with_lines(site.root, library.mistakes)), files)

    def _plugins(self, site: Site, parts: Parts) -> tuple[Plugins, Mapping[str, Mapping[str, Any]]]:
        """Those that run, or, where site.yaml has others by now, these: made for the check only, never started."""
        try:
            wanted = wanted_plugins(site)
        except Exception:
            return parts.plugins, parts.wanted  # the check will tell what is wrong there
        if not wanted or list(wanted.items()) == list(parts.wanted.items()):
            return parts.plugins, parts.wanted
        try:
            homes = {name: self._home(site, name, parts) for name in wanted}
            return made_plugins(site, wanted, parts.available, homes), wanted
        except MissingPart as problem:
            raise DefinitionError([Mistake(Place("definitions/site.yaml"), "plugins", str(problem))]) from None
        except Exception:
            return parts.plugins, parts.wanted

    @staticmethod
    def _home(site: Site, name: str, parts: Parts) -> Home:
        return Home(site.var / "plugins" / name, parts.clock, site.demo, site.definitions, ledger=PluginLedger(name))


def with_lines(root: Path, mistakes: Iterable[Mistake]) -> Iterator[Wrong]:
    """The mistakes with the lines in which they stand."""
    texts: dict[str, list[str]] = {}
    for mistake in mistakes:
        place = mistake.place
        if place.file not in texts:
            try:
                texts[place.file] = (root / place.file).read_text("utf-8", "replace").split("\n")
            except OSError:
                texts[place.file] = []
        lines = texts[place.file]
        yield Wrong(mistake, lines[place.line - 1][:300] if 0 < place.line <= len(lines) else "")


def said(was: Library, now: Library, names: tuple[str, ...]) -> str:
    """What has changed for whom, in the words of `banli diff`; the same change of several businesses is told once."""
    return " | ".join(_said(was, now, names))


def _said(was: Library, now: Library, names: tuple[str, ...]) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    old, new = dict(_bundles(was)), dict(_bundles(now))
    for key in sorted({*old, *new}):
        if key not in new:
            told.setdefault("no longer offered", []).append("/".join(key))
        elif key not in old:
            told.setdefault("offered now", []).append("/".join(key))
    differ = [key for key in sorted(new) if key in old and old[key] != new[key]]
    for key in differ[:MOST_COMPARED]:
        told.setdefault(_difference(old[key], new[key], now), []).append("/".join(key))
    if more := ["/".join(key) for key in differ[MOST_COMPARED:]]:
        told["changed too"] = more
    yield from (f"{_some(businesses, 6)}: {sentence}" for sentence, businesses in told.items())
    if not told:
        yield f"{_some(names, 3)}: nothing that a case begins with"


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _difference(old: Mapping[str, Any], new: Mapping[str, Any], library: Library) -> str:
    try:
        changes = difference(old, new, library.kinds).changes
    except (DefinitionError, KeyError, TypeError, AttributeError, ValueError):
        return "changed"
    sentences = [change.sentence for change in changes[:MOST_TOLD]]
    more = f"{len(changes) - MOST_TOLD} more" if len(changes) > MOST_TOLD else ""
    return "; ".join([*sentences, *([more] if more else [])]) or "changed"


def _bundles(library: Library) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for company in library.companies.values():
        for offer in company.businesses:
            yield (company.id, offer.id), library.bundle(company.id, offer.id)
