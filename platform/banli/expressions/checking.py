"""Checks a condition against the names of a scope, tells every fault, and writes the tree for the browser.

The types are our own, a little wider than CEL's: every field may be null, and whole and decimal numbers compare.
The tree is JSON. A text, truth value, null or whole number stands for itself; `["d", 1.5]` is a decimal and
`["i", "…"]` a large whole number; `["$", name, shape]` is a field, `["@", x]` a loop variable, `["[", …]` a list,
`[".", of, name]` a part; anything else is `[operator or function, …arguments]`, macros `[macro, variable, list, body]`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import did_you_mean
from .functions import read_date
from .names import Fault, Scope, Type
from .syntax import Node

Tree = Any  # JSON
DYN = Type("dyn")
NULL = Type("null")
INT, DOUBLE, BOOL, TEXT = (Type(kind, nullable=False) for kind in ("int", "double", "bool", "string"))
MACROS = ("exists", "all", "exists_one", "filter", "map")
METHODS = ("contains", "startsWith", "endsWith")
_OPERATORS = {"_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">=", "_&&_": "&&", "_||_": "||",
              "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%", "@in": "in", "!_": "!", "-_": "-",
              "_?_:_": "?", "_[_]": "[]"}
_ELSEWHERE = {"matches": "Patterns belong into the JSON Schema of the field (`pattern`).",
              "timestamp": "Dates are texts: compare them with <, or use age_on, years_between, add_years."}
_SAFE = 2**53 - 1


class Checker:
    """Walks one tree. After a fault the part counts as `dyn`, so that one slip is told once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.faults: list[Fault] = []
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
                return self.operator(node) if node.value in _OPERATORS else self.function(node)
        return self.macro(node)

    def fault(self, code: str, what: str, cure: str, at: int) -> Type:
        self.faults.append(Fault(code, what, cure, at))
        return DYN

    def wrong(self, what: str, at: int, cure: str = "") -> Type:
        return self.fault("condition-type", what, cure, at)

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
            return self.fault("condition-unsupported", "has() is not for fields: every field is there, if only as null.",
                              "Write != null.", node.at), None
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
            return self.fault("unknown-name", f"'{name}' is a group of names, not a name.",
                              f"Take one of {_some(inside)}.", at)
        return self.fault("unknown-name", f"There is no name '{name}' here.",
                          did_you_mean(name, [*self.scope.names, *self.loop]), at)

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
        sign = _OPERATORS[node.value]
        seen = [self.visit(part) for part in node.args]
        types = [type for type, _ in seen]
        tree = [sign, *(part for _, part in seen)]
        match sign:
            case "&&" | "||" | "!":
                for part, type in zip(node.args, types):
                    self._must_be_bool(type, part, f"on a side of {sign}" if sign != "!" else "after !")
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

    def _must_be_bool(self, type: Type, node: Node, where: str) -> None:
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
            if left.kind == right.kind and not self.faults:
                self.wrong("The types of both sides are unknown.", node.at, "Compare with a known field or a literal.")
            return
        families = _family(left), _family(right)
        if left.is_list and right.is_list and "list<dyn>" in families:
            families = families[0], families[0]
        if families[0] != families[1]:
            self.wrong(f"A {left} cannot be compared with a {right}.", node.at, _quotes(node, left, right))
        elif "map" in families[0] or sign not in ("==", "!=") and families[0] not in ("text", "number"):
            self.wrong(f"A {left} cannot be compared with {sign}.", node.at)
        elif sign in ("==", "!="):
            self._options(node.args[0], right, node.args[1])
            self._options(node.args[1], left, node.args[0])
            if left.options is not None and right.options is not None and not set(left.options) & set(right.options):
                self.fault("unknown-option", "These two have no option in common, so they are never equal.", "", node.at)
        for one, other in ((left, node.args[1]), (right, node.args[0])):
            self._date(one, other)

    def _options(self, literal: Node, type: Type, subject: Node) -> None:
        """A literal beside a choice must be one of its options."""
        for item in literal.args if literal.op == "list" else [literal]:
            if item.op == "string" and type.options is not None and item.value not in type.options:
                self.fault("unknown-option", f"'{item.value}' is not one of the options of {_spoken(subject)}: "
                           f"{_some(type.options)}.", did_you_mean(item.value, type.options), item.at)

    def _date(self, type: Type, literal: Node) -> None:
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
            if _family(item) != "text":
                self.wrong("The names in a group are texts.", node.at)
        elif not group.is_list:
            self.wrong(f"After 'in' stands a list, not a {group}.", node.at, 'Write a list: ["a", "b"].')
        elif _family(item) != _family(group.item) or "map" in _family(item):
            self.wrong(f"A {item} cannot be in a {group}.", node.at, _quotes(node, item, group.item))
        else:
            self._options(node.args[1], item, node.args[0])
            self._options(node.args[0], group.item, node.args[1])
            for literal in node.args[1].args if node.args[1].op == "list" else []:
                self._date(item, literal)

    def choice(self, node: Node, types: list[Type]) -> Type:
        self._must_be_bool(types[0], node.args[0], "before ?")
        return self._common([(types[1], node.args[1]), (types[2], node.args[2])], node.at) or self.wrong(
            f"The two sides of : are of different types, {types[1]} and {types[2]}.", node.at)

    def _common(self, seen: list[tuple[Type, Node]], at: int) -> Type | None:
        """One type for several parts; of a choice, all options that can come out."""
        known = [type for type, _ in seen if type != NULL]
        kinds = {"string" if type.kind == "date" and len({t.kind for t in known}) > 1 else type.kind for type in known}
        if not kinds or "dyn" in kinds:
            return DYN
        if len(kinds) > 1:
            return None
        options: Collected = set()
        for type, part in seen:
            if part.op == "string":
                options.add(part.value)
            elif type.options is None:
                return Type(kinds.pop(), fields=known[0].fields, nullable=_nullable(seen))
            else:
                options.update(type.options)
        return Type(kinds.pop(), sorted(options) if options else None, known[0].fields, _nullable(seen))

    def index(self, node: Node, types: list[Type]) -> Type:
        group, key = types
        if group.is_list:
            if key.kind not in ("int", "dyn"):
                return self.wrong(f"An item of a list is taken by its number, not by a {key}.", node.at)
            return group.item
        if group.kind in ("map", "dyn"):
            if group.fields is not None:
                return self.wrong("A part of a group is taken with a dot.", node.at)
            if group.kind == "map" and _family(key) not in ("text", "dyn"):
                return self.wrong(f"A part of a group is taken by its name, not by a {key}.", node.at)
            return DYN
        return self.wrong(f"A {group} has no items.", node.at)

    def arithmetic(self, sign: str, node: Node, types: list[Type]) -> Type:
        kinds = {type.kind for type in types}
        if "dyn" in kinds:
            return DYN if len(kinds) == 1 or kinds <= {"dyn", "int", "double", "string"} else self.wrong(
                f"{sign} does not work here.", node.at)
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
            return self.wrong(f"{sign} needs two whole or two decimal numbers.", node.at,
                              "Write decimals as 2.0, or double(x).")
        return self.wrong(f"{sign} does not work with {' and '.join(f'a {type}' for type in types)}.", node.at)

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
        for (type, _), part in zip(seen, node.args):
            if type.kind not in ("string", "date", "dyn"):
                self.wrong(f"{node.value} works on texts, not on a {type}.", part.at,
                           "Is an item in a list? Write \"item\" in list." if type.is_list else "")
        return BOOL, tree

    def _size(self, type: Type, node: Node) -> Type:
        if type.is_list or type.kind in ("string", "date", "dyn", "map") and type.fields is None:
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
        for (type, _), part, wanted in zip(seen, node.args, function.arguments):
            if type.kind != "dyn" and type.kind != wanted and {type.kind, wanted} != {"string", "date"} and wanted != "dyn":
                self.wrong(f"{node.value} takes a {Type(wanted)} here, not a {type}.", part.at)
            self._date(Type(wanted), part)
        return function.result_type, tree

    def _no_function(self, node: Node) -> Type:
        name: str = node.value
        if name in _ELSEWHERE:
            return self.fault("condition-unsupported", f"'{name}' is not part of conditions.", _ELSEWHERE[name], node.at)
        if name in (*MACROS, "has"):
            return self.fault("condition-unsupported", f"{name} is not used like this.",
                              f"Write list.{name}(x, …)." if name != "has" else "", node.at)
        if node.op == "method" and name in self.scope.functions:
            return self.fault("unknown-function", f"{name} is not called with a dot.", f"Write {name}(…).", node.at)
        if node.op == "call" and name in METHODS:
            return self.fault("unknown-function", f"{name} is called with a dot.", f"Write text.{name}(…).", node.at)
        return self.fault("unknown-function", f"There is no function '{name}'.",
                          did_you_mean(name, [*self.scope.functions, "size", *METHODS, *MACROS]), node.at)

    def list(self, node: Node) -> tuple[Type, Tree]:
        seen = [self.visit(part) for part in node.args]
        tree = ["[", *(part for _, part in seen)]
        common = self._common([(type, part) for (type, _), part in zip(seen, node.args)], node.at)
        if common is None and len({_family(type) for type, _ in seen}) > 1:
            return self.wrong("The items of a list are all of one type.", node.at), None
        return _list_of(common or DYN), tree

    def macro(self, node: Node) -> tuple[Type, Tree]:
        over, over_tree = self.visit(node.args[0])
        variable: str = node.value
        if self.loop:
            return self.fault("condition-too-deep", f"A loop inside a loop ({node.op}) is not part of conditions.",
                              "Chain them: list.filter(x, …).exists(x, …).", node.at), None
        if variable in self.scope.roots:
            self.fault("condition-syntax", f"The loop variable '{variable}' would hide a field.",
                       "Take another letter.", node.at)
        if not over.is_list and over.kind != "dyn":
            self.wrong(f"{node.op} needs a list, not a {over}.", node.at)
        self.loop = {variable: over.item if over.is_list else DYN}
        body, body_tree = self.visit(node.args[1])
        self.loop = {}
        tree = [node.op, variable, over_tree, body_tree]
        if node.op == "map":
            return _list_of(body), tree
        self._must_be_bool(body, node.args[1], f"in {node.op}")
        return (Type(over.kind, over.options, over.fields, False) if node.op == "filter" and over.is_list else
                DYN if node.op == "filter" else BOOL), tree


