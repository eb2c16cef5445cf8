"""Puts an answer as an author tells it into the words that a page would post: through the fields' own `write`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import DecimalException
from typing import Any

from banli.definitions.model import Field
from banli.engine import Standing
from banli.errors import Problem
from banli.fields import FieldKind, FormReader, Raw
from banli.steps import Book, Sight
from banli.steps.readings import READ

CODES = {"ok": "ok", "wrong": "code_wrong", "expired": "code_expired", "used_up": "code_used_up", "none": "code_none"}
"""What a story says of a sent code, and what the world then says. Any other text is typed, and nobody has sent it."""

_SAMPLES = ("000000", "0000", "00000", "00000000", "aaaa", "AAAA", "000")


@dataclass(frozen=True)
class Posted:
    """A page on its way: what is posted, and by field what the world will say. `unasked` are the answers that no such page
    takes, each with why."""

    raw: Raw
    verdicts: Mapping[str, Any] = field(default_factory=dict)
    unasked: Mapping[str, str] = field(default_factory=dict)


def form_of(standing: Standing, book: Book) -> FormReader | None:
    """The reader of the form whose fields the step asks, or None."""
    bound = standing.bound
    form = bound.kind.form(bound.step)
    return book.reader(form) if bound.kind.fields and form in book.forms else None


def posted(standing: Standing, book: Book, sight: Sight, shown: Raw | None, told: Mapping[str, Any]) -> Posted:
    """The page with these answers. A question that is not named keeps what the page shows (`shown`: what was typed just
    before, else what it begins with); null empties it."""
    bound = standing.bound
    start = shown if shown is not None else bound.kind.fill(bound.step, book, sight)
    raw: dict[str, list[str]] = {name: list(texts) for name, texts in start.items()}
    reader = form_of(standing, book)
    if reader is None:
        kept = {name: texts for name, texts in raw.items() if name not in told}
        return Posted(kept | {name: _plain(value) for name, value in told.items() if value is not None})
    lines = {line.field.name: line for line in reader.lines}
    verdicts: dict[str, Any] = {}
    unasked: dict[str, str] = {}
    for name, value in told.items():
        if name not in lines:
            unasked[name] = f"'{name}' is not asked here."
            continue
        line = lines[name]
        if line.field.read_only:
            unasked[name] = f"'{name}' is only shown here."
            continue
        for old in [key for key in raw if key == name or key.startswith(f"{name}.")]:
            del raw[old]
        if line.kind.outside == "file" and isinstance(value, Mapping):
            verdicts[READ + name] = _read(line.field, value)
            value = value.get("photo", "")
        if line.kind.outside:
            value, verdicts[name] = _judged(line.kind, line.field, value)
        raw |= written(line.kind, line.field, value)
    conditional = [name for name in told if name in lines and lines[name].when is not None]
    if conditional:
        hidden = hides(standing, book, reader, raw)
        unasked |= {name: f"'{name}' is not asked here." for name in conditional if name in hidden}
    return Posted(raw, verdicts, unasked)


def hides(standing: Standing, book: Book, reader: FormReader, raw: Raw) -> frozenset[str]:
    """The fields that a page with these entries does not ask."""
    return reader.read(raw, around(standing, book)).hidden


def around(standing: Standing, book: Book) -> Mapping[str, object]:
    """The names around the form of a step."""
    kind = standing.bound.kind
    find = getattr(kind, "around", None)
    return find(standing.bound.step, book, standing.names) if find is not None else standing.names


def written(kind: FieldKind, question: Field, value: Any) -> dict[str, list[str]]:
    """What a browser posts for this value. What is no value of the field (a word for a number) is posted as typed."""
    if value is None:
        return {}
    try:
        raw = kind.write(question, value)
    except (DecimalException, AttributeError, TypeError, ValueError, KeyError):
        raw = {}
    return raw or {question.name: _plain(value)}


def _judged(kind: FieldKind, question: Field, value: Any) -> tuple[Any, str]:
    """What is posted for the world to judge, and what it will say."""
    word = str(value)
    if kind.outside == "file":
        return value, "file_unknown" if word == "wrong" else "ok"
    if word in CODES:
        return _sample(kind, question), CODES[word]
    return value, CODES["wrong"]


def _read(question: Field, told: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What is read on a photo, by name on file: the text, and whether it is certain."""
    targets, doubtful = question.options.get("reads", {}), told.get("doubtful", ())
    return {targets[what]: [str(text), what not in doubtful] for what, text in told.get("reads", {}).items() if what in targets}


def _sample(kind: FieldKind, question: Field) -> str:
    """A text that has the form of a code."""
    parse = kind.parser(question)
    for text in _SAMPLES:
        problems: list[Problem] = []
        if parse({question.name: [text]}, problems) is not None and not problems:
            return text
    return _SAMPLES[0]


def _plain(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for inner in value for text in _plain(inner)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)]
