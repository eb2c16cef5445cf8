"""Agreements as a client reads them: to the end, for long enough, and after a change only what has changed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app_fixtures import JIA, Phone, Town, app_template, open_app, town
from banli.cli.base import kinds_of
from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from banli.definitions.model import Agreement, AgreementList, Listed, MustRead, Step
from banli.definitions.numbers import Earlier, changed_under_old_number, numbers_of
from banli.definitions.scopes import type_of
from banli.expressions import FUNCTIONS, Scope, compile
from banli.i18n import Translator
from banli.papers import Papers
from banli.pdfs import Press, Unreadable, look
from banli.sites import bundled, open_site
from banli.steps import Agreements
from banli.steps.base import Sight
from banli.themes import Wording

__all__ = ["app_template", "town"]

PDF = bundled() / "definitions/companies/8002/agreements/fee_schedule.pdf"


async def at_papers(town: Town, company: str = "8001", id_number: str = JIA) -> Phone:
    """On the list of agreements, with another phone number typed before."""
    phone = await town.phone().log_in(id_number, company)
    await phone.post(_go="next", edit="phone")
    await phone.post(certificate_safety="true", _go="next")
    return await phone.post(contact_phone="0371-65951235", _go="next")


def hrefs(phone: Phone) -> dict[str, str]:
    return {href.rpartition("/")[2]: href for href in re.findall(r'href="([^"]+/read/[^"]+)"', phone.page)}


def read_rows(phone: Phone) -> list[str]:
    """The rows that the list shows as read."""
    return re.findall(r'href="[^"]+/read/([a-z0-9_]+)"><span>[^<]*</span><small class="yes">', phone.page)


@pytest.fixture
async def patient(town: Town, monkeypatch: pytest.MonkeyPatch) -> Phone:
    """At a list whose second text must lie open for ten seconds."""
    phone = await at_papers(town)
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    lists = held.edition.lists
    listed = lists["basic_info_change"]
    slow = tuple(replace(row, read=MustRead(True, 10)) if row.id == "risk_disclosure" else row for row in listed.items)
    object.__setattr__(held.edition, "lists", {**lists, "basic_info_change": replace(listed, items=slow)})
    return phone


# ------------------------------------------------------------------ reading


async def test_a_text_counts_as_read_only_after_the_seconds_that_it_must_lie_open(town: Town, patient: Phone) -> None:
    """R-103: by the server's clock since it showed the text; too early is told, and the time goes on."""
    phone, href = patient, hrefs(patient)["risk_disclosure"]
    await phone.get(href)
    assert 'data-waits="9.8"' in phone.page  # a fifth of a second is for the way of the page
    town.clock.forward(seconds=6)
    await phone.post(_go="read")
    assert (phone.status, "请仔细阅读本文件，还需 4 秒" in phone.text) == (422, True)
    town.clock.forward(seconds=4)
    await phone.post(_go="read")
    assert (phone.status, phone.step, read_rows(phone)) == (200, "agreements", ["risk_disclosure"])


async def test_nobody_makes_up_since_when_a_text_was_shown(town: Town, patient: Phone) -> None:
    """Neither an invented time counts, nor the time of another text, nor one that is still to come."""
    phone, href = patient, hrefs(patient)
    await phone.get(href["brokerage_contract"])
    other = phone.fields["token"][0]
    await phone.get(href["risk_disclosure"])
    own = phone.fields["token"][0]
    town.clock.forward(hours=1)
    for token in (other, "1.x", "", "0." + "0" * 32, f"{int(own.split('.')[0]) - 60000}.{own.split('.')[1]}", "９.a"):
        await phone.get(href["risk_disclosure"])
        await phone.post(token=token, _go="read")
        assert phone.status == 422, token
    town.clock.forward(hours=-2)
    await phone.get(href["risk_disclosure"])
    await phone.post(token=own, _go="read")
    assert phone.status == 422
    assert read_rows(await phone.get(href["risk_disclosure"].partition("/read/")[0])) == []


async def test_what_was_read_to_its_end_counts_also_when_it_is_left_by_the_way_back(town: Town) -> None:
    """R-103: `<` after the end counts, `<` before it does not and says nothing."""
    phone = await at_papers(town)
    href = hrefs(phone)
    await (await phone.get(href["brokerage_contract"])).post(_go="back", end="")
    assert (phone.status, phone.step, read_rows(phone)) == (200, "agreements", [])
    await (await phone.get(href["brokerage_contract"])).post(_go="back", end="1")
    assert read_rows(phone) == ["brokerage_contract"]
    await (await phone.get(href["risk_disclosure"])).post(_go="close", end="1")
    assert read_rows(phone) == ["brokerage_contract", "risk_disclosure"]


