"""The step `notice`: something to read, made of the answers so far, and the way back to answer some of them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.definitions.model import Step
from banli.definitions.placeholders import named_in
from banli.errors import Problem
from banli.fields import Raw, Verdicts
from banli.steps.base import Answered, Book, Data, Sight, StepKind


class Notice(StepKind):
    """A page that is read and gone on from. With `again` the client may answer earlier steps anew, so many times; with `stop`
    nobody goes on from it: whom it concerns reads why, and gives the business up.

    What it says is what it rests on: when a value in its text changes, it is read again.
    """

    name = "notice"
    options: ClassVar[Mapping[str, Any]] = {
        "text": {"type": "string", "minLength": 1, "description": "What is read: Markdown with {{ step.field }}."},
        "look": {"enum": ["plain", "tips", "warning"], "description": "How it looks."},
        "button": {"type": "string", "description": "The words on the button that goes on."},
        "tick": {"type": "string", "description": "Words that must be ticked before going on."},
        "stop": {"const": True, "description": "The way ends here for those whom its `when` concerns."},
        "again": {
            "type": "object",
            "description": "Lets the client answer earlier steps anew.",
            "required": ["steps", "button"],
            "additionalProperties": False,
            "properties": {
                "steps": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "description": "The steps that are asked anew.",
                },
                "button": {"type": "string", "description": "The words on the button."},
                "most": {"type": "integer", "minimum": 1, "description": "How often in one case; default: as often as wanted."},
            },
        },
    }
    required = ("text",)
    refers: ClassVar[Mapping[str, str]] = {
        "text": "text", "button": "text", "tick": "text", "again.button": "text", "again.steps": "step",
    }  # fmt: skip
    template = "notice"
    cases = "both"
    asking = ("tick", "again", "stop")

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        again = step.options.get("again")
        if again and (raw.get("again") or ("",))[0] == "true":
            if not self.may_again(step, sight):
                return Answered({}, (Problem("", "no_more_again", {"most": again["most"]}),))
            return Answered({}, again=tuple(again["steps"]))
        if step.options.get("stop"):
            return Answered({}, (Problem("", "stops_here"),))
        if step.options.get("tick") and (raw.get("agree") or ("",))[0] != "true":
            return Answered({}, (Problem("agree", "tick_first"),))
        return Answered({"read": True})

    def may_again(self, step: Step, sight: Sight) -> bool:
        """May the client answer the earlier steps once more?"""
        again = step.options.get("again") or {}
        return bool(again) and ("most" not in again or sight.again < again["most"])

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        return {}

    def uses(self, step: Step, book: Book) -> frozenset[str]:
        return frozenset(named_in(str(step.options["text"]))) | named_in(str(step.options.get("tick", "")))

    def basis(self, step: Step, book: Book, names: Mapping[str, object]) -> object:
        return [step.options["text"], step.options.get("tick", "")]

    def clears(self, step: Step, book: Book, fields: tuple[str, ...], data: Data) -> Data:
        return {}
