"""Reads one posted page of a form: what is asked, what was answered, what is wrong, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from banli.definitions.model import Field, Form, Group, Note, Rule
from banli.errors import Problem
from banli.fields.base import FieldKind, Parse, Raw
from banli.fields.checks import stock_validator

Verdicts = Mapping[str, str]
"""By field name what an outside check said: "ok", or the code of a problem."""


class Holds(Protocol):
    """A compiled condition."""

    @property
    def names(self) -> frozenset[str]: ...

    def holds(self, values: Mapping[str, object]) -> bool: ...


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
    """What a page said. `values` holds shown and kept fields only; `flags` are the ids of warnings that were confirmed."""

    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    awaits: tuple[Awaited, ...] = ()
    warnings: tuple[Rule, ...] = ()
    flags: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Line:
    field: Field
    kind: FieldKind
    parse: Parse
    when: Holds | None
    missing: Problem | None

    @property
    def on_file(self) -> str | None:
        """The name on file from which a field that is only shown is read."""
        return self.field.prefill if self.field.read_only else None


class FormReader:
    """A form, compiled once: `read` is called for every post.

    `condition` gives the compiled condition for a text of this form. Fields are read in the order in which their
    conditions need each other, and told in the order of the page.
    """

    def __init__(self, form: Form, kind_of: Callable[[str], FieldKind], condition: Callable[[str], Holds]) -> None:
        self.form = form
        lines = [self._line(field, when, kind_of, condition) for field, when in _asked(form)]
        self.lines = _in_order_of_need(lines)
        # What `read` needs of each line, unpacked once: it runs for every post.
        self.steps = [(x.field.name, x.when, x.parse, x.missing, x.on_file, x.kind.keeps, x) for x in self.lines]
        self.order = {line.field.name: position for position, line in enumerate(lines)}
        self.unanswered = dict.fromkeys(self.order)
        self.within = [
            (f.name, f.options["within"], {o.code: o.parent for o in f.choices}, f.errors.get("within", ""))
            for f in form.fields
            if f.options.get("within")
        ]
        self.refuse = [(rule, condition(rule.when)) for rule in form.refuse]
        self.warn = [(rule, condition(rule.when)) for rule in form.warn]
        self.prefilled = [(f.name, f.prefill) for f in form.fields if f.prefill]
        whole = {k: v for k, v in form.schema.items() if k not in ("properties", "required", "title", "type", "$defs")}
        self.whole = stock_validator({"properties": form.schema.get("properties", {}), **whole}) if whole else None

    @staticmethod
    def _line(
        field: Field, when: list[str], kind_of: Callable[[str], FieldKind], condition: Callable[[str], Holds]
    ) -> _Line:
        kind = kind_of(field.kind)
        missing = Problem(field.name, "required", {}, field.errors.get("required", "")) if field.required else None
        conditions = [condition(text) for text in when]
        holds = _All(conditions) if len(conditions) > 1 else conditions[0] if conditions else None
        return _Line(field, kind, kind.parser(field), holds, missing)

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
        env: dict[str, object] = {**outer, **self.unanswered}
        hidden: list[str] = []
        awaits: list[Awaited] = []
        for name, when, parse, missing, on_file, keeps, line in self.steps:
            if when is not None and not when.holds(env):
                hidden.append(name)
                continue
            if on_file is not None:
                value = outer.get(on_file)
            else:
                before = len(problems)
                value = parse(raw, problems)
                if value is None and missing is not None and len(problems) == before:
                    problems.append(missing)
            if value is None:
                continue
            env[name] = value
            if keeps:
                kept[name] = value
            if line.kind.outside:
                awaits.append(self._await(line, value, env))
        if self.within:
            self._check_parents(env, problems)
        if awaits:
            problems.extend(_judge(awaits, verdicts))
        if problems:
            problems.sort(key=lambda p: self.order.get(p.at.partition(".")[0], 999))
            return Reading(kept, tuple(problems), tuple(awaits), hidden=frozenset(hidden))
        return self._apply_rules(kept, env, tuple(awaits), confirmed, frozenset(hidden))

    def changed(self, values: Mapping[str, Any], outer: Mapping[str, object]) -> dict[str, Any]:
        """By name on file what differs from it: `{"contact_phone": "13900139000"}`; None where it was emptied."""
        return {
            prefill.removeprefix("client."): values.get(name)
            for name, prefill in self.prefilled
            if not same(values.get(name), outer.get(prefill))
        }

    def _apply_rules(
        self,
        kept: dict[str, Any],
        env: dict[str, object],
        awaits: tuple[Awaited, ...],
        confirmed: frozenset[str],
        hidden: frozenset[str],
    ) -> Reading:
        problems: list[Problem] = []
        if self.whole is not None:
            for error in self.whole.iter_errors(kept):
                at = ".".join(str(part) for part in error.instance_path)
                problems.append(Problem(at, "schema"))
        if self.refuse or self.warn:
            env["changed"] = bool(self.changed(kept, env))
        problems += [Problem(rule.at, rule.id, {}, rule.text) for rule, when in self.refuse if when.holds(env)]
        asked = tuple(rule for rule, when in self.warn if when.holds(env)) if not problems else ()
        flags = tuple(rule.id for rule in asked if rule.id in confirmed)
        open_ = tuple(rule for rule in asked if rule.id not in confirmed)
        return Reading(kept, tuple(problems), awaits, open_, flags, hidden)

    def _await(self, line: _Line, value: Any, env: Mapping[str, object]) -> Awaited:
        options = line.field.options
        to = env.get(str(options.get("to", "")))
        return Awaited(
            line.field.name, line.kind.outside, str(value), str(to or ""), str(options.get("purpose", line.field.name))
        )

    def _check_parents(self, values: Mapping[str, object], problems: list[Problem]) -> None:
        """An option must belong to the answer above it. While that answer itself is wrong, nothing is said here."""
        for name, parent, parents, sentence in self.within:
            value, above = values.get(name), values.get(parent)
            if value is None or any(problem.at == parent for problem in problems):
                continue
            chosen = value if isinstance(value, list) else [value]
            if any(parents.get(str(code)) != str(above) for code in chosen):
                problems.append(Problem(name, "within", {}, sentence))


class _All:
    """Several conditions that must all hold (a field's own and its group's)."""

    def __init__(self, conditions: list[Holds]) -> None:
        self.conditions = conditions
        self.names = frozenset().union(*(c.names for c in conditions))

    def holds(self, values: Mapping[str, object]) -> bool:
        return all(condition.holds(values) for condition in self.conditions)


def same(answer: Any, on_file: Any) -> bool:
    """Is this answer what is on file? Nothing, an empty text and an empty list are the same nothing, and several
    choices are the same in any order. No and zero are answers."""
    if isinstance(answer, Mapping) and isinstance(on_file, Mapping):
        keys = {k for k in (*answer, *on_file) if k != "long_term"}
        return all(same(answer.get(k), on_file.get(k)) for k in keys)
    if isinstance(answer, (list, tuple)) and isinstance(on_file, (list, tuple)):
        if len(answer) != len(on_file):
            return False
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


def _in_order_of_need(lines: list[_Line]) -> list[_Line]:
    """Each field after those that its condition names; a circle (the checker refuses it) keeps the page's order."""
    by_name = {line.field.name: line for line in lines}
    done: dict[str, _Line] = {}
    open_: set[str] = set()

    def place(line: _Line) -> None:
        name = line.field.name
        if name in done or name in open_:
            return
        open_.add(name)
        needs = set(line.when.names) if line.when is not None else set()
        if line.field.options.get("to") in by_name:
            needs.add(str(line.field.options["to"]))
        for other in sorted(needs & by_name.keys()):
            place(by_name[other])
        done[name] = line

    for line in lines:
        place(line)
    return list(done.values())


def _judge(awaits: list[Awaited], verdicts: Verdicts | None) -> list[Problem]:
    """The problems among the awaited answers. Without verdicts nothing is judged yet."""
    if verdicts is None:
        return []
    said = ((awaited.at, verdicts.get(awaited.at, "unverified")) for awaited in awaits)
    return [Problem(at, code) for at, code in said if code != "ok"]
