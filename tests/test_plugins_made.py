"""Plugins that cannot be made, and two that offer the same: told in a sentence, never as a crash."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from banli.cli import main
from banli.cli.base import plugins_of, the_site
from banli.hooks import Home, Plugin, SmsGateway
from banli.parts import system_clock
from banli.plugins import MissingPart, activate, installed
from banli.sites import bundled
from banli.steps import StepKind
from banli_otp import FailingGateway


class Carrier(Plugin):
    """Looks into its settings at once, as the README's own example does."""

    name = "carrier"
    options = {"url": {"type": "string"}, "seconds": {"type": "number"}}
    required = ("url",)

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self.url, self.seconds = options["url"], float(options.get("seconds", 5)) / (0 if options["url"] == "zero" else 1)

    def sms(self) -> SmsGateway:
        return FailingGateway()


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["new", "site", "trial"]).exit_code == 0
    shutil.copytree(bundled() / "themes", tmp_path / "trial/themes")
    monkeypatch.setattr("banli.plugins.installed", lambda: {**installed(), "carrier": Carrier})
    return tmp_path / "trial"


def listing(trial: Path, line: str) -> Path:
    path = trial / "definitions/site.yaml"
    path.write_text(path.read_text().replace("  - banli_otp: {gateway: outbox}\n", line))
    return trial


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("- carrier", "6:5: missing-key: 'url' is missing. Write '- carrier: {url: …}'."),
        ("- carrier: {seconds: 3}", "6:5: missing-key: 'url' is missing. Add it."),
        ("- carrier: {url: x, seconds: soon}", "6:32: wrong-type: This must be a number, not text."),
    ],
)
def test_settings_with_which_a_plugin_cannot_be_made_are_told_with_their_place(trial: Path, line: str, told: str) -> None:
    listing(trial, f"  {line}\n")
    checked = CliRunner().invoke(main, ["check", "--site", str(trial)])
    assert (checked.exit_code, checked.stdout) == (1, f"definitions/site.yaml:{told}\n")
    as_json = CliRunner().invoke(main, ["check", "--site", str(trial), "--format", "json"])
    assert [mistake["file"] for mistake in json.loads(as_json.stdout)] == ["definitions/site.yaml"]


def test_a_plugin_that_breaks_while_it_is_made_is_named_with_its_line(tmp_path: Path) -> None:
    homes = {"carrier": Home(tmp_path, system_clock, True, tmp_path)}
    with pytest.raises(MissingPart, match=r"'carrier' cannot be made: ZeroDivisionError: .*test_plugins_made\.py, line \d+\)"):
        activate({"carrier": {"url": "zero"}}, {"carrier": Carrier}, homes)


def test_a_step_whose_page_is_not_there_is_told_before_a_client_gets_to_it(trial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Puzzle(StepKind):
        name = "puzzle"
        template = "carrier/puzzle"

    monkeypatch.setattr(Carrier, "steps", lambda self: [Puzzle()])
    listing(trial, "  - carrier: {url: x}\n")
    place = Path(__file__).parent / "templates/puzzle.html"
    with pytest.raises(MissingPart, match=f"'carrier' names a template for 'puzzle' that is not there: {re.escape(str(place))}"):
        plugins_of(the_site(trial))


def test_of_two_that_offer_the_same_nobody_is_chosen_in_silence(tmp_path: Path) -> None:
    wanted = {"banli_otp": {"gateway": "outbox"}, "carrier": {"url": "x"}}
    homes = {name: Home(tmp_path, system_clock, True, tmp_path) for name in wanted}
    with pytest.raises(MissingPart, match=r"The plugins 'banli_otp' and 'carrier' offer 'sms'\. List only one of them"):
        activate(wanted, {**installed(), "carrier": Carrier}, homes)


def test_messages_and_changes_on_file_need_no_action_of_the_integrators(tmp_path: Path) -> None:
    """`sms.send` goes by any gateway, as `directory.update` goes to any directory."""
    made = activate({"carrier": {"url": "x"}}, {"carrier": Carrier}, {"carrier": Home(tmp_path, system_clock, True, tmp_path)})
    assert list(made.actions) == ["sms.send"]
