"""One browser's connection to the recorder: gets what it has encoded, and decodes nothing."""

from __future__ import annotations

import asyncio
import queue
import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from aiortc.sdp import candidate_from_sdp

from banli_video.recorder.webm import AUDIO, VIDEO

Take = Callable[[str, int, bytes], None]
"""Kind, the sender's time stamp, what was encoded."""
KEPT = {AUDIO: "audio/opus", VIDEO: "video/vp8"}
"""What every browser can send (RFC 7742, RFC 7874); it is asked for nothing else."""
MOST_CANDIDATES = 80
_LOCAL = re.compile(r"^a=candidate:.*\.local .*\r?\n?", re.MULTILINE)
"""Names that only the neighbours of a browser know."""


class Unfit(Exception):
    """An offer that is none for a recorder."""


class _Tap(queue.Queue[Any]):
    """Stands where a decoder would wait for its work: the work goes elsewhere, and the decoder only hears that it is over."""

    def __init__(self, take: Callable[[int, bytes], None]) -> None:
        super().__init__()
        self._take = take

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item is None:
            super().put(item, block, timeout)
        else:
            _, frame = item
            self._take(int(frame.timestamp), bytes(frame.data))


class Inlet:
    """`answer` once, `candidate` as often as the browser finds a way, `close` at the end."""

    def __init__(self, ice: Mapping[str, Any], take: Take) -> None:
        self._take, self._candidates = take, 0
        self.open = True
        self._pc = RTCPeerConnection(_configuration(ice))
        self._receivers: dict[str, RTCRtpReceiver] = {}
        for kind, wanted in KEPT.items():
            transceiver = self._pc.addTransceiver(kind, direction="recvonly")
            able = RTCRtpReceiver.getCapabilities(kind)
            assert able is not None
            transceiver.setCodecPreferences([one for one in able.codecs if one.mimeType.lower() in (wanted, "video/rtx")])
            self._receivers[kind] = transceiver.receiver
            _tap(transceiver.receiver, self._taker(kind))

    def _taker(self, kind: str) -> Callable[[int, bytes], None]:
        def take(stamp: int, content: bytes) -> None:
            if self.open:
                self._take(kind, stamp, content)

        return take

    @property
    def lost(self) -> bool:
        return self._pc.connectionState in ("failed", "closed")

    async def answer(self, sdp: str) -> str:
        """What the browser is told. Raises `Unfit`, or what aiortc makes of an offer that anybody may have written."""
        lines = sdp.splitlines()
        kinds = [line[2:].partition(" ")[0] for line in lines if line.startswith("m=")]
        if not kinds or len(kinds) != len(set(kinds)) or not set(kinds) <= set(KEPT):
            raise Unfit("media")
        if sum(line.startswith("a=candidate:") for line in lines) > MOST_CANDIDATES:
            raise Unfit("candidates")
        await self._pc.setRemoteDescription(RTCSessionDescription(_LOCAL.sub("", sdp), "offer"))
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return str(self._pc.localDescription.sdp)

    async def candidate(self, told: Mapping[str, Any]) -> None:
        text = str(told.get("candidate", ""))
        self._candidates += 1
        if not text or ".local " in text or self._candidates > MOST_CANDIDATES:
            return
        found = candidate_from_sdp(text.removeprefix("candidate:"))
        found.sdpMid, found.sdpMLineIndex = told.get("sdpMid"), told.get("sdpMLineIndex")
        if found.sdpMid is not None or found.sdpMLineIndex is not None:
            await self._pc.addIceCandidate(found)

    async def ask_key(self) -> None:
        """Asks for a picture that needs none before it: from there the film can be searched."""
        receiver = self._receivers[VIDEO]
        for source in receiver.getSynchronizationSources():
            await receiver._send_rtcp_pli(source.source)

    async def close(self) -> None:
        self.open = False
        try:
            async with asyncio.timeout(5):
                await self._pc.close()
        except Exception as problem:  # what is left of a connection must not end the others
            structlog.get_logger("banli.video").warning("recorder", closing=type(problem).__name__)


def _tap(receiver: RTCRtpReceiver, take: Callable[[int, bytes], None]) -> None:
    """aiortc has no way of its own to frames that are not decoded: this is the one place that knows its inside."""
    if not hasattr(receiver, "_RTCRtpReceiver__decoder_queue"):
        raise RuntimeError("This aiortc is another one than the recorder knows; see the extra `video` in pyproject.toml.")
    setattr(receiver, "_RTCRtpReceiver__decoder_queue", _Tap(take))  # noqa: B010 - mypy and mangling


def _configuration(ice: Mapping[str, Any]) -> RTCConfiguration:
    servers = [RTCIceServer(list(one["urls"]), one.get("username"), one.get("credential")) for one in ice.get("iceServers", ())]
    relay = ice.get("iceTransportPolicy") == "relay"
    return RTCConfiguration(servers, RTCIceTransportPolicy.RELAY if relay else RTCIceTransportPolicy.ALL)
