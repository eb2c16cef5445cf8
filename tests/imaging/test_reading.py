"""What stands on a card is read, and what is doubtful says so (synthetic cards)."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from banli.hooks import Home
from banli_imaging import ImagingPlugin
from banli_imaging.pool import Answer, Bounds, Pool
from banli_imaging.reading.cards import read
from banli_imaging.reading.values import ETHNICITIES, Field, Seen, back, front

from . import printed

ROOT = Path(__file__).parents[2]
JIA = printed.person(
    1, name="样本甲", sex="男", ethnicity="汉", birth=date(1995, 8, 13), number="410105199508130039",
    address="样本省样本市样本区样本路88号样本花园3栋1单元502室", begins=date(2021, 8, 20), ends=date(2041, 8, 20),
)  # fmt: skip


def texts(found: Any, *, certain: bool | None = None) -> dict[str, str]:
    return {name: one.text for name, one in found.items() if certain is None or one.certain is certain}


def card(side: str, who: printed.Person, seed: int = 1, **how: Any) -> Any:
    sheet = {"front": printed.front, "back": printed.back}[side](who, seed)
    return read(printed.straightened(sheet, seed, **how), side)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_sides_of_a_sharp_card_are_read_for_certain(seed: int) -> None:
    assert texts(card("front", JIA, seed), certain=True) == JIA.front()
    assert texts(card("back", JIA, seed), certain=True) == JIA.back()


def test_a_card_of_few_pixels_is_read_as_well() -> None:
    assert texts(card("front", JIA, 4, pixels=620), certain=True) == JIA.front()


def test_a_number_whose_check_digit_is_wrong_is_read_and_not_certain() -> None:
    """Nor are the birth date and the sex that it holds: who knows which of the three is misread."""
    found = card("front", printed.person(1, **{**vars(JIA), "number": "410105199508130038"}))
    assert found["number"].text == "410105199508130038"
    assert set(texts(found, certain=False)) == {"number", "birth", "sex"}
    assert set(texts(found, certain=True)) == {"name", "ethnicity", "address"}


def test_a_birth_date_or_sex_that_is_not_the_numbers_makes_all_three_doubtful() -> None:
    for other in ({"birth": date(1995, 8, 12)}, {"sex": "女"}):
        who = printed.person(1, **{**vars(JIA), **other})
        found = card("front", who)
        assert texts(found) == who.front()
        assert set(texts(found, certain=False)) == {"number", "birth", "sex"}


def test_a_card_without_an_end_is_read() -> None:
    """R-077: 长期."""
    found = card("back", printed.person(1, **{**vars(JIA), "begins": date(2019, 11, 30), "ends": None}))
    assert found["validity"].text == "2019-11-30/.."
    assert found["validity"].certain


def test_a_validity_that_no_card_has_is_not_certain() -> None:
    found = card("back", printed.person(1, **{**vars(JIA), "ends": date(2041, 9, 20)}))
    assert (found["validity"].text, found["validity"].certain) == ("2021-08-20/2041-09-20", False)


@pytest.mark.parametrize("name", ["欧阳样喆", "样翀", "阿依样本·古丽样"])
def test_rare_and_long_names_are_kept_as_they_are_read(name: str) -> None:
    found = card("front", printed.person(1, **{**vars(JIA), "name": name}), 2, pixels=1240)
    assert found["name"].text == name


def test_an_authority_on_two_lines_is_one() -> None:
    who = printed.person(1, **{**vars(JIA), "authority": "示范市公安局高新技术产业开发区分局"})
    assert texts(card("back", who)) == who.back()


def test_a_blank_card_and_the_other_side_say_nothing_for_certain() -> None:
    assert read(np.full((560, 876, 3), 230, np.uint8), "front") == {}
    assert texts(read(printed.straightened(printed.front(JIA)), "back"), certain=True) == {}
    assert texts(read(printed.straightened(printed.back(JIA)), "front"), certain=True) == {}


def test_what_is_too_blurred_to_be_read_is_never_certain_and_wrong() -> None:
    found = card("front", JIA, 3, pixels=900, blur=4.0)
    assert {name: text for name, text in texts(found, certain=True).items() if JIA.front()[name] != text} == {}


def test_words_that_two_looks_read_differently_are_doubtful() -> None:
    seen = {"name": Seen("样本甲", 0.99, False), "ethnicity": Seen("漢", 0.99, True), "address": Seen("样本路", 0.99, True)}
    assert front(seen) == {
        "name": Field("样本甲", 0.99, False), "ethnicity": Field("汉", 0.99, True), "address": Field("样本路", 0.99, False),
    }  # fmt: skip
    assert back({"validity": Seen("2021.13.20-2041.08.20", 0.99, True)})["validity"].certain is False
    assert len(ETHNICITIES) == 57


async def test_a_worker_reads_within_its_limits_and_the_plugin_says_what_is_missing(tmp_path: Path, clock: Any) -> None:
    plugin = ImagingPlugin({"memory": 600, "seconds": 60}, Home(tmp_path, clock, True, tmp_path))
    try:
        found = await plugin.imaging().read(_jpeg(printed.straightened(printed.back(JIA))), "id_back")
        assert found is not None
        assert {name: one.text for name, one in found.items()} == JIA.back()
        assert await plugin.imaging().read(b"no picture", "id_back") is None
        assert await plugin.imaging().read(b"", "signature") == {}
    finally:
        await plugin.stop()
    silent = ImagingPlugin({"read": False}, Home(tmp_path, clock, True, tmp_path))
    assert await silent.imaging().read(b"", "id_back") == {}


WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in ("onnxruntime", "rapidocr"):
            raise ModuleNotFoundError(name)

import importlib.util
known = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in ("onnxruntime", "rapidocr") else known(name, package)
sys.meta_path.insert(0, Absent())
import asyncio, datetime, pathlib
from banli.hooks import CardReader, Home
from banli_imaging import ImagingPlugin
home = Home(pathlib.Path("/nowhere"), lambda: datetime.datetime.now(datetime.UTC), True, pathlib.Path("/nowhere"))

async def main():
    for options in ({}, {"read": True}):
        plugin = ImagingPlugin(options, home)
        print(isinstance(plugin.imaging(), CardReader), await plugin.imaging().read(b"card", "id_back"), await plugin.check() or "well")
        await plugin.stop()

asyncio.run(main())
from banli_imaging.jobs import _read
import numpy as np
print(_read(np.zeros((54, 86, 3), np.uint8), "back"))
from banli_imaging.develop import _by_words
print(_by_words(np.zeros((540, 860, 3), np.uint8)))
"""


