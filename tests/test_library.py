"""A library gives out what each company gets; a sealed business opens the same for ever, wherever it was kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from banli.definitions.edition import open_edition, seal
from banli.definitions.kinds import REFERENCES, StepShape
from banli.definitions.library import Library
from banli.definitions.show import show
from banli.definitions.source import read
from banli.errors import DefinitionError
from definition_kinds import KINDS, of_the_example

EXAMPLE = Path(__file__).parents[1] / "definitions"
SMALL = Path(__file__).parent / "broken" / "_site" / "definitions"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "definitions"))


def test_the_example_site_has_no_mistakes() -> None:
    assert [str(mistake) for mistake in Library.read(EXAMPLE, of_the_example()).mistakes] == []


def test_each_company_gets_the_base_with_its_own_difference(site: Path) -> None:
    library = Library.read(site, KINDS)
    titles = {company: library.bundle(company, "change")["forms"]["phone"]["title"] for company in library.company_ids}
    assert titles == {"1001": "联系电话", "1002": "修改联系电话"}
    company = library.company("1002")
    assert company is not None
    assert (company.name, company.short_name, company.theme["tokens"]) == ("乙公司", "乙公司", {"brand": "#0b5cad"})
    assert library.company("1003") is None


def test_the_cache_gives_the_same_companies_bundles_and_mistakes(site: Path, tmp_path: Path) -> None:
    fresh = Library.read(site, KINDS, tmp_path / "cache")
    kept = Library.read(site, KINDS, tmp_path / "cache")
    assert kept.view().get("forms", "phone").spot is None  # type: ignore[union-attr]
    assert (kept.mistakes, kept.companies, kept.key) == (fresh.mistakes, fresh.companies, fresh.key)
    for company in fresh.company_ids:
        assert json.dumps(kept.bundle(company, "change")) == json.dumps(fresh.bundle(company, "change"))


OPENS_ALL = """
import sys
from pathlib import Path
from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from definition_kinds import of_the_example
kinds = of_the_example()
library = Library.read(Path(sys.argv[1]), kinds, Path(sys.argv[2]), apart=sys.argv[3] == "apart")
for company in library.company_ids:
    for offer in library.companies[company].businesses:
        open_edition(library.bundle(company, offer.id), kinds)
