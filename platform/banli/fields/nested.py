"""Questions inside of questions: the parts of an object, the rows of a list. Each sees its own answers first, then the form's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from banli.definitions.branches import asking, is_object
from banli.definitions.edition import offers
from banli.definitions.model import Field
from banli.errors import Problem
from banli.fields.base import Raw
from banli.fields.checks import compile_checks
from banli.fields.questions import Conditions, KindOf, Line, Odd, Questions, Sight, line, part
from banli.fields.whole import Whole, has_more

MOST_ROWS = 100
"""A list of rows never gets longer, whatever its schema says."""

ROW = "_"
"""The name of nothing: it says that a row is there, also while nothing in it is answered."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")


def lines(asked: Sequence[tuple[Field, list[str]]], kind_of: KindOf, condition: Conditions, at: str = "") -> list[Line]:
    """The questions with the texts of their conditions, compiled with all that is inside of them."""
    found = []
    for field, texts in asked:
        when = [condition(text, at) if at else condition(text) for text in texts if text]
        odd, needs = _odd(field, kind_of, condition, f"{at}.{field.name}" if at else field.name)
        offer = {code: condition(text, at) if at else condition(text) for code, text in offers(field).items()}
        made = line(field, when, kind_of(field.kind), odd, needs, offer)
        found.append(replace(made, missing=None) if field.read_only or isinstance(odd, Parts) else made)
    return found


def rows_in(name: str, raw: Raw) -> dict[int, dict[str, Sequence[str]]]:
    """By number what was posted in each row of a list: `cards.7.bank` as `bank` in row 7."""
    found: dict[int, dict[str, Sequence[str]]] = {}
    for posted, texts in part(name, raw).items():
        number, _, inner = posted.partition(".")
        if inner and _NUMBER.fullmatch(number):
            found.setdefault(int(number), {})[inner] = texts
    return found


def _odd(field: Field, kind_of: KindOf, condition: Conditions, at: str) -> tuple[Odd | None, frozenset[str]]:
    if field.read_only:
        source = field.prefill
        return (lambda raw, env, problems, sight, prefix: sight.outer.get(source)), frozenset()
    if not field.items or not hasattr(kind_of(field.kind), "reader"):  # a range of dates reads its parts itself
        return None, frozenset()
    inside: Parts | Rows
    inside = Rows(field, kind_of, condition, at) if field.multiple else Parts(field, kind_of, condition, at)
    return inside, inside.questions.names


class _Inside:
    """What objects and rows have in common: their questions, and what their schema says of them together."""

    def __init__(self, field: Field, schema: Mapping[str, Any], made: list[Line]) -> None:
        self.field, self.name = field, field.name
        self.questions = Questions(made)
        asked = {item.name: item.errors for item in field.items}
        self.whole = Whole(schema, asked) if has_more(schema) else None
        self.unkept = frozenset(one.field.name for one in made if not one.kind.keeps)

    def ask(self, raw: Raw, env: dict[str, object], sight: Sight, at: str) -> tuple[dict[str, Any], list[Problem]]:
        """The answers posted for one object or row. `at` is its prefix, with its dot; problems are told below it."""
        kept: dict[str, Any] = {}
        wrong: list[Problem] = []
        own = {**env, **self.questions.unanswered}
        sight.inside[at[:-1]] = own
        self.questions.read(raw, own, kept, wrong, sight, at)
        return kept, wrong

    def together(self, values: Mapping[str, Any], sight: Sight, at: str) -> list[Problem]:
        if self.whole is None:
            return []
        return self.whole.problems(values, lambda name: name in self.unkept or at + name in sight.hidden)


class Parts(_Inside):
    """The questions of an object. One that need not be there is there once anything of it is answered."""

    def __init__(self, field: Field, kind_of: KindOf, condition: Conditions, at: str) -> None:
        made = lines([(item, [item.when]) for item in field.items], kind_of, condition, at)
        super().__init__(field, field.schema, made)
        self.typed = frozenset(item.name for item in field.items if not item.read_only)

    def __call__(self, raw: Raw, env: dict[str, object], problems: list[Problem], sight: Sight, prefix: str) -> Any:
        posted, at = part(self.name, raw), f"{prefix}{self.name}."
        kept, wrong = self.ask(posted, env, sight, at)
        env[self.name] = kept
        if not self.field.required and self.typed and not self.answered(posted, sight, at):
            return None
        wrong = wrong or self.together(kept, sight, at)
        problems += [replace(problem, at=f"{self.name}.{problem.at}" if problem.at else self.name) for problem in wrong]
        return None if wrong else kept

    def answered(self, posted: Raw, sight: Sight, at: str) -> bool:
        """Was anything typed into a question that is shown?"""
        for name, texts in posted.items():
            root = name.partition(".")[0]
            if root in self.typed and at + root not in sight.hidden and any(text.strip() for text in texts):
                return True
        return False


