"""A form as JSON Schema: a stock validator says of data what the server says of the same answers, there and back again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from banli.definitions.source import read
from banli.exchange import Trial, import_form
from banli.sites import bundled
from definition_kinds import KINDS
from exchange_kit import answers, exporter, judged, page_of, small_trial
from test_fields_schemas import BRANCHES

unhurried = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
SITE = Trial.of(bundled() / "definitions", KINDS)
ORDER = frozenset(("order",))
"""What JSON Schema cannot say: that one date comes after another."""


def agree(data: dict[str, Any], trial: Trial, besides: frozenset[str] = ORDER) -> dict[str, Any]:
    """Both judges agree on everything that can be made up; the exported schema."""
    page = page_of(data, trial)
    made = exporter(page, data)
    schema = made.schema()
    besides |= {mistake.what.split("'")[1] for mistake in made.told if mistake.code == "rule"}
    free = {mistake.what.split("'")[1] for mistake in made.told if mistake.code == "condition"}
    besides |= {"twice" for mistake in made.told if mistake.code == "unique"}  # nor that rows differ in one answer

    @unhurried
    @given(answers(schema))
    def check(values: dict[str, Any]) -> None:
        server, stock = judged(page, schema, values, besides)
        if any(f"{name}: required" in server for name in free):
            return  # asked by an answer to another page, which no schema of this one can know
        assert bool(server) == bool(stock), (values, server, stock)

    check()
    return schema


def back(schema: dict[str, Any], trial: Trial) -> dict[str, Any]:
    made = import_form(schema, None, "again", trial)
    assert made.wrong == (), made.wrong
    found = read("forms/again.yaml", made.text.encode())
    return found.data


OTHERS = Trial.of(bundled() / "definitions", KINDS, "8002")
FORMS = [("", name) for name, _ in SITE.library.view("").all("forms")] + [
    ("8002", name)
    for name, form in OTHERS.library.view("8002").all("forms")
    if not SITE.library.view("").has("forms", name) or form.data != SITE.library.view("").data("forms", name)
]
"""Every form, and of the company those that are its own."""


@pytest.mark.parametrize("company, name", FORMS, ids=lambda one: one or "base")
def test_every_form_of_the_example_site_goes_out_and_comes_back_with_the_same_verdicts(company: str, name: str) -> None:
    trial = OTHERS if company else SITE
    source = trial.library.view(company).get("forms", name)
    assert source is not None
    schema = agree(source.data, trial)
    returned = page_of(back(schema, trial), trial)

    @unhurried
    @given(answers(schema))
    def same(values: dict[str, Any]) -> None:
        server, stock = judged(returned, schema, values, ORDER)
        assert bool(server) == bool(stock), (values, server, stock)

    same()


@pytest.mark.parametrize("name", BRANCHES)
def test_standard_constructs_go_out_and_come_back_with_the_same_verdicts(name: str) -> None:
    schema, _ = BRANCHES[name]
    data = {"title": "Page", "schema": {"type": "object", **schema}}
    trial = small_trial()
    exported = agree(data, trial)
    returned = page_of(back(exported, trial), trial)

    @unhurried
    @given(answers(exported))
    def same(values: dict[str, Any]) -> None:
        server, stock = judged(returned, exported, values, ORDER)
        assert bool(server) == bool(stock), (values, server, stock)

    same()
