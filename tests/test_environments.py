"""Test looks unlike production: colours, a banner, words; a notice comes and goes at its time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from app_fixtures import BUSINESS, Phone, Town, app_template
from banli.definitions.environments import company_in, site_in, unnamed
from banli.hours import Notice, flaws_in_notices, notices_from
from site_kit import DEFINITIONS, Open, dumped, opened

__all__ = ["app_template", "opened"]

CHINA = ZoneInfo("Asia/Shanghai")
STAGING = "这是仿真环境，仅供演练，请勿提交真实资料。"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


async def style(phone: Phone) -> str:
    """The stylesheet of the page."""
    address = re.findall(r'rel="stylesheet" href="([^"]+)"', phone.page)[0]
    return str(await (await phone.client.get(address)).get_data(as_text=True))


def notices(phone: Phone) -> list[str]:
    return re.findall(r'<div class="note (?:warning|tips)" role="status"><p>(.*?)</p></div>', phone.page)


# ------------------------------------------------------------------ environments


async def test_a_rehearsal_looks_unlike_the_real_thing_and_works_the_same(opened: Open) -> None:
    """R-005: other colours and a banner on every page, the first one and the desk's colours too; nothing else differs."""
    async with opened("staging") as town, opened("production") as real:
        for path in ("/", "/8001", "/8002", BUSINESS):
            rehearsal, page = await town.phone().get(path), await real.phone().get(path)
            assert (notices(rehearsal), notices(page)) == ([STAGING], [])
            assert "--brand:#6b3fa0" in await style(rehearsal) and "--brand:#6b3fa0" not in await style(page)
            assert "--brand:#c4a6f0" in await style(rehearsal)
        assert "期货互联网开户云（仿真环境）" in (await town.phone().get("/")).page
        assert "（仿真环境）" not in (await real.phone().get("/")).page
        desk = await town.phone().get("/desk")
        assert "--brand:#6b3fa0" in await style(desk)
        hashes = {one.parts.editions.now("8001", "basic_info_change").edition.hash for one in (town, real)}
        assert len(hashes) == 1


async def test_a_company_has_words_looks_and_a_banner_of_its_own_in_an_environment(opened: Open) -> None:
    """R-005: the company's difference wins over the site's."""
    own = {"banner": "远山测试", "texts": {"login_button": "测试登录"}, "menu": {"my_business": "测试业务"},
           "theme": {"tokens": {"brand": "#7a1f1f", "on_brand": "#ffffff"}}}  # fmt: skip
    async with opened("staging", companies__8001__company=dumped(environments={"staging": own})) as town:
        phone = await town.phone().get(BUSINESS)
        assert notices(phone) == ["远山测试"] and "测试登录" in phone.text
        css = await style(phone)
        assert "--brand:#7a1f1f" in css and "--accent:#6b3fa0" in css
        await phone.log_in()
        assert "测试业务" in phone.text
        other = await town.phone().get("/8002/business/basic_info_change")
        assert notices(other) == [STAGING] and "登录办理" in other.text


def test_the_later_layer_wins_and_other_environments_play_no_part() -> None:
    site = {"texts": {"a": "1", "b": "1", "c": "1"}, "environments": {"x": {"texts": {"b": "2", "c": "2"}}, "y": {"banner": "Y"}}}
    firm = {"texts": {"a": "3", "b": "3"}, "theme": {"name": "plain", "tokens": {"brand": "#000"}},
            "environments": {"x": {"texts": {"c": "4"}, "theme": {"dark": {"brand": "#fff"}}}}}  # fmt: skip
    made = company_in(firm, site, "x")
    assert site_in(site, "x")["texts"] == {"a": "1", "b": "2", "c": "2"}
    assert made["texts"] == {"a": "3", "b": "2", "c": "4"} and made["here"]["texts"] == {"b": "2", "c": "4"}
    assert made["theme"] == {"name": "plain", "tokens": {"brand": "#000"}, "dark": {"brand": "#fff"}}
    assert company_in(firm, site, "production")["texts"] == {"a": "3", "b": "3"}
    assert company_in(firm, site, "y")["notices"] == [{"banner": {"text": "Y"}}]


