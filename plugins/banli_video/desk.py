"""The agent's desk: which lines they serve, the next client, the call with its script, the decision (R-133 to R-137)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from banli.counters import Answer, Brief, Colleague, Counter, Shown, Stream, Wire
from banli.errors import Problem
from banli.hooks import Unavailable
from banli.pictures import Darkroom
from banli_video.agents import OFF, Agent
from banli_video.asked import counts_of, number_of, queues_of
from banli_video.branches import House, houses
from banli_video.calls import GONE, KIND, REVIEW, Call
from banli_video.deciding import Deciding
from banli_video.lines import AgentLine
from banli_video.pieces import Recording
from banli_video.rooms import AGENT
from banli_video.script import LONGEST_NOTES, Script, script_of
from banli_video.serving import FILM_LEASE, Serving
from banli_video.waiting import held

if TYPE_CHECKING:
    from banli_video.plugin import VideoPlugin

LOOK = 2.0
"""Seconds after which the page is told of the line again."""
MOST_SNAPSHOT = 4 * 1024 * 1024


def _(msgid: str) -> str:
    return msgid


class AgentDesk(Counter):
    path: ClassVar[str] = "video"
    right: ClassVar[str] = "video"
    title: ClassVar[str] = _("Video calls")

    def __init__(self, plugin: VideoPlugin) -> None:
        self._plugin, self._serving, self._deciding, self._darkroom = plugin, Serving(plugin), Deciding(plugin), Darkroom()

    # ------------------------------------------------------------------ pages

    async def page(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Shown | None:
        plugin = self._plugin
        if path == "":
            agent = await plugin.agents.come(who)
            values = {
                "agent": agent, "working": agent.state != OFF, "companies": self._companies(who, agent),
                "current": await self._serving.current(agent), "number_needed": not agent.number,
                "done": asked.get("said", ""),
            }  # fmt: skip
            return Shown("desk_begin", _("Video calls"), values, ("video_desk",))
        call = await self._own(who, asked.get("call", "")) if path == "call" else None
        if call is None or call.ended is not None:
            return Shown("desk_over", _("Video call"), {"call": call}) if path == "call" else None
        now = plugin.home.clock()
        try:
            token = await plugin.room.token(call.id, AGENT, call.agent_name)
        except Unavailable:
            return Shown("desk_over", _("Video call"), {"call": call, "silent": True})
        values = {
            "call": call, "seconds": call.seconds(now), "film": await self._is_film(call), "now": now,
            "ice": token, "frame": token.get("frame", ""),
        }  # fmt: skip
        return Shown("desk_call", _("Video call"), values, ("video_desk_call",))

    async def _own(self, who: Colleague, said: object) -> Call | None:
        """A call of theirs, of a company for which they may still take calls."""
        call = await self._plugin.calls.get(str(said))
        return call if call is not None and call.agent == who.actor and call.company in who.companies else None

    async def _is_film(self, call: Call) -> bool:
        work = await self._plugin.calls.works.get(call.work)
        return work is not None and work.kind == REVIEW

    def _companies(self, who: Colleague, agent: Agent) -> list[dict[str, Any]]:
        found = []
        for house in houses(self._plugin.home, who.companies).values():
            may = (agent.may or {}).get(house.id)
            queues = [
                {"code": code, "title": house.title(code), "chosen": agent.serves(house.id, code)}
                for code in house.queues if who.serves(code) and (may is None or code in may)
            ]  # fmt: skip
            found.append({"id": house.id, "name": house.name, "queues": queues})
        return found

    # ------------------------------------------------------------------ what the pages' scripts ask

    async def call(self, who: Colleague, path: str, said: Mapping[str, Any]) -> Answer:
        agents = self._plugin.agents
        match path:
            case "begin":
                begun = await agents.begin(who, queues_of(said.get("queues")))
                return begun if isinstance(begun, Problem) else {"state": begun.state}
            case "pause" | "resume" | "leave":
                agent = await {"pause": agents.pause, "resume": agents.resume, "leave": agents.leave}[path](who)
                return {"state": agent.state if agent is not None else OFF}
            case "next" | "next-film":
                return await self._serving.next(who, KIND if path == "next" else REVIEW)
        call = await self._own(who, said.get("call"))
        if call is None:
            return None
        return await self._in_call(who, call, path, said)

    async def _in_call(self, who: Colleague, call: Call, path: str, said: Mapping[str, Any]) -> Answer:
        recordings = self._plugin.recordings
        match path:
            case "record":
                if call.ended is not None:
                    return Problem("", "video_over")
                begun = await recordings.begin(call.id, call.case, call.company, str(said.get("type", ""))[:100])
                return begun if isinstance(begun, Problem) else {"segment": begun}
            case "stop":
                await recordings.stop(call.id, number_of(said.get("segment")))
                return {}
            case "recorded":
                kept = await recordings.finish(call.id, who.actor, counts_of(said.get("segments")))
                return kept if isinstance(kept, Problem) else _about(kept)
            case "end":
                return await self._serving.end(who, call, str(said.get("how", "")))
            case "beat":
                return await self._beat(who, call)
        work = await self._plugin.calls.works.get(call.work)
        brief = await self._serving.brief(work, who)
        if work is None or brief is None or call.ended is not None:
            if work is not None and work.done and await self._plugin.files.closed(call.case) is not None:
                await self._plugin.calls.end(call, GONE)  # the client has given the case up
            return Problem("", "video_over")
        match path:
            case "brief":
                return await self._shown(call, brief, said)
            case "keep":
                return await self._keep(call, script_of(brief.options), said)
            case "pass":
                return await self._deciding.let_pass(who, call, work, brief, said)
            case "send-back":
                return await self._deciding.send_back(who, call, work, brief, said)
        return None

    # ------------------------------------------------------------------ during the call

    async def _beat(self, who: Colleague, call: Call) -> Answer:
        """Holds a film for as long as its page is open; a call has its wire for that."""
        works = self._plugin.calls.works
        work = await works.get(call.work)
        kept = await works.hold(work, who.actor, FILM_LEASE) if work is not None and work.kind == REVIEW else None
        return {} if kept is not None and kept.holder == who.actor else Problem("", "video_over")

    async def _shown(self, call: Call, brief: Brief, said: Mapping[str, Any]) -> Answer:
        """The case for the page; `{"same": true}` while nothing has changed since the revision that it shows."""
        if number_of(said.get("seen")) == brief.revision:
            return {"same": True, "revision": brief.revision}
        script = script_of(brief.options)
        recording = await self._plugin.recordings.get(call.id)
        return {
            "revision": brief.revision, "number": brief.number, "business": brief.business, "client": brief.client,
            "lines": [
                {"title": line.title, "before": list(line.before), "after": list(line.after), "changed": line.changed}
                for line in brief.lines
            ],
            "photos": [{"title": sheet.title, "file": sheet.file} for sheet in brief.photos],
            "reasons": [{"id": why.id, "text": why.text, "pages": list(why.pages)} for why in brief.reasons],
            "questions": [
                {"id": one.id, "text": one.text, "answers": [list(pair) for pair in one.answers.items()], "must": one.must}
                for one in script.questions
            ],
            "slots": [{"id": s.id, "title": s.title, "hint": s.hint, "optional": s.optional} for s in script.slots],
            "recording": script.recording, "kept": _about(recording) if recording is not None else None,
            "minutes": script.minutes, "digits": await self._digits(call, brief),
            "answers": dict(call.answers), "snapshots": dict(call.snapshots),
            "notes": str(call.more.get("notes", "")),
        }  # fmt: skip

    async def _digits(self, call: Call, brief: Brief) -> str:
        """What the client had to read aloud in a film; "" in a call."""
        film = await self._plugin.ledger.get("film", call.case) if brief.options.get("mode") == "recorded" else None
        return str(film.document["digits"]) if film is not None else ""

    async def _keep(self, call: Call, script: Script, said: Mapping[str, Any]) -> Answer:
        """Answers and notes as they are ticked and written: a page that is shut loses none."""
        notes = said.get("notes")
        if isinstance(notes, str) and len(notes) > LONGEST_NOTES:
            return Problem("notes", "too_long", {"most": LONGEST_NOTES})
        written = notes if isinstance(notes, str) else call.more.get("notes", "")
        await self._plugin.calls.keep(call, answers=script.answered(said.get("answers")), notes=written)
        return {}

    async def take(self, who: Colleague, path: str, said: Mapping[str, str], content: bytes) -> Answer:
        call = await self._own(who, said.get("call"))
        if call is None:
            return None
        if path == "chunk":
            numbers = [said.get(name, "") for name in ("segment", "index", "offset")]
            if not all(text.isascii() and text.isdigit() and len(text) < 12 for text in numbers):
                return Problem("", "video_chunk_broken")
            segment, index, offset = map(int, numbers)
            return await self._plugin.recordings.take(call.id, segment, index, offset, said.get("digest", ""), content)
        if path == "snapshot":
            return await self._snapshot(who, call, said.get("slot", ""), content)
        return None

    async def _snapshot(self, who: Colleague, call: Call, slot: str, content: bytes) -> Answer:
        """A picture of the client into its slot; one taken before goes (R-135)."""
        calls = self._plugin.calls
        brief = await self._serving.brief(await calls.works.get(call.work), who)
        if brief is None or call.ended is not None:
            return Problem("", "video_over")
        if slot not in {one.id for one in script_of(brief.options).slots}:
            return None
        if len(content) > MOST_SNAPSHOT:
            return Problem("", "file_too_large", {"most": MOST_SNAPSHOT // (1024 * 1024)})
        taken = await self._darkroom.take(content)
        if isinstance(taken, Problem):
            return taken
        files = self._plugin.files
        kept = await files.add(call.case, f"video.snapshot.{slot}", taken.media_type, taken.content)
        if kept is None:
            return Problem("", "video_over")
        before = (await calls.get(call.id) or call).snapshots.get(slot)
        await calls.keep(call, snapshots={slot: kept.id})
        await self._plugin.recordings.shelve(call.id, call.case, call.company)
        if before:
            await files.drop(call.case, before)
        return {"slot": slot, "file": kept.id}

    async def file(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Stream | None:
        """The client's photos and the snapshots, for who holds the case."""
        call = await self._own(who, asked.get("call"))
        if path not in ("picture", "film") or call is None or call.ended is not None:
            return None
        brief = await self._serving.brief(await self._plugin.calls.works.get(call.work), who)
        if path == "film":
            return await self._film(call) if brief is not None else None
        wanted = asked.get("file", "")
        if brief is None or wanted not in {*(sheet.file for sheet in brief.photos), *call.snapshots.values()}:
            return None
        content = await self._plugin.files.read(call.case, wanted)
        if content is None:
            return None

        async def part(start: int, end: int) -> bytes:
            return content[start:end]

        return Stream("image/png" if content.startswith(b"\x89PNG") else "image/jpeg", len(content), part)

    async def _film(self, call: Call) -> Stream | None:
        recordings = self._plugin.recordings
        recording = await recordings.get(call.id)
        if recording is None or not recording.pieces:
            return None

        async def part(start: int, end: int) -> bytes:
            return await recordings.read(recording, 0, start, end)

        return Stream(recording.pieces[0].media_type, recording.pieces[0].bytes, part)

    # ------------------------------------------------------------------ wires

    async def talk(self, who: Colleague, path: str, wire: Wire) -> None:
        if path == "call":
            await AgentLine(self._plugin.calls, wire, who.actor, who.companies).attend()
        elif path == "queue":
            await self._line(who, wire)

    async def _line(self, who: Colleague, wire: Wire) -> None:
        """Tells the page who waits, whenever that changes."""
        told: Mapping[str, Any] = {}
        while True:
            await self._plugin.agents.heard(who.actor)
            now = await self._queue(who)
            if now != told:
                await wire.say({**now, "now": self._plugin.home.clock().isoformat()})
                told = now
            if await wire.hear(LOOK) is not None:
                await asyncio.sleep(0.2)

    async def _queue(self, who: Colleague) -> Mapping[str, Any]:
        agent = await self._plugin.agents.get(who.actor)
        lines: list[dict[str, Any]] = []
        films = 0
        for company, queues in (agent.queues or {}).items() if agent is not None else ():
            if company in who.companies:
                lines += await self._waiting(houses(self._plugin.home, (company,))[company], queues)
                listed = await self._plugin.calls.works.queued(company, REVIEW, queues, since=self._serving.since(REVIEW))
                films += sum(not held(work, self._plugin.home.clock()) for work in listed)
        current = await self._serving.current(agent) if agent is not None else None
        return {
            "k": "queue", "lines": lines, "films": films, "state": agent.state if agent is not None else OFF,
            "since": agent.since.isoformat() if agent is not None and agent.since is not None else "",
            "call": current.id if current is not None else "",
        }  # fmt: skip

    async def _waiting(self, house: House, queues: Sequence[str]) -> list[dict[str, Any]]:
        """Each line that is served, with when each of its people came, in the order of their turns."""
        now = self._plugin.home.clock()
        since = now - self._plugin.grace
        waiting = await self._plugin.calls.works.queued(house.id, KIND, queues, since=since)
        return [
            {
                "company": house.name, "queue": queue, "title": house.title(queue),
                "since": [work.since.isoformat() for work in waiting if work.queue == queue and not held(work, now)],
            }
            for queue in queues
        ]  # fmt: skip


def _about(recording: Recording) -> dict[str, Any]:
    return {
        "seconds": recording.seconds, "bytes": recording.bytes, "share": recording.share, "short": recording.short,
        "whole": recording.whole, "digest": recording.digest,
    }  # fmt: skip
