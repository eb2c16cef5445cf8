"""Turns at the one writer of a SQLite file: one after another on the spot, and one commit for all who have had theirs.

Statements take microseconds, a commit waits for the disk, and a thread beside a busy event loop gets its next line of
Python run only every few milliseconds. So statements run on the loop and only commits on the thread; whoever comes
while the disk is busy takes a turn afterwards, and the next commit is for all of them. Each turn is a savepoint: one
that fails takes back its own statements. Nobody is told that something is kept before the common commit has returned.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

from .errors import Busy, StoreError

T = TypeVar("T")
DROPPED = "The database gave up a transaction, and with it what others had just written. Nothing of it was kept."


class Holder(Protocol):
    """Who has the connection. `patience` is how many milliseconds a statement waits for another process."""

    patience: int

    @property
    def connection(self) -> sqlite3.Connection:
        """Raises StoreError when it is closed."""

    def writing(self) -> bool:
        """Whether a transaction is open."""

    def post(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Runs `work` on the connection's thread, after what was posted before."""

    async def take(self) -> None:
        """Waits until nobody else uses the connection; from then on nobody may."""

    def give_back(self) -> None: ...


class Turns:
    """The life of a transaction, from its first turn to its commit, again and again."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._open = False  # the transaction has begun and is not committed
        self._busy = False  # somebody has a turn, or the transaction is being begun or committed
        self._due = False  # the commit waits for the present turn to end, and newcomers for the commit
        self._called = False  # the commit will be looked at when the loop comes round
        self._queue: list[asyncio.Future[None]] = []
        self._kept: list[asyncio.Future[None]] = []

    async def take(self) -> sqlite3.Connection:
        """Waits for a turn. Every turn must be ended: by `keep`, by `drop`, or by `drop_later`."""
        while self._busy or self._due or not self._open:
            if self._busy or self._due:
                await self._wait()
            else:
                await self._begin()
        connection = self._holder.connection
        connection.execute("SAVEPOINT turn")
        self._busy = True
        return connection

    def keep(self) -> asyncio.Future[None]:
        """Ends a turn. Done when its statements are on the disk; raises what kept them from it."""
        self._holder.connection.execute("RELEASE turn")
        kept = asyncio.get_running_loop().create_future()
        self._kept.append(kept)
        self._pass_on()
        return kept

    def drop(self) -> None:
        """Ends a turn that has never left the loop, as if it had not been."""
        _undo(self._holder.connection)
        self._dropped()

    def drop_later(self) -> asyncio.Future[None]:
        """Ends a turn that may have left something behind on the thread; it is undone after that."""
        try:
            undone = self._holder.post(_undo)
        except StoreError:
            self._give_up()
            raise
        undone.add_done_callback(lambda _: self._dropped())
        return undone

    def close(self) -> None:
        """Sends what is to be kept on its way, before the connection is closed."""
        if self._open and not self._busy:
            self._commit()

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._queue.append(waiter)
        await waiter

    def _wake(self, error: BaseException | None = None) -> None:
        queue, self._queue = self._queue, []
        _tell(queue, error)

    async def _begin(self) -> None:
        """On the spot, unless another process is writing: then on the thread, where waiting holds up nobody."""
        self._busy = True
        try:
            await self._holder.take()
        except BaseException:
            self._busy = False
            self._wake()
            raise
        try:
            self._open = _begun(self._holder.connection, self._holder.patience)
            if self._open:
                self._busy = False
                return
            self._holder.post(_begin).add_done_callback(self._begun)
        except BaseException:
            self._ended()
            raise
        await self._wait()

    def _begun(self, begun: asyncio.Future[None]) -> None:
        error = begun.exception()
        if error is not None:
            self._ended()
            self._wake(_busy(self._holder.patience) if _locked(error) else error)
        else:
            self._open = True
            self._pass_on()

    def _pass_on(self) -> None:
        """Whoever waits is called first and the commit after them, so that it is for them too."""
        self._busy = False
        if self._due:
            self._commit()
            return
        self._wake()
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._called = False
        if self._busy:
            self._due = self._open
        elif self._open:
            self._commit()

    def _commit(self) -> None:
        self._due, self._busy = False, True
        kept, self._kept = self._kept, []
        try:
            committed = self._holder.post(_commit)
        except StoreError as error:
            self._ended()
            _tell(kept, error)
            self._wake(error)
            return
        committed.add_done_callback(lambda done: self._committed(kept, done.exception()))

    def _committed(self, kept: list[asyncio.Future[None]], error: BaseException | None) -> None:
        self._ended()
        _tell(kept, error)
        self._wake()

    def _dropped(self) -> None:
        if self._holder.writing():
            self._pass_on()
        else:
            self._give_up()

    def _give_up(self) -> None:
        """The whole transaction is gone: a full disk can do that, or a connection that was closed."""
        kept, self._kept = self._kept, []
        self._ended()
        _tell(kept, StoreError(DROPPED))
        self._wake()

    def _ended(self) -> None:
        self._open = self._busy = self._due = False
        self._holder.give_back()


def _tell(futures: list[asyncio.Future[None]], error: BaseException | None) -> None:
    for future in futures:
        if future.done():  # whoever waited was broken off
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _begun(connection: sqlite3.Connection, patience: int) -> bool:
    """Begins, if that can be done at once."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if _locked(error):
            return False
        raise
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return True


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK TO turn")
        connection.execute("RELEASE turn")


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        # One that does not fit on the disk leaves the transaction open for those who come next.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        told(error)
        raise


def told(error: sqlite3.OperationalError) -> None:
    """Raises Busy where it is the disk: full, or not to be read or written."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        raise Busy(f"The database cannot be written: {error}") from error


def _busy(patience: int) -> Busy:
    return Busy(f"Another process has kept the database locked for {patience / 1000:g} seconds.")


def _locked(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error))
