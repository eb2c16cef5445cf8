"""What a core system knows of an account and what can be asked of it: close it, wake it, open a trading code, let somebody in.

A request is taken, decided after a while, and has its effect once for its key, however often it is asked for. A refusal has had
none, so the same key is decided anew when it comes again.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from banli.hooks import Outcome, Picture, Record
from banli_directory.book import dump
from banli_directory.samples import reference
from banli_directory.updates import Properties, numbered

REQUESTS = ("activate", "close", "reset_password", "open_code", "create")
ACCOUNT: Mapping[str, Any] = {
    "status": "active", "positions": 0, "funds": 0.0, "unsettled_fees": 0.0, "in_transit": 0, "bank_links": 0,
    "years": 3, "last_trade": None, "equity": 0.0, "codes": [],
}  # fmt: skip
"""An account of which the samples say nothing else."""
ANYTHING = Properties()
MUST_BE_NOUGHT = ("positions", "funds", "unsettled_fees", "in_transit", "bank_links")
"""What must be settled before an account can be closed."""


@dataclass(frozen=True, slots=True)
class Request:
    """`kind` is one of REQUESTS, `item` what it is for (an exchange), `record` and `pictures` what is told of a new client.

    `case` is the number under which the company took it: with no `ref`, it is about the client that this case has brought.
    """

    company: str
    ref: str
    kind: str
    key: str
    item: str = ""
    record: Record | None = None
    pictures: Mapping[str, Picture] | None = None
    case: str = ""


def account(book: sqlite3.Connection, company: str, ref: str) -> dict[str, Any] | None:
    """The state of a client's account, or None for nobody."""
    row = book.execute("SELECT account FROM accounts WHERE company = ? AND ref = ?", (company, ref)).fetchone()
    if row is not None:
        return {**ACCOUNT, **json.loads(row["account"])}
    known = book.execute("SELECT 1 FROM clients WHERE company = ? AND ref = ?", (company, ref)).fetchone()
    return dict(ACCOUNT) if known is not None else None


def decide(
    book: sqlite3.Connection, asked: Request, wait: tuple[int, int], now: datetime, properties: Properties = ANYTHING
) -> Outcome:
    """What has come of a request by now. `wait` is the shortest and longest time of a decision in milliseconds, `properties`
    what the record of a new client may hold."""
    place = (asked.company, asked.key)
    row = book.execute("SELECT * FROM requests WHERE company = ? AND key = ?", place).fetchone()
    if row is None or row["state"] == Outcome.REFUSED:
        dice = random.Random(asked.key)  # noqa: S311 - spreads waiting times, keeps no secret
        at = now + timedelta(milliseconds=dice.uniform(*wait))
        book.execute(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*place, asked.ref, asked.kind, asked.item, "waiting", "", now.isoformat(), at.isoformat()),
        )
        row = book.execute("SELECT * FROM requests WHERE company = ? AND key = ?", place).fetchone()
    if row["state"] != "waiting":
        return Outcome(row["state"], row["code"])
    due = datetime.fromisoformat(row["decide_at"])
    if now < due:
        return Outcome(Outcome.PENDING, "being_decided", after=max(1.0, min(60.0, (due - now).total_seconds())))
    asked = asked if asked.ref else replace(asked, ref=_brought(book, asked))
    outcome = _come_true(book, asked, properties, now)
    book.execute("UPDATE requests SET state = ?, code = ? WHERE company = ? AND key = ?", (outcome.state, outcome.code, *place))
    return outcome


def _brought(book: sqlite3.Connection, asked: Request) -> str:
    """The client whom the same case has brought, or ""."""
    made = book.execute(
        "SELECT e.ref FROM effects e JOIN requests r ON r.company = e.company AND r.key = e.key "
        "WHERE r.company = ? AND r.kind = 'create' AND r.state = 'done' AND substr(r.key, 1, ?) = ?",
        (asked.company, len(asked.case) + 1, f"{asked.case}:"),
    ).fetchone()
    return str(made["ref"]) if made is not None and asked.case else ""


def _come_true(book: sqlite3.Connection, asked: Request, properties: Properties, now: datetime) -> Outcome:
    if asked.kind == "create":
        return _create(book, asked, properties, now)
    before = account(book, asked.company, asked.ref)
    if before is None:
        return Outcome(Outcome.REFUSED, "client_unknown")
    if code := _refusal(before, asked):
        return Outcome(Outcome.REFUSED, code)
    after = dict(before)
    match asked.kind:
        case "activate":
            after["status"] = "active"
        case "close":
            # With the account go its trading codes at the exchanges.
            after["status"], after["codes"] = "closed", []
        case "open_code":
            after["codes"] = [*before["codes"], asked.item]
        case _:
            after["password_reset_at"] = now.isoformat(timespec="seconds")
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    book.execute(
        "INSERT INTO accounts VALUES (?, ?, ?, ?) ON CONFLICT (company, ref) DO UPDATE SET account = excluded.account",
        (asked.company, asked.ref, dump(after), dump(before)),
    )
    _note(book, asked, asked.ref, {f"account.{name}": value for name, value in changed.items()}, now)
    return Outcome(Outcome.DONE)


def _refusal(state: Mapping[str, Any], asked: Request) -> str:
    """Why the system says no. The site asks before; meanwhile things may have changed, and the last word is here."""
    if (refused := (state.get("refuses") or {}).get(asked.kind)) and (not asked.item or asked.item in refused):
        return str(refused[asked.item] if asked.item else refused)
    if asked.kind == "close" and any(state[name] for name in MUST_BE_NOUGHT):
        return "account_not_empty"
    if asked.kind == "activate" and state["status"] != "dormant":
        return "account_not_dormant"
    if asked.kind == "open_code" and asked.item in state["codes"]:
        return "code_open_already"
    return ""


def _create(book: sqlite3.Connection, asked: Request, properties: Properties, now: datetime) -> Outcome:
    known = properties.names
    record = {name: value for name, value in (asked.record or {}).items() if not known or name in known}
    record = numbered(asked.company, asked.key, record, properties.numbered)
    number = str(record.get("id_number", ""))
    row = (asked.company, number)
    if book.execute("SELECT 1 FROM clients WHERE company = ? AND id_number = ?", row).fetchone() is not None:
        return Outcome(Outcome.REFUSED, "client_exists")
    last = book.execute("SELECT max(position) AS last FROM clients WHERE company = ?", (asked.company,)).fetchone()["last"] or 0
    ref = f"{asked.company}9{last + 1:04d}"
    for name, picture in (asked.pictures or {}).items():
        record[name] = reference(picture.content)
        book.execute(
            "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?)",
            (asked.company, ref, name, picture.media_type, picture.content),
        )
    record.setdefault("accounts", ["futures"])
    text = dump({name: value for name, value in record.items() if value is not None})
    # `original` differs from `record`: a client who came in by a case is never taken for a sample that may go.
    book.execute(
        "INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?, ?)", (asked.company, ref, number, last + 1, "", text, dump({}))
    )
    _note(book, asked, ref, record, now)
    return Outcome(Outcome.DONE)


def _note(book: sqlite3.Connection, asked: Request, ref: str, changes: Mapping[str, Any], now: datetime) -> None:
    told = {"request": asked.kind, **({"item": asked.item} if asked.item else {}), **changes}
    book.execute(
        "INSERT INTO effects (at, company, ref, key, changes, before, pictures) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            now.isoformat(timespec="seconds"), asked.company, ref, asked.key, dump(told), dump({}),
            dump(sorted(asked.pictures or {})),
        ),
    )  # fmt: skip
