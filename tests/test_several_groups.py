"""C-20: a company may let its clients change several groups of their data in one application."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from app_fixtures import Town, app_template, photo
from banli.cli.base import kinds_of, plugins_of
from banli.definitions.library import Library
from banli.scenarios.checking import check_all
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import chosen, run_all
from banli.sites import open_site
from site_kit import Open, changed, opened

__all__ = ["app_template", "opened"]

SEVERAL = """
steps:
  - overview: {several: true}
  - photos: {clear: {when: '"identity" in section'}, rules: {when: '"identity" in section'}}
  - form: {id: id_validity, when: '"identity" in section'}
  - form: {id: contact_phone, when: '"phone" in section'}
  - form: {id: other_info, when: '"other" in section'}
"""
FLOW = "companies__8001__flows__basic_info_change"
STORY = """
title: 一次修改两组资料
business: basic_info_change
at: 2026-11-24T10:00
client: complete
story:
  - start
  - overview: {edit: [phone, identity]}
    expect:
      step: photos
      steps: [overview, photos, id_validity, contact_phone, agreements, submit]
      knows: {section: [identity, phone]}
"""


async def walked(town: Town) -> tuple[Any, str]:
    """A client who changes validity and phone in one go, up to the end."""
    phone = await town.phone().log_in()
    assert re.findall(r'<input type="checkbox" name="edit" value="(\w+)">', phone.page) == ["identity", "phone", "other"]
    nothing = await phone.post(_go="next")
    assert nothing.status == 422 and "请选择" in nothing.text
    await phone.post(edit=["phone", "identity"], _go="next")
    seen = [phone.step]
    await phone.post(certificate_safety="true", _go="next", files={"id_front.file": photo(), "id_back.file": photo()})
    seen.append(phone.step)
    await phone.post(id_validity__from="2024-01-01", id_validity__to="2044-01-01", _go="next")
    seen.append(phone.step)
    await phone.post(contact_phone="0371-65951234", _go="next")
    seen.append(phone.step)
    assert seen == ["photos", "id_validity", "contact_phone", "agreements"], phone.text
    number = phone.number
    await phone.read_all()
    await phone.post(agree="true", _go="next")
    return phone, number


async def test_a_client_who_ticks_two_groups_walks_the_steps_of_both_once_in_one_case(opened: Open) -> None:
    """R-068, C-20: photos and agreements once, each form once, both groups delivered together."""
    async with opened(**{FLOW: SEVERAL}) as town:
        _, number = await walked(town)
        held = await town.parts.caseload.find(number=number)
        assert held is not None and held.case.state == "submitted"
        assert held.case.results["overview"].data == {"section": ["identity", "phone"]}
        assert {"id_validity", "contact_phone", "id_front", "id_back"} <= set(held.case.changes)


async def test_a_client_who_goes_back_and_ticks_less_is_not_asked_the_rest(opened: Open) -> None:
    async with opened(**{FLOW: SEVERAL}) as town:
        phone = await town.phone().log_in()
        await phone.post(edit=["phone", "other"], _go="next")
        number = phone.number
        await phone.post(certificate_safety="true", _go="next")
        assert phone.step == "contact_phone"
        await phone.get(f"/8001/cases/{number}/overview")
        assert re.findall(r'value="(\w+)" checked', phone.page) == ["phone", "other"]
        await phone.post(edit=["other"], _go="next")
        held = await town.parts.caseload.find(number=number)
        assert held is not None
        assert [one.id for one in held.position.applicable] == ["overview", "photos", "other_info", "agreements", "submit"]


async def test_one_group_is_all_that_can_be_chosen_unless_the_company_says_so(opened: Open) -> None:
    """R-043: with `several: false` the word is a list too, so that one flow serves companies of both kinds."""
    async with opened(**{FLOW: SEVERAL.replace("several: true", "several: false")}) as town:
        phone = await town.phone().log_in()
        assert 'type="checkbox" name="edit"' not in phone.page
        await phone.post(edit=["phone", "identity"], _go=None)
        held = await town.parts.caseload.find(number=phone.number)
        assert held is not None and held.case.results["overview"].data == {"section": ["phone"]}


def test_an_author_is_told_where_the_word_is_not_read_as_a_list(tmp_path: Path) -> None:
    site = open_site(changed(tmp_path, **{FLOW: "steps:\n  - overview: {several: true}\n"}))
    found = Library.read(site.definitions, kinds_of(site)).mistakes
    assert {one.code for one in found} == {"condition-type"} and len(found) == 5, [str(one) for one in found]


def test_a_story_can_choose_several(tmp_path: Path) -> None:
    site = open_site(changed(tmp_path, **{FLOW: SEVERAL}))
    home = site.definitions / "companies/8001/scenarios/basic_info_change/two_groups.yaml"
    home.write_text(STORY, encoding="utf-8")
    plugins, kinds = plugins_of(site)
    library = Library.read(site.definitions, kinds)
    assert [str(one) for one in check_all(site.definitions, kinds, library)] == []
    stage, (tales, _) = Stage(library, kinds, plugins), read_tales(site.definitions)
    outcomes = list(run_all(chosen(tales, stage, ["*two_groups*"]), stage, tales))
    assert [(one.company, one.what) for one in outcomes] == [("8001", "")]
