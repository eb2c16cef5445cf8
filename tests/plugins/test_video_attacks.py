"""What a client or an agent may try around a call: nobody else is held up by it, and nothing is left behind."""

from __future__ import annotations

from typing import Any

import pytest
from test_video_desk import FLOW, agent, prepared, town, waiting

from app_fixtures import app_template
from banli.staffing import Draft
from banli_video.calls import GONE, KIND
from site_kit import opened
from town import photo

__all__ = ["app_template", "opened", "town"]

BING = "500112198505050018"


@pytest.fixture
def flow() -> str:
    """With a page that comes in between when the answer before it is another one; pictures without a recording are enough."""
    more = "  - form: {id: more, form: contact_phone, title: 再填, when: \"contact_phone.contact_phone == '021-60000009'\"}\n"
    return FLOW.replace("  - video:\n", more + "  - video:\n").replace(
        "      max_minutes: 20\n", "      max_minutes: 20\n      recording: optional\n"
    )


async def case_of(town: Any, phone: Any) -> str:
    return str((await town.parts.caseload.find(number=phone.number)).case.id)


async def test_a_client_who_gives_the_case_up_in_mid_call_frees_the_agent(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    town.phones.clear()
    call = (await desk.ask("next"))["call"]
    number = phone.number
    await phone.get(f"/8001/cases/{number}/abandon")
    await phone.post()
    assert await desk.ask("brief", call=call, seen=-1) == "video_over"
    ended = await town.plugin.calls.get(call)
    assert ended.why == GONE and ended.ended is not None
    await desk.get()
    assert f"call={call}" not in desk.browser.page
    await waiting(town, BING)
    assert (await desk.ask("next"))["call"] != call


async def test_a_client_who_has_gone_back_to_another_page_holds_up_nobody(town: Any) -> None:
    """They stand first, and their page is kept open: whoever comes after them is served, and nothing is decided of that page."""
    first = await waiting(town)
    town.clock.forward(seconds=3)
    second = await waiting(town, BING)
    desk = await agent(town)
    await first.get(f"/8001/cases/{first.number}/contact_phone")
    await first.post(contact_phone="02160000009")
    assert first.step == "more"
    call = (await desk.ask("next"))["call"]
    assert (await town.plugin.calls.get(call)).case == await case_of(town, second)
    assert await town.plugin.calls.works.of(await case_of(town, first), KIND) is None


async def test_nothing_is_decided_while_the_client_is_at_another_page(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    call, _ = await prepared(town, desk)
    await phone.get(f"/8001/cases/{phone.number}/contact_phone")
    await phone.post(contact_phone="02160000009")
    seen = (await desk.ask("brief", call=call, seen=-1))["revision"]
    assert await desk.ask("pass", call=call, seen=seen) == "video_changed"
    held = await town.parts.caseload.find(number=phone.number)
    assert held.position.current.id == "more" and "video" not in held.case.results


async def test_who_may_take_no_more_calls_has_none_any_more(town: Any) -> None:
    """An agent whose role is taken away in mid-call sees no more of the client, and decides nothing."""
    await waiting(town)
    desk = await agent(town)
    call, seen = await prepared(town, desk)
    id = desk.actor.removeprefix("staff:")
    await town.parts.staffing.change(None, id, Draft("样本坐席一", ("auditor",)))
    for asked in (await desk.ask("pass", call=call, seen=seen), await desk.ask("brief", call=call, seen=-1)):
        assert asked in (403, 404)
    file = (await town.plugin.calls.get(call)).snapshots["face"]
    answer = await desk.browser.client.get(f"/desk/video/file/picture?call={call}&file={file}")
    assert answer.status_code in (403, 404)


async def test_pictures_of_a_call_that_nobody_recorded_go_when_their_time_is_over(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    call = (await desk.ask("next"))["call"]
    await desk.ask("brief", call=call, seen=-1)
    assert (await desk.put(f"snapshot?call={call}&slot=face", photo()))["slot"] == "face"
    assert await desk.ask("end", call=call, how=GONE) == {"over": GONE}
    case = await case_of(town, phone)
    number = phone.number
    await phone.get(f"/8001/cases/{number}/abandon")
    await phone.post()
    assert len(await town.plugin.files.of(case, "video.")) == 1
    town.clock.forward(days=365 * 20 + 10)
    assert await town.plugin.sweep() == {"erased": 1, "held": 0}
    assert await town.plugin.files.of(case, "video.") == []
    erased = [event.data for event in await town.parts.store.events(case) if event.kind == "video.erased"]
    assert [(one["call"], one["pictures"], one["why"]) for one in erased] == [(call, 1, "retention")]
    assert await town.plugin.sweep() == {"erased": 0, "held": 0}


async def test_a_time_that_was_booked_is_free_again_once_its_client_has_passed(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    case, ledger = await case_of(town, phone), town.plugin.ledger
    await ledger.add("seat", "8001||later|0", case, {"start": "later"})
    await ledger.add("booking", case, case, {"start": "later", "end": "later", "seat": "8001||later|0"})
    call, seen = await prepared(town, desk)
    assert await desk.ask("pass", call=call, seen=seen) == {"over": "passed"}
    assert (await ledger.get("seat", "8001||later|0"), await ledger.get("booking", case)) == (None, None)
