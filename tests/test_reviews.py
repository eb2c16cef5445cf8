"""The reviewer's story on both databases, with the example site and the simulated core system."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from banli.beginnings import Elsewhere
from banli.cases import Look
from banli.errors import Problem
from banli.queues import Filters
from banli.reviews import Decided, Dossier, Inspection, Refused, Reviews
from banli.staff import Member, Staff, make_demo_staff
from store_kit import behind_the_back
from town import JIA, Town, open_town, photo

ZI = "330106199107220013"
"""A client of company 8002, where two people review."""

YI = "410105199508130020"
"""Another client of company 8001."""

OPEN_THE_EVENTS = {
    "sqlite": ("DROP TRIGGER events_not_changed",),
    "postgresql": ("DROP TRIGGER events_kept ON events",),
}


@dataclass
class Office:
    """The town with its desks: a reviewer is called by company and login."""

    town: Town
    reviews: Reviews
    staff: Staff

    async def member(self, login: str = "reviewer1", company: str = "8001") -> Member:
        row = await self.town.store.staff_by_login(company, login)
        data = {"active": self.town.clock().isoformat()}
        session = await self.town.store.new_session("staff", company, row.id, data, lasts=timedelta(hours=12))
        member = await self.staff.member(session.token)
        assert member is not None
        return member

    async def submitted(self, phone: str = "0371-65951234", id_number: str = JIA, company: str = "8001") -> str:
        """A client has changed the phone number and waits."""
        visit = await self.town.enter(id_number, company)
        number = await self.town.start(visit)
        await self.town.to_form(visit, number, "phone")
        went = await self.town.say(visit, number, "contact_phone", contact_phone=phone)
        assert went == Elsewhere(number, "agreements"), went
        await self.town.sign(visit, number)
        return number

    async def read(self, member: Member, number: str) -> Dossier:
        found = await self.reviews.dossier(member, number)
        assert found is not None
        return found

    async def revision(self, number: str) -> int:
        row = await self.town.store.case(number=number)
        assert row is not None
        return row.revision


@pytest.fixture
async def office(store: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Office]:
    town = open_town(store, clock, tmp_path)
    await town.plugins.start()
    staff = Staff(store, clock)
    await make_demo_staff(staff, ["8001", "8002"])
    yield Office(town, Reviews(town.caseload), staff)
    await town.plugins.stop()


async def test_a_case_waits_in_the_queue_of_its_company_only(office: Office) -> None:
    """R-116: after submission the case waits for review, where the company's reviewers see it."""
    number = await office.submitted()
    here, there = await office.member(), await office.member(company="8002")
    queue = await office.reviews.queue(here)
    assert [(line.number, line.business, line.state, line.level, line.holder) for line in queue.lines] == [
        (number, "我的基本资料", "等待复核", 1, "")
    ]
    assert (queue.count, queue.more, queue.companies) == (1, False, (("8001", "远山期货"),))
    assert (await office.reviews.queue(there)).lines == ()
    assert await office.reviews.dossier(there, number) is None
    assert await office.reviews.claim(there, number) is None
    assert (await office.reviews.queue(await office.member("configurer"))).lines == ()


async def test_the_queue_is_narrowed_by_state_number_and_age(office: Office) -> None:
    number = await office.submitted()
    li, wang = await office.member(), await office.member("reviewer2")

    async def seen(member: Member, **filters: Any) -> list[str]:
        return [line.number for line in (await office.reviews.queue(member, Filters(**filters))).lines]

    assert await seen(li, state="waiting") == [number]
    assert await seen(li, overdue=True) == []
    office.town.clock.forward(hours=25)
    assert await seen(li, overdue=True) == [number]
    await office.reviews.claim(li, number)
    assert await seen(li, state="waiting") == []
    assert await seen(li, mine=True) == [number]
    assert await seen(wang, mine=True) == []
    assert await seen(wang, state="claimed", number=number[-6:]) == [number]
    assert await seen(wang, company="8002") == []
    assert await seen(wang, business="another") == []
    await office.reviews.approve(li, number, None)
    assert await seen(wang) == []
    assert await seen(wang, state="done") == [number]


