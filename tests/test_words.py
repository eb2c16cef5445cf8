"""What clients read is a company's to choose: each text of the manual stands in YAML or a catalogue, and gives way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import yaml

from app_fixtures import BING, BUSINESS, JIA, Phone, Town, app_template
from banli.definitions.checks.texts import read_texts
from banli.definitions.entries import entry
from banli.definitions.library import Library
from banli.definitions.overlay import merge
from banli.definitions.source import read
from banli.i18n import BUILT_IN, read_po
from banli.sentences import SENTENCES, TEXTS, WORDS
from definition_kinds import KINDS
from site_kit import DEFINITIONS, Open, dumped, opened

__all__ = ["app_template", "opened"]


# ------------------------------------------------------------------ the texts of the manual

MANUAL = {
    "R-001": ("期货互联网开户云", "我的基本资料"),
    "R-010": ("请输入期货公司编号",),
    "R-012": ("业务办理",),
    "R-017": ("登录", "关闭"),
    "R-018": ("请输入身份证",),
    "R-019": ("请选择账户类型", "期货账户", "资管账户"),
    "R-020": ("请输入图形验证码",),
    "R-021": ("请输入验证码", "短信验证码"),
    "R-023": ("我已阅读并同意《隐私政策》", "隐私政策"),
    "R-024": ("马上登录",),
    "R-025": ("温馨提示", "网上开户服务时间"),
    "R-026": ("2、网上开户仅限年满18周岁、具有有效期内的中华人民共和国居民二代身份证的中国大陆个人客户申请。",),
    "R-027": ("请准备好", "二代身份证", "银行卡", "Wi-Fi+2/3/4G"),
    "R-028": ("版本信息:",),
    "R-029": ("您未开通期货/资管账户，请先开通账户业务，如有疑问请联系期货公司咨询",),
    "R-035": ("请使用Android4.0以上或IOS7.1以上系统的智能手机",),
    "R-040": ("基本信息资料",),
    "R-041": ("身份信息", "联系电话", "其他信息"),
    "R-044": ("(可修改身份证有效期)", "(可修改联系电话)"),
    "R-045": ("姓名", "身份证号", "身份证地址", "身份证有效期"),
    "R-046": ("联系电话", "联系手机"),
    "R-047": (
        "联系地址省", "联系地址市", "联系地址", "邮政编码", "电子邮箱", "学历", "职业", "工作单位", "单位性质",
    ),
    "R-048": ("您的政要人物关系为：", "外国政要", "外国政要家庭成员", "与外国政要关系密切", "无关系"),
    "R-049": ("您的投资期限为：", "0年-1年", "1年-5年", "5年以上"),
    "R-050": ("您的期望收益为：", "稳健", "成长", "激进"),
    "R-051": ("您的账户是否存在实际控制关系：", "不存在", "存在"),
    "R-052": ("您的账户交易实际受益人为：", "本人", "其他"),
    "R-053": ("您想投资的品种为：", "期货、期权", "资管产品", "其他"),
    "R-054": (
        "您是否有来源以下机构不良诚信记录：", "中国人民银行征信中心", "最高人民法院失信被执行人名单", "工商行政管理机构",
        "税务管理机构", "监管机制、自律组织", "投资者在期货经营机构从事投资活动时产生的违约行为记录", "过度维权等不当行为信息",
        "其他组织", "无",
    ),
    "R-060": ("拍照规范", "我知道了"),
    "R-062": ("身份证正面", "身份证反面", "签名照"),
    "R-067": ("数字证书安全责任书",),
    "R-068": ("下一步", "身份证有效期修改", "联系电话修改", "其他信息修改"),
    "R-077": ("长期",),
    "R-083": ("请输入联系电话",),
    "R-085": ("获取验证码",),
    "R-087": ("手机号需要获取验证码，座机号不需要获取验证码",),
    "R-104": ("签署协议", "请阅读相关协议"),
    "R-107": ("我已阅读并同意以上所有协议和业务规则内容",),
    "R-114": (
        "尊敬的{{ client.name }}{{ client.salutation }}，您的{{ business.title }}业务已成功提交，正在等待复核，"
        "你可在{{ menu.my_business }}中查看结果",
    ),
    "R-116": ("等待复核",),
    "R-118": ("您有待完成业务，无法进行其他业务操作。请先完成，或点击“放弃”按钮放弃此业务后，再办理其他业务。",),
    "R-119": ("待完成业务", "已完成业务", "我的业务"),
    "R-120": ("业务类型", "办理状态"),
    "R-121": ("操作", "放弃"),
    "R-125": ("备注", "复核任务未通过"),
    "R-143": ("资料报审", "签署协议", "在线回访"),
}  # fmt: skip
"""What the manual's pages say, by requirement, as far as these pages are built; hours stand in it as `{{ hours.… }}`."""


