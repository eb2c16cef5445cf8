"""The plugin: its settings, the step `video`, the client's side of it and the desk's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import structlog

from banli.counters import CaseFiles, Colleague, Counter, Pointer
from banli.hooks import Attendant, Home, Ledger, Plugin
from banli.steps import StepKind
from banli_video import ice, remux, vendors
from banli_video.agents import Agents
from banli_video.calls import Calls
from banli_video.client import Witnessing
from banli_video.copies import Copies
from banli_video.desk import AgentDesk
from banli_video.desk_words import DESK_WORDS
from banli_video.films import Films
from banli_video.ice import Ice
from banli_video.level import ServiceLevel
from banli_video.queueing import Office
from banli_video.ranks import Ranks
from banli_video.recorded import Recorded
from banli_video.recording import Recordings
from banli_video.retention import Retention
from banli_video.roomed import RoomRecordings
from banli_video.rooms import VideoRoom
from banli_video.step import VideoStep
from banli_video.supervising import Supervising
from banli_video.upkeep import Upkeep
from banli_video.waiting import Board
from banli_video.watching import Watching
from banli_video.words import CLIENTS


def _(msgid: str) -> str:
    return msgid


class VideoPlugin(Plugin):
    name = "banli_video"
    options: ClassVar[Mapping[str, Any]] = {
        "ice": ice.SCHEMA,
        "room": vendors.schema(),
        "grace": {
            "type": "integer", "minimum": 10, "maximum": 3600, "default": 120,
            "description": "Seconds for which the place of a client who is away is kept.",
        },
        "count_in_call": {
            "type": "boolean", "default": False,
            "description": "Whether those who are in a call count as people in the queue.",
        },
        "retention_years": {
            "type": "integer", "minimum": 1, "maximum": 100, "default": 20,
            "description": "How long recordings are kept after a case has closed.",
        },
        "retention_of": {
            "type": "object", "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 100},
            "description": "The years of companies for which it is another time, by the company's code.",
        },
    }  # fmt: skip
    words: ClassVar[Mapping[str, str]] = {**CLIENTS, **DESK_WORDS}

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self.grace = timedelta(seconds=int(options.get("grace", 120)))
        self.calls, self.ice = Calls(home), Ice(options.get("ice", {}))
        self.ranks = Ranks(lambda: self.calls.ledger, home.clock, lambda case: self.files.closed(case))
        self.board = Board(self.calls, self.grace, count_in_call=bool(options.get("count_in_call", False)))
        self.room: VideoRoom = vendors.room_of(options.get("room", {}), self.ice, home.clock)
        self.office = Office(self.calls, self.board, self.ranks, self.room, self.grace)
        self.agents, self.level = Agents(home), ServiceLevel(home)
        self.recordings = Recordings(home, self.calls)
        self.recorded = Recorded(self.calls, self.ranks, Films(home, self.recordings))
        self.copies = Copies(home, self.calls, self.recordings)
        years = int(options.get("retention_years", 20))
        self.retention = Retention(home, self.recordings, years, options.get("retention_of", {}))
        self.roomed = RoomRecordings(home, self.calls, self.recordings, self.room)
        self.upkeep = Upkeep(self.recordings, self.copies, self.roomed)

    @property
    def ledger(self) -> Ledger:
        return self.calls.ledger

    @property
    def files(self) -> CaseFiles:
        if self.home.files is None:
            raise RuntimeError("The video plugin needs a running application.")
        return self.home.files

    def steps(self) -> Sequence[StepKind]:
        return (VideoStep(),)

    def attendants(self) -> Sequence[Attendant]:
        return (Witnessing(self.office, self.recorded),)

    def counters(self) -> Sequence[Counter]:
        return (AgentDesk(self), Supervising(self), Watching(self))

    async def shown_at_desk(self, case: str) -> Sequence[Pointer]:
        """The calls of a case, with the way to their recordings."""
        return [
            Pointer(
                _("Video call of {minutes} min") if call.connected is not None else _("Film of the client"),
                f"/desk/video-recordings/watch?call={call.id}", call.began,
                _("with {agent}"), {"minutes": max(1, round(call.seconds(self.home.clock()) / 60)), "agent": call.agent_name},
            )
            for call in await self.calls.of(case) if call.connected is not None or call.recording
        ]  # fmt: skip

    async def rehearse(self, staff: Sequence[Colleague]) -> None:
        """The sample agents have practising certificate numbers, which are made up."""
        agents = [who for who in staff if "video" in who.rights]
        for place, who in enumerate(agents, 1):
            if not (await self.agents.come(who)).number:
                await self.agents.appoint(who.actor, who.companies[0], f"F00000{place:02}", None)

    def frames(self) -> Sequence[str]:
        """A vendor's page, on the client's page and the agent's."""
        return tuple(self.settings.get("room", {}).get("origins", ()))

    async def sweep(self) -> Mapping[str, int]:
        """Recordings that need not be kept any more go, company by company."""
        done = [await self.retention.sweep(company, self.files.closed) for company in self.home.firms()]
        return {"erased": sum(len(one.erased) for one in done), "held": sum(one.held for one in done)}

    async def start(self) -> None:
        if not remux.available():
            structlog.get_logger("banli.video").warning("recordings are kept as browsers send them: install banli[video]")
        self.upkeep.start()

    async def stop(self) -> None:
        await self.upkeep.stop()

    async def check(self) -> str:
        return vendors.trouble(self.settings.get("room", {}), self.home.demo) or self.ice.trouble()
