"""What a new base changes beneath a company that has laid its own over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from banli.cli import main
from banli.definitions.differences.overrides import overridden
from banli.definitions.library import Library
from definition_kinds import KINDS

BASE = {
    "site.yaml": "title: S\ntexts: {login_title: 登录, abandon: 放弃}\n",
    "forms/a.yaml": """
title: 甲
schema:
  type: object
  required: [name, phone]
  properties: {name: {type: string, maxLength: 20}, phone: {type: string}, city: {type: string}}
layout:
  - name: {title: 姓名, hint: 全名}
  - group:
      id: more
      title: 更多
      entries:
        - phone: {title: 电话}
        - city
refuse:
  - same: {when: name == phone, text: 一样}
""",
    "flows/f.yaml": "title: 流程\nsteps:\n  - form: {id: a, title: 一}\n  - submit: {text: 好}\n",
    "dictionaries/d.yaml": "title: 丁\nversion: '1'\nitems:\n  - {code: x, text: 一}\n  - {code: y, text: 二}\n",
    "companies/9001/company.yaml": "name: 样本\ntexts: {abandon: 不办了}\n",
    "companies/9001/forms/a.yaml": """
schema:
  required: [name, phone, city]
  properties: {name: {maxLength: 10}, own: {type: string}}
layout:
  - name: {hint: 与证件一致}
  - phone: {title: 手机}
  - own: {after: city}
