"""What HTML an agreement may use, and where it uses more: nothing that runs, loads, styles or leads away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

TAGS = frozenset((
    "a", "abbr", "article", "aside", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "dfn",
    "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "section", "small", "span", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "u", "ul",
))  # fmt: skip
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "title", "dir"},
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "p": {"align"},
    "div": {"align"},
    **{f"h{size}": {"align"} for size in range(1, 7)},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "scope", "align"},
}
SCHEMES = frozenset(("tel", "mailto"))
"""Where links may lead: to a phone or a letter. A page of somebody else may say another thing tomorrow."""
WHOLE = frozenset(("script", "style"))
"""Elements of which nothing is kept, not even the words inside."""

_MARKS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is not shown: on which line and column of the text (from 1 and 0), what it is, and the cure."""

    line: int
    column: int
    what: str
    cure: str


def refused(text: str) -> Iterator[Refused]:
    """All that an agreement's HTML has and no client will see, in order. Placeholders in attributes are refused too."""
    reader = _Reader()
    reader.feed(_MARKS.sub(_hold, text))
    reader.close()
    yield from reader.found


def _hold(found: re.Match[str]) -> str:
    """As long as the placeholder and on as many lines, and no HTML."""
    return re.sub(r"[^\n]", "\x01", found[0])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Refused] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.tell(f"<{tag}> is not shown.", _CURES.get(tag, "Delete it; its words can stay."))
            return
        for name, value in attrs:
            if name.startswith("on"):
                self.tell(f"'{name}' would run a script.", "Delete it.")
            elif name not in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()):
                self.tell(f"'{name}' of <{tag}> is not shown.", "Delete it: looks come from the theme.")
            elif "\x01" in (value or ""):
                self.tell(f"A placeholder cannot stand in '{name}'.", "Put it between the tags.")
            elif name == "href" and (value or "").strip().lower().partition(":")[0] not in SCHEMES:
                self.tell(
                    f"The link leads to '{(value or '')[:60]}'.", "Write the address as text; tel: and mailto: may be links."
                )

    def handle_decl(self, decl: str) -> None:
        self.tell("This is a whole document.", "Keep what is inside of <body>.")

    def handle_pi(self, data: str) -> None:
        self.tell("This is no HTML.", "Delete it.")

    def tell(self, what: str, cure: str) -> None:
        line, column = self.getpos()
        self.found.append(Refused(line, column, what, cure))


_CURES = {
    "script": "Delete it: agreements run nothing.",
    "style": "Delete it: looks come from the theme.",
    "link": "Delete it: looks come from the theme.",
    "img": "Write it as text, or use 'format: pdf'.",
    "svg": "Write it as text, or use 'format: pdf'.",
    "html": "Keep what is inside of <body>.",
    "head": "Keep what is inside of <body>.",
    "body": "Keep what is inside of it.",
    "form": "Ask in a form of the flow.",
    "input": "Ask in a form of the flow.",
    "font": "Delete it: looks come from the theme.",
    "center": 'Delete it, or write align="center" on the paragraph.',
}
