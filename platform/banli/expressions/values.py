"""Reads a client's values for a condition, so that the server and the browser see the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from .names import Type

MAX_ITEMS = 1000
DEEPEST = 8
_SAFE = 2**53 - 1


PLAIN: dict[str, type] = {"string": str, "date": str, "int": int, "double": float, "bool": bool}


class Trouble(Exception):
    """Why there is no value: a code, and nothing of what a client has typed."""

    def __init__(self, code: str) -> None:
        self.code = code


Reader = Callable[[object, int], object]


def reader(type: Type) -> Reader:
    """Reads a value as what its name was declared to be; None for what it cannot be."""
    if type.is_list:
        item = reader(type.item)

        def read_list(value: object, deep: int) -> object:
            if not isinstance(value, (list, tuple)):
                return None
            if len(value) > MAX_ITEMS:
                raise Trouble("limit")
            return [item(part, deep) for part in value]

        return read_list
    if type.fields is not None:
        fields = {name: reader(field) for name, field in type.fields.items()}

        def read_group(value: object, deep: int) -> object:
            if not isinstance(value, Mapping):
                return None
            return {name: read(value.get(name), deep) for name, read in fields.items()}

        return read_group
    return {"string": _text, "date": _text, "int": _int, "double": _double, "bool": _bool, "map": _group}.get(
        type.kind, _any
    )


def _text(value: object, deep: int) -> object:
    if not isinstance(value, str) or "\0" in value:  # many systems cut a text at a NUL
        return None
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return None
    return value


def _int(value: object, deep: int) -> object:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -_SAFE <= value <= _SAFE:
        return value
    return None


def _double(value: object, deep: int) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        real = float(value)
    except OverflowError:
        return None
    return real if isfinite(real) else None


def _bool(value: object, deep: int) -> object:
    return value if isinstance(value, bool) else None


def _group(value: object, deep: int) -> object:
    return _any(value, deep) if isinstance(value, Mapping) else None


def _any(value: object, deep: int) -> object:
    """Any JSON value. A number without a fraction is a whole number, as JavaScript cannot tell 1 from 1.0."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, deep)
    if isinstance(value, (int, float)):
        whole = _int(value, deep)
        return _double(value, deep) if whole is None else whole
    if deep == 0:
        return None
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_ITEMS:
            raise Trouble("limit")
        return [_any(part, deep - 1) for part in value]
    if isinstance(value, Mapping):
        if len(value) > MAX_ITEMS:
            raise Trouble("limit")
        return {
            name: _any(part, deep - 1)
            for name, part in value.items()
            if isinstance(name, str) and _text(name, deep) is not None
        }
    return None
