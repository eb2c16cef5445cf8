"""Rows and objects on the pages of the whole application, walked without scripts: bank cards on file, an office address."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app_fixtures import JIA, Phone, Town, app_template, open_app
from banli.dossiers import Reader
from banli.fields.compared import rows_changed
from banli.sites import bundled
from banli.staff import make_demo_staff
from desk_kit import Desk

__all__ = ["app_template"]

ON_FILE = """
    bank_accounts:
      title: 银行卡
      type: array
      maxItems: 3
      items:
        type: object
        required: [bank, number]
        properties:
          id: {title: 编号, type: string}
          bank: {title: 开户银行, $ref: 'dictionary:bank'}
          number: {title: 卡号, type: string, pattern: '^\\d{8,19}$', pii: true}
          branch: {title: 开户支行, type: string, minLength: 2}
          opened: {title: 开户日期, type: string, format: date}
"""
ASKED = """
    bank_accounts: {$ref: 'client:bank_accounts'}
    office:
      title: 办公地址
      type: object
      required: [province, city]
      properties:
        province: {title: 办公地址省, $ref: 'dictionary:province'}
        city: {title: 办公地址市, $ref: 'dictionary:city'}
        floor: {title: 楼层, type: integer, minimum: 1}
layout:
  - bank_accounts:
      prefill: client.bank_accounts
      key: id
      add: 添加银行卡
      entries:
        - bank: {look: select}
        - number: {read_only: true}
        - note: {text: 请填写支行全称, when: bank == "bocom"}
        - branch: {when: bank == "bocom"}
  - office: {entries: [province, city: {within: province}, floor: {when: city != null}]}
