"""The built-in kinds for words, numbers and dates."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from banli import china
from banli.china.typed import plain, without_spaces
from banli.definitions.model import Field
from banli.errors import Problem
from banli.fields.base import CHARACTERS, HIDDEN, UNTYPABLE, FieldKind, Parse, Raw, Say, hide, typable
from banli.fields.checks import Check, compile_checks


class Text(FieldKind):
    """One line of text. Control and direction characters, which nobody types on purpose, are refused."""

    name = "text"
    gives = "string"
    options: ClassVar[Mapping[str, Any]] = {
        "inputmode": {
            "enum": ["text", "numeric", "decimal", "tel", "email", "url"],
            "description": "Which keyboard a phone shows.",
        }
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("type") == "string"

    def clean(self, field: Field, text: str) -> Any:
        if text.isprintable() or not (UNTYPABLE.search(text) or "\n" in text or "\r" in text):
            return text
        return CHARACTERS


class Multiline(Text):
    """Several lines of text; line ends are kept as one character."""

    name = "multiline"
    template = "multiline"
    options: ClassVar[Mapping[str, Any]] = {
        "rows": {"type": "integer", "minimum": 2, "maximum": 30, "description": "Lines shown at first."}
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return False

    def clean(self, field: Field, text: str) -> Any:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if typable(text) else CHARACTERS

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        return [] if value is None else str(value).split("\n")


class Number(FieldKind):
    """A whole or decimal number; full-width digits and thousands commas are understood."""

    name = "number"
    template = "number"
    gives = "number"
    refers: ClassVar[Mapping[str, str]] = {"unit": "text"}
    types = ("number", "integer")
    options: ClassVar[Mapping[str, Any]] = {"unit": {"type": "string", "description": "Shown behind the number."}}
    _plain = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?")

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("type") in ("number", "integer")

    def clean(self, field: Field, text: str) -> Any:
        text = plain(text).replace(",", "")
        if not self._plain.fullmatch(text):
            return Problem("", "number")
        if "." not in text:
            return int(text)
        value = float(text)
        return value if math.isfinite(value) else Problem("", "number")

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        # Never 1e-07: a page shows digits, and the parser reads digits.
        return {} if value is None else {field.name: [format(Decimal(str(value)), "f")]}

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        unit = say(str(field.options.get("unit", "")))
        return [f"{text} {unit}".rstrip() for texts in self.write(field, value).values() for text in texts]

    def mask(self, field: Field, value: Any) -> list[str]:
        return [hide(text) for texts in self.write(field, value).values() for text in texts]


_TIDY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What a browser's own date field posts."""


class Date(FieldKind):
    """A day, kept as 2026-01-31."""

    name = "date"
    template = "date"
    gives = "string"
    _loose = re.compile(r"([0-9]{4})(?:([-/.\u5e74])([0-9]{1,2})[-/.\u6708]([0-9]{1,2})|([0-9]{2})([0-9]{2}))\u65e5?")

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("format") == "date"

    def clean(self, field: Field, text: str) -> Any:
        return tidy_date(text)

    def mask(self, field: Field, value: Any) -> list[str]:
        return [HIDDEN] if value else []


def tidy_date(text: str) -> str:
    """2026/1/5, 2026.1.5, 20260105 and full-width digits as 2026-01-05; anything else as it is."""
    if _TIDY.fullmatch(text):
        return text
    text = without_spaces(plain(text))
    found = Date._loose.fullmatch(text)
    if found is None:
        return text
    return f"{found[1]}-{int(found[3] or found[5]):02}-{int(found[4] or found[6]):02}"


