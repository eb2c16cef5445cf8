"""The words of the fixed pages: every code that can be given words is read somewhere, and every one that is read is known."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from banli.definitions.check import check_site
from banli.errors import Problem
from banli.hooks import Home, Plugin
from banli.i18n import Translator
from banli.parts import system_clock
from banli.plugins import Plugins, kinds
from banli.sentences import SENTENCES, TEXTS, WORDS, put
from banli.sites import bundled
from banli.themes import Wording
from definition_kinds import KINDS

ROOT = bundled()
SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
READ = re.compile(r"""\btext\(\s*["']([a-z_]+)["']|\btexts\(\w+\)\.get\(\s*["']([a-z_]+)["']""")


def read_by_somebody() -> set[str]:
    """The codes that the pages' templates and the program ask for."""
    files = [*(ROOT / "platform" / "banli").rglob("*.py"), *(ROOT / "themes").rglob("*.html")]
    asked = (found for path in files for found in READ.finditer(path.read_text(encoding="utf-8")))
    return {found[1] or found[2] for found in asked}


def test_every_code_that_a_page_asks_for_can_be_given_words_and_no_other() -> None:
    """C-33"""
    assert sorted(read_by_somebody() - set(SENTENCES)) == sorted(TEXTS)
    assert sorted(TEXTS & set(SENTENCES)) == []


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
    assert [str(mistake) for mistake in check_site(site, KINDS)] == []


def test_the_problems_of_a_plugin_can_be_put_into_words_while_it_is_active(tmp_path: Path) -> None:
    class Acme(Plugin):
        name = "acme"
        codes = ("iban_country",)

    site = tmp_path / "definitions"
    shutil.copytree(SITE, site)
    text = (site / "site.yaml").read_text(encoding="utf-8").replace("texts: {", "texts: {iban_country: 请填写德国账号, ")
    (site / "site.yaml").write_text(text, encoding="utf-8")
    active = replace(KINDS, codes=kinds(Plugins([Acme({}, Home(tmp_path, system_clock, True, site))]), {}).codes)
    assert check_site(site, active) == []
    assert [mistake.code for mistake in check_site(site, KINDS)] == ["unknown-text"]


def test_the_numbers_of_a_problem_stand_in_a_companys_own_sentence() -> None:
    """C-33"""
    names = {"company": {"short_name": "甲{most}公司"}}
    wording = Wording(Translator("zh_CN", {}, {}), {"too_long": "{{ company.short_name }}：最多{most}个字"}, names)
    assert wording.problem(Problem("f", "too_long", {"most": 9})) == "甲9公司：最多9个字"
    assert put("{most}{other}{{most}}{0}{a.b}{", {"most": 9}) == "9{{most}}{0}{a.b}{"