""",
    "companies/9001/flows/f.yaml": "steps:\n  - a: {title: 第一步}\n",
    "companies/9001/dictionaries/d.yaml": "items:\n  - {code: y, text: 贰}\n",
}
Laid = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path) -> Laid:
    """A site with some of its files written otherwise: pairs of old and new text."""

    def write(name: str, **edits: tuple[str, str]) -> Path:
        for file, text in BASE.items():
            path = tmp_path / name / "definitions" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"), encoding="utf-8")
        for at, (old, new) in edits.items():
            path = tmp_path / name / "definitions" / f"{at.rstrip('_').replace('__', '/')}.yaml"
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
        return tmp_path / name

    return write


def told(old: Path, new: Path) -> list[str]:
    libraries = [Library.read(path / "definitions", KINDS) for path in (old, new)]
    return [str(one) for one in overridden(libraries[0], libraries[1], libraries[1], "9001", ("old/", "new/"))]


def test_an_upgrade_that_touches_nothing_beneath_the_company_is_told_nothing_of(lay: Laid) -> None:
    new = lay("new", forms__a=("title: 甲", "title: 甲乙"), flows__f=("title: 流程", "title: 过程"))
    assert told(lay("old"), lay("same")) == []
    assert told(lay("old"), new) == []


def test_each_override_of_a_changed_value_is_told_with_all_three_places(lay: Laid) -> None:
    new = lay(
        "new", forms__a=("hint: 全名", "hint: 姓和名"), forms__a_=("maxLength: 20", "maxLength: 15"),
        forms__a__=("required: [name, phone]", "required: [name]"), flows__f=("title: 一", "title: 壹"),
        dictionaries__d=("text: 二", "text: 两"), site=("abandon: 放弃", "abandon: 终止"),
    )  # fmt: skip
    assert told(lay("old"), new) == [
        "definitions/companies/9001/company.yaml:2:18: base-changed: 'texts.abandon' lies over 放弃 "
        "(old/definitions/site.yaml:2:35), which is 终止 now (new/definitions/site.yaml:2:35). Look whether it is still meant.",
        "definitions/companies/9001/dictionaries/d.yaml:2:21: base-changed: 'items.y.text' lies over 二 "
        "(old/definitions/dictionaries/d.yaml:5:21), which is 两 now (new/definitions/dictionaries/d.yaml:5:21). "
        "Look whether it is still meant.",
        "definitions/companies/9001/flows/f.yaml:2:16: base-changed: 'steps.a.title' lies over 一 "
        "(old/definitions/flows/f.yaml:3:26), which is 壹 now (new/definitions/flows/f.yaml:3:26). Look whether it is still meant.",
        'definitions/companies/9001/forms/a.yaml:2:13: base-changed: \'schema.required\' lies over ["name", "phone"] '
        '(old/definitions/forms/a.yaml:4:13), which has no phone now (new/definitions/forms/a.yaml:4:13). '
        "Look whether it is still meant.",
        "definitions/companies/9001/forms/a.yaml:3:34: base-changed: 'schema.properties.name.maxLength' lies over 20 "
        "(old/definitions/forms/a.yaml:5:48), which is 15 now (new/definitions/forms/a.yaml:5:48). Look whether it is still meant.",
        "definitions/companies/9001/forms/a.yaml:5:18: base-changed: 'layout.name.hint' lies over 全名 "
        "(old/definitions/forms/a.yaml:7:29), which is 姓和名 now (new/definitions/forms/a.yaml:7:29). "
        "Look whether it is still meant.",
    ]  # fmt: skip


def test_what_is_gone_is_told_and_so_is_a_neighbour_that_is_gone(lay: Laid) -> None:
    new = lay(
        "new", forms__a=("        - city\n", ""), forms__a_=("        - phone: {title: 电话}", "        - other: {title: 电话}")
    )
    assert [line.partition("definitions/companies/9001/")[2] for line in told(lay("old"), new)] == [
        'forms/a.yaml:6:12: base-gone: \'layout.phone\' lies over {"title": "电话"} (old/definitions/forms/a.yaml:12:18), '
        "which is gone. Take it out, or say where it belongs now.",
        "forms/a.yaml:7:18: base-gone: 'layout.own' stands after 'city', which is gone (it was at "
        "old/definitions/forms/a.yaml:13:11). Name another neighbour.",
        "forms/a.yaml:7:18: unknown-neighbour: There is no 'city' to put 'own' after.",
    ]  # fmt: skip


def test_a_key_that_is_locked_now_and_a_value_that_the_base_has_now_too_are_told(lay: Laid) -> None:
    locked = lay("locked", forms__a=("title: 甲", "title: 甲\nlocked: [layout.name.hint]"))
    both = lay("both", forms__a=("city: {type: string}", "city: {type: string}, own: {type: number}"))
    assert [line.partition(" ")[2] for line in told(lay("old"), locked)] == [
        "locked: 'layout.name.hint' is locked in definitions/forms/a.yaml:2:10. Leave it as the base has it."]  # fmt: skip
    assert [line.partition(" ")[2] for line in told(lay("old"), both)] == [
        "base-new: 'schema.properties.own.type' is in the base now too: number (new/definitions/forms/a.yaml:5:110). "
        "Take it out where the base says the same."]  # fmt: skip


def test_an_entry_that_the_base_has_now_too_is_told_even_where_the_company_says_nothing_of_it(lay: Laid) -> None:
    """Both are one from now on: what the base says of it holds for the company as well."""
    new = lay("new", forms__a=("        - city\n", "        - city\n        - own: {title: 自己的}\n"),
              forms__a_=("required: [name, phone]", "required: [name, phone, city]"))  # fmt: skip
    assert [line.partition(" ")[2] for line in told(lay("old"), new)] == [
        "base-changed: 'schema.required' lies over [\"name\", \"phone\"] (old/definitions/forms/a.yaml:4:13), which has city now "
        "(new/definitions/forms/a.yaml:4:13). Look whether it is still meant.",
        "base-new: 'layout.own' is in the base now too: {\"title\": \"自己的\"} (new/definitions/forms/a.yaml:14:16). "
        "Take it out where the base says the same.",
    ]  # fmt: skip


def test_a_file_that_the_base_no_longer_has_is_told(lay: Laid) -> None:
    new = lay("new")
    (new / "definitions/forms/a.yaml").unlink()
    assert told(lay("old"), new)[0].startswith(
        "definitions/companies/9001/forms/a.yaml: base-gone: 'forms/a' of the base is gone"
    )


def test_banli_diff_base_ends_with_one_where_there_is_something_to_look_at(lay: Laid) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["diff", "--base", *words], catch_exceptions=False)

    old, new = lay("old"), lay("new", flows__f=("title: 一", "title: 壹"))
    found = run(str(old), str(new), "--company", "9001")
    assert found.exit_code == 1
    assert found.stdout.startswith("definitions/companies/9001/flows/f.yaml:2:16: base-changed: 'steps.a.title'")
    assert f"{new}/definitions/flows/f.yaml:3:26" in found.stdout
    calm = run(str(old / "definitions"), str(old), "--company", "9001")
    assert (calm.exit_code, calm.stdout) == (0, "Nothing that the company lies over has changed.\n")
    assert run(str(old), str(new), "--company", "9009").exit_code == 1
    assert "holds no definitions" in run(str(old), str(old.parent), "--company", "9001").output
    shutil.rmtree(new / "definitions/companies")
    kept = run(str(old), str(new), "--company", "9001", "--site", str(old), "--format", "json")
    assert kept.exit_code == 1 and '"code": "base-changed"' in kept.stdout
