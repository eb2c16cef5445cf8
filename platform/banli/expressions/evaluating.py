"""Turns the tree of a condition into a Python function with CEL's results; conditions.js is its twin.

CEL itself reads and unfolds the text, and in the tests it is the judge of this room. It does not evaluate
here, because cel-expr-python 0.1.3 never frees the arguments of a function that was called (so phone and ID
numbers would pile up in the memory of a worker), cuts texts at a NUL, and takes several times as long.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from math import copysign, inf, nan
from typing import Any

from .names import Functions, Type
from .values import DEEPEST, PLAIN, Trouble, reader

# Takes the values by dotted name and the item of the loop around it, if any; raises Trouble.
Program = Callable[[Mapping[str, object], Any], Any]


def unlike(*values: object) -> Trouble:
    """Values that an operator does not take: most often null, because something is not answered yet."""
    return Trouble("unanswered" if any(value is None for value in values) else "type")


def program(tree: Any, types: Mapping[str, Type], functions: Functions) -> Program:
    if not isinstance(tree, list):
        return _always(tree)

    def of(part: Any) -> Program:
        return program(part, types, functions)

    op, *rest = tree
    match op:
        case "$":
            return _name(rest[0], types[rest[0]])
        case "@":
            return lambda values, item: item
        case "d":
            return _always(float(rest[0]))
        case "i":
            return _always(int(rest[0]))
        case "[":
            return _list([of(part) for part in rest])
        case "&&" | "||":
            return _settle(of(rest[0]), of(rest[1]), op == "||")
        case "?":
            return _choice(*map(of, rest))
        case "." | "has":
            return _part(of(rest[0]), rest[1], op == "has")
        case "all" | "exists":
            return _fold(of(rest[1]), of(rest[2]), op == "exists")
        case "filter" | "exists_one" | "map":
            return _loop(op, of(rest[1]), of(rest[2]))
    arguments = [of(part) for part in rest]
    if op in _UNARY and len(arguments) == 1:
        return _unary(_UNARY[op], arguments[0])
    if op in _BINARY:
        return _binary(_BINARY[op], *arguments)
    return _call(op, arguments, functions)


def _always(value: object) -> Program:
    return lambda values, item: value


def _name(name: str, type: Type) -> Program:
    read = reader(type)

    def value_of(values: Mapping[str, object], item: Any) -> Any:
        value = values.get(name)
        return None if value is None else read(value, DEEPEST)

    return value_of


def _list(parts: list[Program]) -> Program:
    return lambda values, item: [part(values, item) for part in parts]


def _unary(apply: Callable[[Any], Any], of: Program) -> Program:
    return lambda values, item: apply(of(values, item))


def _binary(apply: Callable[[Any, Any], Any], left: Program, right: Program) -> Program:
    return lambda values, item: apply(left(values, item), right(values, item))


def _choice(which: Program, yes: Program, no: Program) -> Program:
    return lambda values, item: (yes if truth(which(values, item)) else no)(values, item)


def _settle(left: Program, right: Program, decides: bool) -> Program:
    """&& is decided by false, || by true; what decides wins over an error on the other side."""

    def settled(values: Mapping[str, object], item: Any) -> bool:
        trouble: Trouble | None = None
        seen: list[object] = []
        for side in (left, right):
            try:
                value = side(values, item)
            except Trouble as error:
                trouble = trouble or error
                continue
            if value is decides:
                return bool(value)
            seen.append(value)
        if trouble:
            raise trouble
        for value in seen:
            if value is not (not decides):
                raise unlike(*seen)
        return not decides

    return settled


def _fold(over: Program, body: Program, decides: bool) -> Program:
    def folded(values: Mapping[str, object], item: Any) -> bool:
        trouble = None
        for each in _items(over(values, item)):
            try:
                if truth(body(values, each)) is decides:
                    return decides
            except Trouble as error:
                trouble = trouble or error
        if trouble:
            raise trouble
        return not decides

    return folded


def _loop(op: str, over: Program, body: Program) -> Program:
    def looped(values: Mapping[str, object], item: Any) -> Any:
        items = _items(over(values, item))
        if op == "map":
            return [body(values, each) for each in items]
        kept = [each for each in items if truth(body(values, each))]
        return kept if op == "filter" else len(kept) == 1

    return looped


def _call(name: str, arguments: list[Program], functions: Functions) -> Program:
    function = functions[name]
    wanted = PLAIN.get(function.result, list)

    def called(values: Mapping[str, object], item: Any) -> Any:
        given = [argument(values, item) for argument in arguments]
        if None in given:
            raise Trouble("unanswered")
        try:
            value = function.call(*given)
        except Exception:
            raise Trouble("function") from None
        if wanted is float and type(value) is int:
            return float(value)
        if type(value) is not wanted:
            raise Trouble("function")
        return _int64(value) if type(value) is int else value

    return called


def _part(of: Program, key: str, only_ask: bool) -> Program:
    def part_of(values: Mapping[str, object], item: Any) -> Any:
        group = of(values, item)
        if not isinstance(group, dict):
            raise unlike(group)
        return key in group if only_ask else part(group, key)

    return part_of


def part(group: dict[Any, Any], key: object) -> Any:
    if type(key) is str and key in group:
        return group[key]
    raise Trouble("missing")


def truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise unlike(value)


def _items(value: Any) -> list[Any]:
    if isinstance(value, (list, dict)):
        return list(value)
    raise unlike(value)


def equal(left: Any, right: Any) -> bool:
    kinds = type(left), type(right)
    if kinds[0] is kinds[1]:
        if kinds[0] is list:
            return len(left) == len(right) and all(map(equal, left, right))
        return bool(left == right)
    return kinds in _MIXED and float(left) == float(right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        kinds = type(left), type(right)
        if kinds[0] is kinds[1] and kinds[0] in (str, int, float, bool):
            return compare(left, right)
        if kinds in _MIXED:  # as CEL: both as decimals, though Python could be exact
            return compare(float(left), float(right))
        raise unlike(left, right)

    return ordered


def _arithmetic(whole: Callable[[int, int], int], decimal: Callable[[float, float], float] | None) -> Any:
    def computed(left: Any, right: Any) -> Any:
        kinds = type(left), type(right)
        if kinds == (int, int):
            return _int64(whole(left, right))
        if kinds == (float, float) and decimal:
            return decimal(left, right)
        raise unlike(left, right)

    return computed


def _int64(value: int) -> int:
    if -(2**63) <= value < 2**63:
        return value
    raise Trouble("arithmetic")


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise Trouble("arithmetic")
    value = abs(left) // abs(right)
    return value if (left < 0) == (right < 0) else -value


def _remainder(left: int, right: int) -> int:
    return left - right * _int64(_quotient(left, right))


def _ratio(left: float, right: float) -> float:
    if right:
        return left / right
    return copysign(inf, left) * copysign(1, right) if left else nan


def _plus(left: Any, right: Any) -> Any:
    if type(left) is type(right) and type(left) in (str, list):
        return left + right
    return _ADD(left, right)


def _minus(value: Any) -> Any:
    if type(value) is int:
        return _int64(-value)
    if type(value) is float:
        return -value
    raise unlike(value)


def _in(item: Any, group: Any) -> bool:
    if isinstance(group, dict):
        return type(item) is str and item in group
    if isinstance(group, list):
        if type(item) is str:
            return item in group  # a text equals only texts, here as in CEL
        return any(equal(item, each) for each in group)
    raise unlike(group)


def _index(group: Any, key: Any) -> Any:
    if isinstance(group, dict) and key is not None:
        return part(group, key)
    if not isinstance(group, list) or type(key) is not int:
        raise unlike(group, key)
    if 0 <= key < len(group):
        return group[key]
    raise Trouble("missing")


def _size(value: Any) -> int:
    if isinstance(value, (str, list, dict)):
        return len(value)
    raise unlike(value)


def _double(value: Any) -> float:
    if type(value) in (int, float):
        return float(value)
    raise unlike(value)


def _on_texts(apply: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def applied(left: Any, right: Any) -> bool:
        if type(left) is str and type(right) is str:
            return apply(left, right)
        raise unlike(left, right)

    return applied


_MIXED = ((int, float), (float, int))
_ADD = _arithmetic(operator.add, operator.add)
_UNARY: dict[str, Callable[[Any], Any]] = {
    "!": lambda value: not truth(value),
    "-": _minus,
    "size": _size,
    "double": _double,
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "+": _plus,
    "-": _arithmetic(operator.sub, operator.sub),
    "*": _arithmetic(operator.mul, operator.mul),
    "/": _arithmetic(_quotient, _ratio),
    "%": _arithmetic(_remainder, None),
    "in": _in,
    "[]": _index,
    "contains": _on_texts(operator.contains),
    "startsWith": _on_texts(str.startswith),
    "endsWith": _on_texts(str.endswith),
}
