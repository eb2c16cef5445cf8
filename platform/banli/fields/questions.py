"""Reads the questions over one object: those of a form, those inside of an object, those of one row of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from banli.definitions.model import Field
from banli.errors import Problem
from banli.fields.base import FieldKind, Parse, Raw

KindOf = Callable[[str], FieldKind]


class Holds(Protocol):
    """A compiled condition."""

    @property
    def names(self) -> frozenset[str]: ...

    def holds(self, values: Mapping[str, object]) -> bool: ...


class Conditions(Protocol):
    """Gives the compiled condition for a text. `at` says whose names it knows: "" the form's, `cards` those inside of its
    rows, `person.address` those of an object in an object."""

    def __call__(self, text: str, at: str = "") -> Holds: ...


@dataclass(slots=True)
class Sight:
    """What one reading of a page gathers besides answers, at all its depths. Prefixes end without a dot: `cards.3`.

    `outer` are the names around the form; `inside` the names that the conditions in a row or an object see; `kept` the rows
    on file that stand at a prefix.
    """

    outer: Mapping[str, object]
    hidden: list[str] = field(default_factory=list)
    inside: dict[str, Mapping[str, object]] = field(default_factory=dict)
    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)


Odd = Callable[[Raw, dict[str, object], list[Problem], Sight, str], Any]
"""Reads what a parser alone cannot: post, names, problems, sight and the prefix (with its dot) of where it stands."""


@dataclass(frozen=True, slots=True)
class Line:
    """One question, compiled. `odd` reads in place of `parse` where there is more to it; `needs` are the names that must be
    known before it is read; `offer` says of some options when they are offered."""

    field: Field
    kind: FieldKind
    parse: Parse
    when: Holds | None
    missing: Problem | None
    odd: Odd | None = None
    needs: frozenset[str] = frozenset()
    offer: Mapping[str, Holds] | None = None


class Questions:
    """Questions that are read together, in the order in which their conditions need each other."""

    def __init__(self, lines: Iterable[Line]) -> None:
        in_page_order = list(lines)
        self.lines = _in_order_of_need(in_page_order)
        # What `read` needs of each line, unpacked once: it runs for every post.
        self.steps = [(x.field.name, x.when, x.parse, x.missing, x.odd, x.kind.keeps, x) for x in self.lines]
        self.order = {line.field.name: position for position, line in enumerate(in_page_order)}
        self.unanswered = dict.fromkeys(self.order)
        self.within = [
            (f.name, f.options["within"], {o.code: o.parent for o in f.choices}, f.errors.get("within", ""))
            for f in (line.field for line in in_page_order)
            if f.options.get("within")
        ]
        self.offers = [(x.field.name, x.offer, x.field.errors.get("not_offered", "")) for x in in_page_order if x.offer]
        self.names = frozenset().union(*(line.needs for line in self.lines)) - self.order.keys()

    def read(
        self, raw: Raw, env: dict[str, object], kept: dict[str, Any], problems: list[Problem], sight: Sight, at: str = ""
    ) -> list[tuple[Line, Any]]:
        """Reads all of them: answers into `kept` and `env`, what is wrong into `problems`. Gives those answers that somebody
        else must judge."""
        awaited = []
        for name, when, parse, missing, odd, keeps, line in self.steps:
            if when is not None and not when.holds(env):
                sight.hidden.append(at + name)
                continue
            before = len(problems)
            value = parse(raw, problems) if odd is None else odd(raw, env, problems, sight, at)
            if value is None:
                if missing is not None and len(problems) == before:
                    problems.append(missing)
                continue
            env[name] = value
            if keeps:
                kept[name] = value
            if line.kind.outside:
                awaited.append((line, value))
        if self.within:
            self._check_parents(env, problems)
        for name, offer, sentence in self.offers:
            value = env.get(name)
            chosen = value if isinstance(value, list) else [value]
            if any(str(code) in offer and not offer[str(code)].holds(env) for code in chosen):
                problems.append(Problem(name, "not_offered", {}, sentence))
        return awaited

    def _check_parents(self, values: Mapping[str, object], problems: list[Problem]) -> None:
        """An option must belong to the answer above it. While that answer itself is wrong, nothing is said here."""
        for name, parent, parents, sentence in self.within:
            value, above = values.get(name), values.get(parent)
            if value is None or any(problem.at == parent for problem in problems):
                continue
            chosen = value if isinstance(value, list) else [value]
            if any(parents.get(str(code)) != str(above) for code in chosen):
                problems.append(Problem(name, "within", {}, sentence))


class All:
    """Several conditions that must all hold (a field's own and its group's)."""

    def __init__(self, conditions: list[Holds]) -> None:
        self.conditions = conditions
        self.names = frozenset().union(*(c.names for c in conditions))

    def holds(self, values: Mapping[str, object]) -> bool:
        return all(condition.holds(values) for condition in self.conditions)


def line(
    asked: Field, when: list[Holds], kind: FieldKind, odd: Odd | None = None, needs: Iterable[str] = (),
    offer: Mapping[str, Holds] | None = None,
) -> Line:  # fmt: skip
    """The question, compiled. Only a question that is asked can be missed."""
    missing = Problem(asked.name, "required", {}, asked.errors.get("required", "")) if asked.required else None
    holds = All(when) if len(when) > 1 else when[0] if when else None
    own = holds.names if holds is not None else frozenset()
    others = (str(asked.options[word]) for word in ("to", "within") if asked.options.get(word))
    names = own.union(others, needs, *(one.names for one in (offer or {}).values()))
    return Line(asked, kind, kind.parser(asked), holds, missing, odd, names, offer)


def part(name: str, raw: Raw) -> dict[str, Any]:
    """What was posted below a name, by the names in it: `address.city` as `city`."""
    head = f"{name}."
    return {posted[len(head) :]: texts for posted, texts in raw.items() if posted.startswith(head)}


def _in_order_of_need(lines: list[Line]) -> list[Line]:
    """Each field after those that its condition names; a circle (the checker refuses it) keeps the page's order."""
    by_name = {line.field.name: line for line in lines}
    done: dict[str, Line] = {}
    open_: set[str] = set()

    def place(line: Line) -> None:
        name = line.field.name
        if name in done or name in open_:
            return
        open_.add(name)
        for other in sorted(line.needs & by_name.keys()):
            place(by_name[other])
        done[name] = line

    for line in lines:
        place(line)
    return list(done.values())
