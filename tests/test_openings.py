"""The hours of a business in words: what clients read at the door, in their language, at any time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app_fixtures import JIA, Town
from banli.definitions.check import check_site
from banli.definitions.checks.texts import HOURS
from banli.definitions.library import load_yaml
from banli.hours import Calendar, Hours, Year, hours_from
from banli.i18n import Catalogues
from banli.openings import Sign
from banli.sites import Site, bundled
from definition_kinds import KINDS

CHINA = ZoneInfo("Asia/Shanghai")
SPRING = Calendar("", {2026: Year({datetime(2026, 11, 24).date(): "春节"})})
NOTHING = dict.fromkeys(HOURS, "")


@pytest.fixture(scope="session")
def languages() -> Catalogues:
    return Catalogues(Site(bundled(), Path(), "", ""), ("zh_CN", "en"))
