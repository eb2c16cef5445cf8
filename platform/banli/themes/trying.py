"""Looks at a theme before it is used: its tokens and the grammar of its templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from jinja2 import Environment, TemplateSyntaxError

from banli.errors import Mistake, Place
from banli.themes.tokens import BrokenTheme, read_theme


def flaws(folder: Path) -> list[Mistake]:
    """What keeps the themes of a site from being used, with the place of each."""
    return sorted({*_of_tokens(folder), *_of_templates(folder)})


def _of_tokens(folder: Path) -> Iterator[Mistake]:
    if not (folder / "plain/theme.yaml").is_file():
        place = Place(f"{folder.name}/plain/theme.yaml")
        yield Mistake(place, "missing-file", "There is no theme 'plain'.", "Others rest on it.")
    for path in sorted(folder.glob("*/theme.yaml")):
        name = _shown(folder, path)
        try:
            read_theme(path)
        except BrokenTheme as problem:
            yield Mistake(Place(name), "theme", str(problem).partition(": ")[2])
        except yaml.YAMLError as problem:
            mark = getattr(problem, "problem_mark", None)
            place = Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name)
            yield Mistake(place, "theme", f"This is not YAML: {getattr(problem, 'problem', None) or 'it cannot be read'}.")
        except Exception as problem:
            yield Mistake(Place(name), "theme", f"This cannot be read ({type(problem).__name__}: {problem}).")


def _of_templates(folder: Path) -> Iterator[Mistake]:
    reader = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted(folder.glob("*/templates/**/*.html")):
        name = _shown(folder, path)
        try:
            reader.parse(path.read_text(encoding="utf-8"), name)
        except TemplateSyntaxError as problem:
            yield Mistake(Place(name, problem.lineno, 1), "template", f"This is no template: {problem.message}")
        except UnicodeDecodeError:
            yield Mistake(Place(name), "not-utf8", "This is not UTF-8 text.", "Save the file as UTF-8.")


def _shown(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}" if path.is_relative_to(folder) else path.name
