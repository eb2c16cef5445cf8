"""Themes: the look of every page. Templates, tokens, stylesheets, and forms pressed into sheets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import rcssmin
from jinja2 import ChoiceLoader, Environment, FileSystemBytecodeCache, FileSystemLoader, PrefixLoader
from markupsafe import Markup

from banli.definitions.edition import Edition
from banli.definitions.kinds import ThemeShape
from banli.definitions.model import Company
from banli.expressions import Condition
from banli.fields import FieldKind
from banli.i18n import Translator
from banli.themes.logos import Logos
from banli.themes.pressing import press
from banli.themes.sheets import Filling, Sheet, row_numbers, without_numbers
from banli.themes.spoken import SpokenEnvironment
from banli.themes.tokens import BrokenTheme, Theme, Token, as_css, read_themes
from banli.themes.wording import Lexicon, Wording, markdown, unbroken

__all__ = [
    "BrokenTheme", "Filling", "Lexicon", "Logos", "Sheet", "Theme", "Themes", "Token", "Wording", "markdown", "read_themes",
    "row_numbers",
    "without_numbers",
]  # fmt: skip

DEFAULT = "plain"
BESIDE = frozenset(("capture", "plugin", "video"))
"""Stylesheets that some pages load beside their own, whose tokens they use."""


class Themes:
    """The themes below one folder. A theme that lacks a template or a stylesheet takes the one of `plain`."""

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self.folder, self.cache = folder, cache
        self.themes = read_themes(folder)
        self.here: Mapping[str, Any] = {}
        """What this environment changes of the looks, for pages that belong to no company."""
        self.plugins: dict[str, Path] = {}
        self._environments: dict[tuple[str, str], Environment] = {}
        self._sheets: dict[tuple[str, str, str, str, str], Sheet] = {}
        self._styles: dict[tuple[str, str, str], str] = {}
        self._addresses: dict[tuple[str, str, str], tuple[Company | None, str]] = {}

    def shapes(self) -> dict[str, ThemeShape]:
        """The themes as the checker of definitions knows them."""
        return {name: theme.shape() for name, theme in self.themes.items()}

    def add_templates(self, plugin: str, folder: Path) -> None:
        """From now on templates of this folder are found as `<plugin>/<name>`."""
        self.plugins[plugin] = folder
        self._environments.clear()

    def render(self, template: str, translator: Translator, values: Mapping[str, Any], theme: str = DEFAULT) -> str:
        """Draws a page frame."""
        return self._environment(theme, translator).get_template(template).render(values)

    def module(self, template: str, translator: Translator, theme: str = DEFAULT) -> Any:
        """The macros of a template, to be called from Python."""
        return self._environment(theme, translator).get_template(template).module

    def sheet(
        self, edition: Edition, form_id: str, translator: Translator, kind_of: Callable[[str], FieldKind],
        theme: str = DEFAULT, version: str = "", words: Callable[[], Wording] | None = None,
    ) -> Sheet:  # fmt: skip
        """The pressed form of an edition; drawn on first use, then kept. `words` are those of the page around the questions,
        the same for all clients; another `version` of them is another sheet."""
        key = (edition.hash, form_id, translator.language, theme, version)
        found = self._sheets.get(key)
        if found is None:
            text = (words() if words is not None else Wording(translator, {}, {})).text

            def condition(text: str, way: str = "") -> Condition:
                return edition.condition(f"form {form_id}.{way}" if way else f"form {form_id}", text)

            def draw(template: str, values: Mapping[str, Any]) -> str:
                return self.render(template, translator, {**values, "text": text}, theme)

            titles = {agreement.id: agreement.title for agreement in edition.agreements.values()}
            found = press(edition.forms[form_id], kind_of, condition, draw, translator.say, titles)
            self._sheets[key] = found
        return found

    def stylesheet(self, theme: str = DEFAULT, company: Company | None = None, file: str = "plain") -> str:
        """The address of a stylesheet with the theme's tokens, as the company has them; it changes with its content."""
        key = (theme, file, company.id if company is not None else "")
        known = self._addresses.get(key)
        if known is None or known[0] is not company:
            version = hashlib.sha256(self.css(theme, company, file).encode()).hexdigest()[:12]
            path = f"/{company.id}/theme.css" if company is not None else f"/static/style/{theme}/{file}.css"
            known = self._addresses[key] = company, f"{path}?v={version}"
        return known[1]

    def css(self, theme: str = DEFAULT, company: Company | None = None, file: str = "plain") -> str:
        """The stylesheet itself: tokens, then the theme's rules."""
        chosen = company.theme if company is not None else self.here
        key = (theme, file, repr(sorted(chosen.items())))
        found = self._styles.get(key)
        if found is None:
            path = self._file(theme, f"static/{file}.css")
            rules = path.read_text(encoding="utf-8") if path is not None else ""
            tokens = "" if file in BESIDE else as_css(self.themes[theme], chosen)
            found = tokens + str(rcssmin.cssmin(rules))
            self._styles[key] = found
        return found

    def of(self, company: Company | None) -> str:
        """The name of a company's theme."""
        name = str(company.theme.get("name", DEFAULT)) if company is not None else DEFAULT
        return name if name in self.themes else DEFAULT

    def _file(self, theme: str, path: str) -> Path | None:
        found = (self.folder / name / path for name in (theme, DEFAULT))
        return next((path for path in found if path.is_file()), None)

    def _environment(self, theme: str, translator: Translator) -> Environment:
        key = (theme, translator.language)
        found = self._environments.get(key)
        if found is None:
            found = self._make(theme, translator)
            self._environments[key] = found
        return found

    def _make(self, theme: str, translator: Translator) -> Environment:
        """Synchronous, because an async template costs twice the time; bytecode is kept, because compiling costs 80 ms."""
        folders = [self.folder / theme / "templates", self.folder / DEFAULT / "templates"]
        plugins = PrefixLoader({name: FileSystemLoader(folder) for name, folder in self.plugins.items()})
        bytecode = None
        if self.cache is not None:
            words = hashlib.sha256(repr(sorted(translator.words.items())).encode()).hexdigest()[:12]
            kept = self.cache / "templates" / f"{translator.language}-{words}"
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
            bytecode = FileSystemBytecodeCache(str(kept))
        made = SpokenEnvironment(
            loader=ChoiceLoader([FileSystemLoader(folders), plugins]), autoescape=True, trim_blocks=True, lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"], bytecode_cache=bytecode, auto_reload=False, cache_size=400,
        )  # fmt: skip
        made.speak(translator)
        made.globals.update(say=translator.say, language=translator.language, language_tag=translator.tag)
        made.globals["style"] = lambda file: self.stylesheet(theme, file=file)
        made.filters["unbroken"] = unbroken
        made.filters["markdown"] = lambda text: Markup(markdown(text))  # noqa: S704 - raw HTML is off in it
        return made
