"""Texts of authors on their way to a page: said in the reader's language, their `{{ … }}` filled in a sandbox."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from banli.definitions.model import Agreement
from banli.errors import Problem
from banli.i18n import Translator
from banli.sentences import SENTENCES, TEXTS, fill, put
from banli.themes.papers import written

_NUMBER = re.compile(r"(\d+(?:[:.]\d+)*(?:-\d+(?:[:.]\d+)*)+)")
_WHOLE, _CALL = Markup('<span class="whole">{}</span>'), Markup('<a href="tel:{}">{}</a>')
_PLAIN = ImmutableSandboxedEnvironment(autoescape=False)
_template = lru_cache(maxsize=1000)(_PLAIN.from_string)
"""Compiling a sentence costs a hundred times what filling it does; there are only as many as authors wrote."""
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).enable("table")
_MARKS = ("{{", "{%", "{#")
_OURS: Mapping[str, str] = {**SENTENCES, **TEXTS}
_CODES: Mapping[str, str] = {TEXTS[code]: code for code in ("answer_yes", "answer_no", "agreed")}
"""Words that kinds of questions use when they show an answer."""


class Lexicon:
    """The words of one company's pages in one language, made once: what a page asks for is then found, not computed.

    `texts` are the words that the site, the company and the business have chosen, by code; where none of them did, `said`
    has the program's own. `words` are those of the plugins.
    """

    def __init__(self, translator: Translator, texts: Mapping[str, str], words: Mapping[str, str] | None = None) -> None:
        self.translator, self.texts = translator, texts
        words = {**(words or {}), **_OURS}
        own = {code: translator.say(text) for code, text in texts.items()}
        self.said = {code: translator.gettext(msgid) if msgid else "" for code, msgid in words.items()} | own
        self.filled = frozenset(code for code, text in own.items() if any(mark in text for mark in _MARKS))
        """The codes whose words name something of the page, the client or the hours."""

    @cached_property
    def version(self) -> str:
        """Changes with the words: whatever was drawn with others is drawn anew."""
        return hashlib.sha256(repr(sorted(self.said.items())).encode()).hexdigest()[:16]


class Wording:
    """What is said on the pages of one company to one reader.

    `texts` are the chosen words by code, `names` what their `{{ … }}` may name; `lexicon` is made of the first, where it is
    at hand already.
    """

    def __init__(
        self, translator: Translator, texts: Mapping[str, str], names: Mapping[str, Any], lexicon: Lexicon | None = None
    ) -> None:
        self.translator, self.texts, self.names = translator, texts, names
        self.lexicon = lexicon or Lexicon(translator, texts)

    def text(self, code: str, otherwise: str = "", **params: object) -> str:
        """The business's, the company's or the site's words for `code`, else the program's own. `otherwise` is for words that
        stand in no table of ours, such as those of a plugin's page. `params` fill `{…}`."""
        said = self.lexicon.said.get(code) or otherwise
        if code in self.lexicon.filled:
            said = _template(said).render(self.names)
        if not params:
            return said
        if any(isinstance(value, Markup) for value in params.values()):
            return Markup(put(str(escape(said)), {key: escape(value) for key, value in params.items()}))  # noqa: S704
        return put(said, params)

    def say(self, text: str) -> str:
        """A text of the definitions, or one of the program's words for an answer, in the reader's language."""
        code = _CODES.get(text)
        return self.text(code) if code is not None else self.translator.say(text)

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
        said = self.lexicon.said
        return fill(said.get(problem.code, said["schema"]), problem.params)

    def agreement(self, agreement: Agreement) -> Markup:
        """The text of an agreement as HTML. Agreements are signed as written: they are not translated."""
        return written(agreement, self.names, markdown)


def unbroken(text: str, hotline: str = "") -> Markup:
    """The text, in which no line ends within a number like `400-000-8001` or `08:30-17:00`; the hotline can be called."""
    if "-" not in text:
        return escape(text)
    parts = _NUMBER.split(text)
    parts[1::2] = [_CALL.format(re.sub(r"\D", "", one), one) if one == hotline else _WHOLE.format(one) for one in parts[1::2]]
    return Markup("").join(parts)


def markdown(text: str) -> str:
    """Markdown without raw HTML, as HTML."""
    return str(_MARKDOWN.render(text))
