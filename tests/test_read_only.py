"""What a client only reads: words, units and pictures instead of what is kept."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from app_fixtures import JIA, app_template, open_app, photo
from banli.sites import bundled

__all__ = ["app_template"]

FACTS = """
  adult: {type: boolean, is: 'age_on(id_birth_date(client.id_number), today) >= 18'}
  age: {type: integer, is: 'age_on(id_birth_date(client.id_number), today)'}
"""
ASKED = """
    id_front: {$ref: 'client:id_front'}
    adult: {title: 年满18周岁, type: boolean}
    age: {title: 年龄, type: integer}
layout:
  - id_front: {prefill: client.id_front, read_only: true}
  - adult: {prefill: client.adult, read_only: true}
  - age: {prefill: client.age, read_only: true, unit: 岁}
"""


def site_with_facts(folder: Path) -> Path:
    """The example site, whose validity form shows more of what is on file."""
    for part in ("definitions", "themes"):
        shutil.copytree(bundled() / part, folder / part)
    for name, old, new in (
        ("client.yaml", "\nderived:\n", f"\nderived:{FACTS}"),
        ("forms/id_validity.yaml", "\nlayout:\n", ASKED),
    ):
        path = folder / "definitions" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


async def test_pictures_yes_and_numbers_on_file_are_shown_as_people_read_them(
    app_template: Path, tmp_path: Path, clock: Any
) -> None:
    """R-075, in both languages; and what is only shown is in nobody's way."""
    shutil.copytree(app_template, tmp_path / "var")
    async with open_app(tmp_path / "var", clock, site_with_facts(tmp_path / "site")) as town:
        phone = await town.phone().log_in(JIA)
        await phone.post(edit="identity", _go=None)
        await phone.post(certificate_safety="true", _go="next", files={"id_front.file": photo(), "id_back.file": photo()})
        assert phone.step == "id_validity"
        fixed = re.findall(r'class="field fixed" data-at="(\w+)"><p class="label">([^<]*)</p>(.*?)</div>', phone.page, re.S)
        picture, *words = fixed
        assert words[:2] == [("adult", "年满18周岁", '<p class="value">是</p>'), ("age", "年龄", '<p class="value">31 岁</p>')]
        shown = re.fullmatch(r'<img class="shot" src="(/8001/cases/[\d-]+/files/\w+)" alt="身份证正面">', picture[2])
        assert shown is not None, picture
        assert (await phone.client.get(shown[1])).content_type == "image/jpeg"
        assert "id_front" not in phone.fields
        english = await phone.get(f"{phone.at}?lang=en")
        assert '<p class="value">Yes</p>' in english.page
        await phone.post(id_validity__from="2025-12-31", id_validity__to="2045-12-31", _go="next")
        assert (phone.status, phone.step) == (200, "agreements")
