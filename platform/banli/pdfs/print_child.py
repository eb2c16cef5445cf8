"""Runs alone: reads pages of HTML from standard input, writes each as PDF/A to standard output, and ends.

`draw`: each line in is {"name", "html", "pictures": {name: base64}}, each line out {"name", "pdf": base64} or {"name", "why"}.
`fonts` gives the families that have Chinese characters as a JSON list. Nothing that a page names is fetched, but for the
pictures that came with it (`picture:<name>`). A character without a sign in any font stands as 〓 (PDF/A has no room for what
cannot be drawn); an element `data-missing` is there only then, and says which.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import io
import json
import logging
import sys
from base64 import b64decode, b64encode
from typing import Any

MEMORY = 2 << 30
LARGEST = 20_000_000
VARIANT = "pdf/a-2b"
AS_IT_IS = "* { image-rendering: crisp-edges !important } [data-missing] { display: none }"
"""PDF/A lets no reader smooth a picture."""
COLOURS = ("1", "L", "LA", "P", "RGB", "RGBA")
"""Of pictures: only what the one output intent, sRGB, covers."""
INSTEAD = ("〓", "?")


def limit(seconds: int) -> None:
    with contextlib.suppress(ImportError):
        import resource

        for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, LARGEST)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


def drawn(html: str, pictures: dict[str, bytes]) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Refusing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            scheme, _, name = url.partition(":")
            if scheme != "picture" or name not in pictures:
                raise ValueError("Nothing is fetched.")
            content = plain(pictures[name])
            kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
            return URLFetcherResponse(url, io.BytesIO(content), {"Content-Type": kind})

    page = HTML(string=html, url_fetcher=Refusing(), base_url="about:blank")
    styles, heard, told = [CSS(string=AS_IT_IS)], Missing(), list[str]()
    logging.getLogger("weasyprint").handlers = [heard]
    for instead in (*INSTEAD, ""):
        heard.found.clear()
        made = page.write_pdf(pdf_variant=VARIANT, stylesheets=styles)
        if not heard.found:
            break
        told += [f"U+{one:04X}" for one in sorted(heard.found) if chr(one) not in INSTEAD]
        replace(page.etree_element, dict.fromkeys(heard.found, instead), told)
    assert isinstance(made, bytes)
    return made


class Missing(logging.Handler):
    """Hears from WeasyPrint for which characters there is no sign."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith(".notdef") and isinstance(record.args, tuple):
            self.found |= {one for one in record.args if isinstance(one, int)}


def replace(page: Any, instead: dict[int, str], told: list[str]) -> None:
    for one in page.iter():
        one.text, one.tail = (part.translate(instead) if part else part for part in (one.text, one.tail))
        if "data-missing" in one.attrib or "data-says" in one.attrib:
            one.attrib.pop("data-missing", None)
            said = one.attrib.setdefault("data-says", (one.text or "").strip())
            one.text = f"{said} {', '.join(told)}"


def plain(content: bytes) -> bytes:
    """The picture, with other colours where its own would need a profile."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        if picture.mode in COLOURS:
            return content
        made = io.BytesIO()
        picture.convert("RGB").save(made, "PNG")
        return made.getvalue()


def families() -> list[str]:
    """What fontconfig knows for the characters of the mainland."""
    name = ctypes.util.find_library("fontconfig") or "libfontconfig.so.1"
    config = ctypes.CDLL(name)
    config.FcNameParse.restype = config.FcFontList.restype = config.FcNameUnparse.restype = ctypes.c_void_p
    config.FcObjectSetCreate.restype = ctypes.c_void_p
    objects = config.FcObjectSetCreate()
    config.FcObjectSetAdd(ctypes.c_void_p(objects), b"family")

    class Found(ctypes.Structure):
        _fields_ = (("count", ctypes.c_int), ("room", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p)))

    pattern = config.FcNameParse(b":lang=zh-cn")
    listed = config.FcFontList(None, ctypes.c_void_p(pattern), ctypes.c_void_p(objects))
    found = ctypes.cast(listed, ctypes.POINTER(Found)).contents
    names = (config.FcNameUnparse(ctypes.c_void_p(found.fonts[at])) for at in range(found.count))
    return sorted({(ctypes.cast(one, ctypes.c_char_p).value or b"").decode(errors="replace").partition(",")[0] for one in names})


def main() -> None:
    what, seconds = sys.argv[1:]
    limit(int(seconds))
    if what == "fonts":
        import weasyprint

        sys.stdout.write(json.dumps({"weasyprint": weasyprint.__version__, "families": families()}))
        return
    for line in sys.stdin:
        sheet = json.loads(line)
        told = {"name": sheet["name"]}
        try:
            pictures = {name: b64decode(one) for name, one in sheet["pictures"].items()}
            told["pdf"] = b64encode(drawn(sheet["html"], pictures)).decode()
        except Exception as problem:
            told["why"] = type(problem).__name__
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
