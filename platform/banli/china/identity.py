"""Reads the citizen identification number of GB 11643-1999 as people type it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from banli.china.places import ID_PROVINCES, RESIDENCE_PERMIT_PROVINCES
from banli.china.typed import plain, without_spaces

Sex = Literal["male", "female"]
IdProblem = Literal[
    "id_length",
    "id_fifteen_digits",
    "id_characters",
    "id_province",
    "id_residence_permit",
    "id_birth_date",
    "id_future",
    "id_too_old",
    "id_checksum",
]

OLDEST_AGE = 120
"""Whoever would be older than this in years has mistyped the year of birth."""

_LONGEST_INPUT = 60
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber:
    """A number whose form is right. That the person exists is for the citizen identity service to say.

    `province` is the six-digit code of the province of first registration, which need not be the birthplace.
    """

    text: str
    birth: date
    sex: Sex
    province: str

    def masked(self) -> str:
        """`4101**********0033`"""
        return mask_id_number(self.text)

    def __repr__(self) -> str:
        return f"IdNumber({self.masked()})"


def read_id_number(text: str, today: date) -> IdNumber | IdProblem:
    """The number that somebody typed, or the first thing that is wrong with it."""
    number = parse_id_number(text)
    if isinstance(number, str):
        return number
    if number.birth > today:
        return "id_future"
    if age_on(number.birth, today) > OLDEST_AGE:
        return "id_too_old"
    return number


def parse_id_number(text: str) -> IdNumber | IdProblem:
    """The same without a clock: for accepted numbers, and for conditions on sex or birth date."""
    number = _normal(text)
    if len(number) != 18:
        return "id_fifteen_digits" if re.fullmatch(r"[0-9]{15}", number) else "id_length"
    if not _SHAPE.fullmatch(number):
        return "id_characters"
    province = f"{number[:2]}0000"
    if province not in ID_PROVINCES:
        return "id_residence_permit" if province in RESIDENCE_PERMIT_PROVINCES else "id_province"
    birth = _date(number[6:14])
    if birth is None:
        return "id_birth_date"
    if id_checksum(number[:17]) != number[17]:
        return "id_checksum"
    return IdNumber(number, birth, "male" if int(number[16]) % 2 else "female", province)


def id_checksum(seventeen: str) -> str:
    """The eighteenth character by ISO 7064 MOD 11-2."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, seventeen, strict=True)) % 11]


def age_on(birth: date, on: date, *, birthday_counts: bool = True) -> int:
    """Full years (周岁) on a day.

    In civil practice a year of age is reached on the birthday itself, in criminal practice on the day after
    (`birthday_counts=False`). Who was born on 29 February reaches it on 1 March in other years.
    """
    reached = (on.month, on.day) >= (birth.month, birth.day)
    if not birthday_counts:
        reached = (on.month, on.day) > (birth.month, birth.day)
    return on.year - birth.year - (0 if reached else 1)


def mask_id_number(text: str) -> str:
    """Masks whatever stands where an ID number should, right or wrong; of a short text nothing is shown."""
    if len(text) < 15:
        return "*" * len(text)
    return text[:4] + "*" * (len(text) - 8) + text[-4:]


def _normal(text: str) -> str:
    if len(text) > _LONGEST_INPUT:
        return ""
    return without_spaces(plain(text)).upper()


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
