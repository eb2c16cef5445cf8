"""The people at the desk. Passwords are hashed by the caller; TOTP secrets are sealed; a TOTP step is good once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .errors import StoreError, Taken
from .moments import maybe_micros, maybe_moment, micros, moment
from .rows import StaffEventRow, StaffRow
from .sealing import from_bytes, to_bytes
from .shelf import Shelf, Writing
from .sql import Do, Row, Sql
from .vault import Vault

COLUMNS = (
    "id, company, login, name, roles, password_hash, sealed_totp, totp_step, disabled, failures, locked_until, created_at, "
    "branches, sealed_contact, signed_in_at, invite, invite_for, invite_until, sealed_invite"
)
INSERT = Sql(
    "INSERT INTO staff (name, roles, branches, password_hash, sealed_totp, sealed_contact, disabled, locked_until, failures, "
    "invite, invite_for, invite_until, sealed_invite, id, company, login, totp_step, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE = Sql(
    "UPDATE staff SET name = ?, roles = ?, branches = ?, password_hash = ?, sealed_totp = ?, sealed_contact = ?, disabled = ?, "
    "locked_until = ?, failures = ?, invite = ?, invite_for = ?, invite_until = ?, sealed_invite = ? WHERE id = ?"
)
BY_ID = Sql(f"SELECT {COLUMNS} FROM staff WHERE id = ?")
BY_LOGIN = Sql(f"SELECT {COLUMNS} FROM staff WHERE company = ? AND login = ?")
BY_INVITE = Sql(f"SELECT {COLUMNS} FROM staff WHERE invite = ?")
OF_COMPANY = Sql(f"SELECT {COLUMNS} FROM staff WHERE company = ? ORDER BY login")
ROSTER = Sql(f"SELECT {COLUMNS} FROM staff WHERE company = ? ORDER BY id", for_update="FOR UPDATE")
STEP = Sql("UPDATE staff SET totp_step = ? WHERE id = ? AND totp_step < ?")
FAILED = Sql("UPDATE staff SET failures = failures + 1 WHERE id = ? RETURNING failures")
LOCK = Sql("UPDATE staff SET locked_until = ? WHERE id = ?")
CLEARED = Sql("UPDATE staff SET failures = 0, locked_until = NULL, signed_in_at = ? WHERE id = ?")
REHASH = Sql("UPDATE staff SET password_hash = ? WHERE id = ? AND password_hash = ?")
EVENT = Sql("INSERT INTO staff_events (staff_id, company, at, actor, kind, note) VALUES (?, ?, ?, ?, ?, ?)")
EVENTS = "SELECT id, staff_id, company, at, actor, kind, note FROM staff_events WHERE {} = ? AND id < ? ORDER BY id DESC LIMIT ?"
EVENTS_OF = Sql(EVENTS.format("staff_id"))
EVENTS_AT = Sql(EVENTS.format("company"))
OVER = "DELETE FROM sessions WHERE subject = ?"
OVER_ALL, OVER_OTHERS = Sql(OVER), Sql(f"{OVER} AND id <> ?")
LAST = 2**62


class StaffBook(Shelf):
    async def staff(self, staff_id: str) -> StaffRow | None:
        return await self._person(BY_ID, staff_id)

    async def staff_by_login(self, company: str, login: str) -> StaffRow | None:
        return await self._person(BY_LOGIN, company, login)

    async def staff_by_invite(self, invite: str) -> StaffRow | None:
        """Who was given the link with this hash."""
        return await self._person(BY_INVITE, invite) if invite else None

    async def staff_of(self, company: str) -> list[StaffRow]:
        return [_opened(self.vault, row) for row in await self.database.read(OF_COMPANY, company)]

    async def staff_events(self, *, staff: str = "", company: str = "", before: int = 0, most: int = 50) -> list[StaffEventRow]:
        """The trail of one person, or of a company's accounts, newest first; from `before` on, the `id` of the last one read."""
        sql, of = (EVENTS_OF, staff) if staff else (EVENTS_AT, company)
        rows = await self.database.read(sql, of, before or LAST, most)
        return [
            StaffEventRow(row["id"], row["staff_id"], row["company"], moment(row["at"]), row["actor"], row["kind"], row["note"])
            for row in rows
        ]

    async def rehash_staff(self, row: StaffRow, password_hash: str) -> None:
        """The same password, hashed as it is done today; nothing else is touched."""
        await self.database.write(Do(REHASH, (password_hash, row.id, row.password_hash)))

    async def use_totp_step(self, staff_id: str, step: int) -> bool:
        """True once for each step and never for an earlier one: a code seen over the shoulder is worth nothing."""
        return bool((await self.database.write(Do(STEP, (step, staff_id, step))))[0].count)

    async def staff_failed(self, staff_id: str) -> int:
        """Counts a wrong password or code. Returns how many there were in a row."""
        row = (await self.database.write(Do(FAILED, (staff_id,))))[0].row
        return int(row["failures"]) if row else 0

    async def lock_staff(self, row: StaffRow, until: datetime) -> None:
        """After too many failures. The trail tells it."""
        event = _event(row, self._now(), "system", "locked", "")
        await self.database.write(Do(LOCK, (micros(until), row.id)), event)

    async def staff_signed_in(self, row: StaffRow) -> None:
        """Notes the sign-in and forgets the failures."""
        now = self._now()
        await self.database.write(Do(CLEARED, (now, row.id)), _event(row, now, f"staff:{row.id}", "signed_in", ""))

    async def _person(self, sql: Sql, *values: Any) -> StaffRow | None:
        rows = await self.database.read(sql, *values)
        return _opened(self.vault, rows[0]) if rows else None


