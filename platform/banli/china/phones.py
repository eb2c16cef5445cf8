"""Reads a contact number as people type it: a mobile, or a landline with area code and maybe extension."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

from banli.china.typed import plain, without_spaces

PhoneKind = Literal["mobile", "landline"]
PhoneProblem = Literal[
    "phone_length",
    "phone_characters",
    "phone_segment",
    "phone_landline",
    "phone_area_missing",
    "phone_service_line",
    "phone_short_code",
    "phone_foreign",
    "phone_extension",
    "phone_mobile_extension",
]

# As libphonenumber 9.0.43 knows them. Segments grow: callers may hand in their own, or None for 13x to 19x.
_SEGMENTS = """
130 131 132 133 134 135 136 137 138 139 145 147 150 151 152 153 155 156 157 158 159 162 165 166 167
170 171 172 173 175 176 177 178 180 181 182 183 184 185 186 187 188 189 190 191 192 193 195 196 197 198 199
"""
MOBILE_SEGMENTS: frozenset[str] = frozenset(_SEGMENTS.split())

_LONGEST_INPUT = 40
_SEPARATORS = re.compile(r"[\s().\-/]+")
_MARKED_EXTENSION = re.compile(r"(?:转接?|轉|分机号?|内线|ext\.?|x|#|\*|,|;)[\s:.\-]*(.*)$")
_DASHED_EXTENSION = re.compile(r"^(.*\d.*)-\s*(\d{1,6})$")
_SERVICE_LINE = re.compile(r"0?[48]00\d{7}")
_SHORT_CODE = re.compile(r"9[56]\d{3,6}|\d{3,6}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# Local numbers begin with 2 to 8; 1 and 9 are service numbers (95588), behind an area code too.
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d\d))([2-8]\d{6,7})")
_LOCAL_ONLY = re.compile(r"[2-8]\d{6,7}")


@dataclass(frozen=True, slots=True, repr=False)
class Phone:
    """A contact number. `text` is the form to store: `13800138000`, `0371-65951234`, `021-63212345-801`.

    `e164` (`+8637165951234`) has no extension.
    """

    kind: PhoneKind
    text: str
    e164: str
    extension: str = ""

    def masked(self) -> str:
        """`138****8000`, `0371-****1234`, `021-****2345-***`"""
        if self.kind == "mobile":
            return f"{self.text[:3]}****{self.text[-4:]}"
        area, local = self.text.split("-")[:2]
        return f"{area}-****{local[-4:]}{'-***' if self.extension else ''}"

    def __repr__(self) -> str:
        return f"Phone({self.masked()})"


def read_phone(text: str, segments: Container[str] | None = MOBILE_SEGMENTS) -> Phone | PhoneProblem:
    """The number that somebody typed, or what is wrong with it.

    `segments` are the valid first three digits of mobiles. Accepts +86, 0086, brackets, blanks and dashes, a
    trunk zero before a mobile, and the extensions `-801`, `转801`, `#801`, `ext 801`.
    """
    if len(text) == 11 and text.isascii() and text.isdigit() and text[0] == "1":
        return _mobile(text, "", segments)
    if len(text) > _LONGEST_INPUT:
        return "phone_length"
    number, extension = _split_marked_extension(plain(text).strip().lower())
    if extension is None:
        return "phone_extension"
    digits = _national(_SEPARATORS.sub("", number))
    if digits is None:
        return "phone_foreign"
    if not digits.isascii() or not digits.isdigit():
        return "phone_characters" if digits else "phone_length"
    if _SERVICE_LINE.fullmatch(digits):
        return "phone_service_line"
    if digits.startswith("0"):
        return _landline(digits, extension) or _dashed_landline(number, extension) or "phone_landline"
    if _SHORT_CODE.fullmatch(digits):
        return "phone_short_code"
    if digits.startswith("1"):
        return _dashed_mobile(number, digits) or _mobile(digits, extension, segments)
    return "phone_area_missing" if _LOCAL_ONLY.fullmatch(digits) else "phone_length"


def phone_kind(text: str) -> Literal["mobile", "landline", ""]:
    """Which kind of number this is, "" when it is none: for conditions."""
    phone = read_phone(text)
    return "" if isinstance(phone, str) else phone.kind


def mask_phone(text: str) -> str:
    """Masks whatever stands where a phone number should, right or wrong; of a short text nothing is shown."""
    phone = read_phone(text)
    if not isinstance(phone, str):
        return phone.masked()
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else "*" * len(text)


def _split_marked_extension(typed: str) -> tuple[str, str | None]:
    """The number and the extension behind a mark: "" when there is no mark, None when it cannot be one."""
    marked = _MARKED_EXTENSION.search(typed)
    if not marked:
        return typed, ""
    extension = without_spaces(marked[1])
    return typed[: marked.start()], extension if re.fullmatch(r"[0-9]{1,6}", extension) else None


def _national(number: str) -> str | None:
    """The number as dialled inside China, None for one of another country."""
    abroad = number.startswith(("+", "00"))
    if abroad:
        rest = number.removeprefix("+").removeprefix("00")
        if not rest.startswith("86"):
            return None
        number = rest[2:]
    elif re.fullmatch(r"861[3-9][0-9]{9}", number):
        return number[2:]
    if re.fullmatch(r"01[3-9][0-9]{9}", number):
        return number[1:]
    without_zero = abroad and re.fullmatch(r"(?:10|[2-9][0-9])[0-9]{7,10}", number)
    return f"0{number}" if without_zero and not _SERVICE_LINE.fullmatch(number) else number


def _mobile(digits: str, extension: str, segments: Container[str] | None) -> Phone | PhoneProblem:
    if len(digits) != 11:
        return "phone_length"
    known = _MOBILE.fullmatch(digits) if segments is None else digits[:3] in segments
    if not known:
        return "phone_segment"
    return "phone_mobile_extension" if extension else Phone("mobile", digits, f"+86{digits}")


def _dashed_mobile(number: str, digits: str) -> PhoneProblem | None:
    dashed = _DASHED_EXTENSION.match(number)
    if dashed and len(digits) > 11 and _MOBILE.fullmatch(_national(_SEPARATORS.sub("", dashed[1])) or ""):
        return "phone_mobile_extension"
    return None


def _landline(digits: str, extension: str) -> Phone | None:
    parts = _LANDLINE.fullmatch(digits)
    if not parts or not _is_fixed_line(digits[1:]):
        return None
    area, local = parts.groups()
    stored = "-".join(part for part in (area, local, extension) if part)
    return Phone("landline", stored, f"+86{digits[1:]}", extension)


def _dashed_landline(number: str, extension: str) -> Phone | None:
    """A landline with its extension behind a mere dash. Tried last: 0371-6595-1234 has no extension."""
    dashed = _DASHED_EXTENSION.match(number)
    if extension or not dashed:
        return None
    return _landline(_national(_SEPARATORS.sub("", dashed[1])) or "", dashed[2])


def _is_fixed_line(national: str) -> bool:
    # Imported only here: it costs 30 ms and 1 MB, and most people have a mobile. It knows how many digits the
    # numbers of each area have.
    from phonenumbers import PhoneNumber, PhoneNumberType, number_type

    kind = number_type(PhoneNumber(country_code=86, national_number=int(national)))
    return bool(kind == PhoneNumberType.FIXED_LINE)
