"""The code lists that ship: what an author may rely on."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from banli.china import ID_PROVINCES
from banli.definitions.source import read

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "definitions" / "dictionaries"
SCHEMA = json.loads((ROOT / "platform/banli/definitions/schemas/dictionary.json").read_text("utf-8"))
FILES = sorted(FOLDER.glob("*.yaml"))


def dictionary(name: str) -> dict[str, Any]:
    source = read(f"definitions/dictionaries/{name}.yaml", (FOLDER / f"{name}.yaml").read_bytes())
    assert source.mistakes == ()
    return source.data


def texts(name: str) -> dict[str, str]:
    return {item["code"]: item["text"] for item in dictionary(name)["items"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_list_fits_its_schema_and_names_each_code_once(file: Path) -> None:
    data = dictionary(file.stem)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)] == []
    codes = Counter(item["code"] for item in data["items"])
    assert [code for code, times in codes.items() if times > 1] == []
    offered = Counter((item["text"], item.get("parent")) for item in data["items"] if not item.get("retired"))
    assert [text for text, times in offered.items() if times > 1] == []
    for mapping in data.get("maps", {}).values():
        assert set(mapping) <= set(codes)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_list_is_plain_utf8_with_single_line_ends(file: Path) -> None:
    raw = file.read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert b"\t" not in raw
    assert raw.endswith(b"\n")
    raw.decode("utf-8")


def test_the_questions_offer_what_the_manual_shows_in_its_order() -> None:
    """R-048 to R-054, with the codes of section 4.6."""
    expected = {
        "pep_relation": {
            "foreign_pep": "外国政要",
            "family": "外国政要家庭成员",
            "close_associate": "与外国政要关系密切",
            "none": "无关系",
        },
        "investment_term": {"y0_1": "0年-1年", "y1_5": "1年-5年", "y5_plus": "5年以上"},
        "expected_return": {"steady": "稳健", "growth": "成长", "aggressive": "激进"},
        "actual_control": {"no": "不存在", "yes": "存在"},
        "beneficiary": {"self": "本人", "other": "其他"},
        "investment_products": {"futures_options": "期货、期权", "am_products": "资管产品", "other": "其他"},
        "bad_credit_sources": {
            "pbc_credit": "中国人民银行征信中心",
            "spc_defaulters": "最高人民法院失信被执行人名单",
            "saic": "工商行政管理机构",
            "tax": "税务管理机构",
            "regulator_sro": "监管机制、自律组织",
            "futures_breach": "投资者在期货经营机构从事投资活动时产生的违约行为记录",
            "excess_rights": "过度维权等不当行为信息",
            "other_org": "其他组织",
            "none": "无",
        },
    }
    assert {name: list(texts(name).items()) for name in expected} == {
        name: list(options.items()) for name, options in expected.items()
    }


def test_none_excludes_every_other_bad_record() -> None:
    """R-098."""
    items = dictionary("bad_credit_sources")["items"]
    assert [item["code"] for item in items if item.get("exclusive")] == ["none"]


def test_the_education_and_employer_of_the_manual_are_there() -> None:
    """R-047, sections 4.1 and 4.3."""
    assert list(texts("education").values()) == ["硕士及以上", "本科", "大专", "高中(中专)", "初中及以下"]
    assert dictionary("education")["maps"]["counter"] == {
        "master": "2",
        "bachelor": "3",
        "college": "4",
        "high_school": "6",
        "junior": "7",
    }
    assert len(texts("employer_type")) == 13
    assert texts("employer_type")["joint_stock"] == "股份制"


def test_the_occupations_carry_the_codes_of_the_counter() -> None:
    """R-047, section 4.2."""
    occupations = texts("occupation")
    assert list(occupations) == [f"{number:02}" for number in [*range(1, 45), 99]]
    assert occupations["21"] == "安全保卫和消防人员"
    single = dictionary("occupation")["maps"]["counter_single"]
    assert set(single) == set(occupations)
    assert [single[code] for code in ("01", "15", "21", "40", "41", "44", "99")] == list("1agzAE9")


def test_the_document_types_map_to_the_letters_of_ctp() -> None:
    """Section 4.4."""
    letters = dictionary("id_document_type")["maps"]["ctp"]
    assert (letters["id_card"], set(letters)) == ("1", set(texts("id_document_type")))
    assert sorted(letters.values()) == list("0123456789x")


def test_there_are_all_34_provinces() -> None:
    """R-047, section 3.7; every province on an ID card is among them."""
    provinces = texts("province")
    assert len(provinces) == 34
    assert set(provinces) - ID_PROVINCES == {"810000", "820000"}
    assert set(provinces) >= ID_PROVINCES
    assert provinces["410000"] == "河南省"


def test_every_city_stands_under_the_province_that_its_code_says() -> None:
    """R-094, section 3.7."""
    provinces = texts("province")
    cities = dictionary("city")["items"]
    assert dictionary("city")["parent"] == "province"
    assert [city for city in cities if city["parent"] not in provinces] == []
    assert [city for city in cities if city["parent"] != city["code"][:2] + "0000"] == []
    assert {city["parent"] for city in cities if not city.get("retired")} == set(provinces)
    assert [city["code"] for city in cities if not re.fullmatch(r"[0-9]{6}", city["code"])] == []


def test_the_cities_are_those_of_the_source() -> None:
    """369 units at city level, and the 32 that stand directly under their province."""
    cities = dictionary("city")["items"]
    direct = [
        city["code"] for city in cities if city["code"][2:4] == "90" and not city["code"].endswith("00")
    ]
    assert len(cities) == 369 + 32
    assert Counter(code[:2] for code in direct) == {"41": 1, "42": 4, "46": 15, "65": 12}
    retired = {city["code"] for city in cities if city.get("retired")}
    assert retired == {"419000", "429000", "469000", "500200", "659000"}


def test_a_municipality_is_its_own_only_city() -> None:
    """Section 3.7."""
    cities = dictionary("city")["items"]
    found = {
        parent: [city["text"] for city in cities if city["parent"] == parent and not city.get("retired")]
        for parent in ("110000", "120000", "310000", "500000")
    }
    assert found == {"110000": ["北京市"], "120000": ["天津市"], "310000": ["上海市"], "500000": ["重庆市"]}


def test_nobody_is_offered_a_name_that_is_no_place() -> None:
    offered = [city["text"] for city in dictionary("city")["items"] if not city.get("retired")]
    assert [text for text in offered if text in {"县", "市辖区"} or "直辖" in text] == []
    assert {"济源市", "仙桃市", "石河子市", "琼海市", "东莞市", "中山市", "儋州市", "嘉峪关市"} <= set(
        offered
    )
