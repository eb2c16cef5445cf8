"""What the suitability assessment and the statement of tax residency ask of the language, on small sites of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from banli.definitions.checks.texts import read_texts
from banli.definitions.library import Library
from banli.fields.choices import offered
from definition_kinds import KINDS
from pocket import walk
from schema_kit import Page

SUBMIT = "  - submit: {text: 已提交}\n"
STOPPED = {
    "flows/trial.yaml": "title: 测评\nlogin: login\nsteps:\n"
    '  - notice: {id: needless, title: 无需办理, when: client.risk_class == "C5", text: 您无需办理, stop: true}\n'
    "  - notice: {id: begin, title: 须知, text: 请如实回答}\n" + SUBMIT
}
LANDS = {"lands": {"items": [{"code": "CN", "text": "中国"}, {"code": "US", "text": "美国"}, {"code": "GB", "text": "英国"}]}}


# a notice that nobody goes on from


def test_whom_a_notice_stops_reads_why_and_cannot_go_on(tmp_path: Path) -> None:
    client = walk(tmp_path, STOPPED, {"name": "样本甲", "risk_class": "C5"})
    assert client.current == "needless"
    assert [p.code for p in client.answer("needless").problems] == ["stops_here"]
    assert [p.code for p in client.answer("begin").problems] == ["step_not_open"]
    assert (client.current, client.case.state) == ("needless", "open")


def test_others_do_not_see_the_notice_that_stops(tmp_path: Path) -> None:
    client = walk(tmp_path, STOPPED, {"name": "样本甲", "risk_class": "C3"})
    assert client.current == "begin"
    client.answer("begin")
    assert client.case.state == "submitted"


# options that a question excludes


@pytest.mark.parametrize(
    ("beside", "left"),
    [({"not": {"const": "CN"}}, ["US", "GB"]), ({"not": {"enum": ["CN", "GB"]}}, ["US"]), ({"enum": ["GB", "CN"]}, ["CN", "GB"])],
)
def test_an_option_that_the_questions_own_schema_excludes_is_not_offered(beside: dict[str, object], left: list[str]) -> None:
    page = Page({"properties": {"land": {"title": "国家", "$ref": "dictionary:lands", **beside}}}, dictionaries=LANDS)
    [land] = page.form.fields
    assert [option.code for option in offered(land)] == left
    assert [p.code for p in page.reader.read({"land": ["US"]}, {"today": ""}).problems] == ([] if "US" in left else ["choice"])


def test_of_several_options_the_excluded_ones_are_not_offered_either() -> None:
    items = {"$ref": "dictionary:lands", "not": {"const": "CN"}}
    page = Page({"properties": {"lands": {"title": "国家", "type": "array", "items": items}}}, dictionaries=LANDS)
    [lands] = page.form.fields
    assert [option.code for option in offered(lands)] == ["US", "GB"]
    assert page.reader.read({"lands": ["US", "GB"]}, {"today": ""}).values == {"lands": ["US", "GB"]}


# what is only shown


def test_what_is_only_shown_changes_nothing_when_it_is_hidden() -> None:
    page = Page(
        {"properties": {"sort": {"type": "string", "enum": ["a", "b"]}, "born": {"title": "出生日期", "type": "string"}}},
        ["sort", {"born": {"prefill": "client.born", "read_only": True, "when": 'sort == "a"'}}],
        record={"born": {"type": "string"}},
    )
    outer = {"client.born": "1995-08-13", "today": "2026-11-24"}
    for sort in ("a", "b"):
        reading = page.reader.read({"sort": [sort]}, outer)
        assert (reading.problems, page.reader.changed(reading.values, outer)) == ((), {})


# the same thing in two rows


def test_the_same_country_twice_is_told_in_the_authors_words() -> None:
    rows = {"type": "array", "items": {"type": "object", "properties": {"land": {"title": "国家", "$ref": "dictionary:lands"}}}}
    layout = [{"lands": {"prefill": "client.lands", "key": "land", "entries": [{"land": {"errors": {"twice": "只能填写一次"}}}]}}]
    page = Page({"properties": {"lands": rows}}, layout, record={"lands": rows}, dictionaries=LANDS)
    raw = {"lands.0.land": ["US"], "lands.1.land": ["US"], "lands.2.land": ["GB"]}
    assert [(p.at, p.code, p.text) for p in page.reader.read(raw, {"today": ""}).problems] == [
        ("lands.1.land", "twice", "只能填写一次")
    ]


# catalogues side by side


def test_translations_may_lie_in_several_files(tmp_path: Path) -> None:
    """One file for each business: a text that stands in any of them is translated; a broken one is named."""
    folder = tmp_path / "definitions"
    for path in (*(Path(__file__).parent / "broken" / "_site" / "definitions").rglob("*"),):
        if path.is_file():
            there = folder / path.relative_to(Path(__file__).parent / "broken" / "_site" / "definitions")
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(path.read_bytes())
    text = (folder / "site.yaml").read_text(encoding="utf-8")
    (folder / "site.yaml").write_text(text.replace("languages: [zh_CN]", "languages: [zh_CN, en]"), encoding="utf-8")
    sources = Library.read(folder, KINDS).sources.values()
    texts = sorted({text for source in sources for _, text in read_texts(source.data)})
    catalogues = folder / "locales" / "en" / "LC_MESSAGES"
    catalogues.mkdir(parents=True, exist_ok=True)
    half = len(texts) // 2
    for name, part in (("site", texts[:half]), ("change", texts[half:])):
        lines = [f"msgid {_quoted(text)}\nmsgstr {_quoted(text)}\n" for text in ("", *part)]
        (catalogues / f"{name}.po").write_text("\n".join(lines), encoding="utf-8")
    assert [m for m in Library.read(folder, KINDS).mistakes if m.code == "translation"] == []
    (catalogues / "change.po").write_text('msgid "a\n', encoding="utf-8")
    assert {(m.code, m.place.file) for m in Library.read(folder, KINDS).mistakes} == {
        ("bad-catalogue", "definitions/locales/en/LC_MESSAGES/change.po")
    }


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
