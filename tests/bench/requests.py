"""What requests cost: CPU time of the server's processes, all contenders in turn, and latencies under load."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .contenders import JOURNEY, Contender, Walker
from .drive import Form
from .fields20 import BAD

START, INVALID = "START", "POST form, invalid"
STEPS = tuple(f"{method} {page}" for method, page, _ in JOURNEY)


@dataclass
class Costs:
    """CPU milliseconds per request by what was asked: one number per round."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: str, milliseconds: float) -> None:
        self.rounds.setdefault(step, []).append(milliseconds)

    def of(self, *steps: str) -> float:
        """The median over the rounds of what these requests cost together."""
        return statistics.median(self._sums(steps))

    def against(self, other: Costs, *steps: str) -> float:
        """How many times the other's cost: the median of the rounds' ratios, each from the same moments."""
        return statistics.median(a / b for a, b in zip(self._sums(steps), other._sums(steps), strict=True))

    def _sums(self, steps: Sequence[str]) -> list[float]:
        return [sum(of_round) for of_round in zip(*(self.rounds[step] for step in steps), strict=True)]


async def cpu(contenders: Sequence[Contender], rounds: int, people: int) -> dict[str, Costs]:
    """At each contender so many people walk in step; after every kind of request it is the next contender's turn, so that
    a slow moment of the machine is everybody's. The first round warms up and does not count."""
    costs = {one.name: Costs() for one in contenders}
    for number in range(rounds + 1):
        await _round(contenders, people, costs if number else {one.name: Costs() for one in contenders})
    return costs


async def _round(contenders: Sequence[Contender], people: int, costs: Mapping[str, Costs]) -> None:
    groups = [(one, [one.walker() for _ in range(people)]) for one in contenders]

    async def all_do(step: str, act: Callable[[Contender, Walker], Awaitable[object]]) -> None:
        for contender, walkers in groups:
            before = contender.server.cpu()
            for walker in walkers:
                await act(contender, walker)
            costs[contender.name].add(step, (contender.server.cpu() - before) * 1000 / people)

    await all_do("connect", lambda contender, walker: walker.browser.ask("GET", "/no-such-page"))
    await all_do(START, lambda contender, walker: contender.begin(walker))
    for method, page, typed in JOURNEY:
        if (method, page) == ("POST", "form"):
            await all_do(INVALID, _mistaken)

        async def step(
            contender: Contender, walker: Walker, method: str = method, page: str = page, typed: Form | None = typed
        ) -> None:
            await walker.step(method, page, typed)

        await all_do(f"{method} {page}", step)
    for contender, walkers in groups:
        for walker in walkers:
            contender.end(walker)


async def _mistaken(contender: Contender, walker: Walker) -> None:
    shown = walker.page
    await walker.step("POST", "form", BAD, wanted=200 if contender.says_200 else 422)
    walker.page = shown


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
            contender.end(walker)

    began = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(clients)))
    spent = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    return Latency(clients, cuts[49], cuts[98], len(took) / spent)
