"""The step `video`: the client is identified by an agent, face to face, or films themselves and is looked at later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.definitions.model import Step
from banli.steps import Book, StepKind

_ID = "^[a-z][a-z0-9_]*$"
_TEXT = {"type": "string", "minLength": 1}


def _map(description: str, **properties: Any) -> dict[str, Any]:
    required = [name for name, one in properties.items() if one.pop("must", False)]
    return {
        "type": "object", "description": description, "additionalProperties": False, "properties": properties,
        **({"required": required} if required else {}),
    }  # fmt: skip


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {**_TEXT, "description": description, **more}


OPTIONS: Mapping[str, Any] = {
    "mode": {
        "enum": ["live", "recorded"],
        "default": "live",
        "description": "live: a call with an agent; recorded: the client films themselves, and somebody looks later.",
    },
    "queue": _said("The value by which clients are divided into lines, such as client.branch; without it there is one line."),
    "priority": {
        "type": "array",
        "minItems": 1,
        "description": "Who comes before others; the first that holds counts.",
        "items": _map(
            "Some clients and their place.",
            when=_said("A condition (CEL).", must=True),
            rank={"type": "integer", "minimum": -100, "maximum": 100, "must": True,
                  "description": "Less comes first; everybody else has 0."},
        ),
    },
    "max_minutes": {
        "type": "integer", "minimum": 1, "maximum": 240, "description": "How long a call should take at most; the agent is told.",
    },
    "daily": {
        "type": "integer", "minimum": 1, "maximum": 50, "description": "How many calls a case can have within 24 hours.",
    },
    "text": _said("What the client reads before the call."),
    "hints": {
        "type": "array", "items": _TEXT, "minItems": 1, "description": "What the client reads during the call.",
    },
    "questions": {
        "type": "array",
        "minItems": 1,
        "description": "What the agent asks, and which answer lets the client pass.",
        "items": _map(
            "A question.",
            id={"type": "string", "pattern": _ID, "must": True, "description": "Its name."},
            text=_said("What the agent says.", must=True),
            answers={
                "type": "object", "minProperties": 2, "additionalProperties": _TEXT,
                "description": "What can be ticked, by a name of each answer; without it the question itself is ticked.",
            },
            must=_said("The name of the answer without which the client cannot pass."),
        ),
    },
    "snapshots": {
        "type": "array",
        "minItems": 1,
        "description": "The pictures that the agent takes during the call.",
        "items": _map(
            "A picture.",
            id={"type": "string", "pattern": _ID, "must": True, "description": "Its name."},
            title=_said("What is to be seen on it.", must=True),
            hint=_said("What the agent has to look at."),
            optional={"const": True, "description": "The client can pass without it."},
        ),
    },
    "recording": {
        "enum": ["required", "optional"],
        "default": "required",
        "description": "Whether a client can pass without a recording; with optional the agent says why there is none.",
    },
    "recorder": {
        "enum": ["none", "beside", "required"],
        "default": "none",
        "description": "Whether the site records the call itself, and whether it can be decided without that.",
    },
    "number": {
        "enum": ["required", "optional"],
        "default": "required",
        "description": "Whether an agent without a practising certificate number can take calls.",
    },
    "bookings": _map(
        "Lets clients book a time at which they come before all others.",
        days={"type": "integer", "minimum": 1, "maximum": 14, "default": 3, "description": "How many days ahead."},
        minutes={"type": "integer", "minimum": 5, "maximum": 240, "default": 30, "description": "How long each time is."},
        places={"type": "integer", "minimum": 1, "maximum": 50, "default": 1, "description": "How many clients at each time."},
    ),
    "digits": {
        "type": "integer", "minimum": 4, "maximum": 8, "default": 4,
        "description": "How many digits the client reads aloud (mode recorded).",
    },
    "seconds": {
        "type": "integer", "minimum": 5, "maximum": 60, "default": 15,
        "description": "How long the client films themselves at most (mode recorded).",
    },
}  # fmt: skip


class VideoStep(StepKind):
    """Done by a member of staff: they pass the client, or send them back to the page that is wrong (R-129 to R-140)."""

    name = "video"
    staffed = True
    options: ClassVar[Mapping[str, Any]] = OPTIONS
    refers: ClassVar[Mapping[str, str]] = {
        "queue": "name", "priority.when": "condition", "text": "text", "hints": "text", "questions.text": "text",
        "questions.answers": "text", "snapshots.title": "text", "snapshots.hint": "text",
    }  # fmt: skip
    template = "banli_video/video"

    def basis(self, step: Step, book: Book, names: Mapping[str, object]) -> object:
        """A call held under other questions was another call."""
        return [[one["id"], one["text"], one.get("must", "")] for one in step.options.get("questions", ())]
