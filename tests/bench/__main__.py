"""Prints the figures: `python -m tests.bench [--json FILE] [--quick]`. Always exits with 0: figures are no tests."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import alone, signing, video
from .contenders import BARE, BY_HAND, DJANGO, FLASK, OURS, contender
from .fields20 import ALL, OPTIONS
from .pages import Weight, weigh
from .requests import INVALID, START, STEPS, Costs, Latency, cpu, latency

CLIENTS = (1, 16, 64)


@dataclass(frozen=True)
class Figure:
    """One figure with its target."""

    what: str
    value: float
    unit: str
    target: float
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def line(self) -> str:
        sign = "≥" if self.more_is_better else "≤"
        value = f"{self.value:>11,.2f} {self.unit:<6}"
        return f"  {self.what:<72}{value} {sign} {self.target:>9,g}   {'met' if self.met else 'NOT MET'}"


def main() -> None:
    reads = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    reads.add_argument("--json", type=Path, help="write all figures to this file too")
    reads.add_argument("--quick", action="store_true", help="fewer rounds: less exact, a minute instead of four")
    options = reads.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="banli-bench-") as folder:
        found = run(Path(folder), quick=options.quick)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{time.monotonic() - began:.0f} s on {platform.machine()}, Python {platform.python_version()}")


def run(folder: Path, quick: bool = False) -> dict[str, Any]:
    """Measures everything, printing as it goes; the figures as JSON."""
    figures: list[Figure] = []
    found: dict[str, Any] = {}

    def told(title: str, *new: Figure) -> None:
        print(f"\n{title}")
        for figure in new:
            print(figure.line(), flush=True)
        figures.extend(new)

    print(f"The journey: nine requests, a form of {len(ALL)} fields with {OPTIONS} options.")
    print("CPU time is that of a server's whole process tree; each step is committed to disk (SQLite, WAL, FULL).")
    with ExitStack() as servers:
        people = [servers.enter_context(contender(name, folder / name)) for name in (OURS, BY_HAND, BARE, DJANGO, FLASK)]
        costs = asyncio.run(cpu(people, rounds=4 if quick else 16, people=8))
        print_costs(costs)
        told("Against the others, in the same moments", *ratios(costs))
        print_bare(costs)
        weights = asyncio.run(weigh(people[0]))
        print_weights(weights)
        told("Weight", *weighed(weights))
        seconds = 0.5 if quick else 2.5
        loads: dict[str, list[Latency]] = {one.name: [] for one in people}
        for clients in CLIENTS:
            for one in people:
                loads[one.name].append(asyncio.run(latency(one, clients, seconds)))
        print_latencies(loads)
    found["cpu_ms"] = {
        name: {step: one.of(step) for step in one.rounds} | {"journey": one.of(*STEPS)} for name, one in costs.items()
    }
    found["weights"] = [asdict(weight) for weight in weights]
    found["latency_ms"] = {name: [asdict(load) for load in of_one] for name, of_one in loads.items()}
    told("Alone", *single(folder, quick))
    told("Signing with certificates, as PDFs", *signed(folder))
    told("Video calls", *called(folder / "video", quick))
    found["figures"] = [asdict(figure) | {"met": figure.met} for figure in figures]
    return found


def ratios(costs: dict[str, Costs]) -> list[Figure]:
    us, hand = costs[OURS], costs[BY_HAND]
    return [
        *(
            Figure(f"journeys per core, times {name}", costs[name].against(us, *STEPS), "x", target, True)
            for name, target in ((DJANGO, 4), (FLASK, 2.5), (BY_HAND, 0.5))
        ),
        Figure("page of 20 fields, CPU, times hand-written", us.against(hand, "GET form"), "x", 1.6),
        Figure("valid POST of 20 fields, CPU, times hand-written", us.against(hand, "POST form"), "x", 1.8),
    ]


def weighed(weights: list[Weight]) -> list[Figure]:
    form = next(weight for weight in weights if weight.name == "form of 20 fields")
    heaviest = max(weights, key=lambda weight: weight.bytes)
    return [
        Figure("form page with all it loads, cold", form.bytes / 1000, "kB", 16),
        Figure("form page, requests, cold", form.requests, "", 4),
        Figure(f"heaviest page ({heaviest.name}), cold", heaviest.bytes / 1000, "kB", 40),
    ]


def single(folder: Path, quick: bool) -> list[Figure]:
    def in_turn(measure: Callable[..., Any], *more: Any) -> Any:
        place = folder / measure.__name__
        place.mkdir()
        return measure(place, *more)

    checked = in_turn(alone.validation, 0.5 if quick else 2.0)
    played = in_turn(alone.scenarios, 0.5 if quick else 2.0)
    forms = in_turn(alone.library)
    started = in_turn(alone.start)
    resident = in_turn(alone.memory)
    return [
        Figure("submissions of 20 fields read and checked, valid", checked["valid"], "/s", 50_000, True),
        Figure("submissions of 20 fields read and checked, five mistakes", checked["invalid"], "/s", 50_000, True),
        Figure("steps of the example site's scenarios played", played, "/s", 1_000, True),
        _took("1,000 forms of 20 fields loaded and checked, cold", forms["cold"], 6),
        _took("1,000 forms of 20 fields loaded from the cache", forms["cached"], 0.6),
        _took("example site, very first start to first page", started["first"], 2.5),
        _took("example site, second start to first page", started["second"], 2.5),
        Figure("worker with 100 forms, resident, having read all YAML itself", resident["cold"], "MiB", 100),
        Figure("worker with 100 forms, resident, from the cache", resident["cached"], "MiB", 100),
    ]


def signed(folder: Path) -> list[Figure]:
    papers, phone = signing.papers(folder / "papers"), signing.phone(folder / "phone")
    return [
        Figure("a new key on the phone (Chromium), with its wrapping", phone.enrol, "ms", 500),
        Figure("a signature on the phone", phone.sign, "ms", 20),
        Figure("a signature on the server: looked up, verified, kept", papers.signature, "ms CPU", 5),
        Figure("PDFs drawn, signed, stamped and sealed", papers.per_minute, "/min", 60, True),
        Figure(f"from the password to the end, {phone.documents} documents", phone.twelve, "s", 5),
    ]


def called(folder: Path, quick: bool) -> list[Figure]:
    per = video.measured(folder, quick)
    return [
        Figure("from accept to picture (Chromium, one machine)", per["picture"], "s", 5),
        Figure("queue operations of one process, SQLite", per["sqlite"], "/s", 1_000, True),
        Figure("queue operations of one process, PostgreSQL", per["postgresql"], "/s", 1_000, True),
        Figure("signals between two pages through one process", per["signals"], "/s", 500, True),
        Figure("the site's recorder, for each call", per["recorder"], "% of a core", 12),
        Figure("recordings of five minutes joined, one core", per["remuxed"], "/min", 60, True),
    ]


def _took(what: str, took: alone.Took, target: float) -> Figure:
    """Judged by CPU time: by the clock a busy machine is slower than the program."""
    return Figure(f"{what} ({took.wall:.1f} s by the clock)", took.cpu, "s CPU", target)


def print_costs(costs: dict[str, Costs]) -> None:
    print(f"\n{'CPU milliseconds per request, median':<40}" + "".join(f"{name:>14}" for name in costs))
    for step in STEPS:
        print(f"  {step:<38}" + "".join(f"{one.of(step):>14.2f}" for one in costs.values()))
    print(f"  {'the journey':<38}" + "".join(f"{one.of(*STEPS):>14.2f}" for one in costs.values()))
    print(f"  {'(outside it) ' + INVALID:<38}" + "".join(f"{one.of(INVALID):>14.2f}" for one in costs.values()))
    print(
        f"  {'(outside it) start of a case':<38}{costs[OURS].of(START):>14.2f}   looks up the client, seals the record",
        flush=True,
    )


def print_bare(costs: dict[str, Costs]) -> None:
    """What the same ratios are for the hand-written journey itself: it has no encryption, no events, no languages."""
    told = [
        f"{costs[name].against(costs[one], *STEPS):.2f} x {name}" for one in (BY_HAND, BARE) for name in (DJANGO, FLASK)
    ]
    print(f"  (the hand-written journey itself: {told[0]}, {told[1]}; the same on uvicorn: {told[2]}, {told[3]})", flush=True)


def print_weights(weights: list[Weight]) -> None:
    print(f"\n{'Page with all it loads, compressed':<40}{'requests':>9}{'bytes':>9}{'warm':>9}{'bytes':>9}")
    for one in weights:
        print(f"  {one.name:<38}{one.requests:>9}{one.bytes:>9,}{one.warm_requests:>9}{one.warm_bytes:>9,}")


def print_latencies(loads: dict[str, list[Latency]]) -> None:
    print(f"\n{'p50 / p99 milliseconds, requests per second':<40}" + "".join(f"{f'{n} clients':>26}" for n in CLIENTS))
    for name, of_one in loads.items():
        print(f"  {name:<38}" + "".join(f"{f'{load.p50:.1f} / {load.p99:.1f}, {load.per_second:.0f}/s':>26}" for load in of_one))


if __name__ == "__main__":
    main()
    sys.exit(0)
