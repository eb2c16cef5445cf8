"""A field as a theme's template sees it: its words in the reader's language, and marks where an answer will stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from markupsafe import Markup

from banli.definitions.edition import offers
from banli.definitions.model import Field, Group, Note, Option
from banli.fields import FieldKind
from banli.fields.choices import Choice, offered

Say = Callable[[str], str]
Slot = tuple[str, str, str]
"""What varies from page to page: kind of slot, name of the field, and what else the kind needs."""

INDEX = "\ue003"
"""Stands for the number of a row while the row is pressed."""

PLACE = "\ue004"
"""Stands for what people count the row as: 1, 2, 3."""

EMPTY = Markup("")


class Marks:
    """Numbers the slots of one sheet. A mark is a character that no text of ours holds."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []

    def mark(self, kind: str, name: str, more: str = "") -> Markup:
        self.slots.append((kind, name, more))
        return Markup(f"\ue001{len(self.slots) - 1}\ue002")  # noqa: S704 - a number between two marks

    def split(self, text: str) -> tuple[tuple[str, Slot], ...]:
        """The text as (what stands before, slot) pairs; the last slot is of kind "end"."""
        pieces = re.split("\ue001([0-9]+)\ue002", text)
        parts = [(pieces[i], self.slots[int(pieces[i + 1])]) for i in range(0, len(pieces) - 1, 2)]
        return (*parts, (pieces[-1], ("end", "", "")))


@dataclass(frozen=True)
class Offer:
    """One option to choose. `at` names its place when it is offered only sometimes, `gone_at` that of the words in its place."""

    code: str
    text: str
    exclusive: bool
    checked: Markup
    selected: Markup
    at: str = ""
    hidden: Markup = EMPTY
    gone_at: str = ""
    gone_hidden: Markup = EMPTY


@dataclass(frozen=True)
class Question:
    """What a field's template gets as `field`. Attributes without arguments are text or slots, ready to be written."""

    name: str
    title: str
    hint: str
    placeholder: str
    required: bool
    read_only: bool
    autocomplete: str
    template: str
    script: str
    look: str
    multiple: bool
    schema: Mapping[str, Any]
    settings: Mapping[str, Any]
    offers: tuple[Offer, ...]
    marks: Marks
    about: str = ""
    """The title of the text that is consented to."""
    inside: tuple[Question | Words, ...] = ()
    """The questions and notes of an object, or of a row of a list."""
    within: str = ""
    """The name of the question whose answer the options belong to, as it is posted."""

    sort = "field"

    @property
    def id(self) -> str:
        return f"f-{self.name.replace('.', '-')}"

    @property
    def described(self) -> str:
        """The ids of what explains the field, for aria-describedby."""
        return f"{self.id}-h {self.id}-e" if self.hint else f"{self.id}-e"

    def part(self, name: str) -> Question:
        """A part that is posted under a name of its own (`validity.from`)."""
        return replace(self, name=f"{self.name}.{name}", hint="")

    @cached_property
    def value(self) -> Markup:
        return self.marks.mark("value", self.name)

    @cached_property
    def error(self) -> Markup:
        """The sentence about this field, or nothing."""
        return self.marks.mark("error", self.name)

    @property
    def bad(self) -> Markup:
        """The attributes of a control whose answer is wrong. The first on a page gets the focus (R-096)."""
        return self.marks.mark("bad", self.name)

    @cached_property
    def wrong(self) -> Markup:
        """The class of the row of a field whose answer is wrong."""
        return self.marks.mark("wrong", self.name)

    @cached_property
    def hidden(self) -> Markup:
        return self.marks.mark("hidden", self.name)

    @cached_property
    def lines(self) -> Markup:
        """The answer as it is read, for a field that cannot be changed here."""
        return self.marks.mark("lines", self.name)

    @cached_property
    def options(self) -> Markup:
        """`<option>`s that depend on the answer to another field."""
        return self.marks.mark("within", self.name, self.within)

    @cached_property
    def all_rows(self) -> Markup:
        return self.marks.mark("rows", self.name)

    @property
    def full(self) -> Markup:
        """Hides the button that adds a row when there are as many as there may be."""
        return self.marks.mark("full", self.name, str(self.most)) if self.most else Markup("")

    @property
    def most(self) -> int:
        return int(self.schema.get("maxItems", 0))

    @property
    def row(self) -> str:
        """The name of a row, with a sign for its number."""
        return f"{self.name}.{INDEX}"

    @property
    def row_id(self) -> str:
        return f"{self.id}-{INDEX}"

    @property
    def key(self) -> Question | None:
        """What tells a row on file apart, where the client is not asked for it."""
        name = str(self.settings.get("key", ""))
        asked = any(isinstance(one, Question) and one.name == f"{self.row}.{name}" and not one.read_only for one in self.inside)
        return replace(self, name=f"{self.row}.{name}") if name and not asked else None

    @cached_property
    def blank(self) -> Markup:
        """A row without answers, for the page's script to copy; its number is `__`."""
        return self.marks.mark("blank", self.name)

    @property
    def place(self) -> Markup:
        """Which row of the list this is. The page's script counts anew when rows come and go."""
        return Markup(f"<span data-place>{PLACE}</span>")  # noqa: S704 - a sign between two tags

    @property
    def linked(self) -> tuple[str, str, str]:
        """The title around the name of the text that is consented to: before, name, after."""
        found = re.search("《[^》]+》" + (f"|{re.escape(self.about)}" if self.about else ""), self.title)
        return (self.title[: found.start()], found[0], self.title[found.end() :]) if found else (self.title, "", "")

    def ticked(self, code: str) -> Markup:
        return self.marks.mark("checked", self.name, code)

    def live(self, what: str) -> Markup:
        """Something that only the page knows (a picture's address): the page's `live[what, name]`."""
        return self.marks.mark("live", self.name, what)

    def agreement(self) -> Markup:
        """The address of the text that is consented to."""
        return self.marks.mark("agreement", str(self.settings.get("agreement", "")))


