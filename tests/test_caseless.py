"""Flows of which nothing is kept: a client looks at their pages, finds what they have agreed to, and takes it along."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from app_fixtures import BING, JIA, Phone, Town, app_template, open_app, town
from banli.beginnings import Refused
from banli.clients import Visit
from banli.definitions.library import Library
from banli.definitions.model import Agreement
from banli.engine import commands
from banli.i18n import Translator
from banli.limits import LOOKING
from banli.scenarios.checking import Checker
from banli.scenarios.coverage import Coverage
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import chosen, run_all
from banli.themes import Wording
from banli.web.paper_files import attachment, named_openly
from pocket import library, mistakes, plugins, walk
from site_kit import Open, changed, opened
from test_agreements import PDF, at_papers

__all__ = ["app_template", "opened", "town"]

HOME = "/8001/business/agreement_download/pages/papers"
LOOKS = """
title: 查看资料
case: false
login: login
accounts: [am]
steps:
  - notice: {title: 说明, text: '您好，{{ client.name }}{{ client.salutation }}。', button: 查看资料}
  - overview: {form: basic_info, title: 基本信息资料}
  - notice: {id: retired, title: 长期, text: 您的身份证长期有效。, when: client.id_validity.long_term}
  - notice: {id: night, title: 人工, text: 请拨打电话。, hours: video}
  - papers: {title: 协议, signed: true}
