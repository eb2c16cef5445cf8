"""How a company looks, in every environment: tokens that exist, words that can be read on their ground, a logo that is safe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.environments import company_in, each
from banli.definitions.kinds import ThemeShape
from banli.definitions.source import Source
from banli.errors import Mistake, Place, did_you_mean
from banli.logos import flaw

PLAIN = "plain"
"""The theme of the pages that belong to no company."""
LEAST = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of words with their ground."""
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LENGTH = re.compile(r"0|[0-9]+(?:\.[0-9]+)?(?:px|rem|em|%)")
_MODES = (("tokens", "light", "by day"), ("dark", "dark", "by night"))


def site(book: Book, source: Source) -> Iterator[Mistake]:
    """The environments of site.yaml, and the themes by themselves."""
    themes = book.kinds.themes or {}
    for name, shape in sorted(themes.items()):
        for _, mode, when in _MODES:
            for seen, ground, ratio in _faint(shape, getattr(shape, mode)):
                what = f"'{seen}' on '{ground}' has a contrast of {ratio:.1f} : 1 {when}."
                yield Mistake(Place(f"themes/{name}/theme.yaml"), "low-contrast", what, _cure())
    for environment, own in source.data.get("environments", {}).items():
        told = (own or {}).get("theme", {})
        known = {token: kind for shape in themes.values() for token, kind in shape.tokens.items()}
        if book.kinds.themes is not None:
            path: Way = ("environments", environment, "theme")
            yield from _tokens(source, path, told, known, "no theme has a token")
            yield from _no_company(source, path, told, themes.get(PLAIN), environment)


def _no_company(
    source: Source, path: Way, told: Mapping[str, Any], shape: ThemeShape | None, environment: str
) -> Iterator[Mistake]:
    """The first page and the desk have the plain theme with what the environment changes of it."""
    for part, mode, when in _MODES if shape is not None else ():
        own = _colors(told.get(part, {}))
        values = {**getattr(shape, mode), **own}
        for seen, ground, ratio in _faint(shape, values) if shape is not None else ():
            token = next((one for one in (seen, ground) if one in own), "")
            if token:
                what = (
                    f"'{seen}' ({values[seen]}) on '{ground}' ({values[ground]}) has a contrast of {ratio:.1f} : 1 {when} "
                    f"in the environment '{environment}'."
                )
                yield source.mistake((*path, part, token), "low-contrast", what, _cure())


def company(book: Book, source: Source, files: Mapping[str, bytes]) -> Iterator[Mistake]:
    """The looks of company.yaml and what its environments change of them."""
    named = book.data("site", "site").get("environments", {})
    yield from _looks(book, source, ("theme",), source.data.get("theme", {}), files)
    for environment, own in source.data.get("environments", {}).items():
        path: Way = ("environments", environment)
        if environment not in named:
            cure = did_you_mean(environment, named) or "Name it under 'environments' in site.yaml."
            what = f"site.yaml names no environment '{environment}'."
            yield source.mistake(path, "unknown-environment", what, cure, key=True)
        yield from _looks(book, source, (*path, "theme"), (own or {}).get("theme", {}), files)
    yield from _contrasts(book, source)


