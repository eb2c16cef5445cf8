"""An agent and the next client: who is taken, who is put back, how a call ends without a decision (R-133)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from banli.counters import Answer, Brief, Colleague, Work
from banli.errors import Problem
from banli.hooks import Unavailable
from banli_video.agents import WORKING, Agent
from banli_video.calls import GONE, KIND, LEASE, PRESENT, RELEASED, Call
from banli_video.copies import mode_of
from banli_video.rooms import PEER
from banli_video.script import script_of
from banli_video.step import VideoStep
from banli_video.waiting import held

if TYPE_CHECKING:
    from banli_video.plugin import VideoPlugin

FILM_LEASE = timedelta(minutes=2)
"""How long a film is held without a beat of the agent's page."""


class Serving:
    """What all agents' desks do with the lines."""

    def __init__(self, plugin: VideoPlugin) -> None:
        self._plugin = plugin

    async def current(self, agent: Agent) -> Call | None:
        """The call that the agent is in, after a page that was shut. One whose client has given the case up is none."""
        call = await self._plugin.calls.get(agent.call) if agent.call else None
        if call is None or call.ended is not None:
            return None
        work = await self._plugin.calls.works.get(call.work)
        return call if work is not None and not work.done else None

    async def brief(self, work: Work | None, who: Colleague) -> Brief | None:
        return await self._plugin.calls.works.brief(work, who.actor, who.language) if work is not None else None

    async def next(self, who: Colleague, kind: str) -> Answer:
        """The client who has waited longest in the agent's lines; or the film of one who has gone meanwhile."""
        plugin = self._plugin
        agent = await plugin.agents.get(who.actor)
        if agent is not None and (current := await self.current(agent)) is not None:
            return {"call": current.id}
        if agent is None or agent.state != WORKING:
            return Problem("", "video_begin_first")
        for company, queues in await self._by_turn(agent, who, kind):
            lease = LEASE if kind == KIND else FILM_LEASE
            while work := await plugin.calls.works.next(who.actor, (company,), kind, queues, lease, since=self.since(kind)):
                brief = await self.brief(work, who)
                if brief is None or brief.kind == VideoStep.name:
                    return await self._accept(who, agent, work, brief)
                await plugin.calls.works.leave(work)  # the client has gone back to another page, and comes again
        return Problem("", "video_nobody_waits")

    def since(self, kind: str) -> datetime:
        """Whom to take: a client must be there, a film is."""
        return self._plugin.home.clock() - (PRESENT if kind == KIND else timedelta(days=3650))

    async def _by_turn(self, agent: Agent, who: Colleague, kind: str) -> list[tuple[str, tuple[str, ...]]]:
        """The agent's companies with their lines; the one whose first client has the best right comes first."""
        chosen = ((company, tuple(filter(who.serves, (agent.queues or {}).get(company, ())))) for company in who.companies)
        if len(served := [(company, queues) for company, queues in chosen if queues]) < 2:
            return served
        now, firsts = self._plugin.home.clock(), []
        for company, queues in served:
            listed = await self._plugin.calls.works.queued(company, kind, queues, since=self.since(kind))
            waiting = [work for work in listed if not held(work, now)]
            if waiting:
                firsts.append((waiting[0].rank, waiting[0].since, company, queues))
        return [(company, queues) for _, _, company, queues in sorted(firsts)]

    async def _accept(self, who: Colleague, agent: Agent, work: Work, brief: Brief | None) -> Answer:
        """The agent holds this work: the client is called. Who lacks what the step asks of an agent puts it back."""
        plugin = self._plugin
        if brief is not None and script_of(brief.options).number and not agent.number:
            await plugin.calls.works.release(work, who.actor)
            return Problem("", "video_number_missing")
        call = None
        if brief is not None:
            copy = mode_of(brief.options) if plugin.room.kind == PEER else ""
            call = await plugin.calls.begin(work, brief.step, who.actor, agent.name, agent.number, copy)
        if call is None:
            await plugin.calls.works.release(work, who.actor)
            return Problem("", "video_nobody_waits")
        await plugin.agents.busy(who.actor, call.id)
        if work.kind == KIND:
            try:
                await plugin.room.create(call.id)
                await plugin.roomed.want(call)
            except Unavailable:
                await self.end(who, call, RELEASED)
                return Problem("", "video_room_silent")
            await plugin.copies.want(call)
            await plugin.level.answered(work, call)
        elif (film := await plugin.ledger.get("film", work.case)) is not None:
            told = film.document
            await plugin.recordings.adopt(call, str(told["file"]), str(told.get("type", "video/webm")), who.actor)
        return {"call": call.id}

    async def end(self, who: Colleague, call: Call, how: str) -> Answer:
        """Without a decision: the client does not come (`gone`), or stands first again (`released`)."""
        calls = self._plugin.calls
        if how not in (GONE, RELEASED):
            return None
        work = await calls.works.get(call.work)
        if work is not None and call.ended is None and work.holder == who.actor:
            if how == GONE:
                await calls.works.leave(work)
                await calls.end(call, GONE)
            else:
                await calls.works.release(work, who.actor)
                await calls.end(call, RELEASED)
        await self._plugin.office.close_room(call.id)
        await self._plugin.agents.busy(who.actor, "")
        return {"over": how}