"""
FIRM = "businesses: [{basic_info_change: {hours: nearly_always}}, {looks: {hours: nearly_always}}]"
AT = "/8001/business/looks/pages"


async def signed_case(phone: Phone) -> str:
    """Another phone number, everything read and agreed to, submitted; the number of the case."""
    await phone.read_all()
    await phone.post(agree="true", _go="next")
    assert (phone.status, phone.step) == (200, "")
    return phone.number


def links(phone: Phone, sort: str = "(?:signed|listed)") -> list[str]:
    return re.findall(rf'href="([^"]+/{sort}/[^"]+)"', phone.page)


async def taken(phone: Phone, path: str) -> tuple[int, str, str, bytes]:
    """Status, media type, name and content of a download."""
    answer = await phone.client.get(path)
    told = answer.headers.get("Content-Disposition", "")
    name = unquote(told.partition("filename*=UTF-8''")[2])
    return answer.status_code, answer.headers["Content-Type"], name, await answer.get_data(as_text=False)


async def log_in_at(phone: Phone, business: str, id_number: str = JIA, company: str = "8001") -> Phone:
    """Through the login page of this business."""
    await phone.get(f"/{company}/business/{business}")
    typed = {"id_number": id_number, "account_type": "futures", "captcha": await phone.captcha(company)}
    await phone.post(**typed, _code="sms_code")
    return await phone.post(**typed, sms_code=await phone.town.code(), privacy="true", _code=None)


# ------------------------------------------------------------------ looking


async def test_a_client_turns_the_pages_and_nothing_of_it_is_kept(opened: Open) -> None:
    """While another case is open; with links only, so a browser without scripts does it too."""
    async with opened(flows__looks=LOOKS, companies__8001__company=FIRM) as town:
        phone = await town.phone().log_in()
        number = phone.number
        await phone.get("/8001/business/looks")
        assert (phone.status, phone.at) == (200, f"{AT}/notice")
        assert "您好，样本甲先生。" in phone.text
        assert ("<form" in phone.page, f'href="{AT}/overview">查看资料</a>' in phone.page) == (False, True)
        await phone.get(f"{AT}/overview")
        assert ("13900010001" in phone.text, "编辑" in phone.text, phone.headers["Cache-Control"]) == (True, False, "no-store")
        assert f'<a class="back" href="{AT}/notice"' in phone.page
        assert re.findall(r'<a class="button" href="([^"]+)">下一步', phone.page) == [f"{AT}/night"]
        await phone.get(f"{AT}/papers")
        assert ("您还没有在网上签署过协议。" in phone.text, 'href="/8001">返回业务选择</a>' in phone.page) == (True, True)
        visit = await visit_of(town, phone)
        assert [row.number for row in await town.parts.store.cases_of("8001", visit.client)] == [number]
        await phone.get("/8001/my")
        assert ("查看资料" in phone.text, phone.text.count("受理单号")) == (False, 1)


async def visit_of(town: Town, phone: Phone) -> Visit:
    found = await town.parts.clients.visit(next(c.value for c in phone.client.cookie_jar if c.name == "banli"))
    assert found is not None
    return found


async def test_a_page_that_does_not_apply_leads_to_the_first(opened: Open) -> None:
    async with opened(flows__looks=LOOKS, companies__8001__company=FIRM) as town:
        phone = await town.phone().log_in()
        for step in ("retired", "nothing"):
            await phone.get(f"{AT}/{step}")
            assert (phone.status, phone.at, "该页面现在不能操作" in phone.text) == (200, f"{AT}/notice", True), phone.text
        await phone.get("/8001/business/basic_info_change/pages")
        assert phone.status == 404
        await phone.get("/8001/business/none/pages/notice")
        assert phone.status == 404


async def test_whoever_is_not_logged_in_is_sent_to_the_login_page_and_then_back(town: Town) -> None:
    phone = town.phone()
    for path in (
        HOME,
        f"{HOME}/signed/8001-20261123-000001/agreements.brokerage_contract",
        f"{HOME}/listed/brokerage_contract/file",
    ):
        await phone.get(path)
        assert (phone.status, phone.at, "身份证号" in phone.text) == (200, "/8001/business/agreement_download", True)
    await log_in_at(phone, "agreement_download")
    assert (phone.status, phone.at) == (200, HOME)
    await phone.get("/8001/business/agreement_download")
    assert phone.at == HOME
    visit = await visit_of(town, phone)
    assert isinstance(await town.parts.cases.start(visit, "agreement_download"), Refused)
    await phone.post("/8001/start/agreement_download", _csrf=await csrf(phone))
    assert (phone.status, phone.at) == (200, HOME)
    assert await town.parts.store.cases_of("8001", visit.client) == []


async def csrf(phone: Phone) -> str:
    await phone.get("/8001/my")
    return phone.fields["_csrf"][0]


async def test_a_client_without_the_accounts_of_the_flow_sees_nothing_of_it(opened: Open) -> None:
    """Logged in for another business. 样本丙 has a futures account only."""
    async with opened(flows__looks=LOOKS, companies__8001__company=FIRM) as town:
        phone = await town.phone().log_in(BING)
        await phone.get(f"{AT}/overview")
        assert (phone.status, phone.at, "您未开通期货/资管账户" in phone.text) == (200, "/8001", True)


async def test_nor_does_such_a_client_begin_a_business_that_keeps_cases(opened: Open) -> None:
    """Logged in for one that takes the account they have."""
    flow = "accounts: [am]"
    async with opened(flows__basic_info_change=flow, flows__looks=LOOKS.replace("[am]", "[futures]"),
                      companies__8001__company=FIRM) as town:  # fmt: skip
        phone = await log_in_at(town.phone(), "looks", BING)
        assert phone.at == f"{AT}/notice"
        await phone.post("/8001/start/basic_info_change", _csrf=await csrf(phone))
        assert (phone.at, "您未开通期货/资管账户" in phone.text) == ("/8001", True)
        assert await town.parts.store.cases_of("8001", (await visit_of(town, phone)).client) == []


async def test_an_outage_of_the_core_system_is_told_and_passes(town: Town) -> None:
    phone = await town.phone().log_in()
    await town.parts.plugins.directory.switch(outage=True)  # type: ignore[attr-defined]
    await phone.get(HOME)
    assert (phone.status, phone.at, "公司系统" in phone.text) == (503, HOME, True), phone.text
    assert f'href="{HOME}"' in phone.page
    await town.parts.plugins.directory.switch(outage=False)  # type: ignore[attr-defined]
    assert (await phone.get(HOME)).status == 200


async def test_nobody_asks_the_core_system_without_end(town: Town) -> None:
    phone = await town.phone().log_in()
    visit = await visit_of(town, phone)
    for _ in range(LOOKING.times):
        await town.parts.walks.look(visit, "agreement_download")
    await phone.get(HOME)
    assert (phone.status, "尝试次数过多，请10分钟后再试。" in phone.text) == (429, True), phone.text
    town.clock.forward(minutes=11)
    assert (await phone.get(HOME)).status == 200


async def test_hours_of_the_business_and_of_a_page_hold(opened: Open) -> None:
    """The page outside of its own hours says when to come back, and the way goes on past it."""
    async with opened(flows__looks=LOOKS, companies__8001__company=FIRM) as town:
        phone = await town.phone().log_in()
        await phone.get(f"{AT}/night")
        assert "请拨打电话。" in phone.text
        town.clock.forward(hours=10)
        phone = await town.phone().log_in()
        await phone.get(f"{AT}/night")
        assert ("请拨打电话。" in phone.text, "此步骤现在不在服务时间内" in phone.text) == (False, True)
        assert f'href="{AT}/papers">下一步' in phone.page
        town.clock.forward(hours=4, minutes=40)
        phone = await town.phone().log_in()
        await phone.get("/8001/business/looks")
        assert (phone.at, "现在不在网上服务时间内" in phone.text) == ("/8001", True)


# ------------------------------------------------------------------ what was agreed to


async def test_what_was_agreed_to_is_found_read_and_taken_along(town: Town) -> None:
    """R-102 to R-108: as it was sealed, filled in with the names of the case, with the digest that was recorded."""
    phone = await at_papers(town)
    first = await signed_case(phone)
    await town.decide(first, lambda seen: commands.Reject(actor="staff:r1", seen=seen, reasons=("at_the_counter",)))
    town.clock.forward(minutes=20)
    await phone.post("/8001/start/basic_info_change", _csrf=await csrf(phone))
    await phone.post(_go="next", edit="phone")
    await phone.post(certificate_safety="true", _go="next")
    await phone.post(contact_phone="0371-65951236", _go="next")
    second = await signed_case(phone)
    await phone.get(HOME)
    assert re.findall(r"受理单号 (\S+)", phone.text) == [second, first]
    assert re.findall(r"(2026-\S+ \S+) · (\S+)", phone.text) == [("2026-11-23 10:20", "等待复核"), ("2026-11-23 10:00", "已驳回")]
    held = await town.parts.caseload.find(number=first)
    assert held is not None
    told = {one["id"]: one for one in held.case.results["agreements"].data["agreements"]}
    mine = [href.rpartition("/")[2] for href in links(phone, f"signed/{first}")]
    assert mine == ["photos.certificate_safety", *(f"agreements.{row}" for row in told)]
    path = f"{HOME}/signed/{first}/agreements.brokerage_contract"
    await phone.get(path)
    about = ("乙方：样本甲", told["brokerage_contract"]["digest"], first, "2026-11-23 10:00", "远山期货有限公司（样本）")
    assert (phone.status, [word for word in about if word not in phone.text]) == (200, [])
    assert f'<a class="back" href="{HOME}"' in phone.page
    status, media, name, content = await taken(phone, f"{path}/file")
    assert (status, media, name) == (200, "text/html; charset=utf-8", "期货经纪合同 YB-JJHT-2026-01.html")
    page = content.decode()
    assert [word for word in about if word not in page] == []
    assert re.findall(r"<script|<link|<img|url\(|@import|https?:|<form", page) == []
    for href in links(phone):
        assert (await phone.get(href)).status == 200
    phone.language = "en"
    for path in (path, f"{path}/file"):
        await phone.get(path)
        assert ("甲方：远山期货有限公司（样本）" in phone.text, "The record of the agreement" in phone.text) == (True, True)


async def test_a_paper_of_another_client_is_not_there(town: Town) -> None:
    """By its very address, of the same company and of another one; nor is one that does not exist."""
    phone = await at_papers(town)
    number = await signed_case(phone)
    stranger = await town.phone().log_in(BING)
    other = await town.phone().log_in(JIA, "8002")
    at = "agreements.brokerage_contract"
    for who, home in ((stranger, HOME), (other, HOME.replace("8001", "8002"))):
        await who.get(home)
        assert (who.status, links(who, "signed"), number in who.text) == (200, [], False)
        for path in (f"{home}/signed/{number}/{at}", f"{home}/signed/{number}/{at}/file"):
            assert (await who.get(path)).status == 404, path
    bad = ("signed", f"signed/{number}", f"signed/{number}/", f"signed/{number}/agreements.none", f"signed/{number}/{at}/more",
           f"signed/..%2F{number}/{at}", f"signed/{number}%00/{at}", f"other/{number}/{at}", "listed/none", "listed/",
           "listed/brokerage_contract/file/file")  # fmt: skip
    for path in bad:
        assert (await phone.get(f"{HOME}/{path}")).status == 404, path
    answer = await phone.client.post(f"{HOME}/signed/{number}/{at}")
    assert answer.status_code == 405


async def test_only_what_was_submitted_counts_and_what_was_forgotten_is_gone(town: Town) -> None:
    phone = await at_papers(town)
    await phone.read_all()
    await phone.get(HOME)
    assert links(phone, "signed") == []
    await phone.get("/8001/my")
    await phone.get(re.findall(r'href="(/8001/cases/[^"]+)">操作', phone.page)[0])
    number = await signed_case(phone)
    await phone.get(HOME)
    assert len(links(phone, "signed")) == 12
    await town.decide(number, lambda seen: commands.Reject(actor="staff:r1", seen=seen, reasons=("at_the_counter",)))
    visit = await visit_of(town, phone)
    [row] = await town.parts.store.cases_of("8001", visit.client)
    async with town.parts.store.transaction() as tx:
        await tx.forget_case(row, row.revision)
    await phone.get(HOME)
    assert (phone.status, links(phone, "signed")) == (200, [])
    assert (await phone.get(f"{HOME}/signed/{number}/agreements.brokerage_contract")).status == 404


CONTRACT = """
title: 期货经纪合同
number: T-1
kind: contract
text: |
  第一版。乙方 {{ client.name }}，电话 {{ client.contact_phone }}，联系地址 {{ contact_phone.contact_phone }}。
