"""What one side of a call sends, on its way into the site: frames become runs of a film, sealed a few seconds at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from banli.errors import Problem
from banli_video.pieces import copy_of
from banli_video.recorder.webm import AUDIO, MEDIA_TYPE, VIDEO, Frame, clusters, head, is_key, size_of
from banli_video.recording import Recordings

CLOCKS = {VIDEO: 90, AUDIO: 48}
"""Ticks of a sender's clock in a millisecond."""
LATE = 10_000
"""Milliseconds that a frame may have taken to come here; after more the sender's clock is taken for another one."""
SILENT = 3_000
"""After so long without anything what follows is another run, so that the gap is known to be one."""
WAIT_FOR_PICTURE = 2_000
MOST_WAITING = 6 * 1024 * 1024
"""Bytes of a side that wait to be sealed, while the database is away; what comes then is a gap."""
BURST, PER_SECOND = 2_000_000, 250_000
"""Bytes that a side may send: three times what its page asks its browser for. Who sends more loses what is too much."""
LONGEST = 300_000_000
"""Bytes of a run; what follows is another one."""

Ticks = Callable[[], float]
"""Seconds of a clock that only goes on."""


@dataclass
class _Run:
    """From the first frame to a gap, or to the end."""

    began: datetime
    zero: float
    frames: list[Frame] = field(default_factory=list)
    anchors: dict[str, tuple[int, int]] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    waiting: int = 0
    number: int = -1
    index: int = 0
    offset: int = 0
    told: int = 0
    sealing: tuple[bytes, int] | None = None
    over: bool = False

    @property
    def length(self) -> int:
        return max(self.last.values(), default=0)


class Reel:
    """The side of one call. `frame` takes what comes, and never waits; `seal` puts it away."""

    def __init__(
        self, recordings: Recordings, call: str, side: str, case: str, company: str, clock: Callable[[], datetime], ticks: Ticks
    ) -> None:
        self._recordings, self._clock, self._ticks = recordings, clock, ticks
        self._about = (copy_of(call, side), case, company)
        self._runs: list[_Run] = []
        self._key = False
        self._first, self._bytes = ticks(), 0
        self.full = False
        """It takes nothing more: the case is gone, or there were too many runs."""
        self.counted: dict[str, int] = {VIDEO: 0, AUDIO: 0}

    @property
    def name(self) -> str:
        return self._about[0]

    def connected(self) -> None:
        """Another connection: its clocks have another beginning, its pictures begin with one that stands for itself."""
        self._key = False
        if self._runs:
            self._runs[-1].anchors.clear()

    @property
    def wants_key(self) -> bool:
        """Nothing can be kept of the pictures until one comes that stands for itself."""
        return not self._key

    def frame(self, kind: str, stamp: int, content: bytes) -> None:
        key = kind == AUDIO or is_key(content)
        if not content or self.full or not (key or self._key):
            return
        if self._bytes + len(content) > BURST + PER_SECOND * (self._ticks() - self._first) or self._waiting() > MOST_WAITING:
            self._key = self._key and kind == AUDIO
            return
        run = self._runs[-1] if self._runs and not self._runs[-1].over else self._begin()
        at = self._when(run, kind, stamp)
        if at > run.length + SILENT:
            run.over = True
            self._key = False
            if not key:
                return
            run = self._begin()
            at = self._when(run, kind, stamp)
        if kind == VIDEO:
            self._key = True
            run.size = run.size or size_of(content)
        run.last[kind] = at
        run.frames.append(Frame(kind, at, content, key))
        run.waiting += len(content)
        run.over = run.offset + run.waiting > LONGEST
        self.counted[kind] += 1
        self._bytes += len(content)

    def _waiting(self) -> int:
        return sum(run.waiting for run in self._runs)

    def _begin(self) -> _Run:
        self._runs.append(_Run(self._clock(), self._ticks()))
        return self._runs[-1]

    def _when(self, run: _Run, kind: str, stamp: int) -> int:
        """The place in the run: by the sender's clock, held against the frame that came quickest. Nothing comes before it was
        sent, so no clock that lies makes a film longer than it took."""
        now = round((self._ticks() - run.zero) * 1000)
        mark, at = run.anchors.get(kind, (stamp, now))
        there = at + (stamp - mark) // CLOCKS[kind]
        if kind not in run.anchors or not now - LATE <= there <= now:
            run.anchors[kind], there = (stamp, now), now
        return max(there, run.last.get(kind, -1) + 1, 0)

    async def seal(self, *, last: bool = False) -> float:
        """Puts away what has come; how many seconds are kept that were not before. With `last` every run ends."""
        kept = 0.0
        for run in list(self._runs):
            run.over = run.over or last
            if not run.over and run.size is None and run.number < 0 and run.length < WAIT_FOR_PICTURE:
                continue
            kept += await self._put(run)
            if run.over and run.frames:
                kept += await self._put(run)
            if run.over and not run.frames:
                if run.number >= 0:
                    await self._recordings.stop(self.name, run.number, run.began + timedelta(milliseconds=run.length))
                self._runs.remove(run)
        return kept

    async def _put(self, run: _Run) -> float:
        if not run.frames and run.sealing is None:
            return 0.0
        if run.number < 0:
            name, case, company = self._about
            number = await self._recordings.begin(name, case, company, MEDIA_TYPE, run.began)
            if isinstance(number, Problem):
                return self._no_more(run)
            run.number = number
        if run.sealing is None:
            # What has failed half-way is tried again as it was: the site may have it already.
            content = (head(*(run.size or ())) if run.index == 0 else b"") + clusters(run.frames)
            run.sealing = (content, run.length)
            run.frames.clear()
        content, length = run.sealing
        digest = hashlib.sha256(content).hexdigest()
        taken = await self._recordings.take(self.name, run.number, run.index, run.offset, digest, content)
        if isinstance(taken, Problem):
            return self._no_more(run)
        run.sealing = None
        run.waiting = sum(len(frame.content) for frame in run.frames)
        run.index, run.offset = run.index + 1, run.offset + len(content)
        told, run.told = run.told, length
        return (length - told) / 1000

    def _no_more(self, run: _Run) -> float:
        run.frames.clear()
        run.sealing = None
        run.over = self.full = True
        return 0.0
