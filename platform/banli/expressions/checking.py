"""Checks a condition against the names of a scope, tells every fault, and writes the tree for the browser.

The types are our own, a little wider than CEL's: every field may be null, and whole and decimal numbers
compare. The tree is JSON. A text, truth value, null or whole number stands for itself; `["d", 1.5]` is a
decimal and `["i", "…"]` a large whole number; `["$", name, shape]` is a field, `["@", x]` a loop variable,
`["[", …]` a list, `[".", of, name]` a part; anything else is `[operator or function, …arguments]`, macros
`[macro, variable, list, body]`.
"""

from __future__ import annotations

from typing import Any

from banli.errors import did_you_mean

from .names import Scope, Type
from .operators import BOOL, BROKEN, DOUBLE, DYN, INT, NULL, OPERATORS, TEXT, Operators, family, some
from .syntax import Node

Tree = Any  # JSON
MACROS = ("exists", "all", "exists_one", "filter", "map")
METHODS = ("contains", "startsWith", "endsWith")
_ELSEWHERE = {
    "matches": "Patterns belong into the JSON Schema of the field (`pattern`).",
    "timestamp": "Dates are texts: compare them with <, or use age_on, years_between, add_years.",
}
_SAFE = 2**53 - 1


class Checker(Operators):
    """Walks one tree, innermost parts first."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope
        self.names: set[str] = set()
        self.functions: set[str] = set()
        self.loop: dict[str, Type] = {}

    def visit(self, node: Node) -> tuple[Type, Tree]:
        match node.op:
            case "null":
                return NULL, None
            case "bool":
                return BOOL, node.value
            case "int":
                return INT, node.value if abs(node.value) <= _SAFE else ["i", str(node.value)]
            case "double":
                return DOUBLE, ["d", node.value]
            case "string":
                return TEXT, node.value
            case "list":
                return self.list(node)
            case "name" | "select" | "has":
                return self.name(node)
            case "method":
                return self.method(node)
            case "call":
                return self.operator(node) if node.value in OPERATORS else self.function(node)
        return self.macro(node)

    # Names

    def name(self, node: Node) -> tuple[Type, Tree]:
        parts: list[str] = []
        root = node
        while root.op in ("select", "has"):
            parts.insert(0, root.value)
            root = root.args[0]
        if root.op != "name":
            type, tree = self.visit(root)
        elif root.value in self.loop:
            type, tree = self.loop[root.value], ["@", root.value]
        else:
            name, parts = self._longest(root.value, parts)
            if name not in self.scope.names:
                return self._unknown(name, parts, root.at), None
            self.names.add(name)
            type = self.scope.names[name]
            tree = ["$", name, type.shape]
        for place, part in enumerate(parts):
            if node.op == "has" and place == len(parts) - 1 and type.kind in ("map", "dyn") and not type.fields:
                return BOOL, ["has", tree, part]
            type, tree = self._part(type, part, node.at), [".", tree, part]
        if node.op == "has":
            return self.fault(
                "condition-unsupported",
                "has() is not for fields: every field is there, if only as null.",
                "Write != null.",
                node.at,
            ), None
        return type, tree

    def _longest(self, root: str, parts: list[str]) -> tuple[str, list[str]]:
        for count in range(len(parts), -1, -1):
            name = ".".join([root, *parts[:count]])
            if name in self.scope.names:
                return name, parts[count:]
        return ".".join([root, *parts]), []

    def _unknown(self, name: str, parts: list[str], at: int) -> Type:
        if name in self.scope.groups:
            inside = [known for known in self.scope.names if known.startswith(f"{name}.")]
            return self.fault(
                "unknown-name",
                f"'{name}' is a group of names, not a name.",
                f"Take one of {some(inside)}.",
                at,
            )
        return self.fault(
            "unknown-name",
            f"There is no name '{name}' here.",
            did_you_mean(name, [*self.scope.names, *self.loop]),
            at,
        )

    def _part(self, type: Type, part: str, at: int) -> Type:
        if type.fields is not None and type.kind == "map":
            if part in type.fields:
                return type.fields[part]
            return self.fault("unknown-name", f"There is no '{part}' in this group.", did_you_mean(part, type.fields), at)
        if type.kind not in ("map", "dyn"):
            return self.wrong(f"A {type} has no part '{part}'.", at)
        return DYN

    # Operators

    def operator(self, node: Node) -> tuple[Type, Tree]:
        sign = OPERATORS[node.value]
        seen = [self.visit(part) for part in node.args]
        types = [type for type, _ in seen]
        tree = [sign, *(part for _, part in seen)]
        match sign:
            case "&&" | "||" | "!":
                for part, type in zip(node.args, types, strict=True):
                    self.must_be_bool(type, part, f"on a side of {sign}" if sign != "!" else "after !")
                return BOOL, tree
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                self.compare(sign, node, types[0], types[1])
                return BOOL, tree
            case "in":
                self.member(node, types[0], types[1])
                return BOOL, tree
            case "?":
                return self.choice(node, types), tree
            case "[]":
                return self.index(node, types), tree
        return self.arithmetic(sign, node, types), tree

    # Calls, lists, loops

    def method(self, node: Node) -> tuple[Type, Tree]:
        seen = [self.visit(part) for part in node.args]
        tree = [node.value, *(part for _, part in seen)]
        if node.value == "size" and len(seen) == 1:
            return self._size(seen[0][0], node), tree
        if node.value not in METHODS:
            return self._no_function(node), None
        if len(seen) != 2:
            return self.wrong(f"{node.value} takes one text in brackets.", node.at), None
        for (type, _), part in zip(seen, node.args, strict=True):
            if type.kind not in ("string", "date", "dyn"):
                self.wrong(
                    f"{node.value} works on texts, not on a {type}.",
                    part.at,
                    'Is an item in a list? Write "item" in list.' if type.is_list else "",
                )
        return BOOL, tree

    def _size(self, type: Type, node: Node) -> Type:
        if type.is_list or (type.kind in ("string", "date", "dyn", "map") and type.fields is None):
            return INT
        return self.wrong(f"size takes a text or a list, not a {type}.", node.at)

    def function(self, node: Node) -> tuple[Type, Tree]:
        seen = [self.visit(part) for part in node.args]
        tree = [node.value, *(part for _, part in seen)]
        if node.value == "size" and len(seen) == 1:
            return self._size(seen[0][0], node), tree
        if node.value == "double" and len(seen) == 1:
            if seen[0][0].kind not in ("int", "double", "dyn"):
                self.wrong(f"double takes a number, not a {seen[0][0]}.", node.at)
            return DOUBLE, tree
        function = self.scope.functions.get(node.value)
        if function is None:
            return self._no_function(node), None
        self.functions.add(node.value)
        if len(seen) != len(function.arguments):
            wanted = ", ".join(str(Type(kind)) for kind in function.arguments)
            return self.wrong(f"{node.value} takes {len(function.arguments)} ({wanted}), not {len(seen)}.", node.at), None
        for (type, _), part, wanted in zip(seen, node.args, function.arguments, strict=True):
            fits = type.kind == wanted or {type.kind, wanted} == {"string", "date"}
            if not fits and type != BROKEN:
                self.wrong(f"{node.value} takes a {Type(wanted)} here, not a {type}.", part.at)
            self.check_date(Type(wanted), part)
        return function.result_type, tree

    def _no_function(self, node: Node) -> Type:
        name: str = node.value
        if name in _ELSEWHERE:
            return self.fault("condition-unsupported", f"'{name}' is not part of conditions.", _ELSEWHERE[name], node.at)
        if name in (*MACROS, "has"):
            return self.fault(
                "condition-unsupported",
                f"{name} is not used like this.",
                f"Write list.{name}(x, …)." if name != "has" else "",
                node.at,
            )
        if node.op == "method" and name in self.scope.functions:
            return self.fault("unknown-function", f"{name} is not called with a dot.", f"Write {name}(…).", node.at)
        if node.op == "call" and name in METHODS:
            return self.fault("unknown-function", f"{name} is called with a dot.", f"Write text.{name}(…).", node.at)
        return self.fault(
            "unknown-function",
            f"There is no function '{name}'.",
            did_you_mean(name, [*self.scope.functions, "size", *METHODS, *MACROS]),
            node.at,
        )

    def list(self, node: Node) -> tuple[Type, Tree]:
        seen = [self.visit(part) for part in node.args]
        tree = ["[", *(part for _, part in seen)]
        common = self.common([(type, part) for (type, _), part in zip(seen, node.args, strict=True)], node.at)
        if common is None and len({family(type) for type, _ in seen}) > 1:
            return self.wrong("The items of a list are all of one type.", node.at), None
        return _list_of(common or DYN), tree

    def macro(self, node: Node) -> tuple[Type, Tree]:
        over, over_tree = self.visit(node.args[0])
        variable: str = node.value
        if self.loop:
            return self.fault(
                "condition-too-deep",
                f"A loop inside a loop ({node.op}) is not part of conditions.",
                "Chain them: list.filter(x, …).exists(x, …).",
                node.at,
            ), None
        if variable in self.scope.roots:
            self.fault(
                "condition-syntax",
                f"The loop variable '{variable}' would hide a field.",
                "Take another letter.",
                node.at,
            )
        if not over.is_list and over.kind != "dyn":
            self.wrong(f"{node.op} needs a list, not a {over}.", node.at)
        self.loop = {variable: over.item if over.is_list else DYN}
        body, body_tree = self.visit(node.args[1])
        self.loop = {}
        tree = [node.op, variable, over_tree, body_tree]
        if node.op == "map":
            return _list_of(body), tree
        self.must_be_bool(body, node.args[1], f"in {node.op}")
        return (
            Type(over.kind, over.options, over.fields, False)
            if node.op == "filter" and over.is_list
            else DYN
            if node.op == "filter"
            else BOOL
        ), tree


def _list_of(item: Type) -> Type:
    if item.is_list or item.kind == "null":
        return Type("list<dyn>", nullable=False)
    return Type(f"list<{item.kind}>", item.options, item.fields, False)
