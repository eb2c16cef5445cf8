"""Pages that send to the recorder, without a browser: aiortc's own end with a film that is encoded already."""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from collections.abc import Callable
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from film_kit import film

from banli.store import CaseRow
from banli_video import VideoPlugin
from banli_video.calls import KIND, LEASE, PRESENT, Call

AGENT = "staff:a"
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
    """What a camera or a microphone sends, once through; the last of it again and again as long as somebody listens."""

    def __init__(self, kind: str, seconds: float, pitch: int = 440) -> None:
        super().__init__()
        self.kind = kind
        with av.open(io.BytesIO(film(seconds, pitch))) as container:
            self._packets = [packet for packet in container.demux(**{kind: 0}) if packet.size]
        self._began = 0.0
        self.sent = 0

    @property
    def over(self) -> bool:
        return self.sent >= len(self._packets)

    async def recv(self) -> Any:
        self._began = self._began or time.monotonic()
        if self.over:
            await asyncio.sleep(3600)
        packet = self._packets[self.sent]
        await asyncio.sleep(self._began + float(packet.pts * packet.time_base) - time.monotonic())
        self.sent += 1
        return packet


class Sender:
    """One page's second connection. `after`: letters before are not its own."""

    def __init__(
        self, plugin: VideoPlugin, call: Call, side: str, seconds: float, kinds: tuple[str, ...] = ("audio", "video")
    ) -> None:
        self._post, self._call, self.side = plugin.calls.post, call, side
        self._box = call.to_client if side == "client" else call.to_agent
        self.tracks = [FilmTrack(kind, seconds) for kind in kinds]
        self.readies: list[int] = []
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
                    await self.pc.setRemoteDescription(RTCSessionDescription(said["description"]["sdp"], "answer"))

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


async def connected_call(plugin: VideoPlugin, case: CaseRow, copy: str = "beside", agent: str = AGENT) -> Call:
    """A call that is connected just now and of which a copy is wanted."""
    works = plugin.calls.works
    await works.put(case.company, case.id, KIND, "")
    work = await works.next(agent, [case.company], KIND, [""], LEASE, since=plugin.calls.clock() - PRESENT)
    assert work is not None
    begun = await plugin.calls.begin(work, "video", agent, "样本坐席", "F0000001", copy)
    assert begun is not None
    await plugin.copies.want(begun)
    connected = await plugin.calls.connected(begun)
    assert connected is not None
    return connected