class DateRange(FieldKind):
    """From a day to a day, or without an end: ticking 「long term」 sets the end that the layout names (R-077 to R-079)."""

    name = "date_range"
    template = "date_range"
    script = "range"
    refers: ClassVar[Mapping[str, str]] = {"long_term_text": "text"}
    types = ("object",)
    options: ClassVar[Mapping[str, Any]] = {
        "long_term": {
            "type": "string",
            "format": "date",
            "description": "The end that stands for 'no expiry', and offers the tick for it.",
        },
        "long_term_text": {"type": "string", "description": "The words beside the tick."},
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("type") == "object" and {"from", "to"} <= set(schema.get("properties", ()))

    def parser(self, field: Field, at: str = "") -> Parse:
        name = at or field.name
        far = field.options.get("long_term", "")
        day = compile_checks({"type": "string", "format": "date"}, "", {})
        required = set(field.schema.get("required", ()))
        whole = compile_checks(field.schema, name, field.errors)

        def end(raw: Raw, part: str, problems: list[Problem]) -> str | None:
            text = (raw.get(f"{name}.{part}") or ("",))[0].strip()
            value = tidy_date(text) if text else ""
            if value and day(value) is not None:
                problems.append(Problem(f"{name}.{part}", "date", {}, field.errors.get("date", "")))
                return None
            return value

        def parse(raw: Raw, problems: list[Problem]) -> Any:
            before = len(problems)
            first, last = end(raw, "from", problems), end(raw, "to", problems)
            if far and (raw.get(f"{name}.long_term") or ("",))[0]:
                last, problems[before:] = far, [p for p in problems[before:] if p.at != f"{name}.to"]
            if len(problems) > before:
                return None
            if not first and not last:
                return None
            for part, value in (("from", first), ("to", last)):
                if not value and part in required:
                    problems.append(Problem(f"{name}.{part}", "required", {}, field.errors.get("required", "")))
            if first and last and first > last:
                problems.append(Problem(f"{name}.to", "order", {}, field.errors.get("order", "")))
            if len(problems) > before:
                return None
            given: dict[str, Any] = {k: v for k, v in (("from", first), ("to", last)) if v}
            if far:
                given["long_term"] = last == far
            problem = whole(given)
            if problem is not None:
                problems.append(problem)
                return None
            return given

        return parse

    def write(self, field: Field, value: Any) -> dict[str, list[str]]:
        if not isinstance(value, Mapping):
            return {}
        far = field.options.get("long_term", "")
        parts = {f"{field.name}.{part}": [str(value[part])] for part in ("from", "to") if value.get(part)}
        if value.get("long_term") or (far and value.get("to") == far):
            parts[f"{field.name}.long_term"] = ["true"]
        return parts

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        if not isinstance(value, Mapping):
            return []
        far = field.options.get("long_term", "")
        never = value.get("long_term") or (far and value.get("to") == far)
        words = field.options.get("long_term_text")
        last = say(words) if never and words else value.get("to", "")
        return [f"{value.get('from', '')} - {last}"]

    def mask(self, field: Field, value: Any) -> list[str]:
        return [hide(text, 4) for text in self.show(field, value, lambda text: text)]


_LINES = {"cn-phone": ("mobile", "landline"), "cn-mobile": ("mobile",), "cn-landline": ("landline",)}


class Phone(FieldKind):
    """A Chinese mobile or landline, kept as digits or area-number-extension (R-084)."""

    name = "phone"
    template = "phone"
    gives = "string"

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("format") in _LINES

    def clean(self, field: Field, text: str) -> Any:
        found = china.read_phone(text)
        if isinstance(found, str):
            return Problem("", found)
        if found.kind not in _LINES.get(field.schema.get("format", ""), _LINES["cn-phone"]):
            return Problem("", "format")
        return found.text

    def check(self, field: Field, at: str) -> Check:
        # What was just read as a number need not be read again.
        rest = {k: v for k, v in field.schema.items() if k != "format" or v not in _LINES}
        return compile_checks(rest, at, field.errors, self.gives)

    def mask(self, field: Field, value: Any) -> list[str]:
        found = china.read_phone(str(value)) if value else None
        return [found.masked()] if isinstance(found, china.Phone) else [china.mask_phone(str(value))] if value else []


class IdNumberField(FieldKind):
    """A resident identity card number (GB 11643-1999), kept with ASCII digits and a capital X."""

    name = "id_number"
    template = "id_number"
    gives = "string"

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("format") == "cn-id-number"

    def clean(self, field: Field, text: str) -> Any:
        found = china.parse_id_number(text)
        return Problem("", found) if isinstance(found, str) else found.text

    def mask(self, field: Field, value: Any) -> list[str]:
        return [china.mask_id_number(str(value))] if value else []


class BankCard(FieldKind):
    """The number on a bank card, typed with or without spaces, kept as digits and shown in groups of four.

    Its check digit (Luhn) is not looked at: cards without one are about. A form can warn: `!luhn(number)`.
    """

    name = "bank_card"
    template = "bank_card"
    gives = "string"

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("format") == "cn-bank-card"

    def clean(self, field: Field, text: str) -> Any:
        return without_spaces(plain(text)).replace("-", "")

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        text = str(value or "")
        return [" ".join(text[place : place + 4] for place in range(0, len(text), 4))] if text else []

    def mask(self, field: Field, value: Any) -> list[str]:
        return [hide(str(value), 4, 4)] if value else []


class Email(Text):
    """An e-mail address: its syntax only, no look-up."""

    name = "email"
    template = "email"
    options: ClassVar[Mapping[str, Any]] = {}

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("format") in ("email", "idn-email")

    def clean(self, field: Field, text: str) -> Any:
        return super().clean(field, plain(text))

    def mask(self, field: Field, value: Any) -> list[str]:
        if not value:
            return []
        user, _, host = str(value).partition("@")
        return [f"{hide(user)}@{host}"]


class PostalCode(FieldKind):
    """Six digits."""

    name = "postal_code"
    template = "postal_code"
    gives = "string"

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("format") == "cn-postal-code"

    def clean(self, field: Field, text: str) -> Any:
        return without_spaces(plain(text))
