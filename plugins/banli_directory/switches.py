"""How the simulated core system behaves: kept in its file, so that another process sees a change at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

SLOWEST = 60_000
REFUSALS: Mapping[int, str] = {
    1: "process_running",
    2: "data_check_failed",
    3: "real_name_check_failed",
    4: "other_error",
}
"""After the return codes of the market's central account system; 0 is success."""


@dataclass(frozen=True, slots=True)
class Switches:
    """`latency` is the shortest and longest time of an answer in milliseconds.

    `refuse_next` is a code of REFUSALS for the next update only; `lose_next` lets the next update take effect and loses its
    answer on the way.
    """

    latency: tuple[int, int] = (0, 0)
    outage: bool = False
    refuse_next: int = 0
    lose_next: bool = False


def read(connection: sqlite3.Connection, start: Switches) -> Switches:
    """`start`, with what was switched since."""
    switched = {row["name"]: json.loads(row["value"]) for row in connection.execute("SELECT name, value FROM switches")}
    if "latency" in switched:
        switched["latency"] = tuple(switched["latency"])
    return replace(start, **switched)


def write(connection: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        connection.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (name, json.dumps(value)))


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values fit to be switched; ValueError for others."""
    known = {item.name for item in fields(Switches)}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"There is no switch '{name}'. There are {', '.join(sorted(known))}.")
        if name == "latency":
            low, high = value
            if not 0 <= low <= high <= SLOWEST:
                raise ValueError(f"Write latency as shortest and longest milliseconds, 0 to {SLOWEST}.")
        if name == "refuse_next" and value not in (0, *REFUSALS):
            raise ValueError("Write refuse_next as 0 (nothing) or 1 to 4.")
    return dict(values)


def from_form(fields: Mapping[str, str]) -> dict[str, Any]:
    """What the page of switches posts, as values; ValueError when somebody typed something else."""
    low, high = (int(fields.get(name) or 0) for name in ("latency_from", "latency_to"))
    return checked(
        {
            "latency": (low, high),
            "outage": bool(fields.get("outage")),
            "refuse_next": int(fields.get("refuse_next") or 0),
            "lose_next": bool(fields.get("lose_next")),
        }
    )
