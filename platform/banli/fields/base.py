"""What every kind of field is: how it reads what a browser posts, and how it shows what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from banli.definitions.model import Field
from banli.errors import Problem
from banli.fields.checks import Check, compile_checks

Raw = Mapping[str, Sequence[str]]
"""What a browser posts: each name with its values in order. The same shape is kept as a draft."""

Parse = Callable[[Raw, list[Problem]], Any]
"""Reads one field: the JSON value, or None for unanswered or wrong (then a problem was added)."""

Say = Callable[[str], str]
"""Says a text of the definitions, or a msgid of ours, in the reader's language."""

HIDDEN = "***"
"""What a mask shows of an answer of which any part would tell all."""

UNTYPABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)
"""Control, direction and invisible characters: nobody types them on purpose, and they make a text look like another.
Tabs and line ends are not among them, nor the joiners that some scripts and emoji need."""


def typable(text: str) -> bool:
    """Whether people type such a text. (`isprintable` refuses more than we do, but is done at once with most texts.)"""
    return text.isprintable() or not UNTYPABLE.search(text)


CHARACTERS = Problem("", "characters")


class FieldKind:
    """A kind of question. One object for all fields of the kind; it keeps nothing.

    `options` are JSON Schema properties: the kind's own settings in a layout. `template` names the theme's file below
    `fields/`, `script` the ES module that a page with such a field loads. `outside` names a check that needs more than
    the posted text (a sent code, a drawn captcha, an uploaded file); its verdict is handed in by the caller. `gives` is
    the JSON type of whatever `clean` gives, which then need not be tested.
    """

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    refers: ClassVar[Mapping[str, str]] = {}
    """Which of its settings name something else: setting -> one of `definitions.kinds.REFERENCES`."""
    types: ClassVar[tuple[str, ...]] = ("string",)
    """The JSON types that its answers can have."""
    template: ClassVar[str] = "text"
    script: ClassVar[str] = ""
    outside: ClassVar[str] = ""
    keeps: ClassVar[bool] = True
    in_rows: ClassVar[bool] = True
    """Whether the rows of a list can ask it. With `outside`, or kept nowhere, they cannot in any case."""
    gives: ClassVar[str] = ""

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        """Is this the kind that such a schema gets when the layout names none?"""
        return False

    def clean(self, field: Field, text: str) -> Any:
        """The JSON value of what was typed (already stripped, never empty), or a Problem."""
        return text if typable(text) else CHARACTERS

    def parser(self, field: Field, at: str = "") -> Parse:
        """The field's reader, compiled once. `at` is the name in the page (inside a list: `cards.0.number`)."""
        name, clean = at or field.name, self.clean
        check = self.check(field, name)

        def parse(raw: Raw, problems: list[Problem]) -> Any:
            given = raw.get(name)
            if not given:
                return None
            text = given[0].strip()
            if not text:
                return None
            value = clean(field, text)
            if type(value) is Problem:
                problems.append(Problem(name, value.code, value.params, field.errors.get(value.code, "")))
                return None
            problem = check(value)
            if problem is not None:
                problems.append(problem)
                return None
            return value

        return parse

    def check(self, field: Field, at: str) -> Check:
        """What a stock validator would say of the value, as a problem."""
        return compile_checks(field.schema, at, field.errors, self.gives)

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        """The kept value as the browser would post it: the opposite of the parser."""
        return {} if value is None else {field.name: [_text(value)]}

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        """The value as a person reads it back, a line or more; empty when unanswered."""
        return [] if value is None else [_text(value)]

    def mask(self, field: Field, value: Any) -> list[str]:
        """As `show`, for eyes that need not know: enough to recognise, too little to use."""
        return [hide(text) for text in self.show(field, value, lambda text: text)]


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def hide(text: str, head: int = 1, tail: int = 0) -> str:
    """`text` with all but its first and last characters as stars: hide("13800138000", 3, 4) == "138****8000"."""
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + (text[-tail:] if tail else "")
