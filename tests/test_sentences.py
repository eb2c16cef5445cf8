"""The words of the fixed pages: every code that can be given words is read somewhere, and every one that is read is known."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import yaml

from banli.definitions.library import Library
from banli.errors import Problem
from banli.hooks import Home, Plugin
from banli.i18n import Translator
from banli.mailing import EmailSend
from banli.parts import system_clock
from banli.plugins import Plugins, kinds
from banli.sentences import SENTENCES, TEXTS, WORDS, put
from banli.sites import bundled
from banli.themes import Wording
from definition_kinds import KINDS

ROOT = bundled()
SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
ASKED = re.compile(r"""\btext\(\s*["']([a-z_]+)["']""")
WORD = re.compile(r"""["']([a-z][a-z_]*)["']""")
TEMPLATES = [path for path in (ROOT / "themes").rglob("*.html") if "desk" not in path.parts]
PAGES = [*TEMPLATES, *(ROOT / "platform" / "banli" / "web").glob("*.py"), *(ROOT / "platform" / "banli").glob("c*.py")]


def found(pattern: re.Pattern[str], paths: list[Path]) -> set[str]:
    return {one[1] for path in paths for one in pattern.finditer(path.read_text(encoding="utf-8"))}


def read_by_somebody() -> set[str]:
    """The codes that the pages' templates and the program speak of."""
    known = {"agreed", "earlier_refused"}  # the last comes from the engine, as a delivery's outcome
    return found(WORD, PAGES) | known | set(EmailSend.says)


def test_every_code_that_a_page_asks_for_can_be_given_words_and_no_other() -> None:
    """C-33"""
    assert sorted(found(ASKED, PAGES) - WORDS) == []
    assert sorted(set(TEXTS) - read_by_somebody()) == []
    assert sorted(set(TEXTS) & set(SENTENCES)) == []


def test_no_page_of_clients_has_words_that_nobody_can_choose() -> None:
    """A word that stands in a template, or that the program asks the catalogue for, has no code."""
    own = [path for path in PAGES if not path.name.startswith("desk") and path.name != "watch.py"]
    calls = re.compile(r"""(?<![\w.])_\(["'][^"']*[A-Za-z]|gettext\(""")  # a sign such as ": " is no word
    assert [path.name for path in own if calls.search(path.read_text(encoding="utf-8"))] == []
    between = re.compile(r">([^<>{}=&]*[A-Za-z]{2}[^<>{}=&]*)<")
    plain = {
        path.name: re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        for path in TEMPLATES
    }
    assert {name: between.findall(text) for name, text in plain.items() if between.search(text)} == {}


def test_an_author_who_changes_a_text_of_the_example_site_changes_a_page() -> None:
    """C-33"""
    files = [ROOT / "definitions" / "site.yaml", *(ROOT / "definitions" / "companies").glob("*/company.yaml")]
    codes = {code for path in files for code in yaml.safe_load(path.read_text(encoding="utf-8")).get("texts", {})}
    assert sorted(codes - read_by_somebody() - set(SENTENCES)) == []


def test_a_company_can_put_every_sentence_into_words_of_its_own(tmp_path: Path) -> None:
    """C-33: also those that site.yaml does not mention."""
    site = tmp_path / "definitions"
    shutil.copytree(SITE, site)
    company = site / "companies" / "1001" / "company.yaml"
    words = "".join(f"  {code}: 请重试\n" for code in sorted(WORDS))
    company.write_text(f"{company.read_text(encoding='utf-8')}\ntexts:\n{words}", encoding="utf-8")
    assert [str(mistake) for mistake in Library.read(site, KINDS).mistakes] == []


def test_the_problems_of_a_plugin_can_be_put_into_words_while_it_is_active(tmp_path: Path) -> None:
    class Acme(Plugin):
        name = "acme"
        words: ClassVar[Mapping[str, str]] = {"iban_country": ""}

    site = tmp_path / "definitions"
    shutil.copytree(SITE, site)
    text = (site / "site.yaml").read_text(encoding="utf-8").replace("texts: {", "texts: {iban_country: 请填写德国账号, ")
    (site / "site.yaml").write_text(text, encoding="utf-8")
    active = replace(KINDS, codes=kinds(Plugins([Acme({}, Home(tmp_path, system_clock, True, site))]), {}).codes)
    assert Library.read(site, active).mistakes == ()
    assert [mistake.code for mistake in Library.read(site, KINDS).mistakes] == ["unknown-text"]


def test_the_numbers_of_a_problem_stand_in_a_companys_own_sentence() -> None:
    """C-33"""
    names = {"company": {"short_name": "甲{most}公司"}}
    wording = Wording(Translator("zh_CN", {}, {}), {"too_long": "{{ company.short_name }}：最多{most}个字"}, names)
    assert wording.problem(Problem("f", "too_long", {"most": 9})) == "甲9公司：最多9个字"
    assert put("{most}{other}{{most}}{0}{a.b}{", {"most": 9}) == "9{{most}}{0}{a.b}{"
