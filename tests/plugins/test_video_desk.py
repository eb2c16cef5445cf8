"""The agent's desk: the next client in strict order, the script, pictures, the recording, the decision; supervisors; watching."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from film_kit import chunks, film

from app_fixtures import Phone, app_template
from banli.staff import DEMO_PASSWORD, make_demo_staff, totp_now
from banli.staffing import Draft, Person
from banli_video import VideoPlugin
from banli_video.calls import KIND, LEASE, Call
from desk_kit import Browser, Desk
from site_kit import Open, opened
from town import photo

__all__ = ["app_template", "opened"]

FLOW = """
stages: {}
steps:
  - overview: {form: basic_info, edit: [phone], as: section, title: 资料}
  - form: {id: contact_phone, title: 联系电话修改}
  - video:
      title: 视频认证
      max_minutes: 20
      questions:
        - {id: self, text: 您是否本人自愿办理？}
        - {id: risk, text: 您是否知晓期货交易的风险？, answers: {known: 知晓, unknown: 不知晓}, must: known}
        - {id: heard, text: 您从哪里了解到我们？, answers: {friend: 朋友, net: 网络}}
      snapshots:
        - {id: face, title: 正面头像}
        - {id: card, title: 手持身份证}
        - {id: more, title: 其他, optional: true}
      reasons:
        - phone_wrong: {text: 联系电话有误, reopen: [contact_phone.contact_phone]}
        - unseen: {text: 看不清您的面部，请到光线好的地方再试}
  - submit: {text: 已提交}
states: {sent_back: 视频见证未通过}
review: {levels: 1, reasons: []}
approved: []
"""
SITE = (
    "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}, banli_certificate, banli_video]"
)
ANSWERS = {"self": "yes", "risk": "known", "heard": "friend"}
JIA, BING = "410105199508130039", "500112198505050018"
Town = Any


@pytest.fixture
def flow() -> str:
    return FLOW


@pytest.fixture
async def town(opened: Open, flow: str) -> AsyncIterator[Town]:
    files = {"site": SITE, "flows__basic_info_change": flow, "companies__8002__flows__basic_info_change": "review: {}"}
    async with opened("test", **files) as town:
        await make_demo_staff(town.parts.staff, town.parts.library.company_ids, str)
        added = await town.parts.staff.add("8001", "supervisor1", "Supervisor", ("admin",), DEMO_PASSWORD)
        assert getattr(added, "login", "") == "supervisor1"
        town.phones = []
        town.plugin = next(one for one in town.parts.plugins.active if isinstance(one, VideoPlugin))
        yield town


class Desking:
    """A member of staff at a counter of the plugin."""

    def __init__(self, town: Town, browser: Browser, counter: str, actor: str) -> None:
        self.town, self.browser, self.counter, self.actor = town, browser, counter, actor

    async def get(self, path: str = "") -> Any:
        return await self.browser.get(f"/desk/{self.counter}{path}")

    async def ask(self, path: str, **said: Any) -> Any:
        """What was said, or the code of the problem, or the status. The clients' pages are open all the time."""
        for phone in self.town.phones:
            await _there(self.town, phone)
        return await self._send("post", path, json.dumps(said).encode())

    async def put(self, path: str, content: bytes) -> Any:
        return await self._send("put", path, content)

    async def _send(self, method: str, path: str, body: bytes) -> Any:
        headers = {"X-CSRF-Token": self.browser.csrf, "Content-Type": "application/json", "Content-Length": str(len(body))}
        answer = await getattr(self.browser.client, method)(f"/desk/{self.counter}/{path}", data=body, headers=headers)
        if answer.status_code not in (200, 422):
            return answer.status_code
        told = json.loads(await answer.get_data(as_text=True))
        return told["said"] if "said" in told else told["problem"]["code"]


async def at_desk(town: Town, login: str, counter: str) -> Desking:
    browser = Browser(Desk(town.app, town.parts, town), town.app.test_client(), "zh-CN")
    town.clock.forward(seconds=31)
    await browser.get("/desk")
    row = await town.parts.store.staff_by_login("8001", login)
    code = totp_now(row.totp_secret, town.clock())
    assert (await browser.post("/desk", company="8001", login=login, password=DEMO_PASSWORD, code=code)).status_code == 303
    desk = Desking(town, browser, counter, f"staff:{row.id}")
    await desk.get()
    return desk


