"""`banli diff` and `banli move`, as a configurer uses them."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import Result

from release_kit import NEWER, Run, begun, change, read_before, run, site

__all__ = ["read_before", "run", "site"]
SEALED = Path(__file__).parent / "editions" / "language-1-8001-basic_info_change.json"
FLOW = "flows/basic_info_change.yaml"
MIGRATION = "title: 概览改名\nbusiness: basic_info_change\nsteps: {overview: summary}\n"


def begin(site: Path) -> str:
    """A client begins and chooses what to change; gives the number of the case."""
    return begun(site, answers={"overview": {"edit": "phone"}})


def fail(result: Result) -> str:
    assert result.exit_code == 1
    return result.output


def test_two_editions_are_compared_by_file_by_name_by_hash_and_as_published(run: Run, site: Path) -> None:
    assert run("diff", str(SEALED), str(SEALED)).stdout == "No differences.\n"
    assert run("diff", "8001/basic_info_change", "8001/basic_info_change").stdout == "No differences.\n"
    assert "company.hotline: company '8002': hotline" in run("diff", "8001/basic_info_change", "8002/basic_info_change").stdout
    assert "No edition of 8001/basic_info_change is sealed here yet." in fail(
        run("diff", "8001/basic_info_change@live", "8001/basic_info_change")
    )
    run("publish", "--company", "8001")
    change(site / "definitions", NEWER)
    told = run("diff", "8001/basic_info_change@live", "8001/basic_info_change").stdout
    assert "flow.steps.contact_phone.title: text 'contact_phone' (联系电话): title 联系电话修改 → 联系电话" in told
    name = json.loads(run("diff", "8001/basic_info_change@live", str(SEALED), "--format", "json").stdout)["old"]
    assert run("diff", name[:8], "8001/basic_info_change").stdout == told
    assert "begins the hash of no edition" in fail(run("diff", "0000000000", str(SEALED)))
    assert "is neither COMPANY/BUSINESS" in fail(run("diff", "nonsense", str(SEALED)))
    assert "Company 8001 offers no business 'basic_info_chang'. Did you mean" in fail(
        run("diff", "8001/basic_info_chang", str(SEALED))
    )


def test_the_differences_are_written_as_a_page_in_chinese(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    sides = (str(SEALED), str(SEALED).replace("8001", "8002"))
    done = run("diff", *sides, "--format", "html", "--language", "zh_CN", "--output", str(target))
    assert (done.exit_code, done.stdout) == (0, "")
    page = target.read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<html lang="zh-CN">') and "更严格" in page and "题目" in page
    assert "There is no language 'fr'" in fail(run("diff", *sides, "--language", "fr"))


def test_a_migration_is_tried_then_done_then_taken_back(run: Run, site: Path) -> None:
    number = begin(site)
    folder = site / "definitions" / "migrations"
    folder.mkdir()
    assert "There is no migration 'summary'" in fail(run("move", "summary"))
    (folder / "summary.yaml").write_text(MIGRATION, encoding="utf-8")
    change(site / "definitions", {FLOW: {"- overview: {form: basic_info": "- overview: {id: summary, form: basic_info"}})
    assert run("diff", "8001/basic_info_change@live", "8001/basic_info_change").stdout.splitlines() == [
        "One change: 1 other.", "", "step",
        "  = other     flow.steps.overview: step 'overview' (基本信息资料) is now called summary"]  # fmt: skip
    assert run("publish", "--dry-run", "--company", "8001").exit_code == 0
    tried = run("move", "summary")
    assert (tried.exit_code, tried.stdout) == (0, f"{number}  open        safe\n\n1 safe. Nothing was changed.\n")
    done = run("move", str(folder / "summary.yaml"), "--apply")
    assert (done.exit_code, done.stdout) == (0, f"{number}  moved\n\n1 moved.\n")
    assert run("move", "summary").stdout == "No open case is on an older edition.\n"
    assert "summary (overview): done" in run("explain", number).stdout
    back = run("move", "summary", "--undo", "--format", "json")
    assert [(one["number"], one["done"]) for one in json.loads(back.stdout)] == [(number, "back")]
    assert run("move", "summary", "--undo").stdout == "No case was moved by this migration.\n"
    assert "overview (overview): done" in run("explain", number).stdout
    assert "is not for company '8009'" in fail(run("move", "summary", "--company", "8009"))


def test_what_publishing_would_do_names_the_case_that_needs_a_migration(run: Run, site: Path) -> None:
    run("publish", "--company", "8001")
    number = begin(site)
    change(site / "definitions", {FLOW: {"- overview: {form: basic_info": "- overview: {id: summary, form: basic_info"}})
    said = run("publish", "--company", "8001", "--dry-run")
    assert f"    1 would lose overview.section without a mapping: {number}\n" in said.output
    assert "Nothing was published" in fail(run("publish", "--company", "8001"))
