"""Which types the operators take and give, and what is said when they do not fit."""

from __future__ import annotations

from collections.abc import Iterable

from banli.errors import did_you_mean

from .functions import read_date
from .names import Fault, Type
from .syntax import Node

DYN = Type("dyn")
BROKEN = Type("dyn", nullable=False)  # there is a fault already: say no more of this part
NULL = Type("null")
INT, DOUBLE, BOOL, TEXT = (Type(kind, nullable=False) for kind in ("int", "double", "bool", "string"))
OPERATORS = {
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "_&&_": "&&",
    "_||_": "||",
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "@in": "in",
    "!_": "!",
    "-_": "-",
    "_?_:_": "?",
    "_[_]": "[]",
}


class Operators:
    """Collects faults. After a fault the part counts as `dyn`, so that one slip is told once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, code: str, what: str, cure: str, at: int) -> Type:
        self.faults.append(Fault(code, what, cure, at))
        return BROKEN

    def wrong(self, what: str, at: int, cure: str = "") -> Type:
        return self.fault("condition-type", what, cure, at)

    def must_be_bool(self, type: Type, node: Node, where: str) -> None:
        if type.kind not in ("bool", "dyn"):
            self.wrong(f"There must be a yes/no {where}, not a {type}.", node.at, "Compare it with something.")

    def compare(self, sign: str, node: Node, left: Type, right: Type) -> None:
        if NULL in (left, right):
            other = right if left == NULL else left
            if sign not in ("==", "!="):
                self.wrong(f"null cannot be compared with {sign}.", node.at, "Only == and != take null.")
            elif not other.nullable:
                self.wrong("This can never be null.", node.at, "Ask whether the field itself is null.")
            return
        if "dyn" in (left.kind, right.kind):
            if left.kind == right.kind and BROKEN not in (left, right):
                self.wrong(
                    "The types of both sides are unknown.",
                    node.at,
                    "Compare with a known field or a literal.",
                )
            return
        families = family(left), family(right)
        if left.is_list and right.is_list and "list<dyn>" in families:
            families = families[0], families[0]
        if families[0] != families[1]:
            self.wrong(f"A {left} cannot be compared with a {right}.", node.at, _quotes(node, left, right))
        elif "map" in families[0] or (sign not in ("==", "!=") and families[0] not in ("text", "number")):
            self.wrong(f"A {left} cannot be compared with {sign}.", node.at)
        elif sign in ("==", "!="):
            self._options(node.args[0], right, node.args[1])
            self._options(node.args[1], left, node.args[0])
            if left.options is not None and right.options is not None and not set(left.options) & set(right.options):
                self.fault(
                    "unknown-option",
                    "These two have no option in common, so they are never equal.",
                    "",
                    node.at,
                )
        self.check_date(left, node.args[1])
        self.check_date(right, node.args[0])

    def _options(self, literal: Node, type: Type, subject: Node) -> None:
        """A literal beside a choice must be one of its options."""
        for item in literal.args if literal.op == "list" else [literal]:
            if item.op == "string" and type.options is not None and item.value not in type.options:
                self.fault(
                    "unknown-option",
                    f"'{item.value}' is not one of the options of {_spoken(subject)}: {some(type.options)}.",
                    did_you_mean(item.value, type.options),
                    item.at,
                )

    def check_date(self, type: Type, literal: Node) -> None:
        if type.kind == "date" and literal.op == "string":
            try:
                read_date(literal.value)
            except ValueError:
                self.wrong(f"'{literal.value}' is not a date.", literal.at, "Write it as 2026-01-31.")

    def member(self, node: Node, item: Type, group: Type) -> None:
        if item == NULL:
            self.wrong("null is never among the items.", node.at, "Write == null.")
        elif group.kind in ("dyn", "list<dyn>") or item.kind == "dyn":
            return
        elif group.kind == "map" and not group.fields:
            if family(item) != "text":
                self.wrong("The names in a group are texts.", node.at)
        elif not group.is_list:
            self.wrong(f"After 'in' stands a list, not a {group}.", node.at, 'Write a list: ["a", "b"].')
        elif family(item) != family(group.item) or "map" in family(item):
            self.wrong(f"A {item} cannot be in a {group}.", node.at, _quotes(node, item, group.item))
        else:
            self._options(node.args[1], item, node.args[0])
            self._options(node.args[0], group.item, node.args[1])
            for literal in node.args[1].args if node.args[1].op == "list" else []:
                self.check_date(item, literal)

    def choice(self, node: Node, types: list[Type]) -> Type:
        self.must_be_bool(types[0], node.args[0], "before ?")
        return self.common([(types[1], node.args[1]), (types[2], node.args[2])], node.at) or self.wrong(
            f"The two sides of : are of different types, {types[1]} and {types[2]}.", node.at
        )

    def common(self, seen: list[tuple[Type, Node]], at: int) -> Type | None:
        """One type for several parts; of a choice, all options that can come out."""
        known = [type for type, _ in seen if type != NULL]
        kinds = {"string" if type.kind == "date" and len({t.kind for t in known}) > 1 else type.kind for type in known}
        if not kinds or "dyn" in kinds:
            return DYN
        if len(kinds) > 1:
            return None
        nullable = any(type == NULL or type.nullable for type, _ in seen)
        literals = {part.value for type, part in seen if part.op == "string"}
        choices = [type.options for type, part in seen if part.op != "string"]
        if not choices or None in choices:
            return Type(kinds.pop(), None, known[0].fields, nullable)
        options = literals.union(*(each for each in choices if each is not None))
        return Type(kinds.pop(), sorted(options), known[0].fields, nullable)

    def index(self, node: Node, types: list[Type]) -> Type:
        group, key = types
        if group.is_list:
            if key.kind not in ("int", "dyn"):
                return self.wrong(f"An item of a list is taken by its number, not by a {key}.", node.at)
            return group.item
        if group.kind in ("map", "dyn"):
            if group.fields is not None:
                return self.wrong("A part of a group is taken with a dot.", node.at)
            if group.kind == "map" and family(key) not in ("text", "dyn"):
                return self.wrong(f"A part of a group is taken by its name, not by a {key}.", node.at)
            return DYN
        return self.wrong(f"A {group} has no items.", node.at)

    def arithmetic(self, sign: str, node: Node, types: list[Type]) -> Type:
        kinds = {type.kind for type in types}
        if "dyn" in kinds:
            return (
                DYN
                if len(kinds) == 1 or kinds <= {"dyn", "int", "double", "string"}
                else self.wrong(f"{sign} does not work here.", node.at)
            )
        if kinds == {"int"}:
            return INT
        if kinds == {"double"} and sign != "%":
            return DOUBLE
        if sign == "+" and len(types) == 2:
            if kinds <= {"string", "date"}:
                return TEXT
            if types[0].is_list and types[1].is_list and (len(kinds) == 1 or "list<dyn>" in kinds):
                known = types[1] if types[0].kind == "list<dyn>" else types[0]
                return Type(known.kind, fields=known.fields, nullable=False)
        if kinds == {"int", "double"} and sign != "%":
            return self.wrong(
                f"{sign} needs two whole or two decimal numbers.",
                node.at,
                "Write decimals as 2.0, or double(x).",
            )
        return self.wrong(f"{sign} does not work with {' and '.join(f'a {type}' for type in types)}.", node.at)


def family(type: Type) -> str:
    kind = type.kind.replace("date", "string").replace("int", "number").replace("double", "number")
    return kind.replace("string", "text")


def _quotes(node: Node, left: Type, right: Type) -> str:
    if {family(left), family(right)} == {"text", "number"}:
        return "Put quotation marks around it, or take them off."
    if {family(left), family(right)} == {"text", "bool"}:
        return "yes/no is written true or false, without quotation marks."
    return 'Write "item" in list.' if left.is_list != right.is_list else ""


def _spoken(node: Node) -> str:
    if node.op in ("name", "select"):
        prefix = f"{_spoken(node.args[0]).strip(chr(39))}." if node.args else ""
        return f"'{prefix}{node.value}'"
    return f"{node.value}(…)" if node.op == "call" and node.value not in OPERATORS else "this"


def some(words: Iterable[str]) -> str:
    """The first eight, and how many there are if more."""
    all_words = [word or '""' for word in words]
    return ", ".join(all_words[:8]) + (f", … ({len(all_words)} in all)" if len(all_words) > 8 else "")
