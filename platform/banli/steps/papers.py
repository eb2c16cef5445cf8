"""The step `papers`: what the client has agreed to here, and the company's present texts, to be read and taken along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.definitions.model import Agreement, Step
from banli.steps.base import Book, StepKind

OPEN = "＿＿＿＿"
"""What stands in a present text where a client's answer will stand once there is one."""


class PapersStep(StepKind):
    """Shown only, so it stands where nothing is kept. What was agreed to is looked up by whoever draws the page."""

    name = "papers"
    options: ClassVar[Mapping[str, Any]] = {
        "text": {"type": "string", "minLength": 1, "description": "What is read above the lists: Markdown."},
        "signed": {"type": "boolean", "description": "Show what this client has agreed to in cases that were submitted."},
        "lists": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "description": "An agreement list."},
            "minItems": 1,
            "uniqueItems": True,
            "description": "Show the present texts of these agreement lists.",
        },
    }
    refers: ClassVar[Mapping[str, str]] = {"text": "text", "lists": "agreement_list"}
    template = "papers"
    cases = "without"

    def listed(self, step: Step, book: Book, names: Mapping[str, object]) -> dict[str, Agreement]:
        """The present texts by the id of the agreement, each once: those of the rows that apply to this client. A row whose
        condition asks for an answer does not apply, because nothing was answered."""
        found: dict[str, Agreement] = {}
        for name in step.options.get("lists", ()):
            listed = book.lists[str(name)]
            for row in listed.items:
                if not row.when or book.condition(f"list {listed.id}", row.when).holds(names):
                    found.setdefault(row.agreement, book.agreements[row.agreement])
        return found
