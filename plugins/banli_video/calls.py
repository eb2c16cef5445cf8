"""The life of a video call: an agent begins it, it is connected, it ends. One record each, in the plugin's ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from banli.counters import Post, Work, Works
from banli.hooks import Clock, Entry, Home, Ledger, Record

T = TypeVar("T")

KIND = "video"
"""What the work of a live call is called; that of a recorded one is `REVIEW`."""
REVIEW = "video_review"

LEASE = timedelta(seconds=20)
"""How long a call is held without a beat of the agent's page."""
BEAT = timedelta(seconds=5)
PRESENT = timedelta(seconds=25)
"""Who was heard of within this time is there now: only they are taken (`works.next(since=now - PRESENT)`)."""
GRACE = timedelta(seconds=120)
"""How long a place is kept for a client who is away, when the plugin's settings do not say."""

CALLED, CONNECTED, ENDED = "called", "connected", "ended"
PASSED, SENT_BACK = "passed", "sent_back"
"""Why a call is over and the client's step decided."""
DECIDED = (PASSED, SENT_BACK)
AGENT_LOST, RELEASED, CLIENT_LEFT, STOPPED, GONE = "agent_lost", "released", "client_left", "stopped", "gone"
"""Why it is over without a decision. After the first two the client stands again where they stood; after `stopped` a
supervisor has ended it, after `gone` the client did not come (back)."""

_TRIES = 8
MOST_CUTS = 100
"""So many of a call are written down: a page can say that the picture is away as often as it likes."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is kept. `id` is `<work>.<n>`; `number` the agent's practising certificate. Nothing of the client."""

    id: str
    work: str
    case: str
    company: str
    queue: str
    step: str
    agent: str
    agent_name: str
    number: str
    began: datetime
    connected: datetime | None
    ended: datetime | None
    why: str
    snapshots: Mapping[str, str]
    """By slot the file's id."""
    answers: Mapping[str, Any]
    """By question what was ticked."""
    recording: str
    """The digest of the recording, or ""."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else is to be kept of it: notes, how long the recording is."""
    entry: Entry | None = field(default=None, repr=False, compare=False)

    @property
    def state(self) -> str:
        return ENDED if self.ended is not None else CONNECTED if self.connected is not None else CALLED

    @property
    def to_client(self) -> str:
        """The box whose letters the client's page reads."""
        return f"{self.id}.client"

    @property
    def to_agent(self) -> str:
        return f"{self.id}.agent"

    @property
    def to_recorder(self) -> str:
        return f"{self.id}.recorder"

    def seconds(self, now: datetime) -> float:
        """How long both have seen each other."""
        return ((self.ended or now) - self.connected).total_seconds() if self.connected is not None else 0.0


def door(work: Work) -> str:
    """The box in which the client's page is told what becomes of its place."""
    return f"{work.id}.door"


