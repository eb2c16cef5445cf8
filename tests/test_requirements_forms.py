"""The requirements of the manual from the photos to 已办结 that no story of another room tells, word for word."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from app_fixtures import JIA, Phone, Town, app_template, photo, town
from banli.engine import commands
from banli.sentences import SENTENCES
from test_requirements import MANUAL, main, order

__all__ = ["app_template", "town"]

WOMAN = "410105199508130020"
RETIRED = "11010519491231002X"
"""Of 8001, with a card without end."""


async def at_form(town: Town, section: str, client: str = JIA, company: str = "8001") -> Phone:
    """A phone at the change form of a group, with the photos on file."""
    phone = await town.phone().log_in(client, company)
    await phone.post(edit=section, _go=None)
    files = {"id_front.file": photo(), "id_back.file": photo()} if section == "identity" else None
    return await phone.post(certificate_safety="true", _go="next", files=files)


# ------------------------------------------------------------------ questions

OPTIONS = [
    ["外国政要", "外国政要家庭成员", "与外国政要关系密切", "无关系"],
    ["0年-1年", "1年-5年", "5年以上"],
    ["稳健", "成长", "激进"],
    ["不存在", "存在"],
    ["本人", "其他"],
    ["期货、期权", "资管产品", "其他"],
    [
        "中国人民银行征信中心", "最高人民法院失信被执行人名单", "工商行政管理机构", "税务管理机构", "监管机制、自律组织",
        "投资者在期货经营机构从事投资活动时产生的违约行为记录", "过度维权等不当行为信息", "其他组织", "无",
    ],
]  # fmt: skip


async def test_the_questions_have_the_options_of_the_manual(town: Town) -> None:
    """R-048 to R-055, C-11: on the overview with the chosen one marked, in the form to be chosen; typos of the seed kept."""
    phone = await town.phone().log_in()
    picked = re.findall(r'<ul class="picked">(.*?)</ul>', phone.page)
    lists = [re.findall(r'<li( class="on")?>([^<]+)', one) for one in picked]
    assert [[text for _, text in one] for one in lists] == OPTIONS
    assert [[text for on, text in one if on] for one in lists] == [
        ["无关系"], ["0年-1年"], ["稳健"], ["不存在"], ["本人"], ["期货、期权", "资管产品"], ["无"],
    ]  # fmt: skip
    phone = await at_form(town, "other", WOMAN)
    sets = re.findall(r'<fieldset.*?</fieldset>', phone.page, re.S)
    assert [re.findall(r"<span>([^<]+)</span></label>", one) for one in sets] == OPTIONS
    kinds = [set(re.findall(r'type="(radio|checkbox)"', one)) for one in sets]
    assert kinds == [{"radio"}] * 5 + [{"checkbox"}] * 2  # C-12


async def test_a_company_asks_other_questions(town: Town) -> None:
    """R-056, C-12: another option, a question more, two questions less at 8002."""
    phone = await at_form(town, "other", JIA, "8002")
    assert "国际组织高级管理人员" in phone.text
    assert "您的交易目的为：" in phone.text
    assert "单位性质" not in phone.text


# ------------------------------------------------------------------ photos and forms


async def test_the_photo_page_begins_with_its_cautions(town: Town) -> None:
    """R-057, R-058, R-062 to R-065, R-067, R-071, C-04, C-35: tips on top, a button for each photo, the letter."""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    parts = ("1、请使用本人有效的二代身份证原件拍摄", "身份证正面 人像面", "身份证反面 国徽面", "《数字证书安全责任书》")
    assert order(phone.text, *reversed(parts)) == list(parts)
    buttons = ("上传身份证正面", "上传身份证反面", "上传签名照", "重新上传")
    for words in ("近距离", "反差较大的背景", "后台审核不通过", *buttons):
        assert words in phone.text, words
    assert phone.page.count('class="shot"') == 3
    assert not re.search(r'name="certificate_safety"[^>]* checked', phone.page)


async def test_the_letter_of_the_certificate_opens_and_is_recorded_apart(town: Town) -> None:
    """R-067, C-07, C-37: the tick on the photo page and the letter in the list are two records."""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    address = html.unescape(re.findall(r'<a href="([^"]+certificate_safety[^"]+)"', phone.page)[0])
    assert "数字证书安全责任书" in await (await phone.client.get(address)).get_data(as_text=True)
    await phone.post(certificate_safety="true", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    events = await town.parts.store.events(held.case.id)
    records = [r for e in events if e.kind == "answered" for r in e.data["records"] if r["kind"] == "consent"]
    letter = held.edition.agreements["certificate_safety"]
    about = {"agreement": letter.id, "number": letter.number, "digest": letter.digest}
    assert records == [{"kind": "consent", "at": "certificate_safety", **about}]


async def test_the_validity_form_shows_who_it_is_and_asks_the_validity(town: Town) -> None:
    """R-073 to R-077, R-080"""
    phone = await at_form(town, "identity")
    assert phone.step == "id_validity"
    assert re.findall(r'class="field fixed".*?class="value">(.*?)</p>', phone.page, re.S) == ["样本甲", JIA]
    assert set(phone.fields) == {"_csrf", "seen", "id_validity.from", "id_validity.to"}
    assert phone.fields["id_validity.to"] == ["2041-08-20"]
    assert re.search(r'<legend><span class="star"[^>]*>\*</span>身份证有效期</legend>', phone.page)
    assert order(phone.text, "身份证有效期", "长期", "下一步") == ["身份证有效期", "长期", "下一步"]


async def test_without_end_is_ticked_where_it_is_on_file_and_kept_as_the_far_day(town: Town) -> None:
    """R-077, R-078"""
    phone = await at_form(town, "identity", RETIRED)
    assert re.search(r'name="id_validity.long_term" value="true" checked', phone.page)
    await phone.post(id_validity__from="2006-02-11", id_validity__to="", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    kept = held.case.results["id_validity"].data["id_validity"]
    assert kept == {"from": "2006-02-11", "to": "2099-12-31", "long_term": True}


async def test_the_phone_form_has_the_words_of_the_manual(town: Town) -> None:
    """R-083, R-085, R-087, R-090"""
    phone = await at_form(town, "phone")
    for words in (
        'placeholder="请输入联系电话"', 'placeholder="请输入验证码"', ">获取验证码</button>", ">下一步</button>",
        "手机号需要获取验证码，座机号不需要获取验证码",
    ):  # fmt: skip
        assert words in phone.page, words


async def test_a_code_of_one_number_does_not_pass_for_another(town: Town) -> None:
    """R-088, R-089: the message goes to the new number, and only that number is proved by it."""
    phone = await at_form(town, "phone")
    await phone.post(contact_phone="13812345678", _code="sms_code")
    assert (await town.parts.plugins.sms.messages())[0].phone == "138****5678"  # type: ignore[attr-defined]
    await phone.post(contact_phone="13812345679", sms_code=await town.code(), _go="next", _code=None)
    assert (phone.status, phone.step) == (422, "contact_phone")
    assert in_chinese(town, "code_none") in phone.text


def in_chinese(town: Town, code: str) -> str:
    return town.parts.catalogues.translator("zh_CN").gettext(SENTENCES[code])


async def test_the_stars_stand_where_the_manual_has_them(town: Town) -> None:
    """R-074, R-091, R-092, R-093, R-099"""
    phone = await at_form(town, "other", WOMAN)
    rows = re.findall(r'data-at="(\w+)"([^>]*)>\s*<(?:label|legend)[^>]*>(<span class="star")?', phone.page)
    shown = {name: bool(star) for name, rest, star in rows if " hidden" not in rest}
    assert {name for name, star in shown.items() if not star} == {"email", "employer", "employer_type"}
    assert {name for name, star in shown.items() if star} == {
        "contact_province", "contact_city", "contact_address", "postal_code", "education", "occupation", "pep_relation",
        "investment_term", "expected_return", "actual_control", "beneficiary", "investment_products", "bad_credit_sources",
    }  # fmt: skip
    assert phone.fields["email"] == ["yi@example.com"]
    await phone.post(email="yi@", _go="next")
    assert "电子邮箱格式不正确" in phone.text


@pytest.mark.parametrize("answer, detail", [
    ({"pep_relation": "family"}, "请说明政要人物的姓名"),
    ({"actual_control": "yes"}, "请说明相关账户和实际控制关系"),
    ({"beneficiary": "other"}, "请说明实际受益人的姓名"),
    ({"investment_products": ["futures_options", "other"]}, "请说明其他品种"),
    ({"bad_credit_sources": ["tax"]}, "请说明记录的来源"),
])  # fmt: skip
async def test_an_answer_that_needs_detail_asks_for_it(town: Town, answer: dict[str, object], detail: str) -> None:
    """R-099"""
    phone = await at_form(town, "other")
    await phone.post(**answer, _go="next")
    assert phone.status == 422
    assert detail in phone.text
    place = re.findall(rf'<div class="field[^>]*>\s*<label[^>]*>(?:<span[^>]*>\*</span>)?{detail}', phone.page)
    assert len(place) == 1 and " hidden" not in place[0]


async def test_nothing_changed_is_refused_in_the_words_of_the_company(town: Town) -> None:
    """C-21, for each of the three forms."""
    for section, client in (("identity", JIA), ("phone", WOMAN), ("other", RETIRED)):
        phone = await at_form(town, section, client)
        await phone.post(_go="next")
        assert (phone.status, "您未修改任何信息" in phone.text) == (422, True), section


async def test_an_odd_old_record_can_be_put_right_without_touching_the_rest(town: Town) -> None:
    """C-17, C-32: an expired card does not bar the way, and what is only shown is not checked."""
    phone = await at_form(town, "identity", MANUAL)
    await phone.post(id_validity__from="2025-12-31", id_validity__to="2045-12-31", _go="next")
    assert phone.step == "agreements", phone.text


# ------------------------------------------------------------------ signing, submitting, my business

AGREEMENTS = [
    "《期货经纪合同》", "《期货交易风险说明书》", "《11111》", "《集中式银期协议》",
    "《普通投资者购买高风险等级产品或服务风险警示书》", "《银行协议工商银行》", "《数字证书用户责任书》",
    "《专业投资者附加协议》", "《集中式银期协议》", "《交通银行全国集中式银期转账服务协议》", "《海通期货银期协议》",
]  # fmt: skip


async def test_the_list_of_agreements_is_the_one_of_the_manual(town: Town) -> None:
    """R-102 to R-108, C-10: eleven rows in order, one title twice, told apart and read one by one; then the tick."""
    phone = await at_form(town, "phone")
    await phone.post(contact_phone="0371-65951235", _go="next")
    rows = re.findall(r'<li id="paper-[a-z0-9_]+"><a href="([^"]+)"><span>(.*?)</span>', phone.page)
    assert [title for _, title in rows] == AGREEMENTS
    assert len({href for href, _ in rows}) == 11
    for words in ("请阅读相关协议", "我已阅读并同意以上所有协议和业务规则内容", ">签署协议</button>", "&gt;</span></a>"):
        assert words in phone.page, words
    await phone.post(agree="true", _go="next")
    assert (phone.status, phone.step) == (422, "agreements")
    await (await phone.get(rows[3][0])).post()
    assert re.findall(r'href="([^"]+)"><span>[^<]*</span><small class="yes">', phone.page) == [rows[3][0]]
    await phone.read_all()
    await phone.post(agree=None, _go="next")
    assert (phone.status, phone.step) == (422, "agreements")


async def test_what_was_signed_is_kept_with_number_digest_and_time(town: Town) -> None:
    """R-106, R-113: as far as it goes without a certificate; and each company signs its own list."""
    phone = await at_form(town, "phone")
    await phone.post(contact_phone="0371-65951235", _go="next")
    await (await phone.read_all()).post(agree="true", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    signed = held.case.results["agreements"]
    assert [f"《{one['title']}》" for one in signed.data["agreements"]] == AGREEMENTS
    for one in signed.data["agreements"]:
        text = held.edition.agreements[one["agreement"]]
        assert (one["number"], one["digest"]) == (text.number, text.digest)
    assert len({one["id"] for one in signed.data["agreements"]}) == 11
    assert signed.at


async def test_a_woman_is_addressed_as_one_and_finds_the_result(town: Town) -> None:
    """R-114, R-115, R-116, R-119 to R-121, R-126, C-14, C-22"""
    phone = await at_form(town, "phone", WOMAN)
    await phone.post(contact_phone="0371-65951235", _go="next")
    await (await phone.read_all()).post(agree="true", _go="next")
    number = phone.number
    assert "尊敬的样本乙女士，您的我的基本资料业务已成功提交，正在等待复核，你可在我的业务中查看结果" in phone.text
    person = await town.parts.plugins.directory.find("8001", WOMAN)
    assert person is not None and person.record["contact_phone"] == "0371-65951234"
    await phone.get("/8001/my")
    assert order(phone.text, "待完成业务", "已完成业务", "我的基本资料", number, "等待复核", "放弃")[-1] == "放弃"
    await town.decide(number, lambda seen: commands.Approve(actor="staff:r1", seen=seen))
    await phone.get("/8001/my?tab=completed")
    done = await town.parts.caseload.find(number=number)
    assert done is not None and done.case.state == "delivering"
    assert number not in phone.text  # 已办结 only when the core system has it
    await phone.get("/8001/my")
    assert "放弃</button>" not in phone.page


async def test_what_is_finished_can_only_be_looked_at(town: Town) -> None:
    """R-126"""
    phone = await at_form(town, "phone")
    number = phone.number
    await phone.get(f"/8001/cases/{number}/abandon")
    await phone.post(f"/8001/cases/{number}/abandon")
    await phone.get("/8001/my?tab=completed")
    card = phone.page.partition("<article")[2].partition("</article>")[0]
    assert "已放弃" in card and "<form" not in card
    for step in ("overview", "contact_phone", "agreements"):
        await phone.get(f"/8001/cases/{number}/{step}")
        assert phone.at == f"/8001/cases/{number}"
    assert "<input" not in main(phone.page)


async def test_a_case_is_no_longer_given_up_once_a_reviewer_has_it(town: Town) -> None:
    """C-22: the button is gone, and an old page that still has it is told why."""
    phone = await at_form(town, "phone")
    await phone.post(contact_phone="0371-65951235", _go="next")
    await (await phone.read_all()).post(agree="true", _go="next")
    number = phone.number
    await phone.get(f"/8001/cases/{number}/abandon")
    held = await town.parts.caseload.find(number=number)
    assert held is not None
    claim = commands.Claim(actor="staff:r1", lease_until=town.clock() + timedelta(minutes=30))
    await town.parts.caseload.keep(held, town.parts.caseload.decide(held, claim))
    await phone.post(f"/8001/cases/{number}/abandon")
    after = await town.parts.caseload.find(number=number)
    assert after is not None and after.case.state == "in_review"
    await phone.get("/8001/my")
    assert "复核中" in phone.text and "放弃" not in phone.text


async def test_who_is_inside_may_finish_while_nobody_else_begins(town: Town) -> None:
    """R-031, C-16: 8002 closes at 20:00; a quarter of an hour more for who is inside, then nothing is lost."""
    town.clock.now = datetime(2026, 11, 23, 11, 50, tzinfo=UTC)  # 19:50 in China, a Monday
    phone = await at_form(town, "phone", JIA, "8002")
    town.clock.now += timedelta(minutes=15)
    closed = "现在不在网上服务时间内，服务时间为交易日 08:30-20:00。"
    assert closed in (await town.phone().get("/8002")).text
    await phone.post(contact_phone="0371-65951235", _go="next")
    assert phone.step == "agreements"
    await phone.read_all()
    town.clock.now += timedelta(minutes=15)
    await phone.post(agree="true", _go="next")
    assert (phone.status, phone.step, closed in phone.text) == (422, "agreements", True)
    assert phone.page.count('<small class="yes">') == 6
    town.clock.now += timedelta(hours=13)
    await phone.log_in(JIA, "8002")
    number = re.findall(r'href="/8002/cases/([^"/]+)"', phone.page)[0]
    await phone.get(f"/8002/cases/{number}")
    await phone.post(agree="true", _go="next")
    assert "等待复核" in phone.text
