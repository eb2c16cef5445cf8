"""The built-in kinds for choosing: one or several options, yes or no, consent, rows of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from banli.definitions.model import Field, Option
from banli.errors import Problem
from banli.fields.base import HIDDEN, FieldKind, Parse, Raw, Say, _
from banli.fields.checks import compile_checks

MANY = 9
"""More options than this are shown as a list to open, not as buttons."""

MOST_ROWS = 100
"""A list of rows never gets longer, whatever its schema says."""

_ROW = re.compile(r"0|[1-9][0-9]{0,3}")


class Choice(FieldKind):
    """One option, or several when the schema is an array. Codes are kept, texts are shown.

    An option marked exclusive (R-098) cannot stand beside others. A retired option is refused as a new answer.
    `within` binds the options to another field's answer (R-094); that is checked by the form's reader.
    """

    name = "choice"
    template = "choice"
    refers: ClassVar[Mapping[str, str]] = {"within": "field", "empty": "text"}
    types = ("string", "array", "integer", "number")
    options: ClassVar[Mapping[str, Any]] = {
        "look": {"enum": ["radio", "select", "checkboxes", "search"], "description": "How the options are shown."},
        "within": {"type": "string", "description": "The field whose answer is the parent of the options offered here."},
        "empty": {"type": "string", "description": "The words of the line for 'nothing chosen yet'."},
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        inner = schema.get("items", {}) if schema.get("type") == "array" else schema
        return "enum" in inner or "oneOf" in inner

    def look(self, field: Field) -> str:
        """radio, select, checkboxes or search."""
        if field.options.get("look"):
            return str(field.options["look"])
        if field.multiple:
            return "checkboxes"
        return "radio" if len(offered(field)) <= MANY and not field.options.get("within") else "select"

    def parser(self, field: Field, at: str = "") -> Parse:
        return self._several(field, at or field.name) if field.multiple else self._one(field, at or field.name)

    def _one(self, field: Field, name: str) -> Parse:
        by_code = takeable(field, field.schema)
        wrong = Problem(name, "choice", {}, field.errors.get("choice", ""))

        def parse(raw: Raw, problems: list[Problem]) -> Any:
            given = raw.get(name)
            if not given or not given[0]:
                return None
            value = by_code.get(given[0])
            if value is None:
                problems.append(wrong)
            return value

        return parse

    def _several(self, field: Field, name: str) -> Parse:
        inner = field.schema.get("items", {})
        options = takeable(field, inner).items()
        alone = frozenset(o.code for o in field.choices if o.exclusive)
        wrong = Problem(name, "choice", {}, field.errors.get("choice", ""))
        crowded = Problem(name, "exclusive", {}, field.errors.get("exclusive", ""))
        rest = {k: v for k, v in field.schema.items() if k not in ("items", "uniqueItems")}
        check = compile_checks(rest, name, field.errors, "array")

        def parse(raw: Raw, problems: list[Problem]) -> Any:
            given = {code for code in raw.get(name, ()) if code}
            if not given:
                return None
            value = [typed for code, typed in options if code in given]
            if len(value) < len(given):
                problems.append(wrong)
                return None
            if len(given) > 1 and given & alone:
                problems.append(crowded)
                return None
            problem = check(value)
            if problem is not None:
                problems.append(problem)
                return None
            return value

        return parse

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        if value is None:
            return {}
        return {field.name: [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]}

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        if value is None:
            return []
        texts = {o.code: o.text for o in field.choices}
        given = value if isinstance(value, (list, tuple)) else [value]
        return [say(texts[str(v)]) if str(v) in texts else str(v) for v in given]

    def mask(self, field: Field, value: Any) -> list[str]:
        return [HIDDEN] if value is not None else []


def offered(field: Field) -> tuple[Option, ...]:
    """The options that can be chosen anew."""
    return tuple(option for option in field.choices if not option.retired)


def takeable(field: Field, schema: Mapping[str, Any]) -> dict[str, Any]:
    """By code the value of each option that can be chosen anew and that the schema of a single value accepts."""
    check = compile_checks(schema, "", {})
    typed = {option.code: _typed(option.code, schema) for option in offered(field)}
    return {code: value for code, value in typed.items() if check(value) is None}


def _typed(code: str, schema: Mapping[str, Any]) -> Any:
    """The enum's own value for a code (an enum may hold numbers; a page posts text)."""
    return next((value for value in schema.get("enum", ()) if str(value) == code), code)


