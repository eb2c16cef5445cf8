"""A plugin's own step: its page talks to the plugin, and what came of it takes the client on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from app_fixtures import Phone, app_template
from banli.errors import Problem
from banli.hooks import Attendant, Place, Plugin, Reply, Unavailable
from banli.steps import StepKind
from banli.uploads import PART
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

FLOW = """
stages: {}
steps:
  - puzzle: {title: 猜数, most: 3}
  - submit: {text: 已提交}
review: {levels: 0, reasons: []}
approved: []
"""
SITE = "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}, acme]"


class Puzzle(StepKind):
    name = "puzzle"
    options: ClassVar[Mapping[str, Any]] = {"most": {"type": "integer", "description": "How many guesses there are."}}


class Guess(Attendant):
    step = "puzzle"
    parcels: ClassVar[Mapping[str, int]] = {"sketch": 2 * PART}

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin

    async def page(self, place: Place) -> Mapping[str, Any]:
        if place.names.get("acme.silent"):
            raise Unavailable("inquiry_unavailable")
        return {"title": f"{place.record['name']} {place.options['most']}"}

    async def take(self, place: Place, name: str, content: bytes) -> Reply | None:
        if content.startswith(b"no"):
            return Reply(problem=Problem("", "acme_near", {"by": len(content)}))
        if content.startswith(b"7"):
            return Reply(result={"number": 7, "tries": len(content)})
        return Reply({"bytes": len(content), "digest": hashlib.sha256(content).hexdigest()})

    async def call(self, place: Place, name: str, said: Mapping[str, Any]) -> Reply | None:
        ledger = self.plugin.home.ledger
        assert ledger is not None
        if name == "silent":
            raise Unavailable("inquiry_unavailable")
        if name != "guess":
            return None
        entry = await ledger.get("guess", place.case) or await ledger.add("guess", place.case, place.client, {"tries": 0})
        assert entry is not None
        await ledger.change(entry, {"tries": entry.document["tries"] + 1})
        if said.get("number") == 7:
            return Reply(result={"number": 7, "tries": entry.document["tries"] + 1})
        if said.get("number") == 8:
            return Reply(problem=Problem("", "acme_near", {"by": 1}))
        return Reply({"left": place.options["most"] - entry.document["tries"] - 1})


class Acme(Plugin):
    name = "acme"
    words: ClassVar[Mapping[str, str]] = {"acme_near": "You are off by {by}."}

    def steps(self) -> Sequence[StepKind]:
        return (Puzzle(),)

    def attendants(self) -> Sequence[Attendant]:
        return (Guess(self),)


@pytest.fixture
async def town(opened: Open):
    files = {"site": SITE, "flows__basic_info_change": FLOW, "companies__8002__flows__basic_info_change": "review: {}"}
    async with opened("test", {"acme": Acme}, **files) as town:
        yield town


async def call(phone: Phone, name: str, said: object, at: str = "", csrf: str = "") -> tuple[int, Any]:
    token = csrf or phone.fields["_csrf"][0]
    body = json.dumps(said).encode()
    about = {"X-CSRF-Token": token, "Content-Type": "application/json", "Content-Length": str(len(body))}
    answer = await phone.client.post(f"{at or phone.at}/call/{name}", data=body, headers=about)
    text = await answer.get_data(as_text=True)
    return answer.status_code, json.loads(text) if "json" in answer.headers["Content-Type"] else text


async def test_a_page_asks_its_plugin_until_the_step_is_done(town: Any) -> None:
    phone = await town.phone().log_in()
    assert phone.step == "puzzle" and "样本甲 3" in phone.text
    assert await call(phone, "guess", {"number": 1}) == (200, {"said": {"left": 2}})
    status, told = await call(phone, "guess", {"number": 8})
    assert status == 422 and told == {"problem": {"code": "acme_near", "text": "You are off by 1."}}
    status, told = await call(phone, "guess", {"number": 7})
    assert status == 200 and re.fullmatch(rf"/8001/cases/{phone.number}", told["next"])
    held = await town.parts.caseload.find(number=phone.number)
    assert held.case.results["puzzle"].data == {"number": 7, "tries": 3} and held.case.state == "done"
    status, told = await call(phone, "guess", {"number": 7})
    assert status == 200 and "next" in told, "a call that comes twice leads on"


async def test_a_plugin_that_gets_no_answer_itself_says_so(town: Any) -> None:
    phone = await town.phone().log_in()
    status, told = await call(phone, "silent", {})
    assert status == 422 and told["problem"]["code"] == "inquiry_unavailable" and "几分钟后" in told["problem"]["text"]


@pytest.mark.parametrize("said", [[], "x", None, 7])
async def test_only_an_object_from_a_page_of_ours_gets_through(town: Any, said: object) -> None:
    phone = await town.phone().log_in()
    assert (await call(phone, "guess", said))[0] == 400
    assert (await call(phone, "guess", {}, csrf="0" * 40))[0] == 400
    assert (await call(phone, "other", {}))[0] == 404
    assert (await call(phone, "guess", {"number": "7" * 300_000}))[0] == 413


async def test_nobody_calls_for_the_case_of_another(town: Any) -> None:
    phone = await town.phone().log_in()
    other = await town.phone().log_in("500112198505050018")
    status, _ = await call(other, "guess", {"number": 7}, at=phone.at)
    assert status == 404
    held = await town.parts.caseload.find(number=phone.number)
    assert held.case.results == {}


class Parcel:
    """As the page's script sends what is long."""

    def __init__(self, phone: Phone, content: bytes, name: str = "sketch") -> None:
        self.phone, self.content, self.id = phone, content, ""
        self.here = f"{phone.at}/sent/{name}/parts"

    async def ask(self, method: str, path: str = "", data: bytes = b"", **more: str) -> tuple[int, Any]:
        about = {"X-CSRF-Token": self.phone.fields["_csrf"][0], "Content-Length": str(len(data)), **more}
        answer = await self.phone.client.open(f"{self.here}{path}", method=method, data=data, headers=about)
        return answer.status_code, (await answer.get_json(silent=True)) or {}

    async def begin(self) -> tuple[int, Any]:
        said = {"size": len(self.content), "sha256": hashlib.sha256(self.content).hexdigest()}
        status, told = await self.ask("POST", data=json.dumps(said).encode(), **{"Content-Type": "application/json"})
        self.id = told.get("id", self.id)
        return status, told

    async def put(self, number: int) -> tuple[int, Any]:
        piece = self.content[number * PART : (number + 1) * PART]
        about = {"Content-Type": "application/octet-stream", "X-Part-Sha256": hashlib.sha256(piece).hexdigest()}
        return await self.ask("PUT", f"/{self.id}/{number}", piece, **about)

    async def finish(self) -> tuple[int, Any]:
        return await self.ask("POST", f"/{self.id}")


