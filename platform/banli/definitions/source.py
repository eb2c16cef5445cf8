"""Reads YAML as this language understands it: plain data, and beside it the place of every value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from banli.errors import Mistake, Place

Path = Sequence[str | int]
LARGEST = 1_000_000
DEEPEST = 40

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}\Z")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class Spot:
    """Where a value stands, where its key stands, and the same for all that is inside it. Lines and columns from 1."""

    __slots__ = ("children", "column", "file", "key_column", "key_line", "line")

    def __init__(self, file: str, line: int, column: int, children: dict[str | int, Spot] | None = None) -> None:
        self.file, self.line, self.column, self.children = file, line, column, children
        self.key_line, self.key_column = line, column

    def copy(self) -> Spot:
        new = Spot(self.file, self.line, self.column, dict(self.children) if self.children is not None else None)
        new.key_line, new.key_column = self.key_line, self.key_column
        return new

    def place(self) -> Place:
        return Place(self.file, self.line, self.column)

    def key_place(self) -> Place:
        return Place(self.file, self.key_line, self.key_column)

    def find(self, path: Path) -> Spot:
        """The spot at `path`, or the deepest one on the way to it."""
        here = self
        for step in path:
            below = (here.children or {}).get(step)
            if below is None:
                return here
            here = below
        return here


@dataclass(frozen=True)
class Source:
    """One file, read or merged from two. Read from a cache it has no places but its name."""

    file: str
    data: Any
    spot: Spot | None = None
    mistakes: tuple[Mistake, ...] = field(default=(), compare=False)

    def place(self, path: Path = (), *, key: bool = False) -> Place:
        """Where the value at `path` stands (or its key)."""
        if self.spot is None:
            return Place(self.file)
        found = self.spot.find(path)
        return found.key_place() if key else found.place()

    def mistake(self, path: Path, code: str, what: str, cure: str = "", *, key: bool = False) -> Mistake:
        return Mistake(self.place(path, key=key), code, what, cure)


def read(file: str, raw: bytes) -> Source:
    """The data of a file, or None with the mistakes that hide it."""
    text, wrong = _decode(file, raw)
    if wrong is not None:
        return Source(file, None, None, (wrong,))
    reader = _Reader(file)
    try:
        reader.run(text)
    except _Stop as stop:
        reader.mistakes.append(stop.mistake)
        return Source(file, None, None, tuple(reader.mistakes))
    except yaml.YAMLError as error:
        reader.mistakes.append(_explain(file, text, error))
        return Source(file, None, None, tuple(reader.mistakes))
    if reader.mistakes:
        return Source(file, None, None, tuple(reader.mistakes))
    if not isinstance(reader.root, dict):
        code, what = ("empty-file", "The file is empty.") if reader.root is None else ("not-a-map", "The file holds no map.")
        return Source(file, None, None, (Mistake(Place(file), code, what, "Write 'key: value' lines."),))
    return Source(file, reader.root, reader.spot, ())


def _decode(file: str, raw: bytes) -> tuple[str, Mistake | None]:
    if len(raw) > LARGEST:
        return "", Mistake(Place(file), "too-large", f"The file has {len(raw):,} bytes, over {LARGEST:,}.", "Split it.")
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "", Mistake(
            Place(file, 1, 1), "byte-order-mark", "The file starts with a byte order mark.", "Save it as plain UTF-8."
        )
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        return "", Mistake(Place(file, line, column), "not-utf8", "This is not UTF-8 text.", "Save the file as UTF-8.")


class _Stop(Exception):
    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


class _Reader:
    """Builds data and spots from the parser's events. Holds a stack of its own, so depth cannot crash it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []
        self.root: Any = None
        self.spot: Spot | None = None
        # Each level: the container, its spot, and for a map the key that waits for its value.
        self.stack: list[tuple[Any, Spot]] = []
        self.keys: list[tuple[str, int, int] | None] = []
        self.documents = 0

    def run(self, text: str) -> None:
        loader = yaml.CSafeLoader(text)
        try:
            take = loader.get_event
            while True:
                event: Any = take()
                kind = type(event)
                if kind is yaml.ScalarEvent:
                    self.scalar(event)
                elif kind is yaml.MappingStartEvent:
                    self.open({}, event)
                elif kind is yaml.SequenceStartEvent:
                    self.open([], event)
                elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                    self.stack.pop()
                    self.keys.pop()
                elif kind is yaml.AliasEvent:
                    raise _Stop(
                        self.say(
                            event, "alias", f"The alias '*{event.anchor}' is refused.", "Write the value here once more."
                        )
                    )
                elif kind is yaml.DocumentStartEvent:
                    self.documents += 1
                    if self.documents > 1:
                        raise _Stop(
                            self.say(
                                event,
                                "second-document",
                                "A second document begins here ('---').",
                                "Keep one document in a file.",
                            )
                        )
                elif kind is yaml.StreamEndEvent:
                    return
        finally:
            loader.dispose()

    def say(self, event: Any, code: str, what: str, cure: str) -> Mistake:
        return Mistake(Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1), code, what, cure)

    def scalar(self, event: Any) -> None:
        value: Any = event.value
        if event.anchor is not None or event.tag is not None:
            self.refuse_marks(event)
        stack = self.stack
        if stack and self.keys[-1] is None and type(stack[-1][0]) is dict:
            self.key(value, event)
            return
        if event.implicit[0]:
            if value in _WORDS:
                value = _WORDS[value]
            elif _INTEGER.match(value):
                value = int(value)
            elif _DECIMAL.match(value):
                value = float(value)
        self.put(value, event, None)

    def key(self, name: str, event: Any) -> None:
        mark = event.start_mark
        if name == "<<" and event.implicit[0]:
            raise _Stop(self.say(event, "merge-key", "The merge key '<<' is refused.", "Write the values here."))
        container, spot = self.stack[-1]
        if name in container:
            first = (spot.children or {})[name]
            self.mistakes.append(
                self.say(event, "duplicate-key", f"'{name}' is given twice, first in line {first.key_line}.", "Keep one.")
            )
        self.keys[-1] = (name, mark.line + 1, mark.column + 1)

    def open(self, container: Any, event: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self.refuse_marks(event)
        if len(self.stack) >= DEEPEST:
            raise _Stop(self.say(event, "too-deep", f"This is nested over {DEEPEST} levels deep.", "Make it flatter."))
        if self.stack and self.keys[-1] is None and type(self.stack[-1][0]) is dict:
            raise _Stop(
                self.say(
                    event,
                    "key-not-text",
                    "A key must be plain text.",
                    "If this is a text that starts with a brace or bracket, put it in quotes.",
                )
            )
        spot = self.put(container, event, {})
        self.stack.append((container, spot))
        self.keys.append(None)

    def put(self, value: Any, event: Any, children: dict[str | int, Spot] | None) -> Spot:
        mark = event.start_mark
        spot = Spot(self.file, mark.line + 1, mark.column + 1, children)
        if not self.stack:
            self.root, self.spot = value, spot
            return spot
        container, outer = self.stack[-1]
        if type(container) is dict:
            name, spot.key_line, spot.key_column = self.keys[-1]  # type: ignore[misc]
            self.keys[-1] = None
            container[name] = value
            outer.children[name] = spot  # type: ignore[index]
        else:
            outer.children[len(container)] = spot  # type: ignore[index]
            container.append(value)
        return spot

    def refuse_marks(self, event: Any) -> None:
        if event.anchor is not None:
            raise _Stop(
                self.say(
                    event, "anchor", f"The anchor '&{event.anchor}' is refused.", "Write the value wherever it is needed."
                )
            )
        raise _Stop(
            self.say(
                event,
                "tag",
                f"'{event.tag}' is read as a YAML tag, which is refused.",
                "Put a text that starts with '!' in quotes.",
            )
        )


_CAUSES: tuple[tuple[str, str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "unexpected-colon",
        "A colon stands where none can be.",
        "Put a text that holds ': ' in quotes, mend the indentation, or give the line above a colon.",
    ),
    (
        "did not find expected ',' or",
        "unclosed",
        "A '{' or '[' is not closed, or a comma is missing.",
        "Close it, or put the text in quotes.",
    ),
    ("found unexpected end of stream", "unclosed-quote", "This quote is not closed.", "Close it."),
    ("found unexpected document indicator", "unclosed-quote", "This quote is not closed.", "Close it."),
    (
        "did not find expected whitespace or line break",
        "tag",
        "A text that starts with '!' is read as a YAML tag.",
        "Put it in quotes.",
    ),
    (
        "found unknown escape character",
        "escape",
        "There is no such escape in double quotes.",
        "Use single quotes: there a backslash is a backslash.",
    ),
    (
        "did not find expected '-' indicator",
        "indentation",
        "This line does not fit the list above it.",
        "Align it with the other lines of the list.",
    ),
    (
        "did not find expected key",
        "indentation",
        "This line does not fit the lines above it.",
        "Align it with the other keys.",
    ),
    ("could not find expected ':'", "no-colon", "This line has no ': ' after its key.", "Write 'key: value'."),
    (
        "block sequence entries are not allowed",
        "indentation",
        "A list item stands where none can be.",
        "Start the list on a line of its own.",
    ),
    (
        "did not find expected node content",
        "no-value",
        "A value is missing here.",
        "Write the value, or put the text in quotes.",
    ),
    (
        "did not find expected alphabetic",
        "alias",
        "A text that starts with '*' or '&' is read as a reference.",
        "Put it in quotes.",
    ),
    ("control characters are not allowed", "control-character", "There is a control character here.", "Delete it."),
    ("special characters are not allowed", "control-character", "There is a control character here.", "Delete it."),
)
# These name the place where something was opened, which says more than where the file ended.
_AT_CONTEXT = frozenset(("unclosed-quote", "tag", "no-colon"))
# The parser takes `title：…` for a text and complains of a line below it.
_WIDE, _FAR = re.compile(r"[\s{-]*(\w+)(：)", re.ASCII), 4


def _explain(file: str, text: str, error: yaml.YAMLError) -> Mistake:
    """The parser's complaint as a sentence with a cure."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None)
    if mark is None and hasattr(error, "position"):
        before = text.encode("utf-8")[: int(error.position)].decode("utf-8", "replace")
        return Mistake(
            Place(file, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1),
            "control-character",
            "There is a control character here.",
            "Delete it.",
        )
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    lines = text.split("\n")
    at = lines[line][column : column + 1] if line < len(lines) else ""
    if problem.startswith("found character that cannot start any token"):
        if at == "\t":
            return Mistake(Place(file, line + 1, column + 1), "tab", "A tab indents this line.", "Use spaces.")
        return Mistake(
            Place(file, line + 1, column + 1), "reserved-character", f"A text cannot start with '{at}'.", "Put it in quotes."
        )
    if "\t" in (lines[line][: column + 1] if line < len(lines) else ""):
        return Mistake(Place(file, line + 1, column + 1), "tab", "A tab indents this line.", "Use spaces.")
    for above in range(line, max(-1, line - _FAR), -1):
        if wide := _WIDE.match(lines[above]) if above < len(lines) else None:
            return Mistake(
                Place(file, above + 1, wide.start(2) + 1), "wide-colon",
                f"A full-width colon stands after '{wide[1]}'.", "Write ': ', with a space after it.",
            )  # fmt: skip
    for beginning, code, what, cure in _CAUSES:
        if problem.startswith(beginning):
            context = getattr(error, "context_mark", None)
            if code in _AT_CONTEXT and context is not None:
                line, column = context.line, context.column
            return Mistake(Place(file, line + 1, column + 1), code, what, cure)
    return Mistake(Place(file, line + 1, column + 1), "yaml", f"This is not YAML: {problem}.", "Mend it.")