def test_without_the_extra_nothing_is_read_and_only_who_wants_it_is_told() -> None:
    """In a process in which neither library can be found."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], env={"PYTHONPATH": paths}, capture_output=True, text=True, timeout=120, check=False
    )
    why = "onnxruntime and rapidocr cannot be imported: nothing is read on cards. Install the extra 'banli[ocr]'."
    assert done.stdout.splitlines() == ["True {} well", f"True {{}} {why}", str({"missing": why}), "[]"], done.stderr


def test_nothing_of_rapidocr_is_imported_and_no_address_is_known_to_the_reader() -> None:
    """Its package may download; its files cannot."""
    assert find_spec("rapidocr") is not None
    assert "rapidocr" not in sys.modules
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins/banli_imaging/reading").glob("*.py")]
    assert not [text for text in texts if "http" in text or "import rapidocr" in text]


async def test_a_reader_that_is_killed_is_replaced(tmp_path: Path) -> None:
    pool = Pool(1, Bounds(cpu=60, wall=120))
    try:
        assert not isinstance(
            await pool.run({"do": "read", "side": "nowhere"}, [_jpeg(np.zeros((540, 856, 3), np.uint8))]), Answer
        )
        answer = await pool.run({"do": "read", "side": "front"}, [_jpeg(printed.straightened(printed.front(JIA)))])
        assert isinstance(answer, Answer)
        assert answer.said["read"]["number"][:2] == [JIA.number, True]
    finally:
        await pool.close()


def _jpeg(pixels: Any) -> bytes:
    import cv2

    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])
