"""The requirements of the manual up to the overview that no story of another room tells, word for word."""

from __future__ import annotations

import html
import io
import re
import wave

import pytest
import segno

from app_fixtures import BUSINESS, JIA, Town, app_template, town
from banli.definitions.model import Group
from banli.sentences import SENTENCES
from banli.web import desk_words

__all__ = ["app_template", "town"]

MANUAL = "410101199508130033"
"""The client of 8001 whose old record looks like the manual's pictures."""


def order(text: str, *words: str) -> list[str]:
    """The words that stand in the text, in the order in which they stand there."""
    return sorted((w for w in words if w in text), key=text.index)


def main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def titles(page: str) -> list[str]:
    return re.findall(r"<dt>(.*?)</dt>", main(page))


# ------------------------------------------------------------------ the frame and the first pages


async def test_a_newcomer_reads_the_product_and_the_business(town: Town) -> None:
    """R-001, R-010, R-011, R-012"""
    phone = await town.phone().get("/")
    for words in ("期货互联网开户云", "请输入期货公司编号", "扫描下方二维码", "业务办理"):
        assert words in html.unescape(phone.page)
    assert re.findall(r'src="(/\d+/qr\.svg)"', phone.page) == ["/8001/qr.svg", "/8002/qr.svg", "/8003/qr.svg"]


@pytest.mark.parametrize("typed, sentence", [
    ("9999", "没有找到该编号的期货公司，请核对后重新输入"),
    ("", "请输入期货公司编号"),
    ("<b>8001", "没有找到该编号的期货公司，请核对后重新输入"),
])  # fmt: skip
async def test_a_wrong_company_number_stays_with_a_sentence(town: Town, typed: str, sentence: str) -> None:
    """R-013"""
    phone = await town.phone().get(f"/?company={typed}")
    assert (phone.status, phone.at) == (422, "/")
    assert f'<p class="error" id="company-e">{sentence}</p>' in phone.page