async def test_a_reviewer_sees_what_changes_and_only_the_holder_sees_it_in_full(office: Office) -> None:
    """Masked by default; the claim shows it; the claim's end hides it."""
    number = await office.submitted()
    li, wang = await office.member(), await office.member("reviewer2")
    before = await office.read(li, number)
    assert (before.full, before.client) == (False, "样**")
    assert [(r.title, r.before, r.after) for r in before.rows if r.changed] == [
        ("联系电话", ("139****0001",), ("0371-****1234",))
    ]
    assert isinstance(await office.reviews.claim(li, number), Decided)
    mine, theirs = await office.read(li, number), await office.read(wang, number)
    assert (mine.full, mine.client, mine.state_name) == (True, "样本甲", "复核中")
    assert [(r.title, r.before, r.after) for r in mine.rows if r.changed] == [
        ("联系电话", ("13900010001",), ("0371-65951234",))
    ]
    shown = {row.title: row.after for row in mine.rows if not row.changed}
    assert shown["学历"] == ("本科",)
    assert shown["营业部"] == ("郑州营业部",)
    assert shown["投资品种"] == ("期货、期权", "资管产品")
    assert shown["结算银行"] == ("工商银行",)
    assert shown["身份证有效期"] == ("2021-08-20 - 2041-08-20",)
    standing = theirs.standing
    assert (theirs.full, standing.holder, standing.blocked) == (False, "Reviewer 1 (sample)", "claimed_by_other")
    assert "13900010001" not in str([(r.before, r.after) for r in theirs.rows])
    office.town.clock.forward(minutes=31)
    assert (await office.read(li, number)).full is False


async def test_agreements_are_shown_with_number_and_digest(office: Office) -> None:
    """R-102 to R-108 at the desk: which texts, in which version, on which page."""
    number = await office.submitted()
    li = await office.member()
    dossier = await office.read(li, number)
    held = await office.town.caseload.find(number=number)
    assert held is not None
    known = {(a.number, a.digest) for a in held.edition.agreements.values()}
    assert {(text.number, text.digest) for text in dossier.texts} <= known
    assert {text.where for text in dossier.texts} == {"上传照片", "签署协议"}
    assert len(dossier.texts) == 1 + len(held.case.results["agreements"].data["agreements"])


async def test_the_events_tell_the_story_and_a_broken_chain_shows(office: Office) -> None:
    number = await office.submitted()
    li = await office.member()
    await office.reviews.claim(li, number)
    dossier = await office.read(li, number)
    assert [(h.kind, h.who, h.words.get("page", "")) for h in dossier.story] == [
        ("started", "client", ""),
        ("answered", "client", "基本信息资料"),
        ("answered", "client", "上传照片"),
        ("answered", "client", "联系电话修改"),
        ("answered", "client", "签署协议"),
        ("answered", "client", "申请提交"),
        ("submitted", "client", ""),
        ("claimed", "Reviewer 1 (sample)", ""),
    ]
    assert dossier.broken == ()
    store = office.town.store
    for statement in OPEN_THE_EVENTS[store.database.dialect]:
        await behind_the_back(store, statement)
    await behind_the_back(store, "UPDATE events SET actor = ? WHERE seq = ?", "staff:nobody", 7)
    assert (await office.read(li, number)).broken == (7,)


async def test_until_a_reviewer_has_it_the_client_may_give_up(office: Office) -> None:
    """C-22: a submitted case can be abandoned until a reviewer has taken it, and again once it is put back."""
    number = await office.submitted()
    li, visit = await office.member(), await office.town.enter()
    await office.reviews.claim(li, number)
    told = await office.town.cases.abandon(visit, number, await office.revision(number))
    assert isinstance(told, Elsewhere)
    assert told.why == "taken_by_reviewer"
    assert isinstance(await office.reviews.release(li, number), Decided)
    await office.town.cases.abandon(visit, number, await office.revision(number))
    dossier = await office.read(li, number)
    assert (dossier.state_name, dossier.standing.may_claim) == ("已放弃", False)
    assert (await office.reviews.queue(li)).lines == ()
    assert await office.reviews.claim(li, number) == Refused((Problem("", "not_in_queue"),), "已放弃")


