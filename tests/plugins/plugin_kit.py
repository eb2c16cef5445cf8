"""What the tests of plugins share: a home, a still clock, and pages as the web shows them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from babel.support import NullTranslations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.hooks import Clock, Home, Plugin
from banli.plugins import Plugins, kinds
from banli.web.desk_words import at

ROOT = Path(__file__).parents[2]
DEFINITIONS = ROOT / "definitions"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BASE = {
    "site.yaml": "title: 样本\nlanguages: [zh_CN]\nentrance: [c1]\nplugins: []\nmenu: {my_business: 我的业务}\n",
    "client.yaml": "schema: {type: object, properties: {name: {title: 姓名, type: string}}}\n",
    "companies/c1/company.yaml": "name: 样本公司\nenabled: true\nbusinesses: [trial]\n",
    "forms/login.yaml": "title: 登录\nschema: {type: object, properties: {number: {title: 号码, type: string}}}\n",
}
"""The definitions of a site small enough for one test."""


def home_at(folder: Path, *, demo: bool = True, clock: Clock = lambda: NOW) -> Home:
    return Home(folder, clock, demo, DEFINITIONS)


def environment_of(*folders: str) -> dict[str, str]:
    """For another process that imports plugins."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("platform", "plugins", *folders))
    return {**os.environ, "PYTHONPATH": paths}


async def render(plugin: Plugin, path: str, fields: Mapping[str, str] | None = None, language: str = "") -> str:
    """A page of a plugin as the web would show it, in English or by a catalogue of the plugin."""
    page = next(page for page in plugin.pages() if page.path == path)
    values: dict[str, Any] = await page.show(fields or {})
    environment = Environment(
        loader=FileSystemLoader([ROOT / "plugins" / plugin.name / "templates", ROOT / "themes" / "plain" / "templates"]),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    say = spoken(plugin.name, language) if language else NullTranslations().gettext
    environment.install_gettext_callables(say, lambda one, many, n: say(one if n == 1 else many), newstyle=True)  # type: ignore[attr-defined]
    around = {"language": "en", "stylesheet": "/static/plain.css", "csrf_field": "", "at": at}
    return environment.get_template(page.template).render(**values, **around)


def catalogue(plugin: str, language: str) -> dict[str, str]:
    path = ROOT / "plugins" / plugin / "locales" / language / "LC_MESSAGES" / f"{plugin}.po"
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def spoken(plugin: str, language: str) -> Callable[[str], str]:
    known = catalogue(plugin, language)
    return lambda text: known.get(text) or text


def messages_of(plugin: str) -> set[str]:
    """All texts that a plugin's templates say."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    folder = ROOT / "plugins" / plugin / "templates"
    found: set[str] = set()
    for path in folder.glob("*.html"):
        found |= {str(text) for _, _, text in environment.extract_translations(path.read_text("utf-8")) if text}  # type: ignore[attr-defined]
    return found


def kinds_with(*plugins: Plugin) -> Kinds:
    """What definitions can name with these plugins alone."""
    return kinds(Plugins(plugins), {})


def mistakes_of(folder: Path, known: Kinds, files: Mapping[str, str]) -> list[str]:
    """What `banli check` says of a small site with these files."""
    for name, text in {**BASE, **files}.items():
        path = folder / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in files or not path.exists():
            path.write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in Library.read(folder / "definitions", known).mistakes]
