"""Tells the rest of this process that something has happened. A hint only: whoever misses it finds out by looking."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Message = Mapping[str, Any]

CASE_CHANGED = "case.changed"
"""{"case": id, "company": company, "revision": n}"""
JOB_READY = "job.ready"
"""{"kind": kind}"""
TASK_CHANGED = "task.changed"
"""{"task": id, "company": company}"""

LETTER = "letter"
"""{"box": box}"""

ROOM = 256
"""How many unread messages an inbox holds; the oldest make way."""


class Inbox:
    """The messages of one listener. Slow listeners lose the oldest, and `missed` says how many."""

    def __init__(self, room: int) -> None:
        self._messages: deque[tuple[str, Message]] = deque(maxlen=room)
        self._arrived = asyncio.Event()
        self.missed = 0

    def put(self, topic: str, message: Message) -> None:
        if len(self._messages) == self._messages.maxlen:
            self.missed += 1
        self._messages.append((topic, message))
        self._arrived.set()

    async def get(self, seconds: float | None = None) -> tuple[str, Message] | None:
        """The next message; None when so many went by without one."""
        if not self._messages:
            self._arrived.clear()
            try:
                # Not `wait_for`: until Python 3.12 it can forget that its task was cancelled.
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._messages.popleft()

    def clear(self) -> None:
        self._messages.clear()


class Bus:
    """Publish and subscribe within the process."""

    def __init__(self) -> None:
        self._inboxes: dict[Inbox, frozenset[str]] = {}

    def publish(self, topic: str, message: Message) -> None:
        for inbox, topics in self._inboxes.items():
            if topic in topics:
                inbox.put(topic, message)

    @contextmanager
    def subscribe(self, *topics: str, room: int = ROOM) -> Iterator[Inbox]:
        inbox = Inbox(room)
        self._inboxes[inbox] = frozenset(topics)
        try:
            yield inbox
        finally:
            del self._inboxes[inbox]
