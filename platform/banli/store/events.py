"""The events of a case: sealed, and chained so that a missing or changed one shows.

hash = SHA-256(previous ‖ seq ‖ at ‖ actor ‖ kind ‖ SHA-256(sealed data)), starting from the hash of the case's id.
It covers the sealed bytes, so the chain can still be checked after the key was dropped, and it reveals nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .moments import micros, moment
from .rows import EventRow
from .sql import Do, Sql

if TYPE_CHECKING:
    from .sealing import Key
    from .sql import Row

INSERT = Sql("INSERT INTO events (case_id, seq, at, actor, kind, sealed_data, hash) VALUES (?, ?, ?, ?, ?, ?, ?)")
OF_CASE = Sql("SELECT seq, at, actor, kind, sealed_data, hash FROM events WHERE case_id = ? ORDER BY seq")


@dataclass(frozen=True, slots=True)
class Link:
    """An event without what it says: all that its place in the chain rests on. `at` are microseconds since 1970."""

    seq: int
    at: int
    actor: str
    kind: str
    data_sha256: str
    hash: str


def links(rows: Iterable[Row]) -> list[Link]:
    """The chain as it is stored, for those who check it elsewhere."""
    return [
        Link(row["seq"], row["at"], row["actor"], row["kind"], hashlib.sha256(row["sealed_data"]).hexdigest(), row["hash"])
        for row in rows
    ]


def first_link(case_id: str) -> str:
    """What the chain of this case starts from."""
    return hashlib.sha256(f"banli case {case_id}".encode()).hexdigest()


def link(previous: str, seq: int, at: int, actor: str, kind: str, sealed: bytes) -> str:
    who, what = actor.encode(), kind.encode()
    return hashlib.sha256(
        b"".join(
            (
                bytes.fromhex(previous),
                seq.to_bytes(8, "big"),
                at.to_bytes(8, "big"),
                len(who).to_bytes(2, "big"),
                who,
                len(what).to_bytes(2, "big"),
                what,
                hashlib.sha256(sealed).digest(),
            )
        )
    ).hexdigest()


def appending(case_id: str, last_seq: int, head: str, key: Key, events: Iterable[EventRow]) -> tuple[list[Do], int, str]:
    """The statements that append these events, and the number and hash of the last one."""
    todo = []
    for event in events:
        last_seq += 1
        at = micros(event.at)
        sealed = key.pack(event.data, _place(case_id, last_seq, event.kind))
        head = link(head, last_seq, at, event.actor, event.kind, sealed)
        todo.append(Do(INSERT, (case_id, last_seq, at, event.actor, event.kind, sealed, head)))
    return todo, last_seq, head


def opened(case_id: str, key: Key | None, rows: Iterable[Row]) -> list[EventRow]:
    """The events with their data; without the key the data is empty."""
    return [
        EventRow(
            seq=row["seq"],
            at=moment(row["at"]),
            actor=row["actor"],
            kind=row["kind"],
            data=key.unpack(row["sealed_data"], _place(case_id, row["seq"], row["kind"])) if key else {},
        )
        for row in rows
    ]


def broken_links(case_id: str, last_seq: int, head: str, rows: Sequence[Row]) -> list[int]:
    """The numbers of the events that are missing, changed or too many, as far as the chain can tell."""
    broken: list[int] = []
    previous, expected = first_link(case_id), 1
    for row in rows:
        broken.extend(range(expected, row["seq"]))
        found = link(previous, row["seq"], row["at"], row["actor"], row["kind"], row["sealed_data"])
        if found != row["hash"] or row["seq"] > last_seq:
            broken.append(row["seq"])
        previous, expected = row["hash"], row["seq"] + 1
    broken.extend(range(expected, last_seq + 1))
    if previous != head and last_seq not in broken:
        broken.append(last_seq)
    return broken


def _place(case_id: str, seq: int, kind: str) -> str:
    return f"events|{case_id}|{seq}|{kind}"
