"""The built-in kinds whose answer is checked elsewhere: a sent code, a drawn captcha, an uploaded photo.

Their readers look at the form of the answer only. Whether it is right is a verdict that `cases` or `clients` fetches
when everything else on the page is right, so that a typing mistake elsewhere costs nobody a fresh code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.china.typed import plain, without_spaces
from banli.definitions.model import Field
from banli.fields.base import FieldKind, Say


class Otp(FieldKind):
    """A code sent to a phone. The code itself is never kept, only that it was right and where it was sent."""

    name = "otp"
    template = "otp"
    script = "otp"
    outside = "otp"
    required = ("to",)
    refers: ClassVar[Mapping[str, str]] = {"to": "phone", "button": "text"}
    keeps = False
    options: ClassVar[Mapping[str, Any]] = {
        "to": {"type": "string", "description": "The field with the number, or `client.…` for a number on file."},
        "purpose": {"type": "string", "description": "What the code is for; a code for one purpose opens no other."},
        "button": {"type": "string", "description": "The words on the button that sends it."},
    }

    def clean(self, field: Field, text: str) -> Any:
        return super().clean(field, without_spaces(plain(text)))

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        return []


class Captcha(FieldKind):
    """Characters read from a picture or heard."""

    name = "captcha"
    template = "captcha"
    script = "captcha"
    outside = "captcha"
    keeps = False

    def clean(self, field: Field, text: str) -> Any:
        return super().clean(field, without_spaces(plain(text)))

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        return []


class Photo(FieldKind):
    """A picture, kept as the id of a file of the case."""

    name = "photo"
    template = "photo"
    script = "photo"
    outside = "file"
    refers: ClassVar[Mapping[str, str]] = {"side": "text", "button": "text"}
    options: ClassVar[Mapping[str, Any]] = {
        "side": {"type": "string", "description": "Which side is meant, beside the title."},
        "button": {"type": "string", "description": "The words on the button."},
        "capture": {"enum": ["environment", "user"], "description": "The camera that a phone opens."},
        "example": {"enum": ["id_front", "id_back", "signature", "portrait", "paper"], "description": "The pictogram."},
        "frame": {
            "enum": ["card", "sheet", "none"],
            "description": "The frame over the camera in the page. Without it: as the example; `none`: the phone's own camera.",
        },
        "longest": {
            "type": "integer",
            "minimum": 1200,
            "maximum": 4000,
            "default": 2400,
            "description": "Pixels of the long side; the browser makes larger photos smaller before it sends them.",
        },
        "reads": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "string", "pattern": "^client\\.[A-Za-z][A-Za-z0-9_]*$"},
            "description": "What stands on the photo, and what of the record it is: `validity: client.id_validity`.",
        },
        "draw": {"type": "boolean", "description": "It can also be written on the screen, as a signature."},
    }

    def accepts(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("contentMediaType") == "image/*"

    def show(self, field: Field, value: Any, say: Say) -> list[str]:
        return []

    def mask(self, field: Field, value: Any) -> list[str]:
        return []
