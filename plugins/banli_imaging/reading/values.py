"""What the words on a card say, and whether that can be relied on: the check digit, dates in each other, what there is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from banli.china.identity import IdNumber, parse_id_number
from banli.china.names import name_problem, normal_name
from banli.china.validity import term_of
from banli.china.variants import folded

_NAMES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 "
    "水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 "
    "乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺 穿青人"
)
ETHNICITIES = frozenset(_NAMES.split())
"""The 56 of GB/T 3304, and one that is printed on cards as well."""
ENDLESS = ".."
"""The end of what has none, as in `2019-11-30/..` of ISO 8601-2."""
SEX = {"male": "男", "female": "女"}

_BIRTH = re.compile(r"([0-9]{4})\D{1,2}([0-9]{1,2})\D{1,2}([0-9]{1,2})(?:\D|$)")
_TERM = re.compile(r"([0-9]{4})\W?([0-9]{2})\W?([0-9]{2})\W{1,2}(?:([0-9]{4})\W?([0-9]{2})\W?([0-9]{2})|(长期|長期|长|期))")
_PLACE = re.compile(r"[省市区县旗州乡镇村路街道号组弄巷]")


@dataclass(frozen=True, slots=True)
class Field:
    """What stands on a card. `confidence` is from 0 to 1; `certain`: nothing speaks against it, and it was read alike twice.

    Texts as printed, but: `birth` is 2006-01-02; `validity` is 2015-03-02/2035-03-02, or 2019-11-30/.. where it is for ever.
    """

    text: str
    confidence: float
    certain: bool


Reading = Mapping[str, Field]
"""By `name`, `sex`, `ethnicity`, `birth`, `address`, `number` of the front; `authority`, `validity` of the back. What was not
found is not there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One text as two looks at the card have read it: how sure the less sure one was of its least sure character."""

    text: str
    sure: float
    alike: bool


def front(seen: Mapping[str, Seen]) -> Reading:
    """The fields of the side with the portrait. Number, birth and sex must say the same, or none of them is certain."""
    found = {name: _plain(name, one) for name, one in seen.items() if one.text}
    number = parse_id_number(found["number"].text) if "number" in found else None
    if not isinstance(number, IdNumber):
        return {name: _doubted(one) if name in ("number", "birth", "sex") else one for name, one in found.items()}
    inside = {"birth": number.birth.isoformat(), "sex": SEX[number.sex]}
    contrary = [name for name, text in inside.items() if name in found and found[name].text != text]
    sure = found["number"].certain and not contrary
    for name in ("number", *inside):
        if name in found:
            # What two places of the card say alike needs no second look.
            certain = sure and (name == "number" or found[name].text == inside[name])
            found[name] = replace(found[name], certain=certain) if certain else _doubted(found[name])
    return found


def back(seen: Mapping[str, Seen]) -> Reading:
    """The fields of the side with the emblem."""
    return {name: _plain(name, one) for name, one in seen.items() if one.text}


def _plain(name: str, seen: Seen) -> Field:
    text, well, least = MEANINGS[name](seen.text)
    return Field(text, round(seen.sure, 4), bool(well and seen.alike and seen.sure >= least))


def _doubted(one: Field) -> Field:
    return replace(one, certain=False, confidence=min(one.confidence, 0.5))


def _name(text: str) -> tuple[str, bool, float]:
    """Kept as it was read, but for 漢 and the like: the rarest name is right. But a network that does not know a rare character
    sees another one in it, so that a name with characters outside of the common ones is for people to compare."""
    text = normal_name(text).strip("·")
    common = _common(text.replace("·", ""))
    return folded(text), name_problem(text) is None and common, 0.9


def _common(text: str) -> bool:
    """Is this written with the 6763 characters of GB/T 2312 only?"""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _ethnicity(text: str) -> tuple[str, bool, float]:
    known = folded(text)
    known = known if known in ETHNICITIES else known.removesuffix("族")
    return (known, True, 0.6) if known in ETHNICITIES else (text, False, 1.0)


def _birth(text: str) -> tuple[str, bool, float]:
    at = _BIRTH.search(text)
    day = _day(*at.groups()) if at is not None else None
    return (day.isoformat(), True, 0.0) if day is not None else (text, False, 1.0)


def _sex(text: str) -> tuple[str, bool, float]:
    return text, text in SEX.values(), 0.0


def _number(text: str) -> tuple[str, bool, float]:
    return text.upper(), isinstance(parse_id_number(text), IdNumber), 0.5


def _address(text: str) -> tuple[str, bool, float]:
    return folded(text), len(text) >= 6 and bool(_PLACE.search(text)) and _common(text), 0.8


def _authority(text: str) -> tuple[str, bool, float]:
    return folded(text), "公安" in text and text.endswith(("局", "厅", "处")) and _common(text), 0.8


def _validity(text: str) -> tuple[str, bool, float]:
    at = _TERM.search(text)
    begins = _day(*at.groups()[:3]) if at is not None else None
    if at is None or begins is None:
        return text, False, 1.0
    if at[7]:
        return f"{begins.isoformat()}/{ENDLESS}", at[7] in ("长期", "長期"), 0.8
    ends = _day(*at.groups()[3:6])
    if ends is None:
        return text, False, 1.0
    well = term_of(begins, ends) is not None
    return f"{begins.isoformat()}/{ends.isoformat()}", well, 0.5


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


MEANINGS = {
    "name": _name, "ethnicity": _ethnicity, "birth": _birth, "sex": _sex, "number": _number, "address": _address,
    "authority": _authority, "validity": _validity,
}  # fmt: skip
"""By field: the text as it is said on, whether it could stand on a card, and how sure each character must be at least."""
