"""The hours of a business in words: what clients read at the door and inside, at any time, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app_fixtures import BUSINESS, JIA, Phone, Town, app_template, town
from banli.definitions.checks.texts import HOURS
from banli.definitions.source import read
from banli.hours import Calendar, Year, calendar_from, hours_from
from banli.i18n import Catalogues
from banli.openings import Sign
from banli.sites import Site, bundled

__all__ = ["app_template", "town"]

ROOT = Path(__file__).parents[1]
CHINA = ZoneInfo("Asia/Shanghai")
HOLIDAY = Calendar("", {2026: Year({date(2026, 11, 24): "春节"}), 2027: Year({})})
MONDAY = "2026-11-23T10:00"
QINGHE, YUANSHAN = "/8002/business/basic_info_change", "/8001/business/basic_info_change"


@pytest.fixture(scope="session")
def languages(tmp_path_factory: pytest.TempPathFactory) -> Catalogues:
    return Catalogues(Site(bundled(), tmp_path_factory.mktemp("var"), "", ""), ("zh_CN", "en"))


def at(text: str) -> datetime:
    """The time in China, as the clock gives it."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def definition(path: str) -> Mapping[str, Any]:
    return read(path, (ROOT / "definitions" / path).read_bytes()).data


def shipped(name: str, now: str, languages: Catalogues, language: str = "zh_CN") -> dict[str, str]:
    calendar = calendar_from(definition("calendars/china.yaml"))
    hours = hours_from(definition(f"hours/{name}.yaml"), {"china": calendar})
    return said(Sign(lambda: hours, at(now), languages.translator(language)))


def written(windows: Mapping[str, Any], now: str, languages: Catalogues, language: str = "zh_CN", **rest: Any) -> Sign:
    hours = hours_from({"windows": windows, **rest}, {"china": HOLIDAY})
    return Sign(lambda: hours, at(now), languages.translator(language))


def said(sign: Sign) -> dict[str, str]:
    return {name: getattr(sign, name) for name in HOURS}


# ------------------------------------------------------------------ in words

WEEKS: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"mon-fri": "01:23-23:58", "sat": "01:23-23:58"}, {},
     "周一至周五、周六 01:23-23:58", "Monday to Friday and Saturday, 01:23–23:58"),
    ({"mon-sun": "00:00-24:00"}, {}, "每天 00:00-24:00", "every day, 00:00–24:00"),
    ({"sat": "09:00-12:00", "mon-thu": ["08:30-11:30", "13:00-17:00"]}, {},
     "周一至周四 08:30-11:30、13:00-17:00；周六 09:00-12:00",
     "Monday to Thursday, 08:30–11:30 and 13:00–17:00; Saturday, 09:00–12:00"),
    ({"mon-fri": ["09:00-15:00", "21:00-02:30"]}, {"days": "trading_days"},
     "交易日 09:00-15:00、21:00-次日02:30", "trading days, 09:00–15:00 and 21:00–02:30 (next day)"),
    ({"mon-thu": "08:30-17:00", "fri": "08:30-12:00", "sat": "09:00-12:00"}, {"days": "trading_days"},
     "交易日：周一至周四 08:30-17:00；周五 08:30-12:00", "trading days: Monday to Thursday, 08:30–17:00; Friday, 08:30–12:00"),
    ({"mon-fri": "08:30-17:00", "make_up": "09:00-12:00"}, {"days": "workdays"},
     "工作日 08:30-17:00；调休上班日 09:00-12:00", "workdays, 08:30–17:00; make-up workdays, 09:00–12:00"),
    ({"mon-fri": "08:30-17:00"}, {"days": "workdays"}, "工作日 08:30-17:00", "workdays, 08:30–17:00"),
]  # fmt: skip


@pytest.mark.parametrize(("windows", "rest", "chinese", "english"), WEEKS)
def test_the_week_is_told_as_its_author_wrote_it(
    windows: dict[str, Any], rest: dict[str, Any], chinese: str, english: str, languages: Catalogues
) -> None:
    """R-025, C-16"""
    both = [written(windows, MONDAY, languages, language, **rest).windows for language in ("zh_CN", "en")]
    assert both == [chinese, english]


def test_a_service_with_breaks_tells_today_and_when_it_opens_again(languages: Catalogues) -> None:
    """R-031: 2026-12-19, a Saturday with a joint test."""
    always = {"title": "网上业务服务时间", "windows": "交易日 08:30-20:00"}
    test = always | {"note": "今日服务时间为 09:00-11:30、13:00-16:00（行业联合测试）。"}
    told = {
        now: shipped("working_hours", now, languages)
        for now in (
            "2026-12-18T21:00", "2026-12-19T08:00", "2026-12-19T10:00", "2026-12-19T11:40", "2026-12-19T12:00",
            "2026-12-19T16:30",
        )
    }  # fmt: skip
    assert told == {
        "2026-12-18T21:00": always | {"note": "", "opens_at": "2026年12月19日（周六）09:00", "closes_at": ""},
        "2026-12-19T08:00": test | {"opens_at": "2026年12月19日（周六）09:00", "closes_at": ""},
        "2026-12-19T10:00": test | {"opens_at": "", "closes_at": "2026年12月19日（周六）11:30"},
        "2026-12-19T11:40": test | {"opens_at": "2026年12月19日（周六）13:00", "closes_at": "2026年12月19日（周六）11:45"},
        "2026-12-19T12:00": test | {"opens_at": "2026年12月19日（周六）13:00", "closes_at": ""},
        "2026-12-19T16:30": test | {"opens_at": "2026年12月21日（周一）08:30", "closes_at": ""},
    }


