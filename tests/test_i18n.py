"""Catalogues: complete, negotiated, and never in the way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from banli.i18n import BUILT_IN, Catalogues, extract, read_po
from banli.sentences import SENTENCES, fill
from banli.sites import Site, bundled

ROOT = bundled()
SOURCE = ROOT / "platform" / "banli"
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def catalogues(tmp_path: Path) -> Catalogues:
    return Catalogues(Site(ROOT, tmp_path / "var", "", ""), ("zh_CN", "en"))


def chinese() -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for path in sorted((BUILT_IN / "zh_CN" / "LC_MESSAGES").glob("*.po")):
        found |= read_po(path, "zh_CN")
    return found


def test_every_sentence_of_the_program_has_its_chinese() -> None:
    said, known = extract([SOURCE, ROOT / "themes"]), chinese()
    assert {msgid: places for msgid, places in said.items() if msgid not in known} == {}


def test_no_translation_is_left_over_or_loses_a_placeholder() -> None:
    said, known = extract([SOURCE, ROOT / "themes"]), chinese()
    assert [msgid for msgid in known if msgid not in said] == []
    forms = [(m, text) for m, texts in known.items() for text in ([texts] if isinstance(texts, str) else texts)]
    assert [m for m, text in forms if set(PLACES.findall(m)) != set(PLACES.findall(text))] == []


def codes_in(path: Path) -> Iterator[str]:
    """The codes of problems that a module makes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            at = {"Problem": 1, "_no": 1, "no": 0, "add": 1}.get(name)
            if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
                yield str(node.args[at].value)


def test_every_problem_that_a_client_can_meet_has_a_sentence() -> None:
    rooms = ["fields", "steps", "engine"]
    files = [path for room in rooms for path in sorted((SOURCE / room).glob("*.py"))]
    files += [SOURCE / name for name in ("clients.py", "cases.py", "pictures.py")]
    codes = {code for path in files for code in codes_in(path) if re.fullmatch("[a-z_]+", code)}
    for path in sorted((SOURCE / "china").glob("[a-z]*.py")):
        codes |= set(re.findall(r'"((?:phone|id|name|validity)_[a-z_]+)"', path.read_text(encoding="utf-8")))
    store = (SOURCE / "store" / "codes.py").read_text(encoding="utf-8")
    codes |= {f"code_{said}" for said in re.findall(r'"(none|wrong|used_up|expired)"', store)}
    assert len(codes) > 60
    assert sorted(codes - set(SENTENCES)) == []


def test_params_fill_a_sentence_and_a_missing_one_leaves_no_braces() -> None:
    assert fill(SENTENCES["too_long"], {"most": 9}) == "Please enter at most 9 characters."
    assert fill(SENTENCES["too_long"], {}) == "Please enter at most  characters."


@pytest.mark.parametrize(
    "wanted, accepted, chosen",
    [
        ("en", "zh-CN", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        (None, "zh-TW,en;q=0.5", "zh_CN"),
        (None, "fr,en-GB;q=0.7,zh;q=0.3", "en"),
        (None, "en;q=0,fr", "zh_CN"),
        ("klingon", "", "zh_CN"),
        (None, "*;q=x,,;;" * 200, "zh_CN"),
    ],
)
def test_the_language_follows_the_switch_and_then_the_browser(
    tmp_path: Path, wanted: str | None, accepted: str, chosen: str
) -> None:
    assert catalogues(tmp_path).choose(wanted, accepted) == chosen


def test_authors_texts_are_said_in_english_and_stay_as_written_in_chinese(tmp_path: Path) -> None:
    both = catalogues(tmp_path)
    assert both.translator("en").say("关闭") == "Close"
    assert both.translator("zh_CN").say("关闭") == "关闭"
    assert both.translator("en").say("没有翻译的句子") == "没有翻译的句子"
    assert [both.translator(language).say(word) for language in ("zh_CN", "en") for word in ("Yes", "No", "Agreed")] == [
        "是", "否", "已同意", "Yes", "No", "Agreed",
    ]  # fmt: skip
    assert both.translator("zh_CN").gettext("Please fill this in.") == "请填写此项。"


def test_a_second_start_reads_the_same_from_the_cache(tmp_path: Path) -> None:
    first = catalogues(tmp_path).translator("en")
    assert list((tmp_path / "var" / "cache").glob("catalogues-*.json"))
    again = catalogues(tmp_path).translator("en")
    assert (again.words, again.site) == (first.words, first.site)
