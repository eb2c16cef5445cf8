"""What a client's pages give away, refuse and weigh."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest
from quart.testing.utils import make_test_body_with_headers
from werkzeug.datastructures import FileStorage

from app_fixtures import BING, BUSINESS, JIA, Phone, Town, app_template, photo, town

__all__ = ["app_template", "town"]


async def ask(phone: Phone, path: str, **form: str) -> Any:
    """As a page's script asks."""
    from urllib.parse import urlencode

    body = urlencode({**{k: v[-1] for k, v in phone.fields.items()}, **form})
    about = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Accept-Language": "zh-CN",
    }
    return await phone.client.post(path, data=body, headers=about)


async def test_an_unknown_company_is_told_and_the_client_stays(town: Town) -> None:
    """R-013"""
    phone = await town.phone().get("/?company=4711")
    assert (phone.status, phone.at) == (422, "/")
    assert "没有找到该编号的期货公司，请核对后重新输入" in phone.text
    assert 'value="4711"' in phone.page
    await phone.get("/?company=%20")
    assert "请输入期货公司编号" in phone.text
    assert (await phone.get("/4711")).status == 422
    assert (phone.at, "没有找到该编号的期货公司，请核对后重新输入" in phone.text) == ("/", True)
    assert (await phone.get("/robots.txt")).status == 404
    assert "没有找到页面" in phone.text


async def test_the_login_says_each_missing_thing(town: Town) -> None:
    """R-017 to R-028, R-038"""
    phone = await town.phone().get(BUSINESS)
    shown = (
        "登录 请输入身份证 请选择账户类型 请输入图形验证码 短信验证码 马上登录 "
        "温馨提示 请准备好 二代身份证 银行卡 Wi-Fi+2/3/4G 版本信息:"
    )
    for words in shown.split():
        assert words in phone.page
    assert "1、网上开户服务时间:周一至周五、周六 01:23-23:58。" in phone.text
    assert 'name="privacy" value="true"' in phone.page
    assert "checked" not in phone.page
    await phone.post(id_number="41010519950813003X")
    assert phone.status == 422
    for words in (
        "身份证号有误，请再核对一遍。",
        "请选择账户类型",
        "请输入图形验证码",
        "请输入验证码",
        "请阅读并同意《隐私政策》",
    ):
        assert words in phone.text
    assert phone.fields["id_number"] == ["41010519950813003X"]


async def test_a_wrong_code_costs_no_second_captcha_and_a_wrong_captcha_wants_a_new_one(town: Town) -> None:
    phone = await town.phone().get(BUSINESS)
    read = await phone.captcha()
    typed = {"id_number": JIA, "account_type": "futures", "captcha": read, "privacy": "true"}
    await phone.post(**typed, _code="sms_code")
    assert "captcha.png" not in phone.page
    await phone.post(sms_code="000000", _code=None)
    assert "短信验证码不正确，请核对。" in phone.text
    assert (phone.fields["captcha"], "captcha.png" in phone.page) == ([read], False)
    await phone.post(captcha="0", sms_code="000000")
    assert (phone.fields["captcha"], "captcha.png" in phone.page) == ([""], True)


async def test_nobody_without_an_account_gets_in(town: Town) -> None:
    """R-029"""
    phone = await town.phone().get(BUSINESS)
    read = await phone.captcha()
    await phone.post(id_number="440301199005050011", account_type="futures", captcha=read, _code="sms_code")
    assert phone.status == 422
    assert "您未开通期货/资管账户，请先开通账户业务，如有疑问请联系期货公司咨询" in phone.text


async def test_a_closed_service_says_so_and_begins_nothing(town: Town) -> None:
    """R-031"""
    phone = await town.phone().get("/8002/business/basic_info_change")
    assert "现在不在网上服务时间内" not in phone.text
    town.clock.forward(hours=14)
    await phone.get("/8002")
    assert "现在不在网上服务时间内，服务时间为交易日 08:30-20:00。" in phone.text
    await phone.get("/8002/business/basic_info_change")
    assert "现在不在网上服务时间内" in phone.text
    await phone.log_in("330106199107220013", "8002")
    assert phone.at == "/8002/my"
    assert phone.text.count("您没有待完成业务") == 1
    await phone.get("/8002?said=service_closed")
    assert phone.text.count("现在不在网上服务时间内，服务时间为交易日 08:30-20:00。") == 1


