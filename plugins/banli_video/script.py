"""What an agent has to ask and to take before a client passes, as the step's options say it; and what is still missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from banli.errors import Problem

LONGEST_NOTES = 2000
TICKED = "yes"
"""The answer to a question that has none of its own."""
WITHOUT = ("browser", "network", "storage", "company")
"""Why a decision is taken without a (whole) recording: the agent's browser could not, the network was away, the site could not
keep it, the company has decided so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the script. `answers` are what can be ticked, by their codes; without them the question itself is ticked
    (`TICKED`). `must` is the code without which nobody passes ("": any)."""

    id: str
    text: str
    answers: Mapping[str, str]
    must: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A picture to take. `optional`: one can pass without it."""

    id: str
    title: str
    hint: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    questions: tuple[Asked, ...]
    slots: tuple[Slot, ...]
    recording: str
    """required, optional or none"""
    number: bool
    """Must the agent have a practising certificate number?"""
    minutes: int

    def answered(self, said: object) -> dict[str, str]:
        """What of this are answers to questions of the script."""
        if not isinstance(said, Mapping):
            return {}
        known = {one.id: one for one in self.questions}
        return {
            id: answer for id, answer in said.items()
            if id in known and isinstance(answer, str) and (not answer or answer in (known[id].answers or (TICKED,)))
        }  # fmt: skip

    def missing(self, answers: Mapping[str, Any], snapshots: Mapping[str, str]) -> Problem | None:
        """Why the client cannot pass yet; None: the script is complete."""
        if any(not answers.get(one.id) for one in self.questions):
            return Problem("questions", "video_script_incomplete")
        if any(one.must and answers[one.id] != one.must for one in self.questions):
            return Problem("questions", "video_script_wrong")
        if any(not snapshots.get(slot.id) and not slot.optional for slot in self.slots):
            return Problem("snapshots", "video_snapshots_missing")
        return None


def script_of(options: Mapping[str, Any]) -> Script:
    questions = tuple(
        Asked(one["id"], one["text"], one.get("answers", {}), one.get("must", "")) for one in options.get("questions", ())
    )
    slots = tuple(
        Slot(one["id"], one["title"], one.get("hint", ""), bool(one.get("optional"))) for one in options.get("snapshots", ())
    )
    return Script(
        questions, slots, str(options.get("recording", "required")), options.get("number", "required") == "required",
        int(options.get("max_minutes", 0)),
    )  # fmt: skip
