"""`banli test`, as an author and a build server use it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner

from banli.cli import main
from banli.definitions.composed import compose
from banli.definitions.source import read
from definition_kinds import KINDS

EXAMPLE = Path(__file__).parents[1] / "definitions"
SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
GOOD = """title: 改电话
business: change
at: 2026-11-24T10:00
client: {name: 样本甲, phone: '13800000000'}
story:
  - start
  - overview: {edit: reach}
  - phone: {phone: 021-63212345}
    expect: {step: agreements}
"""
BAD = GOOD.replace("改电话", "改电话 <&> \\x01，走错").replace("agreements", "phone")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small site with one good story; the core system is simulated."""
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    shutil.copytree(SITE, tmp_path / "definitions")
    settings = tmp_path / "definitions/site.yaml"
    text = settings.read_text(encoding="utf-8").replace(
        "  - banli_captcha\n", "  - banli_captcha\n  - banli_directory: {system: simulator}\n"
    )
    settings.write_text(text, encoding="utf-8")
    (tmp_path / "definitions/scenarios").mkdir()
    (tmp_path / "definitions/scenarios/good.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def run(site: Path, *words: str):
    return CliRunner().invoke(main, ["test", "--site", str(site), *words], catch_exceptions=False)


def timeless(text: str) -> str:
    return re.sub(r"[0-9,.]+ (ms|s|steps/s)\b", r"… \1", text)


def bad(site: Path) -> None:
    text = BAD.replace("title: 改电话 <&> \\x01，走错", 'title: "改电话 <&> \\x01，走错"')
    (site / "definitions/scenarios/bad.yaml").write_text(text, encoding="utf-8")


def test_stories_that_go_as_told_are_counted_and_the_exit_code_is_zero(site: Path) -> None:
    found = run(site)
    assert (found.exit_code, timeless(found.output)) == (
        0, "1 scenario, 2 runs, 6 steps in … s (… steps/s): all as told.\n",
    )  # fmt: skip
    assert not (site / "var").exists()


def test_each_story_is_told_when_asked_for(site: Path) -> None:
    assert timeless(run(site, "-v", "--company", "1002").output) == (
        "ok     1002 good: 改电话 (3 steps, … ms)\n1 scenario, 1 run, 3 steps in … s (… steps/s): all as told.\n"
    )


def test_a_story_that_goes_another_way_is_told_at_its_place_and_fails_the_run(site: Path) -> None:
    bad(site)
    found = run(site, "--company", "1001")
    assert found.exit_code == 1
    lines = found.output.splitlines()
    assert lines[0] == "definitions/scenarios/bad.yaml:9:14: 1001: Expected the page: phone. Came: agreements."
    assert lines[2] == "    case of change at 1001: open, 2026-11-24 10:00"
    assert "    -> agreements (agreements): todo: always asked; not answered yet" in lines
    assert timeless(lines[-1]) == "2 scenarios, 2 runs, 6 steps in … s (… steps/s): 1 failed."


def test_a_story_that_is_written_wrong_fails_the_run_and_the_others_still_run(site: Path) -> None:
    (site / "definitions/scenarios/wrong.yaml").write_text(GOOD.replace("phone: {phone", "fone: {phone"), encoding="utf-8")
    found = run(site, "--company", "1001")
    assert (found.exit_code, timeless(found.output)) == (
        1,
        "definitions/scenarios/wrong.yaml:8:5: unknown-step: There is no step 'fone'. Did you mean 'phone'?\n"
        "1 scenario, 1 run, 3 steps in … s (… steps/s): all as told.\n",
    )


def test_a_build_server_gets_junit_xml_with_every_story(site: Path) -> None:
    bad(site)
    found = run(site, "--format", "junit", "--output", str(site / "out/report.xml"))
    assert found.exit_code == 1
    root = ElementTree.parse(site / "out/report.xml").getroot()
    assert (root.tag, {name: root.get(name) for name in ("tests", "failures", "errors")}) == (
        "testsuites", {"tests": "4", "failures": "2", "errors": "0"},
    )  # fmt: skip
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("1001.change", "2", "1"), ("1002.change", "2", "1"),
    ]  # fmt: skip
    failed, good = root[0]
    assert {name: failed.get(name) for name in ("classname", "name", "file", "line")} == {
        "classname": "1001.change", "name": "bad: 改电话 <&> \ufffd，走错", "file": "definitions/scenarios/bad.yaml", "line": "9",
    }  # fmt: skip
    assert failed[0].get("message") == "definitions/scenarios/bad.yaml:9:14: Expected the page: phone. Came: agreements."
    assert "-> agreements" in str(failed[0].text)
    assert (good.get("line"), list(good)) == ("1", [])
    assert float(str(good.get("time"))) > 0


