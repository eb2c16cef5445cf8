"""What is defined, after all YAML is read, merged and checked: frozen, plain, free of places and of behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from banli.hours import Notice as Shown

Schema = Mapping[str, Any]
Options = Mapping[str, Any]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen: the code is stored, the text is shown."""

    code: str
    text: str
    parent: str = ""
    exclusive: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A versioned code list. Codes are never deleted, only retired."""

    id: str
    title: str
    version: str
    items: tuple[Option, ...]
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over a whole page with the sentence that is shown when it holds."""

    id: str
    when: str
    text: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `name` is the path in the form's data (`validity`, `cards[].number` has `number` in `items`).

    `schema` is its JSON Schema with every `$ref` resolved; `kind` names the class in `fields` (or of a plugin) that
    reads and shows it; `options` are the kind's own settings from the layout. `items` are the questions inside of an object
    or of each row of a list, `notes` the notes between them with their places.
    """

    name: str
    kind: str
    title: str
    schema: Schema
    required: bool = False
    when: str = ""
    hint: str = ""
    placeholder: str = ""
    prefill: str = ""
    autocomplete: str = ""
    read_only: bool = False
    pii: bool = False
    choices: tuple[Option, ...] = ()
    dictionary: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    items: tuple[Field, ...] = ()
    notes: tuple[tuple[int, Note], ...] = ()
    options: Options = field(default_factory=dict)

    @property
    def inside(self) -> tuple[Field | Note, ...]:
        """The questions inside of it (of a row, of an object) and the notes between them, in order."""
        found: list[Field | Note] = list(self.items)
        for place, note in self.notes:
            found.insert(place, note)
        return tuple(found)

    @property
    def multiple(self) -> bool:
        return self.schema.get("type") == "array"


@dataclass(frozen=True, slots=True)
class Note:
    """A text between the questions; `look` is plain, tips, warning or small."""

    text: str
    look: str = "plain"
    when: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions under one heading."""

    id: str
    title: str
    hint: str = ""
    when: str = ""
    entries: tuple[Field | Note, ...] = ()


Entry = Field | Note | Group


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that a form computes from its answers: a score, a class. `field` says how it is called and shown, `text` is
    CEL; `to` is the name on file that it changes (`client.risk_class`), or ""."""

    field: Field
    text: str
    to: str = ""


@dataclass(frozen=True)
class Form:
    """Questions on one page, in order, with the rules over all of them."""

    id: str
    title: str
    schema: Schema
    layout: tuple[Entry, ...]
    refuse: tuple[Rule, ...] = ()
    warn: tuple[Rule, ...] = ()
    help: str = ""
    computed: tuple[Computed, ...] = ()

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All questions, groups opened, in order."""
        found: list[Field] = []
        for entry in self.layout:
            inner = entry.entries if isinstance(entry, Group) else (entry,)
            found.extend(e for e in inner if isinstance(e, Field))
        return tuple(found)

    @cached_property
    def shown(self) -> tuple[Field, ...]:
        """What an answer to this form holds, for those who read it: the questions, then what was computed."""
        return (*self.fields, *(one.field for one in self.computed))


@dataclass(frozen=True, slots=True)
class Agreement:
    """A numbered text that a client reads and agrees to.

    `digest` is the SHA-256 of the text as written; of a PDF, which has no `text` but `pages`, that of the file's bytes.
    """

    id: str
    title: str
    number: str
    kind: str
    text: str
    format: str
    digest: str
    pages: int = 0


@dataclass(frozen=True, slots=True)
class MustRead:
    """What counts as having read an agreement: its end was in sight, and it was shown for so many seconds."""

    to_end: bool = True
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """An agreement on a company's list. `id` tells the row; the same agreement may stand in several."""

    id: str
    agreement: str
    when: str = ""
    read: MustRead = MustRead()


@dataclass(frozen=True, slots=True)
class AgreementList:
    id: str
    title: str
    items: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One page of work: what kind, whether it applies, what it rests on, and its own hours where it has any."""

    id: str
    kind: str
    title: str
    when: str = ""
    stage: str = ""
    rests_on: tuple[str, ...] | None = None
    hours: str = ""
    options: Options = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why staff return a case, and what that reopens: step ids with the fields meant (none: the whole step)."""

    id: str
    text: str
    reopen: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Review:
    """`levels` 0: no review, the case is approved when submitted. Four eyes: `levels` 2, two different people."""

    levels: int = 1
    reasons: tuple[Reason, ...] = ()
    reject: tuple[Reason, ...] = ()
    lease_minutes: int = 30


@dataclass(frozen=True, slots=True)
class Action:
    """What happens outside once a case gets somewhere: `directory.update` with its options.

    `each` names an answer that is a list: the action runs once for each item. `tell` is set where a refusal is a result for
    the client to know and not a failure for staff to mend. `title` is what the client reads of it. `waits_for` is the id of an
    earlier action without which this one makes no sense: it runs once that is done, and is refused with it. A message is sent
    where its `when` is true.
    """

    id: str
    kind: str
    options: Options = field(default_factory=dict)
    title: str = ""
    each: str = ""
    tell: bool = False
    waits_for: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    title: str
    summary: str
    steps: tuple[Step, ...]
    stages: Mapping[str, str]
    login: str
    needs: Options
    review: Review
    approved: tuple[Action, ...]
    states: Mapping[str, str]
    texts: Mapping[str, str]
    expires_days: int = 30
    accounts: tuple[str, ...] = ()
    notify: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    case: bool = True
    """False: nothing is kept of it. Clients look at its pages; there is no application, no number, no review."""
    newcomers: bool = False
    """True: for people of whom nothing is on file; the record of a case begins with what they said when logging in."""

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)


@dataclass(frozen=True, slots=True)
class Derived:
    """A value of the client's record that is computed from the others by a CEL text."""

    name: str
    text: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Record:
    """What a directory keeps of a client: the schema of the record on file, and what is derived from it."""

    schema: Schema
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A business on a company's menu: a flow, with hours and tips."""

    id: str
    flow: str
    hours: str = ""
    title: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str
    short_name: str
    hotline: str
    enabled: bool
    theme: Options
    branches: Mapping[str, str]
    businesses: tuple[Offer, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    menu: Mapping[str, str] = field(default_factory=dict)
    here: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The `texts` and `menu` of this environment: they are laid over whatever is published."""
    notices: tuple[Shown, ...] = ()
    four_eyes: bool = False
    """What one configurer publishes, another must approve."""