class YesNo(FieldKind):
    """Yes or no, where no is an answer as well."""

    name = "yes_no"
    template = "yes_no"
    refers: ClassVar[Mapping[str, str]] = {"yes": "text", "no": "text"}
    types = ("boolean",)
    options: ClassVar[Mapping[str, Any]] = {
        "yes": {"type": "string", "description": "The word for true."},
        "no": {"type": "string", "description": "The word for false."},
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("type") == "boolean" and "const" not in schema

    def clean(self, field: Field, text: str) -> Any:
        return text == "true" if text in ("true", "false") else Problem("", "choice")

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        if value is None:
            return []
        word = field.options.get("yes") or _("Yes") if value else field.options.get("no") or _("No")
        return [say(str(word))]

    def mask(self, field: Field, value: Any) -> list[str]:
        return [HIDDEN] if value is not None else []


class Consent(FieldKind):
    """A tick under a text that opens. Never ticked beforehand; number and digest of the text are recorded (R-023, R-067)."""

    name = "consent"
    template = "consent"
    refers: ClassVar[Mapping[str, str]] = {"agreement": "agreement"}
    types = ("boolean",)
    in_rows = False
    options: ClassVar[Mapping[str, Any]] = {
        "agreement": {"type": "string", "description": "The agreement that is consented to."}
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("const") is True

    def clean(self, field: Field, text: str) -> Any:
        return True if text == "true" else Problem("", "const")

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        return {}

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        return [say(_("Agreed"))] if value is True else []

    def mask(self, field: Field, value: Any) -> list[str]:
        return [HIDDEN] if value is True else []


class GroupList(FieldKind):
    """Rows of the same questions (bank cards). A row's fields are posted as `cards.0.number`; gaps close up."""

    name = "group_list"
    template = "group_list"
    script = "rows"
    refers: ClassVar[Mapping[str, str]] = {"entries": "entries", "add": "text", "remove": "text"}
    types = ("array",)
    in_rows = False
    options: ClassVar[Mapping[str, Any]] = {
        "entries": {"type": "array", "description": "The questions of one row, as in a layout."},
        "add": {"type": "string", "description": "The words on the button that adds a row."},
        "remove": {"type": "string", "description": "The words on the button that removes a row."},
    }

    def __init__(self, kind_of: Callable[[str], FieldKind]) -> None:
        self.kind_of = kind_of

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        items = schema.get("items")
        return schema.get("type") == "array" and isinstance(items, Mapping) and items.get("type") == "object"

    def rows(self, field: Field, raw: Raw) -> list[int]:
        """The row numbers that were posted, in order."""
        return sorted(_rows(field, raw))

    def parser(self, field: Field, at: str = "") -> Parse:
        check = compile_checks({k: v for k, v in field.schema.items() if k != "items"}, field.name, field.errors)
        row_check = compile_checks(field.schema.get("items", {}), field.name, field.errors)
        crowded = Problem(field.name, "too_many", {"most": MOST_ROWS}, field.errors.get("too_many", ""))
        asked = [(item, self.kind_of(item.kind).parser(item)) for item in field.items]

        def read_row(posted: Raw, wrong: list[Problem]) -> dict[str, Any]:
            row: dict[str, Any] = {}
            for item, read in asked:
                before = len(wrong)
                value = read(posted, wrong)
                if value is not None:
                    row[item.name] = value
                elif item.required and len(wrong) == before:
                    wrong.append(Problem(item.name, "required", {}, item.errors.get("required", "")))
            return row

        def parse(raw: Raw, problems: list[Problem]) -> Any:
            posted, before = _rows(field, raw), len(problems)
            if len(posted) > MOST_ROWS:
                problems.append(crowded)
                return None
            rows = []
            for number in sorted(posted):
                wrong: list[Problem] = []
                rows.append(read_row(posted[number], wrong))
                problems += [replace(p, at=f"{field.name}.{number}.{p.at}") for p in wrong]
            if len(problems) > before or not rows:
                return None
            for problem in (check(rows), *(row_check(row) for row in rows)):
                if problem is not None:
                    problems.append(problem)
                    return None
            return rows

        return parse

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        raw: dict[str, list[str]] = {}
        for number, row in enumerate(value or ()):
            for item in field.items:
                for name, texts in self.kind_of(item.kind).write(item, row.get(item.name)).items():
                    raw[f"{field.name}.{number}.{name}"] = texts
        return raw

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        lines = []
        for row in value or ():
            shown = (self.kind_of(item.kind).show(item, row.get(item.name), say) for item in field.items)
            lines.append(" / ".join(", ".join(texts) for texts in shown if texts))
        return lines

    def mask(self, field: Field, value: Any) -> list[str]:
        return [f"({len(value)})"] if value else []


def _rows(field: Field, raw: Raw) -> dict[int, dict[str, Sequence[str]]]:
    """By number what was posted in each row: `cards.7.bank` as `bank` in row 7."""
    found: dict[int, dict[str, Sequence[str]]] = {}
    for posted, texts in raw.items():
        name, _, rest = posted.partition(".")
        number, _, inner = rest.partition(".")
        if name == field.name and inner and _ROW.fullmatch(number):
            found.setdefault(int(number), {})[inner] = texts
    return found
