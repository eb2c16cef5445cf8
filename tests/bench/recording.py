"""What the site's recorder costs: processor time of its process for each call, while two sides send as browsers do.

`python -m tests.bench.recording FOLDER` is the recorder's process; `cost(folder)` starts it and the calls.
"""

# ruff: noqa: E402 - the kits of the tests are not on the path yet

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE), str(HERE / "plugins")]

import av
from recorder_kit import FilmTrack, Sender, connected_call, until
from video_kit import GoingClock, case_of, plugin_on

from banli.store import Store
from banli_video import VideoPlugin
from banli_video.calls import PASSED

RATE, KBITS = 15, 600
"""Pictures in a second, and what they weigh: what the pages ask their browsers for."""
KEY = b"\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01"


class Noise(FilmTrack):
    """As heavy as a camera; nobody decodes it."""

    def __init__(self, kind: str, seconds: float) -> None:
        super().__init__(kind, 1)
        self._length = seconds
        each, size = (1 / RATE, KBITS * 125 // RATE) if kind == "video" else (0.02, 100)
        self.packets = [self._packet(kind, nth, each, size) for nth in range(round(seconds / each))]

    @staticmethod
    def _packet(kind: str, nth: int, each: float, size: int) -> Any:
        head = b"" if kind == "audio" else KEY if nth % 150 == 0 else b"\x11"
        packet = av.Packet(head + os.urandom(size - len(head)))
        packet.pts, packet.time_base = round(nth * each * 1000), Fraction(1, 1000)
        return packet


async def _opened(folder: Path) -> tuple[Store, VideoPlugin]:
    clock = GoingClock()
    clock.ahead *= 0
    store = await Store.open(f"sqlite:///{folder / 'recording.db'}", f"file://{folder / 'blobs'}", folder / "keys.json", clock)
    return store, plugin_on(store, folder)


async def _cost(folder: Path, calls: int, seconds: float) -> float:
    """Per cent of a core for each call."""
    store, plugin = await _opened(folder)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.recording", str(folder), cwd=str(HERE.parent), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    senders: list[Sender] = []
    try:
        assert json.loads(await child.stdout.readline()) == {"ready": True}
        held = []
        for nth in range(calls):
            held.append(await connected_call(plugin, await case_of(store, f"bench{nth}"), agent=f"staff:{nth}"))
            for side in ("client", "agent"):
                sender = Sender(plugin, held[-1], side, 1)
                sender.tracks = [Noise(kind, seconds + 60) for kind in ("audio", "video")]
                senders.append(sender)
        await until(lambda: all(sender.connected for sender in senders))
        sent = sum(track.sent for sender in senders for track in sender.tracks)
        before, began = _processor(child.pid), time.monotonic()
        await asyncio.sleep(seconds)
        used, took = _processor(child.pid) - before, time.monotonic() - began
        sent = sum(track.sent for sender in senders for track in sender.tracks) - sent
        for call in held:
            wanted = await plugin.copies.get(call.id)
            assert wanted is not None and min(wanted.seconds.values()) > 0, "nothing was recorded"
            await plugin.calls.end(call, PASSED)
        # Senders that were too slow on a busy machine count as what they have sent.
        full = took * len(senders) * (RATE + 50)
        return used / took / calls * 100 * max(full / sent, 1)
    finally:
        for sender in senders:
            await sender.close()
        child.send_signal(signal.SIGTERM)
        await child.wait()
        await store.close()


def _processor(process: int) -> float:
    """Seconds of processor time that it has had."""
    told = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def cost(folder: Path, calls: int = 2, seconds: float = 10.0) -> float:
    return asyncio.run(_cost(folder, calls, seconds))


async def _record(folder: Path) -> None:
    from banli_video.recorder.process import Recorder

    store, plugin = await _opened(folder)
    recorder = Recorder(plugin)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, recorder.stop)
    print(json.dumps({"ready": True}), flush=True)
    await recorder.run()
    await store.close()


if __name__ == "__main__":
    asyncio.run(_record(Path(sys.argv[1])))
