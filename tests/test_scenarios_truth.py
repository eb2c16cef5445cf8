"""What a story tells is what the application does: the same way, walked in both, leaves the same events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from banli.cases import Look
from banli.definitions.source import read
from banli.engine import Event, commands
from banli.scenarios.playing import Happened, Play, Stage
from banli.scenarios.reading import scenario_of
from banli.scenarios.running import run
from banli.scenarios.story import Scenario, Tales
from town import JIA, Town, open_town

STORY = """title: 改为座机，退回一次，更正后办结
business: basic_info_change
at: 2026-11-24T10:00
client: {}
story:
  - start
  - overview: {edit: other}
  - open: overview
  - overview: {edit: phone}
  - photos: {}
    expect: {problems: {certificate_safety: required}}
  - photos: {certificate_safety: true}
  - contact_phone: {contact_phone: 0371-6595}
    expect: {problems: {contact_phone: phone_landline}}
  - contact_phone: {contact_phone: 0371-65951234}
  - agreements: {agree: true}
    expect: {problems: {read: read_first}}
  - agreements: {read: all, agree: true}
  - claim: a
  - return: [phone_wrong]
  - contact_phone: {}
    expect: {warnings: [nothing_corrected]}
  - contact_phone: {contact_phone: 0371-65951235}
  - agreements: {agree: true}
  - claim: a
  - approve
  - deliver: {directory.update: done}
    expect: {state: done}
"""


@pytest.fixture
async def town(store: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Town]:
    made = open_town(store, clock, tmp_path)
    await made.plugins.start()
    yield made
    await made.plugins.stop()


async def desk(town: Town, number: str, command: commands.Command) -> None:
    held = await town.caseload.find(number=number)
    decision = town.caseload.decide(held, command)
    assert not decision.problems, decision.problems
    await town.caseload.keep(held, decision)


async def walked(town: Town) -> Any:
    """The same as the story, over the store, the papers and the simulated core system."""
    visit = await town.enter()
    number = await town.start(visit)
    await town.say(visit, number, "overview", edit="other")
    await town.say(visit, number, "overview", edit="phone")
    assert isinstance(await town.say(visit, number, "photos"), Look)
    await town.say(visit, number, "photos", certificate_safety="true")
    assert isinstance(await town.say(visit, number, "contact_phone", contact_phone="0371-6595"), Look)
    await town.say(visit, number, "contact_phone", contact_phone="0371-65951234")
    assert isinstance(await town.say(visit, number, "agreements", agree="true"), Look)
    await town.sign(visit, number)
    until = town.clock() + timedelta(minutes=30)
    await desk(town, number, commands.Claim(actor="staff:a", lease_until=until))
    await desk(town, number, commands.Return(actor="staff:a", reasons=("phone_wrong",)))
    again = await town.say(visit, number, "contact_phone")
    assert [rule.id for rule in again.warnings] == ["nothing_corrected"]
    await town.say(visit, number, "contact_phone", contact_phone="0371-65951235")
    await town.say(visit, number, "agreements", agree="true")
    await desk(town, number, commands.Claim(actor="staff:a", lease_until=until))
    await desk(town, number, commands.Approve(actor="staff:a"))
    await town.work()
    return await town.caseload.find(number=number)


def plain(events: Any, known: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Who did what, without what differs from case to case: times, numbers, the ids of photos on file."""
    found = []
    for event in events:
        data = {
            key: value
            for key, value in event.data.items()
            if key not in ("lease_until", "digest", "record", "consents", "records")
        }
        found.append((event.kind, event.actor, _named(data, known)))
    return found


def _named(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(inner, known) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_named(inner, known) for inner in value]
    return known.get(value, value) if isinstance(value, str) else value


async def test_the_same_way_in_a_story_and_in_the_application_leaves_the_same_events(town: Town) -> None:
    held = await walked(town)
    case = held.case
    person = await town.plugins.directory.find("8001", JIA)
    photos = ("id_front", "id_back", "signature")
    record = {**case.record, **{name: f"{name}_on_file" for name in photos}, "accounts": list(person.accounts)}
    scenario = scenario_of("story", "", read("story.yaml", STORY.encode()))
    assert isinstance(scenario, Scenario), scenario
    told: list[Event] = []

    def listen(happened: Happened) -> None:
        told.extend(happened.decision.events)

    play = Play(Stage(town.editions.library, town.editions.kinds, town.plugins), scenario, Tales(), "8001", listen)
    play.record = record
    outcome = run(play)
    assert outcome.what == "", outcome
    assert play.case is not None
    names = {case.record[name]: f"{name}_on_file" for name in photos}
    assert plain(told, {}) == plain(await town.store.events(case.id), names)
    assert (play.case.state, play.case.changes, play.case.deliveries) == (case.state, case.changes, case.deliveries)