async def test_the_page_tells_by_itself_that_it_was_read(town: Town) -> None:
    """So that a phone's own way back loses nothing."""
    phone = await at_papers(town)
    here, href = phone.at, hrefs(phone)["brokerage_contract"]
    for end, status in (("", 409), ("1", 204), ("1", 204)):
        await phone.get(href)
        await phone.post(end=end, _go="seen")
        assert phone.status == status
    assert read_rows(await phone.get(here)) == ["brokerage_contract"]


async def test_one_text_leads_on_to_the_next_that_is_unread(town: Town) -> None:
    """Eleven texts without eleven ways back to the list; the last one leads there."""
    phone = await at_papers(town)
    rows = list(hrefs(phone))
    await (await phone.get(hrefs(phone)[rows[3]])).post(_go="read")
    seen = [rows[0]]
    await phone.get(hrefs(phone)[rows[0]])
    for place in (*range(1, 3), *range(4, 11)):
        assert "我已阅读，下一份" in phone.page
        await phone.post(_go="next")
        seen.append(phone.at.rpartition("/")[2])
        assert f"第 {place + 1} 份，共 11 份" in phone.text
    assert seen == [row for row in rows if row != rows[3]]
    assert "下一份" not in phone.page
    await phone.post(_go="read")
    assert (phone.step, phone.at.endswith("/agreements"), sorted(read_rows(phone))) == ("agreements", True, sorted(rows))
    await phone.get(hrefs(phone)[rows[0]])
    assert ("您已阅读过本文件" in phone.text, "返回列表" in phone.text) == (True, True)


