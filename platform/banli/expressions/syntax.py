"""Reads the text of a condition: CEL's own parser, and a reader for the tree that it gives as protobuf bytes.

Field numbers are those of `cel/expr/syntax.proto` of the CEL specification (ParsedExpr, Expr, Constant,
SourceInfo).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .names import Fault

MAX_LENGTH = 2000
MOST_KEPT = 4096
_KEPT: dict[str, Node | Fault] = {}
"""The same text stands in many places: trees are kept, and changed by nobody."""
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_PUNCTUATION = {
    "，": ",",
    "（": "(",
    "）": ")",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＝": "==",
    "！": "!",
    "＜": "<",
    "＞": ">",
    "＆": "&&",
    "｜": "||",
    "：": ":",
    "？": "?",
    "【": "[",
    "】": "]",
    "。": ".",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "\u3000": "a plain space",
    "\u00a0": "a plain space",
}
_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "==", "AND": "&&", "OR": "||", "NOT": "!", "isnot": "!="}


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a condition. `op` is a kind of literal, `name`, `select`, `has`, `call`, `method`, `list`
    or a macro; `value` the literal, the name, the field, the function or the loop variable."""

    op: str
    value: Any
    args: list[Node]
    at: int


def parse(text: str) -> Node | Fault:
    """The tree of a text, or why it has none."""
    found = _KEPT.get(text)
    if found is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        found = _KEPT[text] = _parse(text)
    return found


def trees(texts: Iterable[str]) -> dict[str, Any]:
    """Those of these texts that were read as conditions, with their trees as JSON; `learn` takes them in again."""
    found = {text: _KEPT.get(text) for text in texts}
    return {text: _plain(tree) for text, tree in found.items() if isinstance(tree, Node)}


def learn(told: Mapping[str, Any]) -> None:
    """A process that has learned all its conditions never loads CEL's parser: 12 MiB less. Raises ValueError, TypeError."""
    _KEPT.update({str(text): _node(tree) for text, tree in told.items()})


def _plain(node: Node) -> list[Any]:
    return [node.op, node.value, [_plain(one) for one in node.args], node.at]


def _node(plain: Any) -> Node:
    op, value, args, at = plain
    return Node(str(op), value, [_node(one) for one in args], int(at))


@cache
def _parser() -> Any:
    """Reads any text; knows no names, keeps nothing."""
    from cel_expr_python import cel

    return cel.NewEnv()


def _parse(text: str) -> Node | Fault:
    if len(text) > MAX_LENGTH:
        return Fault(
            "condition-too-long",
            f"A condition has at most {MAX_LENGTH} characters; this one has {len(text)}.",
            "Split it, or keep the codes in a dictionary.",
            0,
        )
    if not text.strip():
        return Fault("condition-syntax", "The condition is empty.", "", 0)
    try:
        text.encode()
        parsed = _parser().compile(text, disable_check=True).serialize()
    except UnicodeEncodeError as error:
        return Fault("condition-syntax", "There is a character here that no text can hold.", "Delete it.", error.start)
    except RuntimeError as error:
        return _told(text, str(error))
    return _Reader(text, parsed).root()


