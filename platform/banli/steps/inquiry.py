"""The step `inquiry`: asks another system something about the client, and goes on only if what must be so is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli.definitions.model import Step
from banli.errors import Problem
from banli.fields import Awaited, Raw, Verdicts
from banli.steps.base import Answered, Book, Data, Sight, StepKind

ASKED = "inquiry"


class Inquiry(StepKind):
    """Preconditions: what the other system answers are names for conditions (`step.name`), here and later.

    The answer of the system is fetched when the client presses the button, never on a mere look at the page.
    """

    name = "inquiry"
    options: ClassVar[Mapping[str, Any]] = {
        "ask": {"type": "string", "minLength": 1, "description": "What is asked: an inquiry that a plugin offers."},
        "with": {"type": "object", "description": "Settings of that inquiry."},
        "text": {"type": "string", "description": "What the client reads before: Markdown."},
        "button": {"type": "string", "description": "The words on the button that asks."},
        "daily": {"type": "boolean", "description": "Whether it is asked again on another day."},
        "must": {
            "type": "array",
            "description": "What must be so before the client can go on.",
            "items": {
                "type": "object",
                "description": "One condition with its words.",
                "required": ["code", "when", "text"],
                "additionalProperties": False,
                "properties": {
                    "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "Its name."},
                    "when": {"type": "string", "minLength": 1, "description": "A condition (CEL)."},
                    "text": {"type": "string", "minLength": 1, "description": "What must be so, in words."},
                    "cure": {"type": "string", "minLength": 1, "description": "What to do when it is not."},
                },
            },
        },
    }
    required = ("ask",)
    refers: ClassVar[Mapping[str, str]] = {
        "text": "text", "button": "text", "ask": "inquiry", "must.when": "condition", "must.text": "text", "must.cure": "text",
    }  # fmt: skip
    asks = "ask"
    template = "inquiry"

    def must(self, step: Step) -> Sequence[Mapping[str, str]]:
        return list(step.options.get("must", ()))

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        if verdicts is None:
            return Answered({}, awaits=(Awaited("", ASKED, "", purpose=str(step.options["ask"])),))
        said = verdicts.get(ASKED)
        if not isinstance(said, Mapping):
            return Answered({}, (Problem("", "inquiry_unavailable"),))
        data = {"answers": dict(said)}
        names = {**sight.names, **self.names(step, data)}
        failed = [one for one in self.must(step) if not book.condition(f"step {step.id}", one["when"]).holds(names)]
        return Answered(data, tuple(Problem(one["code"], "must", {}, one.get("cure", one["text"])) for one in failed))

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        return {}

    def names(self, step: Step, data: Data) -> dict[str, object]:
        return {f"{step.id}.{name}": value for name, value in data["answers"].items()}

    def uses(self, step: Step, book: Book) -> frozenset[str]:
        named = (book.condition(f"step {step.id}", one["when"]).names for one in self.must(step))
        return frozenset(name for name in frozenset().union(*named) if not name.startswith(f"{step.id}."))

    def basis(self, step: Step, book: Book, names: Mapping[str, object]) -> object:
        return [names.get("today")] if step.options.get("daily") else None
