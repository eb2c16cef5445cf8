"""The built-in kinds of steps: form, overview, photos, submit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from banli.definitions.model import Field, Form, Group, Step
from banli.errors import Problem
from banli.fields import Raw, Verdicts
from banli.fields.reader import Reading
from banli.steps import readings
from banli.steps.base import Answered, Book, Data, Sight, StepKind

_FORM = {"type": "string", "description": "The form that is asked."}


class FormStep(StepKind):
    """Questions on one page."""

    name = "form"
    options: ClassVar[Mapping[str, Any]] = {
        "form": _FORM,
        "tries": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "description": "How often on one day a client may give an answer that the rules of the form judge.",
        },
    }
    refers: ClassVar[Mapping[str, str]] = {"form": "form"}
    fields = True
    template = "form"

    def form(self, step: Step) -> str:
        return str(step.options.get("form") or step.id)

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        form = book.forms[self.form(step)]
        reading = book.reader(form.id).read(raw, self.around(step, book, sight.names), verdicts, confirmed)
        read = tuple(readings.records(form.fields, reading.values, verdicts))
        warnings, flags = reading.warnings, reading.flags
        if not reading.problems:
            odd = [*readings.differing(form.fields, reading.values, sight.names, reading.hidden),
                   *readings.contrary(read, sight.names, book.asked if read else frozenset())]  # fmt: skip
            warnings += tuple(rule for rule in odd if rule.id not in confirmed)
            flags += tuple(rule.id for rule in odd if rule.id in confirmed)
        records = (*_records(form, book, reading), *read)
        return Answered(reading.values, reading.problems, reading.awaits, warnings, flags, records)

    def around(self, step: Step, book: Book, names: Mapping[str, object]) -> Mapping[str, object]:
        """The names around the form."""
        return names

    def fill(self, step: Step, book: Book, sight: Sight) -> Raw:
        if sight.draft is not None:
            return sight.draft
        reader = book.reader(self.form(step))
        names, raw = self.around(step, book, sight.names), {}
        for line in reader.lines:
            field = line.field
            if sight.result is not None and not field.read_only:
                value = sight.result.get(field.name)
            else:
                value = readings.shown(field, names, reader.on_file(field, names))
            raw.update(line.kind.write(field, value))
        return raw

    def asked(self, step: Step, book: Book, sight: Sight, raw: Raw, fields: Iterable[str]) -> tuple[str, ...]:
        if not (named := tuple(fields)):
            return ()
        hidden = book.reader(self.form(step)).read(raw, self.around(step, book, sight.names)).hidden
        return tuple(name for name in named if name not in hidden)

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        # A sent code or a captcha is good for one post; nobody needs it later, least of all in a database.
        kept = {line.field.name for line in book.reader(self.form(step)).lines if line.kind.keeps}
        return {name: texts for name, texts in raw.items() if name.partition(".")[0] in kept}

    def names(self, step: Step, data: Data) -> dict[str, object]:
        return {f"{step.id}.{name}": value for name, value in data.items()}

    def recorded(self, step: Step, records: Sequence[Data]) -> Mapping[str, object]:
        return readings.names(records) if records else {}

    def basis(self, step: Step, book: Book, names: Mapping[str, object]) -> object:
        return readings.basis(book.forms[self.form(step)].fields, names)

    def uses(self, step: Step, book: Book) -> frozenset[str]:
        reader = book.reader(self.form(step))
        rules = (when.names for _, when in (*reader.refuse, *reader.warn))
        named = frozenset().union(*(line.needs for line in reader.lines), *rules)
        return frozenset(name for name in named if name not in reader.order)

    def changes(self, step: Step, book: Book, names: Mapping[str, object], data: Data) -> dict[str, Any]:
        return book.reader(self.form(step)).changed(data, self.around(step, book, names))


class Overview(StepKind):
    """The record on file, read-only; the client chooses the one group to change (R-040 to R-043), or several of them (C-20).
    Without `edit` it is read and gone on from."""

    name = "overview"
    options: ClassVar[Mapping[str, Any]] = {
        "form": _FORM,
        "edit": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": "The groups that can be changed.",
        },
        "as": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*$",
            "description": "The word for the chosen group in conditions.",
        },
        "several": {
            "type": "boolean",
            "description": "Whether several groups can be chosen at once. Where it is given, the word is a list of groups.",
        },
    }
    required = ("form",)
    refers: ClassVar[Mapping[str, str]] = {"form": "form", "edit": "group"}
    word, values, many = "as", "edit", "several"
    template = "overview"
    cases = "both"
    asking = ("edit", "as", "several")

    def form(self, step: Step) -> str:
        return str(step.options["form"])

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        if "edit" not in step.options:
            return Answered({})
        given = raw.get("edit") or ()
        chosen = [group for group in step.options["edit"] if group in given]
        if not step.options.get("several"):
            chosen = [group for group in chosen if group == given[0]]
        if not chosen:
            return Answered({}, (Problem("", "choose_group"),))
        return Answered({str(step.options["as"]): chosen if "several" in step.options else chosen[0]})

    def fill(self, step: Step, book: Book, sight: Sight) -> Raw:
        if sight.draft is not None:
            return sight.draft
        chosen = (sight.result or {}).get(str(step.options.get("as")))
        return {"edit": [str(one) for one in (chosen if isinstance(chosen, list | tuple) else [chosen])]} if chosen else {}

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        return {"edit": raw["edit"]} if "edit" in raw else {}

    def names(self, step: Step, data: Data) -> dict[str, object]:
        return dict(data)


class Photos(FormStep):
    """Photos of documents: shown as on file, or asked anew where `clear` says so (R-057 to R-061, C-05, C-06).

    Nothing is deleted by clearing: a cleared field is just not taken from the file, and the photo on file is no answer
    to it, even if it was one before.
    """

    name = "photos"
    refers: ClassVar[Mapping[str, str]] = {
        "form": "form", "clear.fields": "field", "clear.when": "condition", "rules.when": "condition",
        "rules.title": "text", "rules.text": "text", "rules.button": "text",
    }  # fmt: skip
    options: ClassVar[Mapping[str, Any]] = {
        "form": _FORM,
        "clear": {
            "type": "object",
            "description": "Which photos are not taken from the file, and when.",
            "required": ["fields", "when"],
            "additionalProperties": False,
            "properties": {
                "fields": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "description": "Fields of the form.",
                },
                "when": {"type": "string", "description": "A condition (CEL)."},
            },
        },
        "rules": {
            "type": "object",
            "description": "What pops up before photos are taken.",
            "required": ["title", "text", "button"],
            "additionalProperties": False,
            "properties": {
                "title": {"type": "string", "description": "Its heading."},
                "text": {"type": "string", "description": "Markdown."},
                "button": {"type": "string", "description": "The words on the button that closes it."},
                "when": {"type": "string", "description": "A condition (CEL); without it the rules always pop up."},
            },
        },
    }
    template = "photos"

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        return super().answer(step, book, sight, self._anew(step, book, sight.names, raw), verdicts, confirmed)

    def fill(self, step: Step, book: Book, sight: Sight) -> Raw:
        return self._anew(step, book, sight.names, super().fill(step, book, sight))

    def around(self, step: Step, book: Book, names: Mapping[str, object]) -> Mapping[str, object]:
        return {**names, **{field.prefill: None for field in self._cleared(step, book, names)}}

    def _cleared(self, step: Step, book: Book, names: Mapping[str, object]) -> list[Field]:
        clear = step.options.get("clear")
        if not clear or not book.condition(f"step {step.id}", clear["when"]).holds(names):
            return []
        return [f for f in book.forms[self.form(step)].fields if f.prefill and f.name in clear["fields"]]

    def _anew(self, step: Step, book: Book, names: Mapping[str, object], raw: Raw) -> Raw:
        """Without the photos on file in the cleared fields."""
        old = {field.name: str(names.get(field.prefill)) for field in self._cleared(step, book, names)}
        return {name: texts for name, texts in raw.items() if [text.strip() for text in texts[:1]] != [old.get(name)]}

    def uses(self, step: Step, book: Book) -> frozenset[str]:
        clear = step.options.get("clear")
        named = book.condition(f"step {step.id}", clear["when"]).names if clear else frozenset()
        return super().uses(step, book) | named

    def changes(self, step: Step, book: Book, names: Mapping[str, object], data: Data) -> dict[str, Any]:
        return book.reader(self.form(step)).changed(data, names)

    def clears(self, step: Step, book: Book, fields: tuple[str, ...], data: Data) -> Data:
        return {name: value for name, value in data.items() if name not in fields}


class Submit(StepKind):
    """The end of the client's way. Without `confirm` the case is submitted together with the last answer."""

    name = "submit"
    options: ClassVar[Mapping[str, Any]] = {
        "text": {"type": "string", "description": "What the client reads after submitting."},
        "confirm": {"type": "boolean", "description": "Show all answers once more and ask before submitting."},
        "button": {"type": "string", "description": "The words on the button that submits."},
    }
    required = ("text",)
    refers: ClassVar[Mapping[str, str]] = {"text": "text", "button": "text"}
    template = "confirm"
    ends = True
    rests_on_all = True

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        return Answered({})

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        return {}


def _records(form: Form, book: Book, reading: Reading) -> tuple[Data, ...]:
    records: list[Data] = []
    for field in form.fields:
        agreement = book.agreements.get(str(field.options.get("agreement", "")))
        if field.kind == "consent" and agreement is not None and reading.values.get(field.name) is True:
            records.append(
                {
                    "kind": "consent",
                    "at": field.name,
                    "agreement": agreement.id,
                    "number": agreement.number,
                    "digest": agreement.digest,
                }
            )
    records += [
        {"kind": awaited.kind, "at": awaited.at, "to": awaited.to} for awaited in reading.awaits if awaited.kind == "otp"
    ]
    return tuple(records)


def groups(form: Form) -> dict[str, Group]:
    """The groups of a form by id."""
    return {entry.id: entry for entry in form.layout if isinstance(entry, Group)}