async def agent(town: Town, login: str = "agent1", number: str = "F0300001") -> Desking:
    """At work, for clients without a branch."""
    desk = await at_desk(town, login, "video")
    if number:
        await town.plugin.agents.appoint(desk.actor, "8001", number)
    assert await desk.ask("begin", queues={"8001": [""]}) == {"state": "working"}
    return desk


async def waiting(town: Town, id_number: str = JIA) -> Phone:
    """A client at the step, in the line, with the page open."""
    phone = await town.phone().log_in(id_number)
    await phone.post(section="phone", edit="phone")
    await phone.post(contact_phone="02160000001")
    assert phone.step == "video", phone.text
    held = await town.parts.caseload.find(number=phone.number)
    await town.plugin.calls.works.put("8001", held.case.id, KIND, "")
    town.phones.append(phone)
    return phone


async def record(town: Town, desk: Desking, call: str, seconds: float = 3) -> Any:
    """The recording of a call of so many seconds, sent as the page does."""
    if (await town.plugin.calls.get(call)).connected is None:
        await town.plugin.calls.connected(await town.plugin.calls.get(call))
    segment = (await desk.ask("record", call=call, type="video/webm;codecs=vp8,opus"))["segment"]
    count = 0
    for index, offset, digest, content in chunks(film(seconds), 8000):
        about = f"call={call}&segment={segment}&index={index}&offset={offset}&digest={digest}"
        assert await desk.put(f"chunk?{about}", content) == {"next": index + 1}
        count += 1
    town.clock.forward(seconds=seconds)
    await hold(town, desk, call)
    assert await desk.ask("stop", call=call, segment=segment) == {}
    return await desk.ask("recorded", call=call, segments={str(segment): count})


async def hold(town: Town, desk: Desking, call: str) -> None:
    """The page's beat."""
    works = town.plugin.calls.works
    await works.hold(await works.get((await town.plugin.calls.get(call)).work), desk.actor, LEASE)


async def prepared(town: Town, desk: Desking) -> tuple[str, int]:
    """A call in which everything is done but the decision: its id, and the revision that the agent has seen."""
    call = (await desk.ask("next"))["call"]
    brief = await desk.ask("brief", call=call, seen=-1)
    await desk.ask("keep", call=call, answers=ANSWERS, notes="本人")
    for slot in ("face", "card"):
        assert (await desk.put(f"snapshot?call={call}&slot={slot}", photo()))["slot"] == slot
    told = await record(town, desk, call)
    assert told["whole"] and not told["short"], told
    return call, brief["revision"]


async def events(town: Town, number: str) -> list[Any]:
    held = await town.parts.caseload.find(number=number)
    assert await town.parts.store.verify_chain(held.case.id) == []
    return [event for event in await town.parts.store.events(held.case.id) if event.kind.startswith("video.")]


