"""Texts of authors on their way to a page: said in the reader's language, their `{{ … }}` filled in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markupsafe import Markup

from banli.definitions.model import Agreement
from banli.errors import Problem
from banli.i18n import Translator
from banli.sentences import SENTENCES, fill, put

_PLAIN = ImmutableSandboxedEnvironment(autoescape=False)
_HTML = ImmutableSandboxedEnvironment(autoescape=True)
_template = lru_cache(maxsize=1000)(_PLAIN.from_string)
"""Compiling a sentence costs a hundred times what filling it does; there are only as many as authors wrote."""
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).enable("table")


class Wording:
    """What is said on the pages of one company to one reader.

    `texts` are the sentences of the fixed pages by code, `names` what their `{{ … }}` may name.
    """

    def __init__(self, translator: Translator, texts: Mapping[str, str], names: Mapping[str, Any]) -> None:
        self.translator, self.texts, self.names = translator, texts, names

    def text(self, code: str, otherwise: str = "") -> str:
        """The site's or the company's words for `code`; without any, `otherwise`."""
        found = self.texts.get(code)
        return self.render(found) if found else otherwise

    def render(self, text: str) -> str:
        """A text of an author, said and filled."""
        said = self.translator.say(text)
        return _template(said).render(self.names) if "{" in said else said

    def problem(self, problem: Problem) -> str:
        """One calm sentence: the author's, else the company's, else our own."""
        if problem.text:
            return self.render(problem.text)
        if problem.code in self.texts:
            return put(self.text(problem.code), problem.params)
        sentence = SENTENCES.get(problem.code, SENTENCES["schema"])
        return fill(self.translator.gettext(sentence), problem.params)

    def agreement(self, agreement: Agreement) -> Markup:
        """The text of an agreement as HTML. Agreements are signed as written: they are not translated."""
        if agreement.format == "html":
            return Markup(_HTML.from_string(agreement.text).render(self.names))  # noqa: S704 - its author's own HTML
        return Markup(markdown(_PLAIN.from_string(agreement.text).render(self.names)))  # noqa: S704 - raw HTML is off


def markdown(text: str) -> str:
    """Markdown without raw HTML, as HTML."""
    return str(_MARKDOWN.render(text))
