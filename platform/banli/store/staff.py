"""The people at the desk. Passwords are hashed by the caller; TOTP secrets are sealed; a TOTP step is good once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .errors import StoreError, Taken
from .moments import maybe_micros, maybe_moment, micros, moment
from .rows import StaffRow, new_id
from .shelf import Shelf
from .sql import Do, Row, Sql

COLUMNS = (
    "id, company, login, name, roles, password_hash, sealed_totp, totp_step, disabled, failures, locked_until, created_at"
)
INSERT = Sql(f"INSERT INTO staff ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
BY_ID = Sql(f"SELECT {COLUMNS} FROM staff WHERE id = ?")
BY_LOGIN = Sql(f"SELECT {COLUMNS} FROM staff WHERE company = ? AND login = ?")
OF_COMPANY = Sql(f"SELECT {COLUMNS} FROM staff WHERE company = ? ORDER BY login")
UPDATE = Sql(
    "UPDATE staff SET name = ?, roles = ?, password_hash = ?, sealed_totp = ?, disabled = ?, locked_until = ?, "
    "failures = ? WHERE id = ?"
)
STEP = Sql("UPDATE staff SET totp_step = ? WHERE id = ? AND totp_step < ?")
FAILED = Sql("UPDATE staff SET failures = failures + 1 WHERE id = ? RETURNING failures")
LOCK = Sql("UPDATE staff SET locked_until = ? WHERE id = ?")
CLEARED = Sql("UPDATE staff SET failures = 0, locked_until = NULL WHERE id = ? AND failures > 0")


class StaffBook(Shelf):
    async def add_staff(
        self,
        company: str,
        login: str,
        name: str,
        roles: Sequence[str],
        password_hash: str,
        totp_secret: str | None = None,
    ) -> StaffRow:
        """Raises Taken when the company has this login already."""
        now = self.clock()
        row = StaffRow(
            id=new_id(now),
            company=company,
            login=login,
            name=name,
            roles=tuple(roles),
            password_hash=password_hash,
            totp_secret=totp_secret,
            created_at=now,
        )
        sealed = self._sealed(row)
        words = (row.id, company, login, name, _roles(row.roles), password_hash, sealed)
        try:
            await self.database.write(Do(INSERT, (*words, 0, False, 0, None, micros(now))))
        except Taken:
            raise Taken(f"the login '{login}' at company {company}") from None
        return row

    async def staff(self, staff_id: str) -> StaffRow | None:
        rows = await self.database.read(BY_ID, staff_id)
        return self._opened(rows[0]) if rows else None

    async def staff_by_login(self, company: str, login: str) -> StaffRow | None:
        rows = await self.database.read(BY_LOGIN, company, login)
        return self._opened(rows[0]) if rows else None

    async def staff_of(self, company: str) -> list[StaffRow]:
        return [self._opened(row) for row in await self.database.read(OF_COMPANY, company)]

    async def save_staff(self, row: StaffRow) -> None:
        """Saves name, roles, password, TOTP secret, `disabled`, `failures` and the lock; not the last TOTP step."""
        words = (row.name, _roles(row.roles), row.password_hash, self._sealed(row))
        values = (*words, row.disabled, maybe_micros(row.locked_until), row.failures, row.id)
        await self.database.write(Do(UPDATE, values, otherwise=StoreError("There is no such member of staff.")))

    async def use_totp_step(self, staff_id: str, step: int) -> bool:
        """True once for each step and never for an earlier one: a code seen over the shoulder is worth nothing."""
        return bool((await self.database.write(Do(STEP, (step, staff_id, step))))[0].count)

    async def staff_failed(self, staff_id: str) -> int:
        """Counts a wrong password or code. Returns how many there were in a row."""
        row = (await self.database.write(Do(FAILED, (staff_id,))))[0].row
        return int(row["failures"]) if row else 0

    async def lock_staff(self, staff_id: str, until: datetime) -> None:
        await self.database.write(Do(LOCK, (micros(until), staff_id)))

    async def staff_succeeded(self, staff_id: str) -> None:
        await self.database.write(Do(CLEARED, (staff_id,)))

    def _sealed(self, row: StaffRow) -> bytes | None:
        return self.vault.seal(row.totp_secret.encode(), totp_place(row.id)) if row.totp_secret else None

    def _opened(self, row: Row) -> StaffRow:
        sealed = row["sealed_totp"]
        return StaffRow(
            id=row["id"],
            company=row["company"],
            login=row["login"],
            name=row["name"],
            roles=tuple(row["roles"].split()),
            password_hash=row["password_hash"],
            totp_secret=self.vault.open_sealed(sealed, totp_place(row["id"])).decode() if sealed else None,
            totp_step=row["totp_step"],
            disabled=bool(row["disabled"]),
            failures=row["failures"],
            locked_until=maybe_moment(row["locked_until"]),
            created_at=moment(row["created_at"]),
        )


def totp_place(staff_id: str) -> str:
    return f"staff|{staff_id}|totp"


def _roles(roles: Sequence[str]) -> str:
    if any(" " in role or not role for role in roles):
        raise ValueError("A role is one word.")
    return " ".join(roles)