async def test_an_agent_takes_checks_records_and_passes_a_client(town: Town) -> None:
    """R-133 to R-136, R-139."""
    phone, desk = await waiting(town), await agent(town)
    call = (await desk.ask("next"))["call"]
    brief = await desk.ask("brief", call=call, seen=-1)
    assert (brief["client"], brief["number"]) == ("样本甲", phone.number)
    assert {"title": "联系电话", "changed": True}.items() <= next(one for one in brief["lines"] if one["changed"]).items()
    assert [(one["id"], one["answers"]) for one in brief["questions"]] == [
        ("self", []), ("risk", [["known", "知晓"], ["unknown", "不知晓"]]), ("heard", [["friend", "朋友"], ["net", "网络"]]),
    ]  # fmt: skip
    assert [(one["id"], one["optional"]) for one in brief["slots"]] == [("face", False), ("card", False), ("more", True)]
    assert [(one["id"], one["pages"]) for one in brief["reasons"]] == [
        ("phone_wrong", ["联系电话修改：联系电话"]),
        ("unseen", []),
    ]
    assert await desk.ask("brief", call=call, seen=brief["revision"]) == {"same": True, "revision": brief["revision"]}
    said = {"call": call, "seen": brief["revision"]}

    assert await desk.ask("pass", **said) == "video_never_connected"
    await town.plugin.calls.connected(await town.plugin.calls.get(call))
    assert await desk.ask("pass", **said) == "video_script_incomplete"
    await desk.ask("keep", call=call, answers={**ANSWERS, "risk": "unknown", "other": "x", "heard": "<script>"}, notes="很清楚")
    assert (await town.plugin.calls.get(call)).answers == {"self": "yes", "risk": "unknown"}
    await desk.ask("keep", call=call, answers={"heard": "net"})
    assert await desk.ask("pass", **said) == "video_script_wrong"
    await desk.ask("keep", call=call, answers=ANSWERS)
    assert (await town.plugin.calls.get(call)).more == {"notes": "很清楚"}
    assert await desk.ask("pass", **said) == "video_snapshots_missing"
    for slot in ("face", "card"):
        await desk.put(f"snapshot?call={call}&slot={slot}", photo())
    assert await desk.ask("pass", **said) == "video_recording_missing", "no decision without its recording"
    kept = await record(town, desk, call)
    assert kept["whole"]
    assert await desk.ask("pass", **said) == {"over": "passed"}

    held = await town.parts.caseload.find(number=phone.number)
    result = held.case.results["video"]
    assert result.by == desk.actor and {**result.data, "at": "", "snapshots": sorted(result.data["snapshots"])} == {
        "call": call, "agent": desk.actor, "number": "F0300001", "at": "", "recording": kept["digest"], "questions": ANSWERS,
        "snapshots": ["card", "face"],
    }  # fmt: skip
    assert held.case.state == "submitted"
    assert [event.kind for event in await events(town, phone.number)] == [
        "video.called", "video.connected", "video.recorded", "video.ended",
    ]  # fmt: skip
    assert (await events(town, phone.number))[2].data["digest"] == kept["digest"]
    assert await desk.ask("pass", **said) == "video_over"


async def test_who_is_sent_back_lands_on_the_page_that_is_wrong_and_comes_again(town: Town) -> None:
    """R-125, R-137, R-138, R-140, C-30."""
    phone, desk = await waiting(town), await agent(town)
    call, seen = await prepared(town, desk)
    assert await desk.ask("send-back", call=call, seen=seen, reasons=[]) == "choose_reason"
    assert await desk.ask("send-back", call=call, seen=seen, reasons=["phone_wrong"], remark="x" * 501) == "too_long"
    told = await desk.ask("send-back", call=call, seen=seen, reasons=["phone_wrong", "unseen"], remark="请核对号码")
    assert told == {"over": "sent_back"}
    await phone.get(f"/8001/cases/{phone.number}")
    assert phone.step == "contact_phone"
    assert all(text in phone.text for text in ("视频见证未通过", "联系电话有误", "看不清您的面部", "请核对号码"))
    await phone.post(contact_phone="02160000002")
    assert phone.step == "video"
    held = await town.parts.caseload.find(number=phone.number)
    await town.plugin.calls.works.put("8001", held.case.id, KIND, "")
    again = (await desk.ask("next"))["call"]
    brief = await desk.ask("brief", call=again, seen=-1)
    assert again != call and (brief["answers"], brief["snapshots"]) == ({}, {}), "a new call begins anew"


async def test_what_the_client_changes_meanwhile_is_seen_before_it_passes(town: Town) -> None:
    phone, desk = await waiting(town), await agent(town)
    call, seen = await prepared(town, desk)
    await phone.get(f"/8001/cases/{phone.number}/contact_phone")
    await phone.post(contact_phone="02160000003")
    assert await desk.ask("pass", call=call, seen=seen) == "video_changed"
    brief = await desk.ask("brief", call=call, seen=seen)
    assert brief["revision"] > seen
    assert next(one["after"] for one in brief["lines"] if one["changed"]) == ["021-60000003"]
    assert await desk.ask("pass", call=call, seen=brief["revision"]) == {"over": "passed"}