async def test_a_page_hands_its_plugin_what_is_long_in_parts(town: Any) -> None:
    """After a reload only what is missing is sent; whoever has not heard the answer asks again."""
    phone = await town.phone().log_in()
    first, again = Parcel(phone, b"x" * (PART + 5)), Parcel(phone, b"x" * (PART + 5))
    assert (await first.begin())[1]["have"] == []
    assert (await first.put(1))[1]["have"] == [1]
    assert (await again.begin())[1] == {"id": first.id, "part": PART, "have": [1]}
    await again.put(0)
    whole = {"said": {"bytes": PART + 5, "digest": hashlib.sha256(first.content).hexdigest()}}
    assert await again.finish() == (200, whole)
    assert await again.finish() == (200, whole)
    parts = [path for path in (town.parts.site.var / "blobs" / "uploads").rglob("*") if path.is_file()]
    assert parts == []


async def test_a_plugin_refuses_what_it_was_handed_or_goes_on_with_it(town: Any) -> None:
    phone = await town.phone().log_in()
    refused = Parcel(phone, b"no")
    await refused.begin()
    await refused.put(0)
    assert await refused.finish() == (422, {"problem": {"code": "acme_near", "text": "You are off by 2."}})
    good = Parcel(phone, b"7!")
    await good.begin()
    await good.put(0)
    status, told = await good.finish()
    assert status == 200 and told["next"] == f"/8001/cases/{phone.number}"
    held = await town.parts.caseload.find(number=phone.number)
    assert held.case.results["puzzle"].data == {"number": 7, "tries": 2}


async def test_only_what_the_step_names_is_taken_from_whose_case_it_is(town: Any) -> None:
    phone = await town.phone().log_in()
    other = await town.phone().log_in("500112198505050018")
    assert (await Parcel(phone, b"x", "other").begin())[0] == 404
    assert (await Parcel(phone, b"x" * (2 * PART + 1)).begin())[0] == 422
    mine = Parcel(phone, b"x")
    await mine.begin()
    theirs = Parcel(other, b"x")
    theirs.here, theirs.id = mine.here, mine.id
    assert [(await theirs.begin())[0], (await theirs.put(0))[0], (await theirs.finish())[0]] == [404, 404, 404]
    assert (await mine.finish())[0] == 404, "not all of it is there"