@pytest.fixture(scope="module")
def example() -> Library:
    return Library.read(DEFINITIONS, KINDS)


def catalogue() -> dict[str, str]:
    """The program's own words in Chinese."""
    found = {}
    for po in sorted((BUILT_IN / "zh_CN" / "LC_MESSAGES").glob("*.po")):
        found |= {msgid: text for msgid, text in read_po(po, "zh_CN").items() if isinstance(text, str)}
    return found


def written(library: Library) -> Iterator[tuple[tuple[str, str, str], tuple[str | int, ...], str]]:
    """Every text of the example site that people read: file, path, text line by line."""
    for key, source in library.sources.items():
        for path, text in _all_texts(source.data):
            for line in (text, *text.split("\n")):
                yield key, path, line


def _all_texts(data: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """As the checker sees them, and those without Chinese characters too."""
    yield from read_texts(data)
    if isinstance(data, dict):
        materials = (data.get("needs") or {}).get("materials") or {}
        yield from ((("needs", "materials", name), text) for name, text in materials.items())


@pytest.mark.parametrize("number", MANUAL)
def test_each_text_of_the_manual_stands_in_yaml_or_a_catalogue(number: str, example: Library) -> None:
    """R-001 to R-143, verbatim; an option stands in a dictionary with another one in parentheses at most."""
    texts = {text for _, _, text in written(example)}
    chinese = set(catalogue().values())
    assert [text for text in MANUAL[number] if text not in texts and text not in chinese] == []


def over(data: Any, path: tuple[str | int, ...], words: str) -> Any:
    """A company's difference that has other words at this path."""
    if not path:
        return words
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return {step: over(data[step], rest, words)}
    found = entry(step, data[step])
    assert found is not None and found.id, f"{data[step]} has no id to name it by"
    if not found.word:
        return [{"code": data[step]["code"], **over(data[step], rest, words)}]
    inner = over(data[step][found.word], rest[1:], words)
    named = {"id": found.id} if found.id != found.word else {}
    return [{found.word: {**named, **inner}}]


def test_a_company_can_choose_other_words_for_every_text_of_the_manual(example: Library) -> None:
    """R-056, C-01, C-33: in a file of its own that holds nothing else."""
    wanted = {text for texts in MANUAL.values() for text in texts}
    places = {(key, path) for key, path, text in written(example) if text in wanted and not key[0] and key[1] != "site"}
    assert len(places) > 60
    failed = []
    for key, path in sorted(places, key=repr):
        base = example.sources[key]
        own = read("own.yaml", yaml.safe_dump(over(base.data, path, "别的说法"), allow_unicode=True).encode())
        merged = merge(base, own)
        if merged.mistakes or "别的说法" not in {text for _, text in _all_texts(merged.data)}:
            failed.append((key, path, merged.mistakes))
    assert failed == []
    codes = {code for code, text in example.view().data("site", "site")["texts"].items() if text in wanted}
    assert codes <= WORDS


# ------------------------------------------------------------------ on the pages


def nodes(page: str) -> set[str]:
    """Each text of a page by itself: between tags, and in attributes that are read or heard."""
    page = re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.S)
    inside = re.findall(r'(?:aria-label|alt|placeholder|data-[a-z]+)="([^"]*)"', page)
    return {" ".join(unescape(text).split()) for text in (*re.split(r"<[^>]*>", page), *inside)} - {""}


