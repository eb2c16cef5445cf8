"""What a client meets beside the way: a wrong address, another language in the middle, a page that waits, a log that tells."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from structlog.testing import capture_logs

from app_fixtures import BUSINESS, JIA, Phone, Town, app_template, town
from banli.engine import commands

__all__ = ["app_template", "town"]

CONTACT = "如有疑问请联系远山期货，客服电话400-000-8001。"


async def to_phone_form(phone: Phone) -> Phone:
    await phone.log_in()
    await phone.post(edit="phone", _go=None)
    return await phone.post(certificate_safety="true", _go="next")


async def submitted(town: Town) -> Phone:
    phone = await to_phone_form(town.phone())
    await phone.post(contact_phone="021-63212345", _go="next")
    return await (await phone.read_all()).post(agree="true", _go="next")


def switches(phone: Phone) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a href="([^"]+)" hreflang', phone.page)]


# sessions


async def test_a_page_that_only_waits_keeps_nobody_logged_in(town: Town) -> None:
    """C-27: the page asks by itself; after half an hour without a person the session is over."""
    phone = await submitted(town)
    state = f"/8001/cases/{phone.number}/state"
    seen = []
    for _ in range(4):
        town.clock.forward(minutes=10)
        seen.append((await phone.client.get(state)).status_code)
    assert seen == [200, 200, 200, 303]
    await phone.get("/8001/my")
    assert "为了您的账户安全，登录已退出。" in phone.text


async def test_somebody_who_looks_stays_logged_in(town: Town) -> None:
    phone = await submitted(town)
    for _ in range(4):
        town.clock.forward(minutes=20)
        assert (await phone.get(f"/8001/cases/{phone.number}")).status == 200
        assert phone.at.startswith("/8001/cases/")


# the log


async def test_the_log_tells_by_code_what_a_client_was_refused(town: Town) -> None:
    """R-004: the step and stable codes, and nothing that was typed."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        phone = await to_phone_form(town.phone())
        await phone.post(contact_phone="13812345678", sms_code="000000", _go="next")
        assert phone.status == 422
        await phone.post(f"{phone.at}/code/sms_code", contact_phone="138")
        stranger = await town.phone().get(BUSINESS)
        await stranger.post(id_number="41010519950813003X")
        await (await phone.get(BUSINESS)).post("/8001/start/basic_info_change")
    told = [(one["status"], one.get("step"), one["problems"]) for one in lines if one.get("problems")]
    assert told == [
        (422, "contact_phone", ["code_none"]),
        (422, "contact_phone", ["phone_short_code"]),
        (422, None, ["id_checksum", "required"]),
        (303, None, ["open_business_exists"]),
    ]
    assert not re.search("13812345678|000000|41010519950813003", str(lines))


# addresses that lead nowhere


async def test_an_error_within_a_company_is_a_page_of_that_company(town: Town) -> None:
    """R-005, R-036: its colours, its hotline and the way to 我的业务."""
    menu = await town.phone().get("/8001")
    sheet = re.findall(r'rel="stylesheet" href="([^"]+)"', menu.page)
    for path, status in (("/8001/cases/nope/x/y", 404), ("/8001/business/nope", 404)):
        phone = await town.phone().get(path)
        assert (phone.status, re.findall(r'rel="stylesheet" href="([^"]+)"', phone.page)) == (status, sheet)
        assert (CONTACT in phone.text, 'href="/8001/my"' in phone.page, 'href="/8001"' in phone.page) == (True,) * 3
    phone = await to_phone_form(town.phone())
    await phone.post(_csrf="0" * 48, _go="next")
    assert (phone.status, CONTACT in phone.text) == (400, True)
    plain = await town.phone().get("/nothing/here")
    assert (plain.status, "客服电话" in plain.text, "没有找到页面" in plain.text) == (404, False, True)


async def test_the_address_of_an_unknown_company_leads_to_the_first_page(town: Town) -> None:
    """R-013: by address as by number."""
    for path in ("/9999", "/9999/my", "/9999/business/basic_info_change"):
        phone = await town.phone().get(path)
        assert (phone.status, phone.at) == (422, "/")
        assert "没有找到该编号的期货公司，请核对后重新输入" in phone.text
        assert 'value="9999"' in phone.page
    assert (await town.phone().client.post("/9999/business/basic_info_change")).status_code == 404


async def test_a_company_that_takes_no_clients_says_so_by_number_and_by_address(town: Town) -> None:
    """R-013"""
    companies = town.parts.library.companies
    companies["8002"] = replace(companies["8002"], enabled=False)  # type: ignore[index]
    for path in ("/8002", "/?company=8002"):
        phone = await town.phone().get(path)
        assert (phone.status, phone.at) == (422, "/")
        assert "该期货公司暂未开通网上业务办理" in phone.text


@pytest.mark.parametrize("typed", ["８００１", "　8001 ", "８0０1"])
async def test_a_number_typed_in_full_width_is_understood(town: Town, typed: str) -> None:
    """R-010"""
    assert (await town.phone().get(f"/?company={quote(typed)}")).at == "/8001"


# languages


async def test_the_switch_of_language_keeps_where_one_is(town: Town) -> None:
    phone = await town.phone().log_in()
    await phone.get("/8001/my?tab=completed")
    assert switches(phone) == ["?tab=completed&lang=en"]
    await phone.get("/8001/my?tab=completed&lang=en")
    assert (switches(phone), "Nothing" in phone.text or "no completed" in phone.text.lower()) == (
        ["?tab=completed&lang=zh_CN"],
        True,
    )


