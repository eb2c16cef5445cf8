"""Texts that people read: which they are, and placeholders that exist."""

from __future__ import annotations

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
from banli.errors import Mistake, did_you_mean

_JINJA = ImmutableSandboxedEnvironment()
_MARKS = ("{{", "{%", "{#")
HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
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


def read_texts(value: Any, path: Way = ()) -> Iterator[tuple[Way, str]]:
    """All texts of a file that people read, each with its path."""
    if isinstance(value, str):
        if HAN.search(value) or any(mark in value for mark in _MARKS):
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
            marked = [(path, text) for path, text in read_texts(source.data) if any(mark in text for mark in _MARKS)]
            own: Mapping[str, Any] = {}
            unread = frozenset[str]()
            if folder == "flows" and marked:
                own, unread = {**answers(book, source), "case": CASE}, book.unread(source)
            elif folder == "agreements" and marked:
                own, unread = _everywhere(book, name), frozenset().union(*(book.unread(flow) for _, flow in book.sound("flows")))
            for path, text in marked:
                timely = {"hours": HOURS} if folder == "flows" and path[0] == "texts" else {}
                for mistake in _placeholders(source, path, text, {**around, **own, **around, **timely}, book):
                    # What a step asks whose form cannot be read is told at the form.
                    if not any(f"'{step}" in mistake.what for step in unread):
                        yield mistake


def answers(book: Book, flow: Source) -> Mapping[str, list[str]]:
    found = book.answers.get(flow.file)
    if found is None:
        found = book.answers[flow.file] = _answers(book, flow)
    return found


def _answers(book: Book, flow: Source) -> dict[str, list[str]]:
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
    known: list[Mapping[str, list[str]]] = []
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
