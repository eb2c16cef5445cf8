"""Sheets: pages that are pressed already. For each client only the slots are filled; no template runs per request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from banli.definitions.model import Field, Form
from banli.expressions import Condition
from banli.fields import Raw
from banli.themes.questions import INDEX, PLACE, Slot, place_of

Parts = tuple[tuple[str, Slot], ...]


@dataclass(frozen=True)
class Unless:
    """The opposite of a condition: what stands in the place of something that is not shown."""

    condition: Condition

    @property
    def names(self) -> frozenset[str]:
        return self.condition.names

    @property
    def in_browser(self) -> bool:
        return self.condition.in_browser

    @property
    def tree(self) -> Any:
        return ["!", self.condition.tree]

    def holds(self, values: Mapping[str, object]) -> bool:
        return not self.condition.holds(values)


When = Condition | Unless
Conditions = Sequence[tuple[str, tuple[When, ...]]]

NOTHING: Mapping[Any, Any] = {}

BLANK = "__"
"""Stands for the number of a row in the row that waits to be copied."""


@dataclass(frozen=True)
class Inside:
    """What is inside of an object or a row. `blank` is where it stands in the row that waits to be copied, or ""; there
    all that is asked is `unanswered`."""

    blank: str
    unanswered: Mapping[str, None]
    conditions: Conditions = ()


@dataclass(frozen=True)
class Filling:
    """What one page of one client puts into a sheet.

    `wrong` are sentences by the name of a field; `hidden` names of fields, notes and groups that are not shown; `shown`
    are the answers of read-only fields as lines; `on_file` the rows (`cards.0`) that are on file; `live` what only the page
    knows; `agreement` gives a text's address.
    """

    raw: Raw = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] | set[str] = frozenset()
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    on_file: Collection[str] = ()
    live: Mapping[tuple[str, str], str] = field(default_factory=dict)
    agreement: Callable[[str], str] = str


@dataclass(frozen=True)
class Sheet:
    """One form in one language and theme."""

    form: Form
    parts: Parts
    rows: Mapping[str, tuple[Parts, Parts]]
    """By list a row that is added and one that is on file."""
    nested: Mapping[str, Mapping[str, list[tuple[str, str]]]]
    """By field with `within` its options by parent: (code, text)."""
    conditions: tuple[tuple[str, tuple[When, ...]], ...]
    """What is shown only sometimes: a field, note or group by name, with what must hold."""
    inside: Mapping[str, Inside]
    """What is inside of objects and rows, by the way to it without the numbers of rows: `cards`, `person.address`."""
    scripts: tuple[str, ...]
    asks: bool
    """Whether anything on it can be answered."""

    def fill(self, filling: Filling) -> Markup:
        """The form's HTML with this client's answers."""
        out: list[str] = []
        self._fill(self.parts, filling, out, next(iter(filling.wrong), ""))
        return Markup("".join(out))  # noqa: S704 - templates escape, slots escape below

    def hidden(self, names: Mapping[str, object], inside: Mapping[str, Mapping[str, object]] = NOTHING) -> set[str]:
        """What is not shown for these answers. `inside` are the names that hold in rows and objects, by where they stand."""
        found = {name for name, whens in self.conditions if not all(when.holds(names) for when in whens)}
        for way, below in self.inside.items():
            if not below.conditions:
                continue
            places = [(at, values) for at, values in inside.items() if without_numbers(at) == way]
            if below.blank:
                places.append((below.blank, {**names, **below.unanswered}))
            for at, values in places:
                found |= {f"{at}.{n}" for n, whens in below.conditions if not all(when.holds(values) for when in whens)}
        return found

    def data(self, names: Mapping[str, object]) -> dict[str, Any] | None:
        """What the page's script needs to show and hide by itself, or None when nothing ever changes.

        Of the names around the form it gets only those that a condition speaks of.
        """
        if self._script is None:
            return None
        told, used = self._script
        return {**told, "around": {name: names.get(name) for name in used}}

    @cached_property
    def _script(self) -> tuple[dict[str, Any], list[str]] | None:
        """What the script is told on every page of this form, and the names around it that it wants."""
        used: set[str] = set()
        told = self._told("", self.conditions, self.form.fields, frozenset(), used)
        return (told, sorted(used)) if told["show"] or "inside" in told else None

    def _told(
        self, way: str, conditions: Conditions, fields: Sequence[Field], known: frozenset[str], used: set[str]
    ) -> dict[str, Any]:
        """Of one form, object or kind of row: what is shown when, and how its answers are read."""
        # What a row on file only shows is in the page all the same, for the conditions.
        own = {one.name: _type(one) for one in fields if way or not one.read_only}
        known = known | own.keys()
        able = [(name, whens) for name, whens in conditions if all(when.in_browser for when in whens)]
        used |= {word for _, whens in able for when in whens for word in when.names} - known
        told: dict[str, Any] = {"show": [[name, [when.tree for when in whens]] for name, whens in able], "types": own}
        inside = {}
        for one in fields:
            here = f"{way}.{one.name}" if way else one.name
            if here in self.inside and not one.read_only:
                inside[one.name] = self._told(here, self.inside[here].conditions, one.items, known, used)
        speaks = any(below["show"] or "inside" in below for below in inside.values())
        if inside and (speaks or _speak_of(inside, conditions)):
            told["inside"] = inside
        return told

    def _fill(self, parts: Parts, filling: Filling, out: list[str], first: str) -> None:
        raw, wrong = filling.raw, filling.wrong
        for before, (kind, name, more) in parts:
            out.append(before)
            if kind == "checked":
                if name in raw and more in raw[name] and place_of(name, more) not in filling.hidden:
                    out.append(" checked")
            elif kind == "selected":
                if name in raw and more in raw[name] and place_of(name, more) not in filling.hidden:
                    out.append(" selected")
            elif kind == "value":
                given = raw.get(name)
                if given:
                    out.append(str(escape(given[0])))
            elif kind == "hidden":
                if name in filling.hidden:
                    out.append(" hidden")
            elif kind == "bad":
                if name in wrong:
                    out.append(' aria-invalid="true"')
                    if name == first:
                        out.append(" autofocus")
                        first = ""
            elif kind == "wrong":
                if name in wrong:
                    out.append(" wrong")
            elif kind == "error":
                if name in wrong:
                    out.append(str(escape(wrong[name])))
            elif kind != "end":
                self._rarely(kind, name, more, filling, out, first)

    def _rarely(self, kind: str, name: str, more: str, filling: Filling, out: list[str], first: str) -> None:
        if kind == "lines":
            out.append("<br>".join(str(escape(line)) for line in filling.shown.get(name, ())))
        elif kind == "live":
            out.append(str(escape(filling.live.get((more, name), ""))))
        elif kind == "agreement":
            out.append(str(escape(filling.agreement(name))))
        elif kind == "full":
            if len(row_numbers(name, filling.raw)) >= int(more):
                out.append(" hidden")
        elif kind == "within":
            parent, chosen = (filling.raw.get(more) or ("",))[0], filling.raw.get(name) or ()
            for code, text in self.nested.get(without_numbers(name), NOTHING).get(parent, ()):
                on = " selected" if code in chosen else ""
                out.append(f'<option value="{escape(code)}"{on}>{escape(text)}</option>')
        elif kind == "blank":
            added, _ = self.rows[without_numbers(name)]
            self._fill(_numbered(added, BLANK, ""), Filling(hidden=filling.hidden), out, "")
        elif kind == "rows":
            added, kept = self.rows[without_numbers(name)]
            for place, number in enumerate(row_numbers(name, filling.raw), 1):
                parts = kept if f"{name}.{number}" in filling.on_file else added
                self._fill(_numbered(parts, str(number), str(place)), filling, out, first)


def row_numbers(name: str, raw: Raw) -> list[int]:
    """The numbers of the rows of a list that were posted."""
    head = f"{name}."
    found = {rest.partition(".")[0] for posted in raw if posted.startswith(head) and "." in (rest := posted[len(head) :])}
    return sorted(int(number) for number in found if number.isascii() and number.isdigit() and len(number) <= 4)


def without_numbers(name: str) -> str:
    """The way to a question without the numbers of rows: `cards.3.city` is `cards.city`."""
    return ".".join(word for word in name.split(".") if not word.isdigit() and word != BLANK)


def _numbered(parts: Parts, number: str, place: str) -> Parts:
    def put(text: str) -> str:
        return text.replace(INDEX, number).replace(PLACE, place)

    return tuple((put(before), (kind, put(name), put(more))) for before, (kind, name, more) in parts)


def _type(field: Field) -> str:
    """How a script reads the field's answer for conditions: text, number, truth, list, range, rows or parts."""
    if field.items:
        return "rows" if field.multiple else "parts"
    kind = field.schema.get("type")
    kinds = {"array": "list", "object": "range", "boolean": "truth", "number": "number", "integer": "number"}
    return kinds.get(str(kind), "truth" if "const" in field.schema else "text")


def _speak_of(inside: Mapping[str, Any], conditions: Conditions) -> bool:
    """Does a condition speak of what is inside of a question?"""
    return any(name.partition(".")[0] in inside for _, whens in conditions for when in whens for name in when.names)