async def test_when_each_text_was_shown_and_read_is_kept_with_what_was_agreed_to(town: Town) -> None:
    """R-103, R-113"""
    phone = await at_papers(town)
    for href in hrefs(phone).values():
        await phone.get(href)
        town.clock.forward(seconds=30)
        await phone.post(_go="read")
    await phone.post(agree="true", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    done = held.case.results["agreements"]
    first = done.data["agreements"][0]
    assert len(done.records) == 11
    assert done.records[0] == {
        "kind": "read", "at": "brokerage_contract", "agreement": "brokerage_contract", "number": first["number"],
        "digest": first["digest"], "shown": "2026-11-23T02:00:00+00:00", "read": "2026-11-23T02:00:30+00:00",
        "seconds": 30,
    }  # fmt: skip


# ------------------------------------------------------------------ what has changed since


class Shelf:
    """A book with one list, without conditions."""

    def __init__(self, **texts: str) -> None:
        self.agreements = {
            name: Agreement(
                name, f"<{name}>", f"{name}-{len(text)}", "notice", text, "markdown", f"digest-of-{text.replace(' ', '-')}"
            )
            for name, text in texts.items()
        }
        self.lists = {"all": AgreementList("all", "All", tuple(Listed(name, name) for name in texts))}
        self.forms: dict[str, Any] = {}

    def reader(self, form_id: str) -> Any:
        raise KeyError(form_id)

    def condition(self, owner: str, text: str) -> Any:
        raise KeyError(text)


STEP, KIND = Step("papers", "agreements", "", options={"list": "all"}), Agreements()
TICK = {"agree": ["true"]}


def agreed(book: Shelf, names: dict[str, object] | None = None, before: Any = None, read: tuple[str, ...] = ()) -> Any:
    """The result of reading these rows and ticking."""
    sight = Sight(names or {}, before)
    draft = KIND.draft(STEP, book, sight, {"read": list(read)})
    return KIND.answer(STEP, book, replace(sight, draft=draft), TICK, None, frozenset())


def test_only_what_has_changed_since_is_read_and_agreed_to_again() -> None:
    first = agreed(Shelf(contract="one", risk="two", fees="three"), read=("contract", "risk", "fees"))
    assert first.problems == ()
    later = Shelf(contract="one", risk="two and more", notice="new")
    sight = Sight({}, first.data)
    assert KIND.news(STEP, later, sight) == {"contract": "same", "risk": "changed", "notice": "new"}
    assert [(p.code, p.params) for p in agreed(later, before=first.data, read=("risk",)).problems] == [
        ("read_first", {"count": 1})
    ]
    again = agreed(later, before=first.data, read=("risk", "notice"))
    assert again.problems == ()
    assert [(one["id"], one["number"], one.get("kept")) for one in again.data["agreements"]] == [
        ("contract", "contract-3", True), ("risk", "risk-12", None), ("notice", "notice-3", None),
    ]  # fmt: skip
    assert [record["at"] for record in again.records] == ["risk", "notice"]


def test_a_text_that_is_the_same_in_another_row_need_not_be_read_again() -> None:
    first = agreed(Shelf(contract="one"), read=("contract",))
    moved = Shelf(contract="one")
    moved.lists = {"all": AgreementList("all", "All", (Listed("other_row", "contract"), Listed("twice", "contract")))}
    assert KIND.news(STEP, moved, Sight({}, first.data)) == {"other_row": "same", "twice": "same"}
    assert agreed(moved, before=first.data).problems == ()


def test_a_draft_of_a_text_that_has_changed_meanwhile_does_not_count() -> None:
    """The case has moved to another edition between reading and ticking."""
    old = KIND.draft(STEP, Shelf(contract="one"), Sight({}), {"read": ["contract"], "shown": ["s"], "at": ["t"]})
    assert KIND.read_already(STEP, Shelf(contract="one"), Sight({}, draft=old)) == {"contract"}
    assert KIND.read_already(STEP, Shelf(contract="two"), Sight({}, draft=old)) == frozenset()
    assert KIND.marks(STEP, Shelf(contract="one"), Sight({}, draft={"read": ["contract", "a b", "contract x y z"]})) == {}


def test_a_text_that_says_another_answer_is_another_text() -> None:
    """What was agreed to is the text with the client's own class in it."""
    book = Shelf(match="您的等级为 {{ questions.level }}，姓名 {{ client.name }}", plain="one")
    c3, c4 = ({"questions.level": level, "client.name": "样本"} for level in ("C3", "C4"))
    first = agreed(book, c3, read=("match", "plain"))
    assert ["filled" in one for one in first.data["agreements"]] == [True, False]
    assert KIND.news(STEP, book, Sight(c3, first.data)) == {"match": "same", "plain": "same"}
    assert KIND.news(STEP, book, Sight(c4, first.data)) == {"match": "changed", "plain": "same"}


async def test_the_page_says_what_has_changed_and_folds_away_the_rest(town: Town) -> None:
    """A reviewer sends the case back, and meanwhile one text of its edition is another."""
    phone = await at_papers(town)
    await (await phone.read_all()).post(agree="true", _go="next")
    number = phone.number
    from banli.engine import commands

    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", seen=seen, reasons=("agreements_again",)))
    await phone.get(f"/8001/cases/{number}/agreements")
    assert (len(read_rows(phone)), "没有变更" in phone.text, phone.text.count("已同意")) == (11, False, 11)
    held = await town.parts.caseload.find(number=number)
    assert held is not None
    texts = held.edition.agreements
    risk = replace(texts["risk_disclosure"], number="YB-FXSM-2026-02", digest="0" * 64)
    object.__setattr__(held.edition, "agreements", {**texts, "risk_disclosure": risk})
    await phone.get(f"/8001/cases/{number}/agreements")
    assert "您同意之后有 1 份协议变更或新增" in phone.text
    assert "没有变更、您已同意的协议：10 份" in phone.text
    assert [row for row in hrefs(phone) if row not in read_rows(phone)] == ["risk_disclosure"]
    await phone.post(agree="true", _go="next")
    assert phone.status == 422
    await (await phone.read_all()).post(agree="true", _go="next")
    assert phone.step == "", phone.text
    held = await town.parts.caseload.find(number=number)
    assert held is not None
    said = held.case.results["agreements"].data["agreements"]
    assert [one["id"] for one in said if not one.get("kept")] == ["risk_disclosure"]


# ------------------------------------------------------------------ rows that apply


def test_a_row_can_ask_about_the_rows_of_a_list() -> None:
    """`settlement.cards.exists(c, c.bank == "icbc")`: on the server as in the browser."""
    cards = {"type": "array", "items": {"type": "object", "properties": {"bank": {"enum": ["icbc", "bocom"]}}}}
    names = {"settlement.cards": type_of(cards)}
    asked = compile('settlement.cards.exists(c, c.bank == "icbc")', Scope(names, FUNCTIONS))
    assert not isinstance(asked, list)
    told = [[{"bank": "bocom"}, {"bank": "icbc"}], [{"bank": "bocom"}], [], None]
    assert ([asked.holds({"settlement.cards": cards}) for cards in told], asked.in_browser) == ([True, False, False, False], True)


async def test_the_second_company_lists_what_applies_to_its_client(town: Town) -> None:
    """Order, conditions and least times of a company's own list."""
    held = town.parts.editions.now("8002", "basic_info_change").edition
    assert [(row.id, row.when, row.read.seconds) for row in held.lists["basic_info_change"].items] == [
        ("customer_notice", "", 0), ("brokerage_contract", "", 0), ("risk_disclosure", "", 5),
        ("high_risk_warning", 'client.investor_type != "professional"', 0), ("certificate_user", "", 0),
        ("professional_addendum", 'client.investor_type == "professional"', 0), ("fee_schedule", "", 0),
        ("bank_icbc", 'client.bank == "icbc"', 0), ("bank_bocom", 'client.bank == "bocom"', 0),
    ]  # fmt: skip


# ------------------------------------------------------------------ texts


def said(text: str, format: str, **names: Any) -> str:
    given = {"client": names, "company": {"name": "样本"}}
    return str(Wording(Translator("zh_CN", {}, {}), {}, given).agreement(Agreement("a", "A", "1", "notice", text, format, "")))


def test_what_stands_on_file_is_a_word_in_a_text_and_never_a_sign_of_it() -> None:
    odd = "甲*乙*_丙_ [x](javascript:1) <b>`\n# 丁"
    html = said("姓名：{{ client.name }}。\n\n- **{{ company.name }}**", "markdown", name=odd)
    assert html == ("<p>姓名：甲*乙*_丙_ [x](javascript:1) &lt;b&gt;` # 丁。</p>\n<ul>\n<li><strong>样本</strong></li>\n</ul>\n")


def test_html_is_shown_without_anything_that_runs_loads_styles_or_leads_away() -> None:
    """The checker refuses it; an edition that was sealed before it did is shown without it all the same."""
    html = said(
        '<h2 onclick="x()" style="color:red" class="bar">一</h2><script>alert(1)</script><style>p{}</style><img src="//x">'
        '<a href="javascript:x()">二</a><a href="tel:4000000000">三</a><iframe src="//x">四</iframe><p>{{ client.name }}</p>'
        '<table><tr><td colspan="2">五</td></tr></table><form action="//x"><button>六</button></form><!-- 七 --><svg><a>八</a></svg>',
        "html",
        name="<script>九</script>",
    )
    assert html == (
        '<h2>一</h2><a rel="noopener noreferrer">二</a><a href="tel:4000000000" rel="noopener noreferrer">三</a>四<p>&lt;script&gt;九&lt;/script&gt;</p>'
        '<table><tbody><tr><td colspan="2">五</td></tr></tbody></table>六'
    ), html


# ------------------------------------------------------------------ PDFs


async def test_a_pdf_is_shown_page_by_page_with_its_words_for_those_who_listen(town: Town) -> None:
    phone = await at_papers(town, "8002")
    await phone.get(hrefs(phone)["fee_schedule"])
    edition = town.parts.editions.now("8002", "basic_info_change").edition
    digest = edition.agreements["fee_schedule"].digest
    assert (phone.status, edition.agreements["fee_schedule"].pages) == (200, 2)
    pictures = re.findall(r'<img src="([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]+)"( loading="lazy")?', phone.page)
    assert pictures == [
        (f"/8002/papers/{digest}/1", "1240", "1754", "第 1 页，共 2 页", ""),
        (f"/8002/papers/{digest}/2", "1240", "1754", "第 2 页，共 2 页", ' loading="lazy"'),
    ]
    assert "手续费在每笔成交后从期货账户中扣除" in phone.text
    assert "下载 PDF（40 kB）" in phone.text
    for src, *_ in pictures:
        answer = await phone.client.get(src)
        content = await answer.get_data(as_text=False)
        about = (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"])
        assert about == (200, "image/png", "public, max-age=31536000, immutable")
        assert (content[:4], len(content) < 80_000) == (b"\x89PNG", True)
    answer = await phone.client.get(f"/8002/papers/{digest}.pdf")
    assert await answer.get_data(as_text=False) == PDF.read_bytes()
    for path in (f"{digest}/3", f"{digest}/0", f"{'0' * 64}/1", f"{'0' * 64}.pdf", "..%2f..%2fkeys.json", f"{digest.upper()}/1"):
        assert (await phone.client.get(f"/8002/papers/{path}")).status_code == 404, path
    assert (await phone.client.get(f"/9999/papers/{digest}/1")).status_code == 404


async def test_an_old_edition_shows_its_pdf_when_the_file_is_gone(app_template: Path, tmp_path: Path, clock: Any) -> None:
    """The first case of an edition seals it, and the PDFs that it names by digest."""
    root = tmp_path / "site"
    for folder in ("definitions", "themes"):
        shutil.copytree(bundled() / folder, root / folder)
    shutil.copytree(app_template, tmp_path / "var")
    async with open_app(tmp_path / "var", clock, root) as town:
        phone = await at_papers(town, "8002")
        (root / "definitions/companies/8002/agreements/fee_schedule.pdf").unlink()
        shutil.rmtree(tmp_path / "var/cache/papers", ignore_errors=True)
        await phone.get(hrefs(phone)["fee_schedule"])
        src = re.findall(r'<img src="([^"]+)"', phone.page)
        assert [(await phone.client.get(one)).status_code for one in src] == [200, 200]


def broken_pdfs() -> dict[str, bytes]:
    whole = PDF.read_bytes()
    return {
        "not-a-pdf": b"PK\x03\x04" + whole,
        "broken": whole[: len(whole) // 3],
    }


@pytest.mark.parametrize("code", broken_pdfs())
def test_a_file_that_is_no_pdf_to_show_is_told(code: str) -> None:
    with pytest.raises(Unreadable) as told:
        look(broken_pdfs()[code])
    assert told.value.code == code


async def test_what_cannot_be_drawn_does_not_hold_up_the_next(tmp_path: Path) -> None:
    press = Press(tmp_path)

    def of(content: bytes) -> Callable[[], Any]:
        async def load() -> bytes:
            return content

        return load

    with pytest.raises(Unreadable):
        await press.leaves("bad", of(b"%PDF-1.7 nothing"))
    assert not (tmp_path / "bad").exists()
    assert [leaf.pixels for leaf in await press.leaves("good", of(PDF.read_bytes()))] == [(1240, 1754)] * 2
    with pytest.raises(IndexError):
        await press.picture("good", 3, of(PDF.read_bytes()))


# ------------------------------------------------------------------ one number for one text


def test_a_changed_text_under_a_number_that_was_published_is_told_with_its_place() -> None:
    """Over all companies, whatever was changed back and forth between two publications."""
    library = Library.read(bundled() / "definitions", kinds_of(open_site(bundled())))
    old = [library.bundle(company, "basic_info_change") for company in ("8001", "8002")]
    before = [{number: Earlier(digest) for number, digest in numbers_of(bundle).items()} for bundle in old]
    both = {**before[0], **before[1]}
    new = json.loads(json.dumps(old[1]))
    view = library.view("8002")
    assert changed_under_old_number(both, new, view) == []
    new["agreements"]["risk_disclosure"]["text"] += "另一句。"
    new["agreements"]["fee_schedule"]["paper"]["sha256"] = "0" * 64
    told = [str(mistake) for mistake in changed_under_old_number(before[0], new, view)]
    was, now = (numbers_of(bundle)["YB-FXSM-2026-01"][:12] for bundle in (old[0], new))
    assert told == [
        "definitions/agreements/risk_disclosure.yaml:4:9: number-published: Agreement 'risk_disclosure' (期货交易风险说明书): its "
        f"number 'YB-FXSM-2026-01' has stood for another text. The digest of that text begins with {was}, that of this one with "
        f"{now}. Give the changed text a new number, or bring the old text back."
    ]
    assert len(changed_under_old_number(both, new, view)) == 2
    new["agreements"]["risk_disclosure"]["number"] = "YB-FXSM-2026-02"
    new["agreements"]["fee_schedule"]["number"] = "QH-SF-2026-02"
    assert changed_under_old_number(both, new, view) == []


def test_the_number_of_a_pdf_stands_for_its_bytes() -> None:
    kinds = kinds_of(open_site(bundled()))
    bundle = Library.read(bundled() / "definitions", kinds).bundle("8002", "basic_info_change")
    text = open_edition(bundle, kinds).agreements["fee_schedule"]
    assert numbers_of(bundle)["QH-SF-2026-01"] == text.digest == look_digest()
    assert bundle["agreements"]["fee_schedule"]["paper"] == {"sha256": look_digest(), "bytes": PDF.stat().st_size, "pages": 2}


def look_digest() -> str:
    import hashlib

    return hashlib.sha256(PDF.read_bytes()).hexdigest()


def test_papers_is_what_the_application_reads_with(town: Town) -> None:
    assert isinstance(town.parts.papers, Papers)
