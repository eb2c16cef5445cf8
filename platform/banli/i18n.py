"""Catalogues: what a text is in another language. Reads .po files; no compiled catalogue is needed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from banli.sites import Site

Table = Mapping[str, str | list[str]]
"""By msgid its translation; a list where there are plural forms."""

BUILT_IN = Path(__file__).parent / "locales"


class Translator:
    """One language. `gettext` and `ngettext` are for the program's own sentences, `say` for the texts of the definitions."""

    def __init__(self, language: str, words: Table, site: Table) -> None:
        self.language, self.words, self.site = language, words, site

    @property
    def tag(self) -> str:
        """As HTML and HTTP write it: `zh-CN`."""
        return self.language.replace("_", "-")

    def gettext(self, msgid: str) -> str:
        found = self.words.get(msgid) or msgid
        return found if isinstance(found, str) else found[0] or msgid

    def ngettext(self, one: str, many: str, number: int) -> str:
        """As `gettext`, for a counted thing. Chinese has one form, English two."""
        found = self.words.get(one)
        if isinstance(found, list) and found and found[0]:
            return found[0] if number == 1 else found[-1]
        return found if isinstance(found, str) and found else one if number == 1 else many

    def say(self, text: str) -> str:
        """An author's text in this language; a word that the program itself uses; or what was written."""
        found = self.site.get(text)
        return found if isinstance(found, str) and found else self.gettext(text)


class Catalogues:
    """All languages of an application, read from `.po` files: the program's, its plugins', the site's."""

    def __init__(self, site: Site, languages: Sequence[str] = ("zh_CN", "en"), plugins: Iterable[str] = ()) -> None:
        self.languages = tuple(languages)
        folders = [
            BUILT_IN,
            *(folder for name in plugins if (folder := _home(name)) is not None),
        ]
        tables = _read(folders, site.definitions / "locales", self.languages, site.cache)
        self.translators = {
            name: Translator(name, tables["words"].get(name, {}), tables["site"].get(name, {})) for name in self.languages
        }

    def translator(self, language: str) -> Translator:
        return self.translators[language]

    def choose(self, wanted: str | None, accepted: str = "") -> str:
        """The language of a page: `wanted` when there is such a one, else what the browser's Accept-Language likes best.

        Who reads none of ours gets English, unless they refuse it; who names no language, the site's first.
        """
        if wanted in self.translators:
            return str(wanted)
        weighed = _by_weight(accepted)
        liked = [tag for tag, weight in weighed if weight > 0 and tag != "*"]
        for tag in liked:
            found = next((name for name in self.languages if _fits(name, tag)), None)
            if found is not None:
                return found
        english = next((name for name in self.languages if _fits(name, "en")), "")
        refused = any(_fits(english, tag) for tag, weight in weighed if weight <= 0)
        return english if liked and english and not refused else self.languages[0]


def _home(plugin: str) -> Path | None:
    """The folder `locales` of a plugin's package."""
    found = find_spec(plugin)
    folder = Path(found.origin).parent / "locales" if found is not None and found.origin else None
    return folder if folder is not None and folder.is_dir() else None


def _read(
    folders: Iterable[Path], own: Path, languages: Sequence[str], cache: Path | None
) -> dict[str, dict[str, dict[str, Any]]]:
    """By kind and language the messages of `<folder>/<language>/LC_MESSAGES/*.po`; of two for one msgid the first counts.

    `own` is the folder of the site: what stands there are translations of its authors' texts.
    """
    found = [
        (language, path, path.read_bytes())
        for folder in (*folders, own)
        for language in languages
        for path in sorted((folder / language / "LC_MESSAGES").glob("*.po"))
    ]
    key = hashlib.sha256(repr([(lang, own in path.parents, content) for lang, path, content in found]).encode()).hexdigest()
    kept = cache / f"catalogues-{key[:20]}.json" if cache is not None else None
    tables = _load(kept)
    if tables is None:
        tables = {"words": {}, "site": {}}
        for language, path, _ in found:
            table = tables["site" if own in path.parents else "words"].setdefault(language, {})
            for msgid, text in read_po(path, language).items():
                table.setdefault(msgid, text)
        _keep(kept, tables)
    return tables


def read_po(path: Path, language: str) -> dict[str, str | list[str]]:
    """The translated messages of one file; those marked fuzzy are left out."""
    from babel.messages.pofile import read_po as parse

    table: dict[str, str | list[str]] = {}
    with path.open("rb") as file:
        for message in parse(file, locale=language, abort_invalid=True):
            if not message.id or message.fuzzy or not message.string:
                continue
            if isinstance(message.id, (list, tuple)):
                table[message.id[0]] = list(message.string)
            else:
                table[message.id] = str(message.string)
    return table


def extract(folders: Iterable[Path]) -> dict[str, list[str]]:
    """Every msgid of Python files and templates below the folders, with the places where it stands."""
    from babel.messages.extract import extract_from_file

    found: dict[str, list[str]] = {}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": None}
    for folder in folders:
        for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.html"))):
            method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
            for line, message, _, _ in extract_from_file(method, str(path), keywords=keywords):
                msgid = message[0] if isinstance(message, (list, tuple)) else message
                if msgid:
                    found.setdefault(msgid, []).append(f"{path.name}:{line}")
    return found


def _by_weight(accepted: str) -> list[tuple[str, float]]:
    """`zh-CN,zh;q=0.9,en;q=0.8` as its tags with their weights, the liked best first; 0 is refused."""
    weighted = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=") or "1"
        try:
            weighted.append((-float(quality), place, tag))
        except ValueError:
            continue
    return [(tag, -weight) for weight, _, tag in sorted(weighted) if tag]


def _fits(language: str, tag: str) -> bool:
    name, wanted = language.lower().replace("_", "-"), tag.lower()
    return name == wanted or name.split("-")[0] == wanted.split("-")[0]


def _load(path: Path | None) -> dict[str, Any] | None:
    if path is None or not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        return None


def _keep(path: Path | None, tables: Mapping[str, Any]) -> None:
    """Written beside and moved, so that nobody ever reads half of it."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)
