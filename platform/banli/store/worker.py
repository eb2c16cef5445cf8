"""Does the jobs: takes what is due, hands it to the handler of its kind, and tries again later what did not work."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from .bus import JOB_READY
from .rows import JobRow

if TYPE_CHECKING:
    from . import Store

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done. A handler that returns None says the same."""


@dataclass(frozen=True, slots=True)
class Later:
    """Try again, after `pause` or after the worker's own growing pause. `error` is a code without personal data.

    With `counts` False it was no failure, only too early: it may be asked again for ever.
    """

    error: str
    pause: timedelta | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """It makes no sense to try again; somebody at the desk must look."""

    error: str


Outcome = Done | Later | Refused
Handler = Callable[[JobRow], Awaitable[Outcome | None]]
Report = Callable[[JobRow, Outcome, BaseException | None], None]


def pause_after(attempts: int, dice: random.Random) -> timedelta:
    """1 s, 2 s, 4 s … 10 min, each between half and all of it, so that a crowd does not come back at once."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 1, 20)))
    return longest * (0.5 + dice.random() / 2)


class Worker:
    """Handlers are called at least once for each job, so what they do outside must bear being done twice.

    `job.key` is the same at each attempt: hand it on as the idempotency key. An exception counts as `Later` with the
    code `error.<its class>`; after `most_attempts` the job has failed. `report` hears of every attempt, for the log.
    """

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, Handler],
        *,
        name: str = "",
        lease: timedelta = timedelta(minutes=1),
        poll: timedelta = timedelta(seconds=1),
        at_once: int = 2,
        most_attempts: int = 30,
        dice: random.Random | None = None,
        report: Report | None = None,
    ) -> None:
        self.store = store
        self.handlers = handlers
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self.lease = lease
        self.poll = poll
        self.at_once = at_once
        self.most_attempts = most_attempts
        self._dice = dice or random.Random()  # noqa: S311  (spreads retries, keeps no secret)
        self._report = report
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`. What has been begun is finished first."""
        await asyncio.gather(*(self._line() for _ in range(self.at_once)))

    def stop(self) -> None:
        self._stopping.set()

    async def run_due(self) -> int:
        """Does all that is due by the store's clock, then returns how many attempts that were. For tests and stories."""
        attempts = 0
        while (job := await self.store.take_job(self.name, self.lease)) is not None:
            await self._do(job)
            attempts += 1
        return attempts

    async def _line(self) -> None:
        with self.store.bus.subscribe(JOB_READY) as inbox:
            while not self._stopping.is_set():
                inbox.clear()
                job = await self._take()
                if job is not None:
                    await self._do(job)
                    continue
                await self._rest(inbox.get(self.poll.total_seconds()))

    async def _take(self) -> JobRow | None:
        try:
            return await self.store.take_job(self.name, self.lease)
        except Exception:
            # The database is away: it is looked for again after the pause. /readyz tells those who watch.
            return None

    async def _rest(self, news: Awaitable[object]) -> None:
        waits = [asyncio.ensure_future(news), asyncio.ensure_future(self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _do(self, job: JobRow) -> None:
        outcome, error = await self._outcome(job)
        if isinstance(outcome, Later) and outcome.counts and job.attempts >= self.most_attempts:
            outcome = Refused(outcome.error)
        # If the database is away now, the lease runs out and the job is done again: at least once.
        with contextlib.suppress(Exception):
            await self._settle(job, outcome)
        if self._report is not None:
            self._report(job, outcome, error)

    async def _outcome(self, job: JobRow) -> tuple[Outcome, BaseException | None]:
        handler = self.handlers.get(job.kind)
        if handler is None:
            return Refused("unknown-kind"), None
        if job.attempts > self.most_attempts:
            return Refused(job.last_error or "too-many-attempts"), None
        keeping = asyncio.create_task(self._keep(job))
        try:
            return await handler(job) or Done(), None
        except Exception as error:
            return Later(f"error.{type(error).__name__}"), error
        finally:
            keeping.cancel()

    async def _keep(self, job: JobRow) -> None:
        """Renews the lease while the handler works."""
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            with contextlib.suppress(Exception):
                await self.store.renew_job(job, self.lease)

    async def _settle(self, job: JobRow, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self.store.finish_job(job)
            case Later(error, pause, counts):
                wait = pause if pause is not None else pause_after(job.attempts, self._dice)
                await self.store.retry_job(job, self.store.clock() + wait, error, counts=counts)
            case Refused(error):
                await self.store.fail_job(job, error)
