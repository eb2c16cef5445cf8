"""What a condition can speak of: names with their types, functions, and how a fault in it is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

SCALARS = ("string", "date", "int", "double", "bool", "map", "dyn")
KINDS = frozenset((*SCALARS, *(f"list<{kind}>" for kind in SCALARS), "null"))
BUILT_IN = frozenset(
    (
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "double",
        "exists",
        "exists_one",
        "all",
        "map",
        "filter",
        "has",
        # Not ours, but known to the engine or reserved by CEL.
        "matches",
        "int",
        "uint",
        "string",
        "bytes",
        "bool",
        "type",
        "dyn",
        "timestamp",
        "duration",
        "in",
        "true",
        "false",
        "null",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    )
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Fault:
    """A mistake in a condition. `offset` counts characters from 0; the caller turns it into a place."""

    code: str
    what: str
    cure: str
    offset: int

    @property
    def message(self) -> str:
        return f"{self.what} {self.cure}" if self.cure else self.what


@dataclass(frozen=True)
class Type:
    """The type of a name. `date` is text (`2026-01-31`); `dyn` and a `map` without `fields` are only known at
    run time.

    `options` are the codes of a choice, kept in the author's order; a `list<…>` carries the options and
    fields of its items. `nullable=False` is for what always has a value, such as `today`.
    """

    kind: str
    options: Collection[str] | None = None
    fields: Mapping[str, Type] | None = None
    nullable: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no kind '{self.kind}' of names in conditions.")

    @property
    def is_list(self) -> bool:
        return self.kind.startswith("list<")

    @property
    def item(self) -> Type:
        """The type of an item of this list."""
        return Type(self.kind[5:-1], self.options, self.fields)

    @property
    def shape(self) -> object:
        """The type for the browser: `"s"`, `["i"]` for a list, `{"age": "i"}` for a map with fields."""
        if self.is_list:
            return [self.item.shape]
        if self.fields is not None:
            return {name: type.shape for name, type in self.fields.items()}
        return {"string": "s", "date": "s", "int": "i", "double": "d", "bool": "b", "map": "g"}.get(self.kind, "*")

    def __str__(self) -> str:
        plain = {
            "string": "text",
            "date": "date",
            "int": "whole number",
            "double": "decimal number",
            "bool": "yes/no",
            "map": "group",
            "dyn": "value",
            "null": "null",
        }
        return f"list of {plain[self.kind[5:-1]]}" if self.is_list else plain[self.kind]


@dataclass(frozen=True)
class Function:
    """A function for conditions. Takes and gives plain values; any exception makes the condition not true.

    `options` are all texts that it can give, if they are few. `in_browser` says that conditions.js (or a
    script of the plugin, handed to its `evaluate`) has a twin with equal results.
    """

    arguments: tuple[str, ...]
    result: str
    call: Callable[..., object]
    options: Collection[str] | None = None
    in_browser: bool = False

    @property
    def result_type(self) -> Type:
        return Type(self.result, self.options, nullable=False)


class Functions(Mapping[str, Function]):
    """A fixed table of functions."""

    def __init__(self, table: Mapping[str, Function]) -> None:
        for name, function in table.items():
            for kind in (*function.arguments, function.result):
                if Type(kind).kind in ("dyn", "map", "null"):
                    raise ValueError(f"'{name}' cannot take or give a '{kind}' in conditions.")
            if not _WORD.fullmatch(name) or name in BUILT_IN:
                raise ValueError(f"'{name}' cannot be the name of a function for conditions.")
        self._table = dict(table)

    def __getitem__(self, name: str) -> Function:
        return self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def plus(self, more: Mapping[str, Function]) -> Functions:
        """This table and `more`, such as a plugin brings. A name given twice is refused."""
        twice = sorted(set(self._table) & set(more))
        if twice:
            raise ValueError(f"There is already a function '{twice[0]}' for conditions.")
        return Functions({**self._table, **more})


class Scope:
    """The names that a condition may use (`contact_phone`, `client.name`) with their types, and functions."""

    def __init__(self, names: Mapping[str, Type], functions: Functions) -> None:
        self.names = dict(names)
        self.functions = functions
        self.groups = _groups(names)
        for name in sorted(self.groups & names.keys()):
            raise ValueError(f"'{name}' is both a name and a group of names.")

    @cached_property
    def roots(self) -> frozenset[str]:
        """The first word of every name: a loop variable must not hide one."""
        return frozenset(name.partition(".")[0] for name in self.names)


def _groups(names: Iterable[str]) -> frozenset[str]:
    """All that stands before a full stop: `a` and `a.b` of `a.b.c`."""
    found: set[str] = set()
    for name in names:
        group = name.rpartition(".")[0]
        while group and group not in found:
            found.add(group)
            group = group.rpartition(".")[0]
    return frozenset(found)
