"""Compiles a condition and evaluates it: a value, or the code of what stood in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .checking import Checker, Tree
from .evaluating import Program, program
from .functions import FUNCTIONS
from .names import Fault, Functions, Scope, Type
from .syntax import parse
from .values import Trouble

Wants = Literal["bool", "int", "double", "string"]
_MEMO_SIZE = 512


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out. With an `error` the value is None, and None is not true.

    Errors: `unanswered` (null met an operator), `arithmetic` (overflow of 64 bits, division by zero),
    `missing` (no such item), `function` (a function refused its arguments), `type` (unlike values of unknown
    type), `limit` (too much). No error holds a value.
    """

    value: object
    error: str | None = None


_YES, _NO = Outcome(True), Outcome(False)


def compile(text: str, scope: Scope, wants: Wants = "bool") -> Condition | list[Fault]:
    """Checks a text against a scope: a condition, or all faults in the order of the text.

    `wants` is the type that must come out: "bool" for conditions, "int", "double" (takes whole numbers too)
    or "string" for scores and derived texts.
    """
    node = parse(text)
    if isinstance(node, Fault):
        return [node]
    checker = Checker(scope)
    type, tree = checker.visit(node)
    kinds = {"double": ("double", "int"), "string": ("string", "date")}.get(wants, (wants,))
    if not checker.faults and type.kind not in kinds:
        kind = (type.kind == "dyn" and "something of unknown type") or f"a {type}"
        cure = "Compare it with something." if wants == "bool" else ""
        checker.faults.append(Fault("condition-type", f"This must give a {Type(wants)}, but gives {kind}.", cure, 0))
    if checker.faults:
        return sorted(checker.faults, key=lambda fault: fault.offset)
    names = {name: scope.names[name] for name in sorted(checker.names)}
    return Condition(text, names, tree, wants, scope.functions, checker.functions)


def restore(sealed: Mapping[str, Any], functions: Functions = FUNCTIONS) -> Condition:
    """The condition that `Condition.sealed()` has written down, without checking it again."""
    names = {name: _type(kind) for name, kind in sealed["names"].items()}
    called = set(sealed["functions"])
    return Condition(sealed["text"], names, sealed["tree"], sealed["wants"], functions, called)


class Condition:
    """A checked condition. What evaluates it is built at the first evaluation.

    Outcomes of conditions that use nothing but choices and yes/no are remembered, at most 512 of them: there
    are few combinations and none tells who somebody is. What people type (a phone, a name, an amount, a code
    that is not among the options) is never kept: it is personal data, and it would not come again.
    """

    __slots__ = (
        "_called",
        "_functions",
        "_memo",
        "_order",
        "_program",
        "_yes_no",
        "in_browser",
        "names",
        "text",
        "tree",
        "types",
        "wants",
    )

    def __init__(
        self,
        text: str,
        types: Mapping[str, Type],
        tree: Tree,
        wants: Wants,
        functions: Functions,
        called: set[str],
    ) -> None:
        self.text = text
        self.types = types
        self.names = frozenset(types)
        self.tree = tree
        self.wants = wants
        self.in_browser = all(functions[name].in_browser for name in called)
        self._functions = functions
        self._called = called
        self._program: Program | None = None
        self._order = tuple(types)
        self._yes_no = tuple(name for name, type in types.items() if type.kind == "bool")
        few = all(type.kind == "bool" or (type.kind == "string" and type.options) for type in types.values())
        self._memo: dict[object, Outcome] | None = {} if few else None

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it is true; an error is not true."""
        return self.evaluate(values).value is True

    def evaluate(self, values: Mapping[str, object]) -> Outcome:
        """What comes out for these values, by dotted name; a name that is missing is null. Never raises."""
        memo = self._memo
        if memo is None:
            return self._run(values)
        get = values.get
        for name in self._yes_no:
            value = get(name)
            if value is not True and value is not False and value is not None:
                return self._run(values)  # 1 and 1.0 would find the outcome of true
        key = tuple([get(name) for name in self._order])
        try:
            known = memo.get(key)
        except TypeError:
            return self._run(values)
        if known is None:
            known = self._run(values)
            if len(memo) < _MEMO_SIZE and self._is_few(key):
                memo[key] = known
        return known

    def sealed(self) -> dict[str, object]:
        """As JSON, for a cache or an edition; `restore` reads it."""
        return {
            "text": self.text,
            "wants": self.wants,
            "tree": self.tree,
            "functions": sorted(self._called),
            "names": {name: _plain(type) for name, type in self.types.items()},
        }

    def _is_few(self, key: tuple[object, ...]) -> bool:
        return all(
            value is None or type.kind == "bool" or value in (type.options or ())
            for value, type in zip(key, self.types.values(), strict=True)
        )

    def _run(self, values: Mapping[str, object]) -> Outcome:
        if self._program is None:
            self._program = program(self.tree, self.types, self._functions)
        try:
            found = self._program(values, None)
        except Trouble as trouble:
            return Outcome(None, trouble.code)
        if found is True:
            return _YES
        if found is False:
            return _NO
        if found is None:
            return Outcome(None, "unanswered")
        return Outcome(float(found) if self.wants == "double" else found)


def _plain(type: Type) -> dict[str, object]:
    plain: dict[str, object] = {"kind": type.kind}
    if type.options is not None:
        plain["options"] = list(type.options)
    if type.fields is not None:
        plain["fields"] = {name: _plain(field) for name, field in type.fields.items()}
    if not type.nullable:
        plain["nullable"] = False
    return plain


def _type(plain: Mapping[str, object]) -> Type:
    fields = plain.get("fields")
    return Type(
        str(plain["kind"]),
        plain.get("options"),  # type: ignore[arg-type]
        {name: _type(field) for name, field in fields.items()} if isinstance(fields, Mapping) else None,
        bool(plain.get("nullable", True)),
    )