async def test_one_of_two_reviewers_gets_the_case_and_the_other_is_told(office: Office) -> None:
    number = await office.submitted()
    li, wang = await office.member(), await office.member("reviewer2")
    seen = await office.revision(number)
    assert await office.reviews.claim(li, number, seen) == Decided(number, "in_review")
    assert await office.reviews.claim(wang, number, seen) == Refused((Problem("", "claimed_by_other"),), "复核中")
    assert await office.reviews.approve(wang, number, None) == Refused((Problem("", "claimed_by_other"),), "复核中")
    assert await office.reviews.approve(li, number, seen) == Refused((Problem("", "case_changed"),), "复核中")
    assert await office.reviews.approve(li, number, await office.revision(number)) == Decided(number, "delivering")


async def test_of_two_who_take_a_case_in_the_same_moment_one_gets_it(office: Office) -> None:
    number = await office.submitted()
    li, wang = await office.member(), await office.member("reviewer2")
    answers = await asyncio.gather(*(office.reviews.claim(member, number) for member in (li, wang)))
    assert sorted(type(answer).__name__ for answer in answers) == ["Decided", "Refused"]
    dossier = await office.read(li, number)
    assert [h.kind for h in dossier.story].count("claimed") == 1
    holders = [(await office.read(member, number)).standing.mine for member in (li, wang)]
    assert sorted(holders) == [False, True]


async def test_the_next_case_is_the_one_that_has_waited_longest_and_two_who_press_at_once_get_two(office: Office) -> None:
    first = await office.submitted()
    office.town.clock.forward(minutes=1)
    second = await office.submitted("0371-65951236", YI)
    li, wang = await office.member(), await office.member("reviewer2")
    assert await office.reviews.claim_next(li, Filters(number=second[-6:])) == Decided(second, "in_review")
    await office.reviews.release(li, second)
    assert await office.reviews.claim_next(li, Filters(overdue=True)) is None
    taken = await asyncio.gather(*(office.reviews.claim_next(member) for member in (li, wang)))
    assert sorted(one.number for one in taken if one is not None) == sorted((first, second))
    assert taken[0] != taken[1]
    assert await office.reviews.claim_next(li) is None
    assert await office.reviews.claim_next(await office.member("auditor")) is None
    assert await office.reviews.claim_next(await office.member(company="8002")) is None


async def test_who_has_agreed_is_given_the_case_after_it(office: Office) -> None:
    """Four eyes: the second review of a case is nobody's next who has done the first."""
    agreed = await office.submitted("0571-87651234", ZI, "8002")
    li = await office.member(company="8002")
    await office.reviews.claim_next(li)
    await office.reviews.approve(li, agreed, None)
    assert await office.reviews.claim_next(li) is None
    wang = await office.member("reviewer2", "8002")
    assert await office.reviews.claim_next(wang) == Decided(agreed, "in_review")


async def test_who_leaves_the_desk_loses_the_case_and_who_works_keeps_it(office: Office) -> None:
    """The lease of the flow; a heartbeat of the page renews it without an event."""
    number = await office.submitted()
    li, wang = await office.member(), await office.member("reviewer2")
    await office.reviews.claim(li, number)
    revision = await office.revision(number)
    office.town.clock.forward(minutes=25)
    assert await office.reviews.renew(li, number) == office.town.clock() + timedelta(minutes=30)
    assert await office.reviews.renew(wang, number) is None
    office.town.clock.forward(minutes=20)
    assert await office.reviews.claim(wang, number) == Refused((Problem("", "claimed_by_other"),), "复核中")
    assert await office.revision(number) == revision
    office.town.clock.forward(minutes=11)
    assert [line.holder for line in (await office.reviews.queue(wang)).lines] == [""]
    assert await office.reviews.claim(wang, number) == Decided(number, "in_review")
    assert await office.reviews.renew(li, number) is None
    assert await office.reviews.approve(li, number, None) == Refused((Problem("", "claimed_by_other"),), "复核中")
    assert [(h.kind, h.who) for h in (await office.read(wang, number)).story[-3:]] == [
        ("claimed", "Reviewer 1 (sample)"),
        ("released", "Reviewer 2 (sample)"),
        ("claimed", "Reviewer 2 (sample)"),
    ]


