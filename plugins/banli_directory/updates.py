"""What an update does to the book: judged, changed, and remembered by its key, all in one transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from banli.hooks import Outcome, Picture, Record
from banli_directory import switches
from banli_directory.book import dump
from banli_directory.samples import reference
from banli_directory.switches import REFUSALS, Switches

KEY_DATA = ("name", "id_number")
"""What a client cannot change from afar: the identity would have to be checked again."""
LARGEST_PICTURE = 20_000_000


@dataclass(frozen=True, slots=True)
class Properties:
    """What a record may hold (none given: anything), which of it are photos, and which are lists whose rows have an `id`."""

    names: frozenset[str] = frozenset()
    photos: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    company: str
    ref: str
    changes: Record
    pictures: Mapping[str, Picture]
    key: str

    def digest(self) -> str:
        """Of what is wanted. Names of photos differ from try to try, their content does not."""
        sent = {name: hashlib.sha256(picture.content).hexdigest() for name, picture in self.pictures.items()}
        said = {name: value for name, value in self.changes.items() if name not in sent}
        return hashlib.sha256(dump([self.ref, said, sent]).encode()).hexdigest()


def apply(
    book: sqlite3.Connection, wanted: Wanted, properties: Properties, start: Switches, at: str
) -> tuple[Outcome, bool]:
    """What came of it, and whether the answer gets lost. A key that has had its effect has no other."""
    place = (wanted.company, wanted.key)
    earlier = book.execute("SELECT digest, state FROM keys WHERE company = ? AND key = ?", place).fetchone()
    if earlier is not None and earlier["state"] == Outcome.DONE:
        book.execute("UPDATE keys SET attempts = attempts + 1 WHERE company = ? AND key = ?", place)
        same = earlier["digest"] == wanted.digest()
        return Outcome(Outcome.DONE) if same else Outcome(Outcome.REFUSED, "key_reused"), False
    now = switches.read(book, start)
    if now.refuse_next or now.lose_next:
        switches.write(book, {"refuse_next": 0, "lose_next": False})
    record = _record(book, wanted)
    outcome = _judge(record, wanted, properties, now.refuse_next)
    if record is not None and outcome.state == Outcome.DONE:
        rows = numbered(wanted.company, wanted.key, wanted.changes, properties.numbered)
        _change(book, record, replace(wanted, changes=rows), at)
    # A refusal has changed nothing, so the same key may come again once its cause is mended.
    book.execute(
        "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT (company, key) DO UPDATE SET "
        "digest = excluded.digest, state = excluded.state, code = excluded.code, attempts = attempts + 1, at = excluded.at",
        (*place, wanted.ref, wanted.digest(), outcome.state, outcome.code, at),
    )
    return outcome, now.lose_next


def _record(book: sqlite3.Connection, wanted: Wanted) -> Record | None:
    at = (wanted.company, wanted.ref)
    row = book.execute("SELECT record FROM clients WHERE company = ? AND ref = ?", at).fetchone()
    return None if row is None else dict(json.loads(row["record"]))


def _judge(record: Record | None, wanted: Wanted, properties: Properties, refuse: int) -> Outcome:
    """Code 1 (another process is running for this client) passes by itself, so it means: later. The others need a person."""
    if refuse:
        return Outcome(Outcome.LATER if refuse == 1 else Outcome.REFUSED, REFUSALS[refuse])
    if record is None:
        return Outcome(Outcome.REFUSED, "client_unknown")
    if any(wanted.changes.get(name, record.get(name)) != record.get(name) for name in KEY_DATA):
        return Outcome(Outcome.REFUSED, REFUSALS[3])
    return Outcome(Outcome.DONE) if _fits(wanted, properties) else Outcome(Outcome.REFUSED, REFUSALS[2])


def _fits(wanted: Wanted, properties: Properties) -> bool:
    changes, pictures = wanted.changes, wanted.pictures
    if properties.names:
        if not changes.keys() <= properties.names or not pictures.keys() <= properties.photos:
            return False
        if any(changes[name] is not None and name not in pictures for name in properties.photos & changes.keys()):
            return False  # a photo is named, but was not sent
    return all(
        picture.media_type.startswith("image/") and 0 < len(picture.content) <= LARGEST_PICTURE
        for picture in pictures.values()
    )


def numbered(company: str, key: str, record: Record, lists: frozenset[str]) -> dict[str, Any]:
    """With a number of ours for each row of these lists that is new."""
    found = dict(record)
    for name in lists & found.keys():
        found[name] = [
            row if row.get("id") else {"id": _row_number(company, key, name, at), **row}
            for at, row in enumerate(found[name] or ())
        ]
    return found


def _row_number(company: str, key: str, name: str, at: int) -> str:
    return hashlib.sha256(dump([company, key, name, at]).encode()).hexdigest()[:12]


def _change(book: sqlite3.Connection, record: Record, wanted: Wanted, at: str) -> None:
    new = {
        **wanted.changes,
        **{name: reference(picture.content) for name, picture in wanted.pictures.items()},
    }
    before = {name: record.get(name) for name in new}
    after = {name: value for name, value in {**record, **new}.items() if value is not None}
    place = (wanted.company, wanted.ref)
    book.execute("UPDATE clients SET record = ? WHERE company = ? AND ref = ?", (dump(after), *place))
    for name, picture in wanted.pictures.items():
        book.execute(
            "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?)",
            (*place, name, picture.media_type, picture.content),
        )
    book.execute(
        "INSERT INTO effects (at, company, ref, key, changes, before, pictures) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (at, *place, wanted.key, dump(new), dump(before), dump(sorted(wanted.pictures))),
    )