@pytest.mark.parametrize("environment, told", [
    ("stagin", "BANLI_ENVIRONMENT is 'stagin', but site.yaml names no such environment. Did you mean 'staging'?"),
    ("x", "BANLI_ENVIRONMENT is 'x', but site.yaml names no such environment. There are: staging, production, demo, development."),
    ("staging", ""), ("production", ""), ("demo", ""),
])  # fmt: skip
def test_an_operator_is_told_of_an_environment_that_nobody_has_named(environment: str, told: str) -> None:
    site = yaml.safe_load((DEFINITIONS / "site.yaml").read_text(encoding="utf-8"))
    assert unnamed(site, environment) == told


async def test_the_start_tells_of_the_environment_and_of_calendars_that_end(opened: Open) -> None:
    async with opened("stagin") as town:
        told = town.parts.warnings()[len(town.parts.left_out()) :]
        assert [line.partition(": ")[0].rpartition("/")[2] for line in told][1:] == ["china.yaml"]
        assert told[0].startswith("BANLI_ENVIRONMENT is 'stagin'")
        town.clock.now = at("2026-10-01T12:00")
        assert len(town.parts.warnings()) == len(town.parts.left_out()) + 1


# ------------------------------------------------------------------ notices


def test_a_notice_holds_from_its_first_to_its_last_moment() -> None:
    made = notices_from([
        {"day": {"text": "a", "from": "2026-12-19", "to": "2026-12-19"}},
        {"time": {"text": "b", "from": "2026-12-19T08:30", "to": "2026-12-19T17:00", "look": "tips"}},
        {"always": {"text": "c"}},
    ])  # fmt: skip
    assert made[1] == Notice("time", "b", "tips", at("2026-12-19T08:30"), at("2026-12-19T17:00"))
    held = {
        now: "".join(one.text for one in made if one.holds(at(now)))
        for now in ("2026-12-18T23:59", "2026-12-19T00:00", "2026-12-19T08:30", "2026-12-19T17:00", "2026-12-20T00:00")
    }
    assert list(held.values()) == ["c", "ac", "abc", "ac", "c"]


@pytest.mark.parametrize("told, codes", [
    ({"from": "2026-02-30"}, ["no-such-date"]),
    ({"from": "2026-12-19T09:00", "to": "2026-12-19T09:00"}, ["dates-backwards"]),
    ({"from": "2026-12-19", "to": "2026-12-19"}, []),
    ({"to": "2026-12-18", "from": "2026-12-19"}, ["dates-backwards"]),
])  # fmt: skip
def test_an_author_is_told_of_times_that_cannot_be(told: dict[str, str], codes: list[str]) -> None:
    flaws = list(flaws_in_notices([{"n": {"text": "x", **told}}]))
    assert [flaw.code for flaw in flaws] == codes
    assert all(flaw.path[:3] == ("notices", 0, "n") for flaw in flaws)


JOINT = {
    "joint_test": {
        "text": "{{ company.short_name }}：今日为行业联合测试，业务受理可能延迟。",
        "from": "2026-11-23T12:00",
        "to": "2026-11-23T18:00",
    }
}
HOURS = {"pause": {"text": "今晚系统升级，请在20:00前提交。", "look": "tips", "from": "2026-11-23", "to": "2026-11-23"}}


