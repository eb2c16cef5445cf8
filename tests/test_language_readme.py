"""Every example of definitions/README.md works: all of them together, with the few pieces they name, are a correct site."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from banli.definitions.checks.texts import read_texts
from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from banli.definitions.source import read
from banli.plugins import Plugins
from banli.scenarios.checking import check_all
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import chosen, run_all
from definition_kinds import KINDS

README = Path(__file__).parents[1] / "definitions" / "README.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
PIECES = {
    "forms/login.yaml": """
title: 登录
schema: {type: object, required: [id_number], properties: {id_number: {$ref: 'client:id_number'}}}
""",
    "forms/basic_info.yaml": """
title: 基本信息资料
schema:
  type: object
  properties:
    name: {$ref: 'client:name'}
    id_number: {$ref: 'client:id_number'}
    contact_phone: {$ref: 'client:contact_phone'}
layout:
  - group: {id: identity, title: 身份信息, entries: [id_number]}
  - group: {id: phone, title: 联系电话, entries: [contact_phone]}
  - group: {id: other, title: 其他信息, entries: [name]}
""",
    "forms/id_photos.yaml": """
title: 上传照片
schema: {type: object, properties: {id_front: {$ref: 'client:id_front'}, id_back: {title: 身份证反面, $ref: 'banli:photo'}}}
""",
    "forms/id_validity.yaml": """
title: 有效期
schema: {type: object, properties: {validity: {title: 有效期, $ref: 'banli:date_range'}}}
""",
    "forms/other_info.yaml": """
title: 其他信息
schema:
  type: object
  properties: {employer: {title: 工作单位, type: string}, investment_products: {title: 投资品种, type: string}}
layout: [employer, investment_products]
""",
    "agreements/risk_disclosure.yaml": "title: 风险揭示书\nnumber: R-1\nkind: risk\ntext: 期货交易有风险。\n",
    "agreements/bank_transfer.yaml": "title: 银期协议\nnumber: B-1\nkind: contract\ntext: 银期转账。\n",
    "dictionaries/trade_purpose.yaml": """
title: 交易目的
version: "1"
items: [{code: hedging, text: 套期保值}, {code: other, text: 其他}]
""",
    "companies/8001/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>',
    "companies/8002/company.yaml": "name: 清河期货\nbusinesses: [basic_info_change]\n",
}


def name_of(block: str) -> str:
    return block.splitlines()[0].removeprefix("# ")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    for name, text in (*PIECES.items(), *((name_of(block), block) for block in BLOCKS)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    catalogue = folder / "locales/en/LC_MESSAGES/site.po"
    catalogue.parent.mkdir(parents=True)
    sources = Library.read(folder, KINDS).sources.values()
    texts = dict.fromkeys(text for source in sources for _, text in read_texts(source.data))
    lines = [f"msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr {json.dumps(text)}\n" for text in ("", *texts)]
    catalogue.write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_every_example_says_which_file_it_is() -> None:
    assert len(BLOCKS) >= 12
    assert [block for block in BLOCKS if not re.fullmatch(r"# [a-z_0-9/]+\.yaml", block.splitlines()[0])] == []


@pytest.mark.parametrize("block", BLOCKS, ids=name_of)
def test_each_example_is_yaml_that_is_read_without_a_mistake(block: str) -> None:
    assert read(name_of(block), block.encode()).mistakes == ()


def test_all_examples_together_are_a_site_without_mistakes(site: Path) -> None:
    assert [str(mistake) for mistake in check_all(site, KINDS)] == []


def test_the_business_of_the_examples_can_be_sealed_and_opened_for_both_companies(site: Path) -> None:
    library = Library.read(site, KINDS)
    base, own = (open_edition(library.bundle(company, "basic_info_change"), KINDS) for company in ("8001", "8002"))
    assert [step.id for step in base.flow.steps] == [
        "overview", "photos", "id_validity", "contact_phone", "other_info", "agreements", "submit"]  # fmt: skip
    assert [field.name for field in base.forms["other_info"].fields] == ["employer", "investment_products"]
    assert [field.name for field in own.forms["other_info"].fields] == ["investment_products", "trade_purpose"]


def test_the_scenarios_of_the_examples_go_as_told(site: Path) -> None:
    stage, (tales, _) = Stage(Library.read(site, KINDS), KINDS, Plugins([])), read_tales(site)
    outcomes = list(run_all(chosen(tales, stage), stage, tales))
    assert [(one.scenario.id, one.company, one.what) for one in outcomes] == [("phone_change", "8001", "")]
