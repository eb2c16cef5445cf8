"""Reading agreements: opened, read to the end and for long enough, noted. And the pages of those that are PDFs."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from banli.beginnings import CLIENT
from banli.bookmarks import Bookmark, Bookmarks, moment
from banli.cases import Cases, Look
from banli.clients import Visit
from banli.definitions.model import Agreement, Listed
from banli.engine import commands
from banli.errors import Problem
from banli.limits import READING, slowed
from banli.pdfs import Leaf, Press
from banli.steps import Agreements
from banli.steps.agreements import News, digest_of
from banli.store import Conflict

SLACK = timedelta(milliseconds=200)
"""A page counts its seconds from when it is there; a clock may be that much coarser."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list of agreements: its text, whether it was read, and what is new about it."""

    id: str
    text: Agreement
    read: bool
    news: News


@dataclass(frozen=True, slots=True)
class Opened:
    """One agreement that lies open. `token` says since when; `waits` is for how many seconds it must still lie open; `place`
    counts from 1 among `of`, `unread` are the rows after it that are still to be read, then those before; `mark` is where reading
    stopped."""

    look: Look = field(repr=False)
    row: Listed
    text: Agreement
    token: str
    waits: float
    read: bool
    place: int
    of: int
    unread: tuple[str, ...]
    mark: Bookmark


class Papers:
    """What a client does with agreements. As in `Cases`, a visit reaches only its own client's cases."""

    def __init__(self, cases: Cases, press: Press) -> None:
        self.cases, self.press = cases, press
        self.store, self.clock = cases.store, cases.clock
        self.bookmarks = Bookmarks(cases.store)
        self._noting = asyncio.Lock()

    async def open(self, visit: Visit, number: str, step: str, row_id: str, token: str = "") -> Opened | None:
        """An agreement of the list, to be read. A `token` of this very text keeps its time."""
        look = await self.cases.look(visit, number, step)
        if not isinstance(look, Look):
            return None
        return self._opened(look, row_id, token, await self.bookmarks.of(look.case.id, look.standing.id))

    async def stopped(
        self, visit: Visit, number: str, step: str, row_id: str, token: str, *, place: float, spent: float, end: bool
    ) -> Problem | None:
        """Remembers where this page of the text stands: how far down, after how many seconds more of reading, and whether its
        end was in sight. On any phone the text opens there. What does not lie open here is left alone."""
        if problem := await slowed(self.store, READING, visit.counted):
            return problem
        opened = await self.open(visit, number, step, row_id, token)
        shown, now = since(token), self.clock()
        if opened is None or shown is None or opened.token != token:
            return None
        rows = frozenset(self._rows(opened.look))
        await self.bookmarks.move(
            opened.look.case.id, opened.look.standing.id, row_id, opened.mark.digest, rows,
            lambda mark: mark.moved(place, spent, end, shown, now),
        )  # fmt: skip
        return None

    async def note_read(
        self, visit: Visit, number: str, step: str, row_id: str, token: str, *, end: bool, spent: float | None = None
    ) -> Opened | Problem | None:
        """Notes that the client has read this agreement (R-103); or tells what is missing. None: it is not open here. `spent` is
        for how many seconds more the page says that it was in sight; what is asked for is counted by our clock."""
        async with self._noting:
            opened = await self.open(visit, number, step, row_id, token)
            if opened is None or opened.read:
                return opened
            if opened.row.read.to_end and not (end or opened.mark.end):
                return Problem("", "read_to_end")
            if opened.waits > 0:
                return Problem("", "read_longer", {"seconds": int(-(-opened.waits // 1))})
            now, shown = self.clock(), since(opened.token) or self.clock()
            first = moment(opened.mark.first) if opened.mark.first else shown
            seconds = opened.mark.read_for(shown, now)
            seconds = min(seconds, opened.mark.spent + spent) if spent is not None else seconds
            raw = {"read": [row_id], "shown": [_said(min(first, shown))], "at": [_said(now)], "seconds": [str(int(seconds))]}
            held = opened.look.held
            draft = commands.SaveDraft(actor=CLIENT, seen=held.case.revision, step=step, raw=raw)
            try:
                await self.cases.caseload.keep(held, self.cases.caseload.decide(held, draft))
            except Conflict:
                return None
            return replace(opened, read=True)

    def rows(self, look: Look) -> tuple[Row, ...]:
        """The list as the client sees it."""
        bound, book = look.standing.bound, look.held.issue.book
        kind, step = bound.kind, bound.step
        assert isinstance(kind, Agreements)
        sight = look.held.issue.course.sight(look.case, look.standing)
        read, news = kind.read_already(step, book, sight), kind.news(step, book, sight)
        return tuple(
            Row(row_id, book.agreements[row.agreement], row_id in read, news[row_id])
            for row_id, row in kind.rows(step, book, sight.names)
        )

    async def leaves(self, digest: str) -> tuple[Leaf, ...]:
        """The pages of a PDF. Raises KeyError for one that nobody has published, Unreadable for a broken one."""
        return await self.press.leaves(digest, lambda: self.paper(digest))

    async def picture(self, digest: str, number: int) -> tuple[bytes, str]:
        """The picture of a page with its media type. Raises as `leaves` does, and IndexError."""
        return await self.press.picture(digest, number, lambda: self.paper(digest))

    async def paper(self, digest: str) -> bytes:
        """The PDF itself: as sealed, or as it lies among the definitions now."""
        return await self.cases.caseload.editions.paper(digest)

    def _rows(self, look: Look) -> dict[str, Listed]:
        bound, book = look.standing.bound, look.held.issue.book
        return dict(bound.kind.rows(bound.step, book, look.standing.names)) if isinstance(bound.kind, Agreements) else {}

    def _opened(self, look: Look, row_id: str, token: str, marks: Mapping[str, Bookmark]) -> Opened | None:
        book, rows = look.held.issue.book, self._rows(look)
        if row_id not in rows:
            return None
        row, ids = rows[row_id], list(rows)
        text, place = book.agreements[row.agreement], ids.index(row_id)
        read = set(look.raw.get("read", ()))
        digest, now = digest_of(text, look.standing.names), self.clock()
        mark = marks.get(row_id)
        mark = mark if mark is not None and mark.digest == digest else Bookmark(digest)
        what = "|".join((look.case.id, look.standing.id, row_id, digest))
        shown = self._shown(what, token) or now
        waits = row.read.seconds - mark.read_for(shown, now) - SLACK.total_seconds() if row.read.seconds else 0.0
        return Opened(
            look=look, row=row, text=text, token=self._token(what, shown), waits=max(round(waits, 3), 0.0), read=row_id in read,
            place=place + 1, of=len(ids), unread=tuple(r for r in (*ids[place + 1 :], *ids[:place]) if r not in read),
            mark=mark,
        )  # fmt: skip

    def _token(self, what: str, shown: datetime) -> str:
        told = str(int(shown.timestamp() * 1000))
        return f"{told}.{self.store.vault.lookup_hash('shown', f'{what}|{told}')[:32]}"

    def _shown(self, what: str, token: str) -> datetime | None:
        """Since when this text has been shown, if the token is one of ours for it."""
        shown = since(token)
        if shown is None or shown > self.clock() or not hmac.compare_digest(self._token(what, shown), token):
            return None
        return shown


def since(token: str) -> datetime | None:
    """The time that a token tells; whether it is one of ours is another question."""
    told = token.partition(".")[0]
    if not (token.isascii() and told.isdigit() and len(told) <= 14):
        return None
    return datetime.fromtimestamp(int(told) / 1000, UTC)


def _said(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
