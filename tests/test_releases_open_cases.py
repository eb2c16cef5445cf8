"""What publishing tells of the open cases, at the command line on both databases and at the desk."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from banli.cli import main
from banli.definitions.library import Library
from banli.errors import DefinitionError
from banli.releases import Releases
from banli.staff import OPERATOR
from banli.store import Store
from desk_kit import open_desk
from release_kit import NARROWER, PHONE_GIVEN, begun, change, configurer, files, write
from store_kit import behind_the_back
from town import JIA, open_town

__all__ = ["files"]

BUSINESS = ("8001", "basic_info_change")
BING = "500112198505050018"
Run = Callable[..., Result]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write(tmp_path / "site").parent


@pytest.fixture
def run(site: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`banli … --company 8001` on this database."""
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("BANLI_DATABASE", database_url)
    return lambda *words: CliRunner().invoke(
        main, [words[0], "--site", str(site), "--company", "8001", *words[1:]], catch_exceptions=False
    )


def cases_of(result: Result) -> list[str]:
    """What was told of the open cases, and how it ended."""
    told = result.stdout.splitlines()
    first = next(at for at, line in enumerate(told) if "keep" in line and "edition" in line)
    return told[first:]


def test_publishing_tells_which_open_cases_are_safe_need_a_mapping_or_cannot_be_moved(
    run: Run, site: Path, database_url: str, tmp_path: Path
) -> None:
    assert run("publish").exit_code == 0
    jia = begun(site, answers=PHONE_GIVEN)
    words = {"flows/basic_info_change.yaml": {"title: 联系电话修改": "title: 联系电话"}}
    change(site / "definitions", words)
    assert cases_of(run("publish", "--dry-run")) == [
        "  1 open case keeps its edition; moved to this one, it would lose nothing",
        "Nothing was published (--dry-run).",
    ]
    bing = begun(site, person=BING, answers={"overview": {"edit": "other"}})
    assert cases_of(run("publish", "--dry-run"))[0] == (
        "  2 open cases keep their edition; moved to this one, they would lose nothing"
    )
    change(site / "definitions", {name: {new: old for old, new in pairs.items()} for name, pairs in words.items()})
    change(site / "definitions", NARROWER)
    narrower = [
        "  2 open cases keep their edition. Moved to this one:",
        f"    1 would lose contact_phone.contact_phone without a mapping: {jia}",
        "    1 would lose nothing",
    ]
    assert cases_of(run("publish", "--dry-run")) == [*narrower, "Nothing was published (--dry-run)."]
    refused = run("publish")
    assert (refused.exit_code, cases_of(refused)) == (1, narrower)
    assert refused.stderr == (
        "Error: Nothing was published: 8001/basic_info_change could not take over all open cases. They keep their edition; "
        "if that is meant, add --yes, or write a migration first.\n"
    )
    asyncio.run(without_its_edition(database_url, tmp_path, bing))
    broken = [
        narrower[0],
        f"    1 cannot be moved (its edition cannot be opened with the present plugins): {bing}",
        narrower[1],
    ]
    refused = run("publish")
    assert (refused.exit_code, cases_of(refused)) == (1, broken)
    meant = run("publish", "--yes")
    assert (meant.exit_code, cases_of(meant)[:3]) == (0, broken)
    assert cases_of(meant)[3].startswith("Published 8001/basic_info_change release 2, from ")
    listed = run("editions").stdout.splitlines()
    assert "0 open cases  live since" in listed[1] and listed[2].endswith("  1 open case")


async def without_its_edition(database_url: str, tmp_path: Path, number: str) -> None:
    """The case has kept an edition that is in nobody's hands."""
    store = await Store.open(database_url, f"file://{tmp_path / 'blobs'}", tmp_path / "var" / "keys.json", lambda: None)  # type: ignore[arg-type, return-value]
    await behind_the_back(store, "UPDATE cases SET edition = ? WHERE number = ?", "0" * 64, number)
    await store.close()


async def test_the_desk_names_the_open_cases_that_would_lose_something_and_why(
    files: Mapping[str, Path], tmp_path: Path, clock: Any
) -> None:
    async with open_desk(tmp_path, clock, files["eyes"].parent) as desk:
        releases = desk.parts.releases
        wei, lin = [await configurer(desk.parts.store, name) for name in ("wei", "lin")]
        first = (await releases.publish(await releases.changes([BUSINESS]), {"8001": wei.actor}))[0]
        await releases.approve(lin, first.id, "0")
        numbers = []
        for person in (JIA, BING, "410105199508130020"):
            visit = await desk.town.enter(person)
            numbers.append(await desk.town.start(visit))
            await desk.town.to_form(visit, numbers[-1], "phone")
            if person == JIA:
                await desk.town.say(visit, numbers[-1], "contact_phone", contact_phone="0371-65951234")
        await behind_the_back(desk.parts.store, "UPDATE cases SET edition = ? WHERE number = ?", "0" * 64, numbers[2])
        narrower = shutil.copytree(files["eyes"], tmp_path / "narrower" / "definitions")
        change(narrower, NARROWER)
        desk.parts.editions.renew(Library.read(narrower, desk.parts.kinds))
        row = (await releases.publish(await releases.changes([BUSINESS]), {"8001": wei.actor}))[0]
        reader = await desk.signed_in("configurer2")
        await reader.get(f"/desk/releases/{row.id}")
        section = re.search(r'<section aria-labelledby="s-cases".*?</section>', reader.page, re.S)
        assert section is not None
        said = " ".join(re.sub(r"<[^>]+>", " ", section[0]).split())
        assert said.endswith(
            f"如将其他版本的受理单迁移到此版本： 无法迁移 (1) {numbers[2]} 现有插件无法打开其版本 "
            f"需要对应，否则会丢失已填内容 (1) {numbers[0]} 会丢失： contact_phone.contact_phone "
            f"部分内容需客户重新填写 (1) {numbers[1]} 需重新填写： overview"
        )
        answer = await reader.post(f"/desk/releases/{row.id}/approve", seen="1")
        assert answer.status_code == 422
        assert "3件未办结的受理单中有一部分不能改用此版本" in reader.text
        answer = await reader.post(f"/desk/releases/{row.id}/approve", seen="1", sure="1")
        assert answer.status_code == 303


async def test_a_number_is_kept_by_what_was_proposed_and_by_what_a_client_has_begun_with(
    store: Store, clock: Any, files: Mapping[str, Path], tmp_path: Path
) -> None:
    """Nobody has published anything: a proposal was read by another person, a case is signed with its texts."""
    town = open_town(store, clock, tmp_path, files["first"])
    await town.plugins.start()
    await town.start(await town.enter())
    await town.plugins.stop()
    releases = Releases(open_town(store, clock, tmp_path, files["reworded"]).caseload)
    for company in ("8001", "8002"):
        with pytest.raises(DefinitionError, match=r"'YB-FXSM-2026-01' has stood for another text since 2026-11-23 \(8001/"):
            await releases.changes([(company, "basic_info_change")])

    newer = Releases(open_town(store, clock, tmp_path, files["eyes newer"]).caseload)
    proposed = await newer.publish(await newer.changes([BUSINESS]), {"8001": OPERATOR})
    assert proposed[0].state == "proposed"
    worded = shutil.copytree(files["eyes newer"], tmp_path / "worded" / "definitions")
    change(worded, {"agreements/risk_disclosure.yaml": {"NEWER": "NEWEST"}})
    newest = Releases(open_town(store, clock, tmp_path, worded).caseload)
    with pytest.raises(DefinitionError, match="'YB-FXSM-2026-02' has stood for another text"):
        await newest.changes([BUSINESS])
