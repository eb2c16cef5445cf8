"""Sample clients: read from YAML, put into the book. Who was changed since keeps the change."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from banli.definitions.source import read
from banli.errors import DefinitionError
from banli.hooks import Record
from banli_directory.book import dump

OWN = Path(__file__).parent / "samples.yaml"
FORMAT = "2"
"""Counted up when the way into the book changes, so that the next start loads again."""


@dataclass(frozen=True, slots=True)
class Sample:
    company: str
    ref: str
    record: Record
    about: str = ""
    account: Record = field(default_factory=dict)


def fingerprint(path: Path) -> str:
    return FORMAT + hashlib.sha256(path.read_bytes()).hexdigest()


def read_samples(path: Path) -> list[Sample]:
    """The clients of a file; DefinitionError when it is no YAML of the language."""
    source = read(path.name, path.read_bytes())
    if source.mistakes:
        raise DefinitionError(source.mistakes)
    samples = []
    for company, group in (source.data.get("companies") or {}).items():
        samples += [_sample(str(company), group.get("defaults") or {}, item) for item in group.get("clients") or ()]
    return samples


def _sample(company: str, defaults: dict[str, Any], item: dict[str, Any]) -> Sample:
    ref = str(item["ref"])
    record = {**defaults.get("record", {}), **item["record"]}
    record = {name: value for name, value in record.items() if value is not None}
    record["accounts"] = item.get("accounts", defaults.get("accounts", []))
    for name in item.get("photos", defaults.get("photos", ())):
        record[name] = reference(f"{company}/{ref}/{name}".encode())
    return Sample(company, ref, record, str(item.get("about", "")), dict(item.get("account") or {}))


def reference(material: bytes) -> str:
    """How a record names a photo: another photo has another name."""
    return f"photo-{hashlib.sha256(material).hexdigest()[:16]}"


def load(connection: sqlite3.Connection, path: Path) -> bool:
    """Puts the samples into the book; False when they were there already.

    A client that was changed since keeps the change, one that is gone from the file goes, unless changed.
    """
    mark = fingerprint(path)
    loaded = connection.execute("SELECT value FROM facts WHERE name = 'samples'").fetchone()
    if loaded is not None and loaded["value"] == mark:
        return False
    connection.execute("DELETE FROM clients WHERE record = original")
    for position, sample in enumerate(read_samples(path)):
        record = dump(sample.record)
        connection.execute(
            "INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (sample.company, sample.ref, sample.record["id_number"], position, sample.about, record, record),
        )
        account = dump(sample.account)
        connection.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?) ON CONFLICT (company, ref) DO UPDATE SET original = excluded.original, "
            "account = CASE WHEN account = original THEN excluded.account ELSE account END",
            (sample.company, sample.ref, account, account),
        )
    # Drawn ones are drawn again when asked for; those that a client has sent belong to a changed record.
    connection.execute(
        "DELETE FROM pictures WHERE NOT EXISTS (SELECT 1 FROM clients c WHERE c.company = pictures.company "
        "AND c.ref = pictures.ref AND c.record <> c.original)"
    )
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('samples', ?)", (mark,))
    return True
