"""The people who identify clients: what they are called, their practising certificate numbers, which queues they serve, whether
they are at work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from banli.counters import Colleague
from banli.errors import Problem
from banli.hooks import Clock, Entry, Home, Ledger

AGENT = "agent"
OFF, WORKING, BREAK = "off", "working", "break"
SEEN = timedelta(seconds=40)
"""Who says that they work and has not been heard of for so long is away."""
NOTED = timedelta(seconds=10)
"""How often it is written down that somebody was heard of."""
_NUMBER = re.compile(r"[A-Z][0-9A-Z]{5,19}")


@dataclass(frozen=True, slots=True)
class Agent:
    """`queues` are those that they have chosen, by company; `may` those that a supervisor lets them serve, by company: a
    company that is not there has no limit. `number` is the practising certificate's."""

    actor: str
    name: str
    companies: tuple[str, ...]
    number: str = ""
    state: str = OFF
    since: datetime | None = None
    seen: datetime | None = None
    queues: Mapping[str, tuple[str, ...]] | None = None
    may: Mapping[str, tuple[str, ...]] | None = None
    call: str = ""

    def here(self, now: datetime) -> bool:
        """At work, or on a break with the page open."""
        return self.state != OFF and self.seen is not None and self.seen + SEEN >= now

    def shown(self, now: datetime) -> str:
        """off, working, break or away."""
        return self.state if self.state == OFF or self.here(now) else "away"

    def serves(self, company: str, queue: str) -> bool:
        return queue in (self.queues or {}).get(company, ())


class Agents:
    """The agents of one site. An agent is known from the first time they open their desk."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def get(self, actor: str) -> Agent | None:
        entry = await self._ledger.get(AGENT, actor)
        return _agent(entry) if entry is not None else None

    async def come(self, who: Colleague) -> Agent:
        """Whoever opens the desk, with the name that the site knows them by now."""
        document = {
            "name": who.name, "companies": list(who.companies), "number": "", "state": OFF, "since": "", "seen": "",
            "queues": {}, "may": {}, "call": "",
        }  # fmt: skip
        made = await self._ledger.add(AGENT, who.actor, AGENT, document)
        if made is not None:
            return _agent(made)
        about = {"name": who.name, "companies": list(who.companies)}
        return await self._change(who.actor, lambda known: {**known, **about}) or Agent(who.actor, who.name, who.companies)

    async def all(self, companies: Sequence[str]) -> list[Agent]:
        """Those who serve one of these companies, by name."""
        found: list[Agent] = []
        past: Entry | None = None
        while page := await self._ledger.of(AGENT, AGENT, past):
            found += [agent for entry in page if set((agent := _agent(entry)).companies) & set(companies)]
            past = page[-1]
        return sorted(found, key=lambda agent: (agent.name, agent.actor))

    async def begin(self, who: Colleague, queues: Mapping[str, Sequence[str]]) -> Agent | Problem:
        """At work from now on, for these queues by company."""
        agent = await self.come(who)
        chosen = {company: tuple(dict.fromkeys(codes)) for company, codes in queues.items() if codes and company in who.companies}
        allowed = {
            company: tuple(
                code
                for code in codes
                if who.serves(code) and (company not in (agent.may or {}) or code in (agent.may or {})[company])
            )
            for company, codes in chosen.items()
        }
        allowed = {company: codes for company, codes in allowed.items() if codes}
        if not allowed:
            return Problem("queues", "video_choose_queue")
        return await self._be(who.actor, WORKING, queues={company: list(codes) for company, codes in allowed.items()}) or agent

    async def pause(self, who: Colleague) -> Agent | None:
        return await self._be(who.actor, BREAK)

    async def resume(self, who: Colleague) -> Agent | None:
        return await self._be(who.actor, WORKING)

    async def leave(self, who: Colleague) -> Agent | None:
        return await self._be(who.actor, OFF, call="")

    async def busy(self, actor: str, call: str) -> None:
        """In this call; "": in none."""
        await self._change(actor, lambda known: {**known, "call": call} if known["call"] != call else None)

    async def heard(self, actor: str) -> None:
        """Their page is open. Written down every now and then only."""
        now = self._clock()

        def noted(known: dict[str, Any]) -> dict[str, Any] | None:
            fresh = known["seen"] and datetime.fromisoformat(known["seen"]) + NOTED > now
            return None if fresh else {**known, "seen": now.isoformat()}

        await self._change(actor, noted)

    async def appoint(
        self, actor: str, company: str, number: str | None = None, queues: Sequence[str] | None = None
    ) -> Agent | Problem:
        """What a supervisor of `company` writes down of an agent: the practising certificate number, and the queues that they
        may serve there (None: as it is)."""
        agent = await self.get(actor)
        if agent is None or company not in agent.companies:
            return Problem("", "video_agent_unknown")
        text = agent.number if number is None else number.strip().upper()
        if text and not _NUMBER.fullmatch(text):
            return Problem("number", "video_number_format")

        def told(known: dict[str, Any]) -> dict[str, Any]:
            may = known["may"] if queues is None else {**known["may"], company: list(dict.fromkeys(queues))}
            serving = {
                code: [queue for queue in chosen if code not in may or queue in may[code]]
                for code, chosen in known["queues"].items()
            }
            return {**known, "number": text, "may": may, "queues": serving}

        return await self._change(actor, told) or agent

    async def _be(self, actor: str, state: str, **more: Any) -> Agent | None:
        now = self._clock().isoformat()
        return await self._change(actor, lambda known: {**known, **more, "state": state, "since": now, "seen": now})

    async def _change(self, actor: str, how: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Agent | None:
        while (entry := await self._ledger.get(AGENT, actor)) is not None:
            document = how(entry.document)
            if document is None:
                return _agent(entry)
            if (made := await self._ledger.change(entry, document)) is not None:
                return _agent(made)
        return None

    @property
    def _clock(self) -> Clock:
        return self._home.clock

    @property
    def _ledger(self) -> Ledger:
        if self._home.ledger is None:
            raise RuntimeError("The video plugin needs a running application.")
        return self._home.ledger


def _agent(entry: Entry) -> Agent:
    told = entry.document
    return Agent(
        entry.name, told["name"], tuple(told["companies"]), told["number"], told["state"], _moment(told["since"]),
        _moment(told["seen"]), {c: tuple(codes) for c, codes in told["queues"].items()},
        {c: tuple(codes) for c, codes in told["may"].items()}, told["call"],
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