async def test_the_code_of_a_company_leads_where_its_number_leads(town: Town) -> None:
    """R-011: the address of its menu stands in it; there is none for a company that does not exist."""
    client = town.app.test_client()
    answer = await client.get("/8001/qr.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    drawn = io.BytesIO()
    code = segno.make("http://localhost/8001", error="m")
    code.save(drawn, kind="svg", scale=4, border=2, xmldecl=False, light="#fff", nl=False)
    assert await answer.get_data() == drawn.getvalue()
    assert (await client.get("/9999/qr.svg")).status_code == 404


async def test_the_menu_shows_the_whole_way_before_anybody_begins(town: Town) -> None:
    """R-002, R-015, R-016: every step, the three changes on one line, and the way to 我的业务."""
    phone = await town.phone().get("/8001")
    way = re.findall(r"<li>(.*?)</li>", phone.page.partition('<ol class="way">')[2].partition("</ol>")[0])
    assert way == [
        "基本信息资料", "上传照片", "身份证有效期修改 / 联系电话修改 / 其他信息修改", "签署协议", "申请提交",
    ]  # fmt: skip
    assert 'href="/8001/my"' in phone.page


async def test_each_step_tells_where_it_stands_and_how_to_leave(town: Town) -> None:
    """R-003, R-007, R-127: `<` left, title in the middle, 关闭 right, 我的业务 below left."""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    bar = phone.page.partition('<header class="bar">')[2].partition("</header>")[0]
    assert re.sub(r"<[^>]+>|\s", "", bar) == "&lt;上传照片关闭"
    assert re.search(r'<li aria-current="step">上传照片', phone.page)
    foot = phone.page.partition('<footer class="foot">')[2]
    assert re.match(r'\s*<div>\s*<button form="f" name="_go" value="mine" formnovalidate>我的业务</button>', foot)


async def test_each_company_has_its_own_colours(town: Town) -> None:
    """R-005, R-014: the same page with another stylesheet."""
    sheets = {}
    for company in ("8001", "8002"):
        phone = await town.phone().get(f"/{company}")
        address = re.findall(r'rel="stylesheet" href="([^"]+)"', phone.page)[0]
        sheets[company] = await (await phone.client.get(address)).get_data(as_text=True)
    assert "#0b5cad" in sheets["8001"] and "#0a665a" not in sheets["8001"]
    assert "#0a665a" in sheets["8002"] and "#0b5cad" not in sheets["8002"]


# ------------------------------------------------------------------ the login page


async def test_the_login_page_speaks_as_the_manual_does(town: Town) -> None:
    """R-017 to R-028, R-035, R-037, C-01, C-02: verbatim, for the company that keeps the manual's words."""
    phone = await town.phone().get(BUSINESS)
    page = html.unescape(phone.page)
    for words in (
        'placeholder="请输入身份证"', ">请选择账户类型<", 'placeholder="请输入图形验证码"', 'placeholder="请输入验证码"',
        ">短信验证码</button>", ">马上登录</button>", "我已阅读并同意", ">《隐私政策》</a>", "温馨提示", "请准备好",
        "2、网上开户仅限年满18周岁、具有有效期内的中华人民共和国居民二代身份证的中国大陆个人客户申请。",
        "请使用Android4.0以上或IOS7.1以上系统的智能手机", "版本信息:",
    ):  # fmt: skip
        assert words in page, words
    assert "1、网上开户服务时间:周一至周五、周六 01:23-23:58。" in phone.text
    ready = phone.text.partition("请准备好")[2]
    assert order(ready, "银行卡", "Wi-Fi+2/3/4G", "二代身份证") == ["二代身份证", "银行卡", "Wi-Fi+2/3/4G"]
    assert re.findall(r'<option value="(\w+)">(\w+账户)</option>', page) == [("futures", "期货账户"), ("am", "资管账户")]
    assert 'type="checkbox"' in page and " checked" not in page


async def test_the_device_is_checked_for_what_the_business_needs(town: Town) -> None:
    """R-033, R-034: the page tells its script; what is said when something is missing stands there already, hidden."""
    phone = await town.phone().get(BUSINESS)
    notice = re.findall(r'<div[^>]*id="device"[^>]*>.*?</div>', phone.page, re.S)[0]
    assert 'data-needs="camera microphone speaker"' in notice
    assert " hidden" in notice.partition(">")[0]


async def test_who_has_no_account_reads_the_sentence_of_the_manual(town: Town) -> None:
    """R-029, word for word on the page."""
    phone = await town.phone().get(BUSINESS)
    typed = {"id_number": "440103198803150022", "account_type": "futures", "captcha": await phone.captcha()}
    await phone.post(**typed, _code="sms_code")
    assert phone.status == 422
    assert "您未开通期货/资管账户，请先开通账户业务，如有疑问请联系期货公司咨询" in phone.text


async def test_the_company_tells_whom_to_call(town: Town) -> None:
    """R-036, C-36: its hotline stands on the menu and beside the message that does not arrive."""
    for company in ("8001", "8002"):
        phone = await town.phone().get(f"/{company}")
        assert f"400-000-{company}" in phone.text
        await phone.get(f"/{company}/business/basic_info_change")
        assert f"收不到短信验证码，或登记的手机号已停用？请致电400-000-{company}。" in phone.text


async def test_the_spoken_captcha_is_a_sound_that_plays(town: Town) -> None:
    """R-020: for who cannot see the picture; in Chinese and in English."""
    for language in ("zh-CN", "en"):
        phone = await town.phone(language).get(BUSINESS)
        await phone.captcha()
        answer = await phone.client.get("/8001/captcha.wav", headers={"Accept-Language": language})
        assert (answer.status_code, answer.mimetype) == (200, "audio/wav")
        with wave.open(io.BytesIO(await answer.get_data())) as sound:
            assert 1 < sound.getnframes() / sound.getframerate() < 30


async def test_my_business_asks_to_log_in_and_leads_there(town: Town) -> None:
    """R-016, R-117: nobody has to begin a business to see what became of one."""
    phone = await town.phone().get("/8001/my")
    assert phone.at == BUSINESS and phone.fields["then"] == ["my"]
    typed = {"id_number": JIA, "account_type": "futures", "captcha": await phone.captcha()}
    await phone.post(**typed, _code="sms_code")
    assert phone.fields["then"] == ["my"]
    await phone.post(**typed, sms_code=await town.code(), privacy="true", _code=None)
    assert (phone.at, "您没有待完成业务" in phone.text) == ("/8001/my", True)


# ------------------------------------------------------------------ the overview


async def test_the_overview_shows_every_row_of_the_manual_read_only(town: Town) -> None:
    """R-040 to R-047, C-03, C-32: also for a record that would pass no check."""
    phone = await town.phone().log_in(MANUAL)
    assert re.findall(r'<h2 id="g-\w+">(.*?)(?: <small>(.*?)</small>)?</h2>', phone.page) == [
        ("身份信息", "(可修改身份证有效期)"), ("联系电话", "(可修改联系电话)"), ("其他信息", ""),
    ]  # fmt: skip
    assert titles(phone.page) == [
        "姓名", "身份证号", "身份证地址", "身份证有效期", "联系电话", "联系手机", "联系地址省", "联系地址市", "联系地址",
        "邮政编码", "电子邮箱", "学历", "职业", "工作单位", "单位性质", "您的政要人物关系为：", "您的投资期限为：",
        "您的期望收益为：", "您的账户是否存在实际控制关系：", "您的账户交易实际受益人为：", "您想投资的品种为：",
        "您是否有来源以下机构不良诚信记录：",
    ]  # fmt: skip
    assert "2015-01-01 - 2025-12-31" in phone.text
    assert not re.findall(r"<(?:input|select|textarea)(?![^>]*type=\"hidden\")", main(phone.page))
    assert re.findall(r'name="edit" value="(\w+)"', phone.page) == ["identity", "phone", "other"]


# ------------------------------------------------------------------ sentences


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_problem_has_its_sentence_in_both_languages(town: Town, language: str) -> None:
    """R-004, C-33: of the client's pages and of the desk; an author's English is never left among Chinese."""
    words = town.parts.catalogues.translator(language)
    spoken = {code: words.gettext(text) for code, text in (SENTENCES | dict(desk_words.PROBLEMS)).items()}
    chinese = {code for code, text in spoken.items() if re.search("[\u4e00-\u9fff]", text)}
    assert chinese == (set(spoken) if language == "zh_CN" else set())
    for code, text in (SENTENCES | dict(desk_words.PROBLEMS)).items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", spoken[code])), code


async def test_the_pages_are_english_for_who_reads_english(town: Town) -> None:
    """Nothing Chinese is left but names, the text of agreements, and what the client is called."""
    phone = await town.phone("en").log_in()
    left = {}
    for step, changes in (
        ("overview", {"edit": "other", "_go": None}),
        ("photos", {"certificate_safety": "true", "_go": "next"}),
        ("other_info", {"email": "new@example.com", "_go": "next"}),
        ("agreements", {}),
    ):
        assert phone.step == step
        body = re.sub(r"<option.*?</option>|<dd>.*?</dd>|value=\"[^\"]*\"", "", phone.page, flags=re.S)
        body = re.sub(r"<(script|style).*?</\1>", "", body, flags=re.S)
        left[step] = sorted(set(re.findall("[\u4e00-\u9fff《》：]+", body)))
        if changes:
            await phone.post(**changes)
    assert left == {step: ["中文"] for step in left}


async def test_every_group_that_can_be_edited_has_a_form_of_its_own(town: Town) -> None:
    """R-041, R-043, R-068, C-20: one group, one form, in each company."""
    for company in ("8001", "8002"):
        edition = town.parts.editions.now(company, "basic_info_change").edition
        overview = next(s for s in edition.flow.steps if s.kind == "overview")
        groups = [e.id for e in edition.forms[str(overview.options["form"])].layout if isinstance(e, Group)]
        assert groups == list(overview.options["edit"]) == ["identity", "phone", "other"]
        forms = {s.when: s.id for s in edition.flow.steps if s.kind == "form"}
        assert forms == {
            'section == "identity"': "id_validity",
            'section == "phone"': "contact_phone",
            'section == "other"': "other_info",
        }