class _Reader:
    """Decodes one ParsedExpr. CEL has limited the depth (32) before, so plain recursion is safe."""

    def __init__(self, text: str, parsed: bytes) -> None:
        self.text = text
        message = dict(_fields(dict(_fields(parsed))[2]))
        self.expr: bytes = message[2]
        self.places = dict(_pair(value) for number, value in _fields(message[3]) if number == 4)

    def root(self) -> Node | Fault:
        try:
            return self.node(self.expr)
        except _Unsupported as error:
            return Fault("condition-unsupported", error.what, error.cure, error.at)

    def node(self, data: bytes) -> Node:
        place, number, body = 0, 0, b""
        for key, value in _fields(data):
            if key == 2:
                place = value
            else:
                number, body = key, value
        at = self.places.get(place, 0)
        match number:
            case 3:
                return self.literal(body, at)
            case 4:
                name = dict(_fields(body))[1].decode()
                if name.startswith("."):
                    raise _Unsupported(f"A name does not begin with a dot: '{name}'.", f"Write {name[1:]}.", at - 1)
                return Node("name", name, [], at)
            case 5:
                parts = dict(_fields(body))
                return Node("has" if parts.get(3) else "select", parts[2].decode(), [self.node(parts[1])], at)
            case 6:
                return self.call(body, at)
            case 7:
                if any(key == 2 for key, _ in _fields(body)):
                    raise _Unsupported("Optional items '?' are not part of conditions.", "", at)
                return Node("list", None, [self.node(item) for key, item in _fields(body) if key == 1], at)
            case 9:
                return self.macro(dict(_fields(body)), at)
        raise _Unsupported("Conditions have no maps '{…}'.", "Use a list [...], or compare the fields one by one.", at)

    def literal(self, body: bytes, at: int) -> Node:
        ((number, value),) = _fields(body)
        match number:
            case 1:
                return Node("null", None, [], at)
            case 2:
                return Node("bool", bool(value), [], at)
            case 3:
                return Node("int", _signed(value), [], at)
            case 5:
                real = struct.unpack("<d", value)[0]
                if real in (float("inf"), float("-inf")):
                    raise _Unsupported("This number is too large.", "", at)
                return Node("double", real, [], at)
            case 6:
                return Node("string", value.decode(), [], at)
        kind = "Bytes" if number == 7 else "Unsigned numbers"
        raise _Unsupported(f"{kind} are not part of conditions.", "Drop the letter beside it.", at)

    def call(self, body: bytes, at: int) -> Node:
        target, name, args = None, "", []
        for key, value in _fields(body):
            if key == 1:
                target = self.node(value)
            elif key == 2:
                name = value.decode()
            else:
                args.append(self.node(value))
        if name[0].isalpha() or (name[0] == "_" and name[1:2].isalpha()):
            at = max(self.text.rfind(name, 0, at), 0)  # CEL points at the bracket
        return Node("method", name, [target, *args], at) if target else Node("call", name, args, at)

    def macro(self, parts: dict[int, Any], at: int) -> Node:
        """CEL has unfolded `list.exists(x, …)` into a loop; its start and its step tell which it was."""
        variable, over = parts[1].decode(), self.node(parts[2])
        start, step = self.node(parts[4]), self.node(parts[6])
        found = "exists_one"
        if start.op == "bool":
            found, body = ("all" if start.value else "exists"), step.args[1]
        elif start.op == "int":
            body = step.args[0]
        elif step.value == "_+_":
            found, body = "map", step.args[1].args[0]
        else:
            found, body = "filter", step.args[0]
            kept = step.args[1].args[1].args[0]
            if kept.op != "name" or kept.value != variable:
                raise _Unsupported(
                    "map takes a variable and one expression.",
                    "Use .filter(x, …).map(x, …).",
                    self.text.rfind("map", 0, at),
                )
        if 8 in parts:
            raise _Unsupported(f"{found} takes one variable.", "", at)
        return Node(found, variable, [over, body], max(self.text.rfind(found, 0, at + 1), 0))


class _Unsupported(Exception):
    def __init__(self, what: str, cure: str, at: int) -> None:
        self.what, self.cure, self.at = what, cure, max(at, 0)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protobuf message: numbers as int, the rest as bytes."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        size = 8 if kind == 1 else 4
        if kind == 2:
            size, at = _varint(data, at)
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = data[at]
    at += 1
    if value < 128:
        return value, at
    value, shift = value & 127, 7
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _pair(data: bytes) -> tuple[int, int]:
    entry = dict(_fields(data))
    return entry.get(1, 0), entry.get(2, 0)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _told(text: str, error: str) -> Fault:
    """The parser's first complaint, in one plain sentence. The later ones only follow from it."""
    found = _ERROR.search(error)
    if "recursion" in error or "Iteration budget" in error or not found:
        return Fault("condition-too-deep", "The condition is too deeply nested, or too long a chain.", "Split it.", 0)
    line, column, complaint = int(found[1]), int(found[2]), found[3]
    lines = text.split("\n")
    offset = min(sum(len(before) + 1 for before in lines[: line - 1]) + column - 1, len(text))
    if complaint.startswith("reserved identifier"):
        word = complaint.rpartition(" ")[2]
        return Fault("condition-syntax", f"'{word}' is a reserved word in conditions.", "Rename the field.", offset)
    if complaint.startswith("invalid int"):
        return Fault("condition-syntax", "This whole number is too large.", "", offset)
    if complaint.startswith("unsupported syntax"):
        return Fault("condition-unsupported", f"{complaint[19:]} is not part of conditions.", "", offset)
    wrong, cure = _at(text, offset)
    if "token recognition" in complaint and wrong[:1] in "\"'":
        return Fault(
            "condition-syntax",
            f"The text that begins with {wrong[0]} does not end.",
            "Close it with the same quotation mark.",
            offset,
        )
    if not wrong or "<EOF>" in complaint.partition("expecting")[0]:
        return Fault("condition-syntax", "The condition ends too early.", "Is a value or a bracket missing?", len(text))
    return Fault("condition-syntax", f"'{wrong}' does not belong here.", cure, offset)


def _at(text: str, offset: int) -> tuple[str, str]:
    """The word or sign at a place, and a cure where the slip is a common one."""
    rest = text[offset:]
    word = re.match(r"\w+|.", rest, re.DOTALL)
    sign = word[0] if word else ""
    if sign in _WORDS or sign in _PUNCTUATION:
        return sign, f"Write {(_WORDS | _PUNCTUATION)[sign]}."
    if sign in ("=", "&", "|"):
        return sign, f"Write {sign * 2}."
    if sign == ">" and text[:offset].endswith("<"):
        return sign, "Write != for 'is not'."
    if not sign.isascii():
        return sign, "Texts stand in quotation marks."
    return sign, ""
