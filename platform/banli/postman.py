"""Letters between processes: one look a moment for all boxes of this process, however many wait for a letter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from banli.counters import Letter, Said
from banli.store import LetterRow, Store
from banli.store.bus import LETTER

LOOK, SELDOM = 0.5, 5.0
"""Seconds between two looks for letters from other processes, and while the database calls them out (PostgreSQL). What this
process sends is told at once."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """Somebody who knows the letters of a box up to this number."""

    box: str
    number: int
    told: asyncio.Event = field(default_factory=asyncio.Event)


class Postman:
    """Looks as long as somebody waits, and not otherwise."""

    def __init__(self, store: Store, look: float = LOOK, seldom: float = SELDOM) -> None:
        self._store, self._every, self._seldom = store, look, seldom
        self._hears: Callable[[], bool] | None = None
        self._waiting: dict[str, set[_Waiting]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, box: str, number: int, seconds: float) -> list[LetterRow]:
        """The letters of the box after this number, once there is one; none when so much time has gone by."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        with self._registered(_Waiting(box, number)) as mine:
            while not (found := await self._store.letters(box, number)) and (left := until - loop.time()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await mine.told.wait()
                except TimeoutError:
                    continue
                mine.told.clear()
        return found

    @contextmanager
    def _registered(self, mine: _Waiting) -> Iterator[_Waiting]:
        self._waiting.setdefault(mine.box, set()).add(mine)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield mine
        finally:
            others = self._waiting[mine.box]
            others.discard(mine)
            if not others:
                del self._waiting[mine.box]
            if not self._waiting and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        loop, bus = asyncio.get_running_loop(), self._store.bus
        if self._hears is None:
            self._hears = self._store.database.hear(lambda box: bus.publish(LETTER, {"box": box}))
        with bus.subscribe(LETTER) as inbox:
            due = loop.time() + self._every
            while True:
                news = await inbox.get(max(0.0, due - loop.time()))
                if news is not None:
                    self._tell(str(news[1]["box"]))
                    due = min(due, loop.time() + self._pause())
                if inbox.missed:
                    inbox.missed, due = 0, loop.time()  # too much at once: all boxes are looked at
                if loop.time() >= due:
                    pause = self._pause()  # of before the look: what was called while nobody heard it is looked for once more
                    await self._all()
                    due = loop.time() + pause

    def _pause(self) -> float:
        return self._seldom if self._hears is not None and self._hears() else self._every

    async def _all(self) -> None:
        """One look at all boxes that somebody waits for."""
        try:
            newest = await self._store.newest_letters(tuple(self._waiting))
        except Exception as problem:  # whoever waits looks themselves, and is told what is wrong
            structlog.get_logger("banli.post").warning("not looked", error=type(problem).__name__)
            for box in tuple(self._waiting):
                self._tell(box)
            return
        for box, number in newest.items():
            self._tell(box, number)

    def _tell(self, box: str, number: int | None = None) -> None:
        for one in self._waiting.get(box, ()):
            if number is None or number > one.number:
                one.told.set()


class SitePost:
    """The letters of a site, as `counters.py` promises them to plugins. Made before there is a database, and `connect`ed once
    there is."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._postman: Postman | None = None

    def connect(self, store: Store) -> None:
        self._store, self._postman = store, Postman(store)

    async def send(self, box: str, said: Said) -> int | None:
        return await self._opened[0].send_letter(box, dict(said))

    async def after(self, box: str, number: int) -> Sequence[Letter]:
        return [_letter(row) for row in await self._opened[0].letters(box, number)]

    async def wait(self, box: str, number: int, seconds: float) -> Sequence[Letter]:
        return [_letter(row) for row in await self._opened[1].wait(box, number, seconds)]

    @property
    def _opened(self) -> tuple[Store, Postman]:
        if self._store is None or self._postman is None:
            raise RuntimeError("A plugin asks for its letters before the application is open.")
        return self._store, self._postman


def _letter(row: LetterRow) -> Letter:
    return Letter(row.number, row.said, row.created_at)
