"""What every kind of step is: what it asks, how it reads an answer, and which names its result gives to conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from banli.definitions.model import Agreement, AgreementList, Form, Rule, Step
from banli.errors import Problem
from banli.fields import Awaited, FormReader, Raw, Verdicts
from banli.fields.reader import Holds

Data = dict[str, Any]


class Book(Protocol):
    """What a step may look up in its edition."""

    @property
    def forms(self) -> Mapping[str, Form]: ...
    @property
    def agreements(self) -> Mapping[str, Agreement]: ...
    @property
    def lists(self) -> Mapping[str, AgreementList]: ...
    @property
    def asked(self) -> frozenset[str]: ...
    def reader(self, form_id: str) -> FormReader: ...
    def condition(self, owner: str, text: str) -> Holds: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """What a step sees of its case: the names before it, its own earlier result and draft, and how often it has sent the
    client back already."""

    names: Mapping[str, object]
    result: Data | None = None
    draft: Raw | None = None
    reopened: tuple[str, ...] = ()
    again: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer said. Without problems, open warnings and unjudged answers `data` is the step's result.

    `records` are facts worth keeping beside the data: which text was consented to, which number was verified. `again` are
    earlier steps that the client wants to answer anew; then there is no result.
    """

    data: Data
    problems: tuple[Problem, ...] = ()
    awaits: tuple[Awaited, ...] = ()
    warnings: tuple[Rule, ...] = ()
    flags: tuple[str, ...] = ()
    records: tuple[Data, ...] = field(default=())
    again: tuple[str, ...] = ()


class StepKind:
    """A kind of step. One object for all steps of the kind; it keeps nothing.

    `options` are JSON Schema properties: the kind's own settings in a flow. `refers` names the options that hold the
    id of a form, an agreement list and so on, for the checker. A step that `ends` submits the case.
    """

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    refers: ClassVar[Mapping[str, str]] = {}
    fields: ClassVar[bool] = False
    """Whether the answers of its form are names for later conditions (`step.field`)."""
    word: ClassVar[str] = ""
    values: ClassVar[str] = ""
    """The setting that gives conditions a new name, and the setting with that name's values."""
    many: ClassVar[str] = ""
    """The setting with which that name is a list of them."""
    asks: ClassVar[str] = ""
    """The setting that names an inquiry, whose answers are names for conditions (`step.name`)."""
    template: ClassVar[str] = ""
    """The page below `steps/` of the theme; of a plugin's own, `<plugin>/<page>`."""
    ends: ClassVar[bool] = False
    cases: ClassVar[Literal["with", "without", "both"]] = "with"
    """In which flows it can stand: those that keep a case, those of which nothing is kept (`case: false`), or both."""
    asking: ClassVar[tuple[str, ...]] = ()
    """Settings that ask the client something: with one of them it can only stand in a flow that keeps a case."""
    needs: ClassVar[str] = ""
    """The kind of step that has to come before it, such as the one that identifies whom a certificate is given."""
    staffed: ClassVar[bool] = False
    """Whether staff attend to the client at it: then its `reasons` say why they send the client back."""
    lasts: ClassVar[bool] = False
    """Whether what it gives outlasts the case, as a certificate does: to whoever has it the step is shown as done."""
    rests_on_all: ClassVar[bool] = False
    """Whether, when the step does not say otherwise, it rests on the answers of all earlier steps."""

    def form(self, step: Step) -> str:
        """The id of the form that this step asks, or ""."""
        return ""

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        """Reads what the client posted. Pure: what needs the world comes back as `awaits` and in again as `verdicts`.

        A kind that leaves this alone is answered by its plugin only.
        """
        return Answered({}, (Problem("", "step_not_open"),))

    def fill(self, step: Step, book: Book, sight: Sight) -> Raw:
        """What the page shows in its fields: the draft, else the earlier answer, else what is on file."""
        return sight.draft or {}

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        """What is kept of a page that was left half-filled."""
        return raw

    def names(self, step: Step, data: Data) -> dict[str, object]:
        """The names that a result gives to later conditions."""
        return {}

    def recorded(self, step: Step, records: Sequence[Data]) -> Mapping[str, object]:
        """The names that the records of a result give to later steps."""
        return {}

    def uses(self, step: Step, book: Book) -> frozenset[str]:
        """The names, besides its `when`, on which an answer rests."""
        return frozenset()

    def basis(self, step: Step, book: Book, names: Mapping[str, object]) -> object:
        """What of the definition an answer rests on (numbers and digests of texts shown), JSON-able."""
        return None

    def changes(self, step: Step, book: Book, names: Mapping[str, object], data: Data) -> dict[str, Any]:
        """What the result changes of the record on file."""
        return {}

    def asked(self, step: Step, book: Book, sight: Sight, raw: Raw, fields: Iterable[str]) -> tuple[str, ...]:
        """Those of `fields` that the page asks while this stands in it."""
        return tuple(fields)

    def clears(self, step: Step, book: Book, fields: tuple[str, ...], data: Data) -> Data:
        """The earlier answer as it stands again after a reviewer has reopened `fields` of it."""
        return data
