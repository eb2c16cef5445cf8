"""What is known of a client is not to be guessed: so many answers a day are looked at, whatever is given up in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app_fixtures import app_template
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

GUESSING = {
    "forms__secret": """
title: 核对
schema:
  type: object
  required: [code]
  properties:
    code: {title: 邮政编码, type: string, pattern: '^[0-9]{6}$'}
refuse:
  - mismatch: {when: code != client.postal_code, text: 与预留信息不符}
""",
    "flows__basic_info_change": """
stages: {}
steps:
  - form: {id: secret, tries: 3}
  - submit: {text: 已提交, confirm: true}
review: {levels: 0}
""",
    "companies__8002__flows__basic_info_change": "review: {}",
}
USED_UP = "今天尝试的次数过多，请明天再试，或联系期货公司。"


@pytest.fixture
async def town(opened: Open):
    async with opened(**GUESSING) as town:
        yield town


async def guess(phone: Any, code: str) -> str:
    await phone.post(code=code, _go="next")
    if phone.step != "secret":
        return "right"
    return "used up" if USED_UP in phone.text else "wrong" if "与预留信息不符" in phone.text else "other"


async def test_after_so_many_answers_even_the_right_one_is_not_looked_at(town: Any) -> None:
    phone = await town.phone().log_in()
    assert [await guess(phone, code) for code in ("100001", "100002", "100003", "450000")] == [
        "wrong", "wrong", "wrong", "used up",
    ]  # fmt: skip


async def test_what_is_misspelt_is_no_guess(town: Any) -> None:
    phone = await town.phone().log_in()
    for _ in range(5):
        assert await guess(phone, "45000") == "other"
    assert await guess(phone, "450000") == "right"


async def visit_of(town: Any, phone: Any) -> Any:
    """The visit whose cookie the phone has."""
    return await town.parts.clients.visit(next(c.value for c in phone.client.cookie_jar if c.name == "banli"))


async def test_giving_up_gives_no_new_tries_and_another_day_does(town: Any, clock: Any) -> None:
    phone = await town.phone().log_in()
    for code in ("100001", "100002", "100003"):
        await guess(phone, code)
    held = await town.parts.caseload.find(number=phone.number)
    await town.parts.cases.abandon(await visit_of(town, phone), phone.number, held.case.revision)
    clock.forward(minutes=2)
    again = await town.phone().log_in()
    assert again.number != phone.number
    assert await guess(again, "450000") == "used up"
    clock.forward(hours=25)
    later = await town.phone().log_in()
    await later.get(f"/8001/cases/{again.number}/secret")
    assert await guess(later, "450000") == "right"


async def test_many_guesses_at_once_are_counted_one_by_one(town: Any) -> None:
    phone = await town.phone().log_in()
    visit = await visit_of(town, phone)
    revision = (await town.parts.caseload.find(number=phone.number)).case.revision
    answers = await asyncio.gather(
        *(
            town.parts.cases.answer(visit, phone.number, "secret", {"code": [code]}, revision)
            for code in ("100001", "100002", "100003", "100004", "100005", "100006")
        )
    )
    assert sorted(answer.problems[0].code for answer in answers) == ["mismatch"] * 3 + ["tries_used_up"] * 3
