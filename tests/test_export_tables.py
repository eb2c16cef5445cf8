"""A form for people who read no YAML: a workbook, a page to print, a code list; and the sentences of the command."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from banli.cli import main
from banli.definitions.build import build_dictionary
from banli.definitions.model import Field, Option
from banli.definitions.source import Source
from banli.exchange.listing import Lister
from banli.exchange.printing import page
from banli.exchange.tables import as_csv, as_xlsx, dictionary_table, form_tables
from banli.exchange.words import Teller
from banli.i18n import Catalogues, Translator
from banli.sites import open_site
from exchange_kit import page_of

CHINESE = Catalogues(open_site()).translator("zh_CN")
PLAIN = Translator("en", {}, {})
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))

    def call(*words: str):
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return call


def sheets(content: bytes) -> list[list[list[str]]]:
    """The texts of a workbook, by sheet, line and cell. No cell may hold a formula."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(part.text or "" for part in one.iter(f"{MAIN}t")) for one in strings]
        for name in sorted(one for one in book.namelist() if one.startswith("xl/worksheets/sheet")):
            sheet = ElementTree.fromstring(book.read(name))
            assert not list(sheet.iter(f"{MAIN}f"))
            lines = []
            for row in sheet.iter(f"{MAIN}row"):
                cells = [(one.get("t"), one.findtext(f"{MAIN}v") or "") for one in row]
                lines.append([texts[int(value)] if kind == "s" else value for kind, value in cells])
            found.append(lines)
    return found


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_business_people_get_the_questions_of_a_company_as_a_workbook(run, tmp_path: Path) -> None:
    """In order, with kind, options, limits, conditions in words and as they are written, and the file and line of each."""
    target = tmp_path / "other_info.xlsx"
    told = run("export", "form", "other_info", "--as", "xlsx", "--company", "8002", "--output", str(target))
    assert (told.exit_code, told.output) == (0, f"wrote {target}\n")
    questions, rules = sheets(target.read_bytes())
    assert questions[0] == [
        "序号", "分组", "数据中的名称", "问题", "类型", "是否必填", "选项", "限制", "何时填写", "条件", "对应的登记资料", "提示", "个人信息",
        "定义所在位置",
    ]  # fmt: skip
    lines = {line[2]: line for line in questions[1:]}
    assert list(lines)[:3] == ["contact_province", "contact_city", "contact_address"]
    assert "employer_type" not in lines
    assert lines["pep_detail"][8:10] == [
        "“您的政要人物关系为”已填写，且“您的政要人物关系为”不为“无关系”", 'pep_relation != null && pep_relation != "none"',
    ]  # fmt: skip
    assert lines["pep_detail"][5:8] == ["显示时必填", "", "至少2个字\n最多200个字"]
    assert lines["trade_purpose"][4] == "多选"
    assert lines["trade_purpose"][13].startswith("definitions/companies/8002/forms/other_info.yaml:")
    assert lines["contact_city"][13].startswith("definitions/forms/other_info.yaml:")
    assert "… " not in lines["education"][6]
    assert lines["contact_city"][6].endswith("项，见字典city")
    assert [line[:3] for line in rules[1:3]] == [
        ["unchanged", "不能继续", "没有任何修改"], ["beneficiary_at_the_counter", "不能继续", "“您的账户交易实际受益人为”为“其他”"],
    ]  # fmt: skip


EVIL = '=HYPERLINK("http://x","y")'


def evil_form() -> dict[str, Any]:
    return {
        "title": "<script>alert(1)</script>",
        "help": "</style><img src=x onerror=alert(1)>",
        "schema": {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"title": EVIL, "enum": ["+1", "@x", "<b>"]},
                "b": {"title": "B", "type": "string", "pattern": "^<i>$"},
                "rows": {
                    "title": "Rows",
                    "type": "array",
                    "items": {"type": "object", "properties": {"c": {"title": "C", "type": "integer", "maximum": 9}}},
                },
            },
        },
        "layout": ["a", {"b": {"hint": '"><svg onload=1>', "when": 'a == "<b>"'}}, {"note": {"text": "<!--"}}, "rows"],
        "refuse": [{"r": {"when": 'a == "+1"', "text": "<script>"}}],
    }


def test_what_authors_write_is_text_in_a_workbook_and_never_a_formula() -> None:
    data = evil_form()
    lister = Lister(page_of(data).form, Source("forms/page.yaml", data), PLAIN)
    content = as_xlsx(form_tables(lister))
    questions, _ = sheets(content)
    assert [line[2:5] for line in questions[1:]] == [
        ["a", EVIL, "choice"], ["b", "B", "line of text"], ["rows", "Rows", "list of rows"], ["rows[].c", "    C", "number"],
    ]  # fmt: skip


def test_a_page_to_print_holds_no_script_and_escapes_all_that_authors_write() -> None:
    data = evil_form()
    text = page(Lister(page_of(data).form, Source("forms/page.yaml", data), PLAIN), "<footer>")
    tags = Tags()
    tags.feed(text)
    assert tags.seen <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "span", "ul", "li", "footer"}
    assert tags.attributes <= {"lang", "charset", "name", "content", "class"}
    assert "Only when: “" in text


