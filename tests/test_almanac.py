"""A calendar that comes to an end is told in time: to authors by `banli check`, to staff at the desk, to nobody too late."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from banli.cli import main
from banli.definitions.almanac import Almanac, endings
from banli.definitions.check import soon
from banli.definitions.library import Library
from banli.i18n import Catalogues
from banli.sites import Site, bundled
from banli.web.desk_words import calendars_ending
from definition_kinds import KINDS, of_the_example
from desk_kit import open_desk
from site_kit import DEFINITIONS, changed, dumped
from store_fixtures import MovableClock

PROVISIONAL = (
    "definitions/calendars/china.yaml:37:3: calendar-ends: 2027 is not announced: from 2027-01-01 on, hours of trading days and "
    "workdays are provisional. Write the announcement under its year, and take 'provisional' away."
)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.read(DEFINITIONS, of_the_example())


def without_2027(tmp_path: Path, **rest: Any) -> Library:
    calendar = yaml.safe_load((DEFINITIONS / "calendars/china.yaml").read_text(encoding="utf-8"))
    del calendar["years"]["2027"]
    root = changed(tmp_path / "site", calendars__china=dumped(years=calendar["years"], **rest))
    return Library.read(root / "definitions", KINDS)


@pytest.mark.parametrize("today, told", [
    (date(2026, 11, 1), []), (date(2026, 11, 2), [PROVISIONAL]), (date(2026, 12, 31), [PROVISIONAL]),
    (date(2025, 12, 1), []), (date(2024, 6, 1), []),
])  # fmt: skip
def test_an_author_is_warned_sixty_days_before_the_announced_years_end(library: Library, today: date, told: list[str]) -> None:
    """Section 3.9: fail visibly."""
    assert [str(ending.warning()) for ending in endings(library, today)] == told
    assert [str(one) for one in soon(library, "production", today.isoformat())] == told


def test_in_a_year_that_is_missing_it_is_told_all_year(library: Library, tmp_path: Path) -> None:
    (ending,) = endings(library, date(2027, 11, 30))
    assert (ending.years, ending.missing, ending.since) == ((2027, 2028), (2028,), date(2027, 1, 1))
    (missing,) = endings(without_2027(tmp_path), date(2027, 3, 1))
    assert (missing.years, missing.missing) == ((2027,), (2027,))
    assert (
        missing.warning().what == "There is no 2027 here: from 2027-01-01 on, hours of trading days and workdays are provisional."
    )


def test_where_a_missing_year_is_closed_the_warning_says_so(tmp_path: Path) -> None:
    (ending,) = endings(without_2027(tmp_path, missing_year="closed"), date(2026, 12, 24))
    assert ending.warning().what == "There is no 2027 here: none of its days is a trading day or a workday."
    words = Catalogues(Site(bundled(), tmp_path / "var", "", ""), ("zh_CN", "en"))
    assert calendars_ending([ending], words.translator("en")) == [
        "The calendar “Statutory holidays and make-up workdays of China” ends before 2027. From 2027-01-01 on, whatever opens on trading days or workdays "
        "stays closed. Please have it completed."
    ]


def test_a_calendar_on_which_no_hours_rest_is_nobodys_worry(tmp_path: Path) -> None:
    root = tmp_path / "site"
    shutil.copytree(Path(__file__).parent / "broken" / "_site", root)
    assert endings(Library.read(root / "definitions", KINDS), date(2031, 1, 1)) == ()


def test_the_day_is_reckoned_once(library: Library) -> None:
    almanac, today = Almanac(), date(2026, 12, 1)
    assert almanac.endings(library, today) is almanac.endings(library, today)
    assert almanac.endings(library, date(2026, 10, 1)) == ()


def test_a_warning_of_the_checker_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANLI_ENVIRONMENT", "stagin")
    plain = CliRunner().invoke(main, ["check", "--site", str(bundled())])
    assert plain.exit_code == 0
    assert "Warning: definitions/site.yaml: unknown-environment: BANLI_ENVIRONMENT is 'stagin'" in plain.stderr
    annotated = CliRunner().invoke(main, ["check", "--site", str(bundled()), "--format", "github"])
    assert annotated.stdout.startswith("::warning file=definitions/site.yaml,title=unknown-environment::BANLI_ENVIRONMENT")
    assert CliRunner().invoke(main, ["check", "--site", str(bundled()), "--format", "json"]).stdout == "[]\n"


async def test_staff_read_at_the_desk_that_somebody_has_to_complete_the_calendar(tmp_path: Path, clock: MovableClock) -> None:
    """On every page of whoever can have it done: not of those who review, not at the door, and not while there is time."""
    sentence = "还没有2027年公布的节假日安排。从2027-01-01起，按交易日和工作日的服务时间均为暂定，请及时安排补充。"
    async with open_desk(tmp_path, clock) as desk:
        for login, path in (("configurer", "/desk/releases"), ("admin", "/desk/deliveries")):
            browser = await desk.signed_in(login)
            await browser.get(path)
            assert browser.text.count(sentence) == 1, (login, path)
        for login, path in (("reviewer1", "/desk/queue"), ("auditor", "/desk/releases")):
            browser = await desk.signed_in(login)
            await browser.get(path)
            assert browser.page and "节假日安排" not in browser.text, (login, path)
        door = desk.browser()
        await door.get("/desk")
        assert sentence not in door.text
        clock.now = datetime(2026, 10, 1, 4, tzinfo=UTC)
        again = await desk.signed_in("admin", "8002")
        await again.get("/desk/staff")
        assert "节假日安排" not in again.text
