"""A book of a few forms, agreements and lists made in memory, and small flows over them, for tests of engine and fields."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from banli import expressions
from banli.definitions.model import (
    Action,
    Agreement,
    AgreementList,
    Entry,
    Field,
    Flow,
    Form,
    Group,
    Listed,
    Option,
    Reason,
    Review,
    Rule,
    Step,
)
from banli.definitions.scopes import form_names, type_of
from banli.engine import Case, Course, Decision, Moment, apply, commands
from banli.expressions import FUNCTIONS, Condition, Scope, Type
from banli.fields import Fields, FormReader
from banli.steps import StepKind, Steps

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
TODAY = "2026-11-23"
KINDS = Fields()


class Call(StepKind):
    """A step that a plugin answers, such as a video call."""

    name = "call"
    rests_on_all = True

    def names(self, step: Step, data: dict[str, Any]) -> dict[str, object]:
        return {f"{step.id}.ok": data.get("ok")}


def question(name: str, schema: Mapping[str, Any], **settings: Any) -> Field:
    """A field as the definitions make it: its kind by its schema, its options by its codes."""
    inner = schema.get("items", schema)
    choices = settings.pop("choices", tuple(Option(str(code), f"<{code}>") for code in inner.get("enum", ())))
    kind = settings.pop("kind", "") or next(k.name for k in KINDS.kinds.values() if k.accepts(schema))
    return Field(name, kind, settings.pop("title", name), schema, choices=choices, **settings)


def form(form_id: str, *layout: Entry, refuse: Iterable[Rule] = (), warn: Iterable[Rule] = (), **more: Any) -> Form:
    """A form whose schema is put together from its fields."""
    empty = Form(form_id, form_id, {}, layout)
    schema = {
        "type": "object",
        "properties": {f.name: f.schema for f in empty.fields},
        "required": [f.name for f in empty.fields if f.required],
        **more,
    }
    return replace(empty, schema=schema, refuse=tuple(refuse), warn=tuple(warn))


def agreement(name: str, number: str = "1", text: str = "") -> Agreement:
    text = text or f"The text of {name}."
    return Agreement(name, f"<{name}>", number, "contract", text, "markdown", hashlib.sha256(text.encode()).hexdigest())


@dataclass
class SmallBook:
    """What a sealed edition gives to its steps, with conditions compiled when they are first asked for."""

    forms: Mapping[str, Form] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    lists: Mapping[str, AgreementList] = field(default_factory=dict)
    names: Mapping[str, Type] = field(default_factory=dict)
    readers: dict[str, FormReader] = field(default_factory=dict)
    conditions: dict[tuple[str, str], Condition] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()

    def reader(self, form_id: str) -> FormReader:
        if form_id not in self.readers:
            self.readers[form_id] = FormReader(
                self.forms[form_id], KINDS.kind, lambda text: self.condition(f"form {form_id}", text)
            )
        return self.readers[form_id]

    def condition(self, owner: str, text: str) -> Condition:
        if (owner, text) not in self.conditions:
            names = dict(self.names)
            what, _, form_id = owner.partition(" ")
            if what == "form":
                names = form_names(self.forms[form_id].fields, names)
            found = expressions.compile(text, Scope(names, FUNCTIONS))
            assert isinstance(found, Condition), found
            self.conditions[owner, text] = found
        return self.conditions[owner, text]


def book(
    forms: Sequence[Form],
    steps: Sequence[Step] = (),
    record: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    agreements: Sequence[Agreement] = (),
    lists: Sequence[AgreementList] = (),
    facts: Mapping[str, Type] | None = None,
) -> SmallBook:
    """The book of a flow. `record` holds the schemas of what is on file."""
    by_id = {one.id: one for one in forms}
    names: dict[str, Type] = {"today": Type("date", nullable=False), "company.id": Type("string"), **(facts or {})}
    names |= {f"client.{name}": type_of(schema) for name, schema in (record or {}).items()}
    for step in steps:
        if step.kind == "overview":
            names[str(step.options["as"])] = Type("string", options=tuple(step.options["edit"]))
        elif step.kind in ("form", "photos"):
            asked = by_id[str(step.options.get("form") or step.id)]
            names |= {f"{step.id}.{one.name}": type_of(one.schema) for one in asked.fields}
        elif step.kind == "call":
            names[f"{step.id}.ok"] = Type("bool")
    return SmallBook(by_id, {a.id: a for a in agreements}, {one.id: one for one in lists}, names)


def flow(steps: Sequence[Step], review: Review = Review(), approved: Sequence[Action] = ()) -> Flow:
    return Flow(
        id="small",
        title="small",
        summary="",
        steps=tuple(steps),
        stages={},
        login="",
        needs={},
        review=review,
        approved=tuple(approved),
        states={},
        texts={},
    )


def course(the_book: SmallBook, the_flow: Flow) -> Course:
    return Course(the_flow, the_book, Steps((Call(),)).kind, {"company.id": "8001", "business.id": "small"})


def new_case(**more: Any) -> Case:
    """A case before its first command."""
    blank: dict[str, Any] = {
        "id": "c1",
        "number": "N1",
        "company": "8001",
        "client": "client-1",
        "business": "small",
        "edition": "e1",
        "state": "",
        "revision": 0,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Case(**{**blank, **more})


class Journey:
    """One case on its way: sends commands, keeps what came of each, and moves its own clock."""

    def __init__(
        self, the_course: Course, record: Mapping[str, Any] | None = None, facts: Mapping[str, object] | None = None
    ) -> None:
        self.course, self.case, self.now = the_course, new_case(), NOON
        self.facts: dict[str, object] = dict(facts or {})
        self.last = self.send(commands.Start(actor="client", record=dict(record or {})))

    def send(self, command: commands.Command) -> Decision:
        self.now += timedelta(minutes=1)
        self.last = apply(self.course, self.case, command, self.moment)
        self.case = self.last.case
        return self.last

    @property
    def moment(self) -> Moment:
        return Moment(self.now, TODAY, self.facts)

    def answer(
        self, step: str, verdicts: Mapping[str, str] | None = None, confirmed: Iterable[str] = (), **raw: str | list[str]
    ) -> Decision:
        """Posts a page as the client. `a__b` stands for the name `a.b`."""
        command = commands.Answer(
            actor="client", step=step, raw=posted(raw), verdicts=verdicts, confirmed=frozenset(confirmed)
        )
        return self.send(command)

    def draft(self, step: str, **raw: str | list[str]) -> Decision:
        return self.send(commands.SaveDraft(actor="client", step=step, raw=posted(raw)))

    def back(self, step: str, **raw: str | list[str]) -> Decision:
        return self.send(commands.Back(actor="client", step=step, raw=posted(raw)))

    def submit(self) -> Decision:
        return self.send(commands.Submit(actor="client"))

    def claim(self, who: str = "staff:ann", minutes: int = 30) -> Decision:
        return self.send(commands.Claim(actor=who, lease_until=self.now + timedelta(minutes=minutes)))

    def approve(self, who: str = "staff:ann") -> Decision:
        return self.send(commands.Approve(actor=who))

    def give_back(self, *reasons: str, who: str = "staff:ann", remark: str = "") -> Decision:
        return self.send(commands.Return(actor=who, reasons=reasons, remark=remark))

    @property
    def statuses(self) -> dict[str, str]:
        """By step how it stands."""
        return {s.id: s.status for s in self.course.position(self.case, self.facts, TODAY).steps}

    @property
    def current(self) -> str:
        found = self.course.position(self.case, self.facts, TODAY).current
        return found.id if found else ""

    @property
    def open(self) -> list[str]:
        """The steps whose pages the client can open now."""
        position = self.course.position(self.case, self.facts, TODAY)
        return [s.id for s in self.course.open_to(self.case, position)]

    def shown(self, step: str) -> dict[str, list[str]]:
        """What the page of a step shows in its fields, as a browser would post it."""
        standing = self.course.position(self.case, self.facts, TODAY).step(step)
        assert standing is not None
        bound = standing.bound
        filled = bound.kind.fill(bound.step, self.course.book, self.course.sight(self.case, standing))
        return {name: list(texts) for name, texts in filled.items()}


def posted(raw: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
    return {name.replace("__", "."): [texts] if isinstance(texts, str) else texts for name, texts in raw.items()}


def codes(decision: Decision) -> list[tuple[str, str]]:
    """Where and what is wrong."""
    return [(problem.at, problem.code) for problem in decision.problems]


__all__ = [
    "NOON",
    "TODAY",
    "Action",
    "Agreement",
    "AgreementList",
    "Call",
    "Field",
    "Flow",
    "Form",
    "Group",
    "Journey",
    "Listed",
    "Option",
    "Reason",
    "Review",
    "Rule",
    "SmallBook",
    "Step",
    "agreement",
    "book",
    "codes",
    "course",
    "flow",
    "form",
    "new_case",
    "posted",
    "question",
]
