"""Whether a story, as it is told of one company, names what there is: steps, fields, reasons, rules, codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from banli.definitions.edition import Edition, flow_names
from banli.definitions.kinds import Kinds, StepShape
from banli.definitions.model import Field, Form, Step
from banli.engine.decide import NOTHING_CORRECTED
from banli.errors import Mistake, did_you_mean
from banli.scenarios.story import OLD_PAGE, Deed, Scenario, Tales
from banli.scenarios.story import Path as Way
from banli.sentences import SENTENCES
from banli.steps.readings import DIFFERS, NOT_ON_FILE

LOOKING = frozenset(("start", "next", "back", "open", "clock", "facts", "expect"))
"""What can happen in a business that keeps nothing."""
LOOKED = frozenset(("step", "steps", "shows", "agreements", "knows", "text", "refused"))
"""What can be expected there."""
TAKES = {"agreements": ("read", "agree"), "notice": ("again", "agree")}
"""What can be said to steps of these kinds."""


@dataclass
class Told:
    """One story as it is told of one company."""

    scenario: Scenario
    company: str
    edition: Edition
    kinds: Kinds
    tales: Tales
    on_file: tuple[str, ...]
    last: Step | None = None

    def check(self) -> Iterator[Mistake]:
        yield from self.client()
        yield from self.facts(("facts",), self.scenario.facts)
        for deed in self.scenario.deeds:
            yield from self.deed(deed)

    def client(self) -> Iterator[Mistake]:
        told, tales = self.scenario.client, self.tales
        like = told if isinstance(told, str) else told.get("like")
        path: Way = ("client",) if isinstance(told, str) else ("client", "like")
        if like is not None and tales.client(self.company, str(like)) is None:
            cure = did_you_mean(str(like), tales.client_names(self.company))
            cure = cure or f"Write it: definitions/scenarios/clients/{like}.yaml."
            yield self.scenario.source.mistake(path, "unknown-client", f"There is no sample client '{like}'.", cure)
        if not isinstance(told, str):
            known = (*self.on_file, "like")
            yield from self.names(("client",), told, known, "unknown-client-property", "The record on file has no '{}'.")

    def names(
        self, path: Way, told: Mapping[str, Any] | Iterable[Any], known: Iterable[str], code: str, what: str
    ) -> Iterator[Mistake]:
        """Tells of each name (a key of a map, an item of a list) that is not known."""
        there = set(known)
        mapped = isinstance(told, Mapping)
        for index, name in enumerate(told):
            if str(name) not in there:
                here = (*path, str(name) if mapped else index)
                cure = did_you_mean(str(name), there)
                yield self.scenario.source.mistake(here, code, what.format(name), cure, key=mapped)

    def name(self, path: Way, name: Any, known: Iterable[str], code: str, what: str) -> Iterator[Mistake]:
        there = list(known)
        if str(name) not in there:
            yield self.scenario.source.mistake(path, code, what.format(name), did_you_mean(str(name), there))

    def facts(self, path: Way, told: Mapping[str, Any]) -> Iterator[Mistake]:
        yield from self.names(path, told, self.kinds.facts, "unknown-fact", "No plugin knows '{}' of a client.")

    def deed(self, deed: Deed) -> Iterator[Mistake]:
        keeps = self.edition.flow.case
        if deed.word == "next" and keeps:
            cure = "Answer the page: write the id of its step with its answers."
            yield self.scenario.source.mistake(deed.path, "keeps-case", "'next' is for businesses that keep nothing.", cure)
            return
        if not keeps and (deed.word not in LOOKING or (deed.word == "back" and deed.value)):
            what = f"'{deed.step or deed.word}' cannot happen: this business keeps nothing."
            cure = f"There are: {', '.join(sorted(LOOKING))}."
            yield self.scenario.source.mistake(deed.path, "keeps-nothing", what, cure, key=True)
            return
        review, value = self.edition.flow.review, deed.value
        if deed.word == "answer":
            yield from self.answer(deed.path, deed.step, value)
        elif deed.word in ("draft", "back") and value:
            known = {f.name for form in self.edition.forms.values() for f in form.fields} | {"edit", "read"}
            yield from self.names(deed.path, value, known, "unknown-field", "No page asks '{}'.")
        elif deed.word == "old_page" and isinstance(value, str):
            yield from self.name(deed.path, value, OLD_PAGE, "not-one-of", "'{}' cannot come from an old page.")
        elif deed.word == "old_page":
            for step, told in value.items():
                yield from self.answer((*deed.path, step), step, told)
        elif deed.word == "open":
            yield from self.step(deed.path, value)
        elif deed.word == "called_back":
            for step in value:
                yield from self.step((*deed.path, step), step, key=True)
        elif deed.word in ("return", "reject"):
            path = (*deed.path, "reasons") if isinstance(value, Mapping) else deed.path
            told = value["reasons"] if isinstance(value, Mapping) else value
            known = {reason.id for reason in (review.reasons if deed.word == "return" else review.reject)}
            yield from self.names(path, told, known, "unknown-reason", f"There is no reason '{{}}' to {deed.word} a case.")
        elif deed.word == "send_back":
            for step, told in value.items():
                yield from self.send_back((*deed.path, step), step, told)
        elif deed.word == "deliver":
            yield from self.actions(deed.path, value)
        elif deed.word == "facts":
            yield from self.facts(deed.path, value)
        elif deed.word == "confirm":
            yield from self.names(deed.path, value, self.rules(), "unknown-rule", "No form asks to confirm '{}'.")
        elif deed.word == "expect":
            yield from self.expect(deed.path, value)

    def step(self, path: Way, name: str, *, key: bool = False) -> Iterator[Mistake]:
        if self.edition.flow.step(name) is None:
            known = [step.id for step in self.edition.flow.steps]
            what = f"There is no step '{name}'."
            yield self.scenario.source.mistake(path, "unknown-step", what, did_you_mean(name, known), key=key)

    def send_back(self, path: Way, name: str, told: Any) -> Iterator[Mistake]:
        step = self.edition.flow.step(name)
        if step is None:
            yield from self.step(path, name, key=True)
            return
        shape = self.shape(step)
        if shape is None or not shape.staffed:
            staffed = [one.id for one in self.edition.flow.steps if (of := self.shape(one)) is not None and of.staffed]
            cure = f"There are: {', '.join(staffed)}." if staffed else "Write return: a reviewer returns the whole case."
            what = f"No staff attend to the client at the step '{name}'."
            yield self.scenario.source.mistake(path, "nobody-attends", what, cure, key=True)
            return
        here = (*path, "reasons") if isinstance(told, Mapping) else path
        given = told["reasons"] if isinstance(told, Mapping) else told
        what = f"The step '{name}' has no reason '{{}}'."
        yield from self.names(here, given, [reason.id for reason in step.reasons], "unknown-reason", what)

    def answer(self, path: Way, name: str, told: Any) -> Iterator[Mistake]:
        step = self.edition.flow.step(name)
        if step is None:
            yield from self.step(path, name, key=True)
            return
        self.last = step
        if told is None:
            return
        if not isinstance(told, Mapping):
            what = f"The answers of '{name}' must be a map."
            yield self.scenario.source.mistake(path, "wrong-type", what, f"Write '{name}: {{field: answer}}'.")
            return
        form = self.form(step)
        shape = self.shape(step)
        if form is not None and shape is not None and shape.fields:
            known = [question.name for question in form.fields]
            yield from self.names(path, told, known, "unknown-field", f"The form '{form.id}' asks no '{{}}'.")
            for question in form.fields:
                yield from self.photo((*path, question.name), question, told.get(question.name))
        elif shape is not None and shape.word:
            yield from self.names(path, told, ("edit",), "unknown-field", f"The step '{name}' takes no '{{}}'.")
            if "edit" in told:
                options, what = step.options.get(shape.values, ()), f"'{{}}' cannot be chosen in '{name}'."
                tell = self.names if isinstance(told["edit"], list) and step.options.get(shape.many) else self.name
                yield from tell((*path, "edit"), told["edit"], options, "unknown-group", what)
        elif shape is not None and shape.asks:
            yield from self.inquiry(path, step, shape, told)
        elif step.kind in TAKES:
            takes = (*TAKES[step.kind], *(("signed",) if "sign" in step.options else ()))
            yield from self.names(path, told, takes, "unknown-field", f"The step '{name}' takes no '{{}}'.")
            if "signed" in told and "sign" in step.options:
                codes = {"ok", *self.codes()}
                yield from self.name((*path, "signed"), told["signed"], codes, "unknown-code", "No problem has the code '{}'.")
        if step.kind == "agreements" and isinstance(told.get("read"), list):
            rows = [row.id for row in self.edition.lists[str(step.options["list"])].items]
            yield from self.names((*path, "read"), told["read"], rows, "unknown-agreement", "The list has no '{}'.")

    def photo(self, path: Way, question: Field, told: Any) -> Iterator[Mistake]:
        """A photo of which the story says what is read on it."""
        if question.kind != "photo" or not isinstance(told, Mapping):
            return
        keys = ("photo", "reads", "doubtful")
        yield from self.names(path, told, keys, "unknown-key", "A photo of a story has no '{}'.")
        reads = question.options.get("reads", {})
        for key in ("reads", "doubtful"):
            what = f"'{question.name}' does not ask for '{{}}' to be read."
            yield from self.names((*path, key), told.get(key, ()), reads, "unknown-reading", what)

    def inquiry(self, path: Way, step: Step, shape: StepShape, told: Mapping[str, Any]) -> Iterator[Mistake]:
        yield from self.names(path, told, ("answers",), "unknown-field", f"The step '{step.id}' takes no '{{}}'.")
        asked = self.kinds.inquiries.get(str(step.options.get(shape.asks)))
        if asked is not None and isinstance(told.get("answers"), Mapping):
            what = f"The inquiry '{asked.name}' answers no '{{}}'."
            yield from self.names((*path, "answers"), told["answers"], asked.answers, "unknown-answer", what)

    def shape(self, step: Step) -> StepShape | None:
        return self.kinds.steps.get(step.kind)

    def form(self, step: Step | None) -> Form | None:
        shape = self.shape(step) if step is not None else None
        return self.edition.forms.get(shape.form(step.id, step.options)) if step is not None and shape is not None else None

    def rules(self) -> list[str]:
        forms = self.edition.forms.values()
        asked = [question for form in forms for question in form.fields]
        read = {target for question in asked for target in question.options.get("reads", {}).values()}
        odd = [f"{NOT_ON_FILE}.{target.removeprefix('client.')}" for target in read]
        odd += [f"{DIFFERS}.{question.name}" for question in asked if question.prefill in read]
        return [NOTHING_CORRECTED.id, *(rule.id for form in forms for rule in form.warn), *odd]

    def actions(self, path: Way, told: Mapping[str, Any]) -> Iterator[Mistake]:
        known = [action.id for action in self.edition.flow.approved]
        for name in told:
            if name.partition("[")[0] not in known:
                what = f"There is no action '{name}' after the approval."
                yield self.scenario.source.mistake((*path, name), "unknown-action", what, did_you_mean(name, known), key=True)

    def codes(self) -> set[str]:
        """The codes of problems: the program's, the plugins', the rules of the forms, and what the story has the world say."""
        rules = {rule.id for form in self.edition.forms.values() for rule in form.refuse}
        said = {str(code) for deed in self.scenario.deeds if deed.word == "world" for code in deed.value.values()}
        return {*SENTENCES, *self.kinds.codes, *rules, *said}

    def expect(self, path: Way, told: Mapping[str, Any]) -> Iterator[Mistake]:
        for key in () if self.edition.flow.case else sorted(told.keys() - LOOKED):
            what = f"'{key}' cannot be expected: this business keeps nothing."
            cure = f"There are: {', '.join(sorted(LOOKED))}."
            yield self.scenario.source.mistake((*path, key), "keeps-nothing", what, cure, key=True)
        form = self.form(self.last)
        for at, codes in told.get("problems", {}).items():
            here = (*path, "problems", at)
            if form is not None:
                known = [question.name for question in form.fields]
                if at.partition(".")[0] not in known:
                    what = f"The form '{form.id}' asks no '{at}'."
                    yield self.scenario.source.mistake(here, "unknown-field", what, did_you_mean(at, known), key=True)
            yield from self.code(here, codes)
        yield from self.code((*path, "refused"), told.get("refused", []))
        yield from self.names(
            (*path, "warnings"), told.get("warnings", ()), self.rules(), "unknown-rule", "No form asks to confirm '{}'."
        )
        if "step" in told:
            yield from self.step((*path, "step"), told["step"])
        for index, name in enumerate(told.get("steps", ())):
            yield from self.step((*path, "steps", index), name)
        for index, target in enumerate(told.get("reopened", ())):
            yield from self.reopened((*path, "reopened", index), target)
        yield from self.names(
            (*path, "changes"), told.get("changes", {}), self.on_file, "unknown-client-property",
            "The record on file has no '{}'.",
        )  # fmt: skip
        asked = {question.name for one in self.edition.forms.values() for question in one.fields}
        for key in ("asks", "hides"):
            yield from self.names((*path, key), told.get(key, ()), asked, "unknown-field", "No page asks '{}'.")
        yield from self.actions((*path, "deliveries"), told.get("deliveries", {}))
        edition, kinds = self.edition, self.kinds
        names = flow_names(edition.flow, edition.forms, edition.record, kinds) if "knows" in told else ()
        yield from self.names((*path, "knows"), told.get("knows", {}), names, "unknown-name", "No condition knows '{}'.")
        messages = {action.id for actions in self.edition.flow.notify.values() for action in actions}
        yield from self.names(
            (*path, "notified"), told.get("notified", ()), messages, "unknown-action", "No message is called '{}'."
        )

    def code(self, path: Way, codes: Any) -> Iterator[Mistake]:
        known = self.codes()
        for index, code in enumerate([codes] if isinstance(codes, str) else codes):
            here = path if isinstance(codes, str) else (*path, index)
            yield from self.name(here, code, known, "unknown-code", "No problem has the code '{}'.")

    def reopened(self, path: Way, target: str) -> Iterator[Mistake]:
        name, _, question = target.partition(".")
        yield from self.step(path, name)
        form = self.form(self.edition.flow.step(name))
        if question and form is not None:
            known = [one.name for one in form.fields]
            yield from self.name(path, question, known, "unknown-field", f"The form '{form.id}' asks no '{{}}'.")
