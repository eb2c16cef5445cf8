"""Texts that people read: placeholders that exist, and every text in every language of the site."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from banli.definitions.build import build_flow
from banli.definitions.bundles import named
from banli.definitions.checks.book import Book, Way
from banli.definitions.entries import entries
from banli.definitions.scopes import step_names
from banli.definitions.source import Source
from banli.errors import Mistake, Place, did_you_mean

_JINJA = ImmutableSandboxedEnvironment()
_MARKS = ("{{", "{%", "{#")
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_UNSEEN = frozenset(
    (
        "when",
        "pattern",
        "is",
        "locked",
        "prefill",
        "note",
        "source",
        "version",
        "number",
        "comment",
        "$comment",
        "description",
        "code",
        "parent",
        "const",
        "enum",
        "examples",
        "default",
    )
)
"""Keys whose text no client and no reviewer reads. (`note` is one as a text, beside a code; as an entry it is a map.)"""
TRANSLATED = (
    "site", "client", "company", "forms", "flows", "agreements", "agreement_lists", "dictionaries", "hours", "calendars"
)  # fmt: skip
COMPANY = ("id", "name", "short_name", "hotline")
BUSINESS = ("id", "title")
CASE = ("number", "reasons")
HOURS = ("title", "windows", "note", "opens_at", "closes_at")
"""Only for the sentences of the fixed pages: what is signed does not change with the time of day."""
_FIXED_PAGES = ("site", "company")
_SHOWN = 3


def read_texts(value: Any, path: Way = ()) -> Iterator[tuple[Way, str]]:
    """All texts of a file that people read, each with its path."""
    if isinstance(value, str):
        if _HAN.search(value) or any(mark in value for mark in _MARKS):
            yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not (key in _UNSEEN and not isinstance(inner, Mapping)):
                yield from read_texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from read_texts(inner, (*path, index))


def placeholders(book: Book) -> Iterator[Mistake]:
    client = [*book.record.schema.get("properties", {}), *(one.name for one in book.record.derived)]
    known = {
        "client": client,
        "company": COMPANY,
        "business": BUSINESS,
        "menu": list(book.data("site", "site").get("menu", {})),
    }
    for folder in TRANSLATED:
        around = {**known, "hours": HOURS} if folder in _FIXED_PAGES else known
        for name, source in book.fresh(folder):
            own: Mapping[str, Any] = {}
            if folder == "flows":
                own = {**answers(book, source), "case": CASE}
            elif folder == "agreements":
                own = _everywhere(book, name)
            for path, text in read_texts(source.data):
                if any(mark in text for mark in _MARKS):
                    timely = {"hours": HOURS} if folder == "flows" and path[0] == "texts" else {}
                    yield from _placeholders(source, path, text, {**around, **own, **around, **timely}, book)


def answers(book: Book, flow: Source) -> dict[str, list[str]]:
    """What the texts of a flow may say of the answers to its steps: by step the names."""
    found: dict[str, list[str]] = {}
    for step in build_flow("", flow.data).steps:
        shape = book.kinds.steps.get(step.kind)
        asked = book.form(shape.form(step.id, step.options)) if shape is not None else None
        names = step_names(step, shape, asked.form if asked is not None else None, book.kinds)
        inner = [name.partition(".")[2] for name in names if name.startswith(f"{step.id}.")]
        if inner:
            found[step.id] = inner
    return found


def _everywhere(book: Book, agreement: str) -> dict[str, list[str]]:
    """What an agreement may say of answers: only what every flow knows that shows it."""
    known: list[dict[str, list[str]]] = []
    for _, flow in book.sound("flows"):
        if flow.data.get("case") is False:
            continue  # nothing is answered there: what an answer would say is left open
        lists = {name for _, _, name in named(flow.data, book.kinds, "agreement_list")}
        shown = (item for name in lists for item in entries(book.data("agreement_lists", name).get("items")))
        if any(str(item.settings.get("agreement", item.id)) == agreement for item in shown):
            known.append(answers(book, flow))
    if not known:
        return {}
    return {
        step: names for step in known[0] if (names := [n for n in known[0][step] if all(n in one.get(step, ()) for one in known)])
    }


def _placeholders(source: Source, path: Way, text: str, known: Mapping[str, Any], book: Book) -> Iterator[Mistake]:
    try:
        tree = _JINJA.parse(text)
    except TemplateSyntaxError as error:
        yield source.mistake(
            path,
            "broken-text",
            f"This text is not well formed: {_sentence(error.message)}",
            "Write placeholders as {{ client.name }}.",
        )
        return
    inner = {id(node.node) for node in tree.find_all(nodes.Getattr)} | {
        id(node.node) for node in tree.find_all(nodes.Getitem)
    }
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    for name in tree.find_all(nodes.Name):
        if name.name in known or name.name in own:
            if name.name in known and id(name) not in inner:
                yield _unknown(
                    source,
                    path,
                    text,
                    name.name,
                    f"{{{{ {name.name} }}}} names a group, not a value.",
                    f"Write {{{{ {name.name}.… }}}}.",
                    book,
                )
            continue
        yield _unknown(
            source,
            path,
            text,
            name.name,
            f"Texts know no '{name.name}'.",
            did_you_mean(name.name, known) or f"There are: {', '.join(known)}.",
            book,
        )
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in known and node.attr not in known[node.node.name]:
            written = f"{node.node.name}.{node.attr}"
            yield _unknown(
                source,
                path,
                text,
                written,
                f"Texts know no '{written}'.",
                did_you_mean(written, [f"{node.node.name}.{name}" for name in known[node.node.name]]),
                book,
            )


def _unknown(source: Source, path: Way, text: str, written: str, what: str, cure: str, book: Book) -> Mistake:
    place = book.inside(source.place(path), text, max(text.find(written), 0))
    return Mistake(place, "unknown-placeholder", what, cure)


def _sentence(text: str | None) -> str:
    text = (text or "").strip()
    return text if text.endswith(".") else f"{text}."


def translations(book: Book, catalogues: Mapping[str, bytes], folder: str) -> Iterator[Mistake]:
    """What has no translation into the site's other languages: one mistake for each file and language."""
    from babel.messages.pofile import PoFileError, read_po

    site = book.data("site", "site")
    for index, language in enumerate(site.get("languages", [])):
        if index == 0:
            continue
        here = f"{folder}/locales/{language}/LC_MESSAGES/"
        file = f"{here}site.po"
        source = book.view.get("site", "site")
        if file not in catalogues:
            if source is not None:
                yield source.mistake(
                    ("languages", index), "translation", f"There is no catalogue for '{language}'.", f"Write {file}."
                )
            continue
        known: dict[str, str] = {}
        broken = False
        for name in sorted(name for name in catalogues if name.startswith(here)):
            try:
                catalogue = read_po(io.BytesIO(catalogues[name]), abort_invalid=True)
            except (PoFileError, UnicodeDecodeError, ValueError) as error:
                line, broken = getattr(error, "lineno", -1) + 1, True
                yield Mistake(
                    Place(name, line, 1 if line else 0),
                    "bad-catalogue",
                    "This is no catalogue.",
                    "Write msgid and msgstr, each text in double quotes.",
                )
                continue
            for message in catalogue:
                if message.id and message.string and not message.fuzzy:
                    known[str(message.id)] = str(message.string)
                    yield from _kept_placeholders(name, message.lineno or 0, str(message.id), str(message.string))
        if not broken:
            yield from _untranslated(book, str(language), file, known)


def _untranslated(book: Book, language: str, file: str, known: Mapping[str, str]) -> Iterator[Mistake]:
    own = f"{file.partition('/')[0]}/companies/"
    for folder in TRANSLATED:
        for _, source in book.fresh(folder):
            missing = []
            for path, text in read_texts(source.data):
                if text not in known and _HAN.search(text) and not (folder == "agreements" and path == ("text",)):
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