"""
LIST = "items: [own_contract, {risk_disclosure: {when: contact_phone.contact_phone != '1'}}]"


async def test_a_text_stays_as_it_was_agreed_to_whatever_is_changed_later(app_template: Path, tmp_path: Path, clock: Any) -> None:
    """Neither a new text nor new data on file change it. The present text leaves open what nobody has answered, and a text
    that is for some answers only is not shown."""
    firm = "businesses: [{basic_info_change: {hours: nearly_always}}, {agreement_download: {}}]"
    root = changed(
        tmp_path / "site", agreements__own_contract=CONTRACT, companies__8001__company=firm,
        companies__8002__company="businesses: []",
        agreement_lists__basic_info_change=LIST, companies__8001__agreement_lists__basic_info_change="items: []",
    )  # fmt: skip
    for company in ("8001", "8002"):
        (root / f"definitions/companies/{company}/agreement_lists/basic_info_change.yaml").unlink()
    shutil.copytree(app_template, tmp_path / "var")
    async with open_app(tmp_path / "var", clock, root) as town:
        phone = await at_papers(town)
        number = await signed_case(phone)
        await phone.get(HOME)
        assert [href.rpartition("/")[2] for href in links(phone, "listed")] == ["own_contract"]
        text = root / "definitions/agreements/own_contract.yaml"
        text.write_text(text.read_text(encoding="utf-8").replace("第一版", "第二版").replace("T-1", "T-2"), encoding="utf-8")
        parts = town.parts
        parts.editions.renew(Library.read(root / "definitions", parts.kinds))
        visit = await visit_of(town, phone)
        await parts.plugins.directory.update("8001", visit.ref, {"contact_phone": "13900019999"}, {}, "test-key")
        signed = f"{HOME}/signed/{number}/agreements.own_contract"
        for path in (signed, f"{signed}/file"):
            await phone.get(path)
            assert "第一版。乙方 样本甲，电话 13900010001，联系地址 0371-65951235。" in phone.text
            assert ("T-1" in phone.text, "T-2" in phone.text) == (True, False)
        for path in (f"{HOME}/listed/own_contract", f"{HOME}/listed/own_contract/file"):
            await phone.get(path)
            assert "第二版。乙方 样本甲，电话 13900019999，联系地址 ＿＿＿＿。" in phone.text
            assert number not in phone.text


async def test_a_pdf_is_taken_along_as_its_very_file(town: Town) -> None:
    phone = await at_papers(town, "8002")
    number = await signed_case(phone)
    home = HOME.replace("8001", "8002")
    await phone.get(home)
    path = f"{home}/signed/{number}/agreements.fee_schedule"
    assert path in links(phone)
    await phone.get(path)
    assert ("手续费在每笔成交后从期货账户中扣除" in phone.text, number in phone.text) == (True, True)
    assert await taken(phone, f"{path}/file") == (200, "application/pdf", "期货交易收费说明 QH-SF-2026-01.pdf", PDF.read_bytes())


def test_a_file_has_a_name_that_every_system_can_keep() -> None:
    """RFC 6266, RFC 8187."""
    assert attachment("期货经纪合同 T-1.html", "T-1") == (
        "attachment; filename=\"T-1.html\"; filename*=UTF-8''"
        "%E6%9C%9F%E8%B4%A7%E7%BB%8F%E7%BA%AA%E5%90%88%E5%90%8C%20T-1.html"
    )  # fmt: skip
    odd = attachment('../a\r\nSet-Cookie: x=1"; b/\\c\u202egpj.pdf', '编号"\r\n-9;x')
    assert odd == "attachment; filename=\"9-x.pdf\"; filename*=UTF-8''a%20Set-Cookie%20%20x%3D1%20%3B%20b%20c%20gpj.pdf"
    assert attachment("..pdf", "") == "attachment; filename=\"paper.pdf\"; filename*=UTF-8''paper.pdf"
    assert len(attachment("长" * 500 + ".html", "n" * 500)) < 1000


@dataclass(frozen=True)
class Guest:
    wording: Wording


def test_what_nobody_has_answered_is_left_open_in_a_present_text() -> None:
    names = {"client": {"name": "样本甲", "bank": None}, "company": {"name": "样本"}}
    guest: Any = Guest(Wording(Translator("zh_CN", {}, {}), {}, names))
    text = Agreement("a", "A", "1", "notice", "{{ client.name }} {{ client.bank }} {{ quiz.level }} {{ quiz.score }} {{ company.name }}",
                     "markdown", "")  # fmt: skip
    wording = named_openly(guest, text, "____").wording
    assert str(wording.agreement(text)) == "<p>样本甲 ____ ____ ____ 样本</p>\n"


# ------------------------------------------------------------------ the language

TRIAL = {
    "flows/trial.yaml": """