print("cel_expr_python" in sys.modules, "banli.definitions.checks" in sys.modules)
"""


def opens_all(kept: Path, how: str) -> str:
    """What a process had to load for opening all businesses of the example: the parser of conditions? the checker?"""
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(str(path) for path in (EXAMPLE.parent / "platform", EXAMPLE.parent / "tests"))}
    command = [sys.executable, "-c", OPENS_ALL, str(EXAMPLE), str(kept), how]
    return subprocess.run(command, env=place, capture_output=True, text=True, check=True).stdout.strip()


def test_a_process_that_finds_the_cache_needs_no_parser_of_conditions(tmp_path: Path) -> None:
    """Nor the 12 MiB that it takes: the trees of all conditions are in the cache."""
    assert [opens_all(tmp_path, "here") for _ in range(2)] == ["True True", "False False"]


def test_what_must_be_read_anew_can_be_read_in_a_process_that_is_gone_afterwards(site: Path, tmp_path: Path) -> None:
    """So that a server which starts after a change takes no more memory than one that finds the cache."""
    assert opens_all(tmp_path / "example", "apart") == "False False"
    (site / "forms/phone.yaml").write_text("title: [", encoding="utf-8")
    read = [Library.read(site, KINDS, tmp_path / "kept", apart=True), Library.read(site, KINDS)]
    assert read[0].mistakes == read[1].mistakes != ()
    (tmp_path / "file").write_text("no folder")
    assert Library.read(site, KINDS, tmp_path / "file", apart=True).mistakes == read[1].mistakes


def test_a_changed_file_a_new_file_and_a_removed_file_are_all_noticed_despite_the_cache(site: Path, tmp_path: Path) -> None:
    cache, form = tmp_path / "cache", site / "forms/phone.yaml"
    keys = [Library.read(site, KINDS, cache).key]
    form.write_text(form.read_text(encoding="utf-8").replace("原因", "理由"), encoding="utf-8")
    keys.append(Library.read(site, KINDS, cache).key)
    shutil.copyfile(form, site / "forms/other.yaml")
    keys.append(Library.read(site, KINDS, cache).key)
    (site / "forms/other.yaml").rename(site / "forms/another.yaml")
    keys.append(Library.read(site, KINDS, cache).key)
    assert len(set(keys)) == 4
    assert len(list(cache.glob("library-*.json"))) == 3


def test_whatever_a_kind_of_ours_says_that_a_setting_names_is_something_that_the_checker_follows() -> None:
    kinds = of_the_example()
    shapes = [shape for group in (kinds.fields, kinds.steps, kinds.actions) for shape in group.values()]
    assert {sort for shape in shapes for sort in shape.refers.values()} <= REFERENCES


@pytest.mark.parametrize("other", [{"staffed": True}, {"needs": "video"}, {"required": ("to",)}, {"many": "several"}])
def test_a_kind_that_its_plugin_has_changed_is_noticed_despite_the_cache(other: dict[str, Any]) -> None:
    shape = StepShape("seal")
    was, now = (replace(KINDS, steps={"seal": one}) for one in (shape, replace(shape, **other)))
    assert was.fingerprint() != now.fingerprint()


def test_mistakes_come_out_of_the_cache_with_their_places(site: Path, tmp_path: Path) -> None:
    form = site / "forms/phone.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("title: 原因", "titel: 原因"), encoding="utf-8")
    for _ in range(2):
        assert [str(mistake) for mistake in Library.read(site, KINDS, tmp_path / "cache").mistakes] == [
            "definitions/forms/phone.yaml:8:16: unknown-keyword: JSON Schema has no keyword 'titel'. Did you mean 'title'?"
        ]


def test_a_torn_or_foreign_cache_file_is_read_past(site: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    key = Library.read(site, KINDS, cache).key
    for text in ("", "{", "[]", '{"sources": [1], "mistakes": []}'):
        (cache / f"library-{key}.json").write_text(text, encoding="utf-8")
        assert Library.read(site, KINDS, cache).company_ids == ("1001", "1002")


def test_a_library_with_mistakes_gives_nothing_out(site: Path) -> None:
    (site / "forms/phone.yaml").write_text("title: x\n", encoding="utf-8")
    library = Library.read(site, KINDS)
    with pytest.raises(DefinitionError) as caught:
        library.bundle("1001", "change")
    assert caught.value.mistakes == library.mistakes != ()


def test_a_company_that_does_not_offer_a_business_is_told_so(site: Path) -> None:
    library = Library.read(site, KINDS)
    with pytest.raises(DefinitionError, match=r"There is no company '2001'\. Did you mean '1001'\?"):
        library.bundle("2001", "change")
    with pytest.raises(DefinitionError, match=r"Company 1001 offers no business 'chnage'\. Did you mean 'change'\?"):
        library.bundle("1001", "chnage")


def test_an_edition_is_the_same_however_its_text_was_kept() -> None:
    library = Library.read(EXAMPLE, of_the_example())
    for company in library.company_ids:
        bundle = library.bundle(company, "basic_info_change")
        name, text = seal(bundle)
        fresh, kept = open_edition(bundle, of_the_example()), open_edition(json.loads(text), of_the_example())
        assert fresh == kept
        assert fresh.hash == kept.hash == name
        assert list(fresh.flow.stages) == list(kept.flow.stages) == ["data", "sign"]
        assert list(fresh.company.branches.items()) == list(kept.company.branches.items())
        assert {name: [field.name for field in form.fields] for name, form in fresh.forms.items()} == {
            name: [field.name for field in form.fields] for name, form in kept.forms.items()
        }


def test_an_edition_does_not_change_with_looks_menus_or_files_that_it_does_not_show(site: Path) -> None:
    before = seal(Library.read(site, KINDS).bundle("1002", "change"))[0]
    company = site / "companies/1002/company.yaml"
    company.write_text(company.read_text(encoding="utf-8").replace("#0b5cad", "#112233"), encoding="utf-8")
    (site / "hours/night.yaml").write_text('windows: {mon: "20:00-22:00"}\n', encoding="utf-8")
    assert seal(Library.read(site, KINDS).bundle("1002", "change"))[0] == before
    risk = site / "agreements/risk.yaml"
    risk.write_text(
        risk.read_text(encoding="utf-8").replace("R-1", "R-2").replace("投资有风险", "投资有大风险"), encoding="utf-8"
    )
    assert seal(Library.read(site, KINDS).bundle("1002", "change"))[0] != before


def test_the_conditions_of_an_edition_are_ready_to_use() -> None:
    edition = open_edition(Library.read(EXAMPLE, of_the_example()).bundle("8001", "basic_info_change"), of_the_example())
    step = edition.flow.step("contact_phone")
    assert step is not None
    when = edition.condition("step contact_phone", step.when)
    assert (when.holds({"section": "phone"}), when.holds({"section": "other"}), when.holds({})) == (True, False, False)
    salutation = edition.condition("client", next(one.text for one in edition.record.derived if one.name == "salutation"))
    assert salutation.evaluate({"client.id_number": "11010519491231002X"}).value == "女士"


def test_an_edition_of_another_language_is_refused_with_a_sentence(site: Path) -> None:
    bundle = {**Library.read(site, KINDS).bundle("1001", "change"), "language": 2}
    with pytest.raises(DefinitionError, match=r"It is written in language 2\."):
        open_edition(bundle, KINDS)


def test_retired_codes_stay_readable_but_cannot_be_chosen_anew(site: Path) -> None:
    codes = site / "dictionaries/education.yaml"
    codes.write_text(codes.read_text(encoding="utf-8").replace("text: 本科", "text: 本科, retired: true"), encoding="utf-8")
    edition = open_edition(Library.read(site, KINDS).bundle("1001", "change"), KINDS)
    field = next(field for field in edition.forms["address"].fields if field.name == "education")
    assert field.schema["enum"] == ["master"]
    assert [option.code for option in field.choices] == ["master", "bachelor"]
    assert edition.record.schema["properties"]["education"]["enum"] == ["master", "bachelor"]


def test_show_prints_the_merged_file_as_yaml_that_reads_back_the_same() -> None:
    library = Library.read(EXAMPLE, of_the_example())
    for company in ("", *library.company_ids):
        for _, kind, name in library.sources:
            source = library.view(company).get(kind, name)
            if source is not None:
                wanted = kind if kind in ("site", "client") else f"{kind}/{name}"
                for where in (False, True):
                    assert read("x", show(library, wanted, company, where=where).encode()).data == source.data


def test_show_says_for_each_value_which_file_and_line_it_came_from(site: Path) -> None:
    assert show(Library.read(site, KINDS), "forms/phone", "1002", where=True).splitlines()[:1] == [
        "title: 修改联系电话  # definitions/companies/1002/forms/phone.yaml:1:8"
    ]
    lines = show(Library.read(site, KINDS), "forms/phone", "1002", where=True).splitlines()
    assert "      prefill: client.phone  # definitions/forms/phone.yaml:10:22" in lines
    assert "      placeholder: 请说明原因  # definitions/companies/1002/forms/phone.yaml:3:41" in lines


def test_show_of_something_unknown_says_what_may_have_been_meant(site: Path) -> None:
    with pytest.raises(DefinitionError, match=r"There is no 'forms/fone'\. Did you mean 'forms/phone'\?"):
        show(Library.read(site, KINDS), "forms/fone")
