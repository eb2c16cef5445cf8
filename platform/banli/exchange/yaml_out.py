"""Writes plain data as the YAML of this language: small maps on one line, texts in quotes only where they need them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

WIDTH = 110
SHORT = 80
DEEPEST = 36
_LONGEST_KEY = 200
_PLAIN = re.compile(
    r"[A-Za-z_$\u3007\u3400-\u9fff][A-Za-z0-9_./()%+\-\u00b7\u3007\u3400-\u9fff\uff08\uff09\u3001\u3002\u300a\u300b ]*\Z"
)
_WORDS = frozenset(("true", "false", "null"))
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}\Z")
_ODD = re.compile(r"[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
_HALF = re.compile(r"[\ud800-\udfff]")
_NAMES = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def written(data: dict[str, Any]) -> str:
    """The whole file. Its values must be `writable`."""
    return "\n".join(_map(data, "")) + "\n"


def writable(value: Any, depth: int = DEEPEST) -> bool:
    """Would it be read back as it is? Long and odd numbers, halves of characters and deep nests would not."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return number_text(value) is not None
    if isinstance(value, str):
        return not _HALF.search(value)
    if depth <= 0:
        return False
    if isinstance(value, dict):
        return all(
            isinstance(k, str) and len(k) <= _LONGEST_KEY and not _HALF.search(k) and writable(v, depth - 1)
            for k, v in value.items()
        )
    return isinstance(value, list) and all(writable(inner, depth - 1) for inner in value)


def number_text(value: float) -> str | None:
    """The digits of a number as this language reads them, or None."""
    if isinstance(value, int):
        text = str(value) if abs(value) < 10**15 else ""
        return text if _INTEGER.match(text) else None
    if not math.isfinite(value):
        return None
    text = format(Decimal(repr(value)), "f")
    text = text if "." in text else f"{text}.0"
    return text if _DECIMAL.match(text) and float(text) == value else None


def _map(data: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _value(f"{indent}{_text(key)}:", value, indent)


def _list(data: list[Any], indent: str) -> Iterator[str]:
    for value in data:
        flow = _flow(value)
        if isinstance(value, dict) and len(value) == 1:
            # An entry of a layout: on one line, or its settings below it, further in than the dash.
            ((key, inner),) = value.items()
            line = f"{indent}- {_text(key)}: {_flow(inner)}"
            yield from [line] if len(line) <= WIDTH else _value(f"{indent}- {_text(key)}:", inner, f"{indent}  ")
        elif not isinstance(value, dict | list) or len(indent) + 2 + len(flow) <= WIDTH:
            yield f"{indent}- {flow}"
        elif isinstance(value, dict):
            lines = list(_map(value, f"{indent}  "))
            yield f"{indent}- {lines[0][len(indent) + 2 :]}"
            yield from lines[1:]
        else:
            yield f"{indent}-"
            yield from _list(value, f"{indent}  ")


def _value(head: str, value: Any, indent: str) -> Iterator[str]:
    line = f"{head} {_flow(value)}"
    if not isinstance(value, dict | list) or not value or (len(line) <= WIDTH and not _spread(head, value, len(line))):
        yield line
    elif isinstance(value, list):
        yield head
        yield from _list(value, f"{indent}  ")
    else:
        yield head
        yield from _map(value, f"{indent}  ")


def _spread(head: str, value: dict[str, Any] | list[Any], length: int) -> bool:
    """Is it read more easily on several lines: properties, longer maps of maps, lists of maps?"""
    if isinstance(value, list):
        return any(isinstance(inner, dict) for inner in value)
    if head.endswith(("properties:", "$defs:")):
        return len(value) > 1 or length > SHORT
    return length > SHORT and any(isinstance(inner, dict) and inner for inner in value.values())


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _text(value) if isinstance(value, str) else number_text(value) or "0"


def _text(text: str) -> str:
    """Plain where nobody could read it otherwise, else in single quotes; in double quotes what cannot be seen."""
    if _ODD.search(text):
        return '"' + "".join(_NAMES.get(sign) or (_code(sign) if _ODD.match(sign) else sign) for sign in text) + '"'
    if _PLAIN.match(text) and text.lower() not in _WORDS and not text.endswith(" "):
        return text
    return "'" + text.replace("'", "''") + "'"


def _code(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}"