async def test_two_reasons_open_exactly_their_pages_and_the_client_reads_why(office: Office) -> None:
    """R-125, C-30, C-31: reasons are multi-select, the client lands on the earliest page, signing comes again."""
    number = await office.submitted()
    li, visit = await office.member(), await office.town.enter()
    await office.reviews.claim(li, number)
    dossier = await office.read(li, number)
    offered = {reason.id: reason.pages for reason in dossier.reasons}
    assert offered["phone_wrong"] == ("联系电话修改: 联系电话",)
    assert offered["signature_unclear"] == ("上传照片: 签名照",)
    assert "email_wrong" not in offered
    assert "id_validity_wrong" not in offered
    seen = await office.revision(number)
    none = await office.reviews.send_back(li, number, seen, [], "")
    assert none == Refused((Problem("", "choose_reason"),), "复核中")
    long = await office.reviews.send_back(li, number, seen, ["phone_wrong"], "x" * 501)
    assert long == Refused((Problem("remark", "too_long", {"most": 500}),), "复核中")
    back = await office.reviews.send_back(li, number, seen, ["phone_wrong", "signature_unclear"], "请重新签名\r\n")
    assert back == Decided(number, "returned")
    mine = await office.town.cases.mine(visit)
    assert [(e.state, e.remark) for e in mine.pending] == [
        ("复核任务未通过", ("联系电话有误，无法接通", "签名照不清晰，或与姓名不一致", "请重新签名"))
    ]
    assert await office.town.cases.look(visit, number) == Elsewhere(number, "photos")
    look = await office.town.cases.look(visit, number, "photos")
    assert isinstance(look, Look)
    assert [p.at for p in look.problems] == ["signature"]
    story = (await office.read(li, number)).story[-1]
    assert (story.kind, story.words["remark"]) == ("returned", "请重新签名")
    assert (await office.reviews.queue(li)).lines == ()


async def test_a_rejected_case_is_over(office: Office) -> None:
    number = await office.submitted()
    li = await office.member()
    await office.reviews.claim(li, number)
    done = await office.reviews.reject(li, number, await office.revision(number), ["not_the_holder"])
    assert done == Decided(number, "rejected")
    dossier = await office.read(li, number)
    assert (dossier.state_name, dossier.standing.may_decide, dossier.full) == ("已驳回", False, False)
    assert await office.town.work() == 0


async def test_the_second_review_needs_another_person(office: Office) -> None:
    """Four eyes at company 8002: the same reviewer cannot agree twice."""
    number = await office.submitted("0571-87651234", ZI, "8002")
    first, second = await office.member(company="8002"), await office.member("reviewer2", "8002")
    await office.reviews.claim(first, number)
    assert (await office.read(first, number)).standing.levels == 2
    assert await office.reviews.approve(first, number, None) == Decided(number, "submitted")
    again = await office.read(first, number)
    assert (again.standing.level, again.standing.approvals) == (2, ("Reviewer 1 (sample)",))
    assert (again.standing.blocked, again.standing.may_claim) == ("four_eyes", False)
    assert await office.reviews.claim(first, number) == Refused((Problem("", "four_eyes"),), "等待复核")
    assert [(line.level, line.number) for line in (await office.reviews.queue(second)).lines] == [(2, number)]
    await office.reviews.claim(second, number)
    assert await office.reviews.approve(second, number, None) == Decided(number, "delivering")


