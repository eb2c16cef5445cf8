"""Looks at a theme before it is used: its tokens, the grammar of its templates, and what they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, TemplateSyntaxError, nodes

from banli.definitions.memory import Memory
from banli.errors import Mistake, Place, did_you_mean
from banli.themes.tokens import BrokenTheme, read_theme

_READER = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
_READER.filters.update(markdown=str, unbroken=str)


def flaws(folder: Path, memory: Memory | None = None) -> list[Mistake]:
    """What keeps the themes of a site from being used, with the place of each."""
    return sorted({*_of_tokens(folder), *_of_templates(folder, memory or Memory())})


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


@dataclass(frozen=True, slots=True)
class _Named:
    """That a template names another, and which macros of it, in this line."""

    template: str
    line: int
    macros: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Looked:
    """What there is to know of one template: what is wrong in it, what it names, what others can name."""

    mistakes: tuple[Mistake, ...] = ()
    named: tuple[_Named, ...] = ()
    offered: frozenset[str] = frozenset()


def _of_templates(folder: Path, memory: Memory) -> Iterator[Mistake]:
    """What is no template, and what would only be found out when a page is drawn: unknown filters, templates and macros."""
    found = {
        path: memory.of(_look, _shown(folder, path), path.read_bytes()) for path in sorted(folder.glob("*/templates/**/*.html"))
    }
    for path, looked in found.items():
        yield from looked.mistakes
        yield from _of_names(folder, path, looked, found)


def _look(name: str, raw: bytes) -> _Looked:
    try:
        tree = _READER.parse(raw.decode("utf-8"), name)
        named = tuple(_names(tree))
        offered = {macro.name for macro in tree.find_all(nodes.Macro)}
        offered |= {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"}
        _READER.compile(tree, name, raw=True)
    except TemplateSyntaxError as problem:
        return _Looked((Mistake(Place(name, problem.lineno, 1), "template", f"This is no template: {problem.message}"),))
    except UnicodeDecodeError:
        return _Looked((Mistake(Place(name), "not-utf8", "This is not UTF-8 text.", "Save the file as UTF-8."),))
    return _Looked((), named, frozenset(offered))


def _names(tree: nodes.Template) -> Iterator[_Named]:
    """What is computed is left to the drawing."""
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        template = getattr(node, "template", None)
        named = template.value if isinstance(template, nodes.Const) else None
        if isinstance(named, str) and not getattr(node, "ignore_missing", False):
            macros = node.names if isinstance(node, nodes.FromImport) else []
            yield _Named(named, node.lineno, tuple(one[0] if isinstance(one, tuple) else one for one in macros))


def _of_names(folder: Path, path: Path, looked: _Looked, found: Mapping[Path, _Looked]) -> Iterator[Mistake]:
    """Templates of plugins are not known here."""
    homes = (folder / path.relative_to(folder).parts[0] / "templates", folder / "plain/templates")
    for one in looked.named:
        there = next((home / one.template for home in homes if home / one.template in found), None)
        place = Place(_shown(folder, path), one.line, 1)
        if there is not None:
            for wanted in one.macros if not found[there].mistakes else ():
                if wanted not in found[there].offered:
                    cure = did_you_mean(wanted, found[there].offered)
                    yield Mistake(place, "template", f"'{one.template}' has no macro '{wanted}'.", cure)
            continue
        head, slash, _ = one.template.partition("/")
        if not slash or any((home / head).is_dir() for home in homes):
            known = [other.relative_to(home).as_posix() for home in homes for other in found if other.is_relative_to(home)]
            yield Mistake(place, "template", f"There is no template '{one.template}'.", did_you_mean(one.template, known))


def _shown(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}" if path.is_relative_to(folder) else path.name
