"""Design tokens: what a theme lets a company change, and how they become CSS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from banli.definitions.kinds import ThemeShape

KINDS = {
    "color": re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "length": re.compile(r"0|[0-9]+(?:\.[0-9]+)?(?:px|rem|em|%)"),
    "text": re.compile(r"[^;{}<>\\\n]*"),
}
"""What a token can be, and what its value may look like in a stylesheet."""


@dataclass(frozen=True, slots=True)
class Token:
    """`dark` is "" where the value is the same by night."""

    kind: str
    light: str
    dark: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    name: str
    title: str
    tokens: Mapping[str, Token]
    grounds: Mapping[str, tuple[str, ...]]
    """By token the tokens that are read on it."""

    def shape(self) -> ThemeShape:
        """What the checker of definitions needs to know of the theme."""
        return ThemeShape(
            self.name,
            {name: token.kind for name, token in self.tokens.items()},
            {name: token.light for name, token in self.tokens.items()},
            {name: token.dark or token.light for name, token in self.tokens.items()},
            tuple((seen, ground) for ground, words in self.grounds.items() for seen in words),
        )


class BrokenTheme(Exception):
    """A theme.yaml that cannot be used; says where and why."""


def read_themes(folder: Path) -> dict[str, Theme]:
    """The themes of a site: every folder with a `theme.yaml`."""
    return {path.parent.name: read_theme(path) for path in sorted(folder.glob("*/theme.yaml"))}


def read_theme(path: Path) -> Theme:
    """One theme.yaml. Raises BrokenTheme, or what reading YAML raises."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    tokens = {}
    for name, told in (data.get("tokens") or {}).items():
        token = Token(str(told.get("kind", "")), str(told.get("light", "")), str(told.get("dark", "")))
        form = KINDS.get(token.kind)
        if form is None:
            raise BrokenTheme(f"{path}: The token '{name}' has no kind. Kinds are {', '.join(KINDS)}.")
        if not form.fullmatch(token.light) or (token.dark and not form.fullmatch(token.dark)):
            raise BrokenTheme(f"{path}: The token '{name}' is no {token.kind}.")
        tokens[str(name)] = token
    grounds = {str(ground): tuple(str(word) for word in words) for ground, words in (data.get("grounds") or {}).items()}
    for name in {*grounds, *(word for words in grounds.values() for word in words)}:
        if name not in tokens or tokens[name].kind != "color":
            raise BrokenTheme(f"{path}: 'grounds' names '{name}', which is no token of a colour.")
    return Theme(path.parent.name, str(data.get("title", path.parent.name)), tokens, grounds)


def as_css(theme: Theme, chosen: Mapping[str, Any]) -> str:
    """The tokens as custom properties. `chosen` is a company's `theme`: `tokens` for the day, `dark` for the night."""
    day = {name: _fit(token, (chosen.get("tokens") or {}).get(name), token.light) for name, token in theme.tokens.items()}
    night = {
        name: _fit(token, (chosen.get("dark") or {}).get(name), token.dark)
        for name, token in theme.tokens.items()
        if token.dark or name in (chosen.get("dark") or {})
    }
    return f":root{{color-scheme:light dark;{_lines(day)}}}@media (prefers-color-scheme:dark){{:root{{{_lines(night)}}}}}"


def _fit(token: Token, wanted: object, default: str) -> str:
    """The wanted value if it is one of the token's kind. A stylesheet takes nothing else in."""
    value = "" if wanted is None else str(wanted)
    return value if value and KINDS[token.kind].fullmatch(value) else default


def _lines(values: Mapping[str, str]) -> str:
    return ";".join(f"--{name.replace('_', '-')}:{value}" for name, value in values.items())
