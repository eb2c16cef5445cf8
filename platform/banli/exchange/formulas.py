"""Small formulas of CEL: put together with and, or, not, simplified on the way, written with as few brackets as can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

Formula = Union[bool, "Atom", "Both", "Either"]


@dataclass(frozen=True, slots=True)
class Atom:
    """One comparison. `opposite` is its text turned round. `known`: it is true or false also for what is unanswered, and
    `strict`: then it is false."""

    text: str
    opposite: str = ""
    strict: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Atom | Both | Either, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Atom | Both | Either, ...]


def both(*parts: Formula) -> Formula:
    flat: list[Atom | Both | Either] = []
    for part in parts:
        if part is False:
            return False
        if not isinstance(part, bool):
            flat += [one for one in (part.parts if isinstance(part, Both) else (part,)) if one not in flat]
    return True if not flat else flat[0] if len(flat) == 1 else Both(tuple(flat))


def either(*parts: Formula) -> Formula:
    flat: list[Atom | Both | Either] = []
    for part in parts:
        if part is True:
            return True
        if not isinstance(part, bool):
            flat += [one for one in (part.parts if isinstance(part, Either) else (part,)) if one not in flat]
    return False if not flat else flat[0] if len(flat) == 1 else Either(tuple(flat))


def negate(formula: Formula) -> Formula:
    if isinstance(formula, bool):
        return not formula
    if isinstance(formula, Both):
        return either(*map(negate, formula.parts))
    if isinstance(formula, Either):
        return both(*map(negate, formula.parts))
    return Atom(formula.opposite or f"!({formula.text})", formula.text, known=formula.known)


def strict(formula: Formula) -> bool:
    """Is it false by itself when the value is not answered?"""
    if isinstance(formula, bool):
        return not formula
    if isinstance(formula, Atom):
        return formula.strict
    return (any if isinstance(formula, Both) else all)(map(strict, formula.parts))


def known(formula: Formula) -> bool:
    """Is it true or false, whatever is unanswered?"""
    if isinstance(formula, bool):
        return True
    return formula.known if isinstance(formula, Atom) else all(map(known, formula.parts))


def text(formula: Formula) -> str:
    if isinstance(formula, bool):
        return "true" if formula else "false"
    if isinstance(formula, Atom):
        return formula.text
    if isinstance(formula, Either):
        return " || ".join(map(text, formula.parts))
    return " && ".join(f"({text(part)})" if isinstance(part, Either) else text(part) for part in formula.parts)


def renamed(formula: Formula, prefix: str) -> Formula:
    """The same, said inside of the object that `prefix` (`address.`) names."""
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Atom):
        return Atom(_bare(formula.text, prefix), _bare(formula.opposite, prefix), formula.strict, formula.known)
    return type(formula)(tuple(renamed(part, prefix) for part in formula.parts))  # type: ignore[misc]


def _bare(written: str, prefix: str) -> str:
    """Names stand outside of the texts in double quotes."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', written)
    return "".join(part if place % 2 else re.sub(rf"(?<![\w.]){re.escape(prefix)}", "", part) for place, part in enumerate(parts))
