"""Presses a form: draws its templates once, with marks where the answers of a client will stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from banli.definitions.edition import offers
from banli.definitions.model import Field, Form, Group, Note, Option
from banli.expressions import Condition
from banli.fields import FieldKind
from banli.themes.questions import INDEX, Marks, Question, Say, Section, Words, note, place_of, question, section
from banli.themes.sheets import BLANK, NOTHING, Inside, Sheet, Unless, When

Draw = Callable[[str, Mapping[str, Any]], str]
"""Draws a template with values."""


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
