"""Clients who change their phone, a reviewer who approves, deliveries to the core system; told through cases and engine."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import banli.store.postgresql
import banli.store.sqlite  # noqa: F401  (all of it before the first child is born)
from banli.beginnings import Elsewhere
from banli.engine import commands
from banli.store import Conflict, Store, Worker
from kill_harness import Place
from town import Town, open_town

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday, nine in the morning in China: the service is open whenever the test runs."""

PEOPLE = ("410105199508130039",)
LEASE = timedelta(seconds=0.5)
REVIEWER = "staff:a"


def prepare(folder: Path) -> None:
    """Reads and compiles everything before the first child is born, so that a short life still gets somewhere."""
    open_town(SimpleNamespace(clock=lambda: NINE), lambda: NINE, folder)  # type: ignore[arg-type]


class Clock:
    """Runs like any clock, but began at nine when the story began."""

    def __init__(self, place: Place) -> None:
        path = Path(place.folder) / "began"
        if not path.exists():
            path.write_text(datetime.now(UTC).isoformat())
        self.ahead = NINE - datetime.fromisoformat(path.read_text())

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def opened(place: Place) -> Town:
    clock = Clock(place)
    store = await Store.open(place.database, place.blobs, place.keys, clock)
    town = open_town(store, clock, Path(place.folder) / "plugins")
    await town.plugins.start()
    return town


async def live(place: Place) -> None:
    """Works until it is killed."""
    town = await opened(place)
    dice = random.Random(place.seed)
    worker = Worker(town.store, town.deliveries.handlers, name=f"life {place.life}", lease=LEASE, poll=timedelta(seconds=0.05))
    await asyncio.gather(worker.run(), *(be_client(place, town, person, dice) for person in PEOPLE))


async def be_client(place: Place, town: Town, person: str, dice: random.Random) -> None:
    visit = await town.enter(person)
    while True:
        row = await town.store.open_case("8001", visit.client)
        if row is None:
            begun = await town.cases.start(visit, "basic_info_change")
            if isinstance(begun, Elsewhere):
                place.acknowledge(what="started", number=begun.number)
            continue
        if row.state in ("open", "returned"):
            await step(place, town, visit, row.number, dice)
        elif row.state in ("submitted", "in_review"):
            await review(place, town, row.number)
        else:
            await asyncio.sleep(0.01)


async def step(place: Place, town: Town, visit, number: str, dice: random.Random) -> None:
    look = await town.cases.look(visit, number)
    assert isinstance(look, Elsewhere)
    at = look.step
    if at == "overview":
        went = await town.say(visit, number, at, edit="phone")
    elif at == "photos":
        went = await town.say(visit, number, at, certificate_safety="true")
    elif at == "contact_phone":
        phone = f"0371-6{dice.randrange(10**7):07d}"
        went = await town.say(visit, number, at, contact_phone=phone)
        if isinstance(went, Elsewhere) and went.step == "agreements":
            place.acknowledge(what="phone", number=number, phone=phone)
    else:
        went = await town.sign(visit, number)
        if isinstance(went, Elsewhere) and not went.step and not went.why:
            place.acknowledge(what="submitted", number=number)
    assert isinstance(went, Elsewhere), went


async def review(place: Place, town: Town, number: str) -> None:
    lease = town.clock() + timedelta(minutes=5)
    for command in (commands.Claim(actor=REVIEWER, lease_until=lease), commands.Approve(actor=REVIEWER)):
        held = await town.caseload.find(number=number)
        assert held is not None
        decision = town.caseload.decide(held, command)
        assert not decision.problems, decision.problems
        try:
            await town.caseload.keep(held, decision)
        except Conflict:
            return
    place.acknowledge(what="approved", number=number)


def enough(place: Place) -> bool:
    """Something has happened that can have been lost."""
    told = [line["what"] for line in place.acknowledged()]
    return len(told) > 20 and told.count("approved") > 1


async def check(place: Place) -> None:
    """What clients were told is true, every chain is whole, and each approved change arrived once."""
    town = await opened(place)
    worker = Worker(town.store, town.deliveries.handlers, name="last", lease=LEASE)
    visit = await town.enter(PEOPLE[0])
    for _ in range(200):
        row = await town.store.open_case("8001", visit.client)
        if row is None or row.state != "delivering":
            break
        if not await worker.run_due():
            await asyncio.sleep(0.05)
    rows = {row.number: row for row in await town.store.cases_of("8001", visit.client, limit=1000)}
    told = place.acknowledged()
    phones: dict[str, str] = {}
    for line in told:
        row = rows[line["number"]]
        case = (await town.caseload.hold(row)).case
        if line["what"] == "phone":
            phones[line["number"]] = line["phone"]
            assert case.results["contact_phone"].data["contact_phone"] == line["phone"]
        elif line["what"] == "submitted":
            assert case.submitted_at is not None and case.state not in ("open", "returned")
        elif line["what"] == "approved":
            assert case.state in ("delivering", "done")
    for row in rows.values():
        assert await town.store.verify_chain(row.id) == []
    done = {number: row for number, row in rows.items() if row.state == "done"}
    effects = await town.plugins.directory.effects("8001")
    arrived = [effect.key.rpartition(":directory")[0] for effect in effects]
    assert sorted(arrived) == sorted(done), "every approved change has arrived, and once"
    for effect in effects:
        number = effect.key.rpartition(":directory")[0]
        assert phones.get(number, effect.changes["contact_phone"]) == effect.changes["contact_phone"]
    await town.plugins.stop()
    await town.store.close()
    assert enough(place) and len(done) > 1, "The story was killed before anything could happen."
