"""The same conditions in a real browser: what a page shows or hides is what the server would decide."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import launch
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Page, sync_playwright

from conditions_kit import ANSWERS, CASES, compiled, conditions, expected

ASSETS = Path(__file__).parents[2] / "platform" / "banli" / "web" / "assets"
RUN = """async (cases) => {
    const { evaluate } = await import("/conditions.js");
    await import("/functions.js");
    return cases.map(([tree, values]) => {
        const { value, error } = evaluate(tree, values);
        return { value: Object.is(value, -0) ? 0 : value, error };
    });
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        page = browser.new_page()
        page.route(
            "**/*",
            lambda route: route.fulfill(
                content_type="text/javascript" if route.request.url.endswith(".js") else "text/html",
                headers={"Content-Security-Policy": "default-src 'none'; script-src 'self'"},
                body=(ASSETS / route.request.url.rpartition("/")[2]).read_text("utf-8")
                if route.request.url.endswith(".js")
                else "<!doctype html><title>-</title>",
            ),
        )
        page.goto("http://form.invalid/")
        yield page
        browser.close()


def in_browser(page: Page, cases: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(RUN, cases)
    return found


def test_every_case_of_the_shared_fixture_has_its_result_in_the_browser(page):
    found = in_browser(page, [(compiled(case).tree, case["values"]) for case in CASES])
    assert [(case["text"], case["values"], outcome) for case, outcome in zip(CASES, found)] == [
        (case["text"], case["values"], expected(case)) for case in CASES
    ]


@settings(
    deadline=None,
    max_examples=int(os.environ.get("BANLI_EXAMPLES", "300")),
    suppress_health_check=list(HealthCheck),
)
@given(conditions(), ANSWERS)
def test_random_conditions_over_random_answers_agree_with_the_server(page, text, values):
    condition = compiled({"text": text})
    served = condition.evaluate(values)
    assert in_browser(page, [(condition.tree, values)]) == [{"value": served.value, "error": served.error}]


def test_a_plugin_brings_the_twin_of_its_function(page):
    assert page.evaluate("""async () => {
        const { evaluate } = await import("/conditions.js");
    await import("/functions.js");
        const isEven = { is_even: (n) => n % BigInt(2) === BigInt(0) };
        const tree = ["is_even", ["$", "n", "i"]];
        return [evaluate(tree, { n: 4 }, isEven), evaluate(tree, {}, isEven), evaluate(tree, { n: 4 })];
    }""") == [
        {"value": True, "error": None},
        {"value": None, "error": "unanswered"},
        {"value": None, "error": "function"},
    ]


def test_an_old_phone_without_big_numbers_still_follows_the_conditions_over_texts(page):
    assert page.evaluate("""async () => {
        const { evaluate } = await import("/conditions.js");
    await import("/functions.js");
        const kept = globalThis.BigInt;
        delete globalThis.BigInt;
        try {
            return [evaluate(["==", ["phone_kind", ["$", "s", "s"]], "mobile"], { s: "13800138000" }),
                    evaluate([">", ["$", "n", "i"], 1], { n: 4 })];
        } finally {
            globalThis.BigInt = kept;
        }
    }""") == [{"value": True, "error": None}, {"value": None, "error": "type"}]
