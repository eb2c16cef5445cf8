"""Pressed pages: a form's HTML is drawn once; for each client only the slots are filled. No template runs per request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from banli.definitions.edition import offers
from banli.definitions.model import Field, Form, Group, Note, Option
from banli.expressions import Condition
from banli.fields import FieldKind, Raw
from banli.themes.questions import INDEX, PLACE, Marks, Question, Say, Section, Slot, Words, note, place_of, question, section

Parts = tuple[tuple[str, Slot], ...]
Draw = Callable[[str, Mapping[str, Any]], str]
"""Draws a template with values."""


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


def press(
    form: Form, kind_of: Callable[[str], FieldKind], condition: Callable[..., Condition], draw: Draw, say: Say,
    titles: Mapping[str, str],
) -> Sheet:  # fmt: skip
    """Draws the form's templates once and notes where answers will stand. `condition` takes, beside a text, the way to the
    object or the list inside of which it stands."""
    presses = _Press(kind_of, condition, say, titles)
    entries: list[Question | Words | Section] = []
    for entry in form.layout:
        if isinstance(entry, Group):
            inner = tuple(presses.entry(one, [entry.when]) for one in entry.entries)
            group = section(entry, inner, say, presses.marks)
            if entry.when:
                presses.whens[""][group.name] = (condition(entry.when),)
            entries.append(group)
        else:
            entries.append(presses.entry(entry))
    questions = [one for one in _questions(entries) if not one.read_only]
    rows = {}
    for way, (added, kept) in presses.rows.items():
        drawn = [draw("fields/_row.html", {"list": one, "kept": one is kept}) for one in (added, kept)]
        rows[way] = (presses.marks.split(drawn[0]), presses.marks.split(drawn[1]))
    return Sheet(
        form=form,
        parts=presses.marks.split(draw("fields/_form.html", {"entries": entries})),
        rows=rows,
        nested=presses.nested,
        conditions=tuple(presses.whens[""].items()),
        inside={way: Inside(*told, tuple(presses.whens.get(way, NOTHING).items())) for way, told in presses.inside.items()},
        scripts=tuple(sorted({s for one in questions for s in _scripts(one)})),
        asks=bool(questions),
    )


class _Press:
    """Makes questions with all that is inside of them, and notes what is shown only sometimes."""

    def __init__(
        self, kind_of: Callable[[str], FieldKind], condition: Callable[..., Condition], say: Say, titles: Mapping[str, str]
    ) -> None:
        self.kind_of, self.condition, self.say, self.titles = kind_of, condition, say, titles
        self.marks = Marks()
        self.whens: dict[str, dict[str, tuple[When, ...]]] = {"": {}}
        self.inside: dict[str, tuple[str, dict[str, None]]] = {}
        self.rows: dict[str, tuple[Question, Question]] = {}
        self.nested: dict[str, dict[str, list[tuple[str, str]]]] = {}

    def entry(
        self, entry: Field | Note, around: Sequence[str] = (), way: str = "", prefix: str = "", *,
        place: int = 0, siblings: Sequence[str] = (), kept: bool = False, loose: bool = False,
    ) -> Question | Words:  # fmt: skip
        """`way` leads to what it is inside of, `prefix` stands before its name as it is posted. Inside of a row `kept` says
        that the row is on file; in a `loose` object nothing is required as long as all of it is left out."""
        texts = [text for text in (*around, entry.when) if text]
        if isinstance(entry, Note):
            name = f"note:{place if way else len(self.marks.slots)}"
            made: Question | Words = note(entry, prefix + name, self.say, self.marks)
        else:
            name = entry.name
            made = self.question(entry, way, prefix, siblings, kept, loose)
        if isinstance(entry, Field) and not entry.read_only:
            self.offers(entry, way, name if way else made.name)
        if texts:
            compiled = tuple(self.condition(text, way) if way else self.condition(text) for text in texts)
            self.whens.setdefault(way, {})[made.name if not way else name] = compiled
        return made

    def offers(self, asked: Field, way: str, name: str) -> None:
        """The options that are offered only sometimes, and the words in their place."""
        for code, text in offers(asked).items():
            offer = self.condition(text, way) if way else self.condition(text)
            places = self.whens.setdefault(way, {})
            places[place_of(name, code)] = (offer,)
            if asked.options.get("not_offered"):
                places[place_of(name, code, gone=True)] = (Unless(offer),)

    def question(self, asked: Field, way: str, prefix: str, siblings: Sequence[str], kept: bool, loose: bool) -> Question:
        here, name = f"{way}.{asked.name}" if way else asked.name, prefix + asked.name
        in_row = INDEX in prefix
        shown = replace(asked, read_only=asked.read_only and (kept or not in_row), required=asked.required and not loose)
        if asked.options.get("within"):
            self.nested[here] = _by_parent(asked.choices, self.say)
        parent = str(asked.options.get("within", ""))
        parent = prefix + parent if parent in siblings else parent

        def made(kept: bool, below: str) -> Question:
            inner = tuple(
                self.entry(
                    one, (), here, below, place=place, siblings=[item.name for item in asked.items], kept=kept,
                    loose=not asked.multiple and not shown.required,
                )
                for place, one in enumerate(asked.inside)
            )  # fmt: skip
            return question(shown, self.kind_of, self.say, self.marks, self.titles, prefix, inner, parent)

        if not asked.items or shown.read_only:
            return question(shown, self.kind_of, self.say, self.marks, self.titles, prefix, (), parent)
        below = f"{name}.{INDEX}." if asked.multiple else f"{name}."
        blank = f"{name}.{BLANK}" if asked.multiple else name.replace(INDEX, BLANK) if in_row else ""
        outer = self.inside.get(way, ("", {}))[1] if in_row else {}
        self.inside[here] = (blank, {**outer, **dict.fromkeys(item.name for item in asked.items)})
        if asked.multiple:
            self.rows[here] = (made(False, below), made(True, below))
            return self.rows[here][0]
        return made(kept, below)


def _questions(entries: Sequence[Question | Words | Section]) -> list[Question]:
    inside = (one for entry in entries for one in (entry.entries if isinstance(entry, Section) else (entry,)))
    return [one for one in inside if isinstance(one, Question)]


def _scripts(one: Question) -> set[str]:
    """The modules that a page with this question loads."""
    inside = (inner for inner in one.inside if isinstance(inner, Question))
    found = {one.script} | {script for inner in inside for script in _scripts(inner)}
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
    """How a script reads the field's answer for conditions: text, number, truth, list, range, rows or parts."""
    if field.items:
        return "rows" if field.multiple else "parts"
    kind = field.schema.get("type")
    kinds = {"array": "list", "object": "range", "boolean": "truth", "number": "number", "integer": "number"}
    return kinds.get(str(kind), "truth" if "const" in field.schema else "text")


def _speak_of(inside: Mapping[str, Any], conditions: Conditions) -> bool:
    """Does a condition speak of what is inside of a question?"""
    return any(name.partition(".")[0] in inside for _, whens in conditions for when in whens for name in when.names)
