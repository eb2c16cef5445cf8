"""A business of notices and questions to the core system, walked through the whole application."""

from __future__ import annotations

from typing import Any

import pytest

from app_fixtures import app_template
from banli.dossiers import Reader
from banli.engine import commands
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

CLOSING = """
stages: {}
steps:
  - inquiry:
      id: account
      title: 销户检查
      ask: directory.account
      text: 销户前须结清账户
      must:
        - {code: no_lots, when: account.positions == 0, text: 无持仓, cure: 请先平仓后再办理}
        - {code: active, when: account.status == "active", text: 账户状态正常}
  - notice:
      id: goodbye
      title: 销户确认
      text: '{{ client.name }}，您的持仓为{{ account.positions }}手，<b>不可恢复</b>'
      look: warning
      tick: 我确认销户
      again: {steps: [account], button: 重新检查, most: 1}
  - submit: {text: 已提交}
review: {levels: 0}
approved:
  - directory.request: {request: close, title: 销户}
"""


async def hold(town: Any, **account: Any) -> None:
    """The core system's account of 样本甲 is in this state."""
    import json

    simulator = town.parts.plugins.directory
    row = ("8001", "800100001", json.dumps(account), "{}")
    await simulator.book.write(lambda book: book.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)", row))


@pytest.fixture
async def town(opened: Open):
    async with opened(flows__basic_info_change=CLOSING, companies__8002__flows__basic_info_change="review: {}") as town:
        yield town


async def test_a_client_sees_what_is_not_settled_mends_it_and_goes_on(town: Any) -> None:
    await hold(town, positions=2)
    phone = await town.phone().log_in()
    assert phone.step == "account" and "销户前须结清账户" in phone.text and "无持仓" in phone.text
    await phone.post(_go="next")
    assert phone.status == 422
    assert "请先平仓后再办理" in phone.text and "账户状态正常" in phone.text
    await hold(town, positions=0)
    await phone.post(_go="next")
    assert phone.step == "goodbye"
    assert "样本甲，您的持仓为0手" in phone.text and "<b>不可恢复" not in phone.page


async def test_a_notice_wants_its_tick_and_can_lead_back_once(town: Any) -> None:
    phone = await town.phone().log_in()
    await phone.post(_go="next")
    await phone.post(_go="next")
    assert phone.status == 422 and phone.step == "goodbye"
    await phone.post(again="true", _go=None)
    assert phone.step == "account"
    await phone.post(_go="next")
    assert phone.step == "goodbye" and 'name="again"' not in phone.page


async def test_an_account_is_closed_and_the_client_reads_that_it_is(town: Any) -> None:
    phone = await town.phone().log_in()
    number = phone.number
    await phone.post(_go="next")
    await phone.post(agree="true", _go="next")
    assert "销户" in phone.text
    await town.parts.worker().run_due()
    await phone.get(f"/8001/cases/{number}")
    assert "已办结" in phone.text and "销户" in phone.text
    state = await town.parts.plugins.directory.account("8001", "800100001")
    assert state["status"] == "closed"


async def test_a_reviewer_reads_what_the_core_system_had_to_say(town: Any) -> None:
    phone = await town.phone().log_in()
    await phone.post(_go="next")
    await phone.post(agree="true", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert [(row.title, row.after) for row in Reader(held, True, str).answers()] == [("销户检查", ("无持仓", "账户状态正常"))]


async def test_what_has_changed_meanwhile_is_refused_by_the_core_system_and_staff_look(town: Any) -> None:
    phone = await town.phone().log_in()
    number = phone.number
    await phone.post(_go="next")
    await hold(town, positions=1)
    await phone.post(agree="true", _go="next")
    await town.parts.worker().run_due()
    held = await town.parts.caseload.find(number=number)
    assert held.case.deliveries == {"directory.request": "failed:account_not_empty"}


async def test_what_was_refused_can_be_sent_again_once_the_account_is_empty(town: Any) -> None:
    """A refusal has had no effect, so it does not stand for ever: staff mend the cause, and the same case goes on."""
    phone = await town.phone().log_in()
    number = phone.number
    await phone.post(_go="next")
    await hold(town, positions=1)
    await phone.post(agree="true", _go="next")
    await town.parts.worker().run_due()
    await hold(town, positions=0)
    held = await town.parts.caseload.find(number=number)
    again = commands.Delivered(actor="staff:somebody", action="directory.request", outcome="waiting")
    await town.parts.caseload.keep(held, town.parts.caseload.decide(held, again))
    await town.parts.worker().run_due()
    held = await town.parts.caseload.find(number=number)
    assert held.case.state == "done"
    assert (await town.parts.plugins.directory.account("8001", "800100001"))["status"] == "closed"