def test_junit_on_standard_output_is_nothing_but_xml(site: Path) -> None:
    found = run(site, "--format", "junit")
    assert ElementTree.fromstring(found.stdout.encode()).get("tests") == "2"
    assert "all as told" in found.stderr


def test_what_no_story_touches_is_named_and_can_fail_the_run(site: Path) -> None:
    found = run(site, "--coverage", "--company", "1001")
    lines = found.output.splitlines()
    assert lines[0] == "1001 change: 27.8 % (steps 2/5, branches 2/8, rules 0/1, reasons 0/1, options 1/2, actions 0/1)"
    assert "    not tested: steps: address" in lines
    assert found.exit_code == 0
    low = run(site, "--fail-under", "28", "--company", "1001")
    assert low.exit_code == 1
    assert low.output.splitlines()[0] == "Only 27.8 % is touched, less than 28 %."
    assert run(site, "--fail-under", "27", "--company", "1001").exit_code == 0


def test_a_pattern_that_fits_nothing_and_a_company_that_is_none_are_told(site: Path) -> None:
    assert run(site, "godo").output == "Error: No scenario fits godo.\n"
    assert run(site, "--company", "1003").output == "Error: There is no company '1003'. There are: 1001, 1002.\n"
    assert run(site, "good").exit_code == 0


def test_while_the_definitions_are_wrong_no_story_is_played(site: Path) -> None:
    (site / "definitions/hours/night.yaml").write_text("calendar: chna\nwindows: {mon-fri: '08:00-09:00'}\n", encoding="utf-8")
    found = run(site)
    assert found.exit_code == 1
    assert found.output.startswith("Error: The definitions have mistakes:\ndefinitions/hours/night.yaml:1:11: unknown-calendar:")


def test_the_stories_of_the_example_site_touch_everything_of_its_first_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-042, R-058, R-077 to R-099, R-102 to R-110, R-118 to R-125: the good ways of the three variants and the bad ones."""
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    found = CliRunner().invoke(main, ["test", "basic_info_change", "--fail-under", "100", "--coverage"], catch_exceptions=False)
    assert [line for line in found.output.splitlines() if "not tested" in line or "Expected" in line or "refused" in line] == []
    assert found.exit_code == 0, found.output


def test_editors_accept_every_story_of_the_example_site() -> None:
    """By the JSON Schema that ships, as any validator reads it."""
    check = jsonschema.Draft202012Validator(compose("scenario", KINDS))
    stories = [path for path in EXAMPLE.rglob("scenarios/**/*.yaml") if path.parent.name != "clients"]
    assert len(stories) >= 20
    wrong = [f"{path}: {error.message}" for path in stories for error in check.iter_errors(read("x", path.read_bytes()).data)]
    assert wrong == []


def test_a_new_site_comes_with_a_story_that_goes_as_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["new", "site", "trial"], catch_exceptions=False).exit_code == 0
    found = run(tmp_path / "trial")
    assert (found.exit_code, timeless(found.output)) == (
        0, "1 scenario, 1 run, 6 steps in … s (… steps/s): all as told.\n",
    )  # fmt: skip
