"""A paper to take along: the PDF as it is, any other text as one page that prints well and needs nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from urllib.parse import quote

from markupsafe import Markup
from quart import Response, abort

from banli.definitions.model import Agreement
from banli.definitions.placeholders import named_in
from banli.themes import Wording
from banli.web.shell import Guest, Shell

LONGEST = 80
"""Characters of a file's name: the systems of phones take 255 bytes, a Chinese character has three."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+')


@dataclass(frozen=True, slots=True)
class Paper:
    """A text with what is told of it. `signed`: agreed to by the client who asks, in a case."""

    text: Agreement
    facts: tuple[Mapping[str, str], ...]
    signed: bool = False
    pdf: bytes | None = None
    """As the client has signed it, inside the file."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: bytes


async def file_of(shell: Shell, guest: Guest, paper: Paper) -> File:
    """The one place that decides what a paper is as a file: what was signed as a PDF is that PDF. Raises KeyError for a PDF
    that is not there."""
    text = paper.text
    name = f"{text.title} {text.number}"
    if paper.pdf is not None:
        return File(f"{name}.pdf", "application/pdf", paper.pdf)
    if text.format == "pdf":
        return File(f"{name}.pdf", "application/pdf", await shell.parts.papers.paper(text.digest))
    themes, theme = shell.parts.themes, shell.parts.themes.of(guest.company)
    page = SimpleNamespace(
        title=text.title,
        written=shell.parts.catalogues.languages[0].replace("_", "-"),
        company=guest.wording.names["company"]["name"],
        style=Markup(themes.css(theme, guest.company, "paper").replace("</", "<\\/")),  # noqa: S704 - our own stylesheet
        text=guest.wording.agreement(text),
        facts=paper.facts,
        signed=paper.signed,
    )
    drawn = themes.render("paper_file.html", guest.translator, {"page": page, "text": guest.wording.text}, theme)
    return File(f"{name}.html", "text/html; charset=utf-8", drawn.encode())


async def download(shell: Shell, guest: Guest, paper: Paper) -> Response:
    """The file as an answer that is saved, never opened in place."""
    try:
        file = await file_of(shell, guest, paper)
    except KeyError:
        abort(404)
    about = {"Content-Disposition": attachment(file.name, paper.text.number), "Cache-Control": "no-store"}
    return Response(file.content, content_type=file.media_type, headers=about)


def attachment(name: str, plain: str) -> str:
    """The header that names a file (RFC 6266, RFC 8187). `plain` is for browsers that know ASCII only."""
    stem, _, ending = unicodedata.normalize("NFC", name).rpartition(".")
    safe = f"{_UNSAFE.sub(' ', stem).strip(' .')[:LONGEST] or 'paper'}.{ending}"
    ascii_only = re.sub(r"[^0-9A-Za-z_-]+", "-", plain).strip("-")[:LONGEST] or "paper"
    return f"attachment; filename=\"{ascii_only}.{ending}\"; filename*=UTF-8''{quote(safe, safe='')}"


def named_openly(guest: Guest, text: Agreement, blank: str) -> Guest:
    """The guest with `blank` for whatever the text says that nobody has answered."""
    wording, open_ = guest.wording, dict(guest.wording.names)
    for name in named_in(text.text):
        group, _, rest = name.partition(".")
        known = open_.get(group)
        if known is None:
            open_[group] = {rest: blank}
        elif isinstance(known, Mapping) and (group not in wording.names or group == "client") and known.get(rest) in (None, ""):
            open_[group] = {**known, rest: blank}
    return replace(guest, wording=Wording(wording.translator, wording.texts, open_, wording.lexicon))