async def test_pages_behind_the_login_lead_to_it(town: Town) -> None:
    for path in ("/8001/my", "/8001/cases/8001-20261123-000001", "/8001/cases/x/overview"):
        phone = await town.phone().get(path)
        assert phone.at == BUSINESS
        assert 'name="then" value="my"' in phone.page


async def test_a_stranger_sees_nothing_of_another_clients_case(town: Town) -> None:
    phone = await town.phone().log_in(JIA)
    number, other = phone.number, town.phone()
    await other.log_in(BING)
    for path in ("", "/overview", "/abandon", "/state", "/files/0", "/agreements/read/brokerage_contract"):
        assert (await other.get(f"/8001/cases/{number}{path}")).status == 404
    assert "样本甲" not in other.page


async def test_a_post_without_the_forgery_token_changes_nothing(town: Town) -> None:
    phone = await town.phone().log_in()
    at = phone.at
    await phone.post(edit="phone", _csrf="0" * 48, _go=None)
    assert phone.status == 400
    assert "没有发生任何变更。" in phone.text
    assert (await phone.get(f"/8001/cases/{at.split('/')[3]}")).step == "overview"


async def test_pages_with_personal_data_are_kept_by_no_cache(town: Town) -> None:
    phone = await town.phone().log_in()
    assert phone.headers["Cache-Control"] == "no-store"
    assert "样本甲" in phone.text
    assert "410105199508130039" in phone.text
    assert "unsafe" not in phone.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?! type=\"(?:module|application/json)\")|\son\w+=|\sstyle=", phone.page)
    tokens = {(await phone.get(phone.at)).fields["_csrf"][0] for _ in range(3)}
    assert len(tokens) == 3


async def test_a_session_that_was_idle_ends_and_what_was_typed_is_still_there(town: Town) -> None:
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    at = phone.at
    answer = await ask(phone, f"{at}/draft", contact_phone="021-6321")
    assert answer.status_code == 204
    town.clock.forward(minutes=31)
    await phone.get(at)
    assert phone.at == BUSINESS
    assert "为了您的账户安全，登录已退出。" in phone.text
    await phone.log_in()
    await phone.get(at)
    assert phone.fields["contact_phone"] == ["021-6321"]


async def test_the_script_of_a_page_asks_for_codes_and_gets_sentences(town: Town) -> None:
    """R-085, R-088, R-089"""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    refused = await ask(phone, f"{phone.at}/code/sms_code", contact_phone="021-63212345")
    assert refused.status_code == 422
    sent = await ask(phone, f"{phone.at}/code/sms_code", contact_phone="13812345678")
    assert (sent.status_code, (await sent.get_json())["said"]) == (200, "验证码已发送至138****5678。")
    again = await ask(phone, f"{phone.at}/code/sms_code", contact_phone="13812345678")
    problem = (await again.get_json())["problems"][0]
    assert (again.status_code, problem["code"], problem["wait"]) == (422, "code_wait", 60)
    await phone.post(contact_phone="13912345678", sms_code=await town.code(), _go="next")
    assert phone.status == 422
    assert "请先获取短信验证码。" in phone.text


async def test_photos_go_up_one_by_one_and_come_back_only_to_their_owner(town: Town) -> None:
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)

    async def up(content: bytes, field: str = "signature", token: str = "") -> Any:
        files = {"file": FileStorage(__import__("io").BytesIO(content), filename="p.jpg")}
        body, headers = make_test_body_with_headers(form={}, files=files)
        about = {"Content-Type": headers["Content-Type"], "Content-Length": str(len(body)), "Accept-Language": "zh-CN"}
        return await phone.client.post(
            f"{phone.at}/photo/{field}", data=body, headers={**about, "X-CSRF-Token": token or phone.fields["_csrf"][0]}
        )

    taken = await up(photo())
    told = await taken.get_json()
    assert taken.status_code == 200
    assert (await phone.client.get(told["src"])).status_code == 200
    refused = await up(b"%PDF-1.7")
    assert (refused.status_code, (await refused.get_json())["text"]) == (422, "请选择JPEG、PNG或WebP格式的图片。")
    assert (await up(photo(), token="x")).status_code == 400
    assert (await up(photo(), field="certificate_safety")).status_code == 404
    await phone.get(phone.at)
    assert phone.fields["signature"] == [told["id"]]


