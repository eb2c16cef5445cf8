"""Which video room a site uses: its own, peer to peer, or that of a vendor, whose page stands in a frame on both of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from banli.hooks import Clock
from banli_video.ice import Ice
from banli_video.rooms import PEER, FailingRoom, PeerRoom, SimulatedRoom, VideoRoom

GROUP = "banli_video.rooms"
"""Entry points of rooms that are installed: each names what makes one of `(options, clock)`."""
TRIALS: Mapping[str, Callable[[Mapping[str, Any], Clock], VideoRoom]] = {
    "simulated": lambda options, clock: SimulatedRoom(**{k: str(v) for k, v in options.items() if k == "address"}),
    "failing": lambda options, clock: FailingRoom(),
}


def schema() -> dict[str, Any]:
    """Of the setting `room`."""
    return {
        "type": "object", "additionalProperties": False, "required": ["name"],
        "description": "Whose room calls are held in; without it they go from browser to browser.",
        "properties": {
            "name": {
                "enum": [PEER, *TRIALS, *sorted(one.name for one in entry_points(group=GROUP))],
                "description": "peer: from browser to browser; or the name of a vendor's room that is installed.",
            },
            "origins": {
                "type": "array", "minItems": 1,
                "items": {"type": "string", "pattern": r"^https?://[A-Za-z0-9.\-\[\]:]+$"},
                "description": "Where the vendor's page comes from: only from there is it shown, with camera and microphone.",
            },
            "options": {"type": "object", "description": "What the vendor's room wants to know.", "additionalProperties": True},
        },
    }  # fmt: skip


def room_of(told: Mapping[str, Any], ice: Ice, clock: Clock) -> VideoRoom:
    """The one that the settings name. The checker has looked that there is one."""
    name, options = str(told.get("name", PEER)), dict(told.get("options", {}))
    if name in TRIALS:
        return TRIALS[name](options, clock)
    found = next((one for one in entry_points(group=GROUP) if one.name == name), None)
    if found is None:
        return PeerRoom(ice, clock)
    made: VideoRoom = found.load()(options, clock)
    return made


def trouble(told: Mapping[str, Any], demo: bool) -> str:
    """What an operator should know."""
    name = str(told.get("name", PEER))
    if name in TRIALS and not demo:
        return f"The video room '{name}' is for trials only. Name a vendor's under `room`, or leave it out."
    if name != PEER and not told.get("origins"):
        return "The setting `room` has no `origins`: no page of the vendor is shown."
    return ""
