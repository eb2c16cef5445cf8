"""One-time codes: kept as keyed hashes, bound to session, purpose and target, few tries, one use.

And how often something may be done at all: `hit`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from .moments import span
from .rows import Allowed, Capped, CodeAnswer, Wait
from .shelf import Shelf
from .sql import Do, Sql

SEND = Sql(
    "INSERT INTO code_targets (id, next_send_at, window_until, sent) VALUES (?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET "
    "next_send_at = excluded.next_send_at, "
    "sent = CASE WHEN code_targets.window_until <= ? THEN 1 ELSE code_targets.sent + 1 END, "
    "window_until = CASE WHEN code_targets.window_until <= ? THEN excluded.window_until ELSE code_targets.window_until END "
    "WHERE code_targets.next_send_at <= ? AND (code_targets.sent < ? OR code_targets.window_until <= ?) RETURNING sent"
)
NOT_SENT = Sql("UPDATE code_targets SET sent = sent - 1 WHERE id = ? AND sent > 0")
TARGET = Sql("SELECT next_send_at, window_until, sent FROM code_targets WHERE id = ?")
PUT = Sql(
    "INSERT INTO codes (id, secret, tries, used, expires_at) VALUES (?, ?, 0, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "secret = excluded.secret, tries = 0, used = excluded.used, expires_at = excluded.expires_at"
)
TRY = Sql(
    "UPDATE codes SET tries = tries + 1, used = (secret = ?) "
    "WHERE id = ? AND NOT used AND tries < ? AND expires_at > ? RETURNING used, tries"
)
ONE = Sql("SELECT used, tries, expires_at FROM codes WHERE id = ?")
HIT = Sql(
    "INSERT INTO limits (id, until, hits) VALUES (?, ?, 1) ON CONFLICT (id) DO UPDATE SET "
    "hits = CASE WHEN limits.until <= ? THEN 1 ELSE limits.hits + 1 END, "
    "until = CASE WHEN limits.until <= ? THEN excluded.until ELSE limits.until END "
    "WHERE limits.hits < ? OR limits.until <= ? RETURNING hits"
)
LIMIT = Sql("SELECT hits, until FROM limits WHERE id = ?")
CLEAR = Sql("DELETE FROM limits WHERE id = ?")
SWEEP_CODES = Sql("DELETE FROM codes WHERE expires_at <= ?")
SWEEP_TARGETS = Sql("DELETE FROM code_targets WHERE window_until <= ? AND next_send_at <= ?")
SWEEP_LIMITS = Sql("DELETE FROM limits WHERE until <= ?")

DAY = timedelta(days=1)
TRIES = 5


class Codes(Shelf):
    async def new_code(
        self,
        purpose: str,
        target: str,
        session_id: str,
        code: str,
        *,
        lasts: timedelta = timedelta(minutes=5),
        gap: timedelta = timedelta(minutes=1),
        daily: int = 10,
    ) -> Allowed | Wait | Capped:
        """Keeps `code` for `check_code`; only then is it to be sent. An earlier one for the same is void.

        A target (phone number, address) gets one code every `gap`, whatever the purpose and from whichever session,
        and `daily` codes in the 24 hours that begin with its first. Target and code are kept as keyed hashes only.
        """
        now = self._now()
        id = self.vault.lookup_hash("code target", target)
        windows = (now, now, now, daily, now)
        done = await self.database.write(Do(SEND, (id, now + span(gap), now + span(DAY), *windows)))
        if not done[0].rows:
            row = (await self.database.read(TARGET, id))[0]
            capped = row["sent"] >= daily and row["window_until"] > now
            if capped:
                return Capped(Wait.until(row["window_until"], now).seconds)
            return Wait.until(row["next_send_at"], now)
        bound = _bound(purpose, target, session_id)
        place, secret = self.vault.lookup_hash("code", bound), self._secret(bound, code)
        await self.database.write(Do(PUT, (place, secret, False, now + span(lasts))))
        return Allowed()

    async def code_not_sent(self, target: str) -> None:
        """The message could not be sent: it does not count among the day's. The gap until the next one stays."""
        await self.database.write(Do(NOT_SENT, (self.vault.lookup_hash("code target", target),)))

    async def check_code(self, purpose: str, target: str, session_id: str, code: str) -> CodeAnswer:
        """`ok` once; `wrong`; `used_up` from the fifth wrong try on; `expired`; `none` when there is none (any more).

        The try is counted and the code compared in one statement, so that parallel guesses count each.
        """
        bound = _bound(purpose, target, session_id)
        id, now = self.vault.lookup_hash("code", bound), self._now()
        done = await self.database.write(Do(TRY, (self._secret(bound, code), id, TRIES, now)))
        row = done[0].row
        if row is not None:
            answer = "ok" if row["used"] else "used_up" if row["tries"] >= TRIES else "wrong"
            return cast(CodeAnswer, answer)
        rows = await self.database.read(ONE, id)
        if not rows or rows[0]["used"]:
            return "none"
        return "expired" if rows[0]["expires_at"] <= now else "used_up"

    async def hit(self, key: str, limit: int, window: timedelta) -> Allowed | Wait:
        """Counts one use of `key` (`login|<address>`); Wait from the `limit`+1st on, until the window is over.

        The window begins with the first use. A refused use is not counted and costs one read. The key is kept hashed.
        """
        now, id = self._now(), self.vault.lookup_hash("limit", key)
        known = await self.database.read(LIMIT, id)
        if known and known[0]["hits"] >= limit and known[0]["until"] > now:
            return Wait.until(known[0]["until"], now)
        done = await self.database.write(Do(HIT, (id, now + span(window), now, now, limit, now)))
        if done[0].rows:
            return Allowed()
        known = await self.database.read(LIMIT, id)
        return Wait.until(known[0]["until"], now) if known else Wait(1)

    async def clear_limit(self, key: str) -> None:
        """Forgets the uses of `key`: the right password was given."""
        await self.database.write(Do(CLEAR, (self.vault.lookup_hash("limit", key),)))

    def _secret(self, bound: str, code: str) -> str:
        return self.vault.lookup_hash("code secret", f"{bound}\0{code}")


def _bound(purpose: str, target: str, session_id: str) -> str:
    return f"{purpose}\0{target}\0{session_id}"
