"""`banli show texts`: an author sees every word of the clients' pages, whose it is, and where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from banli.cli import main
from banli.sentences import SENTENCES, TEXTS
from banli.sites import bundled
from site_kit import changed, dumped


def shown(*arguments: str) -> str:
    answer = CliRunner().invoke(main, ["show", *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_every_code_is_there_with_the_words_that_clients_read() -> None:
    """C-33"""
    listed = yaml.safe_load(shown("texts", "--company", "8002", "--site", str(bundled())))
    assert set(listed) >= {*SENTENCES, *TEXTS}
    assert (listed["close"], listed["login_button"], listed["back"]) == ("关闭", "登录办理", "返回")
    assert list(listed) == sorted(listed)


def test_with_where_each_word_says_its_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Company over site, environment over company, business over all."""
    root = changed(
        tmp_path / "site",
        companies__8001__company=dumped(texts={"login_button": "进入"}, environments={"staging": {"texts": {"close": "离开"}}}),
        companies__8001__flows__basic_info_change=dumped(texts={"next": "继续"}),
    )
    monkeypatch.setenv("BANLI_ENVIRONMENT", "staging")
    lines = shown("texts/basic_info_change", "--company", "8001", "--where", "--site", str(root)).splitlines()
    told = {line.partition(":")[0]: line.partition(": ")[2] for line in lines}
    places = {code: told[code].partition("  # ") for code in ("login_button", "close", "next", "edit", "back")}
    assert {code: (words, place.partition(".yaml")[0]) for code, (words, _, place) in places.items()} == {
        "login_button": ('"进入"', "definitions/companies/8001/company"),
        "close": ('"离开"', "definitions/companies/8001/company"),
        "next": ('"继续"', "definitions/companies/8001/flows/basic_info_change"),
        "edit": ('"编辑"', "definitions/site"),
        "back": ('"返回"', "banli"),
    }
    monkeypatch.setenv("BANLI_ENVIRONMENT", "production")
    assert 'close: "关闭"' in shown("texts", "--company", "8001", "--site", str(root))


@pytest.mark.parametrize("what, company, told", [
    ("texts", "8009", "There is no company '8009'."),
    ("texts/basic_info", "8001", "There is no business 'basic_info'. Did you mean 'basic_info_change'?"),
])  # fmt: skip
def test_what_is_not_there_is_told(what: str, company: str, told: str) -> None:
    answer = CliRunner().invoke(main, ["show", what, "--company", company, "--site", str(bundled())], standalone_mode=True)
    assert answer.exit_code == 1 and told in answer.stderr
