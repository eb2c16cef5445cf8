"""Agreements as HTML: filled in a sandbox, and nothing in them that runs, loads, styles or leads away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from banli.definitions.markup import ATTRIBUTES, SCHEMES, TAGS, WHOLE
from banli.definitions.model import Agreement

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def _literally(value: object) -> str:
    """What stands on file is a word in a Markdown text, never a sign of it."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(str(value).split()))


_MARKDOWN = ImmutableSandboxedEnvironment(autoescape=False, finalize=_literally)
_HTML = ImmutableSandboxedEnvironment(autoescape=True)


@lru_cache(maxsize=200)
def _template(text: str, html: bool) -> Template:
    return (_HTML if html else _MARKDOWN).from_string(text)


def written(agreement: Agreement, names: Mapping[str, Any], markdown: Callable[[str], str]) -> Markup:
    """The text of an agreement. A PDF has none: its pages are pictures."""
    if agreement.format == "pdf":
        return Markup("")
    html = agreement.format == "html"
    filled = _template(agreement.text, html).render(names)
    return Markup(cleaned(filled) if html else markdown(filled))  # noqa: S704 - cleaned; raw HTML is off in Markdown


def cleaned(html: str) -> str:
    """Without all that the checker refuses: old editions open for ever, whatever was let through when they were sealed."""
    import nh3

    return nh3.clean(
        html, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=set(SCHEMES), clean_content_tags=set(WHOLE),
        link_rel="noopener noreferrer", strip_comments=True,
    )  # fmt: skip
