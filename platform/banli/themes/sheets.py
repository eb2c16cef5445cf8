"""Pressed pages: a form's HTML is drawn once; for each client only the slots are filled. No template runs per request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from banli.definitions.model import Field, Form, Group, Note, Option
from banli.expressions import Condition
from banli.fields import FieldKind, Raw
from banli.themes.questions import INDEX, PLACE, Marks, Question, Say, Section, Slot, Words, note, question, section

Parts = tuple[tuple[str, Slot], ...]
Draw = Callable[[str, Mapping[str, Any]], str]
"""Draws a template with values."""

NOTHING: Mapping[Any, Any] = {}


@dataclass(frozen=True)
class Filling:
    """What one page of one client puts into a sheet.

    `wrong` are sentences by the name of a field; `hidden` names of fields, notes and groups that are not shown; `shown`
    are the answers of read-only fields as lines; `live` what only the page knows; `agreement` gives a text's address.
    """

    raw: Raw = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] | set[str] = frozenset()
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    live: Mapping[tuple[str, str], str] = field(default_factory=dict)
    agreement: Callable[[str], str] = str


@dataclass(frozen=True)
class Sheet:
    """One form in one language and theme."""

    form: Form
    parts: Parts
    rows: Mapping[str, Parts]
    nested: Mapping[str, Mapping[str, list[tuple[str, str]]]]
    """By field with `within` its options by parent: (code, text)."""
    conditions: tuple[tuple[str, tuple[Condition, ...]], ...]
    """What is shown only sometimes: a field, note or group by name, with what must hold."""
    types: Mapping[str, str]
    scripts: tuple[str, ...]
    asks: bool
    """Whether anything on it can be answered."""

    def fill(self, filling: Filling) -> Markup:
        """The form's HTML with this client's answers."""
        out: list[str] = []
        self._fill(self.parts, filling, out, next(iter(filling.wrong), ""))
        return Markup("".join(out))  # noqa: S704 - templates escape, slots escape below

    def blank_row(self, name: str) -> Markup:
        """A row of a list without answers; its number is `__`."""
        out: list[str] = []
        self._fill(_numbered(self.rows[name], "__", ""), Filling(), out, "")
        return Markup("".join(out))  # noqa: S704 - as above

    def hidden(self, names: Mapping[str, object]) -> set[str]:
        """What is not shown for these answers."""
        return {name for name, whens in self.conditions if not all(when.holds(names) for when in whens)}

    def data(self, names: Mapping[str, object]) -> dict[str, Any] | None:
        """What the page's script needs to show and hide by itself, or None when nothing ever changes.

        Of the names around the form it gets only those that a condition speaks of.
        """
        able = [(name, whens) for name, whens in self.conditions if all(when.in_browser for when in whens)]
        if not able:
            return None
        fields = {one.name for one in self.form.fields if not one.read_only}
        around = {word for _, whens in able for when in whens for word in when.names} - fields
        return {
            "show": [[name, [when.tree for when in whens]] for name, whens in able],
            "types": self.types,
            "around": {name: names.get(name) for name in sorted(around)},
        }

    def _fill(self, parts: Parts, filling: Filling, out: list[str], first: str) -> None:
        raw, wrong = filling.raw, filling.wrong
        for before, (kind, name, more) in parts:
            out.append(before)
            if kind == "checked":
                if name in raw and more in raw[name]:
                    out.append(" checked")
            elif kind == "selected":
                if name in raw and more in raw[name]:
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
        elif kind == "within":
            parent, chosen = (filling.raw.get(more) or ("",))[0], filling.raw.get(name) or ()
            for code, text in self.nested.get(name, NOTHING).get(parent, ()):
                on = " selected" if code in chosen else ""
                out.append(f'<option value="{escape(code)}"{on}>{escape(text)}</option>')
        elif kind == "blank":
            out.append(self.blank_row(name))
        elif kind == "rows":
            for place, number in enumerate(row_numbers(name, filling.raw), 1):
                self._fill(_numbered(self.rows[name], str(number), str(place)), filling, out, first)


def row_numbers(name: str, raw: Raw) -> list[int]:
    """The numbers of the rows of a list that were posted."""
    found = {
        rest.partition(".")[0] for head, _, rest in (posted.partition(".") for posted in raw) if head == name and "." in rest
    }
    return sorted(int(number) for number in found if number.isascii() and number.isdigit() and len(number) <= 4)


def _numbered(parts: Parts, number: str, place: str) -> Parts:
    def put(text: str) -> str:
        return text.replace(INDEX, number).replace(PLACE, place)

    return tuple((put(before), (kind, put(name), put(more))) for before, (kind, name, more) in parts)


def press(
    form: Form, kind_of: Callable[[str], FieldKind], condition: Callable[[str], Condition], draw: Draw, say: Say,
    titles: Mapping[str, str],
) -> Sheet:  # fmt: skip
    """Draws the form's templates once and notes where answers will stand."""
    marks = Marks()
    entries: list[Question | Words | Section] = []
    whens: list[tuple[str, tuple[Condition, ...]]] = []

    def inner(entry: Field | Note, around: str) -> Question | Words:
        texts = [text for text in (around, entry.when) if text]
        if isinstance(entry, Note):
            made: Question | Words = note(entry, f"note:{len(marks.slots)}", say, marks)
        else:
            made = question(entry, kind_of, say, marks, titles)
        if texts:
            whens.append((made.name, tuple(condition(text) for text in texts)))
        return made

    for entry in form.layout:
        if isinstance(entry, Group):
            group = section(entry, tuple(inner(one, entry.when) for one in entry.entries), say, marks)
            if entry.when:
                whens.append((group.name, (condition(entry.when),)))
            entries.append(group)
        else:
            entries.append(inner(entry, ""))
    questions = [one for one in _questions(entries) if not one.read_only]
    return Sheet(
        form=form,
        parts=marks.split(draw("fields/_form.html", {"entries": entries})),
        rows={one.name: marks.split(draw("fields/_row.html", {"list": one})) for one in questions if one.rows},
        nested={f.name: _by_parent(f.choices, say) for f in form.fields if f.options.get("within")},
        conditions=tuple(whens),
        types={f.name: _type(f) for f in form.fields if not f.read_only},
        scripts=tuple(sorted({s for one in questions for s in _scripts(one)})),
        asks=bool(questions),
    )


def _questions(entries: Sequence[Question | Words | Section]) -> list[Question]:
    inside = (one for entry in entries for one in (entry.entries if isinstance(entry, Section) else (entry,)))
    return [one for one in inside if isinstance(one, Question)]


def _scripts(one: Question) -> set[str]:
    """The modules that a page with this question loads."""
    found = {one.script} | {script for row in one.rows for script in _scripts(row)}
    if one.look == "search" or one.settings.get("within") or any(offer.exclusive for offer in one.offers):
        found.add("choices")
    return found - {""}


def _by_parent(choices: Sequence[Option], say: Say) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for option in choices:
        if not option.retired:
            found.setdefault(option.parent, []).append((option.code, say(option.text)))
    return found


def _type(field: Field) -> str:
    """How a script reads the field's answer for conditions: text, number, truth, list or range."""
    kind = field.schema.get("type")
    kinds = {"array": "list", "object": "range", "boolean": "truth", "number": "number", "integer": "number"}
    return kinds.get(str(kind), "truth" if "const" in field.schema else "text")