async def test_clients_are_taken_in_the_order_in_which_they_came(town: Town) -> None:
    first = await waiting(town)
    town.clock.forward(seconds=3)
    second = await waiting(town, BING)
    one, two = await agent(town), await agent(town, "agent2", "F0300002")
    calls = await asyncio.gather(one.ask("next"), two.ask("next"))
    numbers = {
        (await desk.ask("brief", call=told["call"], seen=-1))["number"] for desk, told in zip((one, two), calls, strict=True)
    }
    assert numbers == {first.number, second.number}, "each client has one agent"
    assert await one.ask("next") == calls[0], "who is in a call gets no second client"
    other = (await town.plugin.calls.get(calls[1]["call"])).id
    assert await one.ask("brief", call=other, seen=-1) == 404, "nobody looks into another agent's call"


async def _there(town: Town, phone: Phone) -> None:
    held = await town.parts.caseload.find(number=phone.number)
    works = town.plugin.calls.works
    if (work := await works.of(held.case.id, KIND)) is not None:
        await works.there(work)


async def test_a_laptop_that_is_shut_gives_the_client_back_to_the_head_of_the_line(town: Town) -> None:
    first = await waiting(town)
    town.clock.forward(seconds=3)
    await waiting(town, BING)
    one, two = await agent(town), await agent(town, "agent2", "F0300002")
    lost = (await one.ask("next"))["call"]
    town.clock.forward(seconds=21)
    again = (await two.ask("next"))["call"]
    assert (await two.ask("brief", call=again, seen=-1))["number"] == first.number
    assert await one.ask("brief", call=lost, seen=-1) == "video_over"
    assert await one.ask("pass", call=lost, seen=1) == "video_over"


async def test_without_a_practising_number_nobody_is_called(town: Town) -> None:
    """domain.md 3.2: the agent shows name and number."""
    await waiting(town)
    desk = await agent(town, number="")
    assert "您的从业资格证号尚未登记" in desk.browser.text
    assert await desk.ask("next") == "video_number_missing"
    boss = await at_desk(town, "supervisor1", "video-watch")
    assert await boss.ask("appoint", agent=desk.actor, company="8001", number="12") == "video_number_format"
    assert await boss.ask("appoint", agent="staff:nobody", company="8001", number="F0300009") == "video_agent_unknown"
    assert await boss.ask("appoint", agent=desk.actor, company="8001", number="f0300009") == {"number": "F0300009"}
    assert "call" in await desk.ask("next")


async def test_the_client_who_was_put_back_for_that_still_stands_first(town: Town) -> None:
    phone = await waiting(town)
    nobody, desk = await agent(town, number=""), await agent(town, "agent2", "F0300002")
    assert await nobody.ask("next") == "video_number_missing"
    call = (await desk.ask("next"))["call"]
    assert (await desk.ask("brief", call=call, seen=-1))["number"] == phone.number


async def test_an_agent_begins_pauses_and_finishes(town: Town) -> None:
    desk = await at_desk(town, "agent1", "video")
    assert await desk.ask("next") == "video_begin_first"
    assert await desk.ask("begin", queues={}) == "video_choose_queue"
    assert await desk.ask("begin", queues={"8002": [""]}) == "video_choose_queue", "another company's line"
    assert await desk.ask("begin", queues={"8001": ["b01", ""]}) == {"state": "working"}
    assert await desk.ask("next") == "video_nobody_waits"
    assert await desk.ask("pause") == {"state": "break"}
    assert await desk.ask("next") == "video_begin_first", "nobody is taken during a break"
    assert await desk.ask("resume") == {"state": "working"}
    boss = await at_desk(town, "supervisor1", "video-watch")
    await boss.ask("appoint", agent=desk.actor, company="8001", queues=["b02"])
    assert await desk.ask("begin", queues={"8001": ["b01", ""]}) == "video_choose_queue"
    assert await desk.ask("begin", queues={"8001": ["b01", "b02"]}) == {"state": "working"}
    assert (await town.plugin.agents.get(desk.actor)).queues == {"8001": ("b02",)}
    assert await desk.ask("leave") == {"state": "off"}


