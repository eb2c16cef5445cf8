"""The example site's definitions in several wordings, each a folder that is checked once, and people who publish them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from banli.beginnings import Elsewhere
from banli.cli import main
from banli.demo import AheadClock, open_all
from banli.parts import Parts
from banli.sites import Site, bundled, open_site
from banli.staff import Member
from banli.store import Store
from lone_kit import alone
from store_kit import hired
from town import JIA, Town

Edits = Mapping[str, Mapping[str, str]]
Run = Callable[..., Result]

FLOW, COMPANY, HOURS = "flows/basic_info_change.yaml", "companies/8001/company.yaml", "hours/nearly_always.yaml"
NEWER: Edits = {
    FLOW: {"title: 联系电话修改": "title: 联系电话"},
    COMPANY: {"hotline: 400-000-8001": "hotline: 400-111-8001"},
    "site.yaml": {"login_button: 马上登录": "login_button: 登录办理"},
    "agreements/risk_disclosure.yaml": {"2026-01": "2026-02", "text: |\n": "text: |\n  NEWER\n\n"},
}
"""8001 and 8002 differ; no sentence is without its English."""

REWORDED: Edits = {"agreements/risk_disclosure.yaml": {"text: |\n": "text: |\n  REWORDED\n\n"}}
"""Another text under the old number."""

SHUT: Edits = {HOURS: {"mon-fri: 01:23-23:58": "mon-fri: 01:23-02:00"}}
"""8001 has closed at ten in the morning."""

NARROWER: Edits = {
    FLOW: {"  - form: {id: contact_phone, title: 联系电话修改, when: section == \"phone\", stage: data}\n": "",
           "    - phone_wrong:          {text: 联系电话有误，无法接通, reopen: [contact_phone.contact_phone]}\n": "",
           "        - phone_differs:     {text: 联系电话核对不一致, reopen: [contact_phone.contact_phone]}\n": "",
           "edit: [identity, phone, other]": "edit: [identity, other]"},
}  # fmt: skip
"""Nobody can change the telephone number any more."""

TWO: Edits = {COMPANY: {"  - basic_info_change: {hours: nearly_always}": (
    "  - basic_info_change: {hours: nearly_always}\n  - phone_change: {flow: basic_info_change, title: 联系电话}"
)}}  # fmt: skip
EYES: Edits = {COMPANY: {"enabled: true\n": "enabled: true\npublishing: {four_eyes: true}\n"}}


def write(folder: Path, *edits: Edits) -> Path:
    """The example's definitions with these edits, each of which must fit."""
    definitions = folder / "definitions"
    shutil.copytree(bundled() / "definitions", definitions)
    alone(definitions, "basic_info_change")
    shutil.rmtree(definitions / "companies/8003")
    change(definitions, {"site.yaml": {"entrance: [8001, 8002, 8003]": "entrance: [8001, 8002]"}}, *edits)
    return definitions


def change(definitions: Path, *edits: Edits) -> None:
    for edit in edits:
        for name, pairs in edit.items():
            path = definitions / name
            text = path.read_text(encoding="utf-8")
            for old, new in pairs.items():
                assert old in text, f"{name} does not say {old!r}"
                text = text.replace(old, new)
            path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def read_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process remembers of the definitions that it has read."""
    folder = tmp_path_factory.mktemp("cache")
    CliRunner(env={"BANLI_VAR": str(folder)}).invoke(main, ["editions", "--site", str(write(folder / "site").parent)])
    return folder / "cache"


@pytest.fixture
def site(tmp_path: Path, read_before: Path) -> Path:
    shutil.copytree(read_before, tmp_path / "var" / "cache")
    return write(tmp_path / "site").parent


@pytest.fixture
def run(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    return lambda *words: CliRunner().invoke(main, [words[0], "--site", str(site), *words[1:]], catch_exceptions=False)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    wordings: dict[str, tuple[Edits, ...]] = {
        "first": (), "newer": (NEWER,), "reworded": (REWORDED,), "shut": (SHUT,), "narrower": (NARROWER,), "two": (TWO,), "eyes": (EYES,),
        "eyes newer": (EYES, NEWER),
    }  # fmt: skip
    return {name: write(tmp_path_factory.mktemp("files") / "site", *edits) for name, edits in wordings.items()}


async def configurer(store: Store, login: str = "wei", company: str = "8001", roles: tuple[str, ...] = ("configurer",)) -> Member:
    """Somebody who is signed in at the desk."""
    row = await store.staff_by_login(company, login) or await hired(store, company, login, login.title(), *roles)
    session: Any = await store.new_session("staff", company, row.id, {}, lasts=timedelta(hours=1))
    return Member(row.id, company, login, row.name, row.roles, session)


Answers = Mapping[str, Mapping[str, str | list[str]]]
TO_PHONE: Answers = {"overview": {"edit": "phone"}, "photos": {"certificate_safety": "true"}}
PHONE_GIVEN: Answers = {**TO_PHONE, "contact_phone": {"contact_phone": "0371-65951234"}}


def begun(site: Path, company: str = "8001", person: str = JIA, answers: Answers = TO_PHONE) -> str:
    """A client begins in a process of its own and answers these steps; the case's number. The clock of that process is put
    forward to when the companies are open, as `banli demo --open` does."""
    return asyncio.run(_begun(open_site(site, demo=True), company, person, answers))


async def _begun(site: Site, company: str, person: str, answers: Answers) -> str:
    clock = AheadClock()
    parts = Parts(site, clock)
    await parts.open(start_plugins=False)
    await parts.plugins.start()
    try:
        open_all(parts, clock)
        town = Town(
            parts.store, clock, parts.plugins, parts.editions, parts.caseload, parts.clients, parts.cases, parts.deliveries
        )
        visit = await town.enter(person, company)
        number = await town.start(visit)
        for step, typed in answers.items():
            went = await town.say(visit, number, step, **typed)
            assert isinstance(went, Elsewhere), went.problems
        return number
    finally:
        await parts.plugins.stop()
        await parts.close()
