"""Calls a word to the other processes on the same PostgreSQL (LISTEN, NOTIFY), and hears theirs. A hint: nothing rests on it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

CHANNEL = "banli_words"
NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, word) FROM unnest($2::text[]) AS word"
"""Of this statement only: a word need not outlive a power cut, and no disk is waited for."""
BEAT, AGAIN = 5.0, 3.0
"""Seconds between two proofs that words arrive; and until it is tried again when they do not."""
MOST = 200
"""Words that wait to be called: who is that far behind leaves the others to look for themselves."""

Connect = Callable[[], Awaitable[Any]]
FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Calling:
    """`call` never waits. `up` holds while what others call is heard: a word of one's own has just come the whole way round."""

    def __init__(self, pool: Callable[[], Any], connect: Connect) -> None:
        self._pool, self._connect = pool, connect
        self._me = secrets.token_hex(6)
        self._words: set[str] = set()
        self._calling: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._heard: Callable[[str], None] = lambda word: None
        self._proof = asyncio.Event()
        self.up = False

    def call(self, word: str) -> None:
        if len(self._words) < MOST:
            self._words.add(word)
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call())

    def hear(self, heard: Callable[[str], None]) -> None:
        """From now on `heard` is told what others call; and "" when they are not heard any more."""
        self._heard = heard
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())

    async def close(self) -> None:
        tasks = [task for task in (self._calling, self._hearing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _call(self) -> None:
        """All that wait go together; while they are on their way others come together."""
        while self._words:
            words = [f"{self._me} {word}" for word in self._words]
            self._words.clear()
            with suppress(*FAULTS):
                await self._pool().execute(NOTIFY, CHANNEL, words)

    async def _hear(self) -> None:
        while True:
            connection = None
            try:
                connection, gone = await self._connect(), asyncio.Event()
                connection.add_termination_listener(lambda _, gone=gone: gone.set())
                await connection.add_listener(CHANNEL, self._came)
                while not gone.is_set():
                    await self._prove()
                    self.up = True
                    with suppress(TimeoutError):
                        async with asyncio.timeout(BEAT):
                            await gone.wait()
            except (*FAULTS, TimeoutError) as problem:
                structlog.get_logger("banli.store").info("not heard", error=type(problem).__name__)
            finally:
                self.up = False
                if connection is not None:
                    connection.terminate()
            self._heard("")
            await asyncio.sleep(AGAIN)

    async def _prove(self) -> None:
        """Raises TimeoutError where a word does not come back: a connection that is dead, a pooler that hands on none."""
        self._proof.clear()
        self.call("")
        async with asyncio.timeout(BEAT):
            await self._proof.wait()

    def _came(self, connection: Any, process: int, channel: str, told: object) -> None:
        who, _, word = str(told).partition(" ")
        if who == self._me and not word:
            self._proof.set()
        elif who != self._me and word:
            self._heard(word)
