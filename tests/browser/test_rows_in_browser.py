"""Rows and objects under the finger: what a page shows and hides in each row is what the server would show and hide."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from looking import flaws, shoot, too_wide
from on_phone import PHONE
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from banli.i18n import Translator
from banli.sites import bundled
from banli.themes import Filling, Themes, Wording
from banli.themes.pressing import press
from banli.themes.sheets import Sheet
from banli.web.static import Scripts
from schema_kit import FIELDS, Page

ENGLISH = Translator("en", {}, {})
TEXT = {"type": "string"}
PLACES = {
    "provinces": {"items": [{"code": "41", "text": "Henan"}, {"code": "44", "text": "Guangdong"}]},
    "cities": {"items": [
        {"code": "4101", "text": "Zhengzhou", "parent": "41"}, {"code": "4103", "text": "Luoyang", "parent": "41"},
        {"code": "4401", "text": "Guangzhou", "parent": "44"},
    ]},
}  # fmt: skip
FORM = Page(
    {
        "required": ["cards"],
        "properties": {
            "kind": {"title": "Kind", "enum": ["private", "firm"]},
            "why": {"title": "Why so many", **TEXT},
            "cards": {
                "title": "Bank cards", "type": "array", "maxItems": 4,
                "items": {
                    "type": "object", "required": ["bank"],
                    "properties": {
                        "bank": {"title": "Bank", "enum": ["icbc", "boc", "other"]},
                        "name": {"title": "Name of the bank", **TEXT},
                        "tax": {"title": "Tax number", **TEXT},
                        "province": {"title": "Province", "$ref": "dictionary:provinces"},
                        "city": {"title": "City", "$ref": "dictionary:cities"},
                        "valid": {"title": "Valid", "$ref": "banli:date_range"},
                        "uses": {"title": "Uses", "type": "array", "items": {"oneOf": [{"const": "all"}, {"const": "pay"}, {"const": "save"}]}},
                        "seat": {
                            "title": "Seat", "type": "object",
                            "properties": {"road": {"title": "Road", **TEXT}, "floor": {"title": "Floor", "type": "integer"}},
                        },
                    },
                },
            },
            "office": {
                "title": "Office", "type": "object",
                "properties": {"road": {"title": "Office road", **TEXT}, "lift": {"title": "Lift", "type": "boolean"}},
                "if": {"properties": {"lift": {"const": False}}, "required": ["lift"]},
                "then": {"properties": {"stairs": {"title": "Stairs", "type": "integer"}}},
            },
            "near": {"title": "What is near", **TEXT},
        },
        "oneOf": [
            {"title": "By card", "properties": {"pay": {"title": "Payment", "const": "card"}, "holder": {"title": "Holder", **TEXT}}, "required": ["pay"]},
            {"title": "Cash", "properties": {"pay": {"const": "cash"}}, "required": ["pay"]},
        ],
    },
    [
        "kind",
        {"cards": {"entries": [
            {"bank": {"look": "select"}},
            {"note": {"text": "Tell us its name.", "when": 'bank == "other"'}},
            {"name": {"when": 'bank == "other"'}},
            {"tax": {"when": 'kind == "firm" && bank != "boc"'}},
            {"province": {"look": "select"}}, {"city": {"within": "province"}},
            {"valid": {"long_term": "2099-12-31"}},
            {"uses": {"when": "city != null"}},
            {"seat": {"when": "name != null", "entries": ["road", {"floor": {"when": 'road != null && bank == "other"'}}]}},
        ]}},
        {"why": {"when": 'size(cards) > 1 && cards.exists(c, c.bank == "boc")'}},
        "office", {"near": {"when": 'office.road != null || office.stairs > 3'}},
        "pay", "holder",
    ],
    dictionaries=PLACES,
)  # fmt: skip


@pytest.fixture(scope="module")
def themes() -> Themes:
    return Themes(bundled() / "themes")


@pytest.fixture(scope="module")
def sheet(themes: Themes) -> Sheet:
    text = Wording(ENGLISH, {}, {}).text
    return press(
        FORM.form, FIELDS.kind, FORM.condition,
        lambda template, values: themes.render(template, ENGLISH, {**values, "text": text}), ENGLISH.say, {},
    )  # fmt: skip


Show = Callable[..., Tab]


@pytest.fixture
def show(browser: Browser, themes: Themes, sheet: Sheet) -> Iterator[Show]:
    """Opens the form with these answers, as the server would give it out."""
    context = browser.new_context(**PHONE)
    scripts = Scripts().bundle(tuple(sorted({*sheet.scripts, "when", "choices", "rows", "range"})))
    faults: list[str] = []

    def opened(raw: dict[str, list[str]] | None = None) -> Tab:
        names = {"today": "2026-11-23"}
        data = json.dumps(sheet.data(names)).replace("<", "\\u003c")
        html = (
            '<!doctype html><html lang="en"><title>Cards</title><meta name="viewport" content="width=device-width">'
            f'<link rel="stylesheet" href="/css"><main><h1>Cards</h1><form id="f" method="post" action="/x"><div class="card">'
            f'{sheet.fill(Filling(raw=raw or {}, hidden=hidden(sheet, raw or {})))}</div></form></main>'
            f'<script type="application/json" id="when">{data}</script><script type="module" src="/js"></script>'
        )  # fmt: skip
        answers = {"/": ("text/html", html), "/css": ("text/css", themes.css()), "/js": ("text/javascript", scripts.decode())}
        for way, nested in sheet.nested.items():
            answers[f"/x/choices/{way}"] = ("application/json", json.dumps(nested))
        tab = context.new_page()
        tab.on("pageerror", lambda fault: faults.append(str(fault)))

        def serve(route: Any) -> None:
            path = re.sub(r"^https?://[^/]+|\?.*$", "", route.request.url)
            kind, body = answers.get(path, ("text/plain", ""))
            route.fulfill(content_type=kind, body=body, status=200 if path in answers else 404)

        tab.route("**/*", serve)
        tab.goto("http://form.invalid/")
        tab.wait_for_load_state("networkidle")
        return tab

    yield opened
    context.close()
    assert faults == []


def hidden(sheet: Sheet, raw: dict[str, list[str]]) -> set[str]:
    """What the server hides for these answers."""
    reading = FORM.reader.read(raw, {"today": "2026-11-23"})
    return sheet.hidden(reading.names, reading.inside)


def posted(tab: Tab) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, text in tab.evaluate("() => [...new FormData(document.getElementById('f'))]"):
        found.setdefault(name, []).append(text)
    return found


def seen(tab: Tab) -> tuple[set[str], set[str]]:
    """What can have a condition on this page, and what of it the browser hides."""
    told = tab.evaluate("() => [...document.querySelectorAll('#f [data-at]')].map((e) => [e.dataset.at, e.hidden])")
    return {at for at, _ in told}, {at for at, hides in told if hides}


def agrees(tab: Tab, sheet: Sheet) -> None:
    """Options that are fetched may arrive between two looks: what counts is how it settles."""
    for _ in range(40):
        if (told := differs(tab, sheet)) is None:
            return
        tab.wait_for_timeout(50)
    raise AssertionError(told)


def differs(tab: Tab, sheet: Sheet) -> object:
    there, hides = seen(tab)
    wanted = {at for at in hidden(sheet, posted(tab)) if at in there}
    # Inside of what is hidden as a whole nobody sees anything, and the server does not look.
    over = {at for at in wanted | hides if not any(at.startswith(f"{above}.") for above in wanted)}
    return None if hides & over == wanted & over else (sorted((hides ^ wanted) & over), posted(tab))


def test_each_row_shows_what_its_own_answers_ask_for_a_new_one_too(show: Show, sheet: Sheet) -> None:
    tab = show({"cards.0._": [""], "cards.0.bank": ["icbc"], "kind": ["firm"]})
    row = tab.locator("[data-row]")
    assert row.count() == 1
    assert row.nth(0).get_by_label("Tax number").is_visible()
    tab.get_by_role("button", name="Add").click()
    assert tab.evaluate("() => document.activeElement.name") == "cards.1.bank"
    assert not row.nth(1).get_by_text("Tell us its name.").is_visible()
    row.nth(1).locator("select[name$=bank]").select_option("other")
    assert row.nth(1).get_by_text("Tell us its name.").is_visible()
    assert row.nth(1).get_by_label("Name of the bank").is_visible()
    assert not row.nth(0).get_by_label("Name of the bank").is_visible()
    row.nth(1).locator("select[name$=bank]").select_option("boc")
    assert not row.nth(1).get_by_label("Tax number").is_visible()
    assert tab.get_by_label("Why so many").is_visible()
    row.nth(1).get_by_role("button", name="Remove").click()
    assert row.count() == 1 and not tab.get_by_label("Why so many").is_visible()
    agrees(tab, sheet)


def test_cities_long_term_and_options_that_stand_alone_work_in_a_new_row(show: Show) -> None:
    """R-077, R-094, R-098"""
    tab = show({})
    tab.get_by_role("button", name="Add").click()
    row = tab.locator("[data-row]").last
    row.get_by_label("Province").select_option("41")
    city = row.get_by_label("City")
    city.locator("option[value='4101']").wait_for(state="attached")
    assert [text for text in city.locator("option").all_inner_texts() if text][1:] == ["Zhengzhou", "Luoyang"]
    row.locator("input[name$='valid.long_term']").check()
    assert row.locator("input[name$='valid.to']").input_value() == "2099-12-31"
    row.get_by_label("Province").select_option("44")
    city.locator("option[value='4401']").wait_for(state="attached")
    assert city.input_value() == "4401"
    assert row.get_by_text("save").is_visible()


def test_no_more_rows_than_there_may_be(show: Show) -> None:
    tab = show({})
    add = tab.get_by_role("button", name="Add")
    for _ in range(4):
        add.click()
    assert not add.is_visible()
    tab.get_by_role("button", name="Remove").first.click()
    assert add.is_visible()
    assert tab.locator("[data-place]").all_inner_texts() == ["1", "2", "3"]


def test_a_random_hour_of_typing_hides_and_shows_what_the_server_would(show: Show, sheet: Sheet) -> None:
    tab, chance = show({"cards.0._": [""]}), random.Random(11)
    act = """([number, pick]) => {
        const all = [...document.querySelectorAll("#f input:not([type=hidden]), #f select, #f button")].filter((e) => e.offsetParent);
        const one = all[number % all.length];
        if (one.tagName === "BUTTON" || one.type === "checkbox" || one.type === "radio") one.click();
        else {
            one.value = one.tagName === "SELECT" ? one.options[pick % one.options.length].value
                : one.type === "date" ? ["", "2026-01-01"][pick % 2] : ["", "5", "Road"][pick % 3];
            one.dispatchEvent(new Event("input", { bubbles: true }));
            one.dispatchEvent(new Event("change", { bubbles: true }));
        }
    }"""
    for _ in range(150):
        tab.evaluate(act, [chance.randrange(1000), chance.randrange(1000)])
        if chance.random() < 0.3:
            tab.wait_for_load_state("networkidle")
        agrees(tab, sheet)


def test_it_fits_a_phone_and_has_no_flaws_for_those_who_hear_it(show: Show) -> None:
    raw = {
        "kind": ["firm"], "cards.0._": [""], "cards.0.bank": ["other"], "cards.0.name": ["Sample"], "cards.1._": [""],
        "cards.1.bank": ["boc"], "office.lift": ["false"], "pay": ["card"],
    }  # fmt: skip
    tab = show(raw)
    assert too_wide(tab) == []
    assert tab.get_by_label("Stairs").is_visible() and tab.get_by_label("Holder").is_visible()
    found = flaws(tab, finger=True)
    assert {name: what for name, what in found.items() if what} == {}
    shoot(tab, "rows", "01-cards")
