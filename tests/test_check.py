"""Each file in tests/broken is one mistake of an author, laid over a small correct site, with all that is said of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from banli.definitions.check import tell
from banli.errors import Mistake, Place
from banli.scenarios.checking import check_all
from definition_kinds import KINDS

BROKEN = Path(__file__).parent / "broken"
SITE = BROKEN / "_site" / "definitions"
CASES = sorted(path for path in BROKEN.iterdir() if path.name != "_site")


def lay(case: Path, site: Path) -> list[str]:
    """Lays a broken file or folder over a copy of the small site; gives the messages that are expected."""
    shutil.copytree(SITE, site)
    if case.is_dir():
        shutil.copytree(case / "definitions", site, dirs_exist_ok=True)
        return (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    head = []
    for line in case.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# definitions/") and not line.startswith("# lies at "):
            break
        head.append(line.removeprefix("# "))
    expected = [line for line in head if not line.startswith("lies at ")]
    lies_at = next(
        (line.removeprefix("lies at ") for line in head if line.startswith("lies at ")), expected[0].partition(":")[0]
    )
    target = site.parent / lies_at
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(case, target)
    return expected


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_an_author_is_told_the_mistake_with_its_place_and_cure_and_nothing_else(case: Path, tmp_path: Path) -> None:
    expected = lay(case, tmp_path / "definitions")
    assert [str(mistake) for mistake in check_all(tmp_path / "definitions", KINDS)] == expected


def test_there_is_a_broken_file_for_every_kind_of_mistake_that_this_suite_promises() -> None:
    assert len(CASES) >= 150


def test_a_correct_small_site_gives_no_alarm() -> None:
    assert check_all(SITE, KINDS) == []


def test_all_mistakes_of_a_site_are_told_at_once_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    site = tmp_path / "definitions"
    expected = lay(BROKEN / "unknown_business.yaml", site)
    for name in ("unknown_format", "locks_nothing"):
        expected += lay(BROKEN / f"{name}.yaml", tmp_path / name / "definitions")
    shutil.copyfile(BROKEN / "unknown_format.yaml", site / "forms/phone.yaml")
    text = (site / "forms/phone.yaml").read_text(encoding="utf-8").replace("[layout.sms_code]", "[layout.sms_cod]")
    (site / "forms/phone.yaml").write_text(text, encoding="utf-8")
    assert [str(mistake) for mistake in check_all(site, KINDS)] == expected


def test_programs_and_github_are_told_the_same_in_their_own_words() -> None:
    mistakes = [
        Mistake(Place("definitions/forms/a.yaml", 9, 3), "unknown-key", "There is no key 'a,b' here.", "Delete it."),
        Mistake(Place("definitions/b.yaml"), "empty-file", "The file is empty."),
    ]
    assert tell(mistakes) == (
        "definitions/forms/a.yaml:9:3: unknown-key: There is no key 'a,b' here. Delete it.\n"
        "definitions/b.yaml: empty-file: The file is empty."
    )
    assert json.loads(tell(mistakes, "json")) == [
        {
            "file": "definitions/forms/a.yaml",
            "line": 9,
            "column": 3,
            "code": "unknown-key",
            "what": "There is no key 'a,b' here.",
            "cure": "Delete it.",
        },
        {
            "file": "definitions/b.yaml",
            "line": 0,
            "column": 0,
            "code": "empty-file",
            "what": "The file is empty.",
            "cure": "",
        },
    ]
    assert tell(mistakes, "github") == (
        "::error file=definitions/forms/a.yaml,title=unknown-key,line=9,col=3::There is no key 'a,b' here. Delete it.\n"
        "::error file=definitions/b.yaml,title=empty-file::The file is empty."
    )
