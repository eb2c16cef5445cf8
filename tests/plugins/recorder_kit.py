"""Pages that send to the recorder, without a browser: aiortc's own end with a film that is encoded already."""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from film_kit import film

from banli.store import CaseRow
from banli_video import VideoPlugin
from banli_video.calls import KIND, LEASE, PRESENT, Call
from banli_video.recorder.reel import Reel

AGENT = "staff:a"
ROUND = 4.0
PATIENCE = 60.0
"""Seconds that something may take on a machine that does other things too."""


async def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Waits for it; also for what has to be asked."""
    limit = time.monotonic() + seconds
    while True:
        found = true()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < limit, "It did not happen."
        await asyncio.sleep(0.05)


class FilmTrack(MediaStreamTrack):
    """What a camera or a microphone sends, for so many seconds; without a number for as long as somebody listens."""

    def __init__(self, kind: str, seconds: float | None) -> None:
        super().__init__()
        self.kind, self._endless, self._length = kind, seconds is None, seconds or ROUND
        with av.open(io.BytesIO(film(self._length))) as container:
            self.packets = [packet for packet in container.demux(**{kind: 0}) if packet.size]
        self._began = 0.0
        self.sent = 0

    @property
    def over(self) -> bool:
        return not self._endless and self.sent >= len(self.packets)

    async def recv(self) -> Any:
        self._began = self._began or time.monotonic()
        if self.over:
            await asyncio.sleep(3600)
        times, nth = divmod(self.sent, len(self.packets))
        shown = self.packets[nth]
        packet = av.Packet(bytes(shown))
        packet.time_base = shown.time_base
        packet.pts = shown.pts + round(times * self._length / shown.time_base)
        await asyncio.sleep(self._began + float(packet.pts * packet.time_base) - time.monotonic())
        self.sent += 1
        return packet


class Sender:
    """One page's second connection. `after`: letters before are not its own."""

    def __init__(
        self,
        plugin: VideoPlugin,
        call: Call,
        side: str,
        seconds: float | None = None,
        kinds: tuple[str, ...] = ("audio", "video"),
    ) -> None:
        self._post, self._call, self.side = plugin.calls.post, call, side
        self._box = call.to_client if side == "client" else call.to_agent
        self.tracks = [FilmTrack(kind, seconds) for kind in kinds]
        self.readies: list[int] = []
        self.answered, self.epoch = "", 0
        self.pc: RTCPeerConnection | None = None
        self._task = asyncio.create_task(self._listen())

    @property
    def over(self) -> bool:
        return all(track.over for track in self.tracks)

    @property
    def connected(self) -> bool:
        return self.pc is not None and self.pc.connectionState == "connected"

    async def say(self, **signal: Any) -> None:
        await self._post.send(self._call.to_recorder, {"side": self.side, "signal": signal})

    async def _listen(self) -> None:
        after = 0
        while True:
            for letter in await self._post.wait(self._box, after, 5):
                after = letter.number
                said = letter.said.get("copy", {})
                if said.get("ready") and said["epoch"] not in self.readies:
                    self.readies.append(said["epoch"])
                    await self._offer()
                elif "description" in said and said["epoch"] == self.epoch and self.pc is not None:
                    self.answered = said["description"]["sdp"]
                    await self.pc.setRemoteDescription(RTCSessionDescription(self.answered, "answer"))

    async def _offer(self) -> None:
        if self.pc is not None:
            await self.pc.close()
        self.pc, self.epoch = RTCPeerConnection(RTCConfiguration([])), secrets.randbits(30) + 1
        for track in self.tracks:
            self.pc.addTransceiver(track, direction="sendonly")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        description = {"type": "offer", "sdp": self.pc.localDescription.sdp}
        await self.say(description=description, epoch=self.epoch)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self.pc is not None:
            await self.pc.close()


async def connected_call(
    plugin: VideoPlugin, case: CaseRow, copy: str = "beside", agent: str = AGENT, connected: bool = True
) -> Call:
    """A call of which a copy is wanted, connected just now."""
    works = plugin.calls.works
    await works.put(case.company, case.id, KIND, "")
    work = await works.next(agent, [case.company], KIND, [""], LEASE, since=plugin.calls.clock() - PRESENT)
    assert work is not None
    begun = await plugin.calls.begin(work, "video", agent, "样本坐席", "F0000001", copy)
    assert begun is not None
    await plugin.copies.want(begun)
    made = await plugin.calls.connected(begun) if connected else begun
    assert made is not None
    return made


class Reeling:
    """A reel whose time is the test's."""

    def __init__(self, plugin: VideoPlugin, call: Call, clock: Callable[[], datetime], side: str = "client") -> None:
        self.now = 0.0
        self.reel = Reel(plugin.recordings, call.id, side, call.case, call.company, self.moment, lambda: self.now)
        self._began = clock()

    def moment(self) -> datetime:
        return self._began + timedelta(seconds=self.now)

    def show(self, seconds: float, rates: tuple[int, int] = (90_000, 48_000)) -> None:
        """Pictures and sound of a film, each at its time."""
        frames = [
            (float(packet.pts * packet.time_base), kind, rate, bytes(packet))
            for kind, rate in zip(("video", "audio"), rates, strict=True)
            for packet in FilmTrack(kind, seconds).packets
        ]
        begin = self.now
        for at, kind, rate, content in sorted(frames):
            self.now = begin + at
            self.reel.frame(kind, round(at * rate), content)