def _looks(book: Book, source: Source, path: Way, told: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[Mistake]:
    yield from _logo(source, (*path, "logo"), told.get("logo", {}), files)
    themes = book.kinds.themes
    if themes is None or not told:
        return
    name = str(told.get("name", source.data.get("theme", {}).get("name", "")))
    if "name" in told and name not in themes:
        yield unknown(source, (*path, "name"), "unknown-theme", f"There is no theme '{name}'.", name, themes)
    elif name in themes:
        yield from _tokens(source, path, told, themes[name].tokens, f"The theme '{name}' has no token")


def _tokens(source: Source, path: Way, told: Mapping[str, Any], known: Mapping[str, str], lacks: str) -> Iterator[Mistake]:
    for part in ("tokens", "dark"):
        for token, value in told.get(part, {}).items():
            kind, here = known.get(token), (*path, part, token)
            if kind is None:
                what = f"{lacks[0].upper()}{lacks[1:]} '{token}'."
                yield unknown(source, here, "unknown-token", what, token, known, key=True)
            elif kind == "color" and not _COLOR.fullmatch(str(value)):
                yield source.mistake(here, "bad-color", f"'{value}' is no colour.", "Write it as '#0b5cad', in quotes.")
            elif kind == "length" and not _LENGTH.fullmatch(str(value)):
                yield source.mistake(here, "bad-length", f"'{value}' is no length.", "Write a number with px, rem, em or %.")


def _logo(source: Source, path: Way, told: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[Mistake]:
    folder = source.file.rpartition("/")[0]
    for key in ("file", "dark"):
        name = told.get(key)
        if not isinstance(name, str):
            continue
        content = files.get(f"{folder}/{name}")
        if content is None:
            there = [file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == folder]
            cure = did_you_mean(name, there) or f"Put it into {folder}/."
            yield source.mistake((*path, key), "missing-picture", f"There is no picture '{name}'.", cure)
        elif (found := flaw(content)) is not None:
            yield source.mistake((*path, key), "bad-picture", *found)


def _contrasts(book: Book, source: Source) -> Iterator[Mistake]:
    """Told once, at a token that the company has chosen: where it has chosen none of the two, the theme is told."""
    told: set[tuple[str, str, str]] = set()
    around = book.data("site", "site")
    for environment in each(around, source.data):
        looks = company_in(source.data, around, environment)["theme"]
        shape = (book.kinds.themes or {}).get(str(looks.get("name", PLAIN)))
        if shape is None:
            continue
        for part, mode, when in _MODES:
            values = {**getattr(shape, mode), **_colors(looks.get(part, {}))}
            for seen, ground, ratio in _faint(shape, values):
                path = _chosen(source.data, around, environment, part, (seen, ground))
                if path is None or (part, seen, ground) in told:
                    continue
                told.add((part, seen, ground))
                where = f" in the environment '{environment}'" if environment else ""
                what = (
                    f"'{seen}' ({values[seen]}) on '{ground}' ({values[ground]}) has a contrast of {ratio:.1f} : 1 {when}{where}."
                )
                yield source.mistake(path, "low-contrast", what, _cure())


def _chosen(
    company: Mapping[str, Any], site: Mapping[str, Any], environment: str, part: str, pair: tuple[str, str]
) -> Way | None:
    """Where one of the two is chosen: in the company's environment, in its looks, or at least in the site's environment."""
    for token in pair:
        if token in _part(company.get("environments", {}).get(environment), part):
            return ("environments", environment, "theme", part, token)
    for token in pair:
        if token in _part(company, part):
            return ("theme", part, token)
    around = _part(site.get("environments", {}).get(environment), part)
    return ("theme",) if any(token in around for token in pair) else None


def _part(data: Any, part: str) -> Mapping[str, Any]:
    looks = data.get("theme") if isinstance(data, Mapping) else None
    found = looks.get(part) if isinstance(looks, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _colors(values: Mapping[str, Any]) -> dict[str, str]:
    """A value that is no colour is told elsewhere, and the theme's is used (as on the pages)."""
    return {token: str(value) for token, value in values.items() if _COLOR.fullmatch(str(value))}


def _faint(shape: ThemeShape, values: Mapping[str, str]) -> Iterator[tuple[str, str, float]]:
    for seen, ground in shape.pairs:
        ratio = contrast(values[seen], values[ground])
        if ratio < LEAST:
            yield seen, ground, ratio


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#abc` or `#aabbcc`, 1 to 21, as WCAG 2.2 reckons it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    digits = color.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _cure() -> str:
    return f"{LEAST} : 1 can be read; make one of the two lighter or darker."
