"""The agent decides: the client passes, or goes back to the pages that are wrong (R-137, R-139, C-30)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from banli.counters import Answer, Brief, Colleague, Work
from banli.errors import Problem
from banli_video.asked import number_of
from banli_video.calls import PASSED, SENT_BACK, Call
from banli_video.copies import REQUIRED
from banli_video.rooms import RecordingRoom
from banli_video.script import WITHOUT, Script, script_of

if TYPE_CHECKING:
    from banli_video.plugin import VideoPlugin

LONGEST_REMARK = 500


class Deciding:
    """Nothing is decided without its recording, and nothing over data that the agent has not seen."""

    def __init__(self, plugin: VideoPlugin) -> None:
        self._plugin = plugin

    async def _recorded(self, call: Call, script: Script, said: Mapping[str, Any]) -> str | Problem:
        """Why this is decided without a whole recording ("": there is one), or why it cannot be decided."""
        if script.recording == "none" or (isinstance(self._plugin.room, RecordingRoom) and call.connected is not None):
            return ""  # what a vendor's room records is fetched once it is closed
        recording = await self._plugin.recordings.get(call.id)
        whole = recording is not None and recording.whole
        if recording is not None and whole and not recording.short:
            return ""
        if not whole and script.recording == "required":
            return Problem("", "video_recording_missing")
        without = str(said.get("without", ""))
        return without if without in WITHOUT else Problem("without", "video_say_why_without")

    async def _copied(self, call: Call) -> Problem | None:
        """Why the site's own copy does not let this be decided; what is on its way is waited for."""
        if call.more.get("copy") != REQUIRED or call.connected is None:
            return None
        return await self._plugin.copies.awaited(call)

    async def let_pass(self, who: Colleague, call: Call, work: Work, brief: Brief, said: Mapping[str, Any]) -> Answer:
        script = script_of(brief.options)
        if call.connected is None and brief.options.get("mode") != "recorded":
            return Problem("", "video_never_connected")
        if brief.step != call.step:
            return Problem("", "video_changed")  # the client has gone back to another page
        now = await self._plugin.calls.get(call.id) or call
        if (problem := script.missing(now.answers, now.snapshots)) is not None:
            return problem
        without = await self._recorded(call, script, said)
        if isinstance(without, Problem):
            return without
        if (lacks := await self._copied(call)) is not None:
            return lacks
        recording = await self._plugin.recordings.get(call.id)
        result = {
            "call": call.id, "agent": who.actor, "number": call.number, "at": self._plugin.home.clock().isoformat(),
            "recording": recording.digest if recording is not None else "", "questions": dict(now.answers),
            "snapshots": dict(now.snapshots),
        }  # fmt: skip
        problem = await self._plugin.calls.works.passed(work, who.actor, call.step, result, number_of(said.get("seen")))
        if problem is not None:
            return _seen(problem)
        await self._plugin.ranks.unbook(call.case)
        await self._decided(who, call, PASSED, without)
        return {"over": PASSED}

    async def send_back(self, who: Colleague, call: Call, work: Work, brief: Brief, said: Mapping[str, Any]) -> Answer:
        """R-137: the reasons say to which pages; several at once are fine (C-30)."""
        told = said.get("reasons")
        reasons = [one[:80] for one in told[:100] if isinstance(one, str)] if isinstance(told, list) else []
        remark = str(said.get("remark", "")).replace("\r\n", "\n").strip()
        if len(remark) > LONGEST_REMARK:
            return Problem("remark", "too_long", {"most": LONGEST_REMARK})
        without = ""
        if call.connected is not None:
            why = await self._recorded(call, script_of(brief.options), said)
            if isinstance(why, Problem):
                return why
            if (lacks := await self._copied(call)) is not None:
                return lacks
            without = why
        works = self._plugin.calls.works
        problem = await works.sent_back(work, who.actor, call.step, reasons, remark, number_of(said.get("seen")))
        if problem is not None:
            return _seen(problem)
        await self._decided(who, call, SENT_BACK, without)
        return {"over": SENT_BACK}

    async def _decided(self, who: Colleague, call: Call, why: str, without: str) -> None:
        calls = self._plugin.calls
        if without:
            await calls.works.note(call.case, who.actor, "video.unrecorded", {"call": call.id, "why": without})
        await calls.end(call, why)
        await self._plugin.office.close_room(call.id)
        await self._plugin.agents.busy(who.actor, "")


def _seen(problem: Problem) -> Problem:
    """In an agent's words."""
    told = {"changed_meanwhile": "video_changed", "not_held": "video_over", "step_not_open": "video_changed"}
    return Problem(problem.at, told.get(problem.code, problem.code), problem.params, problem.text)
