"""`banli publish` and `banli editions`, as a configurer uses them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from banli.cli import with_var
from banli.cli.base import with_parts
from banli.cli.publishing import _told
from banli.definitions.build import build_agreement
from banli.definitions.source import read
from banli.moves import CaseVerdict, Classification
from banli.releases import Change
from banli.sites import open_site
from release_kit import EYES, NEWER, REWORDED, Run, change, read_before, run, site
from store_kit import hired

__all__ = ["read_before", "run", "site"]
RISKS, PRIVACY = "agreements/risk_disclosure.yaml", "companies/8002/agreements/privacy_policy.yaml"


def lines(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_the_first_publishing_and_the_second_that_finds_nothing(run: Run) -> None:
    tried = lines(run("publish", "--dry-run"))
    assert tried[0].startswith("8001/basic_info_change: the files -> ")
    assert tried[1] == "  the first release: until now the files held, from now on they change nothing until the next one"
    assert tried[-1] == "Nothing was published (--dry-run)."
    assert "  never published: the files hold" in lines(run("editions"))
    done = lines(run("publish"))
    assert [line.partition(", from")[0] for line in done[-2:]] == [
        "Published 8001/basic_info_change release 1", "Published 8002/basic_info_change release 1",
    ]  # fmt: skip
    assert lines(run("publish")) == [
        "Nothing to publish: all of this is published, scheduled, or proposed and waiting for approval."
    ]
    shown = lines(run("editions", "--company", "8002"))
    assert shown[0] == "8002/basic_info_change"
    assert "0 open cases  live since " in shown[1]
    assert len(shown) == 2


def test_what_changes_is_told_before_it_is_published(run: Run, site: Path) -> None:
    lines(run("publish", "--company", "8001"))
    change(site / "definitions", NEWER)
    shown = lines(run("editions", "--company", "8001"))
    assert shown[-1] == "  the files differ from what is published"
    done = lines(run("publish", "--company", "8001", "--note", "New year", "--effective", "2099-01-01T00:00+08:00"))
    said = "\n".join(done)
    assert "联系电话修改" in said
    assert "YB-FXSM-2026-02" in said
    assert done[-1] == "Published 8001/basic_info_change release 2, from 2099-01-01 00:00 +0800."
    shown = lines(run("editions", "--company", "8001"))
    assert [line for line in shown if "scheduled for 2099-01-01 00:00 +0800 (release 2)" in line]
    older = next(line.split()[0] for line in shown if "live since" in line)
    waiting, nothing = lines(run("publish", "--company", "8001"))
    assert waiting.endswith("scheduled for 2099-01-01 00:00 +0800 (release 2); to publish it now, name it with --business")
    assert nothing.startswith("Nothing to publish")
    assert lines(run("publish", "--edition", older, "--company", "8001", "--business", "basic_info_change"))[0].startswith(
        "Nothing to publish"
    )


@pytest.mark.parametrize(
    "words, told",
    [
        (("--effective", "2027-01-01T00:00"), "'2027-01-01T00:00' has no time zone. Write it like 2027-01-01T00:00+08:00."),
        (("--effective", "next year"), "'next year' is no time. Write it like 2027-01-01T00:00+08:00."),
        (("--effective", "2020-01-01T00:00+08:00"), "2020-01-01 00:00 +0800 is over. Leave --effective out to publish now."),
        (("--company", "8010"), "There is no company '8010'. Did you mean '8002'?"),
        (("--business", "basic_info"), "There is no business 'basic_info'. Did you mean 'basic_info_change'?"),
        (("--by", "nobody"), "'nobody' is no configurer of company 8001."),
        (("--edition", "12345678"), "An edition is of one business: say which, with --company and --business."),
    ],
)
def test_a_wrong_wish_is_told_and_publishes_nothing(run: Run, words: tuple[str, ...], told: str) -> None:
    found = run("publish", *words)
    assert found.exit_code == 1
    assert told in found.stderr
    assert "live" not in run("editions").stdout


def test_with_a_mistake_nothing_is_published(run: Run, site: Path) -> None:
    change(site / "definitions", {"flows/basic_info_change.yaml": {"title: 联系电话修改": "title: 没有译文的标题"}})
    found = run("publish")
    assert found.exit_code == 1
    assert "Nothing was published: there are mistakes." in found.stderr
    assert "没有译文的标题" in found.stderr
    change(site / "definitions", {"flows/basic_info_change.yaml": {"{id: contact_phone,": "{id: contact_fone,"}})
    found = run("publish")
    assert found.exit_code == 1
    assert "Did you mean 'contact_phone'?" in found.stderr


def test_four_eyes_want_to_know_who_proposes(run: Run, site: Path, tmp_path: Path) -> None:
    change(site / "definitions", EYES)
    found = run("publish")
    assert found.exit_code == 1
    assert "Company 8001 publishes with four eyes: say who proposes with --by LOGIN (a configurer)." in found.stderr
    assert "live" not in run("editions").stdout  # 8002 neither

    async def hire(parts: Any) -> None:
        await hired(parts.store, "", "wei", "Wei", "configurer")

    asyncio.run(with_parts(with_var(open_site(site), tmp_path / "var"), hire))
    done = lines(run("publish", "--by", "wei"))
    assert done[-2] == "Proposed 8001/basic_info_change release 1: another configurer approves it at the desk."
    assert done[-1].startswith("Published 8002/basic_info_change release 1, from ")
    assert lines(run("publish", "--by", "wei"))[0].startswith("Nothing to publish")


def test_what_is_scheduled_is_hastened_only_by_its_name(run: Run, site: Path) -> None:
    lines(run("publish", "--company", "8001"))
    change(site / "definitions", NEWER)
    lines(run("publish", "--company", "8001", "--effective", "2099-01-01T00:00+08:00"))
    done = lines(run("publish", "--company", "8001", "--business", "basic_info_change"))
    assert done[-1].startswith("Published 8001/basic_info_change release 3, from ")
    assert "  release 2, scheduled for 2099-01-01 00:00 +0800, will replace it then" in done


def test_open_cases_that_could_not_be_moved_are_named_by_number() -> None:
    cases = tuple(
        CaseVerdict(f"8001-{n}", "open", "a" * 64, "needs_mapping", lost=("contact_phone.contact_phone",)) for n in (1, 2)
    )
    told = Classification("needs_mapping", {}, (*cases, CaseVerdict("8001-3", "open", "a" * 64, "safe")))
    risky = Change("8001", "basic_info_change", 2, "b" * 64, "a" * 64, False, False, classification=told)
    assert (risky.risky, risky.verdict, risky.open_cases) == (True, "needs_mapping", 3)
    assert list(_told(risky)) == [
        "8001/basic_info_change: aaaaaaaaaaaa -> bbbbbbbbbbbb",
        "  3 open cases keep their edition. Moved to this one:",
        "    2 would lose contact_phone.contact_phone without a mapping: 8001-1, 8001-2",
        "    1 would lose nothing",
    ]


TOLD = (
    "Error: Nothing was published: there are mistakes.\n"
    "definitions/agreements/risk_disclosure.yaml:4:9: number-published: Agreement 'risk_disclosure' (期货交易风险说明书): its number "
    "'YB-FXSM-2026-01' has stood for another text since {day} (8001/basic_info_change). The digest of that text begins with "
    "{was}, that of this one with {now}. Give the changed text a new number, or bring the old text back.\n"
)


def number_of(site: Path) -> str:
    """The beginning of the digest of the risk disclosure as the files have it."""
    text = read("", (site / "definitions" / RISKS).read_bytes()).data
    return build_agreement("risk_disclosure", text).digest[:12]


def test_a_changed_text_under_a_number_that_was_published_is_refused(run: Run, site: Path) -> None:
    """However it is asked. A number stands for one text for ever, over all companies: 8002 has published nothing yet."""
    lines(run("publish", "--company", "8001"))
    sealed = run("editions").stdout
    day = sealed.partition("  sealed ")[2].split()[0]
    was = number_of(site)
    change(site / "definitions", REWORDED)
    told = TOLD.format(day=day, was=was, now=number_of(site))
    for words in ((), ("--dry-run",), ("--yes",), ("--effective", "2099-01-01T00:00+08:00"), ("--company", "8002")):
        found = run("publish", *words)
        assert (words, found.exit_code, found.stdout, found.stderr) == (words, 1, "", told)
    assert run("editions").stdout.replace("  the files differ from what is published\n", "") == sealed

    change(site / "definitions", {RISKS: {"number: YB-FXSM-2026-01": "number: YB-FXSM-2026-02"}})
    assert lines(run("publish", "--yes"))[-2].startswith("Published 8001/basic_info_change release 2, from ")


def test_looking_at_what_would_be_published_seals_nothing(run: Run, site: Path) -> None:
    """An author who has looked may still mend a word before the text gets in front of anybody."""
    lines(run("publish", "--dry-run"))
    assert "sealed" not in run("editions").stdout
    change(site / "definitions", REWORDED)
    assert lines(run("publish"))[-1].startswith("Published 8002/basic_info_change release 1, from ")


def test_a_text_that_only_one_company_words_anew_is_told_where_its_number_belongs(run: Run, site: Path) -> None:
    lines(run("publish"))
    change(site / "definitions", {PRIVACY: {"我们在十五个工作日内答复": "我们在十个工作日内答复"}})
    found = run("publish", "--dry-run")
    assert found.exit_code == 1
    assert (
        "definitions/companies/8002/agreements/privacy_policy.yaml:2:9: number-published: Agreement 'privacy_policy'"
        in found.stderr
    )
    assert "'YB-YS-2026-01-8002' has stood for another text since" in found.stderr


def test_the_way_back_leads_over_no_number(run: Run, site: Path) -> None:
    """What was published before is published again with the texts that it had."""
    lines(run("publish", "--company", "8001"))
    first = next(line.split()[0] for line in lines(run("editions", "--company", "8001")) if "live since" in line)
    change(site / "definitions", NEWER)
    lines(run("publish", "--company", "8001"))
    back = lines(run("publish", "--company", "8001", "--business", "basic_info_change", "--edition", first))
    assert back[-1].startswith("Published 8001/basic_info_change release 3, from ")
