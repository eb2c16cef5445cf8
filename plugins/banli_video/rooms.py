"""Where the two meet: peer to peer as it comes with the product, or a vendor's video room behind the same few calls."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from banli.hooks import Clock, Unavailable
from banli_video.ice import Ice

CLIENT, AGENT = "client", "agent"
PEER, FRAME = "peer", "frame"


@dataclass(frozen=True, slots=True)
class Ready:
    """A recording that a room has made: its media type, its size, the SHA-256 that the vendor states, how long it is."""

    media_type: str
    bytes: int
    digest: str
    seconds: float


class VideoRoom(ABC):
    """A room for each call, named by the call's id. Every method may come twice, and may raise `Unavailable`. The agent's browser
    records what happens in it, unless it is a `RecordingRoom`."""

    kind: ClassVar[str] = ""
    """`peer`: the pages hold the call themselves, and `token` is what `new RTCPeerConnection` takes; `frame`: the vendor's page
    holds it in a frame, and `token` is `{"frame": its address}`."""

    @abstractmethod
    async def create(self, call: str) -> None:
        """The room is there from now on."""

    @abstractmethod
    async def token(self, call: str, side: str, name: str) -> Mapping[str, Any]:
        """What the page of one side (`client` or `agent`) needs to enter: JSON, of no use to anybody else and not for long.
        `name` is what the other side may read."""

    @abstractmethod
    async def close(self, call: str) -> None:
        """Nobody can enter any more."""


class RecordingRoom(VideoRoom):
    """A room that records by itself; what it has made is fetched once `on_record_ready` has something."""

    @abstractmethod
    async def start_record(self, call: str) -> None:
        """From now on all is kept."""

    @abstractmethod
    async def on_record_ready(self, call: str) -> Ready | None:
        """What was kept, once the room is closed and it is whole; None: not yet."""

    @abstractmethod
    def content(self, call: str) -> AsyncIterator[bytes]:
        """The bytes of what `on_record_ready` told of, in pieces."""


class PeerRoom(VideoRoom):
    """Built in: nothing in between but STUN and TURN. The agent's browser records."""

    kind = "peer"

    def __init__(self, ice: Ice, clock: Clock) -> None:
        self._ice, self._clock = ice, clock

    async def create(self, call: str) -> None:
        """There is nothing to make."""

    async def token(self, call: str, side: str, name: str) -> Mapping[str, Any]:
        return self._ice.configuration(self._clock(), call)

    async def close(self, call: str) -> None:
        """The passwords end by themselves."""


class SimulatedRoom(RecordingRoom):
    """A vendor's room in memory, for trials: it keeps what `film` puts into it. Its page (`trial_room`) stands at `address`."""

    kind = "frame"

    def __init__(self, address: str = "https://room.invalid") -> None:
        self._address = address.rstrip("/")
        self.open: dict[str, set[str]] = {}
        self._films: dict[str, list[bytes]] = {}
        self._recording: set[str] = set()

    async def create(self, call: str) -> None:
        self.open.setdefault(call, set())

    async def token(self, call: str, side: str, name: str) -> Mapping[str, Any]:
        if call not in self.open:
            raise Unavailable("video_room_closed")
        self.open[call].add(side)
        told = {"room": call, "side": side, "pass": hashlib.sha256(f"{call} {side}".encode()).hexdigest()}
        return {"frame": f"{self._address}/?{urlencode(told)}"}

    async def start_record(self, call: str) -> None:
        self._recording.add(call)

    def film(self, call: str, content: bytes) -> None:
        """What the cameras see, while it is recorded."""
        if call in self._recording and call in self.open:
            self._films.setdefault(call, []).append(content)

    async def on_record_ready(self, call: str) -> Ready | None:
        if call in self.open or call not in self._films:
            return None
        whole = b"".join(self._films[call])
        return Ready("video/webm", len(whole), hashlib.sha256(whole).hexdigest(), len(self._films[call]) * 1.0)

    async def content(self, call: str) -> AsyncIterator[bytes]:
        for piece in self._films.get(call, ()):
            yield piece

    async def close(self, call: str) -> None:
        self.open.pop(call, None)


class FailingRoom(RecordingRoom):
    """The twin that never answers."""

    kind = "frame"

    async def create(self, call: str) -> None:
        raise Unavailable("video_room_silent")

    async def token(self, call: str, side: str, name: str) -> Mapping[str, Any]:
        raise Unavailable("video_room_silent")

    async def start_record(self, call: str) -> None:
        raise Unavailable("video_room_silent")

    async def on_record_ready(self, call: str) -> Ready | None:
        raise Unavailable("video_room_silent")

    async def content(self, call: str) -> AsyncIterator[bytes]:
        raise Unavailable("video_room_silent")
        yield b""

    async def close(self, call: str) -> None:
        raise Unavailable("video_room_silent")


async def room_conforms(room: VideoRoom, call: str = "trial.1") -> None:
    """What every room must do; an integrator runs it against their own. Raises AssertionError with a sentence.

    For a room that records, something has to be filmed between the tokens and `close` for a recording to come of it.
    """
    import json

    _hold(room.kind in (PEER, FRAME), "A room has a kind that the pages know.")
    await room.create(call)
    await room.create(call)
    tokens = {side: await room.token(call, side, "Agent (sample)") for side in (CLIENT, AGENT)}
    for side, token in tokens.items():
        _hold(json.loads(json.dumps(dict(token))) == dict(token), f"The token of the {side} is JSON.")
        if room.kind == "frame":
            _hold(str(token.get("frame", "")).startswith(("https://", "http://127.0.0.1")), "A page is named for the frame.")
    if room.kind == "frame":
        _hold(tokens[CLIENT] != tokens[AGENT], "Each side has a token of its own.")
    if isinstance(room, RecordingRoom):
        await room.start_record(call)
        await room.start_record(call)
        _hold(await room.on_record_ready(call) is None, "While the room is open, no recording is ready.")
    await room.close(call)
    await room.close(call)
    if not isinstance(room, RecordingRoom) or (ready := await room.on_record_ready(call)) is None:
        return
    digest, size = hashlib.sha256(), 0
    async for piece in room.content(call):
        digest.update(piece)
        size += len(piece)
    _hold((size, digest.hexdigest()) == (ready.bytes, ready.digest), "The bytes are those that the room has told of.")


def _hold(truth: bool, sentence: str) -> None:
    if not truth:
        raise AssertionError(sentence)
