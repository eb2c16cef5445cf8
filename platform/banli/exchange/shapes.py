"""What our exports write where JSON Schema has no word, and our imports read again."""

from __future__ import annotations

from collections.abc import Mapping

PERSONAL = "pii"
"""As a comment: personal data."""

SHAPES: Mapping[str, str] = {
    "cn-id-number": "^[0-9]{17}[0-9X]$",
    "cn-mobile": "^1[3-9][0-9]{9}$",
    "cn-landline": "^0[0-9]{2,3}-[0-9]{7,8}(-[0-9]{1,6})?$",
    "cn-phone": "^(1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8}(-[0-9]{1,6})?)$",
    "cn-postal-code": "^[0-9]{6}$",
    "cn-bank-card": "^[0-9]{12,19}$",
}
"""What our formats look like, for validators that do not know them: all that the server keeps fits, and little else."""
