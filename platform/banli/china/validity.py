"""Judges the validity of an ID card: its term by the holder's age, and whether a typed range can be true.

The terms are those of article 5 of the 居民身份证法, by the age at issue: under 16 five years, 16 to 25 ten,
26 to 45 twenty, from 46 on long-term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from banli.china.identity import age_on

Term = Literal[5, 10, 20, "long"]
ValidityProblem = Literal[
    "validity_not_started", "validity_before_birth", "validity_order", "validity_expired", "validity_term"
]
ValidityWarning = Literal["validity_term_age", "validity_long_term_age"]

LONG_TERM_END = date(2099, 12, 31)
"""How 「长期」 is written down as a date (R-077). Other systems write other dates; adapters map them."""

_LONG_TERM_ENDS = frozenset({LONG_TERM_END, date(3000, 12, 31), date(9999, 12, 31)})


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems stop the client; warnings are for the reviewer, because old cards and local habits differ."""

    problems: tuple[ValidityProblem, ...] = ()
    warnings: tuple[ValidityWarning, ...] = ()


def is_long_term(end: date) -> bool:
    """Whether a date stands for 「长期」, here or in a core system."""
    return end in _LONG_TERM_ENDS


def term_for_age(age_at_issue: int) -> Term:
    """The term of a card that is issued at this age in full years."""
    if age_at_issue < 16:
        return 5
    if age_at_issue < 26:
        return 10
    return 20 if age_at_issue < 46 else "long"


def plausible_ends(start: date, years: int) -> frozenset[date]:
    """The ends that a card of so many years may bear: the same day, give or take one (and 29 February)."""
    if start.year + years >= date.max.year:
        return frozenset()
    try:
        same_day = start.replace(year=start.year + years)
    except ValueError:
        same_day = date(start.year + years, 3, 1)
    return frozenset(same_day + timedelta(days=shift) for shift in (-1, 0, 1))


def term_of(start: date, end: date) -> Term | None:
    """The term of a card by its two dates, or None when no card has such a term."""
    if is_long_term(end):
        return "long"
    terms: tuple[Literal[5, 10, 20], ...] = (5, 10, 20)
    return next((years for years in terms if end in plausible_ends(start, years)), None)


def check_validity(start: date, end: date, *, today: date, birth: date | None = None) -> Findings:
    """What is wrong (R-081) or odd with a newly typed range. Not for ranges that a core system has on file.

    Without `birth` nothing is said about ages.
    """
    problems: list[ValidityProblem] = []
    if start > today:
        problems.append("validity_not_started")
    if birth is not None and start < birth:
        problems.append("validity_before_birth")
    if end <= start:
        problems.append("validity_order")
    elif end < today:
        problems.append("validity_expired")
    elif term_of(start, end) is None:
        problems.append("validity_term")
    if problems or birth is None:
        return Findings(tuple(problems))
    return Findings((), _age_warnings(start, end, birth))


def _age_warnings(start: date, end: date, birth: date) -> tuple[ValidityWarning, ...]:
    right = term_for_age(age_on(birth, start))
    stated = term_of(start, end)
    if stated == right:
        return ()
    return ("validity_long_term_age",) if stated == "long" else ("validity_term_age",)
