"""The functions that every condition can call. Pure; conditions.js has their twins for the browser."""

from __future__ import annotations

import re
from datetime import date

from .names import Function, Functions

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(?:(?:010|02[0-9])-?[0-9]{8}|0[3-9][0-9]{2}-?[0-9]{7,8})(?:(?:-|#|转)[0-9]{1,6})?")
_ID_NUMBER = re.compile(r"[0-9]{6}([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]")
_DATE = re.compile(r"([1-9][0-9]{3})-([0-9]{2})-([0-9]{2})")
_ASCII = {0xFF01 + step: 0x21 + step for step in range(94)} | dict.fromkeys(map(ord, " \t\u00a0\u3000"))


def phone_kind(text: str) -> str:
    """`mobile`, `landline`, or "": what a number looks like while it is typed, not whether it exists.

    Shape only, so that the browser can tell the same without a table of segments.
    """
    plain = text.translate(_ASCII)
    digits = plain.replace("-", "").removeprefix("+86")
    if _MOBILE.fullmatch(digits):
        return "mobile"
    return "landline" if _LANDLINE.fullmatch(plain.replace("(", "").replace(")", "-")) else ""


def id_sex(number: str) -> str:
    """`male` or `female` by the 17th digit of an ID number (GB 11643), "" if the number is not right."""
    plain = _read_id(number)
    return ("male" if int(plain[16]) % 2 else "female") if plain else ""


def id_birth_date(number: str) -> str:
    """The date of birth in an ID number, as `1990-01-31`, "" if the number is not right."""
    plain = _read_id(number)
    return f"{plain[6:10]}-{plain[10:12]}-{plain[12:14]}" if plain else ""


def _read_id(number: str) -> str:
    plain = number.translate(_ASCII).upper()
    found = _ID_NUMBER.fullmatch(plain)
    if not found:
        return ""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(plain[:17]))
    if "10X98765432"[total % 11] != plain[17]:
        return ""
    try:
        read_date("-".join(found.groups()))
    except ValueError:
        return ""
    return plain


def read_date(text: str) -> date:
    """A date from `YYYY-MM-DD`, years 1000 to 9999 and nothing else. Raises ValueError."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("not a date")
    return date(*map(int, found.groups()))


def age_on(birth: str, on: str) -> int:
    """Full years of life on a day. The birthday itself counts; that of 29 February falls on 1 March."""
    born, day = read_date(birth), read_date(on)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def years_between(first: str, last: str) -> int:
    """Full years from the first date to the last; negative when the last comes before the first."""
    return age_on(first, last) if first <= last else -age_on(last, first)


def add_years(day: str, years: int) -> str:
    """The same day so many years later; 29 February becomes 28 February where there is none."""
    start = read_date(day)
    year = start.year + years
    if not 1000 <= year <= 9999:
        raise ValueError("out of the calendar")
    try:
        return start.replace(year=year).isoformat()
    except ValueError:
        return start.replace(year=year, day=28).isoformat()


def luhn(number: str) -> bool:
    """Whether the last digit of a number is its check digit (ISO/IEC 7812-1, annex B); spaces and dashes do not count."""
    digits = number.translate(_ASCII).replace("-", "")
    if not 2 <= len(digits) <= 40 or not (digits.isascii() and digits.isdigit()):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(worth - 9 if worth > 9 else worth for worth in doubled) % 10 == 0


FUNCTIONS = Functions(
    {
        "phone_kind": Function(("string",), "string", phone_kind, ("mobile", "landline", ""), in_browser=True),
        "id_sex": Function(("string",), "string", id_sex, ("male", "female", ""), in_browser=True),
        "id_birth_date": Function(("string",), "string", id_birth_date, in_browser=True),
        "age_on": Function(("date", "date"), "int", age_on, in_browser=True),
        "years_between": Function(("date", "date"), "int", years_between, in_browser=True),
        "add_years": Function(("date", "int"), "date", add_years, in_browser=True),
        "luhn": Function(("string",), "bool", luhn, in_browser=True),
    }
)
