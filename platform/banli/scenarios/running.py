"""Runs stories and keeps what came of each: all of them, also when one fails."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from banli.engine.case import CLIENTS_TURN
from banli.engine.telling import why
from banli.errors import Place
from banli.scenarios import reviewing, walking
from banli.scenarios.expecting import expect
from banli.scenarios.playing import Listener, Play, Stage, Wrong
from banli.scenarios.story import Scenario, Tales

DEEDS = {**walking.DEEDS, **reviewing.DEEDS}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one story at one company. `what` is "" when it went as told; else `stands` says where the case is."""

    scenario: Scenario
    company: str
    place: Place
    what: str
    stands: tuple[str, ...]
    steps: int
    seconds: float

    @property
    def good(self) -> bool:
        return not self.what


def chosen(tales: Tales, stage: Stage, patterns: Sequence[str] = (), company: str = "") -> list[tuple[Scenario, str]]:
    """The stories to run, each with its company: those whose id, file, title or business fits one of the patterns."""
    companies = [name for name in stage.library.company_ids if name == company or not company]
    return [
        (scenario, name)
        for name in companies
        for scenario in tales.of(name)
        if scenario.business in stage.offers(name) and (not patterns or any(_fits(scenario, one) for one in patterns))
    ]


def _fits(scenario: Scenario, pattern: str) -> bool:
    known = (scenario.id, scenario.file, scenario.business)
    if pattern in known or pattern in scenario.title or scenario.file.endswith(f"/{pattern}"):
        return True
    return any(fnmatch.fnmatchcase(name, pattern) for name in known) or scenario.id.rpartition("/")[2] == pattern


def run_all(
    wanted: Sequence[tuple[Scenario, str]], stage: Stage, tales: Tales, listen: Listener | None = None
) -> Iterator[Outcome]:
    for scenario, company in wanted:
        yield run(Play(stage, scenario, tales, company, listen))


def run(play: Play) -> Outcome:
    """Plays the story to its end, or to where it goes another way than told."""
    began, steps = time.perf_counter(), 0
    place, what = play.scenario.source.place(), ""
    try:
        for deed in play.scenario.deeds:
            if deed.word == "expect":
                expect(play, deed)
                continue
            if deed.word != "confirm":
                play.next()
            steps += 1
            DEEDS[deed.word](play, deed)
        play.accepted()
    except Wrong as wrong:
        place, what = wrong.place, wrong.what
    seconds = time.perf_counter() - began
    return Outcome(play.scenario, play.company, place, what, tuple(stands(play)) if what else (), steps, seconds)


def stands(play: Play) -> Iterator[str]:
    """Where the case is, as `banli explain` tells it."""
    case = play.case
    if case is None:
        yield "the case has not begun"
        return
    yield f"case of {case.business} at {case.company}: {case.state}, {play.now:%Y-%m-%d %H:%M}"
    for standing in play.position().steps:
        here = "->" if standing.id == play.page and case.state in CLIENTS_TURN else "  "
        yield f"{here} {standing.id} ({standing.bound.step.kind}): {standing.status}: {why(case, standing)}"
    yield from (f"   delivery {name}: {outcome}" for name, outcome in case.deliveries.items())
