"""What the pages in docs/ name is there: tests, files, commands."""

from __future__ import annotations

import re
from pathlib import Path

from banli.cli import main

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md", ROOT / "definitions/README.md", *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "plugins").glob("**/README.md")),
)  # fmt: skip


def test_every_test_that_the_page_on_security_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/security.md").read_text(encoding="utf-8")))
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 25
    assert {name for name in named if not re.search(rf"^(async )?def {name}\(", tests, re.M)} == set()


def test_every_page_that_a_page_links_to_is_there() -> None:
    missing = [
        f"{page.name}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert missing == []


def test_every_command_that_a_page_shows_is_there() -> None:
    shown = {word for page in PAGES for word in re.findall(r"^(?:\$ )?banli ([a-z]+)", page.read_text(encoding="utf-8"), re.M)}
    assert len(shown) > 8
    assert shown - set(main.commands) == set()