async def test_an_agent_of_one_branch_serves_its_clients_and_those_of_none(town: Town) -> None:
    """The branches that an administrator gives with the account; other lines are neither shown nor served."""
    desk = await at_desk(town, "agent1", "video")
    draft = Draft("样本坐席一", ("agent",), ("b02",))
    assert isinstance(await town.parts.staffing.change(None, desk.actor.removeprefix("staff:"), draft), Person)
    await desk.get()
    assert "上海营业部" in desk.browser.text and "郑州营业部" not in desk.browser.text
    assert await desk.ask("begin", queues={"8001": ["b01"]}) == "video_choose_queue"
    assert await desk.ask("begin", queues={"8001": ["b01", "b02", ""]}) == {"state": "working"}
    assert (await town.plugin.agents.get(desk.actor)).queues == {"8001": ("b02", "")}


async def test_a_snapshot_is_taken_again_and_shown_to_its_agent_only(town: Town) -> None:
    await waiting(town)
    one, two = await agent(town), await agent(town, "agent2", "F0300002")
    call = (await one.ask("next"))["call"]
    first = (await one.put(f"snapshot?call={call}&slot=face", photo("red")))["file"]
    second = (await one.put(f"snapshot?call={call}&slot=face", photo("green")))["file"]
    shown = f"/desk/video/file/picture?call={call}&file="
    assert (await one.browser.client.get(shown + second)).status_code == 200
    assert (await one.browser.client.get(shown + first)).status_code == 404, "the one before is gone"
    assert (await two.browser.client.get(shown + second)).status_code == 404
    assert await one.put(f"snapshot?call={call}&slot=other", photo()) == 404
    assert await one.put(f"snapshot?call={call}&slot=card", b"no picture") == "file_type"
    held = await town.parts.caseload.find(id=(await town.plugin.calls.get(call)).case)
    assert len(await town.plugin.files.of(held.case.id, "video.snapshot.")) == 1


async def test_a_call_without_a_decision_ends_in_two_ways(town: Town) -> None:
    phone, desk = await waiting(town), await agent(town)
    call = (await desk.ask("next"))["call"]
    assert await desk.ask("end", call=call, how="released") == {"over": "released"}
    again = (await desk.ask("next"))["call"]
    assert again != call
    assert await desk.ask("end", call=again, how="gone") == {"over": "gone"}
    held = await town.parts.caseload.find(number=phone.number)
    assert await town.plugin.calls.works.of(held.case.id, KIND) is None
    assert await desk.ask("next") == "video_nobody_waits"
    assert (await town.plugin.agents.get(desk.actor)).call == ""


OPTIONAL = FLOW.replace("max_minutes: 20", "recording: optional")


class TestWhereTheCompanyLetsItBe:
    @pytest.fixture
    def flow(self) -> str:
        return OPTIONAL

    async def test_a_decision_without_a_recording_needs_a_reason(self, town: Town) -> None:
        phone, desk = await waiting(town), await agent(town)
        call = (await desk.ask("next"))["call"]
        brief = await desk.ask("brief", call=call, seen=-1)
        await town.plugin.calls.connected(await town.plugin.calls.get(call))
        await desk.ask("keep", call=call, answers=ANSWERS)
        for slot in ("face", "card"):
            await desk.put(f"snapshot?call={call}&slot={slot}", photo())
        said = {"call": call, "seen": brief["revision"]}
        assert await desk.ask("pass", **said) == "video_say_why_without"
        assert await desk.ask("pass", **said, without="no such reason") == "video_say_why_without"
        assert await desk.ask("pass", **said, without="browser") == {"over": "passed"}
        noted = [event for event in await events(town, phone.number) if event.kind == "video.unrecorded"]
        assert [event.data for event in noted] == [{"call": call, "why": "browser"}]
        held = await town.parts.caseload.find(number=phone.number)
        assert held.case.results["video"].data["recording"] == ""


