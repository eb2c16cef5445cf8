"""Releases at the desk and for clients: the whole application on SQLite."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from banli.definitions.library import Library
from banli.staff import OPERATOR
from desk_kit import Browser, Desk, open_desk
from release_kit import files

__all__ = ["files"]

BUSINESS = ("8001", "basic_info_change")


@asynccontextmanager
async def office(files: Mapping[str, Path], wording: str, var: Path, clock: Any) -> AsyncIterator[Desk]:
    async with open_desk(var, clock, files[wording].parent) as desk:
        yield desk


@pytest.fixture
async def desk(files: Mapping[str, Path], tmp_path: Path, clock: Any) -> AsyncIterator[Desk]:
    """With four eyes at 8001; the first release is proposed by the first configurer."""
    async with office(files, "eyes", tmp_path, clock) as desk:
        yield desk


def other_files(desk: Desk, definitions: Path) -> None:
    """As after a restart with these files."""
    desk.parts.library = Library.read(definitions, desk.parts.kinds)
    desk.parts.editions.renew(desk.parts.library)


async def proposed(desk: Desk, **options: Any) -> str:
    """Somebody has proposed what the files say; the release's id."""
    releases = desk.parts.releases
    row = await desk.parts.store.staff_by_login("8001", "configurer")
    assert row is not None
    changes = await releases.changes([BUSINESS], options.get("at"))
    return (await releases.publish(changes, {"8001": f"staff:{row.id}"}, options.get("at"), "New year"))[0].id


async def published(desk: Desk) -> None:
    """The first release, approved."""
    second = await desk.signed_in("configurer2")
    await decided(second, await proposed(desk), "approve")
    desk.parts.clock.forward(seconds=30)  # a code is good once


async def decided(browser: Browser, id: str, action: str, **form: str) -> Any:
    await browser.get(f"/desk/releases/{id}")
    seen = re.search(r'name="seen" value="([^"]*)"', browser.page)
    return await browser.post(f"/desk/releases/{id}/{action}", **{"seen": seen[1] if seen else "", **form})


async def test_the_first_page_of_a_configurer_is_the_list_of_releases(desk: Desk) -> None:
    browser = desk.browser()
    answer = await browser.sign_in("configurer")
    assert answer.headers["Location"] == "/desk/releases"
    await browser.get("/desk/releases")
    assert "尚未发布过任何内容" in browser.text
    assert "从未发布，以文件为准" in browser.text
    assert "复核任务" not in browser.text


async def test_nobody_else_gets_to_see_releases(desk: Desk) -> None:
    id = await proposed(desk)
    stranger = await desk.signed_in("configurer", "8002")
    for browser, status in ((desk.browser(), 303), (await desk.signed_in("reviewer1"), 404), (stranger, 404)):
        assert (await browser.get(f"/desk/releases/{id}")).status_code == status
        assert (await decided(browser, id, "approve", seen="0")).status_code in (303, 400, 404)
    await stranger.get("/desk/releases")
    assert id not in stranger.page
    assert (await desk.parts.store.release(id)).state == "proposed"


async def test_an_auditor_reads_and_decides_nothing(desk: Desk) -> None:
    id = await proposed(desk)
    auditor = await desk.signed_in("auditor")
    assert (await auditor.get(f"/desk/releases/{id}")).status_code == 200
    assert "New year" in auditor.text
    assert 'action="/desk/releases/' not in auditor.page
    assert (await decided(auditor, id, "approve", seen="0")).status_code == 404


async def test_who_has_proposed_waits_for_another_person(desk: Desk) -> None:
    id = await proposed(desk)
    first = await desk.signed_in("configurer")
    await first.get(f"/desk/releases/{id}")
    assert "此次发布由您提交，须由另一位配置人员审批。" in first.text
    answer = await decided(first, id, "approve", seen="0")
    assert answer.status_code == 409
    assert "须由另一位配置人员审批" in first.text

    second = await desk.signed_in("configurer2")
    await second.get("/desk/releases")
    assert "待审批" in second.text
    answer = await decided(second, id, "approve", reason="Read <b>twice</b>")
    assert answer.headers["Location"] == "/desk/releases?said=release_approved&case=1"
    await second.get("/desk/releases?said=release_approved&case=1")
    assert "第1次发布已批准。" in second.text
    assert "生效中" in second.text
    await second.get(f"/desk/releases/{id}")
    assert "批准 “Read <b>twice</b>”" in second.text
    assert "<b>twice" not in second.page


async def test_differences_open_cases_and_trail_stand_on_the_page(desk: Desk, files: Mapping[str, Path]) -> None:
    await published(desk)
    visit = await desk.town.enter()
    await desk.town.start(visit)
    other_files(desk, files["eyes newer"])
    id = await proposed(desk)
    second = await desk.signed_in("configurer2")
    await second.get("/desk/releases")
    assert "文件与已发布的内容不同" in second.text
    await second.get(f"/desk/releases/{id}")
    assert "YB-FXSM-2026-02" in second.text
    assert "协议'risk_disclosure' (期货交易风险说明书)：text有变动 + NEWER" in second.text
    assert "steps.contact_phone" in second.page or "contact_phone" in second.page
    assert "未办结的受理单" in second.text
    row = await desk.parts.store.releases_of(*BUSINESS)
    assert row[1].edition[:12] in second.page


