"""The actions of a flow: kinds that exist, answers that they name, an order in which each can run, people whom they reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from banli.definitions.checks import reaching
from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.checks.conditions import Tester
from banli.definitions.entries import Entry, entries
from banli.definitions.source import Source
from banli.errors import Mistake, did_you_mean
from banli.expressions import Type

OF_DELIVERIES = ("each", "refusal", "title", "waits_for")
OF_MESSAGES = ("when", "optional")


def check(book: Book, source: Source, steps: reaching.Steps, answers: Mapping[str, Type]) -> Iterator[Mistake]:
    """`answers` is all that the flow's steps give."""
    flow = _Flow(book, source, steps, answers)
    yield from flow.check(source.data.get("approved"), ("approved",), message=False)
    for moment, items in dict(source.data.get("notify", {})).items():
        yield from flow.check(items, ("notify", moment), message=True)


@dataclass(frozen=True)
class _Flow:
    book: Book
    source: Source
    steps: reaching.Steps
    answers: Mapping[str, Type]

    def check(self, items: Any, at: Way, *, message: bool) -> Iterator[Mistake]:
        seen: set[str] = set()
        earlier: dict[str, bool] = {}
        for action in entries(items):
            path: Way = (*at, *action.path)
            yield from self.order(action, path, earlier, message)
            yield from self.kind(action, path, message)
            if action.id in seen:
                what = f"There is already an action '{action.id}'."
                yield self.source.mistake(path, "duplicate-id", what, "Give this one an 'id'.", key=True)
            seen.add(action.id)
            earlier[action.id] = "each" in action.settings

    def kind(self, action: Entry, path: Way, message: bool) -> Iterator[Mistake]:
        known = self.book.kinds.actions
        if action.word not in known and message and action.settings.get("optional") is True:
            return  # it is sent where a plugin offers the kind
        if action.word not in known:
            what, otherwise = f"There is no action '{action.word}'.", "Switch on the plugin that offers it"
            cure = did_you_mean(action.word, known) or f"{otherwise}{', or write optional: true' if message else ''}."
            yield self.source.mistake(path, "unknown-action", what, cure, key=True)
        elif not action.settings and known[action.word].required:
            what = f"'{known[action.word].required[0]}' is missing."
            yield self.source.mistake(path, "missing-key", what, "Add it.", key=True)
        else:
            yield from reaching.receivers(self.book, self.source, action, path, known[action.word], self.steps)

    def order(self, action: Entry, path: Way, earlier: Mapping[str, bool], message: bool) -> Iterator[Mistake]:
        """When it runs, and how often. What only messages or only deliveries have is told at the others."""
        told = action.settings
        if isinstance(told.get("each"), str):
            yield from self.each(told["each"], (*path, "each"))
        if not message and isinstance(told.get("waits_for"), str):
            yield from self.waiting(told["waits_for"], (*path, "waits_for"), earlier)
        if message and isinstance(told.get("when"), str):
            tester = Tester(self.book, self.source, {**self.book.common, **self.answers}, {})
            yield from tester.test((*path, "when"), told["when"])
        for key in OF_DELIVERIES if message else OF_MESSAGES:
            if key in told:
                what = f"A message has no '{key}'." if message else f"Only a message can have '{key}'."
                yield self.source.mistake((*path, key), "not-here", what, "Delete it.", key=True)

    def waiting(self, name: str, here: Way, earlier: Mapping[str, bool]) -> Iterator[Mistake]:
        """Only for one above it, so that none waits for ever. `earlier` says of each by its id whether it runs several times."""
        if name not in earlier:
            what = f"There is no action '{name}' above this one."
            yield unknown(self.source, here, "unknown-action", what, name, earlier)
        elif earlier[name]:
            what = f"'{name}' runs several times, and each run may end differently."
            yield self.source.mistake(here, "many-ends", what, "Wait for an action without 'each'.")

    def each(self, name: str, here: Way) -> Iterator[Mistake]:
        """An action that runs for each item of an answer: the answer must be a list of codes."""
        if name.partition(".")[0] in self.book.unread(self.source):
            return  # told where the step names its form
        if name not in self.answers:
            yield unknown(self.source, here, "unknown-name", f"There is no '{name}'.", name, self.answers)
        elif self.answers[name].kind != "list<string>":
            what = f"'{name}' is not an answer with several choices."
            yield self.source.mistake(here, "wrong-type", what, "Name a question of which several can be chosen.")