""".replace("city: {within: province}", "{city: {within: province}}").replace("floor: {when: city != null}", "{floor: {when: city != null}}")  # fmt: skip
CARDS = [
    {"id": "a1", "bank": "icbc", "number": "62220001", "opened": "2020-01-01"},
    {"id": "a2", "bank": "bocom", "number": "62220002", "branch": "郑州分行", "opened": "2021-01-01"},
]


@pytest.fixture
async def town(app_template: Path, tmp_path: Path, clock: Any) -> AsyncIterator[Town]:
    """The example site, whose page of further questions also asks for bank cards and an office."""
    shutil.copytree(app_template, tmp_path / "var")
    for part in ("definitions", "themes"):
        shutil.copytree(bundled() / part, tmp_path / "site" / part)
    shutil.rmtree(tmp_path / "site/definitions/scenarios", ignore_errors=True)
    for name, old, new in (
        ("client.yaml", "\n    # photos\n", f"{ON_FILE}    # photos\n"),
        ("forms/other_info.yaml", "\nlayout:\n", ASKED),
    ):
        path = tmp_path / "site/definitions" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
    async with open_app(tmp_path / "var", clock, tmp_path / "site") as opened:
        directory: Any = opened.parts.plugins.directory
        person = await directory.find("8001", JIA)
        await directory.update("8001", person.ref, {"bank_accounts": CARDS}, {}, "cards")
        yield opened


async def at_cards(town: Town) -> Phone:
    phone = await town.phone().log_in()
    await phone.post(edit="other", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    assert phone.step == "other_info", phone.text
    return shown(phone)


def shown(phone: Phone) -> Phone:
    """The page as a browser has it: what waits in a template is not posted."""
    phone.fields = {name: texts for name, texts in phone.fields.items() if ".__." not in name}
    return phone


def cards(phone: Phone) -> dict[str, list[str]]:
    return {name: texts for name, texts in phone.fields.items() if name.startswith("bank_accounts.")}


def hidden(phone: Phone) -> list[str]:
    page = re.sub(r"<template.*?</template>", "", phone.page, flags=re.S)
    return [at for at in re.findall(r'data-at="([^"]+)"[^>]*? hidden', page) if at.startswith(("bank_", "office"))]


async def test_the_cards_on_file_are_there_and_each_row_asks_what_its_bank_needs(town: Town) -> None:
    phone = await at_cards(town)
    assert cards(phone) == {
        "bank_accounts.0._": [""], "bank_accounts.0.id": ["a1"], "bank_accounts.0.bank": ["icbc"],
        "bank_accounts.0.number": ["62220001"], "bank_accounts.0.branch": [""],
        "bank_accounts.1._": [""], "bank_accounts.1.id": ["a2"], "bank_accounts.1.bank": ["bocom"],
        "bank_accounts.1.number": ["62220002"], "bank_accounts.1.branch": ["郑州分行"],
    }  # fmt: skip
    assert hidden(phone) == ["bank_accounts.0.note:2", "bank_accounts.0.branch", "office.floor"]
    fixed = re.findall(
        r'class="field fixed" data-at="([^"]+)"><p class="label">[^<]+</p><p class="value">([^<]*)</p>', phone.page
    )
    assert fixed == [("bank_accounts.0.number", "62220001"), ("bank_accounts.1.number", "62220002")]


async def test_rows_are_added_and_removed_with_buttons_that_need_no_script(town: Town) -> None:
    phone = await at_cards(town)
    await phone.post(_add="bank_accounts", bank_accounts__0__bank="bocom")
    shown(phone)
    assert [name for name in cards(phone) if name.endswith("._")] == [f"bank_accounts.{n}._" for n in range(3)]
    assert phone.fields["bank_accounts.0.bank"] == ["bocom"]
    assert hidden(phone) == ["bank_accounts.2.note:2", "bank_accounts.2.branch", "office.floor"]
    assert re.search(r'<input[^>]*name="bank_accounts.2.number"[^>]*value=""', phone.page)
    assert re.search(r'name="_add"[^>]* hidden', phone.page)
    await phone.post(_add=None, _remove="bank_accounts.1")
    assert [name for name in cards(shown(phone)) if name.endswith("._")] == ["bank_accounts.0._", "bank_accounts.2._"]
    assert re.search(r'name="_add"[^>]* hidden', phone.page) is None


async def test_everything_wrong_is_told_at_its_row_and_named_in_the_summary(town: Town) -> None:
    phone = await at_cards(town)
    await phone.post(
        bank_accounts__0__bank="bocom", bank_accounts__7___="", bank_accounts__7__number="12", office__floor="1", _go="next",
    )  # fmt: skip
    assert phone.status == 422
    summary = re.findall(r'<a href="#(f-(?:bank|office)[^"]+)">([^<]+)</a>', phone.page)
    assert summary == [
        ("f-bank_accounts-7-bank", "开户银行：请填写此项。"),
        ("f-bank_accounts-7-number", "卡号：格式不正确，请核对。"),
    ]
    for at, _ in summary:
        assert f'id="{at}"' in phone.page


async def test_the_city_of_an_office_belongs_to_its_province(town: Town) -> None:
    phone = await at_cards(town)
    await phone.post(office__province="410000", _go="refresh")
    assert (
        "410100" in re.findall(r'<option value="(\d+)"', phone.page.split('name="office.city"')[1].split("</select>")[0])
    ) is True
    options = await phone.client.get(f"{phone.at}/choices/office.city")
    assert ["410100", "郑州市"] in (await options.get_json())["410000"]
    shown(phone)
    await phone.post(office__province="370000", office__city="410100", _go="next")
    assert re.findall(r'<a href="#(f-office[^"]+)">', phone.page) == ["f-office-city"]


async def test_what_is_delivered_names_the_rows_that_came_changed_and_went(town: Town) -> None:
    """A key that the client did not get from us is no key; what is not asked stays; a number on file cannot be changed."""
    phone = await at_cards(town)
    await phone.post(
        bank_accounts__0__bank="bocom", bank_accounts__0__branch="上海分行", bank_accounts__0__number="99999999",
        bank_accounts__1___=None, bank_accounts__1__id=None, bank_accounts__1__bank=None, bank_accounts__1__number=None,
        bank_accounts__1__branch=None,
        bank_accounts__5__id="stolen", bank_accounts__5__bank="icbc", bank_accounts__5__number="62220005",
        office__province="410000", office__city="410100", office__floor="3", _go="next",
    )  # fmt: skip
    assert phone.step == "agreements", phone.text
    await phone.read_all()
    await phone.post(agree="true", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None
    changed = {"id": "a1", "bank": "bocom", "number": "62220001", "opened": "2020-01-01", "branch": "上海分行"}
    added = {"bank": "icbc", "number": "62220005"}
    assert held.case.changes == {"bank_accounts": [changed, added]}
    assert held.case.results["other_info"].data["office"] == {"province": "410000", "city": "410100", "floor": 3}
    assert rows_changed(held.edition.forms.values(), held.case.record, held.case.changes) == {
        "bank_accounts": {"added": [added], "changed": [{"before": CARDS[0], "after": changed}], "removed": [CARDS[1]]}
    }
    row = next(row for row in Reader(held, True, str).rows() if row.name == "bank_accounts")
    assert [(item.state, item.before, item.after) for item in row.items] == [
        ("changed", ("开户银行: 工商银行", "卡号: 62220001"), ("开户银行: 交通银行", "卡号: 62220001", "开户支行: 上海分行")),
        ("added", (), ("开户银行: 工商银行", "卡号: 62220005")),
        ("removed", ("开户银行: 交通银行", "卡号: 62220002", "开户支行: 郑州分行"), ()),
    ]
    await make_demo_staff(town.parts.staff, town.parts.library.company_ids, str)
    desk = await Desk(town.app, town.parts, None).signed_in()  # type: ignore[arg-type]
    await desk.get(f"/desk/cases/{phone.number}")
    assert "银行卡 1 有变更 开户银行：工商银行 卡号：6******* 开户银行：交通银行 卡号：6******* 开户支行：上海分行" in desk.text
    assert "银行卡 2 新增 – 开户银行：工商银行 卡号：6*******" in desk.text
    assert "银行卡 3 删除 开户银行：交通银行 卡号：6******* 开户支行：郑州分行 已删除" in desk.text
    masked = next(row for row in Reader(held, False, str).rows() if row.name == "bank_accounts")
    assert masked.items[1].after == ("开户银行: 工商银行", "卡号: 6*******")


async def test_a_page_answered_as_it_is_changes_no_row(town: Town) -> None:
    phone = await at_cards(town)
    await phone.post(email="neu@example.com", _go="next")
    await phone.read_all()
    await phone.post(agree="true", _go="next")
    held = await town.parts.caseload.find(number=phone.number)
    assert held is not None and held.case.changes == {"email": "neu@example.com"}