class Calls:
    """All calls of the site. Whoever changes one reads it first; of two who change it at once both changes stay."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def ledger(self) -> Ledger:
        return _there(self._home.ledger)

    @property
    def works(self) -> Works:
        return _there(self._home.works)

    @property
    def post(self) -> Post:
        return _there(self._home.post)

    @property
    def clock(self) -> Clock:
        return self._home.clock

    async def get(self, id: str) -> Call | None:
        return _call(await self.ledger.get("call", id[:120]))

    async def of(self, case: str) -> Sequence[Call]:
        """Those of a case, newest first."""
        return [call for entry in await self.ledger.of("call", case) if (call := _call(entry)) is not None]

    async def current(self, work: Work) -> Call | None:
        """The call that is going on for this work, if one is."""
        return next((one for one in await self.of(work.case) if one.work == work.id and one.ended is None), None)

    async def begin(self, work: Work, step: str, agent: str, name: str, number: str, copy: str = "") -> Call | None:
        """The agent who holds the work calls the client. Again by the same agent: the same call. None: they do not hold it.
        `copy` says that the site records it too, see `copies`."""
        held = await self.works.get(work.id)
        if held is None or held.done or held.holder != agent:
            return None
        before = [one for one in await self.of(work.case) if one.work == work.id]
        for one in before:
            if one.ended is None and one.agent == agent:
                return one
            await self.end(one, AGENT_LOST)
        document: Record = {
            "work": work.id, "case": work.case, "company": work.company, "queue": work.queue, "step": step, "agent": agent,
            "agent_name": name, "number": number, "began": self.clock().isoformat(), "connected": "", "ended": "", "why": "",
            "snapshots": {}, "answers": {}, "recording": "", "more": {"copy": copy} if copy else {},
        }  # fmt: skip
        made = _call(await self.ledger.add("call", f"{work.id}.{len(before) + 1}", work.case, document))
        if made is None:
            return await self.current(work)
        await self.post.send(door(work), {"called": made.id})
        await self.works.note(work.case, agent, "video.called", {"call": made.id, "number": number})
        await self._pace(work)
        return made

    async def connected(self, call: Call) -> Call | None:
        """Both see each other, now for the first time."""
        now = self.clock()
        made = await self._change(call.id, lambda d: {**d, "connected": now.isoformat()} if not d["connected"] else None)
        if made is not None:
            await self.works.note(call.case, call.agent, "video.connected", {"call": call.id})
        return made or await self.get(call.id)

    async def cut(self, call: Call, by: str) -> None:
        """The picture is away; written down for whoever judges the call later."""

        def cut(document: Record) -> Record | None:
            cuts = int(document["more"].get("cuts", 0))
            return {**document, "more": {**document["more"], "cuts": cuts + 1}} if cuts < MOST_CUTS else None

        if await self._change(call.id, cut) is not None:
            await self.works.note(call.case, by, "video.cut", {"call": call.id})

    async def end(self, call: Call, why: str) -> Call | None:
        """It is over, and both pages are told. Who ends it first says why, but a decision outweighs a page that took the
        agent for lost (or the client for gone) at that moment: it was made while they held the work. None: it had ended already,
        or nobody was lost."""
        if why == AGENT_LOST and (work := await self.works.get(call.work)) is not None and work.done:
            return None
        now = self.clock()

        def ended(document: Record) -> Record | None:
            if document["ended"] and not (why in DECIDED and document["why"] in (AGENT_LOST, GONE)):
                return None
            return {**document, "ended": now.isoformat(), "why": why}

        made = await self._change(call.id, ended)
        if made is None:
            return None
        for box in (made.to_client, made.to_agent, *([made.to_recorder] if made.more.get("copy") else [])):
            await self.post.send(box, {"over": why})
        about = {"call": made.id, "why": why, "seconds": round(made.seconds(now))}
        await self.works.note(made.case, made.agent, "video.ended", about)
        return made

    async def keep(
        self, call: Call, *, snapshots: Mapping[str, str] | None = None, answers: Mapping[str, Any] | None = None,
        recording: str | None = None, **more: Any,
    ) -> Call | None:  # fmt: skip
        """Adds to what is kept of the call, also after its end. A snapshot without a file ("") is taken away."""

        def changed(document: Record) -> Record:
            taken = {slot: file for slot, file in {**document["snapshots"], **(snapshots or {})}.items() if file}
            return {
                **document, "snapshots": taken, "answers": {**document["answers"], **(answers or {})},
                "recording": document["recording"] if recording is None else recording,
                "more": {**document["more"], **more},
            }  # fmt: skip

        return await self._change(call.id, changed)

    async def pace(self, company: str, queue: str) -> list[datetime]:
        """When the last clients of this queue were called, at most twenty, oldest first."""
        entry = await self.ledger.get("pace", _pace_name(company, queue))
        return [datetime.fromisoformat(text) for text in entry.document["called"]] if entry is not None else []

    async def _pace(self, work: Work) -> None:
        """Notes that somebody was called: an estimate rests on it, so of two at once one may be lost."""
        name, now = _pace_name(work.company, work.queue), self.clock().isoformat()
        entry = await self.ledger.get("pace", name)
        if entry is None:
            await self.ledger.add("pace", name, work.company, {"called": [now]})
        else:
            await self.ledger.change(entry, {"called": [*entry.document["called"], now][-20:]})

    async def _change(self, id: str, how: Callable[[Record], Record | None]) -> Call | None:
        """None: there is nothing to change, or no such call."""
        for _ in range(_TRIES):
            entry = await self.ledger.get("call", id)
            document = how(entry.document) if entry is not None else None
            if entry is None or document is None:
                return None
            if (made := await self.ledger.change(entry, document)) is not None:
                return _call(made)
        return None


def _pace_name(company: str, queue: str) -> str:
    return f"{company}|{queue}"[:120]


def _call(entry: Entry | None) -> Call | None:
    if entry is None:
        return None
    told = entry.document
    return Call(
        entry.name, told["work"], told["case"], told["company"], told["queue"], told["step"], told["agent"], told["agent_name"],
        told["number"], datetime.fromisoformat(told["began"]), _moment(told["connected"]), _moment(told["ended"]), told["why"],
        dict(told["snapshots"]), dict(told["answers"]), told["recording"], dict(told["more"]), entry,
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _there(part: T | None) -> T:
    if part is None:
        raise RuntimeError("The video plugin needs a running application.")
    return part
