"""Steps: the kinds of pages that a flow is made of."""

from __future__ import annotations

from banli.steps.base import Answered, Book, Data, Sight, StepKind
from banli.steps.kinds import Agreements, FormStep, Overview, Photos, Submit, groups

__all__ = [
    "Agreements",
    "Answered",
    "Book",
    "Data",
    "FormStep",
    "Overview",
    "Photos",
    "Sight",
    "StepKind",
    "Steps",
    "Submit",
    "groups",
]


class Steps:
    """The kinds of steps of one application: the built-in ones and those of its active plugins."""

    def __init__(self, more: tuple[StepKind, ...] = ()) -> None:
        built_in = (FormStep(), Overview(), Photos(), Agreements(), Submit())
        self.kinds: dict[str, StepKind] = {kind.name: kind for kind in (*built_in, *more)}

    def kind(self, name: str) -> StepKind:
        return self.kinds[name]