async def test_supervisors_see_move_and_end(town: Town) -> None:
    phone, desk = await waiting(town), await agent(town)
    boss = await at_desk(town, "supervisor1", "video-watch")
    assert "视频" in boss.browser.text
    watching = town.plugin.counters()[1]
    who = SimpleNamespace(actor=boss.actor, name="Supervisor", companies=("8001",), rights=frozenset())
    now = await watching.now(who)
    own = now["companies"][0]["queues"][0]
    assert (own["code"], len(own["waiting"]), own["served"]) == ("", 1, [])
    assert [(one["state"], one["number"], one["call"]) for one in now["agents"]] == [("working", "F0300001", "")]
    assert await boss.ask("move", work=own["waiting"][0]["work"], queue="nowhere") == "video_queue_unknown"
    assert await boss.ask("move", work=own["waiting"][0]["work"], queue="b02") == {}
    assert await desk.ask("next") == "video_nobody_waits"
    assert await boss.ask("move", work=own["waiting"][0]["work"], queue="") == {}
    call = (await desk.ask("next"))["call"]
    assert await boss.ask("move", work=own["waiting"][0]["work"], queue="b02") == "video_held"
    now = await watching.now(who)
    assert now["companies"][0]["queues"][0]["served"] == [(await town.plugin.agents.get(desk.actor)).name]
    assert (now["companies"][0]["level"]["answered"], now["agents"][0]["call"]) == (1, call)
    assert await boss.ask("end", call=call) == {}
    assert await boss.ask("end", call=call) == "video_over"
    assert (await town.plugin.calls.get(call)).why == "stopped"
    assert [event.kind for event in await events(town, phone.number)][-1] == "video.stopped"
    assert await desk.ask("brief", call=call, seen=-1) == "video_over"


async def test_a_recording_is_watched_for_a_reason_that_is_written_down(town: Town) -> None:
    phone, desk = await waiting(town), await agent(town)
    call, seen = await prepared(town, desk)
    assert await desk.ask("pass", call=call, seen=seen) == {"over": "passed"}
    auditor = await at_desk(town, "auditor", "video")
    auditor.counter = "video-recordings"
    page, piece = f"/watch?call={call}", f"/desk/video-recordings/file/piece?call={call}&piece=0"
    assert (await auditor.get(page)).status_code == 200 and "<video" not in auditor.browser.page
    assert (await auditor.browser.client.get(piece)).status_code == 404, "no reason, no picture"
    assert await auditor.ask("open", call=call, why="curious") == "video_say_why"
    assert await auditor.ask("open", call=call, why="complaint") == {}
    await auditor.get(page)
    assert "<video" in auditor.browser.page and auditor.browser.page.count("auditor ") > 30, "under the watcher's name"
    recording = await town.plugin.recordings.get(call)
    content = await (await auditor.browser.client.get(piece)).get_data()
    assert hashlib.sha256(content).hexdigest() == recording.digest
    middle = await auditor.browser.client.get(piece, headers={"Range": "bytes=1000-1999"})
    assert middle.status_code == 206 and await middle.get_data() == content[1000:2000]
    alone = await auditor.browser.client.get(piece, headers={"Sec-Fetch-Dest": "document"})
    assert alone.status_code == 404, "without the watcher's name it is not shown"
    noted = [event for event in await events(town, phone.number) if event.kind == "video.watched"]
    assert [(event.actor, event.data) for event in noted] == [(auditor.actor, {"call": call, "why": "complaint"})]
    await auditor.browser.get(f"/desk/cases/{phone.number}")
    assert f"/desk/video-recordings/watch?call={call}" in auditor.browser.page, "the case leads to its calls"
    town.clock.forward(minutes=61)
    assert (await auditor.browser.client.get(piece)).status_code in (303, 404), "a reason serves for an hour"


