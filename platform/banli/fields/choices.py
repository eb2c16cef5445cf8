"""The built-in kinds for choosing: one or several options, yes or no, consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.definitions.branches import fixed, titled
from banli.definitions.model import Field, Option
from banli.errors import Problem
from banli.fields.base import HIDDEN, FieldKind, Parse, Raw, Say
from banli.fields.checks import compile_checks
from banli.sentences import _

MANY = 9
"""More options than this are shown as a list to open, not as buttons."""

_NARROWING = frozenset(("not", "allOf"))
"""What stands beside the options in a schema and takes some of them away."""


class Choice(FieldKind):
    """One option, or several when the schema is an array. Codes are kept, texts are shown.

    An option marked exclusive (R-098) cannot stand beside others. A retired option is refused as a new answer.
    `within` binds the options to another field's answer (R-094), `offer` to conditions; the form's reader checks both.
    """

    name = "choice"
    template = "choice"
    refers: ClassVar[Mapping[str, str]] = {"within": "field", "empty": "text", "not_offered": "text"}
    types = ("string", "array", "integer", "number")
    options: ClassVar[Mapping[str, Any]] = {
        "look": {"enum": ["radio", "select", "checkboxes", "search"], "description": "How the options are shown."},
        "within": {"type": "string", "description": "The field whose answer is the parent of the options offered here."},
        "empty": {"type": "string", "description": "The words of the line for 'nothing chosen yet'."},
        "offer": {
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1},
            "minProperties": 1,
            "description": "By option the condition (CEL) under which it is offered; the others always are.",
        },
        "not_offered": {
            "type": "string",
            "minLength": 1,
            "description": "The words behind an option that is not offered; without them it is not shown.",
        },
        "points": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "minProperties": 1,
            "description": "What each option is worth, for the form's computed values (points).",
        },
        "count": {"enum": ["sum", "max"], "description": "Of several choices: the sum of their points, or the best one."},
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        inner = schema.get("items", {}) if schema.get("type") == "array" else schema
        if not isinstance(inner, Mapping):
            return False
        return titled(inner) is not None or any(one is not True and one is not False for one in fixed(inner))

    def look(self, field: Field) -> str:
        """radio, select, checkboxes or search."""
        if field.options.get("look"):
            return str(field.options["look"])
        if field.multiple:
            return "checkboxes"
        if field.options.get("offer"):
            return "radio"
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
    """The options that can be chosen anew: not those that are retired, nor those that the question's own schema excludes
    (`$ref: dictionary:country` beside `not: {const: CN}`)."""
    current = tuple(option for option in field.choices if not option.retired)
    schema = field.schema.get("items", {}) if field.multiple else field.schema
    if not _NARROWING & schema.keys():
        return current
    check = compile_checks(schema, "", {})
    values = _values(schema)
    return tuple(option for option in current if check(values.get(option.code, option.code)) is None)


def takeable(field: Field, schema: Mapping[str, Any]) -> dict[str, Any]:
    """By code the value of each option that can be chosen anew and that the schema of a single value accepts."""
    check = compile_checks(schema, "", {})
    values = _values(schema)
    typed = {option.code: values.get(option.code, option.code) for option in offered(field)}
    return {code: value for code, value in typed.items() if check(value) is None}


def _values(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema's own values by their codes (an enum may hold numbers; a page posts text)."""
    values = [value for value, _ in titled(schema) or ()] or fixed(schema)
    return {str(value): value for value in reversed(values)}


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
