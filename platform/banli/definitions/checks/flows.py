"""Flows: steps that can be reached and left, names known in time, reasons that reopen something, one end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from banli.definitions.build import build_flow
from banli.definitions.checks import actions, caseless, conditions, ending, newcomers, resting
from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.checks.conditions import Tester
from banli.definitions.edition import settings_at
from banli.definitions.entries import Entry, entries
from banli.definitions.kinds import StepShape
from banli.definitions.model import Step
from banli.definitions.scopes import step_names
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean
from banli.expressions import Type


def check(book: Book) -> Iterator[Mistake]:
    used: set[str] = set()
    for _, source in book.fresh("flows"):
        flow = _Flow(book, source)
        yield from flow.check()
        used |= flow.forms
    for name, _ in book.fresh("forms"):
        asked = book.form(name)
        if asked is not None and name not in used:
            yield from conditions.of_form(book, asked, book.common, {})


class _Flow:
    def __init__(self, book: Book, source: Source) -> None:
        self.book, self.source = book, source
        self.forms: set[str] = set()
        self.steps: list[tuple[Entry, Way, StepShape | None]] = []
        for entry in entries(source.data["steps"]):
            shape = book.kinds.steps.get(entry.word)
            self.steps.append((entry, ("steps", *entry.path), shape))
        self.first = {entry.id: entry.index for entry, _, _ in reversed(self.steps)}
        self.built: Mapping[str, Step] = {step.id: step for step in build_flow("", source.data).steps}
        self.unread = book.unread(source)

    def check(self) -> Iterator[Mistake]:
        yield from self.kinds()
        yield from self.ids()
        yield from caseless.check(self.source, self.steps)
        if not caseless.keeps_nothing(self.source):
            yield from ending.check(self.source, self.steps, self.book.kinds)
        yield from ending.stages(self.source, self.steps)
        yield from self.login()
        yield from self.walk()
        yield from self.reasons()
        yield from resting.needed(self.source, self.steps)
        yield from actions.check(self.book, self.source, self.steps, self.answers())

    def tell(self, path: Way, code: str, what: str, cure: str = "", *, key: bool = False) -> Mistake:
        return self.source.mistake(path, code, what, cure, key=key)

    def kinds(self) -> Iterator[Mistake]:
        known = self.book.kinds.steps
        for entry, path, shape in self.steps:
            if shape is None and entry.settings.get("optional") is not True:
                cure = did_you_mean(entry.word, known) or "Switch on the plugin that offers it, or write 'optional: true'."
                yield self.tell(path, "unknown-step-kind", f"There is no kind of step '{entry.word}'.", cure, key=True)
            if shape is not None and not entry.settings and shape.required:
                yield self.tell(path, "missing-key", f"'{shape.required[0]}' is missing.", "Add it.", key=True)
            if shape is not None and entry.settings.get("stop") is True and "when" not in entry.settings:
                what = f"The step '{entry.id}' stops everybody, because it has no condition."
                yield self.tell((*path, "stop"), "stops-everybody", what, "Add a 'when': whom it concerns.", key=True)
            both = shape is not None and shape.word and shape.values
            if shape is not None and both and (shape.word in entry.settings) != (shape.values in entry.settings):
                there, missing = shape.word, shape.values
                if shape.values in entry.settings:
                    there, missing = missing, there
                yield self.tell((*path, there), "alone", f"'{there}' needs '{missing}' beside it.", f"Add '{missing}'.", key=True)

    def ids(self) -> Iterator[Mistake]:
        seen: dict[str, int] = {}
        for entry, path, _ in self.steps:
            if entry.id in seen:
                yield self.tell(
                    path, "duplicate-id", f"There is already a step '{entry.id}'.", "Give this one an 'id'.", key=True
                )
            seen[entry.id] = entry.index
        for entry, path, shape in self.steps:
            if shape is None:
                continue  # the site does without it, or `kinds` has told of it: what it rests on is a plugin's, too
            for way, name in settings_at(entry.settings, "rests_on"):
                here = (*path, *way)
                if name in self.book.kinds.facts or (name in self.unread and name not in seen):
                    continue
                if name not in seen:
                    known = (*seen, *self.book.kinds.facts)
                    yield unknown(self.source, here, "unknown-step", f"There is no step '{name}'.", str(name), known)
                elif seen[name] >= entry.index:
                    yield self.tell(
                        here,
                        "later-step",
                        f"'{entry.id}' cannot rest on '{name}', which is not before it.",
                        "Name an earlier step.",
                    )

    def login(self) -> Iterator[Mistake]:
        name = str(self.source.data["login"])
        yield from self.book.missing("forms", name, self.source, ("login",))
        asked = self.book.form(name)
        if asked is not None:
            self.forms.add(name)
            yield from conditions.of_form(self.book, asked, self.book.common, {})
        yield from newcomers.check(self.book, self.source)

    def walk(self) -> Iterator[Mistake]:
        """The steps in order, each with the names that are known when it is asked."""
        given = [self.gives(entry, shape) for entry, _, shape in self.steps]
        known: dict[str, Type] = {**self.book.common, **dict.fromkeys(self.unread, Type("dyn"))}
        for position, (entry, path, shape) in enumerate(self.steps):
            if shape is None:
                continue
            later = {name: type for names in given[position:] for name, type in names.items() if name not in known}
            tester = Tester(self.book, self.source, known, later)
            if isinstance(entry.settings.get("when"), str):
                yield from tester.test((*path, "when"), entry.settings["when"])
            if shape.asks:
                tester = Tester(self.book, self.source, {**known, **given[position]}, later)
            yield from self.settings(entry, path, shape, tester)
            yield from self.form(entry, path, shape, known, later)
            taken = {name.partition(".")[0] for name in known} - self.unread
            for name in dict.fromkeys(name.partition(".")[0] for name in given[position]):
                if name in taken and name in self.built and entry.index != self.first[name]:
                    continue  # told as a duplicate id
                if name in taken:
                    word = bool(shape.word) and entry.settings.get(shape.word) == name
                    here = (*path, shape.word) if word else (*path, "id") if "id" in entry.settings else path
                    yield self.tell(
                        here,
                        "duplicate-name",
                        f"'{name}' is the name of something else already.",
                        "Choose another word." if word else "Give the step another 'id'.",
                    )
            known |= {name: type for name, type in given[position].items() if name.partition(".")[0] not in taken}

    def answers(self) -> Mapping[str, Type]:
        """What all steps give."""
        found = {name: type for entry, _, shape in self.steps for name, type in self.gives(entry, shape).items()}
        return {**dict.fromkeys(self.unread, Type("dyn")), **found}

    def gives(self, entry: Entry, shape: StepShape | None) -> Mapping[str, Type]:
        step = self.built.get(entry.id)
        if shape is None or step is None:
            return {}
        asked = self.book.form(shape.form(entry.id, entry.settings))
        return step_names(step, shape, asked.form if asked is not None else None, self.book.kinds)

    def form(
        self, entry: Entry, path: Way, shape: StepShape, known: Mapping[str, Type], later: Mapping[str, Type]
    ) -> Iterator[Mistake]:
        name = shape.form(entry.id, entry.settings)
        if not name:
            return
        setting = next(way for way, sort in shape.refers.items() if sort == "form")
        written = setting in entry.settings or "id" not in entry.settings
        here = (*path, setting if setting in entry.settings else "id") if entry.settings else path
        yield from self.book.missing("forms", name, self.source, here, key=not entry.settings and written)
        asked = self.book.form(name)
        if asked is None:
            return
        self.forms.add(name)
        yield from conditions.of_form(self.book, asked, known, later)
        if shape.fields and not any(not question.read_only for question in asked.form.fields):
            yield self.tell(
                path,
                "asks-nothing",
                f"The step '{entry.id}' asks nothing: every question of its form is read-only."
                if asked.form.fields
                else f"The step '{entry.id}' asks nothing: its form has no questions.",
                "Give the form a question, or delete the step.",
                key=True,
            )

    def settings(self, entry: Entry, path: Way, shape: StepShape, tester: Tester) -> Iterator[Mistake]:
        """What a kind's own settings name."""
        asked = self.book.form(shape.form(entry.id, entry.settings))
        for setting, sort in shape.refers.items():
            for way, value in settings_at(entry.settings, setting):
                if not isinstance(value, str):
                    continue
                here = (*path, *way)
                if sort == "condition":
                    yield from tester.test(here, value)
                elif sort == "name":
                    yield from tester.known(here, value)
                elif sort == "agreement_list":
                    yield from self.book.missing("agreement_lists", value, self.source, here)
                    yield from self.listed(value, tester)
                elif sort in ("agreement", "flow", "dictionary"):
                    folder = {"agreement": "agreements", "flow": "flows", "dictionary": "dictionaries"}[sort]
                    yield from self.book.missing(folder, value, self.source, here)
                elif sort == "hours":
                    yield from self.book.missing("hours", value, self.source, here)
                elif sort == "inquiry":
                    yield from self.inquiry(entry, path, here, value)
                elif sort == "signer":
                    yield from self.signer(entry, here, value)
                elif sort == "photo":
                    yield from self.photo(here, value)
                elif sort == "step" and value not in self.built and value not in self.unread:
                    yield unknown(self.source, here, "unknown-step", f"There is no step '{value}'.", value, self.built)
                elif sort == "field" and asked is not None and value not in asked.questions:
                    yield unknown(
                        self.source,
                        here,
                        "unknown-field",
                        f"The form '{asked.form.id}' asks no '{value}'.",
                        value,
                        asked.questions,
                    )
                elif sort == "group" and asked is not None:
                    groups = [e.id for e in entries(asked.source.data.get("layout")) if e.word == "group"]
                    if value not in groups:
                        yield unknown(
                            self.source,
                            here,
                            "unknown-group",
                            f"The form '{asked.form.id}' has no group '{value}'.",
                            value,
                            groups,
                        )

    def inquiry(self, entry: Entry, path: Way, here: Way, name: str) -> Iterator[Mistake]:
        """What is asked of another system, with the settings that this takes."""
        shape = self.book.kinds.inquiries.get(name)
        if shape is None:
            known = self.book.kinds.inquiries
            yield unknown(self.source, here, "unknown-inquiry", f"There is no inquiry '{name}'.", name, known)
            return
        given = entry.settings.get("with")
        for key in given if isinstance(given, Mapping) else ():
            if key not in shape.options:
                cure = did_you_mean(key, shape.options) or f"'{name}' takes: {', '.join(shape.options) or 'nothing'}."
                yield self.tell((*path, "with", key), "unknown-key", f"There is no key '{key}' here.", cure, key=True)
        for key in shape.required:
            if not isinstance(given, Mapping) or key not in given:
                yield self.tell(path, "missing-key", f"'{name}' needs '{key}'.", "Add it under 'with'.", key=True)

    def photo(self, here: Way, value: str) -> Iterator[Mistake]:
        """A photo on file, as `client.x`."""
        on_file = self.book.record.schema.get("properties", {})
        photos = [f"client.{name}" for name, one in on_file.items() if one.get("contentMediaType") == "image/*"]
        if value not in photos:
            yield unknown(self.source, here, "unknown-photo", f"The record on file has no photo '{value}'.", value, photos)

    def signer(self, entry: Entry, here: Way, name: str) -> Iterator[Mistake]:
        """Who signs, and whether everybody can get what they sign with."""
        known = self.book.kinds.signers
        if name not in known:
            cure = did_you_mean(name, known) or "Switch on the plugin that offers it, or leave 'sign' out: then a tick counts."
            yield self.tell(here, "unknown-signer", f"There is no signer '{name}'.", cure)
        elif known[name] and not any(other.word == known[name] and other.index < entry.index for other, _, _ in self.steps):
            what = f"Who has nothing yet to sign with cannot go on: no step '{known[name]}' comes before this one."
            yield self.tell(here, "signs-with-nothing", what, f"Add '- {known[name]}: …' before it.")

    def listed(self, name: str, tester: Tester) -> Iterator[Mistake]:
        """The conditions of an agreement list know what the step knows that shows it."""
        source = self.book.view.get("agreement_lists", name)
        if source is None or ("agreement_lists", name) in self.book.broken:
            return
        inner = Tester(self.book, source, tester.scope.names, tester.later)
        elsewhere = caseless.keeps_nothing(self.source) and caseless.known_elsewhere(self.book, name)
        for item in entries(source.data.get("items")):
            if isinstance(item.settings.get("when"), str):
                for mistake in inner.test(("items", *item.path, "when"), item.settings["when"]):
                    if not elsewhere or mistake.code != "unknown-name":
                        yield mistake

    def reasons(self) -> Iterator[Mistake]:
        review: Any = self.source.data.get("review", {})
        for sort in ("reasons", "reject"):
            yield from self.each_reason(review.get(sort), ("review", sort))
        for entry, path, shape in self.steps:
            if "reasons" not in entry.settings or shape is None:
                continue
            if not shape.staffed:
                what = f"Nobody of the staff attends to the client at a step '{entry.word}', so nobody sends them back from it."
                yield self.tell((*path, "reasons"), "nobody-attends", what, "Write them under 'review'.", key=True)
                continue
            yield from self.each_reason(entry.settings["reasons"], (*path, "reasons"), entry)

    def each_reason(self, items: Any, at: Way, of: Entry | None = None) -> Iterator[Mistake]:
        """Reasons of the review, or `of` a step, which reopens only what comes before it."""
        seen: set[str] = set()
        for reason in entries(items):
            path: Way = (*at, *reason.path)
            if reason.id in seen:
                yield self.tell(
                    path, "duplicate-id", f"There is already a reason '{reason.id}'.", "Give it another id.", key=True
                )
            seen.add(reason.id)
            for index, target in enumerate(reason.settings.get("reopen", ())):
                here: Way = (*path, "reopen", index)
                later = of is not None and self.first.get(str(target).partition(".")[0], -1) >= of.index
                if of is not None and later:
                    what = f"'{target}' does not come before '{of.id}'."
                    yield self.tell(here, "reopens-nothing", what, "Name an earlier step; this one is done again anyway.")
                else:
                    yield from self.reopened(here, str(target))

    def reopened(self, path: Way, target: str) -> Iterator[Mistake]:
        name, _, field = target.partition(".")
        found = next(((e, shape) for e, _, shape in self.steps if e.id == name), None)
        if found is None and name in self.unread:
            return
        if found is None:
            yield unknown(self.source, path, "unknown-step", f"There is no step '{name}'.", name, self.built)
            return
        entry, shape = found
        if shape is None:
            return
        if shape.ends:
            yield self.tell(
                path,
                "reopens-nothing",
                f"'{name}' asks the client nothing, so it cannot be reopened.",
                "Name the step that has to be done again.",
            )
        elif field:
            asked = self.book.form(shape.form(entry.id, entry.settings)) if shape.fields else None
            if not shape.fields:
                yield self.tell(path, "reopens-nothing", f"The step '{name}' has no single questions.", f"Write '{name}'.")
            elif asked is not None and field not in asked.questions:
                yield unknown(
                    self.source,
                    path,
                    "unknown-field",
                    f"The form '{asked.form.id}' asks no '{field}'.",
                    field,
                    asked.questions,
                )
            elif asked is not None and asked.questions[field][0].settings.get("read_only") is True:
                yield self.tell(
                    path,
                    "reopens-nothing",
                    f"'{target}' is read-only, so the client cannot mend it.",
                    "Name a question that the client answers.",
                )