title: 查看
case: false
login: login
steps:
  - notice: {text: '您好，{{ client.name }}。'}
  - overview: {form: mine}
  - notice: {id: bold, text: 您是激进型投资者。, when: client.risk_class == "C5"}
  - papers: {lists: [all]}
""",
    "forms/mine.yaml": (
        "title: 资料\nschema: {type: object, properties: {name: {$ref: 'client:name'}, risk_class: {$ref: 'client:risk_class'}}}\n"
        "layout: [name: {prefill: client.name}, risk_class: {prefill: client.risk_class, read_only: true}]\n"
    ),
    "agreements/one.yaml": "title: 甲\nnumber: A-1\nkind: notice\ntext: 一\n",
    "agreements/two.yaml": "title: 乙\nnumber: B-1\nkind: notice\ntext: 二\n",
    "agreement_lists/all.yaml": 'title: 全部\nitems: [one, {two: {when: client.risk_class == "C5"}}]\n',
}
STORY = """
title: 激进型投资者逐页查看
business: trial
at: 2026-11-24T10:00
client: {name: 样本甲, risk_class: C5}
story:
  - start
  - expect: {step: notice, steps: [notice, overview, bold, papers], text: 您好，样本甲。}
  - next
  - expect: {step: overview, shows: {name: 样本甲, risk_class: C5}}
  - next
  - expect: {step: bold, text: 激进型}
  - back
  - expect: {step: overview}
  - open: papers
    expect: {step: papers, agreements: [one, two], text: 乙}