async def test_a_delivery_that_was_refused_is_tried_anew_and_one_that_waits_at_once(office: Office) -> None:
    """R-124: the case is not finished before the core system has the change; what hinders it is seen and mended."""
    number = await office.submitted()
    li = await office.member()
    await office.reviews.claim(li, number)
    await office.reviews.approve(li, number, None)
    directory = next(p for p in office.town.plugins.active if p.name == "banli_directory")
    await directory.simulator.switch(outage=True)
    await office.town.work()
    dossier = await office.read(li, number)
    assert [(d.action, d.state, d.code) for d in dossier.deliveries] == [("directory.update", "later", "out_of_service")]
    assert [(s.number, s.delivery.state) for s in await office.reviews.stuck(li)] == [(number, "later")]
    assert await office.reviews.stuck(await office.member(company="8002")) == ()
    await directory.simulator.switch(outage=False, refuse_next=2)
    assert await office.reviews.retry(li, number, "directory.update") == Decided(number, "delivering")
    await office.town.work()
    assert [(d.state) for d in (await office.read(li, number)).deliveries] == ["failed"]
    auditor = await office.member("auditor")
    refused = await office.reviews.retry(auditor, number, "directory.update")
    assert refused == Refused((Problem("", "not_allowed"),), "报送中")
    assert [s.delivery.state for s in await office.reviews.stuck(auditor)] == ["failed"]
    assert await office.reviews.retry(li, number, "directory.update") == Decided(number, "delivering")
    await office.town.work()
    dossier = await office.read(li, number)
    assert (dossier.state_name, [d.state for d in dossier.deliveries]) == ("已办结", ["done"])
    assert await office.reviews.stuck(li) == ()
    late = await office.reviews.retry(li, number, "directory.update")
    assert late == Refused((Problem("", "nothing_to_retry"),), "已办结")


async def test_an_auditor_reads_and_whoever_looks_behind_the_mask_is_noted(office: Office) -> None:
    """Masked by default; in full for a reason that is kept, for a quarter of an hour; never a decision."""
    number = await office.submitted()
    auditor, revision = await office.member("auditor"), await office.revision(number)
    assert (await office.read(auditor, number)).full is False
    assert await office.reviews.claim(auditor, number) == Refused((Problem("", "not_allowed"),), "等待复核")
    curious = await office.reviews.inspect(auditor, number, "curiosity")
    assert curious == Refused((Problem("why", "choose_reason"),), "等待复核")
    for _ in range(2):
        assert await office.reviews.inspect(auditor, number, "complaint") == Decided(number, "submitted")
    dossier = await office.read(auditor, number)
    now = office.town.clock()
    assert (dossier.full, dossier.full_until, dossier.client) == (True, now + timedelta(minutes=15), "样本甲")
    assert dossier.inspections == (Inspection("Auditor (sample)", "complaint", now),) * 2
    assert await office.revision(number) == revision
    assert (await office.read(await office.member(), number)).full is False
    office.town.clock.forward(minutes=16)
    assert (await office.read(auditor, number)).full is False


async def test_photos_open_for_who_sees_the_case_in_full(office: Office) -> None:
    number = await office.submitted()
    li, wang = await office.member(), await office.member("reviewer2")
    shots = {shot.name: shot for shot in (await office.read(li, number)).shots}
    assert sorted(shots) == ["id_back", "id_front", "signature"]
    assert not any(shot.changed for shot in shots.values())
    wanted = shots["id_front"].before
    assert await office.reviews.picture(li, number, wanted) is None
    await office.reviews.claim(li, number)
    found = await office.reviews.picture(li, number, wanted)
    assert found is not None
    assert found[0].media_type == "image/jpeg"
    assert await office.reviews.picture(wang, number, wanted) is None
    assert await office.reviews.picture(li, number, "0" * 32) is None


