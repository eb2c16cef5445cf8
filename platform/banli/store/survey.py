"""Opens everything that is kept of cases, to know that it can be opened: after a restore, and now and then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Missing, Tampered
from .sql import Sql

if TYPE_CHECKING:
    from . import Store

NEXT = Sql("SELECT id, number FROM cases WHERE id > ? ORDER BY id LIMIT ?")
BATCH = 200
TRIES = 3
"""So often is a case looked at before it counts as flawed: somebody may write to it between two reads."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One case that was opened whole: how many events and files it has, and what is wrong with them, in words for operators.
    Of a forgotten case there is the chain of its events to look at, nothing else."""

    number: str
    events: int
    files: int
    flaws: tuple[str, ...] = ()


async def survey(store: Store) -> AsyncIterator[Looked]:
    """All cases, oldest first. Takes no lock; a case that begins meanwhile may be left out."""
    last = ""
    while rows := await store.database.read(NEXT, last, BATCH):
        for row in rows:
            for _ in range(TRIES):
                looked = await _looked(store, row["id"], row["number"])
                if not looked.flaws:
                    break
            yield looked
        last = rows[-1]["id"]


async def _looked(store: Store, id: str, number: str) -> Looked:
    flaws = [
        f"event {seq} was changed, lost or added from outside" if seq else "the case itself was changed from outside"
        for seq in await store.verify_chain(id)
    ]
    files = 0
    try:
        events = len(await store.events(id))
    except Tampered:  # one that cannot be opened: the chain has told which
        events = len(await store.links(id))
    try:
        for kept in await store.files_of(id):
            files += 1
            try:
                await store.file(id, kept.id)
            except (Missing, Tampered) as problem:
                flaws.append(f"{kept.slot}: {problem}")
    except Tampered as problem:
        flaws.append(str(problem))
    return Looked(number, events, files, tuple(flaws))
