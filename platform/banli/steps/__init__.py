"""Steps: the kinds of pages that a flow is made of."""

from __future__ import annotations

from banli.steps.agreements import Agreements
from banli.steps.base import Answered, Book, Data, Sight, StepKind
from banli.steps.inquiry import ASKED, Inquiry
from banli.steps.kinds import FormStep, Overview, Photos, Submit, groups
from banli.steps.notice import Notice
from banli.steps.papers import PapersStep

__all__ = [
    "ASKED",
    "Agreements",
    "Answered",
    "Book",
    "Data",
    "FormStep",
    "Inquiry",
    "Notice",
    "Overview",
    "PapersStep",
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
        built_in = (FormStep(), Overview(), Photos(), Agreements(), Notice(), Inquiry(), PapersStep(), Submit())
        self.kinds: dict[str, StepKind] = {kind.name: kind for kind in (*built_in, *more)}

    def kind(self, name: str) -> StepKind:
        return self.kinds[name]