async def test_new_photos_stand_beside_the_ones_on_file_and_confirmed_warnings_are_shown(office: Office) -> None:
    """The reviewer sees the pair, and what the client was asked twice about."""
    visit = await office.town.enter()
    number = await office.town.start(visit)
    await office.town.to_form(visit, number, "identity")
    typed = {"id_validity__from": "2025-01-02", "id_validity__to": "2032-01-02"}
    asked = await office.town.say(visit, number, "id_validity", **typed)
    assert isinstance(asked, Look)
    assert [w.id for w in asked.warnings] == ["unusual_term"]
    raw = {name: list(texts) for name, texts in asked.raw.items()}
    await office.town.cases.answer(
        visit, number, "id_validity", raw, asked.case.revision, frozenset({"unusual_term"})
    )
    await office.town.sign(visit, number)
    li = await office.member()
    await office.reviews.claim(li, number)
    dossier = await office.read(li, number)
    assert [(s.name, s.changed, bool(s.before and s.after)) for s in dossier.shots] == [
        ("id_front", True, True), ("id_back", True, True), ("signature", False, True),
    ]  # fmt: skip
    assert [flag.title for flag in dossier.flags] == ["身份证有效期"]
    assert "20年" in dossier.flags[0].text
    assert [(r.title, r.before, r.after) for r in dossier.rows if r.changed] == [
        ("身份证有效期", ("2021-08-20 - 2041-08-20",), ("2025-01-02 - 2032-01-02",))
    ]


async def test_who_reviews_again_sees_what_changed_since_the_return_and_what_did_not(office: Office) -> None:
    """R-125: four things were complained of. One is as it was; what nobody asked for is told as that."""
    town = office.town
    visit = await town.enter()
    number = await town.start(visit)
    await town.to_form(visit, number, "other")
    went = await town.say(visit, number, "other_info", email="first@example.com", contact_address="样本路1号", employer="样本厂")
    assert went == Elsewhere(number, "agreements"), went
    await town.sign(visit, number)
    li, wang = await office.member(), await office.member("reviewer2")
    await office.reviews.claim(li, number)
    assert (await office.read(li, number)).since is None
    await office.reviews.send_back(
        li, number, await office.revision(number), ["address_wrong", "work_wrong", "email_wrong", "signature_unclear"], "请写到门牌号"
    )
    assert (await office.read(li, number)).since is None
    await town.album.add(visit, number, "photos", "signature", photo("white"))
    went = await town.say(visit, number, "photos", certificate_safety="true")
    assert went == Elsewhere(number, "other_info"), went
    went = await town.say(visit, number, "other_info", contact_address="样本路12号", employer="样本公司", postal_code="450001", expected_return="aggressive")
    assert went == Elsewhere(number, "agreements"), went
    await town.sign(visit, number)
    masked = await office.read(li, number)
    assert masked.since is not None and ("联系地址", ("样本路12号",)) not in [(one.title, one.now) for one in masked.since.corrections]
    await office.reviews.claim(wang, number)
    dossier = await office.read(wang, number)
    since = dossier.since
    assert since is not None
    assert (since.who, since.reasons, since.remark) == (
        "Reviewer 1 (sample)",
        ("联系地址有误或不完整", "学历、职业或工作单位有误", "电子邮箱有误", "签名照不清晰，或与姓名不一致"),
        "请写到门牌号",
    )  # fmt: skip
    told = [(one.title, one.was, one.now, one.asked, one.changed) for one in since.corrections]
    assert told == [
        ("电子邮箱", ("first@example.com",), ("first@example.com",), True, False),
        ("签名照", (), (), True, True),
        ("联系地址", ("样本路1号",), ("样本路12号",), True, True),
        ("邮政编码", ("450000",), ("450001",), True, True),
        ("工作单位", ("样本厂",), ("样本公司",), True, True),
        ("期望收益", ("稳健",), ("激进",), False, True),
    ]
    assert [(shot.name, bool(shot.last), shot.last not in ("", shot.after)) for shot in dossier.shots if shot.last] == [
        ("signature", True, True)
    ]
