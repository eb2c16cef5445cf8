"""Options that are offered only to some: what is chosen, what the page shows, what a browser is told, what an author is told."""

from __future__ import annotations

from typing import Any

import pytest

from app_fixtures import app_template
from pocket import mistakes, walk
from site_kit import Open, opened
from test_flow_language import CODES, SUBMIT

__all__ = ["app_template", "opened"]

HELD = "'!(\"shfe\" in held.codes)'"
FORM = CODES["forms/exchanges.yaml"] + "layout:\n  - codes: {offer: {shfe: " + HELD + "}, not_offered: 已开通}\n"
FLOW = (
    """title: 增开
login: login
steps:
  - form: {id: held}
  - form: {id: exchanges}
"""
    + SUBMIT
)
OFFERING = {
    "forms/held.yaml": CODES["forms/exchanges.yaml"].replace(", minItems: 1", "").replace("  required: [codes]\n", ""),
    "forms/exchanges.yaml": FORM,
    "flows/trial.yaml": FLOW,
}


def test_an_option_that_is_not_offered_is_refused_whatever_a_browser_posts(tmp_path):
    client = walk(tmp_path, OFFERING)
    client.answer("held", codes=["shfe"])
    said = client.answer("exchanges", codes=["shfe", "dce"])
    assert [(p.at, p.code) for p in said.problems] == [("codes", "not_offered")]
    client.answer("exchanges", codes=["dce", "cffex"])
    assert client.case.results["exchanges"].data == {"codes": ["dce", "cffex"]}


def test_an_option_is_offered_where_its_condition_holds(tmp_path):
    client = walk(tmp_path, OFFERING)
    client.answer("held", codes=["dce"])
    client.answer("exchanges", codes=["shfe"])
    assert client.case.results["exchanges"].data == {"codes": ["shfe"]}


def test_an_answer_rests_on_what_its_options_rest_on(tmp_path):
    """What was chosen is asked again when what is offered may have changed."""
    last = SUBMIT.replace("{text", "{confirm: true, text")
    client = walk(tmp_path, OFFERING | {"flows/trial.yaml": FLOW.replace(SUBMIT, last)})
    client.answer("held", codes=["dce"])
    client.answer("exchanges", codes=["shfe"])
    assert client.current == "submit"
    client.answer("held", codes=["shfe"])
    assert client.current == "exchanges"


def test_the_sentence_for_what_is_not_offered_can_be_the_authors(tmp_path):
    worded = FORM.replace("not_offered: 已开通", "errors: {not_offered: 该交易所已有交易编码}")
    client = walk(tmp_path, OFFERING | {"forms/exchanges.yaml": worded})
    client.answer("held", codes=["shfe"])
    assert client.answer("exchanges", codes=["shfe"]).problems[0].text == "该交易所已有交易编码"


def test_an_author_is_told_of_names_that_are_not_there(tmp_path):
    wrong = FORM.replace("held.codes", "held.code")
    assert mistakes(tmp_path, OFFERING | {"forms/exchanges.yaml": wrong}) == [
        "definitions/forms/exchanges.yaml:8:40: unknown-name: There is no name 'held.code' here. Did you mean 'held.codes'?"
    ]


FORMS = {
    "forms__offers": """
title: 选择
schema:
  type: object
  required: [known, codes, one]
  properties:
    known: {title: 已有, type: string, enum: [shfe, dce]}
    codes: {title: 编码, type: array, uniqueItems: true, items: {type: string, enum: [shfe, dce, cffex]}}
    one: {title: 一个, type: string, enum: [shfe, dce, cffex]}
layout:
  - known
  - codes: {offer: {shfe: known != "shfe", dce: known != "dce"}, not_offered: 已开通}
  - one: {offer: {cffex: known == "dce"}}
""",
    "flows__basic_info_change": """
stages: {}
steps:
  - form: {id: offers}
  - submit: {text: 已提交}
review: {levels: 0}
""",
    "companies__8002__flows__basic_info_change": "review: {}",
}


@pytest.fixture
async def town(opened: Open):
    async with opened(**FORMS) as town:
        yield town


async def test_the_page_shows_only_what_is_offered_and_says_of_the_rest_why(town: Any) -> None:
    phone = await town.phone().log_in()
    await phone.post(known="dce", codes=["dce", "cffex"], one="cffex", _go="next")
    assert phone.status == 422
    page = phone.page
    assert 'data-at="codes=dce" hidden' in page and 'data-at="codes!dce">' in page
    assert 'data-at="codes!shfe" hidden' in page and 'data-at="codes=shfe">' in page
    assert 'data-at="one=cffex">' in page
    assert page.count("已开通") == 2
    assert 'value="dce" checked' not in page.partition('name="codes"')[2].partition("</fieldset>")[0]
    await phone.post(known="dce", codes=["cffex"], one="cffex", _go="next")
    assert phone.status == 200
