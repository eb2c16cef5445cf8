"""The demo can be walked whenever somebody starts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from banli.app import create_app
from banli.cli import with_var
from banli.demo import AheadClock, ahead_of, open_all, welcome
from banli.hours import Closed
from banli.sites import open_site
from lean_kit import lean

SUNDAY = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
MONDAY_BOTH_OPEN = datetime(2026, 11, 30, 0, 31, tzinfo=UTC)


class Sunday(AheadClock):
    def __call__(self) -> datetime:
        return SUNDAY + self.ahead


async def test_a_demo_on_a_sunday_begins_on_monday_when_both_companies_are_open(tmp_path: Path) -> None:
    clock = Sunday()
    site = with_var(open_site(demo=True), tmp_path)
    app = create_app(site, clock=clock, with_worker=False, available=lean(site))
    async with app.test_app():
        open_all(app.parts, clock)
        hours = [app.parts.editions.now(company, "basic_info_change").edition.hours for company in ("8001", "8002")]
        assert clock() == MONDAY_BOTH_OPEN
        assert not any(isinstance(found.state(clock()), Closed) for found in hours)
        ahead = clock.ahead
        open_all(app.parts, clock)
        assert clock.ahead == ahead, "what is open stays as it is"
        told = list(welcome(site, app.parts, "http://127.0.0.1:8000", ["    reviewer1    123456"], ahead, "bin/banli"))
    assert "  Clients      http://127.0.0.1:8000/   (a phone-sized window; company 8001, 8002 or 8003)" in told
    assert "    410105199508130039  8001  资料齐全，期货账户和资管账户都有" in told
    assert "    A fresh code: bin/banli staff code LOGIN --company COMPANY" in told
    assert told[-2].endswith("so that every company is open: it is 2026-11-30 08:31 in China.")


@pytest.mark.parametrize(("text", "seconds"), [("", 0), ("3600", 3600), ("-5", 0), ("x", 0)])
def test_the_next_start_goes_on_from_the_same_clock(tmp_path: Path, text: str, seconds: int) -> None:
    (tmp_path / "demo").write_text(text)
    assert ahead_of(tmp_path / "demo") == timedelta(seconds=seconds)
    assert ahead_of(tmp_path / "nothing") == timedelta(0)
