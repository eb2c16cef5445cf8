"""Stories in which staff attend to the client at a step: they let the client pass, or send them back to what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from banli.definitions.kinds import StepShape
from banli.definitions.library import Library
from banli.hooks import Plugin
from banli.plugins import Plugins
from banli.scenarios.checking import check_all
from banli.scenarios.coverage import Coverage
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import Outcome, chosen, run_all
from banli.steps import StepKind
from definition_kinds import KINDS
from test_scenarios import HEAD, SITE, Told

FLOW = (SITE / "flows/change.yaml").read_text(encoding="utf-8")
WITNESS = """  - witness:
      title: 视频
      queue: client.name
      reasons:
        - phone_wrong: {text: 联系电话有误, reopen: [phone.phone]}
        - too_dark: {text: 光线过暗}
  - agreements:"""
TO_WITNESS = """  - start
  - overview: {edit: reach}
  - phone: {phone: 139 0000 0000, sms_code: ok}
    expect: {step: witness}
"""


class Witness(StepKind):
    name = "witness"
    staffed = True
    options: ClassVar[Mapping[str, Any]] = {"queue": {"type": "string", "description": "Which line."}}
    refers: ClassVar[Mapping[str, str]] = {"queue": "name"}


class Witnesses(Plugin):
    name = "witnesses"

    def steps(self) -> Sequence[StepKind]:
        return (Witness(),)


class Attended(Told):
    """A site whose changes go through a step at which staff attend to the client."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        shape = StepShape("witness", Witness.options, refers=Witness.refers, staffed=True)
        self.kinds = replace(KINDS, steps={**KINDS.steps, "witness": shape})
        self.write("flows/change.yaml", FLOW.replace("  - agreements:", WITNESS, 1))

    def run(self, *patterns: str, company: str = "1001") -> list[Outcome]:
        assert [str(mistake) for mistake in check_all(self.definitions, self.kinds)] == []
        library = Library.read(self.definitions, self.kinds)
        self.tales, _ = read_tales(self.definitions)
        plugin = Witnesses({}, None)  # type: ignore[arg-type]
        self.stage, self.seen = Stage(library, self.kinds, Plugins([plugin])), Coverage(self.kinds)
        return list(run_all(chosen(self.tales, self.stage, patterns, company), self.stage, self.tales, self.seen.heard))

    def mistakes(self, text: str) -> list[tuple[str, str]]:
        self.write("scenarios/story.yaml", HEAD + text)
        return [(one.code, one.what) for one in check_all(self.definitions, self.kinds)]


@pytest.fixture
def told(tmp_path: Path) -> Attended:
    return Attended(tmp_path)


def test_staff_send_a_client_back_and_let_them_pass_when_they_come_again(told: Attended) -> None:
    """R-137 to R-140"""
    story = (
        TO_WITNESS
        + """  - send_back: {witness: {reasons: [phone_wrong], remark: 打不通, by: agent1}}
    expect: {state: open, step: phone, reopened: [phone.phone], text: [联系电话有误, 打不通]}
  - phone: {phone: 138 0000 1111, sms_code: ok}
    expect: {step: witness}
  - send_back: {witness: [too_dark]}
    expect: {step: witness, reopened: [], text: 光线过暗}
  - called_back: {witness: {number: F0000001}}
    expect: {step: agreements}
"""
    )
    assert told.story(story) == ""
    issue = told.stage.issue("1001", "change")
    touched, missed = told.seen.of(issue)["reasons"]
    assert {"witness: phone_wrong", "witness: too_dark"} <= set(touched)
    assert not {"witness: phone_wrong", "witness: too_dark"} & set(missed)


def test_a_client_cannot_pass_by_themselves(told: Attended) -> None:
    assert told.story(TO_WITNESS + "  - witness: {}\n    expect: {refused: step_not_open, step: witness}\n") == ""


def test_reasons_and_steps_that_are_not_there_are_mistakes(told: Attended) -> None:
    assert told.mistakes(TO_WITNESS + "  - send_back: {witness: [phone_wrnog]}\n") == [
        ("unknown-reason", "The step 'witness' has no reason 'phone_wrnog'.")
    ]
    assert told.mistakes(TO_WITNESS + "  - send_back: {wintess: [phone_wrong]}\n") == [
        ("unknown-step", "There is no step 'wintess'.")
    ]
    assert told.mistakes(TO_WITNESS + "  - send_back: {phone: [phone_wrong]}\n") == [
        ("nobody-attends", "No staff attend to the client at the step 'phone'.")
    ]


def test_an_option_that_holds_a_name_is_told_when_conditions_do_not_know_it(told: Attended) -> None:
    flow = (told.definitions / "flows/change.yaml").read_text(encoding="utf-8")
    told.write("flows/change.yaml", flow.replace("queue: client.name", "queue: client.nmae"))
    (mistake,) = check_all(told.definitions, told.kinds)
    assert (mistake.code, mistake.what) == ("unknown-name", "There is no 'client.nmae'.")
    assert "client.name" in mistake.cure
