"""The built-in kinds that hold other questions: an object, and the rows of a list."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from banli.definitions.branches import is_object
from banli.definitions.model import Field
from banli.errors import Problem
from banli.fields.base import FieldKind, Parse, Raw, Say
from banli.fields.nested import ROW, Parts, Rows, rows_in
from banli.fields.questions import KindOf, Odd, Sight
from banli.sentences import _

COLON, COMMA = _(": "), _(", ")
"""Between a title and what was answered, and between several answers: each language has its own."""
_ENTRIES = {"type": "array", "description": "The questions inside of it, as in a layout."}


class _Holder(FieldKind, ABC):
    """What holds other questions. The reader of a form reads them where there are conditions; the parser here knows none."""

    in_rows = False

    def __init__(self, kind_of: KindOf) -> None:
        self.kind_of = kind_of

    @abstractmethod
    def reader(self, field: Field) -> Odd:
        """Reads what was posted for the questions inside."""

    def parser(self, field: Field, at: str = "") -> Parse:
        made: list[Odd] = []

        def parse(raw: Raw, problems: list[Problem]) -> Any:
            if not made:
                made.append(self.reader(_without_conditions(field)))
            return made[0](raw, {}, problems, Sight({}), "")

        return parse

    def shown(self, field: Field, value: Mapping[str, Any], say: Say) -> Iterator[tuple[Field, list[str]]]:
        """The answered questions inside, each with its lines."""
        for item in field.items:
            lines = self.kind_of(item.kind).show(item, value.get(item.name), say)
            if lines:
                yield item, lines

    def covered(self, field: Field, value: Mapping[str, Any]) -> Iterator[tuple[Field, list[str]]]:
        """As `shown`, with what is personal masked: the questions inside that say so, or else all of them."""
        whole = field.schema.get("pii") is True or not any(item.pii for item in field.items)
        for item in field.items:
            kind = self.kind_of(item.kind)
            given = value.get(item.name)
            lines = kind.mask(item, given) if whole or item.pii else kind.show(item, given, lambda text: text)
            if lines:
                yield item, lines

    def written(self, field: Field, value: Mapping[str, Any], prefix: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for item in field.items:
            for name, texts in self.kind_of(item.kind).write(item, value.get(item.name)).items():
                found[f"{prefix}.{name}"] = texts
        return found


class Object(_Holder):
    """An object's questions under one heading. They are posted as `address.city`."""

    name = "object"
    template = "object"
    in_rows = True
    refers: ClassVar[Mapping[str, str]] = {"entries": "entries"}
    types = ("object",)
    options: ClassVar[Mapping[str, Any]] = {"entries": _ENTRIES}

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return is_object(schema)

    def reader(self, field: Field) -> Odd:
        return Parts(field, self.kind_of, _no_conditions, field.name)

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        return self.written(field, value if isinstance(value, Mapping) else {}, field.name)

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        if not isinstance(value, Mapping):
            return []
        return [say(item.title) + say(COLON) + say(COMMA).join(lines) for item, lines in self.shown(field, value, say)]

    def mask(self, field: Field, value: Any) -> list[str]:
        if not isinstance(value, Mapping):
            return []
        return [f"{item.title}: {', '.join(lines)}" for item, lines in self.covered(field, value)]


class GroupList(_Holder):
    """Rows of the same questions (bank cards). A row's fields are posted as `cards.0.number`; gaps close up."""

    name = "group_list"
    template = "group_list"
    script = "rows"
    refers: ClassVar[Mapping[str, str]] = {"entries": "entries", "add": "text", "remove": "text"}
    types = ("array",)
    options: ClassVar[Mapping[str, Any]] = {
        "entries": {**_ENTRIES, "description": "The questions of one row, as in a layout."},
        "key": {
            "type": "string",
            "description": "The property that tells the rows on file apart. It needs a prefill.",
        },
        "unique": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "Properties whose answer may stand in one row only.",
        },
        "add": {
            "anyOf": [{"type": "string"}, {"const": False}],
            "description": "The words on the button that adds a row; false: rows cannot be added.",
        },
        "remove": {
            "anyOf": [{"type": "string"}, {"const": False}],
            "description": "The words on the button that removes a row; false: rows on file cannot be removed.",
        },
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("type") == "array" and is_object(schema.get("items"))

    def rows(self, field: Field, raw: Raw) -> list[int]:
        """The row numbers that were posted, in order."""
        return sorted(rows_in(field.name, raw))

    def reader(self, field: Field) -> Odd:
        return Rows(field, self.kind_of, _no_conditions, field.name)

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        if not value:
            # A list that is required begins with the rows that it needs.
            least = max(1, field.schema.get("minItems", 0)) if field.required and value is None else 0
            return {f"{field.name}.{number}.{ROW}": [""] for number in range(min(least, 20))}
        raw: dict[str, list[str]] = {}
        key = str(field.options.get("key", ""))
        for number, row in enumerate(value):
            if key and row.get(key) not in (None, ""):
                raw[f"{field.name}.{number}.{key}"] = [str(row[key])]
            found = self.written(field, row, f"{field.name}.{number}")
            raw |= found or {f"{field.name}.{number}.{ROW}": [""]}
        return raw

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        return [" / ".join(", ".join(lines) for _, lines in self.shown(field, row, say)) for row in value or ()]

    def mask(self, field: Field, value: Any) -> list[str]:
        rows = value or ()
        return [" / ".join(", ".join(ls) for _, ls in self.covered(field, row)) for row in rows]


def _without_conditions(field: Field) -> Field:
    return replace(field, items=tuple(replace(_without_conditions(item), when="") for item in field.items))


def _no_conditions(text: str, at: str = "") -> Any:
    raise LookupError(text)
