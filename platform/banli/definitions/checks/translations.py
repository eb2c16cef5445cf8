"""Every text in every language of the site: catalogues that can be read, texts that are in them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from banli.definitions.checks.book import Book
from banli.definitions.checks.texts import HAN, TRANSLATED, read_texts
from banli.definitions.memory import Memory
from banli.errors import Mistake, Place, did_you_mean

_SHOWN = 3


@dataclass(frozen=True)
class Catalogue:
    """One file of translations: its texts, what is wrong with them, and whether it could not be read at all."""

    known: Mapping[str, str]
    mistakes: tuple[Mistake, ...] = ()
    broken: bool = False


@dataclass(frozen=True)
class Translated:
    """All catalogues of a site, each read once for all companies. `files` by name, below `folder`."""

    folder: str
    files: Mapping[str, bytes]
    memory: Memory

    def into(self, language: str) -> list[Catalogue]:
        """The catalogues of a language; none where its first one is missing."""
        here = f"{self.folder}/locales/{language}/LC_MESSAGES/"
        names = sorted(name for name in self.files if name.startswith(here)) if self.first(language) in self.files else []
        return [self.memory.of(read_catalogue, name, self.files[name]) for name in names]

    def first(self, language: str) -> str:
        return f"{self.folder}/locales/{language}/LC_MESSAGES/site.po"


def check(book: Book, translated: Translated) -> Iterator[Mistake]:
    """What has no translation into the site's other languages: one mistake for each file and language."""
    site = book.data("site", "site")
    for index, language in enumerate(site.get("languages", [])):
        if index == 0:
            continue
        file, found = translated.first(language), translated.into(language)
        source = book.view.get("site", "site")
        if not found:
            if source is not None:
                yield source.mistake(
                    ("languages", index), "translation", f"There is no catalogue for '{language}'.", f"Write {file}."
                )
            continue
        known: dict[str, str] = {}
        for catalogue in found:
            known |= catalogue.known
            yield from catalogue.mistakes
        if not any(catalogue.broken for catalogue in found):
            yield from _untranslated(book, str(language), file, known)


def read_catalogue(name: str, raw: bytes) -> Catalogue:
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(io.BytesIO(raw), abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        line = getattr(error, "lineno", -1) + 1
        place, cure = Place(name, line, 1 if line else 0), "Write msgid and msgstr, each text in double quotes."
        return Catalogue({}, (Mistake(place, "bad-catalogue", "This is no catalogue.", cure),), broken=True)
    known: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            known[str(message.id)] = str(message.string)
            mistakes += _kept_placeholders(name, message.lineno or 0, str(message.id), str(message.string))
    return Catalogue(known, tuple(mistakes))


def _untranslated(book: Book, language: str, file: str, known: Mapping[str, str]) -> Iterator[Mistake]:
    own = f"{file.partition('/')[0]}/companies/"
    for folder in TRANSLATED:
        for _, source in book.fresh(folder):
            missing = []
            for path, text in read_texts(source.data):
                if text not in known and HAN.search(text) and not (folder == "agreements" and path == ("text",)):
                    missing.append((path, text))
            if book.view.company:
                missing = [(path, text) for path, text in missing if source.place(path).file.startswith(own)]
            if missing:
                texts = list(dict.fromkeys(text for _, text in missing))
                shown = ", ".join(f"'{_short(text)}'" for text in texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")
                word = "text has" if len(texts) == 1 else "texts have"
                yield source.mistake(
                    missing[0][0],
                    "translation",
                    f"{len(texts)} {word} no translation into '{language}': {shown}.",
                    f"Add {'it' if len(texts) == 1 else 'them'} to {file}.",
                )


def _kept_placeholders(file: str, line: int, text: str, translated: str) -> Iterator[Mistake]:
    found, wanted = set(re.findall(r"\{\{\s*([\w.]+)", translated)), set(re.findall(r"\{\{\s*([\w.]+)", text))
    if not found <= wanted:
        name = sorted(found - wanted)[0]
        yield Mistake(
            Place(file, line, 1),
            "translation-placeholder",
            f"The translation names '{name}', the text does not.",
            did_you_mean(name, wanted),
        )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 20 else f"{line[:20]}…"