async def test_a_test_window_is_announced_on_the_menu_and_in_the_business(opened: Open) -> None:
    """Section 3.9: the company's notice on all its pages, that of the hours with the business; both only at their time."""
    said = "远山期货：今日为行业联合测试，业务受理可能延迟。"
    pause = "今晚系统升级，请在20:00前提交。"

    def tile(phone: Phone) -> list[str]:
        return re.findall(r'<div class="note tips"><p>(今晚.*?)</p><p><small>适用业务：', phone.page)

    async with opened(
        companies__8001__company=dumped(notices=[JOINT]), companies__8001__hours__nearly_always=dumped(notices=[HOURS])
    ) as town:
        town.clock.now = at("2026-11-23T12:00")
        phone = await town.phone().get("/8001")
        assert (notices(phone), tile(phone)) == ([said], [pause])
        await phone.get(BUSINESS)
        assert notices(phone) == [said, pause]
        await phone.log_in()
        assert notices(phone) == [said, pause]
        number = phone.number
        await phone.get("/8001/my")
        assert notices(phone) == [said]
        other = await town.phone().get("/8002")
        assert (notices(other), tile(other)) == ([], [])
        town.clock.now = at("2026-11-23T18:00")
        await phone.log_in()
        await phone.get(f"/8001/cases/{number}/overview")
        assert notices(phone) == [pause]
        town.clock.now = at("2026-11-24T02:00")
        assert (notices(await town.phone().get("/8001")), tile(await town.phone().get("/8001"))) == ([], [])


# ------------------------------------------------------------------ steps with hours of their own


async def in_photos(town: Town) -> Phone:
    phone = await town.phone().log_in()
    return await phone.post(edit="phone", _go=None)


async def test_a_step_with_hours_of_its_own_says_when_to_come_back_and_loses_nothing(opened: Open) -> None:
    """C-16: the business is open nearly always, one of its steps only on trading days; any kind of step can have that."""
    flow = dumped(steps=[{"form": {"id": "contact_phone", "hours": "video"}}])
    async with opened(companies__8001__flows__basic_info_change=flow) as town:
        menu = await town.phone().get("/8001")
        assert "身份证有效期修改 / 联系电话修改（交易日 08:30-17:00） / 其他信息修改" in menu.text
        phone = await in_photos(town)
        assert "不在服务时间内" not in phone.text
        await phone.post(certificate_safety="true", _go="next")
        assert phone.step == "contact_phone" and "服务时间" not in phone.text
        page = phone.at
        town.clock.now = at("2026-11-23T17:10")
        await (await phone.log_in()).get(page)
        assert "服务时间已结束，您可以在2026年11月23日（周一）17:15之前办完已开始的业务。" in phone.text
        town.clock.now = at("2026-11-23T17:20")
        closed = "此步骤现在不在服务时间内，服务时间为交易日 08:30-17:00。请在2026年11月24日（周二）08:30之后办理。"
        await phone.get(page)
        assert phone.text.count(closed) == 1
        await phone.post(contact_phone="021-63212345", _go="next")
        assert (phone.status, phone.step, phone.text.count(closed)) == (422, "contact_phone", 1)
        town.clock.now = at("2026-11-24T08:30")
        await (await phone.log_in()).get(page)
        assert phone.step == "contact_phone" and phone.fields["contact_phone"] == ["021-63212345"]
        await phone.post(_go="next")
        assert phone.step == "agreements"


async def test_what_is_published_is_said_in_the_words_of_the_environment(opened: Open) -> None:
    """An edition is the same everywhere; the environment's words are laid over it, at the door and in the case."""
    own = {"texts": {"next": "演练下一步", "login_button": "演练登录"}, "menu": {"my_business": "演练业务"}}
    async with opened("staging", companies__8001__company=dumped(environments={"staging": own})) as town:
        releases = town.parts.releases
        changes = await releases.changes([("8001", "basic_info_change")])
        await releases.publish(changes, {"8001": "operator"})
        assert town.parts.editions.in_force("8001", "basic_info_change") is not None
        phone = await town.phone().get(BUSINESS)
        assert (
            "演练登录" in phone.text
            and "演练下一步" not in town.parts.editions.now("8001", "basic_info_change").edition.texts.values()
        )
        await phone.log_in()
        await phone.post(edit="phone", _go=None)
        assert {"演练下一步", "演练业务"} <= set(phone.text.split())
