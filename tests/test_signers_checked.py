"""Who signs agreements is known, and nobody is led to them with nothing to sign with."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from banli.definitions.kinds import StepShape
from banli.definitions.library import Library
from definition_kinds import KINDS

SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
SIGNED = replace(KINDS, signers={"certificate": "certificate"}, steps={**KINDS.steps, "certificate": StepShape("certificate")})


@pytest.mark.parametrize(
    ("before", "after", "mistakes"),
    [
        ("  - certificate: {stage: data}\n", "", []),
        ("", "", ["signs-with-nothing"]),
        ("", "  - certificate: {stage: sign}\n", ["signs-with-nothing"]),
    ],
)
def test_a_step_that_gives_a_certificate_comes_before_the_agreements(
    tmp_path: Path, before: str, after: str, mistakes: list[str]
) -> None:
    shutil.copytree(SITE, tmp_path / "definitions")
    path = tmp_path / "definitions/flows/change.yaml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "agreements:" in line)
    signed = "  - agreements: {list: change, stage: sign, sign: certificate}\n"
    path.write_text(text.replace(line + "\n", before + signed + after), encoding="utf-8")
    told = Library.read(tmp_path / "definitions", SIGNED).mistakes
    assert [mistake.code for mistake in told] == mistakes
    assert all(mistake.cure == "Add '- certificate: …' before it." for mistake in told)
