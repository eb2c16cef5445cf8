"""The command line, as an author and an operator use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from banli.cli import main
from banli.sites import bundled
from banli.store import Vault


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))

    def call(*words: str):
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return call


def copied(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    for folder in ("definitions", "themes"):
        shutil.copytree(bundled() / folder, site / folder)
    return site


def test_check_finds_nothing_wrong_with_the_example_site(run) -> None:
    found = run("check")
    assert (found.exit_code, found.stdout) == (0, "")


def test_check_tells_place_and_cure_and_fails(run, tmp_path: Path) -> None:
    site = copied(tmp_path)
    flow = site / "definitions/flows/basic_info_change.yaml"
    flow.write_text(flow.read_text().replace("{id: contact_phone,", "{id: contact_fone,"))
    found = run("check", "--site", str(site))
    assert found.exit_code == 1
    assert "Did you mean 'contact_phone'?" in found.stdout
    assert all(line.startswith("definitions/") for line in found.stdout.splitlines())


def test_check_speaks_json_for_programs(run, tmp_path: Path) -> None:
    site = copied(tmp_path)
    form = site / "definitions/forms/contact_phone.yaml"
    form.write_text(form.read_text() + "colour: red\n")
    found = json.loads(run("check", "--site", str(site), "--format", "json").stdout)
    assert [(m["file"], m["code"]) for m in found] == [("definitions/forms/contact_phone.yaml", "unknown-key")]
    assert set(found[0]) == {"file", "line", "column", "code", "what", "cure"}


def test_show_tells_what_a_company_gets_and_from_where(run) -> None:
    shown = run("show", "forms/other_info", "--company", "8002", "--where").stdout
    assert "trade_purpose" in shown
    assert "definitions/companies/8002/forms/other_info.yaml:" in shown
    assert "definitions/forms/other_info.yaml:" in shown
    assert run("show", "forms/nothing").exit_code == 1


@pytest.mark.parametrize("kind", ["form", "flow"])
def test_a_new_form_or_flow_is_right_at_once(run, tmp_path: Path, kind: str) -> None:
    """An author begins with something that checks clean."""
    site = copied(tmp_path)
    site_yaml = site / "definitions/site.yaml"
    site_yaml.write_text(site_yaml.read_text().replace("languages: [zh_CN, en]", "languages: [zh_CN]"))
    made = run("new", kind, "trial", "--site", str(site))
    assert (made.exit_code, made.stdout.splitlines()[-1].partition(":")[0]) == (0, "Next")
    assert run("check", "--site", str(site)).stdout == ""
    assert run("new", kind, "trial", "--site", str(site)).exit_code == 1, "nothing is written over"


def test_a_new_site_checks_clean(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "site", "trial").exit_code == 0
    shutil.copytree(bundled() / "themes", tmp_path / "trial/themes")
    assert run("check", "--site", str(tmp_path / "trial")).stdout == ""


def test_a_new_plugin_has_a_field_a_test_and_an_entry_point(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "plugin", "my_plugin").exit_code == 0
    assert 'my_plugin = "my_plugin:Added"' in (tmp_path / "my_plugin/pyproject.toml").read_text()
    monkeypatch.syspath_prepend(str(tmp_path / "my_plugin"))
    from importlib import import_module

    assert [kind.name for kind in import_module("my_plugin").Added({}, None).fields()] == ["upper"]


def test_schemas_are_written_for_editors(run, tmp_path: Path) -> None:
    assert run("schemas", str(tmp_path / "schemas")).exit_code == 0
    form = json.loads((tmp_path / "schemas/form.json").read_text())
    assert form["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_form_needs_a_site_to_stand_in(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("new", "form", "trial")
    assert found.exit_code == 1
    assert "is not a site" in found.output
    assert not (tmp_path / "definitions").exists()


def test_staff_belong_to_a_company_that_there_is(run) -> None:
    found = run("staff", "add", "li", "--company", "9999", "--name", "Sample", "--role", "auditor", "--password", "long-enough-2")
    assert found.exit_code == 1
    assert "There is no company '9999'. There are: 8001, 8002, 8003." in found.output


def test_a_bad_name_gets_a_sentence(run) -> None:
    found = run("new", "form", "My-Form")
    assert found.exit_code == 1
    assert "'My-Form' cannot be a name." in found.output


def test_explain_and_staff_work_beside_a_demo(run, tmp_path: Path) -> None:
    """Commands that only look start no plugin: the simulators of a demo do not stand in their way."""
    added = run("staff", "add", "wang", "--company", "8001", "--name", "Sample", "--role", "reviewer", "--password", "a-long-enough-1")
    assert added.exit_code == 0
    assert "otpauth://totp/" in added.output
    told = run("explain", "8001-20261123-000001")
    assert (told.exit_code, told.output) == (1, "Error: There is no case '8001-20261123-000001'.\n")
    ring = Vault.open(next(tmp_path.rglob("keys.json")), {})
    assert ring is not None and ring.rotate() == 2  # and nothing was sealed anew yet
    assert run("keys", "retire", "1").output == "Error: Key 1 still seals 1 values. Run 'banli keys rotate' first.\n"
    assert run("keys", "rotate").exit_code == 0
    for version, told in (
        ("4", "Error: There is no key 4. There are: 1, 2, 3.\n"),
        ("3", "Error: Key 3 is the current one. Run 'banli keys rotate' first.\n"),
        ("1", "Key 1 is off the ring. Left: 2, 3. Backups that it sealed open with no other.\n"),
        ("1", "Error: There is no key 1. There are: 2, 3.\n"),
    ):
        assert run("keys", "retire", version).output == told
    invited = run("staff", "invite", "li", "--company", "8001", "--name", "样本李", "--role", "agent", "--branch", "b01")
    assert (invited.exit_code, "/desk/welcome/" in invited.output) == (0, True)
    assert run("staff", "shut", "wang", "--company", "8001").output == "wang is shut.\n"
    assert run("staff", "list").output == (
        "8001\tli\t样本李\tagent\tb01\tinvited\t-\n8001\twang\tSample\treviewer\t*\tshut\t-\n"
    )
    assert run("staff", "open", "nobody", "--company", "8001").output == "Error: There is nobody with this login in this company.\n"


def test_a_new_site_is_the_one_in_the_working_folder_and_serves(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`banli new site` makes something that runs: with the themes that ship, from inside its folder."""
    monkeypatch.chdir(tmp_path)
    assert run("new", "site", "trial").exit_code == 0
    monkeypatch.chdir(tmp_path / "trial")
    shown = run("show", "company", "--company", "sample")
    assert "A sample company" in shown.stdout
    assert run("check").stdout == ""


async def test_the_pages_of_a_new_site_are_there_at_once(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from banli.app import create_app
    from banli.sites import open_site

    monkeypatch.chdir(tmp_path)
    assert run("new", "site", "trial").exit_code == 0
    app = create_app(open_site(tmp_path / "trial", demo=True), with_worker=False)
    async with app.test_app() as running:
        pages = [(await running.test_client().get(path)).status_code for path in ("/", "/sample/", "/sample/business/first")]
        person = await app.parts.plugins.directory.find("sample", "410105199508130039")
    assert pages == [200, 200, 200]
    assert person.record["name"] == "Sample One"
