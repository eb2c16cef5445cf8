"""Both ends of a wire within one process, a site's works and letters on a real store, and clients who stand in line.

A test file takes the fixtures `clock` (one that goes on), `store` and `plugin` from here; those of its own come before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from banli.caseload import Caseload
from banli.counters import Hung, Said
from banli.hooks import Home, Place
from banli.ledgers import PluginLedger
from banli.postman import SitePost
from banli.store import CaseRow, Store
from banli.web.wires import PageWire
from banli.works import SiteFiles, SiteWorks
from banli_video import VideoPlugin
from banli_video.queueing import ClientLine
from store_kit import client_of, started

COMPANY = "8001"
TRIED = {"camera": True, "microphone": True}
LINE = "line"
"""What the tasks of open wires are called, so that none outlives its test."""


class GoingClock:
    """Goes on as clocks do, and can be put forward."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)) -> None:
        self.ahead = start - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **amount: float) -> None:
        self.ahead += timedelta(**amount)


class StandingClock(GoingClock):
    """Goes on only when the test says so: however slow the machine is, no lease ends and no client is away by themselves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        # Who comes later has a later time.
        self.now += timedelta(microseconds=1)
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class Tube(PageWire):
    """A wire whose page is the test: `say` is what the server says, `page` what the page does."""

    def __init__(self) -> None:
        super().__init__()
        self.told: asyncio.Queue[Said] = asyncio.Queue()

    async def say(self, said: Said) -> None:
        if self.gone:
            raise Hung
        if said["k"] == "ping":
            self.page("pong")
        else:
            self.told.put_nowait(dict(said))

    def page(self, k: str, **said: Any) -> None:
        self._heard.put_nowait({"k": k, **said})

    async def hears(self, kind: str, seconds: float = 60) -> Said:
        """The next thing of this kind that the page is told; others are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                said = await self.told.get()
                if said["k"] == kind:
                    return said


@pytest.fixture
def clock() -> GoingClock:
    return StandingClock()


@pytest.fixture
async def store(sqlite_url: str, tmp_path: Path, keys_path: Path, clock: Callable[[], datetime]) -> AsyncIterator[Store]:
    opened = await Store.open(sqlite_url, f"file://{tmp_path / 'blobs'}", keys_path, clock)
    yield opened
    await hang_up_all()
    await opened.close()


@pytest.fixture
def plugin(store: Store, tmp_path: Path) -> VideoPlugin:
    return plugin_on(store, tmp_path)


def plugin_on(store: Store, folder: Path, **options: Any) -> VideoPlugin:
    """The plugin as an application makes it, on this store."""
    ledger, works, post, files = PluginLedger("banli_video"), SiteWorks(), SitePost(), SiteFiles()
    ledger.connect(store)
    works.connect(Caseload(store, None, None, store.clock), lambda language: str)  # type: ignore[arg-type]
    post.connect(store)
    files.connect(store)
    home = Home(folder, store.clock, True, folder, ledger=ledger, works=works, post=post, files=files)
    return VideoPlugin(options, home)


def place_of(case: CaseRow, names: Mapping[str, object] | None = None, **options: Any) -> Place:
    known = dict(names or {})
    return Place(
        case.company, case.client, case.id, case.number, case.business, case.edition, "video", {"queue": "client.branch", **options},
        {}, known, {}, lambda text: bool(known.get(text)), None,
    )  # fmt: skip


async def case_of(store: Store, name: str) -> CaseRow:
    return await started(store, client=client_of(store, name))


class Page:
    """A client's page: its wire, and the server's end of it."""

    def __init__(self, plugin: VideoPlugin, place: Place) -> None:
        self.plugin, self.place = plugin, place
        self.tube = Tube()
        self._served: asyncio.Task[None] | None = None

    async def open(self, start: bool = True, call: str = "", after: int = 0, devices: Any = TRIED) -> Tube:
        self.tube = Tube()
        self.tube.page("hello", start=start, call=call, after=after, devices=devices)
        self._served = asyncio.create_task(ClientLine(self.plugin.office, self.place, self.tube).serve(), name=LINE)
        return self.tube

    async def close(self) -> None:
        """The page is gone."""
        self.tube.hang_up()
        if self._served is not None:
            await asyncio.wait({self._served}, timeout=60)

    def kill(self) -> None:
        """The process that served it is gone, without a last word."""
        self.tube.gone = True
        if self._served is not None:
            self._served.cancel()

    async def ended(self, seconds: float = 60) -> None:
        assert self._served is not None
        await asyncio.wait_for(asyncio.shield(self._served), seconds)


async def hang_up_all() -> None:
    """Ends all wires that are still open."""
    lines = [task for task in asyncio.all_tasks() if task.get_name() == LINE]
    for task in lines:
        task.cancel()
    await asyncio.gather(*lines, return_exceptions=True)