async def test_who_reviews_the_case_watches_without_saying_why_again(town: Town) -> None:
    phone, desk = await waiting(town), await agent(town)
    call, seen = await prepared(town, desk)
    assert await desk.ask("pass", call=call, seen=seen) == {"over": "passed"}
    reviewer = await at_desk(town, "reviewer1", "video-recordings")
    await reviewer.get(f"/watch?call={call}")
    assert "<video" not in reviewer.browser.page
    await reviewer.browser.get(f"/desk/cases/{phone.number}")
    assert (await reviewer.browser.post(f"/desk/cases/{phone.number}/claim", seen=reviewer.browser.seen)).status_code == 303
    await reviewer.get(f"/watch?call={call}")
    assert "<video" in reviewer.browser.page
    noted = [event for event in await events(town, phone.number) if event.kind == "video.watched"]
    assert [(event.actor, event.data["why"]) for event in noted] == [(reviewer.actor, "review")]


@pytest.mark.parametrize("login", ["reviewer1", "configurer", "auditor"])
async def test_the_desk_is_for_agents(town: Town, login: str) -> None:
    desk = await at_desk(town, login, "video")
    assert (await desk.get()).status_code == 404
    assert await desk.ask("next") == 404
    assert (await desk.browser.get("/desk/video-watch")).status_code == 404


async def test_the_pages_are_drawn_in_both_languages(town: Town) -> None:
    await waiting(town)
    desk = await agent(town)
    call = (await desk.ask("next"))["call"]
    page = (await desk.get(f"/call?call={call}")).status_code, desk.browser.page
    assert page[0] == 200 and "客户通过" in page[1] and "iceServers" in page[1]
    await desk.get(f"/call?call={call}&lang=en")
    assert "The client passes" in desk.browser.page
    await desk.get()
    assert call in desk.browser.page, "the way back into the call"
    ended: Call = await town.plugin.calls.get(call)
    await town.plugin.calls.end(ended, "stopped")
    await desk.get(f"/call?call={call}&lang=zh_CN")
    assert "已结束" in desk.browser.text


FILMED = FLOW.replace("max_minutes: 20", "mode: recorded")


class TestAFilm:
    """`mode: recorded`: the client has filmed themselves and gone."""

    @pytest.fixture
    def flow(self) -> str:
        return FILMED

    async def test_an_agent_looks_at_the_film_of_a_client_who_has_gone(self, town: Town) -> None:
        phone = await town.phone().log_in(JIA)
        await phone.post(section="phone", edit="phone")
        await phone.post(contact_phone="02160000001")
        held = await town.parts.caseload.find(number=phone.number)
        id = held.case.id
        kept = await town.plugin.files.add(id, "video.recorded", "video/webm", film(3))
        told = {"digits": "4711", "made": "", "take": "", "parts": {}, "file": kept.id, "digest": "", "type": "video/webm"}
        made = await town.plugin.ledger.get("film", id)
        if made is None:
            await town.plugin.ledger.add("film", id, id, told)
        else:
            await town.plugin.ledger.change(made, told)
        await town.plugin.calls.works.put("8001", id, "video_review", "")
        town.clock.forward(hours=3)
        desk = await agent(town)
        assert await desk.ask("next") == "video_nobody_waits"
        call = (await desk.ask("next-film"))["call"]
        brief = await desk.ask("brief", call=call, seen=-1)
        assert (brief["number"], brief["digits"], brief["kept"]["whole"]) == (phone.number, "4711", True)
        shown = await desk.browser.client.get(f"/desk/video/file/film?call={call}", headers={"Range": "bytes=0-99"})
        assert shown.status_code == 206 and len(await shown.get_data()) == 100
        town.clock.forward(seconds=90)
        assert await desk.ask("beat", call=call) == {}
        town.clock.forward(seconds=90)
        await desk.ask("keep", call=call, answers=ANSWERS)
        for slot in ("face", "card"):
            await desk.put(f"snapshot?call={call}&slot={slot}", photo())
        assert await desk.ask("pass", call=call, seen=brief["revision"]) == {"over": "passed"}
        held = await town.parts.caseload.find(number=phone.number)
        recording = await town.plugin.recordings.get(call)
        assert held.case.results["video"].data["recording"] == recording.digest and recording.pieces[0].remuxed
        assert await town.plugin.recordings.erase(call, "system", "retention") is not None
        assert await town.plugin.files.of(id, "video.") == []
