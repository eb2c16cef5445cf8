"""The step `video` in definitions: its page of settings works as it is written, and what is wrong is told."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from plugin_kit import NOW, ROOT, catalogue

from banli.definitions.library import Library
from banli.definitions.source import read
from banli.hooks import Home
from banli.plugins import activate, installed, kinds
from banli.sites import bundled
from banli.works import _in_words
from banli_video.step import VideoStep
from banli_video.words import CLIENTS

README = (ROOT / "plugins" / "banli_video" / "README.md").read_text("utf-8")
EXAMPLE = next(block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if block.startswith("- video"))
STEPS = [one["video"] for one in read("README.md", f"steps:\n{EXAMPLE}".encode()).data["steps"]]


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundled() / "definitions", tmp_path / "definitions"))


def mistakes(definitions: Path, step: dict[str, Any]) -> list[tuple[str, str]]:
    """What is told of the example's flow with this step in place of its own."""
    path = definitions / "flows" / "basic_info_change.yaml"
    flow = read(path.name, path.read_bytes()).data
    for one in flow["steps"]:
        if "video" in one:
            one["video"] = step
    path.write_text(json.dumps(flow, ensure_ascii=False), "utf-8")
    available = installed()
    wanted = {name: {} for name in ("banli_video", "banli_certificate")} | {
        "banli_captcha": {}, "banli_otp": {"gateway": "outbox"}, "banli_directory": {"system": "simulator"},
    }  # fmt: skip
    homes = {name: Home(definitions.parent / name, lambda: NOW, True, definitions) for name in wanted}
    library = Library.read(definitions, kinds(activate(wanted, available, homes), available))
    found = [one for one in library.mistakes if one.place.file.endswith("flows/basic_info_change.yaml")]
    return [(one.code, one.what) for one in found if one.code not in ("translation", "calendar-ends")]


@pytest.mark.parametrize("step", STEPS, ids=["live", "recorded"])
def test_what_the_readme_shows_is_correct(definitions: Path, step: dict[str, Any]) -> None:
    assert mistakes(definitions, step) == []


def test_what_cannot_stand_in_a_step_is_told(definitions: Path) -> None:
    wrong = {"title": "视频认证", "mode": "both", "questions": [{"text": "谁？"}], "priority": [{"when": "true", "rank": "1"}]}
    assert {code for code, _ in mistakes(definitions, wrong)} == {"not-one-of", "missing-key", "wrong-type"}


def test_what_is_not_there_is_told(definitions: Path) -> None:
    wrong = {
        "title": "视频认证", "queue": "client.brunch", "priority": [{"when": "client.nmae == ''", "rank": 1}],
        "reasons": [{"x": {"text": "错", "reopen": ["nowhere"]}}],
    }  # fmt: skip
    told = mistakes(definitions, wrong)
    assert {code for code, _ in told} == {"unknown-name", "unknown-step"}
    assert "There is no 'client.brunch'." in {what for _, what in told}


def test_a_member_of_staff_reads_the_texts_of_the_settings_and_nothing_else_changes() -> None:
    options = {
        "queue": "client.branch", "hints": ["yes"], "max_minutes": 3,
        "questions": [{"id": "yes", "text": "yes", "answers": {"yes": "yes", "no": "no"}, "must": "yes"}],
    }  # fmt: skip
    told = _in_words(options, VideoStep.refers, {"yes": "是", "no": "否"}.get)  # type: ignore[arg-type]
    assert told == {
        "queue": "client.branch", "hints": ["是"], "max_minutes": 3,
        "questions": [{"id": "yes", "text": "是", "answers": {"yes": "是", "no": "否"}, "must": "yes"}],
    }  # fmt: skip


def test_every_word_of_the_clients_pages_has_its_chinese() -> None:
    """R-130 and what the manual's figures show, verbatim."""
    chinese = catalogue("banli_video", "zh_CN")
    assert [msgid for msgid in CLIENTS.values() if not chinese.get(msgid)] == []
    said = {code: chinese[msgid] for code, msgid in CLIENTS.items()}
    assert (said["video_start"], said["video_people"]) == ("开始视频通话", "当前排队人数")
    for code, msgid in CLIENTS.items():
        assert re.findall(r"\{\w+\}", said[code]) == re.findall(r"\{\w+\}", msgid), code
