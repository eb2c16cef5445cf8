"""A plugin with people on both sides: a client waits at a step, staff take the work, look, decide, and both have a wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from app_fixtures import Phone, app_template
from banli.counters import Answer, Colleague, Counter, Hung, Shown, Stream, Wire, Work
from banli.errors import Problem
from banli.hooks import Attendant, Place, Plugin
from banli.staff import DEMO_PASSWORD, make_demo_staff, totp_now
from banli.steps import StepKind
from desk_kit import Browser, Desk
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

FLOW = """
stages: {}
steps:
  - overview: {form: basic_info, edit: [phone], as: section, title: 资料}
  - form: {id: contact_phone, title: 联系电话修改}
  - witness:
      title: 视频认证
      reasons:
        - phone_wrong: {text: 联系电话有误, reopen: [contact_phone.contact_phone]}
        - unseen: {text: 看不清您的面部，请到光线好的地方再试}
  - submit: {text: 已提交}
states: {sent_back: 视频见证未通过}
review: {levels: 0, reasons: []}
approved: []
"""
SITE = "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}, acme]"
LEASE = timedelta(seconds=20)


class Witness(StepKind):
    name = "witness"
    staffed = True


class Attending(Attendant):
    step = "witness"

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin

    async def page(self, place: Place) -> Mapping[str, Any]:
        assert self.plugin.home.works is not None
        await self.plugin.home.works.put(place.company, place.case, "witness", "")
        return {}

    async def talk(self, place: Place, wire: Wire) -> None:
        await wire.say({"case": place.number})
        while (said := await wire.hear(5)) is not None:
            await wire.say({"heard": said})


class Desking(Counter):
    path, right, title = "witness", "video", "Witnessing"

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.hung = asyncio.Event()

    async def page(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Shown | None:
        return Shown("desk_queue", "Witnessing", {"who": who.name, "asked": dict(asked)}) if path == "" else None

    async def call(self, who: Colleague, path: str, said: Mapping[str, Any]) -> Answer:
        works = self.plugin.home.works
        assert works is not None
        since = self.plugin.home.clock() - LEASE
        if path == "next":
            work = await works.next(who.actor, who.companies, "witness", [""], LEASE, since=since)
            brief = await works.brief(work, who.actor, "zh_CN") if work is not None else None
            if work is None or brief is None:
                return Problem("", "nobody_waits")
            return {
                "work": work.id, "case": brief.number, "seen": brief.revision, "client": brief.client,
                "lines": {line.title: list(line.after) for line in brief.lines}, "reasons": {w.id: list(w.pages) for w in brief.reasons},
            }
        work = await works.get(str(said["work"]))
        assert work is not None
        if path == "pass":
            problem = await works.passed(work, who.actor, "witness", {"by": who.actor}, int(said["seen"]))
        elif path == "back":
            problem = await works.sent_back(work, who.actor, "witness", said["reasons"], "", int(said["seen"]))
        else:
            return None
        return problem or {}

    async def take(self, who: Colleague, path: str, said: Mapping[str, str], content: bytes) -> Answer:
        return {"bytes": len(content), "slot": said["slot"]}

    async def file(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Stream | None:
        async def part(begin: int, end: int) -> bytes:
            return bytes(range(100))[begin:end]

        return Stream("video/webm", 100, part) if path == "one" else None

    async def talk(self, who: Colleague, path: str, wire: Wire) -> None:
        await wire.say({"who": who.name, "path": path})
        try:
            await wire.hear()
        except Hung:
            self.hung.set()
            raise


class Acme(Plugin):
    name = "acme"
    words: ClassVar[Mapping[str, str]] = {"nobody_waits": "Nobody waits.", "witness_looked_event": "Looked at for the {n}. time."}

    def __init__(self, options: Any, home: Any) -> None:
        super().__init__(options, home)
        self.desk = Desking(self)

    def steps(self) -> Sequence[StepKind]:
        return (Witness(),)

    def attendants(self) -> Sequence[Attendant]:
        return (Attending(self),)

    def counters(self) -> Sequence[Counter]:
        return (self.desk,)


@pytest.fixture
async def town(opened: Open):
    files = {"site": SITE, "flows__basic_info_change": FLOW, "companies__8002__flows__basic_info_change": "review: {}"}
    async with opened("test", {"acme": Acme}, **files) as town:
        folder = town.parts.site.var / "templates"
        folder.mkdir()
        (folder / "desk_queue.html").write_text(
            '{% extends "desk/frame.html" %}{% block main %}<p>{{ who }} {{ asked.x }}</p>{% endblock %}', encoding="utf-8"
        )
        town.parts.themes.add_templates("acme", folder)
        await make_demo_staff(town.parts.staff, town.parts.library.company_ids, str)
        yield town


async def agent(town: Any, login: str = "agent1") -> Browser:
    browser = Browser(Desk(town.app, town.parts, town), town.app.test_client(), "en")
    await browser.get("/desk")
    row = await town.parts.store.staff_by_login("8001", login)
    code = totp_now(row.totp_secret, town.clock())
    answer = await browser.post("/desk", company="8001", login=login, password=DEMO_PASSWORD, code=code)
    assert answer.status_code == 303
    await browser.get(answer.headers["Location"])
    return browser


async def ask(browser: Browser, path: str, said: object, method: str = "post", **headers: str) -> tuple[int, Any]:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    about = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    answer = await getattr(browser.client, method)(f"/desk/witness/{path}", data=body, headers=about)
    text = await answer.get_data(as_text=True)
    return answer.status_code, json.loads(text) if answer.mimetype == "application/json" else text


async def waiting(town: Any) -> Phone:
    phone = await town.phone().log_in()
    await phone.post(section="phone", edit="phone")
    await phone.post(contact_phone="02160000001")
    assert phone.step == "witness", phone.text
    return phone


async def test_an_agent_takes_the_client_who_waits_and_passes_them(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    status, told = await ask(desk, "next", {})
    assert status == 200 and told["said"]["case"] == phone.number and told["said"]["client"] == "样本甲"
    assert told["said"]["lines"]["联系电话"] == ["021-60000001"]
    assert told["said"]["reasons"] == {"phone_wrong": ["联系电话修改：联系电话"], "unseen": []}
    assert await ask(desk, "next", {}) == (422, {"problem": {"code": "nobody_waits", "text": "Nobody waits."}})
    status, _ = await ask(desk, "pass", {"work": told["said"]["work"], "seen": told["said"]["seen"]})
    held = await town.parts.caseload.find(number=phone.number)
    assert status == 200 and held.case.state == "done" and held.case.results["witness"].by.startswith("staff:")
    assert [task.state for task in await town.parts.store.tasks_of(held.case.id)] == ["done"]
    status, told = await ask(desk, "pass", {"work": told["said"]["work"], "seen": told["said"]["seen"]})
    assert told["problem"]["code"] == "not_held", "what is done is done once"


async def test_who_is_sent_back_lands_on_the_wrong_page_and_comes_again(town: Any) -> None:
    """R-125, R-137, R-138, C-30."""
    phone, desk = await waiting(town), await agent(town)
    _, told = await ask(desk, "next", {})
    back = {"work": told["said"]["work"], "seen": told["said"]["seen"], "reasons": ["phone_wrong"]}
    assert (await ask(desk, "back", {**back, "reasons": []}))[1]["problem"]["code"] == "choose_reason"
    assert (await ask(desk, "back", back))[0] == 200
    await phone.get(f"/8001/cases/{phone.number}")
    assert phone.step == "contact_phone" and "视频见证未通过" in phone.text and "联系电话有误" in phone.text
    at = phone.at
    await phone.get("/8001/my")
    assert "视频见证未通过" in phone.text and "联系电话有误" in phone.text
    await phone.get(at)
    await phone.post(contact_phone="02160000002")
    assert phone.step == "witness"
    _, told = await ask(desk, "next", {})
    assert told["said"]["lines"]["联系电话"] == ["021-60000002"]
    assert (await ask(desk, "pass", {"work": told["said"]["work"], "seen": told["said"]["seen"]}))[0] == 200
    held = await town.parts.caseload.find(number=phone.number)
    assert held.case.state == "done" and held.case.returned is None
    assert await town.parts.store.verify_chain(held.case.id) == []


async def test_a_reason_that_opens_nothing_only_has_them_come_again(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    _, told = await ask(desk, "next", {})
    back = {"work": told["said"]["work"], "seen": told["said"]["seen"], "reasons": ["unseen"]}
    assert (await ask(desk, "back", back))[0] == 200
    await phone.get(f"/8001/cases/{phone.number}")
    assert phone.step == "witness" and "看不清您的面部" in phone.text


async def test_what_the_client_changes_meanwhile_is_not_passed_unseen(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    _, told = await ask(desk, "next", {})
    await phone.get(f"/8001/cases/{phone.number}/contact_phone")
    await phone.post(contact_phone="02160000003")
    given = {"work": told["said"]["work"], "seen": told["said"]["seen"]}
    assert (await ask(desk, "pass", given))[1]["problem"]["code"] == "changed_meanwhile"
    held = await town.parts.caseload.find(number=phone.number)
    assert "witness" not in held.case.results


async def test_a_plugin_writes_down_what_happened_and_pages_stay_current(town: Any) -> None:
    phone = await waiting(town)
    held = await town.parts.caseload.find(number=phone.number)
    works = town.parts.plugins.active[-1].home.works
    await asyncio.gather(*(works.note(held.case.id, "plugin:acme", "witness.looked", {"n": n}) for n in range(4)))
    again = await town.parts.caseload.find(number=phone.number)
    assert again.case.revision == held.case.revision and again.case.results == held.case.results
    assert await town.parts.store.verify_chain(held.case.id) == []
    noted = [event.data["n"] for event in await town.parts.store.events(held.case.id) if event.kind == "witness.looked"]
    assert sorted(noted) == [0, 1, 2, 3]
    auditor = await agent(town, "auditor")
    await auditor.get(f"/desk/cases/{phone.number}")
    assert "Looked at for the 3. time." in auditor.text
    with pytest.raises(ValueError):
        await works.note(held.case.id, "plugin:acme", "done", {})


async def test_files_of_a_case_are_kept_sealed(town: Any) -> None:
    phone = await waiting(town)
    held = await town.parts.caseload.find(number=phone.number)
    files = town.parts.plugins.active[-1].home.files
    kept = await files.add(held.case.id, "witness.face", "image/jpeg", b"a face")
    assert await files.read(held.case.id, kept.id) == b"a face" and await files.of(held.case.id, "witness.") == [kept]
    blobs = [path.read_bytes() for path in (town.parts.site.var / "blobs").rglob("*") if path.is_file()]
    assert blobs and not any(b"a face" in content for content in blobs)
    assert await files.drop(held.case.id, kept.id) and await files.of(held.case.id, "witness.") == []
    assert await files.add("no-such-case", "witness.face", "image/jpeg", b"") is None


async def test_the_counter_is_for_those_with_the_right(town: Any) -> None:
    desk, other = await agent(town), await agent(town, "reviewer1")
    await desk.get("/desk/witness?x=7")
    assert " 7" in desk.text and "Witnessing" in desk.text
    assert (await desk.get("/desk/witness/else")).status_code == 404
    await other.get("/desk/queue")
    assert "Witnessing" not in other.text and (await other.get("/desk/witness")).status_code == 404
    assert (await ask(other, "next", {}))[0] == 404
    assert (await town.app.test_client().get("/desk/witness")).headers["Location"].startswith("/desk?next=")


async def test_calls_and_bytes_come_from_pages_of_ours(town: Any) -> None:
    desk = await agent(town)
    assert await ask(desk, "snapshot?slot=face", b"x" * 1000, "put") == (200, {"said": {"bytes": 1000, "slot": "face"}})
    assert (await ask(desk, "snapshot?slot=face", b"x", "put", **{"X-CSRF-Token": "0" * 48}))[0] == 400
    assert (await ask(desk, "next", {}, **{"X-CSRF-Token": ""}))[0] == 400
    assert (await ask(desk, "next", [], ))[0] == 400
    assert (await ask(desk, "next", {"x": "7" * 300_000}))[0] == 413
    assert (await ask(desk, "snapshot?slot=face", b"x" * (8 * 1024 * 1024 + 1), "put"))[0] == 413


async def test_a_recording_is_sought_in_by_parts(town: Any) -> None:
    desk = await agent(town)
    for asked, status, begin, end in (
        ("", 200, 0, 100), ("bytes=10-19", 206, 10, 20), ("bytes=90-", 206, 90, 100), ("bytes=-5", 206, 95, 100),
        ("bytes=0-5,9-", 200, 0, 100), ("lines=0-5", 200, 0, 100),
    ):  # fmt: skip
        answer = await desk.client.get("/desk/witness/file/one", headers={"Range": asked} if asked else {})
        assert answer.status_code == status and await answer.get_data() == bytes(range(100))[begin:end], asked
        assert answer.headers["Cache-Control"] == "no-store"
    assert (await desk.client.get("/desk/witness/file/one", headers={"Range": "bytes=100-"})).status_code == 416
    assert (await desk.client.get("/desk/witness/file/two")).status_code == 404


OURS = {"Origin": "http://localhost", "Host": "localhost"}


async def test_a_client_and_an_agent_have_wires(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    async with phone.client.websocket(f"{phone.at}/wire", headers=OURS) as wire:
        assert json.loads(await wire.receive()) == {"case": phone.number}
        await wire.send(json.dumps({"k": "hello"}))
        assert json.loads(await wire.receive()) == {"heard": {"k": "hello"}}
    async with desk.client.websocket("/desk/witness/wire/call1", headers=OURS) as wire:
        assert json.loads(await wire.receive())["path"] == "call1"
    async with asyncio.timeout(60):
        await town.parts.plugins.active[-1].desk.hung.wait()


async def test_no_wire_for_a_page_of_somebody_else_nor_for_another_client(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    other = await town.phone().log_in("500112198505050018")
    elsewhere = [{"Origin": origin, "Host": "localhost"} for origin in ("https://elsewhere.example", "", "null")]
    tried = [(client, path, about) for about in elsewhere for client, path in (
        (phone.client, f"{phone.at}/wire"), (desk.client, "/desk/witness/wire"))]  # fmt: skip
    stranger = town.app.test_client()
    tried += [(who, path, OURS) for who, path in ((stranger, f"{phone.at}/wire"), (stranger, "/desk/witness/wire"))]
    for client, path, about in tried:
        assert await _refused(client, path, about) == 403
    assert await _refused(other.client, f"{phone.at}/wire", OURS) == 404


async def _refused(client: Any, path: str, about: dict[str, str]) -> int:
    with pytest.raises(WebsocketResponseError) as refused:
        async with client.websocket(path, headers=about) as wire:
            await wire.receive()
    return int(refused.value.response.status_code)


async def test_a_page_that_talks_nonsense_or_too_fast_is_hung_up_on(town: Any) -> None:
    phone = await waiting(town)
    for said in (["[]"], ["nonsense"], ["x" * 70_000], ["{}"] * 61):
        async with phone.client.websocket(f"{phone.at}/wire", headers=OURS) as wire:
            await wire.receive()
            for one in said:
                await wire.send(one)
            with pytest.raises(WebsocketDisconnectError) as closed:
                await _until_hung_up(wire)
            assert closed.value.args[0] == 1008, said[0][:10]


async def _until_hung_up(wire: Any) -> None:
    async with asyncio.timeout(60):
        while True:
            await wire.receive()


def test_work_names_nobody() -> None:
    assert {"client", "name"}.isdisjoint(Work.__dataclass_fields__)
