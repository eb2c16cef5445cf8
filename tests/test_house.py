"""The shape of the house: what must not creep in."""

from __future__ import annotations

import ast
import re
import sys
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHINESE = re.compile(r"[\u3400-\u9fff]")


def test_python_keeps_its_own_platform_module() -> None:
    found = PathFinder.find_spec("platform", [str(ROOT), *sys.path])
    assert found is not None
    assert found.origin, "platform/ hides Python's platform module"
    assert not Path(found.origin).is_relative_to(ROOT), "remove platform/__init__.py"


FACTS = (
    "platform/banli/china", "platform/banli/expressions/functions.py", "platform/banli/testing.py",
    "plugins/banli_directory/pictures.py", "plugins/banli_captcha/speaking.py", "plugins/banli_imaging/reading",
)  # fmt: skip
"""Rooms about how Chinese people write numbers and names, what stands on a card, how digits are spoken: facts, not
texts of a page."""


def test_texts_stand_in_yaml_and_catalogues_not_in_code() -> None:
    """Whoever words a text finds it in `definitions/` or in a catalogue, never in Python, templates or scripts."""
    told = []
    for path in (file for folder in ("platform", "plugins", "themes") for file in (ROOT / folder).rglob("*")):
        name = str(path.relative_to(ROOT))
        if path.suffix == ".py" and not name.startswith(FACTS):
            told += [
                f"{name}:{line}: {text[:40]}" for line, text in _literals(ast.parse(path.read_bytes())) if CHINESE.search(text)
            ]
        elif path.suffix in (".js", ".html", ".css"):
            plain = re.sub(r"/\*.*?\*/|\{#.*?#\}|^\s*//.*?$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
            told += [f"{name}: {line.strip()[:40]}" for line in plain.splitlines() if CHINESE.search(line)]
    assert told == []


def _literals(tree: ast.AST) -> list[tuple[int, str]]:
    """The text literals of a module that are no docstrings and no notes under a name."""
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [(node.lineno, str(node.value)) for node in texts if id(node) not in notes]


def test_every_room_of_the_runtime_stands_on_its_page() -> None:
    """Whoever reads the code for the first time finds each room under its subject, and no room that is gone."""
    folder = ROOT / "platform/banli"
    rooms = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    rooms |= {f"{path.name}/" for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"}
    lines = [line for line in (folder / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = [room for line in lines for room in re.findall(r"`([a-z0-9_]+/?)`", line)]
    assert sorted(told) == sorted(rooms)


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("platform", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if path.stat().st_size and not path.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert silent == []
