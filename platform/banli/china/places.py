"""Province codes: those an ID number may begin with, and those a postal code points to.

A province is always the six-digit code of GB/T 2260 (`410000`), the same as in the dictionary `province`.
"""

from __future__ import annotations

# Codes on the ID cards of residents. The other four digits of a division are left alone: they are those of
# the first registration, may be abolished, and may be younger than the person.
_ID_PREFIXES = """
11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71
"""
ID_PROVINCES: frozenset[str] = frozenset(f"{prefix}0000" for prefix in _ID_PREFIXES.split())

# 81, 82 and 83 are on the residence permits of people from Hong Kong, Macao and Taiwan: other documents.
RESIDENCE_PERMIT_PROVINCES: frozenset[str] = frozenset({"810000", "820000", "830000"})

# The first two digits of a postal code. 13 is Jilin and, for the league of Hinggan, Inner Mongolia.
_POSTAL_PREFIXES = {
    "110000": "10",
    "120000": "30",
    "130000": "05 06 07",
    "140000": "03 04",
    "150000": "01 02 13",
    "210000": "11 12",
    "220000": "13",
    "230000": "15 16",
    "310000": "20",
    "320000": "21 22",
    "330000": "31 32",
    "340000": "23 24",
    "350000": "35 36",
    "360000": "33 34",
    "370000": "25 26 27",
    "410000": "45 46 47",
    "420000": "43 44",
    "430000": "41 42",
    "440000": "51 52",
    "450000": "53 54",
    "460000": "57",
    "500000": "40",
    "510000": "61 62 63 64",
    "520000": "55 56",
    "530000": "65 66 67",
    "540000": "85 86",
    "610000": "71 72",
    "620000": "73 74",
    "630000": "81",
    "640000": "75",
    "650000": "83 84",
    "810000": "99",
    "820000": "99",
}


def _by_prefix() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for province, prefixes in _POSTAL_PREFIXES.items():
        for prefix in prefixes.split():
            found.setdefault(prefix, set()).add(province)
    return {prefix: frozenset(provinces) for prefix, provinces in found.items()}


_PROVINCES_OF_PREFIX = _by_prefix()


def postal_provinces(postal_code: str) -> frozenset[str]:
    """The provinces that a six-digit postal code may belong to; empty when no province has that prefix."""
    return _PROVINCES_OF_PREFIX.get(postal_code[:2], frozenset())


def postal_fits(postal_code: str, province: str) -> bool:
    """False when the code belongs elsewhere: a reason to warn, never to refuse; borders have exceptions."""
    return province in postal_provinces(postal_code)
