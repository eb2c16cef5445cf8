"""Seals a business with all that it shows, and opens what was sealed: frozen, with its conditions compiled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from banli.definitions.build import (
    Shelf,
    build_agreement,
    build_company,
    build_dictionary,
    build_flow,
    build_form,
    build_list,
    build_offer,
    build_record,
)
from banli.definitions.entries import entries
from banli.definitions.kinds import Kinds
from banli.definitions.model import (
    Agreement,
    AgreementList,
    Company,
    Dictionary,
    Field,
    Flow,
    Form,
    Group,
    Offer,
    Record,
    Step,
)
from banli.definitions.scopes import Names, client_names, common_names, form_names, inside_names, rule_names, step_names
from banli.errors import DefinitionError, Mistake, Place
from banli.expressions import Condition, Scope, compile
from banli.hours import Calendar, Hours, calendar_from, hours_from

LANGUAGE = 1
NOTIFY = "notify"
"""Owner of the conditions of messages."""
Bundle = Mapping[str, Any]


def seal(bundle: Bundle) -> tuple[str, str]:
    """The hash that names the bundle, and its text. Equal content gives an equal hash: the order of keys plays no part."""
    text = json.dumps(bundle, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest(), text


@dataclass(frozen=True)
class Edition:
    """A business as it was when it was sealed. A case keeps its edition, whatever is published later.

    `company` has no theme here: looks are not part of what a client signs.
    """

    hash: str
    company: Company
    business: Offer
    flow: Flow
    forms: Mapping[str, Form]
    agreements: Mapping[str, Agreement]
    lists: Mapping[str, AgreementList]
    dictionaries: Mapping[str, Dictionary]
    record: Record
    hours: Hours | None
    menu: Mapping[str, str]
    texts: Mapping[str, str]
    languages: tuple[str, ...]
    openings: Mapping[str, Hours] = field(repr=False, default_factory=dict)
    """By id the hours of the business and of those steps that have their own."""
    conditions: Mapping[str, Mapping[str, Condition]] = field(repr=False, compare=False, default_factory=dict)

    def condition(self, owner: str, text: str) -> Condition:
        """The compiled condition. `owner` says whose names it knows: form X, form X.rows, step X, list X, notify, client."""
        return self.conditions[owner][text]


def open_edition(bundle: Bundle, kinds: Kinds) -> Edition:
    """Compiles a sealed bundle. Raises DefinitionError where the kinds it was written for are gone."""
    if bundle.get("language") != LANGUAGE:
        raise DefinitionError(
            [
                Mistake(
                    Place("edition"),
                    "language",
                    f"It is written in language {bundle.get('language')}.",
                    f"This version of Banli reads language {LANGUAGE}.",
                )
            ]
        )
    shelf = Shelf(kinds, bundle["dictionaries"], bundle["client"])
    flow = build_flow(bundle["flow"]["id"], bundle["flow"])
    forms = {form_id: build_form(form_id, data, shelf) for form_id, data in bundle["forms"].items()}
    lists = {list_id: build_list(list_id, data) for list_id, data in bundle["lists"].items()}
    record = build_record(shelf)
    calendars: dict[str, Calendar] = {name: calendar_from(data) for name, data in bundle["calendars"].items()}
    openings = {name: hours_from(data, calendars) for name, data in bundle["hours"].items()}
    offer = build_offer(next(entries([{bundle["business"]["id"]: bundle["business"]}])))
    return Edition(
        hash=seal(bundle)[0],
        company=build_company(bundle["company"]["id"], bundle["company"]),
        business=offer,
        flow=flow,
        forms=forms,
        agreements={name: build_agreement(name, data) for name, data in bundle["agreements"].items()},
        lists=lists,
        dictionaries={name: build_dictionary(name, data) for name, data in bundle["dictionaries"].items()},
        record=record,
        hours=openings[offer.hours] if offer.hours else None,
        menu=dict(bundle["menu"]),
        texts=dict(bundle["texts"]),
        languages=tuple(bundle["languages"]),
        openings=openings,
        conditions=_Compiler(kinds, flow, forms, lists, record).run(),
    )


class _Compiler:
    """Compiles every condition of an edition, each text once per owner."""

    def __init__(
        self, kinds: Kinds, flow: Flow, forms: Mapping[str, Form], lists: Mapping[str, AgreementList], record: Record
    ) -> None:
        self.kinds, self.flow, self.forms, self.lists, self.record = kinds, flow, forms, lists, record
        self.mistakes: list[Mistake] = []
        self.found: dict[str, dict[str, Condition]] = {}

    def run(self) -> Mapping[str, Mapping[str, Condition]]:
        around = flow_names(self.flow, self.forms, self.record, self.kinds)
        whole = Scope(around, self.kinds.functions)
        for step in self.flow.steps:
            self.add(f"step {step.id}", whole, [step.when, *step_conditions(step, self.kinds)])
        for listed in self.lists.values():
            texts = [item.when for item in listed.items if item.when]
            # Where nothing is answered, a condition that asks for an answer is not true.
            open_ends = [] if self.flow.case else [text for text in texts if isinstance(compile(text, whole), list)]
            self.add(f"list {listed.id}", whole, [text for text in texts if text not in open_ends])
            if open_ends:
                self.found[f"list {listed.id}"] |= dict.fromkeys(open_ends, self.never)
        self.add(NOTIFY, whole, [action.when for actions in self.flow.notify.values() for action in actions])
        for form in self.forms.values():
            self.form(form, around)
        clients = Scope(client_names(self.record, derived=False) | {"today": around["today"]}, self.kinds.functions)
        for derived in self.record.derived:
            self.add("client", clients, [derived.text], wanted_of(derived.schema))
        if self.mistakes:
            raise DefinitionError(self.mistakes)
        return self.found

    @property
    def never(self) -> Condition:
        """A condition that asks for nothing and does not hold."""
        found = compile("false", Scope({}, self.kinds.functions))
        assert isinstance(found, Condition)
        return found

    def form(self, form: Form, around: Names) -> None:
        names = form_names(form.fields, around)
        scope = Scope(names, self.kinds.functions)
        self.add(f"form {form.id}", scope, form_conditions(form))
        for place, one in enumerate(form.computed):
            known = Scope(rule_names(form, names, place), self.kinds.functions)
            self.add(f"form {form.id}", known, [one.text], wanted_of(one.field.schema))
        whole = Scope(rule_names(form, names), self.kinds.functions)
        self.add(f"form {form.id}", whole, [rule.when for rule in (*form.refuse, *form.warn)])
        self.inside(f"form {form.id}", form.fields, names)

    def inside(self, owner: str, questions: Iterable[Field], around: Names) -> None:
        """The conditions inside of objects and rows."""
        for question in questions:
            if question.items:
                names, own = inside_names(question, around), f"{owner}.{question.name}"
                self.add(own, Scope(names, self.kinds.functions), [entry.when for entry in question.inside])
                self.inside(own, question.items, names)

    def add(self, owner: str, scope: Scope, texts: list[str], wants: Any = "bool") -> None:
        found = self.found.setdefault(owner, {})
        for text in texts:
            if not text or text in found:
                continue
            condition = compile(text, scope, wants)
            if isinstance(condition, list):
                self.mistakes += [Mistake(Place(owner), fault.code, fault.what, fault.cure) for fault in condition]
            else:
                found[text] = condition


def wanted_of(schema: Mapping[str, Any]) -> Any:
    """What a CEL text must give for such a value."""
    return {"integer": "int", "number": "double", "boolean": "bool"}.get(schema.get("type", ""), "string")


def flow_names(flow: Flow, forms: Mapping[str, Form], record: Record, kinds: Kinds) -> dict[str, Any]:
    """All names of a flow. At run time a name of a step not yet answered is null."""
    names = common_names(record, kinds)
    for step in flow.steps:
        shape = kinds.steps.get(step.kind)
        form = forms.get(shape.form(step.id, step.options)) if shape is not None else None
        names |= step_names(step, shape, form, kinds)
    return names


def form_conditions(form: Form) -> list[str]:
    """The texts of the conditions of what a form shows, but those inside its lists."""
    texts: list[str] = []
    for entry in form.layout:
        texts.append(entry.when)
        if isinstance(entry, Group):
            texts += [inner.when for inner in entry.entries]
    return texts + [text for question in form.fields for text in offers(question).values()]


def offers(question: Field) -> Mapping[str, str]:
    """By option the condition under which it is offered; options without one always are."""
    told: Mapping[str, str] = question.options.get("offer", {})
    return told


def step_conditions(step: Step, kinds: Kinds) -> list[str]:
    """The texts of the conditions among a step's own settings."""
    shape = kinds.steps.get(step.kind)
    refers = shape.refers if shape is not None else {}
    return [
        value
        for path, kind in refers.items()
        if kind == "condition"
        for _, value in settings_at(step.options, path)
        if isinstance(value, str)
    ]


def settings_at(settings: Any, path: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The values at a dotted path of settings, through lists, each with its exact path."""
    yield from _at(settings, path.split("."), ())


def _at(value: Any, rest: list[str], way: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _at(inner, rest, (*way, index))
    elif not rest:
        yield way, value
    elif isinstance(value, Mapping) and rest[0] in value:
        yield from _at(value[rest[0]], rest[1:], (*way, rest[0]))