Collected = set[str]


def _list_of(item: Type) -> Type:
    if item.is_list or item.kind == "null":
        return Type("list<dyn>", nullable=False)
    return Type(f"list<{item.kind}>", item.options, item.fields, False)


def _nullable(seen: list[tuple[Type, Node]]) -> bool:
    return any(type == NULL or type.nullable for type, _ in seen)


def _family(type: Type) -> str:
    kind = type.kind.replace("date", "string").replace("int", "number").replace("double", "number")
    return kind.replace("string", "text")


def _quotes(node: Node, left: Type, right: Type) -> str:
    if {_family(left), _family(right)} == {"text", "number"}:
        return "Put quotation marks around it, or take them off."
    if {_family(left), _family(right)} == {"text", "bool"}:
        return "yes/no is written true or false, without quotation marks."
    return "Write \"item\" in list." if left.is_list != right.is_list else ""


def _spoken(node: Node) -> str:
    if node.op in ("name", "select"):
        prefix = f"{_spoken(node.args[0]).strip(chr(39))}." if node.args else ""
        return f"'{prefix}{node.value}'"
    return f"{node.value}(…)" if node.op == "call" and node.value not in _OPERATORS else "this"


def _some(words: Iterable[str]) -> str:
    """The first eight, and how many there are if more."""
    all_words = [word or '""' for word in words]
    return ", ".join(all_words[:8]) + (f", … ({len(all_words)} in all)" if len(all_words) > 8 else "")