async def test_a_refusal_needs_a_reason_and_keeps_what_was_typed(desk: Desk) -> None:
    id = await proposed(desk)
    second = await desk.signed_in("configurer2")
    answer = await decided(second, id, "refuse", reason=" ")
    assert answer.status_code == 422
    assert "请填写原因。" in second.text
    answer = await decided(second, id, "refuse", reason="The hotline is wrong")
    assert answer.status_code == 303
    await second.get(f"/desk/releases/{id}")
    assert "未获批准" in second.text
    assert "“The hotline is wrong”" in second.text


async def test_a_post_without_the_pages_token_decides_nothing(desk: Desk) -> None:
    id = await proposed(desk)
    second = await desk.signed_in("configurer2")
    await second.get(f"/desk/releases/{id}")
    assert (await second.post(f"/desk/releases/{id}/approve", seen="0", _csrf="0" * 48)).status_code == 400
    assert (await second.post(f"/desk/releases/{id}/delete", seen="0")).status_code == 404
    assert (await second.post(f"/desk/releases/{'0' * 32}/approve", seen="0")).status_code == 404
    assert (await second.post("/desk/releases/..%2f..%2fx/approve", seen="0")).status_code == 404
    assert (await desk.parts.store.release(id)).state == "proposed"


async def test_the_way_back_at_the_desk_is_proposed_where_four_eyes_are_wanted(desk: Desk, files: Mapping[str, Path]) -> None:
    await published(desk)
    other_files(desk, files["eyes newer"])
    second = await desk.signed_in("configurer2")
    newer = await proposed(desk)
    await decided(second, newer, "approve")
    first = (await desk.parts.store.releases_of(*BUSINESS))[-1]
    await second.get(f"/desk/releases/{first.id}")
    assert "已被替换" in second.text
    answer = await decided(second, first.id, "again", reason="Back, please")
    assert answer.headers["Location"] == "/desk/releases?said=release_again&case=3"
    row = (await desk.parts.store.releases_of(*BUSINESS))[0]
    assert (row.state, row.edition, row.proposed_by) == (
        "proposed",
        first.edition,
        (await desk.parts.store.release(newer)).decided_by,
    )


async def test_a_scheduled_release_is_withdrawn_with_a_reason(desk: Desk) -> None:
    at = desk.parts.clock() + timedelta(days=30)
    id = await proposed(desk, at=at)
    second = await desk.signed_in("configurer2")
    await decided(second, id, "approve")
    await second.get("/desk/releases")
    assert "已排期" in second.text
    assert "2026-12-23 10:00" in second.text
    await decided(second, id, "withdraw", reason="Not this year")
    await second.get(f"/desk/releases/{id}")
    assert "撤回 “Not this year”" in second.text


async def test_the_pages_are_english_for_who_reads_english(desk: Desk) -> None:
    id = await proposed(desk)
    reader = await desk.signed_in("configurer2", language="en")
    await reader.get(f"/desk/releases/{id}")
    assert "Waits for approval" in reader.text
    assert "The first release: there is nothing before it to compare with." in reader.text


async def test_a_client_on_the_way_reads_the_same_texts_and_a_new_one_the_new(
    files: Mapping[str, Path], tmp_path: Path, clock: Any
) -> None:
    """On the menu, on the login page and in a case at the moment of change: nobody is hurt."""
    async with office(files, "first", tmp_path, clock) as desk:
        await _publish(desk)
        visit = await desk.town.enter()
        number = await desk.town.start(visit)
        await desk.town.to_form(visit, number, "phone")
        inside, outside = desk.app.test_client(), desk.app.test_client()
        inside.set_cookie("localhost", "banli", visit.session.token)
        page = f"/8001/cases/{number}/contact_phone"
        before = await (await inside.get(page)).get_data(as_text=True)
        login = await (await outside.get("/8001/business/basic_info_change")).get_data(as_text=True)
        assert "联系电话修改" in before
        assert "马上登录" in login
        other_files(desk, files["newer"])
        await _publish(desk)
        assert _plain(await (await inside.get(page)).get_data(as_text=True)) == _plain(before)
        login = await (await outside.get("/8001/business/basic_info_change")).get_data(as_text=True)
        assert "登录办理" in login
        assert (await outside.get("/8001")).status_code == 200
        assert (await (await outside.get("/readyz")).get_json()).get("files") is None


async def test_who_comes_for_a_business_that_has_ended_is_told_so_on_the_menu(
    files: Mapping[str, Path], tmp_path: Path, clock: Any
) -> None:
    async with office(files, "two", tmp_path, clock) as desk:
        await _publish(desk)
        other_files(desk, files["first"])
        phone = desk.app.test_client()
        assert (await phone.get("/8001/business/phone_change")).status_code == 200
        await _publish(desk)
        answer = await phone.get("/8001/business/phone_change")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/8001?said=business_ended")
        menu = await (await phone.get("/8001?said=business_ended")).get_data(as_text=True)
        assert "该业务已停止办理" in menu
        assert "phone_change" not in menu
        assert (await phone.get("/8001/business/never_was")).status_code == 404


async def test_an_operator_is_told_that_files_are_not_published(files: Mapping[str, Path], tmp_path: Path, clock: Any) -> None:
    async with office(files, "first", tmp_path, clock) as desk:
        await _publish(desk)
    async with office(files, "newer", tmp_path, clock) as desk:
        told = await (await desk.app.test_client().get("/readyz")).get_json()
        assert told["files"] == "2 businesses differ from what is published"


async def _publish(desk: Desk) -> None:
    releases = desk.parts.releases
    changes = await releases.changes(releases.businesses())
    await releases.publish(changes, {change.company: OPERATOR for change in changes})


def _plain(page: str) -> str:
    """A page without its forgery token, which looks different each time."""
    return re.sub(r'(name="_csrf" value|data-csrf|content)="[^"]*"', "", page)