def test_the_last_day_of_the_year_closes_early_and_the_next_year_is_provisional(languages: Catalogues) -> None:
    """R-031: 2026-12-31; the rest days of 2027 are not announced."""
    english = shipped("working_hours", "2026-12-31T16:05", languages, "en")
    assert english == {
        "title": "Online service hours",
        "windows": "trading days, 08:30–20:00",
        "note": "Today: 08:30–16:00 (Year-end settlement).",
        "opens_at": "Monday 4 January 2027, 08:30 (provisional)",
        "closes_at": "Thursday 31 December 2026, 16:15",
    }
    chinese = shipped("working_hours", "2026-12-31T19:00", languages)
    assert chinese == {
        "title": "网上业务服务时间",
        "windows": "交易日 08:30-20:00",
        "note": "今日服务时间为 08:30-16:00（年终结算）。",
        "opens_at": "2027年1月4日（周一）08:30（暂定）",
        "closes_at": "",
    }


@pytest.mark.parametrize(
    ("exception", "chinese", "english"),
    [
        ({"closed": True, "title": "系统升级"}, "今日暂停服务（系统升级）。", "Closed today (系统升级)."),
        ({"closed": True}, "今日暂停服务。", "Closed today."),
        ({"windows": "09:00-12:00"}, "今日服务时间为 09:00-12:00。", "Today: 09:00–12:00."),
    ],
)
def test_a_day_of_its_own_is_told_with_its_reason(
    exception: dict[str, Any], chinese: str, english: str, languages: Catalogues
) -> None:
    rest = {"exceptions": [{"date": "2026-11-23", **exception}]}
    both = [written({"mon-fri": "08:00-17:00"}, MONDAY, languages, language, **rest).note for language in ("zh_CN", "en")]
    assert both == [chinese, english]


def test_a_holiday_is_named_and_a_weekend_is_not(languages: Catalogues) -> None:
    days = {
        now: written({"mon-fri": "08:30-17:00"}, now, languages, "en", days="trading_days").note
        for now in ("2026-11-24T10:00", "2026-11-28T10:00")
    }
    assert days == {"2026-11-24T10:00": "Closed today (Spring Festival).", "2026-11-28T10:00": ""}


def test_a_service_without_hours_or_without_end_has_nothing_to_tell(languages: Catalogues) -> None:
    translator = languages.translator("zh_CN")
    assert said(Sign(lambda: None, at(MONDAY), translator)) == dict.fromkeys(HOURS, "")
    assert said(written({"mon-sun": "00:00-24:00"}, MONDAY, languages)) == {
        **dict.fromkeys(HOURS, ""), "windows": "每天 00:00-24:00"}  # fmt: skip


# ------------------------------------------------------------------ on the pages


def tips(phone: Phone) -> str:
    return phone.text.partition("温馨提示 ")[2].partition(" 请准备好")[0] or phone.text.partition("Good to know ")[2]


async def test_the_tips_of_both_companies_come_from_their_hours(town: Town) -> None:
    """R-025, R-026: verbatim for 8001, whose hours are those of the manual."""
    assert tips(await town.phone().get(YUANSHAN)).startswith(
        "1、网上开户服务时间:周一至周五、周六 01:23-23:58。 "
        "2、网上开户仅限年满18周岁、具有有效期内的中华人民共和国居民二代身份证的中国大陆个人客户申请。"
    )
    assert tips(await town.phone().get(QINGHE)).startswith("1、网上业务服务时间：交易日 08:30-20:00。 2、办理本业务")
    english = await town.phone("en").get(YUANSHAN)
    assert "1. Online account service hours: Monday to Friday and Saturday, 01:23–23:58." in english.text
    town.clock.now = at("2026-12-31T10:00")
    assert tips(await town.phone().get(QINGHE)).startswith(
        "1、网上业务服务时间：交易日 08:30-20:00。今日服务时间为 08:30-16:00（年终结算）。 2、"
    )


async def test_a_closed_door_tells_why_and_when_it_opens(town: Town) -> None:
    """R-031: on the menu and on the login page of 8002, in both languages; 8001 is open meanwhile."""
    town.clock.now = at("2026-12-19T12:00")
    closed = (
        "现在不在网上服务时间内，服务时间为交易日 08:30-20:00。"
        "今日服务时间为 09:00-11:30、13:00-16:00（行业联合测试）。请在2026年12月19日（周六）13:00之后办理。"
    )
    for path in ("/8002", QINGHE):
        assert closed in (await town.phone().get(path)).text
    town.clock.now = at("2026-12-31T19:00")
    english = (
        "The online service is closed now. Service hours: trading days, 08:30–20:00. Today: 08:30–16:00 (Year-end"
        " settlement). Please come back after Monday 4 January 2027, 08:30 (provisional)."
    )
    for path in ("/8002", QINGHE):
        assert english in (await town.phone("en").get(path)).text
    assert "现在不在网上服务时间内" not in (await town.phone().get(BUSINESS)).text


async def test_who_is_inside_reads_until_when_to_finish_and_then_when_to_come_back(town: Town) -> None:
    """R-031: 8002 closes at 20:00 and lets those who are inside finish until 20:15."""
    town.clock.now = at("2026-11-23T19:50")
    phone = await town.phone().log_in(JIA, "8002")
    page = phone.at
    assert "服务时间已结束" not in phone.text
    town.clock.forward(minutes=15)
    grace = await phone.get(page)
    assert "服务时间已结束，您可以在2026年11月23日（周一）20:15之前办完已开始的业务。" in grace.text
    town.clock.forward(minutes=15)
    closed = "服务时间为交易日 08:30-20:00。请在2026年11月24日（周二）08:30之后办理。"
    assert (await phone.get(page)).text.count(closed) == 1
    await phone.post(edit="phone", _go=None)
    assert (phone.status, phone.text.count(closed)) == (422, 1)
