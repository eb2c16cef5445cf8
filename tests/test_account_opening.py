"""What the definitions of the business of opening an account promise beside their stories."""

from __future__ import annotations

import pytest

from banli.cli.base import kinds_of
from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from banli.sites import bundled, open_site


@pytest.fixture(scope="module")
def library() -> Library:
    site = open_site(bundled())
    return Library.read(site.definitions, kinds_of(site))


@pytest.mark.parametrize("company", ["8001", "8002"])
def test_a_newcomer_chooses_among_the_branches_that_the_company_has(library: Library, company: str) -> None:
    """R-014, C-28: with the codes and names under which the desk and the queue know them."""
    edition = open_edition(library.bundle(company, "account_opening"), library.kinds)
    offered = next(one for one in edition.forms["opening_details"].fields if one.name == "branch").choices
    assert {one.code: one.text for one in offered if not one.retired} == dict(edition.company.branches)


@pytest.mark.parametrize("company", ["8001", "8002"])
def test_every_page_that_a_newcomer_fills_in_can_be_sent_back(library: Library, company: str) -> None:
    """R-137, R-140: some reason reopens it; notices and what was linked are only read."""
    flow = open_edition(library.bundle(company, "account_opening"), library.kinds).flow
    reopened = {step for reason in flow.review.reasons for step in reason.reopen}
    assert {step.id for step in flow.steps if step.kind not in ("notice", "submit")} == reopened


def test_trading_codes_wait_for_the_account(library: Library) -> None:
    """3.13: the client must exist before an exchange is asked."""
    flow = open_edition(library.bundle("8001", "account_opening"), library.kinds).flow
    assert [(one.id, one.waits_for, one.each) for one in flow.approved] == [
        ("create", "", ""), ("codes", "create", "exchanges.codes"),
    ]  # fmt: skip
