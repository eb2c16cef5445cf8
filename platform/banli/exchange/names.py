"""Names of properties that our language cannot have, and what they are called instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from banli.definitions.checks.layouts import WORDS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}\Z")
_RESERVED = frozenset((
    *WORDS, "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
))  # fmt: skip
"""Words of the layout and of conditions."""


def suits(name: str) -> bool:
    return bool(_NAME.match(name)) and name not in _RESERVED


class Names:
    """One new name for each old one, the same everywhere in a document. Names that suit stay as they are."""

    def __init__(self, used: Iterable[str]) -> None:
        used = list(dict.fromkeys(used))
        self.taken = {name for name in used if suits(name)}
        self.new = {name: name if suits(name) else self._other(name) for name in used}

    def __call__(self, name: str) -> str:
        if name not in self.new:
            self.new[name] = name if suits(name) and name not in self.taken else self._other(name)
            self.taken.add(self.new[name])
        return self.new[name]

    def _other(self, name: str) -> str:
        made = free(cleaned(name), self.taken)
        self.taken.add(made)
        return made


def cleaned(name: str, otherwise: str = "field") -> str:
    """The name with what cannot stand in it left out: `first-name` as `first_name`, `2nd` as `field_2nd`."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40]
    if not plain:
        return otherwise
    plain = plain if plain[0].isalpha() else f"{otherwise}_{plain}"
    return plain if suits(plain) else f"{plain}_"


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or with the first number behind it that is free."""
    name = name.rstrip("_") + "_field" if name.endswith("_") else name
    number, made = 2, name
    while made in taken:
        made, number = f"{name}_{number}", number + 1
    return made


def titled(name: str) -> str:
    """What a question is called that has no title: `firstName` as `First name`; Chinese stays."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    text = " ".join(re.sub(r"[_\-.\s]+", " ", words).split())
    text = re.sub(r"\b[A-Z](?=[a-z])", lambda found: found[0].lower(), text)
    return (text[:1].upper() + text[1:])[:100] or "?"


def property_names(schema: Any) -> Iterator[str]:
    """All names of properties that a document speaks of."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if key == "properties" and isinstance(inner, Mapping):
                    yield from (str(name) for name in inner)
                elif key == "required" and isinstance(inner, list):
                    yield from (name for name in inner if isinstance(name, str))
                elif key in ("dependentRequired", "dependentSchemas", "dependencies") and isinstance(inner, Mapping):
                    yield from (str(name) for name in inner)
                    yield from (n for names in inner.values() if isinstance(names, list) for n in names if isinstance(n, str))
                waiting.append(inner)
