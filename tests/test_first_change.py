"""An author who has never seen the code walks docs/first-change.md: every block is applied, every command run and compared."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from banli.cli import main
from banli.sites import bundled
from release_kit import begun

PAGE = Path(__file__).parents[1] / "docs" / "first-change.md"
BLOCK = re.compile(r"^```(?P<kind>yaml|po|diff|console)\n(?P<body>.*?)^```$|^<!-- begins (?P<begins>.*?) -->$", re.S | re.M)
CASE = re.compile(r"\b\d{4}-\d{8}-\d{6}\b")

RULES = (
    (re.compile(r"^Warning: .*?: calendar-ends: .*\n", re.M), ""),  # depends on the day of the year
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( \+0800)?"), "TIME"),
    (re.compile(r"(?<= since )\d{4}-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\d[\d,.]* (ms|s|steps/s)\b"), r"… \1"),
    (re.compile(r"\d\d+ scenarios, \d+ runs, \d+ steps(?= in .*: all)"), "ALL STORIES"),  # others are added beside
    (re.compile(r"(?<=No mistakes in ).*(?=/definitions\.)"), "SITE"),
)
"""What looks different each time, in the document as on the screen."""
HASH = re.compile(r"\b[0-9a-f]{12}\b")
"""The same hash is the same one everywhere; which it is, is another matter each time."""


@dataclass
class Walk:
    """One walk along the page, in a copy of the definitions."""

    site: Path
    numbers: dict[str, str] = field(default_factory=dict)
    """The case numbers of the page, and those of this walk."""

    def go(self, text: str) -> Iterator[tuple[str, str, str]]:
        """Each command with what the page says of it and what it printed."""
        for block in BLOCK.finditer(text):
            if block["begins"]:
                self.begin(*block["begins"].split(": "))
            elif block["kind"] == "console":
                for command, told in commands(block["body"]):
                    yield command, told, self.run(command)
            elif block["kind"] == "diff":
                self.change(block["body"])
            else:
                self.path(block["body"]).write_text(block["body"], encoding="utf-8")

    def path(self, body: str) -> Path:
        path = self.site / "definitions" / body.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def change(self, body: str) -> None:
        """Lines with `-` go, lines with `+` come, the others must be there; `@@` stands for what lies between."""
        path = self.path(body)
        text = path.read_text(encoding="utf-8")
        for hunk in body.partition("\n")[2].split("@@\n"):
            lines = hunk.splitlines(keepends=True)
            old, new = ("".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +"))
            assert text.count(old) == 1, f"{path.name} does not say this once:\n{old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def begin(self, number: str, story: str) -> None:
        """A client of 8002 begins by the product's own means and answers `step.question=answer`."""
        person, *said = story.split()
        answers: dict[str, dict[str, str | list[str]]] = {}
        for name, _, value in (one.partition("=") for one in said):
            step, _, question = name.partition(".")
            answers.setdefault(step, {})[question] = value
        self.numbers[number] = begun(self.site, "8002", person, answers)

    def run(self, command: str) -> str:
        name, *words = shlex.split(CASE.sub(lambda found: self.numbers[found[0]], command))
        if name != "banli":
            return ""
        return CliRunner().invoke(main, words, catch_exceptions=False).output


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a console, each with what it prints."""
    for piece in re.split(r"^\$ ", body, flags=re.M)[1:]:
        command, _, told = piece.partition("\n")
        yield command, told


def plain(text: str, known: dict[str, str]) -> str:
    """What is printed, without what looks different each time."""
    for pattern, word in RULES:
        text = pattern.sub(word, text)
    for pattern, word in ((CASE, "case"), (HASH, "edition")):
        text = pattern.sub(lambda found: known.setdefault(found[0], f"{word} {len(known) + 1}"), text)
    return text


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the definitions, as the working folder."""
    for name in ("BANLI_SITE", "BANLI_VAR", "BANLI_DATABASE", "BANLI_BLOBS", "BANLI_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(bundled() / "definitions", tmp_path / "walk" / "definitions")
    monkeypatch.chdir(tmp_path / "walk")
    return tmp_path / "walk"


def test_whoever_walks_the_page_sees_what_it_shows(site: Path) -> None:
    shown: dict[str, str] = {}
    seen: dict[str, str] = {}
    for command, told, printed in Walk(site).go(PAGE.read_text(encoding="utf-8")):
        assert (command, plain(printed, seen)) == (command, plain(told, shown))
