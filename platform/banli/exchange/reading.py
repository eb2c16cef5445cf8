"""Reads a JSON document of somebody else: at most so large and so deep, every key once, no number that is none."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from banli.errors import Mistake, Place

LARGEST = 1_000_000
DEEPEST = 60


class _Twice(ValueError):
    pass


def read_json(label: str, raw: bytes) -> tuple[Any, Mistake | None]:
    """The document, or what hides it. A byte order mark, as some editors write it, is passed over."""
    if len(raw) > LARGEST:
        return None, Mistake(Place(label), "too-large", f"The file has {len(raw):,} bytes, over {LARGEST:,}.", "Split it.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, Mistake(
            Place(label, raw[: error.start].count(b"\n") + 1, 1), "not-utf8", "This is not UTF-8.", "Save it as UTF-8."
        )
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        return None, Mistake(Place(label, error.lineno, error.colno), "not-json", f"This is not JSON: {error.msg}.", "Mend it.")
    except _Twice as error:
        return None, Mistake(
            Place(label), "duplicate-key", f"The key '{str(error)[:60]}' is given twice in one object.", "Keep one."
        )
    except RecursionError:
        return None, _too_deep(label)
    except ValueError as error:
        return None, Mistake(Place(label), "not-json", f"This is not JSON: {str(error)[:80]}.", "Mend it.")
    if _deeper(data, DEEPEST):
        return None, _too_deep(label)
    return data, None


def _too_deep(label: str) -> Mistake:
    return Mistake(Place(label), "too-deep", f"This is nested over {DEEPEST} levels deep.", "Make it flatter.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _deeper(data: Any, most: int) -> bool:
    """Without recursion of its own."""
    level = [data]
    for _ in range(most):
        level = [inner for value in level if isinstance(value, dict | list) for inner in _inside(value)]
        if not level:
            return False
    return True


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
