"""What the checks look things up in: everything that one company gets, built once, with the places of it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from banli.definitions.build import Shelf, build_form, build_record
from banli.definitions.bundles import forms_of, lists_in, named
from banli.definitions.entries import Entry, entries, questions
from banli.definitions.kinds import Kinds
from banli.definitions.model import Form, Record
from banli.definitions.scopes import Names, common_names
from banli.definitions.source import Path, Source
from banli.errors import Mistake, Place, did_you_mean, nearest
from banli.expressions import Condition, Fault, Scope, compile

Way = tuple[str | int, ...]


class Shelves(Protocol):
    """A company's view of the library."""

    @property
    def company(self) -> str: ...
    @property
    def kinds(self) -> Kinds: ...
    def get(self, folder: str, name: str) -> Source | None: ...
    def data(self, folder: str, name: str) -> Mapping[str, Any]: ...
    def own(self, folder: str, name: str) -> Source | None: ...
    def has(self, folder: str, name: str) -> bool: ...
    def ids(self, folder: str) -> tuple[str, ...]: ...
    def all(self, folder: str) -> Iterator[tuple[str, Source]]: ...


@dataclass(frozen=True)
class Asked:
    """A form with the place of every question: by name, the entry of the layout and the path to its settings."""

    source: Source
    form: Form
    questions: Mapping[str, tuple[Entry, Way]]


@dataclass
class Book:
    """`broken` holds the files whose shape is wrong: they are there, but nothing more is said of or through them."""

    view: Shelves
    lines: Mapping[str, list[str]]
    broken: set[tuple[str, str]] = field(default_factory=set)
    answers: dict[str, Mapping[str, list[str]]] = field(default_factory=dict)
    """By the file of a flow, what its texts may say of answers: found out once."""
    _forms: dict[str, Asked | None] = field(default_factory=dict)

    @property
    def kinds(self) -> Kinds:
        return self.view.kinds

    def sound(self, folder: str) -> Iterator[tuple[str, Source]]:
        """The files of a folder whose shape is right."""
        for name, source in self.view.all(folder):
            if (folder, name) not in self.broken:
                yield name, source

    def fresh(self, folder: str) -> Iterator[tuple[str, Source]]:
        """Those of them that are to be looked at: of a company only what its difference may have changed."""
        for name, source in self.sound(folder):
            if not self.view.company or self.view.own(folder, name) is not None or self.moved(folder, source):
                yield name, source

    def moved(self, folder: str, source: Source) -> bool:
        """May the company's other files have changed what this one means?"""
        if folder in ("forms", "flows") and self.wide:
            return True
        own = self.view.own
        if folder == "forms":
            return any(own("dictionaries", name) for name in lists_in(source.data.get("schema"), self.data("client", "client")))
        if folder == "flows":
            return any(
                own("forms", name) or self.moved("forms", form)
                for name in forms_of(source.data, self.kinds)
                if (form := self.view.get("forms", name)) is not None and ("forms", name) not in self.broken
            ) or any(own("agreement_lists", name) for _, _, name in named(source.data, self.kinds, "agreement_list"))
        return False

    @cached_property
    def wide(self) -> bool:
        """A company's own client record, or code lists of it, touch every form."""
        record = self.data("client", "client").get("schema")
        return any(self.view.own("client", name) for name in self.view.ids("client")) or any(
            self.view.own("dictionaries", name) for name in lists_in(record, {"schema": record})
        )

    def data(self, folder: str, name: str) -> Mapping[str, Any]:
        return {} if (folder, name) in self.broken else self.view.data(folder, name)

    @cached_property
    def shelf(self) -> Shelf:
        lists = {name: source.data for name, source in self.sound("dictionaries")}
        lists |= {name: {} for name in self.view.ids("dictionaries") if name not in lists}
        return Shelf(self.kinds, lists, self.data("client", "client"))

    @cached_property
    def record(self) -> Record:
        return build_record(self.shelf)

    @cached_property
    def common(self) -> Names:
        return common_names(self.record, self.kinds)

    def form(self, name: str) -> Asked | None:
        if name not in self._forms:
            source = self.view.get("forms", name)
            if source is None or ("forms", name) in self.broken:
                self._forms[name] = None
            else:
                form = build_form(name, source.data, self.shelf)
                layout = source.data.get("layout", [question.name for question in form.fields])
                found = {entry.id: (entry, path) for entry, path in questions(layout)}
                self._forms[name] = Asked(source, form, found)
        return self._forms[name]

    def unread(self, flow: Source) -> frozenset[str]:
        """The steps whose form is not there or cannot be read, and the ids that they would have if their form were the one
        that is meant: it is said of the form, so nothing is said of what the step asks."""
        ids = {entry.id for entry in entries(flow.data.get("steps"))}
        found = set[str]()
        for entry in entries(flow.data.get("steps")):
            shape = self.kinds.steps.get(entry.word)
            name = shape.form(entry.id, entry.settings) if shape is not None else ""
            if name and self.form(name) is None:
                meant = "" if self.view.has("forms", name) or name != entry.id else nearest(name, self.view.ids("forms"))
                found |= {entry.id, meant} - {""} if meant not in ids else {entry.id}
        return frozenset(found)

    def missing(
        self, folder: str, name: str, source: Source, path: Path, *, what: str = "", key: bool = False
    ) -> Iterator[Mistake]:
        """Tells of a file that is named but not there."""
        if not self.view.has(folder, name):
            word = what or {"dictionaries": "dictionary", "hours": "hours"}.get(folder, folder.removesuffix("s"))
            word = word.replace("_", " ")
            there = "There are no" if word == "hours" else "There is no"
            yield source.mistake(
                path,
                f"unknown-{word.replace(' ', '-')}",
                f"{there} {word} '{name}'.",
                did_you_mean(name, self.view.ids(folder)),
                key=key,
            )

    def condition(
        self, source: Source, path: Path, text: str, scope: Scope, wants: Any = "bool"
    ) -> Condition | list[Mistake]:
        """The compiled condition, or what is wrong with it, each at its own character."""
        found = compile(text, scope, wants)
        if isinstance(found, list):
            return [self.fault(source, path, text, fault) for fault in found]
        return found

    def fault(self, source: Source, path: Path, text: str, fault: Fault) -> Mistake:
        return Mistake(self.inside(source.place(path), text, fault.offset), fault.code, fault.what, fault.cure)

    def inside(self, start: Place, text: str, offset: int) -> Place:
        """The place of a character of a text, where the text is written on one line as it is."""
        lines = self.lines.get(start.file, [])
        if 0 < start.line <= len(lines):
            rest = lines[start.line - 1][start.column - 1 :]
            if rest.startswith(text):
                return Place(start.file, start.line, start.column + offset)
            if rest[1:].startswith(text):
                return Place(start.file, start.line, start.column + 1 + offset)
        return start


def unknown(
    source: Source, path: Path, code: str, what: str, word: str, known: Iterable[str], *, key: bool = False
) -> Mistake:
    """`There is no … 'word'.` with what may have been meant."""
    return source.mistake(path, code, what, did_you_mean(word, known), key=key)
