"""Supervisors: lines, waits and agents at a glance, live; a client to another line, a call ended, an agent's number."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from banli.counters import Answer, Colleague, Counter, Shown, Wire, Work
from banli.errors import Problem
from banli_video.agents import Agent
from banli_video.branches import houses
from banli_video.calls import KIND, STOPPED

if TYPE_CHECKING:
    from banli_video.plugin import VideoPlugin

LOOK = 2.0
GOAL = 60
"""Seconds: the service level is the share of clients who were called within this time."""


def _(msgid: str) -> str:
    return msgid


class Supervising(Counter):
    path: ClassVar[str] = "video-watch"
    right: ClassVar[str] = "supervise"
    title: ClassVar[str] = _("Video supervision")

    def __init__(self, plugin: VideoPlugin) -> None:
        self._plugin = plugin

    async def page(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Shown | None:
        if path:
            return None
        values = {"companies": list(houses(self._plugin.home, who.companies).values()), "goal": GOAL, "now": await self.now(who)}
        return Shown("desk_watch", _("Video supervision"), values, ("video_watch",))

    async def talk(self, who: Colleague, path: str, wire: Wire) -> None:
        told: Mapping[str, Any] = {}
        while True:
            now = await self.now(who)
            if now != told:
                await wire.say({"k": "now", **now, "at": self._plugin.home.clock().isoformat()})
                told = now
            if await wire.hear(LOOK) is not None:
                await asyncio.sleep(0.2)

    async def now(self, who: Colleague) -> dict[str, Any]:
        """All that the page shows. Nothing of a client but how long they have waited."""
        clock = self._plugin.home.clock()
        agents = await self._plugin.agents.all(who.companies)
        names = {agent.actor: agent.name for agent in agents}
        companies = []
        for house in houses(self._plugin.home, who.companies).values():
            works = await self._plugin.calls.works.queued(house.id, KIND, (), since=clock - self._plugin.grace)
            level = await self._plugin.level.of(house.id, clock)
            codes = (*house.queues, *sorted({work.queue for work in works} - set(house.queues)))
            companies.append(
                {
                    "id": house.id, "name": house.name,
                    "level": {"answered": level.answered, "average": round(level.average), "share": round(level.within(GOAL), 3)},
                    "queues": [
                        {
                            "code": code, "title": house.title(code),
                            "waiting": [
                                {"work": work.id, "since": work.since.isoformat(), "rank": work.rank}
                                for work in works if work.queue == code and not self._held(work)
                            ],
                            "served": [names.get(work.holder, "") for work in works if work.queue == code and self._held(work)],
                        }
                        for code in codes
                    ],
                }
            )  # fmt: skip
        return {"companies": companies, "agents": [await self._agent(agent) for agent in agents]}

    def _held(self, work: Work) -> bool:
        return bool(work.holder) and work.until is not None and work.until > self._plugin.home.clock()

    async def _agent(self, agent: Agent) -> dict[str, Any]:
        call = await self._plugin.calls.get(agent.call) if agent.call else None
        going = call is not None and call.ended is None
        return {
            "actor": agent.actor, "name": agent.name, "number": agent.number, "state": agent.shown(self._plugin.home.clock()),
            "since": agent.since.isoformat() if agent.since is not None else "",
            "queues": {company: list(codes) for company, codes in (agent.queues or {}).items()},
            "may": {company: list(codes) for company, codes in (agent.may or {}).items()},
            "companies": list(agent.companies),
            "call": call.id if call is not None and going else "",
            "began": call.began.isoformat() if call is not None and going else "",
        }  # fmt: skip

    async def call(self, who: Colleague, path: str, said: Mapping[str, Any]) -> Answer:
        match path:
            case "move":
                return await self._move(who, str(said.get("work", ""))[:120], str(said.get("queue", ""))[:80])
            case "end":
                return await self._end(who, str(said.get("call", ""))[:120])
            case "appoint":
                return await self._appoint(who, said)
        return None

    async def _move(self, who: Colleague, id: str, queue: str) -> Answer:
        """Who has waited keeps the time that they have waited."""
        works = self._plugin.calls.works
        work = await works.get(id)
        if work is None or work.kind != KIND or work.company not in who.companies:
            return None
        if queue not in houses(self._plugin.home, (work.company,))[work.company].queues:
            return Problem("queue", "video_queue_unknown")
        if work.done:
            return Problem("", "video_gone")
        if await works.move(work, queue, work.rank) is None:
            return Problem("", "video_held")
        await works.note(work.case, who.actor, "video.moved", {"from": work.queue, "to": queue})
        return {}

    async def _end(self, who: Colleague, id: str) -> Answer:
        calls = self._plugin.calls
        call = await calls.get(id)
        if call is None or call.company not in who.companies:
            return None
        if call.ended is not None:
            return Problem("", "video_over")
        work = await calls.works.get(call.work)
        if work is not None and not work.done:
            await calls.works.leave(work)
        await calls.end(call, STOPPED)
        await self._plugin.office.close_room(call.id)
        await calls.works.note(call.case, who.actor, "video.stopped", {"call": call.id})
        await self._plugin.agents.busy(call.agent, "")
        return {}

    async def _appoint(self, who: Colleague, said: Mapping[str, Any]) -> Answer:
        company, number, queues = str(said.get("company", "")), said.get("number"), said.get("queues")
        if company not in who.companies:
            return None
        known = houses(self._plugin.home, (company,))[company].queues
        chosen = [str(code) for code in queues if code in known] if isinstance(queues, list) else None
        if chosen is not None and set(chosen) == set(known):
            chosen = list(known)
        kept = await self._plugin.agents.appoint(
            str(said.get("agent", ""))[:120], company, number if isinstance(number, str) else None, chosen
        )
        return kept if isinstance(kept, Problem) else {"number": kept.number}
