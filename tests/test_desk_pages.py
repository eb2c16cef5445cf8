"""The desk's pages, as a browser gets them: the whole application on SQLite."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from banli.beginnings import Elsewhere
from banli.sites import bundled
from desk_kit import Browser, Desk, open_desk
from town import JIA, photo

ZI = "330106199107220013"
PERSONAL = ("样本甲", JIA, "13900010001", "0371-65951234", "河南省郑州市金水区样本路1号", "jia@example.com")


@pytest.fixture
async def desk(tmp_path: Path, clock: Any) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, clock) as opened:
        yield opened


async def submitted(desk: Desk, phone: str = "0371-65951234", id_number: str = JIA, company: str = "8001") -> str:
    visit = await desk.town.enter(id_number, company)
    number = await desk.town.start(visit)
    await desk.town.to_form(visit, number, "phone")
    await desk.town.say(visit, number, "contact_phone", contact_phone=phone)
    await desk.town.sign(visit, number)
    return number


async def taken(desk: Desk, number: str, login: str = "reviewer1", company: str = "8001") -> Browser:
    """A reviewer who has taken the case and looks at it."""
    browser = await desk.signed_in(login, company)
    await browser.get("/desk/queue")
    answer = await browser.post(f"/desk/cases/{number}/claim")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk/cases/{number}")
    await browser.get(f"/desk/cases/{number}")
    return browser


async def test_without_signing_in_every_page_leads_to_the_door_and_back(desk: Desk) -> None:
    number = await submitted(desk)
    browser = desk.browser()
    for path in ("/desk/queue", "/desk/deliveries", f"/desk/cases/{number}"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk?next={path.replace('/', '%2F')}")
    assert (await browser.get(f"/desk/cases/{number}/files/{'0' * 32}")).status_code == 401
    assert (await browser.get("/desk/queue?part=1")).status_code == 401
    assert (await browser.sign_in(next=f"/desk/cases/{number}")).headers["Location"] == f"/desk/cases/{number}"


async def test_the_door_leads_nowhere_else(desk: Desk) -> None:
    outside = ("https://evil.example/", "//evil.example", "/8001/my", "javascript:1")
    for there in (*outside, "/desk/cases/../../x", "/desk/leave"):
        answer = await desk.browser().sign_in(next=there)
        assert answer.headers["Location"] == "/desk/queue"
        desk.parts.clock.forward(seconds=30)


async def test_a_wrong_sign_in_keeps_the_name_and_never_the_password(desk: Desk) -> None:
    browser = desk.browser()
    answer = await browser.sign_in(password="not my secret", code="654321")
    assert answer.status_code == 422
    assert "公司编号、登录名、密码或动态码不正确" in browser.text
    assert 'value="reviewer1"' in browser.page
    assert "not my secret" not in browser.page
    assert "654321" not in browser.page


async def test_signing_in_gives_a_new_cookie_out_of_reach_of_scripts(desk: Desk) -> None:
    browser = desk.browser()
    before = (await browser.get("/desk")).headers["Set-Cookie"]
    after = (await browser.sign_in()).headers["Set-Cookie"]
    assert before.split(";")[0] != after.split(";")[0]
    for cookie in (before, after):
        assert {"HttpOnly", "Path=/desk", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    await browser.get("/desk/queue")
    await browser.post("/desk/leave")
    assert (await browser.get("/desk/queue")).status_code == 303


async def test_a_post_from_elsewhere_is_refused(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await desk.signed_in()
    await browser.get("/desk/queue")
    answer = await browser.post(f"/desk/cases/{number}/claim", _csrf="0" * 48)
    assert answer.status_code == 400
    assert "页面打开时间过长，没有作出任何更改" in browser.text
    row = await desk.parts.store.case(number=number)
    assert row.state == "submitted"
    stranger = desk.browser()
    await stranger.get("/desk")
    assert (await stranger.post("/desk", login="reviewer1", password="x", code="1", _csrf="")).status_code == 400


async def test_the_queue_shows_who_waits_and_nothing_personal(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await desk.signed_in()
    answer = await browser.get("/desk/queue")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "1 件受理单" in browser.text
    assert f"{number} 我的基本资料 等待复核 第1级" in browser.text
    assert not [word for word in PERSONAL if word in browser.page]
    part = await browser.get("/desk/queue?part=1")
    assert part.status_code == 200
    assert "<html" not in browser.page
    assert number in browser.page
    await browser.get("/desk/queue?state=claimed&number=nothing&page=-3&mine=1")
    assert "没有符合条件的受理单。" in browser.text


async def test_one_press_takes_the_next_case_and_where_none_is_left_a_sentence_says_so(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await desk.signed_in()
    await browser.get("/desk/queue?business=basic_info_change&state=claimed&mine=1")
    assert '<input type="hidden" name="business" value="basic_info_change">' in browser.page
    answer = await browser.post("/desk/queue/next", business="basic_info_change")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk/cases/{number}")
    other = await desk.signed_in("reviewer2")
    await other.get("/desk/queue")
    answer = await other.post("/desk/queue/next", business="basic_info_change")
    assert answer.headers["Location"] == "/desk/queue?business=basic_info_change&said=nothing_left"
    await other.get(answer.headers["Location"])
    assert "目前没有待认领的受理单，新提交的会显示在这里。" in other.text
    auditor = await desk.signed_in("auditor")
    await auditor.get("/desk/queue")
    assert "认领下一件" in other.text and "认领下一件" not in auditor.text


async def test_a_page_that_renews_itself_keeps_nobody_signed_in(desk: Desk) -> None:
    browser = await desk.signed_in()
    for _ in range(6):
        desk.parts.clock.forward(minutes=5)
        assert (await browser.get("/desk/queue?part=1")).status_code == 200
    desk.parts.clock.forward(minutes=1)
    assert (await browser.get("/desk/queue?part=1")).status_code == 401
    await browser.get("/desk?said=signed_out")
    assert "为了安全，您已退出登录" in browser.text


async def test_a_case_is_masked_until_it_is_taken(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await desk.signed_in()
    await browser.get(f"/desk/cases/{number}")
    assert "联系电话 139****0001 0371-****1234" in browser.text
    assert not [word for word in PERSONAL if word in browser.page]
    assert "/files/" not in browser.page
    assert "复核通过" not in browser.text
    browser = await taken(desk, number, "reviewer2")
    assert "联系电话 13900010001 0371-65951234" in browser.text
    assert "样本甲" in browser.text
    assert 'data-left="1800"' in browser.page
    assert browser.page.count("reviewer2 2026-11-23 10:00") >= 3
    assert "记录完整" in browser.text


async def test_photos_are_for_the_holder_and_carry_the_readers_name(desk: Desk) -> None:
    number = await submitted(desk)
    mine, other = await taken(desk, number), await desk.signed_in("reviewer2")
    address = re.search(rf"/desk/cases/{number}/files/[0-9a-f]+", mine.page)
    assert address is not None
    picture = await mine.get(address[0], **{"Sec-Fetch-Dest": "image"})
    assert (picture.status_code, picture.mimetype, picture.headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
    alone = await mine.get(address[0], **{"Sec-Fetch-Dest": "document"})
    assert alone.headers["Location"] == address[0].replace("/files/", "/photos/")
    await mine.get(alone.headers["Location"])
    assert "reviewer1 2026-11-23 10:00" in mine.page
    assert (await other.get(address[0])).status_code == 404
    assert (await other.get(alone.headers["Location"])).headers["Location"] == f"/desk/cases/{number}"


async def test_returning_without_a_reason_keeps_the_remark(desk: Desk) -> None:
    """R-125: reasons with the pages that they open; a refused return loses nothing that was typed."""
    number = await submitted(desk)
    browser = await taken(desk, number)
    assert "联系电话有误，无法接通 重新开放： 联系电话修改：联系电话" in browser.text
    answer = await browser.post(f"/desk/cases/{number}/return", seen=browser.seen, remark="请核对 <b>号码</b>")
    assert answer.status_code == 422
    assert "请至少选择一个原因。" in browser.text
    assert ">请核对 &lt;b&gt;号码&lt;/b&gt;</textarea>" in browser.page
    answer = await browser.post(
        f"/desk/cases/{number}/return", seen=browser.seen, remark="请核对", reason=["id_front_unclear", "phone_wrong"]
    )
    assert answer.headers["Location"] == f"/desk/queue?said=returned&case={number}"
    await browser.get(answer.headers["Location"])
    assert f"受理单{number}已退回客户。" in browser.text
    visit = await desk.town.enter()
    pending = (await desk.town.cases.mine(visit)).pending
    assert [(entry.state, entry.remark) for entry in pending] == [
        ("复核任务未通过", ("身份证正面照片不清晰或不完整", "联系电话有误，无法接通", "请核对"))
    ]


async def test_a_case_that_comes_back_says_first_what_changed_since_it_was_returned(desk: Desk) -> None:
    """R-125: beside what is on file stands what was submitted the last time; the photo of then can be looked at too."""
    number = await submitted(desk)
    browser = await taken(desk, number)
    assert "退回后的修改" not in browser.text
    await browser.post(f"/desk/cases/{number}/return", seen=browser.seen, reason=["phone_wrong", "signature_unclear"])
    visit = await desk.town.enter()
    await desk.town.album.add(visit, number, "photos", "signature", photo("white"))
    await desk.town.say(visit, number, "photos", certificate_safety="true")
    await desk.town.say(visit, number, "contact_phone", contact_phone="0371-65951235")
    await desk.town.sign(visit, number)
    again = await taken(desk, number, "reviewer2")
    assert "退回后的修改 样本复核员一 于 " in again.text
    assert "签名照 已修改 查看照片 联系电话 已修改 0371-65951234 0371-65951235 修改内容" in again.text


async def test_a_page_opened_before_the_case_changed_decides_nothing(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await taken(desk, number)
    answer = await browser.post(f"/desk/cases/{number}/approve", seen=str(int(browser.seen) - 1))
    assert answer.status_code == 409
    assert "本次处理没有生效" in browser.text
    assert "目前状态： 复核中" in browser.text
    second = await desk.signed_in("reviewer2")
    await second.get(f"/desk/cases/{number}")
    answer = await second.post(f"/desk/cases/{number}/claim", seen=second.seen)
    assert answer.status_code == 409
    assert "此受理单正由其他人员处理。" in second.text
    assert (await second.post(f"/desk/cases/{number}/approve")).status_code == 409
    given = {"seen": second.seen or "1", "reason": "not_the_holder", "remark": "写好的话"}
    answer = await second.post(f"/desk/cases/{number}/reject", **given)
    assert answer.status_code == 409
    assert "您填写的备注：“写好的话”" in second.text
    assert (await second.post(f"/desk/cases/{number}/anything", seen="1")).status_code == 404


async def test_approving_twice_has_one_effect(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await taken(desk, number)
    seen = browser.seen
    first = await browser.post(f"/desk/cases/{number}/approve", seen=seen)
    second = await browser.post(f"/desk/cases/{number}/approve", seen=seen)
    assert (first.status_code, second.status_code) == (303, 409)
    row = await desk.parts.store.case(number=number)
    assert sorted(job.kind for job in await desk.parts.store.jobs_of(row.id)) == ["action", "expire"]


async def test_a_refused_delivery_is_seen_and_tried_again(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await taken(desk, number)
    await browser.post(f"/desk/cases/{number}/approve", seen=browser.seen)
    directory = next(p for p in desk.parts.plugins.active if p.name == "banli_directory")
    await directory.simulator.switch(refuse_next=3)
    await desk.town.work()
    await browser.get("/desk/deliveries")
    line = f"{number} 我的基本资料 远山期货 directory.update 未被接受 实名制检查未通过。 (real_name_check_failed)"
    assert line in browser.text
    answer = await browser.post(f"/desk/cases/{number}/retry", delivery="directory.update", **{"from": "deliveries"})
    assert answer.headers["Location"] == f"/desk/deliveries?said=retried&case={number}"
    await browser.get(answer.headers["Location"])
    assert "正在重新报送" in browser.text
    await desk.town.work()
    await browser.get("/desk/deliveries")
    assert "所有已通过的修改都已送达。" in browser.text
    await browser.get(f"/desk/cases/{number}")
    assert "已办结" in browser.text


async def test_an_auditor_decides_nothing_and_is_noted_when_looking_in_full(desk: Desk) -> None:
    number = await submitted(desk)
    auditor = await desk.signed_in("auditor")
    await auditor.get("/desk/queue")
    assert "认领" not in auditor.text
    await auditor.get(f"/desk/cases/{number}")
    assert (await auditor.post(f"/desk/cases/{number}/claim")).status_code == 409
    assert "您的角色不能进行此操作。" in auditor.text
    assert (await auditor.post(f"/desk/cases/{number}/inspect", why="")).status_code == 422
    assert (await auditor.post(f"/desk/cases/{number}/inspect", why="authority")).status_code == 303
    await auditor.get(f"/desk/cases/{number}")
    assert "13900010001" in auditor.text
    assert "非复核查看记录 2026-11-23 10:00:00 样本审计员：监管或司法机关要求" in auditor.text


async def test_another_companys_case_is_not_there(desk: Desk) -> None:
    number = await submitted(desk)
    stranger = await desk.signed_in(company="8002")
    await stranger.get("/desk/queue")
    assert number not in stranger.page
    assert (await stranger.get(f"/desk/cases/{number}")).status_code == 404
    assert "没有此受理单，或您的角色无权查看。" in stranger.text
    assert (await stranger.post(f"/desk/cases/{number}/claim")).status_code == 404
    assert (await stranger.get("/desk/cases/8001-20261123-999999")).status_code == 404


async def test_two_levels_name_who_has_agreed(desk: Desk) -> None:
    """Four eyes at company 8002."""
    number = await submitted(desk, "0571-87651234", ZI, "8002")
    first = await taken(desk, number, company="8002")
    assert "通过第1级复核" in first.text
    await first.post(f"/desk/cases/{number}/approve", seen=first.seen)
    await first.get(f"/desk/cases/{number}")
    assert "您已通过此受理单，第二级复核须由另一人进行。" in first.text
    second = await taken(desk, number, "reviewer2", "8002")
    assert "复核级别 2 / 2 第1级复核通过 样本复核员一" in second.text
    answer = await second.post(f"/desk/cases/{number}/approve", seen=second.seen)
    assert answer.headers["Location"] == f"/desk/queue?said=approved&case={number}"


async def test_work_at_the_page_renews_the_lease(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await taken(desk, number)
    desk.parts.clock.forward(minutes=20)
    answer = await browser.post(f"/desk/cases/{number}/renew")
    assert (answer.status_code, await answer.get_json()) == (200, {"until": "10:50", "left": 1800})
    await browser.post(f"/desk/cases/{number}/release")
    assert (await browser.post(f"/desk/cases/{number}/renew")).status_code == 409
    assert (await browser.post(f"/desk/cases/{number}/renew", _csrf="")).status_code == 401


async def test_new_and_old_photos_stand_side_by_side(desk: Desk) -> None:
    visit = await desk.town.enter()
    number = await desk.town.start(visit)
    await desk.town.say(visit, number, "overview", edit="phone")
    await desk.town.album.add(visit, number, "photos", "signature", photo("white", (800, 300)))
    went = await desk.town.say(visit, number, "photos", certificate_safety="true")
    assert isinstance(went, Elsewhere)
    await desk.town.say(visit, number, "contact_phone", contact_phone="0371-65951234")
    await desk.town.sign(visit, number)
    browser = await taken(desk, number)
    assert re.search(r"签名照 修改后 .*?原登记资料 .*?修改后 2 张未修改的照片", browser.text)


async def test_the_desk_speaks_english_too(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await desk.signed_in(language="en")
    await browser.get(f"/desk/cases/{number}")
    assert "Contact phone 139****0001" in browser.text
    assert "Take the case" in browser.text
    answer = await browser.get("/desk/queue?lang=zh_CN")
    assert "lang=zh_CN" in answer.headers["Set-Cookie"]
    assert "复核队列" in browser.text


async def test_what_an_address_claims_is_not_repeated(desk: Desk) -> None:
    browser = await desk.signed_in()
    await browser.get("/desk/queue?said=approved&case=%3Cscript%3E1%3C/script%3E&number=%22%3E%3Cscript%3E2%3C/script%3E")
    assert "<script>1" not in browser.page
    assert "<script>2" not in browser.page
    assert "已复核通过" not in browser.text


async def test_no_page_has_inline_styles_scripts_or_handlers(desk: Desk) -> None:
    number = await submitted(desk)
    browser = await taken(desk, number)
    for path in ("/desk/queue", "/desk/deliveries", f"/desk/cases/{number}"):
        await browser.get(path)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", browser.page)
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', browser.page):
            assert (await browser.get(address)).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for template in (bundled() / "themes/plain/templates/desk").glob("*.html"):
        assert not re.search("[\u4e00-\u9fff]", template.read_text(encoding="utf-8"))


async def test_every_sentence_of_the_desk_is_there_in_chinese(desk: Desk) -> None:
    from banli.i18n import extract

    root = bundled()
    words = desk.parts.catalogues.translator("zh_CN").words
    ours = [root / "themes/plain/templates/desk"]
    assert [msgid for msgid in extract(ours) if msgid not in words] == []
    from banli.web import desk_words

    tables = (
        desk_words.PROBLEMS, desk_words.SAID, desk_words.EVENTS, desk_words.DELIVERIES, desk_words.CODES,
        desk_words.WHY, desk_words.STATES, desk_words.ROLES, desk_words.WHO,
    )  # fmt: skip
    assert [msgid for table in tables for msgid in table.values() if msgid not in words] == []
