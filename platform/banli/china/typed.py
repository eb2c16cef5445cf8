"""Makes plain ASCII of what Chinese keyboards, address books and copied messages put around a number."""

from __future__ import annotations

import unicodedata

# The full-width forms U+FF01 to U+FF5E stand in the order of ASCII. NFKC would do more than we want: it also
# makes digits of ① and ², which nobody types for a digit.
_WIDTH: dict[int, str] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_DASHES: dict[int, str] = {ord(dash): "-" for dash in "‐‑‒–—―−－﹣"}
_SPACE: dict[int, str] = {0x3000: " "}
_TABLE = _WIDTH | _DASHES | _SPACE


def plain(text: str) -> str:
    """Full-width letters, digits and signs as ASCII, every dash as "-", and no invisible characters."""
    if text.isascii():
        return text
    # Cf: zero-width spaces, byte order marks and the direction marks that phones add around copied numbers.
    return "".join(sign for sign in text.translate(_TABLE) if unicodedata.category(sign) != "Cf")


def without_spaces(text: str) -> str:
    """The same without white space of any kind, inside too."""
    return "".join(text.split())