"""
OTHER = """
title: 其他投资者
business: trial
at: 2026-11-24T10:00
client: {name: 样本乙, risk_class: C1}
story:
  - start
  - open: bold
    expect: {step: notice, refused: step_not_open}
  - open: papers
    expect: {agreements: [one]}
"""


def played(folder: Path, **stories: str) -> tuple[list[str], list[str]]:
    """What came of the stories, and what none of them touched."""
    found = library(folder, {**TRIAL, **{f"scenarios/{name}.yaml": text for name, text in stories.items()}})
    assert not found.mistakes, [str(mistake) for mistake in found.mistakes]
    stage, (tales, wrong) = Stage(found, found.kinds, plugins(folder)), read_tales(folder / "definitions")
    told = [str(mistake) for mistake in (*wrong, *Checker(found, found.kinds, tales).run())]
    seen = Coverage(found.kinds)
    if not told:
        told = [one.what for one in run_all(chosen(tales, stage), stage, tales, seen.heard)]
    touched = seen.of(stage.issue("c1", "trial"))
    return told, [name for _, missed in touched.values() for name in missed]


def test_a_story_turns_the_pages_and_coverage_counts_them(tmp_path: Path) -> None:
    assert played(tmp_path / "both", one=STORY, two=OTHER) == (["", ""], [])
    assert played(tmp_path / "one", one=STORY) == (
        [""],
        ['step bold, when: client.risk_class == "C5" is not true', 'list all, two: client.risk_class == "C5" is not true'],
    )


def test_a_story_of_pages_without_a_case_cannot_answer_or_submit(tmp_path: Path) -> None:
    wrong = STORY.partition("  - start")[0] + (
        "  - start\n  - notice: {agree: true}\n  - submit\n  - expect: {state: open, step: notice}\n  - next\n"
    )
    assert played(tmp_path, one=wrong)[0] == [
        "definitions/scenarios/one.yaml:8:5: keeps-nothing: 'notice' cannot happen: this business keeps nothing. "
        "There are: back, clock, expect, facts, next, open, start.",
        "definitions/scenarios/one.yaml:9:5: keeps-nothing: 'submit' cannot happen: this business keeps nothing. "
        "There are: back, clock, expect, facts, next, open, start.",
        "definitions/scenarios/one.yaml:10:14: keeps-nothing: 'state' cannot be expected: this business keeps nothing. "
        "There are: agreements, knows, refused, shows, step, steps, text.",
    ]


def test_a_story_is_told_where_the_pages_end(tmp_path: Path) -> None:
    told, _ = played(tmp_path, one=OTHER + "  - next\n")
    assert told == ["There is no page after 'papers'."]


CASE = """
title: 有申请
login: login
steps:
  - form: {id: ask}
  - agreements: {list: all}
  - submit: {text: 已提交}
