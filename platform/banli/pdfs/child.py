"""Runs alone: reads a PDF from standard input, tells of its pages or draws one of them to standard output, and ends.

`look MOST` gives JSON: [[width, height, [line, …], pixels wide, pixels high], …], or a text that says what is wrong.
`draw NUMBER MOST` gives the picture of one page. What PDFium may take of the machine is limited before it reads a byte.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

WIDE = 1240
"""Pixels across a page: sharp when it is made three times as wide as a phone is."""
HIGHEST = 4 * WIDE
MEMORY = 1 << 30
SECONDS = 45
COLOURS = 32
LONGEST_WORDS = 20_000


def limit() -> None:
    with contextlib.suppress(ImportError):
        import resource

        for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


def opened(content: bytes, most: int) -> Any:
    """The document, or what is wrong with it."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        return "encrypted" if "assword" in str(error) else "broken"
    if len(document) > most:
        return "too-many-pages"
    return document if len(document) else "broken"


def look(document: Any) -> Any:
    found = []
    for page in document:
        width, height = page.get_size()
        if width < 72 or height < 72 or not height <= 4 * width:
            return "odd-pages"
        words = page.get_textpage().get_text_bounded()[:LONGEST_WORDS]
        lines = [" ".join(line.split()) for line in words.replace("\ufffe", "").splitlines()]
        found.append([width, height, [line for line in lines if line], *_size(width, height)])
        page.close()
    return found


def _size(width: float, height: float) -> tuple[int, int]:
    return WIDE, min(round(WIDE * height / width), HIGHEST)


def draw(document: Any, number: int) -> bytes:
    """A page of text takes fewest bytes as PNG with few colours, one with a photo as JPEG."""
    from PIL import Image

    page = document[number - 1]
    width, height = page.get_size()
    drawn = page.render(scale=WIDE / width).to_pil().convert("RGB")
    drawn = drawn.resize(_size(width, height)) if drawn.size != _size(width, height) else drawn
    few, many = io.BytesIO(), io.BytesIO()
    drawn.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(few, "PNG", optimize=True)
    drawn.save(many, "JPEG", quality=80)
    return min(few.getvalue(), many.getvalue(), key=len)


def main() -> None:
    content = sys.stdin.buffer.read()
    limit()
    what, *number, most = sys.argv[1:]
    document = opened(content, int(most))
    if what == "look":
        told = document if isinstance(document, str) else look(document)
        sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode())
    elif not isinstance(document, str):
        sys.stdout.buffer.write(draw(document, int(number[0])))


if __name__ == "__main__":
    main()