async def test_a_draft_cannot_say_that_papers_were_read(town: Town) -> None:
    """R-103"""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    await phone.post(contact_phone="021-63212345", _go="next")
    rows = re.findall(r"/read/([a-z0-9_]+)", phone.page)
    assert (await ask(phone, f"{phone.at}/draft", read=rows[0])).status_code == 409
    await phone.post(read=rows, agree="true", _go="mine")
    await phone.get("/8001/my")
    await phone.get(re.findall(r'href="(/8001/cases/[^"/]+)"', phone.page)[0])
    await phone.post(read=rows, agree="true", _go="next")
    assert phone.status == 422
    assert f"还有{len(rows)}份未读" in phone.text


async def test_the_options_of_a_field_come_as_json(town: Town) -> None:
    phone = await town.phone().log_in()
    await phone.post(edit="other", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    answer = await phone.client.get(f"{phone.at}/choices/contact_city")
    assert ["440100", "广州市"] in (await answer.get_json())["440000"]
    assert (await phone.client.get(f"{phone.at}/choices/email")).status_code == 404


async def test_the_switch_of_language_is_remembered(town: Town) -> None:
    phone = await town.phone().get("/8001?lang=en")
    assert '<html lang="en">' in phone.page
    await phone.get(BUSINESS)
    for words in ("Please have ready", "Listen instead", "Privacy Policy"):
        assert words in phone.text
    assert not re.search("请", phone.text)


async def test_a_visitor_may_read_the_privacy_policy_before_agreeing(town: Town) -> None:
    """R-023"""
    phone = await town.phone().get("/8001/agreements/privacy_policy?business=basic_info_change")
    assert "远山期货有限公司（样本）" in phone.text
    assert "YB-YS-2026-01" in phone.text
    part = await phone.client.get("/8001/agreements/privacy_policy?business=basic_info_change&part=1")
    assert "<html" not in await part.get_data(as_text=True)
    assert (await phone.get("/8001/agreements/nothing?business=basic_info_change")).status == 404


async def test_the_qr_code_is_a_picture(town: Town) -> None:
    """R-011"""
    answer = await town.phone().client.get("/8001/qr.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


async def weigh(phone: Phone) -> tuple[int, int]:
    """The bytes and requests of a page with all that it loads, compressed as they travel."""
    packed = {"Accept-Encoding": "gzip", "Accept-Language": "zh-CN"}
    total, addresses = (
        0,
        [phone.at, *re.findall(r'(?:<link rel="stylesheet" href|<script type="module" src)="([^"]+)"', phone.page)],
    )
    for address in addresses:
        answer = await phone.client.get(address, headers=packed)
        content = await answer.get_data(as_text=False)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(content)
        total += len(content)
        if address != phone.at:
            assert "immutable" in answer.headers["Cache-Control"]
    return total, len(addresses)


@pytest.mark.parametrize("group, pages", [("other", ["other_info"]), ("phone", ["contact_phone"])])
async def test_a_form_page_travels_in_16_kilobytes_and_three_requests(town: Town, group: str, pages: list[str]) -> None:
    phone = await town.phone().log_in()
    assert (await weigh(phone))[0] < 16_000
    await phone.post(edit=group, _go=None)
    assert (await weigh(phone))[0] < 16_000
    await phone.post(certificate_safety="true", _go="next")
    assert [phone.step] == pages
    total, requests = await weigh(phone)
    assert (total < 16_000, requests) == (True, 3)


async def test_scripts_hold_only_what_a_page_uses(town: Town) -> None:
    client = town.phone().client
    both = await client.get("/static/js/page+when.js")
    text = await both.get_data(as_text=True)
    assert both.status_code == 200
    assert both.headers["Cache-Control"] == "no-cache"
    assert not re.search(r"(?m)^\s*(import|export) ", text)
    assert text.count("const $conditions=") == 1
    for name in ("when+page", "page+page", "nothing", "../page", "page+nothing"):
        assert (await client.get(f"/static/js/{name}.js")).status_code == 404
    assert (await client.get("/static/style/plain/../theme.css")).status_code == 404


async def test_data_inside_a_page_cannot_end_its_script(town: Town) -> None:
    phone = await town.phone().log_in()
    await phone.post(edit="other", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    await phone.post(contact_address="</script><b>x", _go="back")
    await phone.post(certificate_safety="true", _go="next")
    block = re.search(r'<script type="application/json" id="when">(.*?)</script>', phone.page)
    assert block is not None
    assert json.loads(block[1])["show"]
    assert "</script><b>" not in phone.page
