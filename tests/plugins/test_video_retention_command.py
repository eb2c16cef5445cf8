"""`python -m banli_video`: what an operator erases and holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from banli_video.__main__ import main
from site_kit import changed


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    return changed(tmp_path / "site")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


def test_an_operator_is_told_company_by_company(site: Path) -> None:
    code, told = run("retention", "--site", str(site), "--dry-run", "--company", "8001", "--company", "8002")
    assert (code, told.splitlines()) == (0, [
        "8001: 0 would be erased (20 years), 0 on legal hold, 0 not due.",
        "8002: 0 would be erased (20 years), 0 on legal hold, 0 not due.",
    ])  # fmt: skip
    code, told = run("retention", "--site", str(site), "--company", "8001")
    assert (code, told) == (0, "8001: 0 erased (20 years), 0 on legal hold, 0 not due.\n")


def test_a_case_that_is_not_there_cannot_be_held(site: Path) -> None:
    code, told = run("hold", "--site", str(site), "8001-20261123-000001", "--why", "lawsuit", "--by", "legal")
    assert code == 1 and told == "Error: There is no case 8001-20261123-000001.\n"