class StaffWrites(Writing):
    """Changes to accounts, each with its line in the trail."""

    async def roster(self, company: str) -> list[StaffRow]:
        """Everybody of a company; until the end of the transaction nobody else changes any of them."""
        return [_opened(self.vault, row) for row in await self._read(ROSTER, company)]

    async def hire(self, row: StaffRow, actor: str, note: str = "") -> None:
        """Raises Taken when the company has this login already."""
        words = (*_words(self.vault, row), row.id, row.company, row.login, row.totp_step, micros(row.created_at))
        try:
            await self._run(Do(INSERT, words), _event(row, self._now(), actor, "added", note))
        except Taken:
            raise Taken(f"the login '{row.login}' at company {row.company}") from None

    async def change_staff(self, row: StaffRow, actor: str, kind: str, note: str = "") -> None:
        """Saves everything but who it is, the last TOTP step and the last sign-in."""
        nobody = StoreError("There is no such member of staff.")
        saving = Do(UPDATE, (*_words(self.vault, row), row.id), otherwise=nobody)
        await self._run(saving, _event(row, self._now(), actor, kind, note))

    async def sign_out_staff(self, row: StaffRow, but: str = "") -> None:
        """Ends their sessions, `but` one (the id of a session)."""
        await self._run(Do(OVER_OTHERS, (row.id, but)) if but else Do(OVER_ALL, (row.id,)))


def totp_place(staff_id: str) -> str:
    return f"staff|{staff_id}|totp"


def _words(vault: Vault, row: StaffRow) -> tuple[Any, ...]:
    contact = {"email": row.email, "phone": row.phone}
    sealed = vault.seal(to_bytes(contact), f"staff|{row.id}|contact") if any(contact.values()) else None
    totp, begun = _sealed(vault, row.totp_secret, totp_place(row.id)), _sealed(vault, row.invite_secret, f"staff|{row.id}|invite")
    return (
        row.name, _together(row.roles), _together(row.branches), row.password_hash, totp, sealed, row.disabled,
        maybe_micros(row.locked_until), row.failures, row.invite, row.invite_for, maybe_micros(row.invite_until), begun,
    )  # fmt: skip


def _sealed(vault: Vault, secret: str | None, place: str) -> bytes | None:
    return vault.seal(secret.encode(), place) if secret else None


def _opened(vault: Vault, row: Row) -> StaffRow:
    id, totp, begun = row["id"], row["sealed_totp"], row["sealed_invite"]
    sealed = row["sealed_contact"]
    contact = from_bytes(vault.open_sealed(sealed, f"staff|{id}|contact")) if sealed else {}
    return StaffRow(
        id=id,
        company=row["company"],
        login=row["login"],
        name=row["name"],
        roles=tuple(row["roles"].split()),
        password_hash=row["password_hash"],
        totp_secret=vault.open_sealed(totp, totp_place(id)).decode() if totp else None,
        totp_step=row["totp_step"],
        disabled=bool(row["disabled"]),
        failures=row["failures"],
        locked_until=maybe_moment(row["locked_until"]),
        created_at=moment(row["created_at"]),
        branches=tuple(row["branches"].split()),
        email=contact.get("email", ""),
        phone=contact.get("phone", ""),
        signed_in_at=maybe_moment(row["signed_in_at"]),
        invite=row["invite"],
        invite_for=row["invite_for"],
        invite_until=maybe_moment(row["invite_until"]),
        invite_secret=vault.open_sealed(begun, f"staff|{id}|invite").decode() if begun else None,
    )


def _event(row: StaffRow, now: int, actor: str, kind: str, note: str) -> Do:
    return Do(EVENT, (row.id, row.company, now, actor, kind, note[:500]))


def _together(words: Sequence[str]) -> str:
    if any(" " in word or not word for word in words):
        raise ValueError("A role is one word.")
    return " ".join(words)
