"""Reads one posted page of a form: what is asked, what was answered, what is wrong, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from banli.definitions.model import Field, Form, Group, Note, Rule
from banli.errors import Problem
from banli.fields.base import Raw
from banli.fields.computing import Computing
from banli.fields.nested import keyed, lines
from banli.fields.questions import Conditions, Holds, KindOf, Line, Questions, Sight
from banli.fields.whole import Whole, has_more

__all__ = ["Awaited", "FormReader", "Holds", "Reading", "Verdicts", "same"]

Verdicts = Mapping[str, Any]
"""By field name what an outside check said: "ok", or the code of a problem; an inquiry's answers by its word."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that only somebody else can judge: kind otp, captcha or file; `to` is the number for a code."""

    at: str
    kind: str
    answer: str
    to: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page said. `values` holds shown and kept fields only; `flags` are the ids of warnings that were confirmed.

    `names` are those that the conditions of the page see, with all that is answered rightly so far. Of rows and objects,
    by where they stand (`cards.3`, `address`): `hidden` has their questions with the way to them, `inside` the names that
    their conditions see, `on_file` the row on file that a posted one is.
    """

    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    awaits: tuple[Awaited, ...] = ()
    warnings: tuple[Rule, ...] = ()
    flags: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    names: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    inside: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False, compare=False)
    on_file: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False, compare=False)


class FormReader:
    """A form, compiled once: `read` is called for every post.

    `condition` gives the compiled condition for a text of this form, or of what is inside of one of its questions. Fields
    are read in the order in which their conditions need each other, and told in the order of the page.
    """

    def __init__(self, form: Form, kind_of: KindOf, condition: Conditions) -> None:
        self.form = form
        self.questions = Questions(lines(_asked(form), kind_of, condition))
        self.lines = self.questions.lines
        self.order = self.questions.order
        self.unanswered = self.questions.unanswered
        self.refuse = [(rule, condition(rule.when)) for rule in form.refuse]
        self.warn = [(rule, condition(rule.when)) for rule in form.warn]
        computing = Computing(form, condition)
        self.computing = computing if computing.lines or computing.scored else None
        self.prefilled = list(_prefilled(form.fields))
        self.keys = {f.name: str(f.options["key"]) for f in form.fields if f.options.get("key")}
        self.whole = Whole(form.schema, {f.name: f.errors for f in form.fields}) if has_more(form.schema) else None
        self.unkept = frozenset(line.field.name for line in self.lines if not line.kind.keeps)

    def read(
        self,
        raw: Raw,
        outer: Mapping[str, object],
        verdicts: Verdicts | None = None,
        confirmed: frozenset[str] = frozenset(),
    ) -> Reading:
        """Everything that a post says. `outer` are the names around the form (`client.…`, `section`, `today`)."""
        problems: list[Problem] = []
        kept: dict[str, Any] = {}
        env: dict[str, object] = {**outer, **self.questions.unanswered}
        sight = Sight(outer)
        awaited = self.questions.read(raw, env, kept, problems, sight)
        awaits: tuple[Awaited, ...] = ()
        if awaited:
            awaits = tuple(_await(line, value, env) for line, value in awaited)
            problems.extend(_judge(awaits, verdicts))
        if not problems and self.whole is not None:
            problems = self.whole.problems(kept, lambda name: name in self.unkept or name in sight.hidden)
        if problems:
            problems.sort(key=lambda p: self.order.get(p.at.partition(".")[0], 999))
            hidden = frozenset(sight.hidden)
            return Reading(kept, tuple(problems), awaits, (), (), hidden, env, sight.inside, sight.kept)
        return self._apply_rules(kept, env, awaits, confirmed, sight)

    def on_file(self, asked: Field, names: Mapping[str, object]) -> Any:
        """What is on file for a question, or for the questions inside of it."""
        if asked.prefill or asked.multiple:
            return names.get(asked.prefill) if asked.prefill else None
        found = {item.name: value for item in asked.items if (value := self.on_file(item, names)) is not None}
        return found or None

    def changed(self, values: Mapping[str, Any], outer: Mapping[str, object], *, computed: bool = True) -> dict[str, Any]:
        """By name on file what differs from it: `{"contact_phone": "13900139000"}`; None where it was emptied."""
        writes = self.prefilled
        if computed and self.computing is not None:
            writes = [*writes, *self.computing.to]
        return {
            prefill.removeprefix("client."): value
            for name, prefill in writes
            if not same(value := _at(values, name), outer.get(prefill), self.keys.get(name, ""))
        }

    def _apply_rules(
        self,
        kept: dict[str, Any],
        env: dict[str, object],
        awaits: tuple[Awaited, ...],
        confirmed: frozenset[str],
        sight: Sight,
    ) -> Reading:
        problems: list[Problem] = []
        if self.refuse or self.warn:
            env["changed"] = bool(self.changed(kept, env, computed=False))
        if self.computing is not None:
            computed = self.computing(env)
            kept |= computed
            env |= computed
            env["points"] = self.computing.points(env)
        problems += [Problem(rule.at, rule.id, {}, rule.text) for rule, when in self.refuse if when.holds(env)]
        asked = tuple(rule for rule, when in self.warn if when.holds(env)) if not problems else ()
        flags = tuple(rule.id for rule in asked if rule.id in confirmed)
        open_ = tuple(rule for rule in asked if rule.id not in confirmed)
        hidden = frozenset(sight.hidden)
        return Reading(kept, tuple(problems), awaits, open_, flags, hidden, env, sight.inside, sight.kept)


def same(answer: Any, on_file: Any, key: str = "") -> bool:
    """Is this answer what is on file? Nothing, an empty text and an empty list are the same nothing, and several
    choices are the same in any order, as are rows with a key. No and zero are answers."""
    if isinstance(answer, Mapping) and isinstance(on_file, Mapping):
        keys = {k for k in (*answer, *on_file) if k != "long_term"}
        return all(same(answer.get(k), on_file.get(k)) for k in keys)
    if isinstance(answer, (list, tuple)) and isinstance(on_file, (list, tuple)):
        if len(answer) != len(on_file):
            return False
        if key and len(rows := keyed(answer, key)) == len(answer):
            return same(rows, keyed(on_file, key))
        if all(isinstance(one, str) for one in (*answer, *on_file)):
            return sorted(answer) == sorted(on_file)
        return all(map(same, answer, on_file))
    if _nothing(answer) or _nothing(on_file):
        return _nothing(answer) and _nothing(on_file)
    return bool(answer == on_file) and isinstance(answer, bool) == isinstance(on_file, bool)


def _nothing(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and not value)


def _asked(form: Form) -> list[tuple[Field, list[str]]]:
    found: list[tuple[Field, list[str]]] = []
    for entry in form.layout:
        if isinstance(entry, Group):
            found += [(f, [w for w in (entry.when, f.when) if w]) for f in entry.entries if isinstance(f, Field)]
        elif not isinstance(entry, Note):
            found.append((entry, [entry.when] if entry.when else []))
    return found


def _prefilled(fields: Iterable[Field], at: str = "") -> Iterator[tuple[str, str]]:
    """The questions with what is on file for them, also those inside of objects. What is only shown changes nothing, also
    when it is hidden."""
    for asked in fields:
        if asked.read_only:
            continue
        if asked.prefill:
            yield at + asked.name, asked.prefill
        elif not asked.multiple:
            yield from _prefilled(asked.items, f"{at}{asked.name}.")


def _at(values: Mapping[str, Any], name: str) -> Any:
    """An answer, or one inside of it: `address.city`."""
    head, _, rest = name.partition(".")
    value = values.get(head)
    return _at(value if isinstance(value, Mapping) else {}, rest) if rest else value


def _await(line: Line, value: Any, env: Mapping[str, object]) -> Awaited:
    options = line.field.options
    to = env.get(str(options.get("to", "")))
    return Awaited(
        line.field.name, line.kind.outside, str(value), str(to or ""), str(options.get("purpose", line.field.name))
    )


def _judge(awaits: Sequence[Awaited], verdicts: Verdicts | None) -> list[Problem]:
    """The problems among the awaited answers. Without verdicts nothing is judged yet."""
    if verdicts is None:
        return []
    said = ((awaited.at, verdicts.get(awaited.at, "unverified")) for awaited in awaits)
    return [Problem(at, code) for at, code in said if code != "ok"]
