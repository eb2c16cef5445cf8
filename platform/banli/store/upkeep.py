"""Upkeep: sweeps out what is over, and moves everything to the current key after a rotation."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from . import codes, ledger, letters, sessions
from .moments import span
from .shelf import Shelf
from .sql import Do, Sql

SWEEP_JOBS = Sql("DELETE FROM jobs WHERE state = 'done' AND done_at <= ?")
OLD_KEYS = Sql("SELECT id, sealed_key FROM cases WHERE key_version <> ? AND sealed_key IS NOT NULL LIMIT ?")
REWRAP = Sql("UPDATE cases SET sealed_key = ?, key_version = ? WHERE id = ? AND sealed_key = ?")
VERSIONS = Sql("SELECT key_version, count(*) AS n FROM cases WHERE sealed_key IS NOT NULL GROUP BY key_version")
JOBS = Sql("SELECT id, sealed_payload AS sealed FROM jobs WHERE state <> 'done'")
STAFF = Sql("SELECT id, sealed_totp AS sealed FROM staff WHERE sealed_totp IS NOT NULL")
CONTACTS = Sql("SELECT id, sealed_contact AS sealed FROM staff WHERE sealed_contact IS NOT NULL")
INVITES = Sql("SELECT id, sealed_invite AS sealed FROM staff WHERE sealed_invite IS NOT NULL")
RESEAL_JOB = Sql("UPDATE jobs SET sealed_payload = ? WHERE id = ? AND sealed_payload = ?")
RESEAL_STAFF = Sql("UPDATE staff SET sealed_totp = ? WHERE id = ? AND sealed_totp = ?")
RESEAL_CONTACT = Sql("UPDATE staff SET sealed_contact = ? WHERE id = ? AND sealed_contact = ?")
RESEAL_INVITE = Sql("UPDATE staff SET sealed_invite = ? WHERE id = ? AND sealed_invite = ?")
RING_SEALED = (
    (JOBS, RESEAL_JOB, "jobs|{}|payload"),
    (STAFF, RESEAL_STAFF, "staff|{}|totp"),
    (CONTACTS, RESEAL_CONTACT, "staff|{}|contact"),
    (INVITES, RESEAL_INVITE, "staff|{}|invite"),
    (ledger.ALL, ledger.RESEAL, ledger.PLACE),
    (letters.ALL, letters.RESEAL, letters.PLACE),
)


class Upkeep(Shelf):
    async def sweep(self, keep_jobs: timedelta = timedelta(days=90)) -> dict[str, int]:
        """Removes sessions, codes and limits that are over, and jobs done long ago. Returns how many of each."""
        now = self._now()
        todo = {
            "sessions": Do(sessions.SWEEP, (now,)),
            "codes": Do(codes.SWEEP_CODES, (now,)),
            "code_targets": Do(codes.SWEEP_TARGETS, (now, now)),
            "limits": Do(codes.SWEEP_LIMITS, (now,)),
            "letters": Do(letters.SWEEP, (now - letters.LAST,)),
            "jobs": Do(SWEEP_JOBS, (now - span(keep_jobs),)),
        }
        done = await self.database.write(*todo.values())
        return {name: result.count for name, result in zip(todo, done, strict=True)}

    async def rewrap(self, batch: int = 200) -> int:
        """After `vault.rotate()`: seals with the current key what older ones have sealed. Returns how many values.

        Cases keep their own keys, so no document is touched. Safe while others work, and safe to break off and repeat.
        """
        moved = 0
        while True:
            rows = await self.database.read(OLD_KEYS, self.vault.current, batch)
            if not rows:
                break
            todo = []
            for row in rows:
                place = f"cases|{row['id']}|key"
                wrapped, version = self.vault.wrap(self.vault.unwrap(row["sealed_key"], place), place)
                todo.append(Do(REWRAP, (wrapped, version, row["id"], row["sealed_key"])))
            moved += sum(done.count for done in await self.database.write(*todo))
        for every, reseal, place in RING_SEALED:
            for row in await self.database.read(every):
                if row["sealed"] and _version(row["sealed"]) != self.vault.current:
                    where = place.format(row["id"])
                    fresh = self.vault.seal(self.vault.open_sealed(row["sealed"], where), where)
                    moved += (await self.database.write(Do(reseal, (fresh, row["id"], row["sealed"]))))[0].count
        return moved

    async def key_usage(self) -> dict[int, int]:
        """How many values each key of the ring has sealed. A key that is not in here may be retired."""
        usage: Counter[int] = Counter({row["key_version"]: row["n"] for row in await self.database.read(VERSIONS)})
        for every, _, _ in RING_SEALED:
            usage.update(_version(row["sealed"]) for row in await self.database.read(every) if row["sealed"])
        return dict(usage)


def _version(sealed: bytes) -> int:
    return int.from_bytes(sealed[:4], "big")