class Rows(_Inside):
    """The rows of a list. With a `key` a row that is on file is known again: what of it is not asked stays as it is, and
    what is read-only is asked in added rows only."""

    def __init__(self, field: Field, kind_of: KindOf, condition: Conditions, at: str) -> None:
        schema = field.schema.get("items", {})
        options = field.options
        self.key = str(options.get("key", ""))
        self.may_add, self.may_remove = options.get("add") is not False, options.get("remove") is not False
        made = lines([(replace(i, read_only=False), [i.when]) for i in field.items], kind_of, condition, at)
        fixed = {item.name for item in field.items if item.read_only}
        super().__init__(field, schema, [_fixed_on_file(one) if one.field.name in fixed else one for one in made])
        asked = {item.name for item in field.items}
        # A key that clients type themselves must tell the rows apart.
        self.unique = {*options.get("unique", ())} | ({self.key} & (asked - fixed))
        self.same = {item.name: item.errors.get("twice", "") for item in field.items if item.name in self.unique}
        self.carried = [name for name in asking(schema).properties if name not in asked] if is_object(schema) else []
        self.check = compile_checks({k: v for k, v in field.schema.items() if k != "items"}, field.name, field.errors, "array")
        self.crowded = Problem(field.name, "too_many", {"most": MOST_ROWS}, field.errors.get("too_many", ""))

    def __call__(self, raw: Raw, env: dict[str, object], problems: list[Problem], sight: Sight, prefix: str) -> Any:
        posted, before = rows_in(self.name, raw), len(problems)
        if len(posted) > MOST_ROWS:
            problems.append(self.crowded)
            return None
        on_file = self.on_file(sight.outer)
        rows = []
        seen: dict[str, list[object]] = {name: [] for name in self.unique}
        if seen and not self.may_remove:
            there = {self.key_of(row) for row in posted.values()}
            for key, row in on_file.items():
                if key not in there:
                    self.twice(row, "", seen)
        for number in sorted(posted):
            known = on_file.pop(self.key_of(posted[number]), None) if self.key else None
            if known is None and not self.may_add:
                continue
            row = self.row(posted[number], number, known, env, problems, sight, prefix)
            problems += self.twice(row, f"{self.name}.{number}", seen)
            rows.append(row)
        if not self.may_remove:
            rows += [dict(row) for row in on_file.values()]
        rows = [row for row in rows if row]
        env[self.name] = rows or None
        if len(problems) > before or not rows:
            return None
        problem = self.check(rows)
        if problem is not None:
            problems.append(problem)
            return None
        return rows

    def row(
        self, posted: Raw, number: int, known: Mapping[str, Any] | None, env: Mapping[str, object], problems: list[Problem],
        sight: Sight, prefix: str,
    ) -> dict[str, Any]:  # fmt: skip
        at = f"{prefix}{self.name}.{number}."
        if known is not None:
            sight.kept[at[:-1]] = known
        kept, wrong = self.ask(posted, dict(env), sight, at)
        if known is not None:
            kept = {**{name: known[name] for name in self.carried if name in known}, **kept}
        wrong = wrong or (self.together(kept, sight, at) if kept else [])
        problems += [replace(problem, at=f"{self.name}.{number}.{problem.at}".rstrip(".")) for problem in wrong]
        return kept

    def on_file(self, outer: Mapping[str, object]) -> dict[str, Mapping[str, Any]]:
        """The rows on file by their keys."""
        return keyed(outer.get(self.field.prefill), self.key) if self.key else {}

    def key_of(self, posted: Raw) -> str:
        return (posted.get(self.key) or ("",))[0].strip()

    def twice(self, row: Mapping[str, Any], at: str, seen: Mapping[str, list[object]]) -> list[Problem]:
        """What stands in an earlier row already and may stand in one only."""
        found = []
        for name, values in seen.items():
            value = row.get(name)
            if value is None:
                continue
            if value in values:
                found.append(Problem(f"{at}.{name}", "twice", {}, self.same.get(name, "")))
            values.append(value)
        return found


def keyed(rows: object, key: str) -> dict[str, Mapping[str, Any]]:
    """Rows of data by the text of their key; those without one are left out."""
    listed = rows if isinstance(rows, list | tuple) else ()
    return {str(row[key]): row for row in listed if isinstance(row, Mapping) and row.get(key) not in (None, "")}


def _fixed_on_file(asked: Line) -> Line:
    """A question that is asked in added rows only: in a row on file its answer is what is on file."""
    name, parse, missing = asked.field.name, asked.odd or _plain(asked), asked.missing

    def odd(raw: Raw, env: dict[str, object], problems: list[Problem], sight: Sight, prefix: str) -> Any:
        known = sight.kept.get(prefix[:-1])
        if known is not None:
            return known.get(name)
        before = len(problems)
        value = parse(raw, env, problems, sight, prefix)
        if value is None and missing is not None and len(problems) == before:
            problems.append(missing)
        return value

    return replace(asked, odd=odd, missing=None)


def _plain(asked: Line) -> Callable[..., Any]:
    return lambda raw, env, problems, sight, prefix: asked.parse(raw, problems)
