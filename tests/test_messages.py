"""Messages about a case: to whom, when, in whose words; and what an author is told of those that cannot be sent."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app_fixtures import app_template
from pocket import library, mistakes, walk
from site_kit import Open, changed, opened
from town import Town, open_town

__all__ = ["app_template", "opened"]

FORM = "title: 问题\nschema: {type: object, properties: {email: {title: 邮箱, type: string, format: email}}}\n"
FLOW = """
title: 样本
login: login
steps: [{form: {id: ask, form: trial_ask}}, {submit: {text: 已提交, confirm: true}}]
notify:
  submitted:
    - email.send: {subject: '{{ business.title }}已提交', text: '{{ client.name }}：受理单{{ case.number }}'}
    - email.send: {id: typed, to: ask.email, when: ask.email != null, subject: 已登记, text: 此邮箱已登记}
"""
BUSINESS = "businesses: [{trial: {hours: nearly_always}}]"
FOOTER = "本邮件由系统自动发送，请勿直接回复。远山期货有限公司（样本），客服电话400-000-8001。"


async def submit(town: Town, **typed: str) -> str:
    visit = await town.enter()
    number = await town.start(visit, "trial")
    await town.say(visit, number, "ask", **typed)
    await town.say(visit, number, "submit")
    await town.work()
    return number


async def arrived(town: Any) -> list[tuple[str, str, str]]:
    plugin = next(plugin for plugin in town.plugins.active if plugin.name == "banli_email")
    return [(mail.to, mail.subject, mail.text) for mail in reversed(await plugin.outbox.mails())]


async def test_a_client_gets_an_e_mail_where_the_case_knows_an_address(store: Any, clock: Any, tmp_path: Path) -> None:
    """One to the address on file; another to the one that was typed, where one was typed. Each ends with the company's words."""
    root = changed(tmp_path / "site", flows__trial=FLOW, forms__trial_ask=FORM, companies__8001__company=BUSINESS)
    town = open_town(store, clock, tmp_path, root / "definitions")
    await town.plugins.start()
    first = await submit(town, email="")
    on_file = ("j***@example.com", "样本已提交", f"样本甲：受理单{first}\n\n{FOOTER}")
    assert await arrived(town) == [on_file]
    visit = await town.enter()
    for what in (town.cases.withdraw, town.cases.abandon):
        held = await town.caseload.find(number=first)
        assert held is not None
        await what(visit, first, held.case.revision)
    second = await submit(town, email="xin@example.org")
    assert await arrived(town) == [
        on_file, ("j***@example.com", "样本已提交", f"样本甲：受理单{second}\n\n{FOOTER}"),
        ("x***@example.org", "已登记", f"此邮箱已登记\n\n{FOOTER}"),
    ]  # fmt: skip
    await town.plugins.stop()


async def test_company_business_and_environment_have_words_of_their_own_around_every_e_mail(opened: Open) -> None:
    words = "texts: {email_footer: '{{ company.short_name }}敬上'}\nenvironments: {staging: {texts: {email_mark: 【演练】}}}\n"
    flow = FLOW + "texts: {email_footer: '{{ business.title }}，{{ company.hotline }}{{ hours.title }}'}\n"
    for environment, mark in (("staging", "【演练】"), ("test", "")):
        for told, footer in ((FLOW, "远山期货敬上"), (flow, "样本，400-000-8001")):
            files = {"flows__trial": told, "forms__trial_ask": FORM, "companies__8001__company": BUSINESS + "\n" + words}
            async with opened(environment, **files) as town:
                parts = town.parts
                office = Town(
                    parts.store, town.clock, parts.plugins, parts.editions, parts.caseload, parts.clients, parts.cases, parts.deliveries
                )
                await submit(office, email="")
                [(_, subject, text)] = await arrived(office)
                assert (subject, text.partition("\n\n")[2]) == (f"{mark}样本已提交", footer)
            shutil.rmtree(parts.site.root.parent)


def test_a_message_is_sent_where_its_condition_is_true_and_an_optional_one_where_a_plugin_offers_its_kind(tmp_path: Path) -> None:
    flow = """
title: 样本
login: login
steps: [{form: {id: ask}}, {submit: {text: 已提交, confirm: true}}]
notify:
  submitted:
    - core.apply: {id: always, text: 已提交}
    - core.apply: {id: on_file, when: client.risk_class != null, text: 已提交}
    - core.apply: {id: typed, when: 'ask.level == "C5"', text: 已提交}
    - letter.send: {id: letter, optional: true, when: ask.level == null, text: 已提交}
"""
    form = "title: 问\nschema: {type: object, properties: {level: {title: 等级, $ref: 'dictionary:level'}}}\n"
    files = {"flows/trial.yaml": flow, "forms/ask.yaml": form}
    sent = {}
    for what, record, answer in (("nothing", {}, {}), ("risk", {"risk_class": "1"}, {"level": "C3"}), ("most", {"risk_class": "1"}, {"level": "C5"})):
        walked = walk(tmp_path / what, files, {"name": "样本甲", **record})
        walked.answer("ask", **answer)
        sent[what] = [order.action.id for order in walked.answer("submit").orders]
    assert sent == {"nothing": ["always"], "risk": ["always", "on_file"], "most": ["always", "on_file", "typed"]}
    bundle = library(tmp_path / "again", files).bundle("c1", "trial")
    assert [next(iter(one.values()))["id"] for one in bundle["flow"]["notify"]["submitted"]] == ["always", "on_file", "typed"]


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("{id: one, text: 已提交, when: ask.nothing == 1}", "7:46: unknown-name"),
        ("{id: one, text: 已提交, title: 样本}", "7:40: not-here: A message has no 'title'. Delete it."),
        ("{id: one, text: 已提交, optional: sometimes}", "7:50: wrong-type"),
    ],
)  # fmt: skip
def test_what_a_message_cannot_have_is_told_with_its_place(tmp_path: Path, action: str, told: str) -> None:
    flow = f"""title: 样本
login: login
steps: [{{form: {{id: ask}}}}, {{submit: {{text: 已提交}}}}]
notify:
  submitted:
    - core.apply: {{id: zero, text: 已提交}}
    - core.apply: {action}
"""
    form = "title: 问\nschema: {type: object, properties: {level: {title: 等级, type: string}}}\n"
    found = mistakes(tmp_path, {"flows/trial.yaml": flow, "forms/ask.yaml": form})
    assert len(found) == 1
    assert found[0].startswith(f"definitions/flows/trial.yaml:{told}"), found


def test_only_messages_are_sent_under_a_condition_or_left_out(tmp_path: Path) -> None:
    flow = """title: 样本
login: login
steps: [{form: {id: ask}}, {submit: {text: 已提交}}]
approved:
  - core.apply: {id: one, text: 已提交, when: client.name != null}
  - letter.send: {id: two, optional: true}
notify: {done: [letter.send: {id: three}]}
"""
    form = "title: 问\nschema: {type: object, properties: {level: {title: 等级, type: string}}}\n"
    assert mistakes(tmp_path, {"flows/trial.yaml": flow, "forms/ask.yaml": form}) == [
        "definitions/flows/trial.yaml:5:38: not-here: Only a message can have 'when'. Delete it.",
        "definitions/flows/trial.yaml:6:5: unknown-action: There is no action 'letter.send'. Switch on the plugin that offers it.",
        "definitions/flows/trial.yaml:6:28: not-here: Only a message can have 'optional'. Delete it.",
        "definitions/flows/trial.yaml:7:17: unknown-action: There is no action 'letter.send'. "
        "Switch on the plugin that offers it, or write optional: true.",
    ]
