"""What requests cost: CPU time of the server's processes, all contenders in turn, and latencies under load."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.contenders import JOURNEY, Contender
from tests.bench.fields20 import BAD

START, INVALID = "START", "POST form, invalid"
STEPS = tuple(f"{method} {page}" for method, page, _ in JOURNEY)


@dataclass
class Costs:
    """CPU milliseconds per request by what was asked: one number per round."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: str, milliseconds: float) -> None:
        self.rounds.setdefault(step, []).append(milliseconds)

    def of(self, step: str) -> float:
        return statistics.median(self.rounds[step])

    @property
    def journey(self) -> float:
        """The nine requests together: the median of the rounds' sums."""
        return statistics.median(map(sum, zip(*(self.rounds[step] for step in STEPS), strict=True)))


async def round_of(contender: Contender, people: int, costs: Costs | None) -> None:
    """So many people walk in step, so that the cost of each kind of request can be read between two steps."""
    walkers = [contender.walker() for _ in range(people)]

    def note(step: str, before: float) -> None:
        if costs is not None:
            costs.add(step, (contender.server.cpu() - before) * 1000 / people)

    before = contender.server.cpu()
    for walker in walkers:
        await contender.begin(walker)
    note(START, before)
    for method, page, typed in JOURNEY:
        if (method, page) == ("POST", "form"):
            before = contender.server.cpu()
            for walker in walkers:
                shown = walker.page
                await walker.step(method, page, BAD, wanted=200 if contender.says_200 else 422)
                walker.page = shown
            note(INVALID, before)
        before = contender.server.cpu()
        for walker in walkers:
            await walker.step(method, page, typed)
        note(f"{method} {page}", before)
    for walker in walkers:
        walker.browser.close()


async def cpu(contenders: Sequence[Contender], rounds: int, people: int) -> dict[str, Costs]:
    """All contenders in turn, round by round, so that a slow minute of the machine is everybody's."""
    costs = {one.name: Costs() for one in contenders}
    for one in contenders:
        await round_of(one, people, None)
    for _ in range(rounds):
        for one in contenders:
            await round_of(one, people, costs[one.name])
    return costs


@dataclass(frozen=True)
class Latency:
    clients: int
    p50: float
    p99: float
    per_second: float


async def latency(contender: Contender, clients: int, seconds: float) -> Latency:
    """So many people walk again and again, each without a pause. Milliseconds per request, requests per second."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def person() -> None:
        while time.perf_counter() < end:
            walker = contender.walker()
            await contender.begin(walker)
            for method, page, typed in JOURNEY:
                began = time.perf_counter()
                await walker.step(method, page, typed)
                took.append((time.perf_counter() - began) * 1000)
            walker.browser.close()

    began = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(clients)))
    spent = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    return Latency(clients, cuts[49], cuts[98], len(took) / spent)
