"""Boxes of letters: what the two ends of a talk say to each other, whichever process each is in."""

from __future__ import annotations

from collections.abc import Sequence

from .bus import LETTER
from .moments import SECOND, moment
from .rows import Document, LetterRow
from .sealing import from_bytes, to_bytes
from .shelf import Shelf
from .sql import Do, Sql

SEND = Sql(
    "INSERT INTO letters (id, box, number, sealed_said, created_at) SELECT ? || '|' || n, ?, n, ?, ? "
    "FROM (SELECT coalesce(max(number), 0) + 1 AS n, count(*) AS lie FROM letters WHERE box = ?) AS next "
    "WHERE lie < ? ON CONFLICT (id) DO NOTHING RETURNING number"
)
LIE = Sql("SELECT count(*) AS lie FROM letters WHERE box = ?")
AFTER = Sql("SELECT number, sealed_said, created_at FROM letters WHERE box = ? AND number > ? ORDER BY number LIMIT ?")
AT_ONCE = 512
"""How many boxes one statement asks for."""
SWEEP = Sql("DELETE FROM letters WHERE created_at <= ?")
ALL = Sql("SELECT box AS id, sealed_said AS sealed FROM letters")
RESEAL = Sql("UPDATE letters SET sealed_said = ? WHERE box = ? AND sealed_said = ?")
PLACE = "letters|{}|said"
ROOM = 500
LAST = 3600 * SECOND


def _newest(count: int) -> Sql:
    return Sql(f"SELECT box, max(number) AS newest FROM letters WHERE box IN ({', '.join('?' * count)}) GROUP BY box")


NEWEST = {1 << power: _newest(1 << power) for power in range(AT_ONCE.bit_length())}
"""By how many boxes are asked for, so that few statements serve all."""


class Letters(Shelf):
    async def send_letter(self, box: str, said: Document) -> int | None:
        """Its number; None when the box is full of letters that nobody has had swept."""
        sealed = self.vault.seal(to_bytes(said), PLACE.format(box))
        while True:
            sent = await self.database.write(Do(SEND, (box, box, sealed, self._now(), box, ROOM)))
            if sent[0].row is not None:
                self.bus.publish(LETTER, {"box": box})
                self.database.call(box)
                return int(sent[0].row["number"])
            # Another letter has just got this number, or there is no room.
            if (await self.database.read(LIE, box))[0]["lie"] >= ROOM:
                return None

    async def letters(self, box: str, after: int, most: int = 100) -> list[LetterRow]:
        def said(sealed: bytes) -> Document:
            told: Document = from_bytes(self.vault.open_sealed(sealed, PLACE.format(box)))
            return told

        rows = await self.database.read(AFTER, box, after, most)
        return [LetterRow(row["number"], said(row["sealed_said"]), moment(row["created_at"])) for row in rows]

    async def newest_letters(self, boxes: Sequence[str]) -> dict[str, int]:
        """Of those boxes that hold any, the number of the newest letter."""
        found: dict[str, int] = {}
        for at in range(0, len(boxes), AT_ONCE):
            asked = list(boxes[at : at + AT_ONCE])
            size = 1 << (len(asked) - 1).bit_length()
            for row in await self.database.read(NEWEST[size], *asked, *asked[-1:] * (size - len(asked))):
                found[str(row["box"])] = int(row["newest"])
        return found
