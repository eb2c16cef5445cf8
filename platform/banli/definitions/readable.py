"""What can be read on a card, and as what: the words of `reads`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal["text", "date", "date_range"]

READABLE: Mapping[str, Mapping[str, Kind]] = {
    "id_front": {
        "name": "text", "sex": "text", "ethnicity": "text", "birth": "date", "address": "text", "number": "text",
    },
    "id_back": {"authority": "text", "validity": "date_range"},
}  # fmt: skip
"""By the `example` of a photo question what stands there, each with what it is."""


def takes(schema: Mapping[str, Any], kind: Kind) -> bool:
    """Can a value of this schema be what was read?"""
    if kind == "date_range":
        return schema.get("type") == "object" and {"from", "to"} <= set(schema.get("properties", ()))
    if schema.get("type") != "string" or "enum" in schema or "oneOf" in schema or "contentMediaType" in schema:
        return False
    return (schema.get("format") in ("date", None)) if kind == "date" else schema.get("format") != "date"