def test_a_page_to_print_shows_what_a_client_is_asked(run) -> None:
    shown = run("export", "form", "contact_phone", "--as", "html").stdout
    assert shown.startswith('<!doctype html>\n<html lang="zh-CN">')
    for part in (
        "基本信息资料",
        '联系电话 <span class="must">(必填)</span>',
        "手机号需要获取验证码",
        "您未修改任何信息",
        "没有任何修改 (不能继续)",
    ):
        assert part in shown
    english = run("export", "form", "other_info", "--as", "html", "--language", "en").stdout
    assert '<html lang="en">' in english
    assert "Only when: " in english


WORDS = [
    ('kind == "a"', "“Kind” is “The first”"),
    ('kind != "a" && !(kind == "b")', "“Kind” is not “The first”, and “Kind” is not “b”"),
    ('!(kind == "a" && yes == true)', "“Kind” is not “The first”, or “Yes” is not “Yes”"),
    ('kind in ["a", "b"] || many == null', "“Kind” is one of “The first” / “b”, or “Many” is not answered"),
    (
        '"a" in many && (size(many) > 1 || yes)',
        "“Many” has “The first”, and (the number in “Many” is more than 1, or “Yes” is “Yes”)",
    ),
    ("client.age >= 18 && !yes", "“Age” on file is at least 18, and “Yes” is “No”"),
    ("!changed", "nothing was changed"),
    ('section == "x" && today < "2027-01-01"', "section is “x”, and today is less than “2027-01-01”"),
    ('many.exists(m, m == "a")', ""),
    ("not CEL at all (", ""),
]


@pytest.mark.parametrize("text, said", WORDS)
def test_a_condition_is_said_in_words(text: str, said: str) -> None:
    options = (Option("a", "The first"), Option("b", "b"))
    fields = {
        "kind": Field("kind", "choice", "Kind:", {"type": "string"}, choices=options),
        "many": Field("many", "choice", "Many", {"type": "array"}, choices=options),
        "yes": Field("yes", "yes_no", "Yes", {"type": "boolean"}),
    }
    assert Teller(PLAIN, fields, {"age": "Age"}).tell(text) == said


def test_a_code_list_goes_out_with_the_codes_of_other_systems(run) -> None:
    shown = run("export", "dictionary", "education", "--as", "csv").stdout
    lines = list(csv.reader(io.StringIO(shown.removeprefix("\ufeff"))))
    assert lines[:2] == [
        ["代码", "名称", "上级代码", "不可与其他选项同选", "已停用", "counter", "gbt_4658"],
        ["master", "硕士及以上", "", "", "", "2", "10"],
    ]


def test_a_code_list_computes_nothing_in_a_spreadsheet() -> None:
    data = {
        "title": "T",
        "items": [{"code": "=1+1", "text": "@SUM(A1)", "retired": True}, {"code": "b", "text": "plain"}],
        "maps": {"-x": {"b": "+2"}},
    }
    table = dictionary_table(build_dictionary("t", data), PLAIN)
    lines = list(csv.reader(io.StringIO(as_csv(table).removeprefix("\ufeff"))))
    assert [cell for line in lines for cell in line if cell[:1] in ("=", "+", "-", "@")] == []
    assert lines[1][:2] == ["'=1+1", "'@SUM(A1)"]
    assert sheets(as_xlsx([table]))[0][1][:2] == ["=1+1", "@SUM(A1)"]


def test_a_schema_is_told_what_it_cannot_say(run) -> None:
    found = run("export", "form", "contact_phone", "--as", "json-schema")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["properties"] == {
        "contact_phone": {
            "title": "联系电话", "$comment": "pii", "type": "string", "format": "cn-phone",
            "pattern": "^(1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8}(-[0-9]{1,6})?)$",
        }
    }  # fmt: skip
    assert found.stderr.startswith("definitions/forms/contact_phone.yaml:")
    assert ": rule: The rule 'unchanged' cannot be said: 'changed' is not in the data of the form." in found.stderr


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["form", "other_inf", "--as", "html"], "There is no form 'other_inf'. Did you mean 'other_info'?"),
        (["dictionary", "nothing_like_it", "--as", "csv"], "There is no dictionary 'nothing_like_it'."),
        (["form", "login", "--as", "html", "--company", "8009"], "There is no company '8009'. Did you mean '8003'?"),
        (["form", "login", "--as", "html", "--language", "fr"], "The site has no language 'fr'. It has: zh_CN, en."),
    ],
)
def test_what_is_not_there_gets_one_sentence(run, words: list[str], sentence: str) -> None:
    found = run("export", *words)
    assert (found.exit_code, found.stderr) == (1, f"Error: {sentence}\n")


def test_without_the_library_the_command_says_what_to_install(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    found = run("export", "form", "login", "--as", "xlsx")
    assert (found.exit_code, found.stderr) == (1, "Error: Workbooks need XlsxWriter: pip install 'banli[xlsx]'.\n")