async def walked(town: Town) -> set[str]:
    """All texts that a client of 8001 meets on the way, with some mistakes made, until the case waits for its review."""
    seen: set[str] = set()
    phone: Phone = town.phone()

    async def look(path: str = "") -> None:
        if path:
            await phone.get(path)
        seen.update(nodes(phone.page))

    for path in (
        "/",
        "/?company=9",
        "/8001",
        "/8001/nothing",
        BUSINESS,
        "/8001/agreements/privacy_policy?business=basic_info_change",
    ):
        await look(path)
    await phone.get(BUSINESS)
    await phone.post(_go="next")
    await look()
    await phone.get(BUSINESS)
    typed = {"id_number": JIA, "account_type": "futures", "captcha": await phone.captcha()}
    await phone.post(**typed, _code="sms_code")
    await look()
    town.clock.forward(minutes=2)
    await phone.log_in(JIA)
    await look()
    case = phone.at.rpartition("/")[0]
    await phone.post(edit="identity", _go=None)
    await look()
    await phone.post(_go="next")
    await look()
    await look(f"{case}/abandon")
    await phone.post()
    await look()
    await look(case)
    await look(BUSINESS)
    await phone.post("/8001/start/basic_info_change")
    await phone.post(edit="phone", _go=None)
    await look()
    await phone.post(certificate_safety="true", _go="next")
    await look()
    await phone.post(contact_phone="021-6321234", _go="next")
    await look()
    await phone.post(contact_phone="021-63212345", sms_code="", _go="next")
    await look()
    await phone.post(_go="next")
    await look()
    paper = re.findall(r'href="([^"]+/read/[^"]+)"', phone.page)[0]
    back = phone.at
    await look(paper)
    await look("/8001")
    await look("/8001/my")
    await phone.get(back)
    await phone.read_all()
    await phone.post(agree="true", _go="next")
    await look()
    await look("/8001/my")
    await look("/8001/my?tab=completed")
    return seen


async def test_no_word_of_the_program_is_left_where_a_company_has_chosen_all_of_them(opened: Open) -> None:
    """C-33, R-001 to R-128: page by page; what is left comes from its forms, flows and dictionaries."""
    chosen = {code: f"〔{code}〕" for code in WORDS} | {"sms_code": "{code}"}
    async with opened(
        site=dumped(texts=chosen), companies__8001__company=dumped(texts=chosen, menu={"my_business": "〔menu〕"})
    ) as town:
        seen = await walked(town)
    chinese = catalogue()
    program = {chinese.get(msgid, msgid) for code, msgid in {**SENTENCES, **TEXTS}.items()} - {"", "{code}"}
    definitions = {line for _, _, line in written(town.parts.library)}
    assert sorted(seen & (program - definitions)) == []
    used = {code for text in seen for code in re.findall("〔([a-z_]+)〕", text)}
    assert {
        "back", "close", "next", "edit", "menu", "choose_business", "steps_title", "login_title", "login_button", "login_tips",
        "prepare_title", "captcha_listen", "captcha_picture", "code_again", "code_sent", "company_unknown", "missing_title",
        "photo_take", "photo_retake", "photo_from_album", "problems_title", "required_mark", "step_of", "phone_landline",
        "have_read", "paper_number", "pending_title", "resume", "abandon", "abandon_confirm", "cancel",
        "case_number", "case_state", "submit_title", "changes_title", "log_out", "skip_to_content",
    } - used == set()  # fmt: skip


