"""Stories in which agreements are signed: that they are goes without saying, what goes wrong is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from banli.scenarios.checking import check_all
from definition_kinds import KINDS
from test_scenarios import HEAD, SITE, TO_AGREEMENTS, Told

FLOW = (SITE / "flows/change.yaml").read_text(encoding="utf-8")


@pytest.fixture
def told(tmp_path: Path) -> Told:
    made = Told(tmp_path)
    made.kinds = replace(KINDS, signers={"certificate": ""})
    made.write("flows/change.yaml", FLOW.replace("agreements: {", "agreements: {sign: certificate, "))
    return made


def test_whoever_reads_and_agrees_has_signed(told: Told) -> None:
    assert "sign: certificate" in (told.definitions / "flows/change.yaml").read_text(encoding="utf-8")
    assert told.story(TO_AGREEMENTS + "  - agreements: {read: all, agree: true}\n    expect: {state: submitted}\n") == ""
    assert (
        told.story(TO_AGREEMENTS + "  - agreements: {read: all, agree: true, signed: ok}\n    expect: {state: submitted}\n") == ""
    )


def test_a_signature_that_fails_is_told_and_tried_again(told: Told) -> None:
    failing = """  - agreements: {read: all, agree: true, signed: signature_missing}
    expect: {refused: signature_missing, step: agreements, unread: []}
  - agreements: {agree: true}
    expect: {state: submitted}
"""
    assert told.story(TO_AGREEMENTS + failing) == ""
    unexpected = told.story(TO_AGREEMENTS + "  - agreements: {read: all, agree: true, signed: signature_outdated}\n")
    assert "signature_outdated" in unexpected and "does not expect it" in unexpected


def test_a_word_that_is_no_code_and_a_step_that_nobody_signs_are_mistakes(told: Told) -> None:
    story = HEAD + TO_AGREEMENTS + "  - agreements: {read: all, agree: true, signed: oky}\n"
    told.write("scenarios/story.yaml", story)
    (mistake,) = check_all(told.definitions, told.kinds)
    assert mistake.code == "unknown-code" and "'oky'" in mistake.what
    told.write("flows/change.yaml", FLOW)
    (mistake,) = check_all(told.definitions, told.kinds)
    assert mistake.code == "unknown-field" and "takes no 'signed'" in mistake.what
