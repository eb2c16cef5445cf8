"""Synthetic cards of made-up people whose fields are known and agree with each other, and plain photos of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import cv2
import numpy as np
from PIL import Image, ImageDraw

from banli.china.identity import id_checksum

from .cards import HIGH, INK, LABEL, ROUND, SANS, SERIF, WIDE, Pixels, Sheet, emblem, paper, portrait, rounded, write

FAMILY = "样范例试测模拟欧阳司马诸葛上官王李张刘陈杨赵黄周吴徐孙胡朱高林何郭罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
GIVEN = "样本示范一二三子涵梓萱浩然雨桐欣怡俊杰志强建国秀英桂兰淑珍海燕丽娜晓明国庆春梅文博思远佳琪雅婷嘉懿宇轩睿泽楠琳瑶璐晨曦昊翔峰磊鑫淼焱垚犇赟翀彧旻晟烨燚懿馨蕊薇芸菡霖霏皓玥珺璟瑄琬琰"
RARE = ("龘本", "样喆", "样翀赟", "样堃", "样珺玥", "样旻晟", "样骉", "阿依样本·买买提样", "迪丽样·艾尔本")
NATIONS = ("汉", "汉", "汉", "汉", "回", "维吾尔", "满", "土家", "哈萨克", "蒙古", "壮", "苗")
WHERE = ("样本省样本市", "示范省模拟市", "样本自治区范例市", "北样市", "样本省示范县")
PARTS = ("样本区", "高新区", "示范县", "临江镇", "东城街道", "样板乡")
STREETS = ("样本路", "解放大道", "人民中路", "范例街", "滨河东路", "样本村", "幸福里", "建设巷")
ENDS = ("{}号", "{}号{}栋{}单元{}室", "{}弄{}号{}室", "{}组{}号", "{}号院{}号楼{}室")
OFFICES = (
    "样本市公安局样本分局",
    "样本县公安局",
    "样本市样本区公安局",
    "北样市公安局朝样分局",
    "示范市公安局高新技术产业开发区分局",
)


@dataclass(frozen=True)
class Person:
    """What a card says; `ends` None: 长期."""

    name: str
    sex: str
    ethnicity: str
    birth: date
    address: str
    number: str
    authority: str
    begins: date
    ends: date | None

    def front(self) -> Mapping[str, str]:
        return {"name": self.name, "sex": self.sex, "ethnicity": self.ethnicity, "birth": self.birth.isoformat(),
                "address": self.address, "number": self.number}  # fmt: skip

    def back(self) -> Mapping[str, str]:
        return {"authority": self.authority, "validity": f"{self.begins}/{self.ends or '..'}"}


def person(seed: int, **given: object) -> Person:
    """Somebody who does not exist; the number agrees with birth and sex, the validity with the age."""
    chance = np.random.default_rng((seed, 21))
    birth = date(int(chance.integers(1950, 2006)), int(chance.integers(1, 13)), int(chance.integers(1, 29)))
    order = int(chance.integers(0, 1000))
    body = f"{chance.choice(['110101', '310115', '440305', '410105', '650102', '530111'])}{birth:%Y%m%d}{order:03}"
    begins = date(
        int(chance.integers(max(birth.year + 17, 2007), 2026)), int(chance.integers(1, 13)), int(chance.integers(1, 29))
    )
    age = begins.year - birth.year
    ends = None if age > 46 else replace_year(begins, 20 if age > 26 else 10)
    name = "".join(chance.choice(list(GIVEN), int(chance.integers(1, 3))))
    name = str(chance.choice(RARE)) if chance.random() < 0.12 else str(chance.choice(list(FAMILY))) + name
    numbers = [int(n) for n in chance.integers(1, 130, 4)]
    place = (
        str(chance.choice(WHERE))
        + str(chance.choice(PARTS))
        + str(chance.choice(STREETS))
        + str(chance.choice(ENDS)).format(*numbers)
    )
    made = Person(
        name, "男" if order % 2 else "女", str(chance.choice(NATIONS)), birth, place, body + id_checksum(body),
        str(chance.choice(OFFICES)), begins, ends,
    )  # fmt: skip
    return replace(made, **given)  # type: ignore[arg-type]


def replace_year(day: date, years: int) -> date:
    return day.replace(year=day.year + years)


def front(who: Person, seed: int = 0) -> Sheet:
    """The side with the portrait."""
    chance = np.random.default_rng((seed, 22))
    image = paper(chance)
    on = ImageDraw.Draw(image)
    left, value, up = 6.6 + chance.uniform(-0.5, 0.5), 15.6 + chance.uniform(-0.5, 0.5), chance.uniform(-0.7, 0.7)
    small, large = 2.7 + chance.uniform(-0.2, 0.3), 3.4 + chance.uniform(-0.2, 0.3)
    gap = chance.choice([" ", " ", ""])
    blue = tuple(int(c) for c in np.array(LABEL) + chance.integers(-25, 40, 3))
    for y, label in ((8.6, "姓名"), (15.2, "性别"), (21.6, "出生"), (28.4, "住址")):
        write(on, left, y + up, label[0] + str(gap) + label[1], small, blue)
    write(on, value, 8.6 + up, who.name, large + 0.4, INK)
    write(on, value, 15.2 + up, who.sex, large, INK)
    write(on, 27.5, 15.2 + up, f"民{gap}族", small, blue)
    write(on, 36.5, 15.2 + up, who.ethnicity, large, INK)
    for x, text, colour in ((value, str(who.birth.year), INK), (24.5, "年", blue), (28.6, str(who.birth.month), INK),
                            (33.4, "月", blue), (37.6, str(who.birth.day), INK), (42.6, "日", blue)):  # fmt: skip
        write(on, x, 21.6 + up, text, large if colour == INK else small, colour)
    for n, line in enumerate(_wrapped(who.address)):
        write(on, value, 28.4 + up + n * 4.4, line, 3.3, INK)
    write(on, left, 46.4 + up, "公民身份号码", small, blue)
    write(on, 29.5, 46.4 + up, who.number, large + 0.6, INK, SANS, spread=0.55)
    portrait(on, chance)
    return Sheet(_pixels(image), rounded(WIDE, HIGH, ROUND), WIDE, HIGH, "front")


def back(who: Person, seed: int = 0) -> Sheet:
    """The side with the emblem."""
    chance = np.random.default_rng((seed, 23))
    image = paper(chance)
    on = ImageDraw.Draw(image, "RGBA")
    up = chance.uniform(-0.7, 0.7)
    emblem(on, 13.2 + chance.uniform(-0.5, 0.5), 13.0 + up)
    write(on, 27.5, 11.2 + up, "中华人民共和国", 5.0, INK, SERIF, spread=1.6)
    write(on, 27.5, 20.6 + up, "居民身份证", 7.2, INK, SERIF, spread=2.7)
    write(on, 21.2, 41.0 + up, "签发机关", 3.0, INK)
    for n, line in enumerate(lines := _wrapped(who.authority, 45.0)):
        write(on, 36.0, 41.0 + up + n * 4.0 - (len(lines) - 1) * 3.2, line, 3.2, INK)
    write(on, 21.2, 47.6 + up, "有效期限", 3.0, INK)
    write(on, 36.0, 47.6 + up, f"{who.begins:%Y.%m.%d}-{f'{who.ends:%Y.%m.%d}' if who.ends else '长期'}", 3.3, INK)
    return Sheet(_pixels(image), rounded(WIDE, HIGH, ROUND), WIDE, HIGH, "back")


def straightened(sheet: Sheet, seed: int = 0, pixels: int = 0, blur: float = 0.0, noise: float = 2.0) -> Pixels:
    """The sheet as a photo of it is once it was cut upright: a margin of a millimetre, corners that are a little off, the
    sharpness and noise of a phone. `pixels`: its width (0: any that a phone makes)."""
    chance = np.random.default_rng((seed, 24))
    wide = pixels or int(chance.integers(700, 1700))
    scale = wide / (WIDE + 2)
    size = (wide, round((HIGH + 2) * scale))
    corners = np.array([[1, 1], [WIDE + 1, 1], [WIDE + 1, HIGH + 1], [1, HIGH + 1]], np.float32) + chance.normal(0, 0.25, (4, 2))
    high, across = sheet.pixels.shape[:2]
    at = np.array([[0, 0], [across, 0], [across, high], [0, high]], np.float32)
    smooth = cv2.GaussianBlur(sheet.pixels, (0, 0), max(0.3, 0.45 * across / wide))
    turn = cv2.getPerspectiveTransform(at, (corners * scale).astype(np.float32))
    ground = tuple(int(c) for c in chance.integers(40, 220, 3))
    made = cv2.warpPerspective(smooth, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=ground)
    blur = blur or chance.uniform(0.0, 0.09) * scale
    if blur > 0.3:
        made = cv2.GaussianBlur(made, (0, 0), blur)
    light = chance.uniform(0.7, 1.05) * (1 + chance.uniform(-0.2, 0.2) * np.linspace(-1, 1, wide)[None, :, None])
    made = made * light + chance.normal(0, noise, (*made.shape[:2], 1)) + chance.normal(0, noise * 0.4, made.shape)
    code = cv2.imencode(".jpg", np.clip(made, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(78, 95))])[
        1
    ]
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def _wrapped(text: str, most: float = 36.0) -> list[str]:
    """Lines as wide as the column: a digit takes half the room."""
    lines, width = [""], 0.0
    for sign in text:
        more = 1.9 if sign.isascii() else 3.3
        if width + more > most:
            lines.append("")
            width = 0.0
        lines[-1] += sign
        width += more
    return lines


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))[..., ::-1].copy()


def photo(sheet: Sheet, seed: int = 0, wide: int = 1600) -> bytes:
    """A JPEG of the sheet on a plain dark table, held a little aslant."""
    chance = np.random.default_rng((seed, 25))
    high = wide * 3 // 4
    made = np.full((high, wide, 3), (62, 80, 104), np.float32) + chance.normal(0, 5, (high, wide, 1))
    scale = wide * 0.74 / WIDE
    box = np.array([[0, 0], [WIDE, 0], [WIDE, HIGH], [0, HIGH]]) * scale + (wide * 0.13, (high - HIGH * scale) / 2)
    corners = (box + chance.normal(0, wide * 0.008, (4, 2))).astype(np.float32)
    across, down = sheet.pixels.shape[1], sheet.pixels.shape[0]
    turn = cv2.getPerspectiveTransform(np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float32), corners)
    card = cv2.warpPerspective(cv2.GaussianBlur(sheet.pixels, (0, 0), 0.5), turn, (wide, high), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(sheet.mask, turn, (wide, high), flags=cv2.INTER_LINEAR)[..., None] / 255
    made = made * (1 - mask) + card * mask + chance.normal(0, 1.5, made.shape)
    return cv2.imencode(".jpg", np.clip(made, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
