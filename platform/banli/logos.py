"""Looks at a company's logo: a small picture that can do nothing but be seen."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

LARGEST = 30_000
"""Bytes: a logo is on the first page that a phone on a bad network loads."""
MOST_SIDE = 1200
_SHAPES = frozenset((
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc", "defs",
    "linearGradient", "radialGradient", "stop", "clipPath", "mask",
))  # fmt: skip
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#)|@import|javascript:|data:|expression\(", re.I)

Flaw = tuple[str, str]
"""What is wrong with the picture, and the cure."""


def media_type(content: bytes) -> str:
    """What the picture is, by its content; "" when it is none of ours."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if re.match(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<svg\b", content, re.S) else ""


def flaw(content: bytes) -> Flaw | None:
    """Why this cannot be a logo; None when it can."""
    if len(content) > LARGEST:
        return f"This picture has {len(content):,} bytes, over {LARGEST:,}.", "Make it smaller; an SVG usually is."
    kind = media_type(content)
    if not kind:
        return "This is no picture that can be shown.", "Use SVG, PNG, WebP or JPEG."
    return _flaw_of_svg(content) if kind == "image/svg+xml" else _flaw_of_pixels(content)


def _flaw_of_pixels(content: bytes) -> Flaw | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            sides = image.size
            if max(sides) <= MOST_SIDE:
                image.verify()
    except Exception:
        return "This picture cannot be read.", "Save it anew."
    if max(sides) > MOST_SIDE:
        return f"This picture is {sides[0]} by {sides[1]} pixels.", f"Make it at most {MOST_SIDE} pixels wide and high."
    return None


def _flaw_of_svg(content: bytes) -> Flaw | None:
    """Shapes and colours only: no script, no style sheet, nothing from outside, nothing that a parser or a browser expands."""
    cure = "Save it as plain SVG: shapes, text and gradients."
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or re.search(rb"<\?(?!xml\s)", content):
        return "This SVG has a document type or an instruction in it.", cure
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without a document type there is nothing to expand
    except (ElementTree.ParseError, ValueError):
        return "This SVG cannot be read.", "Save it anew."
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        if name not in _SHAPES:
            return f"This SVG has a <{name}> in it.", cure
        for key, value in element.attrib.items():
            word = key.rpartition("}")[2].lower()
            if word.startswith("on") or _OUTSIDE.search(value) or (word == "href" and not value.startswith("#")):
                return f"This SVG has '{word}' on a <{name}>, which could do or load something.", cure
    return None