"""


def test_a_list_may_ask_for_answers_that_another_flow_knows(tmp_path: Path) -> None:
    """These rows are not shown where nothing is answered. A name that no flow knows is a mistake all the same."""
    files = {
        **TRIAL,
        "flows/real.yaml": CASE,
        "forms/ask.yaml": "title: 问\nschema: {type: object, properties: {level: {title: 级别, type: string, enum: [a, b]}}}\n",
        "agreement_lists/all.yaml": 'title: 全部\nitems: [one, {two: {when: ask.level == "a"}}]\n',
        "companies/c1/company.yaml": "name: 样本公司\nenabled: true\nbusinesses: [trial, real]\n",
    }
    assert mistakes(tmp_path / "good", files) == []
    found = library(tmp_path / "good", files)
    stage = Stage(found, found.kinds, plugins(tmp_path))
    issue = stage.issue("c1", "trial")
    bound = issue.course.steps[-1]
    names = {"ask.level": "a", "client.name": "样本"}
    assert list(bound.kind.listed(bound.step, issue.book, names)) == ["one"]  # type: ignore[attr-defined]
    files["agreement_lists/all.yaml"] = 'title: 全部\nitems: [one, {two: {when: ask.levle == "a"}}]\n'
    assert mistakes(tmp_path / "bad", files) == [
        "definitions/agreement_lists/all.yaml:2:27: unknown-name: There is no name 'ask.levle' here. Did you mean 'ask.level'?"
    ]
    alone = {**TRIAL, "agreement_lists/all.yaml": 'title: 全部\nitems: [one, {two: {when: client.risk == "a"}}]\n'}
    assert [one.split(": ")[1] for one in mistakes(tmp_path / "alone", alone)] == ["unknown-name"]


async def test_an_open_case_keeps_its_edition_when_its_business_keeps_nothing_any_more(
    app_template: Path, tmp_path: Path, clock: Any
) -> None:
    firm = "businesses: [{basic_info_change: {hours: nearly_always}}]"
    root = changed(tmp_path / "site", companies__8001__company=firm)
    shutil.copytree(app_template, tmp_path / "var")
    async with open_app(tmp_path / "var", clock, root) as town:
        phone = await town.phone().log_in()
        parts, releases = town.parts, town.parts.releases
        await releases.publish(await releases.changes([("8001", "basic_info_change")]), {"8001": "operator"})
        flow = LOOKS.replace("looks", "basic_info_change").replace("[am]", "[futures]")
        (root / "definitions/flows/basic_info_change.yaml").write_text(flow, encoding="utf-8")
        shutil.rmtree(root / "definitions/companies/8002")
        (root / "definitions/site.yaml").write_text(
            (root / "definitions/site.yaml").read_text(encoding="utf-8").replace("entrance: [8001, 8002]", "entrance: [8001]"),
            encoding="utf-8",
        )
        parts.editions.renew(Library.read(root / "definitions", parts.kinds))
        [change] = await releases.changes([("8001", "basic_info_change")])
        assert change.classification is not None
        assert [(one.verdict, one.why) for one in change.classification.cases] == [("stays", "keeps_nothing")]
        assert change.verdict == "safe"
        assert change.differences is not None
        await releases.publish([change], {"8001": "operator"})
        await phone.get(f"/8001/cases/{phone.number}")
        assert (phone.status, phone.step) == (200, "overview")
        await phone.get("/8001/business/basic_info_change")
        assert phone.at == "/8001/business/basic_info_change/pages/notice"


def test_an_overview_without_a_choice_is_read_and_gone_on_from(tmp_path: Path) -> None:
    """In a flow with a case too."""
    flow = "title: 有申请\nlogin: login\nsteps:\n  - overview: {form: mine}\n  - submit: {text: 已提交}\n"
    walked = walk(tmp_path, {"flows/trial.yaml": flow, "forms/mine.yaml": TRIAL["forms/mine.yaml"]})
    assert walked.current == "overview"
    walked.answer("overview")
    assert walked.case.state == "submitted"