def question(
    field: Field, kind_of: Callable[[str], FieldKind], say: Say, marks: Marks, titles: Mapping[str, str], prefix: str = "",
    inside: tuple[Question | Words, ...] = (), within: str = "",
) -> Question:  # fmt: skip
    """The field with its words said in one language. `titles` are those of the agreements, `prefix` is what stands before
    its name; of what is `inside` some has been made already."""
    kind = kind_of(field.kind)
    name = prefix + field.name
    words = {key for key, sort in kind.refers.items() if sort == "text"}
    told = field.options.items()
    settings = {key: say(value) if key in words and isinstance(value, str) else value for key, value in told}
    options: tuple[Offer, ...] = ()
    if isinstance(kind, Choice):
        options = tuple(_offer(field, name, o, say, marks) for o in offered(field))
    return Question(
        name=name,
        title=say(field.title),
        hint=say(field.hint),
        placeholder=say(field.placeholder),
        required=field.required,
        read_only=field.read_only,
        autocomplete=field.autocomplete,
        template=kind.template,
        script=kind.script,
        look=kind.look(field) if isinstance(kind, Choice) else "",
        multiple=field.multiple,
        schema=field.schema,
        settings=settings,
        offers=options,
        marks=marks,
        about=say(titles.get(str(field.options.get("agreement", "")), "")),
        inside=inside,
        within=within,
    )


def _offer(field: Field, name: str, option: Option, say: Say, marks: Marks) -> Offer:
    checked, selected = marks.mark("checked", name, option.code), marks.mark("selected", name, option.code)
    made = Offer(option.code, say(option.text), option.exclusive, checked, selected)
    if option.code not in offers(field):
        return made
    at, gone = place_of(name, option.code), place_of(name, option.code, gone=True)
    if not field.options.get("not_offered"):
        return replace(made, at=at, hidden=marks.mark("hidden", at))
    return replace(made, at=at, hidden=marks.mark("hidden", at), gone_at=gone, gone_hidden=marks.mark("hidden", gone))


def place_of(name: str, code: str, *, gone: bool = False) -> str:
    """Where an option of a question stands, and where the words that stand there while it is not offered."""
    return f"{name}{'!' if gone else '='}{code}"


@dataclass(frozen=True)
class Words:
    """A note between the questions, by lines."""

    name: str
    lines: tuple[str, ...]
    look: str
    hidden: Markup

    sort = "note"


@dataclass(frozen=True)
class Section:
    """Questions under one heading."""

    name: str
    title: str
    hint: str
    hidden: Markup
    entries: tuple[Question | Words, ...]

    sort = "group"


def note(entry: Note, name: str, say: Say, marks: Marks) -> Words:
    return Words(name, tuple(say(entry.text).split("\n")), entry.look, marks.mark("hidden", name))


def section(entry: Group, inner: tuple[Question | Words, ...], say: Say, marks: Marks) -> Section:
    name = f"group:{entry.id}"
    return Section(name, say(entry.title), say(entry.hint), marks.mark("hidden", name), inner)
