"""A statement written once for both databases, and what came of running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


class Sql:
    """A statement with `?` for its values. Both dialects know ON CONFLICT, RETURNING and partial indexes.

    `for_update` is what PostgreSQL says besides to lock the rows that it has read; SQLite locks the whole file.
    """

    __slots__ = ("postgresql", "returns", "sqlite")

    def __init__(self, text: str, for_update: str = "") -> None:
        self.sqlite = text
        pieces = text.split("?")
        numbered = "".join(f"{piece}${at}" for at, piece in enumerate(pieces[:-1], 1))
        self.postgresql = f"{numbered}{pieces[-1]} {for_update}".rstrip()
        self.returns = text.lstrip().startswith(("SELECT", "WITH")) or "RETURNING" in text


@dataclass(frozen=True, slots=True)
class Do:
    """One statement with its values. When it changes or finds nothing and `otherwise` is given, that is raised."""

    sql: Sql
    values: Sequence[Any] = ()
    otherwise: Exception | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The rows that came back, and how many rows were touched."""

    rows: Sequence[Row]
    count: int

    @property
    def row(self) -> Row | None:
        return self.rows[0] if self.rows else None