async def test_a_business_says_its_pages_in_its_own_words(opened: Open) -> None:
    """The texts of a flow win over those of its company, on the pages of that business and on no other."""
    words = dumped(texts={"next": "继续修改", "login_button": "进入资料修改", "tips_title": "修改须知"})
    firm = dumped(texts={"next": "往下走", "close": "离开"})
    async with opened(companies__8001__flows__basic_info_change=words, companies__8001__company=firm) as town:
        phone = await town.phone().get(BUSINESS)
        assert {"进入资料修改", "修改须知", "离开"} <= nodes(phone.page)
        await phone.log_in()
        await phone.post(edit="phone", _go=None)
        assert "继续修改" in nodes(phone.page) and "往下走" not in phone.page
        await phone.get("/8001/my")
        assert "离开" in nodes(phone.page)
        other = await town.phone().get("/8002/business/basic_info_change")
        assert "进入资料修改" not in other.page and "登录办理" in nodes(other.page)


async def test_a_company_and_a_business_word_their_messages(opened: Open) -> None:
    """R-021, R-089: the message with the code, at the door and within the business."""

    async def message(town: Town, company: str) -> str:
        phone = await town.phone().get(f"/{company}/business/basic_info_change")
        await phone.post(id_number=JIA, account_type="futures", captcha=await phone.captcha(company), _code="sms_code")
        return str((await town.parts.plugins.sms.messages())[0].text)  # type: ignore[attr-defined]

    firm = dumped(texts={"sms_code": "{company}提醒您：{code}，有疑问请致电{{ company.hotline }}。"})
    async with opened(companies__8001__company=firm) as town:
        assert re.fullmatch(r"远山期货提醒您：\d{6}，有疑问请致电400-000-8001。", await message(town, "8001"))
        assert re.fullmatch(r"【清河期货】您的验证码为\d{6}，5分钟内有效，请勿告诉他人。", await message(town, "8002"))
    flow = dumped(texts={"sms_code": "修改资料验证码{code}"})
    async with opened("staging", companies__8001__company=firm, companies__8001__flows__basic_info_change=flow) as town:
        assert re.fullmatch(r"修改资料验证码\d{6}", await message(town, "8001"))
        town.clock.forward(minutes=2)
        phone = await town.phone().log_in()
        await phone.post(edit="phone", _go=None)
        await phone.post(certificate_safety="true", _go="next")
        await phone.post(contact_phone="13900019999", _code="sms_code")
        newest = (await town.parts.plugins.sms.messages())[0]  # type: ignore[attr-defined]
        assert (newest.phone, newest.text[:7]) == ("139****9999", "修改资料验证码")


async def test_a_company_names_stages_states_menu_and_options(opened: Open) -> None:
    """R-056, R-119, R-124, R-143: each with a few lines of its own."""
    async with opened(
        companies__8001__flows__basic_info_change=dumped(stages={"data": "填写资料"}, states={"open": "正在填写"}),
        companies__8001__company=dumped(menu={"my_business": "我的申请"}),
        companies__8001__dictionaries__investment_term=dumped(items=[{"code": "y0_1", "text": "一年以内"}]),
    ) as town:
        phone = await town.phone().log_in()
        assert "1. 填写资料" in nodes(phone.page) and "一年以内" in nodes(phone.page)
        await phone.get("/8001/my")
        assert {"我的申请", "正在填写"} <= nodes(phone.page)
        other = await town.phone().log_in(JIA, "8002")
        assert "1. 资料报审" in nodes(other.page) and "一年以内" not in nodes(other.page)
        await other.get("/8002/my")
        assert {"我的业务", "填写中"} <= nodes(other.page)


async def test_a_word_with_a_placeholder_never_keeps_what_one_client_was_told(opened: Open) -> None:
    """The questions of a page are drawn once for all clients: words on them know the company, and nobody's name."""
    firm = dumped(texts={"code_send": "{{ company.short_name }}{{ client.name }}发送", "next": "{{ client.name }}继续"})
    form = dumped(layout=[{"sms_code": {"button": {"remove": True}}}])
    async with opened(companies__8001__company=firm, companies__8001__forms__contact_phone=form) as town:
        for who, name in ((JIA, "样本甲"), (BING, "样本丙")):
            phone = await town.phone().log_in(who)
            await phone.post(edit="phone", _go=None)
            await phone.post(certificate_safety="true", _go="next")
            assert {f"{name}继续", "远山期货发送"} <= nodes(phone.page)