async def test_what_is_typed_at_a_step_is_there_in_the_other_language(town: Town) -> None:
    phone = await to_phone_form(town.phone())
    assert re.search(r'<button form="f" name="_lang" value="en" formnovalidate lang="en">', phone.page)
    at = phone.at
    await phone.post(contact_phone="021-6321", _lang="en", _go=None)
    assert (phone.status, phone.at, phone.fields["contact_phone"]) == (200, at, ["021-6321"])
    assert '<html lang="en">' in phone.page
    await phone.get("/8001/my")
    assert '<html lang="en">' in phone.page
    await (await phone.get(at)).post(_lang="klingon", _go=None)
    assert phone.status == 422


async def test_what_is_typed_at_the_login_is_there_in_the_other_language(town: Town) -> None:
    """Nor is another captcha to be read, nor the way to 我的业务 lost."""
    phone = await town.phone().get(f"{BUSINESS}?then=my")
    read = await phone.captcha()
    typed = {"id_number": JIA, "account_type": "futures", "captcha": read, "privacy": "true"}
    await phone.post(**typed, _lang="en")
    assert (phone.status, phone.fields["id_number"], phone.fields["captcha"]) == (200, [JIA], [""])
    assert ('<html lang="en">' in phone.page, phone.fields["then"], "lang=en" in str(phone.headers)) == (True, ["my"], True)
    read = await phone.captcha()
    await phone.post(captcha=read, _code="sms_code", _lang=None)
    await phone.post(sms_code=await town.code(), _lang="zh_CN", _code=None)
    assert (phone.fields["captcha"], "captcha.png" in phone.page, "登录" in phone.text) == ([read], False, True)
    await phone.post(_lang=None)
    assert phone.at == "/8001/my"


async def test_who_reads_neither_chinese_nor_english_gets_english(town: Town) -> None:
    languages = {"fr-FR,fr;q=0.9": "en", "fr,zh;q=0.1": "zh-CN", "fr,en;q=0": "zh-CN", "": "zh-CN", "*": "zh-CN"}
    seen = {tag: (await town.phone(tag).get("/")).page.partition('<html lang="')[2].partition('"')[0] for tag in languages}
    assert seen == languages


# the menu and the way


async def test_the_menu_and_the_beginning_tell_what_to_have_at_hand(town: Town) -> None:
    """R-002, R-028"""
    phone = await town.phone().get("/8001")
    listed = re.findall(r"<li>(.*?)</li>", phone.page.partition('<ul class="things">')[2].partition("</ul>")[0])
    assert listed == ["二代身份证", "银行卡", "Wi-Fi+2/3/4G"]
    phone = await town.phone().log_in()
    await phone.get(BUSINESS)
    assert re.findall(r"<span>(.*?)</span></li>", phone.page) == listed


async def test_the_number_of_steps_is_the_same_before_and_after_the_choice(town: Town) -> None:
    """R-003: the three changes are one step of five until one of them is chosen."""
    phone = await town.phone().log_in()
    seen = [re.findall(r"第\d步，共\d步", phone.text)[0]]
    assert "身份证有效期修改 / 联系电话修改 / 其他信息修改" in phone.text
    await phone.post(edit="phone", _go=None)
    assert "身份证有效期修改" not in phone.text
    seen.append(re.findall(r"第\d步，共\d步", phone.text)[0])
    await phone.post(certificate_safety="true", _go="next")
    seen.append(re.findall(r"第\d步，共\d步", phone.text)[0])
    assert seen == ["第1步，共5步", "第2步，共5步", "第3步，共5步"]


# how it ends


async def test_a_business_that_was_abandoned_or_has_expired_says_what_now(town: Town) -> None:
    """C-22, C-23, R-036"""
    phone = await town.phone().log_in()
    number = phone.number
    await (await phone.get(f"/8001/cases/{number}/abandon")).post()
    await phone.get(f"/8001/cases/{number}")
    assert ("您已放弃此业务，本次填写的内容没有保留。" in phone.text, CONTACT in phone.text) == (True, True)
    await (await phone.get(BUSINESS)).post("/8001/start/basic_info_change")
    number = phone.number
    held: Any = await town.parts.caseload.find(number=number)
    decision = town.parts.caseload.decide(held, commands.Expire(actor="system"))
    assert not decision.problems
    await town.parts.caseload.keep(held, decision)
    await phone.get(f"/8001/cases/{number}")
    assert ("长时间未提交，此业务已失效。" in phone.text, CONTACT in phone.text) == (True, True)
    await phone.get(f"/8001/cases/{number}?lang=en")
    assert "has expired. The data that the company holds of you have not changed." in phone.text


async def test_whoever_takes_an_application_back_is_told_what_follows(town: Town) -> None:
    """One tap, without a question before it: so the page says what it did and how it goes on."""
    phone = await submitted(town)
    number = phone.number
    await (await phone.get("/8001/my")).post(f"/8001/cases/{number}/withdraw")
    assert (phone.status, phone.step) == (200, "submit")
    assert "申请已撤回。您可以修改后重新提交，重新提交之前不会复核。" in phone.text


async def test_the_code_of_a_company_is_kept_by_no_cache_between(town: Town) -> None:
    """R-011: its address comes from the request where the site has none."""
    answer = await town.phone().client.get("/8001/qr.svg")
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
